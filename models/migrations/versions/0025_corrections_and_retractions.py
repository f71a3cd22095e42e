"""Corrections and retractions of what is out, and what WeChat is asked to delete for them

Revision: 0025
Follows: 0024
"""

import sqlalchemy as sa
from alembic import op

import database.base

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key, moment = database.base.BigId, database.base.UtcDateTime()
    op.create_table(
        "correction",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("article_id", key, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("draft_id", key, nullable=True),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("note", sa.String(300), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("asked_by", key, nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("decided_by", key, nullable=True),
        sa.Column("decided_at", moment, nullable=True),
        sa.Column("removals_made", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('correct', 'retract')", name=op.f("ck_correction_kind")),
        sa.CheckConstraint("status IN ('open', 'done', 'dropped')", name=op.f("ck_correction_status")),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_correction_article_id")),
        sa.ForeignKeyConstraint(["draft_id"], ["article.id"], name=op.f("fk_correction_draft_id")),
        sa.ForeignKeyConstraint(["asked_by"], ["user.id"], name=op.f("fk_correction_asked_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["user.id"], name=op.f("fk_correction_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
        sa.UniqueConstraint("draft_id", name=op.f("uq_correction_draft_id")),
    )
    op.create_index(op.f("ix_correction_article_id"), "correction", ["article_id"])
    op.create_index("ix_correction_status", "correction", ["status", "due_at"])
    only_open = sa.text("status = 'open'")
    op.create_index(
        "uq_correction_open", "correction", ["article_id"], unique=True, sqlite_where=only_open, postgresql_where=only_open
    )  # fmt: skip
    op.create_index(
        "ix_correction_unmade", "correction", ["id"], sqlite_where=sa.text("status = 'done' AND removals_made IS 0"),
        postgresql_where=sa.text("status = 'done' AND removals_made IS false"),
    )  # fmt: skip
    op.create_table(
        "removal",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("correction_id", key, nullable=False),
        sa.Column("road", sa.String(20), nullable=False),
        sa.Column("msg_id", sa.String(40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("error", sa.String(300), nullable=False),
        sa.Column("done_at", moment, nullable=True),
        sa.CheckConstraint("status IN ('wanted', 'done', 'refused')", name=op.f("ck_removal_status")),
        sa.ForeignKeyConstraint(["correction_id"], ["correction.id"], name=op.f("fk_removal_correction_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_removal")),
        sa.UniqueConstraint(
            "correction_id", "road", "msg_id", name=op.f("uq_removal_correction_id_road_msg_id")
        ),
    )
    op.create_index(op.f("ix_removal_correction_id"), "removal", ["correction_id"])
    wanted = sa.text("status = 'wanted'")
    op.create_index("ix_removal_wanted", "removal", ["due_at"], sqlite_where=wanted, postgresql_where=wanted)


def downgrade() -> None:
    op.drop_table("removal")
    op.drop_table("correction")
