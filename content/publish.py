"""Between an approved article and WeChat: what must be uploaded first, what a draft is made of, and what came of it.

Nothing here calls WeChat. The sender works between short transactions: :func:`assets_needed` → upload, and
:func:`remember_upload` after each → :func:`draft_articles` → ``draft/add`` → send → :func:`mark_published`. All of it may be
repeated after a crash: an upload that is remembered is not asked for again, and one made twice does no harm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from content import assets, corrections, life
from content.cleaning import assets_in
from content.compiling import for_wechat
from content.life import ARTICLE, SENDABLE
from content.lifecycle import OUT_OF_QUEUE
from content.lifecycle import held as held_by_pushes
from database.moving import move_all
from ground.errors import Conflict, NotFound
from models import Article, Asset, CorrectionKind

_EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif"}


@dataclass(frozen=True)
class Upload:
    """A picture that WeChat does not have yet.

    ``road`` ``uploadimg`` gives an address (``media/uploadimg``; JPG and PNG below 1 MB), ``material`` gives a permanent
    media_id and an address (``material/add_material?type=image``; covers and animated GIFs). The bytes come from
    :meth:`content.assets.AssetStore.read`.
    """

    sha256: str
    road: Literal["uploadimg", "material"]
    filename: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True)
class DraftArticle:
    """One article as ``draft/add`` takes it (page api_draft_add)."""

    title: str
    author: str
    digest: str
    content: str
    content_source_url: str
    thumb_media_id: str
    pic_crop_1_1: str = ""


def sendable(session: Session, article_ids: Sequence[int]) -> list[Article]:
    """These articles in this order, all reviewed, and none about to be taken back.

    Raises :class:`errors.NotFound` or :class:`errors.Conflict`.
    """
    found = {
        article.id: article
        for article in session.scalars(sa.select(Article).where(Article.id.in_(article_ids)))
    }
    for article_id in article_ids:
        if article_id not in found:
            raise NotFound(f"没有编号为 {article_id} 的稿件")
    ordered = [found[article_id] for article_id in article_ids]
    for article in ordered:
        if article.status not in SENDABLE:
            raise Conflict(
                f"稿件《{article.title}》当前为“{life.status_name(article)}”，审核通过后才能推送",
                article=article.id,
            )
    for asked in corrections.under_way(session, article_ids):
        if asked.kind == CorrectionKind.RETRACT:
            raise Conflict(
                f"稿件《{asked.article.title}》正在申请撤回（{asked.reason}），不能推送，请先同意或取消撤回",
                article=asked.article_id,
            )
    return ordered


def take(session: Session, article_ids: Sequence[int]) -> list[Article]:
    """For a push that a person makes: the articles, reviewed, planned now and waiting for no slot. Raises as :func:`sendable`."""
    articles = sendable(session, article_ids)
    move_all(session, Article, ARTICLE.step("push.take"), Article.id.in_(article_ids), **OUT_OF_QUEUE)
    return articles


def assets_needed(session: Session, article_ids: Sequence[int]) -> list[Upload]:
    """What to upload before a draft of these articles can be made; empty if WeChat has everything.

    Raises :class:`errors.NotFound`, or :class:`errors.Conflict` for an article without a cover.
    """
    articles = _ordered(session, article_ids)
    for article in articles:
        if not article.cover_sha256:
            raise Conflict(f"稿件《{article.title}》没有封面，请先上传封面", article=article.id)
    covers = list(dict.fromkeys(article.cover_sha256 for article in articles if article.cover_sha256))
    bodies = list(dict.fromkeys(sha256 for article in articles for sha256 in assets_in(article.html)))
    rows = assets.known(session, [*covers, *bodies])
    if missing := [sha256 for sha256 in [*covers, *bodies] if sha256 not in rows]:
        raise NotFound(f"稿件用到的 {len(missing)} 张图片不存在，请重新上传")
    needed: dict[tuple[str, str], Upload] = {}
    for sha256 in covers:
        if not rows[sha256].media_id:
            needed[sha256, "material"] = _upload(rows[sha256], "material")
    for sha256 in bodies:
        row = rows[sha256]
        if not row.wechat_url:
            road: Literal["uploadimg", "material"] = (
                "material" if row.media_type == "image/gif" else "uploadimg"
            )
            needed[sha256, road] = _upload(row, road)
    return list(needed.values())


def _upload(asset: Asset, road: Literal["uploadimg", "material"]) -> Upload:
    extension = _EXTENSIONS.get(asset.media_type, "jpg")
    return Upload(asset.sha256, road, f"{asset.sha256[:16]}.{extension}", asset.media_type, asset.size_bytes)


def remember_upload(session: Session, sha256: str, *, url: str = "", media_id: str = "") -> None:
    """Keep what WeChat gave for a picture: the address, the permanent media_id, or both."""
    values = {name: value for name, value in (("wechat_url", url), ("media_id", media_id)) if value}
    if values:
        session.execute(sa.update(Asset).where(Asset.sha256 == sha256).values(**values))


def forget_uploads(session: Session, article_ids: Sequence[int]) -> None:
    """Forget the covers' media_ids of these articles: WeChat said 40007, somebody deleted them on the site."""
    covers = [article.cover_sha256 for article in _ordered(session, article_ids) if article.cover_sha256]
    session.execute(sa.update(Asset).where(Asset.sha256.in_(covers)).values(media_id=""))


def draft_articles(session: Session, article_ids: Sequence[int]) -> list[DraftArticle]:
    """The compiled articles for ``draft/add``, in this order.

    Raises :class:`errors.Conflict` as long as :func:`assets_needed` is not empty.
    """
    articles = _ordered(session, article_ids)
    rows = assets.known(
        session,
        [sha256 for article in articles for sha256 in (*assets_in(article.html), article.cover_sha256 or "")],
    )
    urls = {sha256: asset.wechat_url for sha256, asset in rows.items() if asset.wechat_url}
    made = []
    for article in articles:
        cover = rows.get(article.cover_sha256 or "")
        try:
            content = for_wechat(article.html, urls)
        except KeyError:
            raise Conflict(f"稿件《{article.title}》的图片还没有全部上传到微信", article=article.id) from None
        if cover is None or not cover.media_id:
            raise Conflict(f"稿件《{article.title}》的封面还没有上传到微信", article=article.id)
        made.append(
            DraftArticle(
                title=article.title,
                author=article.author,
                digest=article.digest,
                content=content,
                content_source_url=article.source_url,
                thumb_media_id=cover.media_id,
                pic_crop_1_1=_square(article, cover),
            )
        )
    return made


def _square(article: Article, cover: Asset) -> str:
    """The square that an editor chose of the cover, as ``draft/add`` takes it; empty: WeChat takes the middle."""
    side = cover.height / cover.width
    if article.cover_square is None or side >= 1:
        return ""
    left = min(article.cover_square / 1000, 1 - side)
    return f"{left:.6f}_0_{left + side:.6f}_1"


def mark_publishing(session: Session, article_ids: Sequence[int]) -> None:
    """A push with these articles has begun to send. Published ones stay published (they go to a further audience)."""
    move_all(session, Article, ARTICLE.step("push.start"), Article.id.in_(article_ids), **OUT_OF_QUEUE)


def let_go(session: Session, article_ids: Sequence[int]) -> None:
    """A push has ended without anything sent, or without these articles: what no other push holds is approved and free again."""
    held = held_by_pushes(session, article_ids)
    move_all(session, Article, ARTICLE.step("push.unsent"), Article.id.in_(article_ids))
    move_all(session, Article, ARTICLE.step("push.take"), Article.id.in_(held))
    move_all(session, Article, ARTICLE.step("push.drop"), Article.id.in_(set(article_ids) - held))


def mark_published(
    session: Session,
    article_ids: Sequence[int],
    *,
    at: datetime,
    url: str = "",
    urls: Mapping[int, str] | None = None,
    msg_data_id: str = "",
    wechat_article_id: str = "",
) -> None:
    """The articles reached followers. ``urls`` maps article ids to their addresses, ``url`` is that of the only one.

    The first moment stays the moment of publication; later calls fill in what is still empty.
    """
    addresses = dict(urls or {})
    if url and len(article_ids) == 1:
        addresses.setdefault(article_ids[0], url)
    move_all(session, Article, ARTICLE.step("push.arrive"), Article.id.in_(article_ids), **OUT_OF_QUEUE)
    for article in _ordered(session, article_ids):
        article.published_at = article.published_at or at
        article.published_url = article.published_url or addresses.get(article.id, "")
        article.msg_data_id = article.msg_data_id or msg_data_id
        article.wechat_article_id = article.wechat_article_id or wechat_article_id
    session.flush()


def _ordered(session: Session, article_ids: Sequence[int]) -> list[Article]:
    found = {
        article.id: article
        for article in session.scalars(sa.select(Article).where(Article.id.in_(article_ids)))
    }
    try:
        return [found[article_id] for article_id in article_ids]
    except KeyError as error:
        raise NotFound(f"没有编号为 {error.args[0]} 的稿件") from None
