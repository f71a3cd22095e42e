"""Whose request it is: ``X-Forwarded-For`` is believed from the reverse proxies that the configuration names, from no others.

Every limit and every trail by address stands on this. A header is only text that whoever connects may write; what cannot be
written is the address of the connection itself.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from settings import PROXIES_ADVICE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger("pioneer.proxies")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

UNIX = "unix"
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO")
_SIGNS = (*_FORWARDED, "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_X_FORWARDED_HOST", "HTTP_VIA")
WAS_FORWARDED = "pioneer.was_forwarded"
"""In the environ: whether something on the way, or a stranger who plays it, says that it passes a request on."""


class BehindProxies:
    """WSGI middleware that puts the client's address into ``REMOTE_ADDR``, the scheme it used into ``wsgi.url_scheme``.

    ``proxies`` names addresses and CIDR ranges; ``unix`` stands for a peer on a Unix socket, which has no address. The client
    is the rightmost address that is no proxy. A number is the former way of writing: so many addresses are believed, and only
    where the connection itself comes from loopback or a private network.
    """

    def __init__(self, app: Callable[..., Any], proxies: tuple[str, ...] | int) -> None:
        self._app = app
        self._hops = proxies if isinstance(proxies, int) else 0
        named = () if isinstance(proxies, int) else proxies
        self._unix = UNIX in named
        self._networks: list[Network] = [
            ipaddress.ip_network(name, strict=False) for name in named if name != UNIX
        ]
        if self._hops:
            log.warning(
                "server.proxies 写的是层数 %d，只在直接连接来自本机或内网时有效。%s",
                self._hops,
                PROXIES_ADVICE,
            )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        peer = environ.get("REMOTE_ADDR", "")
        environ[WAS_FORWARDED] = any(environ.get(name) for name in _SIGNS)
        if self._believes(peer):
            environ["REMOTE_ADDR"] = self._client(peer, environ.get("HTTP_X_FORWARDED_FOR", ""))
            scheme = environ.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip().lower()
            if scheme in ("http", "https"):
                environ["wsgi.url_scheme"] = scheme
        for name in _FORWARDED:  # nobody behind us reads what a stranger wrote
            environ.pop(name, None)
        answer: Iterable[bytes] = self._app(environ, start_response)
        return answer

    def _believes(self, peer: str) -> bool:
        address = parse(peer)
        if self._hops:
            return address is not None and (address.is_loopback or address.is_private)
        return self._unix if address is None else self._named(address)

    def _named(self, address: Address) -> bool:
        return any(address.version == network.version and address in network for network in self._networks)

    def _client(self, peer: str, forwarded: str) -> str:
        """The rightmost address that is not a proxy's; what stands left of something unreadable is not looked at."""
        client, left = peer, self._hops
        for text in reversed(forwarded[-2000:].split(",")):
            address = parse(text)
            if address is None:
                break
            client, left = str(address), left - 1
            if left == 0 or (not self._hops and not self._named(address)):
                break
        return client


def parse(text: str) -> Address | None:
    """An address as proxies write it: with port or brackets, IPv4 inside IPv6; None for anything else."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def network_of(address: str) -> str:
    """What counts as one visitor: an IPv4 address, or the /64 that one IPv6 household is given; ``?`` without any."""
    known = parse(address)
    if known is None:
        return "?"
    return str(known) if known.version == 4 else str(ipaddress.ip_network((known, 64), strict=False))


def masked(address: str) -> str:
    """As much of an address as a person needs to recognise it: ``203.0.113.*``, ``2001:db8:1::*``; 服务器本机 for loopback."""
    known = parse(address)
    if known is None:
        return "未知"
    if known.is_loopback:
        return "服务器本机"
    if known.version == 4:
        return f"{str(known).rpartition('.')[0]}.*"
    return f"{ipaddress.ip_network((known, 48), strict=False).network_address}*"
