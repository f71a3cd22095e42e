"""Bodies as browsers send them: cleaned in a child with limits, and nothing of them lost without a word."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import nh3

from content import cleaning, losses, plain, unseen
from ground import apart
from ground.errors import Refused

MAX_CHARS = 2_000_000
MAX_KEPT = 400_000
"""Of a cleaned body, tags and styles counted: twenty times what WeChat takes. It is cleaned once more where it is saved."""
_ABOUT = apart.About("正文", "请清除格式后重新粘贴，或拆成几篇")
_BOUNDS = apart.Bounds(seconds=25, cpu_seconds=4, answer_bytes=16_000_000)
_OWN_NUMBERS = re.compile(r"<li\b[^<>]{0,400}\bvalue\s{0,9}=|<ol\b[^<>]{0,400}\breversed\b", re.I)
_FORMULA = re.compile(r"<math(?=[\s>])", re.I)
_NO_TEXT = {"script", "style", "noscript", "title", "template"}
"""Elements whose content nobody has read on the page from which it was taken."""


@dataclass(frozen=True)
class Pasted:
    """What of a pasted piece may stay, and Chinese sentences about what was lost of it."""

    html: str
    notices: tuple[str, ...]


def cleaned(html: str) -> str:
    """:func:`content.cleaning.clean` of what somebody sent, in a child: call it before a transaction begins.

    What the cleaning would take away is named in its place (:mod:`content.losses`). A page of other people's styles may keep the
    cleaner busy for minutes. Raises :class:`errors.Refused`.
    """
    _check_length(html)
    if not html.strip():
        return ""
    return bounded(apart.run(_cleaned, html, gives=str, about=_ABOUT, bounds=_BOUNDS))


def pasted(html: str, *, ours: bool = False) -> Pasted:
    """A piece from the clipboard in the house style, unless a layout tool made it or it was copied in our own editor.

    Raises :class:`errors.Refused`.
    """
    _check_length(html)
    return apart.run(_pasted, html, ours, gives=Pasted, about=_ABOUT, bounds=_BOUNDS)


def bounded(html: str) -> str:
    """The same body, if it is no longer than anybody needs. Raises :class:`errors.Refused`."""
    if len(html) > MAX_KEPT:
        raise Refused(f"正文（含格式）有 {len(html):,} 个字符，太长，请清除格式，或拆成几篇")
    return html


def _check_length(html: str) -> None:
    if len(html) > MAX_CHARS:
        raise Refused(f"正文（含格式）有 {len(html):,} 个字符，太长，请清除格式后重新粘贴，或拆成几篇")


def _cleaned(html: str) -> str:
    return cleaning.clean(losses.named(html))


def _pasted(html: str, ours: bool) -> Pasted:
    kind = "layout" if ours else plain.kind_of(html)
    seen = unseen.Seen(html) if ours else unseen.shown(html)
    marked = losses.named(seen.html)
    if kind == "word":
        marked = cleaning.without_sheets(marked)
    body = cleaning.clean(marked)
    if kind != "layout":
        body = plain.in_house_style(body)
    return Pasted(body, (*seen.notices, *_formulas(seen.html), *_numbers(seen.html), *_notices(marked, body)))


def _formulas(html: str) -> list[str]:
    count = len(_FORMULA.findall(html))
    return [f"{count} 个公式按文字粘贴，请核对"] if count else []


def _numbers(html: str) -> list[str]:
    """WeChat's lists count upwards, one by one."""
    return ["有列表的编号是跳号或倒数的，粘贴后按顺序编号，请核对"] if _OWN_NUMBERS.search(html) else []


def _notices(before: str, after: str) -> list[str]:
    found = []
    text = cleaning.text_of(after)
    if marks := cleaning.lost(text):
        names = "、".join(dict.fromkeys(marks[:3]))
        more = f" 等 {len(marks)} 处" if len(marks) > 3 else ""
        found.append(f"{names}{more}，已在原处标出，请用工具栏补上后删去标记")
    missing = Counter(_letters(nh3.clean(before, tags=set(), clean_content_tags=_NO_TEXT)))
    missing.subtract(_letters(nh3.clean(after, tags=set())))
    lost = sum(count for count in missing.values() if count > 0)
    if lost:
        found.append(f"有 {lost} 个字没有粘贴进来（多在表单或网页控件里），请对照原文补上")
    return found


def _letters(text: str) -> str:
    return "".join(text.split()).replace("\xa0", "")
