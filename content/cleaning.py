"""The editor's HTML: what is allowed to stay, what it says, and whether WeChat will take it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import Literal

import css_inline
import nh3

from content import allowed, compiling
from content.tree import Node, parse, render
from settings import WeChatLimits

ASSET_PATH = allowed.ASSET_PATH
ASSET_URL = re.compile(r"^/m/asset/([0-9a-f]{64})(?:[?#].*)?$")

_CLEANER = nh3.Cleaner(
    tags=set(allowed.TAGS),
    clean_content_tags=set(allowed.DROPPED_WHOLE),
    attributes=allowed.ATTRIBUTES,
    url_schemes={"http", "https"},
    strip_comments=True,
    link_rel=None,
)
_INLINER = css_inline.CSSInliner(
    inline_style_tags=False, load_remote_stylesheets=False, keep_style_tags=False
)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_LOST = re.compile(r"［(?:图片|视频|音频|网页|附件)未能粘贴[^［］]{0,90}］")
_ROUNDS = 8
_DEEP = 400
_TAG = re.compile(r"</?(?!(?:p|li|t[rdh]|d[td]|br|img|hr|col|wbr)[\s/>])(?=[a-z])", re.I)
"""A tag that can stand in its like: the others end by themselves where the next one begins, or have no end."""
_SHEET_OPENS = re.compile(r"<style(?=[\s/>])", re.I)
_SHEET_CLOSES = re.compile(r"</style(?=[\s/>])", re.I)


def clean(html: str) -> str:
    """What of an editor's or Word's HTML may be kept (:mod:`content.allowed`): tags, attributes and styles by name and value.

    Style sheets (of pasted layouts) become inline styles first. Scripts, forms, frames, classes, ids, comments and pictures
    without a usable address go; texts stay. Cleaning twice changes nothing more.
    """
    cleaned = _once(_inlined(_shallow(CONTROL.sub("", html))))
    for _ in range(_ROUNDS):  # misnested tables may read otherwise when they are read again
        again = _once(cleaned)
        if again == cleaned:
            return cleaned
        cleaned = again
    return _plain(cleaned)


def _shallow(html: str) -> str:
    """The same without the tags that stand too deep: nh3 takes quadratic time over elements in elements. One pass."""
    kept: list[str] = []
    depth = dropped = at = 0
    for tag in _TAG.finditer(html):
        closes = tag[0] == "</"
        if not closes and depth < _DEEP:
            depth += 1
        elif closes and not dropped:
            depth = max(0, depth - 1)
        elif tag.start() >= at:
            end = html.find(">", tag.end()) + 1
            if not end:
                break
            kept.append(html[at : tag.start()])
            at = end
            dropped += -1 if closes else 1
    return "".join((*kept, html[at:])) if at else html


def _once(html: str) -> str:
    # Two parsers read it one after the other, and the tree is held against the same rules again: what one misreads, the
    # other has no attribute for. Styles are the tree's alone, since nh3 tears brackets inside brackets apart.
    root = parse(_CLEANER.clean(html))
    allowed.keep_allowed(root)
    return render(root).strip()


def _plain(html: str) -> str:
    """The text alone, for what reads differently each time it is read: nobody wrote that by accident."""
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in text_of(html).splitlines())


def _inlined(html: str) -> str:
    rest, sheets = _without_sheets(html)
    if not sheets:
        return html
    try:
        made: str = _INLINER.inline_fragment(rest, sheets)
    except (css_inline.InlineError, ValueError):  # a style sheet that nobody can read styles nothing
        return html
    return made


def without_sheets(html: str) -> str:
    """The fragment without its style sheets, for who does not want what they say."""
    return _without_sheets(html)[0]


def sheets(html: str) -> str:
    """The style sheets of a fragment, one after the other."""
    return _without_sheets(html)[1]


def _without_sheets(html: str) -> tuple[str, str]:
    """The fragment without its style sheets, and the sheets. One pass: each search goes on where the last one ended."""
    rest, sheets, at = [], [], 0
    while opens := _SHEET_OPENS.search(html, at):
        begin = html.find(">", opens.end()) + 1
        closes = _SHEET_CLOSES.search(html, begin) if begin else None
        end = html.find(">", closes.end()) + 1 if closes else 0
        if closes is None or not end:
            break
        rest.append(html[at : opens.start()])
        sheets.append(html[begin : closes.start()])
        at = end
    return "".join((*rest, html[at:])), "\n".join(sheets)


def text_of(html: str) -> str:
    """The readable text of a fragment, one line a block, without empty lines."""
    lines = (re.sub(r"[ \t\xa0]+", " ", line).strip() for line in parse(html).text().splitlines())
    return "\n".join(line for line in lines if line)


def lost(text: str) -> list[str]:
    """The marks that stand where something could not be pasted (:mod:`content.losses`)."""
    return _LOST.findall(text)


def asset_url(sha256: str) -> str:
    """The address under which a picture stands in stored HTML; the reader serves it."""
    return f"{ASSET_PATH}{sha256}"


def assets_in(html: str) -> list[str]:
    """The sha256 of every own picture in the body and in its backgrounds, in order, each once."""
    return compiling.assets_in(parse(html))


@dataclass(frozen=True)
class Finding:
    """One thing to change. ``error`` stops the submission, ``warning`` does not; ``field`` names the form's field.

    ``place`` are words of the body by which the place is found, where there is one.
    """

    level: Literal["error", "warning"]
    field: str
    message: str
    place: str = ""


def lint(
    *,
    title: str,
    author: str,
    digest: str,
    html: str,
    cover_sha256: str | None,
    source_url: str,
    limits: WeChatLimits,
) -> list[Finding]:
    """Hold the fields against WeChat's limits (page api_draft_add); every message names the present length.

    Characters are Unicode code points, tags and attributes of the body count. The body is measured as it will be sent.
    """
    found: list[Finding] = []

    def error(field: str, message: str, place: str = "") -> None:
        found.append(Finding("error", field, message, place))

    def warning(field: str, message: str, place: str = "") -> None:
        found.append(Finding("warning", field, message, place))

    if not title.strip():
        error("title", "请输入标题")
    elif len(title) > limits.title_chars:
        error("title", f"标题不能超过 {limits.title_chars} 个字，当前 {len(title)} 个字")
    if len(author) > limits.author_chars:
        error("author", f"作者不能超过 {limits.author_chars} 个字，当前 {len(author)} 个字")
    if len(digest) > limits.digest_chars:
        error("digest", f"摘要不能超过 {limits.digest_chars} 个字，当前 {len(digest)} 个字")
    if len(source_url.encode()) > 1024:
        error("source_url", "原文链接太长，请换成较短的网址")
    elif source_url and not re.match(r"^https?://[^\s/]+", source_url):
        error("source_url", "原文链接应以 http:// 或 https:// 开头")
    if cover_sha256 is None:
        error("cover", "请上传封面图片")

    root = parse(html)
    if not root.text().strip() and not root.all("img"):
        error("html", "请输入正文")
    else:
        _lint_body(html, limits, error)
    _lint_pictures(root, error, warning)
    return found


def _lint_pictures(root: Node, error: compiling.Report, warning: compiling.Report) -> None:
    if outside := compiling.foreign_pictures(root):
        error("html", f"正文有 {outside} 张外部图片，发布后会丢失，请先转存或重新上传")
    if marks := lost(root.text()):
        error(
            "html",
            f"正文有 {len(marks)} 处没有粘贴进来的内容，如{marks[0]}，请用工具栏补上，再删去标记",
            marks[0],
        )
    if missing := sum(1 for picture in root.all("img") if not picture.attrs.get("alt", "").strip()):
        warning("html", f"正文有 {missing} 张图片没有替代文字，视障读者无法了解内容")


def _lint_body(html: str, limits: WeChatLimits, error: compiling.Report) -> None:
    sent = compiling.for_wechat(html, compiling.StandInUrls())
    size = len(sent.encode())
    if len(sent) >= limits.content_chars:
        place = compiling.cut_at(html, limits.content_chars)
        where = f"，从“{place}”起超出" if place else ""
        error(
            "html",
            f"正文（含格式）应少于 {limits.content_chars:,} 个字符，当前 {len(sent):,} 个字符{where}，请拆成两篇或清除格式",
            place,
        )
    elif size >= limits.content_bytes:
        error("html", f"正文应小于 {limits.content_bytes:,} 字节，当前 {size:,} 字节，请拆成两篇")
    if (pictures := compiling.counts(sent).pictures) > limits.content_pictures:
        error("html", f"正文最多 {limits.content_pictures} 张图片，当前 {pictures} 张，请删减或拆成两篇")
