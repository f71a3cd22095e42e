"""One good access token for all threads and processes (and tickets, which live by the same rules).

A read costs nothing: it is answered from this process's memory. One thread of one process fetches while the others wait or go
on with the old token. A refused token is replaced only while it is still the stored one, so sixteen refused threads cause one
fetch. A token that is refused again is configuration and not bad luck: fetching stops, an administrator is told.

No database transaction is open while WeChat is asked. Rules:
https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
import structlog

from ground import clock
from wechat.outbound.failures import CallFailed, rest_until
from wechat.outbound.groups import Group
from wechat.outbound.reaction_table import look_up
from wechat.outbound.reactions import BACK_OFF, STOP, Kind, Row
from wechat.outbound.token_stores import DatabaseTokens, RedisTokens, Stored, TokenStore

__all__ = ["DatabaseTokens", "Fetch", "Fetched", "RedisTokens", "SharedTokens", "Stored", "TokenStore"]

LEASE_S = 15.0
RENEW_BELOW_S = 300.0
FORCE_GAP = timedelta(minutes=5)
FORCE_A_DAY = 10
HALT = timedelta(minutes=10)
CONFIGURATION_HALT = timedelta(seconds=60)
_POLL_S = 0.05
_PATIENCE_S = 2 * LEASE_S
_TRANSPORT_PAUSE_S = 1.0

log = structlog.get_logger("wechat.outbound.tokens")


class Fetched(NamedTuple):
    """An answer of a token endpoint; ``expires_in`` is what is left, in seconds."""

    value: str
    expires_in: int


Fetch = Callable[[bool], Fetched]
"""Asks WeChat; the argument says whether the old token is to be made void (``force_refresh``). Raises :class:`CallFailed`."""


class _Local:
    """What this process remembers of one token."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.value = ""
        self.expires_at = 0.0
        self.failed: CallFailed | None = None
        self.failed_at = 0.0


class SharedTokens:
    """Tokens by name over a store, each fetched by at most one thread of one process at a time."""

    def __init__(self, store: TokenStore) -> None:
        self._store = store
        self._owner = uuid.uuid4().hex
        self._locals: dict[str, _Local] = {}
        self._guard = threading.Lock()

    def get(self, name: str, fetch: Fetch) -> str:
        """A token that is good for now. Raises :class:`CallFailed` (``stop-and-alert-admin`` while halted)."""
        local = self._local(name)
        left = local.expires_at - clock.timestamp()
        if left > RENEW_BELOW_S:
            return local.value
        if left > 0:
            # Still good: one thread renews it, the others do not wait.
            if not local.lock.acquire(blocking=False):
                return local.value
        else:
            local.lock.acquire()
        try:
            if local.expires_at - clock.timestamp() > RENEW_BELOW_S:
                return local.value
            return self._renew(name, local, fetch, refused="", forcible=False)
        finally:
            local.lock.release()

    def refused(self, name: str, token: str, fetch: Fetch, *, forcible: bool = True) -> str:
        """WeChat refused ``token``: the one that replaces it. Fetches only if the store still holds the refused one.

        ``forcible`` says whether the endpoint knows ``force_refresh``. Raises :class:`CallFailed`.
        """
        local = self._local(name)
        with local.lock:
            if local.value and local.value != token and local.expires_at > clock.timestamp():
                return local.value
            return self._renew(name, local, fetch, refused=token, forcible=forcible)

    def halt(self, name: str, token: str, failure: CallFailed) -> CallFailed:
        """A fresh token was refused as well: stop fetching, tell the administrator once; the exception to raise.

        If somebody has fetched yet another one meanwhile, that is what the caller should try later.
        """
        local = self._local(name)
        with local.lock:
            stored = self._store.read(name)
            if _is_good(stored, token):
                row = Row(failure.code or 0, BACK_OFF, "访问凭证刚刚被更换")
                return CallFailed(row, group=failure.group, path=failure.path, code=failure.code)
            if stored.value == token and not _is_halted(stored):
                self._halt(name, stored, "微信连续两次拒绝访问凭证", failure.code, HALT, forget=True)
            local.expires_at = 0.0
            return _refusal(self._store.read(name), failure.path)

    def resume(self, name: str) -> None:
        """Let the next call try again at once (an administrator has mended something)."""
        local = self._local(name)
        with local.lock:
            local.failed = None
            stored = self._store.read(name)
            if stored.halted:
                self._store.write(name, msgspec.structs.replace(
                    stored, halted="", halted_code=None, halted_until=None, value="", expires_at=None,
                ))  # fmt: skip
            local.expires_at = 0.0

    def state(self, name: str) -> Stored:
        """What the store knows, for the doctor. The value is a secret."""
        return self._store.read(name)

    def _local(self, name: str) -> _Local:
        local = self._locals.get(name)
        if local is None:
            with self._guard:
                local = self._locals.setdefault(name, _Local())
        return local

    def _renew(self, name: str, local: _Local, fetch: Fetch, *, refused: str, forcible: bool) -> str:
        """The stored token, or a new one. The caller holds ``local.lock``."""
        if local.failed is not None and time.monotonic() - local.failed_at < _TRANSPORT_PAUSE_S:
            raise _again(local.failed)
        patience = time.monotonic() + _PATIENCE_S
        while True:
            stored = self._store.read(name)
            if _is_good(stored, refused):
                return self._keep(local, stored)
            if _is_halted(stored):
                if not refused and stored.value and _left_s(stored) > 0:
                    return self._keep(local, stored)  # the old one still serves for its last minutes
                raise _refusal(stored, name)
            if self._store.lock(name, self._owner, LEASE_S):
                break
            if not refused and stored.value and _left_s(stored) > 0:
                return self._keep(local, stored)  # somebody else renews it just now
            if time.monotonic() > patience:
                raise _refusal(Stored(halted="等待访问凭证超时", halted_until=clock.now()), name)
            time.sleep(_POLL_S)
        try:
            stored = self._store.read(name)
            if not _is_good(stored, refused):
                if _is_halted(stored):
                    raise _refusal(stored, name)
                stored = self._fetch(name, stored, fetch, refused, forcible)
            local.failed = None
            return self._keep(local, stored)
        except CallFailed as failure:
            if failure.code is None:
                local.failed, local.failed_at = failure, time.monotonic()
            raise
        finally:
            self._store.unlock(name, self._owner)

    def _fetch(self, name: str, stored: Stored, fetch: Fetch, refused: str, forcible: bool) -> Stored:
        fetched = self._ask(name, stored, fetch, force=False)
        if refused and fetched.value == refused:
            if not (forcible and _may_force(stored)):
                self._halt(name, stored, "微信一再拒绝同一个访问凭证", 40001, HALT, forget=True)
                raise _refusal(self._store.read(name), name)
            stored = _with_force(stored)
            self._store.write(name, stored)  # counted before the call: a crash must not make it free
            log.warning("token_forced", token=name, today=stored.forced_count)
            fetched = self._ask(name, stored, fetch, force=True)
        now = clock.now()
        stored = msgspec.structs.replace(
            stored, value=fetched.value, fetched_at=now, expires_at=now + timedelta(seconds=fetched.expires_in),
            halted="", halted_code=None, halted_until=None,
        )  # fmt: skip
        self._store.write(name, stored)
        log.info("token_fetched", token=name, expires_in=fetched.expires_in)
        return stored

    def _ask(self, name: str, stored: Stored, fetch: Fetch, *, force: bool) -> Fetched:
        try:
            return fetch(force)
        except CallFailed as failure:
            if failure.code is not None and failure.conduct.noted:
                self._halt(name, stored, failure.message, failure.code, _halt_time(failure.row, clock.now()))
            raise

    def _halt(
        self,
        name: str,
        stored: Stored,
        reason: str,
        code: int | None,
        rest: timedelta,
        *,
        forget: bool = False,
    ) -> None:
        if not _is_halted(stored):
            log.error("token_halted", token=name, reason=reason, code=code, minutes=rest.total_seconds() / 60)
        self._store.write(name, msgspec.structs.replace(
            stored, halted=reason[:140], halted_code=code, halted_until=clock.now() + rest,
            value="" if forget else stored.value,
        ))  # fmt: skip

    @staticmethod
    def _keep(local: _Local, stored: Stored) -> str:
        assert stored.expires_at is not None
        local.value, local.expires_at = stored.value, stored.expires_at.timestamp()
        return stored.value


def _left_s(stored: Stored) -> float:
    return 0.0 if stored.expires_at is None else (stored.expires_at - clock.now()).total_seconds()


def _is_good(stored: Stored, refused: str) -> bool:
    """Whether the stored token serves: another than the refused one and, when nothing was refused, not about to end."""
    if not stored.value or stored.value == refused or _is_halted(stored):
        return False
    return _left_s(stored) > (0 if refused else RENEW_BELOW_S)


def _is_halted(stored: Stored) -> bool:
    if not stored.halted or stored.halted_until is None:
        return False
    now = clock.now()
    return clock.credible(stored.halted_until, now, _longest_halt(stored.halted_code, now))


def _longest_halt(code: int | None, now: datetime) -> timedelta:
    """How long a halt with this code can last from now, with a little for clocks that differ."""
    return max(HALT, _halt_time(look_up(Group.TOKEN, code or 0), now)) + timedelta(minutes=1)


def _may_force(stored: Stored) -> bool:
    now = clock.now()
    if stored.forced_at is not None and timedelta(0) <= now - stored.forced_at < FORCE_GAP:
        return False
    return stored.forced_day != str(clock.shanghai_day(now)) or stored.forced_count < FORCE_A_DAY


def _with_force(stored: Stored) -> Stored:
    now = clock.now()
    day = str(clock.shanghai_day(now))
    count = stored.forced_count + 1 if stored.forced_day == day else 1
    return msgspec.structs.replace(stored, forced_at=now, forced_day=day, forced_count=count)


def _halt_time(row: Row, now: datetime) -> timedelta:
    if row.reaction.kind is Kind.WAIT_FOR_QUOTA:
        return rest_until(row.reaction.detail, now) - now
    return timedelta(seconds=row.wait_s) or CONFIGURATION_HALT


def _refusal(stored: Stored, path: str) -> CallFailed:
    """What a caller gets while fetching is stopped."""
    row = Row(stored.halted_code or 0, STOP, stored.halted or "访问凭证不可用")
    message = stored.halted
    if "，" not in message:
        message = (
            f"{message or '访问凭证不可用'}，请管理员核对 AppID、AppSecret 和 IP 白名单，并运行 doctor 检查"
        )
    return CallFailed(row, group=Group.TOKEN, path=path, code=stored.halted_code, message=message)


def _again(failure: CallFailed) -> CallFailed:
    """The same failure for another thread, without the first one's traceback."""
    return CallFailed(
        failure.row, group=failure.group, path=failure.path, code=failure.code,
        errmsg=failure.errmsg, message=failure.message,
    )  # fmt: skip
