"""Demo data made by a seeded generator: the same seed gives the same office. No real person, place or phone number."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from typing import TYPE_CHECKING

import sqlalchemy as sa

from database import migrate
from ground import clock, logs
from models import Member, Setting
from operations import heads, unfinished

if TYPE_CHECKING:
    from settings import Settings

_SEED = 20260701
_MARK = "demo.ready"
_HINT = "demo.unbound"


def prepare(settings: Settings, say: Callable[[str], None]) -> None:
    """Migrate the database and fill it once. A database that already holds people is left as it is."""
    import runtime as parts
    from cli.demodata import build

    logs.configure(logging.WARNING)

    runtime = parts.build(settings)
    try:
        unfinished.need_none(settings.data_dir, runtime.db)
        if migrate.pending(runtime.db):
            migrate.upgrade_database(runtime.db)
        heads.seal(runtime)
        with runtime.db.read_scope() as session:
            if session.get(Setting, _MARK) is not None:
                return
            if session.scalar(sa.select(sa.func.count()).select_from(Member)):
                say("数据库里已有数据，不再放入演示数据")
                return
        say("正在准备演示数据，首次启动需要十几秒")
        clock.sync()
        build.build(runtime, random.Random(_SEED), mark=_MARK, hint=_HINT)
        build.furnish(runtime)
    finally:
        runtime.close()


def binding_hint(settings: Settings) -> str:
    """``"绑定 姓名 后四位"`` of a member who is not bound yet, to try binding with; empty where there is none."""
    from database.session import Database

    database = Database(settings.database.url)
    try:
        with database.read_scope() as session:
            found = session.get(Setting, _HINT)
            return found.value if found else ""
    finally:
        database.close()
