"""The world on the session's sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.receiver import Receiver, running
from tests.sandbox.world import World
from wechat.sandbox.testing import SandboxControl


@pytest.fixture
def world(sandbox: SandboxControl) -> World:
    """The platform, empty, with helpers that make what a call needs."""
    return World(sandbox)


@pytest.fixture
def receiver(sandbox: SandboxControl) -> Iterator[Receiver]:
    """An independent application that the sandbox calls."""
    with running(Receiver(sandbox.config)) as found:
        sandbox.account(callback_url=found.url)
        yield found
        sandbox.account(callback_url="")
