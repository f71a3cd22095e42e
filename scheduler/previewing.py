"""发到手机预览: an article as a preview on somebody's phone. It is no push: it uses no quota, is counted nowhere, makes no event.

The draft that it takes stays in the account's draft box, with 【预览】 before its title, because nobody says whether the preview
can still be opened without it. Source: https://developers.weixin.qq.com/doc/service/api/notify/message/api_preview
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy.orm import Session

from accounts import audit, rights
from content import publish
from ground import clock
from ground.errors import Conflict, NotFound, PioneerError, Refused
from models import Article, ArticleStatus, User
from scheduler import articles, instance
from settings import Settings

if TYPE_CHECKING:
    from runtime import Runtime

MOST = 5
_LONGEST = 40
_MARK = "【预览】"
_GONE = (ArticleStatus.RETRACTED, ArticleStatus.ARCHIVED)


@dataclass(frozen=True)
class Shown:
    """To how many it was shown, and in a sentence each why to others it was not."""

    to: int
    failed: Sequence[str]


def names_in(text: str) -> list[str]:
    """The 微信号 that somebody typed. Raises :class:`errors.Refused` for none, too many, or what is none."""
    names = list(dict.fromkeys(filter(None, re.split(r"[\s,，、;；]+", text))))
    if not names:
        raise Refused("请填写接收预览的微信号")
    if len(names) > MOST:
        raise Refused(f"一次最多预览给 {MOST} 个微信号，现在是 {len(names)} 个")
    if any(len(name) > _LONGEST for name in names):
        raise Refused("微信号太长，请在微信“我”的页面核对微信号（不是昵称和手机号）")
    return names


def show(runtime: Runtime, user_id: int, article_id: int, names: Sequence[str]) -> Shown:
    """Show an article to these 微信号, who must follow the account; they are kept nowhere.

    Raises :class:`errors.Refused`, :class:`errors.Conflict` (withdrawn, without a cover, on a server that may not send),
    :class:`errors.Forbidden`, :class:`errors.NotFound`, and what WeChat answers to the draft.
    """
    client, settings, db = runtime.client, runtime.settings, runtime.db
    with db.read_scope() as session:
        _check(session, settings, user_id, article_id)
        pictures = publish.assets_needed(session, [article_id])
    for picture in pictures:
        uploaded = articles.upload(client, settings, picture)
        with db.session_scope() as session:
            articles.remember(session, uploaded)
    with db.read_scope() as session:
        (body,) = articles.bodies(session, [article_id])
    title = f"{_MARK}{body.title}"[: settings.wechat.limits.title_chars]
    media_id = str(client.draft_add([msgspec.structs.replace(body, title=title)]))
    failed = []
    for name in names:
        try:
            client.mass_preview_to_name(media_id, name)
        except PioneerError as error:
            failed.append(f"{name}：{error.message}")
    with db.session_scope() as session:
        _note(session, user_id, article_id, len(names) - len(failed), at=clock.now())
    return Shown(len(names) - len(failed), failed)


def _check(session: Session, settings: Settings, user_id: int, article_id: int) -> None:
    rights.require(session.get_one(User, user_id), "article.preview")
    found = session.get(Article, article_id)
    if found is None:
        raise NotFound(f"没有编号为 {article_id} 的稿件")
    if found.status in _GONE:
        raise Conflict(f"稿件《{found.title}》已撤回或归档，不能预览")
    if not instance.may_send(session, settings):
        raise Conflict(instance.READ_ONLY)


def _note(session: Session, user_id: int, article_id: int, count: int, *, at: datetime) -> None:
    user = session.get_one(User, user_id)
    audit.record(
        session, "article.preview", at=at, user=user, subject=f"article:{article_id}", detail={"count": count}
    )


__all__ = ["MOST", "Shown", "names_in", "show"]
