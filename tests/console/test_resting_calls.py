"""The note about calls that rest tells each reader what to do about it, and goes once it is mended."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ground import clock
from models import CallRest
from tests.console.conftest import Office

CHECK = "改好后点“全面检查”即可解除"


def rests(office: Office, group: str, code: int) -> None:
    with office.parts.db.session_scope() as session:
        until = clock.now() + timedelta(hours=1)
        session.add(CallRest(group=group, until=until, reason="访问凭证：AppID 不正确", code=code))


def test_who_manages_the_system_is_led_to_the_examination(office: Office) -> None:
    rests(office, "stable_token", 40013)
    page = office.desk("admin").get("/console/help")
    assert f'{CHECK}。 <a href="/console/system">' in page
    assert "全面检查</button>" in office.desk("admin").get("/console/system")


@pytest.mark.parametrize("person", ["editor", "secretary"])
def test_everybody_else_is_told_whom_to_ask(office: Office, person: str) -> None:
    rests(office, "stable_token", 40013)
    page = office.desk(person).get("/console/help")
    assert "请勿重复发送。请联系管理员" in page
    assert CHECK not in page


def test_a_used_up_quota_is_for_nobody_to_mend(office: Office) -> None:
    rests(office, "draft/count", 45009)
    page = office.desk("admin").get("/console/help")
    assert "请勿重复发送。</div>" in page
    assert CHECK not in page
