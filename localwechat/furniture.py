"""What a new account finds in its cupboard: templates, and the public library they come from."""

from __future__ import annotations

import json

TemplateRow = tuple[str, str, str, str, str, int, str]

ACTIVITY = "活动名称:{{thing1.DATA}}\n活动时间:{{time2.DATA}}\n活动地点:{{thing3.DATA}}"

# short id → title, {keyword: name of the field}; for template/api_add_template
LIBRARY: dict[str, tuple[str, dict[str, str]]] = {
    "43001": ("活动通知", {"活动名称": "thing1", "活动时间": "time2", "活动地点": "thing3"}),
    "43002": (
        "会议通知",
        {"会议主题": "thing1", "会议时间": "time2", "会议地点": "thing3", "主持人": "name4"},
    ),
    "43003": ("签到成功通知", {"活动名称": "thing1", "签到时间": "time2", "签到结果": "phrase3"}),
    "43004": ("审核结果通知", {"审核事项": "thing1", "审核结果": "phrase2", "审核时间": "time3"}),
    "43005": ("办理进度通知", {"事项名称": "thing1", "受理编号": "character_string2", "当前状态": "phrase3"}),
}

# tid → title, {kid: name of the field}, long-term; for wxaapi/newtmpl
NOTICES: dict[int, tuple[str, dict[int, tuple[str, str]], bool]] = {
    5201: (
        "活动开始提醒",
        {1: ("活动名称", "thing1"), 2: ("开始时间", "time2"), 3: ("活动地点", "thing3")},
        False,
    ),
    5202: (
        "办理结果通知",
        {1: ("事项名称", "thing1"), 2: ("办理结果", "phrase2"), 3: ("办理时间", "time3")},
        False,
    ),
    5203: ("政务服务通知", {1: ("通知内容", "thing1"), 2: ("通知时间", "time2")}, True),
    5204: ("内容更新提醒", {1: ("内容标题", "thing1"), 2: ("更新时间", "time2")}, False),
}


def content_of(fields: dict[str, str]) -> str:
    """A template's content from its fields: one line each."""
    return "\n".join(f"{title}:{{{{{name}.DATA}}}}" for title, name in fields.items())


def TEMPLATES(own: str) -> list[TemplateRow]:
    """The templates of a fresh account; `own` is the id that the application is configured with."""
    return [
        (own or "SANDBOX_TEMPLATE_ACTIVITY", "template", "活动通知", ACTIVITY, "", 0, "{}"),
        ("SANDBOX_TEMPLATE_RESULT", "template", *_library("43004"), "", 0, "{}"),
        ("SANDBOX_NOTICE_ACTIVITY", "notice", *_notice(5201), "", 0, "{}"),
        ("SANDBOX_NOTICE_ARTICLE", "notice", *_notice(5204), "", 0, "{}"),
        (
            "SANDBOX_NOTICE_SERVICE",
            "notice",
            *_notice(5203),
            "",
            1,
            json.dumps({}),
        ),
    ]


def _library(short: str) -> tuple[str, str]:
    title, fields = LIBRARY[short]
    return title, content_of(fields)


def _notice(tid: int) -> tuple[str, str]:
    title, fields, _ = NOTICES[tid]
    return title, content_of(dict(fields.values()))
