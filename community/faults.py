"""What is wrong with a file that an office sends, by Excel's row and the column's name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """Something in the file that needs a look: Excel's row (0: the whole sheet), the column's name, and why.

    ``about`` is what the file calls a branch that is not known.
    """

    row: int
    column: str
    reason: str
    about: str = ""

    def as_dict(self) -> dict[str, object]:
        """The shape of the JSON contract."""
        return {"row": self.row, "column": self.column, "reason": self.reason}
