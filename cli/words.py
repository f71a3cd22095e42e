"""``flask words``: what a message is taken for, and whether the office's own list of words can be read."""

from __future__ import annotations

import click

from cli.output import Group, emit_json, json_option, runtime

group = Group("words", help="听懂消息：试一句话，检查自定义的说法")


@group.command("try")
@click.argument("text")
@json_option
def try_(text: str, as_json: bool) -> None:
    """试一句话会被听成什么。

    只看说法，不核对是谁写的；姓名、支部和活动要在签到时才核对。
    """
    from wechat.inbound.handlers.keywords import describe
    from wechat.language.intents import understand

    runtime()
    intent = understand(text)
    if as_json:
        emit_json({"kind": intent.kind, "text": intent.text, "number": intent.number, "again": intent.again})
        return
    more = "，还要与本人的姓名、支部和正在进行的活动核对" if intent.again else ""
    click.echo(f"{describe(intent)}{more}")


@group.command("check")
@json_option
def check(as_json: bool) -> None:
    """检查数据目录里自定义的说法 words.txt，并说明有多少个。没有这个文件时，只用随产品提供的说法。

    文件用 UTF-8 编码，写法与 wechat/language/data 里的 phrases.txt 和 words.txt 相同：
    方括号里是命令或词的作用，下面是说法，用空格分开。修改后重新启动服务才生效。
    """
    from wechat.language import lexicon

    path = runtime().settings.data_dir / lexicon.OFFICE_FILE
    count = lexicon.of_office(path)[1]
    if as_json:
        emit_json({"file": str(path), "exists": path.is_file(), "words": count})
    else:
        click.echo(
            f"自定义的说法 {count} 个：{path}" if path.is_file() else f"没有自定义的说法，可以写到 {path}"
        )
