"""A reason that somebody must give before a thing is done, and that is kept."""

from __future__ import annotations

from ground.errors import Refused

MOST = 200


def given(text: str, asked: str, *, least: int, such_as: str = "") -> str:
    """The reason on one line, at most :data:`MOST` characters.

    Raises :class:`errors.Refused` with what is ``asked`` for where it has fewer than ``least`` characters.
    """
    reason = " ".join(text.split())[:MOST]
    if len(reason) < least:
        example = f"，例如：{such_as}" if such_as else ""
        raise Refused(f"{asked}，至少 {least} 个字{example}")
    return reason
