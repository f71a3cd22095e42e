"""What is typed and not saved yet, who has an article open, and many Word files at once

Revision: 0013
Follows: 0012
"""

import sqlalchemy as sa
from alembic import op

import database.base

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key, moment = database.base.BigId, database.base.UtcDateTime(timezone=True)
    op.create_table(
        "article_draft",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("user_id", key, nullable=False),
        sa.Column("article_id", key, nullable=True),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("fields", database.base.Json, nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("saved_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_article_draft_article_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_article_draft_user_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_article_draft")),
    )
    op.create_index("ix_article_draft_article_id", "article_draft", ["article_id"])
    op.create_index("ix_article_draft_saved_at", "article_draft", ["saved_at"])
    op.create_table(
        "article_hold",
        sa.Column("article_id", key, autoincrement=False, nullable=False),
        sa.Column("user_id", key, nullable=False),
        sa.Column("tab", sa.String(length=32), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_article_hold_article_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_article_hold_user_id")),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_article_hold")),
    )
    op.create_table(
        "import_batch",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("user_id", key, nullable=False),
        sa.Column("column_id", key, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["column_id"], ["column.id"], name=op.f("fk_import_batch_column_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_import_batch_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
    )
    op.create_index("ix_import_batch_user_id", "import_batch", ["user_id"])
    op.create_table(
        "batch_file",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("batch_id", key, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("stored", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("article_id", key, nullable=True),
        sa.Column("warnings", database.base.Json, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("finished_at", moment, nullable=True),
        sa.Column("lease_owner", sa.String(length=80), nullable=False),
        sa.Column("lease_until", moment, nullable=True),
        sa.CheckConstraint("status IN ('waiting', 'done', 'refused')", name=op.f("ck_batch_file_status")),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_batch_file_article_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_batch_file_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_file")),
        sa.UniqueConstraint("batch_id", "sha256", "name", name=op.f("uq_batch_file_batch_id_sha256_name")),
    )
    op.create_index("ix_batch_file_status", "batch_file", ["status", "id"])


def downgrade() -> None:
    op.drop_table("batch_file")
    op.drop_table("import_batch")
    op.drop_table("article_hold")
    op.drop_table("article_draft")
