"""Fetch the vendored front end anew: ``python scripts/vendor.py`` checks against ``vendor.toml``, ``--write`` renews its sums.

Needs ``npm``; only ``npm pack`` is used, so nothing of a package is ever run.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree

FOLDER = Path(__file__).resolve().parents[1] / "web" / "static" / "vendor"
MANIFEST = FOLDER / "vendor.toml"
SVG = "http://www.w3.org/2000/svg"


def sprite(folder: Path, names: list[str]) -> bytes:
    """The icons ``names`` of ``folder`` as one SVG file of symbols, in that order."""
    ElementTree.register_namespace("", SVG)
    root = ElementTree.Element(f"{{{SVG}}}svg")
    for name in names:
        icon = ElementTree.parse(folder / f"{name}.svg").getroot()
        symbol = ElementTree.SubElement(
            root, f"{{{SVG}}}symbol", {"id": name, "viewBox": icon.attrib["viewBox"]}
        )
        symbol.extend(icon)
        for node in symbol.iter():
            node.tail = None
            node.text = None
    text: str = ElementTree.tostring(root, encoding="unicode")
    return text.encode() + b"\n"


def fetch(package: dict[str, Any], into: Path) -> Path:
    """Download one package and give the folder with its files."""
    wanted = f"{package['source']}@{package['version']}"
    answer = subprocess.run(
        ["npm", "pack", "--silent", wanted], cwd=into, check=True, stdout=subprocess.PIPE, text=True
    )
    _unpack(into / answer.stdout.strip().splitlines()[-1], into)
    return into / "package"


def _unpack(archive: Path, folder: Path) -> None:
    """The regular files of a package, below the folder (Python 3.11.0 knows no ``filter=`` of ``extractall``)."""
    with tarfile.open(archive) as packed:
        for member in packed:
            name = PurePosixPath(member.name)
            content = packed.extractfile(member) if member.isreg() else None
            if content is not None and not name.is_absolute() and ".." not in name.parts:
                target = folder.joinpath(*name.parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.read())


def vendor(package: dict[str, Any]) -> dict[str, str]:
    """Lay the files of one package into their folder; their names (relative to ``FOLDER``) and sums."""
    target = FOLDER / f"{package['name']}-{package['version']}"
    target.mkdir(exist_ok=True)
    sums: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as temporary:
        source = fetch(package, Path(temporary))
        if package["licence_file"]:
            shutil.copyfile(source / package["licence_file"], target / "LICENSE")
        for entry in package["file"]:
            if entry["from"] == "icons":
                content = sprite(source / "icons", package["icons"])
            else:
                content = (source / entry["from"]).read_bytes()
            (target / entry["file"]).write_bytes(content)
            sums[entry["file"]] = hashlib.sha256(content).hexdigest()
    return sums


def main() -> int:
    """0 when everything is what the manifest says (or the manifest was renewed), 1 otherwise."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="write the sums into vendor.toml")
    write = parser.parse_args().write
    text = MANIFEST.read_text(encoding="utf-8")
    wrong = 0
    for package in tomllib.loads(text)["package"]:
        recorded = {entry["file"]: entry["sha256"] for entry in package["file"]}
        for file, digest in vendor(package).items():
            if write:
                pattern = rf'(file = "{re.escape(file)}"\nfrom = "[^"]+"\nsha256 = ")[0-9a-f]*'
                text, replaced = re.subn(pattern, rf"\g<1>{digest}", text)
                assert replaced == 1, file
            elif digest != recorded[file]:
                print(f"{package['name']}: {file} is not what vendor.toml says")
                wrong += 1
    if write:
        MANIFEST.write_text(text, encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
