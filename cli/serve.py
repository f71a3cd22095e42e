"""``flask serve``, ``flask scheduler``, ``flask worker``: the processes of the product.

Embedded, one granian worker process holds web, scheduler and sender, so that one process writes to SQLite. The command itself
is granian's master; each process ends when the one above it has ended, also by ``kill -9``.
"""

from __future__ import annotations

import logging
import multiprocessing.util
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

import click

from cli.doorway import THREADS
from cli.output import command
from database import migrate
from database.session import Database
from ground import logs
from ground.errors import Refused
from ground.process import PARENT_ENV, Lock, end_with, end_with_named_parent, need_free_port, only_server
from settings import Settings, load_settings, with_base_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from runtime import Runtime
    from wechat.inbound.reception import Reception

_EMBEDDED_ENV = "PIONEER_EMBEDDED"
_HEADER_TIMEOUT_MS = 10_000


@command("serve", short_help="启动服务：网页、定时任务和发送在同一个进程里")
@click.option("--host", default="127.0.0.1", show_default=True, help="监听的地址")
@click.option("--port", default=8000, show_default=True, type=int, help="监听的端口")
@click.option(
    "--web-only",
    is_flag=True,
    help="只提供网页，定时任务和发送由 ./pioneer flask scheduler 和 ./pioneer flask worker 承担",
)
@click.option("--workers", default=1, show_default=True, type=int, help="网页进程数（仅 --web-only）")
def serve(host: str, port: int, web_only: bool, workers: int) -> None:
    """启动服务。SQLite 数据库只能由一个进程写入，所以网页、定时任务和发送在同一个进程里。

    按 Ctrl-C 停止，由本命令启动的一切随之停止。
    """
    settings = load_settings()
    if settings.on_sqlite and (web_only or workers > 1):
        raise Refused(
            "SQLite 数据库只能由一个进程写入，不能用 --web-only 或多个进程，请改用 PostgreSQL 后再分开部署"
        )
    if workers < 1 or (workers > 1 and not web_only):
        raise Refused("--workers 要和 --web-only 一起使用，且不少于 1")
    need_free_port(host, port)
    _need_schema(settings)
    lock = None if web_only else only_server(settings.data_dir)
    if not settings.server.base_url:
        shown = f"[{host}]" if ":" in host else host
        os.environ["PIONEER_SERVER__BASE_URL"] = f"http://{shown}:{port}"
    os.environ[_EMBEDDED_ENV] = "" if web_only else "1"
    end_with_named_parent()
    run_master("cli.serve:worker_app", host, port, workers=workers, threads=THREADS)
    if lock is not None:
        lock.release()


def run_master(target: str, host: str, port: int, *, workers: int = 1, threads: int) -> None:
    """Be granian's master for the application factory ``target`` until a signal ends it."""
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server import Server

    master = Server(
        target,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        http=HTTPModes.http1,  # WeChat and the proxy speak nothing else, and its streams would be one more way to stall
        workers=workers,
        blocking_threads=threads,
        http1_settings=HTTP1Settings(header_read_timeout=_HEADER_TIMEOUT_MS),
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=15,
        log_level=LogLevels.error,
    )
    master.serve()


def worker_app() -> Flask:
    """The application inside granian's worker process; called once a worker."""
    from app import create_app

    end_with(os.getppid())
    logs.configure(
        logging.WARNING if os.environ.get(PARENT_ENV) else logging.INFO
    )  # the demo's screen is for its table
    os.environ.pop("FLASK_RUN_FROM_CLI", None)
    os.umask(0o077)
    settings = with_base_url(load_settings(), "")
    embedded = bool(os.environ.get(_EMBEDDED_ENV))
    if embedded:
        lock = Lock(settings.data_dir, "worker.lock")
        if not lock.take(patience_s=6):
            print(f"数据目录 {settings.data_dir} 正被另一个进程使用，请先停止它", file=sys.stderr, flush=True)
            os.kill(os.getppid(), signal.SIGTERM)
            os._exit(2)
        globals()["_worker_lock"] = lock  # held until the process ends
    app = create_app(settings)
    if embedded:
        from scheduler.engine import Engine

        runtime = app.extensions["pioneer"]
        engine = Engine(runtime, chores=chores(runtime))
        engine.start()
        multiprocessing.util.Finalize(None, engine.stop, exitpriority=10)
    return app


@command("scheduler", short_help="只启动定时任务（分开部署时用）")
def scheduler() -> None:
    """只启动定时任务：每秒检查到点的推送并交给发送进程。可以同时启动多个。"""
    _run_part("scheduler")


@command("worker", short_help="只启动发送（分开部署时用）")
def worker() -> None:
    """只启动发送：从 Redis 领取任务并调用微信接口。可以同时启动多个。"""
    _run_part("worker")


def _run_part(role: str) -> None:
    import runtime as parts
    from scheduler.engine import Engine

    settings = load_settings()
    if settings.on_sqlite:
        raise Refused(
            "SQLite 数据库只能由一个进程写入，不能分开部署，请改用 PostgreSQL，或只运行 ./pioneer flask serve"
        )
    if settings.embedded:
        raise Refused("分开部署需要 Redis，请填写 [redis] url，或只运行 ./pioneer flask serve")
    _need_schema(settings)
    end_with_named_parent()
    logs.configure()
    runtime = parts.build(settings)
    engine = Engine(runtime, role=role, chores=chores(runtime))
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    engine.start()
    ended.wait()
    engine.stop()
    runtime.close()


def chores(runtime: Runtime) -> list[Callable[[], object]]:
    """What the scheduler does after each tick for the layers above it."""
    from operations.batch_import import BatchImports
    from operations.heads import Regular
    from operations.housekeeping import Housekeeping
    from operations.indexing import Indexing
    from operations.nightly import NightlySync

    settings = runtime.settings
    return [
        _spool_chore(runtime),
        Regular(runtime),
        Housekeeping(runtime.db, settings),
        BatchImports(runtime.db, settings),
        Indexing(runtime.db),
        NightlySync(runtime),
    ]


def _spool_chore(runtime: Runtime) -> Callable[[], None]:
    """Work off messages that came while the database was away."""
    from wechat.inbound.callback import reception_of
    from wechat.inbound.spool import Spool

    spool = Spool(runtime.settings.data_dir)
    receptions: list[Reception] = []

    def replay() -> None:
        if not spool.is_empty():
            if not receptions:
                receptions.append(reception_of(runtime))
            spool.replay(receptions[0])

    return replay


def _need_schema(settings: Settings) -> None:
    """Files of earlier versions are closed to others, and nothing starts on half a restore or old tables."""
    from operations import modes, unfinished

    modes.make_private(settings)
    database = Database(settings.database.url)
    try:
        unfinished.need_none(settings.data_dir, database)
        if migrate.pending(database):
            raise Refused("数据库还没有建好或版本太旧，请先运行：./pioneer flask db upgrade")
    finally:
        database.close()
