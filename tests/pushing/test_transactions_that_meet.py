"""What several processes write of one push side by side, each in a transaction that does not see the others yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from database import claims
from ground import clock
from models import Delivery, Push, Target
from runtime import Runtime, build
from scheduler import planner, report, roads, settling
from scheduler.planner import Plan
from scheduler.tick import Ticker, free_deliveries
from tests.fixtures.configuration import make_settings
from tests.world import pushes


@pytest.fixture
def office(postgres_url: str, tmp_path: Path) -> Iterator[Runtime]:
    made = build(make_settings(database={"url": postgres_url}, server={"data_dir": str(tmp_path / "var")}))
    yield made
    made.close()


def test_a_push_whose_last_two_results_come_at_once_is_sent_all_the_same(office: Runtime) -> None:
    calls = [
        roads.Planned([openid], "名单", Target.LIST, openids=[openid]) for openid in ("oFirst", "oSecond")
    ]
    ids = pushes.planned(office, Plan([planner.Route(roads.of("template"), calls)], {}))
    now = clock.now()
    with office.db.session_scope() as session:
        for ident in ids:
            claims.change(session, Delivery, [Delivery.id == ident], status="claimed", called_at=now)
            delivery = session.get_one(Delivery, ident)
            report.accepted(session, delivery, msg_id=f"job-{ident}", msg_data_id="", ask_at=now, now=now)
        push_id = session.get_one(Delivery, ids[0]).push_id
        report.settle(session, session.get_one(Push, push_id), now)
    with office.db.session_scope() as one, office.db.session_scope() as other:
        report.job_finished(one, "template", f"job-{ids[0]}", "success")
        report.job_finished(other, "template", f"job-{ids[1]}", "success")
    Ticker(office, lambda _kind, _row: None).tick()
    with office.db.read_scope() as session:
        assert session.get_one(Push, push_id).status == "sent"


def test_a_claim_that_is_settled_just_now_is_not_taken_for_a_dead_one(office: Runtime) -> None:
    (ident,) = pushes.planned(
        office,
        Plan(
            [
                planner.Route(
                    roads.of("template"), [roads.Planned(["oOne"], "名单", Target.LIST, openids=["oOne"])]
                )
            ],
            {},
        ),
    )
    now = clock.now()
    with office.db.session_scope() as session:
        claims.change(
            session,
            Delivery,
            [Delivery.id == ident],
            status="claimed",
            called_at=now - timedelta(minutes=3),
            lease_owner="a worker that is slow",
            lease_until=now - timedelta(minutes=1),
        )
    with office.db.session_scope() as worker, office.db.session_scope() as scheduler:
        scheduler.execute(sa.text("SET LOCAL lock_timeout = '5s'"))
        settling.accept(worker, office.settings, ident, "a worker that is slow", roads.Answer("job-1"), now)
        free_deliveries(scheduler, [Delivery.status == "claimed"], now, office.settings.wechat.limits)
        worker.commit()
    with office.db.read_scope() as session:
        assert session.get_one(Delivery, ident).status == "accepted"
