"""批注: what a reviewer says of a passage stays with the passage, and the writer answers it."""

from __future__ import annotations

import pytest

from content import comments
from ground import clock
from ground.errors import Conflict, Forbidden, Refused
from models import Article
from tests.content.conftest import Office

BODY = "<p>本月走访居民 三十户。</p><p>修好了楼道里的<strong>灯</strong>，大家满意。</p>"


def say(
    office: Office, article: Article, quote: str, *, by: str = "first", text: str = "请核对", seen: str = ""
) -> int:
    with office.db.session_scope() as session:
        made = comments.make(
            session, article.id, office.users[by], quote=quote, text=text, expected_hash=seen or None, at=clock.now()
        )  # fmt: skip
        return made.id


def shown(office: Office, article: Article) -> list[comments.Shown]:
    with office.db.read_scope() as session:
        return comments.shown(session, session.get_one(Article, article.id))


def test_a_passage_is_found_where_it_stands(office: Office) -> None:
    article = office.submit(office.draft(html=BODY, title="走访记"))
    for quote in ("走访居民三十户", "楼道里的灯，大家", "三十户。\n修好了", "走访记"):
        say(office, article, quote)
    places = [(one.place.name, one.words) for one in shown(office, article) if one.place]
    assert places == [
        ("正文第 1 段", "走访居民 三十户"), ("正文第 2 段", "楼道里的灯，大家"), ("正文第 1 段", "三十户。"), ("标题", "走访记"),
    ]  # fmt: skip


def test_a_comment_keeps_its_passage_when_the_text_changes(office: Office) -> None:
    article = office.submit(office.draft(html=BODY))
    say(office, article, "走访居民 三十户")
    say(office, article, "大家满意")
    office.save(article, html=BODY.replace("三十", "二十"))
    found = [(one.comment.quote, one.place is not None) for one in shown(office, article)]
    assert found == [("走访居民 三十户", False), ("大家满意", True)]


def test_only_a_reviewer_comments_and_only_on_what_is_in_review(office: Office) -> None:
    article = office.submit(office.draft(html=BODY))
    with pytest.raises(Forbidden):
        say(office, article, "大家满意", by="editor")
    with pytest.raises(Conflict, match="内容已更新"):
        say(office, article, "大家满意", seen="0" * 64)
    for quote, text, why in (
        (" ", "请核对", "请先在正文中选中"), ("没有这句话", "请核对", "稿件里没有这段文字"), ("大家满意", "  ", "请填写批注"),
        ("长" * 201, "请核对", "最多 200 个字"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=why):
            say(office, article, quote, text=text)
    office.send_back(article, by="first")
    with pytest.raises(Conflict, match="不在审核中"):
        say(office, article, "大家满意")


def test_the_writer_answers_once_and_it_is_settled_once(office: Office) -> None:
    article = office.submit(office.draft(html=BODY))
    made = say(office, article, "大家满意")
    with office.db.session_scope() as session, pytest.raises(Forbidden):
        comments.answer(session, made, office.users["second"], "已改", at=clock.now())
    with office.db.session_scope() as session:
        comments.answer(session, made, office.users["editor"], "已与居民核对", at=clock.now())
    with office.db.session_scope() as session, pytest.raises(Conflict, match="已经答复"):
        comments.answer(session, made, office.users["colleague"], "再答", at=clock.now())
    with office.db.session_scope() as session, pytest.raises(Forbidden, match="只有作者一方或写批注的人"):
        comments.settle(session, made, office.users["second"], at=clock.now())
    with office.db.session_scope() as session:
        comments.settle(session, made, office.users["first"], at=clock.now())
    with office.db.session_scope() as session, pytest.raises(Conflict, match="已经标为已处理"):
        comments.settle(session, made, office.users["editor"], at=clock.now())
    (one,) = shown(office, article)
    assert (one.comment.answer, one.open) == ("已与居民核对", False)
