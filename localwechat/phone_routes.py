"""The phone's addresses: views that get the local WeChat first, and the blueprint that binds them to one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, update_wrapper
from typing import Any, NamedTuple

from flask import Blueprint

from .control import guarded
from .platform import Sandbox

View = Callable[..., Any]


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
