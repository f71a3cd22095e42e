"""`python -m localwechat`: the local WeChat alone."""

from __future__ import annotations

import argparse
import dataclasses
import os
import select
import signal
import stat
import sys
import threading
from typing import Any

from .config import ACCOUNT_TYPES, MODES, SandboxConfig
from .serving import SandboxServer


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM, SIGINT or (with --die-with-parent) the end of the parent."""
    parser = argparse.ArgumentParser(prog="python -m localwechat", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001, help="0: a free one")
    for name in ("app-id", "app-secret", "token", "aes-key", "original-id", "name", "callback-url",
                 "template-id", "mini-app-id", "mini-app-secret", "base-url"):  # fmt: skip
        parser.add_argument(f"--{name}")
    parser.add_argument("--mode", choices=MODES)
    parser.add_argument("--account-type", choices=ACCOUNT_TYPES)
    parser.add_argument("--data", help="SQLite file, or :memory:")
    parser.add_argument("--followers", type=int)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--fast", action="store_true", default=None, help="short delays, for tests")
    parser.add_argument("--die-with-parent", action="store_true")
    options = vars(parser.parse_args(arguments))
    host, port, watch = options.pop("host"), options.pop("port"), options.pop("die_with_parent")
    given: dict[str, Any] = {k: v for k, v in options.items() if v is not None}
    config = dataclasses.replace(SandboxConfig.from_env(), **given)
    try:
        server = SandboxServer(config, host, port)
    except OSError as error:
        print(f"本地微信不能在 {host}:{port} 启动：{error.strerror}", file=sys.stderr)
        return 1
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    if watch:
        threading.Thread(target=_watch_parent, args=(os.getppid(), done), daemon=True).start()
    server.start()
    print(f"本地微信已启动 {server.url}", flush=True)
    done.wait()
    server.stop()
    return 0


def _watch_parent(parent: int, done: threading.Event) -> None:
    """End when the parent has died, or when the pipe that it gave us as standard input closes."""
    try:
        piped = stat.S_ISFIFO(os.fstat(0).st_mode)
    except OSError:
        piped = False
    while not done.is_set() and os.getppid() == parent:
        if not piped:
            done.wait(0.5)
        elif select.select([0], [], [], 0.5)[0] and not os.read(0, 4096):
            break
    done.set()
    # Nothing may keep a left-over sandbox alive
    threading.Timer(3, lambda: os._exit(1)).start()


if __name__ == "__main__":
    raise SystemExit(main())
