"""``flask doctor``: what is wrong, and what to do about it."""

from __future__ import annotations

import logging
import sys

import click

from cli.output import command, emit_json, json_option, runtime
from operations import checkup

_MARKS = {"ok": "正常", "warn": "注意", "bad": "错误"}


@command("doctor", short_help="检查配置、数据库、Redis、微信和额度，并说明怎么处理")
@click.option("--offline", is_flag=True, help="不询问微信")
@json_option
def doctor(offline: bool, as_json: bool) -> None:
    """检查配置、数据库、Redis、微信接口、时钟和额度，逐项说明结果和处理办法。只读取，不改变任何东西。

    有错误时退出码为 1。
    """
    # Whatever is wrong is a finding: the log would only repeat it between them.
    parts = runtime(half_restored=True, mending=False, log_level=logging.CRITICAL)
    findings = checkup.examine(parts, ask_wechat=not offline)
    if as_json:
        emit_json([{"level": found.level, "title": found.title, "text": found.text} for found in findings])
    else:
        for found in findings:
            click.echo(f"［{_MARKS[found.level]}］{found.title}：{found.text}")
    if any(found.level == "bad" for found in findings):
        sys.exit(1)
