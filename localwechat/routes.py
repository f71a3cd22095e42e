"""Views that get the local WeChat first, the blueprint that binds them to one, and how they read and answer JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial, update_wrapper
from typing import Any, NamedTuple

from flask import Blueprint, Response, request

from . import people
from .platform import Sandbox

View = Callable[..., Any]


def answer(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(
        json.dumps(value, ensure_ascii=False), status, content_type="application/json; charset=utf-8"
    )


def body_of() -> dict[str, Any]:
    """The JSON object that was posted, {} for nothing. Raises ValueError."""
    raw = request.get_data()
    value = json.loads(raw) if raw else {}
    if not isinstance(value, dict):
        raise ValueError("an object is needed")
    return value


def guarded(view: Callable[..., Response]) -> Callable[..., Response]:
    """Turn what a caller did wrong into an answer: 400, and 404 for an unknown person."""

    def wrapped(*args: Any, **values: Any) -> Response:
        try:
            return view(*args, **values)
        except people.UnknownPerson as error:
            return answer({"error": f"unknown openid {error}"}, 404)
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            return answer({"error": f"{type(error).__name__}: {error}"}, 400)

    wrapped.__name__ = view.__name__
    return wrapped


class Route(NamedTuple):
    """An address with its methods, and the view that answers there."""

    path: str
    methods: tuple[str, ...]
    view: View


class Routes:
    """The routes of one file."""

    def __init__(self) -> None:
        self._all: list[Route] = []

    def __call__(self, path: str, *methods: str) -> Callable[[View], View]:
        """Register a view; what a caller does wrong becomes an answer there."""

        def register(view: View) -> View:
            self._all.append(Route(path, methods, view))
            return view

        return register

    def bind(self, blueprint: Blueprint, sandbox: Sandbox) -> None:
        """Add them to a blueprint, for one local WeChat."""
        for path, methods, view in self._all:
            bound = update_wrapper(partial(view, sandbox), view)
            blueprint.add_url_rule(path, view.__name__, guarded(bound), methods=list(methods))
