"""The few kinds of error that the product knows.

Each carries a Chinese sentence for the person who acts (cause, then what to do) and fields for the log. The edges (view,
command, tick, callback) translate a kind into a flash message, an exit code, a problem document or a reply; nothing in
between catches what it cannot handle.
"""

from __future__ import annotations

import errno
from typing import Any, ClassVar

_SYSTEM = {
    errno.ENOENT: "没有这个文件或目录",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EEXIST: "文件已存在",
    errno.EISDIR: "这是目录，不是文件",
    errno.ENOTDIR: "路径中有一段不是目录",
    errno.ENAMETOOLONG: "文件名太长",
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "磁盘配额已用完",
    errno.EROFS: "磁盘是只读的",
    errno.EIO: "磁盘读写出错",
    errno.EMFILE: "打开的文件太多",
    errno.ENFILE: "打开的文件太多",
}


def in_words(error: OSError) -> str:
    """What the system says of a file, in Chinese; a number for what it rarely says."""
    return _SYSTEM.get(error.errno or 0) or f"系统错误 {error.errno or type(error).__name__}"


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
