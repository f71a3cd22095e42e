"""Asking addresses that people enter: pictures to be copied in, links to be checked. The one place that does it.

Such an address may lead anywhere: into our own network, to the cloud's metadata, to a server that never ends. So:

- ``http`` and ``https`` on their own ports, names in letters, digits and dots (IDN included), no user and password;
- only public addresses (:mod:`ground.fetching.addresses`), judged after the name was resolved, all that it resolves to;
- the connection goes to exactly the address that was judged, and the certificate must be the name's: a name that points elsewhere
  a moment later changes nothing;
- each redirect is such a request anew; no cookies, no credentials, no proxy from the environment, nothing of ours in the headers;
- size is counted while reading, before and after decompression; one deadline covers everything from the look-up to the last byte.

What the bytes are (a picture, a page) is for the caller to judge by looking at them, not by ``content_type``.
"""

from ground.fetching.addresses import is_public
from ground.fetching.fetcher import Fetched, Fetcher, NotFetched

__all__ = ["Fetched", "Fetcher", "NotFetched", "is_public"]
