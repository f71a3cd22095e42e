"""What articles are found by: their texts and the pairs of characters in them; filled while the server runs

Revision: 0041
Follows: 0040
"""

import sqlalchemy as sa
from alembic import op

import database.base

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = database.base.BigId
    op.create_table(
        "article_text",
        sa.Column("article_id", key, autoincrement=False, nullable=False),
        sa.Column("edition", sa.String(40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_article_text_article_id")),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_article_text")),
    )
    op.create_index(op.f("ix_article_text_edition"), "article_text", ["edition"])
    if op.get_bind().dialect.name == "sqlite":
        # "ascii" takes every character beyond ASCII for a part of a token, whatever Unicode SQLite knows.
        op.execute("CREATE VIRTUAL TABLE article_gram USING fts5(grams, content='', tokenize='ascii')")
        return
    op.execute(
        "CREATE TABLE article_gram (id bigint NOT NULL, grams tsvector NOT NULL, whole text,"
        " CONSTRAINT pk_article_gram PRIMARY KEY (id),"
        " CONSTRAINT fk_article_gram_id FOREIGN KEY (id) REFERENCES article (id))"
    )
    # Without a list of what is still to be sorted in, which every question would have to read.
    op.execute("CREATE INDEX ix_article_gram_grams ON article_gram USING gin (grams) WITH (fastupdate = off)")


def downgrade() -> None:
    op.execute("DROP TABLE article_gram")
    op.drop_table("article_text")
