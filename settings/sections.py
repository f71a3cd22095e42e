"""The tables of the configuration as typed, frozen objects, with what stands where a key is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

ROOT = Path(__file__).resolve().parents[1]
"""The project's folder, from which relative paths of the configuration count."""

OFFICIAL_API = "https://api.weixin.qq.com"
OFFICIAL_MP = "https://mp.weixin.qq.com"
OFFICIAL_OPEN = "https://open.weixin.qq.com"
OFFICIAL_WECOM = "https://qyapi.weixin.qq.com"


class Server(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the service lives. ``base_url`` without a trailing slash, empty only until ``flask serve`` fills it in.

    ``hosts`` are further names by which it may be asked. ``metrics_token`` opens ``/metrics`` from elsewhere.
    ``proxies`` are the addresses (or CIDR ranges, or ``unix``) of the reverse proxies before it: only what comes from them may
    say whose request it passes on. A number is the former way of writing it, see :class:`web.proxies.BehindProxies`.
    ``require_totp_for`` are the roles that must sign in with a second factor.
    """

    secret_key: str
    base_url: str = ""
    hosts: tuple[str, ...] = ()
    metrics_token: str = ""
    timezone: str = "Asia/Shanghai"
    data_dir: str = "var"
    clock_url: str = ""
    proxies: tuple[str, ...] | int = ()
    require_totp_for: tuple[str, ...] = ()


class DatabaseSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``sqlite:///...`` (one process) or ``postgresql+psycopg://...`` (any number)."""

    url: str = "sqlite:///var/pioneer.db"


class RedisSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Empty: embedded, no Redis is used."""

    url: str = ""


class WeChatLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every number that WeChat may change; the date on which each was last checked stands in ``config.example.toml``."""

    mass_per_follower_month: int = 4
    mass_per_day: int = 1
    mass_min_openids: int = 2
    mass_max_openids: int = 10000
    mass_repeat_gap_s: float = 61.0
    mass_batch_gap_s: float = 60.0
    mass_key_hours: int = 24
    mass_result_minutes: int = 5
    template_key_minutes: int = 10
    protection_minutes: int = 30
    robot_per_minute: int = 20
    tags_per_account: int = 100
    openids_per_tagging: int = 50
    customer_service_count: int = 5
    customer_service_hours: int = 48
    text_reply_bytes: int = 2048
    title_chars: int = 32
    author_chars: int = 16
    digest_chars: int = 120
    content_chars: int = 20000
    content_bytes: int = 1000000
    content_pictures: int = 280
    articles_per_push: int = 8
    body_image_bytes: int = 1000000
    cover_image_bytes: int = 2000000
    image_max_px: int = 4096


class WeChat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The official account. ``previous_aes_key`` is accepted as well while a key change is under way.

    ``web_authorization``: the domain of ``base_url`` is registered at WeChat for 网页授权, so WeChat may tell who opens a page.
    ``notice_…``: the subscription notices of activities (keys of title, time, place in this order) and articles (title, time).
    """

    app_id: str
    app_secret: str
    token: str
    encoding_aes_key: str
    original_id: str
    account_type: Literal["service", "subscription"] = "service"
    message_mode: Literal["plain", "compatible", "safe"] = "safe"
    api_base_url: str = OFFICIAL_API
    template_id: str = ""
    notice_activity_template: str = ""
    notice_activity_fields: str = "thing1 time2 thing3"
    notice_activity_long_term: bool = False
    notice_article_template: str = ""
    notice_article_fields: str = "thing1 time2"
    notice_article_long_term: bool = False
    mp_base_url: str = ""
    open_base_url: str = ""
    web_authorization: bool = False
    previous_aes_key: str = ""
    limits: WeChatLimits = WeChatLimits()


class Sandbox(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The local WeChat; an empty ``callback_url`` means ``server.base_url`` + ``/wechat/callback``."""

    callback_url: str = ""


class WeCom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """WeCom group robots."""

    api_base_url: str = OFFICIAL_WECOM


class MiniProgram(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The optional thin client; empty: there is none."""

    app_id: str = ""
    app_secret: str = ""


class Privacy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``field_keys``: ``id:base64url`` of 32 bytes each, the first encrypts, all decrypt; ``index_key``: one without id."""

    field_keys: str
    index_key: str


class Backup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``key``: an age identity (``AGE-SECRET-KEY-1...``) under which backups are sealed; empty: no backup is made."""

    key: str = ""


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the office decides."""

    quiet_hours: str = "22:00-07:00"
    grace_minutes: int = 30
    plan_drift_percent: int = 10
    contacts_per_month: int = 8
    notice_consent_days: int = 365
    activities_per_month: int = 6
    review_stages: int = 3
    review_remind_hours: int = 8
    bind_tries: int = 5
    bind_lock_minutes: int = 30
    consent_grace_days: int = 30
    undo_minutes: int = 5
    make_up_hours: int = 72
    make_ups_per_month: int = 3
    conversation_minutes: int = 10
    inbound_keep_days: int = 30
    login_tries: int = 5
    login_lock_minutes: int = 15
    session_hours: int = 12
    session_idle_minutes: int = 60
    roster_rows: int = 5000
    roster_undo_hours: int = 72
    upload_mb: int = 60


class System(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the machine needs: leases, ticks, time-outs (seconds, bytes and hours as the names say)."""

    callback_freshness_s: int = 300
    callback_body_bytes: int = 65536
    handler_budget_s: float = 3.0
    repeat_wait_s: float = 4.0
    dedupe_keep_hours: int = 24
    delivery_lease_s: int = 120
    tick_s: float = 1.0
    connect_timeout_s: float = 3.0
    read_timeout_s: float = 8.0
    long_timeout_s: float = 30.0


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole configuration."""

    server: Server
    wechat: WeChat
    privacy: Privacy
    database: DatabaseSection = DatabaseSection()
    redis: RedisSection = RedisSection()
    sandbox: Sandbox = Sandbox()
    wecom: WeCom = WeCom()
    mini_program: MiniProgram = MiniProgram()
    backup: Backup = Backup()
    limits: Limits = Limits()
    system: System = System()

    @property
    def numbers(self) -> dict[str, str | int | float]:
        """What the office and WeChat limit, by name: for pages, which only show it."""
        return {**msgspec.structs.asdict(self.limits), **msgspec.structs.asdict(self.wechat.limits)}

    @property
    def embedded(self) -> bool:
        """Whether one process does everything (no Redis): web, scheduler and sender."""
        return not self.redis.url

    @property
    def on_sqlite(self) -> bool:
        """Whether the database is SQLite, on which one process writes."""
        return self.database.url.startswith("sqlite")

    @property
    def data_dir(self) -> Path:
        """Absolute path of the folder for pictures, spool and locks."""
        path = Path(self.server.data_dir)
        return path if path.is_absolute() else ROOT / path

    @property
    def callback_url(self) -> str:
        """Where the local WeChat sends its pushes."""
        return self.sandbox.callback_url or f"{self.server.base_url}/wechat/callback"

    @property
    def mp_base_url(self) -> str:
        """Host of QR pictures."""
        return self.wechat.mp_base_url or OFFICIAL_MP

    @property
    def open_base_url(self) -> str:
        """Host of the OAuth page."""
        return self.wechat.open_base_url or OFFICIAL_OPEN


SECTIONS: dict[str, type[msgspec.Struct]] = {
    "server": Server,
    "database": DatabaseSection,
    "redis": RedisSection,
    "wechat": WeChat,
    "wechat.limits": WeChatLimits,
    "sandbox": Sandbox,
    "wecom": WeCom,
    "mini_program": MiniProgram,
    "privacy": Privacy,
    "backup": Backup,
    "limits": Limits,
    "system": System,
}
"""The tables of the file by name. One table may stand inside another: ``[wechat.limits]``."""
