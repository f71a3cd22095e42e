"""The read-only API and the document that describes it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.exceptions import default_exceptions
from werkzeug.test import TestResponse

from app import create_app
from ground.errors import PioneerError
from tests.console.conftest import Office
from tests.fixtures.configuration import make_settings
from web.problems import MEANINGS, Code, of_kind, of_status


def _json(answer: TestResponse) -> Any:
    return answer.json


def test_only_published_articles_can_be_read(office: Office) -> None:
    draft, out = office.article("草稿"), office.article("已发布的稿件", "published")
    client = office.stranger().client
    listed = _json(client.get("/api/v1/articles?column=news"))
    assert [one["id"] for one in listed["articles"]] == [out]
    assert client.get(f"/api/v1/articles/{draft}").status_code == 404
    article = client.get(f"/api/v1/articles/{out}")
    assert "楼道里的灯修好了" in _json(article)["html"]
    assert article.headers["ETag"]
    unchanged = client.get(f"/api/v1/articles/{out}", headers={"If-None-Match": article.headers["ETag"]})
    assert unchanged.status_code == 304


def test_a_wrong_query_is_answered_with_what_is_wrong(office: Office) -> None:
    client = office.stranger().client
    assert client.get("/api/v1/articles?column=news&page=0").status_code == 422
    assert client.get("/api/v1/articles").status_code == 422
    unknown = client.get("/api/v1/articles?column=nothing")
    assert unknown.status_code == 404
    assert "没有栏目" in _json(unknown)["message"]
    assert _json(client.get("/api/v1/articles"))["message"].startswith("查询参数 column 缺少或有误，")
    wrong = _json(client.get("/api/v1/articles?column=news&page=0"))
    assert wrong["message"].startswith("查询参数 page 缺少或有误，")
    assert [one["loc"] for one in wrong["errors"]] == [["page"]]


@pytest.mark.parametrize(
    ("method", "address", "host", "status", "code"),
    [
        ("GET", "/api/v1/articles?column=nothing", "", 404, "not_found"),
        ("GET", "/api/v1/articles/987654", "", 404, "not_found"),
        ("GET", "/api/v1/articles/99999999999999999999", "", 404, "not_found"),
        ("GET", "/api/v1/nowhere", "", 404, "not_found"),
        ("GET", "/api/", "", 404, "not_found"),
        ("GET", "/api/v1/articles", "", 422, "invalid_query"),
        ("GET", "/api/v1/articles?column=news&page=x", "", 422, "invalid_query"),
        ("GET", "/api/v1/articles?column=news&page=1&page=2", "", 422, "invalid_query"),
        ("GET", "/api/v1/articles?column=" + "x" * 21, "", 422, "invalid_query"),
        ("POST", "/api/v1/columns", "", 405, "method_not_allowed"),
        ("GET", "/api/v1/columns", "evil.example", 421, "wrong_host"),
    ],
)
def test_every_problem_has_a_code_for_programs_and_a_sentence_for_people(
    office: Office, method: str, address: str, host: str, status: int, code: str
) -> None:
    client = office.stranger().client
    answer = client.open(address, method=method, headers={"Host": host} if host else {})
    assert (answer.status_code, answer.mimetype) == (status, "application/json")
    assert _json(answer)["code"] == code
    assert "，" in _json(answer)["message"]


def test_a_database_that_does_not_answer_is_a_problem_with_a_code_too(
    sqlite_url: str, tmp_path: Path
) -> None:
    settings = make_settings(database={"url": sqlite_url}, server={"data_dir": str(tmp_path / "var")})
    app = create_app(settings)
    with app.extensions["pioneer"].db.session_scope() as session:
        session.execute(sa.text('ALTER TABLE "column" RENAME TO gone'))
    answer = app.test_client().get("/api/v1/columns")
    assert (answer.status_code, _json(answer)["code"]) == (503, "unavailable")


def _kinds(kind: type[PioneerError]) -> set[type[PioneerError]]:
    return {kind}.union(*(_kinds(one) for one in kind.__subclasses__()))


def test_codes_are_words_of_their_own_and_no_error_is_without_one() -> None:
    names = Code.__members__
    assert len({code.value for code in names.values()}) == len(names)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", code) for code in Code)
    assert set(MEANINGS) == set(Code)
    direct = PioneerError.__subclasses__()
    assert len({of_kind(kind.__new__(kind)) for kind in direct}) == len(direct), "each kind has its own"
    for kind in _kinds(PioneerError):
        assert isinstance(of_kind(kind.__new__(kind)), Code), kind
    for status in default_exceptions:
        assert isinstance(of_status(status), Code), status


def test_the_document_describes_every_road_and_no_page_of_it_is_served(office: Office) -> None:
    client = office.stranger().client
    document = _json(client.get("/api/v1/openapi.json"))
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {"/api/v1/columns", "/api/v1/articles", "/api/v1/articles/{article_id}"}
    assert {column["key"] for column in _json(client.get("/api/v1/columns"))["columns"]} >= {"study", "news"}
    for code in Code:
        assert f"`{code}`" in document["info"]["description"]
    answers = document["paths"]["/api/v1/articles"]["get"]["responses"]
    assert {"404", "422"} <= set(answers)
    described = json.dumps(document["components"]["schemas"])
    assert all(f'"{code}"' in described for code in Code)
    for page in ("/apidoc/swagger", "/apidoc/redoc", "/api/v1/swagger"):
        assert client.get(page).status_code == 404
