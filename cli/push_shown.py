"""``flask push show`` in lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from cli.output import emit_rows
from scheduler.life import DELIVERY, PUSH

if TYPE_CHECKING:
    from scheduler.failures import Cause

_SHOWN = 50


def show_push(
    shown: dict[str, Any], causes: Sequence[Cause], waits: str, how: str, beside: Sequence[str]
) -> None:
    """A push in lines; ``beside`` are those on its kits and links."""
    from scheduler import planner, roads, shares

    click.echo(f"推送 {shown['id']} 《{shown['title']}》 {PUSH.label(shown['status'])}")
    if shown["note"]:
        click.echo(shown["note"])
    for said in filter(None, [waits, how]):
        click.echo(said)
    emit_rows(
        ["计划", "微信已受理", "送达", "失败", "待核对"],
        [[shown[name] for name in ("planned", "accepted", "delivered", "failed", "unknown")]],
    )
    if shown["said"]:
        click.echo(shown["said"])
    if len(shown["roads"]) > 1 or shown["unit"] != shares.PEOPLE:
        _show_roads(shown["roads"])
    reasons = planner.reasons()
    for reason, number in shown["skipped"].items():
        click.echo(f"未发送 {number:,} 人：{reasons.get(reason, reason)}")
    for cause in causes:
        whose = f"（{roads.title(cause.road)}）" if len(shown["roads"]) > 1 else ""
        click.echo(
            f"{'失败' if cause.certain else '待核对'} {cause.people:,} {cause.unit}{whose}：{cause.words}"
        )
    for line in beside:
        click.echo(line)
    if shown["again_of"]:
        click.echo(f"重发自推送 {shown['again_of']}")
    if shown["repeats"]:
        click.echo(f"已重发：推送 {'、'.join(map(str, shown['repeats']))}")
    emit_rows(
        ["投递", "对象", "数量", "状态", "说明"],
        [
            [one["id"], one["target"], one["recipients"], DELIVERY.label(one["status"]), one["error"]]
            for one in shown["deliveries"][:_SHOWN]
        ],
    )
    if len(shown["deliveries"]) > _SHOWN:
        click.echo(f"共 {len(shown['deliveries']):,} 批，仅显示前 {_SHOWN} 批，全部请加 --json")


def _show_roads(found: list[dict[str, Any]]) -> None:
    """What has become of a push by each of its roads."""
    names = ("planned", "accepted", "delivered", "failed", "unknown")
    emit_rows(
        ["渠道", "计划", "已受理", "送达", "失败", "待核对"],
        [[one["title"], *(f"{one[name]:,} {one['unit']}" for name in names)] for one in found],
    )
