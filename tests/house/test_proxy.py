"""Behind a proxy each visitor is counted by his own address, and nobody can choose one."""

from __future__ import annotations

import pytest
from flask import Flask, request

import app as application
from tests.fixtures.configuration import make_settings


def build(url: str, folder: str, proxies: int) -> Flask:
    made = application.create_app(
        make_settings(
            database={"url": url},
            server={"data_dir": folder, "proxies": proxies, "base_url": "http://localhost"},
        )
    )

    @made.get("/who")
    def who() -> str:
        return str(request.remote_addr)

    return made


@pytest.mark.parametrize(("proxies", "seen"), [(0, "127.0.0.1"), (1, "198.51.100.7"), (2, "203.0.113.9")])
def test_as_many_forwarded_addresses_are_believed_as_there_are_proxies(
    sqlite_url: str, tmp_path_factory: pytest.TempPathFactory, proxies: int, seen: str
) -> None:
    made = build(sqlite_url, str(tmp_path_factory.mktemp("var")), proxies)
    header = {"X-Forwarded-For": "192.0.2.1, 203.0.113.9, 198.51.100.7"}
    assert made.test_client().get("/who", headers=header).text == seen
    made.extensions["pioneer"].close()
