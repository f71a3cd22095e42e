"""How a number is asked for that was not on the list."""

from __future__ import annotations


def numbers(count: int) -> str:
    """The question again, of a list with so many numbers (one at least)."""
    return f"请回复 1 到 {count} 之间的序号" if count > 1 else "请回复序号 1"
