"""How one local WeChat is set up, and the numbers that may be changed while it runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ACCOUNT_TYPES = ("service", "subscription")
MODES = ("plain", "compatible", "safe")

DEFAULT_SETTINGS: dict[str, Any] = {
    # Mass sending
    "mass_retry_gap_s": 60,  # the same clientmsgid earlier than this: 45066
    "mass_key_window_s": 24 * 3600,  # the same clientmsgid within this: 45065
    "mass_calls_per_minute": 60,
    "mass_monthly_per_follower": 4,
    "mass_fast_gap_s": 1.0,  # big openid batches closer than this: 42010
    "mass_fast_min_batch": 5000,  # ... and only batches of at least this many
    "mass_delivery_delay_s": 0.0,  # acceptance to delivery
    "mass_error_rate": 0.0,  # share of deliveries that fail, counted in ErrorCount
    "mass_get_blind_s": 1.0,  # mass/get knows nothing (40059) for so long
    "job_finish_delay_s": None,  # None: audience / speed + 1 to 60 s, seeded
    "publish_delay_s": None,  # None: 2 to 20 s, seeded
    "template_event_delay_s": None,  # None: 1 to 5 s, seeded
    "draft_reusable": True,  # a mass-sent draft may be mass-sent again
    "draft_reusable_s": 24 * 3600,  # for so long
    "template_repeat_code": 0,  # answer to a repeated client_msg_id: 0 or 40241
    "protection_wait_s": 1800,
    # Content limits
    "title_limit": 32,
    "author_limit": 16,
    "digest_limit": 128,
    "content_chars_limit": 0,  # 0: only the limit in bytes holds (what was measured)
    "content_bytes_limit": 1_000_000,
    "image_pixels_limit": 100_000_000,
    "fresh_media_blind_s": 0.0,  # a new permanent medium is unknown (40007) for so long
    "comments": True,  # the account has the comment right
    "escaped_json": "as_typed",  # how \\uXXXX in bodies is taken; "decode" to be lenient
    # Windows of customer-service messages
    "custom_message_count": 5,
    "custom_message_s": 48 * 3600,
    "custom_tap_count": 3,
    "custom_tap_s": 60,
    # Tokens
    "token_s": 7200,
    "token_overlap_s": 300,
    "force_refresh_gap_s": 30,
    "force_refresh_per_day": 20,
    "ip_whitelist": [],  # empty: everybody
    "secret_frozen": False,
    # Callbacks out: these are real seconds
    "callback_patience_s": 5.0,
    "callback_tries": 3,
    "callback_retry_pause_s": 5.0,  # start of one try to the start of the next
    "callback_retry_http_errors": False,
    # People and robots
    "tag_limit": 100,
    "tags_per_follower": 20,
    "robot_per_minute": 20,
    "robot_auto": True,  # a robot key that looks like one makes its group by itself
    "oauth_domain": "",  # empty: any redirect_uri is taken
    "oauth_snapshot": False,  # the next OAuth visits are snapshot pages with a virtual user
    # Addresses in what the platform hands out; empty: the sandbox's own / WeChat's
    "article_base_url": "",
    "image_base_url": "http://mmbiz.qpic.cn",
    # Day's call limits by path, over those of limits.py
    "limits": {},
}

FAST_SETTINGS: dict[str, Any] = {
    "mass_retry_gap_s": 1,
    "mass_get_blind_s": 0.0,
    "job_finish_delay_s": 0.2,
    "publish_delay_s": 0.2,
    "template_event_delay_s": 0.1,
    "callback_retry_pause_s": 0.3,
    "mass_fast_gap_s": 0.0,
}


@dataclass(slots=True)
class SandboxConfig:
    """What a sandbox is started with; `from_env` reads `SANDBOX_*`."""

    app_id: str = "wx0a1b2c3d4e5f6071"
    app_secret: str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
    token: str = "pioneerToken2026"
    aes_key: str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPA"
    original_id: str = "gh_0a1b2c3d4e5f"
    name: str = "时代先锋"
    callback_url: str = ""
    mode: str = "safe"
    account_type: str = "service"
    verified: bool = True
    template_id: str = ""
    mini_app_id: str = "wx0a1b2c3d4e5f6072"
    mini_app_secret: str = "1f1e2d3c4b5a69788796a5b4c3d2e1f1"
    data: str = ":memory:"
    base_url: str = ""
    followers: int = 0
    seed: int | None = None
    fast: bool = False

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"mode must be one of {MODES}")
        if self.account_type not in ACCOUNT_TYPES:
            raise ValueError(f"account type must be one of {ACCOUNT_TYPES}")
        if len(self.aes_key) != 43:
            raise ValueError("the AES key has 43 characters")

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> SandboxConfig:
        """Read `SANDBOX_APP_ID`, `SANDBOX_TOKEN`, ... ; what is not set keeps its default."""
        source = os.environ if env is None else env
        values: dict[str, Any] = {}
        for name, kind in cls.__annotations__.items():
            text = source.get(f"SANDBOX_{name.upper()}")
            if not text:
                continue
            if kind == "bool":
                values[name] = text.lower() in ("1", "true", "yes", "on")
            elif "int" in kind:
                values[name] = int(text)
            else:
                values[name] = text
        return cls(**values)

    def initial_settings(self) -> dict[str, Any]:
        """The settings that hold after a start and after a reset."""
        settings = dict(DEFAULT_SETTINGS)
        if self.fast:
            settings.update(FAST_SETTINGS)
        return settings
