"""What the import makes of Word files of other people: nothing crashes, nothing is lost without a word.

    .venv/bin/python -m bench.words [FOLDER]          the files that the import was written with
    .venv/bin/python -m bench.words FOLDER --kept     those that were kept aside until it was finished

FOLDER keeps the archives for another time. It needs a network at first, pip, and for Debian's sources apt-get.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
import tempfile
import time
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

from bench.frame import line
from bench.words.fetching import fetch
from content import cleaning
from content.importing import WordDraft, read_word
from ground.errors import Refused
from settings import WeChatLimits

_TEXTS = re.compile(r"(?:^|/)(?:document\d*|footnotes|endnotes)\.xml$")
_NO_LETTERS = ("Zs", "Zl", "Zp", "Cc", "Cf", "Co", "So", "Sk")
_COUNTED = re.compile(r"核对发现有 (\d+) 个字没有导入")
_OF_COURSE = ("封面", "已压缩")
"""Warnings that speak of no text."""


@dataclass
class _Sums:
    files: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    crashed: list[str] = field(default_factory=list)
    letters: int = 0
    lost: int = 0
    silent: list[str] = field(default_factory=list)
    warned: int = 0
    short: int = 0
    slowest_s: float = 0.0


def letters(text: str) -> Counter[str]:
    """What counts of a text: no white space, no marks that a phone shows otherwise."""
    return Counter(char for char in text if unicodedata.category(char) not in _NO_LETTERS)


def texts(data: bytes) -> Iterator[str]:
    """Every ``w:t`` of the document and its notes, but what tracked changes have taken away and what is written twice."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        for name in package.namelist():
            if _TEXTS.search(name) and "glossary" not in name:
                try:
                    yield from _below(ET.fromstring(package.read(name)))
                except ET.ParseError:
                    continue


def _below(element: ET.Element) -> Iterator[str]:
    name = element.tag.rpartition("}")[2]
    if name in ("del", "moveFrom"):
        return
    if name == "t" and "wordprocessingml" in element.tag:
        yield element.text or ""
    if name == "AlternateContent":
        branches = [list(_below(one)) for one in element]
        yield from next((one for one in branches if any(one)), [])
        return
    for child in element:
        yield from _below(child)


def _measure(sums: _Sums, name: str, data: bytes) -> None:
    sums.files += 1
    began = time.perf_counter()
    try:
        draft = read_word(data, "corpus.docx", WeChatLimits(), upload_mb=60)
    except Refused as refusal:
        sums.refused[refusal.message.partition("，")[0].partition("（")[0]] += 1
        if "已损坏或展开后太大" in refusal.message:  # what the child says when it broke
            sums.crashed.append(name)
        return
    sums.slowest_s = max(sums.slowest_s, time.perf_counter() - began)
    _compare(sums, name, data, draft)


def _compare(sums: _Sums, name: str, data: bytes, draft: WordDraft) -> None:
    wanted = letters("".join(texts(data)))
    lost = (wanted - letters(f"{draft.title}{cleaning.text_of(draft.html)}")).total()
    named = [one for one in draft.warnings if not any(word in one for word in _OF_COURSE)]
    sums.letters += wanted.total()
    sums.lost += lost
    sums.warned += bool(named)
    sums.short += sum(int(found[1]) for one in named if (found := _COUNTED.search(one)))
    if lost:
        print(f"{lost:>8} of {wanted.total()} letters  {name}: {'；'.join(named) or 'WITHOUT A WORD'}")
        if not named:
            sums.silent.append(name)


def main() -> int:
    """Measure; 1 where something crashed or was lost without a word."""
    parser = argparse.ArgumentParser(prog="bench.words", description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--kept", action="store_true")
    given = parser.parse_args()
    sums = _Sums()
    with tempfile.TemporaryDirectory() as elsewhere:
        for one, data in fetch(given.folder or Path(elsewhere), "kept" if given.kept else "seen"):
            _measure(sums, f"{one.package} {one.file.rpartition('/')[2]}", data)
    line("files", sums.files, "")
    line(
        "refused with a reason",
        sums.refused.total(),
        "",
        beside=", ".join(f"{n}× {why}" for why, n in sums.refused.items()),
    )
    line("crashed", len(sums.crashed), "", budget=0, beside=", ".join(sums.crashed))
    line("letters", sums.letters, "")
    line("left out: contents, prompts, hidden text", 100 * sums.lost / max(1, sums.letters), "%")
    share = 100 * sums.short / max(1, sums.letters)
    line("lost beyond that, by the import's own count", share, "%", budget=0.1)
    line(
        "files that lost a letter without a word",
        len(sums.silent),
        "",
        budget=0,
        beside=", ".join(sums.silent),
    )
    line("files with warnings", sums.warned, "")
    line("slowest import", sums.slowest_s, "s", budget=3)
    return bool(sums.crashed or sums.silent)


if __name__ == "__main__":
    sys.exit(main())
