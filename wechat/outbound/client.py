"""Our side of every conversation that we begin: the client of WeChat's interfaces.

All calls take and give typed values, share one token over all threads and processes, and fail with
:class:`wechat.outbound.failures.CallFailed`, whose reaction comes from one table. A call is made outside of any database
transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from database.session import Database
from settings import Settings
from wechat.outbound.cooldowns import Cooldowns
from wechat.outbound.endpoints.drafts import DraftCalls
from wechat.outbound.endpoints.mass import MassCalls
from wechat.outbound.endpoints.media import MediaCalls
from wechat.outbound.endpoints.menu import MenuCalls
from wechat.outbound.endpoints.messages import MessageCalls
from wechat.outbound.endpoints.mini import MiniCalls
from wechat.outbound.endpoints.people import PeopleCalls
from wechat.outbound.endpoints.platform import PlatformCalls
from wechat.outbound.endpoints.robot import RobotCalls
from wechat.outbound.endpoints.statistics import StatisticsCalls
from wechat.outbound.endpoints.web import WebCalls
from wechat.outbound.tokens import DatabaseTokens, RedisTokens

if TYPE_CHECKING:
    from redis import Redis


class Client(
    MediaCalls, DraftCalls, MassCalls, MessageCalls, PeopleCalls, MenuCalls, WebCalls, MiniCalls,
    StatisticsCalls, PlatformCalls, RobotCalls,
):  # fmt: skip
    """One for a process, made after it was forked; safe for any number of threads."""


def make_client(settings: Settings, database: Database, redis: Redis | None = None) -> Client:
    """The client as configured: tokens are shared by Redis where there is one, else by the database."""
    store = DatabaseTokens(database) if redis is None else RedisTokens(redis)
    return Client(settings, store, Cooldowns(database))
