"""The lexicon of the wording check lives in the database, in versions; what was confirmed about an article is kept

Revision: 0012
Follows: 0011
"""

import sqlalchemy as sa
from alembic import op

import database.base

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_MOMENT = database.base.UtcDateTime(timezone=True)


def upgrade() -> None:
    _lexicon()
    _checks()


def _lexicon() -> None:
    op.create_table(
        "lexicon_version",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("made_by", database.base.BigId, nullable=True),
        sa.Column("note", sa.String(length=120), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["user.id"], name=op.f("fk_lexicon_version_made_by")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_lexicon_version")),
    )
    op.create_table(
        "lexicon_entry",
        sa.Column("id", database.base.BigId, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("text", sa.String(length=40), nullable=False),
        sa.Column("suggestion", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("apart", sa.String(length=300), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("shipped", sa.Boolean(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Integer(), nullable=True),
        sa.Column("changed_by", database.base.BigId, nullable=True),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["changed_by"], ["user.id"], name=op.f("fk_lexicon_entry_changed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lexicon_entry")),
    )
    now = sa.text("gone IS NULL")
    op.create_index(
        "ix_lexicon_entry_now",
        "lexicon_entry",
        ["kind", "text"],
        unique=True,
        sqlite_where=now,
        postgresql_where=now,
    )
    op.create_index("ix_lexicon_entry_gone", "lexicon_entry", ["gone", "kind"])


def _checks() -> None:
    op.create_table(
        "wording_check",
        sa.Column("id", database.base.BigId, autoincrement=True, nullable=False),
        sa.Column("article_id", database.base.BigId, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("lexicon", sa.Integer(), nullable=False),
        sa.Column("confirms", sa.Integer(), nullable=False),
        sa.Column("hints", sa.Integer(), nullable=False),
        sa.Column("checked_at", _MOMENT, nullable=False),
        sa.Column("checked_by", database.base.BigId, nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_wording_check_article_id")),
        sa.ForeignKeyConstraint(["checked_by"], ["user.id"], name=op.f("fk_wording_check_checked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wording_check")),
    )
    op.create_index(op.f("ix_wording_check_article_id"), "wording_check", ["article_id"])
    op.create_table(
        "wording_confirmation",
        sa.Column("id", database.base.BigId, autoincrement=True, nullable=False),
        sa.Column("article_id", database.base.BigId, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("rule", sa.String(length=12), nullable=False),
        sa.Column("shown", sa.String(length=120), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("user_id", database.base.BigId, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_wording_confirmation_article_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_wording_confirmation_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wording_confirmation")),
    )
    op.create_index(op.f("ix_wording_confirmation_article_id"), "wording_confirmation", ["article_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_wording_confirmation_article_id"), table_name="wording_confirmation")
    op.drop_table("wording_confirmation")
    op.drop_index(op.f("ix_wording_check_article_id"), table_name="wording_check")
    op.drop_table("wording_check")
    op.drop_index("ix_lexicon_entry_gone", table_name="lexicon_entry")
    op.drop_index("ix_lexicon_entry_now", table_name="lexicon_entry")
    op.drop_table("lexicon_entry")
    op.drop_table("lexicon_version")
