"""An interpreter that has imported the product, and forks a process of it in milliseconds: what is killed often must start fast.

It reads one JSON document a line (``{"role", "port", "env", "log"}`` begins a process, ``{"wait": pid}`` tells how one ended) and
answers each with a line. The child runs what the command of this name runs, but that an embedded one has Werkzeug's server
instead of granian's two processes. It is a process of its own, with nothing of the nursery but the imported modules.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from sqlalchemy.orm import configure_mappers

from app import create_app
from cli import serve
from ground import faultpoints, logs
from ground.process import Lock, only_server
from scheduler.engine import Engine
from settings import load_settings
from tests.fixtures.processes import die_with_parent

_PATIENCE_S = 10.0
_ROOMS = ("accounts", "community", "content", "database", "operations", "scheduler", "web", "wechat")
_LIBRARIES = ("psycopg", "redis", "sqlalchemy.dialects.postgresql.psycopg", "werkzeug.serving")


def warm_up() -> None:
    """Import what a process of the product imports while it starts."""
    for name in (*_ROOMS, *_LIBRARIES):
        found = importlib.import_module(name)
        if name not in _ROOMS:
            continue
        for module in pkgutil.walk_packages(found.__path__, f"{name}."):
            if ".tests" not in module.name:
                importlib.import_module(module.name)
    configure_mappers()


def main() -> None:
    """Fork until there is nothing more to read."""
    warm_up()
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        if "wait" in asked:
            _, status = os.waitpid(asked["wait"], 0)
            answer = os.waitstatus_to_exitcode(status)
        else:
            answer = os.fork()
            if not answer:
                _begin(asked)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


def _begin(asked: dict[str, Any]) -> None:
    """Be one process of the product to the end."""
    os.setsid()
    die_with_parent(signal.SIGKILL)()
    out = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, target in ((0, nothing), (1, out), (2, out)):
        os.dup2(target, number)
    os.environ.update(asked["env"])
    importlib.reload(faultpoints)  # it reads the environment once, at import
    code = 1
    try:
        code = _run(asked["role"], asked["port"])
    except Exception:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _run(role: str, port: int) -> int:
    """Its exit code."""
    if role in ("scheduler", "worker"):
        command = {"scheduler": serve.scheduler, "worker": serve.worker}[role]
        return command.main(args=[], standalone_mode=False) or 0
    return _serve(port, embedded=role == "embedded")


def _serve(port: int, *, embedded: bool) -> int:
    """``flask serve`` (or its ``--web-only``) without granian; its exit code."""
    from werkzeug.serving import make_server

    logs.configure()
    settings = load_settings()
    locks = [only_server(settings.data_dir), Lock(settings.data_dir, "worker.lock")] if embedded else []
    if embedded and not locks[1].take(patience_s=_PATIENCE_S):
        return 2
    app = create_app(settings)
    runtime = app.extensions["pioneer"]
    engine = Engine(runtime, chores=serve.chores(runtime)) if embedded else None
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    server = make_server("127.0.0.1", port, app, threaded=True)
    if engine is not None:
        engine.start()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ended.wait()
    server.shutdown()
    if engine is not None:
        engine.stop()
    runtime.close()
    for lock in locks:
        lock.release()
    return 0


if __name__ == "__main__":
    assert Path("pioneer").exists(), "to be run from the repository's root"
    main()
