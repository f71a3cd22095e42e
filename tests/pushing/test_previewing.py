"""An article as a preview on somebody's phone."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from ground.errors import Conflict, Forbidden, Refused
from models import Article, AuditEntry, Delivery, InstanceLease, QuotaUse, User
from scheduler import previewing
from tests.world.linked import World


def someone(world: World, username: str = "editor") -> int:
    """The number of this user."""
    with world.runtime.db.read_scope() as session:
        return session.scalars(sa.select(User.id).where(User.username == username)).one()


def shown(world: World, names: str, article: int, username: str = "editor") -> previewing.Shown:
    """What came of it."""
    return previewing.show(world.runtime, someone(world, username), article, previewing.names_in(names))


def test_it_is_on_the_phones_of_those_who_were_named_and_is_no_push(world: World) -> None:
    (one,) = world.sandbox.followers(1, nickname="laowang")
    (two,) = world.sandbox.followers(1, nickname="xiaoli")
    article = world.article("楼道里的灯修好了", status="draft")
    made = shown(world, "laowang，xiaoli nobody_here", article)
    assert made.to == 2
    (failed,) = made.failed
    assert failed.startswith("nobody_here：没有找到这个微信号（错误码 40132），请核对微信号")
    assert {receipt["openid"] for receipt in world.sandbox.receipts("preview")} == {one, two}
    assert not world.sandbox.receipts("mass")
    assert "【预览】楼道里的灯修好了" in str(world.sandbox.chat(one))
    with world.runtime.db.read_scope() as session:
        for table in (Delivery, QuotaUse):
            assert not session.scalar(sa.select(sa.func.count()).select_from(table))
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "article.preview")).one()
        assert (entry.subject, entry.detail) == (f"article:{article}", {"count": 2})
        assert session.get_one(Article, article).status == "draft"


def test_who_may_not_and_what_cannot_be_shown_is_refused_before_anything_leaves(lite_world: World) -> None:
    article = lite_world.article(status="draft")
    with pytest.raises(Forbidden):
        shown(lite_world, "laowang", article, "guest")
    gone = lite_world.article("归档的", status="archived")
    with pytest.raises(Conflict, match="已撤回或归档"):
        shown(lite_world, "laowang", gone)
    assert not lite_world.sandbox.log("call")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "请填写"),
        (" ，", "请填写"),
        ("a1 b2 c3 d4 e5 f6", "一次最多预览给 5 个"),
        ("长" * 41, "微信号太长"),
    ],
)
def test_what_is_typed_wrong_is_said(typed: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        previewing.names_in(typed)


def test_a_name_that_is_typed_twice_is_shown_it_once() -> None:
    assert previewing.names_in("laowang;laowang、xiaoli") == ["laowang", "xiaoli"]


def test_a_copy_of_the_data_on_another_server_shows_nobody_anything(lite_world: World) -> None:
    article = lite_world.article(status="draft")
    with lite_world.runtime.db.session_scope() as session:
        session.add(InstanceLease(id=1, fingerprint="another server"))
    with pytest.raises(Conflict, match="不是登记的发送方"):
        shown(lite_world, "laowang", article)
    assert not lite_world.sandbox.log("call")
