"""Whether the account's menu still says what the columns are: it is published by a person, and changes with nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Session

from content import columns
from content.life import READABLE
from models import Article, Column

_BY_COMMAND = {"STUDY": "study", "NEWS": "news"}
Button = Mapping[str, Any]


def outdated(session: Session, buttons: Sequence[Button], since: datetime) -> list[str]:
    """What is not so any more of a menu that was published at ``since``, a Chinese sentence each.

    A button may call a column by a part of its name, for WeChat's names are short.
    """
    every = {column.key: column for column in columns.listing(session, with_inactive=True)}
    shown = columns.shown(session)
    readable = {column.key for column in shown}
    found, led = [], set()
    for name, key in _leading(buttons):
        led.add(key)
        if (column := every.get(key)) is None:
            continue
        if key not in readable:
            found.append(f"“{name}”指向的栏目“{column.name}”已停用或还没有内容")
        elif name not in column.name and column.name not in name:
            found.append(f"“{name}”指向的栏目现在叫“{column.name}”")
    missing = [column for column in shown if column.key not in led and column.key not in columns.DEFAULTS]
    return found + [
        f"栏目“{column.name}”已经开放，菜单里还没有" for column in missing if _opened(session, column, since)
    ]


def _leading(buttons: Sequence[Button]) -> Iterator[tuple[str, str]]:
    """Name and column's key of each button that leads to a column."""
    for button in buttons:
        yield from _leading(button.get("sub_button") or ())
        path = urlsplit(str(button.get("url", ""))).path
        key = path.removeprefix("/m/").strip("/") if path.startswith("/m/") else ""
        if key := key or _BY_COMMAND.get(str(button.get("key", "")), ""):
            yield str(button.get("name", "")), key


def _opened(session: Session, column: Column, since: datetime) -> bool:
    """Whether its first article came out later."""
    out = [Article.column_id == column.id, Article.status.in_(READABLE)]
    first = session.scalar(sa.select(sa.func.min(Article.published_at)).where(*out))
    return first is not None and first > since


__all__ = ["outdated"]
