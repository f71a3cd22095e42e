"""A follower becomes a member: by name, the last four digits and consent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from accounts import audit
from community import binding, consent, followers, privacy
from community.binding import BindingStep
from ground.errors import Forbidden, NotFound, Refused
from models import CheckIn, Follower, Member, TagChange
from tests.community.conftest import NOON, Office, person
from wechat.language import names

TAIL = "0001"
PHONE = "19900020001"


def _begin(office: Office, openid: str, name: str, tail: str, **more: Any) -> BindingStep:
    text = f"绑定 {name} {tail}"
    with office.db.session_scope() as session:
        return binding.begin(session, openid, text=text, tail=names.tail_in(text), at=more.get("at", NOON))


def _consent(office: Office, openid: str, step: BindingStep, **more: Any) -> BindingStep:
    assert step.state is not None
    with office.db.session_scope() as session:
        return binding.consent(session, openid, at=more.get("at", NOON), pending=step.state)


def _member_of(office: Office, openid: str) -> int | None:
    with office.db.read_scope() as session:
        return session.scalar(sa.select(Follower.member_id).where(Follower.openid == openid))


@pytest.fixture
def zhang(office: Office) -> int:
    """张小三 of 湖东社区党支部, phone :data:`PHONE`."""
    return office.member("张小三", phone=PHONE)


def test_name_and_four_digits_lead_to_the_consent_and_the_consent_binds(office: Office, zhang: int) -> None:
    asked = _begin(office, "o-1", "", "")
    assert "绑定 姓名 手机号后四位" in asked.text
    assert not asked.done
    step = _begin(office, "o-1", "张小三", TAIL)
    assert "不收集身份证号和位置" in step.text
    assert "自愿" in step.text
    assert "张小三" not in step.text, "chats are forwarded: the name is masked"
    assert _member_of(office, "o-1") is None, "nothing is bound before the consent"
    done = _consent(office, "o-1", step)
    assert done.text.startswith("绑定成功：张*三（湖东社区支部）")
    assert done.state is None
    assert _member_of(office, "o-1") == zhang
    with office.db.read_scope() as session:
        follower = session.scalars(sa.select(Follower)).one()
        assert (follower.consent_version, follower.consent_at) == (consent.VERSION, NOON)
        queued = session.execute(sa.select(TagChange.kind, TagChange.add)).all()
        assert sorted(map(tuple, queued)) == [("branch", True), ("community", True)]
        assert audit.verify(session).intact


def test_small_differences_in_typing_do_not_matter(office: Office, zhang: int) -> None:
    for name, tail in (
        ("张 小三", "0001"),
        ("張小三", "０００１"),
        ("张小三", PHONE),
        (" 张小三 ", " 0001 "),
    ):
        step = _begin(office, "o-1", name, tail)
        assert step.state == {"step": "consent", "member": zhang}, (name, tail)


def test_who_is_not_on_the_roster_is_told_the_same_whatever_was_wrong(office: Office, zhang: int) -> None:
    for number, (name, tail) in enumerate((("张小三", "9999"), ("李四", "0001"), ("张小", "0001"))):
        step = _begin(office, f"o-{number}", name, tail)
        assert step.text == "未在党员名册中查到，请核对姓名和手机号后四位，或联系支部书记。还可尝试 4 次"
        assert step.state == {"step": "details"}


def _say(office: Office, openid: str, text: str) -> BindingStep:
    with office.db.session_scope() as session:
        return binding.begin(session, openid, text=text, tail=names.tail_in(text), at=NOON)


@pytest.mark.parametrize(
    "text",
    [
        "绑定 张小三同志 0001",
        "我是湖东社区的张小三，麻烦书记帮我弄一下，谢谢，手机尾号0001",
        "0001 张小三",
        "绑定 张小三 199-0002-0001",
        "绑定 張小三 手机号０００１",
    ],
)
def test_the_name_is_found_whatever_stands_around_it(office: Office, zhang: int, text: str) -> None:
    assert _say(office, "o-1", text).state == {"step": "consent", "member": zhang}


def test_two_members_in_one_text_are_asked_for(office: Office, zhang: int) -> None:
    other = office.member("李四", "水墨社区党支部", phone="19910020001")
    step = _say(office, "o-1", "绑定 张小三 李四 0001")
    assert "1. 张*三（湖东社区支部）\n2. 李*（水墨社区支部）" in step.text
    assert step.state == {"step": "choose", "members": [zhang, other]}


def test_a_text_that_could_hold_several_names_counts_as_several_tries(office: Office, zhang: int) -> None:
    assert "还可尝试 3 次" in _say(office, "o-1", "绑定 王芳李明赵敏孙立 0001").text
    assert "还可尝试 2 次" in _say(office, "o-1", "绑定 王芳 0001").text


def test_a_list_of_names_is_not_looked_up(office: Office, zhang: int) -> None:
    listed = "绑定 王芳 李明 赵敏 孙立 周强 吴伟 郑爽 冯军 陈诚 张小三 0001"
    for _ in range(6):
        step = _say(office, "o-1", listed)
        assert "请只回复：绑定 姓名 手机号后四位" in step.text
    assert _say(office, "o-1", "绑定 张小三 0001").state == {"step": "consent", "member": zhang}


def test_digits_without_a_name_ask_for_the_name_and_cost_no_try(office: Office, zhang: int) -> None:
    for _ in range(6):
        step = _say(office, "o-1", "手机号0001")
        assert (step.text, step.state) == (
            "请再回复您的姓名，例如：张三",
            {"step": "details", "tail": "0001"},
        )


def test_five_wrong_tries_lock_that_follower_for_half_an_hour_and_nobody_else(
    office: Office, zhang: int
) -> None:
    texts = [_begin(office, "o-1", "张小三", "9999").text for _ in range(5)]
    assert "已连续输错 5 次，请 30 分钟后再试" in texts[-1]
    locked = _begin(office, "o-1", "张小三", TAIL)
    assert locked.done
    assert "请在 12:30 以后再试" in locked.text
    assert _begin(office, "o-2", "张小三", TAIL).state is not None
    later = _begin(office, "o-1", "张小三", TAIL, at=NOON + timedelta(minutes=30))
    assert later.state == {"step": "consent", "member": zhang}
    again = _begin(office, "o-1", "张小三", "9999", at=NOON + timedelta(minutes=31))
    assert "还可尝试 4 次" in again.text, "after the lock the count starts anew"


def test_a_lock_set_under_a_clock_that_ran_ahead_is_no_lock(office: Office, zhang: int) -> None:
    ahead = NOON + timedelta(minutes=1425)
    for _ in range(5):
        _begin(office, "o-1", "张小三", "9999", at=ahead)
    assert "请在" in _begin(office, "o-1", "张小三", TAIL, at=ahead).text
    assert _begin(office, "o-1", "张小三", TAIL).state == {"step": "consent", "member": zhang}


def test_a_lock_holds_against_a_consent_that_was_asked_for_before(office: Office, zhang: int) -> None:
    step = _begin(office, "o-1", "张小三", TAIL)
    for _ in range(5):
        _begin(office, "o-1", "张小三", "9999")
    assert _consent(office, "o-1", step).done
    assert _member_of(office, "o-1") is None


def test_the_same_name_in_two_branches_is_asked_for(office: Office) -> None:
    office.import_people([person("张小三", "19900020001"), person("张小三", "19910020001", "水墨社区党支部")])
    step = _begin(office, "o-1", "张小三", TAIL)
    assert "1. 湖东社区支部\n2. 水墨社区支部" in step.text
    assert step.state is not None
    with office.db.session_scope() as session:
        wrong = binding.choose(session, "o-1", 3, at=NOON, pending=step.state)
        assert "1 到 2" in wrong.text
        assert wrong.state == step.state
        chosen = binding.choose(session, "o-1", 2, at=NOON, pending=step.state)
    assert "水墨社区支部" in _consent(office, "o-1", chosen).text


def test_a_member_who_is_bound_already_is_sent_to_the_secretary(office: Office, zhang: int) -> None:
    _consent(office, "o-1", _begin(office, "o-1", "张小三", TAIL))
    assert "已绑定另一个微信" in _begin(office, "o-2", "张小三", TAIL).text
    assert "您已绑定：张*三" in _begin(office, "o-1", "张小三", TAIL).text


def test_of_two_who_consent_for_one_member_only_the_first_is_bound(office: Office, zhang: int) -> None:
    first, second = _begin(office, "o-1", "张小三", TAIL), _begin(office, "o-2", "张小三", TAIL)
    _consent(office, "o-1", first)
    late = _consent(office, "o-2", second)
    assert "已绑定另一个微信" in late.text
    assert (_member_of(office, "o-1"), _member_of(office, "o-2")) == (zhang, None)
    with office.db.read_scope() as session:
        assert set(session.scalars(sa.select(TagChange.openid))) == {"o-1"}


def test_refusing_keeps_nothing_and_leaves_reading(office: Office, zhang: int) -> None:
    _begin(office, "o-1", "张小三", TAIL)
    assert "仍可正常阅读" in binding.decline().text
    assert _member_of(office, "o-1") is None


def test_a_consent_to_nothing_binds_nothing(office: Office, zhang: int) -> None:
    nothing: list[dict[str, Any]] = [
        {},
        {"step": "details"},
        {"step": "consent"},
        {"step": "consent", "member": 999},
    ]
    for pending in nothing:
        with office.db.session_scope() as session:
            step = binding.consent(session, "o-1", at=NOON, pending=pending)
        assert "重新回复" in step.text
    assert _member_of(office, "o-1") is None


def test_unbinding_takes_the_tags_and_keeps_the_check_ins(office: Office) -> None:
    office.user("admin")
    member = office.bound("o-1")
    activity = office.activity()
    office.came(activity, member)
    with office.db.session_scope() as session:
        assert "已解除绑定" in binding.unbind(session, "o-1", at=NOON).text
        assert "还没有绑定" in binding.unbind(session, "o-1", at=NOON).text
    assert _member_of(office, "o-1") is None
    with office.db.read_scope() as session:
        assert not any(session.scalars(sa.select(TagChange.add))), "the unsent additions are overtaken"
        assert session.scalar(sa.select(sa.func.count()).select_from(CheckIn)) == 1


def test_a_secretary_releases_only_members_of_the_own_branch(office: Office) -> None:
    office.user("admin")
    mine = office.bound("o-1")
    other = office.bound("o-2", "李小四", "水墨社区党支部")
    secretary = office.user("secretary", "湖东社区党支部")
    editor = office.user("editor")
    with office.db.session_scope() as session:
        with pytest.raises(NotFound):
            binding.release(session, secretary, other, "更换微信", at=NOON)
        with pytest.raises(Refused, match="原因"):
            binding.release(session, secretary, mine, " ", at=NOON)
        with pytest.raises(Forbidden):
            binding.release(session, editor, mine, "更换微信", at=NOON)
        binding.release(session, secretary, mine, "更换微信", at=NOON)
    assert (_member_of(office, "o-1"), _member_of(office, "o-2")) == (None, other)


def test_a_follower_sees_what_is_kept_about_them_masked(office: Office) -> None:
    office.bound("o-1")
    with office.db.read_scope() as session:
        text = privacy.my_data(session, "o-1")
        nobody = privacy.my_data(session, "o-9")
    assert "张*三" in text
    assert "199****" in text
    assert "解绑" in text
    assert "还没有绑定" in nobody


def test_clear_names_need_a_right_a_reason_and_leave_an_entry(office: Office) -> None:
    member = office.bound("o-1")
    other = office.member("李小四", "水墨社区党支部")
    secretary = office.user("secretary", "湖东社区党支部")
    auditor = office.user("auditor")
    with office.db.session_scope() as session:
        with pytest.raises(Refused, match="事由"):
            privacy.reveal(session, secretary, member, "看看", at=NOON)
        with pytest.raises(NotFound):
            privacy.reveal(session, secretary, other, "核对花名册", at=NOON)
        with pytest.raises(Forbidden):
            privacy.reveal(session, auditor, member, "核对花名册", at=NOON)
        shown = privacy.reveal(session, secretary, member, "核对花名册", at=NOON)
        assert shown.name == "张小三"
        assert shown.phone.startswith("1990000")
    with office.db.read_scope() as session:
        entry = audit.page(session, action="member.unmask").entries[0]
        assert (entry.subject, entry.detail) == (f"member:{member}", {"reason": "核对花名册"})


@pytest.mark.parametrize(
    ("name", "masked"), [("张三", "张*"), ("张小三", "张*三"), ("欧阳修远", "欧**远"), ("张", "*")]
)
def test_names_are_masked_as_the_office_is_used_to(name: str, masked: str) -> None:
    assert privacy.mask_name(name) == masked


def test_phones_are_masked_as_the_office_is_used_to() -> None:
    assert privacy.mask_phone("13812345678") == "138****5678"
    assert privacy.mask_phone(None) == ""


def test_who_unfollows_becomes_a_pseudonym_and_the_ledger_keeps_the_check_in(office: Office) -> None:
    office.user("admin")
    member = office.bound("o-1")
    activity = office.activity()
    office.came(activity, member)
    with office.db.session_scope() as session:
        assert followers.unfollow(session, "o-1", at=NOON)
        assert not followers.unfollow(session, "o-1", at=NOON)
    with office.db.read_scope() as session:
        gone = session.scalars(sa.select(Follower)).one()
        assert gone.openid.startswith("gone-")
        assert (gone.member_id, gone.subscribed, gone.gone) == (None, False, True)
        assert gone.consent_at is None
        assert session.scalar(sa.select(sa.func.count()).select_from(TagChange)) == 0
        assert session.scalar(sa.select(sa.func.count()).select_from(CheckIn)) == 1
        assert session.scalar(sa.select(Member.active)) is True
    with office.db.session_scope() as session:
        back = followers.follow(session, "o-1", scene="qrscene_branch-1", at=NOON + timedelta(days=1))
    assert (back.is_new, back.bound, back.branch) == (True, False, "湖东社区支部")


def test_a_late_unfollow_event_does_not_undo_a_newer_follow(office: Office) -> None:
    with office.db.session_scope() as session:
        followers.follow(session, "o-1", scene=None, at=NOON)
        assert not followers.unfollow(session, "o-1", at=NOON - timedelta(minutes=1))
    with office.db.read_scope() as session:
        assert followers.counts(session).following == 1


def test_a_scene_that_is_no_branch_does_no_harm(sqlite_office: Office) -> None:
    office = sqlite_office
    for scene in ("branch-999", "branch-", "branch--1", "act-1", "", None, "branch-１"):
        with office.db.session_scope() as session:
            result = followers.scanned(session, "o-1", scene=scene, at=NOON)
        assert result.branch == "", scene
