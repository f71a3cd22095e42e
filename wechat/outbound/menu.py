"""The custom menu: its limits, and the way to WeChat. What it holds is data that an editor edits in the
console.

Source: developers.weixin.qq.com/doc/service/api/custommenu/api_createcustommenu (checked 2026-11-23)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ground.errors import Refused
from models import Menu, User

if TYPE_CHECKING:
    from wechat.outbound.client import Client

TOP, SUB = 3, 5
NAME_BYTES, SUB_NAME_BYTES, KEY_BYTES, URL_BYTES = 16, 60, 128, 1024
_KEYED = frozenset(
    (
        "click",
        "scancode_push",
        "scancode_waitmsg",
        "pic_sysphoto",
        "pic_photo_or_album",
        "pic_weixin",
        "location_select",
    )
)
_NEEDS = {
    "view": ("url",),
    "miniprogram": ("url", "appid", "pagepath"),
    "media_id": ("media_id",),
    "view_limited": ("media_id",),
    "article_id": ("article_id",),
    "article_view_limited": ("article_id",),
    **dict.fromkeys(_KEYED, ("key",)),
}
_FIELDS = ("name", "type", "key", "url", "appid", "pagepath", "media_id", "article_id")

Button = Mapping[str, Any]


def default(base_url: str) -> list[dict[str, Any]]:
    """The menu that a new installation proposes."""
    return [
        {"name": "学习园地", "type": "view", "url": f"{base_url}/m/study"},
        {"name": "先锋动态", "type": "view", "url": f"{base_url}/m/news"},
        {
            "name": "我的",
            "sub_button": [
                {"name": "签到", "type": "click", "key": "CHECKIN"},
                {"name": "近期活动", "type": "click", "key": "ACTIVITIES"},
                {"name": "我的记录", "type": "click", "key": "MINE"},
                {"name": "大字版", "type": "click", "key": "LARGE"},
                {"name": "支部工作", "type": "view", "url": f"{base_url}/branch/"},
            ],
        },
    ]


def faults(buttons: Sequence[Button]) -> list[str]:
    """What WeChat would refuse, one Chinese line each; empty when the menu may be published."""
    found = []
    if not 1 <= len(buttons) <= TOP:
        found.append(f"一级菜单应为 1 到 {TOP} 个，现在是 {len(buttons)} 个")
    for button in buttons:
        found.extend(_faults(button, NAME_BYTES))
        for sub in button.get("sub_button") or ():
            found.extend(_faults(sub, SUB_NAME_BYTES))
            if sub.get("sub_button"):
                found.append(f"“{sub.get('name', '')}”下面不能再有子菜单")
    return found


def _faults(button: Button, name_bytes: int) -> list[str]:
    name = str(button.get("name", "")).strip()
    shown = f"“{name}”"
    found = []
    if not name:
        found.append("菜单名称不能为空")
    elif len(name.encode()) > name_bytes:
        found.append(f"{shown}名称太长，最多 {name_bytes // 3} 个汉字，现在是 {len(name)} 个字")
    subs = button.get("sub_button") or ()
    if subs:
        if len(subs) > SUB:
            found.append(f"{shown}的子菜单最多 {SUB} 个，现在是 {len(subs)} 个")
        return found
    kind = str(button.get("type", ""))
    if kind not in _NEEDS:
        return [*found, f"{shown}没有选择类型，或没有子菜单"]
    found.extend(f"{shown}缺少 {field}" for field in _NEEDS[kind] if not str(button.get(field, "")).strip())
    key, url = str(button.get("key", "")), str(button.get("url", ""))
    if len(key.encode()) > KEY_BYTES:
        found.append(f"{shown}的 key 太长，最多 {KEY_BYTES} 字节")
    if len(url.encode()) > URL_BYTES:
        found.append(f"{shown}的网址太长，最多 {URL_BYTES} 字节")
    if url and not url.startswith(("http://", "https://")):
        found.append(f"{shown}的网址应以 http:// 或 https:// 开头")
    return found


def checked(buttons: Sequence[Button]) -> list[dict[str, Any]]:
    """The menu as WeChat takes it, without empty fields. Raises :class:`errors.Refused` with all faults."""
    if lines := faults(buttons):
        raise Refused("；".join(lines))
    return [_tidy(button) for button in buttons]


def _tidy(button: Button) -> dict[str, Any]:
    subs = button.get("sub_button") or ()
    if subs:
        return {"name": str(button["name"]).strip(), "sub_button": [_tidy(sub) for sub in subs]}
    return {field: str(button[field]).strip() for field in _FIELDS if str(button.get(field, "")).strip()}


def draft(session: Session, base_url: str, *, at: datetime) -> Menu:
    """The menu being edited; a copy of the last published one, or the proposal, where there is none yet."""
    row = session.scalar(sa.select(Menu).where(Menu.published_at.is_(None)).order_by(Menu.id.desc()).limit(1))
    if row is None:
        last = published(session)
        row = Menu(buttons=last.buttons if last else default(base_url), updated_at=at)
        session.add(row)
        session.flush()
    return row


def unpublished(session: Session) -> Menu | None:
    """The draft that somebody has saved last, if there is one."""
    query = sa.select(Menu).where(Menu.published_at.is_(None)).order_by(Menu.id.desc())
    return session.scalar(query.limit(1))


def published(session: Session) -> Menu | None:
    """The menu that was published last."""
    return session.scalar(
        sa.select(Menu).where(Menu.published_at.is_not(None)).order_by(Menu.published_at.desc()).limit(1)
    )


def save(session: Session, user: User, buttons: Sequence[Button], base_url: str, *, at: datetime) -> Menu:
    """Keep the edited menu. Raises :class:`errors.Refused` for one that WeChat would refuse."""
    row = draft(session, base_url, at=at)
    row.buttons, row.updated_by, row.updated_at = checked(buttons), user.id, at
    return row


def publish(client: Client, buttons: Sequence[Button]) -> None:
    """Give the menu to WeChat; outside of any transaction. Raises :class:`errors.WeChatError`.

    Phones show it when they enter the chat, five minutes later at most.
    """
    client.menu_create(checked(buttons))


def mark_published(session: Session, menu_id: int, *, at: datetime) -> None:
    """Note that the draft is out; the next edit begins a new one."""
    row = session.get_one(Menu, menu_id)
    row.published_at = at
