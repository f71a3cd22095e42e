"""An office with a little of everything, and what is in it, for the tests of backups."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import runtime as parts
from accounts import audit
from ground import clock
from models import (
    Base,
    Branch,
    Follower,
    InstanceLease,
    LoginSession,
    Member,
    User,
)
from tests.fixtures.configuration import make_settings

CHANGED_ON_PURPOSE = ("instance_lease", "login_session", "setting", "audit_entry")
PICTURE = "assets/ab/" + "ab" * 32


def office(url: str, folder: Path, **sections: Any) -> parts.Runtime:
    return parts.build(make_settings(database={"url": url}, server={"data_dir": str(folder)}, **sections))


def fill(runtime: parts.Runtime) -> None:
    now = clock.now()
    with runtime.db.session_scope() as session:
        branch = Branch(name="梧桐里社区党支部", short_name="梧桐里支部")
        session.add(branch)
        user = User(username="wang", password_hash="x", role="admin", created_at=now)
        session.add(user)
        session.add(InstanceLease(id=1, fingerprint="this-machine", confirmed_at=now))
        session.flush()
        later = now + timedelta(hours=8)
        session.add(
            LoginSession(
                token_hash="1" * 64, user_id=user.id, created_at=now, expires_at=later, last_seen_at=now
            )
        )
        member = Member(name="试", branch_id=branch.id, phone="19900010000", created_at=now, updated_at=now)
        session.add(member)
        session.flush()
        session.add(Follower(openid="oTest", member_id=member.id, subscribed_at=now, large_text=True))
        for number in range(3):
            detail = {"rows": number, "share": 1.0, "names": ["乙", "甲"]}
            audit.record(session, "member.change", user=user, detail=detail, at=now)
    picture = runtime.settings.data_dir / PICTURE
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_bytes(b"picture")


def contents(runtime: parts.Runtime) -> dict[str, list[tuple[object, ...]]]:
    """All rows, without those that a restore changes on purpose."""
    with runtime.db.read_scope() as session:
        return {
            table.name: [
                tuple(row) for row in session.execute(sa.select(table).order_by(*table.primary_key.columns))
            ]
            for table in Base.metadata.sorted_tables
            if table.name not in CHANGED_ON_PURPOSE
        }


def state(runtime: parts.Runtime) -> dict[str, Any]:
    """All rows and all files, to see that nothing whatever was changed."""
    with runtime.db.read_scope() as session:
        rows = {
            table.name: sorted(map(repr, session.execute(sa.select(table))))
            for table in Base.metadata.sorted_tables
        }
    folder = runtime.settings.data_dir
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "restore.lock"
    }
    return {**rows, **files}
