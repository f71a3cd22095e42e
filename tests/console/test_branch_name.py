"""党支部简称 in the console: kept, called the same at WeChat, and refused where another branch goes by it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from models import Branch
from tests.console.conftest import Office, text_of
from wechat.outbound.failures import CallFailed
from wechat.outbound.groups import Group
from wechat.outbound.reaction_table import look_up


def test_a_short_name_is_kept_and_the_tag_at_wechat_follows_or_it_is_said(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with office.parts.db.session_scope() as session:
        session.execute(sa.update(Branch).where(Branch.id == office.branch_id).values(tag_id=101))
    asked: list[tuple[int, str]] = []

    def rename(tag_id: int, name: str) -> None:
        asked.append((tag_id, name))
        if len(asked) == 2:
            raise CallFailed(look_up(Group.TAGS, 48001), group=Group.TAGS, path="", code=48001)

    monkeypatch.setattr(office.parts.client, "tag_rename", rename)
    desk, address = office.desk("admin"), f"/console/branches/{office.branch_id}/name"
    page = desk.follow(desk.post(address, {"name": "湖东社区党支部", "short_name": "湖东一支部"}))
    assert "湖东一支部" in page
    assert "湖东社区党支部" in page  # below it
    desk.post(address, {"name": "湖东社区党支部", "short_name": "湖东一支部"})
    assert asked == [(101, "湖东一支部")]
    assert "标签没有改名" in desk.follow(
        desk.post(address, {"name": "湖东社区党支部", "short_name": "湖东支部"})
    )
    full = {"name": "湖东片区联合党支部", "short_name": "湖东支部"}
    page = desk.follow(desk.post(address, full))
    assert "湖东片区联合党支部" in page
    assert "湖东社区党支部" in page  # among the other names
    refused = desk.post(address, {"name": "湖东片区联合党支部", "short_name": "水墨社区支部"}, 422)
    assert "已经是另一个党支部的名称或简称" in text_of(refused)
    assert 'value="水墨社区支部"' in refused.text
    assert office.read(sa.select(Branch.short_name).where(Branch.id == office.branch_id)) == "湖东支部"
    offered = desk.get("/console/audiences")
    assert '<option value="党支部：湖东支部">' in offered
    assert "湖东社区党支部" not in offered
    kept = desk.post("/console/audiences", {"name": "湖东的人", "place": "党支部：湖东支部"})
    assert "已把“湖东的人”存为常用对象" in desk.follow(kept)
