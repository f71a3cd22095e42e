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
from wechat.outbound.cooldowns import TOKEN_KEY, group_of
from wechat.outbound.groups import Group
from wechat.outbound.reaction_table import QUOTA_CODES

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
    found.extend(hint for rest in rests if (hint := _rest(rest, user)))
    if not _redis_answers(parts):
        found.append(Hint("Redis 没有应答，排队中的推送会延后，恢复后自动继续，请联系管理员"))
    if users.may(user, "audit.view"):
        waiting = standing.aside_count(session)
        if waiting:
            text = f"有 {waiting} 条收到的消息多次处理失败，已搁置。"
            found.append(Hint(text, url=url_for("console.system"), link="去处理"))
    return found


_SENDING = frozenset(
    (Group.ANY, Group.TOKEN, Group.MEDIA, Group.DRAFT, Group.PUBLISH, Group.MASS, Group.TEMPLATE, Group.NOTICE, Group.CUSTOM)
)  # fmt: skip
"""Groups without which nothing goes out: they concern everybody. The others do those who work with them."""
_DELETING = ("article.write", "article.review")
_OTHERS: dict[str, tuple[tuple[str, ...], str]] = {
    "message/mass/delete": (
        _DELETING,
        "要删除的文章，请登录公众平台在“发表记录”里删除，再到“更正与撤回”登记。",
    ),
    "freepublish/delete": (
        _DELETING,
        "要删除的文章，请登录公众平台在“发表记录”里删除，再到“更正与撤回”登记。",
    ),
}
_BY_GROUP: dict[Group, tuple[tuple[str, ...], str]] = {
    Group.COMMENT: (("article.queue",), "读者留言暂时不能在这里管理，可以登录公众平台处理。"),
    Group.PREVIEW: (("article.preview",), "暂时不能发手机预览。"),
    Group.MENU: (("menu.manage",), "自定义菜单暂时不能更新。"),
}


def _rest(rest: CallRest, user: User) -> Hint | None:
    """A call that rests: a used-up quota comes back by itself, all else is for somebody to mend. None: it is not this user's."""
    until, group = clock.to_shanghai(rest.until).strftime("%m-%d %H:%M"), group_of(rest.group)
    manages = users.may(user, "system.manage")
    text = f"微信接口暂停使用到 {until}：{rest.reason}。"
    if group in _SENDING:
        text = f"{text}推送和客服消息会顺延，请勿重复发送。"
    else:
        concerns, what = _OTHERS.get(rest.group) or _BY_GROUP.get(group, ((), ""))
        if not manages and not any(users.may(user, right) for right in concerns):
            return None
        text = f"{text}推送不受影响。{what}"
    if rest.code in QUOTA_CODES:
        return Hint(text)
    if not manages:
        return Hint(f"{text}如需恢复接口，请联系管理员" if group not in _SENDING else f"{text}请联系管理员")
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
