"""The few kinds of error that the product knows.

Each carries a Chinese sentence for the person who acts (cause, then what to do) and fields for the log. The edges (view,
command, tick, callback) translate a kind into a flash message, an exit code, a problem document or a reply; nothing in
between catches what it cannot handle.
"""

from __future__ import annotations

from typing import Any, ClassVar


class PioneerError(Exception):
    """Base of all errors that a person is told about.

    ``message`` is a Chinese sentence fit to be shown; ``fields`` are for the log and hold no personal data.
    """

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, **fields: Any) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields


class Refused(PioneerError):
    """The input is not acceptable; the message says what to change."""

    exit_code = 2
    http_status = 422


class Forbidden(PioneerError):
    """The person may not do this."""

    exit_code = 2
    http_status = 403


class NotFound(PioneerError):
    """The thing named does not exist, or not for this person."""

    exit_code = 2
    http_status = 404


class Conflict(PioneerError):
    """Somebody else was faster, or the state does not allow it any more."""

    exit_code = 2
    http_status = 409


class TooMany(PioneerError):
    """Too much is asked at the same time, or too soon; the message says how long to wait."""

    http_status = 429


class Unavailable(PioneerError):
    """Something that we need (database, Redis, disk, WeChat) does not answer just now."""

    http_status = 503


class WeChatError(PioneerError):
    """WeChat refused a call, or we do not know whether it took it.

    ``code`` is WeChat's errcode (None where there was no readable answer). The client raises it as
    :class:`wechat.outbound.failures.CallFailed`, whose fields say what follows. Neither token nor secret is ever part of it.
    """

    http_status = 502

    def __init__(self, message: str, *, code: int | None, **fields: Any) -> None:
        super().__init__(message, code=code, **fields)
        self.code = code
