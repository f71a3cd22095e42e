"""Every status is one that is known, and whoever left is bound to nobody

Revision: 0008
Follows: 0007
"""

import sqlalchemy as sa
from alembic import op

from database.recreate import add_checks, drop_checks
from ground.errors import Refused

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_STATES = {
    ("article", "status"): (
        "draft", "in_review", "returned", "approved", "queued", "planned", "publishing", "published", "retracted",
        "corrected", "archived",
    ),
    ("push", "status"): (
        "draft", "scheduled", "held", "sending", "awaiting_result", "sent", "partly_failed", "failed", "unknown",
        "paused", "cancelled", "missed",
    ),
    ("delivery", "status"): (
        "planned", "claimed", "accepted", "delivered", "failed", "unknown", "cancelled",
    ),
    ("activity", "status"): ("open", "cancelled", "closed"),
    ("check_in", "via"): ("reply", "menu", "secretary", "console", "paper"),
    ("make_up_request", "status"): ("pending", "approved", "refused"),
}  # fmt: skip
_CHECKS = {
    table: {
        f"ck_{table}_{column}": f"{column} IN ({', '.join(repr(value) for value in values)})",
    }
    for (table, column), values in _STATES.items()
} | {"follower": {"ck_follower_binding": "NOT (gone AND member_id IS NOT NULL)"}}


def upgrade() -> None:
    connection = op.get_bind()
    _name_the_unknown(connection)
    op.execute(
        "UPDATE follower SET member_id = NULL, bound_at = NULL, consent_at = NULL, consent_version = '' "
        "WHERE gone AND member_id IS NOT NULL"
    )
    for table, checks in _CHECKS.items():
        add_checks(connection, table, checks)


def downgrade() -> None:
    connection = op.get_bind()
    for table, checks in _CHECKS.items():
        drop_checks(connection, table, checks)


def _name_the_unknown(connection: sa.Connection) -> None:
    """Refuse in a sentence what the checks would refuse with a traceback."""
    for (table, column), values in _STATES.items():
        here = sa.table(table, sa.column(column))
        found = connection.execute(
            sa.select(here.c[column], sa.func.count())
            .where(here.c[column].not_in(values))
            .group_by(here.c[column])
            .order_by(here.c[column])
            .limit(5)
        ).all()
        if found:
            named = "、".join(f"“{value}”（{count:,} 行）" for value, count in found)
            raise Refused(
                f"数据表 {table} 的 {column} 有本版本不认识的值：{named}。数据库没有升级，数据没有改动。"
                "可能由更新的版本写入，请改用那个版本，或先更正这些值再升级"
            )
