"""二维码海报: one page a branch, with a way on where there is no code yet."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from models import Branch
from tests.console.conftest import Office, text_of
from wechat.outbound.endpoints.people import QrCode
from wechat.outbound.failures import CallFailed
from wechat.outbound.groups import Group
from wechat.outbound.reaction_table import look_up


def test_codes_that_are_missing_are_made_at_once_and_each_branch_gets_a_sheet(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = office.desk("admin")
    assert "16 个党支部" in text_of(desk.client.get("/console/branches/posters"))
    made: list[str] = []

    def create(scene: str) -> QrCode:
        if len(made) == 3:
            refused = look_up(Group.QR, 48001)
            raise CallFailed(refused, group=Group.QR, path="/cgi-bin/qrcode/create", code=48001)
        made.append(scene)
        return QrCode(ticket=f"ticket-{scene}", url="https://example.cn")

    monkeypatch.setattr(office.parts.client, "qrcode_create", create)
    page = desk.post("/console/branches/posters", status=502).text
    assert "没有这个接口的权限" in page
    assert "公众号自己的二维码" in page
    page = desk.get("/console/branches/posters")
    assert page.count('class="poster"') == 3  # what was made before stays
    assert office.read(sa.select(sa.func.count()).where(Branch.qr_ticket != "")) == 3
    assert "绑定 姓名 手机号后四位" in page


def test_a_secretary_prints_the_own_branch_alone(office: Office) -> None:
    with office.parts.db.session_scope() as session:
        session.execute(sa.update(Branch).values(qr_ticket="ticket"))
    desk = office.desk("secretary")
    assert desk.get("/console/branches/posters").count('class="poster"') == 1
    desk.get(f"/console/branches/posters?branch={office.branch_id + 1}", 403)
    assert office.desk("admin").get("/console/branches/posters").count('class="poster"') == 16
