"""Notes at the top of every page while something is not as it should be: what is delayed, and what to do."""

from __future__ import annotations

import time
from typing import NamedTuple

from flask import url_for
from redis.exceptions import RedisError

from accounts import users
from database.session import Session
from ground import clock
from models import CallRest, User
from operations import standing
from runtime import Runtime
from scheduler import instance
from settings import OFFICIAL_API, Settings
from wechat.outbound.reaction_table import QUOTA_CODES
from wechat.outbound.rests import TOKEN_KEY

_ASK_EVERY_S = 10.0


class Hint(NamedTuple):
    """One note; ``link`` is the text of ``url``."""

    text: str
    tone: str = "warning"
    url: str = ""
    link: str = ""


def on_trial(settings: Settings) -> bool:
    """Whether this is a rehearsal: another clock than the system's, or another WeChat than the real one."""
    return bool(settings.server.clock_url) or settings.wechat.api_base_url != OFFICIAL_API


def for_user(session: Session, user: User, parts: Runtime) -> list[Hint]:
    """The notes that concern this user. Reads two small tables; Redis is asked at most every ten seconds."""
    found = []
    if instance.is_read_only(session, parts.settings):
        text = "本服务器处于只读状态，不会发送任何推送：数据库来自备份或另一台服务器。"
        if users.may(user, "system.manage"):
            found.append(Hint(text, url=url_for("console.system"), link="确认本机为唯一服务器"))
        else:
            found.append(Hint(f"{text}请联系管理员确认"))
    rests = standing.resting(session, clock.now())
    found.extend(_rest(rest, manages=users.may(user, "system.manage")) for rest in rests)
    if not _redis_answers(parts):
        found.append(Hint("Redis 没有应答，排队中的推送会延后，恢复后自动继续，请联系管理员"))
    if users.may(user, "audit.view"):
        waiting = standing.aside_count(session)
        if waiting:
            text = f"有 {waiting} 条收到的消息多次处理失败，已搁置。"
            found.append(Hint(text, url=url_for("console.system"), link="去处理"))
    return found


def _rest(rest: CallRest, *, manages: bool) -> Hint:
    """A call that rests: a used-up quota comes back by itself, everything else is for somebody to mend."""
    until = clock.to_shanghai(rest.until).strftime("%m-%d %H:%M")
    text = f"微信接口暂停使用到 {until}：{rest.reason}。推送和客服消息会顺延，请勿重复发送。"
    if rest.code in QUOTA_CODES:
        return Hint(text)
    if not manages:
        return Hint(f"{text}请联系管理员")
    if rest.group == TOKEN_KEY:  # the examination asks for a token: when WeChat gives one, the note goes
        text = f"{text}改好后点“全面检查”即可解除。"
    return Hint(text, url=url_for("console.system"), link="打开系统状态")


_redis_state: tuple[float, bool] = (0.0, True)


def _redis_answers(parts: Runtime) -> bool:
    global _redis_state  # noqa: PLW0603 - a short memory, so that a page does not wait for a dead server each time
    if parts.redis is None:
        return True
    at, good = _redis_state
    if time.monotonic() - at > _ASK_EVERY_S:
        try:
            good = bool(parts.redis.ping())
        except RedisError:
            good = False
        _redis_state = (time.monotonic(), good)
    return good
