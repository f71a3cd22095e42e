"""``python -m ground.apart FD``: holds the parsers ready, forks one child a job, and ends each in time.

One thread. Over the control socket come records with a job's socket beside them. When the one who asked closes a job's socket,
the job is ended; when the control socket closes, because the process that holds it has ended, everything is.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import select
import signal
import socket
import sys
import time

from ground.apart import wire
from ground.apart.child import attend
from ground.apart.limits import step_back

_IDLE_S = float(os.environ.get("PIONEER_APART_IDLE_S", "180"))


class Nursery:
    """The children that run, each with our copy of its socket."""

    def __init__(self, control: socket.socket, wake: socket.socket) -> None:
        self._control = control
        self._wake = wake
        self._jobs: dict[int, socket.socket] = {}
        self._pids: dict[int, int] = {}
        self._idle_since = time.monotonic()
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._poll.register(wake, select.POLLIN)

    def run(self) -> None:
        """Until the control socket closes, or nothing was asked for a while."""
        try:
            while self._jobs or time.monotonic() - self._idle_since < _IDLE_S:
                for number, _ in self._poll.poll(1000 * (_IDLE_S if not self._jobs else 60)):
                    if number == self._control.fileno():
                        if not self._take():
                            return
                    elif number == self._wake.fileno():
                        self._wake.recv(4096)
                    elif number in self._pids:  # the one who asked has gone
                        os.kill(self._pids[number], signal.SIGKILL)
                        self._poll.unregister(number)
                self._reap()
        finally:
            for pid in self._pids.values():
                os.kill(pid, signal.SIGKILL)

    def _take(self) -> bool:
        record, numbers, _, _ = socket.recv_fds(self._control, wire.MODULE_BYTES, 1)
        if not record:
            return False
        record += wire.receive(self._control, wire.MODULE_BYTES - len(record))
        job = socket.socket(fileno=numbers[0])
        with contextlib.suppress(Exception):  # the job meets the same, and tells it
            importlib.import_module(record.rstrip(b"\0").decode())
            gc.collect()
            gc.freeze()
        with contextlib.suppress(OSError):
            job.send(wire.STARTED)
        try:
            pid = os.fork()
        except OSError:
            job.close()
            return True
        if not pid:
            self._be_child(job)
        self._jobs[job.fileno()] = job
        self._pids[job.fileno()] = pid
        self._poll.register(job, 0)  # POLLHUP alone, which needs no asking
        return True

    def _be_child(self, job: socket.socket) -> None:
        code = 1
        try:
            above = os.getppid()
            step_back()
            if os.getppid() == above:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for other in (self._control, self._wake, *self._jobs.values()):
                    other.close()
                attend(job)
                code = 0
        finally:
            os._exit(code)

    def _reap(self) -> None:
        for number, pid in list(self._pids.items()):
            ended, status, took = os.wait4(pid, os.WNOHANG)
            if not ended:
                continue
            job = self._jobs.pop(number)
            del self._pids[number]
            with contextlib.suppress(KeyError):
                self._poll.unregister(number)
            peak = took.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
            end = wire.END.pack(status, peak, took.ru_utime + took.ru_stime)
            with contextlib.suppress(
                OSError
            ):  # the one who asked may have gone, or have the answer before it
                job.send(wire.HEAD.pack(wire.ENDED, len(end)) + end, socket.MSG_DONTWAIT)
            job.close()
            self._idle_since = time.monotonic()


def main() -> None:
    """Be that process."""
    control = socket.socket(fileno=int(sys.argv[1]))
    ours, theirs = socket.socketpair()
    for one in (ours, theirs):
        one.setblocking(False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process above, and we end with it
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    Nursery(control, ours).run()


if __name__ == "__main__":
    main()
