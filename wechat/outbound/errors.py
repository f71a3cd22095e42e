"""Why a call to WeChat did not succeed, and what follows from it.

The decisions stand in one table (:mod:`wechat.outbound.reactions`); this module looks them up, words them for people and
raises them as :class:`CallFailed`. Transport trouble is classified here too: what is certainly unsent may be tried again, a
send whose fate is unknown is never repeated blindly.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ground import clock
from ground.errors import WeChatError
from wechat.outbound.reactions import (
    ANY,
    BACK_OFF,
    BUG,
    DAY,
    DEFAULT,
    MINUTE,
    MONTH,
    STOP,
    TABLE,
    UNKNOWN,
    Kind,
    Reaction,
    Row,
)

__all__ = [
    "ANY",
    "BACK_OFF",
    "BUG",
    "STOP",
    "UNKNOWN",
    "CallFailed",
    "Kind",
    "Reaction",
    "Row",
    "Trouble",
    "back_off_s",
    "look_up",
    "of_answer",
    "of_trouble",
    "rest_until",
]

BACK_OFF_TRIES = 5
_RID = re.compile(r"[ ,]*(?:hint: ?\[[^\]]*\]|rid: ?[0-9a-f]+(?:-[0-9a-f]+)*)", re.IGNORECASE)
_RID_VALUE = re.compile(r"rid: ?([0-9a-f]+(?:-[0-9a-f]+)*)", re.IGNORECASE)
_IP = re.compile(r"\bip:? ([0-9A-Fa-f.:]+)")
_FIELD = re.compile(r"data\.([A-Za-z0-9_]+)(?:\.value)?")

# What a person must do, by kind of reaction, where the row says nothing of its own.
_ADVICE: dict[Reaction | Kind, str] = {
    Kind.REFRESH_TOKEN_ONCE: "系统会自动更换凭证后重试",
    Kind.BACK_OFF: "系统会稍后自动重试",
    MINUTE: "系统会在一分钟后继续",
    DAY: "系统会在明天 0 时 5 分后继续，急需时请管理员在后台清零一次调用额度",
    MONTH: "系统会在下月 1 日 0 时 5 分后继续",
    Kind.DROP_RECIPIENT: "本次不再通过这个渠道发给该关注者",
    Kind.FIX_CONTENT: "请修改后重新提交",
    Kind.ALREADY_DONE: "无需再次操作",
    Kind.STOP_AND_ALERT: "此类操作已暂停，请管理员登录公众号后台处理",
    Kind.UNKNOWN: "不能确定微信是否已经接受，系统会先向微信核对，请不要手工重发",
    Kind.REPLAN: "系统会重新读取账号情况后再试一次",
    Kind.ASK_USER_AGAIN: "请重新进入页面再试",
    Kind.IGNORE: "无需处理",
    Kind.BUG: "请把这条信息交给维护人员",
}


class CallFailed(WeChatError):
    """A call that did not succeed, with the reaction that the table prescribes.

    ``reaction`` is the text (``"drop-recipient(blocked)"``), ``kind`` and ``detail`` its parts. ``code`` is WeChat's errcode,
    None where no readable answer came. ``answer`` holds the other fields of the answer (``msg_id`` with 45065,
    ``fail_openid_list`` with 45171). ``wait_s`` is the first wait before the same call may be repeated.
    """

    def __init__(
        self, row: Row, *, group: str, path: str, code: int | None, reaction: Reaction | None = None,
        errmsg: str = "", rid: str = "", answer: Mapping[str, Any] | None = None, message: str = "",
    ) -> None:  # fmt: skip
        self.row = row
        what = reaction or row.reaction
        super().__init__(
            message or wording(row, what, code, errmsg),
            code=code,
            reaction=str(what),
            group=group,
            path=path,
            errmsg=errmsg,
            rid=rid,
        )
        self.kind = what.kind
        self.detail = what.detail
        self.group = group
        self.path = path
        self.errmsg = errmsg
        self.rid = rid
        self.answer = dict(answer or {})
        self.wait_s = row.wait_s or (1.0 if what.kind is Kind.BACK_OFF else 0.0)

    @property
    def address(self) -> str:
        """The address that WeChat saw and that the allow-list lacks (40164), or empty."""
        return named_address(self.errmsg)


class Trouble(NamedTuple):
    """Something went wrong below WeChat's own answers. ``unsent``: it is certain that WeChat did not take the call."""

    name: str
    unsent: bool
    meaning: str
    reaction: Reaction | None = None


def look_up(group: str, code: int) -> Row:
    """The row for a code: of this group, else of any, else the default (``bug``)."""
    return _INDEX.get((group, code)) or _INDEX.get((ANY, code)) or DEFAULT


def _index() -> dict[tuple[str, int], Row]:
    index: dict[tuple[str, int], Row] = {}
    for group, rows in TABLE.items():
        for row in rows:
            if index.setdefault((group, row.code), row) is not row:
                raise ValueError(f"two rows for {row.code} in {group}")
    return index


_INDEX = _index()


def of_answer(
    answer: Mapping[str, Any], code: int, *, group: str, path: str, repeatable: bool, stop: bool = False
) -> CallFailed:
    """The exception for an answer with a code other than 0.

    ``repeatable`` says that doing the call twice has no second effect; ``stop`` that an unknown code has come three times in a
    row, whereupon the group stops.
    """
    row = look_up(group, code)
    reaction = row.reaction if repeatable or row.once is None else row.once
    if row is DEFAULT and stop:
        reaction = STOP
    errmsg = str(answer.get("errmsg", ""))[:300]
    rid = _RID_VALUE.search(errmsg)
    rest = {key: value for key, value in answer.items() if key not in ("errcode", "errmsg")}
    return CallFailed(
        row, group=group, path=path, code=code, reaction=reaction,
        errmsg=_RID.sub("", errmsg).strip(), rid=rid.group(1) if rid else "", answer=rest,
    )  # fmt: skip


def of_trouble(trouble: Trouble, *, group: str, path: str, repeatable: bool) -> CallFailed:
    """The exception for trouble in the transport.

    Unsent, or a read that may be repeated: back off and retry. A send or creation that may have arrived: unknown.
    """
    reaction = trouble.reaction
    if reaction is None:
        reaction = BACK_OFF if trouble.unsent or repeatable else UNKNOWN
    row = Row(0, reaction, trouble.meaning)
    return CallFailed(row, group=group, path=path, code=None, errmsg=trouble.name)


def wording(row: Row, reaction: Reaction, code: int | None, errmsg: str = "") -> str:
    """The Chinese sentence for a person: cause, WeChat's code, what to do."""
    advice = row.advice or _ADVICE.get(reaction) or _ADVICE[reaction.kind]
    field = _FIELD.search(errmsg)
    parts = {"ip": named_address(errmsg) or "（见微信返回）", "field": field.group(1) if field else "未注明"}
    number = "" if code is None else f"（错误码 {code}）"
    return f"{row.meaning}{number}，{advice}".format_map(parts)


def named_address(errmsg: str) -> str:
    """The IP address in the text of 40164 (``invalid ip 203.0.113.7 ipv6 ..., not in whitelist``), or empty."""
    found = _IP.search(errmsg)
    return found.group(1) if found else ""


def back_off_s(attempt: int) -> float:
    """Seconds to wait after the ``attempt``-th failure (1, 2, 4, 8, 16 with up to a quarter of jitter)."""
    return float(2 ** (min(attempt, BACK_OFF_TRIES) - 1)) * random.uniform(0.875, 1.125)


def rest_until(detail: str, now: datetime) -> datetime:
    """Until when a group rests after ``wait-for-quota(detail)``; WeChat's days and months are Shanghai's."""
    if detail == "minute":
        return now + timedelta(seconds=60)
    local = clock.to_shanghai(now)
    if detail == "month":
        first = (local.replace(day=1) + timedelta(days=32)).replace(day=1)
    else:
        first = local + timedelta(days=1)
    return first.replace(hour=0, minute=5, second=0, microsecond=0).astimezone(now.tzinfo)
