"""Our two contestants: ``echo`` (gate, codec, reply; nothing stored) and ``full`` (everything, on SQLite, synchronous=FULL).

python -m bench.callback.serve echo|full PORT FOLDER [OPENIDS]; ``count FOLDER`` prints the check-ins of a full run.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import runtime as parts
from cli.doorway import THREADS
from database.migrate import upgrade
from database.session import Database
from ground import clock
from models import CheckIn
from settings import Settings, parse_settings
from tests.world import activities, many
from wechat.inbound.callback import Callback
from wechat.inbound.claims import Envelope
from wechat.inbound.reception import DONE, Taken
from wechat.wire.messages import Text
from wechat.wire.replies import TextReply, render

HERE = Path(__file__).parent
FOLDER = "BENCH_FOLDER"


def peers_settings() -> Any:
    """The credentials that all contestants share (their file is called ``settings`` too)."""
    spec = importlib.util.spec_from_file_location("peers_settings", HERE / "peers" / "settings.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def settings_in(folder: Path) -> Settings:
    """Our configuration for one run."""
    peers = peers_settings()
    return parse_settings(
        {
            "server": {"secret_key": "b" * 40, "base_url": "http://127.0.0.1", "data_dir": str(folder)},
            "database": {"url": f"sqlite:///{folder / 'bench.db'}"},
            "wechat": {
                "app_id": peers.APPID,
                "app_secret": "0" * 32,
                "token": peers.TOKEN,
                "encoding_aes_key": peers.AES_KEY,
                "original_id": peers.GHID,
            },
            "privacy": {
                "field_keys": "b1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
                "index_key": "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=",
            },
        }
    )


class Echo:
    """Stands where the reception stands: repeats what was said, keeps nothing."""

    outages = ()

    def take(self, envelope: Envelope) -> Taken:
        """The echo."""
        push = envelope.push
        assert isinstance(push, Text)
        reply = TextReply(f"收到:{push.content}")
        return Taken(render(reply, push.openid, push.account, int(clock.timestamp())), DONE, False)

    def settle_promises(self) -> int:
        """Nothing was promised."""
        return 0


def echo() -> Any:
    """The echo's WSGI application."""
    return Callback(parts.build(settings_in(Path(os.environ[FOLDER]))), Echo())  # type: ignore[arg-type]


def full() -> Any:
    """The whole application, as ``flask serve`` runs it."""
    from app import create_app

    return create_app(settings_in(Path(os.environ[FOLDER])))


def prepare(folder: Path, openids: list[str]) -> None:
    """One open activity for all, and a bound member behind each openid."""
    settings = settings_in(folder)
    upgrade(settings.database.url)
    built = parts.build(settings)
    with built.db.session_scope() as session:
        activities.activity(session)
        people = many.members(session, many.branches(session, 16), len(openids))
        many.followers(session, people, openids)
    built.close()


def count(folder: Path) -> int:
    """Check-ins in the database of a run."""
    with Database(settings_in(folder).database.url).read_scope() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(CheckIn)) or 0


def main() -> None:
    """Prepare, then become granian."""
    what = sys.argv[1]
    if what == "count":
        print(f"check-ins in the database: {count(Path(sys.argv[2]))}")
        return
    port, folder = sys.argv[2], Path(sys.argv[3])
    if what == "full":
        prepare(folder, Path(sys.argv[4]).read_text(encoding="ascii").split())
    os.chdir(HERE.parents[1])
    os.environ[FOLDER] = str(folder)
    workers, threads = (2, 1) if what == "echo" else (1, int(os.environ.get("BENCH_THREADS", THREADS)))
    command = [
        *(
            sys.executable,
            "-m",
            "granian",
            "--interface",
            "wsgi",
            "--factory",
            "--host",
            "127.0.0.1",
            "--port",
            port,
        ),
        *("--workers", str(workers), "--blocking-threads", str(threads), "--http", "1", "--no-ws"),
        *("--log-level", "warning", f"bench.callback.serve:{what}"),
    ]
    os.execv(sys.executable, command)


if __name__ == "__main__":
    main()
