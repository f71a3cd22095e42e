"""Pictures of a Word file come in as Word shows them, wherever they hang; one that cannot is named by its place."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from content.importing import WordDraft, read_here
from settings import WeChatLimits
from tests.content.words import image, paragraph, word

MORE = (
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:wpg="http://schemas.microsoft.com/office/word/2010/wordprocessingGroup" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:asvg="http://schemas.microsoft.com/office/drawing/2016/SVG/main"'
)


def quarters(kind: str = "PNG", **options: object) -> bytes:
    """Red, green, blue and yellow, each a quarter: 40 × 20."""
    made = Image.new("RGB", (40, 20))
    for at, colour in enumerate(("red", "lime", "blue", "yellow")):
        made.paste(colour, (at % 2 * 20, at // 2 * 10, at % 2 * 20 + 20, at // 2 * 10 + 10))
    buffer = io.BytesIO()
    made.save(buffer, kind, **options)
    return buffer.getvalue()


def read(drawing: str, **pictures: bytes) -> WordDraft:
    body = (
        paragraph("活动现场")
        + paragraph("文字在前。")
        + f"<w:customXml {MORE}><w:p><w:r>{drawing}</w:r></w:p></w:customXml>"
    )
    named = {f"{name}.png": data for name, data in (pictures or {"a": quarters()}).items()}
    data = word(body + paragraph("文字在后。"), pictures=named)
    return read_here(data, "稿件.docx", WeChatLimits(), 10, "")


def corners(draft: WordDraft) -> tuple[tuple[int, int], str]:
    """Size and the colours of the four corners, as letters."""
    (picture,) = draft.pictures
    drawn = Image.open(io.BytesIO(picture.data)).convert("RGBA")
    shown = Image.alpha_composite(Image.new("RGBA", drawn.size, "white"), drawn).convert("RGB")
    names = {(1, 0, 0): "r", (0, 1, 0): "g", (0, 0, 1): "b", (1, 1, 0): "y", (1, 1, 1): "w"}
    width, height = shown.size
    places = [(1, 1), (width - 2, 1), (1, height - 2), (width - 2, height - 2)]
    found = []
    for place in places:
        red, green, blue = shown.getpixel(place)  # type: ignore[misc]
        found.append(names.get((round(red / 255), round(green / 255), round(blue / 255)), "?"))
    return shown.size, "".join(found)


def inline(fill: str = "", transform: str = "") -> str:
    return (
        '<w:drawing><wp:inline><wp:docPr id="1" name="图片 1" descr="合影"/><a:graphic><a:graphicData><pic:pic><pic:blipFill>'
        f'<a:blip r:embed="img1"/>{fill}</pic:blipFill><pic:spPr>{transform}</pic:spPr></pic:pic></a:graphicData></a:graphic>'
        "</wp:inline></w:drawing>"
    )


def group(transform: str, inner: str) -> str:
    return (
        "<w:drawing><wp:anchor><a:graphic><a:graphicData><wpg:wgp><wpg:grpSpPr><a:xfrm/></wpg:grpSpPr><wpg:grpSp><wpg:grpSpPr>"
        f"{transform}</wpg:grpSpPr>{inner}</wpg:grpSp></wpg:wgp></a:graphicData></a:graphic></wp:anchor></w:drawing>"
    )


PICTURE = '<pic:pic><pic:blipFill><a:blip r:embed="img1"/></pic:blipFill><pic:spPr/></pic:pic>'
FILLED = '<wps:wsp><wps:spPr>{}<a:blipFill><a:blip r:embed="img1"/></a:blipFill></wps:spPr></wps:wsp>'


@pytest.mark.parametrize(
    ("drawing", "size", "shown"),
    [
        (inline(), (40, 20), "rgby"),
        (inline('<a:srcRect r="50000"/>'), (20, 20), "rrbb"),
        (inline('<a:srcRect t="50%"/>'), (40, 10), "byby"),
        (inline('<a:srcRect l="-20000" b="50000"/>'), (40, 10), "rgrg"),
        (inline("", '<a:xfrm rot="5400000"/>'), (20, 40), "bryg"),
        (inline("", '<a:xfrm rot="-5400000"/>'), (20, 40), "gyrb"),
        (inline("", '<a:xfrm rot="10800000"/>'), (40, 20), "ybgr"),
        (inline("", '<a:xfrm flipH="1"/>'), (40, 20), "gryb"),
        (inline("", '<a:xfrm flipV="true"/>'), (40, 20), "byrg"),
        (inline('<a:srcRect r="50000"/>', '<a:xfrm rot="5400000"/>'), (20, 20), "brbr"),
        (group("", PICTURE), (40, 20), "rgby"),
        (group('<a:xfrm rot="5400000"/>', PICTURE), (20, 40), "bryg"),
        (group("", FILLED.format("")), (40, 20), "rgby"),
        (FILLED.format('<a:xfrm rot="10800000"/>').join(("<w:drawing>", "</w:drawing>")), (40, 20), "ybgr"),
        (
            '<w:pict><v:shape><v:imagedata r:id="img1" cropright="32768f"/></v:shape></w:pict>',
            (20, 20),
            "rrbb",
        ),
        ('<w:pict><v:shape><v:imagedata r:id="img1" croptop=".5"/></v:shape></w:pict>', (40, 10), "byby"),
        (
            '<w:pict><v:shape style="rotation:90;flip:x"><v:imagedata r:id="img1"/></v:shape></w:pict>',
            (20, 40),
            "ygbr",
        ),
        (
            '<w:pict><v:group><v:rect><v:fill r:id="img1" type="frame"/></v:rect></v:group></w:pict>',
            (40, 20),
            "rgby",
        ),
        ('<w:object><v:shape><v:imagedata r:id="img1"/></v:shape></w:object>', (40, 20), "rgby"),
    ],
)
def test_a_picture_is_cut_and_turned_as_word_shows_it(
    drawing: str, size: tuple[int, int], shown: str
) -> None:
    draft = read(drawing)
    assert corners(draft) == (size, shown)
    assert draft.warnings == ()


def test_a_slanted_picture_has_white_corners() -> None:
    size, shown = corners(read(inline("", '<a:xfrm rot="2700000"/>')))
    assert size[0] > 40
    assert shown == "wwww"


def test_what_was_cut_off_is_gone_from_the_cover_too() -> None:
    draft = read(inline('<a:srcRect r="50000" b="50000"/>'))
    cover = Image.open(io.BytesIO(draft.cover.data)).convert("RGB")
    assert all(abs(a - b) < 12 for a, b in zip(cover.getpixel((890, 370)), (255, 0, 0), strict=True))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mode", "value", "kind"),
    [
        ("I;16", 40_000, "PNG"),
        ("I;16", 40_000, "TIFF"),
        ("L", 156, "PNG"),
        ("I", 40_000, "TIFF"),
        ("F", 0.5, "TIFF"),
    ],
)
def test_greys_of_any_depth_stay_grey(mode: str, value: float, kind: str) -> None:
    made = Image.new(mode, (30, 20), value)
    if mode == "F":
        made.putpixel((0, 0), 0.0)
        made.putpixel((29, 19), 1.0)
    buffer = io.BytesIO()
    made.save(buffer, kind)
    (picture,) = read(inline(), a=buffer.getvalue()).pictures
    shown = Image.open(io.BytesIO(picture.data)).convert("L")
    assert abs(int(shown.getpixel((15, 10))) - (128 if mode == "F" else 156)) <= 3  # type: ignore[arg-type]


def test_a_grey_without_any_other_beside_it_stays_as_it_is() -> None:
    buffer = io.BytesIO()
    Image.new("F", (30, 20), 0.6).save(buffer, "TIFF")
    (picture,) = read(inline(), a=buffer.getvalue()).pictures
    assert abs(int(Image.open(io.BytesIO(picture.data)).convert("L").getpixel((15, 10))) - 153) <= 3  # type: ignore[arg-type]


def test_a_film_from_the_web_leaves_its_picture_and_is_named() -> None:
    film = '<a:ext><film:webVideoPr xmlns:film="http://schemas.microsoft.com/office/word/2012/wordprocessingDrawing"/></a:ext>'
    draft = read(
        inline().replace(
            '<a:blip r:embed="img1"/>', f'<a:blip r:embed="img1"><a:extLst>{film}</a:extLst></a:blip>'
        )
    )
    assert len(draft.pictures) == 1
    assert any("联机视频没有导入" in one for one in draft.warnings)


def test_the_same_picture_written_for_two_programs_comes_in_once() -> None:
    old = '<w:pict><v:shape><v:imagedata r:id="img1"/></v:shape></w:pict>'
    new = f'<mc:Choice Requires="wpg">{group("", PICTURE)}</mc:Choice>'
    both = f"<mc:AlternateContent>{new}<mc:Fallback>{old}</mc:Fallback></mc:AlternateContent>"
    assert corners(read(both)) == ((40, 20), "rgby")


@pytest.mark.parametrize(
    ("drawing", "reason"),
    [
        (inline().replace("img1", "img9"), "图片不在文档里"),
        (inline().replace(' r:embed="img1"', ""), "图片不在文档里"),
        (inline().replace('r:embed="img1"', 'r:embed="img2"'), "不是可用的图片"),
        (inline().replace('r:embed="img1"', 'r:embed="img3"'), "矢量图"),
    ],
)
def test_a_picture_that_cannot_come_in_is_named_by_its_place(drawing: str, reason: str) -> None:
    emf = b"\x01\0\0\0" + b"\0" * 36 + b" EMF" + b"\0" * 60
    draft = read(drawing, a=quarters(), b=b"no picture", c=emf)
    assert not draft.pictures
    assert "文字在后。" in draft.html
    assert any(
        reason in one and "第 1 张图片没有导入" in one and "在“文字在前。”之后" in one
        for one in draft.warnings
    )
    assert not any("核对发现" in one for one in draft.warnings)


@pytest.mark.parametrize(
    ("drawing", "word_of"),
    [
        (
            '<w:drawing><wp:inline><wp:docPr id="1" name="x" hidden="1"/><a:graphic><a:graphicData>'
            + PICTURE
            + "</a:graphicData></a:graphic></wp:inline></w:drawing>",
            "隐藏",
        ),
        ('<w:pict><v:shape style="visibility:hidden"><v:imagedata r:id="img1"/></v:shape></w:pict>', "隐藏"),
        ('<w:object><o:OLEObject ProgID="Excel.Sheet.12"/></w:object>', "嵌入对象"),
        (
            (
                '<w:drawing><wp:inline><a:graphic><a:graphicData><c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"/>'
                "</a:graphicData></a:graphic></wp:inline></w:drawing>"
            ),
            "图表",
        ),
        (
            (
                '<w:drawing><wp:inline><a:graphic><a:graphicData><d:relIds xmlns:d="http://schemas.openxmlformats.org/drawingml/2006/diagram"/>'
                "</a:graphicData></a:graphic></wp:inline></w:drawing>"
            ),
            "智能图形",
        ),
    ],
)
def test_what_is_drawn_and_cannot_come_in_is_named(drawing: str, word_of: str) -> None:
    draft = read(drawing)
    assert not draft.pictures
    assert any(word_of in one for one in draft.warnings)


def test_of_very_many_pictures_that_cannot_come_in_the_first_are_named_and_the_rest_counted() -> None:
    draft = read('<w:pict><v:shape><v:imagedata r:id="none"/></v:shape></w:pict>' * 30)
    said = [one for one in draft.warnings if "张图片没有导入" in one]
    assert len(said) == 6
    assert "另有 25 张图片没有导入" in said[-1]


def test_a_damaged_picture_does_not_cost_the_document() -> None:
    data = bytearray(
        word(
            paragraph("活动现场") + f"<w:p {MORE}><w:r>{inline()}</w:r></w:p>" + paragraph("文字。"),
            pictures={"a.png": image(60, 60, "PNG", noisy=True)},
        )
    )
    at = data.index(b"word/media/a.png") + 200
    data[at : at + 40] = bytes(40)
    draft = read_here(bytes(data), "稿件.docx", WeChatLimits(), 10, "")
    assert draft.html == "<p>文字。</p>"
    assert any("第 1 张图片没有导入" in one for one in draft.warnings)
