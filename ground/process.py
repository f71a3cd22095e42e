"""What keeps processes honest: one server a data folder, a free port, and no child that outlives the one above it."""

from __future__ import annotations

import fcntl
import os
import socket
import threading
import time
from pathlib import Path
from typing import IO

from ground.errors import Conflict, Refused

PARENT_ENV = "PIONEER_PARENT_PID"
_WATCH_S = 0.2
_LEFTOVER_S = 6.0


class Lock:
    """An exclusive lock on a file of ``data_dir``, held as long as the process lives (the system frees it at a kill)."""

    def __init__(self, data_dir: Path, name: str) -> None:
        data_dir.mkdir(parents=True, exist_ok=True)
        self._path = data_dir / name
        self._file: IO[str] | None = None

    def take(self, patience_s: float = 0.0) -> bool:
        """Whether the lock was got within ``patience_s``."""
        file = self._path.open("a+")
        os.set_inheritable(file.fileno(), False)
        until = time.monotonic() + patience_s
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() >= until:
                    file.close()
                    return False
                time.sleep(0.05)
            else:
                self._file = file
                return True

    def release(self) -> None:
        """Give it back."""
        if self._file is not None:
            self._file.close()
            self._file = None


def only_server(data_dir: Path) -> Lock:
    """Hold the folder for the master of this server. Raises :class:`errors.Conflict` where another server has it."""
    master = Lock(data_dir, "serve.lock")
    if not master.take():
        raise Conflict(f"已有一个服务正在使用数据目录 {data_dir}，请先停止它再启动")
    worker = Lock(data_dir, "worker.lock")
    if not worker.take(_LEFTOVER_S):  # a worker that was left over ends by itself within a moment
        master.release()
        raise Conflict(f"数据目录 {data_dir} 仍被上次未退出的进程占用，请稍候再启动")
    worker.release()
    return master


def need_free_port(host: str, port: int, option: str = "--port") -> None:
    """Refuse a taken port. granian would share it (SO_REUSEPORT), and half of the requests would go elsewhere."""
    if not 0 < port < 65536:
        raise Refused(f"端口 {port} 不对，应在 1 到 65535 之间")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise Conflict(f"没有权限使用端口 {port}，请改用 1024 以上的端口，例如 {option} 8000") from None
        except OSError:
            raise Conflict(f"端口 {port} 已被占用，请关闭占用它的程序，或改用 {option} 换一个端口") from None


def end_with(parent_pid: int) -> None:
    """End this process at once when the process above it has ended, however it ended."""

    def watch() -> None:
        while os.getppid() == parent_pid:
            time.sleep(_WATCH_S)
        os._exit(3)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def end_with_named_parent() -> None:
    """The same, where the one that started us asked for it by :data:`PARENT_ENV`."""
    if named := os.environ.get(PARENT_ENV):
        end_with(int(named))
