"""The wording check: recall on seeded errors, false alarms in clean texts, time for 20,000 characters.

    python -m bench.wording [--missed]

The first set is made by ``texts.py`` and ``seeding.py`` of the kinds that the rules cover. The second (``second.py``) was written
when the rules were finished and has never been used to mend them; half of it is by hand, half breaks sentences at random, which
no rule covers. Neither shares a word list or a rule with the check; ``--missed`` names what was not found.
"""

from __future__ import annotations

import argparse
import copy
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import date

from bench import frame
from bench.wording import second, seeding, texts
from bench.wording.seeding import Seeded
from bench.wording.texts import LEADERS, Article
from content.lexicon import shipped
from content.proofing.engine import Engine
from content.proofing.entries import Entry, EntryKind
from content.proofing.text import text_of

TODAY = date(2026, 11, 29)
ARTICLES, ERRORS_EACH = 200, 3
RECALL, ALARMS, CHECK_S = 0.90, 1.0, 0.3
PEOPLE = [Entry(EntryKind.PERSON, name, title, order=at) for at, (name, title) in enumerate(LEADERS, start=1)]
Span = tuple[int, int, int, str]


class Result:
    """What was seeded and found, by kind, and what was told of clean texts."""

    def __init__(self) -> None:
        self.seeded: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        self.missed: list[str] = []
        self.alarms: list[str] = []
        self.characters = 0


def spans(engine: Engine, article: Article) -> set[Span]:
    """Every place of every finding."""
    found = engine.check(text_of(article.title, "", article.html), today=TODAY)
    return {
        (place.paragraph, place.start, place.end, hit.rule)
        for hit in found
        for place in hit.places
        if place.field == "body"
    }


def judge(engine: Engine, clean: Article, broken: Article, errors: Sequence[Seeded], result: Result) -> None:
    """Hold the findings of a broken text against its clean original: only what is new can have been found."""
    before = spans(engine, clean)
    result.characters += sum(len(one.text) for one in clean.paragraphs)
    result.alarms += [
        f"{rule}: {clean.paragraphs[at].text[start - 8 : end + 8]}" for at, start, end, rule in before
    ]
    new = spans(engine, broken) - before
    for error in errors:
        result.seeded[error.kind] += 1
        if any(
            at == error.paragraph and start < error.end and error.start < end for at, start, end, _ in new
        ):
            result.found[error.kind] += 1
        else:
            result.missed.append(
                f"{error.kind}: {broken.paragraphs[error.paragraph].text[error.start : error.end]}"
            )


def first_set(engine: Engine) -> Result:
    """200 articles with three errors each."""
    rng, result = random.Random(20261129), Result()
    for _ in range(ARTICLES):
        clean = texts.article(rng, [rng.choice(seeding.PHRASES)])
        broken = copy.deepcopy(clean)
        judge(engine, clean, broken, seeding.seed(rng, broken, ERRORS_EACH), result)
    return result


def report(name: str, result: Result, *, missed: bool) -> None:
    """Print the figures of one set."""
    seeded, found = result.seeded.total(), result.found.total()
    print(f"{name}: {seeded} errors, {result.characters:,} clean characters")
    frame.line(f"  missed of {seeded}", 100 * (1 - found / seeded), "%", budget=100 * (1 - RECALL))
    alarms = 1000 * len(result.alarms) / result.characters
    frame.line("  false alarms in 1,000 characters", alarms, "", budget=ALARMS)
    for kind, count in sorted(result.seeded.items()):
        print(f"    {kind:<10}{result.found[kind]:>4} of {count}")
    if missed:
        print("\n".join(f"    missed {one}" for one in result.missed))
        print("\n".join(f"    alarm {one}" for one in result.alarms))


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="bench.wording", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--missed", action="store_true", help="name what was not found, and the false alarms")
    options = parser.parse_args()
    engine = Engine([*shipped.entries(), *PEOPLE])
    report("first set", first_set(engine), missed=options.missed)
    for name, made in (
        ("second set, by hand", second.by_hand()),
        ("second set, at random", second.at_random()),
    ):
        result = Result()
        for clean, broken, errors in made:
            judge(engine, clean, broken, errors, result)
        report(name, result, missed=options.missed)
    rng, body = random.Random(1), ""
    while sum(len(line.text) for line in text_of("", "", body).lines) < 20_000:
        body += texts.article(rng, [rng.choice(seeding.PHRASES)]).html
    text = text_of("", "", body)
    characters = sum(len(line.text) for line in text.lines)
    assert characters >= 20_000
    used = []
    for _ in range(5):
        began = time.process_time()
        engine.check(text_of("", "", body), today=TODAY)
        used.append(time.process_time() - began)
    frame.line(f"CPU to check {characters:,} characters", statistics.median(used), "s", budget=CHECK_S)
    return 0


if __name__ == "__main__":
    sys.exit(main())
