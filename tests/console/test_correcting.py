"""更正, 撤回 and 撤出排期 in the console: asked for, agreed to by another person, and what readers find; one story on a phone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from content import publish
from ground import clock
from models import Article, Column, Correction, Removal, User
from tests.console.conftest import PASSWORD, Office, field, text_of
from tests.console.test_in_browser import _confirm, _fits
from tests.fixtures.browser import Windows
from tests.world import articles, pushes

SAID = {"reason": "活动时间写错了", "note": "第三段活动时间应为 12 月 5 日，特此更正。"}
TAKEN_BACK = {"reason": "活动临时取消", "note": "活动已取消，以社区通知为准。"}


def out(office: Office, title: str = "主题党日通知") -> int:
    """An article that has reached its readers."""
    article = office.article(title, status="approved")
    with office.parts.db.session_scope() as session:
        publish.mark_published(session, [article], at=clock.now())
    return article


def status(office: Office, article: int) -> str:
    return str(office.read(sa.select(Article.status).where(Article.id == article)))


def number(office: Office, article: int) -> int:
    """The latest correction of this article."""
    return int(office.read(sa.select(sa.func.max(Correction.id)).where(Correction.article_id == article)))


def retraction(office: Office, article: int) -> str:
    """Where it is decided on, once the editor has asked."""
    office.desk("editor").post(f"/console/articles/{article}/retract", TAKEN_BACK)
    return f"/console/corrections/{number(office, article)}"


def mend(office: Office, draft: int) -> None:
    """The mistake is put right in the text of a correction."""
    with office.parts.db.session_scope() as session:
        session.get_one(Article, draft).title = "主题党日通知（更正）"


def review(office: Office, article: int) -> None:
    """The editor hands it in, and three approve, each on their page."""
    editor = office.desk("editor")
    shown = field(editor.get(f"/console/articles/{article}"), "hash")
    editor.post(f"/console/articles/{article}/submit", {"hash": shown})
    for person in ("first", "second", "third"):
        desk = office.desk(person)
        page = desk.get(f"/console/articles/{article}/review")
        form = {"hash": field(page, "hash"), "stage": field(page, "stage"), "decision": "approve"}
        desk.post(f"/console/articles/{article}/review", form)


def test_a_correction_is_written_reviewed_and_told_to_readers_also_after_archiving(office: Office) -> None:
    article, editor = out(office), office.desk("editor")
    where = f"/console/articles/{article}/correct"
    assert "手机页面的内容" in editor.get(where)
    unsaid = editor.post(where, {**SAID, "note": ""}, 422)
    assert "请填写给读者看的更正说明" in text_of(unsaid)
    assert SAID["reason"] in unsaid.text  # what was typed is still there
    begun = editor.post(where, SAID)
    draft = int(re.findall(r"/articles/(\d+)/edit", begun.location)[0])
    assert "请在这里改好后提交审核" in editor.follow(begun)
    assert "正在办理" in text_of(editor.post(where, SAID, 409))
    shown = field(editor.get(f"/console/articles/{draft}"), "hash")
    same = editor.follow(editor.post(f"/console/articles/{draft}/submit", {"hash": shown}))
    assert "更正稿和已发布的内容完全相同，请先改好标题、正文、图片等有误的地方再提交" in same
    mend(office, draft)
    review(office, draft)
    assert (status(office, article), status(office, draft)) == ("corrected", "archived")
    reader = office.stranger()
    for _ in range(2):  # it was told to readers, and stays told where the page is put away
        page = reader.get(f"/m/a/{article}")
        assert "主题党日通知（更正）" in page
        assert "更正说明" in page
        assert SAID["note"] in page
        assert SAID["reason"] not in page
        if status(office, article) == "corrected":
            editor.post(f"/console/articles/{article}/archive")
    assert status(office, article) == "archived"
    assert SAID["reason"] in editor.get("/console/corrections?status=done")


def test_a_retraction_takes_another_person_and_the_address_says_so(office: Office) -> None:
    article = out(office)
    where = retraction(office, article)
    office.desk("editor").post(f"{where}/retract", status=403)
    assert status(office, article) == "published"
    agreed = office.desk("first").post(f"{where}/retract")
    assert "已撤回，手机页面已显示撤回说明" in office.desk("first").follow(agreed)
    page = office.stranger().get(f"/m/a/{article}", 410)
    assert "本文已撤回" in page
    assert TAKEN_BACK["note"] in page
    again = office.desk("second").post(f"{where}/retract", status=409)
    assert "已完成" in text_of(again)


def test_who_asked_for_a_retraction_does_not_agree_to_it(office: Office) -> None:
    article, admin = out(office), office.desk("admin")
    admin.post(f"/console/articles/{article}/retract", TAKEN_BACK)
    refused = admin.post(f"/console/corrections/{number(office, article)}/retract", status=403)
    assert "不能同意自己申请的撤回" in text_of(refused)
    assert status(office, article) == "published"


def test_what_is_dropped_changes_nothing_for_readers(office: Office) -> None:
    article, editor = out(office), office.desk("editor")
    where = retraction(office, article)
    assert "已取消，已发布的内容不变" in editor.follow(editor.post(f"{where}/drop"))
    assert "已取消" in text_of(office.desk("first").post(f"{where}/retract", status=409))
    editor.post(f"{where}/drop", status=409)
    page = office.stranger().get(f"/m/a/{article}")
    assert TAKEN_BACK["note"] not in page
    assert status(office, article) == "published"


def test_the_desk_counts_what_waits_what_is_late_and_what_wechat_refused(office: Office) -> None:
    waits, late, gone = out(office, "待撤回的"), out(office, "待更正的"), out(office, "已撤回的")
    retraction(office, waits)
    office.desk("editor").post(f"/console/articles/{late}/correct", SAID)
    office.desk("first").post(f"{retraction(office, gone)}/retract")
    said = "微信拒绝：没有权限。请登录公众号后台，在“发表记录”里删除这一篇"
    with office.parts.db.session_scope() as session:
        session.get_one(Correction, number(office, late)).due_at = clock.now() - timedelta(hours=1)
        refused = Removal(correction_id=number(office, gone), road="mass", msg_id="7", position=1, error=said,
                          status="refused", due_at=clock.now())  # fmt: skip
        session.add(refused)
        session.flush()
        removal = refused.id
    reviewer = office.desk("second")
    page = reviewer.get("/console/")
    assert "待同意撤回 1，超过 24 小时 1，微信拒绝删除 1" in page
    assert 'href="/console/corrections"' in page
    # the one who asked: what can be done about it at WeChat's site, too
    assert "超过 24 小时 1，微信拒绝删除 1</span>" in office.desk("editor").get("/console/")
    assert "超过 24 小时" not in office.desk("auditor").get("/console/")
    assert said in reviewer.get("/console/corrections")
    again = reviewer.post(f"/console/removals/{removal}/again")
    assert "已再次请求微信删除" in reviewer.follow(again)
    reviewer.post(f"/console/removals/{removal}/again", status=409)
    assert "待同意撤回 1，超过 24 小时 1</span>" in reviewer.get("/console/")


def test_a_planned_article_is_taken_out_of_its_push_by_hand(office: Office) -> None:
    article = office.article(status="approved")
    with office.parts.db.session_scope() as session:
        office.member(session, "裘砚舟", openid="oReader")
        due = clock.now() + timedelta(days=1)
        push = pushes.push(session, office.parts.settings, article, due_at=due).id
    editor = office.desk("editor")
    assert "要修改、退回或归档，请先撤出排期" in editor.get(f"/console/articles/{article}")
    done = editor.follow(editor.post(f"/console/articles/{article}/unschedule"))
    assert f"推送 {push} 已取消" in done
    assert status(office, article) == "approved"
    assert "没有排期" in text_of(editor.post(f"/console/articles/{article}/unschedule", status=409))


def test_a_published_article_in_a_further_push_says_what_must_end_first(office: Office) -> None:
    article = out(office)
    with office.parts.db.session_scope() as session:
        office.member(session, "裘砚舟", openid="oReader")
        due = clock.now() + timedelta(days=1)
        push = pushes.push(session, office.parts.settings, article, due_at=due).id
    page = office.desk("editor").get(f"/console/articles/{article}")
    assert f'由<a href="/console/pushes/{push}">推送 {push}</a>再次发给全部关注者' in page
    assert "推送完成前不能归档或撤回" in page
    refused = office.desk("first").post(f"{retraction(office, article)}/retract", status=409)
    assert f"稿件还在推送 {push}（" in text_of(refused)
    assert "请先由编辑或管理员取消，再同意撤回" in text_of(refused)
    page = office.desk("editor").get(f"/console/articles/{article}")
    assert f'action="/console/pushes/{push}/cancel"' in page
    office.desk("editor").post(f"/console/pushes/{push}/cancel")
    office.desk("first").post(f"/console/corrections/{number(office, article)}/retract")
    assert status(office, article) == "retracted"


def test_what_is_being_taken_back_is_pushed_by_nobody_and_what_is_being_corrected_with_a_word(
    office: Office,
) -> None:
    asked, mended = out(office, "要撤回的"), out(office, "要更正的")
    with office.parts.db.session_scope() as session:
        office.member(session, "裘砚舟", openid="oReader")
    retraction(office, asked)
    editor = office.desk("editor")
    editor.post(f"/console/articles/{mended}/correct", SAID)
    form = {"kind": "articles", "to": "all", "when": "now", "road": "auto"}
    refused = editor.post("/console/pushes/confirm", form | {"article": str(asked)}, 409)
    assert "《要撤回的》正在申请撤回" in text_of(refused)
    editor.post("/console/pushes/new", form | {"article": str(asked)}, 409)
    shown = text_of(editor.post("/console/pushes/confirm", form | {"article": str(mended)}, 200))
    assert "的更正正在办理（活动时间写错了）" in shown
    assert "现在推送的还是更正前的内容" in shown


def test_what_is_taken_back_on_its_way_says_so_at_once(office: Office) -> None:
    article = office.article(status="publishing")
    editor = office.desk("editor")
    page = editor.get(f"/console/articles/{article}")
    assert "发布完成后才能更正；来不及的，可以现在申请撤回" in page
    assert f"/console/articles/{article}/retract" in page
    assert "来不及的，可以现在申请撤回" in text_of(
        editor.post(f"/console/articles/{article}/correct", SAID, 409)
    )
    office.desk("first").post(f"{retraction(office, article)}/retract")
    gone = office.stranger().client.get(f"/m/a/{article}")
    assert gone.status_code == 410
    assert TAKEN_BACK["note"] in gone.text
    assert "由发布单位撤回" in gone.text
    shown = editor.get(f"/console/articles/{article}")
    assert TAKEN_BACK["note"] in shown


def test_wechat_keeps_what_was_corrected_until_somebody_says_what_became_of_it(office: Office) -> None:
    article, editor, reviewer = out(office), office.desk("editor"), office.desk("first")
    assert "已经收到的微信图文不会变" in editor.get(f"/console/articles/{article}/correct")
    with office.parts.db.session_scope() as session:
        user = session.scalars(sa.select(User).where(User.username == "editor")).one()
        made = Correction(article_id=article, kind="correct", reason="时间写错了", note="时间应为 12 月 5 日。", status="done",
                          asked_by=user.id, asked_at=clock.now(), due_at=clock.now(), decided_by=user.id,
                          decided_at=clock.now(), removals_made=True)  # fmt: skip
        session.add(made)
        session.flush()
        rows = [Removal(correction_id=made.id, road="mass", msg_id=str(n), position=1, status="kept", due_at=clock.now())
                for n in (7, 8)]  # fmt: skip
        session.add_all(rows)
        session.flush()
        first, second = (row.id for row in rows)
    assert "点开看到的还是更正前的内容" in editor.get(f"/console/articles/{article}")
    editor.post(f"/console/removals/{first}/mended", status=403)
    assert "已登记为手动修改" in reviewer.follow(reviewer.post(f"/console/removals/{first}/mended"))
    assert "已请求微信删除" in reviewer.follow(reviewer.post(f"/console/removals/{second}/ask"))
    reviewer.post(f"/console/removals/{first}/ask", status=409)
    with office.parts.db.read_scope() as session:
        assert [session.get_one(Removal, one).status for one in (first, second)] == ["mended", "wanted"]
    assert "已在公众平台手动修改" in text_of(office.desk("admin").client.get("/console/audit"))


def test_a_queue_whose_column_is_switched_off_says_so_and_promises_no_moment(office: Office) -> None:
    article = office.article(status="queued")
    slot = {"weekdays": list(range(7)), "time": "08:00", "audience": "all", "active": True}
    with office.parts.db.session_scope() as session:
        session.get_one(Article, article).column.slots = [slot]
    desk = office.desk("editor")
    assert "由栏目“先锋动态”的时段自动推送" in desk.get(f"/console/articles/{article}")
    with office.parts.db.session_scope() as session:
        session.execute(sa.update(Column).values(active=False))
    said = text_of(office.desk("editor").client.get(f"/console/articles/{article}"))
    assert "栏目“先锋动态”已停用，不会自动推送。要修改" in said
    assert "预计" not in said
    assert "栏目已停用，不会自动推送" in desk.get("/console/queue")


# --- By clicks alone, on a phone ---------------------------------------------------------------------------


def entered(windows: Windows, site: str, username: str) -> Page:
    page = windows.phone()
    page.goto(f"{site}/console/login")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="工作台")).to_be_visible()
    return page


def counted(page: Page) -> list[str]:
    """What is pressed on this page from now on, whatever is opened in it."""
    pressed: list[str] = []

    def press(words: str) -> None:
        pressed.append(words)

    page.expose_function("wasPressed", press)
    page.add_init_script(
        "addEventListener('click', (event) => { if (event.isTrusted && window === top)"
        " window.wasPressed(event.target.innerText || event.target.tagName); }, true)"
    )
    page.reload()
    return pressed


@pytest.mark.browser
def test_on_a_phone_an_editor_corrects_in_five_clicks_and_a_reviewer_agrees_to_a_retraction(
    office: Office, site: str, windows: Windows
) -> None:
    corrected, gone = out(office), out(office, "活动取消的通知")
    retraction(office, gone)
    editor = entered(windows, site, "editor")
    editor.goto(f"{site}/console/articles")
    pressed = counted(editor)
    editor.get_by_role("link", name="主题党日通知").click()
    editor.get_by_role("link", name="更正", exact=True).click()
    editor.get_by_label("发现了什么问题").fill(SAID["reason"])
    editor.get_by_label("更正说明").fill(SAID["note"])
    _fits(editor)
    editor.get_by_role("button", name="开始更正").click()
    text = editor.locator(".jodit-wysiwyg")
    expect(text).to_have_text("楼道里的灯修好了。")  # the scripts are there
    text.fill("楼道里的灯 12 月 5 日修好了。")
    _fits(editor)
    draft = int(re.findall(r"/articles/(\d+)/edit", editor.url)[0])
    editor.get_by_role("button", name="提交审核").click()
    _confirm(editor, "提交审核")
    expect(editor.locator("#notices")).to_contain_text("已提交一审")
    assert len(pressed) == 5, pressed  # from where it was found; the rest is the reviewers', three taps each
    with office.parts.db.session_scope() as session:
        for _ in range(3):
            articles.approve(session, draft)
    reviewer = entered(windows, site, "first")
    expect(reviewer.get_by_text("待同意撤回 1")).to_be_visible()
    _fits(reviewer)
    reviewer.locator("#todo").get_by_role("link", name="更正与撤回").click()
    reviewer.get_by_role("button", name="同意撤回").click()
    assert _confirm(reviewer, "同意撤回") == "确定撤回《活动取消的通知》吗？"
    expect(reviewer.locator("#notices")).to_contain_text("已撤回，手机页面已显示撤回说明")
    _fits(reviewer)
    reader = windows.phone()
    reader.goto(f"{site}/m/a/{corrected}")
    expect(reader.get_by_text("楼道里的灯 12 月 5 日修好了。")).to_be_visible()
    expect(reader.get_by_role("note")).to_contain_text(f"更正说明（今天）　{SAID['note']}")
    _fits(reader)
    reader.goto(f"{site}/m/a/{gone}")
    expect(reader.get_by_role("heading", name="本文已撤回")).to_be_visible()
