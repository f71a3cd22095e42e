"""The platform about itself: quotas, addresses, reachability, a request by its rid.

Pages: https://developers.weixin.qq.com/doc/service/openApi/clear_quota.html ,
https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/openApi-mgnt/getApiQuota.html ,
https://developers.weixin.qq.com/doc/service/Basic_Information/Network_Detection.html
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from wechat.outbound.endpoints.base import Caller
from wechat.outbound.endpoints.table import (
    API_ADDRESSES,
    CALLBACK_ADDRESSES,
    CALLBACK_CHECK,
    QUOTA_CLEAR,
    QUOTA_CLEAR_SECRET,
    QUOTA_GET,
    RID_GET,
)


class Quota(msgspec.Struct, frozen=True):
    """Calls of one path today; they return at 00:00 Shanghai. May be off by 1 %."""

    daily_limit: int = 0
    used: int = 0
    remain: int = 0


class CheckedName(msgspec.Struct, frozen=True):
    """What a resolver of WeChat says about the callback's host."""

    ip: str = ""
    real_operator: str = ""


class CheckedRoad(msgspec.Struct, frozen=True):
    """A ping from WeChat: ``package_loss`` ``"0%"`` or ``"100%"`` of one packet; a host that drops ICMP shows 100 %."""

    ip: str = ""
    from_operator: str = ""
    package_loss: str = ""
    time: str = ""


class CallbackCheck(msgspec.Struct, frozen=True):
    """How WeChat sees the callback's host."""

    dns: list[CheckedName] = []
    ping: list[CheckedRoad] = []


class _QuotaAnswer(msgspec.Struct):
    quota: Quota


class _Addresses(msgspec.Struct):
    ip_list: list[str]


class _Request(msgspec.Struct):
    request: dict[str, Any]


class PlatformCalls(Caller):
    """For the doctor and for administrators."""

    def quota_get(self, path: str) -> Quota:
        """Today's quota of a path such as ``/cgi-bin/message/mass/sendall`` (leading slash, no host; not ``/sns/…``)."""
        return self.ask(QUOTA_GET, _QuotaAnswer, body={"cgi_path": path}).quota

    def quota_clear(self) -> None:
        """Set all counters of the account to 0. 10 a month together with the console: never automatically."""
        self.call(QUOTA_CLEAR, body={"appid": self.settings.wechat.app_id})
        self._quotas_are_back()

    def quota_clear_by_secret(self) -> None:
        """The same without a token: the way out when the token's own quota is used up."""
        wechat = self.settings.wechat
        self.call(QUOTA_CLEAR_SECRET, body={"appid": wechat.app_id, "appsecret": wechat.app_secret})
        self._quotas_are_back()

    def _quotas_are_back(self) -> None:
        if self._cooldowns is not None:
            self._cooldowns.clear()

    def rid_get(self, rid: str) -> dict[str, Any]:
        """What WeChat kept of a request for 7 days. Holds the request's URL with its token: never log or show it whole."""
        return self.ask(RID_GET, _Request, body={"rid": rid}).request

    def api_addresses(self) -> list[str]:
        """Addresses of the API, for a firewall going out."""
        return self.ask(API_ADDRESSES, _Addresses).ip_list

    def callback_addresses(self) -> list[str]:
        """Addresses and CIDR blocks from which WeChat calls back; read daily."""
        return self.ask(CALLBACK_ADDRESSES, _Addresses).ip_list

    def callback_check(
        self, action: Literal["dns", "ping", "all"] = "all",
        operator: Literal["CHINANET", "UNICOM", "CAP", "DEFAULT"] = "DEFAULT",
    ) -> CallbackCheck:  # fmt: skip
        """Let WeChat resolve and ping the callback's host. 40201: no callback URL is set."""
        return self.ask(CALLBACK_CHECK, CallbackCheck, body={"action": action, "check_operator": operator})
