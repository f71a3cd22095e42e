"""The read-only API and the document that describes it."""

from __future__ import annotations

from typing import Any

from werkzeug.test import TestResponse

from tests.console.conftest import Office


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


def test_the_document_describes_every_road_and_no_page_of_it_is_served(office: Office) -> None:
    client = office.stranger().client
    document = _json(client.get("/api/v1/openapi.json"))
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {"/api/v1/columns", "/api/v1/articles", "/api/v1/articles/{article_id}"}
    assert {column["key"] for column in _json(client.get("/api/v1/columns"))["columns"]} >= {"study", "news"}
    for page in ("/apidoc/swagger", "/apidoc/redoc", "/api/v1/swagger"):
        assert client.get(page).status_code == 404
