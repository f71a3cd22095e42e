"""The sample proxy before the real server: slow clients stay with it, and it says of whom it passes a request on."""

from __future__ import annotations

import http.client
import re
import ssl
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.fixtures.nginx import Nginx
from tests.fixtures.processes import Spawn, eventually, free_port
from tests.inbound.serving import Served, serve
from tests.inbound.strangers import crowd, post, push_path

HOST = "xianfeng.example.gov.cn"
ELSEWHERE = "127.0.0.2"
"""The whole of 127.0.0.0/8 is this machine: a visitor with another address than the proxy's."""


@pytest.fixture(scope="module")
def served(spawn_module: Spawn, module_sqlite_url: str, tmp_path_factory: pytest.TempPathFactory) -> Served:
    served = serve(
        spawn_module,
        tmp_path_factory.mktemp("behind"),
        module_sqlite_url,
        proxies=["127.0.0.1"],
        hosts=[HOST],
        require_totp_for=[],
    )
    nginx = Nginx(tmp_path_factory.mktemp("nginx"), "pioneer.conf", served.port)
    nginx.start(spawn_module)
    served.front = nginx.https
    return served


def visit(
    served: Served, path: str, form: str | None = None, address: str = ELSEWHERE, **headers: str
) -> http.client.HTTPResponse:
    """A GET, or a POST of ``form``, from ``address`` by the proxy's TLS port."""
    assert served.front is not None
    connection = http.client.HTTPSConnection(
        *("127.0.0.1", served.front), timeout=10, context=ssl._create_unverified_context(),
        source_address=(address, 0),
    )  # fmt: skip
    connection.request("GET" if form is None else "POST", path, form, headers={"Host": HOST, **headers})
    return connection.getresponse()


@pytest.mark.parametrize("sample", ["pioneer.conf", "compose.conf"])
def test_nginx_takes_the_samples_as_they_are(tmp_path: Path, sample: str) -> None:
    tried = Nginx(tmp_path / "nginx", sample, free_port()).tried()
    assert tried.returncode == 0, tried.stderr
    assert "[warn]" not in tried.stderr.replace('[warn] the "user" directive', ""), tried.stderr


@pytest.mark.torture
@pytest.mark.parametrize(
    "kind",
    [
        ("push", b""),
        ("push", b"x"),
        ("head", b"X-A: b\r\n"),
        ("console", b"x"),
        ("api", b"1\r\nx\r\n"),
    ],
    ids=["a push without a body", "a push by the byte", "headers slowly", "the console by the byte", "chunked without end"],
)  # fmt: skip
def test_while_a_hundred_are_slow_ten_pushes_a_second_are_answered(
    served: Served, kind: tuple[str, bytes]
) -> None:
    first = {
        "push": post(push_path(served.account), "Content-Length: 900"),
        "head": b"POST /wechat/callback HTTP/1.1\r\nHost: x\r\n",
        "console": post("/console/login", "Content-Length: 900"),
        "api": post("/api/v1/articles", "Transfer-Encoding: chunked"),
    }[kind[0]]
    assert served.front is not None
    with crowd(served.front, (first, kind[1]), 100, tls=True):
        took = served.ten_a_second(1.5)
        # Every place of the server is free: none of the hundred has come through.
        with crowd(served.port, (post("/console/login", "Content-Length: 900"), b""), 30) as direct:
            assert not any(one.status == 503 for one in direct)
    assert took[int(len(took) * 0.9)] < 0.5, took
    assert took[-1] < 4, took


def test_a_slow_push_is_given_up_by_the_proxy(served: Served) -> None:
    assert served.front is not None
    slow = post(push_path(served.account), "Content-Length: 900")
    with crowd(served.front, (slow, b""), 3, tls=True) as strangers:
        for one in strangers:
            assert one.ended.wait(20), f"still open after {one.got[:40]!r}"
            assert one.status in (0, 408)


def test_a_large_push_ends_at_the_proxy(served: Served) -> None:
    assert served.front is not None
    with crowd(served.front, (post("/wechat/callback", "Content-Length: 70000"), b""), 1, tls=True) as (one,):
        eventually(lambda: one.status, timeout_s=5)
        assert one.status == 413


def test_figures_are_not_shown_to_the_outside(served: Served) -> None:
    assert visit(served, "/metrics", **{"X-Forwarded-For": "127.0.0.1"}).status == 403
    assert visit(served, "/readyz").status == 200


def test_a_visitor_cannot_choose_the_address_that_he_is_counted_by(served: Served) -> None:
    """Sixty tries a minute from an address; the window may turn over once while they are made."""

    def try_once(address: str, pretended: str) -> int:
        return visit(
            served, "/console/login", form, address, **{**known, "X-Forwarded-For": pretended}
        ).status

    page = visit(served, "/console/login")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.read().decode())
    assert token is not None
    form = urlencode({"csrf_token": token[1], "username": "", "password": ""})
    known = {
        "Cookie": (page.getheader("Set-Cookie") or "").partition(";")[0],
        "Referer": f"https://{HOST}/console/login",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    seen = [try_once(ELSEWHERE, f"192.0.2.{number}") for number in range(121)]
    assert 429 in seen, seen
    assert try_once("127.0.0.3", ELSEWHERE) not in (303, 400, 429)


def test_what_is_not_encrypted_is_sent_on_to_where_it_is(
    served: Served, spawn: Spawn, tmp_path: Path
) -> None:
    nginx = Nginx(tmp_path / "nginx", "pioneer.conf", served.port)
    nginx.start(spawn)
    plain = http.client.HTTPConnection("127.0.0.1", nginx.http, timeout=10)
    plain.request("GET", "/m/?x=1", headers={"Host": HOST})
    answer = plain.getresponse()
    assert (answer.status, answer.getheader("Location")) == (301, f"https://{HOST}/m/?x=1")
