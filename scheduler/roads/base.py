"""What a road is, and the values that pass between planner, sender and roads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, overload

from ground.errors import Refused
from models import Target
from scheduler.audience import Audience, Person
from scheduler.roads.load import Agreement, Card, Hint, Occasion
from scheduler.roads.people import People
from settings import Settings, WeChatLimits
from wechat.outbound.groups import Group
from wechat.outbound.reaction_table import look_up
from wechat.outbound.reactions import can_pass
from wechat.wire import messages

if TYPE_CHECKING:
    from wechat.outbound.client import Client


class Content(StrEnum):
    """What may travel: the articles of a push, the notice of an activity (both as ``push.kind``), or the answer to a person."""

    ARTICLES = "articles"
    ACTIVITY = "activity"
    ANSWER = "answer"


TARGET_NAMES: dict[Target, str] = {
    Target.FOLLOWER: "关注者",
    Target.LIST: "名单",
    Target.TAG: "标签",
    Target.EVERYONE: "全部关注者",
    Target.GROUP: "微信群",
    Target.FORWARDER: "转发人",
}
"""What people read for each kind of target."""
PERSONAL = frozenset({Target.FOLLOWER, Target.LIST})
"""Targets that can leave a single person out."""
GROUPS = frozenset({Target.GROUP, Target.FORWARDER})
"""Targets that are no followers: groups, or who passes something on to one."""


@dataclass(frozen=True)
class Carried:
    """A tag at WeChat, and all who carry it."""

    tag_id: int
    name: str
    openids: frozenset[str]


@dataclass(frozen=True)
class Chat:
    """群: a group that belongs to the audience. ``branch`` is what people read of whose it is, empty for everybody's.

    ``robot`` says whether one may speak in it, ``forwarder`` is the openid of who passes things on (empty: nobody who follows).
    """

    id: int
    name: str
    branch_id: int | None
    branch: str
    robot: bool
    forwarder: str

    @property
    def label(self) -> str:
        """What people read of it: ``第一党支部·学习群``."""
        return f"{self.branch}·{self.name}" if self.branch else self.name


@dataclass(frozen=True)
class Picture:
    """What the planner knows when it asks a road for deliveries.

    ``following`` is how many of the audience follow; ``reachable`` those of them who are left after all exclusions, and whom no
    road before this one reaches.
    ``tags`` are tags on nobody who is not reachable: on all of them, or on more than one list may hold. ``to_all_left`` and
    ``account_left`` are what is left of the account's own quota. These three are filled for roads that have such targets and
    cost a quota; ``chats`` for roads to :data:`GROUPS`, without those to which a road before this one goes; ``until`` for roads
    with a :meth:`Road.window`: when it closes for each.
    """

    settings: Settings
    audience: Audience
    following: int
    reachable: Sequence[Person]
    tags: Sequence[Carried]
    to_all_left: int
    account_left: int
    chats: Sequence[Chat] = ()
    until: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def openids(self) -> list[str]:
        """Of those who are left."""
        people = self.reachable
        return people.openids if isinstance(people, People) else [one.openid for one in people]

    @property
    def complete(self) -> bool:
        """Whether nobody who follows was excluded."""
        return len(self.reachable) == self.following


@dataclass(frozen=True)
class Planned:
    """One call to be. ``people`` are the followers whom it will reach, ``target`` is what a person reads of them.

    ``target_id`` is the number of what is addressed, of a tag or a group say; ``openids`` are the people where each is named.
    ``branch_id`` is whose group it is. From ``until`` on it is not sent any more.
    """

    people: Sequence[str]
    target: str
    kind: Target
    target_id: int | None = None
    openids: Sequence[str] | None = None
    branch_id: int | None = None
    until: datetime | None = None

    @property
    def openid(self) -> str | None:
        """The person of a call to one."""
        return self.people[0] if self.kind is Target.FOLLOWER else None

    @property
    def recipients(self) -> int:
        """How many it counts for: followers, or the one group."""
        return 1 if self.kind in GROUPS else len(self.people)


class Singly(Sequence[Planned]):
    """A call for each of these people, made when it is looked at: of very many, only the people are kept.

    ``until`` says of some when it is too late for theirs.
    """

    def __init__(
        self,
        people: Sequence[str],
        target: str = TARGET_NAMES[Target.FOLLOWER],
        until: Mapping[str, datetime] | None = None,
    ) -> None:
        self._people = people
        self._target = target
        self._until = until or {}

    def __len__(self) -> int:
        return len(self._people)

    @overload
    def __getitem__(self, index: int) -> Planned: ...

    @overload
    def __getitem__(self, index: slice) -> Singly: ...

    def __getitem__(self, index: int | slice) -> Planned | Singly:
        if isinstance(index, slice):
            return Singly(self._people[index], self._target, self._until)
        one = [self._people[index]]
        return Planned(one, self._target, Target.FOLLOWER, openids=one, until=self._until.get(one[0]))


@dataclass(frozen=True)
class Routed:
    """What a road makes of a picture; ``skipped`` are followers whom it cannot reach, by reason, ``missed`` groups with why."""

    deliveries: Sequence[Planned]
    skipped: Mapping[str, int] = field(default_factory=dict)
    missed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """All that one call needs. ``key`` is the idempotency key; ``fields`` what :meth:`Road.fields` made of the occasion.

    ``payload`` is the body of an answer, without whom it is for. ``cards`` are the articles of the push, with addresses that say
    by which road and to whose group they went; ``address`` is the secret by which a group is reached, ``hint`` what its
    forwarder is told.
    """

    key: str
    settings: Settings
    kind: Target = Target.LIST
    target_id: int | None = None
    openids: Sequence[str] = ()
    media_id: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    payload: Mapping[str, Any] = field(default_factory=dict)
    url: str = ""
    cards: Sequence[Card] = ()
    address: str = field(default="", repr=False)
    occasion: Occasion | None = None
    hint: Hint | None = None


@dataclass(frozen=True)
class Answer:
    """WeChat took it. ``repeated`` says that it had taken the same key before."""

    msg_id: str
    msg_data_id: str = ""
    repeated: bool = False


@dataclass(frozen=True)
class Result:
    """What an event says of one job. ``counts``: ``total``, ``filter``, ``sent``, ``error``; ``urls`` by position from 1.
    ``openid`` and ``sent_at`` (UTC): whom it reached, and when, where the answer of a call tells no number.
    """

    msg_id: str
    status: str
    counts: Mapping[str, int] = field(default_factory=dict)
    urls: Mapping[int, str] = field(default_factory=dict)
    openid: str = ""
    sent_at: datetime | None = None


class Window(NamedTuple):
    """How many messages a person may be sent, and how long, after the last one that came from them."""

    lasts: timedelta
    messages: int


class Road:
    """How one push travels; a road holds no state and knows no session. Each fact has its default here.

    Its folder's name is its ``name``, which stands in the rows of pushes, deliveries and results; ``title`` is what people read.
    ``order`` is the place in every list, and ``auto`` takes the first road that can carry a thing. A road that carries nothing
    has no way to send; it owns the results of jobs that are not begun here.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    called: ClassVar[str] = ""
    """How the sentence calls it that says who is reached by what, where that is not the title."""
    order: ClassVar[int] = 100
    carries: ClassVar[frozenset[Content]] = frozenset()
    """Kinds of content; a road that carries nothing for a push is never offered for one."""
    serial: ClassVar[bool] = True
    """Its calls go one after another; else side by side, in batches."""
    reports: ClassVar[bool] = True
    """WeChat tells what became of its calls; else one that was taken has arrived, as far as anybody will ever know."""
    needs_draft: ClassVar[bool] = False
    """Articles become a draft at WeChat first."""
    reaches: ClassVar[bool] = True
    """Its calls bring something to people; else the articles lie at an address, and nobody is told."""
    fills: ClassVar[bool] = False
    """``auto`` adds it for those whom the roads before it do not reach; it takes nobody else."""
    links: ClassVar[bool] = False
    """Its calls carry links to our own pages of the articles: :attr:`Call.cards`."""
    lies_ready: ClassVar[bool] = False
    """What it brings lies ready here before its call, which only tells of it: it has arrived, whatever becomes of the call."""
    costs_quota: ClassVar[bool] = False
    """Each person reached uses one of the mass messages that WeChat grants."""
    asks: ClassVar[bool] = False
    """:meth:`ask` can be asked what became of a call; else one that was taken and of which no event comes is ``unknown``."""
    removes: ClassVar[bool] = False
    """:meth:`remove` can take away the page that a call has brought."""
    tells_total: ClassVar[bool] = False
    """Its results say how many people the call was for, so that one whose number was lost may be known by it."""
    takes: ClassVar[type[messages.Push] | None] = None
    """The event by which WeChat tells the results of its jobs."""
    successes: ClassVar[frozenset[str]] = frozenset({"success"})
    """The statuses of a job that say that it arrived."""
    refusals: ClassVar[Mapping[str, str]] = {}
    """The other statuses in words."""
    passing: ClassVar[frozenset[str]] = frozenset()
    """Those of the other statuses whose cause can pass: the same may be sent again."""
    group: ClassVar[Group] = Group.ANY
    """The calls that it makes, by which the table of reactions knows WeChat's codes."""
    too_late: ClassVar[str] = "已超过可以发送的时间"
    """What a person reads of a call that was not made because its time, or its window, is over."""
    unasked: ClassVar[str] = "对方没有订阅，或订阅次数已用完"  # of a call whose consent was gone by then
    unsaid: ClassVar[str] = "微信没有给出结果，无法确认是否送达，请到公众号后台核对，不要重发"
    """What a person reads of a call whose fate nobody will tell any more."""
    nobody: ClassVar[str] = "没有可以送达的群"
    """What a person reads where a road to groups finds none that it can reach."""
    reasons: ClassVar[Mapping[str, str]] = {}
    """Why somebody gets nothing by this road, as it is shown: by the names in :attr:`Routed.skipped`."""

    # --- what it can do, and what it costs --------------------------------------------------------------------------

    def targets(self, settings: Settings) -> frozenset[Target]:
        """To whom its calls may be addressed on this account."""
        return frozenset()

    def refusal(self, kind: str, settings: Settings) -> str:
        """Why it cannot be used for this kind of push, in Chinese; empty where it can."""
        return "" if kind in self.carries else f"{self.title}不能用于这类推送，请改用自动选择（auto）"

    def cost(self, limits: WeChatLimits) -> str:
        """What a person should know of its cost before choosing it, as a sentence; empty where there is nothing to say."""
        return ""

    def fewest(self, limits: WeChatLimits) -> int:
        """How many people a list must hold at least."""
        return 1

    def largest(self, limits: WeChatLimits) -> int:
        """How many people a list may hold at most."""
        return 1

    # --- what WeChat guarantees -------------------------------------------------------------------------------------

    def key_window(self, limits: WeChatLimits) -> timedelta:
        """How long WeChat remembers the idempotency key: within it the same call may be repeated. Nothing: there is no key."""
        return timedelta(0)

    def repeat_gap(self, limits: WeChatLimits) -> timedelta:
        """How long to wait before the same key is tried again."""
        return timedelta(seconds=limits.mass_repeat_gap_s)

    def call_gap(self, limits: WeChatLimits) -> timedelta:
        """How long to wait where WeChat says that the call came too soon after another one."""
        return timedelta(seconds=limits.mass_batch_gap_s)

    def per_minute(self, limits: WeChatLimits) -> int:
        """How many calls to the same target may be made a minute; 0: as many as there are."""
        return 0

    def result_after(self, limits: WeChatLimits) -> timedelta:
        """How long after a call was taken its result is missed."""
        return timedelta(minutes=limits.mass_result_minutes)

    def window(self, limits: WeChatLimits) -> Window | None:
        """What may be sent to a person who wrote; None where that does not matter."""
        return None

    def agreement(self, kind: str, settings: Settings) -> Agreement | None:
        """To what a person must have agreed before a call of this kind of content; each consent is good for one call."""

    # --- on the way -------------------------------------------------------------------------------------------------

    def plan(self, picture: Picture) -> Routed:
        """Turn the people who can be reached into as few calls as possible."""
        return Routed((), {"no_way": len(picture.reachable)} if picture.reachable else {})

    def relist(self, people: Sequence[str], target: str, limits: WeChatLimits) -> Routed:
        """The same people by other calls, where what they were addressed by is gone."""
        return Routed((), {"no_way": len(people)} if people else {})

    def fields(self, occasion: Occasion) -> Mapping[str, str]:
        """The fields of an activity's notice, made once for many calls."""
        return {}

    def told(self, title: str, occasion: Occasion, page: str) -> Mapping[str, str]:
        """The payload by which one person is told of an activity, where :meth:`agreement` asks for consent to ``answer``."""
        raise NotImplementedError

    def send(self, client: Client, call: Call) -> Answer:
        """Make the one call. Raises :class:`errors.WeChatError` or :class:`errors.Unavailable`."""
        raise Refused(f"{self.title}还不能发送")

    def try_out(self, client: Client, address: str) -> None:
        """Say something harmless there, so that a person sees whether it gets through. Raises as :meth:`send`."""
        raise Refused(f"{self.title}不能试发")

    def ask(self, client: Client, msg_id: str) -> str:
        """The status of a job, empty while it is not known. Raises :class:`errors.WeChatError` or :class:`errors.Unavailable`."""
        return ""

    def remove(self, client: Client, msg_id: str, position: int) -> None:
        """Delete the page of the article at this place, from 1, of a job; once more does no harm. Raises as :meth:`ask`."""

    def on_result(self, event: Any) -> Sequence[Result]:
        """What an event of the type that it ``takes`` says."""
        return ()

    def may_pass(self, error: str, code: int | None) -> bool:
        """Whether the cause of a failure can pass: ``code`` is what WeChat answered, else ``error`` what a job's status says."""
        if code is not None:
            return can_pass(look_up(self.group, code).reaction)
        return any(error == self.hint(status) for status in self.passing)

    def hint(self, status: str) -> str:
        """A job's status in words, with WeChat's own beside it."""
        return f"{self.refusals.get(status, '微信返回失败')}（{status}）"


def even_batches(people: Sequence[str], largest: int) -> list[Sequence[str]]:
    """As few batches as possible, of nearly the same size, so that the last one is never a single person."""
    count = -(-len(people) // largest)
    size, more = divmod(len(people), count)
    batches: list[Sequence[str]] = []
    start = 0
    for number in range(count):
        end = start + size + (number < more)
        batches.append(people[start:end])
        start = end
    return batches
