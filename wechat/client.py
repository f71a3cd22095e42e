"""Our side of every conversation that we begin: the client of WeChat's interfaces.

All calls take and give typed values, share one token over all threads and processes, and fail with
:class:`wechat.errors.CallFailed`, whose ``reaction`` comes from one table. A call is made outside of any database transaction.
"""

from __future__ import annotations

from models.session import Database
from settings import Settings
from wechat.endpoints.drafts import DraftCalls
from wechat.endpoints.mass import MassCalls
from wechat.endpoints.media import MediaCalls
from wechat.endpoints.menu import MenuCalls
from wechat.endpoints.messages import MessageCalls
from wechat.endpoints.mini import MiniCalls
from wechat.endpoints.people import PeopleCalls
from wechat.endpoints.platform import PlatformCalls
from wechat.endpoints.robot import RobotCalls
from wechat.endpoints.statistics import StatisticsCalls
from wechat.endpoints.web import WebCalls
from wechat.tokens import DatabaseTokens, RedisTokens, TokenStore


class Client(
    MediaCalls, DraftCalls, MassCalls, MessageCalls, PeopleCalls, MenuCalls, WebCalls, MiniCalls,
    StatisticsCalls, PlatformCalls, RobotCalls,
):  # fmt: skip
    """One for a process, made after it was forked; safe for any number of threads."""


def token_store(settings: Settings, database: Database) -> TokenStore:
    """Where tokens are shared: Redis if there is one, else the database."""
    return RedisTokens(settings.redis.url) if settings.redis.url else DatabaseTokens(database)


def open_client(settings: Settings, database: Database) -> Client:
    """The client as configured."""
    return Client(settings, token_store(settings, database))
