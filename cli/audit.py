"""``flask audit``: whether the trail is whole."""

from __future__ import annotations

import sys

import click

from cli.output import Group, emit_json, json_option, runtime

group = Group("audit", help="操作日志：校验")


@group.command("verify")
@json_option
def verify(as_json: bool) -> None:
    """校验操作日志：从第一条走到最后一条，并与数据目录里另外保存的末尾记录（audit-heads.log）核对。

    有记录被改动、删除、插入或调换次序时，指出是哪一条，退出码为 1。
    """
    from operations import heads

    verdict = heads.verify(runtime())
    report, head = verdict.report, verdict.head
    if as_json:
        emit_json(
            {
                "entries": report.entries,
                "intact": verdict.intact,
                "broken_at": report.broken_at,
                "fault": verdict.fault,
                "notes": list(verdict.notes),
                "head": {"id": head.id, "hash": head.hash} if head else None,
            }
        )
    else:
        for note in verdict.notes:
            click.echo(f"说明：{note}")
        if verdict.intact:
            click.echo(f"校验通过：共 {report.entries:,} 条记录，首尾相连，没有被改动")
    if not verdict.intact:
        click.echo(f"校验不通过：{verdict.fault}，请保存现场并立即核查", err=True)
        sys.exit(1)
