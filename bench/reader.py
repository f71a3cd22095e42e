"""What a reader waits for: an article with its styles and first picture, in bytes and time, beside static Flask views of it.

    python -m bench.reader [--rounds 40]

Every article among the tests' Word files is imported, called published, and opened as a phone would (375 px wide, two device
pixels each): the page, what its head asks for, and the pictures that are not loaded later. Bytes are those on the wire. One more
article opens with a photo of twelve million pixels.
"""

from __future__ import annotations

import argparse
import http.client
import io
import json
import os
import random
import re
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import sqlalchemy as sa
from flask import Flask, Response, request
from PIL import Image

import runtime
from accounts import users
from bench import frame
from content import assets, columns, drafting, pictures, revisions
from ground import clock
from models import Article
from settings import load_settings
from tests.fixtures.processes import Process, Spawn, free_port, run_flask_anew

DATA = Path(__file__).resolve().parents[1] / "tests" / "data"
BUDGET_KB = 150
BUDGET_MS = 300
CSS_PX = 345
"""Width of a picture on a phone 375 px wide, and twice as many device pixels."""
_FOLDER = "BENCH_STATIC"


def a_photo() -> bytes:
    """A JPEG as a phone makes them: 4000 x 3000, coarse shapes and fine grain, from a fixed seed."""
    chance = random.Random(2026)
    shapes = Image.frombytes("RGB", (40, 30), chance.randbytes(40 * 30 * 3)).resize(
        (4000, 3000), Image.Resampling.BICUBIC
    )
    grain = Image.frombytes("L", (1000, 750), chance.randbytes(1000 * 750)).resize((4000, 3000))
    photo = Image.blend(shapes, grain.convert("RGB"), 0.12)
    out = io.BytesIO()
    photo.save(out, "JPEG", quality=88)
    return out.getvalue()


class Parts(HTMLParser):
    """What a browser fetches for a page before anybody scrolls."""

    def __init__(self) -> None:
        super().__init__()
        self.paths: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Stylesheets, scripts, icons and pictures that are not lazy."""
        got = {name: value or "" for name, value in attrs}
        if tag == "link" and got.get("rel") in ("stylesheet", "icon", "preload", "modulepreload"):
            self._add(got.get("href", ""))
        elif tag == "script" and got.get("src"):
            self._add(got["src"])
        elif tag == "img" and got.get("loading") != "lazy":
            self._add(_fitting(got.get("srcset", "")) or got.get("src", ""))

    def _add(self, path: str) -> None:
        if path.startswith("/") and path not in self.paths:
            self.paths.append(path)


def _fitting(srcset: str) -> str:
    """The smallest candidate that is sharp on the phone, else the largest."""
    widths = sorted((int(width), path) for path, width in re.findall(r"(\S+) (\d+)w", srcset))
    return next((path for width, path in widths if width >= 2 * CSS_PX), widths[-1][1] if widths else "")


def publish(env: dict[str, str], config: Path) -> dict[str, str]:
    """Path of each imported article, by its file."""
    done = run_flask_anew(
        "user",
        "create",
        "editor",
        "--role",
        "editor",
        "--password-stdin",
        env=env,
        text="Bench-2026-reader\n",
    )
    assert done.returncode == 0, done.stderr
    ids = {}
    for file in sorted(DATA.glob("article-[0-9].docx")):
        done = run_flask_anew(
            "article", "import", file, "--column", "study", "--author", "editor", "--json", env=env
        )
        assert done.returncode == 0, done.stderr
        ids[file.name] = json.loads(done.stdout)["id"]
    settings = load_settings(config, env={})
    parts = runtime.build(settings)
    photo = pictures.prepare(a_photo(), settings.wechat.limits)
    assets.AssetStore(settings.data_dir).put(photo)
    with parts.db.session_scope() as session:
        assets.remember(session, [photo], at=clock.now())
        fields = revisions.Fields(
            title="网格里的一天",
            column_id=columns.by_key(session, "study").id,
            html=f'<p><img src="/m/asset/{photo.sha256}"></p>' + "<p>一天里的几件小事。</p>" * 100,
        )
        ids["a photo"] = drafting.create(session, users.by_name(session, "editor"), fields, at=clock.now()).id
        session.execute(sa.update(Article).values(status="published", published_at=clock.now()))
    parts.close()
    return {name: f"/m/a/{ident}" for name, ident in ids.items()}


def opened(connection: http.client.HTTPConnection, path: str) -> dict[str, bytes]:
    """The page and its parts, one after the other."""
    status, page, headers = frame.get(connection, path)
    assert status == 200, f"{path}: {status}"
    assert headers.get("Content-Encoding") is None, "the parts are read from the clear page"
    parts = Parts()
    parts.feed(page.decode())
    found = {path: page}
    for part in parts.paths:
        status, found[part], _ = frame.get(connection, part)
        assert status == 200, f"{part}: {status}"
    return found


def static() -> Flask:
    """A Flask view that gives bytes from memory, for granian."""
    bodies = {
        path.name: path.read_bytes() for path in Path(os.environ[_FOLDER]).iterdir() if path.name.isdigit()
    }
    app = Flask(__name__)

    @app.get("/")
    def view() -> Response:
        return Response(bodies[request.args["n"]])

    return app


def start_static(spawn: Spawn, inside: Path, bodies: list[bytes]) -> tuple[Process, int]:
    """Serve these bodies as ``/?n=0`` and so on."""
    folder = inside / "static"
    folder.mkdir()
    for number, body in enumerate(bodies):
        (folder / str(number)).write_bytes(body)
    port = free_port()
    process = spawn(
        sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1", "--blocking-threads", "16", "--no-ws", "--log-level", "warning", "bench.reader:static",
        env={_FOLDER: str(folder)},
    )  # fmt: skip
    process.wait_for_http(f"http://127.0.0.1:{port}/?n=0")
    return process, port


def times(port: int, paths: list[str], rounds: int) -> list[float]:
    """Milliseconds of fetching all of ``paths``, one after the other over one connection; sorted."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        for path in paths:
            frame.get(connection, path)
        took.append((time.perf_counter() - began) * 1000)
    connection.close()
    return sorted(took)


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="bench.reader")
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    with frame.folder() as inside, frame.spawning(inside) as spawn:
        served = frame.Served(spawn, inside, frame.fresh_sqlite(inside))
        pages = publish(served.env, served.config)
        served.start()
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
        first, fetched = {}, {}
        for name, path in pages.items():
            began = time.perf_counter()
            fetched[name] = opened(connection, path)
            first[name] = (time.perf_counter() - began) * 1000
        connection.close()
        for name, parts in fetched.items():
            size = sum(map(len, parts.values())) / 1000
            page = len(parts[pages[name]]) / 1000
            beside = f"page {page:.1f} KB and {len(parts) - 1} parts"
            frame.line(f"{name}: bytes", size, "KB", budget=BUDGET_KB, beside=beside)
        heaviest = max(fetched, key=lambda name: sum(map(len, fetched[name].values())))
        frame.line(
            "slowest first opening, pictures still to be narrowed",
            max(first.values()),
            "ms",
            budget=BUDGET_MS,
        )
        _, port = start_static(spawn, inside, list(fetched[heaviest].values()))
        bare = times(port, [f"/?n={number}" for number in range(len(fetched[heaviest]))], options.rounds)
        ours = times(served.port, list(fetched[heaviest]), options.rounds)
        middle = ours[len(ours) // 2]
        beside = f"{middle / bare[len(bare) // 2]:.1f} x static Flask views of the same bytes"
        frame.line(f"{heaviest}: all of it, median", middle, "ms", budget=BUDGET_MS, beside=beside)
        frame.line(f"{heaviest}: all of it, p95", frame.percentile(ours, 0.95), "ms", budget=BUDGET_MS)
        alone = times(served.port, [pages[heaviest]], options.rounds)
        bare = times(port, ["/?n=0"], options.rounds)
        beside = f"{alone[len(alone) // 2] / bare[len(bare) // 2]:.1f} x a static Flask view"
        frame.line(f"{heaviest}: the page alone, median", alone[len(alone) // 2], "ms", beside=beside)
    return 0


if __name__ == "__main__":
    sys.exit(main())
