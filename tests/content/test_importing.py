"""A Word file becomes a draft, or a refusal that says what to do; nothing in between."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from functools import cache
from pathlib import Path

import pytest
from PIL import Image

from content import cleaning
from content.importing import WordDraft, read_word
from ground.errors import Refused
from settings import WeChatLimits
from tests.content.words import NAMESPACES, image, paragraph, picture, word

DATA = Path(__file__).parents[1] / "data"
LIMITS = WeChatLimits()
TRUTH = json.loads((DATA / "articles.truth.json").read_text(encoding="utf-8"))
SENTENCE = "网格员走访居民，解决小事。"


def read(data: bytes, filename: str = "稿件.docx") -> WordDraft:
    return read_word(data, filename, LIMITS, upload_mb=60, column_key="study")


@cache
def given(name: str) -> WordDraft:
    return read((DATA / name).read_bytes(), name)


@pytest.mark.parametrize("name", TRUTH)
def test_a_given_article_comes_in_as_it_was_written(name: str) -> None:
    draft, truth = given(name), TRUTH[name]
    assert draft.title == truth["title"]
    assert cleaning.text_of(draft.html).splitlines()[0] == truth["first_paragraph"]
    assert len(draft.pictures) == draft.html.count("<img") == truth["pictures"]
    assert draft.html.count("<table") == truth["tables"]
    assert draft.digest
    assert len(draft.digest) <= LIMITS.digest_chars
    assert truth["title"] not in cleaning.text_of(draft.html)
    assert cleaning.clean(draft.html) == draft.html


@pytest.mark.parametrize("name", TRUTH)
def test_every_picture_of_a_given_article_fits_wechat(name: str) -> None:
    draft = given(name)
    for one in draft.all_pictures:
        with Image.open(io.BytesIO(one.data)) as opened:
            assert opened.size == (one.width, one.height)
            assert opened.format in ("JPEG", "PNG")
        assert max(one.width, one.height) <= LIMITS.image_max_px
        assert len(one.data) < LIMITS.body_image_bytes
    assert (draft.cover.width, draft.cover.height) == (900, 383)


def test_a_huge_photo_is_scaled_and_the_editor_is_told() -> None:
    draft = given("article-2.docx")
    assert [one.was_scaled for one in draft.pictures] == [False, True]
    assert draft.pictures[1].width == LIMITS.image_max_px
    assert "1 张图片过大，已压缩到微信允许的大小" in draft.warnings


def test_markup_typed_as_text_stays_text() -> None:
    body = given("article-5.docx").html
    assert "<script" not in body
    assert "<script>alert('x')</script> & “引号” 1<2 𠮷 ①②③" in cleaning.text_of(body)


def test_thirty_empty_paragraphs_leave_none() -> None:
    for name in TRUTH:
        assert "<p></p>" not in given(name).html


def test_lists_and_tables_stay_lists_and_tables() -> None:
    body = given("article-1.docx").html
    assert body.count("<li>") == 3
    assert body.count("<tr>") == 6
    assert "<td><p>湖东社区党支部</p></td>" in body


def test_a_title_is_taken_from_the_file_name_where_the_text_has_none() -> None:
    draft = read(word(paragraph(SENTENCE + "再说一句，这一段很长，不是标题。")), "九月简报_定稿.docx")
    assert draft.title == "九月简报 定稿"
    assert draft.html.startswith("<p>网格员走访居民")


def test_the_author_is_found_at_the_top_or_the_end() -> None:
    top = word(paragraph("书香进楼道") + paragraph("作者：王小满") + paragraph(SENTENCE))
    end = word(paragraph("书香进楼道") + paragraph(SENTENCE) + paragraph("（供稿：湖西社区 李想）"))
    assert read(top).author == "王小满"
    assert read(top).digest == SENTENCE
    assert read(end).author == "湖西社区 李想"


def test_typed_indents_go_because_the_house_style_indents() -> None:
    assert "<p>正文第一段。</p>" in read(word(paragraph("标题") + paragraph("　　正文第一段。"))).html


def test_a_signature_on_the_right_stays_on_the_right() -> None:
    signed = '<w:p><w:pPr><w:jc w:val="right"/></w:pPr><w:r><w:t>湖东社区党支部</w:t></w:r></w:p>'
    body = read(word(paragraph("标题") + paragraph(SENTENCE) + signed)).html
    assert body.endswith('<p style="text-align:right">湖东社区党支部</p>')


def test_the_final_text_of_tracked_changes_comes_in_and_is_announced() -> None:
    body = paragraph("标题") + (
        '<w:p><w:r><w:t>会议定于</w:t></w:r><w:del w:id="1" w:author="a"><w:r><w:delText>周一</w:delText></w:r></w:del>'
        '<w:ins w:id="2" w:author="a"><w:r><w:t>周二</w:t></w:r></w:ins><w:r><w:t>召开。</w:t></w:r></w:p>'
    )
    draft = read(word(body))
    assert "会议定于周二召开。" in draft.html
    assert "文档含 2 处修订，已按最终稿导入" in draft.warnings


def test_comments_are_left_out_and_announced() -> None:
    comments = f'<w:comments {NAMESPACES}><w:comment w:id="0">{paragraph("删掉")}</w:comment></w:comments>'
    draft = read(word(paragraph("标题") + paragraph(SENTENCE), parts={"word/comments.xml": comments}))
    assert "删掉" not in draft.html
    assert "文档含 1 条批注，批注没有导入：“删掉”" in draft.warnings


@pytest.mark.parametrize("mark", ["机密★1年", "密级：秘密", "绝密"])
def test_a_mark_of_secrecy_is_announced_loudly(mark: str) -> None:
    draft = read(word(paragraph("关于走访的通知") + paragraph(mark) + paragraph(SENTENCE)))
    assert any("密级标志" in warning and "不得上网" in warning for warning in draft.warnings)


def test_a_mark_of_secrecy_in_the_page_header_is_seen() -> None:
    header = f"<w:hdr {NAMESPACES}>{paragraph('秘密★')}</w:hdr>"
    draft = read(word(paragraph("标题") + paragraph(SENTENCE), parts={"word/header1.xml": header}))
    assert any("密级标志" in warning for warning in draft.warnings)


def test_ordinary_words_about_secrets_are_no_mark() -> None:
    draft = read(
        word(paragraph("保密教育进社区") + paragraph("党员学习保守国家秘密的规定，懂得机密文件的管理要求。"))
    )
    assert not any("密级" in warning for warning in draft.warnings)


def test_a_picture_that_cannot_be_read_is_named_and_the_rest_comes_in() -> None:
    emf = struct.pack("<I", 1) + b"\0" * 200
    body = paragraph("标题") + picture(1) + picture(2) + paragraph(SENTENCE)
    draft = read(word(body, pictures={"a.emf": emf, "b.jpg": image(800, 600)}))
    assert len(draft.pictures) == draft.html.count("<img") == 1
    assert 'alt="会议现场"' in draft.html
    assert any("第 1 张图片没有导入" in warning for warning in draft.warnings)


def test_no_file_outside_the_document_is_ever_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(image(300, 200))
    body = paragraph("标题") + picture(1, link=True) + paragraph(SENTENCE)
    draft = read(word(body, outside=secret.as_uri()))
    assert not draft.pictures
    assert "<img" not in draft.html


def test_a_photo_loses_the_place_where_it_was_taken() -> None:
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (31.0, 20.0, 0.0)}
    exif[0x010F] = "Phone"
    taken = image(800, 600, exif=exif)
    draft = read(word(paragraph("标题") + picture(1) + paragraph(SENTENCE), pictures={"a.jpg": taken}))
    for one in draft.all_pictures:
        with Image.open(io.BytesIO(one.data)) as opened:
            assert not opened.getexif()


def ole(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + stream.encode("utf-16-le") + b"\0" * 600


def packed(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return buffer.getvalue()


def twice(data: bytes, other: bytes) -> bytes:
    """One Word file with the document of another one under the same name."""
    buffer = io.BytesIO(data)
    with (
        zipfile.ZipFile(io.BytesIO(other)) as beside,
        zipfile.ZipFile(buffer, "a") as archive,
        pytest.warns(UserWarning, match="Duplicate name"),
    ):
        archive.writestr("word/document.xml", beside.read("word/document.xml"))
    return buffer.getvalue()


BOMB = word(paragraph(SENTENCE), parts={"word/media/fill.bin": b"\0" * 60_000_000})
WRONG = {
    "empty": (b"", "0 字节"),
    "old Word": (ole("WordDocument"), "旧版 .doc"),
    "password": (ole("EncryptedPackage"), "取消密码"),
    "PDF": (b"%PDF-1.7 ...", "PDF"),
    "RTF": (b"{\\rtf1 ...}", "RTF"),
    "picture": (image(20, 20, "PNG"), "图片"),
    "half a file": ((DATA / "article-1.docx").read_bytes()[:20_000], "已损坏"),
    "web archive": (b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n", "网页"),
    "Word as XML": (b'<?xml version="1.0"?><w:wordDocument xmlns:w="urn:x"/>', "XML"),
    "OpenDocument": (packed(mimetype=b"application/vnd.oasis.opendocument.text"), "OpenDocument"),
    "Pages": (packed(**{"Index/Document.iwa": b"x"}), "Pages"),
    "a zip of Word files": (packed(**{"甲.docx": b"x"}), "批量导入"),
    "too deep": (
        word("<w:sdt><w:sdtContent>" * 90 + paragraph("深") + "</w:sdtContent></w:sdt>" * 90),
        "一层套一层",
    ),
    "two documents under one name": (twice(word(paragraph("甲")), word(paragraph("乙"))), "已损坏"),
    "noise": (b"\x01\x02" * 500, "不是 Word 文档或文档已损坏"),
    "broken xml": (word("<w:p><w:r>"), "已损坏"),
    "bomb": (BOMB, "解压后过大"),
    "no text": (word(""), "没有正文"),
    "macros": (word(paragraph(SENTENCE), parts={"word/vbaProject.bin": b"x"}), "宏"),
    "entities": (
        word(paragraph(SENTENCE), parts={"word/styles.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}),
        "不安全的内容",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_file_is_refused_with_its_own_reason(kind: str) -> None:
    data, reason = WRONG[kind]
    with pytest.raises(Refused) as refusal:
        read(data)
    assert reason in refusal.value.message


def test_the_given_broken_file_is_refused_as_damaged() -> None:
    with pytest.raises(Refused, match="已损坏"):
        given("article-broken.docx")


def test_a_file_above_the_limit_is_refused_with_its_size() -> None:
    with pytest.raises(Refused, match=r"不能超过 1 MB，当前 2\.0 MB"):
        read_word(b"PK\x03\x04" + b"\0" * 2_097_148, "大.docx", LIMITS, upload_mb=1)


def test_an_archive_of_something_else_is_named() -> None:
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<a/>")
    with pytest.raises(Refused, match="Excel"):
        read(buffer.getvalue())
