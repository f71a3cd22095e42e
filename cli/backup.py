"""``flask backup`` and ``flask restore``: everything that cannot be made again, in one file.

The file is a tar.gz with the database (SQLite's online copy, or every table as JSON lines for PostgreSQL), the pictures and
a manifest with sums. Keys are not in it: without ``[privacy]`` from the configuration nobody reads the phone numbers.
"""

from __future__ import annotations

import click

from cli.output import command, readable_file, runtime


@command("backup", short_help="备份到一个文件")
@click.argument("file", type=click.Path(dir_okay=False))
def backup(file: str) -> None:
    """把数据库和图片备份到一个文件。备份时服务可以照常运行。"""
    from operations import archive

    size = archive.write(runtime(), file)
    click.echo(f"已备份到 {file}（{size / 1_048_576:.1f} MB）。配置文件里的密钥不在备份中，请另行保管")


@command("restore", short_help="从备份文件恢复")
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--yes", is_flag=True, help="不再询问")
def restore(file: str, yes: bool) -> None:
    """从备份文件恢复。须先停止服务；现有数据库会被替换，原数据库改名保留。

    恢复后的系统处于只读状态，不会发送任何推送，直到管理员确认它是唯一的一台。
    """
    from operations import archive

    path = readable_file(file)
    if not yes:
        click.confirm("现有数据将被备份中的数据替换，确定吗", abort=True, err=True)
    kept = archive.read(runtime(), path)
    click.echo("已恢复" + (f"，原数据库保留为 {kept}" if kept else ""))
