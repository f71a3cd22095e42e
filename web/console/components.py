"""部件一览: every component of the face in each of its states, in the demo alone; docs/ui.md is its text."""

from __future__ import annotations

from flask import flash, request

from ground.errors import NotFound
from web import wording
from web.access import page, settings
from web.console import hints
from web.console.face import blueprint, draw
from web.listing import paging

_ROWS = (
    ("开好党员大会的五个要点", "学习园地", wording.State("已发布", "success", "check-circle"), 2279),
    ("读书笔记可以这样做", "学习园地", wording.State("待一审", "warning", "hourglass-split"), 0),
    ("口袋公园认养倡议书（含认养办法、联系方式和常见问题，标题很长时会折行）", "先锋动态",
     wording.State("退回修改", "danger", "arrow-counterclockwise"), 0),
)  # fmt: skip


@blueprint.get("/components")
@page("place.view")
def components() -> str:
    """The page; nowhere but in the demo, where nobody mistakes its numbers for the office's."""
    if not hints.on_trial(settings()):
        raise NotFound("您访问的页面不存在或已移走，请从左侧菜单重新进入")
    tone = request.args.get("flash", "")
    if tone in _FLASHES:
        flash(_FLASHES[tone], tone)
    place = paging()
    place.total = 95
    return draw("components.html", rows=_ROWS, paging=place, states=wording.every_state(), tones=_TONES)


_FLASHES = {"success": "已保存", "danger": "没有保存：标题不能为空，请填写后再保存"}
_TONES = (
    ("success", "check-circle", "完成、正常"),
    ("warning", "exclamation-triangle", "进行中、须留意"),
    ("danger", "x-circle", "失败、被退回"),
    ("info", "info-circle", "说明、已安排"),
    ("secondary", "archive", "已结束、停用"),
)
