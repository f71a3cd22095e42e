"""Many Word files at once: each becomes a draft or says why not, on the server, whoever has closed the page."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from content import batches
from database import claims
from ground import clock
from models import Article, BatchFile
from operations.batch_import import BatchImports
from tests.console.conftest import DATA, Desk, Office, text_of


def _word(number: int, name: str = "") -> tuple[io.BytesIO, str]:
    return io.BytesIO((DATA / f"article-{number}.docx").read_bytes()), name or f"第{number}篇.docx"


def _hand_in(desk: Desk, *files: tuple[io.BytesIO, str]) -> str:
    """Post the files in one form; the address of the batch."""
    desk.get("/console/articles/import")
    form: dict[str, Any] = {"column": "news", "file": list(files)}
    answer = desk.post("/console/articles/import", form, content_type="multipart/form-data")
    assert answer.location.startswith("/console/articles/batches/")
    return answer.location


def _work(office: Office) -> None:
    BatchImports(office.parts.db, office.parts.settings).work()


def _zip(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, data in files.items():
            package.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def _folder(office: Office) -> Path:
    return office.parts.settings.data_dir / "imports"


def test_each_file_becomes_a_draft_or_says_why_not(office_anywhere: Office) -> None:
    office = office_anywhere
    desk = office.desk("editor")
    broken = (io.BytesIO((DATA / "article-broken.docx").read_bytes()), "坏的.docx")
    page = _hand_in(desk, _word(5), broken, (io.BytesIO(b"x"), "旧的.doc"))
    assert "等待 2" in text_of(desk.client.get(page))
    _work(office)
    said = text_of(desk.client.get(page))
    assert "已全部处理完" in said
    assert "已导入 1" in said
    assert "旧版 .doc 请先" in said
    assert "损坏" in said
    assert office.read(sa.select(sa.func.count(Article.id))) == 1
    assert list(_folder(office).iterdir()) == []


def test_a_zip_with_names_of_a_chinese_system_is_taken_apart(office: Office) -> None:
    data = (DATA / "article-3.docx").read_bytes()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        package.writestr("xx/aaaaaaaa.docx", data)
        package.writestr("__MACOSX/._a.docx", b"x")
        package.writestr("xx/notes.txt", b"x")
    renamed = made.getvalue().replace(b"aaaaaaaa", "通知四个".encode("gbk"))
    desk = office.desk("editor")
    page = _hand_in(desk, (io.BytesIO(renamed), "一批.zip"))
    said = text_of(desk.client.get(page))
    assert "通知四个.docx" in said
    assert "notes.txt" in said
    assert "不是 .docx 文件" in said
    assert "MACOSX" not in said
    _work(office)
    assert office.read(sa.select(sa.func.count(Article.id))) == 1


@pytest.mark.parametrize("data", [b"no zip", _zip(), b""])
def test_a_zip_that_cannot_be_opened_is_refused_in_words(office: Office, data: bytes) -> None:
    said = text_of(
        office.desk("editor").client.get(_hand_in(office.desk("editor"), (io.BytesIO(data), "a.zip")))
    )
    assert "没有导入 1" in said
    assert "压缩包" in said


def test_files_that_follow_one_by_one_go_into_the_same_batch_each_once(office: Office) -> None:
    desk = office.desk("editor")
    made: Any = desk.post("/console/articles/batches", {"column": "news"}, 200).json
    for _ in range(2):
        form: dict[str, Any] = {"file": _word(5)}
        desk.post(made["files"], form, 200, content_type="multipart/form-data")
    assert "共 1 个文件" in text_of(desk.client.get(made["page"]))
    assert len(list(_folder(office).iterdir())) == 1
    assert made["page"] in desk.get("/console/articles/import")


def test_a_file_whose_worker_was_killed_is_taken_again_and_makes_one_draft(office: Office) -> None:
    desk = office.desk("editor")
    page = _hand_in(desk, _word(5), _word(3))
    with office.parts.db.session_scope() as session:
        lease = claims.lease_for("killed", batches.LEASE_S, clock.now())
        assert batches.claim(session, lease)
    _work(office)
    assert office.read(sa.select(sa.func.count(Article.id))) == 1, "what somebody has is not taken from them"
    with office.parts.db.session_scope() as session:
        session.execute(
            sa.update(BatchFile).where(BatchFile.lease_owner == "killed").values(lease_until=clock.now())
        )
    _work(office)
    assert office.read(sa.select(sa.func.count(Article.id))) == 2
    assert "已导入 2" in text_of(desk.client.get(page))


def test_a_file_that_was_begun_too_often_is_refused(office: Office) -> None:
    desk = office.desk("editor")
    page = _hand_in(desk, _word(5), _word(3))
    with office.parts.db.session_scope() as session:
        session.execute(sa.update(BatchFile).where(BatchFile.name == "第5篇.docx").values(attempts=3))
    _work(office)
    assert "多次中断" in text_of(desk.client.get(page))
    assert office.read(sa.select(sa.func.count(Article.id))) == 1


def test_what_was_left_over_by_a_kill_goes_after_a_day_and_what_waits_stays(office: Office) -> None:
    desk = office.desk("editor")
    _hand_in(desk, _word(5), _word(3))
    old, young = _folder(office) / "old", _folder(office) / "young"
    for path in (old, young):
        path.write_bytes(b"x")
    with office.parts.db.session_scope() as session:
        claims.claim(
            session, BatchFile, where=[BatchFile.name == "第5篇.docx"], limit=1,
            lease=claims.lease_for("another", batches.LEASE_S, clock.now()),
        )  # fmt: skip
    for path in _folder(office).iterdir():
        if path != young:
            os.utime(path, (0, 0))
    _work(office)
    assert not old.exists()
    assert len(list(_folder(office).iterdir())) == 2, "the young one, and the one that somebody is at"
