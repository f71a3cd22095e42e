"""The lexicon: changed by who may, in versions that stay, to Excel and back."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import xlsxwriter
from sqlalchemy.orm import Session

from content import wording
from content.lexicon import current, keeping, sheets, shipped
from content.lexicon.keeping import Taken, Written
from content.proofing.entries import Entry, EntryKind
from content.proofing.findings import Severity
from ground import clock
from ground.errors import Conflict, Forbidden, NotFound, Refused
from models import AuditEntry, LexiconEntry, LexiconVersion
from tests.content.conftest import Office

BLOCKED = Entry(EntryKind.WRONG, "甲乙丙式写法", "规范写法", "本单位的约定", Severity.BLOCK)


def act(office: Office, work: Callable[[Session], Any]) -> Any:
    with office.db.session_scope() as session:
        return work(session)


def save(
    office: Office, entry: Entry, *, by: str = "admin", entry_id: int | None = None, active: bool = True
) -> int:
    def work(session: Session) -> int:
        written = Written(entry, active)
        return keeping.save(session, office.users[by], written, at=clock.now(), entry_id=entry_id).id

    return int(act(office, work))


def said(office: Office, text: str) -> list[tuple[str, str]]:
    with office.db.read_scope() as session:
        return [
            (hit.text, hit.severity)
            for hit in wording.look(session, "", "", f"<p>{text}</p>", at=clock.now()).hits
        ]


def today() -> date:
    return clock.shanghai_day(clock.now())


def test_what_the_office_writes_is_used_at_once_and_switched_off_as_well(office: Office) -> None:
    assert said(office, "甲乙丙式写法") == []
    entry = save(office, BLOCKED)
    assert said(office, "甲乙丙式写法") == [("甲乙丙式写法", "block")]
    act(office, lambda s: keeping.switch(s, office.users["admin"], entry, active=False, at=clock.now()))
    assert said(office, "甲乙丙式写法") == []


def test_the_shipped_list_is_brought_in_once_and_what_was_changed_of_it_stays_so(office: Office) -> None:
    count = act(office, lambda s: keeping.ensure_shipped(s, at=clock.now()))
    assert count == len(shipped.entries())
    with office.db.read_scope() as session:
        query = sa.select(LexiconEntry.id).where(LexiconEntry.text == "其它", LexiconEntry.gone.is_(None))
        entry = session.scalars(query).one()
    act(office, lambda s: keeping.switch(s, office.users["admin"], entry, active=False, at=clock.now()))
    assert act(office, lambda s: keeping.ensure_shipped(s, at=clock.now())) == 0
    assert said(office, "其它") == []


def test_every_change_is_a_version_that_can_be_looked_up_as_it_was(office: Office) -> None:
    entry = save(office, BLOCKED)
    changed = save(office, replace(BLOCKED, severity=Severity.HINT), entry_id=entry)
    with office.db.read_scope() as session:
        last = keeping.versions(session).slice(0, 2)
        assert [(one.number, one.note) for one in last] == [
            (3, "修改“甲乙丙式写法”"),
            (2, "新增“甲乙丙式写法”"),
        ]
        assert BLOCKED in current.entries_of(session, 2)
        assert replace(BLOCKED, severity=Severity.HINT) in current.entries_of(session, 3)
        brought, ended = keeping.changes(session, 3, limit=10)
        assert ([one.id for one in brought], [one.id for one in ended]) == ([changed], [entry])
        entries = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == keeping.CHANGE)).all()
        assert [one.detail["version"] for one in entries] == [2, 3]


def test_who_opened_an_entry_before_another_changed_it_is_told(office: Office) -> None:
    entry = save(office, BLOCKED)
    save(office, replace(BLOCKED, severity=Severity.HINT), entry_id=entry)
    with pytest.raises(NotFound, match="可能刚刚被修改过"):
        save(office, BLOCKED, entry_id=entry)


def test_the_same_words_stand_in_the_list_once(office: Office) -> None:
    save(office, BLOCKED)
    with pytest.raises(Conflict, match="已在词库"):
        save(office, replace(BLOCKED, suggestion="别的写法"))


@pytest.mark.parametrize("name", ["editor", "first", "auditor"])
def test_only_an_administrator_changes_the_list(office: Office, name: str) -> None:
    with pytest.raises(Forbidden):
        save(office, BLOCKED, by=name)
    with office.db.read_scope() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(LexiconVersion)) == 0


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (Entry(EntryKind.WRONG, "一", "二"), "词语应为 2 到 40 个字"),
        (Entry(EntryKind.WRONG, "写法", "好写法"), "不能再含有易错写法"),
        (Entry(EntryKind.WRONG, "布署", "部署", unless=("公布",)), "不算的语境应当包含词语本身"),
        (Entry(EntryKind.PHRASE, "三个字"), "固定提法至少 4 个字"),
        (Entry(EntryKind.PERSON, "陈志远"), "填写现任职务"),
        (Entry(EntryKind.EXCEPTION, "其它事项", until=date(2020, 1, 1)), "例外须写明理由"),
        (Entry(EntryKind.EXCEPTION, "其它事项", reason="机构名称"), "例外须有到期日"),
        (Entry(EntryKind.EXCEPTION, "其它事项", reason="机构名称", until=date(2999, 1, 1)), "最长一年"),
    ],
)
def test_what_cannot_be_an_entry_is_refused_with_the_reason(
    office: Office, entry: Entry, reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        save(office, entry)


def test_an_exception_lets_pass_until_its_day(office: Office) -> None:
    assert said(office, "其它事项办公室") == [("其它", "hint")]
    save(office, Entry(EntryKind.EXCEPTION, "其它事项办公室", reason="机构名称", until=today()))
    assert said(office, "其它事项办公室") == []


def test_a_list_goes_to_excel_and_comes_back_as_it_was(office: Office) -> None:
    kept = [
        BLOCKED,
        Entry(EntryKind.PERSON, "陈志远", "党委书记", order=1),
        Entry(EntryKind.EXCEPTION, "其它事项办公室", reason="机构名称", until=today() + timedelta(days=9)),
        Entry(EntryKind.WRONG, "公布式布署", "部署", unless=("张公布式布署",)),
    ]
    for entry in kept:
        save(office, entry)
    with office.db.read_scope() as session:
        data = sheets.workbook(keeping.listed(session, at=clock.now()).slice(0, sheets.MAX_ROWS))
    back = sheets.parse(data, today=today())
    assert back.faults == []
    assert all(Written(entry) in back.rows for entry in kept)
    taken = act(office, lambda s: keeping.take(s, office.users["admin"], back.rows, at=clock.now()))
    assert taken == Taken(0, 0, len(shipped.entries()) + len(kept))


def test_a_file_is_one_version_of_new_and_changed_entries(office: Office) -> None:
    save(office, BLOCKED)
    data = book([
        ("类型", "词语", "建议", "处理方式", "状态"),
        ("易错敏感词", "甲乙丙式写法", "规范写法", "提醒", "停用"),
        ("实际地名", "湖东社区", "某社区", "", ""),
    ])  # fmt: skip
    found = sheets.parse(data, today=today())
    taken = act(office, lambda s: keeping.take(s, office.users["admin"], found.rows, at=clock.now()))
    assert taken == Taken(created=1, updated=1, unchanged=0)
    assert said(office, "甲乙丙式写法") == []
    assert said(office, "湖东社区") == [("湖东社区", "confirm")]
    with office.db.read_scope() as session:
        assert keeping.versions(session).slice(0, 1)[0].note == "从 Excel 导入：新增 1 条，修改 1 条"


def test_wrong_rows_of_a_file_are_named_by_excel_s_own_numbers() -> None:
    data = book([
        ("错敏词库",), ("类型", "词语", "建议", "到期日", "理由"), ("错字", "甲乙", "丙丁"), ("固定提法", "两字"),
        ("易错敏感词", "甲乙", "丙丁"), ("易错敏感词", "甲乙", "戊己"), ("易错敏感词", "=SUM(A1)", ""),
        ("例外", "其它", "", "明年", "理由"),
    ])  # fmt: skip
    found = sheets.parse(data, today=today())
    assert [fault.row for fault in found.faults] == [3, 4, 6, 7, 8]
    assert "类型应为" in found.faults[0].reason
    assert found.faults[2].reason == "与第 5 行重复"


def test_a_file_without_the_two_columns_is_refused() -> None:
    with pytest.raises(Refused, match="没有找到表头"):
        sheets.parse(book([("姓名", "电话")]), today=today())


def book(rows: list[tuple[str, ...]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as made:
        sheet = made.add_worksheet("词库")
        for row, values in enumerate(rows):
            for column, value in enumerate(values):
                sheet.write_string(row, column, value)
    return out.getvalue()
