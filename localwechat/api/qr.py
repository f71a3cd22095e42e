"""QR codes with a scene.

Source: https://developers.weixin.qq.com/doc/service/api/qrcode/qrcodes/api_createqrcode.html
"""

from __future__ import annotations

import io
from typing import Any

import segno
from flask import Response

from ..dispatch import Call, endpoint, whole
from ..errcodes import refuse

SHORT = {"QR_SCENE", "QR_STR_SCENE"}
LASTING = {"QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE"}
MOST_LASTING = 100_000
LONGEST_S = 2_592_000


@endpoint("/cgi-bin/qrcode/create", right="qr")
def create(call: Call) -> dict[str, Any]:
    """Make a code; the same lasting scene gives the same code again."""
    sandbox = call.sandbox
    action = call.body.get("action_name")
    refuse(not isinstance(action, str) or action not in SHORT | LASTING, 40052)
    info = call.body.get("action_info")
    scene_of = info.get("scene") if isinstance(info, dict) else None
    refuse(not isinstance(scene_of, dict), 40053)
    assert isinstance(scene_of, dict)
    is_text = "STR" in str(action)
    if is_text:
        scene = scene_of.get("scene_str")
        refuse(not isinstance(scene, str) or not 1 <= len(str(scene)) <= 64, 40129)
    else:
        scene = scene_of.get("scene_id")
        refuse(isinstance(scene, bool) or not isinstance(scene, int), 40053)
        top = MOST_LASTING if action in LASTING else 2**32 - 1
        refuse(not 1 <= int(scene or 0) <= top, 40129)
    now = sandbox.now()
    if action in LASTING:
        kept = sandbox.store.row(
            "SELECT ticket, url FROM qrcodes WHERE action = ? AND scene = ?", (action, str(scene))
        )
        if kept:
            return {"ticket": kept["ticket"], "url": kept["url"]}
        count = int(sandbox.store.value("SELECT count(*) FROM qrcodes WHERE action LIKE 'QR_LIMIT%'"))
        refuse(count >= MOST_LASTING, 45029)
        seconds = 0
    else:
        seconds = whole(call.body.get("expire_seconds"), 60)
        refuse(not 1 <= seconds <= LONGEST_S, 40162)
    ticket = "gQ" + sandbox.random_text(90)
    url = f"http://weixin.qq.com/q/02{sandbox.random_text(22)}"
    sandbox.store.run(
        "INSERT INTO qrcodes VALUES (?, ?, ?, ?, ?, ?, ?)",
        (ticket, action, str(scene), int(is_text), now + seconds if seconds else 0, now, url),
    )
    answer: dict[str, Any] = {"ticket": ticket}
    if seconds:
        answer["expire_seconds"] = seconds
    answer["url"] = url
    return answer


def picture(url: str, scale: int = 10) -> bytes:
    """A PNG of the code."""
    out = io.BytesIO()
    segno.make(url, error="m").save(out, kind="png", scale=scale, border=4)
    return out.getvalue()


@endpoint("/cgi-bin/showqrcode", "GET", token="", raw=True)
def show(call: Call) -> Response:
    """The picture of a ticket, 430 pixels wide as there; a wrong ticket is an HTTP 404."""
    from PIL import Image

    row = call.sandbox.store.row(
        "SELECT url, expires FROM qrcodes WHERE ticket = ?", (call.query.get("ticket", ""),)
    )
    if row is None or (row["expires"] and row["expires"] < call.sandbox.now()):
        return Response(b"", 404, content_type="text/html")
    with Image.open(io.BytesIO(picture(row["url"]))) as code:
        out = io.BytesIO()
        code.convert("L").resize((430, 430), Image.Resampling.NEAREST).save(out, "JPEG", quality=90)
    return Response(out.getvalue(), 200, content_type="image/jpg")
