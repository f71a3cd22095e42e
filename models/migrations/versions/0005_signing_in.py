"""Delays instead of locks, second factors, and sessions that end when nobody uses them

Revision: 0005
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "second_factor",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("confirmed_at", _MOMENT, nullable=True),
        sa.Column("last_counter", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_second_factor_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("used_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_recovery_code_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_recovery_code_code_hash")),
    )
    op.create_index(op.f("ix_recovery_code_user_id"), "recovery_code", ["user_id"])
    op.create_table(
        "sign_in_delay",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("name_key", sa.String(64), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("until", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_delay")),
    )
    op.create_index(op.f("ix_sign_in_delay_name_key"), "sign_in_delay", ["name_key"])
    op.create_index(op.f("ix_sign_in_delay_since"), "sign_in_delay", ["since"])
    # Never by a copy of the table: others point to it, and SQLite would see their rows orphaned while it is away.
    with op.batch_alter_table("user", recreate="never") as table:
        table.drop_column("failures")
        table.drop_column("locked_until")
    with op.batch_alter_table("login_session") as table:
        table.add_column(sa.Column("last_seen_at", _MOMENT, nullable=True))
        table.add_column(sa.Column("awaits_code", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("browser", sa.String(40), nullable=False, server_default=""))
        table.add_column(sa.Column("network", sa.String(40), nullable=False, server_default=""))
    op.execute("UPDATE login_session SET last_seen_at = created_at")
    with op.batch_alter_table("login_session") as table:
        table.alter_column("last_seen_at", existing_type=_MOMENT, nullable=False)
    with op.batch_alter_table("follower") as table:
        table.add_column(sa.Column("bind_locked_at", _MOMENT, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("follower", recreate="never") as table:
        table.drop_column("bind_locked_at")
    with op.batch_alter_table("login_session") as table:
        for name in ("network", "browser", "awaits_code", "last_seen_at"):
            table.drop_column(name)
    with op.batch_alter_table("user", recreate="never") as table:
        table.add_column(sa.Column("locked_until", _MOMENT, nullable=True))
        table.add_column(sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    op.drop_table("sign_in_delay")
    op.drop_table("recovery_code")
    op.drop_table("second_factor")
