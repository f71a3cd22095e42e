"""What an address that a person typed names, and which network addresses are public. Pure functions."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import idna

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PORTS = {"http": 80, "https": 443}
_LONGEST = 2048
_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_SAFE = "/%:@!$&'()*+,;=~-._?[]"
# Public by its number, but answers on the host's own network: Azure's platform address, the former 6to4 relays.
_INSIDE_V4 = [ipaddress.ip_network(text) for text in ("168.63.129.16/32", "192.88.99.0/24", "192.0.0.0/24")]
_OUTSIDE_V6 = ipaddress.ip_network("2000::/3")
# Inside 2000::/3, but each carries another (IPv4) address, or is for books and tests.
_INSIDE_V6 = [
    ipaddress.ip_network(text)
    for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "2620:4f:8000::/48")
]


class BadAddress(ValueError):
    """What is wrong with an address: ``kind`` for the log, the message (Chinese) for the person."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


@dataclass(frozen=True)
class Target:
    """Where a request goes: ``host`` in ASCII (an IPv6 address without brackets), ``path`` with its query, percent-encoded."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """For the ``Host`` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole address."""
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def literal(self) -> Address | None:
        """The address that stands in place of a name, if one does."""
        try:
            return ipaddress.ip_address(self.host)
        except ValueError:
            return None


def parse(url: str, ports: frozenset[int]) -> Target:
    """The target of an address. Raises :class:`BadAddress`."""
    if len(url) > _LONGEST:
        raise BadAddress("long", f"网址太长，最多 {_LONGEST} 个字符")
    if any(char <= " " or char in "\\\x7f" for char in url):
        raise BadAddress("form", "网址里有空格或特殊字符，请核对后重新填写")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadAddress("form", "网址的写法不对，请核对后重新填写") from None
    if parts.scheme not in _PORTS:
        raise BadAddress("scheme", "只支持 http:// 或 https:// 开头的网址")
    if "@" in parts.netloc:
        raise BadAddress("userinfo", "网址里不能带用户名或密码，请删去 @ 和它前面的部分")
    port = _PORTS[parts.scheme] if port is None else port
    if port not in ports:
        raise BadAddress("port", "网址的端口不是 80 或 443，不能访问")
    path = quote(parts.path or "/", safe=_SAFE) + (
        f"?{quote(parts.query, safe=_SAFE)}" if parts.query else ""
    )
    return Target(parts.scheme, _host(parts.hostname or ""), port, path)


def _host(host: str) -> str:
    if ":" in host:
        return _literal(host)
    try:
        name = idna.encode(host.rstrip("."), uts46=True, transitional=False).decode().lower()
    except (idna.IDNAError, UnicodeError):
        raise BadAddress("form", "网址里的域名写法不对，请核对后重新填写") from None
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):  # a browser takes 127.1, 0x7f.1 and 2130706433 for an address
        return _literal(name)
    if len(labels) < 2 or not all(_NAME.fullmatch(label) for label in labels):
        raise BadAddress("form", "网址里的域名写法不对，请核对后重新填写")
    return name


def _literal(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        raise BadAddress("form", "网址里的 IP 地址写法不对，请改用域名") from None


def is_public(address: Address) -> bool:
    """Whether an address lies in the public internet, and nowhere near us.

    Not: loopback, private, link-local (also the clouds' metadata), shared (CGNAT), multicast, unspecified, reserved, for
    documentation. Of IPv6 only global unicast, without a zone and the forms that carry an IPv4 address (mapped, NAT64, 6to4,
    Teredo).
    """
    if isinstance(address, ipaddress.IPv4Address):
        plain = address.is_global and not (
            address.is_multicast or address.is_reserved or address.is_unspecified
        )
        return plain and not any(address in network for network in _INSIDE_V4)
    if address.scope_id is not None or address not in _OUTSIDE_V6 or not address.is_global:
        return False
    return not any(address in network for network in _INSIDE_V6)
