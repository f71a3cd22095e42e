"""Find the regular expressions that a long text could keep busy: ``python scripts/patterns.py [--all]``.

Every pattern of the product is parsed. Three shapes take more than linear time, and the interpreter's lock with them:

- nested: a repetition inside of a repetition, ``(?:a*b?)*``;
- adjacent: two repetitions side by side that take the same characters, ``\\s*.*``;
- sought: a repetition behind a beginning that it would take as well, sought at each position: ``<c\\b[^>]*>``.

One that is wanted nevertheless stands in ``patterns.toml`` with the most characters it ever gets and the reason. What is left
must be written as a scanner. ``--all`` lists every pattern with what bounds it.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from re import _constants as sre
from re import _parser
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
REGISTRY = Path(__file__).with_name("patterns.toml")
OUTSIDE = ("tests/", "localwechat/tests/", "bench/", "scripts/", "models/migrations/", "database/migrations/")
MANY = 40
"""A repetition of at most so many is as good as none."""
_SOUGHT = {"search", "findall", "finditer", "sub", "subn", "split"}
_USES = {*_SOUGHT, "compile", "match", "fullmatch"}
_SAMPLES = [*map(chr, range(128)), *"\xa0éß中党支部　…：（）“”·—１𠮷"]
_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT, getattr(sre, "POSSESSIVE_REPEAT", None))


@dataclass
class Pattern:
    """One place of the code; ``text`` is None where it is put together at run time."""

    file: str
    line: int
    name: str
    text: str | bytes | None
    uses: set[str] = field(default_factory=set)

    @property
    def problems(self) -> list[str]:
        """The shapes above that it has."""
        if self.text is None:
            return ["made at run time"]
        return sorted(set(_problems(list(_parser.parse(self.text)), bool(self.uses & _SOUGHT))))


@dataclass(frozen=True)
class _Piece:
    """An element of a sequence: what it takes, whether it may take nothing, whether it may take ever more."""

    takes: frozenset[str]
    optional: bool
    grows: bool


def _problems(items: Sequence[Any], sought: bool) -> Iterator[str]:
    yield from _nested(items, inside=False)
    for variant in _variants(items):
        yield from _side_by_side(list(_pieces(variant)), sought)


def _variants(items: Sequence[Any]) -> list[list[Any]]:
    """The sequence with and without each optional group in which something grows: what stands in it has its own order."""
    made: list[list[Any]] = [[]]
    for item in items:
        kind, value = item
        choices: list[list[Any]] = [[item]]
        if kind is sre.SUBPATTERN:
            choices = _variants(value[3])
        elif kind in _REPEATS and value[:2] == (0, 1) and any(one.grows for one in _pieces(value[2])):
            choices = [[], *_variants(value[2])]
        made = [[*before, *choice] for before in made for choice in choices][:256]
    return made


def _side_by_side(pieces: list[_Piece], sought: bool) -> Iterator[str]:
    for at, first in enumerate(pieces):
        if not first.grows:
            continue
        for after in range(at + 1, len(pieces)):
            if pieces[after].grows and first.takes & pieces[after].takes:
                yield "adjacent"
            if not pieces[after].optional and not first.takes & pieces[after].takes:
                break
        before = [piece for piece in pieces[:at] if not piece.optional]
        can_fail = any(not piece.optional for piece in pieces[at + 1 :])
        if sought and can_fail and all(piece.takes & first.takes for piece in before):
            yield "sought"


def _nested(items: Sequence[Any], *, inside: bool) -> Iterator[str]:
    for kind, value in items:
        if kind in _REPEATS:
            grows = value[1] > MANY
            if grows and inside:
                yield "nested"
            yield from _nested(value[2], inside=inside or grows)
        else:
            for below in _below(kind, value):
                yield from _nested(below, inside=inside)


def _below(kind: Any, value: Any) -> list[Sequence[Any]]:
    if kind is sre.SUBPATTERN:
        return [value[3]]
    if kind is sre.BRANCH:
        return list(value[1])
    if kind in (sre.ASSERT, sre.ASSERT_NOT):
        return [value[1]]
    if kind is getattr(sre, "ATOMIC_GROUP", None):
        return [value]
    return []


def _pieces(items: Sequence[Any]) -> Iterator[_Piece]:
    for kind, value in items:
        if kind is sre.SUBPATTERN:
            yield from _pieces(value[3])
        elif kind in _REPEATS:
            inner = list(_pieces(value[2]))
            takes = frozenset().union(*(piece.takes for piece in inner))
            grows = value[1] > MANY or any(piece.grows for piece in inner)
            yield _Piece(takes, value[0] == 0 or all(piece.optional for piece in inner), grows)
        elif kind is sre.BRANCH:
            branches = [list(_pieces(branch)) for branch in value[1]]
            every = [piece for branch in branches for piece in branch]
            takes = frozenset().union(*(piece.takes for piece in every))
            optional = any(all(piece.optional for piece in branch) for branch in branches)
            yield _Piece(takes, optional, any(piece.grows for piece in every))
        elif kind in (sre.ASSERT, sre.ASSERT_NOT):
            if value[0] > 0:  # looking ahead reads, too
                yield from _pieces(value[1])
        elif kind is sre.AT:
            continue
        elif kind is sre.GROUPREF:
            yield _Piece(frozenset(_SAMPLES), True, False)
        else:
            yield _Piece(frozenset(char for char in _SAMPLES if _matches(kind, value, char)), False, False)


def _matches(kind: Any, value: Any, char: str) -> bool:
    if kind is sre.LITERAL:
        return bool(ord(char) == value)
    if kind is sre.NOT_LITERAL:
        return bool(ord(char) != value)
    if kind is sre.ANY:
        return True
    if kind is sre.RANGE:
        return bool(value[0] <= ord(char) <= value[1])
    if kind is sre.CATEGORY:
        return _in_category(str(value), char)
    if kind is sre.IN:
        wanted = value[1:] if value[0][0] is sre.NEGATE else value
        return any(_matches(one[0], one[1], char) for one in wanted) is not (value[0][0] is sre.NEGATE)
    return True


def _in_category(name: str, char: str) -> bool:
    kinds = {
        "DIGIT": char.isdigit(),
        "SPACE": char.isspace(),
        "WORD": char.isalnum() or char == "_",
    }
    wanted = next(is_so for kind, is_so in kinds.items() if name.endswith(kind))
    return wanted is not ("NOT" in name)


def patterns_of(root: Path = ROOT) -> list[Pattern]:
    """All patterns of the product, in the order of files and lines."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.py"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.split("\n")
    files = [
        name for name in sorted(listed) if name and not name.startswith(OUTSIDE) and (root / name).exists()
    ]
    found: list[Pattern] = []
    uses: dict[str, set[str]] = {}
    for name in files:
        tree = ast.parse((root / name).read_text(encoding="utf-8"))
        assigned = _assigned(tree)
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            used, of = node.func.attr, node.func.value
            if used in _USES and isinstance(of, ast.Name) and of.id == "re" and node.args:
                found.append(_pattern(name, node, assigned.get(id(node), "")))
            elif used in _USES and isinstance(of, ast.Name | ast.Attribute):
                uses.setdefault(of.id if isinstance(of, ast.Name) else of.attr, set()).add(used)
    for pattern in found:
        pattern.uses |= uses.get(pattern.name, set())
    return found


def _assigned(tree: ast.AST) -> dict[int, str]:
    names = {}
    for node in ast.walk(tree):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(target, ast.Name):
            names[id(node.value)] = target.id
    return names


def _pattern(file: str, node: ast.Call, name: str) -> Pattern:
    assert isinstance(node.func, ast.Attribute)
    try:
        text = ast.literal_eval(node.args[0])
    except ValueError:
        text = None
    compiled = node.func.attr == "compile"
    return Pattern(file, node.lineno, name if compiled else "", text, set() if compiled else {node.func.attr})


def _bounds() -> list[dict[str, Any]]:
    with REGISTRY.open("rb") as file:
        return list(tomllib.load(file)["bounded"])


def faults(root: Path = ROOT) -> list[str]:
    """What is wrong: a dangerous pattern without a bound, or a bound without its pattern."""
    known = {(one["file"], one["pattern"]): one for one in _bounds()}
    said = []
    used = set()
    for pattern in patterns_of(root):
        key = (pattern.file, pattern.name or _shown(pattern))
        if problems := pattern.problems:
            if key in known:
                used.add(key)
            else:
                said.append(f"{pattern.file}:{pattern.line}: {', '.join(problems)}: {_shown(pattern)}")
    return said + [f"patterns.toml: no such pattern, or it is harmless: {key}" for key in known.keys() - used]


def _shown(pattern: Pattern) -> str:
    return pattern.name or repr(pattern.text)


def main() -> int:
    """Print the faults, or everything."""
    if "--all" in sys.argv:
        known = {(one["file"], one["pattern"]): one for one in _bounds()}
        for pattern in patterns_of():
            bound = known.get((pattern.file, pattern.name or _shown(pattern)))
            shown = f"at most {bound['most']} characters: {bound['why']}" if bound else "linear"
            print(f"{pattern.file}:{pattern.line}  {_shown(pattern)}  {shown}")
        return 0
    said = faults()
    print("\n".join(said))
    return bool(said)


if __name__ == "__main__":
    sys.exit(main())
