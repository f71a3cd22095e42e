"""By which names the service may be asked.

Whoever makes a browser name another host (a rebound domain, a poisoned cache, a link in a mail) gets nothing here: other names
are refused, and absolute addresses come from ``base_url`` alone.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Response, request

from web import problems

if TYPE_CHECKING:
    from flask import Flask

    from settings import Settings

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_ANYWHERE = frozenset({"0.0.0.0", "::"})
# Asked by machines that know only an address, and without anything that depends on the name.
_BLUEPRINT_FOR_MACHINES = "health"
_REFUSED = (
    "不能用这个网址访问本系统，请改用管理员提供的网址。"
    "管理员如果确实要用这个域名或地址，请写入配置文件 [server] 的 hosts，再重新启动"
)


def host_of(header: str) -> str:
    """The name in a ``Host`` header, without port and brackets, in small letters; empty where it is none."""
    try:
        parts = urlsplit(f"//{header}")
        _ = parts.port
    except ValueError:
        return ""
    if "@" in header or parts.path or parts.query or parts.fragment:
        return ""
    return (parts.hostname or "").rstrip(".")


class Hosts:
    """The names of an installation: its ``base_url``, ``[server] hosts`` and this machine itself.

    A server that listens on every address and was given no name (``--host 0.0.0.0`` without ``base_url``) may be asked by any
    address, but by no name that it does not know.
    """

    def __init__(self, settings: Settings) -> None:
        base = urlsplit(settings.server.base_url).hostname or ""
        self._names = LOOPBACK | {base} | {host_of(host) for host in settings.server.hosts}
        self._by_address = base in _ANYWHERE

    def allow(self, header: str) -> bool:
        """Whether a request with this ``Host`` header is for us."""
        host = host_of(header)
        if not host:
            return False
        return host in self._names or (self._by_address and _is_address(host))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def register(app: Flask, settings: Settings) -> None:
    """Refuse requests that name another host, before anything else is done with them."""
    hosts = Hosts(settings)

    @app.before_request
    def refuse() -> Response | None:
        if request.blueprint == _BLUEPRINT_FOR_MACHINES or hosts.allow(request.headers.get("Host", "")):
            return None
        if request.path.startswith("/api/"):
            return problems.answer(problems.Problem(problems.Code.WRONG_HOST, _REFUSED), 421)
        return Response(_REFUSED + "\n", 421, mimetype="text/plain")
