"""How a spreadsheet shows a number, as far as it says more than the number: ``1999.1`` under ``0.00`` reads as 1999.10. Pure."""

from __future__ import annotations

import re

_BUILT_IN = (2, 4, 39, 40)
"""Excel's own formats with two decimals."""
_DECORATION = re.compile(r"\[[^\[\]]{0,40}\]|\\.|_.|\*.|\"[^\"]{0,40}\"")
_TWO_DECIMALS = re.compile(r"[#0,]{0,20}\.00")


def has_two_decimals(number: int, code: str = "") -> bool:
    """Whether a number format (by its number, or by its ``code`` where the file brings it) shows exactly two decimals."""
    if not code:
        return number in _BUILT_IN
    return bool(_TWO_DECIMALS.fullmatch(_DECORATION.sub("", code[:200].partition(";")[0]).strip(" ()")))
