"""The rooms of the house as the code has them: how large each is, who asks whom, and whether anything runs in a circle.

    .venv/bin/python scripts/rooms.py            the figures, and what is wrong
    .venv/bin/python scripts/rooms.py --write    also brings the picture in docs/architecture.md up to date

A room is a top-level package, or one of the four of ``wechat``. An arrow is an import that is followed when the code runs
(imports for types alone are not). Tests are no rooms.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
ROOMS = (
    *("web", "cli", "wechat.inbound", "operations", "scheduler", "content", "community", "workdays", "accounts"),
    *("wechat.outbound", "models", "database", "wechat.wire", "wechat.language", "settings", "ground", "localwechat"),
)  # fmt: skip
SHARE = 0.25
FILE_LINES, FUNCTION_LINES = 400, 50
_MARKS = ("<!-- rooms: by scripts/rooms.py -->", "<!-- /rooms -->")


def files() -> list[Path]:
    """Every Python file that git lists or would list, without applied migrations."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.py"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    paths = [ROOT / name for name in listed if (ROOT / name).is_file()]
    return [path for path in paths if "versions" not in path.parts]


def room_of(module: str) -> str | None:
    """The room of a module; None for what is in none (tests, the modules of the root)."""
    if ".tests" in module:
        return None
    return next((room for room in ROOMS if module == room or module.startswith(f"{room}.")), None)


def sizes() -> dict[str, int]:
    """Lines by room."""
    found = dict.fromkeys(ROOMS, 0)
    for path in files():
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if room := room_of(module):
            found[room] += path.read_text(encoding="utf-8").count("\n")
    return found


def imports() -> dict[str, set[str]]:
    """Module → modules of the house that it imports when it runs."""
    graph = grimp.build_graph(
        *sorted({room.partition(".")[0] for room in ROOMS}),
        exclude_type_checking_imports=True,
        cache_dir=None,
    )
    return {
        module: {other for other in graph.find_modules_directly_imported_by(module) if room_of(other)}
        for module in graph.modules
        if room_of(module)
    }


def arrows(asked: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    """Room → rooms that it asks."""
    found: dict[str, set[str]] = {room: set() for room in ROOMS}
    for module, others in asked.items():
        for other in others:
            here, there = room_of(module), room_of(other)
            if here and there and here != there:
                found[here].add(there)
    return found


def circles(asked: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """What asks itself by a detour: each circle once, its members in order of the alphabet (Tarjan's components)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    waiting: list[str] = []
    found: list[list[str]] = []

    def visit(start: str) -> None:
        number[start] = low[start] = len(number)
        waiting.append(start)
        for other in sorted(asked.get(start, ())):
            if other not in number:
                visit(other)
                low[start] = min(low[start], low[other])
            elif other in waiting:
                low[start] = min(low[start], number[other])
        if low[start] == number[start]:
            members: list[str] = []
            while not members or members[-1] != start:
                members.append(waiting.pop())
            if len(members) > 1:
                found.append(sorted(members))

    sys.setrecursionlimit(10_000)
    for one in sorted(asked):
        if one not in number:
            visit(one)
    return found


def too_long() -> Iterator[str]:
    """Files over :data:`FILE_LINES` and functions over :data:`FUNCTION_LINES`, with their lengths."""
    for path in files():
        text, name = path.read_text(encoding="utf-8"), path.relative_to(ROOT)
        if (lines := text.count("\n")) > FILE_LINES:
            yield f"{name}: {lines} lines"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES:
                    yield f"{name}: {node.name} has {lines} lines"


def _without_detours(asked: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
    """The arrows that no longer way goes along already: enough to see what is above what."""

    def reaches(start: str, goal: str, seen: set[str]) -> bool:
        for other in asked[start] - seen:
            seen.add(other)
            if other == goal or reaches(other, goal, seen):
                return True
        return False

    for room in ROOMS:
        for other in sorted(asked[room]):
            if not any(reaches(step, other, set()) for step in asked[room] - {other}):
                yield room, other


def picture() -> str:
    """The rooms and their arrows, as Mermaid draws them."""
    nodes = [f'    {room.replace(".", "_")}["{room}"]' for room in ROOMS]
    ways = [
        f"    {here.replace('.', '_')} --> {there.replace('.', '_')}"
        for here, there in _without_detours(arrows(imports()))
    ]
    return "\n".join(["```mermaid", "graph TD", *nodes, *ways, "```"]).replace("wechat.", "wechat/")


def drawn() -> str:
    """The picture that the page has."""
    found = re.search(f"{_MARKS[0]}\n(.*?)\n{_MARKS[1]}", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return found[1] if found else ""


def faults() -> list[str]:
    """Everything that breaks the house's rules."""
    asked, lines = imports(), sizes()
    whole = sum(lines.values())
    return [
        *(
            f"{room}: {count / whole:.0%} of all lines"
            for room, count in lines.items()
            if count > SHARE * whole
        ),
        *(f"rooms in a circle: {' '.join(circle)}" for circle in circles(arrows(asked))),
        *(f"modules in a circle: {' '.join(circle)}" for circle in circles(asked)),
        *too_long(),
    ]


def main() -> int:
    """Print the figures and the faults; with ``--write``, draw the picture anew."""
    sys.path.insert(0, str(ROOT))
    if "--write" in sys.argv:
        page = PAGE.read_text(encoding="utf-8")
        new = f"{_MARKS[0]}\n{picture()}\n{_MARKS[1]}"
        PAGE.write_text(
            re.sub(f"{_MARKS[0]}.*?{_MARKS[1]}", lambda _: new, page, flags=re.DOTALL), encoding="utf-8"
        )
    for room, count in sizes().items():
        print(f"{count:7,} lines  {room}")
    found = faults()
    print("\n".join(found) or "no circle, nothing too long")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
