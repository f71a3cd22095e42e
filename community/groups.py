"""群: the groups of branches, in which a robot speaks or people pass things on.

Who works in the office keeps all of them, a secretary those of the own branch. The address of a robot is a secret: it is sealed,
nothing shows more than its last four characters, and no log and no audit entry has it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from accounts import audit
from accounts.rights import branch_scope, may, own_branch, require
from community.privacy import mask_name
from database import claims, locks
from database.locks import Lock
from ground.errors import Conflict, Forbidden, NotFound, Refused
from models import Branch, ChatGroup, Follower, GroupKind, Member, User

KIND_NAMES: dict[GroupKind, str] = {GroupKind.WECOM: "企业微信群", GroupKind.WECHAT: "普通微信群"}
"""What people read for each kind."""
STREET = "全街道"
"""What people read for a group that belongs to no branch."""
NAME_MOST = 30
_FIELDS = {"name": "群名称", "kind": "群类型", "robot": "机器人", "forwarder_id": "转发人"}
_HINT = 4
# WeCom's own example has letters beyond f: https://developer.work.weixin.qq.com/document/path/91770
_KEY = re.compile(r"[0-9A-Za-z]{8}(?:-[0-9A-Za-z]{4}){3}-[0-9A-Za-z]{12}", re.ASCII)
_PATH = "/cgi-bin/webhook/send"
_NO_KEY = (
    "群机器人的地址不对，请在企业微信群的“消息推送（群机器人）”里复制完整的 Webhook 地址后粘贴，"
    f"它以 https://qyapi.weixin.qq.com{_PATH}?key= 开头"
)
_TAIL = 4


@dataclass(frozen=True)
class Typed:
    """What somebody typed of a group; None is left as it is, an empty text takes it away.

    ``robot`` is the whole address or its key, ``forwarder`` a member's name, with the last four digits of the phone behind it
    where two of the branch have that name.
    """

    name: str | None = None
    kind: str | None = None
    robot: str | None = None
    forwarder: str | None = None


@dataclass(frozen=True)
class Shown:
    """A group as lists show it, without its secret. ``forwarder`` is a masked name, ``reached`` whether they follow."""

    id: int
    branch_id: int | None
    branch: str
    name: str
    kind: GroupKind
    robot: str
    forwarder: str
    reached: bool
    version: int

    @property
    def kind_name(self) -> str:
        """The kind in words."""
        return KIND_NAMES[self.kind]

    @property
    def ways(self) -> list[str]:
        """How something gets there, in words; empty where nothing does."""
        return [*(["机器人自动发"] if self.robot else ()), *(["人工转发"] if self.forwarder else ())]


def listed(session: Session, user: User, *, branch_id: int | None = None) -> list[Shown]:
    """The groups that this user may see, those of the whole street first, then by the office's order of branches."""
    require(user, "group.view", branch_id)
    query = _query().where(ChatGroup.archived_at.is_(None), branch_scope(user, ChatGroup.branch_id))
    if branch_id is not None:
        query = query.where(ChatGroup.branch_id == branch_id)
    found = list(session.scalars(query.order_by(Branch.sort.is_not(None), Branch.sort, ChatGroup.id)))
    following = _following(session, [one.forwarder_id for one in found])
    return [_shown(one, following) for one in found]


def get(session: Session, user: User, group_id: int) -> Shown:
    """One group. Raises :class:`NotFound` outside the user's scope, and for one that was given up."""
    require(user, "group.view")
    found = _held(session, user, group_id)
    return _shown(found, _following(session, [found.forwarder_id]))


def address(session: Session, user: User, group_id: int) -> str:
    """The key of a group's robot, for a call. Raises :class:`Refused` where it has none, and what :func:`get` raises."""
    require(user, "group.change")
    found = _held(session, user, group_id)
    if not found.robot:
        raise Refused("这个群还没有登记机器人，请先填写机器人的地址")
    return found.robot


def add(session: Session, user: User, branch_id: int | None, typed: Typed, *, at: datetime) -> Shown:
    """A new group of a branch, or (None) of the whole street.

    Raises :class:`Refused` for what cannot be right, :class:`Conflict` for a name that the branch has already, and
    :class:`Forbidden`.
    """
    _may_change(user, branch_id)
    branch = session.get(Branch, branch_id) if branch_id is not None else None
    if branch_id is not None and (branch is None or not branch.active):
        raise Refused("请选择一个党支部")
    locks.hold(session, Lock.GROUPS)
    group = ChatGroup(branch_id=branch_id, created_by=user.id, created_at=at, version=1, robot_hint="")
    values = _read(session, user, group, replace(typed, name=typed.name or "", kind=typed.kind or ""))
    for column, value in values.items():
        setattr(group, column, value)
    session.add(group)
    session.flush()
    _note(session, user, "group.create", group.id, values, at)
    return get(session, user, group.id)


def change(
    session: Session, user: User, group_id: int, typed: Typed, *, version: int | None = None, at: datetime
) -> Shown:
    """Keep what was typed. ``version`` is that of the form: two do not overwrite each other.

    Raises what :func:`add` raises, and :class:`Conflict` where somebody else was faster.
    """
    locks.hold(session, Lock.GROUPS)
    group = _to_change(session, user, group_id)
    values = _read(session, user, group, typed)
    values = {column: value for column, value in values.items() if getattr(group, column) != value}
    if not values:
        raise Refused("没有改动任何内容")
    _write(session, group, version, values)
    _note(session, user, "group.change", group_id, values, at)
    return get(session, user, group_id)


def give_up(session: Session, user: User, group_id: int, *, version: int | None = None, at: datetime) -> str:
    """停用: nothing goes there any more, and its robot's address is forgotten; its name.

    Raises :class:`NotFound`, :class:`Forbidden`, and :class:`Conflict` where somebody else was faster.
    """
    group = _to_change(session, user, group_id)
    name = group.name
    gone: dict[str, Any] = {"archived_at": at, "robot": None, "robot_hint": "", "forwarder_id": None}
    _write(session, group, version, gone)
    _note(session, user, "group.close", group_id, {}, at)
    return name


# --- what was typed ------------------------------------------------------------------------------------------


def _read(session: Session, user: User, group: ChatGroup, typed: Typed) -> dict[str, Any]:
    """The columns that were typed, each as it is kept."""
    values: dict[str, Any] = {}
    if typed.name is not None:
        values["name"] = _name(session, group, typed.name)
    if typed.kind is not None:
        values["kind"] = _kind(typed.kind).value
    kind = values.get("kind", group.kind)
    if typed.robot:
        if kind != GroupKind.WECOM:
            raise Refused("普通微信群不能添加机器人，请去掉机器人的地址，或把群类型改为企业微信群")
        key = key_in(typed.robot)
        _not_elsewhere(session, group, key)
        values |= {"robot": key, "robot_hint": key[-_HINT:]}
    elif typed.robot == "" or (kind != GroupKind.WECOM and group.robot):
        values |= {"robot": None, "robot_hint": ""}
    if typed.forwarder is not None:
        values["forwarder_id"] = _member(session, user, group.branch_id, typed.forwarder.strip())
    return values


def key_in(text: str) -> str:
    """The key in what was pasted: a robot's whole address, or the key alone. Raises :class:`Refused`, without what was pasted."""
    text = text.strip()
    if "://" in text:
        try:
            where = urlsplit(text)
        except ValueError:
            raise Refused(_NO_KEY) from None
        if where.path != _PATH:
            raise Refused(_NO_KEY)
        text = next(iter(parse_qs(where.query).get("key", [])), "")
    if not _KEY.fullmatch(text):
        raise Refused(_NO_KEY)
    return text


def _name(session: Session, group: ChatGroup, text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise Refused("请填写群名称")
    if len(name) > NAME_MOST:
        raise Refused(f"群名称不能超过 {NAME_MOST} 个字，请删减后再保存")
    same = sa.select(ChatGroup.id).where(
        ChatGroup.name == name, ChatGroup.branch_id.is_not_distinct_from(group.branch_id),
        ChatGroup.archived_at.is_(None), ChatGroup.id.is_distinct_from(group.id),
    )  # fmt: skip
    if session.scalar(same.limit(1)) is not None:
        raise Conflict(f"已经有叫“{name}”的群，请换一个名称")
    return name


def _kind(text: str) -> GroupKind:
    try:
        return GroupKind(text)
    except ValueError:
        raise Refused("请选择群类型：企业微信群或普通微信群") from None


def _not_elsewhere(session: Session, group: ChatGroup, key: str) -> None:
    """A robot belongs to one group. Its key is sealed: few rows have the same end, and these are opened."""
    others = session.scalars(
        sa.select(ChatGroup).where(
            ChatGroup.robot_hint == key[-_HINT:],
            ChatGroup.archived_at.is_(None),
            ChatGroup.id.is_distinct_from(group.id),
        )
    )
    if any(one.robot == key for one in others):
        raise Conflict("这个机器人已经登记在另一个群，一个机器人只属于一个群，请在这个群里另外添加")


def _member(session: Session, user: User, branch_id: int | None, text: str) -> int | None:
    """The member of this name in the branch (of the whole street's groups: in any)."""
    if not text:
        return None
    require(user, "member.view", branch_id)
    found = _called(session, branch_id, text)
    bare = text.rstrip(")）")
    tail = bare[-_TAIL:]
    if not found and tail.isascii() and tail.isdecimal():
        name = bare[:-_TAIL].rstrip("(（ ")
        found = [one for one in _called(session, branch_id, name) if (one.phone or "").endswith(tail)]
    if not found:
        raise Refused("名册里没有这位党员，请核对转发人的姓名；转发人应是本支部的党员")
    if len(found) > 1:
        raise Refused(f"有 {len(found)} 位党员叫这个名字，请在姓名后面加上手机尾号四位，例如：张三 5678")
    return found[0].id


def _called(session: Session, branch_id: int | None, name: str) -> Sequence[Member]:
    query = sa.select(Member).where(Member.name == name, Member.active.is_(True), Member.erased_at.is_(None))
    return session.scalars(query if branch_id is None else query.where(Member.branch_id == branch_id)).all()


# --- rows ----------------------------------------------------------------------------------------------------


def _query() -> sa.Select[ChatGroup]:
    loaded = (joinedload(ChatGroup.branch), joinedload(ChatGroup.forwarder))
    return sa.select(ChatGroup).outerjoin(Branch, Branch.id == ChatGroup.branch_id).options(*loaded)


def _held(session: Session, user: User, group_id: int) -> ChatGroup:
    mine = branch_scope(user, ChatGroup.branch_id)
    found = session.scalar(_query().where(ChatGroup.id == group_id, ChatGroup.archived_at.is_(None), mine))
    if found is None:
        raise NotFound("没有这个群，或已经停用，或不在您的支部")
    return found


def _to_change(session: Session, user: User, group_id: int) -> ChatGroup:
    require(user, "group.change")
    group = _held(session, user, group_id)
    _may_change(user, group.branch_id)
    return group


def _may_change(user: User, branch_id: int | None) -> None:
    require(user, "group.change", branch_id)
    if branch_id is None and own_branch(user) is not None:
        raise Forbidden("您只能管理本支部的群，全街道的群请联系管理员")


def _write(session: Session, group: ChatGroup, version: int | None, values: dict[str, Any]) -> None:
    seen = group.version if version is None else version
    same = [ChatGroup.id == group.id, ChatGroup.version == seen, ChatGroup.archived_at.is_(None)]
    if not claims.change(session, ChatGroup, same, **values, version=seen + 1):
        raise Conflict("这个群刚刚被他人改过，您填写的内容没有保存，请刷新页面，看过现在的内容后再改")
    session.expire(group)


def _note(
    session: Session, user: User, action: str, group_id: int, values: dict[str, Any], at: datetime
) -> None:
    fields = "、".join(name for column, name in _FIELDS.items() if column in values)
    detail = {"fields": fields} if fields else {}
    audit.record(session, action, user=user, subject=f"group:{group_id}", detail=detail, at=at)


def _following(session: Session, members: Sequence[int | None]) -> set[int | None]:
    wanted = [one for one in members if one is not None]
    follows = (Follower.subscribed.is_(True), Follower.gone.is_(False))
    return set(session.scalars(sa.select(Follower.member_id).where(Follower.member_id.in_(wanted), *follows)))


def _shown(group: ChatGroup, following: set[int | None]) -> Shown:
    return Shown(
        id=group.id,
        branch_id=group.branch_id,
        branch=group.branch.label if group.branch else STREET,
        name=group.name,
        kind=GroupKind(group.kind),
        robot=f"••••{group.robot_hint}" if group.robot_hint else "",
        forwarder=mask_name(group.forwarder.name) if group.forwarder else "",
        reached=group.forwarder_id in following,
        version=group.version,
    )


def may_name(user: User, branch_id: int | None) -> bool:
    """Whether this user may say who forwards: for that one must be allowed to see the roster."""
    return may(user, "member.view", branch_id)


__all__ = [
    "KIND_NAMES", "NAME_MOST", "STREET", "Shown", "Typed", "add", "address", "change", "get", "give_up", "key_in", "listed",
    "may_name",
]  # fmt: skip
