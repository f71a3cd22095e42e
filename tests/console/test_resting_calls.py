"""The note about calls that rest tells each reader what to do about it, and goes once it is mended."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ground import clock
from models import CallRest
from tests.console.conftest import Office, text_of

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


def test_a_call_without_which_all_goes_out_concerns_those_who_work_with_it(office: Office) -> None:
    rests(office, "message/mass/delete", 48001)
    for person in ("editor", "first"):
        page = text_of(office.desk(person).client.get("/console/help"))
        assert "推送不受影响。要删除的文章，请登录公众平台在“发表记录”里删除，再到“更正与撤回”登记" in page
        assert "会顺延" not in page
    assert "打开系统状态" in office.desk("admin").get("/console/help")
    assert "微信接口暂停" not in office.desk("secretary").get("/console/help")
