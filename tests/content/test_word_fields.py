"""Of fields, contents and controls of a Word file comes in what they show; what they only ask for or list is named."""

from __future__ import annotations

import pytest

from tests.content.wordml import field, lines, p, read, run, said


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (p(run("共"), field(" = 1+2 ", run("3")), run("户")), "共3户"),
        (p(field(' IF "a" = "a" "x" "y" ', run("是"))), "是"),
        (
            p(
                '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> IF </w:instrText></w:r>'
                + field(" MERGEFIELD 性别 ", run("女"))
                + '<w:r><w:instrText> = "女" </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>'
                + run("女士")
                + '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
            ),
            "女士",
        ),
        (p(run("见"), field(" REF a ", run("第") + field(" SEQ x ", run("二")) + run("节"))), "见第二节"),
        (
            p(
                '<w:fldSimple w:instr=" REF a "><w:fldSimple w:instr="SEQ b"><w:r><w:t>七</w:t></w:r></w:fldSimple></w:fldSimple>'
            ),
            "七",
        ),
        (p(run("第"), field(" eq \\o\\ac(○,3) "), run("组")), "第③组"),
        (
            p(field(' EQ \\* jc2 \\* "Font:宋体" \\* hps10 \\o\\ad(\\s\\up 9(zhái),翟)'), run("老师")),
            "翟老师",
        ),
        (p(field(" EQ \\f(1,2) ")), "1/2"),
        (p(field(" SYMBOL 252 \\f Wingdings "), run("到")), "✓到"),
        (
            p(
                field(
                    " FORMCHECKBOX ",
                    None,
                    '<w:ffData><w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox></w:ffData>',
                ),
                run("参加"),
            ),
            "☑参加",
        ),
        (
            p(
                field(
                    " FORMCHECKBOX ",
                    "",
                    '<w:ffData><w:checkBox><w:default w:val="0"/></w:checkBox></w:ffData>',
                ),
                run("参加"),
            ),
            "☐参加",
        ),
        (
            p(
                field(
                    " FORMDROPDOWN ",
                    None,
                    '<w:ffData><w:ddList><w:result w:val="1"/><w:listEntry w:val="甲"/><w:listEntry w:val="乙"/>'
                    "</w:ddList></w:ffData>",
                )
            ),
            "乙",
        ),
        (p(run("索引"), field(' XE "词" '), run("词")), "索引词"),
    ],
)
def test_of_a_field_its_result_shows_and_else_what_it_draws(body: str, shown: str) -> None:
    draft = read(body)
    assert lines(draft) == [shown]
    assert "核对发现" not in said(draft)


def test_a_link_made_by_a_field_leads_where_it_says() -> None:
    assert (
        '<a href="https://x.cn/a">通知</a>'
        in read(p(field(' HYPERLINK "https://x.cn/a" ', run("通知")))).html
    )


def test_a_field_that_never_ends_swallows_nothing() -> None:
    begun = '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> REF a </w:instrText></w:r>'
    draft = read(p(run("甲"), begun, run("乙")) + p(run("丙"), field(" SEQ b ", run("3"))))
    assert lines(draft) == ["甲乙", "丙3"]


def test_a_field_that_draws_what_nobody_can_know_is_named() -> None:
    for code in (" AUTOTEXT 抬头 ", " =SUM(ABOVE) "):
        assert "域没有结果" in said(read(p(run("甲"), field(code))))


TOC_LINES = (
    p(
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> TOC \\o "1-3" </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>',
        run("总则"),
        "<w:r><w:tab/></w:r>",
        field(" PAGEREF a ", run("1")),
    )
    + p(run("附则"), field(" PAGEREF b ", run("9")))
    + p('<w:r><w:fldChar w:fldCharType="end"/></w:r>')
)
TOC_STYLE = '<w:style w:type="paragraph" w:styleId="10"><w:name w:val="toc 1"/></w:style>'


@pytest.mark.parametrize(
    "contents",
    [
        TOC_LINES,
        p(run("目　录")) + TOC_LINES,
        p(run("总则 1"), properties='<w:pStyle w:val="10"/>')
        + p(run("附则 9"), properties='<w:pStyle w:val="10"/>'),
        '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr><w:sdtContent>'
        + p(run("目录"))
        + TOC_LINES
        + "</w:sdtContent></w:sdt>",
        p(run("总则"), field(" PAGEREF _Toc1 \\h ", run("1"))),
        p('<w:fldSimple w:instr=" TOC \\h "><w:r><w:t>总则 1</w:t></w:r></w:fldSimple>'),
    ],
)
def test_contents_stay_out_with_a_word_and_what_follows_comes_in(contents: str) -> None:
    draft = read(contents + p(run("正文在此。")), styles=TOC_STYLE)
    assert lines(draft) == ["正文在此。"]
    assert said(draft) == "文档的目录没有导入，文章里没有页码"


@pytest.mark.parametrize(
    "body",
    [
        p(
            run("甲"),
            "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>"
            + run("单击输入")
            + "</w:sdtContent></w:sdt>",
        ),
        p(run("甲"))
        + "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>"
        + p(run("单击输入"))
        + "</w:sdtContent></w:sdt>",
        p(run("甲"), run("单击输入", '<w:rStyle w:val="PH"/>')),
        "<w:tbl><w:tr><w:tc>"
        + p(run("甲"))
        + "</w:tc><w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent><w:tc>"
        + p(run("单击输入"))
        + "</w:tc></w:sdtContent></w:sdt></w:tr></w:tbl>",
        p(run("甲"), field(" MACROBUTTON NoMacro 单击输入 ")),
    ],
)
def test_prompts_that_nobody_answered_stay_out_and_are_named(body: str) -> None:
    draft = read(
        body, styles='<w:style w:type="character" w:styleId="PH"><w:name w:val="Placeholder Text"/></w:style>'
    )
    assert lines(draft) == ["甲"]
    assert "占位文字" in said(draft)
    assert "“单击输入”" in said(draft)
    assert "核对发现" not in said(draft)


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (run("☒"), "☒参加"),
        ("", "☑参加"),
        ('<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>', "☑参加"),
        (run("√"), "√参加"),
    ],
)
def test_a_box_to_tick_shows_whether_it_is_ticked(content: str, shown: str) -> None:
    ticked = '<w:sdtPr><w14:checkbox><w14:checked w14:val="1"/></w14:checkbox></w:sdtPr>'
    control = f"<w:sdt>{ticked}<w:sdtContent>{content}</w:sdtContent></w:sdt>"
    assert lines(read(p(control, run("参加")))) == [shown]
