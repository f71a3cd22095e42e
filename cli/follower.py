"""``flask follower``: those who follow the account."""

from __future__ import annotations

import click

from cli.output import Group, emit_json, json_option, runtime

group = Group("follower", help="关注者：从微信同步")


@group.command("sync")
@click.option("--accept-loss", is_flag=True, help="微信返回的人数比记录的少一半以上时仍然同步")
@json_option
def sync_(accept_loss: bool, as_json: bool) -> None:
    """从微信拉取关注者列表和标签"""
    from community import follower_sync

    parts = runtime()
    report = follower_sync.sync(parts.db, parts.client, accept_loss=accept_loss)
    if as_json:
        emit_json(report.as_dict())
        return
    click.echo(
        f"关注者 {report.following:,} 人：新增 {report.added:,}，离开 {report.left:,}；"
        f"标签 {report.tags} 个，待更新 {report.tag_changes:,} 处"
    )
