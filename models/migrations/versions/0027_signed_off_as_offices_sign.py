"""Stages and reviewers of a column, reviews in another's place, comments on a passage, emergency releases, who is to be told

Revision: 0027
Follows: 0026
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

import database.base

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _named_and_handed_over()
    _release()
    _comments_and_alerts()
    number = sa.Integer()
    moment = database.base.UtcDateTime()
    op.add_column("column", sa.Column("review_stages", number, nullable=True))
    op.add_column("article", sa.Column("review_stages", number, nullable=True))
    op.add_column("article", sa.Column("waits_since", moment, nullable=True))
    op.add_column("article", sa.Column("reminded_at", moment, nullable=True))
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    for column, table in (("instead_of", "user"), ("release_id", "emergency_release")):
        # in one statement: SQLite can add no constraint later
        tie = f'CONSTRAINT fk_review_{column} REFERENCES "{table}" (id)'
        op.execute(f'ALTER TABLE "review" ADD COLUMN {column} {kind} {tie}')


def _tied(table: str, **columns: str) -> list[Any]:
    return [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, other in columns.items()
    ]


def _named_and_handed_over() -> None:
    key, moment = database.base.BigId, database.base.UtcDateTime()
    op.create_table(
        "column_reviewer",
        sa.Column("column_id", key, nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("user_id", key, nullable=False),
        *_tied("column_reviewer", column_id="column", user_id="user"),
        sa.PrimaryKeyConstraint("column_id", "stage", "user_id", name=op.f("pk_column_reviewer")),
    )
    op.create_table(
        "handover",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("user_id", key, nullable=False),
        sa.Column("deputy_id", key, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("made_by", key, nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("ended_by", key, nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        *_tied("handover", user_id="user", deputy_id="user", made_by="user", ended_by="user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    op.create_index(op.f("ix_handover_last_day"), "handover", ["last_day"])


def _release() -> None:
    key, moment = database.base.BigId, database.base.UtcDateTime()
    op.create_table(
        "emergency_release",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("article_id", key, nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("first_by", key, nullable=False),
        sa.Column("first_reason", sa.String(500), nullable=False),
        sa.Column("first_at", moment, nullable=False),
        sa.Column("second_by", key, nullable=True),
        sa.Column("second_reason", sa.String(500), nullable=False),
        sa.Column("second_at", moment, nullable=True),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("last_stage", sa.Integer(), nullable=False),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("settled_at", moment, nullable=True),
        sa.CheckConstraint(
            "status IN ('asked', 'released', 'settled', 'void')", name=op.f("ck_emergency_release_status")
        ),
        *_tied("emergency_release", article_id="article", first_by="user", second_by="user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_release")),
    )
    op.create_index(op.f("ix_emergency_release_article_id"), "emergency_release", ["article_id"])
    op.create_index("ix_emergency_release_status", "emergency_release", ["status", "due_at"])
    is_open = sa.text("status IN ('asked', 'released')")
    op.create_index(
        "uq_emergency_release_open", "emergency_release", ["article_id"], unique=True, sqlite_where=is_open,
        postgresql_where=is_open,
    )  # fmt: skip


def _comments_and_alerts() -> None:
    key, moment = database.base.BigId, database.base.UtcDateTime()
    op.create_table(
        "review_comment",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("article_id", key, nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("quote", sa.String(200), nullable=False),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("user_id", key, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("answer", sa.String(500), nullable=False),
        sa.Column("answered_by", key, nullable=True),
        sa.Column("answered_at", moment, nullable=True),
        sa.Column("settled_by", key, nullable=True),
        sa.Column("settled_at", moment, nullable=True),
        *_tied("review_comment", article_id="article", user_id="user", answered_by="user", settled_by="user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_comment")),
    )
    op.create_index(op.f("ix_review_comment_article_id"), "review_comment", ["article_id"])
    op.create_table(
        "review_alert",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("user_id", key, nullable=False),
        sa.Column("text", sa.String(300), nullable=False),
        sa.Column("at", moment, nullable=False),
        *_tied("review_alert", user_id="user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_alert")),
    )


def downgrade() -> None:
    for table, columns in (
        ("review", ("release_id", "instead_of")),
        ("article", ("reminded_at", "waits_since", "review_stages")),
        ("column", ("review_stages",)),
    ):
        for column in columns:
            _drop(table, column)
    for table in ("review_alert", "review_comment", "emergency_release", "handover", "column_reviewer"):
        op.drop_table(table)


def _drop(table: str, column: str) -> None:
    with op.batch_alter_table(table, recreate="never") as batch:
        batch.drop_column(column)
