"""What stands in the form of an article, as it was sent."""

from __future__ import annotations

from flask import request

from content import pasting, revisions


def fields() -> revisions.Fields:
    """The form's fields, the body cleaned already: no transaction waits for that. Raises :class:`errors.Refused`."""
    form = request.form
    return revisions.Fields(
        title=form.get("title", ""),
        column_id=form.get("column_id", 0, type=int),
        author=form.get("author", ""),
        digest=form.get("digest", ""),
        html=pasting.cleaned(pasting.bounded(form.get("html", ""))),
        cover_sha256=form.get("cover_sha256") or None,
        source_url=form.get("source_url", ""),
        cover_square=form.get("cover_square", type=int),
    )
