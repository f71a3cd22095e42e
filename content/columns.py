"""栏目: the columns and their recurring times."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts.rights import require
from content.life import READABLE
from content.slots import LARGEST, is_time
from content.trail import note_column
from database.once import insert_once
from ground.errors import Conflict, NotFound, Refused
from models import Article, Column, User

_MANAGE = "column.manage"
_TAKEN = ("a", "asset", "me", "search", "size")
"""What stands at this place in the reader's addresses already."""


@dataclass(frozen=True)
class _Default:
    name: str
    description: str
    slots: tuple[Mapping[str, Any], ...]


def _weekly(weekdays: list[int], time: str) -> tuple[Mapping[str, Any], ...]:
    return ({"weekdays": weekdays, "time": time, "audience": "all", "active": False},)


DEFAULTS: dict[str, _Default] = {
    "study": _Default("学习园地", "理论学习、政策解读和学习体会", _weekly([0, 1, 2, 3, 4], "08:00")),
    "news": _Default("先锋动态", "社区、网格和党支部的新鲜事", _weekly([0, 2, 4], "19:00")),
}
"""The two columns that every installation has. Their slots are proposals, inactive until somebody switches them on."""


def ensure_defaults(session: Session) -> list[Column]:
    """Make the two default columns where they are missing; repeatable. Returns all columns in their order."""
    rows = [
        {
            "key": key,
            "name": default.name,
            "description": default.description,
            "sort": sort,
            "slots": [dict(slot) for slot in default.slots],
            "active": True,
        }
        for sort, (key, default) in enumerate(DEFAULTS.items())
    ]
    insert_once(session, Column, rows)
    return listing(session, with_inactive=True)


def listing(session: Session, *, with_inactive: bool = False) -> list[Column]:
    """The columns in their order."""
    query = sa.select(Column).order_by(Column.sort, Column.id)
    if not with_inactive:
        query = query.where(Column.active)
    return list(session.scalars(query))


def shown(session: Session) -> list[Column]:
    """What readers find of them: a column that the office added stays hidden until its first article is out."""
    out = sa.exists().where(
        Article.column_id == Column.id, Article.status.in_(READABLE), Article.published_at.is_not(None)
    )
    query = sa.select(Column).where(Column.active, sa.or_(Column.key.in_(DEFAULTS), out))
    return list(session.scalars(query.order_by(Column.sort, Column.id)))


def by_key(session: Session, key: str) -> Column:
    """The column named in URLs and commands. Raises :class:`errors.NotFound` with the keys that there are."""
    column = session.scalar(sa.select(Column).where(Column.key == key))
    if column is None:
        names = "、".join(f"{other.key}（{other.name}）" for other in listing(session))
        raise NotFound(f"没有栏目“{key}”" + (f"，可用的栏目有 {names}" if names else ""))
    return column


def get(session: Session, column_id: int) -> Column:
    """A column by id. Raises :class:`errors.NotFound`."""
    found = session.get(Column, column_id)
    if found is None:
        raise NotFound("没有这个栏目，请刷新后重试")
    return found


def create(
    session: Session, user: User, *, key: str, name: str, description: str = "", at: datetime
) -> Column:
    """Add a column at the end. Raises :class:`errors.Forbidden`, :class:`errors.Refused` or :class:`errors.Conflict`."""
    require(user, _MANAGE)
    key, name = key.strip().lower(), name.strip()
    if not re.fullmatch(r"[a-z][a-z0-9-]{1,19}", key) or key in _TAKEN:
        raise Refused("栏目代号应为 2 到 20 个小写字母、数字或短横线，并以字母开头")
    if not 1 <= len(name) <= 20:
        raise Refused("栏目名称应为 1 到 20 个字")
    taken = session.scalar(sa.select(Column).where(sa.or_(Column.key == key, Column.name == name)))
    if taken is not None:
        raise Conflict(f"栏目“{taken.name}”（{taken.key}）已存在，请换一个代号或名称")
    last = session.scalar(sa.select(sa.func.max(Column.sort))) or 0
    column = Column(
        key=key, name=name, description=description.strip()[:120], sort=last + 1, slots=[], active=True
    )
    session.add(column)
    session.flush()
    note_column(session, user, "column.create", column, at=at)
    return column


def change(
    session: Session,
    user: User,
    column: Column,
    *,
    name: str,
    description: str,
    active: bool,
    slots: Sequence[Mapping[str, Any]],
    at: datetime,
) -> None:
    """Give a column its name, description and recurring times, and show or hide it. Its address stays.

    Raises as :func:`create`.
    """
    require(user, _MANAGE)
    before = column.name
    _rename(session, column, name)
    column.description = description.strip()[:120]
    _set_slots(column, slots, opens=active and not column.active, at=at)
    column.active = active
    session.flush()
    renamed = {"before": before, "after": column.name} if column.name != before else {}
    note_column(
        session, user, "column.change", column, slots=len(column.slots), active=active, **renamed, at=at
    )


def move(session: Session, user: User, column_id: int, *, to: int, at: datetime) -> None:
    """Give a column another place (1 is the first) in every list. Raises :class:`errors.Forbidden`, :class:`errors.NotFound`."""
    require(user, _MANAGE)
    column = get(session, column_id)
    session.execute(sa.select(Column.id).order_by(Column.id).with_for_update())
    every = sa.select(Column).order_by(
        Column.sort, Column.id
    )  # asked for behind the lock: another may have moved them
    found = session.scalars(every.execution_options(populate_existing=True))
    order = [one for one in found if one.id != column_id]
    order.insert(min(max(to, 1), len(order) + 1) - 1, column)
    for place, one in enumerate(order):
        one.sort = place
    session.flush()
    note_column(session, user, "column.order", column, to=order.index(column) + 1, at=at)


def _rename(session: Session, column: Column, name: str) -> None:
    name = name.strip()
    if not 1 <= len(name) <= 20:
        raise Refused("栏目名称应为 1 到 20 个字")
    if session.scalar(sa.select(Column.id).where(Column.name == name, Column.id != column.id)) is not None:
        raise Conflict(f"栏目“{name}”已存在，请换一个名称")
    column.name = name


def _set_slots(column: Column, slots: Sequence[Mapping[str, Any]], *, opens: bool, at: datetime) -> None:
    """Where a slot is new, changed or ``opens`` with its column, it counts from now: none of its moments was missed."""
    before = {} if opens else {_rhythm(slot): slot.get("since") for slot in column.slots}
    clean = [_clean(slot) for slot in slots]
    for slot in clean:
        if since := before.get(_rhythm(slot), at.isoformat()):
            slot["since"] = since
    column.slots = clean


def _rhythm(slot: Mapping[str, Any]) -> tuple[Any, ...]:
    """What its moments follow from."""
    days = tuple(sorted(slot.get("weekdays", ())))
    return (
        days,
        slot.get("time"),
        slot.get("active", True),
        bool(slot.get("rests")),
        bool(slot.get("made_up")),
    )


def _clean(slot: Mapping[str, Any]) -> dict[str, Any]:
    days = sorted(set(slot.get("weekdays", ())))
    time = str(slot.get("time", ""))
    if not days or not all(isinstance(day, int) and 0 <= day <= 6 for day in days):
        raise Refused("请至少选择一个星期几")
    if not is_time(time):
        raise Refused(f"时间应写成 08:00 的样子，现在是“{time}”")
    most = slot.get("most", 1)
    if not isinstance(most, int) or not 1 <= most <= LARGEST:
        raise Refused(f"每次推送的篇数应为 1 到 {LARGEST}，请重新选择")
    return {
        "weekdays": days,
        "time": time,
        "audience": str(slot.get("audience", "all")).strip() or "all",
        "meant": dict(slot.get("meant") or {}),
        "active": bool(slot.get("active", True)),
        **({"most": most} if most > 1 else {}),
        **{name: True for name in ("rests", "made_up") if slot.get(name)},
    }
