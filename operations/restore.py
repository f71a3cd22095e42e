"""Restoring: unpack and verify, load into a new place and verify again, say ``restored``, and switch as the last thing.

Killed at any moment, either the former data are in use, untouched, or the restored ones, complete and unable to send; a note
(:mod:`operations.unfinished`) keeps everybody from going on before :func:`settle` has said which.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit
from database import migrate
from database.claims import changed
from ground import clock, faultpoints
from ground.errors import Refused, Unavailable
from models import InstanceLease, LoginSession, Setting, User
from operations import heads, pictures, places, sealing, unfinished
from operations.backup import PICTURES
from operations.disk import disk_faults_told, remove_tree
from operations.loading import load
from operations.unfinished import Note
from operations.unpacking import FIRST_FORMAT, Unpacked, unpack

if TYPE_CHECKING:
    from runtime import Runtime

_STAGED = "restore-incoming"
_NOT_DONE = "恢复没有进行，现有数据没有改动"
_LEFT = "恢复没有收尾，请运行 ./pioneer flask restore --settle，它会说明使用的是哪一份数据"


@dataclass(frozen=True)
class Restored:
    """``kept``: where the former database is (empty: there was none); ``made_at``: of the backup; what was ended and stopped."""

    kept: str
    made_at: str
    sessions: int
    disabled: int


def restore(runtime: Runtime, path: Path, *, first_format: bool = False, account: str = "") -> Restored:
    """Put the content of the backup ``path`` in the place of the present data.

    ``first_format`` allows a backup that is not protected; then every account but ``account`` is disabled. The caller sees to
    it that no server runs. Raises :class:`errors.Refused` for a file that cannot be trusted, :class:`errors.Conflict` while
    others use the database, :class:`errors.Unavailable` where the disk does not take it; the former data stay in use.
    """
    if first_format and not account:
        raise Refused(
            "旧格式的备份无法证明没被改动，恢复后其他账号全部停用，请用 --account 写明保留哪个管理员"
        )
    if not first_format and not runtime.settings.backup.key and sealing.is_sealed(path):
        raise Refused("没有填写 [backup] key，打不开备份。请填写备份时的密钥（保险柜里的那一份）")
    data_dir = runtime.settings.data_dir
    with unfinished.alone(data_dir):
        with disk_faults_told(data_dir, _NOT_DONE):
            if unfinished.read(data_dir) is not None:
                _settle(runtime)
            note = Note(secrets.token_hex(16), unfinished.shown_now(), path.name)
            try:
                unfinished.write(data_dir, note)
                faultpoints.reach("restore.begun")
                done = _switch(runtime, path, note, first_format=first_format, account=account)
            except BaseException as error:
                if not _took_back(runtime, note) and isinstance(error, Exception):
                    raise Unavailable(_LEFT) from error
                raise
        with disk_faults_told(data_dir, _LEFT):
            _finish(runtime, note)
    return done


def settle(runtime: Runtime) -> str:
    """End what a killed restore has left; a Chinese sentence that says which data are in use. Raises as :func:`restore`."""
    with unfinished.alone(runtime.settings.data_dir):
        if unfinished.read(runtime.settings.data_dir) is None:
            return "没有中断的恢复，无需处理"
        return _settle(runtime)


def _settle(runtime: Runtime) -> str:
    note = unfinished.read(runtime.settings.data_dir) or Note("")
    if unfinished.is_switched(runtime.db, note):
        _finish(runtime, note)
        kept = f"，原数据库保留为 {note.kept}" if note.kept else ""
        return f"上一次恢复已收尾：使用的是备份 {note.file} 中的数据{kept}。系统处于只读状态，直到管理员确认"
    _give_up(runtime, note)
    return "上一次没有完成的恢复已清理：继续使用原有数据，没有任何改动"


def _switch(runtime: Runtime, path: Path, note: Note, *, first_format: bool, account: str) -> Restored:
    settings = runtime.settings
    staged = settings.data_dir / _STAGED
    remove_tree(staged)
    staged.mkdir(mode=0o700)
    unpacked = unpack(path, staged, settings.backup.key, first_format=first_format)
    if not migrate.knows(unpacked.revision):
        raise Refused(f"备份 {path} 由更新的版本生成，请先升级系统再恢复，现有数据没有改动")
    faultpoints.reach("restore.unpacked")
    note.kept = places.kept_name(runtime.db, f"{clock.to_shanghai(clock.now()):%Y%m%d-%H%M%S}")
    with places.new_place(runtime.db) as place:
        load(place, unpacked)
        with runtime.db.session_on(place.connection) as session:
            sessions, disabled = _mark(session, unpacked, note, account, clock.now())
            session.commit()
        place.settle()
        pictures.add_missing(unpacked.pictures, settings.data_dir / PICTURES)
        unfinished.write(settings.data_dir, note)
        os.sync()
        faultpoints.reach("restore.ready")
        place.switch(note.kept)
    faultpoints.reach("restore.switched")
    return Restored(note.kept, unpacked.made_at, sessions, disabled)


def _mark(session: Session, unpacked: Unpacked, note: Note, account: str, now: datetime) -> tuple[int, int]:
    """What a restored database must say before anybody sees it: how many sessions ended, how many accounts stopped."""
    if audit.unkeyed(session):
        audit.seal(session, at=now)
    disabled = _disable_others(session, account, now) if unpacked.format == FIRST_FORMAT else 0
    living = sa.update(LoginSession).where(LoginSession.revoked_at.is_(None)).values(revoked_at=now)
    ended = changed(session.execute(living.execution_options(synchronize_session=False)))
    session.execute(sa.delete(InstanceLease))
    session.add(InstanceLease(id=1, fingerprint="restored"))
    session.execute(sa.delete(Setting).where(Setting.name == unfinished.RESTORE_ID))
    session.add(Setting(name=unfinished.RESTORE_ID, value=note.id, updated_at=now))
    detail = {
        "format": unpacked.format,
        "made_at": unpacked.made_at[:40],
        "sessions": ended,
        "disabled": disabled,
    }
    audit.record(session, audit.RESTORED, actor="命令行", detail=detail, at=now)
    return ended, disabled


def _disable_others(session: Session, account: str, now: datetime) -> int:
    kept = session.scalar(sa.select(User).where(User.username == account))
    if kept is None or not kept.active or kept.role != "admin":
        raise Refused(
            f"备份里没有正在使用的管理员账号“{account}”，请用 --account 写明另一个，现有数据没有改动"
        )
    others = list(
        session.scalars(sa.select(User).where(User.id != kept.id, User.active.is_(True)).order_by(User.id))
    )
    for user in others:
        user.active = False
        audit.record(
            session,
            "user.change",
            actor="命令行",
            subject=f"user:{user.id}",
            detail={"active": False},
            at=now,
        )
    return len(others)


def _took_back(runtime: Runtime, note: Note) -> bool:
    """Take away what was begun; False where the database was switched, or nobody can say: then the note stays."""
    try:
        if unfinished.is_switched(runtime.db, note):
            return False
        _give_up(runtime, note)
    except (OSError, Unavailable, sa.exc.SQLAlchemyError):
        return False
    return True


def _give_up(runtime: Runtime, note: Note) -> None:
    data_dir = runtime.settings.data_dir
    pictures.take_back(data_dir / _STAGED / PICTURES, data_dir / PICTURES)
    places.clear(runtime.db, note.kept)
    _forget(data_dir)


def _finish(runtime: Runtime, note: Note) -> None:
    data_dir = runtime.settings.data_dir
    places.clear(runtime.db, note.kept)
    heads.note(runtime, "restore")
    faultpoints.reach("restore.noted")
    pictures.replace_different(data_dir / _STAGED / PICTURES, data_dir / PICTURES)
    _forget(data_dir)


def _forget(data_dir: Path) -> None:
    remove_tree(data_dir / _STAGED)
    faultpoints.reach("restore.cleaned")
    unfinished.path(data_dir).unlink(missing_ok=True)
