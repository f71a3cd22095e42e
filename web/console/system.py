"""操作日志 and 系统状态: who did what, whether the chain holds, and what the system says about itself."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any, NamedTuple

from flask import flash, redirect, request, url_for

from accounts import audit, signing_in, users
from content import trail
from content.lexicon import keeping
from content.life import ARTICLE, KIND_NAMES
from database import migrate
from ground import clock
from models import (
    ROLE_NAMES,
)
from operations import checkup, heads, standing, subjects
from operations.probe import Finding
from scheduler import instance, notice_consents, roads
from web import listing
from web.access import acting, action, looking, page, parts, settings
from web.console.face import blueprint, draw
from wechat.inbound.spool import Spool
from workdays import keeping as office_days

ACTIONS = {
    **audit.ACTION_NAMES,
    **signing_in.ACTION_NAMES,
    **trail.ACTION_NAMES,
    **keeping.ACTION_NAMES,
    **office_days.ACTION_NAMES,
    "audience.save": "保存常用对象",
    "audience.remove": "删除常用对象",
    "push.create": "新建推送",
    "push.pause": "暂停推送",
    "push.resume": "继续推送",
    "push.cancel": "取消推送",
    "push.reschedule": "推送改期",
    "push.release": "同意发送",
    "push.missed": "推送错过",
    "reply.change": "修改自动回复",
    "menu.change": "修改自定义菜单",
    "menu.publish": "发布自定义菜单",
    "branch.qr": "生成支部二维码",
    "member.errors": "下载导入错误行",
    "spool.settle": "处理搁置消息",
    "instance.confirm": "确认唯一服务器",
}
SUBJECTS = {
    "article": "稿件", "push": "推送", "activity": "活动", "user": "账号", "member": "党员", "column": "栏目",
    "branch": "党支部", "import": "导入", "reply": "自动回复", "menu": "菜单", "follower": "关注者", "spool": "搁置消息",
    "lexicon": "错敏词条", "audience": "常用对象", "year": "放假安排",
    "transfer": "转移", "group": "群",
}  # fmt: skip
DETAILS = {
    "role": "角色", "name": "名称", "active": "启用", "password": "密码", "reason": "事由", "created": "新增", "updated": "更新",
    "unchanged": "未变", "failed": "失败", "rows": "行数", "masked": "脱敏", "added": "人数", "branches": "党支部",
    "stage": "环节", "hash": "内容指纹", "version": "版本", "pictures": "图片", "audience": "推送对象", "road": "方式",
    "planned": "计划人数", "left": "已发出", "approved": "通过", "member": "党员编号", "slots": "时段", "errors": "错误",
    "grids": "网格", "cancelled": "取消", "to": "位置", "deleted": "删除", "late": "事后", "display_name": "姓名",
    "following": "关注者", "queued": "排队", "check_ins": "签到记录", "messages": "消息", "values": "加密数据",
    "network": "来源地址", "wait_s": "须等待秒数", "count": "个数",
    "codes_left": "剩余恢复码", "new_browser": "新的浏览器", "disabled": "停用账号", "format": "备份格式",
    "made_at": "备份时间", "sessions": "结束登录", "consent": "同意书版本", "follower": "关注者编号", "status": "状态",
    "entries": "记录数", "before": "原状态", "after": "现状态", "broken_at": "断开处",
    "tags": "标签", "tag_changes": "待更新标签", "joined": "补入应到名单",
    "changed": "恢复", "untouched": "未动", "fields": "改动", "on": "日期", "branch": "党支部编号", "merged": "并入的编号",
    "kind": "申请", "done": "已办理",
    "often": "仍要联系的理由", "urgent": "紧急理由", "again_of": "重发自推送", "due_at": "推送时间",
    "review_stages": "审核级数", "people": "指定的审核人", "instead_of": "委托人编号", "deputy": "受托人编号",
    "first_day": "开始日期", "last_day": "结束日期", "comment": "批注编号",
    "code_only": "只认签到码", "stopped": "停用", "via": "原签到方式", "at": "原签到时间",
    "phrases": "措辞", "override": "保留的理由", "period": "期间",
    "without": "去掉此稿的推送", "draft": "更正稿", "remark": "留言编号", "unanswered": "微信没有回答", "asked_by": "申请人编号",
}  # fmt: skip


_IN_ACTION = {
    "member.undo": {"added": "移出"},
    "branch.change": {"before": "原名称", "after": "现名称"},
    "column.change": {"before": "原名称", "after": "现名称"},
    "follower.sync": {"added": "新增", "left": "离开", "tags": "标签", "tag_changes": "待更新标签"},
}
_WORDS: dict[str, str] = {
    **ROLE_NAMES,
    **{str(status): word for status, word in ARTICLE.labels.items()},
    **{str(kind): word for kind, word in KIND_NAMES.items()},
    "all": "全部",
}


@blueprint.get("/audit", endpoint="trail")
@page("audit.view")
def trail_page() -> str:
    """The entries, newest first, by kind and person."""
    kind, person = request.args.get("action", ""), request.args.get("user", type=int)
    with looking() as (session, _):
        place = listing.paging(20)
        found = audit.page(session, action=kind, user_id=person, number=place.page, size=place.size)
        place.total = found.total
        return draw(
            "system/trail.html", found=found.entries, paging=place, actions=ACTIONS, subject=subject, detail=detail,
            people=users.labels(session), names=subjects.names(session, [entry.subject for entry in found.entries]),
        )  # fmt: skip


@blueprint.post("/audit/verify")
@action("audit.view")
def trail_verify() -> Any:
    """Walk the whole chain, and hold it against the heads that were noted outside the database."""
    verdict = heads.verify(parts())
    for note in verdict.notes:
        flash(f"说明：{note}", "info")
    if verdict.intact:
        flash(f"校验通过：共 {verdict.report.entries:,} 条记录，首尾相连，没有被改动", "success")
    else:
        flash(f"校验不通过：{verdict.fault}，请保存现场并立即联系管理员核查", "danger")
    return redirect(url_for("console.trail"), 303)


def subject(text: str) -> str:
    """``稿件 12`` for ``article:12``."""
    kind, _, number = text.partition(":")
    return f"{SUBJECTS.get(kind, kind)} {number}" if number else SUBJECTS.get(text, text or "—")


def detail(action: str, values: dict[str, Any]) -> str:
    """An entry's details in one line."""
    names = {**DETAILS, **_IN_ACTION.get(action, {})}
    shown = []
    for key, value in values.items():
        if isinstance(value, bool):
            word = "是" if value else "否"
        elif isinstance(value, list):
            word = f"{len(value)} 个"
        elif key == "made_at":
            word = _local(str(value))
        elif key == "road":
            word = roads.title(str(value))
        else:
            word = _WORDS.get(str(value), str(value))
        shown.append(f"{names.get(key, key)}：{word[:12] if key == 'hash' else word}")
    return "；".join(shown) or "—"


def _local(text: str) -> str:
    """A moment as it was recorded, in Shanghai's time; what is none stays as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return clock.to_shanghai(moment).strftime("%Y-%m-%d %H:%M") if moment.tzinfo else text


class Looked(NamedTuple):
    """The last examination and when it was made."""

    at: datetime
    findings: list[Finding]


_looked: Looked | None = None
_looking = threading.Lock()


@blueprint.get("/system", endpoint="system")
@page("audit.view")
def system_page() -> str:
    """系统状态: what the system knows without asking anybody, the last examination, and messages set aside."""
    with looking() as (session, _):
        return draw(
            "system/status.html",
            looked=_looked,
            figures=standing.messages(session, clock.now()),
            spooled=Spool(settings().data_dir).waiting(),
            aside=standing.aside(session, limit=100),
            rests=standing.resting(session, clock.now()),
            readonly=instance.is_read_only(session, settings()),
            notices=notice_consents.summary(session, settings(), clock.now()),
            pending=migrate.pending(parts().db),
            config=settings(),
        )


@blueprint.post("/system/check")
@action("system.manage")
def system_check() -> Any:
    """Ask WeChat and ourselves what is wrong: takes some seconds, one at a time."""
    global _looked  # noqa: PLW0603 - the last examination of this process
    with _looking:
        _looked = Looked(clock.now(), checkup.examine(parts()))
    bad = sum(finding.level != "ok" for finding in _looked.findings)
    flash(
        "检查完成，一切正常" if not bad else f"检查完成，有 {bad} 项需要处理",
        "success" if not bad else "warning",
    )
    return redirect(url_for("console.system"), 303)


@blueprint.post("/system/confirm")
@action("system.manage")
def system_confirm() -> Any:
    """This server is the only one: from now on it sends."""
    with acting() as (session, me):
        instance.confirm(session, settings(), me, clock.now())
    flash("已确认，本服务器恢复发送", "success")
    return redirect(url_for("console.system"), 303)


@blueprint.post("/system/aside/<int:failure_id>")
@action("system.manage")
def aside_settle(failure_id: int) -> Any:
    """A message that was set aside has been looked after by a person."""
    with acting() as (session, me):
        standing.settle(session, me, failure_id, at=clock.now())
    flash("已标记为处理完毕", "success")
    return redirect(url_for("console.system"), 303)
