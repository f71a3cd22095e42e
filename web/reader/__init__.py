"""The H5 reader under ``/m/``: server-rendered pages that work without scripts and ask no outside host."""

from web.reader import activities, mine
from web.reader.pages import blueprint, preview_page

__all__ = ["activities", "blueprint", "mine", "preview_page"]
