"""What an import of the roster changed, so that it can be undone

Revision: 0018
Follows: 0017
"""

import sqlalchemy as sa
from alembic import op

import database.base

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key, moment = database.base.BigId, database.base.UtcDateTime(timezone=True)
    op.add_column("import_run", sa.Column("undone", sa.Integer(), nullable=True))
    op.add_column("import_run", sa.Column("undone_at", moment, nullable=True))
    op.create_table(
        "import_change",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("run_id", key, nullable=False),
        sa.Column("member_id", key, nullable=False),
        sa.Column("written_at", moment, nullable=False),
        sa.Column("before", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["import_run.id"], name=op.f("fk_import_change_run_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_import_change_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_change")),
        sa.UniqueConstraint("run_id", "member_id", name=op.f("uq_import_change_run_id_member_id")),
    )
    op.create_index(op.f("ix_import_change_member_id"), "import_change", ["member_id"])


def downgrade() -> None:
    op.drop_table("import_change")
    for column in ("undone", "undone_at"):
        with op.batch_alter_table("import_run", recreate="never") as table:
            table.drop_column(column)
