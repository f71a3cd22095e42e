"""What people type finds what they mean, the same on both databases."""

from __future__ import annotations

from tests.search.conftest import Library, texts


def test_two_hundred_queries_find_what_is_meant(library: Library) -> None:
    lines = [line.split(" => ") for line in texts("queries.txt")]
    assert len(lines) >= 200
    wrong = []
    for query, names in lines:
        wanted = set(names.split()) - {"-"}
        if (found := set(library.found(query))) != wanted:
            wrong.append(
                f"{query} => {' '.join(sorted(found)) or '-'}, not {' '.join(sorted(wanted)) or '-'}"
            )
    assert not wrong, "\n".join(wrong)
