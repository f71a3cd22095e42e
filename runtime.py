"""The parts of a running process, put together once and handed to everything that needs them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import structlog

from database import sealed
from database.session import Database
from ground import clock
from ground.errors import Refused
from settings import Settings, field_keys, index_key
from wechat.language import lexicon

log = structlog.get_logger(__name__)

if TYPE_CHECKING:
    from redis import Redis

    from wechat.outbound.client import Client


@dataclass
class Runtime:
    """Settings, database and, made when first used, the WeChat client and the connection to Redis."""

    settings: Settings
    db: Database
    ticked_at: float | None = None
    """When the scheduler of this process last went through its tables (monotonic seconds); None where none runs here."""

    @cached_property
    def redis(self) -> Redis | None:
        """The connection pool to Redis, or None where none is configured (embedded)."""
        if not self.settings.redis.url:
            return None
        from redis import Redis

        return Redis.from_url(self.settings.redis.url, socket_timeout=5, socket_connect_timeout=3)

    @cached_property
    def client(self) -> Client:
        """The one WeChat client of this process; threads and processes share its token."""
        from wechat.outbound.client import make_client

        return make_client(self.settings, self.db, self.redis)

    def close(self) -> None:
        """Give back what is held."""
        self.db.close()
        if "redis" in self.__dict__ and self.redis is not None:
            self.redis.close()


def build(settings: Settings) -> Runtime:
    """Make the parts for ``settings``: the process gets its keys, its clock and its words."""
    sealed.use(sealed.Keyring(field_keys(settings.privacy.field_keys), index_key(settings.privacy.index_key)))
    clock.follow(settings.server.clock_url)
    try:
        lexicon.follow(settings.data_dir / lexicon.OFFICE_FILE)
    except Refused as refused:  # a slip in the list of words must not keep the account from answering
        log.warning("words.unread", reason=str(refused))
    return Runtime(settings=settings, db=Database(settings.database.url))
