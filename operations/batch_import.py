"""The files of batches become drafts: one after the other, in a thread beside the scheduler, whoever has closed the page."""

from __future__ import annotations

import threading
import time

import structlog

from content import assets, batches, drafting, importing
from content.assets import AssetStore
from content.batches import Work
from database import claims
from database.session import Database
from ground import clock, faultpoints
from ground.errors import Conflict, NotFound, PioneerError, Unavailable
from models import User
from settings import Settings

log = structlog.get_logger(__name__)

_BUSY_S = 2.0
_INTERRUPTED = "处理时多次中断，没有导入，请单独导入这个文件"


class BatchImports:
    """A chore of the scheduler: sees whether files wait, and has them worked off without keeping the tick."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._settings = settings
        self._thread: threading.Thread | None = None

    def __call__(self) -> None:
        """Begin, where something waits and nobody here is at it."""
        if self._thread is not None and self._thread.is_alive():
            return
        with self._db.read_scope() as session:
            if not batches.waiting(session):
                return
        self._thread = threading.Thread(target=self.work, name="batch-import", daemon=True)
        self._thread.start()

    def work(self) -> None:
        """Take files until none waits."""
        while True:
            owner = claims.new_owner()
            with self._db.session_scope() as session:
                work = batches.claim(session, claims.lease_for(owner, batches.LEASE_S, clock.now()))
                tries = batches.attempts(session, work.file_id) if work else 0
            if work is None:
                self._tidy()
                return
            try:
                if tries > batches.MOST_ATTEMPTS:
                    raise Conflict(_INTERRUPTED)
                self._take(work, owner)
            except Unavailable:
                self._later(work, owner)
            except PioneerError as error:
                self._refused(work, owner, error.message)
            except Exception:  # one file that breaks something must not keep the others
                log.exception("batch_file_failed", file=work.file_id)
                self._refused(work, owner, "导入时出错，没有导入，请单独导入这个文件")

    def _take(self, work: Work, owner: str) -> None:
        limits = self._settings.wechat.limits
        data = batches.read(self._settings.data_dir, work.stored)
        draft = importing.read_word(
            data,
            work.name,
            limits,
            upload_mb=self._settings.limits.upload_mb,
            column_key=work.column_key,
        )
        AssetStore(self._settings.data_dir).put_all(draft.all_pictures)
        faultpoints.reach("batch.read")
        with self._db.session_scope() as session:
            user = session.get(User, work.user_id)
            if user is None or not user.active:
                raise NotFound("上传者的账号已停用，没有导入")
            assets.remember(session, draft.all_pictures, at=clock.now())
            article = drafting.create(
                session,
                user,
                importing.fields_of(draft, work.column_id),
                warnings=draft.warnings,
                imported_pictures=len(draft.pictures),
                at=clock.now(),
            )
            if not batches.done(session, work.file_id, owner, article.id, draft.warnings, at=clock.now()):
                raise Conflict("文件已由另一处导入")
        batches.drop(self._settings.data_dir, work.stored)

    def _refused(self, work: Work, owner: str, reason: str) -> None:
        with self._db.session_scope() as session:
            ended = batches.refuse(session, work.file_id, owner, reason, at=clock.now())
        if ended:
            batches.drop(self._settings.data_dir, work.stored)

    def _tidy(self) -> None:
        folder = self._settings.data_dir
        if left := batches.old(folder, time.time()):
            with self._db.read_scope() as session:
                unneeded = batches.unneeded(session, left)
            for stored in unneeded:
                batches.drop(folder, stored)

    def _later(self, work: Work, owner: str) -> None:
        """Others' files are being taken apart just now: this one goes back, and its try does not count."""
        with self._db.session_scope() as session:
            batches.put_back(session, work.file_id, owner)
        time.sleep(_BUSY_S)
