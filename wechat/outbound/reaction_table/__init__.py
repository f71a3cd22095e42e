"""What we do about every error code of WeChat: one table, in files by subject, and nobody else decides.

Look-up is (group of calls, code), then (any group, code), then the default. Each row holds WeChat's meaning and, where the
reaction does not say it all, what a person must do.
"""

from __future__ import annotations

from wechat.outbound.groups import Group
from wechat.outbound.reaction_table import access, content, people, sending, visitors
from wechat.outbound.reactions import BUG, Row, conduct_of

DEFAULT = Row(0, BUG, "微信返回了未收录的错误")


def _by_code() -> dict[tuple[Group, int], Row]:
    table: dict[tuple[Group, int], Row] = {}
    for part in (access, people, content, sending, visitors):
        for group, rows in part.ROWS.items():
            for row in rows:
                if table.setdefault((group, row.code), row) is not row:
                    raise ValueError(f"two rows for {row.code} in {group}")
    return table


TABLE = _by_code()
"""The row of each code in each group that has one."""

QUOTA_CODES = frozenset(row.code for row in TABLE.values() if conduct_of(row.reaction).returns)
"""Of a quota that comes back by itself: until then the call is not made."""


def look_up(group: Group, code: int) -> Row:
    """The row for a code: of this group, else of any, else the default (``bug``)."""
    return TABLE.get((group, code)) or TABLE.get((Group.ANY, code)) or DEFAULT
