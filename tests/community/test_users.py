"""Accounts: sessions, rights, and the audit chain that nobody can bend."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from accounts import audit, passwords, rights, sessions, signing_in, users
from database.session import Database
from ground.errors import Conflict, Forbidden, NotFound, Refused
from models import ROLES, AuditEntry, LoginSession, User
from settings import Limits
from tests.community.conftest import NOON, Office

LIMITS = Limits()
PASSWORD = "correct-horse-9"


@pytest.fixture(scope="module")
def password_hash() -> str:
    """One real hash for all tests of the file: making it is slow on purpose."""
    return passwords.hash_password(PASSWORD)


@pytest.fixture
def wang(office: Office, password_hash: str) -> User:
    """An editor named 王芳 with :data:`PASSWORD`."""
    with office.db.session_scope() as session:
        return users.create(session, username="王芳", password_hash=password_hash, role="editor", at=NOON)


def _sign_in(db: Database, username: str, password: str, minutes: float = 0) -> signing_in.SignIn:
    with db.read_scope() as session:
        known = signing_in.credentials(session, username)
    matched = signing_in.matches(known, password)
    with db.session_scope() as session:
        return signing_in.sign_in(
            session, known, matched, limits=LIMITS, at=NOON + timedelta(minutes=minutes)
        )


def test_a_hash_tells_its_parameters_and_only_the_password_matches(password_hash: str) -> None:
    assert password_hash.startswith("$argon2id$v=19$")
    assert passwords.verify_password(PASSWORD, password_hash)
    assert not passwords.verify_password(PASSWORD + "x", password_hash)
    assert not passwords.verify_password(PASSWORD, "rubbish")
    assert passwords.hash_password("another-one-7") != passwords.hash_password("another-one-7")


def test_signing_in_opens_a_session_that_ends_by_itself(office: Office, wang: User) -> None:
    result = _sign_in(office.db, " 王芳 ", PASSWORD)
    assert result.token is not None
    with office.db.read_scope() as session:
        stored = session.scalars(sa.select(LoginSession)).one()
        assert result.token not in (stored.token_hash,), "only the hash is kept"
        always = Limits(session_idle_minutes=0)
        soon, later = NOON + timedelta(hours=11), NOON + timedelta(hours=LIMITS.session_hours)
        found = sessions.signed_in_user(session, result.token, at=soon, limits=always)
        assert found is not None
        assert found.id == wang.id
        assert sessions.signed_in_user(session, result.token, at=later, limits=always) is None
        assert sessions.signed_in_user(session, "made-up", at=soon, limits=always) is None
        assert sessions.signed_in_user(session, "", at=soon, limits=always) is None


def test_signing_out_ends_the_session_at_once(office: Office, wang: User) -> None:
    token = _sign_in(office.db, "王芳", PASSWORD).token
    other = _sign_in(office.db, "王芳", PASSWORD).token
    assert token is not None
    assert other is not None
    with office.db.session_scope() as session:
        sessions.revoke(session, token, at=NOON)
        assert sessions.signed_in_user(session, token, at=NOON) is None
        assert sessions.signed_in_user(session, other, at=NOON) is not None


def test_a_deactivated_account_is_out_at_once(office: Office, wang: User) -> None:
    admin = office.user("admin")
    token = _sign_in(office.db, "王芳", PASSWORD).token
    assert token is not None
    with office.db.session_scope() as session:
        users.set_active(session, session.get_one(User, wang.id), False, at=NOON, by=admin)
    with office.db.session_scope() as session:
        assert sessions.signed_in_user(session, token, at=NOON) is None
        with pytest.raises(NotFound):
            users.by_name(session, "王芳")
        with pytest.raises(Refused, match="最后一个管理员"):
            users.set_active(session, session.get_one(User, admin.id), False, at=NOON)
    assert _sign_in(office.db, "王芳", PASSWORD).token is None


def test_only_who_manages_accounts_deactivates_one(office: Office, wang: User) -> None:
    admin = office.user("admin")
    with office.db.session_scope() as session, pytest.raises(Forbidden, match="没有此项权限"):
        users.set_active(session, session.get_one(User, admin.id), False, at=NOON, by=wang)


def test_a_new_password_ends_all_sessions_and_lifts_the_delay(office: Office, wang: User) -> None:
    token = _sign_in(office.db, "王芳", PASSWORD).token
    assert token is not None
    for _ in range(5):
        _sign_in(office.db, "王芳", "wrong")
    new = passwords.hash_password("a-new-one-123")
    with office.db.session_scope() as session:
        users.set_password(session, session.get_one(User, wang.id), new, at=NOON)
        assert sessions.signed_in_user(session, token, at=NOON) is None
    assert _sign_in(office.db, "王芳", PASSWORD).token is None
    assert _sign_in(office.db, "王芳", "a-new-one-123").token is not None


def test_an_account_that_makes_no_sense_is_refused(sqlite_office: Office) -> None:
    office = sqlite_office
    senseless: list[tuple[dict[str, Any], str]] = [
        ({"username": "x", "role": "editor"}, "用户名应为"),
        ({"username": "a b", "role": "editor"}, "用户名应为"),
        ({"username": "li", "role": "boss"}, "没有“boss”这个角色"),
        ({"username": "li", "role": "secretary"}, "须指定所在党支部"),
        ({"username": "li", "role": "editor", "stage": 2}, "审核环节"),
        ({"username": "li", "role": "reviewer", "stage": 4}, "审核环节"),
    ]
    for wanted, says in senseless:
        with office.db.session_scope() as session, pytest.raises(Refused, match=says):
            users.create(session, password_hash="-", at=NOON, **wanted)


def test_a_name_is_taken_only_once_whatever_its_spelling(office: Office) -> None:
    office.user("editor", name="Li.Lei")
    with office.db.session_scope() as session, pytest.raises(Conflict):
        users.create(session, username="ＬＩ.lei", password_hash="-", role="editor", at=NOON)


def test_every_right_names_real_roles_and_the_auditor_changes_nothing(sqlite_office: Office) -> None:
    office = sqlite_office
    auditor = office.user("auditor")
    for action, roles in rights.RIGHTS.items():
        assert roles <= set(ROLES), action
        verb = action.partition(".")[2]
        if verb not in ("view", "export"):
            assert not rights.may(auditor, action), action


def test_a_secretary_acts_for_the_own_branch_only(sqlite_office: Office) -> None:
    office = sqlite_office
    secretary = office.user("secretary", "湖东社区党支部")
    own = secretary.branch_id
    assert own is not None
    assert rights.may(secretary, "checkin.record", own)
    assert not rights.may(secretary, "checkin.record", own + 1)
    with pytest.raises(Forbidden, match="本支部"):
        rights.require(secretary, "checkin.record", own + 1)
    with pytest.raises(Forbidden, match="支部书记"):
        rights.require(secretary, "user.manage")
    secretary.branch_id = None
    assert not rights.may(secretary, "checkin.record", own), "without a branch nothing is the own one"


def test_an_unknown_action_is_a_mistake_of_ours(sqlite_office: Office) -> None:
    office = sqlite_office
    with pytest.raises(KeyError):
        rights.may(office.user("admin"), "member.fly")


# --- The audit chain ---------------------------------------------------------------------------------------


def test_the_chain_holds_over_many_entries_written_at_once(office: Office) -> None:
    admin = office.user("admin")

    def write(number: int) -> None:
        for _ in range(5):
            with office.db.session_scope() as session:
                audit.record(session, "member.change", user=admin, subject=f"member:{number}", at=NOON)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with office.db.read_scope() as session:
        report = audit.verify(session)
    assert (report.entries, report.intact) == (22, True)


def test_whoever_bends_an_entry_is_found_at_that_place(office: Office) -> None:
    with office.db.session_scope() as session:
        entries = [audit.record(session, "activity.export", detail={"rows": n}, at=NOON) for n in range(4)]
        target, following = entries[1].id, entries[2].id
        assert audit.verify(session).intact
    changes: list[dict[str, Any]] = [
        {"detail": {"rows": 2}},
        {"actor": "别人"},
        {"at": NOON + timedelta(hours=1)},
    ]
    bends: list[sa.Update | sa.Delete] = [
        sa.update(AuditEntry).where(AuditEntry.id == target).values(**change) for change in changes
    ]
    for bend in [*bends, sa.delete(AuditEntry).where(AuditEntry.id == target)]:
        with office.db.engine.connect() as connection:
            connection.execute(bend)
            session = office.db.session_on(connection)
            assert audit.verify(session).broken_at in (target, following)
            session.close()
            connection.rollback()
    with office.db.read_scope() as session:
        assert audit.verify(session).intact


def test_an_entry_goes_with_its_transaction(office: Office) -> None:
    with office.db.read_scope() as session:
        before = audit.verify(session).entries

    def fail() -> None:
        with office.db.session_scope() as session:
            audit.record(session, "member.change", at=NOON)
            raise RuntimeError("the power goes")

    with pytest.raises(RuntimeError):
        fail()
    with office.db.session_scope() as session:
        audit.record(session, "member.change", actor="命令行", at=NOON)
        assert audit.verify(session) == audit.ChainReport(before + 1, None)


def test_entries_are_found_by_kind_newest_first(office: Office) -> None:
    with office.db.session_scope() as session:
        for action in ("member.change", "member.unmask", "activity.export"):
            audit.record(session, action, at=NOON)
        found = audit.page(session, action="member")
        assert (found.total, [entry.action for entry in found.entries]) == (
            2,
            ["member.unmask", "member.change"],
        )


def test_of_two_administrators_who_take_the_role_from_each_other_one_stays(postgres_office: Office) -> None:
    office = postgres_office
    first, second = office.user(), office.user()
    together = threading.Barrier(2)

    def demote(by: User, other: User) -> str:
        with office.db.session_scope() as session:
            acting, whom = users.get(session, by.id), users.get(session, other.id)
            together.wait(timeout=10)
            try:
                users.change_role(session, whom, "editor", at=NOON, by=acting)
            except Refused as error:
                return error.message
        return ""

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(demote, (first, second), (second, first)))
    assert sorted(map(bool, said)) == [False, True]
    assert any("最后一个管理员" in one for one in said)
    with office.db.read_scope() as session:
        assert sorted(users.get(session, one.id).role for one in (first, second)) == ["admin", "editor"]
