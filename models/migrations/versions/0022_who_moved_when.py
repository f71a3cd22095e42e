"""Who moved when, which records are one person, and who of the office is whom on the roster

Revision: 0022
Follows: 0021
"""

import sqlalchemy as sa
from alembic import op

import database.base

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key, moment = database.base.BigId, database.base.UtcDateTime(timezone=True)
    op.create_table(
        "member_transfer",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("branch_id", key, nullable=False),
        sa.Column("moved_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("user_id", key, nullable=False),
        sa.Column("taken_back_at", moment, nullable=True),
        sa.Column("taken_back_by", key, nullable=True),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_member_transfer_branch_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_member_transfer_user_id")),
        sa.ForeignKeyConstraint(
            ["taken_back_by"], ["user.id"], name=op.f("fk_member_transfer_taken_back_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_transfer")),
    )
    op.create_table(
        "member_move",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("member_id", key, nullable=False),
        sa.Column("from_branch_id", key, nullable=True),
        sa.Column("to_branch_id", key, nullable=True),
        sa.Column("moved_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("user_id", key, nullable=True),
        sa.Column("transfer_id", key, nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_member_move_member_id")),
        sa.ForeignKeyConstraint(
            ["from_branch_id"], ["branch.id"], name=op.f("fk_member_move_from_branch_id")
        ),
        sa.ForeignKeyConstraint(["to_branch_id"], ["branch.id"], name=op.f("fk_member_move_to_branch_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_member_move_user_id")),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["member_transfer.id"], name=op.f("fk_member_move_transfer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_move")),
    )
    op.create_index("ix_member_move_member_id", "member_move", ["member_id"])
    op.create_index("ix_member_move_transfer_id", "member_move", ["transfer_id"])
    op.add_column("member", sa.Column("merged_into", key, nullable=True))
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    tie = 'CONSTRAINT fk_user_member_id REFERENCES "member" (id)'  # in one statement: SQLite can add no constraint later
    op.execute(f'ALTER TABLE "user" ADD COLUMN member_id {number} {tie}')
    op.create_index("ix_user_member_id", "user", ["member_id"])


def downgrade() -> None:
    op.drop_index("ix_user_member_id", "user")
    for table, column in (("user", "member_id"), ("member", "merged_into")):
        with op.batch_alter_table(table, recreate="never") as changed:
            changed.drop_column(column)
    op.drop_table("member_move")
    op.drop_table("member_transfer")
