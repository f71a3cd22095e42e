"""What the wording check finds, rule by rule, and what it lets pass."""

from __future__ import annotations

from datetime import date

import pytest

from content.cleaning import text_of as plain
from content.lexicon import keeping, shipped
from content.lexicon.keeping import Written
from content.proofing.engine import Engine
from content.proofing.entries import Entry, EntryKind
from content.proofing.findings import Hit, Severity
from content.proofing.text import text_of

TODAY = date(2026, 11, 29)  # a Sunday
SHIPPED = Engine(shipped.entries())


def hits(*paragraphs: str, engine: Engine = SHIPPED, title: str = "", today: date = TODAY) -> list[Hit]:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return engine.check(text_of(title, "", body), today=today)


def found(*paragraphs: str, engine: Engine = SHIPPED) -> list[tuple[str, str]]:
    return [(hit.rule, hit.text) for hit in hits(*paragraphs, engine=engine)]


@pytest.mark.parametrize(
    ("text", "rule", "right"),
    [
        ("发挥先锋模范做用", "lexicon", "先锋模范作用"),
        ("按装路灯", "lexicon", "安装"),
        ("弘扬社会主义核心价值关", "phrase", "社会主义核心价值观"),
        ("树牢四个意是", "phrase", "四个意识"),
        ("认真学习习进平总书记的讲话", "phrase", "习近平总书记"),
        ("全心全意人为民服务", "phrase", "全心全意为人民服务"),
        ("会期为2026年11月29日（星期六）", "weekday", "2026年11月29日（星期日）"),
        ("定于十一月三十日（星期二）召开", "weekday", "十一月三十日（星期一）"),
        ("提出三点要求：一是学；二是干；三是看；四是比。", "count", "四点要求"),
        ("党员１２０名", "width", "120"),
        ("大家都来了,很热闹。", "width", "，"),
        ("人人动手，，清扫楼道。", "marks", "，"),
    ],
)
def test_an_error_is_found_with_what_to_write_instead(text: str, rule: str, right: str) -> None:
    ((hit),) = hits(text)
    assert (hit.rule, hit.replacement) == (rule, right)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("汇款到 6222021001116245702", "bank_card"),
        ("请打 138 0013 8000", "phone"),
        ("张某家住三里小区3号楼2单元501室", "address"),
        ("定于2月30日召开", "date"),
        ("活动从9月8日至9月5日", "date"),
        ("上午9:75开会", "date"),
        ("共走访52户，其中第一网格20户、第二网格18户、第三网格16户。", "total"),
        ("参加人员共 30名，其中党员20名、群众15名。", "total"),
        ("慰问老党员20人、困难党员18人，合计40人。", "total"),
        ("应到80人，实到60人，到会率达80%。", "percent"),
        ("参加人数由50人增加到75人，增长30%。", "percent"),
        ("赞成占45%，反对占30%，弃权占35%，分别占三类。", "percent"),
        ("他说：“大家一起来。", "pairs"),
        ("按照《条例的规定办理。", "pairs"),
        ("请各支部务必全员打卡", "burden"),
        ("未签到的党员将在群里通报", "burden"),
        ("学习时长排名前十", "burden"),
        ("活动照片截图上传", "burden"),
    ],
)
def test_what_a_person_has_to_mend_is_found(text: str, rule: str) -> None:
    assert [hit.rule for hit in hits(text)] == [rule]


def test_a_half_width_comma_hides_no_graver_finding() -> None:
    graver = {hit.severity for hit in hits("请大家务必全员打卡,未打卡的予以点名通报。")}
    assert Severity.BLOCK in graver


@pytest.mark.parametrize(
    "text",
    [
        "按装修要求施工，公布署名文章，办法率先落实。",
        "不得要求全员打卡，严禁通报未参加的党员。",
        "会议于2026年11月29日（星期日）召开，3月1日起施行。",
        "共走访52户，其中低保户12户、残疾人家庭6户。",
        "慰问老党员20人、困难党员18人，合计38人。",
        "应到80人，实到60人，到会率达75%。",
        "提出三点要求：一是学；二是干；三是看。",
        "1）安全用电；2）文明养犬。他说：“好。”",
        "值班电话 010-88886666，编号 110105194912310021。",
        "在北京参加培训。",
        "主题党课之后开展主题党日，树牢四个意识、坚定四个自信。",
        "时间为9:30至11:00，地点在党群服务中心。",
    ],
)
def test_what_is_right_is_let_pass(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("paragraphs", "wrong"),
    [
        (["一、学习", "二、讨论", "二、总结"], ["二、"]),
        (["一、学习", "三、总结"], ["三、"]),
        (["（一）学习", "（二）讨论", "（四）总结"], ["（四）"]),
        (["会议指出，一是学习，二是讨论，二是总结。"], ["二是"]),
        (["一、学习", "1.读", "2.写", "二、讨论", "1.说", "2.议"], []),
        (["2026.3.5 报名", "2026.3.9 开班"], []),
    ],
)
def test_numbering_that_is_doubled_or_broken_is_a_hint(paragraphs: list[str], wrong: list[str]) -> None:
    assert found(*paragraphs) == [("numbering", text) for text in wrong]
    assert {hit.severity for hit in hits(*paragraphs)} <= {Severity.HINT}


def test_points_that_follow_as_paragraphs_are_counted() -> None:
    (hit,) = hits("会议明确四项任务：", "一、抓学习", "二、抓服务", "三、抓治理")
    assert (hit.rule, hit.text, hit.replacement) == ("count", "四项任务", "三项任务")


def test_the_last_row_of_a_table_is_the_sum_of_those_above() -> None:
    def table(total: int) -> str:
        rows = [("支部", "人数"), ("第一支部", 20), ("第二支部", 18), ("合计", total)]
        cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
        return f"<p>统计如下。</p><table>{cells}</table>"

    (hit,) = SHIPPED.check(text_of("", "", table(40)), today=TODAY)
    assert (hit.rule, hit.text) == ("total", "40")
    assert SHIPPED.check(text_of("", "", table(38)), today=TODAY) == []


def test_leaders_are_held_against_the_office_s_own_list() -> None:
    people = Engine(
        [
            Entry(EntryKind.PERSON, "陈志远", "党委书记", order=1),
            Entry(EntryKind.PERSON, "林晓岚", "居委会主任", order=2),
        ]
    )
    assert found("党委书记陈志远、居委会主任林晓岚参加。", engine=people) == []
    assert found("林晓岚主任主持，陈志远书记讲话。", engine=people) == []
    assert found("居委会副主任林晓岚参加。", engine=people) == [("person", "副主任")]
    assert found("陈志远主任参加。", engine=people) == [("person", "主任")]
    assert found("林晓岚、陈志远参加。", engine=people) == [("order", "陈志远")]
    (typed,) = hits("党委书记陈志原参加。", engine=people)
    assert (typed.rule, typed.replacement) == ("person", "陈志远")


def test_a_real_place_leaks_only_where_the_others_are_hidden() -> None:
    assert found("某社区党员在扬州学习。") == [("place", "扬州")]
    assert found("某社区按北京时间开会，群众幸福安康。") == []
    own = Engine([Entry(EntryKind.PLACE, "湖东社区", "某社区")])
    (hit,) = hits("湖东社区的故事。", engine=own)
    assert (hit.rule, hit.replacement) == ("place", "某社区")


def test_an_exception_holds_until_its_last_day_and_never_for_an_id_number() -> None:
    words = [
        Entry(EntryKind.EXCEPTION, "其它事项办公室", reason="机构名称", until=date(2026, 12, 31)),
        Entry(EntryKind.EXCEPTION, "11010519491231002X", reason="不应有", until=date(2026, 12, 31)),
    ]
    engine = Engine([*shipped.entries(), *words])
    assert hits("其它事项办公室", engine=engine) == []
    assert len(hits("其它事项办公室", engine=engine, today=date(2027, 1, 1))) == 1
    assert [hit.rule for hit in hits("11010519491231002X", engine=engine)] == ["id_number"]


def test_a_place_is_a_paragraph_of_the_plain_text_and_characters_in_it() -> None:
    body = (
        "<p></p><section><h2>一、开头</h2><p>第一行<br>其它事项和<b>其</b>它</p></section>"
        "<table><tr><td>其它</td></tr></table>"
    )
    (hit,) = SHIPPED.check(text_of("其它", "", body), today=TODAY)
    lines = plain(body).splitlines()
    assert [(place.field, place.paragraph, place.start) for place in hit.places] == [
        ("title", 0, 0), ("body", 2, 0), ("body", 2, 5), ("body", 3, 0),
    ]  # fmt: skip
    for place in hit.places[1:]:
        assert lines[place.paragraph][place.start : place.end] == "其它"


def test_a_date_without_a_year_is_held_against_the_year_that_the_text_names() -> None:
    assert found("2026年工作回顾", "11月29日（周日）开会。") == []
    assert found("2025年工作回顾", "11月29日（周六）开会。") == []
    assert found("2025年工作回顾", "11月29日（周三）开会。") == [("weekday", "11月29日（周三）")]


def test_personal_data_is_masked_in_whatever_is_shown() -> None:
    for hit in hits("请打13800138000，身份证11010519491231002X，卡6222021001116245702，住3号楼2单元501室"):
        assert not any(part in hit.message for part in ("13800138000", "19491231", "100111624", "501"))


def test_no_advice_of_the_shipped_list_would_be_found_again() -> None:
    for entry in shipped.entries():
        if entry.kind is EntryKind.WRONG and entry.suggestion:
            again = [hit for hit in hits(entry.suggestion) if hit.rule in ("lexicon", "phrase")]
            assert again == [], entry.suggestion


def test_the_shipped_list_finds_its_own_words_and_lets_its_contexts_pass() -> None:
    assert len(shipped.entries()) > 500
    assert all(keeping.checked(Written(entry), TODAY) == Written(entry) for entry in shipped.entries())
    for entry in shipped.entries():
        if entry.kind is EntryKind.WRONG:
            assert any(entry.text in hit.text or hit.text in entry.text for hit in hits(entry.text)), (
                entry.text
            )
            for word in entry.unless:
                assert entry.text in word
                assert not any(hit.text == entry.text for hit in hits(word)), word
