"""``flask keys``: fresh secrets for the configuration."""

from __future__ import annotations

import base64
import secrets

import click

from cli.output import command
from settings import key_ids


def fresh_key() -> str:
    """32 random bytes as base64url, for ``[privacy]``."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")


def _free_id(taken: set[str]) -> str:
    """An id that no key has: what is sealed names its key by it."""
    numbers = [int(name[1:]) for name in taken if name[0] == "k" and name[1:].isdecimal()]
    return f"k{max(numbers, default=0) + 1}"


@command("keys", short_help="生成配置文件需要的密钥")
def keys() -> None:
    """生成 config.toml 里需要的密钥，复制到相应位置。只显示这一次，系统不另外保存。

    [privacy] 的密钥丢失后手机号码无法解密，[backup] 的密钥丢失后备份无法打开，请抄一份放进保险柜。
    """
    from operations import sealing

    click.echo("[server]")
    click.echo(f'secret_key = "{secrets.token_urlsafe(48)}"')
    click.echo()
    click.echo("[privacy]")
    name = _free_id(taken := key_ids())
    if taken:
        click.echo(
            f"# 更换密钥时把新的加在最前面，原来的原样留在后面：{name}:新密钥,{'…,'.join(sorted(taken))}…"
        )
    click.echo(f'field_keys = "{name}:{fresh_key()}"')
    click.echo(f'index_key = "{fresh_key()}"')
    click.echo()
    click.echo("[backup]")
    click.echo(f'key = "{sealing.fresh_key()}"')
