"""Text of a Word file in unusual places comes in; what is not shown stays out and is named."""

from __future__ import annotations

import pytest

from tests.content.wordml import box, lines, p, read, run, said
from tests.content.words import NAMESPACES

HIDDEN_STYLES = (
    '<w:style w:type="character" w:styleId="h"><w:name w:val="h"/><w:rPr><w:vanish/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="hp"><w:name w:val="hp"/><w:rPr><w:vanish/></w:rPr></w:style>'
    '<w:style w:type="table" w:styleId="ht"><w:name w:val="ht"/><w:rPr><w:vanish/></w:rPr></w:style>'
)


def in_table(*inside: str) -> str:
    """A table of one cell, of the style that hides."""
    return f'<w:tbl><w:tblPr><w:tblStyle w:val="ht"/></w:tblPr><w:tr><w:tc>{"".join(inside)}</w:tc></w:tr></w:tbl>'


@pytest.mark.parametrize(
    "hidden",
    [
        p(run("明"), run("暗", "<w:vanish/>")),
        p(run("明"), run("暗", '<w:vanish w:val="true"/>')),
        p(run("明"), run("暗", '<w:rStyle w:val="h"/>')),
        p(run("明")) + p(run("暗"), properties='<w:pStyle w:val="hp"/>'),
        p(run("明"))
        + "<w:tbl><w:tr><w:trPr><w:hidden/></w:trPr><w:tc>"
        + p(run("暗"))
        + "</w:tc></w:tr></w:tbl>",
        p(run("明"), f'<w:hyperlink w:anchor="x">{run("暗", "<w:vanish/>")}</w:hyperlink>'),
        p(run("明"), "<m:oMath><m:r><w:rPr><w:vanish/></w:rPr><m:t>暗</m:t></m:r></m:oMath>"),
        p(run("明")) + in_table(p(run("暗"))),
    ],
)
def test_hidden_text_stays_out_and_is_named(hidden: str) -> None:
    draft = read(hidden, styles=HIDDEN_STYLES)
    assert lines(draft) == ["明"]
    assert "隐藏" in said(draft)
    assert "“暗”" in said(draft)
    assert "核对" not in said(draft)


@pytest.mark.parametrize(
    "shown",
    [
        p(run("明", '<w:vanish w:val="0"/>')),
        p(run("明", '<w:rStyle w:val="h"/><w:vanish w:val="false"/>')),
        p(
            run("明", '<w:rStyle w:val="h"/>'),
            properties='<w:pStyle w:val="hp"/><w:rPr><w:vanish w:val="0"/></w:rPr>',
        ),
        p(run("明", "<w:webHidden/>")),
        in_table(p(run("明", '<w:vanish w:val="0"/>'))),
        in_table(p(run("明", '<w:rStyle w:val="h"/>'))),
    ],
)
def test_what_only_seems_hidden_comes_in(shown: str) -> None:
    draft = read(shown, styles=HIDDEN_STYLES)
    assert (lines(draft), said(draft)) == (["明"], "")


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (p(run("前"), box(p(run("盒"))), run("后")), ["前后", "盒"]),
        (p(run("前"), box(p(run("盒")), old=True)), ["前", "盒"]),
        (
            p(
                f"<mc:AlternateContent><mc:Choice Requires='wps'>{box(p(run('盒')))}</mc:Choice>"
                f"<mc:Fallback>{box(p(run('盒')), old=True)}"
                "</mc:Fallback></mc:AlternateContent>"
            ),
            ["盒"],
        ),
        (
            p(
                f"<w:r><mc:AlternateContent><mc:Choice Requires='neu'/><mc:Fallback>{box(p(run('盒')), old=True)}</mc:Fallback>"
                "</mc:AlternateContent></w:r>"
            ),
            ["盒"],
        ),
        (p(box(p(run("外"), box(p(run("内")))))), ["外", "内"]),
        ("<w:tbl><w:tr><w:tc>" + p(run("格"), box(p(run("盒")))) + "</w:tc></w:tr></w:tbl>", ["格", "盒"]),
        (p(box("<w:tbl><w:tr><w:tc>" + p(run("格")) + "</w:tc></w:tr></w:tbl>")), ["格"]),
        (p(box("<w:sdt><w:sdtContent>" + p(run("控")) + "</w:sdtContent></w:sdt>")), ["控"]),
        (
            p(
                "<w:r><w:pict><v:group><v:shape><v:textbox><w:txbxContent>"
                + p(run("组"))
                + "</w:txbxContent></v:textbox></v:shape></v:group>"
                "</w:pict></w:r>"
            ),
            ["组"],
        ),
        (
            p(
                "<w:r><w:pict><v:oval><v:textbox><w:txbxContent>"
                + p(run("圆"))
                + "</w:txbxContent></v:textbox></v:oval></w:pict></w:r>"
            ),
            ["圆"],
        ),
        (p('<w:r><w:pict><v:shape><v:textpath string="艺术"/></v:shape></w:pict></w:r>'), ["艺术"]),
        (
            p(
                run("“"),
                "<w:r><w:ruby><w:rubyPr/><w:rt><w:r><w:t>lián</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>廉</w:t></w:r></w:rubyBase>"
                "</w:ruby></w:r>",
                run("”"),
            ),
            ["“廉”"],
        ),
        (
            p('<w:bdo w:val="ltr">' + run("甲") + "</w:bdo>", '<w:dir w:val="rtl">' + run("乙") + "</w:dir>"),
            ["甲乙"],
        ),
        (p(run("1\u202d39\u202c1\u200f")), ["1391"]),
        (
            p(
                '<w:smartTag w:element="x">' + run("甲") + "</w:smartTag>",
                '<w:customXml w:element="y">' + run("乙") + "</w:customXml>",
            ),
            ["甲乙"],
        ),
        (
            p(
                "<w:sdt><w:sdtContent><w:sdt><w:sdtContent>"
                + run("深")
                + "</w:sdtContent></w:sdt></w:sdtContent></w:sdt>"
            ),
            ["深"],
        ),
        (p("<w:neverHeardOf>" + run("甲") + "</w:neverHeardOf>"), ["甲"]),
        (run("无段落"), ["无段落"]),
        (
            p(
                "<m:oMath><m:f><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b</m:t></m:r></m:den></m:f></m:oMath>"
            ),
            ["a/b"],
        ),
        (p(run("A"), "<w:r><w:noBreakHyphen/></w:r>", run("B"), "<w:r><w:softHyphen/></w:r>"), ["A-B"]),
    ],
)
def test_text_in_an_unusual_place_comes_in_once(body: str, shown: list[str]) -> None:
    draft = read(body)
    assert lines(draft) == shown
    assert "核对发现" not in said(draft)


def test_marks_of_direction_do_not_turn_the_sentence_that_quotes_them() -> None:
    draft = read(p(run("倒\u202e序\u2066文")))
    assert "“倒序文”" in said(draft)


def test_text_that_runs_the_other_way_is_named() -> None:
    assert "从右向左" in said(read(p('<w:bdo w:val="rtl">' + run("甲乙") + "</w:bdo>")))
    assert "改变了方向" in said(read(p(run("\u202e乙甲"))))


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (p(run("左。"), '<w:r><w:br w:type="column"/></w:r>', run("右。")), ["左。", "右。"]),
        (
            p(run("左。"), '<w:r><w:t>中。</w:t><w:br w:type="page"/><w:t>右。</w:t></w:r>'),
            ["左。中。", "右。"],
        ),
        (p('<w:r><w:br w:type="page"/></w:r>', run("新页。")), ["新页。"]),
        (p(run("上"), "<w:r><w:br/></w:r>", run("下"), "<w:r><w:cr/></w:r>", run("末")), ["上", "下", "末"]),
    ],
)
def test_breaks_part_what_they_part_in_word(body: str, shown: list[str]) -> None:
    assert lines(read(body)) == shown


@pytest.mark.parametrize(
    ("run_xml", "shown"),
    [
        ('<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>', "☑"),
        ('<w:r><w:sym w:font="Wingdings" w:char="00FE"/></w:r>', "☑"),
        ('<w:r><w:sym w:font="Wingdings 2" w:char="F0A3"/></w:r>', "□"),
        ('<w:r><w:sym w:font="Symbol" w:char="F0B0"/></w:r>', "°"),
        ('<w:r><w:sym w:font="宋体" w:char="2103"/></w:r>', "℃"),
        (
            '<w:r><x:symEx xmlns:x="http://schemas.microsoft.com/office/word/2015/wordml/symex" x:char="1F60A"/></w:r>',
            "😊",
        ),
        (run("\uf0fe", '<w:rFonts w:ascii="Wingdings" w:hAnsi="Wingdings"/>'), "☑"),
        (run("\u00fe", '<w:rFonts w:ascii="Wingdings" w:hAnsi="Wingdings"/>'), "☑"),
        (run("\uf0fe", '<w:rFonts w:hint="default" w:ascii="wingdings"/>'), "☑"),
        (run("R", '<w:rFonts w:ascii="Wingdings 2" w:hAnsi="Wingdings 2"/>'), "☑"),
        (run("党", '<w:rFonts w:ascii="Wingdings" w:eastAsia="宋体"/>'), "党"),
        (run("🞎"), "□"),
    ],
)
def test_symbols_of_symbol_fonts_are_characters_that_phones_have(run_xml: str, shown: str) -> None:
    draft = read(p(run("选"), run_xml, run("到")))
    assert lines(draft) == [f"选{shown}到"]
    assert said(draft) == ""


def test_a_symbol_that_nobody_knows_is_named_by_its_place() -> None:
    draft = read(p(run("前文在此")) + p('<w:r><w:sym w:font="Wingdings" w:char="F0FF"/></w:r>', run("后")))
    assert "符号无法识别" in said(draft)
    assert "在“前文在此”之后" in said(draft)


def test_a_private_symbol_of_a_font_that_we_do_not_know_is_no_guess() -> None:
    draft = read(p(run("前"), '<w:r><w:sym w:font="某厂符号" w:char="F041"/></w:r>', run("后")))
    assert lines(draft) == ["前后"]
    assert "符号无法识别" in said(draft)


def test_moved_and_deleted_text_stands_only_where_it_ends_up() -> None:
    body = (
        p(run("甲"), '<w:moveFrom w:id="1" w:author="a">' + run("移") + "</w:moveFrom>")
        + p('<w:moveTo w:id="2" w:author="a">' + run("移") + "</w:moveTo>", run("乙"))
        + p(run("丙"), properties='<w:rPr><w:del w:id="3" w:author="a"/></w:rPr>')
        + p(run("丁"))
        + '<w:tbl><w:tr><w:trPr><w:del w:id="4" w:author="a"/></w:trPr><w:tc>'
        + p(run("删"))
        + "</w:tc></w:tr><w:tr><w:trPr>"
        '<w:ins w:id="5" w:author="a"/></w:trPr><w:tc>' + p(run("增")) + "</w:tc></w:tr></w:tbl>"
    )
    draft = read(body)
    assert lines(draft) == ["甲", "移乙", "丙丁", "增"]
    assert said(draft) == "文档含 5 处修订，已按最终稿导入"


def test_a_gap_to_write_in_can_still_be_seen() -> None:
    assert lines(read(p(run("签名："), run("    ", '<w:u w:val="single"/>'), run("年  月")))) == [
        "签名：____年月"
    ]


@pytest.mark.parametrize("how", ["drop", "margin"])
def test_a_large_initial_is_the_beginning_of_its_paragraph(how: str) -> None:
    frame = f'<w:framePr w:dropCap="{how}" w:lines="3"/>'
    assert lines(read(p(run("今"), properties=frame) + p(run("年以来。")))) == ["今年以来。"]
    assert lines(
        read(p(run("今"), properties=frame) + "<w:tbl><w:tr><w:tc>" + p(run("格")) + "</w:tc></w:tr></w:tbl>")
    ) == ["今", "格"]


def test_notes_stand_at_the_end_with_the_numbers_that_the_text_names() -> None:
    notes = {
        kind: f'<w:{kind}s {NAMESPACES}><w:{kind} w:type="separator" w:id="0">{p(run("隔"))}</w:{kind}><w:{kind} w:id="4">'
        + p(f"<w:r><w:{kind}Ref/></w:r>", run(f" {shown}"))
        + p(run("又一段"))
        + f"</w:{kind}></w:{kind}s>"
        for kind, shown in (("footnote", "脚下"), ("endnote", "文末"))
    }
    body = p(
        run("甲"),
        '<w:r><w:footnoteReference w:id="4"/></w:r>',
        run("乙"),
        '<w:r><w:endnoteReference w:id="4"/></w:r>',
    )
    draft = read(
        body + p('<w:r><w:footnoteReference w:id="9"/></w:r>', run("丙")),
        footnotes=notes["footnote"],
        endnotes=notes["endnote"],
    )
    assert lines(draft) == ["甲[1]乙[2]", "[3]丙", "[1]脚下", "又一段", "[2]文末", "又一段", "[3]"]
    assert "脚注或尾注是空的" in said(draft)


def test_a_note_that_refers_to_itself_is_read_once() -> None:
    mark = '<w:r><w:footnoteReference w:id="4"/></w:r>'
    note = f'<w:footnotes {NAMESPACES}><w:footnote w:id="4">{p(run("见"), mark)}</w:footnote></w:footnotes>'
    assert lines(read(p(run("甲"), mark), footnotes=note)) == ["甲[1]", "[1]见[1]"]


def test_a_note_with_a_mark_of_its_own_gets_no_number() -> None:
    notes = f"<w:footnotes {NAMESPACES}>" + "".join(
        f'<w:footnote w:id="{at}">{p(run(text))}</w:footnote>'
        for at, text in ((4, "＊引自年报"), (5, "又注"))
    )
    own = '<w:r><w:footnoteReference w:customMarkFollows="1" w:id="4"/><w:t>＊</w:t></w:r>'
    draft = read(
        p(run("甲"), own, run("乙"), '<w:r><w:footnoteReference w:id="5"/></w:r>'),
        footnotes=f"{notes}</w:footnotes>",
    )
    assert lines(draft) == ["甲＊乙[1]", "＊引自年报", "[1]又注"]


def test_a_date_that_the_file_does_not_hold_is_named() -> None:
    draft = read(p(run("印发于"), "<w:r><w:yearLong/><w:t>年</w:t><w:monthShort/></w:r>"))
    assert "2 处自动更新的日期" in said(draft)


def test_a_document_that_lies_elsewhere_is_named() -> None:
    assert "子文档" in said(read(p(run("前")) + '<w:subDoc r:id="x"/>'))


def test_cells_stand_in_their_columns_however_they_are_merged() -> None:
    def cell(text: str, properties: str = "") -> str:
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(run(text))}</w:tc>"

    rows = [
        cell("甲", '<w:vMerge w:val="restart"/>') + cell("乙", '<w:gridSpan w:val="2"/>'),
        cell("", "<w:vMerge/>") + cell("丙", '<w:hMerge w:val="restart"/>') + cell("", "<w:hMerge/>"),
        "<w:trPr><w:gridBefore w:val='2'/></w:trPr>" + cell("丁"),
        "<w:trPr><w:gridAfter w:val='2'/></w:trPr>" + cell("戊"),
    ]
    html = read("<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>").html
    made = html[html.index("<tr>") : html.index("</table>")].replace("<p>", "").replace("</p>", "")
    assert made.removesuffix("</tbody>") == (
        '<tr><td rowspan="2">甲</td><td colspan="2">乙</td></tr><tr><td colspan="2">丙</td></tr>'
        '<tr><td colspan="2"></td><td>丁</td></tr><tr><td>戊</td><td colspan="2"></td></tr>'
    )


def test_what_is_missing_by_the_count_is_named() -> None:
    from content.word import counting

    document = f"<w:document {NAMESPACES}><w:body>{p(run('在这里'))}{p(run('不在这里的一段话'))}</w:body></w:document>"
    said = counting.shortfalls({"word/document.xml": document.encode()}, "在这里", 0, 0)
    assert said == ["核对发现有 8 个字没有导入，请对照原文补上：“不在这里的一段话”"]


@pytest.mark.parametrize(
    ("broken", "body", "said_of"),
    [
        ("tables", "<w:tbl><w:tr><w:tc>" + p(run("一格文字")) + "</w:tc></w:tr></w:tbl>",
         "核对发现有 4 个字没有导入，请对照原文补上：“一格文字”"),
        ("drawings", p(box(p(run("盒中文字")))), "核对发现有 4 个字没有导入，请对照原文补上：“盒中文字”"),
        ("drawings", p('<w:r><w:drawing><a:blip r:embed="x"/></w:drawing></w:r>'),
         "核对发现文档有 1 张图片，其中 1 张没有导入，请对照原文补上"),
    ],
)  # fmt: skip
def test_the_count_finds_what_a_fault_of_the_reader_loses(
    monkeypatch: pytest.MonkeyPatch, broken: str, body: str, said_of: str
) -> None:
    monkeypatch.setattr(f"content.word.{broken}.read", lambda *_: [])
    assert said_of in said(read(body))
