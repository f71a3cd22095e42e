"""信息发布审核登记表: what the office files of an article, filled in with what happened; the rest stays open for the pen."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from content import finding, owing, stages, wording
from content.cleaning import assets_in, text_of
from content.life import EDITABLE, KIND_NAMES, WENT_OUT, stage_name, status_name
from content.proofing.findings import SEVERITY_NAMES, Severity
from content.wording import Checked
from ground import clock
from models import (
    Article,
    ArticleStatus,
    Correction,
    CorrectionKind,
    CorrectionStatus,
    Release,
    ReleaseStatus,
    Review,
    User,
    WordingCheck,
    WordingConfirmation,
)
from operations.dossier.goings import Going, goings
from settings import Limits

FINGERPRINT_CHARS = 16
_PERSONAL = ("id_number", "bank_card", "phone", "address")
_SECRET = ("secret", "internal")
_LISTED = 12


@dataclass(frozen=True)
class Opinion:
    """One review as it stands on the form; without ``at`` nobody gave it, and ``text`` says how that is."""

    stage: str
    text: str
    who: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Form:
    """What stands on the form of one article. Moments are UTC; ``hash`` is of the text that the opinions are about."""

    article_id: int
    number: str
    title: str
    state: str
    column: str
    source: str
    author: str
    writer: str
    goings: list[Going]
    characters: int
    pictures: int
    handed_in: str
    found: str
    secret: str
    personal: str
    confirmed: list[str]
    opinions: list[Opinion]
    urgent: list[str]
    published_at: datetime | None
    address: str
    remarks: list[str]
    hash: str

    @property
    def going(self) -> Going | None:
        """The push of which scope and moment are told: the first that went out, else the first that is to."""
        return next((one for one in self.goings if one.went), self.goings[0] if self.goings else None)

    @property
    def further(self) -> list[str]:
        """The other pushes, each with its scope and its moment."""
        others = (one for one in self.goings if one is not self.going)
        return [
            f"{'又推送给' if one.went else '另排期推送给'}{one.scope}（{_day(one.due_at)}，{one.who}）"
            for one in others
        ]

    @property
    def fingerprint(self) -> str:
        """The first characters of the hash, in groups of four."""
        head = self.hash[:FINGERPRINT_CHARS]
        return " ".join(head[at : at + 4] for at in range(0, len(head), 4))


def form(
    session: Session, article_id: int, limits: Limits, called: Mapping[str, str], *, at: datetime
) -> Form:
    """The form of an article as of ``at``; ``called`` is how places are called (:func:`community.places.called`).

    Raises :class:`errors.NotFound`.
    """
    article = finding.get(session, article_id)
    checked, kept = wording.look_at(session, article, at=at), _kept_check(session, article)
    pictures = set(assets_in(article.html)) | ({article.cover_sha256} if article.cover_sha256 else set())
    rules, releases = {hit.rule for hit in checked.hits}, _releases(session, article)
    return Form(
        article_id=article.id,
        number=f"{clock.to_shanghai(article.created_at).year}-{article.id:06}",
        title=article.title,
        state=status_name(article),
        column=article.column.name,
        source=f"转载，出处：{article.source_url}" if article.source_url else "原创",
        author=article.author,
        writer=article.creator.label,
        goings=goings(session, article_id, called),
        characters=len("".join(text_of(article.html).split())),
        pictures=len(pictures),
        handed_in=_handed_in(*kept) if kept else "",
        found=_found(checked, kept[0] if kept else None),
        secret=_noticed(rules, _SECRET, "密级或内部资料字样"),
        personal=_noticed(rules, _PERSONAL, "个人信息"),
        confirmed=_confirmed(session, article, checked),
        opinions=_opinions(session, article, releases, limits),
        urgent=_urgent(releases),
        published_at=article.published_at if article.status in _OUT else None,
        address=article.published_url,
        remarks=_remarks(session, article_id),
        hash=article.hash,
    )


_OUT = WENT_OUT | {ArticleStatus.ARCHIVED}


def went_out(session: Session, first: date, last: date, *, limit: int) -> list[Article]:
    """Articles published from ``first`` to ``last`` (days of Shanghai, both included), the oldest first, without bodies."""
    begin, end = clock.day_bounds(first)[0], clock.day_bounds(last)[1]
    query = (
        sa.select(Article)
        .where(Article.status.in_(_OUT), Article.published_at >= begin, Article.published_at < end)
        .options(sa.orm.defer(Article.html), sa.orm.joinedload(Article.column))
        .order_by(Article.published_at, Article.id)
    )
    return list(session.scalars(query.limit(limit)))


def _noticed(rules: Collection[str], which: Collection[str], what: str) -> str:
    return f"打印时检查{'发现' if set(which) & set(rules) else '未发现'}{what}"


def _kept_check(session: Session, article: Article) -> tuple[WordingCheck, User] | None:
    """What was written down when this very text was handed in last, and who did so."""
    query = (
        sa.select(WordingCheck, User)
        .join(User, User.id == WordingCheck.checked_by)
        .where(
            WordingCheck.article_id.in_(finding.texts_of(article.id)),
            WordingCheck.content_hash == article.hash,
        )
        .order_by(WordingCheck.id.desc())
    )
    row = session.execute(query.limit(1)).first()
    return None if row is None else (row.WordingCheck, row.User)


def _handed_in(check: WordingCheck, who: User) -> str:
    return f"{who.label} {_day(check.checked_at)} 提交前核对（词库第 {check.lexicon} 版）"


def _found(checked: Checked, kept: WordingCheck | None) -> str:
    """How much was found at the handing in; where that is not known, how much is found now."""
    if kept is not None:
        counts = {Severity.CONFIRM: kept.confirms, Severity.HINT: kept.hints}
        return f"提交时检查（词库第 {kept.lexicon} 版）：" + _counted(counts)
    counts = {kind: len(checked.of(kind)) for kind in Severity}
    return f"打印时检查（词库第 {checked.lexicon} 版）：" + _counted(counts)


def _counted(counts: Mapping[Severity, int]) -> str:
    return "、".join(f"{SEVERITY_NAMES[kind]} {count} 处" for kind, count in counts.items())


def _confirmed(session: Session, article: Article, checked: Checked) -> list[str]:
    """The last reason given for each finding that still stands in the text: by the rules of now, or in the same words."""
    query = (
        sa.select(WordingConfirmation, User)
        .join(User, User.id == WordingConfirmation.user_id)
        .where(WordingConfirmation.article_id.in_(finding.texts_of(article.id)))
        .order_by(WordingConfirmation.id)
    )
    found = {hit.key for hit in checked.hits}
    text = "\n".join((article.title, article.digest, text_of(article.html)))
    last = {one.key: (one, who) for one, who in session.execute(query)}
    standing = [pair for key, pair in last.items() if key in found or pair[0].shown in text]
    lines = [f"“{one.shown}”：{one.reason}（{who.label}）" for one, who in standing[:_LISTED]]
    more = len(standing) - _LISTED
    return [*lines, f"另有 {more} 条，见稿件页面"] if more > 0 else lines


def _opinions(
    session: Session, article: Article, releases: Sequence[Release], limits: Limits
) -> list[Opinion]:
    deputy = sa.orm.aliased(User)
    query = (
        sa.select(Review, User, deputy)
        .join(User, User.id == Review.user_id)
        .outerjoin(deputy, deputy.id == Review.instead_of)
        .where(
            Review.article_id.in_(finding.texts_of(article.id)),
            Review.content_hash == article.hash,
            sa.or_(Review.decision == "approved", Review.release_id.is_not(None)),
            Review.void.is_(False),
        )
        .order_by(Review.decision.desc(), Review.id)  # a fault that was found stands until somebody approves
    )
    due = {one.id: one.due_at for one in releases}
    done = {
        review.stage: Opinion(
            stage_name(review.stage) + _made_up(review, due.get(review.release_id or 0)),
            review.reason or "同意" if review.decision == "approved" else f"发现问题：{review.reason}",
            _signed(who, for_whom),
            review.at,
        )
        for review, who, for_whom in session.execute(query)
    }
    if article.status == ArticleStatus.IN_REVIEW:
        awaited, last = "待审", stages.demanded(session, article, limits)
    else:
        owed = [one.last_stage for one in releases if one.status == ReleaseStatus.RELEASED]
        awaited, last = "待补审", owed[-1] if owed else 0
    if not last and not done:
        return [Opinion("审核", "尚未提交审核" if article.status in EDITABLE else "系统没有记录")]
    return [
        done.get(stage) or Opinion(stage_name(stage), awaited)
        for stage in range(1, max(last, 0, *done) + 1)
        if stage <= last or stage in done
    ]


def _made_up(review: Review, due_at: datetime | None) -> str:
    if review.release_id is None:
        return ""
    return "（补审，逾期）" if due_at is not None and review.at > due_at else "（补审）"


def _releases(session: Session, article: Article) -> Sequence[Release]:
    """紧急签发 of exactly this text that took effect, the first first."""
    query = (
        sa.select(Release)
        .where(
            Release.article_id.in_(finding.texts_of(article.id)),
            Release.content_hash == article.hash,
            owing.COUNTS,
        )
        .options(sa.orm.joinedload(Release.first), sa.orm.joinedload(Release.second))
        .order_by(Release.id)
    )
    return session.scalars(query).all()


def _urgent(releases: Sequence[Release]) -> list[str]:
    lines = []
    for one in releases:
        lines.append(f"{one.first.label} {_day(one.first_at)}：{one.first_reason}")
        lines.append(f"{_who(one.second)} {_day(one.second_at)}：{one.second_reason}")
    return lines


def _remarks(session: Session, article_id: int) -> list[str]:
    query = (
        sa.select(Correction)
        .where(Correction.article_id == article_id, Correction.status == CorrectionStatus.DONE.value)
        .options(sa.orm.joinedload(Correction.decider))
        .order_by(Correction.id)
    )
    return [
        f"{KIND_NAMES[CorrectionKind(one.kind)]}：{one.reason}（{_who(one.decider)} {_day(one.decided_at)}）"
        for one in session.scalars(query)
    ]


def _signed(who: User, instead_of: User | None) -> str:
    return who.label if instead_of is None else f"{who.label}（受{instead_of.label}委托）"


def _who(user: User | None) -> str:
    return user.label if user is not None else "—"


def _day(moment: datetime | None) -> str:
    return f"{clock.to_shanghai(moment):%Y-%m-%d %H:%M}" if moment else ""
