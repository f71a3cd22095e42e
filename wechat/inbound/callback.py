"""``/wechat/callback``: a WSGI callable of its own, mounted before Flask.

Gate → parse → reception (claim, route, effect, reply in one transaction) → seal. Whatever happens, WeChat
gets an answer it understands within its 5 s: the reply, ``success``, a polite sentence while the database is
away, or a bare refusal.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import msgspec
import structlog
from prometheus_client import Counter, Histogram

from database.front import Front
from database.spoolfile import Line
from ground import clock, faultpoints
from wechat.inbound import router
from wechat.inbound.after_work import AfterWork
from wechat.inbound.claims import Envelope
from wechat.inbound.context import Services
from wechat.inbound.reception import BUSY, FAILED, MAINTENANCE, WAITING, Reception, sorry
from wechat.inbound.spool import Spool, line_of
from wechat.wire.codec import BadPush, Fields, read
from wechat.wire.gate import Authentic, Gate
from wechat.wire.messages import (
    COORDINATES,
    Location,
    LocationReport,
    MenuLocation,
    Push,
    is_waited_for,
    kind_of,
)
from wechat.wire.parsing import parse
from wechat.wire.replies import SUCCESS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from runtime import Runtime

log = structlog.get_logger(__name__)

PUSHES = Counter("pioneer_callback_pushes", "Pushes of WeChat by kind and outcome", ("kind", "outcome"))
REFUSALS = Counter("pioneer_callback_refusals", "Requests that were not taken, by reason", ("reason",))
SECONDS = Histogram(
    "pioneer_callback_seconds",
    "Time from request to answer",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 4, 5),
)

_XML = ("Content-Type", "application/xml; charset=utf-8")
_TEXT = ("Content-Type", "text/plain; charset=utf-8")
_REFUSED = "403 Forbidden"


def make_callback(runtime: Runtime) -> Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]:
    """The callable for one process. Raises ``ValueError`` for an empty token or a key that is none."""
    return Callback(runtime)


class Lost(Exception):
    """Neither database nor disk took an event: only WeChat's own repeat can save it."""


class Callback:
    """One process's end of the line to WeChat."""

    def __init__(self, runtime: Runtime, reception: Reception | None = None) -> None:
        self._settings = runtime.settings
        self._limit = runtime.settings.system.callback_body_bytes
        self._gate = Gate.of(runtime.settings)
        self._reception = reception or reception_of(runtime)
        spool = Spool(runtime.settings.data_dir)
        self._after_work = AfterWork(self._reception, spool)
        self._first = True
        if not spool.is_empty():
            self._after_work.wake()
        self._pushes: dict[tuple[str, str], Any] = {}

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """WSGI."""
        began = time.perf_counter()
        method = environ["REQUEST_METHOD"]
        try:
            if method == "POST":
                status, kind, body = self._post(environ)
            elif method in ("GET", "HEAD"):
                status, kind, body = "200 OK", _TEXT, self._gate.handshake(_query(environ)).encode()
            else:
                status, kind, body = "405 Method Not Allowed", _TEXT, b""
        except BadPush as refusal:
            REFUSALS.labels(refusal.reason).inc()
            status, kind, body = _status_of(refusal), _TEXT, b""
        except Lost:
            status, kind, body = "503 Service Unavailable", _TEXT, b""
        except Exception:
            log.exception("callback failed")
            status, kind, body = "200 OK", _TEXT, SUCCESS
        SECONDS.observe(time.perf_counter() - began)
        start(status, [kind, ("Content-Length", str(len(body)))])
        return [b"" if method == "HEAD" else body]

    def _post(self, environ: WSGIEnvironment) -> tuple[str, tuple[str, str], bytes]:
        if self._first:
            self._first = False
            self._after_work.wake()  # an earlier process may have promised replies
        # Whoever cannot sign is turned away before a byte of the body is waited for.
        opening = self._gate.admit(_query(environ))
        if not self._gate.fresh(opening, clock.timestamp()):
            clock.sync()  # a followed clock may have jumped a moment ago
            if not self._gate.fresh(opening, clock.timestamp()):
                raise BadPush("stale")
        push = self._gate.authenticate(opening, self._read(environ))
        try:
            fields = read(push.body)
            message = parse(fields)
        except BadPush as fault:
            # It is WeChat's, but nothing can be made of it; an error would only bring it again.
            REFUSALS.labels(f"content_{fault.reason}").inc()
            log.warning("unreadable push", reason=fault.reason)
            return "200 OK", _TEXT, SUCCESS
        reply = self._take(message, _kept(message, fields, push), push)
        if (
            not reply or push.app_id != self._settings.wechat.app_id
        ):  # a mini-program takes nothing but success
            return "200 OK", _TEXT, SUCCESS
        return "200 OK", _XML, self._gate.seal(reply, push, clock.timestamp())

    def _take(self, message: Push, kept: str, push: Authentic) -> bytes:
        envelope = Envelope(message, kept, push.request, clock.now())
        try:
            taken = self._reception.take(envelope)
        except BadPush:
            raise
        except Exception as error:
            known = isinstance(error, self._reception.outages)
            # An outage that we know of works itself off; what we do not know is a fault of ours.
            tell = log.warning if known else log.error
            tell("push spooled", kind=kind_of(message), error=type(error).__name__, exc_info=not known)
            return self._spooled(message, line_of(kept))
        self._count(message, "repeat" if taken.repeat else taken.outcome)
        if taken.outcome == FAILED and not taken.repeat:
            self._after_work.keep(line_of(kept, attempts=1))
        if taken.outcome == WAITING:
            self._after_work.promise()
        return taken.reply

    def _spooled(self, message: Push, line: Line) -> bytes:
        try:
            self._after_work.keep(line)
        except OSError as error:
            log.critical("the spool cannot be written", error=error.strerror)
            self._count(message, "lost")
            if not is_waited_for(message):
                raise Lost from error
            return sorry(message, BUSY)
        faultpoints.reach("callback.spooled")
        self._count(message, "spooled")
        return sorry(message, MAINTENANCE)

    def _count(self, message: Push, outcome: str) -> None:
        labels = (kind_of(message), outcome)
        counter = self._pushes.get(labels)
        if counter is None:
            counter = self._pushes[labels] = PUSHES.labels(*labels)
        counter.inc()

    def _read(self, environ: WSGIEnvironment) -> bytes:
        """The body, within the limit; the length is looked at before anything is read."""
        length = environ.get("CONTENT_LENGTH") or ""
        stream = environ["wsgi.input"]
        if not length:  # chunked
            body: bytes = stream.read(self._limit + 1)
        elif not length.isascii() or not length.isdigit():
            raise BadPush("length")
        elif len(length) > 9 or int(length) > self._limit:
            raise BadPush("too_large")
        else:
            body = stream.read(int(length))
            if len(body) < int(length):
                raise BadPush("cut_off")
        if len(body) > self._limit:
            raise BadPush("too_large")
        return body


def reception_of(runtime: Runtime) -> Reception:
    """A reception with the product's router, on connections of its own."""
    system = runtime.settings.system
    front = Front(runtime.db, system.handler_budget_s * 0.8, system.repeat_wait_s)
    return Reception(Services.of(runtime.settings, front), router.answer)


def _query(environ: WSGIEnvironment) -> str:
    query: str = environ.get("QUERY_STRING", "")
    return query


def _status_of(refusal: BadPush) -> str:
    return "413 Content Too Large" if refusal.reason == "too_large" else _REFUSED


def _kept(message: Push, fields: Fields, push: Authentic) -> str:
    """What is kept of a message: its clear text, but never where somebody is."""
    if isinstance(message, Location | LocationReport | MenuLocation):
        left = {name: value for name, value in fields.items() if name not in COORDINATES}
        left.pop("SendLocationInfo", None)
        return msgspec.json.encode(left).decode()
    return push.body.decode("utf-8", "replace")
