"""Configuration: ``config.toml`` and the environment become one typed, frozen object.

Every key stands with a comment in ``config.example.toml``. ``PIONEER_<SECTION>__<KEY>`` overrides a key. Faults are collected
and told together, in Chinese, one line each.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import os
import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

import msgspec

from ground.errors import Refused

ROOT = Path(__file__).resolve().parent
ENV_PREFIX = "PIONEER_"

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


class WeChat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The official account. ``previous_aes_key`` is accepted as well while a key change is under way."""

    app_id: str
    app_secret: str
    token: str
    encoding_aes_key: str
    original_id: str
    account_type: Literal["service", "subscription"] = "service"
    message_mode: Literal["plain", "compatible", "safe"] = "safe"
    api_base_url: str = OFFICIAL_API
    template_id: str = ""
    mp_base_url: str = ""
    open_base_url: str = ""
    previous_aes_key: str = ""


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
    """Every number that WeChat or the office may change; sources and dates stand in ``config.example.toml``."""

    # the office's
    quiet_hours: str = "22:00-07:00"
    grace_minutes: int = 30
    review_stages: int = 3
    bind_tries: int = 5
    bind_lock_minutes: int = 30
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
    upload_mb: int = 60
    # our own machinery
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
    # WeChat's
    mass_per_follower_month: int = 4
    mass_per_day: int = 1
    mass_min_openids: int = 2
    mass_max_openids: int = 10000
    mass_repeat_gap_s: float = 61.0
    mass_batch_gap_s: float = 60.0
    mass_key_hours: int = 24
    mass_result_minutes: int = 30
    template_key_minutes: int = 10
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
    articles_per_push: int = 8
    body_image_bytes: int = 1000000
    cover_image_bytes: int = 2000000
    image_max_px: int = 4096


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


class SettingsError(Refused):
    """The configuration cannot be used; ``faults`` are Chinese lines, each naming a key and what to write."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


SECTIONS: dict[str, type[msgspec.Struct]] = {
    "server": Server,
    "database": DatabaseSection,
    "redis": RedisSection,
    "wechat": WeChat,
    "sandbox": Sandbox,
    "wecom": WeCom,
    "mini_program": MiniProgram,
    "privacy": Privacy,
    "backup": Backup,
    "limits": Limits,
}

_NEEDED = {
    "server.secret_key": "请填写不少于 32 个字符的随机字符串",
    "wechat.app_id": "请填写公众号的 AppID，以 wx 开头，共 18 个字符",
    "wechat.app_secret": "请填写公众号的 AppSecret，共 32 个字符",
    "wechat.token": "请填写与公众平台“消息推送”页面相同的 Token，3 到 32 个字母或数字",
    "wechat.encoding_aes_key": "请填写与公众平台“消息推送”页面相同的 EncodingAESKey，43 个字母或数字",
    "wechat.original_id": "请填写公众号的原始 ID，以 gh_ 开头",
    "privacy.field_keys": "请填写“编号:密钥”，密钥为 32 字节的 base64，可用 ./pioneer flask keys 生成",
    "privacy.index_key": "请填写 32 字节的 base64，可用 ./pioneer flask keys 生成",
}
FORMER = {
    "limits.mass_calls_per_minute": "微信自己限制，超过时自动等待",
    "limits.tags_per_follower": "微信自己限制，超过时第二天再试",
    "limits.client_id_bytes": "编号的长度是固定的",
    "limits.robot_per_minute": "微信自己限制",
}
"""Keys that former versions had and nothing reads any more: still accepted, with one line that says so."""
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\]")
PROXIES_ADVICE = '请写反向代理的地址或网段，例如 ["127.0.0.1"] 或 ["10.0.0.0/8"]，没有代理时写 []'
_ROLES = ("admin", "editor", "reviewer", "secretary", "auditor")
_KINDS = {str: "文字", int: "整数", float: "数字", bool: "true 或 false"}


def config_path(env: Mapping[str, str] | None = None) -> Path | None:
    """The configuration file: ``PIONEER_CONFIG``, else ``config.toml`` in the root if there is one, else none."""
    env = os.environ if env is None else env
    if named := env.get("PIONEER_CONFIG"):
        return Path(named)
    default = ROOT / "config.toml"
    return default if default.exists() else None


def load_settings(path: Path | None = None, env: Mapping[str, str] | None = None) -> Settings:
    """Read file and environment.

    Raises :class:`SettingsError` with every fault found, not only the first.
    """
    env = os.environ if env is None else env
    path = path or config_path(env)
    raw: dict[str, Any] = {}
    if path is not None:
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise SettingsError(
                [f"找不到配置文件 {path}，请把 config.example.toml 复制为该文件后填写"]
            ) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(
                [f"配置文件 {path} 的写法有误：{error}，请对照 config.example.toml 修改"]
            ) from None
        except OSError as error:
            raise SettingsError([f"配置文件 {path} 无法读取：{error.strerror}，请检查文件权限"]) from None
    return parse_settings(raw, env)


def parse_settings(raw: Mapping[str, Any], env: Mapping[str, str] | None = None) -> Settings:
    """Check the tables of a configuration (``{section: {key: value}}``) with the environment's overrides on top."""
    faults: list[str] = []
    merged: dict[str, dict[str, Any]] = {name: {} for name in SECTIONS}
    for section, table in raw.items():
        if section not in SECTIONS or not isinstance(table, Mapping):
            faults.append(f"[{section}]：没有这一节，请删去或对照 config.example.toml 改正")
            continue
        merged[section].update(table)
    for name, value in (env or {}).items():
        if name.startswith(ENV_PREFIX) and "__" in name:
            section, _, key = name.removeprefix(ENV_PREFIX).lower().partition("__")
            if section not in SECTIONS:
                faults.append(f"环境变量 {name}：没有 [{section}] 这一节，请改正变量名")
            else:
                merged[section][key] = value
    for section, kind in SECTIONS.items():
        merged[section] = _checked(section, kind, merged[section], faults)
    if not faults:
        _check_meaning(merged, faults)
    if faults:
        raise SettingsError(faults)
    return msgspec.convert(merged, Settings)


def _checked(
    section: str, kind: type[msgspec.Struct], table: dict[str, Any], faults: list[str]
) -> dict[str, Any]:
    hints = get_type_hints(kind)
    checked: dict[str, Any] = {}
    for key, value in table.items():
        name = f"{section}.{key}"
        if name in FORMER:
            sys.stderr.write(f"{name}：这一项已不再使用（{FORMER[name]}），可以从配置中删去\n")
            continue
        if key not in hints:
            faults.append(f"{name}：没有这个配置项，请删去或对照 config.example.toml 改正")
            continue
        try:
            checked[key] = _as(hints[key], value)
        except ValueError as error:
            faults.append(f"{name}：{error}")
    for field in msgspec.structs.fields(kind):
        name = f"{section}.{field.name}"
        missing = field.required and field.name not in table
        if missing or (name in _NEEDED and checked.get(field.name) == ""):
            faults.append(f"{name}：缺少，{_NEEDED[name]}")
    return checked


def _as(hint: Any, value: Any) -> Any:
    if get_origin(hint) is Literal:
        allowed = get_args(hint)
        if value in allowed:
            return value
        raise ValueError(f"应为 {'、'.join(allowed)} 之一，现在是“{value}”")
    if tuple[str, ...] in (hint, *get_args(hint)):
        return _as_list(value, or_number=int in get_args(hint))
    try:
        return msgspec.convert(value, hint, strict=not isinstance(value, str) or hint is str)
    except msgspec.ValidationError:
        if hint is str:  # it may be a key or a password: never shown
            raise ValueError("应为一段文字，请用英文双引号括起来") from None
        raise ValueError(f"应为{_KINDS.get(hint, '其他类型')}，现在是“{value}”") from None


def _as_list(value: Any, *, or_number: bool) -> tuple[str, ...] | int:
    """A list of texts; from the environment also ``"a, b"``. A number passes where it was once the way to write it."""
    if isinstance(value, str):
        if or_number and value.strip().isdecimal():
            return int(value)
        value = [piece.strip() for piece in value.split(",") if piece.strip()]
    if or_number and isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, list | tuple) or not all(isinstance(piece, str) for piece in value):
        raise ValueError(f'应为列表，例如 ["…", "…"]，没有时写 []，现在是“{value}”')
    return tuple(value)


def _check_server(server: dict[str, Any], faults: list[str]) -> None:
    if len(server["secret_key"]) < 32:
        faults.append(f"server.secret_key：太短，{_NEEDED['server.secret_key']}")
    if server.get("timezone", "Asia/Shanghai") != "Asia/Shanghai":
        faults.append("server.timezone：目前只支持 Asia/Shanghai，请改回")
    for host in server.get("hosts", ()):
        if not _HOST.fullmatch(host):
            faults.append(f"server.hosts：应为域名或地址，不带 http:// 和端口，现在是“{host}”")
    if 0 < len(server.get("metrics_token", "")) < 20:
        faults.append("server.metrics_token：太短，请填写不少于 20 个字符的随机字符串，不用时留空")
    proxies = server.get("proxies", ())
    if isinstance(proxies, int):
        if not 0 <= proxies <= 5:
            faults.append(f"server.proxies：{PROXIES_ADVICE}")
        proxies = ()
    for name in proxies:
        if name != "unix" and not _is_network(name):
            faults.append(f"server.proxies：“{name}”不是地址，{PROXIES_ADVICE}")
    for role in server.get("require_totp_for", ()):
        if role not in _ROLES:
            faults.append(f"server.require_totp_for：没有“{role}”这个角色，可写 {'、'.join(_ROLES)}")


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _check_meaning(tables: dict[str, dict[str, Any]], faults: list[str]) -> None:
    server, wechat, privacy = tables["server"], tables["wechat"], tables["privacy"]
    _check_server(server, faults)
    if not re.fullmatch(r"[A-Za-z0-9]{3,32}", wechat["token"]):
        faults.append(f"wechat.token：格式不对，{_NEEDED['wechat.token']}")
    for key in ("encoding_aes_key", "previous_aes_key"):
        value = wechat.get(key, "")
        if (value or key == "encoding_aes_key") and not re.fullmatch(r"[A-Za-z0-9+/]{43}", value):
            faults.append(f"wechat.{key}：格式不对，{_NEEDED['wechat.encoding_aes_key']}")
    if not re.fullmatch(r"wx[0-9a-zA-Z]{6,30}", wechat["app_id"]):
        faults.append(f"wechat.app_id：格式不对，{_NEEDED['wechat.app_id']}")
    for name in ("server.base_url", "server.clock_url", "wechat.api_base_url", "wechat.mp_base_url", "wechat.open_base_url",
                 "sandbox.callback_url", "wecom.api_base_url"):  # fmt: skip
        section, _, key = name.partition(".")
        value = tables[section].get(key, "")
        if value and not _is_url(value):
            faults.append(f"{name}：应为 http:// 或 https:// 开头的网址，末尾不加斜杠，现在是“{value}”")
    url = tables["database"].get("url", "sqlite:///var/pioneer.db")
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        faults.append("database.url：应以 sqlite:/// 或 postgresql+psycopg:// 开头，请改正")
    redis = tables["redis"].get("url", "")
    if redis and not redis.startswith(("redis://", "rediss://", "unix://")):
        faults.append("redis.url：应以 redis:// 开头，不用 Redis 时留空")
    try:
        field_keys(privacy["field_keys"])
    except ValueError as error:
        faults.append(f"privacy.field_keys：{error}，{_NEEDED['privacy.field_keys']}")
    try:
        _key_bytes(privacy["index_key"])
    except ValueError as error:
        faults.append(f"privacy.index_key：{error}，{_NEEDED['privacy.index_key']}")
    backup_key = tables["backup"].get("key", "")
    if backup_key and not re.fullmatch(r"AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}", backup_key):
        faults.append(
            "backup.key：应为 AGE-SECRET-KEY-1 开头的一串字符，用 ./pioneer flask keys 生成；暂不备份时留空"
        )
    quiet = tables["limits"].get("quiet_hours", "")
    if quiet and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", quiet):
        faults.append(f'limits.quiet_hours：应写成 "22:00-07:00"，不要免打扰时段时留空，现在是“{quiet}”')
    for key, value in tables["limits"].items():
        if not isinstance(value, str) and value < 0:
            faults.append(f"limits.{key}：不能是负数，现在是 {value}")


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and not value.endswith("/")
            and parts.port != 0
        )
    except ValueError:
        return False


def field_keys(text: str) -> dict[str, bytes]:
    """``"k1:BASE64,k0:BASE64"`` → ``{"k1": 32 bytes, ...}``; the first one encrypts. Raises ``ValueError``."""
    keys: dict[str, bytes] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, separator, value = part.partition(":")
        if not separator or not re.fullmatch(r"[A-Za-z0-9]{1,8}", name):
            raise ValueError("每个密钥前要有编号，编号为 1 到 8 个字母或数字")
        keys[name] = _key_bytes(value)
    if not keys:
        raise ValueError("没有密钥")
    return keys


def _key_bytes(text: str) -> bytes:
    try:
        key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise ValueError("不是 base64") from None
    if len(key) != 32:
        raise ValueError(f"应为 32 字节，现在是 {len(key)} 字节")
    return key


def index_key(text: str) -> bytes:
    """The key of the blind index as bytes. Raises ``ValueError``."""
    return _key_bytes(text)


def with_base_url(settings: Settings, base_url: str) -> Settings:
    """A copy whose empty ``base_url`` is filled in (a server takes its own address)."""
    if settings.server.base_url:
        return settings
    return msgspec.structs.replace(
        settings, server=msgspec.structs.replace(settings.server, base_url=base_url)
    )
