"""What is to be run, in pieces: each by its name and its seed, in a process of its own."""

from __future__ import annotations

import logging
import multiprocessing
import shutil
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ground import logs
from tests.torture import ledger

PIECE, STEPS = 50, 2000
_SHARES = (0.46, 0.46)  # of embedded and scaled forks; the rest are whole commands, which start slowly
ACCOUNTS = ("service", "subscription")


@dataclass(frozen=True)
class Piece:
    """One piece: ``number`` of kills, months or steps, of this mode, type of account or database."""

    kind: str
    seed: int
    which: str
    number: int
    whole: bool = False

    @property
    def name(self) -> str:
        """Of its file and of its folder."""
        return f"{self.kind}-{self.seed:04d}-{self.which}{'-whole' if self.whole else ''}-{self.number}"

    @property
    def command(self) -> str:
        """How to run the seed of this piece again."""
        if self.kind == "plans":
            return f"./pioneer torture --plans --seeds {self.seed} --months {self.number}"
        return f"./pioneer torture --only {self.name}"


def of_kills(kills: int, seed: int) -> list[Piece]:
    """So many kills, a seed for each fifty."""
    pieces: list[Piece] = []
    while kills > 0:
        here = min(kills, PIECE)
        embedded, scaled = (round(here * share) for share in _SHARES)
        mode = "embedded" if seed % 2 else "scaled"
        pieces += [Piece("kills", seed, "embedded", embedded), Piece("kills", seed, "scaled", scaled)]
        pieces.append(Piece("kills", seed, mode, here - embedded - scaled, whole=True))
        kills, seed = kills - here, seed + 1
    return [piece for piece in pieces if piece.number]


def of_plans(seeds: str, months: int) -> list[Piece]:
    """Both types of account for each of ``A-B``."""
    return [Piece("plans", seed, account, months) for seed in _seeds(seeds) for account in ACCOUNTS]


def of_articles(seeds: str) -> list[Piece]:
    """One piece for each of ``A-B``."""
    return [Piece("articles", seed, "sqlite", STEPS) for seed in _seeds(seeds)]


def _seeds(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def named(name: str) -> Piece:
    """The piece of this name. Raises ValueError."""
    kind, seed, which, *whole, number = name.split("-")
    return Piece(kind, int(seed), which, int(number), whole=bool(whole))


def run(piece: Piece, folder: Path) -> dict[str, Any]:
    """Run it in this process; what the ledger keeps."""
    # Of articles what goes wrong at WeChat, and who was refused what, is no news.
    logs.configure(logging.CRITICAL if piece.kind == "articles" else logging.ERROR)
    logging.getLogger("app").setLevel(logging.CRITICAL)
    place = folder / f"seen-{piece.name}"
    shutil.rmtree(place, ignore_errors=True)
    if piece.kind == "plans":
        from tests.torture.plans import run_piece as months

        found = months(piece.which, piece.number, piece.seed, place)
    elif piece.kind == "articles":
        from tests.torture.articles import run_piece as steps

        found = steps(piece.number, piece.seed, place)
    else:
        from tests.torture.kills import run_piece as kills

        found = kills(piece.which, piece.number, piece.seed, place, whole=piece.whole)
    found |= {"command": piece.command, "kept": str(place) if found["breaks"] else ""}
    ledger.write(folder, piece.name, found)
    return {"name": piece.name, **found}


def run_all(pieces: list[Piece], folder: Path, at_once: int) -> list[dict[str, Any]]:
    """Run those that are not done yet, each in a process of its own."""
    waiting = [piece for piece in pieces if not ledger.is_done(folder, piece.name)]
    folder.mkdir(parents=True, exist_ok=True)
    done: list[dict[str, Any]] = []
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(at_once, mp_context=context, max_tasks_per_child=1) as pool:
        for future in as_completed([pool.submit(run, piece, folder) for piece in waiting]):
            done.append(future.result())
            state = "BROKEN" if done[-1]["breaks"] else "ok"
            print(f"{done[-1]['name']:<36}{done[-1]['seconds']:>5} s  {state}", flush=True)
    return done
