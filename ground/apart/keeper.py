"""Our side: starts the process that forks, hands it jobs, waits, and says in Chinese what became of them."""

from __future__ import annotations

import atexit
import logging
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ground import errors
from ground.apart import turns, wire
from ground.apart.limits import About, Bounds
from ground.errors import PioneerError, Refused, Unavailable

T = TypeVar("T")

_ROOT = Path(__file__).resolve().parents[2]
_START_S = 30.0
_KINDS: dict[str, type[PioneerError]] = {
    kind.__name__: kind
    for kind in (
        errors.Refused,
        errors.Forbidden,
        errors.NotFound,
        errors.Conflict,
        errors.Unavailable,
    )
}
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "SYSTEMROOT", "PYTHONUTF8", "PIONEER_APART_IDLE_S")
log = logging.getLogger("pioneer.apart")


def run(
    function: Callable[..., T],
    *arguments: Any,
    gives: type[T],
    about: About,
    bounds: Bounds = Bounds(),
    lane: turns.Lane = turns.FILES,
) -> T:
    """``function(*arguments)`` in a child within ``bounds``; its value, checked to be of the type ``gives``.

    ``function`` stands at the top of a module; arguments are plain values, the value is one that msgspec can carry. Errors of the
    product's kinds come through as they are. Raises :class:`errors.Refused` where the child went over a limit or broke,
    :class:`errors.Unavailable` where too many wait or the machine was too busy to end it in time.
    """
    with lane.turn():
        job = _Job(function.__module__, function.__qualname__, about, bounds)
        return job.done(arguments, gives)


class _Keeper:
    """The one process that forks, for all threads of this one."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def begin(self, module: str) -> socket.socket:
        """The socket of a job that has begun. Raises :class:`errors.Unavailable`."""
        for _ in range(3):  # it may have ended, being idle, or be about to end, just when we asked
            ours, theirs = socket.socketpair()
            with theirs:
                asked = self._ask(module, theirs)
            try:
                if asked and wire.receive(ours, 1, time.monotonic() + _START_S) == wire.STARTED:
                    return ours
            except wire.Late:
                ours.close()
                break
            except wire.Gone:
                pass
            ours.close()
        raise Unavailable("处理文件的进程没有启动成功，请稍后再试，多次出现请联系管理员")

    def _ask(self, module: str, theirs: socket.socket) -> bool:
        record = module.encode().ljust(wire.MODULE_BYTES, b"\0")
        with self._guard:
            if self._process is None or self._process.poll() is not None:
                self._start()
            assert self._control is not None
            try:
                return socket.send_fds(self._control, [record], [theirs.fileno()]) == len(record)
            except OSError:
                self.close()
                return False

    def _start(self) -> None:
        self.close()
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ground.apart", str(theirs.fileno())],
                cwd=_ROOT,
                # What it needs and no more: keys and passwords may stand in our environment.
                env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def close(self) -> None:
        """Let it end."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.wait(2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def forget(self) -> None:
        """In a forked copy of this process: the other one's child is not ours."""
        self._guard = threading.Lock()
        self._process = self._control = None


_keeper = _Keeper()
atexit.register(_keeper.close)
os.register_at_fork(after_in_child=_keeper.forget)


class _Job:
    """One job and what to say of it."""

    def __init__(self, module: str, name: str, about: About, bounds: Bounds) -> None:
        self.module, self.name, self.about, self.bounds = module, name, about, bounds

    def done(self, arguments: tuple[Any, ...], gives: type[T]) -> T:
        """Ask for it, wait for it."""
        call = pickle.dumps((self.module, self.name, arguments), protocol=5)
        limits = self.bounds
        began = time.monotonic()
        with _keeper.begin(self.module) as sock:
            until = time.monotonic() + limits.seconds
            head = (limits.cpu_seconds, limits.memory_bytes, limits.file_bytes, len(call))
            answer, status, peak = (wire.ENDED, bytearray()), 0, 0
            try:
                wire.send(sock, wire.BOUNDS.pack(*head), until)
                wire.send(sock, call, until)
            except wire.Late:
                raise self._too_busy() from None
            except wire.Gone:  # it broke over the bounds already; it says so below
                pass
            try:
                answer, status, peak = self._wait(sock, until)
            except wire.Late:
                self._note(began, 0, "time")
                raise self._too_busy() from None
        self._note(began, peak, answer[0].decode())
        return self._opened(*answer, status, gives)

    def _wait(self, sock: socket.socket, until: float) -> tuple[tuple[bytes, bytearray], int, int]:
        answer = (wire.ENDED, bytearray())
        try:
            while True:
                kind, size = wire.HEAD.unpack(wire.receive(sock, wire.HEAD.size, until))
                if kind == wire.ENDED and size == wire.END.size:
                    status, peak, _ = wire.END.unpack(wire.receive(sock, size, until))
                    return answer, status, peak
                if answer[0] != wire.ENDED or size > self.bounds.answer_bytes:
                    return (wire.BROKE, bytearray()), 0, 0
                answer = (kind, wire.receive(sock, size, until))
        except wire.Gone:  # closed behind a whole answer, or without one
            return answer, 0, 0

    def _opened(self, kind: bytes, body: bytearray, status: int, gives: type[T]) -> T:
        try:
            if kind == wire.VALUE:
                return msgspec.msgpack.decode(body, type=gives)
            if kind == wire.REFUSED:
                name, message = msgspec.msgpack.decode(body, type=tuple[str, str])
                raise _KINDS.get(name, Refused)(message)
            if kind == wire.BROKE and body:
                name, at = msgspec.msgpack.decode(body, type=tuple[str, str])
                log.warning("%s broke: %s at %s", self.name, name[:60], at[:60])
        except msgspec.MsgspecError:
            log.warning("%s answered with something else", self.name)
        if kind == wire.MEMORY:
            raise Refused(f"{self.about.what}展开后太大，超出内存限制，已停止处理，{self.about.advice}")
        ended_by = status & 0x7F
        if ended_by == signal.SIGXCPU:
            raise self._too_long()
        if kind == wire.ENDED and not status:
            raise Unavailable("处理被中断，请稍后再试")
        raise Refused(f"{self.about.what}已损坏或展开后太大，无法读取，{self.about.advice}")

    def _too_busy(self) -> Unavailable:
        """The clock on the wall ended it, not its own work: the machine had no time for it, and the file need not be at fault."""
        what, seconds = self.about.what, round(self.bounds.seconds) or 1
        return Unavailable(
            f"服务器现在很忙，{what}在 {seconds} 秒内没有处理完，请过几分钟再试；如果仍然不行，{self.about.advice}"
        )

    def _too_long(self) -> Refused:
        seconds = self.bounds.cpu_seconds
        return Refused(f"{self.about.what}太复杂，{seconds} 秒内没有处理完，已停止处理，{self.about.advice}")

    def _note(self, began: float, peak: int, how: str) -> None:
        took = time.monotonic() - began
        job = f"{self.module}.{self.name}"
        log.info("%s: %s in %.2f s, peak %d MB", job, how, took, peak // 1_000_000)
