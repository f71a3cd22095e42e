"""The official account: who it is, its settings, and the addresses that WeChat makes for it."""

from __future__ import annotations

import base64
import ipaddress
from typing import Any

from .config import ACCOUNT_TYPES, MODES, SandboxConfig
from .store import Store
from .work import Work


class Account(Work):
    """An account that can be changed while the local WeChat runs; what was changed is kept over a restart."""

    def __init__(self, config: SandboxConfig, store: Store) -> None:
        super().__init__(store)
        self.config = config
        self.base_url = config.base_url.rstrip("/")
        self.settings: dict[str, Any] = {**config.initial_settings(), **(store.get("settings") or {})}
        self.account: dict[str, Any] = self._initial_account()
        for name, (was, value) in (store.get("account") or {}).items():
            # A change holds over a restart, unless the configuration says something new
            if self.account.get(name) == was:
                self.account[name] = value

    def _initial_account(self) -> dict[str, Any]:
        config = self.config
        return {
            "app_id": config.app_id,
            "app_secret": config.app_secret,
            "token": config.token,
            "aes_key": config.aes_key,
            "original_id": config.original_id,
            "name": config.name,
            "callback_url": config.callback_url,
            "mode": config.mode,
            "type": config.account_type,
            "verified": config.verified,
            "protection": False,
            "speed": 0,
            "mini_app_id": config.mini_app_id,
            "mini_app_secret": config.mini_app_secret,
        }

    def changed_account(self) -> dict[str, Any]:
        """What differs from the configuration: name to [configured, present]."""
        initial = self._initial_account()
        return {k: [initial[k], v] for k, v in self.account.items() if initial[k] != v}

    def change_account(self, changes: dict[str, Any]) -> None:
        """Switch type, mode, protection and so on. Raises ValueError for a value that cannot be."""
        for name, value in changes.items():
            if name not in self.account:
                raise ValueError(f"unknown field {name!r}")
            if name == "type" and value not in ACCOUNT_TYPES:
                raise ValueError(f"type is one of {', '.join(ACCOUNT_TYPES)}")
            if name == "mode" and value not in MODES:
                raise ValueError(f"mode is one of {', '.join(MODES)}")
            if not isinstance(value, type(self.account[name])):
                raise ValueError(f"{name} has the wrong type")
        with self.unit():
            self.account.update(changes)
            self.store.put("account", self.changed_account())

    def change_settings(self, changes: dict[str, Any]) -> None:
        """Change numbers and switches. Raises ValueError for a name that does not exist."""
        initial = self.config.initial_settings()
        for name, value in changes.items():
            if name not in initial:
                raise ValueError(f"unknown setting {name!r}")
            default = initial[name]
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if isinstance(default, bool):
                fits = isinstance(value, bool)
            elif default is None:
                fits = value is None or number
            elif isinstance(default, int | float):
                fits = number
            else:
                fits = isinstance(value, type(default))
            if not fits:
                raise ValueError(f"{name} has the wrong type")
            if name == "ip_whitelist":
                for entry in value:  # addresses and CIDR blocks, no 203.0.113.*
                    ipaddress.ip_network(entry, strict=False)
        with self.unit():
            self.settings.update(changes)
            self.store.put("settings", {k: v for k, v in self.settings.items() if initial[k] != v})

    def public_account(self) -> dict[str, Any]:
        """The account without its secrets."""
        hidden = {"app_secret", "token", "aes_key", "mini_app_secret"}
        return {k: v for k, v in self.account.items() if k not in hidden}

    def article_url(self, mid: int, idx: int, sn: str, sent: bool = True) -> str:
        """The public address of an article."""
        base = self.settings["article_base_url"] or self.base_url or "http://mp.weixin.qq.com"
        if not sent:
            return f"{base}/s?__biz={self.biz}&tempkey={sn}#wechat_redirect"
        return f"{base}/s?__biz={self.biz}&mid={mid}&idx={idx}&sn={sn}#wechat_redirect"

    @property
    def biz(self) -> str:
        """The account's number as WeChat writes it in addresses."""
        return base64.b64encode(
            str(3_000_000_000 + sum(self.account["original_id"].encode())).encode()
        ).decode()

    def picture_url(self, picture: str, kind: str) -> str:
        """The address of a picture that was uploaded."""
        form = {"jpeg": "jpeg", "png": "png", "gif": "gif"}.get(kind, "jpeg")
        short = {"jpeg": "jpg"}.get(form, form)
        return f"{self.settings['image_base_url']}/mmbiz_{short}/{picture}/0?wx_fmt={form}"
