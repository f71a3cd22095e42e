"""What values mean: addresses, keys, hours. Each fault is a Chinese line that names the key and says what to write."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

NEEDED = {
    "server.secret_key": "请填写不少于 32 个字符的随机字符串",
    "wechat.app_id": "请填写公众号的 AppID，以 wx 开头，共 18 个字符",
    "wechat.app_secret": "请填写公众号的 AppSecret，共 32 个字符",
    "wechat.token": "请填写与公众平台“消息推送”页面相同的 Token，3 到 32 个字母或数字",
    "wechat.encoding_aes_key": "请填写与公众平台“消息推送”页面相同的 EncodingAESKey，43 个字母或数字",
    "wechat.original_id": "请填写公众号的原始 ID，以 gh_ 开头",
    "privacy.field_keys": "请填写“编号:密钥”，密钥为 32 字节的 base64，可用 ./pioneer flask keys 生成",
    "privacy.index_key": "请填写 32 字节的 base64，可用 ./pioneer flask keys 生成",
}
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\]")
PROXIES_ADVICE = '请写反向代理的地址或网段，例如 ["127.0.0.1"] 或 ["10.0.0.0/8"]，没有代理时写 []'
_ROLES = ("admin", "editor", "reviewer", "secretary", "auditor")


def _check_server(server: dict[str, Any], faults: list[str]) -> None:
    if len(server["secret_key"]) < 32:
        faults.append(f"server.secret_key：太短，{NEEDED['server.secret_key']}")
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


def check_meaning(tables: dict[str, dict[str, Any]], faults: list[str]) -> None:
    """Add to ``faults``, in Chinese, each value that has the right type and still cannot be meant."""
    server, wechat, privacy = tables["server"], tables["wechat"], tables["privacy"]
    _check_server(server, faults)
    if not re.fullmatch(r"[A-Za-z0-9]{3,32}", wechat["token"]):
        faults.append(f"wechat.token：格式不对，{NEEDED['wechat.token']}")
    for key in ("encoding_aes_key", "previous_aes_key"):
        value = wechat.get(key, "")
        if (value or key == "encoding_aes_key") and not re.fullmatch(r"[A-Za-z0-9+/]{43}", value):
            faults.append(f"wechat.{key}：格式不对，{NEEDED['wechat.encoding_aes_key']}")
    if not re.fullmatch(r"wx[0-9a-zA-Z]{6,30}", wechat["app_id"]):
        faults.append(f"wechat.app_id：格式不对，{NEEDED['wechat.app_id']}")
    _check_notices(wechat, faults)
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
        faults.append(f"privacy.field_keys：{error}，{NEEDED['privacy.field_keys']}")
    try:
        _key_bytes(privacy["index_key"])
    except ValueError as error:
        faults.append(f"privacy.index_key：{error}，{NEEDED['privacy.index_key']}")
    backup_key = tables["backup"].get("key", "")
    if backup_key and not re.fullmatch(r"AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}", backup_key):
        faults.append(
            "backup.key：应为 AGE-SECRET-KEY-1 开头的一串字符，用 ./pioneer flask keys 生成；暂不备份时留空"
        )
    quiet = tables["limits"].get("quiet_hours", "")
    if quiet and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", quiet):
        faults.append(f'limits.quiet_hours：应写成 "22:00-07:00"，不要免打扰时段时留空，现在是“{quiet}”')
    for section in ("limits", "system", "wechat.limits"):
        for key, value in tables[section].items():
            if not isinstance(value, str) and value < 0:
                faults.append(f"{section}.{key}：不能是负数，现在是 {value}")


_TEXT, _MOMENT = re.compile(r"thing[0-9]{1,3}"), re.compile(r"(time|date|thing)[0-9]{1,3}")
_NOTICE_KEYS = {"activity": (_TEXT, _MOMENT, _TEXT), "article": (_TEXT, _MOMENT)}
"""What the keys of a notice look like, in their order: what they hold must fit."""


def _check_notices(wechat: Mapping[str, Any], faults: list[str]) -> None:
    for kind, wanted in _NOTICE_KEYS.items():
        name = f"notice_{kind}_fields"
        if name not in wechat:
            continue
        keys = str(wechat[name]).split()
        fits = len(keys) == len(wanted) and all(map(re.Pattern.fullmatch, wanted, keys))
        if not fits or len(set(keys)) < len(keys):
            order = "标题、时间、地点" if len(wanted) == 3 else "标题、时间"
            like = "thing1 time2 thing3" if len(wanted) == 3 else "thing1 time2"
            faults.append(
                f"wechat.{name}：请按{order}的顺序填写模板里的字段名，用空格隔开，标题和地点用 thing 字段，"
                f"时间用 time、date 或 thing 字段，例如 {like}"
            )


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
    """``"k1:BASE64,k0:BASE64"`` → ``{"k1": 32 bytes, ...}``; the first one encrypts. Raises ``ValueError``.

    An id stands for one key for ever: it is written into what is sealed, and a second key under it would open none of that.
    """
    keys: dict[str, bytes] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, separator, value = part.partition(":")
        if not separator or not re.fullmatch(r"[A-Za-z0-9]{1,8}", name):
            raise ValueError("每个密钥前要有编号，编号为 1 到 8 个字母或数字")
        key = _key_bytes(value)
        if name in keys:
            raise ValueError(f"编号 {name} 写了两次，新密钥要用没有用过的编号，旧密钥保留原来的编号")
        if key in keys.values():
            raise ValueError(f"编号 {name} 的密钥与前面的一把相同，请删去其中一把")
        keys[name] = key
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
