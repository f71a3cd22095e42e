"""An article as WeChat's reader shows it. The body comes from outside: nothing in it runs, sends or frames."""

from __future__ import annotations

import base64
import hashlib
import html as entities
import re

from flask import Response

STYLE = """
body{margin:0;background:#fff;color:#191919;font:17px/1.6 -apple-system,"PingFang SC","Noto Sans CJK SC",sans-serif}
.rich_media{max-width:677px;margin:0 auto;padding:20px 16px 40px;box-sizing:border-box}
h1{font-size:22px;line-height:1.4;margin:0 0 14px;font-weight:500}
.meta{color:#737373;font-size:15px;margin-bottom:22px}
.meta em{font-style:normal}
.meta .name{color:#576b95;margin-right:10px}
.rich_media_content{overflow-wrap:break-word;overflow:hidden;text-align:justify;contain:paint}
.rich_media_content img{max-width:100%;height:auto}
.rich_media_content table{max-width:100%}
.foot{color:#737373;font-size:15px;margin-top:28px}
.foot a{color:#576b95;text-decoration:none;margin-right:14px}
.remarks{border-top:8px solid #f2f2f2;margin:28px -16px 0;padding:16px;font-size:16px}
.remarks h2{display:inline-block;font-size:16px;font-weight:500;margin:0 12px 0 0}
.remarks a{color:#576b95;text-decoration:none}
.remarks ul{list-style:none;margin:8px 0 0;padding:0}
.remarks li{padding:12px 0;border-bottom:1px solid #eee;overflow-wrap:anywhere}
.remarks p{margin:4px 0}
.remarks .who,.remarks .waits{color:#737373;font-size:14px}
.remarks .who span{float:right}
.remarks .reply{background:#f7f7f7;border-radius:6px;padding:8px 10px}
.remarks .refused{color:#fa5151}
.remarks textarea{width:100%;box-sizing:border-box;font:inherit;padding:10px;border:1px solid #ddd;border-radius:6px}
.remarks button{width:100%;margin:10px 0;padding:10px;border:0;border-radius:6px;background:#07c160;color:#fff;font:inherit}
@media (prefers-color-scheme:dark){body{background:#191919;color:#a3a3a3}.remarks{border-top-color:#111}
.remarks li{border-color:#333}.remarks .reply,.remarks textarea{background:#222;color:inherit;border-color:#333}}
"""
_OWN_STYLE = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; script-src 'none'; style-src-elem 'sha256-{_OWN_STYLE}'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data: http: https:; frame-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)


def page(title: str, inner: str) -> str:
    """A page as WeChat's reader shows it."""
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{entities.escape(title)}</title><style>{STYLE}</style></head>"
        f'<body><div class="rich_media">{inner}</div></body></html>'
    )


def served(text: str, status: int = 200, *, sends: bool = False) -> Response:
    """Such a page with its policy. ``sends``: there is nothing on it that comes from outside, and a form of its own."""
    response = Response(text, status, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = (
        _POLICY.replace("form-action 'none'", "form-action 'self'") if sends else _POLICY
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def local_pictures(text: str) -> str:
    """WeChat's picture addresses, which nothing here reaches, as the sandbox's own."""
    return re.sub(r"https?://mmbiz\.(?:qpic|qlogo)\.cn/", "/", text)
