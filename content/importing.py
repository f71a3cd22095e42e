"""A Word file becomes the fields of a draft: title, author, digest, body, pictures and a cover, with what to look at.

The file is taken apart in a child with limits, everything about it is checked as it unpacks (kind, size, a bomb's ratio). Nothing
is written here, and a file that cannot be imported is refused with a reason that says what to do.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import mammoth

from content import cleaning, pasting, secrecy, wordfile
from content.pictures import Picture, card_cover, cover_here, prepare_here
from content.tree import Node, drop, parse, render
from ground import apart
from ground.errors import Refused
from settings import WeChatLimits

if TYPE_CHECKING:
    from content.revisions import Fields

# Word's own names of the styles that are a title or a heading, English and Chinese.
_STYLE_MAP = """
p[style-name='pioneer-center'] => p.pioneer-center:fresh
p[style-name='pioneer-right'] => p.pioneer-right:fresh
p[style-name='Title'] => h1.title:fresh
p[style-name='标题'] => h1.title:fresh
p[style-name='Subtitle'] => p.subtitle:fresh
p[style-name='副标题'] => p.subtitle:fresh
p[style-name='标题 1'] => h1:fresh
p[style-name='标题 2'] => h2:fresh
p[style-name='标题 3'] => h3:fresh
p[style-name='Quote'] => blockquote:fresh
p[style-name='Caption'] => p.caption:fresh
p[style-name='题注'] => p.caption:fresh
u => u
comment-reference => !
"""
_ABOUT = apart.About("文档", "请减少或压缩图片，在 Word 中另存一份再导入")
_BOUNDS = apart.Bounds(seconds=12, cpu_seconds=7, answer_bytes=128_000_000)
_ALIGNED = re.compile(r'<p class="pioneer-(center|right)">')
_BODY_STYLES = (None, "Normal", "正文", "Body Text", "Normal (Web)", "No Spacing")
_TITLE_CHARS = 40
_MAX_PICTURES = 280
"""As many as WeChat is known to take in one article."""
_DIGEST_SENTENCE: Final = re.compile(r"^.*[。！？；!?]", re.S)
_BY_CHARS = 80
_BY = re.compile(
    r"^[（(]?\s*(?:作\s*者|供\s*稿|撰\s*稿|撰\s*文|通\s*讯\s*员|记\s*者|文)\s*[:：/／]\s*([^（()）\s][^（()）]{0,30}?)\s*[）)]?$"
)


@dataclass(frozen=True)
class WordDraft:
    """What a Word file gave. ``html`` names its pictures by our own addresses; ``warnings`` are Chinese sentences."""

    title: str
    author: str
    digest: str
    html: str
    pictures: tuple[Picture, ...]
    cover: Picture
    warnings: tuple[str, ...]

    @property
    def all_pictures(self) -> tuple[Picture, ...]:
        """Those of the body and the cover: all that must be stored before the draft is."""
        return (*self.pictures, self.cover)


@dataclass
class _Pictures:
    """Takes the pictures of the document as mammoth meets them."""

    limits: WeChatLimits
    taken: list[Picture] = field(default_factory=list)
    sources: list[bytes] = field(default_factory=list)
    scaled: int = 0
    lost: list[str] = field(default_factory=list)
    known: dict[bytes, Picture] = field(default_factory=dict)

    def take(self, image: Any) -> dict[str, str]:
        number = len(self.taken) + len(self.lost) + 1
        try:
            if number > _MAX_PICTURES:
                raise Refused(f"一篇最多导入 {_MAX_PICTURES} 张图片")
            with image.open() as file:
                data: bytes = file.read()
            picture = self._prepared(data)
        except Refused as error:
            kind = str(image.content_type or "").removeprefix("image/").removeprefix("x-").upper()
            reason = (
                "是 Word 专用的矢量图，请另存为图片后重新插入" if kind in ("EMF", "WMF") else error.message
            )
            self.lost.append(f"第 {number} 张图片没有导入：{reason}")
            return {"src": ""}
        except (KeyError, ValueError):
            self.lost.append(f"第 {number} 张图片没有导入：图片不在文档里，请在 Word 中重新插入")
            return {"src": ""}
        self.scaled += picture.was_scaled
        self.taken.append(picture)
        self.sources.append(data)
        return {
            "src": cleaning.asset_url(picture.sha256),
            "alt": str(image.alt_text or ""),
            "width": str(picture.width),
            "height": str(picture.height),
        }

    def _prepared(self, data: bytes) -> Picture:
        """One picture may stand in a document a thousand times."""
        mark = hashlib.sha256(data).digest()
        if mark not in self.known:
            self.known[mark] = prepare_here(data, self.limits)
        return self.known[mark]


def read_word(
    data: bytes, filename: str, limits: WeChatLimits, *, upload_mb: int, column_key: str = ""
) -> WordDraft:
    """Read a ``.docx``, in a child with limits.

    ``filename`` serves for messages and, where the document has no title, as the title. ``column_key`` chooses the card that
    becomes the cover of an article without pictures. Raises :class:`errors.Refused` for anything that is not a whole,
    readable Word document of a sane size.
    """
    return apart.run(
        _read, data, filename, limits, upload_mb, column_key, gives=WordDraft, about=_ABOUT, bounds=_BOUNDS
    )


def _read(data: bytes, filename: str, limits: WeChatLimits, upload_mb: int, column_key: str) -> WordDraft:
    parts, package = wordfile.checked(data, max_bytes=upload_mb * 1024 * 1024)
    pictures = _Pictures(limits)
    converted = _converted(package, pictures.take)
    root = parse(cleaning.clean(converted))
    _tidy(root)
    title = _take_title(root) or _title_from(filename)
    text = root.text().strip()
    if not text and not pictures.taken:
        raise Refused("文档里没有正文，请检查是否选错了文件")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    cover = cover_here(pictures.sources[0], limits) if pictures.taken else card_cover(column_key)
    return WordDraft(
        title=title,
        author=_author(lines),
        digest=digest_of(next((line for line in lines if not _BY.match(line[:_BY_CHARS])), ""), limits),
        html=pasting.bounded(render(root)),
        pictures=tuple(pictures.taken),
        cover=cover,
        warnings=tuple(
            _warnings(parts, pictures, f"{parts.header_text}\n{title}\n{text}", bool(pictures.taken))
        ),
    )


def fields_of(draft: WordDraft, column_id: int) -> Fields:
    """The draft as the fields of a new article."""
    from content.revisions import Fields  # not above: who reads the file apart needs no database

    return Fields(
        title=draft.title,
        column_id=column_id,
        author=draft.author,
        digest=draft.digest,
        html=draft.html,
        cover_sha256=draft.cover.sha256,
    )


def _converted(data: bytes, take: Callable[[Any], dict[str, str]]) -> str:
    try:
        result = mammoth.convert_to_html(
            io.BytesIO(data),
            convert_image=mammoth.images.img_element(take),
            style_map=_STYLE_MAP,
            transform_document=mammoth.transforms.paragraph(_keep_alignment),
            include_embedded_style_map=False,
            external_file_access=False,
        )
    except Refused:
        raise
    except Exception as error:  # a third party's parser over a damaged file raises whatever it stumbles over
        raise Refused(
            "文档已损坏，无法读取，请在 Word 中打开并另存一份再导入", reason=type(error).__name__
        ) from error
    return _ALIGNED.sub(lambda found: f'<p style="text-align:{found[1]}">', str(result.value))


def _keep_alignment(paragraph: Any) -> Any:
    """mammoth drops alignment; a centred line or a signature on the right means something, so it travels as a style name."""
    kind = {"center": "center", "right": "right", "end": "right"}.get(paragraph.alignment or "")
    if kind and paragraph.style_name in _BODY_STYLES and paragraph.numbering is None:
        return paragraph.copy(style_id=None, style_name=f"pioneer-{kind}")
    return paragraph


def _tidy(root: Node) -> None:
    """Remove empty paragraphs, indents typed as spaces and the document's own anchors."""
    for node in [root, *root.elements()]:
        for child in list(node.children):
            if isinstance(child, Node) and child.tag in (
                "p",
                "h1",
                "h2",
                "h3",
                "h4",
                "h5",
                "h6",
                "blockquote",
            ):
                if not child.text().strip() and not child.all("img"):
                    if node.tag not in ("td", "th") or len(node.children) > 1:
                        drop(node, child)
                else:
                    _strip_indent(child)
    for node in root.elements():
        if node.tag == "a" and not node.attrs.get("href", "").startswith("http"):
            node.tag = "span"
            node.attrs.clear()


def _strip_indent(block: Node) -> None:
    """Authors indent with full-width spaces; the house style indents already."""
    holder: Node = block
    while (
        holder.children
        and isinstance(holder.children[0], Node)
        and holder.children[0].tag in ("span", "strong", "b")
    ):
        holder = holder.children[0]
    if holder.children and isinstance(holder.children[0], str):
        holder.children[0] = holder.children[0].lstrip(" \t\u3000\xa0")


def _take_title(root: Node) -> str:
    """The heading at the top, or a short first line that is no sentence; it leaves the body."""
    for node in root.children:
        if not isinstance(node, Node):
            continue
        text = " ".join(node.text().split())
        if node.tag == "h1" or (
            node.tag in ("p", "h2")
            and 0 < len(text) <= _TITLE_CHARS
            and not re.search(r"[。；！？，]$|。", text)
            and not _BY.match(text[:_BY_CHARS])
        ):
            if not text or node.all("img"):
                return ""
            drop(root, node)
            return text[:120]
        return ""
    return ""


def _title_from(filename: str) -> str:
    stem = re.split(r"[\\/]", filename)[-1].rsplit(".", 1)[0]
    return " ".join(stem.replace("_", " ").split())[:120]


def _author(lines: list[str]) -> str:
    """Who is named as author, in the first three or the last three lines."""
    for line in [*lines[:3], *reversed(lines[-3:])]:
        if found := _BY.match(line[:_BY_CHARS]):
            return " ".join(found[1].split())
    return ""


def digest_of(paragraph: str, limits: WeChatLimits) -> str:
    """A digest from the first paragraph: whole sentences where they fit, else cut with an ellipsis."""
    paragraph = " ".join(paragraph.split())
    if len(paragraph) <= limits.digest_chars:
        return paragraph
    cut = paragraph[: limits.digest_chars]
    if (whole := _DIGEST_SENTENCE.match(cut)) and len(whole[0]) >= limits.digest_chars // 3:
        return whole[0]
    return cut[:-1] + "…"


def _warnings(parts: wordfile.Parts, pictures: _Pictures, text: str, has_pictures: bool) -> list[str]:
    warnings = []
    marks = secrecy.marks_in(text)
    if secret := next((found for found in marks if found.mark.secret), None):
        warnings.append(f"文档含密级标志“{secret.text}”，涉密内容不得上网，请立即核对来源")
    elif marks:
        warnings.append(f"文档含“{marks[0].text}”字样，请确认可以公开")
    if parts.revisions:
        warnings.append(f"文档含 {parts.revisions} 处修订，已按最终稿导入")
    if parts.comments:
        warnings.append(f"文档含 {parts.comments} 条批注，批注没有导入")
    if pictures.scaled:
        warnings.append(f"{pictures.scaled} 张图片过大，已压缩到微信允许的大小")
    warnings += pictures.lost
    for count, what in (
        (parts.formulas, "个公式"),
        (parts.charts, "个图表或智能图形"),
        (parts.objects, "个嵌入对象"),
    ):
        if count:
            warnings.append(f"文档含 {count} {what}，没有导入，请截图后以图片插入")
    if not has_pictures:
        warnings.append("文档没有图片，封面使用了栏目的通用封面，可在编辑时更换")
    return warnings
