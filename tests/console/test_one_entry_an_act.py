"""One act, one entry in the audit trail, the same whether it is done in the console, on the branch's page or by a command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from community.lives import WAYS
from ground import clock
from models import Article, AuditEntry, CheckInWay, Column, InstanceLease, MakeUpRequest, User
from tests.console.conftest import DATA, Office, field
from tests.console.test_activities import _form
from tests.world.days import NEXT_YEAR


class Trail:
    """What the audit trail has gained since it was asked last."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._last = office.read(sa.select(sa.func.max(AuditEntry.id))) or 0

    def gained(self) -> list[AuditEntry]:
        with self._office.parts.db.read_scope() as session:
            query = sa.select(AuditEntry).where(AuditEntry.id > self._last).order_by(AuditEntry.id)
            found = list(session.scalars(query))
        self._last = found[-1].id if found else self._last
        return found

    @contextmanager
    def one(self, action: str, **detail: Any) -> Iterator[None]:
        """Inside, exactly one entry of this action is made, with these values among its details."""
        self.gained()
        yield
        (entry,) = self.gained()
        assert entry.action == action
        assert {name: entry.detail.get(name) for name in detail} == detail
        assert entry.user_id is not None

    @contextmanager
    def none(self) -> Iterator[None]:
        self.gained()
        yield
        assert self.gained() == []


Act = Callable[..., None]


@pytest.fixture
def trail(office: Office) -> Trail:
    """The trail of an office in which everybody has signed in already."""
    for name in ("admin", "editor", "first", "second", "third", "secretary"):
        office.desk(name)
    return Trail(office)


def by_page(office: Office, article: int) -> Act:
    """The console's buttons under an article."""

    def act(who: str, what: str, **form: Any) -> None:
        desk = office.desk(who)
        if what in ("approve", "return"):
            page = desk.get(f"/console/articles/{article}/review")
            form = {"hash": field(page, "hash"), "stage": field(page, "stage"), "decision": what, **form}
            what = "review"
        desk.post(f"/console/articles/{article}/{what}", form)

    return act


def by_command(office: Office, article: int) -> Act:
    """The same by ``flask article``."""

    def act(who: str, what: str, **options: Any) -> None:
        words = [f"--{name}={value}" for name, value in options.items()]
        _run(office, "article", what, str(article), "--as", who, *words)

    return act


def _run(office: Office, *words: str) -> None:
    done = office.app.test_cli_runner().invoke(args=list(words))
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("face", [by_page, by_command])
def test_each_step_of_a_review_is_noted_once_by_whichever_face(
    office: Office, trail: Trail, face: Callable[[Office, int], Act]
) -> None:
    act = face(office, office.article())
    with trail.one("article.submit", status="in_review", version=1):
        act("editor", "submit")
    with trail.one("article.return", status="returned", stage=1):
        act("first", "return", reason="标题与正文不符")
    with trail.one("article.submit"):
        act("editor", "submit")
    for stage, name in enumerate(("first", "second", "third"), start=1):
        with trail.one("article.approve", stage=stage, status="approved" if stage == 3 else "in_review"):
            act(name, "approve")
    with trail.one("article.queue", status="queued"):
        act("editor", "queue")


def test_writing_and_queueing_are_noted_once(office: Office, trail: Trail) -> None:
    desk = office.desk("editor")
    page = desk.get("/console/articles/new")
    column = office.read(sa.select(Column.id).where(Column.key == "news"))
    form = {"title": "只此一篇", "column_id": column, "html": "<p>正文</p>"}
    with trail.one("article.create", version=1, status="draft"):
        desk.post("/console/articles/new", {"once": field(page, "once"), **form})
    article = office.read(sa.select(Article.id))
    edit = f"/console/articles/{article}/edit"
    with trail.one("article.save", version=2):
        desk.post(edit, {**form, "title": "改了一次", "version": 1})
    with trail.none():
        desk.post(edit, {**form, "title": "改了一次", "version": 2})
    ready = office.article("可以排队", "approved")
    act = by_page(office, ready)
    with trail.one("article.queue"):
        act("editor", "queue")
    with trail.one("article.queue", to=1):
        desk.post(f"/console/queue/{ready}/move", {"to": 1})
    with trail.one("article.unqueue", status="approved"):
        act("editor", "unqueue")
    with trail.one("article.return", late=True):
        act("first", "revoke", reason="发现错别字")
    with trail.one("article.archive", status="archived"):
        act("editor", "archive")


def test_a_word_file_is_noted_once_by_page_and_by_command(office: Office, trail: Trail) -> None:
    desk = office.desk("editor")
    page = desk.get("/console/articles/import")
    with (DATA / "article-1.docx").open("rb") as file, trail.one("article.import"):
        form = {"column": "study", "once": field(page, "once"), "file": (file, "article-1.docx")}
        desk.post("/console/articles/import", form, content_type="multipart/form-data")
    with trail.one("article.import"):
        _run(
            office,
            "article",
            "import",
            str(DATA / "article-1.docx"),
            "--column",
            "study",
            "--author",
            "editor",
        )
    told = [entry.detail for entry in _entries(office, "article.import")]
    assert told[0].keys() == told[1].keys()
    assert told[0]["pictures"] == told[1]["pictures"]


def test_somebody_without_the_right_is_refused_by_the_command_before_the_file_is_read(
    office: Office, trail: Trail
) -> None:
    words = [
        "article",
        "import",
        str(DATA / "article-broken.docx"),
        "--column",
        "study",
        "--author",
        "secretary",
    ]
    with trail.none():
        done = office.app.test_cli_runner().invoke(args=words)
    assert done.exit_code == 2
    assert "没有此项权限" in done.stderr


def test_columns_are_noted_once(office: Office, trail: Trail) -> None:
    desk = office.desk("admin")
    with trail.one("column.create"):
        desk.post("/console/columns/new", {"key": "law", "name": "律师说法"})
    column = office.read(sa.select(Column.id).where(Column.key == "law"))
    with trail.one("column.change", slots=0, active=True):
        desk.post(f"/console/columns/{column}", {"name": "律师说法", "active": "yes"})


def test_an_activity_and_its_check_ins_are_noted_once_in_console_and_on_the_branch_page(
    office: Office, trail: Trail
) -> None:
    with office.parts.db.session_scope() as session:
        people = [office.member(session, name).id for name in ("张三丰", "李四光")]
    admin, secretary = office.desk("admin"), office.desk("secretary")
    branch = f"/branch/{office.branch_id}"
    with trail.one("activity.create"):
        at_console = admin.post("/console/activities/new", _form()).location
    with trail.one("activity.create"):
        on_phone = secretary.post(f"{branch}/new", _form()).location
    with trail.one("activity.create"):
        _run(office, *_COMMAND)
    with trail.one("checkin.record", added=1):
        admin.post(f"{at_console}/record", {"member": [people[0]], "reason": "纸质签到表补录"})
    with trail.one("checkin.record", added=1):
        secretary.post(f"{on_phone}/record", {"member": [people[1]], "reason": "纸质签到表补录"})
    with trail.one("member.unmask", rows=2, reason="核对纸质签到表"):
        secretary.post(f"{on_phone}/names", {"why": "核对纸质签到表"}, 200)
    with trail.one("activity.export", masked=True):
        admin.post(f"{at_console}/export", status=200)
    with trail.one("activity.export", masked=True):
        secretary.post(f"{on_phone}/export", status=200)
    with trail.one("activity.change", cancelled=True):
        admin.post(f"{at_console}/cancel", {"reason": "天气原因"})
    shown = admin.get(at_console)
    assert WAYS[CheckInWay.PAPER] in shown


_COMMAND = (
    "activity", "create", "--title", "命令行里的活动", "--branches", "all", "--from", f"{NEXT_YEAR}-01-01T08:00",
    "--to", f"{NEXT_YEAR}-01-01T09:00", "--purpose", "学习", "--as", "admin",
)  # fmt: skip


def test_a_request_to_make_up_is_decided_once_and_noted_once(office: Office, trail: Trail) -> None:
    with office.parts.db.session_scope() as session:
        member = office.member(session, "张三丰").id
    activity = int(office.desk("admin").post("/console/activities/new", _form()).location.rpartition("/")[2])
    asked = []
    for _ in range(2):
        with office.parts.db.session_scope() as session:
            request = MakeUpRequest(activity_id=activity, member_id=member, reason="出差", at=clock.now())
            session.add(request)
            session.flush()
            asked.append(request.id)
    with trail.one("checkin.make_up", approved=True):
        office.desk("admin").post(f"/console/make-ups/{asked[0]}", {"decision": "approve"})
    with trail.none():
        office.desk("admin").post(f"/console/make-ups/{asked[0]}", {"decision": "refuse"})
    with trail.one("checkin.make_up", approved=False):
        office.desk("secretary").post(
            f"/branch/{office.branch_id}/make-ups/{asked[1]}", {"decision": "refuse"}
        )
    assert office.read(sa.select(MakeUpRequest.status).where(MakeUpRequest.id == asked[0])) == "approved"
    assert "支部审批" in office.desk("admin").get(f"/console/activities/{activity}")


def test_taking_over_is_noted_once_by_page_and_by_command(office: Office, trail: Trail) -> None:
    with trail.one("instance.confirm"):
        office.desk("admin").post("/console/system/confirm")
    with trail.one("instance.confirm"):
        _run(office, "push", "takeover", "--as", "admin")
    assert office.read(sa.select(sa.func.count(InstanceLease.id))) == 1


def test_ending_a_session_is_noted_once_whoever_does_it(office: Office, trail: Trail) -> None:
    with trail.one("user.sessions_end", count=1):
        office.desk("editor").post("/console/devices/end", {"which": "all"})
    second = office.read(sa.select(User.id).where(User.username == "second"))
    with trail.one("user.sessions_end", count=1):
        office.desk("admin").post(f"/console/users/{second}/sessions", {"which": "all"})
    with trail.one("user.change", display_name=True):
        office.desk("admin").post(f"/console/users/{second}/name", {"display_name": "二审员"})


def _entries(office: Office, action: str) -> list[AuditEntry]:
    with office.parts.db.read_scope() as session:
        query = sa.select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)
        return list(session.scalars(query))
