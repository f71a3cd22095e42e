"""推送对象: ``all``, or a union of ``branch:NAME``, ``community:NAME`` and ``grid:NAME``, as a set of followers.

The audience of a place is the followers who are bound to its members. A member lives in the community of the own grid, or, where
the roster names none, in that of the branch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community.tags import community_of_member
from ground.errors import Refused
from models import Branch, Community, Follower, Grid, Member

EVERYONE = "all"
KINDS: dict[str, tuple[Any, str]] = {
    "branch": (Branch, "党支部"),
    "community": (Community, "社区"),
    "grid": (Grid, "网格"),
}
_HOW = "推送对象请写 all，或 branch:党支部、community:社区、grid:网格，多个用逗号隔开"


@dataclass(frozen=True)
class Part:
    """One place of an audience. ``tag_id`` is its tag at WeChat; a grid never has one."""

    kind: str
    id: int
    name: str
    tag_id: int | None


@dataclass(frozen=True)
class Audience:
    """Who is meant: everyone who follows, or those of some places. ``text`` is the normalised form that is stored."""

    text: str
    parts: tuple[Part, ...]

    @property
    def everyone(self) -> bool:
        """Whether all followers are meant."""
        return not self.parts

    @property
    def label(self) -> str:
        """What a person reads: ``全部关注者`` or the names."""
        return "全部关注者" if self.everyone else "、".join(part.name for part in self.parts)


@dataclass(frozen=True)
class Person:
    """A follower inside an audience, as far as planning asks."""

    openid: str
    branch_id: int | None
    community_id: int | None
    grid_id: int | None
    muted: str

    def muted_columns(self) -> set[str]:
        """Keys of the columns of which this one wants nothing."""
        return {key.strip() for key in self.muted.split(",") if key.strip()} if self.muted else set()

    def belongs_to(self, part: Part) -> bool:
        """Whether this is one of the place's."""
        own = {"branch": self.branch_id, "community": self.community_id, "grid": self.grid_id}
        return own[part.kind] == part.id


def parse(session: Session, text: str) -> Audience:
    """Understand the text of an audience. Raises :class:`errors.Refused` naming the part that is not understood."""
    pieces = [piece.strip() for piece in re.split(r"[,，]", text) if piece.strip()]
    if not pieces:
        raise Refused(f"请填写推送对象。{_HOW}")
    if any(piece.lower() == EVERYONE for piece in pieces):
        if len(pieces) > 1:
            raise Refused("推送对象 all 已包含所有人，请不要再写其他对象")
        return Audience(EVERYONE, ())
    parts: dict[tuple[str, int], Part] = {}
    for piece in pieces:
        part = _part(session, piece)
        parts.setdefault((part.kind, part.id), part)
    chosen = tuple(parts.values())
    return Audience(",".join(f"{part.kind}:{part.name}" for part in chosen), chosen)


def _part(session: Session, piece: str) -> Part:
    kind, separator, name = (half.strip() for half in piece.replace("：", ":").partition(":"))
    if not separator or kind.lower() not in KINDS or not name:
        raise Refused(f"推送对象“{piece}”看不懂。{_HOW}")
    model, title = KINDS[kind.lower()]
    named: sa.ColumnElement[bool] = model.name == name
    if model is Branch:
        named = sa.or_(named, Branch.short_name == name)
    found = list(session.scalars(sa.select(model).where(named).limit(2)))
    if not found:
        raise Refused(f"没有{title}“{name}”，请检查名称")
    if len(found) > 1:
        raise Refused(f"有多个{title}叫“{name}”，请写全称")
    place = found[0]
    if isinstance(place, Branch) and not place.active:
        raise Refused(f"党支部“{name}”已停用，请换一个")
    return Part(kind.lower(), place.id, place.name, getattr(place, "tag_id", None))


_COMMUNITY = community_of_member()


def _belongs(part: Part) -> sa.ColumnElement[bool]:
    own: dict[str, sa.ColumnElement[bool]] = {
        "branch": Member.branch_id == part.id,
        "community": sa.literal(part.id) == _COMMUNITY,
        "grid": Member.grid_id == part.id,
    }
    return own[part.kind]


def _condition(audience: Audience) -> sa.ColumnElement[bool]:
    return (
        sa.true()
        if audience.everyone
        else sa.and_(Member.active.is_(True), sa.or_(*(_belongs(part) for part in audience.parts)))
    )


def people(session: Session, audience: Audience) -> Iterator[Person]:
    """All of the audience who follow just now, in one query."""
    statement = (
        sa.select(
            Follower.openid,
            Member.branch_id,
            _COMMUNITY,
            Member.grid_id,
            Follower.muted_columns,
        )
        .outerjoin(Member, Member.id == Follower.member_id)
        .outerjoin(Branch, Branch.id == Member.branch_id)
        .outerjoin(Grid, Grid.id == Member.grid_id)
        .where(Follower.subscribed.is_(True), Follower.gone.is_(False), _condition(audience))
        .order_by(Follower.id)
    )
    for row in session.execute(statement):
        yield Person(*row)


def roster_size(session: Session, audience: Audience) -> int | None:
    """How many members on the roster are meant, also those who do not follow; None for everyone."""
    if audience.everyone:
        return None
    statement = (
        sa.select(sa.func.count())
        .select_from(Member)
        .join(Branch, Branch.id == Member.branch_id)
        .outerjoin(Grid, Grid.id == Member.grid_id)
        .where(_condition(audience))
    )
    return session.scalar(statement) or 0
