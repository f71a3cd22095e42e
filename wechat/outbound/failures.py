"""Why a call to WeChat did not succeed: the one exception, with its facts as fields, and the sentence for a person.

What follows is looked up (:mod:`wechat.outbound.reaction_table`), never decided here. Transport trouble is classified here too:
what is certainly unsent may be tried again, a send whose fate is unknown is never repeated blindly.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ground import clock
from ground.errors import WeChatError
from wechat.outbound.groups import Group
from wechat.outbound.reaction_table import DEFAULT, look_up
from wechat.outbound.reactions import BACK_OFF, STOP, UNKNOWN, Detail, Kind, Reaction, Row, Then, conduct_of

BACK_OFF_TRIES = 5
_RID = re.compile(r"[ ,]*(?:hint: ?\[[^\]]*\]|rid: ?[0-9a-f]+(?:-[0-9a-f]+)*)", re.IGNORECASE)
_RID_VALUE = re.compile(r"rid: ?([0-9a-f]+(?:-[0-9a-f]+)*)", re.IGNORECASE)
_IP = re.compile(r"\bip:? ([0-9A-Fa-f.:]+)")
_FIELD = re.compile(r"data\.([A-Za-z0-9_]+)(?:\.value)?")


class CallFailed(WeChatError):
    """A call that did not succeed, with the reaction that the table prescribes.

    ``kind`` and ``detail`` are the reaction's, ``then`` is what the caller does. ``code`` is WeChat's errcode, None where no
    readable answer came. ``answer`` holds the other fields of the answer (``msg_id`` with 45065, ``fail_openid_list`` with
    45171). ``wait_s`` is the first wait before the same call may be repeated.
    """

    def __init__(
        self, row: Row, *, group: Group, path: str, code: int | None, reaction: Reaction | None = None,
        errmsg: str = "", rid: str = "", answer: Mapping[str, Any] | None = None, message: str = "",
    ) -> None:  # fmt: skip
        self.row = row
        self.reaction = reaction or row.reaction
        self.conduct = conduct_of(self.reaction)
        super().__init__(
            message or wording(row, self.reaction, code, errmsg),
            code=code,
            reaction=str(self.reaction),
            group=group,
            path=path,
            errmsg=errmsg,
            rid=rid,
        )
        self.group = group
        self.path = path
        self.errmsg = errmsg
        self.rid = rid
        self.answer = dict(answer or {})
        self.wait_s = row.wait_s or (1.0 if self.kind is Kind.BACK_OFF else 0.0)

    @property
    def kind(self) -> Kind:
        """What happened."""
        return self.reaction.kind

    @property
    def detail(self) -> Detail | None:
        """What more there is to know: which quota, what is gone, why a recipient is finished."""
        return self.reaction.detail

    @property
    def then(self) -> Then:
        """What the caller does."""
        return self.conduct.then

    @property
    def address(self) -> str:
        """The address that WeChat saw and that the allow-list lacks (40164), or empty."""
        return named_address(self.errmsg)

    def again_at(self, attempt: int, now: datetime) -> datetime:
        """When the same call may be made again, after ``attempt`` tries: with the quota's return, or after the wait."""
        if self.kind is Kind.WAIT_FOR_QUOTA:
            return rest_until(self.detail, now)
        return now + timedelta(seconds=max(self.wait_s, back_off_s(attempt)))


class Trouble(NamedTuple):
    """Something went wrong below WeChat's own answers. ``unsent``: it is certain that WeChat did not take the call."""

    name: str
    unsent: bool
    meaning: str
    reaction: Reaction | None = None


def of_answer(
    answer: Mapping[str, Any], code: int, *, group: Group, path: str, repeatable: bool, stop: bool = False
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


def of_trouble(trouble: Trouble, *, group: Group, path: str, repeatable: bool) -> CallFailed:
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
    advice = row.advice or conduct_of(reaction).advice
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


def rest_until(quota: Detail | None, now: datetime) -> datetime:
    """Until when a group rests that has used up this quota; WeChat's days and months are Shanghai's."""
    if quota is Detail.MINUTE:
        return now + timedelta(seconds=60)
    local = clock.to_shanghai(now)
    if quota is Detail.MONTH:
        first = (local.replace(day=1) + timedelta(days=32)).replace(day=1)
    else:
        first = local + timedelta(days=1)
    return first.replace(hour=0, minute=5, second=0, microsecond=0).astimezone(now.tzinfo)
