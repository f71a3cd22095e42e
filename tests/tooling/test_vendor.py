"""The vendored front end is what its manifest says, complete and with its licences."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "web" / "static" / "vendor"
PACKAGES: list[dict[str, Any]] = tomllib.loads((FOLDER / "vendor.toml").read_text(encoding="utf-8"))[
    "package"
]


def folder_of(package: dict[str, Any]) -> Path:
    return FOLDER / f"{package['name']}-{package['version']}"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["name"])
def test_each_file_has_the_recorded_sum_and_each_package_its_licence(package: dict[str, Any]) -> None:
    folder = folder_of(package)
    for entry in package["file"]:
        assert hashlib.sha256((folder / entry["file"]).read_bytes()).hexdigest() == entry["sha256"], entry[
            "file"
        ]
    assert (folder / "LICENSE").stat().st_size > 0
    assert package["licence"]


def test_nothing_lies_there_that_the_manifest_does_not_name() -> None:
    named = {folder_of(package) / entry["file"] for package in PACKAGES for entry in package["file"]}
    named |= {folder_of(package) / "LICENSE" for package in PACKAGES}
    assert {path for path in FOLDER.rglob("*") if path.is_file()} - named == {FOLDER / "vendor.toml"}


def test_no_style_sheet_asks_for_an_outside_file() -> None:
    for sheet in FOLDER.rglob("*.css"):
        outside = re.findall(r"url\(\s*['\"]?(?:https?:)?//[^)]*\)", sheet.read_text(encoding="utf-8"))
        assert not outside, (sheet.name, outside)


def test_every_icon_that_was_asked_for_is_in_the_sprite() -> None:
    package = next(package for package in PACKAGES if package["name"] == "bootstrap-icons")
    ids = re.findall(r'<symbol id="([^"]+)"', (folder_of(package) / "icons.svg").read_text(encoding="utf-8"))
    assert ids == package["icons"]
