"""The WeCom robot."""

from __future__ import annotations

import base64
from typing import Any

from localwechat.tests.error_cases.register import ROBOT, Case, quick
from localwechat.tests.world import png


def robot(body: dict[str, Any]) -> Case:
    return lambda w: w.api(ROBOT, body, token="")


quick(
    93000, "an unknown robot", lambda w: w.api("/cgi-bin/webhook/send?key=x", {"msgtype": "text"}, token="")
)
quick(40058, "a text of 2,049 bytes", robot({"msgtype": "text", "text": {"content": "a" * 2049}}))
quick(
    301019,
    "a picture with another md5",
    robot({"msgtype": "image", "image": {"base64": base64.b64encode(png()).decode(), "md5": "0"}}),
)
quick(
    45001,
    "a file over 20 MB",
    lambda w: w.sandbox.upload(ROBOT.replace("send", "upload_media") + "&type=file", b"\0" * 20_971_521),
)
