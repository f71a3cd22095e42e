"""``flask backup`` and ``flask restore``: everything that cannot be made again, in one sealed file.

The file holds every table, the pictures and a manifest with sums, encrypted under ``[backup] key``. The keys of ``[privacy]`` are
not in it: without them from the configuration nobody reads the phone numbers.
"""

from __future__ import annotations

import click

from cli.output import command, readable_file, runtime
from ground.errors import Conflict, Refused
from ground.process import Lock


@command("backup", short_help="备份到一个文件")
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--force", is_flag=True, help="文件已经存在时覆盖它")
def backup(file: str, force: bool) -> None:
    """把数据库和图片备份到一个文件，用 [backup] key 加密。备份时服务可以照常运行。已有的文件不覆盖，除非加 --force。"""
    from operations import backup as writing

    size = writing.write(runtime(), file, replace=force)
    click.echo(
        f"已备份到 {file}（{size / 1_048_576:.1f} MB，已加密）。配置文件里的密钥不在备份中，请另行保管"
    )


@command("restore", short_help="从备份文件恢复")
@click.argument("file", type=click.Path(dir_okay=False), required=False)
@click.option("--yes", is_flag=True, help="不再询问")
@click.option("--format-1", "first_format", is_flag=True, help="恢复旧版本生成的、没有加密的备份")
@click.option(
    "--account", metavar="用户名", default="", help="配合 --format-1：保留哪个管理员账号，其余全部停用"
)
@click.option("--settle", is_flag=True, help="处理中途停止的恢复，说明现在使用的是哪一份数据")
def restore(file: str | None, yes: bool, first_format: bool, account: str, settle: bool) -> None:
    """从备份文件恢复。须先停止服务；备份核对无误后才换上，原数据库改名保留，所有人须重新登录。

    恢复后的系统处于只读状态，不会发送任何推送，直到管理员确认它是唯一的一台。
    """
    from operations import restore as restoring

    parts = runtime(half_restored=True)
    if settle == bool(file):
        raise Refused("请写明备份文件，或只用 --settle 处理中途停止的恢复")
    lock = Lock(parts.settings.data_dir, "serve.lock")
    if not lock.take():
        raise Conflict("服务正在运行，请先停止服务再恢复")
    try:
        if file is None:
            click.echo(restoring.settle(parts))
            return
        path = readable_file(file)
        if not yes:
            click.confirm("现有数据将被备份中的数据替换，确定吗", abort=True, err=True)
        done = restoring.restore(parts, path, first_format=first_format, account=account)
    finally:
        lock.release()
    click.echo("已恢复" + (f"，原数据库保留为 {done.kept}，确认无误后请删除" if done.kept else ""))
    click.echo(
        f"已退出 {done.sessions} 个登录，所有人须重新登录。系统处于只读状态，直到管理员确认（./pioneer flask push takeover）"
    )
    if first_format:
        click.echo(
            f"已停用 {done.disabled} 个账号，只保留 {account}。旧格式的备份可能被改动过，"
            f"请立即用 ./pioneer flask user password {account} 重设密码，并逐个核对账号后再启用"
        )
