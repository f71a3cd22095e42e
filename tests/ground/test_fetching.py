"""Addresses that people enter are asked only where they are public, once judged, and only so much and so long."""

from __future__ import annotations

import gzip
import ipaddress
import time
import zlib
from collections.abc import Sequence
from typing import Any

import pytest

from ground.fetching import Fetched, Fetcher, NotFetched, is_public
from ground.fetching.addresses import Address
from tests.ground import hostile
from tests.ground.hostile import serving

NAME = "pictures.example.com"
GOOD = b"good" * 1000
LOOPBACK = ipaddress.ip_address("127.0.0.1")


def only_loopback(address: Address) -> bool:
    """The test's own public internet."""
    return address == LOOPBACK


def fetcher(port: int, **options: Any) -> Fetcher:
    """One that takes loopback for the public internet and every name for loopback."""
    given: dict[str, Any] = {
        "max_bytes": 100_000, "total_s": 5.0, "ports": frozenset({port}), "resolve": lambda _: ["127.0.0.1"],
        "may_connect": only_loopback,
    }  # fmt: skip
    return Fetcher(**{**given, **options})


def refusal(asks: Fetcher, url: str) -> str:
    with pytest.raises(NotFetched) as refused:
        asks.get(url)
    assert any("\u4e00" <= char <= "\u9fff" for char in refused.value.message)
    assert refused.value.http_status == 422
    return refused.value.kind


def never(_: str) -> Sequence[str]:
    raise AssertionError("a name was looked up")


@pytest.mark.parametrize("encoding", ["", "gzip", "deflate"])
def test_a_public_page_is_fetched_as_it_is(encoding: str) -> None:
    packed: dict[str, bytes] = {"": GOOD, "gzip": gzip.compress(GOOD), "deflate": zlib.compress(GOOD)}
    headers = [f"Content-Encoding: {encoding}"] if encoding else []
    with serving(hostile.page(packed[encoding], *headers)) as server:
        found = fetcher(server.port).get(f"http://{NAME}:{server.port}/图.png?w=1&名=x")
    assert found == Fetched(f"http://{NAME}:{server.port}/%E5%9B%BE.png?w=1&%E5%90%8D=x", "text/plain", GOOD)
    head = server.asked[0].decode().lower()
    assert f"host: {NAME}:{server.port}" in head
    assert not {"cookie", "authorization", "referer", "proxy-authorization"} & {
        line.split(":")[0] for line in head.split("\r\n")
    }


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(hostile.page(b"proxy")) as proxy, serving(hostile.page(b"direct")) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert fetcher(server.port).get(f"http://{NAME}:{server.port}/").data == b"direct"
    assert not proxy.asked


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("ftp://example.com/", "scheme"), ("file:///etc/passwd", "scheme"), ("gopher://example.com/", "scheme"),
        ("//example.com/", "scheme"), ("javascript:alert(1)", "scheme"), ("", "scheme"),
        ("http://user@example.com/", "userinfo"), ("http://user:word@example.com/", "userinfo"),
        ("http://@example.com/", "userinfo"),
        ("http://example.com:22/", "port"), ("http://example.com:0/", "port"), ("https://example.com:8443/", "port"),
        ("http://example.com:99999/", "form"), ("http://exa mple.com/", "form"), ("http://example.com\\@127.0.0.1/", "form"),
        ("http://example.com/\r\nX: y", "form"), ("http:///x", "form"),
        ("http://localhost/", "form"), ("http://a_b.com/", "form"),
        ("http://2130706433/", "form"), ("http://0x7f000001/", "form"), ("http://0177.0.0.1/", "form"), ("http://127.1/", "form"),
        ("http://0x7f.0.0.1/", "form"), ("http://1.2.3.4.5/", "form"), ("http://[::1/", "form"),
        ("http://[fe80::1%25eth0]/", "form"),
        ("http://127.0.0.1/", "inside"), ("http://１２７.０.０.１/", "inside"), ("http://127。0。0。1/", "inside"),
        ("http://127.0.0.1./", "inside"), ("http://[::1]/", "inside"), ("http://[::ffff:127.0.0.1]/", "inside"),
        ("http://[::ffff:8.8.8.8]/", "inside"), ("http://169.254.169.254/latest/meta-data/", "inside"),
        ("http://" + "a" * 3000 + ".com/", "long"),
    ],
)  # fmt: skip
def test_an_address_that_is_none_of_the_public_web_is_refused_unasked(url: str, kind: str) -> None:
    asks = Fetcher(max_bytes=1000, resolve=never)
    assert refusal(asks, url) in (kind, "inside" if "%25" in url else kind)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.0.23",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
        "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1",
        "2001:db8::1", "2002:7f00:1::", "2002:808:808::", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1",
        "fe80::1%eth0", "fec0::1", "ff02::1", "2606:4700::1%eth0",
    ],
)  # fmt: skip
def test_no_address_near_us_is_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    assert refusal(Fetcher(max_bytes=1000, resolve=lambda _: [address]), "http://example.com/") == "inside"


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "114.114.114.114", "172.32.0.1", "2606:4700::1111", "240e::1"]
)
def test_the_rest_of_the_internet_is(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_one_inner_address_among_public_ones_spoils_the_name() -> None:
    asks = Fetcher(max_bytes=1000, resolve=lambda _: ["8.8.8.8", "10.0.0.1"])
    assert refusal(asks, "http://example.com/") == "inside"


def test_the_connection_goes_where_the_first_look_up_led() -> None:
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])  # rebinding: the second look-up would lead elsewhere
    with serving(hostile.page(b"first")) as server:
        asks = fetcher(server.port, resolve=lambda _: next(answers))
        assert asks.get(f"http://{NAME}:{server.port}/").data == b"first"
        assert next(answers) == ["127.0.0.2"]  # nobody has looked again
        assert (
            refusal(fetcher(server.port, resolve=lambda _: ["127.0.0.2"]), f"http://{NAME}:{server.port}/")
            == "inside"
        )


@pytest.mark.parametrize(
    "to", ["http://127.0.0.3:{port}/", "http://[::1]:{port}/", "file:///etc/passwd", "http://u:p@other.example.com:{port}/",
           "http://other.example.com:22/", "//inner.example.com:{port}/", "http://2130706433:{port}/"],
)  # fmt: skip
def test_each_redirect_is_judged_again(to: str) -> None:
    names = {NAME: ["127.0.0.1"], "inner.example.com": ["10.0.0.1"], "other.example.com": ["127.0.0.1"]}
    ports: list[int] = []

    def trick(line: Any, head: bytes) -> None:
        hostile.redirect(to.format(port=ports[0]))(line, head)

    with serving(trick) as server:
        ports.append(server.port)
        kind = refusal(
            fetcher(server.port, resolve=lambda host: names[host]), f"http://{NAME}:{server.port}/"
        )
    assert kind in ("inside", "scheme", "userinfo", "port", "form")
    assert len(server.asked) == 1


def test_a_good_redirect_is_followed_and_a_circle_is_not() -> None:
    def trick(line: Any, head: bytes) -> None:
        (hostile.page(b"there") if b"GET /end" in head else hostile.redirect("/end"))(line, head)

    with serving(trick) as server:
        assert fetcher(server.port).get(f"http://{NAME}:{server.port}/").url.endswith("/end")
    with serving(hostile.redirect("/again")) as server:
        assert refusal(fetcher(server.port), f"http://{NAME}:{server.port}/") == "redirects"
    assert len(server.asked) == 6


@pytest.mark.parametrize(
    ("trick", "kind"),
    [
        (hostile.page(b"x" * 100_001), "size"), (hostile.endless_body, "size"), (hostile.bomb(200_000_000), "size"),
        (hostile.page(b"not gzip", "Content-Encoding: gzip"), "encoding"),
        (hostile.page(b"?", "Content-Encoding: br"), "encoding"),
        (hostile.endless_headers, "answer"), (hostile.cut_short, "answer"), (hostile.page(b"", status="404 Not Found"), "status"),
        (hostile.page(gzip.compress(b"half" * 99)[:-9], "Content-Encoding: gzip"), "encoding"),
    ],
)  # fmt: skip
def test_what_is_too_much_or_no_answer_is_refused_by_its_kind(trick: hostile.Trick, kind: str) -> None:
    with serving(trick) as server:
        assert refusal(fetcher(server.port, total_s=30.0), f"http://{NAME}:{server.port}/") == kind


@pytest.mark.parametrize(
    "trick",
    [hostile.drip_body, hostile.drip_headers, hostile.silence, hostile.endless_continue],
    ids=lambda one: one.__name__,
)
def test_who_only_drips_is_cut_off_at_the_deadline(trick: hostile.Trick) -> None:
    with serving(trick) as server:
        began = time.monotonic()
        assert refusal(fetcher(server.port, total_s=0.5), f"http://{NAME}:{server.port}/") == "slow"
        assert time.monotonic() - began < 30  # not for ever


def test_a_look_up_without_end_is_given_up() -> None:
    def sleepy(_: str) -> Sequence[str]:
        time.sleep(5)
        return []

    assert refusal(fetcher(80, resolve=sleepy, total_s=0.3), "http://example.com:80/") == "slow"


def test_a_handshake_without_end_is_cut_off_too() -> None:
    with serving(hostile.silence) as server:
        assert refusal(fetcher(server.port, total_s=0.5), f"https://{NAME}:{server.port}/") == "slow"


def test_a_certificate_that_nobody_knows_is_refused(tmp_path: Any) -> None:
    tls = hostile.own_certificate(tmp_path, NAME)
    with serving(hostile.page(b"secret"), tls=tls) as server:
        assert refusal(fetcher(server.port), f"https://{NAME}:{server.port}/") == "tls"
    assert not server.asked


def test_the_certificate_must_be_the_name_s_not_the_address_s(tmp_path: Any) -> None:
    tls = hostile.own_certificate(tmp_path, NAME)
    trusting = hostile.trusting(tmp_path)
    with serving(hostile.page(b"good"), tls=tls) as server:
        assert fetcher(server.port, tls=trusting).get(f"https://{NAME}:{server.port}/").data == b"good"
        assert (
            refusal(fetcher(server.port, tls=trusting), f"https://other.example.com:{server.port}/") == "tls"
        )
