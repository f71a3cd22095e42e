"""One delivery for whatever is sent: answers to people stand beside the calls of pushes, and each says what its target is

Revision: 0011
Follows: 0010
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from database.recreate import add_checks, drop_checks, set_length, set_nullable

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_BEFORE = ("planned", "claimed", "accepted", "delivered", "failed", "unknown", "cancelled")
_TARGETS = ("follower", "list", "tag", "everyone", "group", "forwarder")
_BECOMES = {"waiting": "planned", "sent": "delivered"}  # the other states keep their names
_OVER = ("delivered", "failed", "unknown")
_BATCH = 500

_DELIVERY = sa.table(
    "delivery",
    sa.column("id", _ID), sa.column("push_id", _ID), sa.column("road", sa.String), sa.column("key", sa.String),
    sa.column("status", sa.String), sa.column("target_kind", sa.String), sa.column("target_id", sa.BigInteger),
    sa.column("target", sa.String), sa.column("recipients", sa.Integer), sa.column("due_at", _MOMENT),
    sa.column("lease_owner", sa.String), sa.column("lease_until", _MOMENT), sa.column("attempts", sa.Integer),
    sa.column("called_at", _MOMENT), sa.column("finished_at", _MOMENT), sa.column("media_id", sa.String),
    sa.column("msg_data_id", sa.String), sa.column("error", sa.String), sa.column("openid", sa.String),
    sa.column("payload", sa.LargeBinary), sa.column("reply_to", sa.String), sa.column("expires_at", _MOMENT),
)  # fmt: skip
_FORMER = sa.table(
    "delivery",
    sa.column("road", sa.String), sa.column("target_kind", sa.String), sa.column("target_id", sa.BigInteger),
    sa.column("to_all", sa.Boolean), sa.column("tag_id", sa.Integer),
)  # fmt: skip
_PUSH = sa.table(
    "push", sa.column("id", _ID), sa.column("road", sa.String), sa.column("planned_roads", sa.String)
)  # fmt: skip
_OUTBOX = sa.table(
    "outbox_message",
    sa.column("id", _ID), sa.column("openid", sa.String), sa.column("payload", sa.LargeBinary),
    sa.column("dedupe_key", sa.String), sa.column("status", sa.String), sa.column("due_at", _MOMENT),
    sa.column("expires_at", _MOMENT), sa.column("called_at", _MOMENT), sa.column("attempts", sa.Integer),
    sa.column("error", sa.String), sa.column("lease_owner", sa.String), sa.column("lease_until", _MOMENT),
)  # fmt: skip


def upgrade() -> None:
    connection = op.get_bind()
    drop_checks(connection, "delivery", _status_check(_BEFORE))
    set_nullable(connection, "delivery", "push_id", nullable=True)
    with op.batch_alter_table("delivery", recreate="never") as table:
        table.add_column(sa.Column("target_kind", sa.String(10), nullable=False, server_default="list"))
        table.add_column(sa.Column("target_id", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("openid", sa.String(64), nullable=True))
        table.add_column(sa.Column("payload", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("reply_to", sa.String(160), nullable=True))
        table.add_column(sa.Column("expires_at", _MOMENT, nullable=True))
    here = _FORMER.c
    kind = sa.case(
        (here.to_all, "everyone"), (here.tag_id.is_not(None), "tag"), (here.road == "template", "follower"), else_="list"
    )  # fmt: skip
    connection.execute(sa.update(_FORMER).values(target_kind=kind, target_id=here.tag_id))
    with op.batch_alter_table("delivery", recreate="never") as table:
        table.drop_column("to_all")
        table.drop_column("tag_id")
    checks = _status_check(("promised", *_BEFORE)) | {
        "ck_delivery_target_kind": _among("target_kind", _TARGETS)
    }
    add_checks(connection, "delivery", checks)
    op.create_index("ix_delivery_openid", "delivery", ["openid"])
    for batch in _batches(connection, sa.select(_OUTBOX).order_by(_OUTBOX.c.id)):
        connection.execute(sa.insert(_DELIVERY), [_answer(row) for row in batch])
    op.drop_table("outbox_message")
    with op.batch_alter_table("push", recreate="never") as table:
        table.add_column(sa.Column("planned_roads", sa.String(120), nullable=False, server_default=""))
    one = sa.select(_DELIVERY.c.road).where(_DELIVERY.c.push_id == _PUSH.c.id).limit(1).scalar_subquery()
    connection.execute(sa.update(_PUSH).values(planned_roads=sa.func.coalesce(one, "")))
    set_length(connection, "push", "road", 120)


def downgrade() -> None:
    connection = op.get_bind()
    op.create_table(
        "outbox_message",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("openid", sa.String(64), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("dedupe_key", sa.String(180), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("lease_owner", sa.String(80), nullable=False),
        sa.Column("lease_until", _MOMENT, nullable=True),
        sa.Column("called_at", _MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_outbox_message_dedupe_key")),
    )
    op.create_index("ix_outbox_message_due", "outbox_message", ["status", "due_at"])
    op.create_index("ix_outbox_message_openid", "outbox_message", ["openid"])
    answers = sa.select(_DELIVERY).where(_DELIVERY.c.push_id.is_(None)).order_by(_DELIVERY.c.id)
    for batch in _batches(connection, answers):
        connection.execute(sa.insert(_OUTBOX), [_message(row) for row in batch])
    connection.execute(sa.delete(_DELIVERY).where(_DELIVERY.c.push_id.is_(None)))
    op.drop_index("ix_delivery_openid", "delivery")
    checks = _status_check(("promised", *_BEFORE)) | {
        "ck_delivery_target_kind": _among("target_kind", _TARGETS)
    }
    drop_checks(connection, "delivery", checks)
    with op.batch_alter_table("delivery", recreate="never") as table:
        table.add_column(sa.Column("to_all", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("tag_id", sa.Integer(), nullable=True))
    here = _FORMER.c
    tag = sa.case((here.target_kind == "tag", here.target_id))
    connection.execute(sa.update(_FORMER).values(to_all=here.target_kind == "everyone", tag_id=tag))
    with op.batch_alter_table("delivery", recreate="never") as table:
        for name in ("target_kind", "target_id", "openid", "payload", "reply_to", "expires_at"):
            table.drop_column(name)
    set_nullable(connection, "delivery", "push_id", nullable=False)
    add_checks(connection, "delivery", _status_check(_BEFORE))
    several = sa.update(_PUSH).where(_PUSH.c.road.contains(",")).values(road="auto")  # unknown before
    connection.execute(several)
    set_length(connection, "push", "road", 16)
    with op.batch_alter_table("push", recreate="never") as table:
        table.drop_column("planned_roads")


def _among(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _status_check(values: tuple[str, ...]) -> dict[str, str]:
    return {"ck_delivery_status": _among("status", values)}


def _batches(connection: sa.Connection, query: sa.Select[Any]) -> Iterator[list[dict[str, Any]]]:
    """All rows at a time that is long enough to be quick and short enough for any memory."""
    last = 0
    key = next(iter(query.selected_columns))
    while batch := [
        dict(row) for row in connection.execute(query.where(key > last).limit(_BATCH)).mappings()
    ]:
        yield batch
        last = int(batch[-1]["id"])


def _answer(row: dict[str, Any]) -> dict[str, Any]:
    status = _BECOMES.get(row["status"], row["status"])
    before, _, key = row["dedupe_key"].partition(":")
    return {
        "push_id": None,
        "road": "custom",
        # As it is made for new ones, so that a repeated decision meets the carried row.
        "key": f"a-{hashlib.sha256(row['dedupe_key'].encode()).hexdigest()[:30]}",
        "status": status,
        "target_kind": "follower",
        "target_id": None,
        "target": "",
        "recipients": 1,
        "media_id": "",
        "msg_data_id": "",
        "reply_to": key[:160] if before == "reply" else None,
        "finished_at": (row["called_at"] or row["due_at"]) if status in _OVER else None,
        **{
            name: row[name]
            for name in (
                "openid", "payload", "due_at", "expires_at", "called_at", "attempts", "error", "lease_owner", "lease_until",
            )
        },
    }  # fmt: skip


def _message(row: dict[str, Any]) -> dict[str, Any]:
    status = next((old for old, new in _BECOMES.items() if new == row["status"]), row["status"])
    return {
        "dedupe_key": f"reply:{row['reply_to']}" if row["reply_to"] else row["key"],
        "status": "failed" if status == "cancelled" else status,
        "error": row["error"][:300],
        **{
            name: row[name]
            for name in (
                "openid", "payload", "due_at", "expires_at", "called_at", "attempts", "lease_owner", "lease_until",
            )
        },
    }  # fmt: skip
