"""Pictures and other files: for article bodies, as covers, in the library.

Pages: https://developers.weixin.qq.com/doc/service/api/material/permanent/api_uploadimage , …/permanent/api_addmaterial ,
…/permanent/api_getmaterial , …/temporary/api_uploadtempmedia , …/temporary/api_getmedia
"""

from __future__ import annotations

import mimetypes
from typing import Literal

import msgspec

from wechat.outbound.endpoints.base import Caller
from wechat.outbound.endpoints.table import (
    ADD_MATERIAL,
    COUNT_MATERIAL,
    LIST_MATERIAL,
    MEDIA_GET,
    MEDIA_UPLOAD,
    UPLOAD_IMAGE,
)
from wechat.outbound.transport import File

MediaKind = Literal["image", "voice", "video", "thumb"]


class Material(msgspec.Struct, frozen=True):
    """A permanent material. ``url`` is set for pictures only."""

    media_id: str
    url: str = ""


class TemporaryMedia(msgspec.Struct, frozen=True):
    """A temporary medium: lives 3 days; ``created_at`` in unix seconds."""

    media_id: str
    created_at: int = 0


class MaterialItem(msgspec.Struct, frozen=True):
    """A line of the library. ``name`` is the file name given at the upload; ``update_time`` in unix seconds."""

    media_id: str
    name: str = ""
    update_time: int = 0
    url: str = ""


class MaterialPage(msgspec.Struct, frozen=True):
    """A page of the library, newest first."""

    total_count: int = 0
    item_count: int = 0
    item: list[MaterialItem] = []


class MaterialCounts(msgspec.Struct, frozen=True):
    """How many materials there are; 100,000 pictures and 1,000 of each other kind fit."""

    voice_count: int = 0
    video_count: int = 0
    image_count: int = 0
    news_count: int = 0


class _Url(msgspec.Struct):
    url: str


class _Uploaded(msgspec.Struct):
    media_id: str = ""
    thumb_media_id: str = ""
    created_at: int = 0


class MediaCalls(Caller):
    """Uploads are given as bytes, so that one refused for its token is repeated whole."""

    def upload_body_image(self, data: bytes, filename: str) -> str:
        """Upload a picture for an article's body; its URL on WeChat's picture host.

        JPG or PNG, under 1 MB; it does not count in the library. Repeatable (another URL for the same picture: keep it by the
        content's hash). 100,000 a day, far less on small accounts. Page: …/material/permanent/api_uploadimage
        """
        return self.ask(UPLOAD_IMAGE, _Url, file=_file(data, filename)).url

    def add_image(self, data: bytes, filename: str) -> Material:
        """Add a picture to the permanent library: covers, and GIFs for bodies (use its ``url``).

        BMP, PNG, JPEG, GIF, at most 10 MB. Not repeatable: a lost answer may leave a copy, found again by ``filename`` in
        :meth:`materials`. Page: …/material/permanent/api_addmaterial
        """
        return self.ask(ADD_MATERIAL, Material, query={"type": "image"}, file=_file(data, filename))

    def add_video(self, data: bytes, filename: str, *, title: str, introduction: str) -> Material:
        """Add an MP4 of at most 10 MB to the permanent library. WeChat may refuse to mass-send it (48022)."""
        description = msgspec.json.encode({"title": title, "introduction": introduction}).decode()
        return self.ask(
            ADD_MATERIAL, Material,
            query={"type": "video"}, file=_file(data, filename), form={"description": description},
        )  # fmt: skip

    def upload_temporary(self, kind: MediaKind, data: bytes, filename: str) -> TemporaryMedia:
        """Upload a medium for customer-service messages; valid for 3 days, then 40007.

        Picture 10 MB (stay under 2), voice AMR or MP3 2 MB and 60 s, MP4 10 MB, thumb JPG 64 KB.
        Page: …/material/temporary/api_uploadtempmedia
        """
        answer = self.ask(MEDIA_UPLOAD, _Uploaded, query={"type": kind}, file=_file(data, filename))
        media_id = answer.media_id or answer.thumb_media_id
        if not media_id:
            raise self._transport.not_as_expected(MEDIA_UPLOAD)
        return TemporaryMedia(media_id, answer.created_at)

    def media_get(self, media_id: str) -> bytes:
        """The bytes of a temporary medium, also of one that a follower sent in (3 days). Not for video.

        Page: …/material/temporary/api_getmedia
        """
        return self.call(MEDIA_GET, query={"media_id": media_id}, binary=True).content

    def materials(self, kind: str = "image", *, offset: int = 0, count: int = 20) -> MaterialPage:
        """A page of the library (``count`` 1–20), what was uploaded on the site included.

        Page: …/material/permanent/api_batchgetmaterial
        """
        answer = self._sdk.material.batchget(kind, offset, count)
        return self._typed(LIST_MATERIAL, MaterialPage, answer)

    def material_delete(self, media_id: str) -> None:
        """Delete a permanent material, without undo. One in use by a menu or an automatic reply stays (48005, ``ignore``)."""
        self._sdk.material.delete(media_id)

    def material_counts(self) -> MaterialCounts:
        """How full the library is."""
        return self._typed(COUNT_MATERIAL, MaterialCounts, self._sdk.material.get_count())


def _file(data: bytes, filename: str) -> File:
    guessed, _ = mimetypes.guess_type(filename)
    return File(filename, data, guessed or "application/octet-stream")
