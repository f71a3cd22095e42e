"""The shapes of all samples, bent and broken in every way that comes to mind, and what must hold for each of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from runtime import Runtime
from tests.inbound.conftest import account_of
from tests.inbound.platform import call
from wechat.inbound.callback import Callback

FOLDER = Path(__file__).parents[1] / "data/callbacks"
SAMPLES = [path.read_text(encoding="utf-8").strip() for path in sorted(FOLDER.glob("*.xml"))]
MOMENT = 1700000010

_FIELD = re.compile(r"<(\w+)>(<!\[CDATA\[)?([^<]*?)(\]\]>)?</\1>")
_NASTY = (
    "]]>", "]]></Content><MsgId>9</MsgId><Content><![CDATA[", "<x>", "&", "&lt;", "\x00", "\x0b\x1f", "\ufffe", "\u202e",
    "😀" * 300, "签到", "绑定 张三 1234",
    "同意", "更多", "1", "补签 x", "-1", "9" * 40, "0", " ", "", "１２", "٣", "²", "1e9", "null",
    "qrscene_", "qrscene_branch-1", "branch-999999999999", "column:", "column:study'--", "%s{}", "err(", "../../etc", "CHECKIN",
)  # fmt: skip
_values = st.one_of(
    st.sampled_from(_NASTY),
    st.text(max_size=40),
    st.text(alphabet="签到绑定同意补签更多撤销0123456789+[]<>!&;/:", max_size=30),
)


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """A clear message: one of the samples with some of its fields and bytes changed."""
    text = draw(st.sampled_from(SAMPLES))
    for _ in range(draw(st.integers(0, 2))):
        fields = list(_FIELD.finditer(text))
        if not fields:
            break
        field = draw(st.sampled_from(fields))
        name = draw(
            st.sampled_from((field[1], "Content", "Event", "EventKey", "MsgId", "Extra", "List", "item"))
        )
        value = draw(_values)
        new = draw(
            st.sampled_from(
                (
                    f"<{name}><![CDATA[{value}]]></{name}>",
                    f"<{name}>{value}</{name}>",
                    f"<{name}><{field[1]}>{value}</{field[1]}></{name}>",
                    field[0] * 2,
                    "",
                    f"{field[0]}<{name}/>",
                    f"<{name} a='1'>{value}",
                )
            )
        )
        text = text[: field.start()] + new + text[field.end() :]
    body = text.encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 3)) != 2:
        return body
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, max(0, len(body) - 1)))
        piece = draw(st.binary(max_size=4))
        body = body[:place] + piece + body[place + draw(st.integers(0, 3)) :]
    return body[: draw(st.integers(0, len(body)))] if draw(st.integers(0, 9)) == 5 else body


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """A message, and what is done to its envelope and its query on the way."""
    return {
        "message": draw(messages()),
        "json": draw(st.integers(0, 19)) == 13,
        "body": draw(st.one_of(st.none(), st.tuples(st.floats(0, 1), st.binary(max_size=6))))
        if draw(st.booleans())
        else None,
        "query": draw(st.sampled_from(("",) * 16 + ("drop", "twice", "escape", "flip", "none"))),
    }


def _numbered(message: bytes, number: int) -> bytes:
    """Each is a message of its own; else all but the first would be repeats."""
    message = message.replace(b"23000000000000001", b"%d" % (23 * 10**15 + number))
    message = message.replace(
        b"oJT2VDxHr2xtMLVTFeAPetphpuDK", b"oJT2VDxHr2xtMLVTFeAPetph%04d" % (number % 400)
    )
    message = re.sub(rb"(<MsgID>|<publish_id>)[0-9]+", rb"\g<1>%d" % number, message)
    return message.replace(b"<CreateTime>1700000001<", b"<CreateTime>%d<" % (1600000000 + number))


class Target:
    """A process of the samples' account, and the promises that it must keep."""

    def __init__(self, runtime: Runtime, app: Callback) -> None:
        self.account = account_of(runtime.settings)
        self.app = app
        self.sent = 0
        self.statuses: dict[int, int] = {}

    def check(self, request: dict[str, Any]) -> None:
        """No 5xx, and no answer that WeChat would not take."""
        message: bytes = _numbered(request["message"], self.sent)
        if request["json"]:
            message = json.dumps(
                {"MsgType": "event", "Event": "x", "raw": message.decode("latin-1")}
            ).encode()
        query, body = self.account.sealed(message, MOMENT)
        if request["body"] is not None:
            at, piece = request["body"]
            place = int(at * len(body))
            body = body[:place] + piece + body[place + 1 :]
        change = request["query"]
        if change == "drop":
            query = query.partition("&")[2]
        elif change == "twice":
            query = f"{query}&nonce=1"
        elif change == "escape":
            query = query.replace("=", "=%41", 1)
        elif change == "flip":
            query = query[:-1] + ("0" if query[-1] != "0" else "1")
        elif change == "none":
            query = ""
        status, answer = call(self.app, "POST", query, body)
        assert status in (200, 403, 413), status
        self.account.opened(status, answer, any_sender=True)
        self.sent += 1
        self.statuses[status] = self.statuses.get(status, 0) + 1


def hurry(runtime: Runtime, app: Callback) -> None:
    """Thousands of messages need no fsync each to show that nothing breaks."""
    front = app._reception._front
    sa.event.listen(
        front.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF")
    )


def failures() -> float:
    """How many messages failed in a handler, were spooled or lost, in this process so far."""
    return sum(
        REGISTRY.get_sample_value("pioneer_callback_pushes_total", {"kind": kind, "outcome": outcome}) or 0.0
        for metric in REGISTRY.collect()
        if metric.name == "pioneer_callback_pushes"
        for kind in {sample.labels["kind"] for sample in metric.samples}
        for outcome in ("failed", "spooled", "lost")
    )
