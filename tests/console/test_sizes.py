"""What is too large is refused by its length, before the interpreter takes it apart."""

from __future__ import annotations

import io

import pytest

from tests.console.conftest import Desk, Office, text_of
from web import sizes

FILE_VIEWS = {
    "console.article_import_post",
    "console.article_batch_file",
    "console.lexicon_import_post",
    "console.members_import_post",
    "console.places_import_post",
    "console.picture_upload",
}
BODY_VIEWS = {
    "console.article_new_post",
    "console.article_edit_post",
    "console.article_check",
    "console.article_paste",
    "console.article_keep",
    "console.article_typeset",
}


def post(desk: Desk, path: str, size: int, **fields: str) -> int:
    """The status of a form with so many bytes in one field."""
    return desk.client.post(path, data={**fields, "csrf_token": desk.token, "filler": "x" * size}).status_code


@pytest.mark.parametrize(
    "path", ["/console/login", "/console/articles/paste", "/console/nowhere", "/m/study", "/api/v1/articles"]
)
def test_a_stranger_may_send_a_small_form_only(office: Office, path: str) -> None:
    stranger = office.stranger()
    stranger.get("/console/login")
    assert post(stranger, path, sizes.STRANGERS) in (303, 401, 404, 405, 413)
    answer = stranger.client.post("/console/login", data={"username": "x" * sizes.STRANGERS})
    assert answer.status_code == 413
    assert "内容太大" in text_of(answer)


def test_an_ordinary_form_is_larger_a_body_larger_still(office: Office) -> None:
    desk = office.desk("editor")
    desk.get("/console/articles/new")
    assert post(desk, "/console/password/strength", sizes.FORMS - 1000) != 413
    assert post(desk, "/console/password/strength", sizes.FORMS) == 413
    assert post(desk, "/console/articles/check", sizes.BODIES - 1000) != 413
    assert post(desk, "/console/articles/check", sizes.BODIES) == 413


def test_files_alone_may_be_as_large_as_the_office_says(office: Office) -> None:
    desk = office.desk("editor")
    desk.get("/console/articles/import")
    large = (io.BytesIO(b"x" * (sizes.BODIES + 1000)), "a.docx")
    form = {"csrf_token": desk.token, "column": "news", "file": large}
    answer = desk.client.post("/console/articles/import", data=form, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "Word" in text_of(answer)


def test_no_other_view_takes_more_than_an_ordinary_form(office: Office) -> None:
    takes = {name: getattr(view, "takes", "") for name, view in office.app.view_functions.items()}
    assert {name for name, kind in takes.items() if kind == "files"} == FILE_VIEWS
    assert {name for name, kind in takes.items() if kind == "body"} == BODY_VIEWS


def test_a_body_longer_than_anybody_needs_is_refused_at_once_and_does_not_come_back_whole(
    office: Office,
) -> None:
    desk = office.desk("editor")
    desk.get("/console/articles/new")
    fields = {"title": "标题", "column_id": "1", "author": "", "digest": "", "html": "<b>" * 300_000}
    answer = desk.post("/console/articles/new", fields, 422)
    assert "太长" in text_of(answer)
    assert len(answer.data) < 3_000_000
