"""Addresses of our own static files, so that no page names a version and no browser keeps an old one."""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app, url_for

if TYPE_CHECKING:
    from flask import Flask

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


def own(file: str) -> str:
    """Address of one of our own files with a mark of its content: ``own("console/console.css")``."""
    path = Path(str(current_app.static_folder)) / file
    return url_for("static", filename=file, v=_mark(path, path.stat().st_mtime))


def register(app: Flask) -> None:
    """Give the templates these addresses."""
    app.jinja_env.globals.update(vendor=vendor, own=own)
