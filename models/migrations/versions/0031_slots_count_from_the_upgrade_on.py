"""A slot that does not say since when it is what it is counts from now on: none of its former moments was missed

Revision: 0031
Follows: 0030
"""

import sqlalchemy as sa
from alembic import op

import database.base
from ground import clock

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_COLUMN = sa.table("column", sa.column("id", database.base.BigId), sa.column("slots", database.base.Json))


def upgrade() -> None:
    connection, now = op.get_bind(), clock.now().isoformat()
    for ident, slots in connection.execute(sa.select(_COLUMN.c.id, _COLUMN.c.slots)).all():
        since = [{"since": now, **slot} if isinstance(slot, dict) else slot for slot in slots or ()]
        connection.execute(sa.update(_COLUMN).where(_COLUMN.c.id == ident).values(slots=since))


def downgrade() -> None:
    """The former version asks for nothing of it."""
