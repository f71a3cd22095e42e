"""Word files, made by hand, for what the given ones do not show."""

from __future__ import annotations

import io
import zipfile

from PIL import Image

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DOCUMENT = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_TYPES = f"""<?xml version="1.0" encoding="UTF-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>
<Default Extension="jpg" ContentType="image/jpeg"/><Default Extension="emf" ContentType="image/x-emf"/>
<Override PartName="/word/document.xml" ContentType="{_DOCUMENT}"/>
</Types>"""
_RELS = f"""<?xml version="1.0" encoding="UTF-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>
</Relationships>"""
_IMAGE = f"{_OFFICE}/image"


def paragraph(text: str) -> str:
    """A paragraph of plain text."""
    return f'<w:p><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def picture(number: int, *, link: bool = False) -> str:
    """A paragraph with the ``number``-th picture."""
    attribute = "link" if link else "embed"
    return (
        f'<w:p><w:r><w:drawing><wp:inline><wp:docPr id="{number}" name="p" descr="会议现场"/><a:graphic>'
        '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:blipFill>'
        f'<a:blip r:{attribute}="img{number}"/></pic:blipFill></pic:pic></a:graphicData></a:graphic>'
        "</wp:inline></w:drawing></w:r></w:p>"
    )


def word(
    body: str,
    *,
    pictures: dict[str, bytes] | None = None,
    outside: str = "",
    parts: dict[str, str | bytes] | None = None,
) -> bytes:
    """A ``.docx`` with this body; ``pictures`` maps file names under ``word/media`` to bytes, in the order of their numbers."""
    links = "".join(
        f'<Relationship Id="img{number}" Type="{_IMAGE}" Target="media/{name}"/>'
        for number, name in enumerate(pictures or {}, 1)
    )
    if outside:
        links += f'<Relationship Id="img1" Type="{_IMAGE}" Target="{outside}" TargetMode="External"/>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _RELS)
        archive.writestr(
            "word/document.xml", f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>"
        )
        archive.writestr(
            "word/_rels/document.xml.rels",
            f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{links}</Relationships>',
        )
        for name, data in (pictures or {}).items():
            archive.writestr(f"word/media/{name}", data)
        for name, content in (parts or {}).items():
            archive.writestr(name, content)
    return buffer.getvalue()


def image(width: int, height: int, kind: str = "JPEG", *, noisy: bool = False, **options: object) -> bytes:
    """A picture of one colour, or of noise that packs badly."""
    buffer = io.BytesIO()
    if noisy:
        made = Image.effect_noise((width, height), 90).convert("RGB")
    else:
        made = Image.new("RGB", (width, height), "#b0c4de")
    made.save(buffer, kind, **options)
    return buffer.getvalue()
