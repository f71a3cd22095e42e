"""The world on the session's sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from localwechat.testing import SandboxControl
from localwechat.tests.receiver import Receiver, running
from localwechat.tests.world import World


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
