"""``flask demo``: the local WeChat, demo data and the service, from one command (``./pioneer run``)."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import click

from cli.keys import fresh_key
from cli.output import command
from cli.sandbox import start_sandbox
from ground.errors import Conflict, Refused, Unavailable
from ground.process import PARENT_ENV, Lock, end_with_named_parent, need_free_port
from operations import modes, sealing
from operations.disk import write_durably
from settings import ROOT, Settings, config_path, load_settings

DEMO = ROOT / "var" / "demo"
_PATIENCE_S = 60.0
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@command("demo", short_help="启动演示：本地微信、演示数据和服务（./pioneer run 调用它）")
@click.option("--port", default=8000, show_default=True, type=int, help="服务的端口")
@click.option("--sandbox-port", default=8001, show_default=True, type=int, help="本地微信的端口")
def demo(port: int, sandbox_port: int) -> None:
    """启动本地微信、演示数据和服务，不需要公众号，也不会连接真实的微信。

    没有配置文件时，在 var/demo/ 里生成一份。按 Ctrl-C 全部停止。
    """
    host = "127.0.0.1"
    path = config_path() or _demo_config(host, port, sandbox_port)
    os.environ["PIONEER_CONFIG"] = str(path)
    if path == DEMO / "config.toml":
        os.environ.update(_addresses(host, port, sandbox_port))
    settings = load_settings()
    _need_local_wechat(settings)
    modes.make_private(settings)
    lock = Lock(settings.data_dir, "demo.lock")
    if not lock.take():
        raise Conflict("演示已经在运行，请直接打开它的网址，或先按 Ctrl-C 停止它再启动")
    need_free_port(host, port)
    need_free_port(host, sandbox_port, "--sandbox-port")
    end_with_named_parent()
    children = _Children()
    try:
        with children:
            _start_all(children, settings, host, port, sandbox_port)
            _print_table(settings, path, host, port, sandbox_port)
            children.wait()
    finally:
        lock.release()


class _Children:
    """The processes that were started; all end when this one is told to end, or when one of them ends by itself."""

    def __init__(self) -> None:
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []
        self._stop = False

    def __enter__(self) -> _Children:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stopping)
        return self

    def _stopping(self, _number: int, _frame: FrameType | None) -> None:
        self._stop = True

    def add(self, name: str, child: subprocess.Popen[bytes]) -> None:
        self._running.append((name, child))

    def check(self) -> None:
        """Raise if we were told to stop (quietly) or a child ended (with its name)."""
        if self._stop:
            raise SystemExit(0)
        for name, child in self._running:
            if child.poll() is not None:
                raise Unavailable(
                    f"{name}意外停止（退出码 {child.returncode}），演示已全部停止，请查看上面的提示"
                )

    def wait(self) -> None:
        while True:
            self.check()
            time.sleep(0.2)

    def __exit__(self, *_: object) -> None:
        for _name, child in reversed(self._running):
            if child.poll() is None:
                child.terminate()
        until = time.monotonic() + 15
        for _name, child in reversed(self._running):
            try:
                child.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _start_all(children: _Children, settings: Settings, host: str, port: int, sandbox_port: int) -> None:
    from cli import demodata

    data = settings.data_dir / "sandbox.db"
    children.add(
        "本地微信", start_sandbox(settings, host=host, port=sandbox_port, data=data, seed=2026, quiet=True)
    )
    _until(children, lambda: _answers(f"http://{host}:{sandbox_port}/_sandbox/clock"), "本地微信")
    demodata.prepare(settings, say=lambda text: click.echo(text, err=True))
    arguments = [sys.executable, "-m", "flask", "serve", "--host", host, "--port", str(port)]
    environment = os.environ | {PARENT_ENV: str(os.getpid()), "FLASK_APP": "app"}
    children.add("服务", subprocess.Popen(arguments, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL))
    _until(children, lambda: _answers(f"http://{host}:{port}/readyz"), "服务")


def _until(children: _Children, ready: Callable[[], bool], name: str) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not ready():
        children.check()
        if time.monotonic() > until:
            raise Unavailable(f"{name}在 {_PATIENCE_S:.0f} 秒内没有启动成功，请查看上面的提示后重试")
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        with _direct.open(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _demo_config(host: str, port: int, sandbox_port: int) -> Path:
    """The demo's own configuration, made once with its own secrets."""
    path = DEMO / "config.toml"
    backup = f'\n[backup]\nkey = "{sealing.fresh_key()}"\n'
    if path.exists():
        text = path.read_text(encoding="utf-8")
        if "[backup]" not in text:  # made by an earlier version
            write_durably(path, (text.rstrip("\n") + "\n" + backup).encode())
        return path
    DEMO.mkdir(parents=True, exist_ok=True, mode=0o700)
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    aes_key = "".join(secrets.choice(letters) for _ in range(42)) + secrets.choice("AEIMQUYcgkosw048")
    ours, wechat = f"http://{host}:{port}", f"http://{host}:{sandbox_port}"
    text = f"""# 演示用的配置，由 ./pioneer run 生成；只连接本地微信
[server]
base_url = "{ours}"
secret_key = "{secrets.token_urlsafe(48)}"
data_dir = "var/demo"
clock_url = "{wechat}/_sandbox/clock"
require_totp_for = []

[limits]
# the rehearsal's clock runs ahead: nobody has been idle because a day went by in a second
session_idle_minutes = 0

[database]
url = "sqlite:///var/demo/pioneer.db"

[wechat]
app_id = "wx{secrets.token_hex(8)}"
app_secret = "{secrets.token_hex(16)}"
token = "{secrets.token_hex(12)}"
encoding_aes_key = "{aes_key}"
original_id = "gh_{secrets.token_hex(6)}"
template_id = "TPL_ACTIVITY"
notice_activity_template = "SANDBOX_NOTICE_ACTIVITY"
notice_article_template = "SANDBOX_NOTICE_ARTICLE"
api_base_url = "{wechat}"
mp_base_url = "{wechat}"
open_base_url = "{wechat}"
web_authorization = true
[wecom]
api_base_url = "{wechat}"

[privacy]
field_keys = "k1:{fresh_key()}"
index_key = "{fresh_key()}"
"""
    write_durably(path, (text + backup).encode())
    return path


def _addresses(host: str, port: int, sandbox_port: int) -> dict[str, str]:
    """Where the demo's own configuration points when it is started on these ports."""
    wechat = f"http://{host}:{sandbox_port}"
    addresses = {"SERVER__BASE_URL": f"http://{host}:{port}", "SERVER__CLOCK_URL": f"{wechat}/_sandbox/clock"}
    for name in (
        "WECHAT__API_BASE_URL",
        "WECHAT__MP_BASE_URL",
        "WECHAT__OPEN_BASE_URL",
        "WECOM__API_BASE_URL",
    ):
        addresses[name] = wechat
    return {f"PIONEER_{name}": address for name, address in addresses.items()}


def _need_local_wechat(settings: Settings) -> None:
    host = urlsplit(settings.wechat.api_base_url).hostname or ""
    if host not in ("127.0.0.1", "localhost", "::1"):
        raise Refused(
            "当前配置连接的是真实的微信，演示只能连接本地微信。正式运行请用 ./pioneer flask serve，演示请先移开 config.toml"
        )


def _print_table(settings: Settings, path: Path, host: str, port: int, sandbox_port: int) -> None:
    from cli.demodata import binding_hint
    from cli.demodata.logins import PASSWORD, logins

    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    click.echo("")
    click.echo("时代先锋云演示已启动（演示环境，不连接真实微信）")
    click.echo("")
    for name, address in (
        ("后台", f"http://{host}:{port}/console/"),
        ("支部页面", f"http://{host}:{port}/branch/"),
        ("阅读页", f"http://{host}:{port}/m/"),
        ("手机体验", f"http://{host}:{sandbox_port}/phone/"),
    ):
        click.echo(f"  {name}{'　' * (5 - len(name))}{address}")
    click.echo("")
    if hint := binding_hint(settings):  # the demo's own data are there
        click.echo(f"  演示账号（密码都是 {PASSWORD}）")
        for username, what in logins():
            click.echo(f"    {username:<10}{what}")
        click.echo("")
        click.echo(f"  体验绑定　　在手机体验里关注后回复：{hint}")
    click.echo(f"  配置文件　　{shown}")
    click.echo("  按 Ctrl-C 停止")
