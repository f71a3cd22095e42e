"""How large what somebody sends may be: judged before it is taken apart, by the address and by whether somebody is signed in.

A form is taken apart by the interpreter, in the process that answers WeChat as well: a stranger's may be small only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from flask import current_app, request, session

from web.access import TOKEN

if TYPE_CHECKING:
    from flask import Flask

F = TypeVar("F", bound=Callable[..., Any])

STRANGERS = 64 * 1024
FORMS = 1024 * 1024
BODIES = 4 * 1024 * 1024
"""An article's body with its tags; 400,000 characters are kept at the most (:data:`content.pasting.MAX_KEPT`)."""


def takes_a_body(view: F) -> F:
    """A view whose form carries an article's body."""
    view.takes = "body"  # type: ignore[attr-defined]
    return view


def takes_files(view: F) -> F:
    """A view whose form carries files: up to ``[limits] upload_mb``, written to the disk while they come."""
    view.takes = "files"  # type: ignore[attr-defined]
    return view


def register(app: Flask) -> None:
    """Bound every request of ``app``; call it before anything that reads a form before a request."""
    app.before_request(_bound)


def _bound() -> None:
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    # The session is signed: only who has come in by a password has the token in it.
    if not session.get(TOKEN):
        request.max_content_length = STRANGERS
        return
    takes = getattr(current_app.view_functions.get(request.endpoint or ""), "takes", "")
    if takes != "files":
        request.max_content_length = BODIES if takes == "body" else FORMS
