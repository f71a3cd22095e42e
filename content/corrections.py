"""更正与撤回: what is out is corrected by a text that passes all reviews, or taken back by two persons; its address answers on.

A corrected text is written in an article of its own, so that the editor, the checks and the reviews are those of any article.
With its last approval it takes the place of the published text, and every save stays in the history.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from accounts import persons
from accounts.rights import require
from content import drafting, life, revisions, wording
from content.life import CORRECTION, KIND_NAMES, REVIEW, WRITE
from content.lifecycle import NOT_BEGUN, holding, locked, take, void_release
from content.revisions import fields_of
from content.trail import note
from database.listing import Listing
from database.moving import move
from ground import clock
from ground.errors import Conflict, Forbidden, NotFound, Refused
from models import (
    Article,
    Correction,
    CorrectionKind,
    Push,
    PushArticle,
    Removal,
    RemovalStatus,
    User,
)
from models import CorrectionStatus as C

DEADLINE = timedelta(hours=24)
"""Until when it should be done, from when it was found."""
_LEAST, REASON_CHARS, NOTE_CHARS = 4, 500, 300


@dataclass(frozen=True)
class Told:
    """What readers are told of a published article: that it was corrected or taken back, why, and when."""

    kind: str
    note: str
    at: datetime


def begin(session: Session, article_id: int, user: User, *, reason: str, note_: str, at: datetime) -> Article:
    """开始更正: a draft with the published text, to be mended and reviewed; the public page stays as it is meanwhile.

    ``reason`` is for the office, ``note_`` is what readers will read. Raises :class:`errors.Conflict` for what is not out or is
    being corrected already, :class:`errors.Refused` without a reason, :class:`errors.Forbidden`.
    """
    require(user, WRITE)
    article = locked(session, article_id)
    life.require(article, "article.correct")
    found = _record(session, article, CorrectionKind.CORRECT, user, reason, note_, at)
    draft = drafting.create(session, user, fields_of(article), at=at)
    found.draft_id = draft.id
    session.flush()
    note(session, user, "article.correct.begin", article, draft=draft.id, reason=found.reason, at=at)
    return draft


def ask_to_retract(
    session: Session, article_id: int, user: User, *, reason: str, note_: str, at: datetime
) -> Correction:
    """申请撤回: it waits for a reviewer who is somebody else. Raises as :func:`begin`."""
    require(user, WRITE)
    article = locked(session, article_id)
    life.require(article, "article.retract")
    found = _record(session, article, CorrectionKind.RETRACT, user, reason, note_, at)
    note(session, user, "article.retract.ask", article, reason=found.reason, at=at)
    return found


def _record(
    session: Session,
    article: Article,
    kind: CorrectionKind,
    user: User,
    reason: str,
    note_: str,
    at: datetime,
) -> Correction:
    reason = " ".join(reason.split())
    if len(reason) < _LEAST:
        raise Refused(f"请写明{KIND_NAMES[kind]}的原因，至少 {_LEAST} 个字")
    if len(reason) > REASON_CHARS:
        raise Refused(f"原因不能超过 {REASON_CHARS} 个字，请删减后再试")
    note_ = _for_readers(session, kind, note_, at)
    made = Correction(
        article_id=article.id,
        kind=kind.value,
        reason=reason,
        note=note_,
        status=C.OPEN.value,
        asked_by=user.id,
        asked_at=at,
        due_at=at + DEADLINE,
    )
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:
        other = open_of(session, article.id)
        word = KIND_NAMES[CorrectionKind(other.kind)] if other else "更正或撤回"
        raise Conflict(f"这篇稿件的{word}正在办理，请先完成或取消") from None
    return made


def _for_readers(session: Session, kind: CorrectionKind, text: str, at: datetime) -> str:
    """The note as it is kept. Raises :class:`errors.Refused` for what is no sentence, too long, or has forbidden wording."""
    text = " ".join(text.split())
    if len(text) < _LEAST:
        raise Refused(f"请填写给读者看的{KIND_NAMES[kind]}说明，至少 {_LEAST} 个字")
    if len(text) > NOTE_CHARS:
        raise Refused(f"给读者看的说明不能超过 {NOTE_CHARS} 个字，请删减后再试")
    if faults := wording.look(session, text, "", "", at=at).obstacles:
        raise Refused(f"给读者看的说明也要过错敏检查：{'；'.join(faults)}")
    return text


def reword(
    session: Session, correction_id: int, user: User, *, note_: str, seen: str, at: datetime
) -> Correction:
    """修改说明: the note for readers, as long as nothing took effect; ``seen`` is the one that was changed.

    Reviewers read it with the text, so that a correction in review is withdrawn first; who words it agrees to nothing afterwards,
    as who asked does not. Raises :class:`errors.Conflict` for what
    is over, in review, or was changed meanwhile, :class:`errors.Refused` as :func:`begin`, :class:`errors.Forbidden`.
    """
    require(user, WRITE)
    found = get_one(session, correction_id)
    step = CORRECTION.require("correction.reword", found.status)
    text = _for_readers(session, CorrectionKind(found.kind), note_, at)
    locked(session, found.article_id)
    if found.draft_id is not None:
        draft = locked(session, found.draft_id)
        if not life.ARTICLE.allows("article.submit", draft.status):
            raise Conflict("更正稿正在审核，审核员看的是现在的说明，请先撤回送审，再修改说明")
    unchanged = Correction.note == " ".join(seen.split())
    if not move(session, Correction, found.id, step, unchanged, note=text, reworded_by=user.id):
        raise Conflict("说明刚刚被别人改过，或已经生效，请刷新后再改")
    note(session, user, "article.correct.reword", found.article, kind=found.kind, at=at)
    return found


def folded(session: Session, draft: Article, user: User, *, at: datetime) -> Article | None:
    """The last stage has approved an article: where it is a correction, its text stands in the published article from now on.

    That article, or None for any other. Nothing is in the trail yet (:func:`note_folded`): whoever writes there keeps others from
    it, and may wait for no article afterwards. Raises :class:`errors.Conflict` where it can no longer be corrected.
    """
    found = session.scalar(
        sa.select(Correction).where(Correction.draft_id == draft.id, Correction.status == C.OPEN.value)
    )
    if found is None:
        return None
    article = locked(session, found.article_id)
    fields = fields_of(draft)
    if (
        fields.column_id != article.column_id
    ):  # begun by a version that let it move, past stages that it would have to pass
        raise Conflict(drafting.MOVES_COLUMN)
    version = article.version + 1
    changed = take(
        session,
        article,
        "article.correct",
        **drafting.columns_of(fields),
        hash=draft.hash,
        version=version,
        updated_at=at,
    )
    finished = move(
        session, Correction, found.id, CORRECTION.step("correction.finish"), decided_by=user.id, decided_at=at
    )
    if not changed or not finished or not take(session, draft, "article.fold"):
        raise Conflict("稿件或它的更正刚刚有变化，请刷新后再试")
    revisions.keep(session, article.id, version, fields, user, note=f"更正：{found.reason}"[:200], at=at)
    _carry_on(session, article)
    return article


def note_folded(
    session: Session, article: Article | None, draft: Article, user: User, *, at: datetime
) -> None:
    """Put into the trail what :func:`folded` has done, behind what led to it."""
    if article is not None:
        note(session, user, "article.correct", article, draft=draft.id, at=at)


def _carry_on(session: Session, article: Article) -> None:
    """Pushes of it that have not begun send the corrected text, which has passed all reviews."""
    waiting = sa.select(Push.id).where(Push.planned_at.is_(None), Push.status.in_(NOT_BEGUN))
    mine = [PushArticle.article_id == article.id, PushArticle.push_id.in_(waiting)]
    change = sa.update(PushArticle).where(*mine).values(content_hash=article.hash)
    session.execute(change.execution_options(synchronize_session=False))


def retract(
    session: Session, correction_id: int, user: User, *, seen: str | None = None, at: datetime
) -> Article:
    """同意撤回: the page says at once that it was withdrawn; what WeChat has is asked to be deleted by the sender.

    ``seen`` is the note for readers that the person agrees to, where they were shown it: another one is not agreed to.
    Raises :class:`errors.Forbidden` for who asked for it or worded the note, :class:`errors.Conflict` for one that is over or is
    no retraction.
    """
    require(user, REVIEW)
    found = get_one(session, correction_id)
    CORRECTION.require("correction.retract", found.status)
    if found.kind != CorrectionKind.RETRACT:
        raise Conflict("更正在最后一级审核通过时自动生效，不需要单独同意")
    if persons.same(session, found.asked_by, user.id):
        raise Forbidden("不能同意自己申请的撤回，请由另一位审核员同意，同一人的另一个账号也不能同意")
    if found.reworded_by is not None and persons.same(session, found.reworded_by, user.id):
        raise Forbidden("给读者看的说明是您改写的，请由另一位审核员同意撤回")
    article = locked(session, found.article_id)
    if blocking := holding(session, article.id):
        named = "、".join(f"推送 {one.id}（{clock.to_shanghai(one.due_at):%m-%d %H:%M}）" for one in blocking)
        raise Conflict(f"稿件还在{named}里，请先由编辑或管理员取消，再同意撤回")
    decided = move(
        session,
        Correction,
        found.id,
        CORRECTION.step("correction.retract"),
        Correction.note == (found.note if seen is None else seen),
        decided_by=user.id,
        decided_at=at,
    )
    if not decided or not take(session, article, "article.retract"):
        raise Conflict("稿件或撤回申请刚刚有变化，请刷新后再试")
    note(session, user, "article.retract", article, reason=found.reason, at=at)
    return article


def retract_article(session: Session, article_id: int, user: User, *, at: datetime) -> Article:
    """Agree to the retraction that is asked for of this article. Raises as :func:`retract`, :class:`errors.NotFound`."""
    found = open_of(session, article_id)
    if found is None:
        raise NotFound("这篇稿件没有待同意的撤回申请")
    return retract(session, found.id, user, at=at)


def drop(session: Session, correction_id: int, user: User, *, at: datetime) -> Correction:
    """取消: what is out stays as it is; the draft of a correction is put away. Raises :class:`errors.Conflict`."""
    require(user, WRITE)
    found = get_one(session, correction_id)
    CORRECTION.require("correction.drop", found.status)
    if found.draft_id is not None:
        draft = locked(session, found.draft_id)
        if life.ARTICLE.allows("article.withdraw", draft.status):
            take(session, draft, "article.withdraw", stage=0)
        take(session, draft, "article.archive")
        void_release(session, draft.id)
    if not move(
        session, Correction, found.id, CORRECTION.step("correction.drop"), decided_by=user.id, decided_at=at
    ):
        raise Conflict("更正或撤回刚刚有变化，请刷新后再试")
    note(
        session, user, "article.correct.drop", found.article, kind=found.kind, asked_by=found.asked_by, at=at
    )
    return found


def get_one(session: Session, correction_id: int) -> Correction:
    """The correction or retraction with this number. Raises :class:`errors.NotFound`."""
    query = _with_all().where(Correction.id == correction_id)
    found = session.scalar(query, execution_options={"populate_existing": True})
    if found is None:
        raise NotFound(f"没有编号为 {correction_id} 的更正或撤回")
    return found


def open_of(session: Session, article_id: int) -> Correction | None:
    """What is being done about a published article just now."""
    return session.scalar(
        sa.select(Correction).where(Correction.article_id == article_id, Correction.status == C.OPEN.value)
    )


def under_way(session: Session, article_ids: Collection[int]) -> list[Correction]:
    """What is being done about any of these published articles just now, with the articles."""
    is_open = [Correction.article_id.in_(article_ids), Correction.status == C.OPEN.value]
    query = sa.select(Correction).where(*is_open).options(joinedload(Correction.article))
    return list(session.scalars(query.order_by(Correction.id)))


def corrects(session: Session, draft_id: int) -> Correction | None:
    """The correction that is written in this article, if it is one."""
    return session.scalar(
        sa.select(Correction).where(Correction.draft_id == draft_id).options(joinedload(Correction.article))
    )


def of_article(session: Session, article_id: int) -> list[Correction]:
    """All that was ever done about a published article, the latest first."""
    return list(session.scalars(_with_all().where(Correction.article_id == article_id)))


def told(session: Session, article_id: int) -> list[Told]:
    """What readers of its page are told, the latest first."""
    return [
        Told(one.kind, one.note, one.decided_at)
        for one in of_article(session, article_id)
        if one.status == C.DONE and one.decided_at is not None
    ]


def register(session: Session, *, status: str = "") -> Listing[Correction]:
    """更正与撤回登记, the latest first."""
    query = _with_all()
    if status in CORRECTION.labels:
        query = query.where(Correction.status == status)
    return Listing(session, query)


def _with_all() -> sa.Select[Correction]:
    """SQL: with their articles and people, the latest first."""
    beside = (joinedload(Correction.article), joinedload(Correction.asker), joinedload(Correction.decider))
    return sa.select(Correction).options(*beside).order_by(Correction.id.desc())


def unmade() -> list[sa.ColumnElement[bool]]:
    """SQL: those in effect of which is not written down yet which pages WeChat has."""
    return [Correction.status == C.DONE.value, Correction.removals_made.is_(False)]


def removals_due(at: datetime) -> list[sa.ColumnElement[bool]]:
    """SQL: what WeChat is to be asked for by now."""
    return [Removal.status == RemovalStatus.WANTED.value, Removal.due_at <= at]


def removes(session: Session, *, at: datetime) -> bool:
    """Whether there is any of either."""
    for column, where in ((Correction.id, unmade()), (Removal.id, removals_due(at))):
        if session.scalar(sa.select(column).where(*where).limit(1)) is not None:
            return True
    return False


__all__ = [
    "DEADLINE",
    "Told",
    "ask_to_retract",
    "begin",
    "corrects",
    "drop",
    "folded",
    "get_one",
    "note_folded",
    "of_article",
    "open_of",
    "register",
    "removals_due",
    "removes",
    "retract",
    "retract_article",
    "reword",
    "told",
    "under_way",
    "unmade",
]
