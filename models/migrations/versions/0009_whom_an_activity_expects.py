"""Whom an activity expects is written down when it begins, and a revision keeps its source link

Revision: 0009
Follows: 0008
"""

import sqlalchemy as sa
from alembic import op

import database.base
from ground import clock

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = database.base.UtcDateTime(timezone=True)
    op.create_table(
        "expected_member",
        sa.Column("activity_id", database.base.BigId, nullable=False),
        sa.Column("member_id", database.base.BigId, nullable=False),
        sa.Column("branch_id", database.base.BigId, nullable=False),
        sa.Column("added_at", moment, nullable=False),
        sa.Column("added_by", database.base.BigId, nullable=True),
        sa.Column("reason", sa.String(length=200), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_expected_member_activity_id")
        ),
        sa.ForeignKeyConstraint(["added_by"], ["user.id"], name=op.f("fk_expected_member_added_by")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_expected_member_branch_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_expected_member_member_id")),
        sa.PrimaryKeyConstraint("activity_id", "member_id", name=op.f("pk_expected_member")),
    )
    with op.batch_alter_table("activity", recreate="never") as batch:
        batch.add_column(sa.Column("frozen_at", moment, nullable=True))
    with op.batch_alter_table("article_revision", recreate="never") as batch:
        batch.add_column(sa.Column("source_url", sa.String(length=500), nullable=True))
    _write_down(op.get_bind(), moment)
    # behind the rows: an index that is filled in one go is made in a fraction of the time
    op.create_index("ix_expected_member_branch", "expected_member", ["activity_id", "branch_id"])
    op.create_index("ix_expected_member_member", "expected_member", ["member_id"])
    op.create_index("ix_activity_frozen", "activity", ["frozen_at", "starts_at"])
    # the hash is over the link too: an equal one tells which it was
    op.execute(
        "UPDATE article_revision SET source_url = (SELECT source_url FROM article WHERE article.id = article_id) "
        "WHERE EXISTS (SELECT 1 FROM article WHERE article.id = article_id AND article.hash = article_revision.hash)"
    )


def downgrade() -> None:
    op.drop_index("ix_activity_frozen", table_name="activity")
    with op.batch_alter_table("article_revision", recreate="never") as batch:
        batch.drop_column("source_url")
    with op.batch_alter_table("activity", recreate="never") as batch:
        batch.drop_column("frozen_at")
    op.drop_table("expected_member")


def _write_down(connection: sa.Connection, moment: database.base.UtcDateTime) -> None:
    """For what has begun already, the roster of today: nobody knows that of then, but who has a record was expected."""
    now = clock.now()
    begun = sa.text("UPDATE activity SET frozen_at = :now WHERE starts_at <= :now")
    connection.execute(begun.bindparams(sa.bindparam("now", now, moment)))
    connection.exec_driver_sql(
        "INSERT INTO expected_member (activity_id, member_id, branch_id, added_at) "
        "SELECT c.activity_id, c.member_id, c.branch_id, a.frozen_at FROM check_in c "
        "JOIN activity a ON a.id = c.activity_id WHERE a.frozen_at IS NOT NULL"
    )
    connection.exec_driver_sql(
        "INSERT INTO expected_member (activity_id, member_id, branch_id, added_at) "
        "SELECT a.id, m.id, m.branch_id, a.frozen_at FROM activity a JOIN member m ON m.active "
        "WHERE a.frozen_at IS NOT NULL AND (a.for_all OR EXISTS (SELECT 1 FROM activity_branch b "
        "WHERE b.activity_id = a.id AND b.branch_id = m.branch_id)) "
        "AND NOT EXISTS (SELECT 1 FROM check_in c WHERE c.activity_id = a.id AND c.member_id = m.id)"
    )
