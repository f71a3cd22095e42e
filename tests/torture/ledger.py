"""The ledger of pieces: one JSON document each in a folder, added up to one table."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

_ROADS = ("mass", "template", "custom", "subscribe", "robot", "kit", "publish")


def read(folder: Path) -> list[dict[str, Any]]:
    """All pieces that are there, in the order of their names."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]


def is_done(folder: Path, name: str) -> bool:
    """Whether this piece was run already, and nothing broke."""
    path = folder / f"{name}.json"
    return path.exists() and not json.loads(path.read_text(encoding="utf-8"))["breaks"]


def write(folder: Path, name: str, piece: dict[str, Any]) -> None:
    """Keep a piece."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"name": name, **piece}, ensure_ascii=False, indent=1)
    (folder / f"{name}.json").write_text(text, encoding="utf-8")


def broken(pieces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those in which something broke."""
    return [piece for piece in pieces if piece["breaks"]]


def table(pieces: list[dict[str, Any]]) -> str:
    """What they come to, in lines."""
    kills = [piece for piece in pieces if piece["kind"] == "kills"]
    plans = [piece for piece in pieces if piece["kind"] == "plans"]
    articles = [piece for piece in pieces if piece["kind"] == "articles"]
    lines = [
        *(_of_kills(kills) if kills else ()),
        *(_of_plans(plans) if plans else ()),
        *(_of_articles(articles) if articles else ()),
    ]
    for piece in broken(pieces):
        lines.append(f"\nBROKEN {piece['name']} (seed {piece['seed']}); again: {piece['command']}")
        lines.append(f"  kept: {piece['kept']}")
        lines += [f"  - {one}" for one in piece["breaks"][:20]]
    return "\n".join(lines)


def _sum(pieces: list[dict[str, Any]], key: str) -> Counter[str]:
    total: Counter[str] = Counter()
    for piece in pieces:
        total.update(piece[key])
    return total


def _counted(title: str, counts: Counter[str]) -> list[str]:
    rows = [
        f"  {name:<44}{count:>8}" for name, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    ]
    return [f"{title:<46}{counts.total():>8}", *rows]


def _of_kills(pieces: list[dict[str, Any]]) -> list[str]:
    kinds = Counter(f"{piece['mode']}{', whole commands' if piece['whole'] else ''}" for piece in pieces)
    shown = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    lines = [f"{len(pieces)} pieces ({shown}), {sum(piece['seconds'] for piece in pieces)} s", ""]
    lines += _counted("kill -9", _sum(pieces, "kills"))
    lines += ["", *_counted("troubles beside them", _sum(pieces, "troubles"))]
    lines += [f"{'clock jumps':<46}{sum(piece['jumps'] for piece in pieces):>8}"]
    if ended := _sum(pieces, "ended"):
        lines += _counted("ended by themselves, begun again", ended)
    lines += [
        "",
        f"{'by road':<20}{'planned':>9}{'received':>9}{'twice':>9}{'missing':>9}{'unknown':>9}",
    ]
    for road in _ROADS:
        of_road = [piece["roads"][road] for piece in pieces if road in piece["roads"]]
        sums = [
            sum(one[what] for one in of_road)
            for what in ("planned", "received", "twice", "missing", "unknown")
        ]
        lines.append(f"{road:<20}" + "".join(f"{number:>9}" for number in sums))
    return lines


def _of_plans(pieces: list[dict[str, Any]]) -> list[str]:
    lines = [
        "",
        f"{'plans against receipts':<24}{'pieces':>8}{'months':>8}{'pushes':>8}{'people':>10}{'differ':>8}",
    ]
    for account in ("service", "subscription"):
        of_type = [piece for piece in pieces if piece["account"] == account]
        sums = [sum(piece[what] for piece in of_type) for what in ("months", "pushes", "people", "differ")]
        lines.append(f"{account:<24}{len(of_type):>8}{sums[0]:>8}{sums[1]:>8}{sums[2]:>10}{sums[3]:>8}")
    return [*lines, *_counted("what happened meanwhile", _sum(pieces, "happened"))]


def _of_articles(pieces: list[dict[str, Any]]) -> list[str]:
    steps, forms, seconds = (sum(piece[what] for piece in pieces) for what in ("steps", "forms", "seconds"))
    shown = f"{len(pieces)} pieces, {steps} steps, {forms} of them by a form, {seconds} s"
    lines = ["", f"acts on articles: {shown}", *_counted("done", _sum(pieces, "done"))]
    return [*lines, "", *_counted("refused", _sum(pieces, "refused"))]
