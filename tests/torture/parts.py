"""Processes of the product that are killed and begun again, whole ``flask`` commands or forks of the nursery."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from random import Random

from tests.fixtures.processes import ROOT, Process, Spawn, die_with_parent, eventually, is_alive

STEPS = (
    "push.released",
    "push.planned",
    "push.uploaded",
    "push.drafted",
    "push.claimed",
    "push.called",
    "push.answered",
    "push.settled",
)
"""Where a process of the product may be told to kill itself, in the order in which a push passes them."""
STEPS_OF = {"embedded": STEPS, "scheduler": STEPS[:1], "worker": STEPS[1:], "web": ()}
_STOP_S = 25.0


class Nursery:
    """The interpreter of :mod:`tests.torture.nursery`."""

    def __init__(self) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.nursery"],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": ""},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - before any thread of ours
        )

    def ask(self, **what: object) -> int:
        """One line there, one number back."""
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        self._popen.stdin.write(json.dumps(what) + "\n")
        self._popen.stdin.flush()
        return int(self._popen.stdout.readline())

    def close(self) -> None:
        """End it, and with it whatever it has begun."""
        self._popen.kill()
        self._popen.wait()
        for pipe in (self._popen.stdin, self._popen.stdout):
            if pipe is not None:
                pipe.close()


class Part(ABC):
    """One process of the product: begun, killed, begun again. ``armed`` is the step at which it will kill itself."""

    def __init__(self, role: str, name: str, env: Mapping[str, str], folder: Path, port: int) -> None:
        self.role, self.name, self.port = role, name, port
        self.armed = ""
        self.log = folder / f"{name}.log"
        self._env = env

    def begin(self, rng: Random, *, arm: bool, at: str = "") -> None:
        """Start it, sometimes with a step at which it ends: with ``at`` when it comes to this one."""
        steps = STEPS_OF[self.role]
        self.armed = at or (rng.choice(steps) if steps and arm else "")
        times = 1 if at else rng.choice((1, 1, 1, 2, 3))
        self._begin({**self._env, "PIONEER_CRASH_AT": f"{self.armed}:{times}" if self.armed else ""}, rng)

    @abstractmethod
    def kill(self, rng: Random) -> str:
        """SIGKILL, and whom it hit."""

    @abstractmethod
    def stop(self) -> int:
        """As Ctrl-C does; its exit code."""

    @property
    @abstractmethod
    def running(self) -> bool:
        """Whether it lives."""

    @abstractmethod
    def ended(self) -> int:
        """The exit code of one that runs no more, negative for a signal. Raises AssertionError where something outlives it."""

    @abstractmethod
    def _begin(self, env: Mapping[str, str], rng: Random) -> None:
        """Start it with this environment."""


class Forked(Part):
    """A fork of the nursery."""

    def __init__(
        self, nursery: Nursery, role: str, name: str, env: Mapping[str, str], folder: Path, port: int
    ) -> None:
        super().__init__(role, name, env, folder, port)
        self._nursery = nursery
        self._pid = 0

    def _begin(self, env: Mapping[str, str], rng: Random) -> None:
        if self._pid:
            self.ended()
        self._pid = self._nursery.ask(role=self.role, port=self.port, env=dict(env), log=str(self.log))

    @property
    def running(self) -> bool:
        return bool(self._pid) and is_alive(self._pid)

    def kill(self, rng: Random) -> str:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        return self.role

    def ended(self) -> int:
        pid, self._pid = self._pid, 0
        return self._nursery.ask(wait=pid)

    def stop(self) -> int:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGINT)
        try:
            eventually(lambda: not self.running, timeout_s=_STOP_S, message=f"{self.name} did not end")
        except AssertionError:
            os.kill(self._pid, signal.SIGKILL)
            raise
        return self.ended()


class Whole(Part):
    """A ``flask`` command as an office runs it; ``flask serve`` is granian's master and its worker."""

    def __init__(
        self, spawn: Spawn, role: str, name: str, env: Mapping[str, str], folder: Path, port: int
    ) -> None:
        super().__init__(role, name, env, folder, port)
        self._spawn = spawn
        self._process: Process | None = None
        self._log_from = 0

    def _begin(self, env: Mapping[str, str], rng: Random) -> None:
        command = {
            "embedded": ["serve", "--port", str(self.port)],
            "web": ["serve", "--web-only", "--port", str(self.port)],
        }.get(self.role, [self.role])
        whom = rng.choice(("", "leader", "group")) if self.role == "embedded" else ""
        self._log_from = self.log.stat().st_size if self.log.exists() else 0
        self._process = self._spawn.flask(*command, env={**env, "PIONEER_CRASH_WHO": whom}, log=self.log.name)

    def _has_begun(self) -> bool:
        return b"engine_started" in self.log.read_bytes()[self._log_from :]

    @property
    def process(self) -> Process:
        """The command's own process."""
        assert self._process is not None
        return self._process

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    def kill(self, rng: Random) -> str:
        whom = rng.choice(("leader", "worker", "group")) if self.role in ("embedded", "web") else "leader"
        if whom == "group":
            self.process.kill_all()
        elif whom == "worker" and (children := self.process.children()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(children[-1], signal.SIGKILL)
        else:
            self.process.kill()
        return f"{self.role} ({whom})"

    def ended(self) -> int:
        process, self._process = self.process, None
        eventually(lambda: not group_of(process), timeout_s=8, message=f"a process outlived {self.name}")
        return process.wait()

    def stop(self) -> int:
        if self.role in (
            "scheduler",
            "worker",
        ):  # what is interrupted while it is imported ends with 1, as it may
            self.process.wait_for_text("engine_started")
        code = self.process.stop(_STOP_S)
        self.ended()
        return code


def group_of(process: Process) -> list[int]:
    """All living processes of a command's group."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == process.pid and fields[0] not in ("Z", "X"):
            found.append(int(stat.parent.name))
    return found
