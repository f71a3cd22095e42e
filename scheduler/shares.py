"""分工: how a push is divided among its roads, in numbers and in one sentence; kept with it as agreed to and as planned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from models import Push
from scheduler import roads
from settings import WeChatLimits

PEOPLE, GROUPS = "人", "个群"
"""What the numbers of a push count."""
_AGREED, _PLANNED = "by", "due"
_NAMED = 8


@dataclass(frozen=True)
class Share:
    """What one road has of a push: so many followers (``people``) by name, or ``groups``.

    ``left`` counts those whom it was asked about and does not reach, by reason; ``readers`` are in its groups and reached by no
    road by name. ``missed`` are
    groups that it leaves out, with the reason.
    """

    road: str
    people: int = 0
    groups: int = 0
    left: Mapping[str, int] = field(default_factory=dict)
    readers: int = 0
    missed: Mapping[str, str] = field(default_factory=dict)

    @property
    def called(self) -> str:
        """The road in the sentence."""
        road = roads.of(self.road)
        return road.called or road.title


def agreed(push: Push, shares: Iterable[Share]) -> None:
    """Keep what a person sees of a new push and agrees to."""
    push.confirmed = {**push.confirmed, _AGREED: [asdict(one) for one in shares]}


def planned(push: Push, shares: Iterable[Share]) -> None:
    """Keep what it is when the push is due."""
    push.confirmed = {**push.confirmed, _PLANNED: [asdict(one) for one in shares]}


def of(push: Push) -> list[Share]:
    """How a push is divided: when it was due, else when it was agreed to; nothing of one that was made before this was kept."""
    kept: list[dict[str, Any]] = push.confirmed.get(_PLANNED) or push.confirmed.get(_AGREED) or []
    return [Share(**one) for one in kept]


def unit(shares: Iterable[Share]) -> str:
    """What the numbers of such a push count: followers, or groups where it goes to nobody by name."""
    shares = list(shares)
    return GROUPS if any(one.groups for one in shares) and not any(one.people for one in shares) else PEOPLE


def unit_of(push: Push) -> str:
    """The same of a push as it stands."""
    return unit(of(push))


def by_windows(shares: Iterable[Share], limits: WeChatLimits) -> int:
    """How many are reached through what they did themselves, by a window or a consent: these come and go by the hour."""
    own = ((roads.of(one.road), one.people) for one in shares)
    return sum(people for road, people in own if road.fills or road.window(limits) is not None)


def said(shares: Sequence[Share], words: Mapping[str, str]) -> str:
    """One sentence: 78 人用群发，31 人不能用群发（…），改用服务窗口 12 人，其余 19 人靠转群包（2 个群）.

    Empty where one road reaches all. ``words`` are those for the reasons.
    """
    personal = [one for one in shares if not one.groups]
    first = next((one for one in personal if one.people or one.left), None)
    parts: list[str] = []
    rest = 0
    if first is not None:
        rest = sum(first.left.values())
        parts += [f"{first.people:,} 人用{first.called}"] if first.people else []
        plain = first.called.partition("（")[0]  # no two brackets behind one another
        parts += [f"{rest:,} 人不能用{plain}（{_reasons(first.left, words)}）"] if rest else []
    for one in personal:
        if one is not first and one.people:
            gap = "" if one.called.endswith("）") else " "
            parts.append(f"改用{one.called}{gap}{one.people:,} 人")
            rest -= one.people
    parts += _beside([one for one in shares if one.groups], rest, alone=first is None)
    return "，".join(parts) if len(parts) > 1 else ""


def missed(shares: Sequence[Share], words: Mapping[str, str]) -> str:
    """The groups to which nothing goes, by their names: 第一党支部·值班群（没有转发人）. Empty where there are none."""
    left = {name: words.get(why, why) for one in shares for name, why in one.missed.items()}
    by_reason = {why: [name for name in left if left[name] == why] for why in left.values()}
    return "；".join(
        f"{'、'.join(names[:_NAMED])}{f'等 {len(names)} 个群' if len(names) > _NAMED else ''}（{why}）"
        for why, names in by_reason.items()
    )


def _beside(shares: Sequence[Share], rest: int, *, alone: bool) -> list[str]:
    """What goes to groups, and who of the ``rest`` is in them."""
    parts = []
    for one in shares:
        if one.readers:
            whose = f"其余 {rest:,} 人" if one.readers == rest else f"其余 {rest:,} 人中 {one.readers:,} 人"
            parts.append(f"{whose}靠{one.called}（{one.groups:,} {GROUPS}）")
            rest -= one.readers
        elif alone:
            parts.append(f"{one.groups:,} {GROUPS}用{one.called}")
        else:
            parts.append(f"另用{one.called}发 {one.groups:,} {GROUPS}")
    if rest > 0 and not alone:
        parts.append(f"{'还有' if shares else '其余'} {rest:,} 人收不到")
    return parts


def _reasons(left: Mapping[str, int], words: Mapping[str, str]) -> str:
    many = len(left) > 1
    return "，".join(f"{words.get(why, why)}{f' {n:,} 人' if many else ''}" for why, n in left.items())


__all__ = [
    "GROUPS", "PEOPLE", "Share", "agreed", "by_windows", "missed", "of", "planned", "said", "unit", "unit_of",
]  # fmt: skip
