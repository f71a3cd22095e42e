"""The index follows every save in its own transaction, and can be made anew at any time."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from content import cleaning
from content.search import asking, find, grams, index, snippets
from database.session import Database
from models import Article, ArticleText
from operations import indexing
from tests.content.conftest import Office, furnish
from tests.fixtures.configuration import make_settings
from tests.search.conftest import Library, written
from tests.search.corpus import TEXTS


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    """A furnished office of one test's own."""
    url = database.url.render_as_string(hide_password=False)
    return furnish(database, make_settings(database={"url": url}, server={"data_dir": str(tmp_path)}))


def _office(office: Office, query: str) -> list[int]:
    with office.db.read_scope() as session:
        return [one.id for one in find.office(session, asking.read(query)).slice(0, 50)]


def test_every_two_characters_of_every_text_are_found_as_like_would_find_them(library: Library) -> None:
    whole = {text.key: grams.fold(f"{text.title} {text.author} {text.body}") for text in TEXTS}
    pairs = {
        run[at : at + 2] for text in whole.values() for run in text.split() for at in range(len(run) - 1)
    }
    plain = sorted(pair for pair in pairs if not pair.isascii() and pair not in asking.synonyms())
    for pair in random.Random(7).sample(plain, 60):
        assert set(library.found(pair)) == {key for key, text in whole.items() if pair in text}, pair


def test_titles_come_before_authors_before_bodies_and_the_newest_first(library: Library) -> None:
    assert library.found("律师") == ["律师", "法治"]
    assert library.found("物业") == ["投放", "法治"]
    assert library.found("党课 社区") == ["党课"]
    assert library.found("社区") == ["党课", "招聘", "义诊", "网格"]
    assert library.found("社区", order=find.NEWEST) == ["党课", "网格", "招聘", "义诊"]


def test_what_is_saved_is_found_at_once_and_what_was_taken_out_no_longer(office: Office) -> None:
    draft = office.draft(title="新的题目", html="<p>正文说到垃圾<b>分</b>类。</p>")
    assert _office(office, "垃圾分类") == [draft.id]
    draft = office.save(draft, html="<p>正文说到停水。</p>")
    assert _office(office, "垃圾分类") == []
    assert _office(office, "停水 题目") == [draft.id]
    with suppress(RuntimeError), office.db.session_scope() as session:
        index.keep(session, draft.id, title="别的", author="", html="")
        raise RuntimeError
    assert _office(office, "停水 题目") == [draft.id]
    with office.db.read_scope() as session:
        assert find.readers(session, asking.read("停水")).count() == 0


def test_very_long_texts_and_ever_the_same_words_are_found_as_others_are(office: Office) -> None:
    same = office.draft(title="同一个词", html=f"<p>{'垃圾分类' * 300}很好</p>")
    far = office.draft(title="很长", html=f"<p>{'一二三四五六七八九十' * 2000}垃圾有分类</p>")
    assert _office(office, "垃圾分类") == [same.id]
    assert _office(office, "垃圾有分类") == [far.id]
    assert _office(office, "类垃圾分") == [same.id]
    assert _office(office, "十垃圾有") == [far.id]
    office.save(far, html="<p>短了</p>")
    assert _office(office, "垃圾有分类") == []


def test_the_index_is_filled_after_an_upgrade_and_made_anew_by_another_edition(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = written(office)
    with office.db.session_scope() as session:
        index.empty(session)
    assert _office(office, "党课") == []
    chore = indexing.Indexing(office.db)
    for _ in range(20):
        chore()
    assert _office(office, "党课") == [ids["党课"]]
    monkeypatch.setattr(grams, "edition", lambda: "another")
    with office.db.session_scope() as session:
        index.keep(session, ids["党课"], title="换了", author="", html="")
        assert index.is_outdated(session)
    standing = list(indexing.steps(office.db))
    assert standing[0].missing == standing[-1].articles
    assert standing[-1].missing == 0
    with office.db.read_scope() as session:
        kept = session.scalars(sa.select(ArticleText.edition).distinct()).all()
        assert kept == ["another"]
        assert session.scalar(sa.select(sa.func.count(Article.id))) == len(TEXTS)
    assert _office(office, "党课") == [ids["党课"]]


def test_what_was_looked_for_is_marked_where_it_stands_as_it_was_written() -> None:
    def marked(stretches: list[snippets.Stretch]) -> str:
        return "".join(f"[{text}]" if hit else text for text, hit in stretches)

    body = cleaning.text_of("<p>" + "开头的话。" * 20 + "</p><p>本週的垃圾分類情況，ＡＰＰ可查。</p>")
    shown = snippets.shown(asking.read("垃圾分类 app fenlei"), title="分類“垃圾”", author="某某", body=body)
    assert marked(shown.title) == "[分類]“垃圾”"
    assert "本週的[垃圾分類]情況，[ＡＰＰ]可查。" in marked(shown.body)
    assert len("".join(text for text, _ in shown.body)) <= snippets.BODY_CHARS + 2
    assert (
        marked(snippets.shown(asking.read("ljf"), title="说垃圾分类", author="", body="").title)
        == "说[垃圾分]类"
    )
