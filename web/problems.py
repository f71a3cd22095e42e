"""What the API answers where it cannot answer: a JSON document with a stable code for programs and a Chinese sentence for people.

A code never changes its meaning and never goes; the sentence may be worded better at any time.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec
from flask import Response

from ground import errors


class Code(StrEnum):
    """What went wrong."""

    BAD_REQUEST = "bad_request"
    INVALID_QUERY = "invalid_query"
    REFUSED = "refused"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    CONFLICT = "conflict"
    TOO_LARGE = "too_large"
    WRONG_HOST = "wrong_host"
    TOO_MANY_REQUESTS = "too_many_requests"
    INTERNAL_ERROR = "internal_error"
    WECHAT_FAILED = "wechat_failed"
    UNAVAILABLE = "unavailable"


MEANINGS: dict[Code, str] = {
    Code.BAD_REQUEST: "请求写法有误",
    Code.INVALID_QUERY: "查询参数缺少或有误，errors 列出是哪一个",
    Code.REFUSED: "内容不符合要求，不予办理",
    Code.FORBIDDEN: "没有权限",
    Code.NOT_FOUND: "没有这个地址或内容",
    Code.METHOD_NOT_ALLOWED: "该地址不支持这种请求方法",
    Code.CONFLICT: "内容已有变化，或当前状态不允许",
    Code.TOO_LARGE: "请求内容过大",
    Code.WRONG_HOST: "访问的网址不属于本系统",
    Code.TOO_MANY_REQUESTS: "请求过于频繁，请稍后再试",
    Code.INTERNAL_ERROR: "系统出错",
    Code.WECHAT_FAILED: "微信接口调用未成功",
    Code.UNAVAILABLE: "系统暂时不可用，请稍后再试",
}
"""What stands in the document of the API."""

_OF_KIND: dict[type[errors.PioneerError], Code] = {
    errors.Refused: Code.REFUSED,
    errors.Forbidden: Code.FORBIDDEN,
    errors.NotFound: Code.NOT_FOUND,
    errors.Conflict: Code.CONFLICT,
    errors.TooMany: Code.TOO_MANY_REQUESTS,
    errors.Unavailable: Code.UNAVAILABLE,
    errors.WeChatError: Code.WECHAT_FAILED,
    errors.PioneerError: Code.INTERNAL_ERROR,
}
_OF_STATUS: dict[int, Code] = {
    403: Code.FORBIDDEN,
    404: Code.NOT_FOUND,
    405: Code.METHOD_NOT_ALLOWED,
    409: Code.CONFLICT,
    413: Code.TOO_LARGE,
    421: Code.WRONG_HOST,
    429: Code.TOO_MANY_REQUESTS,
    502: Code.UNAVAILABLE,
    503: Code.UNAVAILABLE,
    504: Code.UNAVAILABLE,
}


class Problem(msgspec.Struct):
    """Why there is no answer: ``code`` for programs, ``message``, a Chinese sentence, for people."""

    code: Code
    message: str


class Fault(msgspec.Struct):
    """One value that does not fit: where it stands, and what was expected (English)."""

    loc: list[str]
    msg: str
    type: str


class QueryProblem(Problem):
    """The same for a query that does not fit."""

    errors: list[Fault]


def of_kind(error: errors.PioneerError) -> Code:
    """The code of an error of ours: of its kind, or of the nearest kind above."""
    return next(_OF_KIND[kind] for kind in type(error).__mro__ if kind in _OF_KIND)


def of_status(status: int) -> Code:
    """The code of an answer that has nothing but its HTTP status."""
    return _OF_STATUS.get(status) or (Code.BAD_REQUEST if status < 500 else Code.INTERNAL_ERROR)


def answer(problem: Problem, status: int) -> Response:
    """The problem as JSON."""
    return Response(msgspec.json.encode(problem), status, mimetype="application/json")
