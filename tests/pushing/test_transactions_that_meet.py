"""What several processes write of one push side by side, each in a transaction that does not see the others yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from content import columns, queue
from database import claims
from ground import clock
from ground.errors import Conflict
from models import Article, Delivery, Push, Target
from runtime import Runtime, build
from scheduler import planner, report, roads, settling
from scheduler import pushes as decided
from scheduler.planner import Plan
from scheduler.tick import Ticker, free_deliveries
from tests.fixtures.configuration import make_settings
from tests.world import accounts, articles, pushes


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
        report.job_finished(one, "template", f"job-{ids[0]}", "success", at=clock.now())
        report.job_finished(other, "template", f"job-{ids[1]}", "success", at=clock.now())
    Ticker(office, lambda _kind, _row: None).tick()
    with office.db.read_scope() as session:
        assert session.get_one(Push, push_id).status == "sent"


def about_to_end(office: Runtime) -> int:
    """A push all of whose calls have arrived, of which nobody has said yet how it stands; its number."""
    ident = pushes.sending(office, ["oFirst", "oSecond"])
    now = clock.now()
    with office.db.session_scope() as session:
        claims.change(session, Delivery, [Delivery.id == ident], status="claimed", called_at=now)
        claims.change(session, Delivery, [Delivery.id == ident], status="delivered", finished_at=now)
        found = session.get_one(Delivery, ident).push_id
    assert found is not None
    return found


def test_an_article_that_a_slot_takes_just_now_gets_no_other_place_in_the_queue(office: Runtime) -> None:
    first, second = (
        articles.article(office.db, office.settings.data_dir, title, status="queued")
        for title in ("甲稿", "乙稿")
    )
    with office.db.session_scope() as late:
        seen = late.get_one(Article, first)  # as it waits
        column = seen.column_id
        editor = accounts.someone(late, "editor")
        with office.db.session_scope() as session:
            (taken,) = queue.take_for_slot(session, column, most=1, by=clock.now())
            assert taken.id == first
        with pytest.raises(Conflict, match="刚刚有变化"):
            queue.move(late, first, editor, to=2, at=clock.now())
    with office.db.read_scope() as session:
        assert session.get_one(Article, first).queue_position is None
        assert [one.id for one in queue.waiting(session, column)] == [second]


def test_of_two_moves_in_a_queue_the_later_one_is_stored_as_it_was_answered(office: Runtime) -> None:
    with office.db.session_scope() as session:
        editor = accounts.someone(session, "editor")
    folder = office.settings.data_dir
    ids = [articles.article(office.db, folder, title, status="queued") for title in ("甲稿", "乙稿", "丙稿")]
    with office.db.session_scope() as session:
        for place, ident in enumerate(ids, 1):
            session.get_one(Article, ident).queue_position = place
    with office.db.session_scope() as late:
        seen = [late.get_one(Article, ident) for ident in ids]  # as they stand before the other's move
        with office.db.session_scope() as session:
            queue.move(session, ids[2], editor, to=1, at=clock.now())
        answered = [one.title for one in queue.move(late, ids[2], editor, to=3, at=clock.now())]
        column = seen[0].column_id
    with office.db.read_scope() as session:
        assert [one.title for one in queue.waiting(session, column)] == answered == ["甲稿", "乙稿", "丙稿"]


def test_of_two_moves_of_a_column_the_later_one_is_stored(office: Runtime) -> None:
    with office.db.session_scope() as session:
        admin = accounts.someone(session, "admin")
        study, news = columns.ensure_defaults(session)
        third = columns.create(session, admin, key="third", name="网格风采", at=clock.now())
        for place, one in enumerate((study, news, third)):
            one.sort = place
    with office.db.session_scope() as late:
        seen = columns.listing(late)  # as they stand before the other's move
        with office.db.session_scope() as session:
            columns.move(session, admin, third.id, to=1, at=clock.now())
        columns.move(late, admin, third.id, to=3, at=clock.now())
    with office.db.read_scope() as session:
        assert [one.key for one in columns.listing(session)] == [one.key for one in seen]


def test_a_push_that_is_cancelled_just_now_is_not_called_sent(office: Runtime) -> None:
    push_id = about_to_end(office)
    with office.db.session_scope() as late:
        seen = late.get_one(Push, push_id)
        assert seen.status == "sending"
        with office.db.session_scope() as session:
            decided.cancel(session, session.get_one(Push, push_id), None, at=clock.now())
        report.settle(late, seen, clock.now())
    with office.db.read_scope() as session:
        assert session.get_one(Push, push_id).status == "cancelled"


def test_a_push_that_has_just_ended_is_not_cancelled(office: Runtime) -> None:
    push_id = about_to_end(office)
    with office.db.session_scope() as late:
        seen = late.get_one(Push, push_id)
        with office.db.session_scope() as session:
            report.settle(session, session.get_one(Push, push_id), clock.now())
        with pytest.raises(Conflict, match="不能取消"):
            decided.cancel(late, seen, None, at=clock.now())
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
