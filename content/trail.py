"""What the audit trail says about articles and columns: one entry for each act, written by the service that does it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from accounts import audit
from content.life import ARTICLE
from models import Article, Column, User

ACTION_NAMES = {
    "article.create": "新建稿件",
    "article.import": "导入 Word 稿件",
    **{
        name: ARTICLE.step(name).label
        for name in (
            "article.save", "article.submit", "article.withdraw", "article.approve", "article.return", "article.queue",
            "article.unqueue", "article.unschedule", "article.archive", "article.bring_back",
            "article.reclean", "article.confirm",
        )
    },
    "article.preview": "发到手机预览",
    "article.correct": "更正生效",
    "article.correct.begin": "开始更正",
    "article.correct.drop": "取消更正或撤回",
    "article.correct.reword": "修改给读者的说明",
    "article.notify": "通知收到过的读者",
    "article.retract": "同意撤回",
    "article.retract.ask": "申请撤回",
    "article.release": "紧急签发",
    "article.release.ask": "申请紧急签发",
    "article.release.drop": "取消紧急签发",
    "article.countersign": "补审",
    "comment.make": "批注",
    "article.countersign.fault": "补审发现问题",
    "comment.answer": "答复批注",
    "comment.settle": "批注标为已处理",
    "handover.make": "委托审核",
    "handover.end": "结束委托",
    "remark.open": "打开留言",
    "remark.close": "关闭留言",
    "remark.elect": "精选留言",
    "remark.unelect": "取消精选留言",
    "remark.delete": "删除留言",
    "remark.reply": "回复留言",
    "remark.reply_delete": "删除留言回复",
    "removal.again": "再次请求微信删除",
    "removal.by_hand": "已在公众平台手动删除",
    "removal.ask": "请求微信删除更正前的图文",
    "removal.mend": "已在公众平台手动修改",
    "removal.done": "微信已删除文章页",
    "removal.refuse": "微信拒绝删除文章页",
    "column.create": "新建栏目",
    "column.change": "修改栏目",
    "column.order": "调整栏目顺序",
    "column.review": "设置栏目审核",
}  # fmt: skip
"""Chinese names of this package's actions in the audit trail."""


def note(session: Session, user: User, action: str, article: Article, *, at: datetime, **detail: Any) -> None:
    """An entry about an article: which version and content it was, where it stands now, and ``detail``."""
    told = {"version": article.version, "status": article.status, "hash": article.hash, **detail}
    audit.record(session, action, at=at, user=user, subject=f"article:{article.id}", detail=told)


def note_column(
    session: Session, user: User, action: str, column: Column, *, at: datetime, **detail: Any
) -> None:
    """An entry about a column."""
    audit.record(session, action, at=at, user=user, subject=f"column:{column.id}", detail=detail)
