"""Announcing by a template, editing in two tabs, copying, calling off: at the desk and on the secretary's phone."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import sqlalchemy as sa

from ground import clock
from models import Activity, ActivityTemplate, CheckIn
from tests.console.conftest import Office, field, text_of
from web.wording import for_input


def value(page: str, name: str) -> str:
    """What a control of the form holds."""
    found = re.search(rf'id="{name}"[^>]*?value="([^"]*)"', page, re.S)
    if found is None:
        found = re.search(rf'<textarea[^>]*id="{name}".*?>([^<]*)</textarea>', page, re.S)
    assert found, name
    return unescape(found[1])


def filled(page: str, **other: str) -> dict[str, str]:
    """The form of a page as a browser would send it, with these fields changed."""
    names = (
        "title",
        "purpose",
        "place",
        "starts_at",
        "ends_at",
        "voluntary",
        "expects",
        "question",
        "keyword",
        "places",
        "keep_months",
    )
    form = {name: value(page, name) for name in names}
    form |= {"template": field(page, "template")} if 'name="template"' in page else {}
    form |= {"version": field(page, "version")} if 'name="version"' in page else {}
    form |= {"kind": field(page, "kind")} if 'type="hidden" name="kind"' in page else {}
    if re.search(r'id="sign_up"[^>]*checked', page, re.S):
        form["sign_up"] = "yes"
    return {**form, **other}


def test_a_template_fills_in_the_form_in_the_office_s_own_words(office_anywhere: Office) -> None:
    office = office_anywhere
    editor = office.desk("editor")
    page = editor.get("/console/activities/new")
    for name in ("支部党员大会", "支部委员会", "党小组会", "党课", "主题党日", "志愿服务", "学习文章"):
        assert f">{name}</a>" in page
    shipped = editor.get("/console/activities/templates/volunteer")
    assert "为社区居民做一件实事" in shipped
    worded = {"name": "志愿服务", "purpose": "清洁楼道", "voluntary": "自愿报名，随时可以取消", "minutes": "60",
              "keep_months": "6", "sign_up": "yes", "active": "yes"}  # fmt: skip
    pressing = {**worded, "voluntary": "全员参加，未参加的通报"}
    assert "不符合减负要求" in text_of(editor.post("/console/activities/templates/volunteer", pressing, 422))
    assert "时长应为数字" in text_of(
        editor.post("/console/activities/templates/volunteer", {**worded, "minutes": "一小时"}, 422)
    )
    assert "以后新建的活动按新的内容填写" in editor.follow(
        editor.post("/console/activities/templates/volunteer", worded)
    )
    assert office.read(sa.select(ActivityTemplate.minutes)) == 60
    form = filled(editor.get("/console/activities/new?template=volunteer"))
    assert (form["purpose"], form["keep_months"], form["kind"], form["sign_up"]) == (
        "清洁楼道",
        "6",
        "volunteer",
        "yes",
    )
    begins, ends = (form[name] for name in ("starts_at", "ends_at"))
    assert (begins[-5:], ends[-5:]) == ("19:00", "20:00")
    where = editor.post(
        "/console/activities/new", {**form, "title": "楼道清洁", "scope": "all", "places": "12"}
    ).location
    shown = text_of(editor.client.get(where))
    for said in ("已报名 0 人，名额 12 人", "活动结束后 6 个月", "自愿报名，随时可以取消", "/m/activity/"):
        assert said in shown
    assert "活动名称" in text_of(editor.post("/console/activities/new", {**form, "title": ""}, 422))
    off = {**worded, "active": ""}
    editor.post("/console/activities/templates/volunteer", off)
    assert ">志愿服务</a>" not in editor.get("/console/activities/new")
    assert office.desk("admin").get("/console/audit").count("修改活动模板") >= 2
    office.desk("secretary").get("/console/activities/templates", 403)


def test_an_edit_says_what_it_changed_and_the_second_tab_is_refused(office: Office) -> None:
    with office.parts.db.session_scope() as session:
        member = office.member(session, "张三丰").id
    admin = office.desk("admin")
    page = filled(
        admin.get("/console/activities/new?template=party_day"), title="十二月主题党日", scope="all"
    )
    where = admin.post("/console/activities/new", page).location
    first_tab = filled(admin.get(f"{where}/edit"), scope="all")
    second_tab = dict(first_tab)
    saved = text_of(
        admin.client.get(
            admin.post(f"{where}/edit", {**first_tab, "place": "二楼", "note": "一楼在检修"}).location
        )
    )
    for said in ("变更说明", "地点增加“二楼”", "说明：一楼在检修", "没有需要告知的人"):
        assert said in saved
    stale = admin.post(f"{where}/edit", {**second_tab, "place": "三楼"}, 409)
    assert "刚刚被别人修改过" in text_of(stale)
    assert 'value="三楼"' in stale.text, "what was typed is still there"
    admin.post(f"{where}/edit", {**second_tab, "place": "四楼"}, 409)  # nor by pressing again
    with office.parts.db.session_scope() as session:
        now = clock.now()
        session.execute(
            sa.update(Activity).values(starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1))
        )
        session.add(CheckIn(activity_id=1, member_id=member, branch_id=office.branch_id, at=now, via="reply"))
    fixed = text_of(admin.client.get(f"{where}/edit"))
    assert fixed.count("已有 1 人签到，不能再改") >= 3
    assert "签到已经开始，开始时间不能再改" in fixed
    assert "编辑" in admin.get(where)


def test_a_secretary_copies_edits_and_calls_off_on_the_phone(office_anywhere: Office) -> None:
    office = office_anywhere
    desk = office.desk("secretary")
    new = f"/branch/{office.branch_id}/new"
    page = desk.get(f"{new}?template=committee")
    assert "已请党员参加 0 个活动，上限 6 个" in page
    where = desk.post(new, filled(page, title="九月支委会", place="一楼")).location
    shown = desk.get(where)
    assert "支部委员" in shown
    assert "复制到下个月" in shown
    edited = filled(
        desk.get(f"{where}/edit"), place="二楼", starts_at=for_input(clock.now() + timedelta(days=2))
    )
    edited["ends_at"] = for_input(clock.now() + timedelta(days=2, hours=1))
    assert "地点由“一楼”改为“二楼”" in text_of(desk.client.get(desk.post(f"{where}/edit", edited).location))
    copied = filled(desk.get(f"{new}?copy=1&shift=week"))
    assert copied["place"] == "二楼"
    assert copied["template"] == "committee"
    again = desk.post(new, copied).location
    assert again != where
    assert "请写明取消的原因" in desk.follow(
        desk.post(f"{where}/cancel", headers={"Referer": f"http://localhost{where}"})
    )
    off = text_of(desk.client.get(desk.post(f"{where}/cancel", {"reason": "主讲人出差"}).location))
    assert "主讲人出差" in off
    assert "活动已取消，记录保留，不计入参加人数" in off
    assert "二楼" in desk.get(again), "the copy stands"
    other = office.read(sa.select(sa.func.max(Activity.id)).where(Activity.for_all.is_(True)))
    assert other is None
    all_of_it = office.desk("admin").post(
        "/console/activities/new",
        filled(
            office.desk("admin").get("/console/activities/new?template=lecture"), title="党课", scope="all"
        ),
    )
    ident = all_of_it.location.rpartition("/")[2]
    joint = f"/branch/{office.branch_id}/activities/{ident}"
    desk.post(f"{joint}/cancel", {"reason": "不想办了"}, 403)
    desk.post(f"{joint}/edit", filled(desk.get(f"{joint}/edit"), place="别处"), 403)
