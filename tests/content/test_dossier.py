"""What the 审核登记表 and the story say, asked of the services: reviews that were, pushes that were, checks that were."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from content import corrections, queue, releasing
from ground import clock
from models import Article, Delivery, Push, PushArticle, WordingCheck
from operations.dossier import form as forms
from operations.dossier import sheet
from operations.dossier.form import Form
from operations.dossier.story import story
from scheduler import pushes
from settings import Limits, Settings
from tests.content.conftest import Office
from tests.content.test_confirming import confirm
from tests.content.test_releasing import released
from tests.content.test_who_reviews import settle


def _form(office: Office, article: Article) -> Form:
    with office.db.read_scope() as session:
        return forms.form(session, article.id, Limits(), {}, at=clock.now())


def _put_out(office: Office, *articles: Article) -> None:
    """As if a push had arrived."""
    with office.db.session_scope() as session:
        change = sa.update(Article).where(Article.id.in_([one.id for one in articles]))
        session.execute(change.values(status="published", published_at=clock.now()))


def test_what_went_out_waits_for_no_review_that_was_demanded_later(office: Office) -> None:
    settle(office, 1)
    article = office.approve(office.submit(office.draft()), by="first")
    _put_out(office, article)
    settle(office, 3)
    assert [(one.stage, one.text) for one in _form(office, article).opinions] == [("一审", "同意")]


def test_what_went_out_before_there_were_records_says_so(office: Office) -> None:
    article = office.draft()
    assert [one.text for one in _form(office, article).opinions] == ["尚未提交审核"]
    _put_out(office, article)
    assert [one.text for one in _form(office, article).opinions] == ["系统没有记录"]


def test_what_is_in_review_names_the_stages_that_wait(office: Office) -> None:
    article = office.approve(office.submit(office.draft()), by="first")
    found = [(one.stage, one.text) for one in _form(office, article).opinions]
    assert found == [("一审", "同意"), ("二审", "待审"), ("三审", "待审")]


def test_what_was_released_in_an_emergency_names_the_reviews_that_are_owed(office: Office) -> None:
    found = [(one.stage, one.text) for one in _form(office, released(office)).opinions]
    assert found == [("一审", "同意"), ("二审", "待补审"), ("三审", "待补审")]


def _publishers(form: Form) -> str:
    (said,) = (row[3].text for row in sheet.rows(form) if len(row) > 3 and row[2].text == "发布人")
    return said


def _delivered(office: Office, push_id: int) -> None:
    with office.db.session_scope() as session:
        session.add(
            Delivery(push_id=push_id, road="mass", key=f"k{push_id}", status="delivered", due_at=clock.now())
        )


def test_what_a_slot_sends_names_the_slot_and_who_queued_it(office: Office, settings: Settings) -> None:
    one, two = office.approved(title="甲"), office.approved(title="乙")
    with office.db.session_scope() as session:
        for article, who in ((one, "colleague"), (two, "admin")):
            queue.enqueue(session, article.id, office.users[who], at=clock.now())
        queue.move(session, two.id, office.users["editor"], to=1, at=clock.now())
        taken = queue.take_for_slot(session, one.column_id, most=2, by=clock.now())
        push = pushes.create_for_slot(
            session,
            settings,
            taken,
            audience="all",
            meant={},
            slot_key="k",
            moment=clock.now(),
            at=clock.now(),
        )
        number = push.id
    _delivered(office, number)
    _put_out(office, one, two)
    for article, who in ((one, "colleague"), (two, "admin")):
        said = f"栏目时段自动推送（{office.users[who].label}排入队列）"
        assert _publishers(_form(office, article)) == said
        with office.db.read_scope() as session:
            assert [event.who for event in story(session, article.id) if event.what == "列入推送"] == [said]


def test_of_a_push_that_sent_nothing_nobody_is_the_publisher(office: Office) -> None:
    article = office.approved()
    _put_out(office, article)
    with office.db.session_scope() as session:
        for status, who in (("missed", "colleague"), ("failed", "admin"), ("sent", "editor")):
            push = Push(
                title="甲", audience="all", status=status, due_at=clock.now(), created_by=office.users[who].id,
                created_at=clock.now(), skipped={},
            )  # fmt: skip
            session.add(push)
            session.flush()
            session.add(
                PushArticle(push_id=push.id, position=1, article_id=article.id, content_hash=article.hash)
            )
            number = push.id
    _delivered(office, number)
    assert _publishers(_form(office, article)) == office.users["editor"].label


def test_the_story_of_a_corrected_article_tells_who_reviewed_its_correction(office: Office) -> None:
    article = office.approved()
    _put_out(office, article)
    with office.db.session_scope() as session:
        draft = corrections.begin(
            session,
            article.id,
            office.users["editor"],
            reason="写错了数字",
            note_="更正了数字",
            at=clock.now(),
        )
    draft = office.submit(office.save(office.now(draft), title="更正后的标题"))
    for name in ("first", "second", "third"):
        office.approve(draft, by=name)
    with office.db.read_scope() as session:
        told = [event.what for event in story(session, article.id)]
    ways = ("更正稿提交审核", "更正稿错敏检查", "更正稿一审通过", "更正稿二审通过", "更正稿三审通过")
    for what in (*ways, "一审通过"):
        assert told.count(what) == 1, what
    assert told.index("更正稿一审通过") > told.index("三审通过")


def test_the_form_has_the_check_of_the_handing_in_and_reasons_for_what_still_stands(office: Office) -> None:
    article = office.draft(html="<p>电话 13800138000，另一个 13900139000。</p>")
    before = _form(office, article)
    assert before.found.startswith("打印时检查")
    assert before.personal == "打印时检查发现个人信息"
    confirm(office, article, reason="本人同意公开")
    article = office.save(office.now(article), html="<p>电话 13800138000。</p>")
    article = office.submit(article)
    with office.db.session_scope() as session:
        (check,) = session.scalars(sa.select(WordingCheck))
        check.confirms, check.hints, check.lexicon = 7, 5, 3  # by the lexicon of then, which is another now
    form = _form(office, article)
    assert form.found == "提交时检查（词库第 3 版）：须核实 7 处、提醒 5 处"
    assert form.confirmed == [f"“138****8000”：本人同意公开（{office.users['editor'].label}）"]


def _cell(form: Form, label: str) -> str:
    return next(
        row[at + 1].text for row in sheet.rows(form) for at, one in enumerate(row[:-1]) if one.text == label
    )


def test_scope_and_moment_of_the_form_are_those_of_one_push(office: Office) -> None:
    article, now = office.approved(), clock.now()
    _put_out(office, article)
    with office.db.session_scope() as session:
        made = []
        for audience, days in (("all", 0), ("branch:云帆社区党支部", 5)):
            push = Push(
                title="甲", audience=audience, status="sent" if not days else "scheduled", due_at=now + timedelta(days),
                created_by=office.users["editor"].id, created_at=now, skipped={},
            )  # fmt: skip
            session.add(push)
            session.flush()
            session.add(
                PushArticle(push_id=push.id, position=1, article_id=article.id, content_hash=article.hash)
            )
            made.append(push.id)
    _delivered(office, made[0])
    form = _form(office, article)
    assert _cell(form, "拟发布平台\n与范围") == "微信公众号；全部关注者"
    assert _cell(form, "拟发布时间") == f"{clock.to_shanghai(now):%Y-%m-%d %H:%M}"
    later = f"{clock.to_shanghai(now + timedelta(5)):%Y-%m-%d %H:%M}"
    assert f"另排期推送给云帆社区党支部（{later}，" in _cell(form, "备注\n（更正、撤回）")


def test_a_review_that_was_made_up_for_too_late_says_so(office: Office) -> None:
    article = released(office)
    with office.db.session_scope() as session:
        found = releasing.open_of(session, article.id)
        assert found is not None
        found.due_at = clock.now() - timedelta(hours=1)
    with office.db.session_scope() as session:
        releasing.countersign(session, article.id, office.users["admin"], at=clock.now())
    assert [one.stage for one in _form(office, article).opinions] == ["一审", "二审（补审，逾期）", "三审"]
