"""What people received, by the local WeChat's receipts, against what the database says of it."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Branch, Delivery, JobResult, Kit, Push, QuotaUse
from scheduler import marks, roads
from tests.torture.stage import Stage
from tests.world import groups

KEYED = ("mass", "template")
ROBOT, KIT, PUBLISH = "robot", "kit", "publish"
TO_NOBODY = (ROBOT, KIT, PUBLISH)
"""Roads by which no follower gets anything in person."""
_FINAL = ("delivered", "failed", "unknown", "cancelled")
_DONE = ("sent", "unknown", "partly_failed", "failed", "cancelled")
_HINT = re.compile("《(.+?)》可以转到")
_TOLD_TO_WAIT = (45009, 40001, 42001)
"""WeChat itself let nothing through for longer than it remembers a key: the day's calls used up, a fresh token refused again."""


@dataclass
class Verdict:
    """Counts are messages to one person each, by road. ``breaks`` are sentences; none is wanted."""

    planned: Counter[str] = field(default_factory=Counter)
    received: Counter[str] = field(default_factory=Counter)
    twice: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    breaks: list[str] = field(default_factory=list)

    def by_road(self) -> dict[str, dict[str, int]]:
        """As a ledger keeps it."""
        return {
            road: {
                "planned": self.planned[road],
                "received": self.received[road],
                "twice": self.twice[road],
                "missing": self.missing[road],
                "unknown": self.unknown[road],
            }
            for road in sorted(self.planned)
        }


def unsettled(session: Session) -> list[str]:
    """What is still on its way."""
    calls = session.execute(
        sa.select(Delivery.id, Delivery.status).where(
            sa.or_(Delivery.status.not_in(_FINAL), Delivery.finished_at.is_(None))
        )
    )
    pushes = session.execute(sa.select(Push.id, Push.status).where(Push.status.not_in(_DONE)))
    return [f"delivery {ident} {status}" for ident, status in calls] + [
        f"push {ident} {status}" for ident, status in pushes
    ]


def to_call(session: Session) -> bool:
    """Whether a call with a key has still to be made, or made again."""
    waits = [Delivery.status.in_(["planned", "claimed", "unknown"]), Delivery.finished_at.is_(None)]
    return session.scalar(sa.select(Delivery.id).where(*waits, Delivery.road.in_(KEYED)).limit(1)) is not None


def judge(stage: Stage) -> Verdict:
    """Compare all that there is."""
    found = Verdict()
    rows = stage.read(lambda session: list(session.scalars(sa.select(Delivery).order_by(Delivery.id))))
    found.breaks += [f"never settled: {one}" for one in stage.read(unsettled)]
    of_pushes = [row for row in rows if row.push_id is not None]
    _judge_pushes(stage, found, [row for row in of_pushes if row.road not in TO_NOBODY])
    _judge_plans(stage, found, of_pushes)
    _judge_robots(stage, found, [row for row in of_pushes if row.road == ROBOT])
    _judge_kits(stage, found, [row for row in of_pushes if row.road == KIT])
    _judge_published(stage, found, [row for row in of_pushes if row.road == PUBLISH])
    _judge_answers(stage, found, [row for row in rows if row.push_id is None])
    return found


def _judge_pushes(stage: Stage, found: Verdict, rows: list[Delivery]) -> None:
    by_key = {row.key: row for row in rows}
    got: defaultdict[int, Counter[str]] = defaultdict(Counter)
    of_call: Counter[str] = Counter()
    for road in KEYED:
        for receipt in stage.sandbox.receipts(road):
            row = by_key.get(receipt["client_id"])
            if row is None or row.road != road or row.push_id is None:
                found.breaks.append(f"a {road} message of a call that nobody knows: {receipt['client_id']}")
                continue
            got[row.push_id][receipt["openid"]] += 1
            of_call[row.key] += 1
            found.received[road] += 1
    for row in _shown_by_chat(stage, rows):
        got[row.push_id or 0][row.openid or ""] += 1
        of_call[row.key] += 1
        found.received[row.road] += 1
    _judge_calls(found, rows, of_call)
    pushes = stage.read(lambda session: list(session.scalars(sa.select(Push).order_by(Push.id))))
    for push in pushes:
        calls = [row for row in rows if row.push_id == push.id]
        if road := _personal(push):
            _judge_push(found, push, calls, road, got[push.id], stage.members_of(push.audience))


def _personal(push: Push) -> str:
    """The one of its roads that goes to followers; empty where it has none."""
    names = roads.named(push.road)
    if names == [roads.AUTO]:
        return "template" if push.kind == "activity" else "mass"
    return next((name for name in names if name not in TO_NOBODY), "")


def _judge_plans(stage: Stage, found: Verdict, rows: list[Delivery]) -> None:
    """Each group of its audience has one call by the road that goes there, and none has two; what is published has one."""
    for push in stage.read(lambda session: list(session.scalars(sa.select(Push).order_by(Push.id)))):
        for road in (name for name in roads.named(push.road) if name in TO_NOBODY):
            calls = sorted(row.target_id or 0 for row in rows if (row.push_id, row.road) == (push.id, road))
            wanted = sorted(stage.groups_of(push.audience, road)) if road != PUBLISH else [0]
            if calls != wanted:
                found.breaks.append(
                    f"push {push.id} ({push.audience} by {push.road}, {push.status}): {road} to {calls}, not {wanted}"
                )


def _judge_calls(found: Verdict, rows: list[Delivery], of_call: Counter[str]) -> None:
    """What each row says of its call is what came of it."""
    for row in rows:
        came = of_call[row.key]
        said = f"delivery {row.id} by {row.road}, {row.status} ({row.error_code or row.error or '-'})"
        if row.status == "delivered" and came != row.recipients:
            found.breaks.append(f"{said}: {came} of {row.recipients} received it")
        if row.status in ("failed", "cancelled") and came:
            found.breaks.append(f"{said}: {came} received it all the same")
        if row.status == "unknown":
            found.unknown[row.road] += row.recipients
            if row.road not in KEYED:
                if came > row.recipients:
                    found.breaks.append(f"{said}: {came} of {row.recipients} received it")
            elif row.msg_id:  # accepted, and its result was lost on the way: it has come, and nobody says so
                if came != row.recipients:
                    found.breaks.append(f"{said}: accepted, and {came} of {row.recipients} received it")
            elif row.error_code not in _TOLD_TO_WAIT:
                found.breaks.append(f"{said}: a key was not used while it could be")


def _shown_by_chat(stage: Stage, rows: list[Delivery]) -> Iterator[Delivery]:
    """The calls of pushes that came as customer-service messages or subscription notices, as often as they came.

    The link in one says of which push it is.
    """
    of_one = {(row.push_id, row.openid): row for row in rows if row.road not in KEYED}
    for openid in sorted({openid for _, openid in of_one if openid}):
        for message in stage.sandbox.chat(openid):
            for url in _links(message):
                mark = marks.read(url.partition(f"?{marks.PARAMETER}=")[2])
                if mark is not None:
                    yield of_one[mark.push_id, openid]


def _links(message: dict[str, Any]) -> list[str]:
    """What a message without a key opens."""
    if message["kind"] == "subscribe":
        return [message["url"]]
    return [card["url"] for card in message.get("articles", ())] if message["kind"] == "custom" else []


def _judge_push(
    found: Verdict, push: Push, calls: list[Delivery], road: str, got: Counter[str], meant: Iterable[str]
) -> None:
    """Everybody who is meant has it once; for nobody else is there one."""
    people = set(meant)
    found.planned[road] += len(people)
    twice = sum(count - 1 for count in got.values())
    strangers = [openid for openid in got if openid not in people]
    lacking = len(people - set(got))
    open_calls = sum(row.recipients for row in calls if row.status == "unknown")
    found.twice[road] += twice
    found.missing[road] += max(0, lacking - open_calls)
    if twice or strangers or lacking > open_calls:
        found.breaks.append(
            f"push {push.id} ({push.audience}, {push.status}): {twice} twice, {len(strangers)} strangers, {lacking} missing"
        )


def _judge_robots(stage: Stage, found: Verdict, rows: list[Delivery]) -> None:
    """There is no key here either. Which push a message came from is said by the marks in its links."""
    shown = Counter(
        (push, group)
        for group, key in stage.robots.items()
        for push in groups.pushes_in(groups.said(stage.sandbox, key))
    )
    for row in rows:
        _judge_once(found, row, shown.pop((row.push_id or 0, row.target_id or 0), 0))
    found.breaks += [f"a robot spoke in group {group} for push {push}, unasked" for push, group in shown]


def _judge_published(stage: Stage, found: Verdict, rows: list[Delivery]) -> None:
    """No key either. Which page is of which push its title says."""
    pages: Counter[str] = Counter()
    total = 1
    while pages.total() < total and rows:
        body = {"offset": pages.total(), "count": 20, "no_content": 1}
        answer = stage.sandbox.api("/cgi-bin/freepublish/batchget", body)
        total = answer["total_count"]
        pages.update(one["content"]["news_item"][0]["title"] for one in answer["item"])
    titles = stage.read(lambda session: dict(session.execute(sa.select(Push.id, Push.title)).all()))
    for row in rows:
        _judge_once(found, row, pages.pop(titles[row.push_id or 0], 0))
    found.breaks += [f"published without a push: {title}" for title in pages]


def _judge_once(found: Verdict, row: Delivery, came: int) -> None:
    """A call without a key: what is certain is so, what is unknown came at most once."""
    found.planned[row.road] += 1
    found.received[row.road] += came
    found.twice[row.road] += max(0, came - 1)
    found.unknown[row.road] += row.status == "unknown"
    wanted = {"delivered": (1,), "unknown": (0, 1)}.get(row.status, (0,))
    found.missing[row.road] += came < min(wanted)
    if came not in wanted:
        said = f"{row.status} ({row.error_code or row.error or '-'})"
        found.breaks.append(f"delivery {row.id} by {row.road}, {said}: it came {came} times")


def _judge_kits(stage: Stage, found: Verdict, rows: list[Delivery]) -> None:
    """Each lies ready once, whatever became of its hint, and nobody was told of one twice."""
    kits = stage.read(
        lambda session: dict(
            session.execute(sa.select(Kit.delivery_id, sa.func.count()).group_by(Kit.delivery_id)).all()
        )
    )
    titles = stage.read(lambda session: dict(session.execute(sa.select(Push.id, Push.title)).all()))
    told: Counter[tuple[str, str]] = Counter()
    for branch, people in stage.people.items():
        for message in stage.sandbox.chat(people[0]):
            if message["kind"] == "custom" and (title := _HINT.match(str(message.get("content")))):
                told[title[1], branch] += 1
    names = stage.read(lambda session: dict(session.execute(sa.select(Branch.id, Branch.name)).all()))
    for row in rows:
        hints = told.pop((titles[row.push_id or 0], names[row.branch_id or 0]), 0)
        found.planned[row.road] += 1
        found.received[row.road] += row.status == "delivered"
        found.twice[row.road] += max(0, hints - 1)
        found.missing[row.road] += row.status == "delivered" and not kits.get(row.id)
        if row.status != "delivered" or kits.get(row.id) != 1 or hints > 1:
            found.breaks.append(f"kit {row.id}, {row.status}: {kits.get(row.id, 0)} lie ready, {hints} hints")
    found.breaks += [f"a hint of no kit: {one}" for one in told]


def _judge_answers(stage: Stage, found: Verdict, rows: list[Delivery]) -> None:
    """There is no key: never twice, and what may be lost says that it is unknown."""
    shown: Counter[str] = Counter()
    for openid in {row.openid for row in rows if row.openid}:
        shown.update(
            str(message.get("content"))
            for message in stage.sandbox.chat(openid)
            if message["kind"] == "custom"
        )
    for row in rows:
        text = json.loads(row.payload or "{}")["text"]["content"]
        came = shown[text]
        found.planned[row.road] += 1
        found.received[row.road] += came
        found.twice[row.road] += max(0, came - 1)
        found.unknown[row.road] += row.status == "unknown"
        lost = row.status != "unknown" and not came
        found.missing[row.road] += lost
        if came > 1 or lost or (row.status == "failed" and came):
            found.breaks.append(
                f"answer {row.id}, {row.status} ({row.error_code or row.error or '-'}): {came} received"
            )


# --- What is kept of a break -------------------------------------------------------------------------------

_TABLES: tuple[Any, ...] = (Push, Delivery, Kit, JobResult, QuotaUse)


def keep(stage: Stage, folder: Path) -> None:
    """Write down the tables, the receipts and the calls, beside the logs that lie there already."""

    def rows(session: Session) -> dict[str, list[dict[str, Any]]]:
        return {
            model.__tablename__: [dict(row._mapping) for row in session.execute(sa.select(model.__table__))]
            for model in _TABLES
        }

    kept = {
        "tables": stage.read(rows),
        "receipts": {kind: stage.sandbox.receipts(kind) for kind in (*KEYED, "custom", "subscribe")},
        "log": stage.sandbox.log(),
    }
    text = json.dumps(kept, ensure_ascii=False, indent=1, default=str)
    (folder / "seen.json").write_text(text, encoding="utf-8")
