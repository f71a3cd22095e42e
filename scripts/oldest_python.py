"""Hold the sources against Python 3.11.0: what came with a later 3.11.x is named, with file and line.

``python scripts/oldest_python.py [FOLDER]``; 1 if anything is found. Vermin knows minor versions only, and Debian 12's
own Python is 3.11.2: this is the short list of what vermin does not see, from "Changed in version 3.11.x" of the library's pages.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOT_OURS = {"var", "node_modules", "peers"}

# The name of a function or method, and its keyword that is younger than 3.11.0.
KEYWORDS = {
    ("extract", "filter"): "3.11.4",
    ("extractall", "filter"): "3.11.4",
    ("unpack_archive", "filter"): "3.11.4",
    ("getaddresses", "strict"): "3.11.10",
    ("parseaddr", "strict"): "3.11.10",
    ("HTMLParser", "scripting"): "3.11.14",
}
NAMES = {
    "data_filter": "3.11.4",
    "tar_filter": "3.11.4",
    "fully_trusted_filter": "3.11.4",
    "extraction_filter": "3.11.4",
    "FilterError": "3.11.4",
    "AbsolutePathError": "3.11.4",
    "OutsideDestinationError": "3.11.4",
    "SpecialFileError": "3.11.4",
    "AbsoluteLinkError": "3.11.4",
    "LinkOutsideDestinationError": "3.11.4",
    "GetReparseDeferralEnabled": "3.11.9",
    "SetReparseDeferralEnabled": "3.11.9",
    "verify_generated_headers": "3.11.10",
    "ALLOW_MISSING": "3.11.13",
    "LinkFallbackError": "3.11.13",
}


def younger(source: str) -> Iterator[tuple[int, str, str]]:
    """Line, name and version of each use in ``source`` of something that Python 3.11.0 has not."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=function) | ast.Attribute(attr=function)):
                for keyword in node.keywords:
                    if version := KEYWORDS.get((function, keyword.arg or "")) or NAMES.get(keyword.arg or ""):
                        yield node.lineno, f"{function}({keyword.arg}=)", version
            case ast.Attribute(attr=name) if name in NAMES:
                yield node.lineno, name, NAMES[name]
            case ast.ImportFrom(names=imported):
                for alias in imported:
                    if alias.name in NAMES:
                        yield node.lineno, alias.name, NAMES[alias.name]


def main(folder: Path) -> int:
    """Print what is found below ``folder``; 1 if there is anything."""
    found = 0
    for path in sorted(folder.rglob("*.py")):
        inside = path.relative_to(folder)
        if NOT_OURS & set(inside.parts) or any(part.startswith(".") for part in inside.parts):
            continue
        for line, name, version in younger(path.read_text(encoding="utf-8")):
            print(f"{inside}:{line}: {name} came with Python {version}, and 3.11.0 is promised")
            found = 1
    return found


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT))
