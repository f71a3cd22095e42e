"""The world on the session's sandbox."""

from __future__ import annotations

import pytest

from tests.sandbox.world import World
from wechat.sandbox.testing import SandboxControl


@pytest.fixture
def world(sandbox: SandboxControl) -> World:
    """The platform, empty, with helpers that make what a call needs."""
    return World(sandbox)
