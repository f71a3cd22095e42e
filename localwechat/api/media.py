"""Temporary media, pictures of article bodies, permanent material.

Source: https://developers.weixin.qq.com/doc/service/api/material/temporary/api_uploadtempmedia
Source: https://developers.weixin.qq.com/doc/service/api/material/permanent/api_addmaterial
"""

from __future__ import annotations

import io
import json
from typing import Any

from flask import Response
from PIL import Image
from werkzeug.datastructures import FileStorage

from ..dispatch import OK, Call, endpoint, whole
from ..errcodes import ApiError, refuse
from ..platform import Sandbox
from ..store import Row

MB = 1024 * 1024
LIFE_S = 3 * 86400
TYPES = ("image", "voice", "video", "thumb")
SIZES = {"image": 10 * MB, "voice": 2 * MB, "video": 10 * MB, "thumb": 64 * 1024}
SIZE_CODES = {"image": 40009, "voice": 40010, "video": 40011, "thumb": 40012}
TEMPORARY = {
    "image": {"png", "jpeg", "gif"},
    "voice": {"amr", "mp3"},
    "video": {"mp4"},
    "thumb": {"jpeg"},
}
PERMANENT = {
    "image": {"png", "jpeg", "gif", "bmp"},
    "voice": {"amr", "mp3", "wma", "wav"},
    "video": {"mp4"},
    "thumb": {"jpeg"},
}
MIMES = {
    "png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "bmp": "image/bmp",
    "amr": "audio/amr", "mp3": "audio/mp3", "wav": "audio/wav", "wma": "audio/x-ms-wma",
    "mp4": "video/mp4",
}  # fmt: skip
LIBRARY = {"image": 100_000, "voice": 1000, "video": 1000, "thumb": 1000}


def kind_of(data: bytes) -> str:
    """What the bytes are, by their first ones; "" for something else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if data.startswith(b"BM"):
        return "bmp"
    if data.startswith(b"#!AMR"):
        return "amr"
    if data.startswith(b"ID3") or data[:2] in (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"):
        return "mp3"
    if data.startswith(b"RIFF") and data[8:12] == b"WAVE":
        return "wav"
    if data.startswith(bytes.fromhex("3026b2758e66cf11")):
        return "wma"
    if data[4:8] == b"ftyp":
        return "mp4"
    return ""


def _dimensions(sandbox: Sandbox, data: bytes) -> tuple[int, int]:
    """Width and height. Raises 40137 for bytes that are not the picture they claim."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            width, height = picture.size
            if width * height <= sandbox.settings["image_pixels_limit"]:
                picture.verify()
    except Exception:  # Pillow raises whatever its plug-ins raise
        raise ApiError(40137) from None
    refuse(width * height > sandbox.settings["image_pixels_limit"], 40137)
    return width, height


def keep_media(
    sandbox: Sandbox,
    permanent: bool,
    kind: str,
    name: str,
    data: bytes,
    mime: str,
    title: str = "",
    introduction: str = "",
) -> Row:
    """Store a file (checked already) and return its row."""
    media_id = sandbox.random_text(64)
    picture = ""
    url = ""
    form = kind_of(data)
    width = height = 0
    if kind in ("image", "thumb", "body"):
        width, height = _dimensions(sandbox, data)
        picture = sandbox.random_text(60)
        url = sandbox.picture_url(picture, form)
    video = f"apiv_{sandbox.noise.randrange(10**17, 10**18)}" if kind == "video" else ""
    sandbox.store.run(
        "INSERT INTO media (media_id, permanent, type, name, mime, data, picture, url, created, width,"
        " height, title, introduction, video) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            media_id,
            int(permanent),
            kind,
            name,
            mime,
            data,
            picture,
            url,
            sandbox.now(),
            width,
            height,
            title,
            introduction,
            video,
        ),
    )
    row = sandbox.store.row("SELECT * FROM media WHERE media_id = ?", (media_id,))
    assert row is not None
    return row


def find_media(
    sandbox: Sandbox, media_id: object, kinds: tuple[str, ...] = (), permanent: bool = False
) -> Row:
    """A live medium. Raises 40007."""
    row = (
        sandbox.store.row("SELECT * FROM media WHERE media_id = ?", (media_id,))
        if isinstance(media_id, str)
        else None
    )
    if row is None or row["type"] == "body":
        raise ApiError(40007)
    refuse(not row["permanent"] and row["created"] + LIFE_S < sandbox.now(), 40007)
    refuse(permanent and not row["permanent"], 40007)
    refuse(0 <= sandbox.now() - row["created"] < sandbox.settings["fresh_media_blind_s"], 40007)
    refuse(bool(kinds) and row["type"] not in kinds, 40007)
    return row


AMR_FRAMES = (13, 14, 16, 18, 20, 21, 27, 32, 6)  # bytes of a frame of 20 ms, by mode


def amr_seconds(data: bytes) -> float:
    """How long a voice of AMR narrow band plays."""
    place, frames = 6, 0
    while place < len(data):
        mode = data[place] >> 3 & 15
        place += AMR_FRAMES[mode] if mode < len(AMR_FRAMES) else 1
        frames += 1
    return frames * 0.02


def _uploaded(call: Call) -> tuple[FileStorage, bytes]:
    part = call.request.files.get("media")
    if part is None or not part.filename:
        raise ApiError(41005)
    data = part.read()
    refuse(not data, 44001)
    return part, data


def _check(kind: str, data: bytes, formats: dict[str, set[str]]) -> str:
    refuse(len(data) > SIZES[kind], SIZE_CODES[kind])
    form = kind_of(data)
    refuse(form not in formats[kind], 40005)
    refuse(form == "amr" and amr_seconds(data) > 60, 45007)
    return MIMES[form]


@endpoint("/cgi-bin/media/upload", right="material")
def upload(call: Call) -> dict[str, Any]:
    """Temporary media: three days."""
    kind = call.query.get("type", "")
    refuse(kind not in TYPES, 40004)
    part, data = _uploaded(call)
    mime = _check(kind, data, TEMPORARY)
    row = keep_media(call.sandbox, False, kind, part.filename or "", data, mime)
    name = "thumb_media_id" if kind == "thumb" else "media_id"
    return {"type": kind, name: row["media_id"], "created_at": int(row["created"])}


@endpoint("/cgi-bin/media/get", "GET", right="material", raw=True)
def get(call: Call) -> Response | dict[str, Any]:
    """The bytes; of a video its address."""
    row = find_media(call.sandbox, call.query.get("media_id"))
    if row["type"] == "video":
        return {"video_url": f"{call.sandbox.base_url}/phone/media/{row['media_id']}"}
    return _bytes(row)


@endpoint("/cgi-bin/media/get/jssdk", "GET", right="material", raw=True)
def get_voice(call: Call) -> Response:
    """A voice; here in the form in which it was uploaded."""
    return _bytes(find_media(call.sandbox, call.query.get("media_id"), ("voice",)))


def _bytes(row: Row) -> Response:
    ending = row["mime"].split("/")[-1].replace("jpeg", "jpg")
    response = Response(row["data"], 200, content_type=row["mime"])
    response.headers["Content-disposition"] = f'attachment; filename="{row["media_id"]}.{ending}"'
    return response


@endpoint("/cgi-bin/media/uploadimg", right="material")
def upload_body_picture(call: Call) -> dict[str, Any]:
    """A picture for an article's body: jpg or png below 1 MB; not in the library."""
    part, data = _uploaded(call)
    form = kind_of(data)
    refuse(form not in ("png", "jpeg"), 40005)
    refuse(len(data) >= MB, 40009)
    row = keep_media(call.sandbox, True, "body", part.filename or "", data, MIMES[form])
    return {"url": row["url"], "errcode": 0, "errmsg": "ok"}


@endpoint("/cgi-bin/material/add_material", right="material")
def add_material(call: Call) -> dict[str, Any]:
    """Permanent material."""
    kind = call.query.get("type", "") or str(call.request.form.get("type", ""))
    refuse(kind not in TYPES, 40004)
    part, data = _uploaded(call)
    mime = _check(kind, data, PERMANENT)
    title = introduction = ""
    if kind == "video":
        try:
            description = json.loads(call.request.form.get("description", ""))
            title, introduction = str(description["title"]), str(description["introduction"])
        except (ValueError, KeyError, TypeError):
            raise ApiError(41005) from None
    have = call.sandbox.store.value("SELECT count(*) FROM media WHERE permanent = 1 AND type = ?", (kind,))
    refuse(have >= LIBRARY[kind], 45034)
    row = keep_media(call.sandbox, True, kind, part.filename or "", data, mime, title, introduction)
    return {"media_id": row["media_id"], "url": row["url"], "item": []}


@endpoint("/cgi-bin/material/get_material", right="material", raw=True)
def get_material(call: Call) -> Response | dict[str, Any]:
    """A permanent medium's bytes; of a video its description."""
    row = find_media(call.sandbox, call.text("media_id", 41006), permanent=True)
    if row["type"] == "video":
        return {
            "title": row["title"],
            "description": row["introduction"],
            "down_url": f"{call.sandbox.base_url}/phone/media/{row['media_id']}",
            "vid": row["video"],
        }
    return _bytes(row)


@endpoint("/cgi-bin/material/del_material", right="material")
def delete_material(call: Call) -> dict[str, Any]:
    """Delete a permanent medium that no menu uses."""
    row = find_media(call.sandbox, call.text("media_id", 41006), permanent=True)
    used = call.sandbox.store.value("SELECT count(*) FROM menus WHERE body LIKE ?", (f"%{row['media_id']}%",))
    refuse(used, 48005)
    call.sandbox.store.run("DELETE FROM media WHERE media_id = ?", (row["media_id"],))
    return OK


@endpoint("/cgi-bin/material/get_materialcount", "GET", right="material")
def count_material(call: Call) -> dict[str, Any]:
    """How many there are of each kind."""
    rows = call.sandbox.store.rows("SELECT type, count(*) FROM media WHERE permanent = 1 GROUP BY type")
    counts = {row[0]: row[1] for row in rows}
    return {
        "voice_count": counts.get("voice", 0),
        "video_count": counts.get("video", 0),
        "image_count": counts.get("image", 0) + counts.get("thumb", 0),
        "news_count": 0,
    }


def span(call: Call) -> tuple[int, int]:
    """`offset` and `count` (1 to 20) of a list call."""
    offset, count = whole(call.body.get("offset"), 0), whole(call.body.get("count"), 20)
    refuse(offset < 0 or not 1 <= count <= 20, 45165)
    return offset, count


@endpoint("/cgi-bin/material/batchget_material", right="material")
def list_material(call: Call) -> dict[str, Any]:
    """The library, newest first."""
    kind = call.body.get("type")
    refuse(kind not in ("image", "voice", "video", "news"), 40004)
    offset, count = span(call)
    kinds = ("image", "thumb") if kind == "image" else (str(kind), "")
    where = "permanent = 1 AND type IN (?, ?)"
    total = call.sandbox.store.value(f"SELECT count(*) FROM media WHERE {where}", kinds)
    rows = call.sandbox.store.rows(
        f"SELECT media_id, name, created, url FROM media WHERE {where}"
        " ORDER BY created DESC, rowid DESC LIMIT ? OFFSET ?",
        (*kinds, count, offset),
    )
    item = [
        {"media_id": r["media_id"], "name": r["name"], "update_time": int(r["created"]), "url": r["url"]}
        for r in rows
    ]
    return {"item": item, "total_count": total, "item_count": len(item)}


def _withdrawn(call: Call) -> dict[str, Any]:
    raise ApiError(45106)


for _path in ("material/add_news", "material/update_news", "media/uploadnews"):
    endpoint(f"/cgi-bin/{_path}", right="material")(_withdrawn)
