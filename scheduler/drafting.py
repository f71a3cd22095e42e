"""The draft of a push at WeChat, for the roads that need one. Doing any of it twice harms nobody: the key is the delivery's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from content import publish
from database import claims
from ground import clock, faultpoints
from ground.errors import PioneerError
from models import Delivery, Push
from scheduler import articles, settling
from scheduler.roads import Road
from wechat.outbound.failures import CallFailed
from wechat.outbound.reactions import MEDIA_GONE, Then

if TYPE_CHECKING:
    from runtime import Runtime

log = structlog.get_logger(__name__)

Renew = Callable[[Session], None]
_MOST_DRAFT_TRIES = 20
_DRAFT_WAIT_S = 15
# A draft that was made twice harms nobody, so what may have happened is simply done again.
_AGAIN = frozenset({Then.REPEAT, Then.ASK, Then.REMAKE, Then.RETARGET})


class Drafts:
    """Uploads pictures and makes drafts."""

    def __init__(self, runtime: Runtime) -> None:
        self._settings = runtime.settings
        self._db = runtime.db
        self._runtime = runtime

    def make(self, push_id: int, road: Road, renew: Renew) -> bool:
        """Make sure that the push has a draft at WeChat, which ``road`` needs; False where that failed and was noted.

        ``renew`` keeps the push for its holder, in each transaction, and raises where it is not the holder's any more.
        """
        client = self._runtime.client
        try:
            with self._db.read_scope() as session:
                push = session.get_one(Push, push_id)
                if push.draft_media_id:
                    return True
                ids = articles.ids_of(session, push_id)
                pictures = publish.assets_needed(session, ids)
            for picture in pictures:
                uploaded = articles.upload(client, self._settings, picture)
                with self._db.session_scope() as session:
                    renew(session)
                    articles.remember(session, uploaded)
            faultpoints.reach("push.uploaded")
            with self._db.read_scope() as session:
                bodies = articles.bodies(session, ids)
            media_id = client.draft_add(bodies)
            with self._db.session_scope() as session:
                renew(session)
                push = session.get_one(Push, push_id)
                push.draft_media_id, push.draft_made_at = str(media_id), clock.now()
                push.note = ""
        except (PioneerError, OSError) as error:
            self._failed(push_id, road, renew, error)
            return False
        faultpoints.reach("push.drafted")
        return True

    def _failed(self, push_id: int, road: Road, renew: Renew, error: Exception) -> None:
        """Uploads and drafts may be made again; only what a person must mend pauses the push."""
        now = clock.now()
        failure = error if isinstance(error, CallFailed) else None
        again = failure.then in _AGAIN if failure else isinstance(error, PioneerError)
        facts = {"code": failure.code, "reaction": str(failure.reaction)} if failure else {}
        log.warning("draft_failed", push=push_id, **facts)
        with self._db.session_scope() as session:
            renew(session)
            push = session.get_one(Push, push_id)
            if failure and failure.reaction == MEDIA_GONE:
                publish.forget_uploads(session, articles.ids_of(session, push_id))
            message = (
                error.message if isinstance(error, PioneerError) else "图片文件无法读取，请重新上传后再试"
            )
            waiting = [*settling.due(push_id, now), Delivery.road == road.name]
            tries = session.scalar(sa.select(sa.func.max(Delivery.attempts)).where(*waiting)) or 0
            if not again or tries >= _MOST_DRAFT_TRIES:
                push.status = "paused"
            push.note = message[:500]
            claims.change(
                session,
                Delivery,
                waiting,
                due_at=now + timedelta(seconds=_DRAFT_WAIT_S),
                attempts=Delivery.attempts + 1,
            )
