"""``flask keys``: fresh secrets for the configuration."""

from __future__ import annotations

import base64
import secrets

import click

from cli.output import command


def fresh_key() -> str:
    """32 random bytes as base64url, for ``[privacy]``."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")


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
    click.echo(f'field_keys = "k1:{fresh_key()}"')
    click.echo(f'index_key = "{fresh_key()}"')
    click.echo()
    click.echo("[backup]")
    click.echo(f'key = "{sealing.fresh_key()}"')
