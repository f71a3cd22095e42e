"""Drafts.

Source: https://developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_add
"""

from __future__ import annotations

import json
import re
from typing import Any

from .. import site_html
from ..dispatch import OK, Call, endpoint, whole
from ..errcodes import ApiError, refuse
from ..platform import Sandbox
from ..store import Row
from .media import find_media, span

CROP = re.compile(r"^(?:0(?:\.\d{1,6})?|1(?:\.0{1,6})?)(?:_(?:0(?:\.\d{1,6})?|1(?:\.0{1,6})?)){3}$")
RATIOS = {"pic_crop_235_1": ("2.35_1", 2.35), "pic_crop_1_1": ("1_1", 1.0)}
DOCUMENTED_CHARS = 20_000  # longer bodies have passed: a warning in the log, no error
LINK = re.compile(r"<(?:a|mp-miniprogram)\b[^<>]*>")
MINI = re.compile(r'\sdata-miniprogram-appid="([^"]*)"')
FORBIDDEN = "违禁内容测试"  # stands for what the platform's own check finds


def _text(article: dict[str, Any], name: str) -> str:
    value = article.get(name)
    if value is None:
        return ""
    refuse(not isinstance(value, str), 47001)
    return str(value)


def clean_article(call: Call, article: Any) -> dict[str, Any]:
    """An article as the platform stores it. Raises the code of the first rule that is broken."""
    refuse(not isinstance(article, dict), 47001)
    settings = call.sandbox.settings
    kind = _text(article, "article_type") or "news"
    refuse(kind not in ("news", "newspic"), 45162)
    title, author, digest = (_text(article, n) for n in ("title", "author", "digest"))
    content, source = _text(article, "content"), _text(article, "content_source_url")
    refuse(not title.strip(), 40227)
    refuse(len(title) > settings["title_limit"], 45003)
    refuse(len(author) > settings["author_limit"], 45110)
    refuse(len(digest) > settings["digest_limit"], 45004)
    refuse(not content.strip(), 44003)
    refuse(len(content.encode()) >= settings["content_bytes_limit"], 45002)
    most = settings["content_chars_limit"]
    refuse(most and len(content) >= most, 45002)
    if len(content) >= DOCUMENTED_CHARS:
        call.warnings.append(f"{title[:20]}：正文 {len(content)} 字，文档限 {DOCUMENTED_CHARS} 字")
    refuse(len(source.encode()) > 1024, 45005)
    refuse(source and not source.startswith(("http://", "https://")), 41039)
    refuse(FORBIDDEN in content or FORBIDDEN in title, 45166)
    opened, fans = (whole(article.get(n), 0) for n in ("need_open_comment", "only_fans_can_comment"))
    refuse(opened and not settings["comments"], 88000)
    stored: dict[str, Any] = {
        "article_type": kind,
        "title": title,
        "author": author,
        "digest": digest,
        "content_source_url": source,
        "need_open_comment": opened,
        "only_fans_can_comment": fans,
        "show_cover_pic": 0,
    }
    if kind == "newspic":
        _picture_article(call, article, content, stored)
    else:
        _news_article(call, article, content, stored)
    return stored


def _news_article(call: Call, article: dict[str, Any], content: str, stored: dict[str, Any]) -> None:
    cover = find_media(call.sandbox, article.get("thumb_media_id"), ("image", "thumb"), permanent=True)
    stored["thumb_media_id"], stored["thumb_url"] = cover["media_id"], cover["url"]
    crops = []
    for name, (ratio, wanted) in RATIOS.items():
        crop = _text(article, name)
        if crop:
            refuse(not CROP.match(crop), 53402)
            x1, y1, x2, y2 = (float(part) for part in crop.split("_"))
            _check_crop(cover, x1, y1, x2, y2, wanted)
            crops.append({"ratio": ratio, "x1": str(x1), "y1": str(y1), "x2": str(x2), "y2": str(y2)})
    if crops:
        stored["cover_info"] = {"crop_percent_list": crops}
    refuse(cover["width"] < 2 or cover["height"] < 2, 53402)
    try:
        stored["content"] = site_html.clean(
            content, lambda url: _known_picture(call.sandbox, url), _hosts(call.sandbox)
        )
    except site_html.Refused:
        raise ApiError(45166) from None
    linked = call.sandbox.account["mini_app_id"]
    refuse(
        any(app_id != linked for tag in LINK.findall(stored["content"]) for app_id in MINI.findall(tag)),
        45064,
    )
    refuse(site_html.is_empty(stored["content"]), 44003)
    if not stored["digest"]:
        stored["digest"] = " ".join(site_html.text_of(stored["content"]).split())[:54]


def _picture_article(call: Call, article: dict[str, Any], content: str, stored: dict[str, Any]) -> None:
    info = article.get("image_info")
    pictures = info.get("image_list") if isinstance(info, dict) else None
    refuse(not isinstance(pictures, list) or not 1 <= len(pictures) <= 20, 40215)
    assert isinstance(pictures, list)
    kept = []
    for picture in pictures:
        media_id = picture.get("image_media_id") if isinstance(picture, dict) else None
        row = find_media(call.sandbox, media_id, ("image",), permanent=True)
        kept.append({"image_media_id": row["media_id"], "url": row["url"]})
    stored["image_info"] = {"image_list": kept}
    stored["content"] = content
    stored["thumb_media_id"], stored["thumb_url"] = kept[0]["image_media_id"], kept[0]["url"]
    cover = article.get("cover_info")
    for crop in cover.get("crop_percent_list", []) if isinstance(cover, dict) else []:
        try:
            x1, y1, x2, y2 = (float(crop[n]) for n in ("x1", "y1", "x2", "y2"))
        except (KeyError, TypeError, ValueError):
            raise ApiError(53402) from None
        refuse(not (0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1), 53402)


def _check_crop(cover: Row, x1: float, y1: float, x2: float, y2: float, wanted: float) -> None:
    refuse(not (0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1), 53402)
    width, height = (x2 - x1) * cover["width"], (y2 - y1) * cover["height"]
    refuse(abs(width / height - wanted) > 0.03 * wanted, 53402)


def _known_picture(sandbox: Sandbox, url: str) -> bool:
    """Whether the address is of a picture that this account uploaded."""
    match = re.match(r"^https?://[^/]+/(?:mmbiz|sz_mmbiz)_?\w*/([^/?#]+)", url)
    if match is None:
        return False
    return bool(sandbox.store.value("SELECT count(*) FROM media WHERE picture = ?", (match[1],)))


def _hosts(sandbox: Sandbox) -> tuple[str, ...]:
    own = [sandbox.base_url, sandbox.settings["article_base_url"]]
    return tuple(f"{url}/s" for url in own if url)


def articles_of(call: Call) -> list[dict[str, Any]]:
    """The checked articles of draft/add."""
    articles = call.body.get("articles")
    refuse(not isinstance(articles, list), 44003 if articles is None else 47001)
    found: list[Any] = articles  # type: ignore[assignment]
    refuse(not found, 44003)
    refuse(len(found) > 8, 45008)
    return [clean_article(call, article) for article in found]


@endpoint("/cgi-bin/draft/add", right="material")
def add(call: Call) -> dict[str, Any]:
    """A new draft; twice makes two."""
    sandbox, now = call.sandbox, call.sandbox.now()
    articles = articles_of(call)
    media_id = sandbox.random_text(64)
    sandbox.store.run(
        "INSERT INTO drafts (media_id, msg_data_id, created, updated, articles) VALUES (?, ?, ?, ?, ?)",
        (media_id, sandbox.data_id(), now, now, json.dumps(articles, ensure_ascii=False)),
    )
    return {"media_id": media_id, "item": []}


def find_draft(sandbox: Sandbox, media_id: object, used: bool = False) -> Row:
    """A draft in the box; with `used` one that was mass-sent lately too. Raises 40007."""
    row = (
        sandbox.store.row("SELECT * FROM drafts WHERE media_id = ?", (media_id,))
        if isinstance(media_id, str)
        else None
    )
    if row is None:
        raise ApiError(40007)
    if row["used"]:
        settings = sandbox.settings
        again = used and row["used"] == "mass" and settings["draft_reusable"]
        refuse(not again or row["used_at"] + settings["draft_reusable_s"] < sandbox.now(), 40007)
    return row


@endpoint("/cgi-bin/draft/update", right="material")
def update(call: Call) -> dict[str, Any]:
    """Replace one article: an object, not a list."""
    row = find_draft(call.sandbox, call.text("media_id", 41006))
    articles = json.loads(row["articles"])
    index = call.integer("index", 0)
    refuse(not 0 <= index < len(articles), 40114)
    articles[index] = clean_article(call, call.body.get("articles"))
    call.sandbox.store.run(
        "UPDATE drafts SET articles = ?, updated = ?, state = '' WHERE media_id = ?",
        (json.dumps(articles, ensure_ascii=False), call.sandbox.now(), row["media_id"]),
    )
    return OK


def news_items(sandbox: Sandbox, row: Row, content: bool = True) -> list[dict[str, Any]]:
    """A draft's articles as they are handed out."""
    items = []
    for article in json.loads(row["articles"]):
        item = dict(article)
        if not content:
            item.pop("content", None)
        if item["article_type"] == "newspic":
            item.pop("cover_info", None)
        item["url"] = sandbox.article_url(0, 0, row["media_id"][:32], sent=False)
        items.append(item)
    return items


@endpoint("/cgi-bin/draft/get", right="material")
def get(call: Call) -> dict[str, Any]:
    """One draft."""
    row = find_draft(call.sandbox, call.text("media_id", 41006))
    return {
        "news_item": news_items(call.sandbox, row),
        "create_time": int(row["created"]),
        "update_time": int(row["updated"]),
    }


@endpoint("/cgi-bin/draft/batchget", right="material")
def batch_get(call: Call) -> dict[str, Any]:
    """Drafts, newest first."""
    offset, count = span(call)
    content = not whole(call.body.get("no_content"), 0)
    store = call.sandbox.store
    total = store.value("SELECT count(*) FROM drafts WHERE used = ''")
    rows = store.rows(
        "SELECT * FROM drafts WHERE used = '' ORDER BY updated DESC, rowid DESC LIMIT ? OFFSET ?",
        (count, offset),
    )
    item = [
        {
            "media_id": r["media_id"],
            "content": {
                "news_item": news_items(call.sandbox, r, content),
                "create_time": int(r["created"]),
                "update_time": int(r["updated"]),
            },
            "update_time": int(r["updated"]),
        }
        for r in rows
    ]
    return {"item": item, "total_count": total, "item_count": len(item)}


@endpoint("/cgi-bin/draft/count", "GET", right="material")
def count_drafts(call: Call) -> dict[str, Any]:
    """How many drafts are in the box."""
    return {"total_count": call.sandbox.store.value("SELECT count(*) FROM drafts WHERE used = ''")}


@endpoint("/cgi-bin/draft/delete", right="material")
def delete(call: Call) -> dict[str, Any]:
    """Delete a draft for good."""
    row = find_draft(call.sandbox, call.text("media_id", 41006))
    call.sandbox.store.run("DELETE FROM drafts WHERE media_id = ?", (row["media_id"],))
    return OK


@endpoint("/cgi-bin/draft/switch", right="material")
def switch(call: Call) -> dict[str, Any]:
    """Abandoned there: drafts are on for everybody."""
    return {**OK, "is_open": 1}


def make_pages(sandbox: Sandbox, draft: Row, notified: bool) -> int:
    """The public pages of a draft that goes out, once; returns how many articles there are."""
    articles = json.loads(draft["articles"])
    mid = draft["msg_data_id"]
    for idx, article in enumerate(articles, 1):
        sandbox.store.run(
            "INSERT INTO pages (mid, idx, sn, article, title, created, notified, comments)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (
                mid,
                idx,
                sandbox.noise.randbytes(16).hex(),
                json.dumps(article, ensure_ascii=False),
                article["title"],
                sandbox.now(),
                int(notified),
                article["need_open_comment"],
            ),
        )
    return len(articles)


def page_url(sandbox: Sandbox, mid: int, idx: int) -> str:
    """The address of a page that exists."""
    sn = sandbox.store.value("SELECT sn FROM pages WHERE mid = ? AND idx = ?", (mid, idx))
    return sandbox.article_url(mid, idx, str(sn))
