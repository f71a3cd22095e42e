"""Messages and events to the application: signed, encrypted, patient for 5 s, three times."""

from __future__ import annotations

import http.client
import random
import select
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from . import crypto, xmlio
from .faults import Fault, Faults
from .log import SHOWN, Log
from .store import Store

WORKERS = 64
FAILURE_NOTICE = "该公众号提供的服务出现故障，请稍后再试"
REPLY_KINDS = ("text", "image", "voice", "video", "music", "news", "transfer_customer_service")


@dataclass(slots=True)
class Outcome:
    """What came of one push. `kind`: reply, success (nothing to show) or failed."""

    kind: str = "failed"
    tries: int = 0
    status: int | None = None
    reply: dict[str, Any] | None = None
    problem: str = ""
    entry: dict[str, Any] = field(default_factory=dict)

    def wire(self) -> dict[str, Any]:
        """The answer of `/_sandbox/say`."""
        return {"tries": self.tries, "status": self.status, "reply": self.reply}


class Sender(Protocol):
    """What the courier needs of the platform that it delivers for."""

    world: int
    account: dict[str, Any]
    settings: dict[str, Any]
    faults: Faults
    log: Log
    store: Store
    noise: random.Random

    def now(self) -> float:
        """The platform's time, unix seconds."""

    def count_daily(self, name: str, fid: int = 0, n: int = 1, cost: int = 0) -> None:
        """Add to the day's statistics."""


class Courier:
    """Delivers; `deliver` waits for the outcome, `post` does it in the background."""

    def __init__(self, sandbox: Sender) -> None:
        self.sandbox = sandbox
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="sandbox-push")
        self._idle: dict[tuple[str, int], list[http.client.HTTPConnection]] = {}
        self._lock = threading.Lock()
        self._held: list[threading.Event] = []

    def stop(self) -> None:
        """Give up what is under way."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            for connections in self._idle.values():
                for connection in connections:
                    connection.close()
            self._idle.clear()
            for held in self._held:
                held.set()

    def post(self, fields: dict[str, Any], then: Callable[[Outcome], None] | None = None) -> None:
        """Deliver in the background."""

        world = self.sandbox.world

        def run() -> None:
            if world != self.sandbox.world:
                return
            outcome = self.deliver(fields)
            if then and world == self.sandbox.world:
                then(outcome)

        try:
            self._pool.submit(run)
        except RuntimeError:  # it is being stopped
            pass

    def deliver(self, fields: dict[str, Any]) -> Outcome:
        """Send one message or event as WeChat does, and say what came of it."""
        subject = str(fields.get("Event") or fields.get("MsgType"))
        outcome = Outcome()
        if not self.sandbox.account["callback_url"]:
            outcome.problem = "no callback URL"
            return outcome
        copies = 1
        for fault in self.sandbox.faults.take("callback", subject):
            if fault.kind == "drop":
                outcome.problem = "dropped by a fault rule"
                return outcome
            if fault.kind == "triple":
                copies = 3
            self._hold(fault)
        self._release()
        if copies == 1:
            return self._tries(fields, outcome)
        # Three deliveries of one message, at the same moment: the hardest case for the receiver
        results: list[Outcome] = []
        threads = [
            threading.Thread(target=lambda: results.append(self._tries(fields, Outcome())), daemon=True)
            for _ in range(copies)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        best = next((r for r in results if r.kind == "reply"), results[0])
        best.tries = sum(r.tries for r in results)
        return best

    def _hold(self, fault: Fault) -> None:
        if fault.kind == "delay":
            time.sleep(fault.value)
        elif fault.kind == "reorder":
            # Wait until another message has overtaken, but no longer than two seconds
            event = threading.Event()
            with self._lock:
                if self._held:
                    return  # this one is the other that overtakes
                self._held.append(event)
            event.wait(2)
            with self._lock:
                if event in self._held:
                    self._held.remove(event)

    def _release(self) -> None:
        with self._lock:
            held, self._held = self._held, []
        if held:
            threading.Timer(0.1, _set_all, (held,)).start()

    def _tries(self, fields: dict[str, Any], outcome: Outcome) -> Outcome:
        settings = self.sandbox.settings
        xml = xmlio.build(fields)
        entry: dict[str, Any] = {
            "at": self.sandbox.now(),
            "openid": fields.get("FromUserName", ""),
            "type": fields.get("MsgType", ""),
            "event": fields.get("Event", ""),
            "msg_id": str(fields.get("MsgId", "")),
            "mode": self.sandbox.account["mode"],
            "xml": xml[:SHOWN],
            "tries": [],
        }
        outcome.entry = entry
        world = self.sandbox.world
        for number in range(1, int(settings["callback_tries"]) + 1):
            outcome.tries = number
            started = time.monotonic()
            again = self._try(fields, xml, outcome, entry)
            if not again or number == int(settings["callback_tries"]):
                break
            if world != self.sandbox.world:
                return outcome
            pause = float(settings["callback_retry_pause_s"]) - (time.monotonic() - started)
            if pause > 0:
                time.sleep(pause)
        if world != self.sandbox.world:
            return outcome
        entry["outcome"], entry["problem"] = outcome.kind, outcome.problem
        entry["reply"] = outcome.reply
        self.sandbox.log.add("callback", entry)
        cost = int(sum(t["latency_ms"] for t in entry["tries"]))
        with self.sandbox.store.lock:
            if not self.sandbox.store.closed:
                self.sandbox.count_daily("callback", n=1, cost=cost)
                if outcome.kind == "failed":
                    self.sandbox.count_daily("callback_failed")
        return outcome

    def _try(self, fields: dict[str, Any], xml: str, outcome: Outcome, entry: dict[str, Any]) -> bool:
        """One delivery; True when WeChat would send it again."""
        query, body = self.seal(xml, str(fields.get("FromUserName", "")))
        started = time.monotonic()
        shown: dict[str, Any] = {"query": query, "status": None, "problem": "", "answer": ""}
        entry["tries"].append(shown)
        try:
            status, answer = self._request(query, body)
        except (OSError, http.client.HTTPException) as error:
            shown["problem"] = outcome.problem = _reason(error)
            shown["latency_ms"] = round((time.monotonic() - started) * 1000, 1)
            outcome.status = None
            return True
        shown["latency_ms"] = round((time.monotonic() - started) * 1000, 1)
        shown["status"] = outcome.status = status
        shown["answer"] = answer[:SHOWN].decode(errors="replace")
        if status != 200:
            shown["problem"] = outcome.problem = f"HTTP {status}"
            return bool(self.sandbox.settings["callback_retry_http_errors"])
        try:
            reply = self.open_reply(answer, fields)
        except ValueError as error:
            shown["problem"] = outcome.problem = str(error)
            return False
        outcome.problem = ""
        outcome.kind, outcome.reply = ("reply", reply) if reply else ("success", None)
        return False

    def seal(self, xml: str, openid: str) -> tuple[str, bytes]:
        """The query string and the body of one push in the account's mode."""
        account = self.sandbox.account
        timestamp = str(int(self.sandbox.now()))
        nonce = str(self.sandbox.noise.randrange(10**8, 10**10))
        query = {
            "signature": crypto.sign(account["token"], timestamp, nonce),
            "timestamp": timestamp,
            "nonce": nonce,
            "openid": openid,
        }
        if account["mode"] == "plain":
            return urlencode(query), xml.encode()
        sealed = crypto.encrypt(xml, account["aes_key"], account["app_id"])
        query["encrypt_type"] = "aes"
        query["msg_signature"] = crypto.sign(account["token"], timestamp, nonce, sealed)
        part = f"<Encrypt>{xmlio.cdata(sealed)}</Encrypt>"
        if account["mode"] == "compatible":
            return urlencode(query), (xml[: -len("</xml>")] + part + "</xml>").encode()
        to = f"<ToUserName>{xmlio.cdata(account['original_id'])}</ToUserName>"
        return urlencode(query), f"<xml>{to}{part}</xml>".encode()

    def open_reply(self, answer: bytes, fields: dict[str, Any]) -> dict[str, Any] | None:
        """The reply's fields, None for "success" and the empty body.

        Raises ValueError with the reason for anything that WeChat would not take.
        """
        if answer in (b"", b"success"):
            return None
        account = self.sandbox.account
        try:
            reply = xmlio.parse(answer.decode())
        except UnicodeDecodeError as error:
            raise ValueError("the reply is not UTF-8") from error
        if "Encrypt" in reply:
            if account["mode"] == "plain":
                raise ValueError("an encrypted reply in plain mode")
            sealed = str(reply["Encrypt"])
            parts = (str(reply.get("TimeStamp", "")), str(reply.get("Nonce", "")), sealed)
            if reply.get("MsgSignature") != crypto.sign(account["token"], *parts):
                raise ValueError("the reply's MsgSignature is wrong")
            try:
                reply = xmlio.parse(crypto.decrypt(sealed, account["aes_key"], account["app_id"]))
            except crypto.CryptoError as error:
                raise ValueError(f"the reply cannot be decrypted: {error}") from error
        elif account["mode"] == "safe":
            raise ValueError("a reply in clear in safe mode")
        self._check_reply(reply, fields)
        return reply

    def _check_reply(self, reply: dict[str, Any], fields: dict[str, Any]) -> None:
        if reply.get("FromUserName") != self.sandbox.account["original_id"]:
            raise ValueError("the reply's FromUserName is not the account's original id")
        if reply.get("ToUserName") != fields.get("FromUserName"):
            raise ValueError("the reply's ToUserName is not who wrote")
        if not str(reply.get("CreateTime", "")).isdigit():
            raise ValueError("the reply's CreateTime is not a number")
        kind = reply.get("MsgType")
        if kind not in REPLY_KINDS:
            raise ValueError(f"unknown MsgType {kind!r} in the reply")
        if kind == "text":
            content = str(reply.get("Content", ""))
            if not content:
                raise ValueError("a text reply with an empty Content")
            if len(content.encode()) > 2048:
                raise ValueError("a text reply of more than 2,048 bytes")
        media = {"image": "Image", "voice": "Voice", "video": "Video", "music": "Music"}.get(str(kind))
        if media:
            inner = reply.get(media)
            name = "ThumbMediaId" if kind == "music" else "MediaId"
            media_id = inner.get(name) if isinstance(inner, dict) else None
            if not media_id or not self.sandbox.store.value(
                "SELECT count(*) FROM media WHERE media_id = ?", (media_id,)
            ):
                raise ValueError(f"a reply of type {kind} with an unknown media id")
        if kind == "news":
            articles = reply.get("Articles")
            items = articles.get("item") if isinstance(articles, dict) else None
            items = items if isinstance(items, list) else [items]
            if not all(isinstance(item, dict) for item in items):
                raise ValueError("a news reply without articles")
            if str(reply.get("ArticleCount")) != str(len(items)):
                raise ValueError("ArticleCount is not the number of articles")

    def verify(self) -> bool:
        """The GET handshake: whether the application gives back what it was sent."""
        account = self.sandbox.account
        timestamp, nonce = str(int(self.sandbox.now())), str(self.sandbox.noise.randrange(10**9))
        echo = str(self.sandbox.noise.randrange(10**18, 10**19))
        query = {
            "signature": crypto.sign(account["token"], timestamp, nonce),
            "echostr": echo,
            "timestamp": timestamp,
            "nonce": nonce,
        }
        try:
            status, answer = self._request(urlencode(query), None)
        except (OSError, http.client.HTTPException):
            return False
        return status == 200 and answer == echo.encode()

    def _request(self, query: str, body: bytes | None) -> tuple[int, bytes]:
        url = urlsplit(self.sandbox.account["callback_url"])
        host, port = url.hostname or "127.0.0.1", url.port or (443 if url.scheme == "https" else 80)
        target = (url.path or "/") + "?" + (url.query + "&" if url.query else "") + query
        deadline = time.monotonic() + float(self.sandbox.settings["callback_patience_s"])
        connection = self._connection(url.scheme, host, port)
        try:
            if connection.sock is None:
                connection.timeout = _left(deadline)
                connection.connect()
            sock: socket.socket = connection.sock
            sock.settimeout(_left(deadline))
            headers = {"User-Agent": "Mozilla/4.0", "Accept": "*/*", "Pragma": "no-cache"}
            if body is None:
                connection.request("GET", target, headers=headers)
            else:
                headers["Content-Type"] = "text/xml"
                connection.request("POST", target, body, headers)
            sock.settimeout(_left(deadline))
            response = connection.getresponse()
            parts: list[bytes] = []
            while True:
                if connection.sock is not None:
                    sock.settimeout(_left(deadline))
                part = response.read1(65536)
                if not part:
                    break
                parts.append(part)
            if response.length:
                raise http.client.IncompleteRead(b"".join(parts), response.length)
            response.close()  # read1 leaves a fully read response open, and the connection busy
        except BaseException:
            connection.close()
            raise
        self._give_back(connection, host, port)
        return response.status, b"".join(parts)

    def _connection(self, scheme: str, host: str, port: int) -> http.client.HTTPConnection:
        with self._lock:
            idle = self._idle.get((host, port), [])
            while idle:
                connection = idle.pop()
                if connection.sock is not None and not select.select([connection.sock], [], [], 0)[0]:
                    return connection
                connection.close()
        kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
        return kind(host, port)

    def _give_back(self, connection: http.client.HTTPConnection, host: str, port: int) -> None:
        if connection.sock is None:
            return
        with self._lock:
            self._idle.setdefault((host, port), []).append(connection)


def _set_all(events: list[threading.Event]) -> None:
    for event in events:
        event.set()


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("no answer in time")
    return left


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer within 5 s"
    if isinstance(error, ConnectionRefusedError):
        return "no connection"
    return f"{type(error).__name__}"
