"""What the tests of the calendar share."""

from __future__ import annotations

import pytest

from database import sealed
from settings import field_keys, index_key
from tests.fixtures.configuration import make_settings


@pytest.fixture(autouse=True)
def _keys() -> None:
    """The audit trail's chain has a key."""
    privacy = make_settings().privacy
    sealed.use(sealed.Keyring(field_keys(privacy.field_keys), index_key(privacy.index_key)))
