"""Where a shared token lies, and the lock of the one who fetches the next: a database row, or Redis.

Both keep the token sealed. A lock is a lease: who dies while holding it blocks the others for no longer than that. Times follow
the product's clock; a lease is given in real seconds and stretched by the clock's speed, because the call it covers is real.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, cast

import msgspec
import sqlalchemy as sa
import structlog
from redis.exceptions import RedisError

from database import claims
from database.once import insert_once
from database.sealed import keyring
from database.session import Database
from ground import clock
from ground.errors import Unavailable
from models.system import SharedToken

if TYPE_CHECKING:
    from redis import Redis

log = structlog.get_logger("wechat.outbound.tokens")
_CONTEXT = b"shared_token.value"


class Stored(msgspec.Struct, frozen=True):
    """What the store knows of one token.

    ``forced_day`` is a Shanghai date (``2026-11-24``) and ``forced_count`` the forced refreshes on it. ``halted`` says why no
    token may be fetched until ``halted_until``, with the code that WeChat gave.
    """

    value: str = ""
    expires_at: datetime | None = None
    fetched_at: datetime | None = None
    forced_at: datetime | None = None
    forced_day: str = ""
    forced_count: int = 0
    halted: str = ""
    halted_code: int | None = None
    halted_until: datetime | None = None


class TokenStore(Protocol):
    """One shared place for tokens by name, with a lock for each. All raise :class:`errors.Unavailable` without it."""

    def read(self, name: str) -> Stored:
        """What is known; an empty :class:`Stored` for a name never written."""

    def lock(self, name: str, owner: str, lease_s: float) -> bool:
        """Take the lock for ``lease_s`` real seconds unless somebody holds it; whether it was taken."""

    def unlock(self, name: str, owner: str) -> None:
        """Give the lock back, if ``owner`` still has it."""

    def write(self, name: str, stored: Stored) -> None:
        """Replace what is known. Called by the holder of the lock, or to halt."""


class DatabaseTokens:
    """Tokens in the table ``shared_token``; the lock is a conditional update of its row."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, name: str) -> Stored:
        with _reachable(), self._database.read_scope() as session:
            row = session.get(SharedToken, name)
            if row is None:
                return Stored()
            halted = _halt_of(row.halted)
            return Stored(
                value=row.value or "", expires_at=row.expires_at, fetched_at=row.fetched_at,
                forced_at=row.forced_at, forced_day=row.forced_day, forced_count=row.forced_count,
                halted=halted[0], halted_code=halted[1], halted_until=halted[2],
            )  # fmt: skip

    def lock(self, name: str, owner: str, lease_s: float) -> bool:
        now = clock.now()
        mine = claims.lease_for(owner, lease_s, now)
        free = [SharedToken.name == name, claims.free(SharedToken, lease_s, now)]
        with _reachable(), self._database.session_scope() as session:
            if claims.claim(session, SharedToken, where=free, lease=mine):
                return True
            if not insert_once(session, SharedToken, [{"name": name}]):
                return False
            return bool(claims.claim(session, SharedToken, where=free, lease=mine))

    def unlock(self, name: str, owner: str) -> None:
        with _reachable(), self._database.session_scope() as session:
            claims.give_back(session, SharedToken, owner, SharedToken.name == name)

    def write(self, name: str, stored: Stored) -> None:
        with _reachable(), self._database.session_scope() as session:
            session.execute(
                sa.update(SharedToken)
                .where(SharedToken.name == name)
                .values(
                    value=stored.value or None, expires_at=stored.expires_at, fetched_at=stored.fetched_at,
                    forced_at=stored.forced_at, forced_day=stored.forced_day, forced_count=stored.forced_count,
                    halted=_halt_text(stored),
                )
            )  # fmt: skip


class RedisTokens:
    """Tokens in Redis; the lock is a key of its own that expires by itself."""

    _UNLOCK = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"

    def __init__(self, redis: Redis, *, prefix: str = "pioneer:token:") -> None:
        self._redis: Any = redis
        self._prefix = prefix

    def read(self, name: str) -> Stored:
        with _reachable():
            raw = cast("bytes | None", self._redis.get(self._prefix + name))
        if raw is None:
            return Stored()
        try:
            return msgspec.json.decode(keyring().open(raw, _CONTEXT), type=Stored)
        except (ValueError, msgspec.DecodeError):
            return Stored()  # sealed with keys that we no longer have: fetch a new one

    def lock(self, name: str, owner: str, lease_s: float) -> bool:
        key = self._prefix + name + ":lock"
        with _reachable():
            return bool(self._redis.set(key, owner, nx=True, px=int(lease_s * 1000)))

    def unlock(self, name: str, owner: str) -> None:
        with _reachable():
            self._redis.eval(self._UNLOCK, 1, self._prefix + name + ":lock", owner)

    def write(self, name: str, stored: Stored) -> None:
        with _reachable():
            self._redis.set(self._prefix + name, keyring().seal(msgspec.json.encode(stored), _CONTEXT))


@contextmanager
def _reachable() -> Iterator[None]:
    """Say in our own words that the store does not answer."""
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError, RedisError) as error:
        log.warning("token_store_away", kind=type(error).__name__)
        away = True
    else:
        away = False
    if away:
        raise Unavailable(
            "存放访问凭证的数据库或 Redis 没有应答，请稍后再试，持续出现时请管理员检查其是否在运行"
        )


def _halt_text(stored: Stored) -> str:
    if not stored.halted or stored.halted_until is None:
        return ""
    code = "" if stored.halted_code is None else str(stored.halted_code)
    return f"{stored.halted_until.astimezone(UTC).isoformat()}|{code}|{stored.halted}"[:200]


def _halt_of(text: str) -> tuple[str, int | None, datetime | None]:
    if not text:
        return "", None, None
    until, code, reason = text.split("|", 2)
    return reason, int(code) if code else None, datetime.fromisoformat(until)
