"""签到: a member replies, and the branch's ledger has one more line.

:func:`by_reply` is on the callback's road: it runs on a Core connection inside the callback's transaction and asks one question
(follower, member, the branch's open activities, what is recorded already), then makes one insert that cannot record twice.
Nothing is recorded that was not clearly meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit
from community import expected, makeup
from community.checkin_questions import (
    ASK,
    BY_KEYWORD,
    INSERT,
    KEYWORD_IS_OPEN,
    MAX_CHOICES,
    NEAR,
    NEAREST,
    NOT_BOUND,
    OPEN,
    OPEN_AS_CALLED,
    RECORDED_AT,
    CheckInAnswer,
    Found,
    answer,
)
from community.lives import CHECK_IN, CheckInState
from community.makeup import make_up
from community.moments import moment, span
from community.window import PHASES, Phase, begun, ended
from database.prepared import prepared
from ground import clock
from ground.cells import folded
from models import Activity, ActivityStatus, CheckIn, CheckInWay, Follower, Member
from settings import Limits
from wechat.language.intents import Intent, understand
from wechat.language.own import Occasion, Own

__all__ = [
    "CheckInAnswer",
    "Said",
    "by_reply",
    "by_words",
    "coming",
    "is_keyword",
    "make_up",
    "mine",
    "read_again",
    "record",
    "undo",
]

_LIMITS = Limits()
_CODE = "“{title}”在现场签到：请扫会场屏幕上的二维码，或回复“签到”和屏幕上的四位数字，例如：签到 1234"
CALLED_OFF = "（活动已取消）"
"""Behind a record of an activity that was called off: it stays, and counts as nobody's attendance."""
_OWN_WAYS = (CheckInWay.REPLY.value, CheckInWay.MENU.value, CheckInWay.CODE.value)


def is_keyword(connection: sa.Connection, text: str, *, at: datetime) -> bool:
    """Whether a whole message is the keyword of an activity that is open now (then it means 签到 to that activity)."""
    word = text.strip().lower()
    return bool(word) and connection.execute(KEYWORD_IS_OPEN, {"word": word, "at": at}).first() is not None


def by_reply(
    connection: sa.Connection,
    openid: str,
    *,
    keyword: str | None,
    choice: int | None,
    at: datetime,
    message_key: str | None,
    via: str = CheckInWay.REPLY.value,
    limits: Limits = _LIMITS,
) -> CheckInAnswer:
    """Check the follower in to the one activity that is meant.

    ``keyword`` is what was said beside 签到 (an activity's keyword or title), ``choice`` the id of an activity picked from
    ``choices`` before. ``at`` is when the follower sent the message. Never raises for what a follower may do.
    """
    rows = prepared(OPEN, connection).all(connection, openid=openid, at=at)
    if not rows or rows[0].member_id is None:
        return answer("not_bound", NOT_BOUND)
    open_rows = [] if rows[0].activity_id is None else rows
    member_id = rows[0].member_id
    if choice is not None:
        picked = [row for row in open_rows if row.activity_id == choice]
        if not picked:
            return _closed(connection, member_id, at, limits)
    elif keyword:
        picked = _matching(open_rows, keyword)
        if not picked:
            return _unknown_keyword(connection, open_rows, keyword, member_id, at, limits)
    else:
        picked = list(open_rows)
    if not picked:
        return _closed(connection, member_id, at, limits)
    return _settle(connection, picked, at=at, via=via, message_key=message_key, limits=limits)


@dataclass(frozen=True)
class Said:
    """A message that was read with the member's own words: what it means, and the rows of ``OPEN_AS_CALLED`` it was read by."""

    intent: Intent
    rows: Sequence[Found]


def read_again(connection: sa.Connection, openid: str, text: str, *, at: datetime) -> Said:
    """What a message means to which name, branch and activities of the writer belong."""
    rows = prepared(OPEN_AS_CALLED, connection).all(connection, openid=openid, at=at)
    bound = [row for row in rows if row.member_id is not None]
    occasions = tuple(
        Occasion(
            row.title,
            row.keyword,
            row.purpose,
            row.place,
            clock.to_shanghai(row.starts_at),
            clock.to_shanghai(row.ends_at),
        )
        for row in bound
        if row.activity_id is not None
    )
    name, branches = (bound[0].name, (bound[0].branch, bound[0].short_name)) if bound else ("", ())
    return Said(understand(text, Own(name, branches, occasions, clock.to_shanghai(at))), bound)


def by_words(
    connection: sa.Connection,
    said: Said,
    *,
    at: datetime,
    message_key: str | None,
    limits: Limits = _LIMITS,
) -> CheckInAnswer:
    """Check in who said so and no more than is accounted for; ask back, in one short question, who said more.

    ``said`` is of this moment and a check-in.
    """
    if not said.rows:
        return answer("not_bound", NOT_BOUND)
    member_id = said.rows[0].member_id
    open_rows = [row for row in said.rows if row.activity_id is not None]
    which = said.intent.which
    picked = [open_rows[number] for number in which] if which else open_rows
    if not said.intent.clear:
        word = "" if which else said.intent.text.replace(" ", "")
        return _unknown_keyword(connection, picked, word, member_id, at, limits)
    if not picked:
        return _closed(connection, member_id, at, limits)
    return _settle(
        connection, picked, at=at, via=CheckInWay.REPLY.value, message_key=message_key, limits=limits
    )


def _settle(
    connection: sa.Connection,
    picked: Sequence[Found],
    *,
    at: datetime,
    via: str,
    message_key: str | None,
    limits: Limits,
) -> CheckInAnswer:
    """Of the activities that may be meant: one is recorded, several are asked about."""
    if len(picked) > 1:
        return _ask(picked, at)
    row = picked[0]
    if row.done_at is not None:
        return already(row, row.done_at)
    if row.code_only:
        return answer("needs_code", _CODE.format(title=row.title), row.activity_id)
    return record(connection, row, at=at, via=via, message_key=message_key, limits=limits)


def record(
    connection: sa.Connection, row: Found, *, at: datetime, via: str, message_key: str | None, limits: Limits
) -> CheckInAnswer:
    """Record the member of a row of ``OPEN`` for its activity, of which nothing else is left to ask."""
    added = prepared(INSERT[connection.dialect.name], connection).run(
        connection, activity_id=row.activity_id, member_id=row.member_id, branch_id=row.branch_id, at=at, via=via,
        message_key=message_key,
    )  # fmt: skip
    if added == 0:  # as a rule recorded a moment ago by another message
        done = connection.execute(
            RECORDED_AT, {"activity_id": row.activity_id, "member_id": row.member_id}
        ).scalar()
        if done is None:  # taken off the roster, or merged, a moment ago
            return answer("not_bound", NOT_BOUND)
        return already(row, done)
    if row.joins:  # came to the branch after the beginning
        expected.add_who_came(connection, row.activity_id, row.member_id, row.branch_id, at=at)
    text = f"已签到：{row.title}（{moment(at)}）\n{limits.undo_minutes} 分钟内回复“撤销”可以取消"
    return answer("recorded", text, row.activity_id, row.question)


def _matching(rows: Sequence[Found], keyword: str) -> list[Found]:
    """Exact keyword or title first; else titles that contain what was said, or the other way round."""
    word = folded(keyword)
    titles = {row.activity_id: folded(row.title) for row in rows}
    exact = [row for row in rows if word in (row.keyword.lower(), titles[row.activity_id])]
    if exact:
        return exact
    if len(word) < 2:
        return []
    return [
        row
        for row in rows
        if word in titles[row.activity_id]
        or (len(row.keyword) >= 2 and row.keyword.lower() in word)
        or titles[row.activity_id] in word
    ]


def _ask(rows: Sequence[Found], at: datetime, lead: str = "") -> CheckInAnswer:
    shown = list(rows)[:MAX_CHOICES]
    lines = [
        f"{number}. {row.title}"
        + (f"（{CHECK_IN.label(CheckInState.RECORDED)}）" if row.done_at is not None else "")
        for number, row in enumerate(shown, start=1)
    ]
    lead = lead or f"现在有 {len(rows)} 个活动可以签到，请回复序号："
    return CheckInAnswer(
        "choose", lead + "\n" + "\n".join(lines), [(row.activity_id, row.title) for row in shown], None
    )


def already(row: Found, done_at: datetime) -> CheckInAnswer:
    text = f"您已签到：{row.title}（{moment(done_at)}），无需重复签到"
    return answer("already", text, row.activity_id, row.question)


def _unknown_keyword(
    connection: sa.Connection,
    open_rows: Sequence[Found],
    keyword: str,
    member_id: int,
    at: datetime,
    limits: Limits,
) -> CheckInAnswer:
    """What was said names no activity that is open for this member: say why where it names another, else ask which is meant.

    The question repeats nothing of the message: that was understood in part only.
    """
    if not keyword:
        return _ask(open_rows, at, ASK) if open_rows else _closed(connection, member_id, at, limits)
    own = connection.execute(
        NEAREST,
        {"member": member_id, "since": at - timedelta(hours=limits.make_up_hours), "until": at + NEAR},
    ).all()
    named = _matching(own, keyword)
    if named:
        return answer("none_open", _window(named[-1], at, limits))
    word = keyword.strip()
    elsewhere = connection.execute(
        BY_KEYWORD, {"word": word.lower(), "title": word, "since": at}
    ).one_or_none()
    if elsewhere is not None:
        text = f"“{elsewhere.title}”没有邀请您所在的党支部，未作签到。如有疑问请联系支部书记"
        return answer("not_invited", text)
    if open_rows:
        return _ask(open_rows, at, ASK)
    return _closed(connection, member_id, at, limits)


def _closed(connection: sa.Connection, member_id: int, at: datetime, limits: Limits) -> CheckInAnswer:
    """Nothing is open: say what was just missed, what comes next, or that there is nothing."""
    rows = connection.execute(
        NEAREST,
        {"member": member_id, "since": at - timedelta(hours=limits.make_up_hours), "until": at + NEAR},
    ).all()
    missed = [row for row in rows if ended(row, at) and row.done is None]
    coming = [row for row in rows if not begun(row, at)]
    parts = ["现在没有可以签到的活动"]
    if missed:
        parts = [_window(missed[-1], at, limits)]
    if coming:
        parts.append(f"下一次：{coming[0].title}，{moment(coming[0].starts_at)} 开始签到")
    elif not missed:
        parts.append("有活动时会通知您")
    return answer("none_open", "\n".join(parts))


def _window(row: Found, at: datetime, limits: Limits) -> str:
    """``“…”签到时间为 9月20日 18:30–20:00，可在 9月23日 20:00 前补签``."""
    text = f"“{row.title}”签到时间为 {span(row.starts_at, row.ends_at)}"
    if not ended(row, at):
        return f"{text}，还没有开始"
    if row.done is not None:
        return f"{text}，您已签到"
    until = row.ends_at + timedelta(hours=limits.make_up_hours)
    return f"{text}，可在 {moment(until)} 前补签，请回复：补签 原因"


def undo(session: Session, openid: str, *, at: datetime, limits: Limits = _LIMITS) -> CheckInAnswer:
    """``撤销``: take back the member's latest own check-in if it is at most ``limits.undo_minutes`` old."""
    row = session.execute(
        sa.select(CheckIn.id, CheckIn.activity_id, CheckIn.member_id, Activity.title)
        .join(Follower, Follower.member_id == CheckIn.member_id)
        .join(Activity, Activity.id == CheckIn.activity_id)
        .where(
            Follower.openid == openid,
            CheckIn.made_up.is_(False),
            CheckIn.via.in_(_OWN_WAYS),
            CheckIn.at >= at - timedelta(minutes=limits.undo_minutes),
        )
        .order_by(CheckIn.at.desc(), CheckIn.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return answer(
            "nothing",
            f"没有可以撤销的签到，签到后 {limits.undo_minutes} 分钟内可以撤销，超过时间请联系支部书记",
        )
    session.execute(sa.delete(CheckIn).where(CheckIn.id == row.id))
    expected.forget_arrival(session, row.activity_id, row.member_id)
    audit.record(session, "checkin.undo", actor="党员本人", subject=f"activity:{row.activity_id}", at=at)
    return answer("undone", f"已撤销签到：{row.title}。如需重新签到请回复“签到”", row.activity_id)


def mine(session: Session, openid: str, *, at: datetime, limit: int = 10) -> str:
    """What answers 我的记录: the member's own latest check-ins, and what became of requests. No totals, no comparison."""
    member_id = session.scalar(
        sa.select(Member.id).join(Follower, Follower.member_id == Member.id).where(Follower.openid == openid)
    )
    if member_id is None:
        return NOT_BOUND
    rows = session.execute(
        sa.select(Activity.title, CheckIn.at, CheckIn.made_up, Activity.status)
        .join(Activity, Activity.id == CheckIn.activity_id)
        .where(CheckIn.member_id == member_id)
        .order_by(CheckIn.at.desc())
        .limit(limit)
    ).all()
    asked = makeup.results(session, member_id, at=at)
    if not rows:
        return "\n".join(["还没有签到记录", *asked])
    lines = [
        f"{moment(when)} {title}"
        + (f"（{CHECK_IN.label(CheckInState.MADE_UP)}）" if made_up else "")
        + (CALLED_OFF if status == ActivityStatus.CANCELLED else "")
        for title, when, made_up, status in rows
    ]
    return "\n".join(["最近的签到记录：", *lines, *asked])


def coming(session: Session, openid: str, *, at: datetime, limit: int = 5) -> str:
    """What answers 活动: the branch's activities that are open or will be."""
    member_id = session.scalar(
        sa.select(Member.id).join(Follower, Follower.member_id == Member.id).where(Follower.openid == openid)
    )
    if member_id is None:
        return NOT_BOUND
    rows = session.execute(NEAREST, {"member": member_id, "since": at, "until": at + NEAR}).all()
    if not rows:
        return "近期没有活动，有活动时会通知您"
    lines = ["近期活动："]
    for number, row in enumerate(rows[:limit], start=1):
        if row.done is not None:
            state = CHECK_IN.label(CheckInState.RECORDED)
        else:
            state = PHASES[Phase.OPEN if begun(row, at) else Phase.COMING]
        lines.append(f"{number}. {row.title}\n签到时间：{span(row.starts_at, row.ends_at)}（{state}）")
    if any(row.done is None for row in rows[:limit]):
        lines.append("来不了可以回复：请假 原因（原因可以不写）")
    return "\n".join(lines)
