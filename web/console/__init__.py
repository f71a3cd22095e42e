"""The console: what office users work with. One file a subject; :mod:`web.console.face` holds what all pages share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from web import once
from web.console import (
    account,
    accounts,
    activities,
    activity_templates,
    articles,
    audiences,
    batches,
    bodies,
    calendar,
    commenting,
    components,
    correcting,
    desk,
    dossier,
    editing,
    groups,
    histories,
    keeping,
    ledgers,
    lexicon,
    merging,
    organisation,
    own,
    posters,
    previewing,
    privacy,
    push_again,
    push_new,
    pushes,
    queueing,
    remarking,
    requests,
    review_settings,
    reviewing,
    roster,
    roster_hand,
    roster_import,
    screening,
    session,
    system,
    transfers,
    two_step,
    typesetting,
    uploads,
    workdays,
)
from web.console.face import blueprint

if TYPE_CHECKING:
    from flask import Flask

__all__ = [
    "account",
    "accounts",
    "activities",
    "activity_templates",
    "articles",
    "audiences",
    "batches",
    "bodies",
    "calendar",
    "commenting",
    "components",
    "correcting",
    "desk",
    "dossier",
    "editing",
    "groups",
    "histories",
    "keeping",
    "ledgers",
    "lexicon",
    "merging",
    "organisation",
    "own",
    "posters",
    "previewing",
    "privacy",
    "push_again",
    "push_new",
    "pushes",
    "queueing",
    "register",
    "remarking",
    "requests",
    "review_settings",
    "reviewing",
    "roster",
    "roster_hand",
    "roster_import",
    "screening",
    "session",
    "system",
    "transfers",
    "two_step",
    "typesetting",
    "uploads",
    "workdays",
]


def register(app: Flask) -> None:
    """Mount the console on ``app``."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals["once_mark"] = (
        once.mark
    )  # for a macro: one that needs no page's values is made once, not once a page
