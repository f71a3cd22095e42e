"""Pictures of other sites, copied in: our own pages show none of theirs, and WeChat drops what is not on its servers."""

from __future__ import annotations

from content import pictures
from content.pictures import Picture
from ground.fetching import Fetcher
from settings import WeChatLimits

MAX_BYTES = 20_000_000
"""Of the file as it lies there; what is kept of it is made to fit WeChat."""
_FETCHER = Fetcher(max_bytes=MAX_BYTES)


def copied(url: str, limits: WeChatLimits, fetcher: Fetcher = _FETCHER) -> Picture:
    """The picture at an address that somebody pasted, fit for WeChat; call it outside of any transaction.

    Raises :class:`ground.fetching.NotFetched` for an address that is not asked or gives nothing, :class:`errors.Refused` for what
    is no picture.
    """
    return pictures.prepare(fetcher.get(url).data, limits)
