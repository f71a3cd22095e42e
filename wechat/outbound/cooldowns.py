"""Calls that rest: the day's or minute's quota is used up, or an administrator must act first.

A call whose quota is used up is not made again before the quota returns: WeChat would refuse it, and by the minute's limits even
count it. What an administrator must mend is only noted, for the console and the doctor; whoever made the call pauses by itself.
The note goes when the call succeeds again. One alert is logged for each.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
import structlog

from database.once import upsert
from database.session import Database
from ground import clock
from models.system import CallRest
from wechat.outbound.endpoints.table import ENDPOINTS, STABLE_TOKEN, Endpoint
from wechat.outbound.failures import CallFailed, rest_until
from wechat.outbound.groups import WORDS, Group
from wechat.outbound.reaction_table import QUOTA_CODES, look_up
from wechat.outbound.reactions import Kind

STOPPED_FOR = timedelta(hours=1)
_REREAD_S = 5.0
_SLACK = timedelta(minutes=1)
# One person's, or one branch's robot: says nothing about the next call.
_PERSONAL = frozenset({Group.OAUTH, Group.MINI, Group.ROBOT})

log = structlog.get_logger("wechat.outbound.cooldowns")


class Rest(NamedTuple):
    """Until when, why (in Chinese), and WeChat's code."""

    until: datetime
    reason: str
    code: int | None


class Cooldowns:
    """What rests, shared through the database; each process looks again every few seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, Rest] = {}
        self._read_at = -_REREAD_S
        self._reading = threading.Lock()

    def check(self, endpoint: Endpoint) -> None:
        """Raise :class:`CallFailed`, as WeChat's answer would, if the quota of this call is known to be used up."""
        self._reread()
        rest = self._known.get(_key(endpoint))
        if rest is None or rest.code not in QUOTA_CODES:
            return
        row = look_up(endpoint.group, rest.code)
        now = clock.now()
        if not clock.credible(rest.until, now, rest_until(row.reaction.detail, now) - now + _SLACK):
            return  # it is over, or was noted by a clock that was ahead: WeChat itself will say
        raise CallFailed(
            row,
            group=endpoint.group,
            path=endpoint.path,
            code=rest.code,
            message=row.meaning + "，系统会在额度恢复后继续",
        )

    def note(self, endpoint: Endpoint, failure: CallFailed) -> None:
        """Remember a refusal that concerns the next calls as well."""
        if not failure.conduct.noted or endpoint.group in _PERSONAL:
            return
        now = clock.now()
        quota = failure.kind is Kind.WAIT_FOR_QUOTA
        until = rest_until(failure.detail, now) if quota else now + STOPPED_FOR
        reason = f"{WORDS.get(endpoint.group, '微信接口')}：{failure.message}"[:300]
        key = _key(endpoint)
        before = self._known.get(key)
        if before is None or before.until <= now or before.code != failure.code:
            log.error(
                "wechat_calls_rest",
                call=key,
                code=failure.code,
                reaction=str(failure.reaction),
                until=until.isoformat(),
            )
        rest = Rest(until, reason, failure.code)
        self._known[key] = rest
        try:
            with self._database.session_scope() as session:
                upsert(session, CallRest, group=key, until=until, reason=reason, code=failure.code)
        except sa.exc.SQLAlchemyError:
            log.warning("rest_not_stored", call=key)  # the refusal itself is what the caller must hear

    def good(self, endpoint: Endpoint) -> None:
        """The call succeeded: whatever was noted about it is over."""
        if _key(endpoint) in self._known:
            self._forget(_key(endpoint))

    def clear(self) -> None:
        """The counters were set to 0: forget all quotas."""
        self._reread(now=True)
        for key, rest in list(self._known.items()):
            if rest.code in QUOTA_CODES:
                self._forget(key)

    def _forget(self, key: str) -> None:
        try:
            with self._database.session_scope() as session:
                session.execute(sa.delete(CallRest).where(CallRest.group == key))
        except sa.exc.SQLAlchemyError:
            return  # the next success tries again
        self._known.pop(key, None)

    def _reread(self, *, now: bool = False) -> None:
        if not now and time.monotonic() - self._read_at < _REREAD_S:
            return
        if not self._reading.acquire(blocking=now):
            return
        try:
            with self._database.read_scope() as session:
                rows = session.scalars(sa.select(CallRest)).all()
                self._known = {row.group: Rest(row.until, row.reason, row.code) for row in rows}
        except sa.exc.SQLAlchemyError:
            log.warning("rests_not_read")  # what we know goes on
        finally:
            self._read_at = time.monotonic()
            self._reading.release()


def _key(endpoint: Endpoint) -> str:
    """The call's name in the table: its path without what all have in common."""
    return endpoint.path.removeprefix("/cgi-bin/")[:40]


def group_of(key: str) -> Group:
    """The group of the call that is noted under this name; ``ANY`` for none of ours."""
    return next((one.group for one in ENDPOINTS.values() if _key(one) == key), Group.ANY)


TOKEN_KEY = _key(STABLE_TOKEN)
"""Under which it is noted that WeChat gives no token."""
