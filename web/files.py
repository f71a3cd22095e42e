"""Files that the faces hand out, and who may keep them.

Our own static files have addresses by version or content, so that a browser may keep them and never keeps an old one. What holds
personal data, or depends on who asks, is kept by nobody.
"""

from __future__ import annotations

import hashlib
import io
import tomllib
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING

from flask import abort, current_app, request, send_file, send_from_directory, url_for

if TYPE_CHECKING:
    from flask import Flask, Response

PRIVATE = "private, no-store"
OFFICE = ("/console", "/branch")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MANIFEST = Path(__file__).parent / "static" / "vendor" / "vendor.toml"


@cache
def _folders() -> dict[str, str]:
    packages = tomllib.loads(_MANIFEST.read_text(encoding="utf-8"))["package"]
    return {package["name"]: f"{package['name']}-{package['version']}" for package in packages}


def vendor(package: str, file: str) -> str:
    """Address of a vendored file: ``vendor("htmx", "htmx.min.js")``."""
    return url_for("static", filename=f"vendor/{_folders()[package]}/{file}")


@cache
def _mark(path: Path, _changed: float) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


@cache
def _mark_of_scripts(changed: tuple[tuple[Path, float], ...]) -> str:
    digest = hashlib.sha256()
    for path, at in changed:
        digest.update(f"{path.name} {_mark(path, at)}\n".encode())
    return digest.hexdigest()[:10]


def _scripts_mark() -> str:
    """One mark for all our scripts, which import each other."""
    folder = Path(str(current_app.static_folder))
    scripts = sorted(
        path for path in folder.glob("*/*.js")
    )  # those of others lie deeper, in folders with their version
    return _mark_of_scripts(tuple((path, path.stat().st_mtime) for path in scripts))


def own(file: str) -> str:
    """Address of one of our own files with a mark of its content: ``own("console/console.css")``.

    A script's mark stands in the path: what it imports by a relative address then has the same mark, which changes with any of
    them, and a module that two others import is one module.
    """
    if file.endswith(".js"):
        return url_for("scripts", mark=_scripts_mark(), file=file)
    path = Path(str(current_app.static_folder)) / file
    return url_for("static", filename=file, v=_mark(path, path.stat().st_mtime))


def scripts(mark: str, file: str) -> Response:
    """A script under the mark of the present ones. Another mark has no content here, so that no cache keeps a wrong one."""
    if mark != _scripts_mark() or not file.endswith(".js"):
        abort(404)
    response = send_from_directory(str(current_app.static_folder), file, mimetype="text/javascript")
    response.cache_control.immutable = True
    return response


def personal(file: bytes | IO[bytes], *, mimetype: str, name: str) -> Response:
    """A file with personal data, from memory or from an open file: saved under ``name`` by the one who asked, kept by no
    cache, never guessed at.
    """
    opened = io.BytesIO(file) if isinstance(file, bytes) else file
    size = opened.seek(0, io.SEEK_END)
    opened.seek(0)
    response = send_file(opened, mimetype=mimetype, as_attachment=True, download_name=name, etag=False)
    response.content_length = size
    response.headers["Cache-Control"] = PRIVATE
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.pop("Expires", None)
    return response


def is_office(path: str) -> bool:
    """Whether an address belongs to the office, so that its answer depends on who asks."""
    return any(path == face or path.startswith(f"{face}/") for face in OFFICE)


def _who_may_keep(response: Response) -> Response:
    """The office's answers are kept by nobody, whatever made them; elsewhere a view may say otherwise."""
    if is_office(request.path):
        response.headers["Cache-Control"] = PRIVATE
        response.headers.pop("Expires", None)
    else:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def register(app: Flask) -> None:
    """Give the templates these addresses, and every answer its word about who may keep it."""
    app.add_url_rule("/static/js/<mark>/<path:file>", "scripts", scripts)
    app.jinja_env.globals.update(vendor=vendor, own=own)
    app.after_request(_who_may_keep)
