"""One message, start to finish, in one transaction: claim, route, effect, reply.

The row with the message's key is the claim. Who inserts it works; a repeat finds it and gives the same reply
again, after waiting for the first if that is still at work. A kill at any point leaves all or nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import sqlalchemy as sa
import structlog

from ground import clock, faultpoints
from wechat.inbound.claims import Envelope, Statements
from wechat.inbound.context import Context, Services
from wechat.inbound.conversation import Topic
from wechat.inbound.in_flight import InFlight, Work
from wechat.wire.codec import BadPush
from wechat.wire.messages import Push, is_waited_for, kind_of
from wechat.wire.replies import SUCCESS, Reply, TextReply, page, render

log = structlog.get_logger(__name__)

SORRY = TextReply("抱歉，刚才没有处理成功，系统稍后会自动再试，结果会发给您，无需重复发送")
BUSY = TextReply("系统正忙，这条消息没有收下，请过几分钟再发一次")
MAINTENANCE = TextReply("系统正在维护，您的消息已记下，恢复后会自动处理并把结果发给您，无需重复发送")

DONE, IGNORED, UNKNOWN, FAILED, ASIDE, WAITING = "done", "ignored", "unknown", "failed", "aside", "waiting"


class Answer(NamedTuple):
    """What a router gives: the reply, the handler's name, and the outcome to note (done, ignored,
    unknown).
    """

    reply: Reply
    handler: str
    outcome: str = DONE


Router = Callable[[Context, Push], Answer]


class Taken(NamedTuple):
    """What became of a message: the clear reply XML (empty: ``success``), the outcome, whether it was a
    repeat.
    """

    reply: bytes
    outcome: str
    repeat: bool


class HandlerFailed(Exception):
    """A handler raised; its effects must go."""


class Reception:
    """Takes messages for one process. ``route`` is :func:`wechat.inbound.router.answer`."""

    def __init__(self, services: Services, route: Router) -> None:
        self._services = services
        self._front = services.front
        self._route = route
        self._in_flight = InFlight()
        self._statements = Statements(services.front)
        self.outages = services.front.outages

    def take(self, envelope: Envelope) -> Taken:
        """Work on a message, or find out what became of it.

        Raises :class:`wechat.wire.codec.BadPush` (``replay``) for an old signature with another message,
        and ``front.outages`` where the database does not answer.
        """
        key = envelope.push.key
        deadline = time.monotonic() + self._services.settings.system.repeat_wait_s
        while True:
            work, mine = self._in_flight.enter(key)
            if mine:
                break
            if not work.wait(max(0.0, deadline - time.monotonic())):
                return Taken(b"", WAITING, True)
        try:
            return self._work(envelope, work)
        finally:
            self._in_flight.leave(key, work)

    def retry(self, envelope: Envelope) -> Taken:
        """Try a spooled message again; a reply goes out by the outbox.

        Raises what :meth:`take` raises, and :class:`HandlerFailed` when the handler failed again.
        """

        def again(connection: sa.Connection) -> Taken:
            row = self._statements.find.first(connection, of=envelope.push.key)
            if row is not None and row[1] != FAILED:
                return Taken(_bytes(row[0]), row[1], True)
            if row is None:
                self._statements.claim(connection, envelope)
            taken = self._answer(connection, envelope, None)
            self._statements.owe(connection, envelope.push, taken.reply, clock.now())
            return taken

        taken = self._front.run(again)
        faultpoints.reach("spool.committed")
        return taken

    def set_aside(self, envelope: Envelope, error: str, attempts: int) -> None:
        """Note that a message failed for the last time; a person decides what becomes of it."""

        def aside(connection: sa.Connection) -> None:
            self._statements.claim(connection, envelope)
            self._statements.finish(connection, envelope.push.key, b"", ASIDE, "")
            self._statements.give_up(connection, envelope, error, attempts, clock.now())

        self._front.run(aside)

    def settle_promises(self) -> int:
        """Fill in replies that were promised when a repeat gave up; how many are still at work elsewhere."""
        return self._front.run(lambda connection: self._statements.settle(connection, clock.now()))

    def _work(self, envelope: Envelope, work: Work) -> Taken:
        try:
            taken = self._front.run(lambda connection: self._first(connection, envelope, work))
            faultpoints.reach("callback.committed")
            return taken
        except HandlerFailed as failure:
            log.error("handler failed", kind=kind_of(envelope.push), exc_info=failure.__cause__)
        except self._front.outages as error:
            if not self._front.is_held_elsewhere(error):
                raise
            return self._give_up_waiting(envelope)
        return self._front.run(lambda connection: self._failed(connection, envelope))

    def _first(self, connection: sa.Connection, envelope: Envelope, work: Work) -> Taken:
        if not self._statements.claim(connection, envelope):
            return self._repeat(connection, envelope)
        faultpoints.reach("callback.claimed")
        return self._answer(connection, envelope, work)

    def _failed(self, connection: sa.Connection, envelope: Envelope) -> Taken:
        if not self._statements.claim(connection, envelope):
            return self._repeat(connection, envelope)
        reply = sorry(envelope.push, SORRY)
        self._statements.finish(connection, envelope.push.key, reply, FAILED, "")
        return Taken(reply, FAILED, False)

    def _answer(self, connection: sa.Connection, envelope: Envelope, work: Work | None) -> Taken:
        push, now = envelope.push, clock.now()
        context = Context(self._services, connection, push.openid, push.key, envelope.received_at)
        try:
            answer = self._route(context, push)
            context.finish()
        except self._front.outages:
            context.abandon()
            raise
        except Exception as error:
            context.abandon()
            raise HandlerFailed from error
        faultpoints.reach("callback.handled")
        reply = answer.reply
        if isinstance(reply, TextReply) and (rest := page(reply.content)[1]):
            context.ask(Topic.MORE, {"rest": rest})
        body = render(reply, push.openid, push.account, int(now.timestamp()))
        if body == SUCCESS:
            body = b""
        self._statements.finish(connection, push.key, body, answer.outcome, answer.handler)
        if work is not None and work.settle():
            self._statements.owe(connection, push, body, now)
        faultpoints.reach("callback.replied")
        return Taken(body, answer.outcome, False)

    def _repeat(self, connection: sa.Connection, envelope: Envelope) -> Taken:
        row = self._statements.find.first(connection, of=envelope.push.key)
        if row is None:  # another message came with this signature
            raise BadPush("replay")
        return Taken(_bytes(row[0]), row[1], True)

    def _give_up_waiting(self, envelope: Envelope) -> Taken:
        """Another process is still at work on this message: say ``success``, the reply follows when it is
        done.
        """
        self._front.run(lambda connection: self._statements.promise(connection, envelope.push, clock.now()))
        return Taken(b"", WAITING, True)


def sorry(push: Push, reply: TextReply) -> bytes:
    """The polite fixed reply to somebody who waits for one; empty (``success``) for all others."""
    if not is_waited_for(push):
        return b""
    return render(reply, push.openid, push.account, int(clock.timestamp()))


def _bytes(text: str | None) -> bytes:
    return b"" if text is None else text.encode()
