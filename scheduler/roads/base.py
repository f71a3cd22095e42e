"""What a road is, and the values that pass between planner, sender and roads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from scheduler.audience import Audience, Part, Person
from settings import Settings, WeChatLimits

if TYPE_CHECKING:
    from wechat.outbound.client import Client


@dataclass(frozen=True)
class Picture:
    """What the planner knows when it asks a road for deliveries.

    ``following`` is how many of the audience follow; ``reachable`` those of them who are left after all exclusions.
    ``exact_tags`` are the parts whose tag at WeChat holds exactly their reachable people. ``to_all_left`` and ``account_left``
    are what is left of the account's own quota.
    """

    settings: Settings
    audience: Audience
    following: int
    reachable: Sequence[Person]
    exact_tags: Sequence[Part]
    to_all_left: int
    account_left: int

    @property
    def complete(self) -> bool:
        """Whether nobody who follows was excluded."""
        return len(self.reachable) == self.following


@dataclass(frozen=True)
class Planned:
    """One call to be: to all, to a tag, or to the listed openids. ``people`` are the followers whom it will reach."""

    people: Sequence[str]
    target: str
    to_all: bool = False
    tag_id: int | None = None
    openids: Sequence[str] | None = None


@dataclass(frozen=True)
class Routed:
    """What a road makes of a picture; ``skipped`` are followers whom it cannot reach, by reason."""

    deliveries: Sequence[Planned]
    skipped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """All that one call needs. ``key`` is the idempotency key; ``notice`` the fields of an activity's notice."""

    key: str
    media_id: str = ""
    to_all: bool = False
    tag_id: int | None = None
    openids: Sequence[str] = ()
    template_id: str = ""
    notice: Mapping[str, str] = field(default_factory=dict)
    url: str = ""


@dataclass(frozen=True)
class Answer:
    """WeChat took it. ``repeated`` says that it had taken the same key before."""

    msg_id: str
    msg_data_id: str = ""
    repeated: bool = False


class Road(Protocol):
    """How one push travels; a road holds no state.

    ``carries``: kinds of push. ``serial``: its calls go one after another. ``needs_draft``: articles become a draft first.
    ``counts``: it uses the quota of mass messages. ``job``: the kind of job event that reports its result.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    carries: ClassVar[frozenset[str]]
    serial: ClassVar[bool]
    needs_draft: ClassVar[bool]
    counts: ClassVar[bool]
    job: ClassVar[str]

    def refusal(self, kind: str, settings: Settings) -> str:
        """Why it cannot be used for this kind of push, in Chinese; empty where it can."""

    def key_window(self, limits: WeChatLimits) -> timedelta:
        """How long WeChat remembers the idempotency key: within it the same call may be repeated."""

    def repeat_gap(self, limits: WeChatLimits) -> timedelta:
        """How long to wait before the same key is tried again."""

    def route(self, picture: Picture) -> Routed:
        """Turn the people who can be reached into as few calls as possible."""

    def send(self, client: Client, call: Call) -> Answer:
        """Make the one call. Raises :class:`errors.WeChatError` or :class:`errors.Unavailable`."""


def notice_of(values: Mapping[str, Any]) -> dict[str, str]:
    """A notice's values as WeChat takes them: one line of at most 20 characters, never empty.

    Source: https://developers.weixin.qq.com/doc/service/guide/product/subscription_messages/push.html
    """
    longest = 20
    lines = {key: " ".join(str(value).split()) for key, value in values.items()}
    return {key: line if len(line) <= longest else line[: longest - 1] + "…" for key, line in lines.items()}
