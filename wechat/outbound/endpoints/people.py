"""Followers, tags, blacklist and QR codes with a scene.

Pages: https://developers.weixin.qq.com/doc/service/api/usermanage/tag/api_createtag , …/api_batchtagging , …/api_gettagfans ;
https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_userinfo , …/api_batchuserinfo , …/api_getblacklist ;
https://developers.weixin.qq.com/doc/service/api/qrcode/qrcodes/api_createqrcode.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from wechat.outbound.endpoints.base import Caller, OpenidList
from wechat.outbound.endpoints.table import (
    BLACKLIST,
    QR_CREATE,
    QR_PICTURE,
    TAG_ADD,
    TAG_MEMBERS,
    TAG_REMOVE,
    TAGS_CREATE,
    TAGS_GET,
    TAGS_OF,
    USER_INFO,
    USER_INFOS,
    USER_LIST,
    Endpoint,
)
from wechat.outbound.failures import CallFailed
from wechat.outbound.reaction_table import look_up
from wechat.outbound.reactions import FIX, TAG_GONE, Detail, Kind

PARTLY = 45171
# One bad openid fails its whole batch: it is found by halving.
_BAD_OPENID = (40003, 40031, 45059, 49003)
_LANGUAGE = "zh_CN"


class Tag(msgspec.Struct, frozen=True):
    """A tag (标签); ``count`` lags behind. Ids 0, 1 and 2 are WeChat's own."""

    id: int
    name: str
    count: int = 0


class FollowerPage(msgspec.Struct, frozen=True):
    """Up to 10,000 openids. Ask again with ``next_openid`` until ``openids`` is empty. ``total`` is 0 for a tag's members."""

    total: int = 0
    count: int = 0
    data: OpenidList = OpenidList()
    next_openid: str = ""

    @property
    def openids(self) -> list[str]:
        """The openids of this page."""
        return self.data.openid


class UserInfo(msgspec.Struct, frozen=True):
    """What WeChat tells about a follower: no name, no picture, since 2021-12-27.

    ``subscribe`` 1 or 0 (then nothing else is set); ``subscribe_time`` in unix seconds, of the last time of following.
    """

    openid: str
    subscribe: int = 0
    unionid: str = ""
    subscribe_time: int = 0
    remark: str = ""
    tagid_list: list[int] = []
    subscribe_scene: str = ""
    qr_scene: int = 0
    qr_scene_str: str = ""


class QrCode(msgspec.Struct, frozen=True):
    """``url`` may be drawn as a code by ourselves; ``expire_seconds`` is None for a permanent one."""

    ticket: str
    url: str
    expire_seconds: int | None = None


class _TagAnswer(msgspec.Struct):
    tag: Tag


class _Tags(msgspec.Struct):
    tags: list[Tag]


class _TagIds(msgspec.Struct):
    tagid_list: list[int]


class _UserInfos(msgspec.Struct):
    user_info_list: list[UserInfo]


class PeopleCalls(Caller):
    """At most 100 tags an account, 20 a follower, 50 openids a tagging call. Never two tagging calls at once for one openid."""

    def tags_get(self) -> list[Tag]:
        """All tags. 1,000 a day. Page: …/usermanage/tag/api_gettags"""
        return self._typed(TAGS_GET, _Tags, {"tags": self._sdk.tag.get()}).tags

    def tag_create(self, name: str) -> Tag:
        """Create a tag (≤ 30 bytes: 10 Chinese characters), or find the one of that name. 45056 when 100 exist.

        Page: …/usermanage/tag/api_createtag
        """
        try:
            return self._typed(TAGS_CREATE, _TagAnswer, {"tag": self._sdk.tag.create(name)}).tag
        except CallFailed as failed:
            if failed.kind is not Kind.ALREADY_DONE:
                raise
            taken = failed
        for tag in self.tags_get():
            if tag.name == name:
                return tag
        row = look_up(taken.group, taken.code or 0)._replace(reaction=FIX, meaning="标签名不合规")
        raise CallFailed(row, group=taken.group, path=taken.path, code=taken.code, errmsg=taken.errmsg)

    def tag_rename(self, tag_id: int, name: str) -> None:
        """Rename a tag."""
        self._sdk.tag.update(tag_id, name)

    def tag_delete(self, tag_id: int) -> None:
        """Delete a tag with at most 100,000 members; one that is gone already is fine."""
        try:
            self._sdk.tag.delete(tag_id)
        except CallFailed as failed:
            if failed.reaction != TAG_GONE:
                raise

    def tag_members(self, tag_id: int, next_openid: str = "") -> FollowerPage:
        """A page of a tag's members. Page: …/usermanage/tag/api_gettagfans"""
        return self._typed(TAG_MEMBERS, FollowerPage, self._sdk.tag.get_tag_users(tag_id, next_openid))

    def tag_add(self, openids: Sequence[str], tag_id: int) -> dict[str, Detail]:
        """Give a tag to any number of followers, 50 a call; the refused ones with the reason (``too_many_tags``, ...).

        Repeatable. 100,000 calls a day. Page: …/usermanage/tag/api_batchtagging
        """
        return self._tagging(TAG_ADD, self._sdk.tag.tag_user, openids, tag_id)

    def tag_remove(self, openids: Sequence[str], tag_id: int) -> dict[str, Detail]:
        """Take a tag away, likewise. Page: …/usermanage/tag/api_batchuntagging"""
        return self._tagging(TAG_REMOVE, self._sdk.tag.untag_user, openids, tag_id)

    def tags_of(self, openid: str) -> list[int]:
        """The tag ids of a follower."""
        return self._typed(TAGS_OF, _TagIds, {"tagid_list": self._sdk.tag.get_user_tag(openid)}).tagid_list

    def followers(self, next_openid: str = "") -> FollowerPage:
        """A page of all followers' openids, up to 10,000; the page after the last is empty. 500 a day.

        Page: https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_getfans
        """
        return self._typed(USER_LIST, FollowerPage, self._sdk.user.get_followers(next_openid))

    def user_info(self, openid: str) -> UserInfo:
        """One follower. Page: …/usermanage/userinfo/api_userinfo"""
        return self._typed(USER_INFO, UserInfo, self._sdk.user.get(openid, _LANGUAGE))

    def user_infos(self, openids: Sequence[str]) -> list[UserInfo]:
        """Up to 100 followers, all of whom must follow. Page: …/usermanage/userinfo/api_batchuserinfo"""
        asked = [{"openid": openid, "lang": _LANGUAGE} for openid in openids]
        return self._typed(
            USER_INFOS, _UserInfos, {"user_info_list": self._sdk.user.get_batch(asked)}
        ).user_info_list

    def user_remark(self, openid: str, remark: str) -> None:
        """Set the remark (under 30 bytes) that administrators see. 10,000 a day."""
        self._sdk.user.update_remark(openid, remark)

    def blacklist(self, begin_openid: str = "") -> FollowerPage:
        """A page of the blacklist, up to 10,000. Page: …/usermanage/userinfo/api_getblacklist"""
        return self._typed(BLACKLIST, FollowerPage, self._sdk.tag.get_black_list(begin_openid))

    def blacklist_add(self, openids: Sequence[str]) -> None:
        """Block up to 20 followers."""
        self._sdk.tag.batch_black_list(list(openids))

    def blacklist_remove(self, openids: Sequence[str]) -> None:
        """Unblock up to 20 followers."""
        self._sdk.tag.batch_unblack_list(list(openids))

    def qrcode_create(self, scene: str, expire_s: int | None = None) -> QrCode:
        """A code with a scene of 1–64 characters (begin it with a letter); temporary up to 30 days, else permanent.

        Permanent ones: 100,000 an account, never deleted; the same scene gives the same code. 100,000 calls a day.
        Page: …/qrcode/qrcodes/api_createqrcode.html
        """
        body: dict[str, Any] = {
            "action_name": "QR_LIMIT_STR_SCENE" if expire_s is None else "QR_STR_SCENE",
            "action_info": {"scene": {"scene_str": scene}},
        }
        if expire_s is not None:
            body["expire_seconds"] = expire_s
        return self.ask(QR_CREATE, QrCode, body=body)

    def qrcode_picture(self, ticket: str) -> bytes:
        """The picture (JPEG) of a code by its ticket; no token needed."""
        return self.call(QR_PICTURE, query={"ticket": ticket}, binary=True).content

    def _tagging(
        self, endpoint: Endpoint, send: Callable[[int, list[str]], Any], openids: Sequence[str], tag_id: int
    ) -> dict[str, Detail]:
        size = self.settings.wechat.limits.openids_per_tagging
        refused: dict[str, Detail] = {}
        todo = [list(openids[start : start + size]) for start in range(0, len(openids), size)]
        again: set[str] = set()
        while todo:
            batch = todo.pop()
            try:
                send(tag_id, batch)
            except CallFailed as failed:
                if failed.code == PARTLY:
                    left = [str(one) for one in failed.answer.get("fail_openid_list", batch)]
                    refused.update({one: failed.detail or Detail.TAGGING for one in left if one in again})
                    fresh = [one for one in left if one not in again]
                    again.update(fresh)
                    todo += [fresh] if fresh else []
                elif failed.code in _BAD_OPENID and len(batch) > 1:
                    middle = len(batch) // 2
                    todo += [batch[:middle], batch[middle:]]
                elif failed.code in _BAD_OPENID:
                    refused[batch[0]] = failed.detail or Detail.INVALID_OPENID
                else:
                    raise
        return refused
