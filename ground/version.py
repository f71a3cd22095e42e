"""The version of the product; ``CHANGELOG.md`` says what is in it."""

from __future__ import annotations

VERSION = "0.1.0"
