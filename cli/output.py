"""What the commands share: how errors end a command, who acts, and how results are printed."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from accounts import users
from database import faults
from database.faults import Fault
from database.sealed import Unopened
from ground import clock, logs
from ground.errors import PioneerError, Refused, in_words
from settings import load_settings

if TYPE_CHECKING:
    from database.session import Session
    from models.users import User
    from runtime import Runtime

F = TypeVar("F", bound=Callable[..., Any])


_DATABASE = {
    Fault.NOT_BUILT: ("数据库还没有建好或版本太旧，请先运行：./pioneer flask db upgrade", 1),
    Fault.BUSY: ("数据库正忙，请稍后再试", 1),
    Fault.UNREACHABLE: ("数据库连接不上，请检查 [database] url 和数据库是否已启动", 1),
    **dict.fromkeys(
        (Fault.NUMBER_TOO_LARGE, Fault.TEXT_WITH_NUL, Fault.VALUE_TOO_LARGE),
        ("编号或文字超出数据库能存的范围，请核对后重试", 2),
    ),
}


def _ended_by(error: Exception) -> tuple[str, int]:
    if isinstance(error, PioneerError):
        return error.message, error.exit_code
    if isinstance(error, Unopened):
        return (
            "有加密内容用现有的密钥打不开，请检查 [privacy] field_keys，运行 ./pioneer flask doctor 查看怎么办",
            1,
        )
    fault = faults.kind_of(error)
    if fault in _DATABASE:
        return _DATABASE[fault]
    if fault is not None:
        return (
            f"数据库没有接受这次操作（{type(error).__name__}），请重试，仍不行时运行 ./pioneer flask doctor 检查",
            1,
        )
    if isinstance(error, OSError):
        name = f" {error.filename}" if error.filename else ""
        return f"文件无法读写{name}：{in_words(error)}，请检查路径、权限和磁盘空间", 1
    raise error


class _Plain:
    """A command that fails with one Chinese line on standard error and an exit code, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)  # type: ignore[misc]
        except click.UsageError as error:  # of one of a group's commands
            exit_usage(error)
        except click.Abort:  # Ctrl-C or Ctrl-D at a question
            click.echo("已取消，没有任何改动", err=True)
            ctx.exit(1)
        except (PioneerError, Unopened, faults.DatabaseFault, OSError, OverflowError) as error:
            if isinstance(error, BrokenPipeError):
                raise
            message, code = _ended_by(error)
            click.echo(message, err=True)
            ctx.exit(code)


def exit_usage(error: click.UsageError) -> None:
    """End with exit code 2 and one Chinese line that says what was typed wrongly; a bare group shows its help."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        raise error
    path = error.ctx.command_path if error.ctx else "flask"
    click.echo(f"{_usage_fault(error)}，用法见 ./pioneer {path} --help", err=True)
    sys.exit(2)


def _usage_fault(error: click.UsageError) -> str:
    if isinstance(error, click.MissingParameter):
        return f"缺少 {_parameter(error)}"
    if isinstance(error, click.BadParameter):
        return f"{_parameter(error)} 的值不对：{_expected(error.param)}"
    if isinstance(error, click.NoSuchOption):
        near = f"，是不是 {'、'.join(error.possibilities)}" if error.possibilities else ""
        return f"没有选项 {error.option_name}{near}"
    if isinstance(error, click.BadOptionUsage):
        return f"选项 {error.option_name} 的写法不对，可能缺少它的值"
    if error.ctx is not None and isinstance(error.ctx.command, click.Group):
        return "没有这个子命令"
    return "参数的个数不对"


def _parameter(error: click.BadParameter) -> str:
    if error.param is None:
        return "参数"
    if isinstance(error.param, click.Option):
        return error.param.opts[0]
    return str(error.param.human_readable_name)


def _expected(parameter: click.Parameter | None) -> str:
    kind = parameter.type if parameter else None
    if isinstance(kind, click.IntRange):
        return f"应为 {kind.min} 到 {kind.max} 的整数"
    if isinstance(kind, click.types.IntParamType):
        return "应为整数"
    if isinstance(kind, click.Path):
        return "应为一个文件，不是目录"
    return "请改正"


class Command(_Plain, click.Command):
    """A single command with plain errors."""


class Group(_Plain, AppGroup):
    """A noun with its verbs, with plain errors."""


def command(name: str, **kwargs: Any) -> Callable[[F], click.Command]:
    """A top-level command, run inside the application's context."""

    def decorate(function: F) -> click.Command:
        return click.command(name, cls=Command, **kwargs)(with_appcontext(function))

    return decorate


def runtime(*, half_restored: bool = False, mending: bool = True, log_level: int = logging.ERROR) -> Runtime:
    """The process's parts; the configuration is read now if it was not yet. Raises ``SettingsError``.

    A restore that was left half done is refused with what to do (:class:`errors.Conflict`) unless ``half_restored``; files that
    others may read are closed to them where ``mending``. What is logged below ``log_level`` is left out: a command says in words
    what is amiss, and lines of JSON would stand among them.
    """
    present: Runtime | None = current_app.extensions.get("pioneer")
    if present is None:
        import runtime as parts
        from operations import modes, unfinished

        logs.configure(log_level)
        settings = load_settings()
        if mending:
            modes.make_private(settings)
        present = parts.build(settings)
        if not half_restored:
            unfinished.need_none(settings.data_dir, present.db)
        current_app.extensions["pioneer"] = present
        made = present
        click.get_current_context().call_on_close(made.close)
    return present


json_option = click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 文档（UTF-8）")
as_option = click.option("--as", "acting", metavar="用户名", required=True, help="以哪个用户的身份操作")
as_if_any = click.option(
    "--as",
    "acting",
    metavar="用户名",
    default="",
    help="以哪个用户的身份操作，写进操作日志；不写记为“命令行”",
)


def acting_if_any(session: Session, username: str) -> User | None:
    """The same, None where nobody is named: whoever stands at the server may act before there is an account."""
    return acting_user(session, username) if username else None


def acting_user(session: Session, username: str) -> User:
    """The active user named by ``--as``. Raises :class:`errors.NotFound`."""
    return users.by_name(session, username)


def readable_file(path: str) -> Path:
    """An existing, ordinary file. Raises :class:`errors.Refused` in Chinese."""
    file = Path(path)
    if not file.exists():
        raise Refused(f"找不到文件 {path}，请检查路径")
    if not file.is_file():
        raise Refused(f"{path} 不是文件，请改正路径")
    return file


def emit_json(value: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, default=_plain_value))


def emit_rows(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A plain table; Chinese characters count as two columns."""
    table = [[shown(cell) for cell in row] for row in rows]
    widths = [max([_width(header), *(_width(row[i]) for row in table)]) for i, header in enumerate(headers)]
    for row in [list(headers), *table]:
        line = "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        click.echo(line.rstrip())
    if not table:
        click.echo("（无）")


def exit_refused(message: str) -> None:
    """End with exit code 2 after JSON was printed."""
    click.echo(message, err=True)
    sys.exit(2)


def shown(value: Any) -> str:
    """A cell or figure as text; moments in Shanghai's time."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return clock.to_shanghai(value).strftime("%Y-%m-%d %H:%M")
    return str(value)


def _width(text: str) -> int:
    return sum(2 if ord(char) >= 0x2E80 else 1 for char in text)


def _plain_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return clock.to_shanghai(value).isoformat()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON")


def parse_moment(text: str) -> datetime:
    """``now`` or an ISO moment (without a zone: Shanghai's). Raises :class:`errors.Refused`."""
    if text.strip().lower() == "now":
        return clock.now()
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Refused(f"时间“{text}”看不懂，请写成 2026-09-20T19:00 或 now") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=clock.SHANGHAI)
    return moment


def parse_day(text: str) -> date:
    """``2026-09-20``; nothing is today in Shanghai. Raises :class:`errors.Refused`."""
    if not text.strip():
        return clock.shanghai_day(clock.now())
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Refused(f"日期“{text}”看不懂，请写成 2026-09-20") from None
