"""Lists for readers cost the same however many articles there are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from content import reading
from database.session import Database
from ground import clock
from models import Article
from tests.content.conftest import Office, furnish
from tests.fixtures.configuration import make_settings


@pytest.fixture
def large_office(sqlite_url: str, tmp_path: Path) -> Iterator[Office]:
    """An office with two thousand published articles in two columns."""
    db = Database(sqlite_url)
    office = furnish(db, make_settings(database={"url": sqlite_url}, server={"data_dir": str(tmp_path)}))
    now = clock.now()
    rows: list[dict[str, Any]] = [
        {
            "column_id": office.columns["news" if number % 2 else "study"],
            "title": f"稿件 {number}",
            "author": "",
            "digest": "",
            "html": "<p>文</p>",
            "source_url": "",
            "status": "published" if number % 50 else "corrected",
            "stage": 0,
            "hash": f"{number:064}",
            "version": 1,
            "created_by": office.users["editor"].id,
            "created_at": now,
            "updated_at": now,
            "published_at": now - timedelta(hours=number),
            "published_url": "",
            "wechat_article_id": "",
            "msg_data_id": "",
            "warnings": [],
        }
        for number in range(2000)
    ]
    with office.db.session_scope() as session:
        session.execute(sa.insert(Article), rows)
        session.execute(sa.text("ANALYZE"))
    yield office
    db.close()


def test_lists_and_neighbours_are_read_from_the_index_in_their_order(large_office: Office) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        asked.append((statement, parameters))

    with large_office.db.read_scope() as session:
        middle = session.scalars(sa.select(Article).where(Article.title == "稿件 1001")).one()
        sa.event.listen(large_office.db.engine, "before_cursor_execute", note)
        shelf = reading.shelf(session, large_office.columns["news"], number=3)
        neighbours = reading.neighbours(session, middle)
        sa.event.remove(large_office.db.engine, "before_cursor_execute", note)
        plans = [
            " / ".join(
                row[3]
                for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            )
            for statement, parameters in asked
        ]
    assert [teaser.title for teaser in shelf.teasers] == [f"稿件 {number}" for number in range(41, 61, 2)]
    assert neighbours.newer
    assert neighbours.older
    assert (neighbours.newer.title, neighbours.older.title) == ("稿件 999", "稿件 1003")
    assert len(plans) == 6
    for plan in plans:
        assert "ix_article_column_published" in plan
        assert "SCAN" not in plan
    for plan in plans[4:]:
        assert "published_at<" in plan, "older neighbours are looked for from the newest on"
