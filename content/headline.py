"""What of a document's first and last lines is its title, its author, its digest."""

from __future__ import annotations

import re
from typing import Final

from content.tree import Node, drop
from content.word.lines import Block
from settings import WeChatLimits

_TITLE_CHARS = 40
_MOST_CHARS = 120
_LONG_TITLE_CHARS = 80
_LETTERHEAD_CHARS = 60
_TITLE_SIZE = 30
"""Half points: what is set larger than text of size 小三 and in the middle is a title, however long."""
_LOOKED_AT = 12
_BY_CHARS = 80
_BY = re.compile(
    r"^[（(]?\s*(?:作\s*者|供\s*稿|撰\s*稿|撰\s*文|通\s*讯\s*员|记\s*者|文)\s*[:：/／]\s*([^（()）\s][^（()）]{0,30}?)\s*[）)]?$"
)
_DIGEST_SENTENCE: Final = re.compile(r"^.*[。！？；!?]", re.S)
_DATE = re.compile(
    r"[（(]?(?:(?:\d{4}|[〇○零一二三四五六七八九]{4})(?:年|[-./])(?:\d{1,2}|[一二三四五六七八九十]{1,2})"
    r"(?:(?:月|[-./])(?:\d{1,2}日?|[一二三四五六七八九十]{1,3}日)?|月份?)?|(?:\d{1,2}|[一二三四五六七八九十]{1,2})月"
    r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})日)(?:[（(]?(?:星期|周)[一二三四五六日天][）)]?)?(?:上午|下午|晚)?"
    r"(?:\d{1,2}[:：]\d{2})?[）)]?"
)
_DOCUMENT_NUMBER = re.compile(
    r"\S{1,16}[〔\[［（(【]\d{4}[〕\]］）)】](?:第?\d{1,5}号?)|第?[\d一二三四五六七八九十百]{1,5}[期号](?:总第\d{1,5}期)?|[（(]?总第\d{1,5}期[）)]?"
)
_OF_OFFICE = re.compile(
    r"(?:绝密|机密|秘密|内部(?:资料|文件|材料|刊物)|特急|加急|急件|平急|特提)\S{0,14}|\d{6}"
    r"|(?:附件\d{0,2}|签发人?|份号|编号|发?布?日期|发?布?时间|(?:信息|稿件)?来源)[:：].{0,30}|附件\d{0,2}"
)
_NOT_A_TITLE = re.compile(r"[。；！？，]$|。")
_COMPLETE = re.compile(
    r"(?:通知|通告|公告|通报|报告|请示|批复|意见|决定|决议|公报|纪要|方案|办法|规定|条例|细则|总结|计划|倡议书|公开信|简报|讲话|发言稿?|函)$"
)
_SECTION = re.compile(
    r"^(?:[一二三四五六七八九十]{1,3}、|第[一二三四五六七八九十\d]{1,3}[章节条部编]|[（(][一二三四五六七八九十\d]{1,3}[）)]|\d{1,2}[.．、](?!\d))"
)
_OFFICE = re.compile(
    r"(?:党委|党工委|支部|总支|委员会|居委会|办公室|街道|社区|中心|服务站|工作站|服务队|编辑部)$"
)
_NOTE = re.compile(r"\[\d{1,3}\]")
_BEGINS_AFTER = ("——", "—", "--", "（", "(")


def taken(root: Node) -> str:
    """The title: the heading at the top, or a short first line that is no sentence. It leaves the body, unless nothing is left.

    Dates, numbers of documents, marks and letterheads that stand before it stay where they are.
    """
    lines = [node for node in root.children if isinstance(node, Node)]
    texts = [text for one in lines if (text := _text(one))]
    if len(texts) == 1 and len(texts[0]) <= _TITLE_CHARS and not root.all("table", "img"):
        whole = texts[0].rstrip("。；！？，")
        return whole if not _NOT_A_TITLE.search(whole) else ""
    for at, node in enumerate(lines[:_LOOKED_AT]):
        text = _text(node)
        if (node.all("img") and not text) or node.tag == "hr" or _stands_before(node, text, lines[at + 1 :]):
            continue
        if not _may_be_title(node, text) or node.all("img"):
            return ""
        parts = [node, *_following(node, text, lines[at + 1 :])]
        title = _joined([_text(one) for one in parts])[:_MOST_CHARS]
        if any(one not in parts and (_text(one) or one.all("img")) for one in lines):
            for one in parts:
                drop(root, one)
        return title
    return ""


def _text(node: Node) -> str:
    text = node.text()
    for mark in node.all("sup"):
        if _NOTE.fullmatch(mark.text()):
            text = text.replace(mark.text(), "", 1)
    return _joined(text.split("\n"))


def _joined(lines: list[str]) -> str:
    """Lines as one: with a space between two words of letters, none between Chinese."""
    made = ""
    for line in (" ".join(one.split()) for one in lines):
        gap = " " if made and line and made[-1].isascii() and line[0].isascii() else ""
        made += gap + line
    return made


def _stands_before(node: Node, text: str, rest: list[Node]) -> bool:
    """Whether this line is none of the title but stands above it."""
    squeezed = "".join(text.split())
    if not squeezed or _is_beside(text):
        return True
    if node.tag == "table":
        return len(squeezed) <= _LETTERHEAD_CHARS and any(_may_be_title(one, _text(one)) for one in rest[:6])
    if node.tag == "h1" or len(squeezed) > _TITLE_CHARS:
        return False
    return squeezed.endswith("文件") and any(_may_be_title(one, _text(one)) for one in rest[:6] if _text(one))


def _may_be_title(node: Node, text: str) -> bool:
    if (isinstance(node, Block) and node.numbered) or _SECTION.match(text):
        return False
    if node.tag == "h1":
        return bool(text)
    return (
        node.tag in ("p", "h2")
        and 0 < len(text) <= (_LONG_TITLE_CHARS if _is_set_as_title(node) else _TITLE_CHARS)
        and not _NOT_A_TITLE.search(text)
        and not _BY.match(text[:_BY_CHARS])
    )


def _is_set_as_title(node: Node) -> bool:
    return isinstance(node, Block) and node.aligned == "center" and node.size >= _TITLE_SIZE


def _following(node: Node, text: str, rest: list[Node]) -> list[Node]:
    """The lines that go on where the first line of a title ends: they look the same and stand below it."""
    found: list[Node] = []
    for one in rest[:3]:
        more = _text(one)
        if not more or not _goes_on(node, text, one, more):
            break
        found.append(one)
        text = _joined([text, more])
    return found


def _goes_on(node: Node, text: str, one: Node, more: str) -> bool:
    if not (isinstance(node, Block) and isinstance(one, Block)) or one.numbered or one.all("img"):
        return False
    if len(text) + len(more) > 2 * _TITLE_CHARS or not _may_be_title(one, more) or _is_beside(more):
        return False
    if more.startswith("关于") and not text.startswith("关于"):  # below the name of who says it
        return True
    if _OFFICE.search(more) and not _OFFICE.search(text):  # who has written it
        return False
    begins_after = more.startswith(_BEGINS_AFTER)
    if _COMPLETE.search(text) and not begins_after:
        return False
    if node.role != one.role or (node.role.isdigit() and not node.aligned):
        return begins_after and one.role == "subtitle"
    alike = (node.aligned, node.bold, node.size) == (one.aligned, one.bold, one.size)
    if node.role == "title":
        return True
    return node.aligned == "center" and one.aligned == "center" and (alike or begins_after)


def from_name(filename: str) -> str:
    """A title for a document that has none: the file's name."""
    stem = re.split(r"[\\/]", filename)[-1].rsplit(".", 1)[0]
    return " ".join(stem.replace("_", " ").split())[:_MOST_CHARS]


def author(lines: list[str]) -> str:
    """Who is named as author, in the first three or the last three lines."""
    for line in [*lines[:3], *reversed(lines[-3:])]:
        if found := _BY.match(line[:_BY_CHARS]):
            return " ".join(found[1].split())
    return ""


def _is_beside(line: str) -> bool:
    """A line that tells nobody what the article is about."""
    squeezed = "".join(line.split())[:_BY_CHARS]
    return bool(_BY.match(line[:_BY_CHARS])) or any(
        one.fullmatch(squeezed) for one in (_DATE, _DOCUMENT_NUMBER, _OF_OFFICE)
    )


def digest(lines: list[str], limits: WeChatLimits) -> str:
    """A digest from the first line that is no author's: whole sentences where they fit, else cut with an ellipsis."""
    paragraph = " ".join(next((line for line in lines if not _is_beside(line)), "").split())
    if len(paragraph) <= limits.digest_chars:
        return paragraph
    cut = paragraph[: limits.digest_chars]
    if (whole := _DIGEST_SENTENCE.match(cut)) and len(whole[0]) >= limits.digest_chars // 3:
        return whole[0]
    return cut[:-1] + "…"
