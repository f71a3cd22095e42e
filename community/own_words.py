"""What WeChat sent and what it was answered, in words for the person whom it is about: their own file is read by people."""

from __future__ import annotations

import json

from wechat.wire.codec import BadPush, Field, read_xml

_OF_THE_POST = frozenset(("ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "ArticleCount"))
"""Whom it came from and went to, and when, stands in columns of its own."""
_LABELS = {
    "Content": "文字", "Event": "事件", "EventKey": "菜单或二维码", "PicUrl": "图片网址", "MediaId": "素材编号",
    "Recognition": "语音文字", "Title": "标题", "Description": "摘要", "Url": "网址", "Label": "地点",
    "Location_X": "纬度", "Location_Y": "经度", "FileName": "文件名",
}  # fmt: skip


def of_message(text: str) -> str:
    """A message or a reply as WeChat has it (XML): its text where that is all, else what is in it, a line each."""
    if not text.lstrip().startswith("<"):
        return text
    try:
        fields = read_xml(text.encode())
    except BadPush:
        return text
    said = [pair for name, value in fields.items() if name not in _OF_THE_POST for pair in _flat(name, value)]
    if [name for name, _ in said] == ["Content"]:
        return said[0][1]
    return "\n".join(f"{_LABELS.get(name, name)}：{value}" for name, value in said if value)


def _flat(name: str, value: Field) -> list[tuple[str, str]]:
    if isinstance(value, str):
        return [(name, value)]
    if isinstance(value, list):
        return [pair for one in value for pair in _flat(name, one)]
    return [pair for inner, one in value.items() for pair in _flat(inner, one)]


def of_answer(text: str) -> str:
    """The body of a customer-service message (JSON): its text where it is one."""
    try:
        body = json.loads(text)
    except ValueError:
        return text
    inner = body.get("text") if isinstance(body, dict) else None
    content = inner.get("content") if isinstance(inner, dict) else None
    return content if isinstance(content, str) else text
