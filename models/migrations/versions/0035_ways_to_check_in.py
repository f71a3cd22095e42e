"""The code on a screen, what it was used with, leave, and two more ways to check in

Revision: 0035
Follows: 0034
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

import database.base
from database.recreate import add_checks, drop_checks
from ground.errors import Refused

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_BEFORE = "via IN ('reply', 'menu', 'secretary', 'console', 'paper')"
_AFTER = "via IN ('reply', 'menu', 'secretary', 'console', 'paper', 'code', 'list')"


def _tied(table: str, **columns: str) -> list[Any]:
    return [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, other in columns.items()
    ]


def upgrade() -> None:
    connection = op.get_bind()
    drop_checks(connection, "check_in", {"ck_check_in_via": _BEFORE})
    add_checks(connection, "check_in", {"ck_check_in_via": _AFTER})
    _screen()
    _leave()
    op.add_column("activity_total", sa.Column("on_leave", sa.Integer(), nullable=False, server_default="0"))


def _screen() -> None:
    key, moment, mark = database.base.BigId, database.base.UtcDateTime(), sa.LargeBinary(16)
    op.create_table(
        "check_in_screen",
        sa.Column("activity_id", key, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("code_only", sa.Boolean(), nullable=False),
        sa.Column("network", mark, nullable=True),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("started_by", key, nullable=False),
        *_tied("check_in_screen", activity_id="activity", started_by="user"),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_check_in_screen")),
    )
    op.create_table(
        "code_try",
        sa.Column("follower_id", key, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("first_at", moment, nullable=False),
        *_tied("code_try", follower_id="follower"),
        sa.PrimaryKeyConstraint("follower_id", name=op.f("pk_code_try")),
    )
    op.create_index(op.f("ix_code_try_first_at"), "code_try", ["first_at"])
    op.create_table(
        "arrival",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("activity_id", key, nullable=False),
        sa.Column("member_id", key, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("wechat", mark, nullable=False),
        sa.Column("device", mark, nullable=True),
        sa.Column("network", mark, nullable=True),
        *_tied("arrival", activity_id="activity", member_id="member"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrival")),
    )
    for column in ("activity_id", "member_id", "at"):
        op.create_index(op.f(f"ix_arrival_{column}"), "arrival", [column])


def _leave() -> None:
    key, moment = database.base.BigId, database.base.UtcDateTime()
    op.create_table(
        "activity_leave",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("activity_id", key, nullable=False),
        sa.Column("member_id", key, nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("via", sa.String(10), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.CheckConstraint("via IN ('reply', 'page')", name=op.f("ck_activity_leave_via")),
        *_tied("activity_leave", activity_id="activity", member_id="member"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_leave")),
        sa.UniqueConstraint("activity_id", "member_id", name=op.f("uq_activity_leave_activity_id_member_id")),
    )
    op.create_index(op.f("ix_activity_leave_member_id"), "activity_leave", ["member_id"])


def downgrade() -> None:
    connection = op.get_bind()
    new = connection.scalar(sa.text("SELECT count(*) FROM check_in WHERE via IN ('code', 'list')"))
    if new:
        raise Refused(f"有 {new} 条签到是用签到码或由书记登记的，旧版本不认识，不能退回")
    with op.batch_alter_table("activity_total", recreate="never") as total:
        total.drop_column("on_leave")
    for table in ("activity_leave", "arrival", "code_try", "check_in_screen"):
        op.drop_table(table)
    drop_checks(connection, "check_in", {"ck_check_in_via": _AFTER})
    add_checks(connection, "check_in", {"ck_check_in_via": _BEFORE})
