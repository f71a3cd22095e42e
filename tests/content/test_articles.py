"""Saving: revisions, stale tabs, and what an edit does to approvals; queue and publication."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from content import columns, publish, queue, revisions
from content.cleaning import asset_url
from content.pictures import prepare
from ground import clock
from ground.errors import Conflict, Forbidden, NotFound, Refused
from models import Article, Asset, Push
from scheduler.pushes import cancel
from tests.content.conftest import LIMITS, Office
from tests.content.words import image
from tests.fixtures.configuration import make_settings
from tests.world import followers, pushes


def test_a_save_is_a_revision_and_never_changes_an_older_one(office: Office) -> None:
    first = office.draft()
    second = office.save(first, title="网格里的两天")
    with office.db.read_scope() as session:
        kept = [(one.version, one.title, one.hash) for one in revisions.kept(session, first.id)]
    assert kept == [(2, "网格里的两天", second.hash), (1, "网格里的一天", first.hash)]
    assert first.hash != second.hash


def test_a_save_keeps_its_source_link_and_tells_where_it_changed(office: Office) -> None:
    first = office.draft()
    second = office.save(first, source_url="https://example.cn/1")
    third = office.save(second, title="网格里的两天")
    fourth = office.save(third, source_url="")
    with office.db.session_scope() as session:
        saves = revisions.kept(session, fourth.id)
        assert [one.source_url for one in saves] == ["", "https://example.cn/1", "https://example.cn/1", ""]
        assert revisions.changed_links(saves) == {2: "https://example.cn/1", 4: ""}
        saves[1].source_url = None  # of the time when links were not kept
        assert revisions.changed_links(saves) == {2: "https://example.cn/1"}


def test_the_hash_covers_each_field(office: Office) -> None:
    base = office.fields()
    others = [
        office.fields(title="别的"), office.fields(author="别人"), office.fields(digest="别的"), office.fields(html="<p>别</p>"),
        office.fields(cover_sha256=None), office.fields(column="study"), office.fields(source_url="https://x.cn"),
        office.fields(cover_square=0), office.fields(cover_square=300),
    ]  # fmt: skip
    assert len({revisions.content_hash(one) for one in [base, *others]}) == 10


def test_a_stale_tab_cannot_overwrite_what_a_colleague_wrote(office: Office) -> None:
    seen = office.draft()
    office.save(seen, by="colleague", title="同事改过的标题")
    with pytest.raises(Conflict, match=r"^该稿件已被colleague于 \d\d:\d\d 修改，请刷新后再提交$"):
        office.save(seen, title="旧标签页里的标题")
    assert office.now(seen).title == "同事改过的标题"


def test_two_saves_at_the_same_moment_end_with_one(office: Office) -> None:
    seen = office.draft()

    def attempt(number: int) -> bool:
        try:
            office.save(seen, title=f"第 {number} 版")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1
    assert office.now(seen).version == 2


def test_saving_without_a_change_keeps_the_approvals(office: Office) -> None:
    article = office.approved()
    assert office.save(article).status == "approved"
    assert office.now(article).version == 1


def test_an_edit_voids_all_approvals_and_review_starts_again(office: Office) -> None:
    article = office.approve(office.submit(office.draft()), by="first")
    edited = office.save(article, html="<p>改过的正文。</p>")
    assert (edited.status, edited.stage) == ("in_review", 1)
    assert all(decision.void for decision in office.now(article).reviews)
    assert office.save(office.approved(), title="审完又改").status == "draft"


def test_an_edit_in_review_that_wechat_would_refuse_falls_back_to_a_draft(office: Office) -> None:
    article = office.submit(office.draft())
    assert office.save(article, title="长" * 40).status == "draft"


def test_unsafe_html_is_cleaned_on_the_way_in(office: Office) -> None:
    assert office.draft(html="<p onclick='x()'>文</p><script>x()</script>").html == "<p>文</p>"


def test_a_picture_that_was_never_stored_is_refused(office: Office) -> None:
    with pytest.raises(NotFound, match="1 张图片不存在"):
        office.draft(html=f'<p><img src="{asset_url("0" * 64)}"></p>')


def test_only_editors_and_administrators_write(office: Office) -> None:
    for name in ("first", "auditor"):
        with pytest.raises(Forbidden):
            office.draft(by=name)
    with pytest.raises(Refused, match="请输入标题"):
        office.draft(title=" \x00 ")


def test_a_queued_article_is_locked_until_it_leaves_the_queue(office: Office) -> None:
    article = office.approved()
    office.do(lambda s: queue.enqueue(s, article.id, office.users["editor"], at=clock.now()))
    with pytest.raises(Conflict, match="先撤出队列"):
        office.save(article, title="偷偷改")
    office.do(lambda s: queue.dequeue(s, article.id, office.users["editor"], at=clock.now()))
    assert office.save(article, title="光明正大地改").status == "draft"


def test_an_article_that_a_push_holds_is_locked(office: Office) -> None:
    article = office.approved()
    with office.db.session_scope() as session:
        followers.follower(session, "o-1")
        push = pushes.push(session, make_settings(), article.id)
    with pytest.raises(Conflict, match="稿件已排期，请先撤出排期，再修改稿件"):
        office.save(article, title="偷偷改")
    with office.db.session_scope() as session:
        cancel(session, session.get_one(Push, push.id), office.users["editor"], at=clock.now())
    assert office.save(article, title="取消后再改").status == "draft"


def test_the_queue_gives_its_head_and_keeps_the_order_given_by_hand(office: Office) -> None:
    editor = office.users["editor"]
    a, b, c = (office.approved(title=title) for title in ("甲稿", "乙稿", "丙稿"))
    for article in (a, b, c):
        office.do(lambda s, one=article: queue.enqueue(s, one.id, editor, at=clock.now()))  # type: ignore[misc]
    with office.db.session_scope() as session:
        queue.move(session, c.id, editor, to=1, at=clock.now())
    with office.db.read_scope() as session:
        assert [one.title for one in queue.waiting(session, office.columns["news"])] == [
            "丙稿",
            "甲稿",
            "乙稿",
        ]
    taken, news = [], office.columns["news"]
    with office.db.session_scope() as session:
        assert queue.take_for_slot(session, news, most=3, by=clock.now() - timedelta(minutes=1)) == []
    for _ in range(3):
        with office.db.session_scope() as session:
            some = queue.take_for_slot(session, news, most=2, by=clock.now())
            taken.append([one.title for one in some])
    assert taken == [["丙稿", "甲稿"], ["乙稿"], []]
    assert office.now(a).status == "planned"


def test_of_many_schedulers_each_takes_another_head(office: Office) -> None:
    for number in range(3):
        article = office.approved(title=f"稿件 {number}")
        office.do(lambda s, one=article: queue.enqueue(s, one.id, office.users["editor"], at=clock.now()))  # type: ignore[misc]

    def take(_: int) -> int | None:
        with office.db.session_scope() as session:
            some = queue.take_for_slot(session, office.columns["news"], most=1, by=clock.now())
            return some[0].id if some else None

    with ThreadPoolExecutor(5) as pool:
        taken = list(pool.map(take, range(5)))
    ids = [one for one in taken if one is not None]
    assert len(ids) == len(set(ids)) == 3


def test_only_reviewed_articles_are_queued_or_sent(office: Office) -> None:
    article = office.draft()
    with pytest.raises(Conflict, match="审核通过后才能"):
        office.do(lambda s: queue.enqueue(s, article.id, office.users["editor"], at=clock.now()))
    with pytest.raises(Conflict, match="当前为“草稿”"), office.db.read_scope() as session:
        publish.sendable(session, [article.id])


def test_uploads_are_asked_for_once_and_the_draft_follows(office: Office) -> None:
    photo = prepare(image(640, 480), LIMITS)
    office.store.put(photo)
    with office.db.session_scope() as session:
        from content.assets import remember

        remember(session, [photo, photo], at=clock.now())
    article = office.approved(html=f'<p>现场。</p><p><img src="{asset_url(photo.sha256)}" alt="现场"></p>')
    with office.db.read_scope() as session:
        needed = publish.assets_needed(session, [article.id])
        assert {(one.sha256, one.road) for one in needed} == {
            (office.cover, "material"),
            (photo.sha256, "uploadimg"),
        }
        with pytest.raises(Conflict, match="还没有"):
            publish.draft_articles(session, [article.id])
    with office.db.session_scope() as session:
        publish.remember_upload(session, photo.sha256, url="http://mmbiz.qpic.cn/a/0?wx_fmt=jpeg")
        publish.remember_upload(
            session, office.cover, media_id="COVER", url="http://mmbiz.qpic.cn/c/0?wx_fmt=jpeg"
        )
    with office.db.read_scope() as session:
        assert publish.assets_needed(session, [article.id]) == []
        (draft,) = publish.draft_articles(session, [article.id])
    assert (draft.title, draft.author, draft.thumb_media_id) == (article.title, article.author, "COVER")
    assert 'src="http://mmbiz.qpic.cn/a/0?wx_fmt=jpeg"' in draft.content
    assert "/m/asset/" not in draft.content


@pytest.mark.parametrize(
    ("left", "crop"), [(None, ""), (100, "0.100000_0_SIDE_1"), (990, "LAST_0_1.000000_1")]
)
def test_the_square_of_the_cover_is_the_one_that_was_chosen(
    office: Office, left: int | None, crop: str
) -> None:
    article = office.approved(cover_square=left)
    with office.db.session_scope() as session:
        publish.remember_upload(session, office.cover, media_id="COVER")
    with office.db.read_scope() as session:
        cover = session.get_one(Asset, office.cover)
        side = cover.height / cover.width
        (draft,) = publish.draft_articles(session, [article.id])
    wanted = crop.replace("SIDE", f"{0.1 + side:.6f}").replace("LAST", f"{1 - side:.6f}")
    assert draft.pic_crop_1_1 == wanted


def test_publication_is_recorded_once_and_a_failed_send_gives_the_article_back(office: Office) -> None:
    article = office.approved()

    def stored() -> Article:
        return office.now(article)

    with office.db.session_scope() as session:
        publish.mark_publishing(session, [article.id])
    assert stored().status == "publishing"
    with office.db.session_scope() as session:
        publish.let_go(session, [article.id])
    assert stored().status == "approved"
    first = clock.now()
    for hours, url in ((0, ""), (5, "http://mp.weixin.qq.com/s/abc")):
        with office.db.session_scope() as session:
            publish.mark_published(
                session, [article.id], at=first + timedelta(hours=hours), url=url, msg_data_id="7"
            )
    assert (stored().status, stored().published_at, stored().published_url) == (
        "published",
        first,
        "http://mp.weixin.qq.com/s/abc",
    )
    with pytest.raises(Conflict, match="已发布"):
        office.save(article, title="发布后偷偷改")


def test_default_columns_are_made_once_and_others_can_be_added(office: Office) -> None:
    with office.db.session_scope() as session:
        columns.ensure_defaults(session)
        columns.create(session, office.users["admin"], key="law", name="律师说法", at=clock.now())
        assert [one.key for one in columns.listing(session)] == ["study", "news", "law"]
        with pytest.raises(Conflict):
            columns.create(session, office.users["admin"], key="law", name="别的名字", at=clock.now())
        with pytest.raises(NotFound, match="可用的栏目有 study（学习园地）"):
            columns.by_key(session, "none")
        with pytest.raises(Refused, match="08:00 的样子"):
            columns.change(
                session,
                office.users["admin"],
                columns.by_key(session, "law"),
                name="律师说法",
                description="",
                active=True,
                slots=[{"weekdays": [0], "time": "25:00"}],
                at=clock.now(),
            )
