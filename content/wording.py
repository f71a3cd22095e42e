"""错敏检查: offline, explains every finding, helps people and does not replace them.

:mod:`content.proofing` is the engine, :mod:`content.lexicon` the office's own list; here an article meets both, and what people
let stand is kept with their reasons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from accounts.rights import require
from content import life, secrecy
from content.finding import get
from content.lexicon.current import as_shipped, current
from content.life import WRITE
from content.proofing.findings import GRAVITY, Hit, Severity
from content.proofing.text import text_of
from content.trail import note
from ground import clock
from ground.errors import Conflict, Refused
from models import Article, User, WordingCheck, WordingConfirmation

REASON_CHARS = 200
_SHOWN_CHARS = 120
CONFIRM = "article.confirm"


@dataclass(frozen=True)
class Checked:
    """What the check says to a text: its findings, which version of the lexicon made them, and what people let stand.

    ``pictures`` of the body nobody has read.
    """

    hits: list[Hit]
    lexicon: int
    pictures: int
    confirmed: Mapping[str, WordingConfirmation] = field(default_factory=dict)

    def of(self, severity: str) -> list[Hit]:
        """The findings of one severity."""
        return [hit for hit in self.hits if hit.severity == severity]

    def confirmation(self, hit: Hit) -> WordingConfirmation | None:
        """Who let it stand as often as it stands there now, and why."""
        found = self.confirmed.get(hit.key)
        return found if found is not None and hit.count <= found.places else None

    @property
    def blocks(self) -> list[Hit]:
        """What must be mended."""
        return self.of(Severity.BLOCK)

    @property
    def open(self) -> list[Hit]:
        """What somebody still has to look into."""
        return [hit for hit in self.of(Severity.CONFIRM) if self.confirmation(hit) is None]

    @property
    def obstacles(self) -> list[str]:
        """Why the text cannot be handed in, one sentence each."""
        said = [hit.message for hit in self.blocks]
        if self.open:
            first = "、".join(f"“{hit.shown}”" for hit in self.open[:3])
            more = "等" if len(self.open) > 3 else ""
            said.append(
                f"错敏检查有 {len(self.open)} 项须核实（{first}{more}），请修改，或在“检查结果”中填写核实理由"
            )
        return said


def check(title: str, digest: str, html: str) -> list[Hit]:
    """What the rules and the list that comes with the product say, the gravest first. Text inside pictures is not seen."""
    today = clock.shanghai_day(clock.now())
    return as_shipped().engine.check(text_of(title, digest, html), today=today)


def look(
    session: Session, title: str, digest: str, html: str, *, article_id: int | None = None, at: datetime
) -> Checked:
    """The same by the office's lexicon, with what the article's file said of secrecy and what was confirmed about it."""
    text, found = text_of(title, digest, html), current(session)
    hits = found.engine.check(text, today=clock.shanghai_day(at))
    if article_id is None:
        return Checked(hits, found.number, text.pictures)
    hits = sorted([*_of_the_file(session, article_id), *hits], key=lambda hit: GRAVITY[hit.severity])
    return Checked(hits, found.number, text.pictures, _confirmed(session, article_id))


def _of_the_file(session: Session, article_id: int) -> list[Hit]:
    """Marks of secrecy in the header or a watermark of the Word file: the text does not hold them, a person answers for it."""
    warnings = session.scalar(sa.select(Article.warnings).where(Article.id == article_id)) or []
    marks = [mark for mark in map(secrecy.left_behind, warnings) if mark is not None]
    return [
        Hit(
            "secret",
            Severity.CONFIRM,
            text,
            text,
            f"导入的文件{place}中有密级标志，涉密内容不得上网",
            "请立即核对来源",
            None,
            (),
        )
        for place, text in marks
    ]


def look_at(session: Session, article: Article, *, at: datetime) -> Checked:
    """The check of an article as it is stored."""
    return look(session, article.title, article.digest, article.html, article_id=article.id, at=at)


def keep(session: Session, article: Article, user: User, checked: Checked, *, at: datetime) -> None:
    """Write down what the check said of the save that is handed in."""
    session.add(
        WordingCheck(
            article_id=article.id,
            version=article.version,
            content_hash=article.hash,
            lexicon=checked.lexicon,
            confirms=len(checked.of(Severity.CONFIRM)),
            hints=len(checked.of(Severity.HINT)),
            checked_at=at,
            checked_by=user.id,
        )
    )
    session.flush()


def last_check(session: Session, article: Article) -> WordingCheck | None:
    """What was written down when this very content was handed in."""
    query = sa.select(WordingCheck).where(
        WordingCheck.article_id == article.id, WordingCheck.content_hash == article.hash
    )
    return session.scalar(query.order_by(WordingCheck.id.desc()).limit(1))


def confirm(
    session: Session,
    article_id: int,
    user: User,
    reasons: Mapping[str, str],
    *,
    expected_hash: str | None = None,
    at: datetime,
) -> int:
    """Let findings stand, each with its reason (key → reason; without one it is left open); how many.

    Raises :class:`errors.Conflict` where the article has changed or cannot be edited, :class:`errors.Refused` without any
    reason or with one that is too long, :class:`errors.Forbidden`.
    """
    require(user, WRITE)
    article = get(session, article_id)
    life.require(article, CONFIRM)
    if expected_hash and expected_hash != article.hash:
        raise Conflict("该稿件已被修改，请刷新后重新核实")
    given = {key: " ".join(reason.split()) for key, reason in reasons.items() if reason.strip()}
    if long := [reason for reason in given.values() if len(reason) > REASON_CHARS]:
        raise Refused(f"核实理由最多 {REASON_CHARS} 个字，当前 {len(long[0])} 个字")
    found = [hit for hit in look_at(session, article, at=at).open if hit.key in given]
    if not found:
        raise Refused("请至少填写一条核实理由，写明向谁、用什么核对过")
    session.add_all(_confirmation(article, hit, given[hit.key], user, at) for hit in found)
    session.flush()
    note(session, user, CONFIRM, article, count=len(found), at=at)
    return len(found)


def confirm_all(session: Session, article_id: int, user: User, reason: str, *, at: datetime) -> int:
    """Let everything stand that has to be looked into, with one reason. Raises as :func:`confirm`."""
    open_ = look_at(session, get(session, article_id), at=at).open
    if not open_:
        raise Refused("这篇稿件没有须核实的内容")
    return confirm(session, article_id, user, {hit.key: reason for hit in open_}, at=at)


def _confirmation(article: Article, hit: Hit, reason: str, user: User, at: datetime) -> WordingConfirmation:
    return WordingConfirmation(
        article_id=article.id,
        version=article.version,
        key=hit.key,
        rule=hit.rule,
        shown=hit.shown[:_SHOWN_CHARS],
        places=hit.count,
        reason=reason,
        user_id=user.id,
        at=at,
    )


def _confirmed(session: Session, article_id: int) -> dict[str, WordingConfirmation]:
    """The last confirmation of each finding."""
    query = (
        sa.select(WordingConfirmation)
        .options(joinedload(WordingConfirmation.user))
        .where(WordingConfirmation.article_id == article_id)
        .order_by(WordingConfirmation.id)
    )
    return {row.key: row for row in session.scalars(query)}


def summary(hits: Sequence[Hit]) -> dict[str, int]:
    """How many findings there are of each severity."""
    return {severity.value: sum(hit.severity is severity for hit in hits) for severity in GRAVITY}


__all__ = [
    "CONFIRM",
    "Checked",
    "Hit",
    "check",
    "confirm",
    "confirm_all",
    "keep",
    "last_check",
    "look",
    "look_at",
    "summary",
]
