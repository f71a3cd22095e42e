"""What people do about their own data: links to it, requests to the office, what they are told, what they agreed to, and how
far a sync has come

Revision: 0026
Follows: 0025
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

import database.base

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_POINTS = (
    ("follower_id", "follower"),
    ("member_id", "member"),
    ("branch_id", "branch"),
    ("decided_by", "user"),
)


def upgrade() -> None:
    key, moment = database.base.BigId, database.base.UtcDateTime()
    op.create_table(
        "own_link",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("follower_id", key, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["follower_id"], ["follower.id"], name=op.f("fk_own_link_follower_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_own_link")),
    )
    op.create_index(op.f("ix_own_link_follower_id"), "own_link", ["follower_id"])
    op.create_index(op.f("ix_own_link_expires_at"), "own_link", ["expires_at"])
    _requests(key, moment)
    _syncing(key, moment)
    _consents(key, moment)


def _requests(key: sa.types.TypeEngine[int], moment: sa.types.TypeEngine[datetime]) -> None:
    op.create_table(
        "data_request",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("follower_id", key, nullable=False),
        sa.Column("member_id", key, nullable=True),
        sa.Column("branch_id", key, nullable=True),
        sa.Column("asked", sa.LargeBinary(), nullable=True),
        sa.Column("consent_version", sa.String(20), nullable=False),
        sa.Column("open_key", sa.String(40), nullable=True),
        sa.Column("at", moment, nullable=False),
        sa.Column("decided_by", key, nullable=True),
        sa.Column("decided_at", moment, nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('correction', 'erasure', 'replace', 'binding')", name=op.f("ck_data_request_kind")
        ),
        sa.CheckConstraint("status IN ('open', 'done', 'refused')", name=op.f("ck_data_request_status")),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_data_request_{column}"))
            for column, table in _POINTS
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_request")),
        sa.UniqueConstraint("open_key", name=op.f("uq_data_request_open_key")),
    )
    op.create_index("ix_data_request_waiting", "data_request", ["status", "branch_id"])
    for column in ("follower_id", "member_id", "decided_at"):
        op.create_index(op.f(f"ix_data_request_{column}"), "data_request", [column])
    op.create_table(
        "telling",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("openid", sa.String(64), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_telling")),
    )
    op.create_index(op.f("ix_telling_openid"), "telling", ["openid"])


def _syncing(key: sa.types.TypeEngine[int], moment: sa.types.TypeEngine[datetime]) -> None:
    counts = ("listed", "total", "added", "gone", "drift")
    op.create_table(
        "sync_run",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("user_id", key, nullable=True),
        sa.Column("by", sa.String(20), nullable=False),
        sa.Column("night", sa.String(10), nullable=True),
        sa.Column("open_key", sa.String(8), nullable=True),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("finished_at", moment, nullable=True),
        sa.Column("cursor", sa.String(64), nullable=False),
        sa.Column("all_read", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in counts),
        sa.Column("error", sa.String(300), nullable=False),
        sa.Column("lease_owner", sa.String(80), nullable=False),
        sa.Column("lease_until", moment, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_sync_run_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_run")),
        sa.UniqueConstraint("night", name=op.f("uq_sync_run_night")),
        sa.UniqueConstraint("open_key", name=op.f("uq_sync_run_open_key")),
    )
    op.create_table(
        "listed_follower",
        sa.Column("openid", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("openid", name=op.f("pk_listed_follower")),
    )
    # What the console and the night remembered of the last sync stands in the table from now on.
    op.execute("DELETE FROM setting WHERE name IN ('console.follower_sync', 'follower_sync.night')")


def _consents(key: sa.types.TypeEngine[int], moment: sa.types.TypeEngine[datetime]) -> None:
    op.create_table(
        "consent",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("follower_id", key, nullable=False),
        sa.Column("member_id", key, nullable=False),
        sa.Column("version", sa.String(20), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("how", sa.String(10), nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_by", sa.String(10), nullable=True),
        sa.CheckConstraint("how IN ('reply', 'page')", name=op.f("ck_consent_how")),
        sa.CheckConstraint(
            "ended_by IN ('own', 'branch', 'replaced', 'lapsed', 'left', 'erased')",
            name=op.f("ck_consent_ended_by"),
        ),
        sa.ForeignKeyConstraint(["follower_id"], ["follower.id"], name=op.f("fk_consent_follower_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_consent_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    for column in ("follower_id", "member_id", "ended_at"):
        op.create_index(op.f(f"ix_consent_{column}"), "consent", [column])
    op.add_column("follower", sa.Column("consent_asked_at", moment, nullable=True))
    op.execute(
        "INSERT INTO consent (follower_id, member_id, version, at, how) "
        "SELECT id, member_id, consent_version, consent_at, 'reply' FROM follower "
        "WHERE member_id IS NOT NULL AND consent_at IS NOT NULL"
    )


def downgrade() -> None:
    with op.batch_alter_table("follower", recreate="never") as follower:
        follower.drop_column("consent_asked_at")
    for table in ("consent", "listed_follower", "sync_run", "telling", "data_request", "own_link"):
        op.drop_table(table)
