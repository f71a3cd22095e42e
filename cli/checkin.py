"""``flask checkin``: the secretary's list on the evening, its corrections, and who asks to make up for one."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from cli.output import Group, acting_user, as_option, emit_json, emit_rows, json_option, runtime
from ground import clock
from ground.errors import Refused

if TYPE_CHECKING:
    from database.session import Session
    from models import User

group = Group("checkin", help="登记签到：名单、登记、补录、撤回，请假名单，补签审批")
_number = click.argument("activity_id", metavar="活动编号", type=int)
_branch = click.option("--branch", default="", metavar="党支部", help="党支部名称，支部书记不用写")


def _branch_id(session: Session, user: User, name: str) -> int:
    from accounts import users
    from community import places

    if name:
        return places.branch_named(session, name).id
    own = users.own_branch(user)
    if own is None:
        raise Refused("请用 --branch 写明党支部")
    return own


@group.command("list")
@_number
@_branch
@click.option("--find", "words", default="", metavar="文字", help="按姓名、拼音、首字母或手机尾号查找")
@as_option
@json_option
def list_(activity_id: int, branch: str, words: str, acting: str, as_json: bool) -> None:
    """名单：姓名已打码；是否签到只有本支部书记能看到"""
    from community import activities, hand_list
    from community.lives import CHECK_IN

    with runtime().db.read_scope() as session:
        user = acting_user(session, acting)
        found = activities.get(session, activity_id, user=user)
        lines = hand_list.lines(session, user, found, _branch_id(session, user, branch), words=words)
    if as_json:
        emit_json([asdict(one) for one in lines])
        return
    emit_rows(
        ("党员编号", "姓名", "手机尾号", "签到"),
        (
            (one.id, one.name, one.tail, "请假" if one.on_leave and one.free else CHECK_IN.label(one.state) if one.state else "")
            for one in lines
        ),
    )  # fmt: skip


@group.command("latest")
@_number
@_branch
@as_option
@json_option
def latest_(activity_id: int, branch: str, acting: str, as_json: bool) -> None:
    """最近的签到记录，撤回时用这里的签到编号"""
    from community import activities, hand_list
    from community.lives import WAYS
    from models import CheckInWay

    with runtime().db.read_scope() as session:
        user = acting_user(session, acting)
        found = activities.get(session, activity_id, user=user)
        only = _branch_id(session, user, branch) if branch else None
        records = hand_list.latest(session, user, found, branch_id=only)
    if as_json:
        emit_json([asdict(one) for one in records])
        return
    emit_rows(
        ("签到编号", "姓名", "党支部", "时间", "方式"),
        ((one.id, one.name, one.branch, one.at, WAYS[CheckInWay(one.via)]) for one in records),
    )


@group.command("mark")
@_number
@click.argument("members", metavar="党员编号…", type=int, nargs=-1, required=True)
@click.option("--paper", default="", metavar="原因", help="活动结束后补录：写明原因，记录标记为“补签”")
@as_option
@json_option
def mark_(activity_id: int, members: tuple[int, ...], paper: str, acting: str, as_json: bool) -> None:
    """登记到场的党员；不在签到时间内的用 --paper 补录"""
    from community import activities, attendance

    with runtime().db.session_scope() as session:
        user, at = acting_user(session, acting), clock.now()
        found = activities.get(session, activity_id, user=user)
        if paper:
            done = attendance.record_by_hand(session, user, found, members, at=at, reason=paper)
        else:
            done = attendance.list_them(session, user, found, members, at=at)
    if as_json:
        emit_json(asdict(done))
        return
    click.echo(
        f"已登记 {done.added} 人，{done.already} 人原已签到，{done.skipped} 人不在活动范围内，"
        f"{done.joined} 人原不在应到名单、已补入"
    )


@group.command("takeback")
@_number
@click.argument("check_in_id", metavar="签到编号", type=int)
@click.option("--reason", required=True, metavar="原因", help="为什么撤回，记入操作日志，不要写姓名")
@as_option
def takeback_(activity_id: int, check_in_id: int, reason: str, acting: str) -> None:
    """撤回一条签到"""
    from community import activities, attendance

    with runtime().db.session_scope() as session:
        user = acting_user(session, acting)
        found = activities.get(session, activity_id, user=user)
        whose = attendance.take_back(session, user, found, check_in_id, reason=reason, at=clock.now())
    click.echo(f"已撤回 {whose} 的签到，可以重新登记")


@group.command("leave")
@_number
@_branch
@as_option
@json_option
def leave_(activity_id: int, branch: str, acting: str, as_json: bool) -> None:
    """请假名单，只有本支部书记能看到"""
    from community import activities, leave

    with runtime().db.read_scope() as session:
        user = acting_user(session, acting)
        found = activities.get(session, activity_id, user=user)
        away = leave.of_branch(session, user, found, _branch_id(session, user, branch))
    if as_json:
        emit_json([asdict(one) for one in away])
        return
    emit_rows(("党员编号", "姓名", "原因", "时间"), ((o.member_id, o.name, o.reason, o.at) for o in away))


@group.command("waiting")
@_branch
@as_option
@json_option
def waiting_(branch: str, acting: str, as_json: bool) -> None:
    """等待审批的补签申请，先申请的在前"""
    from community import makeup
    from community.privacy import mask_name

    with runtime().db.read_scope() as session:
        user = acting_user(session, acting)
        only = _branch_id(session, user, branch) if branch else None
        rows = [
            (one.id, one.activity.title, mask_name(one.member.name), one.reason, one.at)
            for one in makeup.waiting(session, user, branch_id=only)
        ]
    if as_json:
        emit_json([dict(zip(("id", "activity", "name", "reason", "at"), row, strict=True)) for row in rows])
        return
    emit_rows(("申请编号", "活动", "姓名", "原因", "申请时间"), rows)


@group.command("decide")
@click.argument("request_id", metavar="申请编号", type=int)
@click.option("--approve", is_flag=True, help="通过")
@click.option("--refuse", is_flag=True, help="不通过")
@as_option
def decide_(request_id: int, approve: bool, refuse: bool, acting: str) -> None:
    """审批一条补签申请"""
    from community import makeup

    if approve == refuse:
        raise Refused("请用 --approve 写明通过，或用 --refuse 写明不通过")
    with runtime().db.session_scope() as session:
        user = acting_user(session, acting)
        makeup.decide(session, user, request_id, approve=approve, at=clock.now())
    click.echo("已通过，记为补签" if approve else "已记为不通过，不记签到")
