"""The console: what office users work with. One file a subject; :mod:`web.console.face` holds what all pages share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from web import once
from web.console import (
    account,
    accounts,
    activities,
    articles,
    audiences,
    batches,
    bodies,
    components,
    desk,
    editing,
    histories,
    keeping,
    lexicon,
    organisation,
    own,
    privacy,
    push_new,
    pushes,
    queueing,
    reviewing,
    roster,
    session,
    system,
    two_step,
    typesetting,
    uploads,
)
from web.console.face import blueprint

if TYPE_CHECKING:
    from flask import Flask

__all__ = [
    "account",
    "accounts",
    "activities",
    "articles",
    "audiences",
    "batches",
    "bodies",
    "components",
    "desk",
    "editing",
    "histories",
    "keeping",
    "lexicon",
    "organisation",
    "own",
    "privacy",
    "push_new",
    "pushes",
    "queueing",
    "register",
    "reviewing",
    "roster",
    "session",
    "system",
    "two_step",
    "typesetting",
    "uploads",
]


def register(app: Flask) -> None:
    """Mount the console on ``app``."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals["once_mark"] = (
        once.mark
    )  # for a macro: one that needs no page's values is made once, not once a page
