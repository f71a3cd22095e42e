"""Parts that a document embeds and Word would take in when it opens it: web pages, plain texts, other Word documents."""

from __future__ import annotations

import email
import email.policy
import re

from content import cleaning, losses, unseen
from content.tree import BLOCKS, Node, drop, parse
from content.word.lines import Block
from content.word.report import opening
from content.word.story import Story

_CHARSET = re.compile(rb"""charset\s{0,4}=\s{0,4}["']?([\w-]{1,40})""", re.I)
_NOT_TAKEN = "有 {n} 段嵌入的内容没有导入，请在 Word 中打开并另存一份再导入"


def read(story: Story, relation_id: str) -> list[Node]:
    """The blocks of the embedded part, or none and a note."""
    package = story.document.package
    relation = package.relations(story.part).get(relation_id)
    data = package.parts.get(relation.target) if relation is not None and not relation.outside else None
    if relation is None or not data:
        story.report.note(_NOT_TAKEN, where=True)
        return []
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16", "replace").encode()
    if data.startswith(b"PK\x03\x04"):
        blocks = story.document.embed(story.document, data)
        if blocks is None:
            story.report.note(_NOT_TAKEN, where=True)
        return blocks or []
    head = data[:2000].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if head.startswith(b"{\\rtf"):
        story.report.note(_NOT_TAKEN, _rtf_words(data), where=True)
        return []
    if b"mime-version:" in head or (b"content-type:" in head and b"<" not in head[:40]):
        return _mail(story, data)
    if head.startswith(b"<") or relation.target.lower().endswith((".htm", ".html", ".xhtml")):
        return _page(story, data)
    return _lines(_decoded(data))


def _page(story: Story, data: bytes, charset: str = "") -> list[Node]:
    seen = unseen.shown(_decoded(data, charset))
    for what, words in seen.cut:
        story.report.note(f"嵌入的网页里有 {{n}} 处{what}，没有导入", words)
        story.document.unseen.append((what, words))
    root = parse(cleaning.clean(losses.drawn(seen.html)))
    for holder in [root, *root.elements()]:
        for one in list(holder.children):
            if isinstance(one, Node) and one.tag == "img":
                drop(holder, one)
    if b"<img" in data.lower():
        story.report.note("嵌入的网页里有图片没有导入，请重新插入图片", where=True)
    blocks: list[Node] = []
    loose: list[Node | str] = []
    for child in [*root.children, Node("hr")]:
        if isinstance(child, Node) and (child.tag in BLOCKS or child.has_blocks):
            if any(isinstance(one, Node) or one.strip() for one in loose):
                blocks.append(Block("p", {}, list(loose)))
            loose.clear()
            blocks.append(child)
        else:
            loose.append(child)
    return blocks[:-1]


def _mail(story: Story, data: bytes) -> list[Node]:
    """A web page with its pictures in one file (MHTML)."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    for part in message.walk():
        if part.get_content_type() in ("text/html", "text/plain"):
            body = part.get_payload(decode=True)
            if isinstance(body, bytes):
                charset = part.get_content_charset() or ""
                if part.get_content_type() == "text/plain":
                    return _lines(_decoded(body, charset))
                return _page(story, body, charset)
    story.report.note(_NOT_TAKEN, where=True)
    return []


def _lines(text: str) -> list[Node]:
    return [Block("p", {}, [line.strip()]) for line in text.splitlines() if line.strip()]


def _decoded(data: bytes, charset: str = "") -> str:
    """By its own mark, what it says of itself, UTF-8, and last as Chinese Windows writes."""
    said = _CHARSET.search(data[:2000])
    named = charset or (said[1].decode("ascii", "replace") if said else "")
    for one in ("utf-8-sig", named, "gb18030"):
        try:
            if one:
                return data.decode(one)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("gb18030", "replace")


def _rtf_words(data: bytes) -> str:
    """Some words of an RTF text, to name it by."""
    text = data[:20_000].decode("latin-1")
    words = [piece.rpartition("\\")[2].partition(" ")[2] for piece in text.split("\\par")]
    return opening(" ".join(one.strip("{} \r\n") for one in words if one.strip("{} \r\n")))
