"""An activity that is edited or called off: who is concerned hears of it, and no notice goes out of what is off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from community import activities, changing, invitation, signing_up
from ground import clock
from ground.errors import Refused
from localwechat.testing import SandboxControl
from models import Activity, ActivityChange, Delivery, Follower, Push
from scheduler import changes, pushes
from scheduler.engine import Engine
from settings import with_base_url
from tests.fixtures.processes import eventually
from tests.world import messages
from tests.world.activities import check_in
from tests.world.linked import World, make_world, settings_for

AUDIENCE = "branch:第一党支部"


@pytest.fixture
def noticing(wechat: SandboxControl, database_url: str, tmp_path: Path) -> World:
    """A 服务号 that may send templates, with five members; on both databases."""
    settings = settings_for(wechat, database_url, str(tmp_path / "var"))
    template = wechat.control("templates")[0]["template_id"]
    settings = msgspec.structs.replace(
        with_base_url(settings, "https://pioneer.example"),
        wechat=msgspec.structs.replace(settings.wechat, template_id=template),
    )
    world = make_world(wechat, settings)
    world.branch("第一党支部", 5)
    return world


def edit(world: World, activity: int, note: str = "", **new: object) -> ActivityChange:
    with world.runtime.db.session_scope() as session:
        found = activities.get(session, activity)
        wanted = replace(changing.draft_of(found), **new)  # type: ignore[arg-type]
        made = changes.edit(
            session, world.runtime.settings, world.user(session), activity, wanted, version=found.version, note=note,
            at=clock.now(),
        )  # fmt: skip
        assert made.change is not None
        return made.change


def test_who_came_signed_up_or_had_a_notice_is_told_and_a_new_notice_may_follow(
    noticing: World, run_engine: Callable[[World], Engine]
) -> None:
    world, settings = noticing, noticing.runtime.settings
    noticed, came, signed, silent, _ = world.openids["第一党支部"]
    for openid in (noticed, came, signed):
        world.sandbox.say(openid, "您好")  # WeChat takes a message to who has written
    activity = world.activity()
    with world.runtime.db.session_scope() as session:
        session.execute(sa.update(Activity).values(sign_up=True))
        check_in(session, came, session.get_one(Activity, activity))
        ids = dict(session.execute(sa.select(Follower.openid, Follower.id)).all())
        for openid in (signed, silent):
            signing_up.sign_up(session, activity, ids[openid], at=clock.now())
        for openid in (noticed, came, signed):
            messages.message(session, openid)
        twice = [pushes.create(
            session, settings, world.user(session), audience=AUDIENCE, activity_id=activity, at=clock.now()
        ).push.id for _ in range(2)]  # fmt: skip
        session.execute(sa.update(Push).where(Push.id.in_(twice)).values(status="sent"))
        session.add_all(
            Delivery(push_id=push, openid=noticed, key=f"notice:{push}", road="template", target_kind="follower", target="",
                     recipients=1, status="delivered", due_at=clock.now())
            for push in twice
        )  # fmt: skip
    change = edit(world, activity, place="二楼会议室", note="一楼在检修")
    assert (change.told, change.silent) == (3, 1)
    assert (
        changes.said(change)
        == "已告知 3 人，1 人近 48 小时没有给公众号发过消息，微信不允许直接告知，下次发来消息时会看到"
    )
    run_engine(world)
    eventually(lambda: len(world.sandbox.receipts("custom")) == 3, timeout_s=30)
    assert {one["openid"] for one in world.sandbox.receipts("custom")} == {noticed, came, signed}
    read = str(world.sandbox.chat(noticed))
    for said in ("有变更", "地点增加“二楼会议室”", "说明：一楼在检修", invitation.path(activity)):
        assert said in read
    with world.runtime.db.session_scope() as session:
        again = pushes.create(
            session, settings, world.user(session), audience=AUDIENCE, activity_id=activity, at=clock.now()
        ).push
        assert (again.planned, again.skipped) == (5, {}), (
            "what was said before the change does not count against it"
        )
    world.runtime.close()


def test_of_what_is_called_off_no_notice_goes_out_and_everybody_reads_why(noticing: World) -> None:
    world, settings, now = noticing, noticing.runtime.settings, clock.now()
    came = world.openids["第一党支部"][0]
    activity = world.activity()
    with world.runtime.db.session_scope() as session:
        check_in(session, came, session.get_one(Activity, activity))
        messages.message(session, came)
        due = pushes.create(
            session, settings, world.user(session), audience=AUDIENCE, activity_id=activity, due_at=now + timedelta(hours=1),
            at=now,
        ).push.id  # fmt: skip
        with pytest.raises(Refused, match="通报"):
            changes.cancel(session, settings, world.user(session), activity, reason="没参加的通报", at=now)
    with world.runtime.db.session_scope() as session:
        made = changes.cancel(
            session, settings, world.user(session), activity, reason="天气原因", at=clock.now()
        )
        assert made.change is not None
        assert (made.change.told, made.change.silent) == (1, 0)
    with world.runtime.db.read_scope() as session:
        assert session.get_one(Push, due).status == "cancelled"
        (told,) = session.scalars(sa.select(Delivery).where(Delivery.push_id.is_(None)))
        assert told.openid == came
        assert "已取消" in str(told.payload)
        assert "天气原因" in str(told.payload)
    world.runtime.close()
