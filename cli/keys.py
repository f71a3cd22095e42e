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
    """生成 config.toml 里需要的密钥，复制到相应位置。密钥丢失后手机号码将无法解密，请另行保管一份。"""
    click.echo("[server]")
    click.echo(f'secret_key = "{secrets.token_urlsafe(48)}"')
    click.echo()
    click.echo("[privacy]")
    click.echo(f'field_keys = "k1:{fresh_key()}"')
    click.echo(f'index_key = "{fresh_key()}"')
