"""群 with somebody who passes things on to them, and kits that lie ready for these."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ground import clock
from models import (
    Article,
    Branch,
    ChatGroup,
    Delivery,
    Follower,
    GroupKind,
    InboundMessage,
    Kit,
    Push,
    Target,
)
from runtime import Runtime
from scheduler import kits, planner, report, roads, settling
from scheduler.planner import Plan
from scheduler.roads import Planned
from tests.world import accounts, pushes


def group(session: Session, branch: Branch | None, name: str = "学习群", openid: str = "") -> ChatGroup:
    """An ordinary group of a branch; who follows by this openid, bound to a member, passes things on to it."""
    forwarder = sa.select(Follower.member_id).where(Follower.openid == openid)
    made = ChatGroup(
        branch_id=branch.id if branch else None, name=name, kind=GroupKind.WECHAT.value,
        forwarder_id=session.scalar(forwarder) if openid else None,
        created_by=accounts.someone(session).id, created_at=clock.now(),
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def wrote(session: Session, openid: str) -> None:
    """Somebody has just written to the account, which may answer for a while."""
    now = clock.now()
    session.add(
        InboundMessage(
            key=f"wrote-{openid}-{now.timestamp()}", openid=openid, kind="text", sent_at=now, received_at=now
        )
    )


def of_push(session: Session, push_id: int) -> list[Kit]:
    """The kits of a push."""
    return list(session.scalars(sa.select(Kit).where(Kit.push_id == push_id).order_by(Kit.id)))


def laid(runtime: Runtime, group_ids: Sequence[int], article: int, *, road: str = "kit") -> int:
    """From rows: a push of this article by kits for these groups, as the machine leaves it; the push's number."""
    calls = []
    with runtime.db.read_scope() as session:
        for group_id in group_ids:
            found = session.get_one(ChatGroup, group_id)
            calls.append(
                Planned(
                    (), kits.label(found), Target.FORWARDER, target_id=found.id, branch_id=found.branch_id
                )
            )
    made = pushes.planned(runtime, Plan([planner.Route(roads.of(road), calls)], {}), article=article)
    now = clock.now()
    with runtime.db.session_scope() as session:
        for delivery_id in made:
            delivery = session.get_one(Delivery, delivery_id)
            push = session.get_one(Push, delivery.push_id)
            push.title = session.get_one(Article, article).title
            settling.hint_of(session, runtime.settings, delivery, now)
            delivery.called_at = now
            report.arrived(session, delivery, now)
        return push.id
