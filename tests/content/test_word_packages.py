"""Whatever shape the package has, the document comes in; marks of secrecy are seen wherever they stand; titles are found."""

from __future__ import annotations

import io
import zipfile

import pytest

from content import cleaning
from content.importing import WordDraft, read_here
from ground.errors import Refused
from settings import WeChatLimits
from tests.content.words import NAMESPACES, paragraph, word

SENTENCE = "社区志愿服务队上午在小区广场开展环境整治。"
BODY = paragraph("网格巡查记录") + paragraph(SENTENCE)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
VML = 'xmlns:v="urn:schemas-microsoft-com:vml"'


def read(data: bytes, name: str = "稿件.docx") -> WordDraft:
    return read_here(data, name, WeChatLimits(), 10, "")


def relations(*those: tuple[str, str, str]) -> str:
    made = "".join(
        f'<Relationship Id="{name}" Type="{kind}" Target="{target}"/>' for name, kind, target in those
    )
    return f'<Relationships xmlns="{PACKAGE}">{made}</Relationships>'


def zipped(parts: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return buffer.getvalue()


def document(body: str = BODY, namespaces: str = NAMESPACES) -> str:
    return f"<w:document {namespaces}><w:body>{body}</w:body></w:document>"


STRICT = 'xmlns:w="http://purl.oclc.org/ooxml/wordprocessingml/main"'
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/doc/main.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)


@pytest.mark.parametrize(
    "parts",
    [
        {
            "_rels/.rels": relations(("a", f"{OFFICE}/officeDocument", "word/document2.xml")),
            "word/document2.xml": document(),
        },
        {
            "_rels/.rels": relations(("a", f"{OFFICE}/officeDocument", "/doc/main.xml")),
            "doc/main.xml": document(),
        },
        {
            "_rels/.rels": relations(("a", f"{OFFICE}/officeDocument", "doc\\main.xml")),
            "doc/main.xml": document(),
        },
        {
            "_rels/.rels": relations(("a", f"{OFFICE}/officeDocument", "Word/Document.xml")),
            "word/document.xml": document(),
        },
        {
            "_rels/.rels": relations(
                (
                    "a",
                    "http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument",
                    "word/document.xml",
                )
            ),
            "word/document.xml": document(namespaces=STRICT),
        },
        {"[Content_Types].xml": TYPES, "doc/main.xml": document()},
        {"_rels/.rels": "<broken", "word/document.xml": document()},
        {
            "[Content_Types].xml": "<broken",
            "word/document.xml": document()
            .replace("w:", "x:")
            .replace("xmlns:x:", "xmlns:")
            .replace('xmlns:w="', 'xmlns:x="'),
        },
        {"word/document.xml": ('<?xml version="1.0" encoding="UTF-16"?>' + document()).encode("utf-16")},
    ],
)
def test_the_document_is_found_wherever_it_stands(parts: dict[str, str | bytes]) -> None:
    draft = read(zipped(parts))
    assert (draft.title, cleaning.text_of(draft.html)) == ("网格巡查记录", SENTENCE)


def test_a_second_body_is_read_as_well() -> None:
    both = document().replace("</w:document>", f"<w:body>{paragraph('又一篇。')}</w:body></w:document>")
    assert cleaning.text_of(read(zipped({"word/document.xml": both})).html).splitlines() == [
        SENTENCE,
        "又一篇。",
    ]


@pytest.mark.parametrize(
    "part", ["styles", "numbering", "footnotes", "endnotes", "comments", "header1", "footer1"]
)
def test_one_bad_part_never_costs_the_document(part: str) -> None:
    referring = f'<w:p><w:r><w:{part[:-1]}Reference w:id="1"/></w:r></w:p>' if part.endswith("notes") else ""
    draft = read(word(BODY + referring, parts={f"word/{part}.xml": "<w:broken"}))
    assert SENTENCE in draft.html
    assert any("部件已损坏" in one for one in draft.warnings)


def chunk(name: str, data: str | bytes) -> WordDraft:
    parts: dict[str, str | bytes] = {
        "word/document.xml": document(paragraph("简报") + '<w:altChunk r:id="c"/>' + paragraph("（完）")),
        "word/_rels/document.xml.rels": relations(("c", f"{OFFICE}/aFChunk", name)),
        f"word/{name}": data,
    }
    return read(zipped(parts))


HTML = "<html><body><p>老党员讲故事</p>散句<table><tr><td>格</td></tr></table></body></html>"


@pytest.mark.parametrize(
    ("name", "data", "shown"),
    [
        ("a.htm", HTML, ["老党员讲故事", "散句", "格", "（完）"]),
        (
            "a.html",
            HTML.replace("<html>", '<html><meta charset="gb2312">').encode("gb18030"),
            ["老党员讲故事", "散句", "格", "（完）"],
        ),
        ("a.dat", HTML.encode("utf-16"), ["老党员讲故事", "散句", "格", "（完）"]),
        ("a.txt", "第一行\r\n第二行".encode("gb18030"), ["第一行", "第二行", "（完）"]),
        (
            "a.mht",
            (
                "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                "PHA+6ICB5YWa5ZGYPC9wPg=="
            ),
            ["老党员", "（完）"],
        ),
        (
            "a.docx",
            word(paragraph("内层标题") + paragraph("内层正文。")),
            ["内层标题", "内层正文。", "（完）"],
        ),
    ],
)
def test_an_embedded_part_comes_in_where_it_stands(name: str, data: str | bytes, shown: list[str]) -> None:
    assert cleaning.text_of(chunk(name, data).html).splitlines() == shown


def test_what_an_embedded_page_does_not_show_is_named_and_what_it_draws_comes_in() -> None:
    page = '<p>公开<span style="display:none">勿外传</span></p><p><math><msup><mi>m</mi><mn>2</mn></msup></math></p>'
    draft = chunk("a.htm", page)
    assert cleaning.text_of(draft.html).splitlines() == ["公开", "m2", "（完）"]
    assert any("隐藏的内容，没有导入：“勿外传”" in one for one in draft.warnings)


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.rtf", "{\\rtf1\\ansi{\\b old} text\\par}"), ("a.docx", b"PK\x03\x04 no zip"), ("a.htm", "")],
)
def test_an_embedded_part_that_cannot_come_in_is_named(name: str, data: str | bytes) -> None:
    draft = chunk(name, data)
    assert any("嵌入的内容没有导入" in one and "另存" in one for one in draft.warnings)
    assert "（完）" in draft.html


def runs(*texts: str) -> str:
    return "<w:p>" + "".join(f"<w:r><w:t>{text}</w:t></w:r>" for text in texts) + "</w:p>"


def shape(text: str) -> str:
    return f'<w:p><w:r><w:pict><v:shape {VML}><v:textpath string="{text}"/></v:shape></w:pict></w:r></w:p>'


def framed(text: str) -> str:
    inner = "".join(runs(one) for one in text.split("|"))
    held = f"<v:shape {VML}><v:textbox><w:txbxContent>{inner}</w:txbxContent></v:textbox></v:shape>"
    return f"<w:p><w:r><w:pict>{held}</w:pict></w:r></w:p>"


@pytest.mark.parametrize(
    ("where", "content"),
    [
        ("body", runs("机", "密", "★", "1年")),
        ("body", runs("秘　密")),
        ("body", framed("绝密★启用前")),
        ("body", shape("机密")),
        ("body", "<w:tbl><w:tr><w:tc>" + runs("密", "级：", "秘密") + "</w:tc></w:tr></w:tbl>"),
        ("header1", runs("机 密 ★ 1 年")),
        ("header2", framed("秘密")),
        ("header3", shape("机密文件")),
        ("footer1", runs("绝", "密")),
        ("body", framed("机|密|★")),
        ("footer2", framed("机|密")),
        ("header1", runs("涉密资料")),
        ("header1", '<w:sdt xmlns:x="x"><w:sdtContent>' + shape("秘 密") + "</w:sdtContent></w:sdt>"),
        ("comments", f'<w:comment w:id="1">{runs("机密★")}</w:comment>'),
        ("body", "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>机密</w:t></w:r></w:p>"),
    ],
)
def test_a_mark_of_secrecy_is_seen_wherever_it_stands(where: str, content: str) -> None:
    assert any("密级标志" in one and "不得上网" in one for one in placed(where, content).warnings)


def test_a_mark_of_secrecy_is_seen_in_the_files_name_and_in_what_it_says_of_itself() -> None:
    assert any("文件名含密级标志" in one for one in read(word(BODY), "机密-网格巡查.docx").warnings)
    says = "<p><keywords>秘密</keywords></p>"
    draft = read(word(BODY, parts={"docProps/core.xml": says}))
    assert any("文档属性含密级标志" in one for one in draft.warnings)


def placed(where: str, content: str) -> WordDraft:
    if where == "body":
        return read(word(BODY + content))
    root = {"h": "hdr", "f": "ftr", "c": "comments"}[where[0]]
    return read(word(BODY, parts={f"word/{where}.xml": f"<w:{root} {NAMESPACES}>{content}</w:{root}>"}))


@pytest.mark.parametrize("where", ["body", "header1", "footer1"])
@pytest.mark.parametrize("text", ["内部资料", "内部 文件 注意保存", "仅供内部使用", "不得外传"])
def test_words_of_internal_papers_are_seen_wherever_they_stand(where: str, text: str) -> None:
    assert any("字样，请确认可以公开" in one for one in placed(where, runs(*text)).warnings)


def test_headers_and_footers_are_named_and_page_numbers_are_not() -> None:
    header = f"<w:hdr {NAMESPACES}>{paragraph('东门社区简报')}</w:hdr>"
    footer = f"<w:ftr {NAMESPACES}>{paragraph('第 1 页 共 3 页')}{paragraph('- 2 -')}</w:ftr>"
    draft = read(word(BODY, parts={"word/header1.xml": header, "word/footer1.xml": footer}))
    assert "页眉的文字没有导入：“东门社区简报”" in draft.warnings
    assert not any("页脚" in one for one in draft.warnings)


def line(text: str, *, size: int = 44, bold: bool = True, centred: bool = True) -> str:
    side = '<w:jc w:val="center"/>' if centred else ""
    look = f'{"<w:b/>" if bold else ""}<w:sz w:val="{size}"/>'
    return f"<w:p><w:pPr>{side}</w:pPr><w:r><w:rPr>{look}</w:rPr><w:t>{text}</w:t></w:r></w:p>"


END = paragraph(SENTENCE)


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (
            line("中共东门社区总支部委员会") + line("关于开展冬季送温暖活动的通知"),
            "中共东门社区总支部委员会关于开展冬季送温暖活动的通知",
        ),
        (
            line("春风化雨润民心") + line("——东门社区为民服务纪实", size=32, bold=False),
            "春风化雨润民心——东门社区为民服务纪实",
        ),
        (line("关于开展走访的通知") + line("东门社区党委", size=32, bold=False), "关于开展走访的通知"),
        (line("关于开展走访的通知") + line("东门社区党委"), "关于开展走访的通知"),
        (
            line("关于开展走访的<w:br/>通知")
            .replace("<w:t>", "<w:t>")
            .replace("的<w:br/>通", "的</w:t><w:br/><w:t>通"),
            "关于开展走访的通知",
        ),
        (line("走访纪实") + line("2026年11月20日"), "走访纪实"),
        (paragraph("2026年11月20日") + line("社区食堂延长供餐"), "社区食堂延长供餐"),
        (paragraph("二〇二六年十一月二十日") + line("社区食堂延长供餐"), "社区食堂延长供餐"),
        (paragraph("2026-11-20 星期五") + line("社区食堂延长供餐"), "社区食堂延长供餐"),
        (paragraph("（2026年11月）") + line("社区食堂延长供餐"), "社区食堂延长供餐"),
        (
            line("中共东门社区委员会文件", size=72)
            + paragraph("东社〔2026〕12号")
            + line("关于延长供餐的通知"),
            "关于延长供餐的通知",
        ),
        (paragraph("11月20日 上午9:30") + line("社区食堂延长供餐"), "社区食堂延长供餐"),
        (
            line("东门社区居委会", bold=False, size=32) + line("关于延长供餐的通知"),
            "东门社区居委会关于延长供餐的通知",
        ),
        (paragraph("第12期") + line("社区食堂延长供餐"), "社区食堂延长供餐"),
        (paragraph("机密★1年") + line("社区食堂延长供餐"), "社区食堂延长供餐"),
        (paragraph("附件1") + line("社区食堂延长供餐"), "社区食堂延长供餐"),
        (paragraph("作者：李想") + line("社区食堂延长供餐"), "社区食堂延长供餐"),
        (line("时间管理讲座"), "时间管理讲座"),
        (line("社区治理方案") + line("一、总体要求"), "社区治理方案"),
        (line("春风化雨润民心") + line("东门社区党支部"), "春风化雨润民心"),
        (
            line("中共东门街道") + line("东门社区总支部委员会") + line("关于延长供餐的通知"),
            "中共东门街道东门社区总支部委员会关于延长供餐的通知",
        ),
        (paragraph("一、总体要求"), "稿件"),
        (
            "<w:tbl><w:tr><w:tc>" + paragraph("东门社区简报") + "</w:tc></w:tr></w:tbl>" + line("延长供餐"),
            "延长供餐",
        ),
        (
            line("关于" + "进一步做好老旧小区楼道清理和规范停车工作" * 2 + "的通知"),
            "关于" + "进一步做好老旧小区楼道清理和规范停车工作" * 2 + "的通知",
        ),
        (line("Reading Week") + line("2026 in the Library"), "Reading Week 2026 in the Library"),
        ("<w:sdt><w:sdtContent>" + line("社区食堂延长供餐") + "</w:sdtContent></w:sdt>", "社区食堂延长供餐"),
    ],
)
def test_the_title_is_found_below_dates_and_over_several_lines(body: str, title: str) -> None:
    draft = read(word(body + END))
    assert draft.title == title
    assert SENTENCE in draft.html
    assert not any("核对发现" in one for one in draft.warnings)


def test_what_stands_before_a_title_stays_in_the_body() -> None:
    draft = read(word(paragraph("2026年11月20日") + line("社区食堂延长供餐") + END))
    assert cleaning.text_of(draft.html).splitlines() == ["2026年11月20日", SENTENCE]
    assert draft.digest == SENTENCE


def test_a_document_of_one_sentence_is_its_own_title_and_body() -> None:
    draft = read(word(paragraph("社区食堂今日停业。")))
    assert (draft.title, draft.html) == ("社区食堂今日停业", "<p>社区食堂今日停业。</p>")


def test_a_document_of_one_line_is_its_own_title_and_body() -> None:
    draft = read(word(paragraph("社区食堂今日停业")))
    assert (draft.title, draft.html) == ("社区食堂今日停业", "<p>社区食堂今日停业</p>")


def test_a_document_of_nothing_that_can_come_in_says_why() -> None:
    with pytest.raises(Refused, match=r"没有正文.*隐藏文字"):
        read(word("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>藏</w:t></w:r></w:p>"))
