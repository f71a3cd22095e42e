"""A Word file becomes the fields of a draft: title, author, digest, body, pictures and a cover, with what to look at.

The file is taken apart in a child with limits, everything about it is checked as it unpacks (kind, size, a bomb's ratio). Nothing
is written here, and a file that cannot be imported is refused with a reason that says what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from content import cleaning, headline, pasting, secrecy, wordfile
from content.pictures import Picture, card_cover, cover_here
from content.tree import Node, parse, render
from content.word import counting, document, tidying
from content.word.camera import Camera
from content.word.report import Report
from ground import apart
from ground.errors import Refused
from ground.parcel import Excess, Unsafe
from settings import WeChatLimits

if TYPE_CHECKING:
    from content.revisions import Fields

_ABOUT = apart.About("文档", "请减少或压缩图片，在 Word 中另存一份再导入")
_BOUNDS = apart.Bounds(seconds=40, cpu_seconds=7, answer_bytes=128_000_000)


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


def read_word(
    data: bytes, filename: str, limits: WeChatLimits, *, upload_mb: int, column_key: str = ""
) -> WordDraft:
    """Read a ``.docx``, in a child with limits.

    ``filename`` serves for messages and, where the document has no title, as the title. ``column_key`` chooses the card that
    becomes the cover of an article without pictures. Raises :class:`errors.Refused` for anything that is not a whole,
    readable Word document of a sane size.
    """
    return apart.run(
        read_here,
        data,
        filename,
        limits,
        upload_mb,
        column_key,
        gives=WordDraft,
        about=_ABOUT,
        bounds=_BOUNDS,
    )


def read_here(data: bytes, filename: str, limits: WeChatLimits, upload_mb: int, column_key: str) -> WordDraft:
    """:func:`read_word` for who is in a child already: the whole of it, here and without limits."""
    package = wordfile.checked(data, max_bytes=upload_mb * 1024 * 1024)
    report = Report()
    camera = Camera(limits, report)
    try:
        word = document.begun(package, report, camera)
        blocks = document.body(word)
    except (Excess, Unsafe) as error:
        raise Refused(wordfile.reason(error)) from None
    top = Node("#root", {}, list(blocks))
    seen = top.text()
    tidying.tidy(top)
    title = headline.taken(top) or headline.from_name(filename)
    root = parse(cleaning.clean(render(top)))
    text = root.text().strip()
    if not text and not camera.taken:
        said = next(iter(report.sentences()), "")
        raise Refused("文档里没有正文，请检查是否选错了文件" + (f"（{said}）" if said else ""))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    warnings = [
        *_marks([*word.unseen, ("文件名", headline.from_name(filename))], f"{title}\n{seen}"),
        *report.sentences(),
        *counting.shortfalls(package.parts, f"{title}\n{text}", len(root.all("img")), report.pictures_lost),
    ]
    if camera.scaled:
        warnings.append(f"{camera.scaled} 张图片过大，已压缩到微信允许的大小")
    if not camera.taken:
        warnings.append("文档没有图片，封面使用了栏目的通用封面，可在编辑时更换")
    return WordDraft(
        title=title,
        author=headline.author(lines),
        digest=headline.digest(lines, limits),
        html=pasting.bounded(render(root)),
        pictures=tuple(camera.taken),
        cover=cover_here(camera.sources[0], limits) if camera.taken else card_cover(column_key),
        warnings=tuple(warnings),
    )


def _marks(unseen: list[tuple[str, str]], text: str) -> list[str]:
    """What to say of marks of secrecy, in the text and wherever else they stand."""
    said: list[str] = []
    text = "\n".join([text, *secrecy.downwards(text)])
    for place, lines in _by_place([(secrecy.DOCUMENT, text), *unseen]):
        found = secrecy.marks_in(lines) if place == secrecy.DOCUMENT else secrecy.marks_beside(lines)
        if secret := next((one for one in found if one.mark.secret), None):
            said.append(secrecy.told(place, secret.text))
        elif found:
            said.append(f"{place}含“{found[0].text}”字样，请确认可以公开")
    return said


def _by_place(texts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    gathered: dict[str, list[str]] = {}
    for place, text in texts:
        gathered.setdefault(place, []).append(text)
    return [(place, "\n".join(lines)) for place, lines in gathered.items()]


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
