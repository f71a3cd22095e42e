"""WeCom group robots (群机器人, 消息推送): WeCom groups only, never ordinary WeChat groups.

Pages: https://developer.work.weixin.qq.com/document/path/91770 , …/99110
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from wechat.outbound.endpoints.base import Caller
from wechat.outbound.endpoints.table import ROBOT_SEND, ROBOT_UPLOAD
from wechat.outbound.failures import CallFailed
from wechat.outbound.reaction_table import look_up
from wechat.outbound.transport import File

_UNKNOWN_KEY = 93000


class _MediaId(msgspec.Struct):
    media_id: str


class RobotCalls(Caller):
    """The ``key`` of a robot is its only secret. 20 messages a minute a robot; what is over is lost, not queued.

    No key against repeats: a lost answer is ``unknown-reconcile`` for good. Success means shown, with 0 and a warning too.
    """

    def robot_send(self, key: str, payload: Mapping[str, Any]) -> None:
        """Send to a group; ``payload`` as WeCom has it: ``{"msgtype": "text", "text": {"content": ...}}``.

        Text ≤ 2,048 bytes, markdown ≤ 4,096 bytes, news 1–8. 45009: ``wait-for-quota(minute)``; 93000: the key is wrong or the
        robot was taken out of the group. Without a key no call is made: the group has no robot any more.
        """
        if not key:
            raise CallFailed(
                look_up(ROBOT_SEND.group, _UNKNOWN_KEY),
                group=ROBOT_SEND.group,
                path=ROBOT_SEND.path,
                code=None,
            )
        self.call(ROBOT_SEND, query={"key": key}, body=dict(payload))

    def robot_text(self, key: str, text: str, *, mention: Sequence[str] = ()) -> None:
        """Send a text; ``mention`` takes member ids and ``@all``."""
        inner: dict[str, Any] = {"content": text}
        if mention:
            inner["mentioned_list"] = list(mention)
        self.robot_send(key, {"msgtype": "text", "text": inner})

    def robot_upload(self, key: str, data: bytes, filename: str) -> str:
        """Upload a file (5 bytes to 20 MB) for this robot; its ``media_id``, valid for 3 days. The group sees ``filename``."""
        return self.ask(
            ROBOT_UPLOAD, _MediaId, query={"key": key, "type": "file"}, file=File(filename, data)
        ).media_id
