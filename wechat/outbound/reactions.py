"""What a reaction to an error of WeChat is, and what each one means for whoever made the call.

Two tables decide, and nobody else does: :mod:`wechat.outbound.reaction_table` says which reaction a code leads to, ``CONDUCT``
below what the caller then does and what people are told. A decision is never taken by ``errmsg``, whose wording changes.
"""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What happened, in the words of the log and of the metrics."""

    REFRESH_TOKEN_ONCE = "refresh-token-once"
    """The client itself repeats once with a new token; refused again it becomes ``STOP_AND_ALERT``."""
    BACK_OFF = "back-off-and-retry"
    """Certainly not accepted: wait 1, 2, 4, 8, 16 s with jitter, at most 5 tries."""
    WAIT_FOR_QUOTA = "wait-for-quota"
    """The group rests, by the detail: ``minute`` 60 s, ``month`` until 00:05 on the 1st, else until 00:05 tomorrow (Shanghai)."""
    DROP_RECIPIENT = "drop-recipient"
    """This openid is finished for this push by this road; the detail is the reason; the push goes on."""
    FIX_CONTENT = "fix-content"
    """Back to the editor; nothing is repeated."""
    ALREADY_DONE = "already-done"
    """Accepted or existing before: go on as after a success."""
    STOP_AND_ALERT = "stop-and-alert-admin"
    """Pause all calls of the kind, one alert, a person acts. The refused item stays planned: an error is a certain no."""
    UNKNOWN = "unknown-reconcile"
    """May or may not have happened: mark it, ask WeChat, never repeat blindly."""
    REPLAN = "replan"
    """Our picture of the account is stale: read it again, plan again, once."""
    ASK_USER_AGAIN = "ask-user-again"
    """Send the person through login, authorisation or the button again."""
    IGNORE = "ignore"
    """Note it and go on."""
    BUG = "bug"
    """Our code or data is wrong: fail this item, tell the developer, never repeat."""


class Detail(StrEnum):
    """What more there is to know about a kind."""

    # which quota is used up
    MINUTE = "minute"
    DAY = "day"
    MONTH = "month"
    SENDS = "sends"  # the account's mass sends of the day, or the followers' of the month
    # what must pass before the call is made again
    SAME_KEY = "same_key"  # WeChat may still be at work on an earlier call with this key
    GAP = "gap"  # between two mass sends
    # what is gone at WeChat
    MEDIA = "media"
    TAG = "tag"
    # why a recipient is finished
    ACCOUNT_LIMITED = "account_limited"
    BLACKLISTED = "blacklisted"
    BLOCKED = "blocked"
    DUPLICATE = "duplicate"
    GONE = "gone"
    INVALID_OPENID = "invalid_openid"
    MINOR = "minor"
    NOT_FOLLOWING = "not_following"
    NOT_SUBSCRIBED = "not_subscribed"
    TAGGING = "tagging"
    TOO_FEW = "too_few"
    TOO_FREQUENT = "too_frequent"
    TOO_MANY_TAGS = "too_many_tags"
    WINDOW_CLOSED = "window_closed"
    WINDOW_COUNT = "window_count"


class Then(Enum):
    """What the caller does with what it wanted to send or to set."""

    GO_ON = "as after a success"
    ASK = "it may have happened: ask WeChat or wait for its event, never repeat blindly"
    REPEAT = "nothing happened: the same call again by itself, later"
    HOLD = "nothing happened: it waits until a person has acted"
    REMAKE = "nothing happened: what the call named is gone or stale, make it anew and call again"
    RETARGET = "nothing happened: the tag is gone, reach its people otherwise"
    SKIP = "this one is finished, the others go on"
    STOP = "the content is refused: none of it goes on"


class Reaction(NamedTuple):
    """A kind with its detail; as text, for the log, ``kind`` or ``kind(detail)``."""

    kind: Kind
    detail: Detail | None = None

    def __str__(self) -> str:
        return f"{self.kind}({self.detail})" if self.detail else str(self.kind)


class Row(NamedTuple):
    """One line of the table of codes.

    ``meaning`` is what WeChat says by the code; ``advice`` what a person must do, where the reaction does not say it.
    ``once`` replaces the reaction for calls that must not be repeated blindly (sends and creations). ``wait_s`` is the first
    wait before the same call may be repeated.
    """

    code: int
    reaction: Reaction
    meaning: str
    advice: str = ""
    once: Reaction | None = None
    wait_s: float = 0.0


class Conduct(NamedTuple):
    """What follows from a reaction: for the caller, and (``advice``, Chinese) for a person where the row says nothing of its own.

    ``noted``: it concerns the next calls as well, so it is kept for the console and the doctor. ``returns``: a quota that comes
    back by itself, until when the call is not made.
    """

    then: Then
    advice: str
    noted: bool = False
    returns: bool = False


REFRESH = Reaction(Kind.REFRESH_TOKEN_ONCE)
BACK_OFF = Reaction(Kind.BACK_OFF)
SAME_KEY = Reaction(Kind.BACK_OFF, Detail.SAME_KEY)
TOO_SOON = Reaction(Kind.BACK_OFF, Detail.GAP)
MINUTE = Reaction(Kind.WAIT_FOR_QUOTA, Detail.MINUTE)
DAY = Reaction(Kind.WAIT_FOR_QUOTA, Detail.DAY)
MONTH = Reaction(Kind.WAIT_FOR_QUOTA, Detail.MONTH)
SENDS_USED_UP = Reaction(Kind.WAIT_FOR_QUOTA, Detail.SENDS)
FIX = Reaction(Kind.FIX_CONTENT)
DONE = Reaction(Kind.ALREADY_DONE)
STOP = Reaction(Kind.STOP_AND_ALERT)
UNKNOWN = Reaction(Kind.UNKNOWN)
REPLAN = Reaction(Kind.REPLAN)
MEDIA_GONE = Reaction(Kind.REPLAN, Detail.MEDIA)
TAG_GONE = Reaction(Kind.REPLAN, Detail.TAG)
ASK = Reaction(Kind.ASK_USER_AGAIN)
IGNORE = Reaction(Kind.IGNORE)
BUG = Reaction(Kind.BUG)


def drop(reason: Detail) -> Reaction:
    """This recipient is finished for this road, for this reason."""
    return Reaction(Kind.DROP_RECIPIENT, reason)


_TOMORROW = "系统会在明天 0 时 5 分后继续，急需时请管理员在后台清零一次调用额度"

CONDUCT: dict[Reaction | Kind, Conduct] = {
    Kind.REFRESH_TOKEN_ONCE: Conduct(Then.HOLD, "系统会自动更换凭证后重试"),
    Kind.BACK_OFF: Conduct(Then.REPEAT, "系统会稍后自动重试"),
    SAME_KEY: Conduct(Then.ASK, "系统会稍后自动重试"),
    MINUTE: Conduct(Then.REPEAT, "系统会在一分钟后继续", noted=True, returns=True),
    DAY: Conduct(Then.REPEAT, _TOMORROW, noted=True, returns=True),
    MONTH: Conduct(Then.REPEAT, "系统会在下月 1 日 0 时 5 分后继续", noted=True, returns=True),
    # A follower's or the day's: a send to a tag may go where one to all may not, so the next call is made all the same.
    SENDS_USED_UP: Conduct(
        Then.HOLD, "推送已暂停，请核对今天和本月剩余的群发次数，有次数后再继续", noted=True
    ),
    Kind.DROP_RECIPIENT: Conduct(Then.SKIP, "本次不再通过这个渠道发给该关注者"),
    Kind.FIX_CONTENT: Conduct(Then.STOP, "请修改后重新提交"),
    Kind.ALREADY_DONE: Conduct(Then.GO_ON, "无需再次操作"),
    Kind.STOP_AND_ALERT: Conduct(Then.HOLD, "此类操作已暂停，请管理员登录公众号后台处理", noted=True),
    Kind.UNKNOWN: Conduct(Then.ASK, "不能确定微信是否已经接受，系统会先向微信核对，请不要手工重发"),
    Kind.REPLAN: Conduct(Then.REMAKE, "系统会重新读取账号情况后再试一次"),
    TAG_GONE: Conduct(Then.RETARGET, "系统会重新读取账号情况后再试一次"),
    Kind.ASK_USER_AGAIN: Conduct(Then.SKIP, "请重新进入页面再试"),
    Kind.IGNORE: Conduct(Then.GO_ON, "无需处理"),
    Kind.BUG: Conduct(Then.SKIP, "请把这条信息交给维护人员"),
}


_PASSING = frozenset(
    {Kind.REFRESH_TOKEN_ONCE, Kind.BACK_OFF, Kind.WAIT_FOR_QUOTA, Kind.STOP_AND_ALERT, Kind.REPLAN}
)
_PASSING_DETAILS = frozenset({Detail.TOO_FREQUENT, Detail.ACCOUNT_LIMITED})


def can_pass(reaction: Reaction) -> bool:
    """Whether what stood in the way can pass, by time or by what a person does at WeChat, so that the same may be sent again."""
    return reaction.kind in _PASSING or reaction.detail in _PASSING_DETAILS


def conduct_of(reaction: Reaction) -> Conduct:
    """What follows from a reaction: the line of its kind, unless its detail has one of its own."""
    return CONDUCT.get(reaction) or CONDUCT[reaction.kind]
