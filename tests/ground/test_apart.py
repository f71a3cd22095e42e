"""A job done apart gives its value, or is ended and named; nothing that it does reaches the one who asked."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ground import apart
from ground.apart.turns import Lane
from ground.errors import Conflict, Refused, Unavailable
from tests.fixtures.processes import Spawn, descendants, eventually, is_alive
from tests.ground import jobs

ABOUT = apart.About("文件", "请另存一份再试")
SHORT = apart.Bounds(seconds=0.5)

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's address space")


def _ours() -> list[int]:
    """The living processes that work for this one and are the kit's; a run of tests has others as well."""
    found = []
    for pid in descendants(os.getpid()):
        with contextlib.suppress(OSError):
            if b"ground.apart" in Path(f"/proc/{pid}/cmdline").read_bytes() and is_alive(pid):
                found.append(pid)
    return found


def test_a_job_gives_its_value() -> None:
    assert apart.run(jobs.length, b"x" * 3_000_000, 4, gives=int, about=ABOUT) == 3_000_004


def test_what_a_job_refuses_keeps_its_kind_and_its_words() -> None:
    with pytest.raises(Refused, match=r"^原因写在这里，请修改$"):
        apart.run(jobs.refuse, "refused", gives=int, about=ABOUT)
    with pytest.raises(Conflict):
        apart.run(jobs.refuse, "conflict", gives=int, about=ABOUT)


@pytest.mark.parametrize("job", [jobs.stumble, jobs.abort])
def test_a_job_that_breaks_is_named_and_quotes_nothing(job: Callable[[], int]) -> None:
    with pytest.raises(Refused, match=r"^文件已损坏或展开后太大，无法读取，请另存一份再试$"):
        apart.run(job, gives=int, about=ABOUT)


def test_a_job_without_end_is_ended() -> None:
    with pytest.raises(Refused, match="文件太复杂，1 秒内"):
        apart.run(jobs.spin, gives=int, bounds=apart.Bounds(cpu_seconds=1, seconds=60), about=ABOUT)
    with pytest.raises(Unavailable, match=r"^服务器现在很忙，文件在"):  # it had no second of the processor
        apart.run(jobs.sleep, 60, gives=int, bounds=SHORT, about=ABOUT)
    eventually(lambda: len(_ours()) <= 1, message="a child outlived its job")


@linux
def test_a_job_gets_no_more_memory_than_its_share() -> None:
    with pytest.raises(Refused, match="超出内存限制"):
        apart.run(jobs.hoard, 10**9, gives=int, about=ABOUT)


def test_a_job_writes_no_file_unless_it_may(tmp_path: Path) -> None:
    with pytest.raises(Refused):
        apart.run(jobs.write, str(tmp_path / "a"), gives=int, about=ABOUT)
    assert apart.run(
        jobs.write, str(tmp_path / "b"), gives=int, bounds=apart.Bounds(file_bytes=5000), about=ABOUT
    )


def test_a_job_sees_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIONEER_WECHAT__APP_SECRET", "s" * 32)
    seen = apart.run(jobs.secrets, gives=list[str], about=ABOUT)
    assert not [name for name in seen if "SECRET" in name]


@pytest.mark.parametrize("kind", ["pickle", "noise", "other", "huge"])
def test_what_a_child_makes_up_is_never_run_nor_believed(kind: str) -> None:
    with pytest.raises(Refused):
        apart.run(jobs.take_over, kind, gives=int, about=ABOUT)


def test_jobs_beyond_the_queue_are_refused_politely() -> None:
    lane = Lane(places=1, queue=1, patience_s=30, busy="请稍后再试")
    said: list[object] = []

    def ask() -> None:
        try:
            said.append(apart.run(jobs.sleep, 0.7, gives=int, lane=lane, about=ABOUT))
        except Unavailable as error:
            said.append(error.message)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said.count("请稍后再试") == 2
    assert len(said) == 4


_PARENT = """
import sys, threading, time
from ground import apart
from tests.ground import jobs
threading.Thread(target=lambda: apart.run(jobs.sleep, 300, gives=int, about=apart.About("文件", "请重试"),
                                          bounds=apart.Bounds(seconds=300)), daemon=True).start()
time.sleep(1)
print("begun", flush=True)
time.sleep(300)
"""


@linux
def test_nothing_outlives_the_one_who_asked_even_if_killed(spawn: Spawn) -> None:
    parent = spawn(sys.executable, "-c", _PARENT)
    parent.wait_for_text("begun")
    below = eventually(lambda: found if len(found := parent.children()) == 2 else [])
    parent.kill()
    eventually(lambda: not any(is_alive(pid) for pid in below))


def test_a_child_process_that_was_killed_is_started_again() -> None:
    apart.run(jobs.length, b"", 0, gives=int, about=ABOUT)
    (zygote,) = _ours()
    os.kill(zygote, 9)
    time.sleep(0.05)
    assert apart.run(jobs.length, b"12", 0, gives=int, about=ABOUT) == 2
