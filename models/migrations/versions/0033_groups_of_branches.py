"""Groups of branches, and whose a call to a group is

Revision: 0033
Follows: 0032
"""

import sqlalchemy as sa
from alembic import op

import database.base
import database.sealed

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key, moment = database.base.BigId, database.base.UtcDateTime()
    op.create_table(
        "chat_group",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("branch_id", key, nullable=True),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("robot", database.sealed.Sealed("chat_group.robot"), nullable=True),
        sa.Column("robot_hint", sa.String(8), nullable=False),
        sa.Column("forwarder_id", key, nullable=True),
        sa.Column("archived_at", moment, nullable=True),
        sa.Column("created_by", key, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('wecom', 'wechat')", name=op.f("ck_chat_group_kind")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_chat_group_branch_id")),
        sa.ForeignKeyConstraint(["forwarder_id"], ["member.id"], name=op.f("fk_chat_group_forwarder_id")),
        sa.ForeignKeyConstraint(["created_by"], ["user.id"], name=op.f("fk_chat_group_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_group")),
    )
    op.create_index(op.f("ix_chat_group_branch_id"), "chat_group", ["branch_id"])
    op.create_index(op.f("ix_chat_group_forwarder_id"), "chat_group", ["forwarder_id"])
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    # in one statement: SQLite can add no constraint later
    tie = 'CONSTRAINT fk_delivery_branch_id REFERENCES "branch" (id)'
    op.execute(f'ALTER TABLE "delivery" ADD COLUMN branch_id {kind} {tie}')


def downgrade() -> None:
    with op.batch_alter_table("delivery", recreate="never") as batch:
        batch.drop_column("branch_id")
    op.drop_table("chat_group")
