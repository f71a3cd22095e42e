"""By which rules a body was cleaned, and revisions that no person saved

Revision: 0003
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("article", sa.Column("cleaned_by_rules", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("article_revision") as table:
        table.add_column(sa.Column("note", sa.String(length=120), nullable=False, server_default=""))
        table.alter_column("saved_by", existing_type=_ID, nullable=True)


def downgrade() -> None:
    op.execute(
        "UPDATE article_revision SET saved_by = (SELECT created_by FROM article WHERE article.id = article_id) "
        "WHERE saved_by IS NULL"
    )
    with op.batch_alter_table("article_revision") as table:
        table.alter_column("saved_by", existing_type=_ID, nullable=False)
        table.drop_column("note")
    with op.batch_alter_table("article") as table:
        table.drop_column("cleaned_by_rules")
