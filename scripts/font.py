"""Make the font of printed pages anew: ``python scripts/font.py NotoSerifCJK-Regular.ttc`` (Debian's fonts-noto-cjk has it).

Left out are characters that no Chinese page holds and everything that lays out text in other scripts. What stays are all
ideographs that the source has for mainland China, for names have any of them, and the marks of ordinary writing.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection

FAMILY = "Noto Serif CJK SC"
MADE = Path(__file__).resolve().parents[1] / "ground" / "paper" / "NotoSerifCJKsc.otf"
KEPT = (
    (0x20, 0x7E),
    (0xA0, 0xFF),
    (0x2000, 0x2BFF),  # marks, arrows, numbers in circles, boxes
    (0x2E80, 0x2FFF),  # radicals
    (0x3000, 0x303F),
    (0x30FB, 0x30FB),  # the middle dot of Japanese keyboards, in names
    (0x3200, 0x33FF),  # enclosed and squared
    (0x3400, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF00, 0xFFEF),
    (0x20000, 0x3FFFF),
)
_LAYOUT = ["BASE", "GPOS", "GSUB", "VORG", "vhea", "vmtx"]


def main(source: str) -> int:
    """Write the font; the exit code."""
    fonts = TTCollection(source).fonts
    font = next(one for one in fonts if one["name"].getDebugName(1) == FAMILY)
    options = subset.Options(layout_features=[], hinting=False, notdef_outline=True, name_IDs=["*"])
    options.drop_tables += _LAYOUT
    subsetter = subset.Subsetter(options)
    subsetter.populate(
        unicodes=[code for code in font.getBestCmap() if any(first <= code <= last for first, last in KEPT)]
    )
    subsetter.subset(font)
    font.save(MADE)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
