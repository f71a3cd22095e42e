"""A page is drawn from values: nothing is asked of the database row by row while it is."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm.exc import DetachedInstanceError

from content import waiting
from models import Article
from tests.console.conftest import Office


def test_a_page_that_would_ask_for_each_row_again_fails_where_it_is_made(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.article("周末一起种树", "approved")
    desk = office.desk("admin")
    monkeypatch.setattr(
        waiting, "articles", lambda session, *_, **__: list(session.scalars(sa.select(Article)))
    )
    with pytest.raises(DetachedInstanceError, match="column"):
        desk.get("/console/reviews")
