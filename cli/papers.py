"""``flask article register``: the form of reviews of articles as PDF."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from cli.output import runtime
from ground import clock

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("register")
@with_appcontext
@click.argument("article_ids", metavar="编号...", type=int, nargs=-1, required=True)
@click.option(
    "--output",
    required=True,
    metavar="文件",
    type=_FILE,
    help="写到这个 PDF 文件",
)
def register(article_ids: tuple[int, ...], output: Path) -> None:
    """审核登记表：按实际经过填写，一篇一页，写成一个 PDF。"""
    from community import places
    from operations.dossier import form, sheet

    parts, now = runtime(), clock.now()
    with parts.db.read_scope() as session:
        called, limits = places.called(session), parts.settings.limits
        forms = [form.form(session, one, limits, called, at=now) for one in article_ids]
    output.write_bytes(sheet.pdf(forms, base_url=parts.settings.server.base_url, at=now))
    click.echo(f"已写入 {output}，共 {len(forms)} 篇")


COMMANDS = (register,)
