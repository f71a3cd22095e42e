"""Consents to subscription notices, counted by follower and template

Revision: 0040
Follows: 0039
"""

import sqlalchemy as sa
from alembic import op

import database.base

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key, moment = database.base.BigId, database.base.UtcDateTime()
    op.create_table(
        "notice_consent",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("follower_id", key, nullable=False),
        sa.Column("template_id", sa.String(64), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("spent", sa.Integer(), nullable=False),
        sa.Column("granted_at", moment, nullable=True),
        sa.Column("refused_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["follower_id"], ["follower.id"], name=op.f("fk_notice_consent_follower_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_consent")),
        sa.UniqueConstraint(
            "follower_id", "template_id", name=op.f("uq_notice_consent_follower_id_template_id")
        ),
    )
    op.create_index(op.f("ix_notice_consent_template_id"), "notice_consent", ["template_id"])
    with op.batch_alter_table("delivery", recreate="never") as table:
        table.add_column(sa.Column("spends_consent", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("delivery", recreate="never") as table:
        table.drop_column("spends_consent")
    op.drop_table("notice_consent")
