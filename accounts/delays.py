"""Delays after wrong tries: they grow by account and by address, and no stranger can close the door to the owner with them.

A try counts in three rows. The *pair* of name and address (or of name and known browser, if the browser shows that this name
has signed in there before) decides how long the next try of that pair waits: nobody else can make it longer. The *address*
counts tries at all names, for those who go through the roster; known browsers do not wait for it. The *name* counts tries from
everywhere: while somebody goes at it from many addresses, a pair's delay begins with its first mistake instead of its fifth,
and after thirty mistakes in all only one unknown browser a minute is judged, so that nobody has a hundred guesses an hour.
Known browsers do not wait for it; until then the first try from a fresh address is free.

Names that do not exist are counted like others, and only keyed hashes are kept. A try during a delay is answered, not counted:
a delay ends when it said it would. Rows are held before a try is judged, so that many at the same moment are judged one after
the other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from database.once import insert_once
from database.sealed import keyring
from ground import waiting
from models import SignInDelay
from settings import Limits

_FIRST = timedelta(seconds=5)
_KEPT = timedelta(hours=24)  # without another mistake for so long, earlier ones are forgotten
_MOST_ROWS = 20_000
_NAME_TRIES = 30  # mistakes at one name, from wherever, before unknown browsers are judged one a minute
_NAME_PAUSE = timedelta(minutes=1)
_ADDRESS_TRIES = 4  # an office behind one address: so many times the tries of one person


@dataclass(frozen=True)
class Origin:
    """Where a try comes from: ``network`` is one visitor's address (IPv6: the /64), ``shown`` as much of it as may be kept.

    ``device`` is the id of a browser in which this very name has signed in before, empty for all others.
    """

    network: str
    shown: str = ""
    device: str = ""


@dataclass(frozen=True)
class Held:
    """The rows of one try, held until the commit: ``pair`` and ``name``, and ``address`` for who is not known here."""

    pair: SignInDelay
    name: SignInDelay
    address: SignInDelay | None

    def wait_s(self, at: datetime, limits: Limits) -> int:
        """Whole seconds until a try will be judged; 0: now."""
        longest = _longest(limits)
        rows = [self.pair, *([self.address, self.name] if self.address else [])]
        left = max(waiting.left(row.since, row.until, at, longest) for row in rows)
        return math.ceil(left.total_seconds())


def wait_s(session: Session, name: str, origin: Origin, *, at: datetime, limits: Limits) -> int:
    """Whole seconds until a try at this (normalised) name from there will be judged; 0: now. Only reads."""
    pair, of_name, address = _keys(name, origin)
    keys = [pair, address, of_name] if address else [pair]
    rows = session.execute(
        sa.select(SignInDelay.since, SignInDelay.until).where(SignInDelay.key.in_(keys))
    ).all()
    left = [waiting.left(since, until, at, _longest(limits)) for since, until in rows]
    return math.ceil(max(left, default=timedelta()).total_seconds())


def hold(session: Session, name: str, origin: Origin, *, at: datetime) -> Held:
    """Take the rows of a try in this transaction; others at the same name or address wait for its end."""
    pair, of_name, address = _keys(name, origin)
    wanted = {pair: of_name, of_name: of_name, **({address: None} if address else {})}
    # Always in the same order, so that two never wait for each other.
    rows = [{"key": key, "name_key": wanted[key], "failures": 0, "since": at} for key in sorted(wanted)]
    insert_once(session, SignInDelay, rows)
    found = session.scalars(
        sa.select(SignInDelay)
        .where(SignInDelay.key.in_(wanted))
        .order_by(SignInDelay.key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    held = {row.key: row for row in found}
    for row in held.values():
        if not row.since - _KEPT <= at <= row.since + _KEPT:  # long ago, or under a clock that ran ahead
            row.failures, row.since, row.until = 0, at, None
    return Held(held[pair], held[of_name], held[address] if address else None)


def count(session: Session, held: Held, *, at: datetime, limits: Limits) -> int:
    """Count a mistake; how many seconds the next try has to wait for it."""
    for row in (held.pair, held.name, held.address):
        if row is not None:
            row.failures += 1
            row.since = at
    tries = max(1, limits.login_tries)
    known = held.address is None
    pressure = 0 if known else min(held.name.failures // (4 * tries), tries)
    _delay(held.pair, held.pair.failures - tries + 1 + pressure, at, limits)
    if held.address is not None:
        if held.name.failures >= _NAME_TRIES:
            held.name.until = at + min(_NAME_PAUSE, _longest(limits))
        _delay(held.address, held.address.failures - _ADDRESS_TRIES * tries + 1, at, limits)
    session.flush()
    _keep_few(session)
    return held.wait_s(at, limits)


def forgive(held: Held) -> None:
    """The right password: the mistakes of this pair are forgotten; those of others at the name and address stay."""
    held.pair.failures, held.pair.until = 0, None


def forgive_name(session: Session, name: str) -> None:
    """A new password was given by an administrator: whoever has it may use it at once."""
    names = [_key("name", one) for one in (name, for_codes(name))]
    session.execute(sa.delete(SignInDelay).where(SignInDelay.name_key.in_(names)))


def for_codes(name: str) -> str:
    """The name under which mistakes in the second step are counted: the right password does not forgive them."""
    return f"code\x1f{name}"


def name_mark(name: str) -> str:
    """What a browser's cookie calls a name that has signed in there."""
    return _key("mark", name)[:16]


def _delay(row: SignInDelay, steps: int, at: datetime, limits: Limits) -> None:
    if steps >= 1:
        row.until = at + min(_FIRST * 2 ** min(steps - 1, 20), _longest(limits))


def _keep_few(session: Session) -> None:
    """However many names and addresses are tried, the table stays small: the oldest tenth goes."""
    if (session.scalar(sa.select(sa.func.count()).select_from(SignInDelay)) or 0) > _MOST_ROWS:
        oldest = sa.select(SignInDelay.key).order_by(SignInDelay.since).limit(_MOST_ROWS // 10)
        session.execute(
            sa.delete(SignInDelay).where(SignInDelay.key.in_(oldest.scalar_subquery())),
            execution_options={"synchronize_session": False},
        )


def _longest(limits: Limits) -> timedelta:
    return timedelta(minutes=limits.login_lock_minutes)


def _keys(name: str, origin: Origin) -> tuple[str, str, str]:
    """Of the pair, the name and the address; the last is empty for a known browser."""
    of_name = _key("name", name)
    if origin.device:
        return _key("device", name, origin.device), of_name, ""
    return _key("pair", name, origin.network), of_name, _key("address", origin.network)


def _key(*parts: str) -> str:
    return keyring().index("\x1f".join(("sign-in", *parts))).hex()
