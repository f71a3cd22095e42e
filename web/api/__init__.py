"""``/api/v1/``: columns and published articles, read-only, described by ``/api/v1/openapi.json``."""

from __future__ import annotations

from web.api.published import blueprint

__all__ = ["blueprint"]
