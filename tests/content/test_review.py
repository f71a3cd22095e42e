"""三审: whatever people do in whatever order, nothing gets through that three others have not read as it is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from content import review, waiting
from database.session import Database
from ground import clock
from ground.errors import Conflict, Forbidden, Refused
from settings import Limits
from tests.content.conftest import Office, furnish
from tests.fixtures.configuration import make_settings


def test_three_people_in_three_stages_approve_an_article(office: Office) -> None:
    article = office.submit(office.draft())
    for name, stage in (("first", 2), ("second", 3)):
        article = office.approve(article, by=name)
        assert (article.status, article.stage) == ("in_review", stage)
    article = office.approve(article, by="third")
    assert article.status == "approved"
    decisions = office.now(article).reviews
    assert [(one.stage, one.user.username, one.content_hash) for one in decisions] == [
        (1, "first", article.hash), (2, "second", article.hash), (3, "third", article.hash),
    ]  # fmt: skip


def test_an_office_may_use_fewer_stages(office: Office) -> None:
    article = office.submit(office.draft())
    done = office.do(
        lambda s: review.approve(
            s, article.id, office.users["first"], limits=Limits(review_stages=1), at=clock.now()
        )
    )
    assert done.status == "approved"


def test_nobody_reviews_what_they_wrote_or_changed(office: Office) -> None:
    own = office.submit(office.draft(by="admin"))
    with pytest.raises(Forbidden, match="不能审核自己的稿件"):
        office.approve(own, by="admin")
    changed = office.submit(office.save(office.draft(), by="admin", title="管理员改过"))
    with pytest.raises(Forbidden, match="您修改过本稿"):
        office.approve(changed, by="admin")


def test_one_person_cannot_do_two_stages(office: Office) -> None:
    article = office.approve(office.submit(office.draft()), by="first")
    with pytest.raises(Forbidden, match="您已完成本稿的一审，同一人不能审两级"):
        office.approve(article, by="first")


def test_a_reviewer_of_one_stage_does_no_other(office: Office) -> None:
    article = office.submit(office.draft())
    with pytest.raises(Forbidden, match="您负责二审，本稿当前待一审"):
        office.approve(article, by="only2")
    article = office.approve(article, by="first")
    assert office.approve(article, by="only2").stage == 3


@pytest.mark.parametrize("name", ["editor", "auditor"])
def test_other_roles_do_not_review(office: Office, name: str) -> None:
    article = office.submit(office.draft(by="colleague"))
    with pytest.raises(Forbidden, match="没有审核权限"):
        office.approve(article, by=name)


def test_an_approval_of_what_has_changed_is_refused(office: Office) -> None:
    seen = office.submit(office.draft())
    office.save(seen, title="改过的标题")
    with pytest.raises(Conflict, match=r"^内容已更新，请重新审核$"):
        office.approve(seen, by="first", seen=seen.hash)


def test_of_two_reviewers_at_once_one_succeeds(office: Office) -> None:
    article = office.submit(office.draft())

    def attempt(name: str) -> str:
        try:
            office.approve(article, by=name, seen=article.hash, stage=1)
        except Conflict as refusal:
            return refusal.message
        return "done"

    with ThreadPoolExecutor(3) as pool:
        answers = sorted(pool.map(attempt, ("first", "second", "third")))
    assert answers.count("done") == 1
    assert all("已由" in answer and "完成，请刷新" in answer for answer in answers if answer != "done")
    assert office.now(article).stage == 2


def test_an_edit_and_an_approval_at_once_never_approve_the_edit(office: Office) -> None:
    for _ in range(5):
        article = office.submit(office.draft())

        def approve() -> None:
            with contextlib.suppress(Conflict):
                office.approve(article, by="first", seen=article.hash)  # noqa: B023 - run at once

        def edit() -> None:
            with contextlib.suppress(Conflict):
                office.save(article, title="同时改")  # noqa: B023

        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(approve), pool.submit(edit)]:
                done.result()
        now = office.now(article)
        standing = [one for one in now.reviews if not one.void and one.decision == "approved"]
        assert all(one.content_hash == now.hash for one in standing)
        assert now.stage == 1 + len(standing)


def test_a_return_needs_a_reason_and_voids_what_was_approved(office: Office) -> None:
    article = office.approve(office.submit(office.draft()), by="first")
    with pytest.raises(Refused, match="请填写退回理由"):
        office.send_back(article, by="second", reason="  ")
    returned = office.send_back(article, by="second", reason="数字与附件不一致")
    assert returned.status == "returned"
    decisions = office.now(article).reviews
    assert [(one.decision, one.void, one.reason) for one in decisions] == [
        ("approved", True, ""), ("returned", False, "数字与附件不一致"),
    ]  # fmt: skip
    assert office.submit(office.save(returned, title="改好的标题")).stage == 1


def test_what_wechat_or_the_office_would_not_take_cannot_be_submitted(office: Office) -> None:
    with pytest.raises(Refused, match="标题不能超过 32 个字，当前 40 个字"):
        office.submit(office.draft(title="长" * 40))
    with pytest.raises(Refused, match="密级标志"):
        office.submit(office.draft(html="<p>机密★ 请勿外传</p>"))
    article = office.submit(office.draft())
    with pytest.raises(Conflict, match="不能重复提交"):
        office.submit(article)


def test_each_reviewer_sees_only_what_waits_for_them(office: Office) -> None:
    one, two = office.submit(office.draft(title="甲稿")), office.submit(office.draft(title="乙稿"))
    office.approve(two, by="first")
    with office.db.read_scope() as session:
        seen = {
            name: [
                article.title
                for article in waiting.articles(
                    session, waiting.waits(session, office.users[name], at=clock.now()).reviews, limit=50
                )
            ]
            for name in ("first", "second", "only2", "editor")
        }
    assert seen == {"first": ["甲稿"], "second": ["甲稿", "乙稿"], "only2": ["乙稿"], "editor": []}
    assert one.id < two.id


class Reviewing(RuleBasedStateMachine):
    """Random people edit, submit, approve with fresh or stale pages, return, withdraw."""

    office: Office
    people = st.sampled_from(["editor", "colleague", "admin", "auditor", "first", "second", "third", "only2"])

    @initialize(author=st.sampled_from(["editor", "admin"]))
    def write(self, author: str) -> None:
        """One article per run."""
        self.author = author
        self.article = self.office.draft(by=author)
        self.pages = [(self.article.hash, self.article.version)]
        self.edits = 0

    def _try(self, act: object, *arguments: object, **options: object) -> None:
        with contextlib.suppress(Conflict, Forbidden, Refused):
            act(self.article, *arguments, **options)  # type: ignore[operator]
        self.article = self.office.now(self.article)
        self.pages.append((self.article.hash, self.article.version))

    @rule(who=people)
    def submit(self, who: str) -> None:
        """Somebody hands it in."""
        self._try(self.office.submit, by=who)

    @rule(who=people, back=st.integers(0, 4))
    def approve(self, who: str, back: int) -> None:
        """Somebody approves from a page opened some steps ago."""
        seen = self.pages[max(0, len(self.pages) - 1 - back)][0]
        self._try(self.office.approve, by=who, seen=seen)

    @rule(who=people)
    def send_back(self, who: str) -> None:
        """Somebody returns it."""
        self._try(self.office.send_back, by=who)

    @rule(who=people, back=st.integers(0, 2))
    def edit(self, who: str, back: int) -> None:
        """Somebody saves an edit from a page opened some steps ago."""
        self.edits += 1
        version = self.pages[max(0, len(self.pages) - 1 - back)][1]
        self._try(self.office.save, by=who, version=version, title=f"第 {self.edits} 次修改")

    @rule(who=people)
    @precondition(lambda self: self.article.status == "in_review")
    def withdraw(self, who: str) -> None:
        """Somebody takes it out of review."""

        def act(article: object, by: str) -> None:
            self.office.do(
                lambda s: review.withdraw(s, self.article.id, self.office.users[by], at=clock.now())
            )

        self._try(act, by=who)

    @invariant()
    def nothing_gets_through(self) -> None:
        """The rules of the office hold in every state."""
        now = self.office.now(self.article)
        standing = [one for one in now.reviews if not one.void and one.decision == "approved"]
        assert all(one.content_hash == now.hash for one in standing)
        assert len({one.user_id for one in standing}) == len(standing)
        assert self.office.users[self.author].id not in {one.user_id for one in standing}
        assert [one.stage for one in standing] == list(range(1, len(standing) + 1))
        if now.status == "approved":
            assert len(standing) == 3
        elif now.status == "in_review":
            assert now.stage == len(standing) + 1
        else:
            assert not standing
        assert all(one.reason for one in now.reviews if one.decision == "returned")


@pytest.fixture
def lasting_office(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One office for all runs of the state machine; each run writes its own article."""
    db = Database(module_database_url)
    folder = tmp_path_factory.mktemp("var")
    yield furnish(db, make_settings(database={"url": module_database_url}, server={"data_dir": str(folder)}))
    db.close()


def test_no_sequence_of_acts_breaks_the_rules_of_review(lasting_office: Office) -> None:
    class Here(Reviewing):
        office = lasting_office

    checks = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=40, stateful_step_count=14, deadline=None, suppress_health_check=checks
        ),
    )
