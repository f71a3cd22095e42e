"""Automatic numbers of a Word file stand in the article as Word shows them."""

from __future__ import annotations

import pytest

from content import cleaning
from content.importing import WordDraft, read_here
from settings import WeChatLimits
from tests.content.words import NAMESPACES, paragraph, word


def level(at: int, form: str, text: str, more: str = "", start: int = 1) -> str:
    return f'<w:lvl w:ilvl="{at}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/>{more}<w:lvlText w:val="{text}"/></w:lvl>'


def numbering(*definitions: str, nums: str = "") -> str:
    made = "".join(
        f'<w:abstractNum w:abstractNumId="{at}">{one}</w:abstractNum>' for at, one in enumerate(definitions)
    )
    nums = nums or "".join(
        f'<w:num w:numId="{at + 1}"><w:abstractNumId w:val="{at}"/></w:num>' for at in range(len(definitions))
    )
    return f"<w:numbering {NAMESPACES}>{made}{nums}</w:numbering>"


def item(text: str, at: int = 0, num: int = 1, more: str = "") -> str:
    return (
        f'<w:p><w:pPr>{more}<w:numPr><w:ilvl w:val="{at}"/><w:numId w:val="{num}"/></w:numPr></w:pPr>'
        f"<w:r><w:t>{text}</w:t></w:r></w:p>"
    )


def styled(style: str, text: str) -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>'


def read(body: str, table: str, styles: str = "") -> WordDraft:
    parts: dict[str, str | bytes] = {"word/numbering.xml": table}
    if styles:
        parts["word/styles.xml"] = f"<w:styles {NAMESPACES}>{styles}</w:styles>"
    return read_here(
        word(paragraph("关于走访的通知") + body, parts=parts), "稿件.docx", WeChatLimits(), 10, ""
    )


def lines(draft: WordDraft) -> list[str]:
    return ["".join(line.split()) for line in cleaning.text_of(draft.html).splitlines()]


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("decimal", "1 2 3"), ("decimalZero", "01 02 03"), ("upperRoman", "I II III"), ("lowerRoman", "i ii iii"),
        ("upperLetter", "A B C"), ("lowerLetter", "a b c"), ("chineseCounting", "一 二 三"),
        ("chineseCountingThousand", "一 二 三"), ("japaneseCounting", "一 二 三"), ("taiwaneseCountingThousand", "一 二 三"),
        ("ideographDigital", "一 二 三"), ("ideographTraditional", "甲 乙 丙"), ("ideographZodiac", "子 丑 寅"),
        ("ideographZodiacTraditional", "甲子 乙丑 丙寅"), ("chineseLegalSimplified", "壹 贰 叁"),
        ("ideographLegalTraditional", "壹 貳 參"), ("decimalEnclosedCircle", "① ② ③"),
        ("decimalEnclosedCircleChinese", "① ② ③"), ("decimalEnclosedParen", "⑴ ⑵ ⑶"),
        ("decimalEnclosedFullstop", "⒈ ⒉ ⒊"), ("ideographEnclosedCircle", "㊀ ㊁ ㊂"), ("decimalFullWidth", "１ ２ ３"),
        ("numberInDash", "-1- -2- -3-"), ("ordinal", "1st 2nd 3rd"), ("cardinalText", "One Two Three"), ("neverHeardOf", "1 2 3"),
    ],
)  # fmt: skip
def test_every_form_of_number_is_written_as_word_writes_it(form: str, shown: str) -> None:
    draft = read(item("甲事") + item("乙事") + item("丙事"), numbering(level(0, form, "%1、")))
    assert lines(draft) == [
        f"{number}、{text}" for number, text in zip(shown.split(), ("甲事", "乙事", "丙事"), strict=True)
    ]


@pytest.mark.parametrize(
    ("form", "start", "shown"),
    [
        ("chineseCountingThousand", 10, "十"), ("chineseCountingThousand", 11, "十一"), ("chineseCountingThousand", 20, "二十"),
        ("chineseCountingThousand", 21, "二十一"), ("chineseCountingThousand", 105, "一百零五"),
        ("chineseCountingThousand", 110, "一百一十"), ("chineseCountingThousand", 1001, "一千零一"),
        ("chineseCounting", 12, "十二"), ("ideographDigital", 10, "一〇"), ("chineseLegalSimplified", 11, "壹拾壹"),
        ("upperLetter", 27, "AA"), ("upperLetter", 53, "AAA"), ("upperRoman", 1994, "MCMXCIV"),
        ("ideographTraditional", 11, "11"),
        ("decimalEnclosedCircle", 20, "⑳"), ("decimalEnclosedCircle", 21, "㉑"), ("ordinal", 12, "12th"),
    ],
)  # fmt: skip
def test_large_numbers_are_written_as_word_writes_them(form: str, start: int, shown: str) -> None:
    assert lines(read(item("甲事"), numbering(level(0, form, "第%1项：", start=start)))) == [
        f"第{shown}项：甲事"
    ]


THREE = (
    level(0, "chineseCountingThousand", "%1、")
    + level(1, "chineseCountingThousand", "（%2）")
    + level(2, "decimal", "%3．")
)


def test_levels_begin_anew_below_a_new_head() -> None:
    body = (
        item("目标")
        + item("一事", 1)
        + item("细目", 2)
        + item("细目", 2)
        + item("二事", 1)
        + item("细目", 2)
        + item("任务")
        + item("一事", 1)
    )
    shown = [
        "一、目标",
        "（一）一事",
        "1．细目",
        "2．细目",
        "（二）二事",
        "1．细目",
        "二、任务",
        "（一）一事",
    ]
    assert lines(read(body, numbering(THREE))) == shown


def test_a_level_that_says_so_goes_on_below_a_new_head() -> None:
    table = numbering(
        level(0, "chineseCounting", "第%1章")
        + level(1, "chineseCounting", "第%2条", '<w:lvlRestart w:val="0"/>')
    )
    body = item("总则") + item("甲", 1) + item("乙", 1) + item("附则") + item("丙", 1)
    assert lines(read(body, table)) == ["第一章总则", "第一条甲", "第二条乙", "第二章附则", "第三条丙"]


def test_a_number_made_of_several_levels_can_be_all_digits() -> None:
    table = numbering(
        level(0, "chineseCounting", "%1、")
        + level(1, "decimal", "%1.%2", "<w:isLgl/>")
        + level(2, "lowerLetter", "%1-%2-%3")
    )
    assert lines(read(item("甲") + item("乙", 1) + item("丙", 2), table)) == ["一、甲", "1.1乙", "一-1-a丙"]


def test_an_override_begins_at_its_own_number_once() -> None:
    table = numbering(
        level(0, "decimal", "%1)"),
        nums='<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="0"/>'
        '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>',
    )
    body = item("甲") + item("乙") + item("丙", num=2) + item("丁", num=2)
    assert lines(read(body, table)) == ["1)甲", "2)乙", "5)丙", "6)丁"]


def test_two_lists_of_one_definition_count_on_from_each_other() -> None:
    table = numbering(
        level(0, "decimal", "%1."),
        nums="".join(f'<w:num w:numId="{at}"><w:abstractNumId w:val="0"/></w:num>' for at in (1, 2)),
    )
    assert lines(read(item("甲") + item("乙", num=2), table)) == ["1.甲", "2.乙"]


def test_an_override_may_write_the_level_otherwise() -> None:
    table = numbering(
        level(0, "decimal", "%1."),
        nums='<w:num w:numId="1"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0">'
        + level(0, "upperLetter", "%1．", start=3)
        + "</w:lvlOverride></w:num>",
    )
    assert lines(read(item("甲") + item("乙"), table)) == ["C．甲", "D．乙"]


HEADS = (
    '<w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
    '</w:style><w:style w:type="paragraph" w:styleId="2"><w:name w:val="heading 2"/><w:pPr><w:numPr><w:ilvl w:val="1"/>'
    '<w:numId w:val="1"/></w:numPr></w:pPr></w:style><w:style w:type="paragraph" w:styleId="own"><w:name w:val="章标题"/>'
    '<w:basedOn w:val="1"/></w:style>'
)


def test_numbers_of_headings_come_from_their_styles() -> None:
    table = numbering(level(0, "chineseCounting", "第%1部分") + level(1, "decimal", "%1.%2"))
    body = styled("1", "总体要求") + styled("2", "目标") + styled("own", "任务") + paragraph("见第二部分。")
    draft = read(body, table, HEADS)
    assert lines(draft) == ["第一部分总体要求", "一.1目标", "第二部分任务", "见第二部分。"]
    assert draft.html.count("<h1>") == 2


def test_the_level_of_a_style_may_be_named_by_the_list() -> None:
    table = numbering(
        level(0, "chineseCounting", "%1、", '<w:pStyle w:val="a1"/>')
        + level(1, "decimal", "%2.", '<w:pStyle w:val="a2"/>')
    )
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{one}"><w:name w:val="{one}"/><w:pPr><w:numPr>'
        '<w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
        for one in ("a1", "a2")
    )
    assert lines(read(styled("a1", "甲") + styled("a2", "乙"), table, styles)) == ["一、甲", "1.乙"]


def test_a_list_may_follow_a_style_of_lists() -> None:
    table = (
        f'<w:numbering {NAMESPACES}><w:abstractNum w:abstractNumId="0"><w:styleLink w:val="L"/>'
        f"{level(0, 'ideographTraditional', '%1、')}"
        '</w:abstractNum><w:abstractNum w:abstractNumId="1"><w:numStyleLink w:val="L"/></w:abstractNum>'
        '<w:num w:numId="7"><w:abstractNumId w:val="0"/></w:num>'
        '<w:num w:numId="8"><w:abstractNumId w:val="1"/></w:num></w:numbering>'
    )
    styles = (
        '<w:style w:type="numbering" w:styleId="L"><w:name w:val="L"/><w:pPr><w:numPr><w:numId w:val="7"/></w:numPr></w:pPr>'
        "</w:style>"
    )
    assert lines(read(item("甲事", num=8), table, styles)) == ["甲、甲事"]


def test_a_paragraph_can_take_itself_out_of_its_styles_list() -> None:
    table = numbering(level(0, "chineseCounting", "%1、"))
    body = styled("1", "甲") + item("不编号", num=0, more='<w:pStyle w:val="1"/>') + styled("1", "乙")
    assert lines(read(body, table, HEADS)) == ["一、甲", "不编号", "二、乙"]


def test_deleted_and_hidden_paragraphs_are_not_counted() -> None:
    table = numbering(level(0, "decimal", "%1."))
    number = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    deleted = (
        f'<w:p><w:pPr>{number}<w:rPr><w:del w:id="1" w:author="a"/></w:rPr></w:pPr>'
        '<w:del w:id="2" w:author="a"><w:r><w:delText>删</w:delText></w:r></w:del></w:p>'
    )
    hidden = f"<w:p><w:pPr>{number}<w:rPr><w:vanish/></w:rPr></w:pPr><w:r><w:rPr><w:vanish/></w:rPr><w:t>藏</w:t></w:r></w:p>"
    assert lines(read(item("甲") + deleted + hidden + item("乙"), table)) == ["1.甲", "2.乙"]


def test_plain_bullets_become_a_list_and_telling_ones_stay_as_text() -> None:
    fonts = '<w:rPr><w:rFonts w:ascii="Wingdings" w:hAnsi="Wingdings"/></w:rPr>'
    table = numbering(
        level(0, "bullet", "\uf06c").replace("</w:lvl>", f"{fonts}</w:lvl>") + level(1, "bullet", "–"),
        level(0, "bullet", "\uf0a8").replace("</w:lvl>", f"{fonts}</w:lvl>"),
    )
    draft = read(item("甲") + item("乙", 1) + item("丙") + paragraph("选项：。") + item("参加", num=2), table)
    assert "<ul><li>甲<ul><li>乙</li></ul></li><li>丙</li></ul>" in draft.html
    assert lines(draft)[-1] == "□参加"


def test_numbers_count_on_through_tables() -> None:
    table = numbering(level(0, "decimal", "%1."))
    cells = f"<w:tbl><w:tr><w:tc>{item('甲')}</w:tc><w:tc>{item('乙')}</w:tc></w:tr></w:tbl>"
    assert lines(read(cells + item("丙"), table)) == ["1.甲", "2.乙", "3.丙"]


def test_a_number_alone_in_a_cell_is_what_the_cell_shows() -> None:
    empty = item("").replace("<w:r><w:t></w:t></w:r>", "")
    hows = (("清扫", ""), ("巡查", "restart"), ("续", "continue"))
    rows = "".join(
        f'<w:tr><w:tc><w:tcPr>{f"""<w:vMerge w:val="{how}"/>""" * bool(how)}</w:tcPr>{empty}</w:tc>'
        f"<w:tc>{paragraph(text)}</w:tc></w:tr>"
        for text, how in hows
    )
    draft = read(f"<w:tbl>{rows}</w:tbl>" + empty + item("到此"), numbering(level(0, "decimal", "%1.")))
    assert lines(draft) == ["1.", "清扫", "2.", "巡查", "续", "5.到此"]


def test_a_number_that_its_list_hides_is_counted_and_not_shown() -> None:
    table = numbering(level(0, "decimal", "%1.", "<w:rPr><w:vanish/></w:rPr>") + level(1, "decimal", "%1.%2"))
    assert lines(read(item("甲") + item("乙", 1), table)) == ["甲", "1.1乙"]


def test_a_numbered_line_is_no_title() -> None:
    data = word(item("工作目标") + paragraph("全部完成。"), parts={"word/numbering.xml": numbering(THREE)})
    draft = read_here(data, "方案.docx", WeChatLimits(), 10, "")
    assert (draft.title, lines(draft)[0]) == ("方案", "一、工作目标")


def test_a_broken_table_of_numbers_costs_the_numbers_and_not_the_document() -> None:
    draft = read(item("甲"), "<w:numbering")
    assert lines(draft) == ["甲"]
    assert "文档有 1 个部件已损坏，没有导入，请对照原文核对：“编号”" in draft.warnings
