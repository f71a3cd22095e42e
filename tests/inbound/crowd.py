"""Many followers who check in at once, each a bound member with a name of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from models import Branch, CheckIn, Follower
from runtime import Runtime
from settings import Settings
from tests.inbound.conftest import account_of, furnish, open_activity
from tests.inbound.platform import Phone, text_of
from tests.world import followers, members


def openid_of(number: int) -> str:
    """Of follower ``number``."""
    return f"oCrowd{number:022d}"


def name_of(number: int) -> str:
    """The member's, as a receipt calls them."""
    return f"群众{number:04d}"


def gather(built: Runtime, people: int) -> None:
    """One activity that is open to all, and that many members."""
    with built.db.session_scope() as session:
        office = furnish(session)
        open_activity(session, office, "主题党日", branch=None)
        branch = session.get_one(Branch, office.branches[0]).name
        crowd = members.enrol(session, [members.row(name_of(n), branch) for n in range(people)])
        followers.bind_all(session, [openid_of(n) for n in range(people)], crowd)


def letter(settings: Settings, number: int, created: int | None = None) -> tuple[str, bytes]:
    """Query and body of the check-in of follower ``number``; the same message whenever it is made within a second.

    A repeat of WeChat's carries the first one's time: with the same ``created`` it is the same message at any time.
    """
    account = account_of(settings)
    xml = Phone(lambda *_: [], account).xml(
        text_of("签到"), openid_of(number), msg_id=7_000_000 + number, created=created
    )
    return account.sealed(xml)


def checked_in(built: Runtime) -> list[str]:
    """The openid behind each check-in, once for every check-in."""
    with built.db.read_scope() as session:
        rows = session.execute(
            sa.select(Follower.openid).join(CheckIn, CheckIn.member_id == Follower.member_id)
        )
        return [row[0] for row in rows]


def at_once(works: Sequence[Callable[[], None]]) -> None:
    """Do all of them, each in a thread of its own, and wait for all; raises what the first of them raised."""
    errors: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "somebody waits for ever"
    if errors:
        raise errors[0]
