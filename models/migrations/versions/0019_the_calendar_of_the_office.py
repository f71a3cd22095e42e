"""The calendar of the office: holidays, and the weekend days that make up for them

Revision: 0019
Follows: 0018
"""

import sqlalchemy as sa
from alembic import op

import database.base

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key, moment = database.base.BigId, database.base.UtcDateTime()
    op.create_table(
        "holiday_year",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("changed_by", key, nullable=True),
        sa.Column("changed_at", moment, nullable=False),
        sa.CheckConstraint("state IN ('announced', 'provisional')", name=op.f("ck_holiday_year_state")),
        sa.ForeignKeyConstraint(["changed_by"], ["user.id"], name=op.f("fk_holiday_year_changed_by")),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_holiday_year")),
    )
    op.create_table(
        "special_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("works", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["year"], ["holiday_year.year"], name=op.f("fk_special_day_year"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_special_day")),
    )
    op.create_index(op.f("ix_special_day_year"), "special_day", ["year"])


def downgrade() -> None:
    op.drop_table("special_day")
    op.drop_table("holiday_year")
