"""留言: what readers write under a sent article is fetched, decided on and answered at WeChat; nothing of it stays here."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from ground.errors import Forbidden, NotFound, PioneerError, Refused
from models import AuditEntry, InstanceLease
from scheduler import remarks
from scheduler.engine import Engine
from scheduler.remarks import Deed, Remarks, Sent
from tests.pushing.test_plans_that_hold import FIRST
from tests.pushing.test_previewing import someone
from tests.world.linked import World, jump, wait_status

Run = Callable[[World], Engine]


def out(world: World, run_engine: Run) -> tuple[int, Sent]:
    """The second article of a message that has arrived, and the message."""
    world.branch("第一党支部", 3)
    run_engine(world)
    article = world.article("楼道里的灯修好了")
    push = world.push(FIRST, article_ids=[world.article("头条"), article])
    wait_status(world, push.id, "awaiting_result")
    jump(world, minutes=world.runtime.settings.wechat.limits.mass_result_minutes + 1)
    wait_status(world, push.id, "sent")
    with world.runtime.db.read_scope() as session:
        (message,) = remarks.sent(session, article)
    return article, message


def written(world: World, message: Sent, text: str) -> int:
    """A reader writes this under the article."""
    reader = world.openids["第一党支部"][0]
    said = world.sandbox.act(reader, "comment", mid=int(message.data_id), idx=message.index + 1, content=text)
    return int(said["user_comment_id"])


def shown(world: World, message: Sent, begin: int = 0, count: int = 20) -> Remarks:
    return remarks.listed(world.runtime.client, message, begin=begin, count=count)


def do(world: World, article: int, message: Sent, name: str, comment: int = 0, text: str = "") -> None:
    deed = Deed(name, comment, text)
    remarks.do(world.runtime, someone(world), article, message.delivery_id, deed)


def trail(world: World) -> list[tuple[str, object]]:
    with world.runtime.db.read_scope() as session:
        query = sa.select(AuditEntry.action, AuditEntry.detail).where(AuditEntry.action.startswith("remark."))
        return [(action, detail) for action, detail in session.execute(query.order_by(AuditEntry.id))]


def test_comments_are_opened_elected_answered_and_deleted(world: World, run_engine: Run) -> None:
    article, message = out(world, run_engine)
    assert message.index == 1
    do(world, article, message, "open")
    number = written(world, message, "写得好")
    (one,) = shown(world, message).rows
    assert (one.text, one.elected, one.reply) == ("写得好", False, "")
    assert world.openids["第一党支部"][0] not in one.who
    do(world, article, message, "elect", number)
    do(world, article, message, "reply", number, "谢谢您")
    (one,) = shown(world, message).rows
    assert (one.elected, one.reply) == (True, "谢谢您")
    do(world, article, message, "reply_delete", number)
    do(world, article, message, "unelect", number)
    (one,) = shown(world, message).rows
    assert (one.elected, one.reply) == (False, "")
    do(world, article, message, "delete", number)
    do(world, article, message, "close")
    assert shown(world, message).total == 0
    about = {"remark": number}
    names = ("elect", "reply", "reply_delete", "unelect", "delete")
    assert trail(world) == [
        ("remark.open", {}),
        *((f"remark.{n}", about) for n in names),
        ("remark.close", {}),
    ]
    with world.runtime.db.read_scope() as session:
        last = remarks.switched(session, article)
        assert last is not None
        assert last.action == "remark.close"


def test_more_than_wechat_gives_at_once_are_one_page(lite_world: World, run_engine: Run) -> None:
    _, message = out(lite_world, run_engine)
    for number in range(52):
        written(lite_world, message, f"第 {number} 条")
    page = shown(lite_world, message, count=50)
    assert (page.total, len(page.rows), page.rows[-1].text) == (52, 50, "第 49 条")
    assert [one.text for one in shown(lite_world, message, begin=50, count=50).rows] == [
        "第 50 条",
        "第 51 条",
    ]


def test_what_wechat_refuses_says_what_to_do(lite_world: World, run_engine: Run) -> None:
    article, message = out(lite_world, run_engine)
    number = written(lite_world, message, "写得好")
    do(lite_world, article, message, "reply", number, "谢谢您")
    with pytest.raises(PioneerError, match="已经回复过该留言"):
        do(lite_world, article, message, "reply", number, "再次感谢")
    with pytest.raises(PioneerError, match="留言不存在（错误码 88008），请刷新页面"):
        do(lite_world, article, message, "delete", number + 1)
    with pytest.raises(Refused, match="请填写回复"):
        do(lite_world, article, message, "reply", number)
    lite_world.sandbox.settings(comments=False)
    said = "账号没有留言功能（错误码 88000），请管理员在公众号后台的“留言”里确认能否开通"
    assert shown(lite_world, message).refusal.startswith(said)
    with pytest.raises(PioneerError, match="账号没有留言功能"):
        do(lite_world, article, message, "open")
    assert [name for name, _ in trail(lite_world)] == ["remark.reply"]


def test_a_lost_answer_is_told_and_written_down(lite_world: World, run_engine: Run) -> None:
    article, message = out(lite_world, run_engine)
    number = written(lite_world, message, "写得好")
    lite_world.sandbox.faults({"path": "/cgi-bin/comment/reply/add", "kind": "drop_after", "count": -1})
    with pytest.raises(PioneerError):
        do(lite_world, article, message, "reply", number, "谢谢您")
    assert trail(lite_world) == [("remark.reply", {"remark": number, "unanswered": True})]
    (one,) = shown(lite_world, message).rows
    assert one.reply == "谢谢您"


def test_who_may_not_and_what_never_went_out_is_refused(lite_world: World, run_engine: Run) -> None:
    article, message = out(lite_world, run_engine)
    with pytest.raises(Forbidden):
        remarks.do(
            lite_world.runtime, someone(lite_world, "guest"), article, message.delivery_id, Deed("open")
        )
    other = lite_world.article("只在手机页面", status="published")
    with pytest.raises(NotFound, match="还没有群发成功"):
        do(lite_world, other, message, "open")
    with lite_world.runtime.db.session_scope() as session:
        session.execute(sa.update(InstanceLease).values(fingerprint="another"))
    with pytest.raises(PioneerError, match="不是登记的发送方"):
        do(lite_world, article, message, "open")
