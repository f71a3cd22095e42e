"""Who may sign in to the demo, and with what."""

from __future__ import annotations

from typing import NamedTuple

PASSWORD = "deng-xiu-hao-le-7"


class Account(NamedTuple):
    """One of the demo's logins."""

    username: str
    role: str
    display_name: str
    what: str
    stage: int | None = None
    branch: int | None = None


ACCOUNTS = (
    Account("admin", "admin", "系统管理员", "管理员：用户、名册、菜单、系统状态"),
    Account("bianji", "editor", "内容编辑", "编辑：导入 Word、写稿、提交审核、推送"),
    Account("yishen", "reviewer", "一审审核员", "一审", stage=1),
    Account("ershen", "reviewer", "二审审核员", "二审", stage=2),
    Account("sanshen", "reviewer", "三审审核员", "三审", stage=3),
    Account("shuji", "secretary", "梧桐里支部书记", "支部书记：本支部的签到、补签和台账", branch=0),
    Account("shenji", "auditor", "审计员", "审计员：只看不改"),
)


def logins() -> list[tuple[str, str]]:
    """``(user name, what the person does)`` of the demo's accounts."""
    return [(account.username, account.what) for account in ACCOUNTS]
