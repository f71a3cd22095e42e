"""The door to 我的资料: by WeChat's own page where the account may use it, else by a link that opens once.

A link is given in the chat, where WeChat has told us who writes. It opens the page of exactly this follower, once, within ten
minutes; who forwards it gives away no more than that.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import followers
from database.claims import changed
from models import Follower, OwnLink
from settings import Settings
from wechat.outbound import abilities

LASTS = timedelta(minutes=10)
PATH = "/m/me"


def by_wechat(session: Session, settings: Settings) -> bool:
    """Whether WeChat tells who opens a page (网页授权): a 服务号 with its domain registered, unless the doctor found not."""
    if settings.wechat.account_type != "service" or not settings.wechat.web_authorization:
        return False
    return not abilities.load(session).lacks("oauth")


def invitation(session: Session, openid: str, settings: Settings, *, at: datetime) -> str:
    """What a reply to this follower says at its end: the address of their page, and what to mind of it."""
    address = f"{settings.server.base_url}{PATH}"
    if by_wechat(session, settings):
        return f"查看全部资料、解除绑定或清除，请打开：\n{address}"
    token = make(session, openid, at=at)
    minutes = int(LASTS.total_seconds() // 60)
    return (
        f"查看全部资料、解除绑定或清除，请打开（{minutes} 分钟内有效，只能打开一次，请勿转发）：\n"
        f"{address}/open/{token}"
    )


def make(session: Session, openid: str, *, at: datetime) -> str:
    """A new link's token for a follower; the ones that were not opened are over."""
    follower = followers.ensure(session, openid, at=at)
    session.execute(sa.delete(OwnLink).where(OwnLink.follower_id == follower.id))
    token = secrets.token_urlsafe(24)
    session.add(OwnLink(token_hash=_hash(token), follower_id=follower.id, expires_at=at + LASTS))
    session.flush()
    return token


def opens(session: Session, token: str, *, at: datetime) -> bool:
    """Whether the link can still be opened. Opens nothing: whatever looks at addresses in a chat must not use them up."""
    return session.scalar(sa.select(sa.exists().where(*_open(token, at)))) or False


def take(session: Session, token: str, *, at: datetime) -> int | None:
    """Open the link: whose it is, by the follower's number. None where it was opened before, or its time is over."""
    owner = session.scalar(sa.select(OwnLink.follower_id).where(*_open(token, at)))
    if owner is None:
        return None
    gone = session.execute(sa.delete(OwnLink).where(*_open(token, at)))
    return owner if changed(gone) == 1 else None  # of two who open it at once, one does


def visit_holds(session: Session, follower_id: int, begun: datetime) -> bool:
    """Whether a visit of this follower that began then has not been ended by them since."""
    row = session.execute(sa.select(Follower.visits_over_at).where(Follower.id == follower_id)).one_or_none()
    return row is not None and (row.visits_over_at is None or begun > row.visits_over_at)


def end_visits(session: Session, follower_id: int, *, at: datetime) -> None:
    """All visits of a follower that have begun by now are over, in whichever browser."""
    session.execute(sa.update(Follower).where(Follower.id == follower_id).values(visits_over_at=at))


def follower_of(session: Session, openid: str) -> int | None:
    """The number of who follows by this openid, or None."""
    return session.scalar(sa.select(Follower.id).where(Follower.openid == openid, Follower.gone.is_(False)))


def _open(token: str, at: datetime) -> list[sa.ColumnElement[bool]]:
    """SQL: this link, in its time; one that seems to last too long was given by a clock that was ahead."""
    return [
        OwnLink.token_hash == _hash(token),
        OwnLink.expires_at > at,
        OwnLink.expires_at <= at + 2 * LASTS,
    ]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
