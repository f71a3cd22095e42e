"""What one kind of personal datum is: where it lies, why, for how long, and what removes it."""

from __future__ import annotations

from dataclasses import dataclass

from database.session import Database
from operations.sweeps import Held, Moment, Standing, Sweep
from settings import Settings

DUTY = "岗位职责"
MEMBERSHIP = "党员教育管理工作需要"
SERVICE = "本人关注公众号并使用服务"
LEFT = "微信规定：用户取消关注后应删除其数据"
"""On what its keeping rests."""


@dataclass(frozen=True)
class Kind:
    """One kind of personal datum.

    ``where``: its columns (``table.column``) or folder. ``keep`` is the time in words, with the configuration's numbers in
    braces; ``then`` what happens at its end. Without a ``sweep`` nothing ends by time: a person decides (erasing, correcting).
    """

    name: str
    where: tuple[str, ...]
    what: str
    purpose: str
    basis: str
    keep: str
    then: str
    sweep: Sweep | None = None
    held: Held | None = None
    """Without a sweep: how many there are all the same."""

    @property
    def in_files(self) -> bool:
        """Whether it lies in a folder of ``data_dir`` instead of the database."""
        return self.where[0].endswith("/")

    def standing(self, db: Database, at: Moment) -> Standing:
        """How many there are, and how many of them should be gone."""
        counted = self.sweep or self.held
        return counted.standing(db, at) if counted else Standing(0, None, 0)

    def time(self, settings: Settings) -> str:
        """How long, with the configured numbers."""
        limits, system = settings.limits, settings.system
        return self.keep.format(
            days=limits.inbound_keep_days,
            hours=system.dedupe_keep_hours,
            minutes=limits.conversation_minutes,
            undo=limits.roster_undo_hours,
            grace=limits.consent_grace_days,
        )


def of(table: str, *columns: str) -> tuple[str, ...]:
    """Columns of one table, as :attr:`Kind.where` names them."""
    return tuple(f"{table}.{column}" for column in columns)
