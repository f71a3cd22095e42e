"""The left menu: what a user may open, in the office's words."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import request, url_for

from accounts import users
from models import User


@dataclass(frozen=True)
class Entry:
    """A link of the menu.

    ``endpoint`` is its view, ``right`` what it takes, ``count`` names a figure of :class:`web.console.todo.Todo`, ``also`` are
    views that belong to it although their addresses do not say so.
    """

    text: str
    endpoint: str
    right: str
    count: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """A heading with its links."""

    text: str
    icon: str
    entries: tuple[Entry, ...]


MENU = (
    Group(
        "稿件管理",
        "file-earmark-text",
        (
            Entry("全部稿件", "console.articles", "article.view"),
            Entry(
                "稿件审核",
                "console.reviews",
                "article.review",
                "reviews",
                ("console.article_review", "console.article_review_post"),
            ),
            Entry("待发队列", "console.queue", "article.view"),
            Entry("更正与撤回", "console.corrections", "article.view", "corrections"),
            Entry("栏目与时段", "console.columns", "article.view"),
            Entry("错敏词库", "console.lexicon", "lexicon.view"),
        ),
    ),
    Group(
        "推送管理",
        "send",
        (
            Entry("推送列表", "console.pushes", "push.view"),
            Entry("新建推送", "console.push_new", "push.create"),
            Entry("常用对象", "console.audiences", "push.create"),
            Entry("排期日历", "console.calendar", "push.view"),
            Entry("放假安排", "console.workdays", "push.view"),
        ),
    ),
    Group(
        "活动与签到",
        "calendar-check",
        (
            Entry("活动列表", "console.activities", "activity.view"),
            Entry("台账", "console.ledgers", "activity.view"),
            Entry("走势", "console.trends", "activity.view"),
            Entry("补签审批", "console.make_ups", "checkin.record", "make_ups"),
            Entry("支部手机页", "branch.start", "activity.view"),
        ),
    ),
    Group(
        "党员与组织",
        "people",
        (
            Entry("党员名册", "console.members", "member.view"),
            Entry("党支部", "console.branches", "place.view"),
            Entry("群", "console.groups", "group.view"),
            Entry("社区与网格", "console.places", "place.view"),
            Entry("信息申请", "console.requests", "member.answer", "requests", ("console.request",)),
            Entry("关注者", "console.followers", "follower.view"),
        ),
    ),
    Group(
        "公众号设置",
        "wechat",
        (
            Entry("自动回复", "console.replies", "reply.manage"),
            Entry("自定义菜单", "console.menu", "menu.manage"),
        ),
    ),
    Group(
        "系统管理",
        "gear",
        (
            Entry("用户管理", "console.accounts", "user.manage"),
            Entry("操作日志", "console.trail", "audit.view"),
            Entry("系统状态", "console.system", "audit.view"),
            Entry("个人信息", "console.privacy", "privacy.view"),
        ),
    ),
)


@dataclass
class Shown:
    """An entry as it is drawn."""

    text: str
    url: str
    count: int
    here: bool = False


@dataclass
class ShownGroup:
    """A group as it is drawn; open where one of its entries is the present page."""

    text: str
    icon: str
    entries: list[Shown] = field(default_factory=list)

    @property
    def open(self) -> bool:
        """Whether one of its entries is the present page."""
        return any(entry.here for entry in self.entries)


def menu_for(user: User, counts: dict[str, int]) -> list[ShownGroup]:
    """The groups that this user sees; the entry with the longest matching address is the present one."""
    groups = []
    for group in MENU:
        shown = ShownGroup(group.text, group.icon)
        for entry in group.entries:
            if users.may(user, entry.right):
                count = counts.get(entry.count, 0)
                shown.entries.append(
                    Shown(entry.text, url_for(entry.endpoint), count, request.endpoint in entry.also)
                )
        if shown.entries:
            groups.append(shown)
    if any(group.open for group in groups):
        return groups
    path = request.path.rstrip("/")
    here = [
        entry
        for group in groups
        for entry in group.entries
        if path == (url := entry.url.rstrip("/")) or path.startswith(f"{url}/")
    ]
    if here:
        max(here, key=lambda entry: len(entry.url)).here = True
    return groups
