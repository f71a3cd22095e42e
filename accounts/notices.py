"""What happened to an account since its owner was last here: told at the next sign-in, for there is no other way to reach staff.

Whoever changes what opens the door ends the account's sessions, so the owner always comes by here next.
"""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import AuditEntry, User

_TOLD = {
    "user.totp_on": "设置了动态码",
    "user.totp_off": "动态码被停用或重置",
    "user.recovery": "使用了恢复码",
    "user.recovery_new": "重新生成了恢复码",
    "user.sign_in_failed": "密码输错",
    "user.password_failed": "登录后密码输错",
    "user.code_failed": "动态码输错或重复使用",
}
_ADVICE = "如果不是您本人操作，请立即修改密码并告诉管理员"


def since_last(session: Session, user: User) -> str:
    """What to tell ``user``, who has just signed in, in Chinese; empty where nothing happened."""
    mine = sa.and_(AuditEntry.subject == f"user:{user.id}", AuditEntry.action.startswith("user."))
    logins = session.scalars(
        sa.select(AuditEntry)
        .where(mine, AuditEntry.action == "user.login")
        .order_by(AuditEntry.id.desc())
        .limit(2)
    ).all()
    if len(logins) < 2:
        return ""
    now, before = logins
    entries = session.scalars(
        sa.select(AuditEntry).where(mine, AuditEntry.id > before.id, AuditEntry.id < now.id)
    )
    counts = Counter(text for entry in entries if (text := _text(entry)))
    told = [f"{text} {count} 次" for text, count in counts.items()]
    if before.detail.get("new_browser"):
        told.insert(0, f"从新的浏览器登录（{before.detail.get('network')}）")
    return f"上次登录以来您的账号：{'、'.join(told)}。{_ADVICE}" if told else ""


def _text(entry: AuditEntry) -> str:
    if entry.action == "user.change":
        return "密码被修改" if entry.detail.get("password") else ""
    return _TOLD.get(entry.action, "")
