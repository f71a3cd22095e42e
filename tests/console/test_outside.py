"""What answers outside the office pages: the read API as its own document says, and addresses that are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok

from app import create_app
from tests.fixtures.configuration import make_settings


def test_no_request_breaks_the_api_or_its_document(sqlite_url: str, tmp_path: Path) -> None:
    app = create_app(make_settings(database={"url": sqlite_url}, server={"data_dir": str(tmp_path / "var")}))
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    asked = 0
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()

        @settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            case.call_and_validate(additional_checks=[not_a_server_error])

        ask()
        asked += 1
    assert asked >= 3


def test_an_address_that_is_none_is_told_in_the_face_s_own_way(sqlite_url: str, tmp_path: Path) -> None:
    app = create_app(make_settings(database={"url": sqlite_url}, server={"data_dir": str(tmp_path / "var")}))
    client = app.test_client()
    assert client.get("/").location == "/m/"
    assert "没有这个地址" in client.get("/nowhere").text
    missing = client.get("/api/v1/nowhere")
    assert missing.status_code == 404
    assert missing.get_json()["message"].startswith("找不到页面")


def test_a_nul_in_an_address_breaks_no_page(database_url: str, tmp_path: Path) -> None:
    app = create_app(
        make_settings(database={"url": database_url}, server={"data_dir": str(tmp_path / "var")})
    )
    for address in ("/m/search?q=%00", "/m/study?q=%00", "/m/?q=%00", "/api/v1/articles?q=%00&column=%00"):
        assert app.test_client().get(address).status_code < 500, address
