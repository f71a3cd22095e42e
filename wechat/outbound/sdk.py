"""wechatpy's calls on our wire: the one place that imports it (1.8.18).

wechatpy knows the shapes of menus, tags, users, templates and materials. Its own way of speaking is not used, because (measured)
a standing 40001 makes it fetch tokens without end, sixteen threads on a cold token make sixteen fetches, hosts are hard-coded,
the token call has no time limit, a repeated upload is empty and exceptions carry the secret. So every request goes through the
function given here, which knows the token, the limits and the reactions; what wechatpy raises itself is never reached.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wechatpy.client import WeChatClient
from wechatpy.client.api import WeChatMaterial, WeChatMenu, WeChatTag, WeChatTemplate, WeChatUser

from wechat.outbound.endpoints.table import ENDPOINTS, Endpoint

Send = Callable[[Endpoint, Mapping[str, str], Any], dict[str, Any]]


class Sdk(WeChatClient):  # type: ignore[misc]
    """The parts of wechatpy that serve us."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Sdk:
        # BaseWeChatClient.__new__ evaluates every property of a subclass before __init__, ``access_token`` among them,
        # and binds twenty-five groups of calls of which we use five.
        made: Sdk = object.__new__(cls)
        return made

    def __init__(self, app_id: str, send: Send) -> None:
        self.appid = app_id
        self._send = send
        self.menu = WeChatMenu(self)
        self.tag = WeChatTag(self)
        self.user = WeChatUser(self)
        self.template = WeChatTemplate(self)
        self.material = WeChatMaterial(self)

    def _request(self, method: str, url_or_endpoint: str, **kwargs: Any) -> Any:
        endpoint = ENDPOINTS["/cgi-bin/" + url_or_endpoint]
        result = self._send(endpoint, kwargs.get("params") or {}, kwargs.get("data"))
        processor = kwargs.get("result_processor")
        return result if processor is None else processor(result)

    @property
    def access_token(self) -> str:
        raise NotImplementedError("tokens belong to wechat.outbound.tokens")

    def fetch_access_token(self) -> None:
        raise NotImplementedError("tokens belong to wechat.outbound.tokens")
