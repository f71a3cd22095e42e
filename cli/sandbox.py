"""``flask sandbox``: the local WeChat alone, with the account of the configuration."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

from cli.output import command
from ground.process import PARENT_ENV, need_free_port
from settings import ROOT, Settings, load_settings


def sandbox_environment(settings: Settings, data: Path | None) -> dict[str, str]:
    """The account of ``settings`` as the local WeChat takes it (``SANDBOX_*``); secrets do not appear in the process list."""
    wechat, mini = settings.wechat, settings.mini_program
    mini_program = (
        {"SANDBOX_MINI_APP_ID": mini.app_id, "SANDBOX_MINI_APP_SECRET": mini.app_secret}
        if mini.app_id
        else {}
    )
    return {
        **mini_program,
        "SANDBOX_APP_ID": wechat.app_id,
        "SANDBOX_APP_SECRET": wechat.app_secret,
        "SANDBOX_TOKEN": wechat.token,
        "SANDBOX_AES_KEY": wechat.encoding_aes_key,
        "SANDBOX_ORIGINAL_ID": wechat.original_id,
        "SANDBOX_CALLBACK_URL": settings.callback_url,
        "SANDBOX_MODE": wechat.message_mode,
        "SANDBOX_ACCOUNT_TYPE": wechat.account_type,
        "SANDBOX_TEMPLATE_ID": wechat.template_id,
        "SANDBOX_DATA": str(data) if data else ":memory:",
    }


def start_sandbox(
    settings: Settings,
    *,
    host: str,
    port: int,
    data: Path | None,
    followers: int = 0,
    seed: int | None = None,
    quiet: bool = False,
) -> subprocess.Popen[bytes]:
    """Start the local WeChat as a child that ends when this process ends; ``quiet``: only its errors are shown."""
    arguments = [
        sys.executable,
        "-m",
        "localwechat",
        "--host",
        host,
        "--port",
        str(port),
        "--die-with-parent",
    ]
    if followers:
        arguments += ["--followers", str(followers)]
    if seed is not None:
        arguments += ["--seed", str(seed)]
    environment = os.environ | sandbox_environment(settings, data) | {PARENT_ENV: str(os.getpid())}
    out = subprocess.DEVNULL if quiet else None
    return subprocess.Popen(arguments, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out)


@command("sandbox", short_help="只启动本地微信")
@click.option("--host", default="127.0.0.1", show_default=True, help="监听的地址")
@click.option("--port", default=8001, show_default=True, type=int, help="监听的端口")
@click.option("--followers", default=0, show_default=True, type=int, help="先造多少位虚拟关注者")
@click.option("--seed", type=int, help="随机种子，相同的种子得到相同的过程")
@click.option("--memory", is_flag=True, help="不保存到文件，停止后不留记录")
def sandbox(host: str, port: int, followers: int, seed: int | None, memory: bool) -> None:
    """启动本地微信：账号、Token 和密钥取自同一份配置，消息推到 [server] base_url。

    手机页面在 /phone/，控制接口在 /_sandbox/。
    """
    settings = load_settings()
    need_free_port(host, port)
    data = None if memory else settings.data_dir / "sandbox.db"
    if data is not None:
        data.parent.mkdir(parents=True, exist_ok=True)
    child = start_sandbox(settings, host=host, port=port, data=data, followers=followers, seed=seed)
    try:
        code = child.wait()
    except KeyboardInterrupt:
        child.terminate()
        code = child.wait()
    sys.exit(code if code > 0 else 0)
