"""Which files of the product call which, in which order, while something runs."""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any, NamedTuple

from tests.tooling.test_layout import PACKAGES, ROOT

_OURS = ("app.py", "runtime.py", *(f"{name}/" for name in PACKAGES if name != "localwechat"))
_LAZY = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_TOP = f"{ROOT}/"


class Entry(NamedTuple):
    """A call from one file of the product (empty: from none) into another, by their paths in the repository."""

    caller: str
    called: str


class Trace:
    """Every pair of files of which one called the other, first calls first."""

    def __init__(self) -> None:
        self._entries: dict[Entry, None] = {}
        self._known: dict[CodeType, str] = {}
        self.over = False

    @property
    def entries(self) -> list[Entry]:
        """Who called whom across files."""
        return list(self._entries)

    @property
    def files(self) -> list[str]:
        """The files, first entered first."""
        return list(dict.fromkeys(entry.called for entry in self._entries))

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> None:
        """What :func:`sys.setprofile` calls."""
        if event != "call" or self.over:
            return
        called = self._file(frame.f_code)
        if called:
            caller = self._caller(frame)
            if caller != called:
                self._entries.setdefault(Entry(caller, called))

    def _caller(self, frame: FrameType) -> str:
        above = frame.f_back
        while above is not None:
            if name := self._file(above.f_code):
                return name
            above = above.f_back
        return ""

    def _file(self, code: CodeType) -> str:
        name = self._known.get(code)
        if name is None:
            name = self._known[code] = product_file(code)
        return name


def product_file(code: CodeType) -> str:
    """The file of a function of ours; empty for code of others, and for what is no call.

    Bodies of modules and classes run where they are first imported, generators where somebody asks them for more: neither says
    who called whom.
    """
    is_call = code.co_flags & inspect.CO_OPTIMIZED and not code.co_flags & _LAZY
    if not is_call or not code.co_filename.startswith(_TOP):
        return ""
    name = code.co_filename.removeprefix(_TOP)
    return name if name.startswith(_OURS) and "/tests/" not in name else ""


@contextmanager
def traced() -> Iterator[Trace]:
    """Inside, every call of this thread and of threads that start now is looked at."""
    trace, before, of_threads = Trace(), sys.getprofile(), threading.getprofile()
    threading.setprofile(trace)
    sys.setprofile(trace)
    try:
        yield trace
    finally:
        trace.over = True
        sys.setprofile(before)
        threading.setprofile(of_threads)
