"""An office with a little of everything, and what is in it, for the tests of backups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

import runtime as parts
from accounts import audit, sessions
from community.followers import read_large
from ground import clock
from models import Base, InstanceLease
from tests.fixtures.configuration import make_settings
from tests.world import accounts, followers, members, places

CHANGED_ON_PURPOSE = ("instance_lease", "login_session", "setting", "audit_entry")
PICTURE = "assets/ab/" + "ab" * 32


def office(url: str, folder: Path, **sections: Any) -> parts.Runtime:
    return parts.build(make_settings(database={"url": url}, server={"data_dir": str(folder)}, **sections))


def fill(runtime: parts.Runtime) -> None:
    now = clock.now()
    with runtime.db.session_scope() as session:
        (branch,) = places.branches(session, "梧桐里社区党支部", short_names=["梧桐里支部"])
        user = accounts.account(session, "wang")
        sessions.open_session(session, user, hours=8, at=now)
        session.add(InstanceLease(id=1, fingerprint="this-machine", confirmed_at=now))
        member = members.member(session, "试", branch, phone_number="19900010000")
        followers.bind(session, "oTest", member)
        read_large(session, "oTest")
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
