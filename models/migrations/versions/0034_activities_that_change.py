"""Templates of activities, what was changed of them, who signed up, and figures that outlive their records

Revision: 0034
Follows: 0033
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

import database.base

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_COLUMNS = (
    "template",
    "voluntary",
    "question",
    "expects",
    "sign_up",
    "places",
    "keep_months",
    "folded_at",
    "version",
)


def upgrade() -> None:
    text, number, moment = sa.String, sa.Integer(), database.base.UtcDateTime()
    for name, length in (("template", 20), ("voluntary", 200), ("question", 200), ("expects", 40)):
        op.add_column("activity", sa.Column(name, text(length), nullable=False, server_default=""))
    op.add_column("activity", sa.Column("sign_up", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("activity", sa.Column("places", number, nullable=True))
    op.add_column("activity", sa.Column("keep_months", number, nullable=False, server_default="0"))
    op.add_column("activity", sa.Column("folded_at", moment, nullable=True))
    op.add_column("activity", sa.Column("version", number, nullable=False, server_default="1"))
    _templates_and_changes()
    _signed_up_and_totals()


def _tied(table: str, **columns: str) -> list[Any]:
    return [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, other in columns.items()
    ]


def _templates_and_changes() -> None:
    key, moment, number = database.base.BigId, database.base.UtcDateTime(), sa.Integer()
    op.create_table(
        "activity_template",
        sa.Column("key", sa.String(20), nullable=False),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("purpose", sa.String(300), nullable=False),
        sa.Column("voluntary", sa.String(200), nullable=False),
        sa.Column("question", sa.String(200), nullable=False),
        sa.Column("expects", sa.String(40), nullable=False),
        sa.Column("minutes", number, nullable=False),
        sa.Column("keep_months", number, nullable=False),
        sa.Column("sign_up", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.Column("updated_by", key, nullable=False),
        *_tied("activity_template", updated_by="user"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_activity_template")),
    )
    op.create_table(
        "activity_change",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("activity_id", key, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("by", key, nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("fields", database.base.Json, nullable=False),
        sa.Column("told", number, nullable=False),
        sa.Column("silent", number, nullable=False),
        *_tied("activity_change", activity_id="activity", by="user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_change")),
    )
    op.create_index(op.f("ix_activity_change_activity_id"), "activity_change", ["activity_id"])


def _signed_up_and_totals() -> None:
    key, moment, number = database.base.BigId, database.base.UtcDateTime(), sa.Integer()
    op.create_table(
        "sign_up",
        sa.Column("activity_id", key, nullable=False),
        sa.Column("member_id", key, nullable=False),
        sa.Column("at", moment, nullable=False),
        *_tied("sign_up", activity_id="activity", member_id="member"),
        sa.PrimaryKeyConstraint("activity_id", "member_id", name=op.f("pk_sign_up")),
    )
    op.create_index("ix_sign_up_member", "sign_up", ["member_id"])
    op.create_table(
        "activity_total",
        sa.Column("activity_id", key, nullable=False),
        sa.Column("branch_id", key, nullable=False),
        sa.Column("expected", number, nullable=False),
        sa.Column("checked_in", number, nullable=False),
        sa.Column("made_up", number, nullable=False),
        *_tied("activity_total", activity_id="activity", branch_id="branch"),
        sa.PrimaryKeyConstraint("activity_id", "branch_id", name=op.f("pk_activity_total")),
    )


def downgrade() -> None:
    for table in ("activity_total", "sign_up", "activity_change", "activity_template"):
        op.drop_table(table)
    for column in reversed(_COLUMNS):
        with op.batch_alter_table("activity", recreate="never") as batch:
            batch.drop_column(column)
