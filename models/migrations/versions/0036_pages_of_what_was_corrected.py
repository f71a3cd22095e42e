"""Pages that WeChat keeps as they were when their article was corrected

Revision: 0036
Follows: 0035
"""

from alembic import op

from database.recreate import add_checks, drop_checks

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_BEFORE = {"ck_removal_status": "status IN ('wanted', 'done', 'refused')"}
_NOW = {"ck_removal_status": "status IN ('wanted', 'done', 'refused', 'kept', 'mended')"}


def upgrade() -> None:
    connection = op.get_bind()
    drop_checks(connection, "removal", _BEFORE)
    add_checks(connection, "removal", _NOW)


def downgrade() -> None:
    connection = op.get_bind()
    # The version before writes no rows for a correction.
    op.execute(
        "DELETE FROM removal WHERE correction_id IN (SELECT id FROM correction WHERE kind = 'correct')"
    )
    op.execute("UPDATE correction SET removals_made = false WHERE kind = 'correct'")
    drop_checks(connection, "removal", _NOW)
    add_checks(connection, "removal", _BEFORE)
