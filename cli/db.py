"""``flask db``: the schema."""

from __future__ import annotations

import click

from cli.output import Group, runtime
from cli.reclean import COMMAND as RECLEAN
from content import columns, recleaning
from content.lexicon import keeping
from database import migrate
from ground import clock
from workdays import keeping as workdays_keeping

group = Group("db", help="数据库：升级表结构")


@group.command("upgrade")
def upgrade() -> None:
    """把数据库升级到当前版本。可以重复运行，已有数据不会丢失。"""
    from operations import heads

    parts = runtime()
    migrate.upgrade_database(parts.db)
    with parts.db.session_scope() as session:
        columns.ensure_defaults(session)
        keeping.ensure_shipped(session, at=clock.now())
        workdays_keeping.ensure_shipped(session, at=clock.now())
        waiting = recleaning.due_count(session)
    if (report := heads.seal(parts)) is not None:
        found = "原有记录完好" if report.intact else f"原有记录校验不通过：{report.fault}，请立即核查"
        click.echo(f"操作日志已改用密钥校验，共 {report.entries:,} 条，{found}")
    click.echo("数据库已是最新版本")
    if waiting:
        click.echo(f"有 {waiting} 篇稿件的正文要按新的安全规则重新清理，请运行：{RECLEAN}")
