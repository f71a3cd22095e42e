"""``flask privacy``: what is kept and whether it goes in time, a person's erasure, and the rotation of keys."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.output import Group, acting_user, as_option, emit_json, exit_refused, json_option, runtime, shown
from ground import clock
from ground.errors import Refused

if TYPE_CHECKING:
    from operations.retention_report import Report
    from settings import Settings

group = Group("privacy", help="个人信息：保存期限、清除、更换密钥")


@group.command("report")
@json_option
def report_(as_json: bool) -> None:
    """每一类个人信息：有多少、最早的、到期未清除的（应为 0）、最近一次清除了多少。有到期未清除的时退出码为 1。"""
    from operations import retention_report

    parts = runtime()
    found = retention_report.report(parts.db, parts.settings, clock.now())
    if as_json:
        emit_json(retention_report.as_dict(found, parts.settings))
    else:
        _show(found, parts.settings)
    if found.overdue:
        click.echo(
            f"有 {found.overdue:,} 项已到期未清除，请确认定时任务在运行（./pioneer flask serve 或 ./pioneer flask scheduler）",
            err=True,
        )
        sys.exit(1)


def _show(found: Report, settings: Settings) -> None:
    """A block for each kind of which there is something: it fits a terminal, whatever its sentences say."""
    for line in found.present:
        kind, run = line.kind, line.run
        click.echo(kind.what)
        click.echo(f"  保存：{kind.time(settings)}")
        figures = [f"现有 {line.standing.rows:,}"]
        if line.standing.oldest:
            figures.append(f"最早 {shown(line.standing.oldest)}")
        if kind.sweep is not None:
            figures.append(f"到期未清除 {line.overdue:,}")
        click.echo(f"  {'，'.join(figures)}")
        if run is not None:
            ended = "未完成" if run.finished_at is None else shown(run.finished_at)
            click.echo(f"  最近一次清除：{ended}，清除 {run.removed:,}")
    click.echo(f"另有 {len(found.empty)} 类目前没有内容")


@group.command("erase")
@click.argument("member", type=int, required=False, metavar="党员编号")
@click.option("--openid", default="", metavar="OPENID", help="按微信号标识清除（绑定了党员时一并清除）")
@click.option("--reason", default="", metavar="事由", help="为什么清除，至少 4 个字，不要写姓名或手机号码")
@click.option("--dry-run", is_flag=True, help="只列出会清除什么，不清除")
@click.option("--yes", is_flag=True, help="不再询问，直接清除")
@as_option
@json_option
def erase_(
    member: int | None, openid: str, reason: str, dry_run: bool, yes: bool, acting: str, as_json: bool
) -> None:
    """清除一个人的个人信息：姓名、手机号码、绑定、消息；台账记录保留但没有姓名。不能恢复，先询问。"""
    from community import erasing, privacy

    if (member is None) == (not openid):
        raise Refused("请写党员编号或 --openid，二者选一")
    parts = runtime()
    with parts.db.read_scope() as session:
        person = erasing.find(session, acting_user(session, acting), member_id=member, openid=openid)
        found = erasing.traces(session, person)
        whom = privacy.glimpse(person.member) if person.member is not None else None
        if not dry_run:
            reason = erasing.reason_for(person, reason)
    click.echo(f"将清除的是：{whom or '没有绑定党员的关注者'}", err=as_json)
    if not dry_run:
        if not yes:
            click.confirm("清除后不能恢复，确定清除吗？", abort=True, err=True)
        with parts.db.session_scope() as session:
            user = acting_user(session, acting)
            found = erasing.erase(
                session, user, member_id=member, openid=openid, reason=reason, at=clock.now()
            )
        parts.db.empty_log()
    if as_json:
        named = {"name": whom.name, "branch": whom.branch, "phone_tail": whom.tail} if whom else {}
        emit_json({"erased": not dry_run, **named, **found.as_dict()})
        return
    click.echo(
        f"{'将清除' if dry_run else '已清除'}：消息 {found.messages:,} 条，事由 {found.reasons:,} 处；"
        f"签到记录 {found.check_ins:,} 条保留，没有姓名"
    )
    if not dry_run:
        click.echo("请同时从单位的名册文件中删去此人，否则下次导入会重新登记；此前的备份按各自的保存时间处理")


@group.command("export")
@click.argument("member", type=int, metavar="党员编号")
@click.option("--reason", default="", metavar="事由", help="为什么导出，至少 4 个字，不要写姓名或手机号码")
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="文件",
    help="写到哪里，.xlsx 或 .json",
)
@as_option
def export_(member: int, reason: str, out: Path, acting: str) -> None:
    """应本人要求，导出一位党员的全部信息（没有脱敏），记入操作日志。"""
    from community import whole_file

    if out.suffix not in (".xlsx", ".json"):
        raise Refused("文件名请以 .xlsx 或 .json 结尾")
    if out.exists():
        raise Refused(f"文件 {out} 已存在，请换一个名称")
    parts = runtime()
    with parts.db.session_scope() as session:
        found = whole_file.of_member(session, acting_user(session, acting), member, reason, at=clock.now())
    out.touch(mode=0o600)
    out.write_bytes(found.as_json() if out.suffix == ".json" else found.as_workbook())
    click.echo(f"已导出 {found.rows:,} 条到 {out}，交给本人后请删除")


def _in_words(seconds: float) -> str:
    return f"{seconds:.0f} 秒" if seconds < 90 else f"{seconds / 60:.0f} 分钟"


@group.command("rotate")
@json_option
def rotate_(as_json: bool) -> None:
    """更换密钥：在 field_keys 最前面加上新密钥并重启服务后运行，把所有加密数据改用新密钥。可以中断，再次运行会接着做。"""
    from operations import rotation

    parts = runtime()
    before = rotation.remaining(parts.db)

    began, total = time.monotonic(), sum(before.values())
    so_far: dict[str, int] = {}

    def progress(column: str, done: int) -> None:
        so_far[column] = done
        all_done = sum(so_far.values())
        a_second = all_done / max(time.monotonic() - began, 0.001)
        left = _in_words((total - all_done) / a_second) if a_second else "未知"
        click.echo(
            f"{column}：{done:,} / {before[column]:,}；共 {all_done:,} / {total:,}，每秒 {a_second:,.0f} 项，约剩 {left}",
            err=True,
        )

    done = rotation.rotate(parts.db, clock.now(), progress)
    unreadable = sum(done.unreadable.values())
    left = sum(rotation.remaining(parts.db).values())
    if as_json:
        emit_json({"sealed": done.sealed, "unreadable": done.unreadable, "remaining": left})
    else:
        click.echo(f"已改用新密钥 {done.total:,} 项，剩余 {left:,} 项")
    if unreadable:
        exit_refused(
            f"有 {unreadable:,} 项用现有的密钥打不开，没有改动，请把对应的旧密钥补到 field_keys 后面再运行"
        )
    standing = rotation.standing(parts.db)
    if standing.shut is not None:
        exit_refused(standing.shut.advice)
    if not as_json:
        click.echo(_what_now(standing.keys))


def _what_now(keys: tuple[str, ...]) -> str:
    """What is to be done with the keys once all is sealed with the first: each by its id, for the order may be the wrong one."""
    present, *others = keys
    if not others:
        return f"只有一把密钥（{present}），没有可更换的。要更换时用 ./pioneer flask keys 生成一把，写在 field_keys 最前面"
    return (
        f"现在全部用第一把密钥 {present} 加密。{'、'.join(others)} 请再保留 31 天（暂存的消息和以前的备份可能还要用），"
        f"之后可以从 field_keys 中删去。如果 {present} 是旧密钥，请把新密钥移到最前面，重启服务后再运行"
    )
