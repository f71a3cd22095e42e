"""Do something in a process of its own, which may be killed on the way."""

from __future__ import annotations

import multiprocessing
import os
import traceback
from collections.abc import Callable
from typing import Any

_context = multiprocessing.get_context("fork")


class Child:
    """A forked process that runs one function. It must open its own connections."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._ours, theirs = _context.Pipe(duplex=False)
        self._process = _context.Process(target=_run, args=(work, theirs), daemon=True)
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        """Id of the process."""
        assert self._process.pid is not None
        return self._process.pid

    def result(self, timeout_s: float = 60) -> Any:
        """What the function returned, or None if the process was killed."""
        self._process.join(timeout_s)
        assert self._process.exitcode is not None, "still at work"
        if self._process.exitcode == -9:
            return None
        kind, value = self._ours.recv()
        assert kind == "value", value
        return value


def _run(work: Callable[[], Any], pipe: Any) -> None:
    try:
        pipe.send(("value", work()))
    except BaseException:
        pipe.send(("error", traceback.format_exc()))
    os._exit(0)
