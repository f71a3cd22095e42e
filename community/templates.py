"""活动模板: what an activity may be announced from, so that purpose, length, voluntary note, audience and keeping stand already.

The kinds are data (``templates.toml``); the office's own wording of one stands in the database and goes before it.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit
from accounts.rights import require
from community import cells, phrasing
from community.announcing import Draft
from database.once import upsert
from ground.cells import looks_like_formula
from ground.errors import NotFound, Refused
from models import ActivityTemplate, User

FILE = Path(__file__).with_name("templates.toml")
CHANGE = "activity.template"
MOST_MINUTES = 31 * 24 * 60
MOST_MONTHS = 120
_WORDING = (
    "name",
    "purpose",
    "voluntary",
    "question",
    "expects",
    "minutes",
    "keep_months",
    "sign_up",
    "active",
)


@dataclass(frozen=True)
class Template:
    """One of them. ``expects`` empty: every member of its branches; ``keep_months`` 0: kept for good."""

    key: str
    name: str
    kind: str
    purpose: str
    voluntary: str
    minutes: int
    expects: str = ""
    keep_months: int = 0
    question: str = ""
    sign_up: bool = False
    active: bool = True

    @property
    def length(self) -> timedelta:
        """How long it lasts, as a rule."""
        return timedelta(minutes=self.minutes)

    def fill(self, draft: Draft) -> Draft:
        """The draft with what the template says."""
        return replace(
            draft, template=self.key, kind=self.kind, purpose=self.purpose, voluntary=self.voluntary, question=self.question,
            expects=self.expects, sign_up=self.sign_up, keep_months=self.keep_months,
        )  # fmt: skip


@cache
def shipped() -> dict[str, Template]:
    """Those that come with the product, by key."""
    read: dict[str, dict[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {key: Template(key=key, **values) for key, values in read.items()}


def listing(session: Session, *, with_inactive: bool = False) -> list[Template]:
    """All in their order, in the office's wording."""
    own = {row.key: row for row in session.scalars(sa.select(ActivityTemplate))}
    found = [_worded(one, own.get(one.key)) for one in shipped().values()]
    return [one for one in found if one.active or with_inactive]


def get(session: Session, key: str) -> Template:
    """One by its key. Raises :class:`NotFound`."""
    one = shipped().get(key)
    if one is None:
        raise NotFound(f"没有“{key}”这个活动模板，可选：{'、'.join(shipped())}")
    return _worded(one, session.get(ActivityTemplate, key))


def _worded(one: Template, own: ActivityTemplate | None) -> Template:
    if own is None:
        return one
    return replace(one, **{name: getattr(own, name) for name in _WORDING})


def reword(session: Session, user: User, wanted: Template, *, override: str = "", at: datetime) -> Template:
    """Put the office's own wording of one in force.

    Raises :class:`NotFound`, :class:`errors.Forbidden`, and :class:`Refused` for what no activity may say (``override`` is the
    reason to say it all the same).
    """
    require(user, CHANGE)
    before = get(session, wanted.key)
    made = replace(
        wanted,
        kind=before.kind,
        name=cells.remark(wanted.name, 20),
        purpose=cells.remark(wanted.purpose, 300),
        voluntary=cells.remark(wanted.voluntary, 200),
        question=cells.remark(wanted.question, 200),
        expects=cells.remark(wanted.expects, 40),
    )
    _check(made)
    allowed = phrasing.checked(
        {"模板": f"{made.name}，{made.purpose}，{made.voluntary}，{made.question}"}, override
    )
    values = {name: getattr(made, name) for name in _WORDING}
    upsert(session, ActivityTemplate, key=made.key, **values, updated_at=at, updated_by=user.id)
    fields = [name for name in _WORDING if getattr(before, name) != getattr(made, name)]
    audit.record(
        session,
        CHANGE,
        user=user,
        subject=f"template:{made.key}",
        detail={"fields": fields, **allowed},
        at=at,
    )
    return made


def _check(made: Template) -> None:
    for word, text in (("名称", made.name), ("事由", made.purpose), ("自愿说明", made.voluntary)):
        if not text:
            raise Refused(f"请填写模板的{word}")
    for text in (made.name, made.purpose, made.voluntary, made.question, made.expects):
        if looks_like_formula(text):
            raise Refused("模板的内容像是公式，请改为文字")
    if not 10 <= made.minutes <= MOST_MINUTES:
        raise Refused("时长应为 10 分钟到 31 天")
    if not 0 <= made.keep_months <= MOST_MONTHS:
        raise Refused(f"保留期应为 0（长期保存）到 {MOST_MONTHS} 个月")


__all__ = ["CHANGE", "Template", "get", "listing", "reword", "shipped"]
