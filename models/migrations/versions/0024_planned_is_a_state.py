"""An article that a push holds which has not begun is planned

Revision: 0024
Follows: 0023
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_HELD = """
    SELECT push_article.article_id FROM push_article JOIN push ON push.id = push_article.push_id
    WHERE push.status IN ('scheduled', 'held', 'paused', 'missed') AND push.planned_at IS NULL
"""


def upgrade() -> None:
    op.execute(f"UPDATE article SET status = 'planned' WHERE status = 'approved' AND id IN ({_HELD})")  # noqa: S608


def downgrade() -> None:
    op.execute("UPDATE article SET status = 'approved' WHERE status = 'planned'")
