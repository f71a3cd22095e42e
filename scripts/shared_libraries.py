"""Name what the programs and libraries of a .venv are linked against and this system lacks, as Debian's packages.

``python scripts/shared_libraries.py .venv LACKING``: one package a line; a library that no package is known for is told
on stderr. The files that lack something are noted in LACKING; where that exists, only they are looked at again.
Needs glibc's ``ldd``.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

PACKAGES = {
    "libatomic.so.1": "libatomic1",
    "libgcc_s.so.1": "libgcc-s1",
    "libgomp.so.1": "libgomp1",
    "libstdc++.so.6": "libstdc++6",
    "libz.so.1": "zlib1g",
    "libffi.so.8": "libffi8",
    "libbz2.so.1.0": "libbz2-1.0",
    "liblzma.so.5": "liblzma5",
    "libzstd.so.1": "libzstd1",
    "libexpat.so.1": "libexpat1",
    "libuuid.so.1": "libuuid1",
    "libsqlite3.so.0": "libsqlite3-0",
    "libssl.so.3": "libssl3",
    "libcrypto.so.3": "libssl3",
}


def elf_files(folder: Path) -> list[Path]:
    """The programs and shared libraries below ``folder``, by their first bytes; links are not followed."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        with path.open("rb") as file:
            if file.read(4) == b"\x7fELF":
                found.append(path)
    return found


def unresolved(files: Iterable[Path]) -> dict[Path, list[str]]:
    """The libraries that the loader does not find, by the file that asks for them."""
    lacking: dict[Path, list[str]] = {}
    for file in files:
        told = subprocess.run(["ldd", file], capture_output=True, text=True, check=False).stdout
        if names := re.findall(r"^\s*(\S+) => not found", told, re.MULTILINE):
            lacking[file] = names
    return lacking


def main(folder: Path, note: Path) -> int:
    """Print the packages and renew the note; always 0."""
    known = [Path(line) for line in note.read_text().splitlines()] if note.exists() else elf_files(folder)
    # What a wheel brings itself is loaded by that wheel, wherever the loader would look.
    inside = {path.name for path in folder.rglob("*.so*")}
    lacking = {
        file: names
        for file, found in unresolved(path for path in known if path.is_file()).items()
        if (names := sorted(set(found) - inside))
    }
    note.write_text("".join(f"{file}\n" for file in lacking))
    wanted = {name: file for file, names in lacking.items() for name in names}
    for name, file in sorted(wanted.items()):
        if name not in PACKAGES:
            print(f"{file} 需要系统的动态库 {name}，但没有找到，请安装提供它的软件包", file=sys.stderr)
    print("\n".join(sorted({PACKAGES[name] for name in wanted if name in PACKAGES})))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
