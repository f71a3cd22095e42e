"""The clock that follows another one never goes back to an answer from before it was set."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ground import clock


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A clock that follows an address, without the thread that asks by itself."""
    monkeypatch.setattr(clock, "_url", "http://127.0.0.1:9/clock")
    monkeypatch.setattr(clock, "_rate", None)
    yield
    clock.follow("")


def test_an_answer_that_comes_after_a_newer_one_counts_no_more(
    followed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def answer(*_: Any, **__: Any) -> io.BytesIO:
        if threading.current_thread() is slow:
            asked.set()
            go_on.wait(30)
            return io.BytesIO(b'{"at": "2026-03-05T10:00:00+08:00"}')
        return io.BytesIO(b'{"at": "2026-11-24T10:00:00+08:00"}')

    monkeypatch.setattr(clock._direct, "open", answer)
    slow = threading.Thread(target=clock.sync)
    slow.start()
    assert asked.wait(30)
    assert clock.sync()
    go_on.set()
    slow.join(30)
    assert clock.now().month == 11
