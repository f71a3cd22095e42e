"""``./pioneer torture``: pushes under ``kill -9``, plans against what people received, what can become of articles; in pieces.

    ./pioneer torture --kills 1000 --seed 1         in pieces of 50 kills a seed; what is done already is left out
    ./pioneer torture --plans --seeds 1-20 --months 12
    ./pioneer torture --articles --seeds 1-50       2,000 steps a seed
    ./pioneer torture --report                      adds up all pieces of the folder

The exit code is 1 where something broke; the table names the piece, how to run it again and where its logs are kept.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.fixtures.processes import ROOT
from tests.torture import ledger
from tests.torture.pieces import PIECE, Piece, named, of_articles, of_kills, of_plans, run_all


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, run, add up."""
    parser = argparse.ArgumentParser(prog="./pioneer torture", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=PIECE, help="how often to kill (default: %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=1, help="of the first piece; each further one has the next"
    )
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--plans", action="store_true", help="plans against receipts instead of kills")
    kinds.add_argument(
        "--articles", action="store_true", help="acts on articles against books of signatures instead"
    )
    parser.add_argument(
        "--seeds", default="1-3", metavar="A-B", help="with --plans or --articles (default: %(default)s)"
    )
    parser.add_argument("--months", type=int, default=2, help="with --plans (default: %(default)s)")
    parser.add_argument("--only", metavar="NAME", help="this piece alone, as the table names it")
    parser.add_argument("--folder", type=Path, default=ROOT / "var/torture", help="of the ledger")
    parser.add_argument("--at-once", type=int, default=1, metavar="N", help="pieces side by side")
    parser.add_argument("--report", action="store_true", help="only add up what is there")
    options = parser.parse_args(arguments)
    folder: Path = options.folder.resolve()
    if not options.report:
        run_all(_wanted(options), folder, options.at_once)
    found = ledger.read(folder)
    print(ledger.table(found) or f"nothing in {folder}")
    return 1 if ledger.broken(found) else 0


def _wanted(options: argparse.Namespace) -> list[Piece]:
    if options.only:
        return [named(options.only)]
    if options.plans:
        return of_plans(options.seeds, options.months)
    if options.articles:
        return of_articles(options.seeds)
    return of_kills(options.kills, options.seed)


if __name__ == "__main__":
    sys.exit(main())
