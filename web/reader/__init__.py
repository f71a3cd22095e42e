"""The H5 reader under ``/m/``: server-rendered pages that work without scripts and ask no outside host."""

from web.reader import activities, arriving, kits, mine, my_activities, noticing, searching
from web.reader.pages import blueprint, preview_page

__all__ = [
    "activities",
    "arriving",
    "blueprint",
    "kits",
    "mine",
    "my_activities",
    "noticing",
    "preview_page",
    "searching",
]
