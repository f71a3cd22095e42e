"""The ``flask`` commands, one file a noun. They parse, call one service and print."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from flask import Flask

# name → (module, attribute, one line for ``flask --help``)
COMMANDS: dict[str, tuple[str, str, str]] = {
    "demo": ("cli.demo", "demo", "启动演示：本地微信、演示数据和服务（./pioneer run 调用它）"),
    "serve": ("cli.serve", "serve", "启动服务：网页、定时任务和发送在同一个进程里"),
    "scheduler": ("cli.serve", "scheduler", "只启动定时任务（分开部署时用）"),
    "worker": ("cli.serve", "worker", "只启动发送（分开部署时用）"),
    "sandbox": ("cli.sandbox", "sandbox", "只启动本地微信"),
    "db": ("cli.db", "group", "数据库：升级表结构"),
    "doctor": ("cli.doctor", "doctor", "检查配置、数据库、Redis、微信和额度，并说明怎么处理"),
    "audit": ("cli.audit", "group", "操作日志：校验有没有被改动"),
    "keys": ("cli.keys", "keys", "生成配置文件需要的密钥"),
    "user": ("cli.user", "group", "用户：新建、列出、停用、改密码"),
    "place": ("cli.place", "group", "片区、社区、网格和党支部：导入、列出"),
    "group": ("cli.group", "group", "群：登记、修改、停用，试发机器人"),
    "member": ("cli.member_hand", "group", "党员名册：导入，新增、更正、转移、移出、合并"),
    "audience": ("cli.audience", "group", "推送对象：试算人数，保存常用对象"),
    "workdays": ("cli.workdays", "group", "放假安排：节假日和调休上班日"),
    "follower": ("cli.follower", "group", "关注者：从微信同步"),
    "privacy": ("cli.privacy", "group", "个人信息：保存期限、清除、更换密钥"),
    "article": ("cli.article", "group", "稿件：导入、提交、审核、查看"),
    "search": ("cli.search", "group", "搜索：搜稿件，重建搜索索引"),
    "handover": ("cli.handover", "group", "委托审核：委托给另一位、结束、列出"),
    "push": ("cli.push", "group", "推送：新建、查看、暂停、继续、取消"),
    "activity": ("cli.activity", "group", "活动与签到：新建、查看、导出"),
    "screen": ("cli.screen", "group", "签到屏：打开、停用、查看现在的签到码"),
    "checkin": ("cli.checkin", "group", "登记签到：名单、登记、撤回，请假名单，补签审批"),
    "ledger": ("cli.ledger", "group", "台账：一个月或一年的组织生活，查看、导出"),
    "words": ("cli.words", "group", "听懂消息：试一句话，检查自定义的说法"),
    "backup": ("cli.backup", "backup", "备份到一个文件"),
    "restore": ("cli.backup", "restore", "从备份文件恢复"),
}


class _Later(click.Command):
    """A command whose module is imported only when it is used, so that ``flask --help`` stays quick."""

    def __init__(self, name: str, module: str, attribute: str, help_line: str) -> None:
        super().__init__(name, help=help_line, short_help=help_line, add_help_option=False)
        self._module, self._attribute = module, attribute

    def _real(self) -> click.Command:
        real: click.Command = getattr(import_module(self._module), self._attribute)
        return real

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        from cli.output import exit_usage

        try:
            return self._real().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            exit_usage(error)
            raise


def register(app: Flask) -> None:
    """Give ``app`` the product's commands; Flask's own development server is not among them."""
    for name, (module, attribute, help_line) in COMMANDS.items():
        app.cli.add_command(_Later(name, module, attribute, help_line), name)
