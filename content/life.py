"""稿件的一生: its states, the words for them, what leads from one to the next and who may take that step."""

from __future__ import annotations

from ground.errors import Conflict
from ground.life import Life, Step
from models import Article, CorrectionKind
from models import ArticleStatus as A
from models import CorrectionStatus as C
from models import ReleaseStatus as E
from models import RemovalStatus as R

WRITE, REVIEW, QUEUE, CONTROL = "article.write", "article.review", "article.queue", "push.control"
_STAGES = "零一二三四五六"
_EDITED_AGAIN = "稿件当前为“{label}”，不能修改"
_NOT_IN_REVIEW = "稿件当前为“{label}”，不在审核中"
_NOT_QUEUED = "稿件当前为“{label}”，不在待发队列"
_NOT_OUT = "稿件当前为“{label}”，只有已发布的稿件可以更正或撤回"
_NOT_PUT_AWAY = "稿件当前为“{label}”，没有归档"
_NOT_PLANNED = "稿件当前为“{label}”，没有排期"


def _step(
    name: str,
    label: str,
    sources: set[A],
    to: A | None,
    right: str | None,
    needs: str = "",
    refusal: str = "",
) -> Step[A]:
    return Step(name, label, frozenset(sources), to, right, needs, refusal)


ARTICLE: Life[A] = Life(
    A,
    noun="稿件",
    labels={
        A.DRAFT: "草稿",
        A.IN_REVIEW: "审核中",
        A.RETURNED: "退回修改",
        A.APPROVED: "待发布",
        A.QUEUED: "待发布（已排队）",
        A.PLANNED: "已排期",
        A.PUBLISHING: "发布中",
        A.PUBLISHED: "已发布",
        A.RETRACTED: "已撤回",
        A.CORRECTED: "已更正",
        A.ARCHIVED: "已归档",
    },
    steps=[
        # writing
        _step("article.save", "修改稿件", {A.DRAFT, A.RETURNED, A.IN_REVIEW, A.APPROVED}, None, WRITE,
              "the version that the editor saw; every approval falls, and what is in review waits for its first stage",
              _EDITED_AGAIN),
        _step("article.unsettle", "修改稿件", {A.IN_REVIEW, A.APPROVED}, A.DRAFT, WRITE,
              "the same, of an approved article, or of one that WeChat would refuse now", _EDITED_AGAIN),
        _step("article.confirm", "核实错敏提示", {A.DRAFT, A.RETURNED, A.IN_REVIEW, A.APPROVED}, None, WRITE,
              "a reason for each finding that is let stand", "稿件当前为“{label}”，不需要核实"),
        _step("article.reclean", "清理稿件正文", {A.DRAFT, A.RETURNED, A.IN_REVIEW, A.APPROVED, A.QUEUED, A.PLANNED},
              A.DRAFT, None,
              "stricter rules took something out of a body that has not gone out"),
        _step("article.archive", "归档稿件", {A.DRAFT, A.RETURNED, A.APPROVED, A.PUBLISHED, A.CORRECTED},
              A.ARCHIVED, WRITE, "no push holds it", "稿件当前为“{label}”，不能归档"),
        # review
        _step("article.submit", "提交审核", {A.DRAFT, A.RETURNED}, A.IN_REVIEW, WRITE,
              "nothing that WeChat or the office would refuse", "稿件当前为“{label}”，不能重复提交"),
        _step("article.withdraw", "撤回送审", {A.IN_REVIEW}, A.DRAFT, WRITE, "every approval falls", _NOT_IN_REVIEW),
        _step("article.pass", "审核通过", {A.IN_REVIEW}, None, REVIEW,
              "neither its author nor a reviewer of another stage; a further stage follows", _NOT_IN_REVIEW),
        _step("article.approve", "审核通过", {A.IN_REVIEW}, A.APPROVED, REVIEW, "the same, of the last stage", _NOT_IN_REVIEW),
        _step("article.release", "紧急签发", {A.IN_REVIEW}, A.APPROVED, REVIEW,
              "two persons, neither of whom wrote in it, each with a reason; the reviews that are missing are made up for",
              _NOT_IN_REVIEW),
        _step("article.return", "退回修改", {A.IN_REVIEW}, A.RETURNED, REVIEW, "the same, and a reason; approvals fall",
              _NOT_IN_REVIEW),
        _step("article.revoke", "退回修改", {A.APPROVED}, A.RETURNED, REVIEW, "a reason",
              "稿件当前为“{label}”，不能退回"),
        # waiting to go out
        _step("article.queue", "排入待发队列", {A.APPROVED}, A.QUEUED, QUEUE, "",
              "稿件当前为“{label}”，审核通过后才能排入待发队列"),
        _step("article.unqueue", "撤出待发队列", {A.QUEUED}, A.APPROVED, QUEUE, "", _NOT_QUEUED),
        _step("article.move", "调整待发队列", {A.QUEUED}, None, QUEUE, "", _NOT_QUEUED),
        _step("push.take", "排期", {A.APPROVED, A.QUEUED}, A.PLANNED, None, "a slot, or a person's push, takes it"),
        _step("article.unschedule", "撤出排期", {A.PLANNED}, A.APPROVED, CONTROL,
              "no push that holds it has begun; one that holds nothing else is cancelled", _NOT_PLANNED),
        _step("push.drop", "撤出排期", {A.PLANNED}, A.APPROVED, None, "no push holds it any more"),
        # going out
        _step("push.start", "开始发布", {A.APPROVED, A.PLANNED}, A.PUBLISHING, None, "a push that holds it begins to send"),
        _step("push.unsent", "没有发出", {A.PUBLISHING}, A.APPROVED, None, "the push ended and nothing of it was sent"),
        _step("push.arrive", "发布", {A.APPROVED, A.QUEUED, A.PLANNED, A.PUBLISHING}, A.PUBLISHED, None,
              "a delivery has arrived"),
        # afterwards
        _step("article.correct", "更正稿件", {A.PUBLISHED, A.CORRECTED}, A.CORRECTED, None,
              "its corrected text passed all reviews", _NOT_OUT),
        _step("article.retract", "撤回稿件", {A.PUBLISHING, A.PUBLISHED, A.CORRECTED}, A.RETRACTED, REVIEW,
              "a reason, and another person than who asked for it", _NOT_OUT),
        _step("article.bring_back", "取消归档", {A.ARCHIVED}, A.DRAFT, WRITE, "it never went out, and is no corrected text",
              _NOT_PUT_AWAY),
        _step("article.show_again", "取消归档", {A.ARCHIVED}, A.PUBLISHED, WRITE, "it went out, and was not corrected",
              _NOT_PUT_AWAY),
        _step("article.show_corrected", "取消归档", {A.ARCHIVED}, A.CORRECTED, WRITE, "it went out, and was corrected",
              _NOT_PUT_AWAY),
        _step("article.fold", "并入原稿", {A.APPROVED}, A.ARCHIVED, None, "the text of a correction stands in its article"),
    ],
)  # fmt: skip

KIND_NAMES = {CorrectionKind.CORRECT: "更正", CorrectionKind.RETRACT: "撤回"}
CORRECTION: Life[C] = Life(
    C,
    noun="更正与撤回",
    labels={C.OPEN: "办理中", C.DONE: "已完成", C.DROPPED: "已取消"},
    steps=[
        Step("correction.reword", "修改说明", frozenset({C.OPEN}), None, WRITE, "its text is in no review"),
        Step("correction.finish", "完成", frozenset({C.OPEN}), C.DONE, None, "the corrected text passed all reviews"),
        Step("correction.retract", "同意撤回", frozenset({C.OPEN}), C.DONE, REVIEW, "another person than who asked"),
        Step("correction.drop", "取消", frozenset({C.OPEN}), C.DROPPED, WRITE),
    ],
)  # fmt: skip
REMOVAL: Life[R] = Life(
    R,
    noun="删除请求",
    labels={
        R.WANTED: "待删除",
        R.DONE: "已删除",
        R.REFUSED: "微信拒绝",
        R.KEPT: "微信图文未变",
        R.MENDED: "已手动修改",
    },
    steps=[
        Step("removal.done", "删除", frozenset({R.WANTED}), R.DONE, None),
        Step("removal.refuse", "拒绝", frozenset({R.WANTED}), R.REFUSED, None),
        Step("removal.again", "再次请求删除", frozenset({R.REFUSED}), R.WANTED, REVIEW),
        Step("removal.by_hand", "已在公众平台手动删除", frozenset({R.REFUSED}), R.DONE, REVIEW, "WeChat refused"),
        Step("removal.ask", "请求微信删除", frozenset({R.KEPT}), R.WANTED, REVIEW, "it shows what was corrected"),
        Step("removal.mend", "已在公众平台手动修改", frozenset({R.KEPT}), R.MENDED, REVIEW, "the same"),
    ],
)  # fmt: skip
RELEASE: Life[E] = Life(
    E,
    noun="紧急签发",
    labels={E.ASKED: "待第二人签发", E.RELEASED: "待补审", E.SETTLED: "已补审", E.VOID: "已失效"},
    steps=[
        Step("release.agree", "紧急签发", frozenset({E.ASKED}), E.RELEASED, REVIEW, "another person than who asked"),
        Step("release.drop", "取消紧急签发", frozenset({E.ASKED}), E.VOID, REVIEW, "who asked, or an administrator"),
        Step("release.sign", "补审", frozenset({E.RELEASED}), None, REVIEW, "who may review this stage; a further one follows"),
        Step("release.settle", "补审", frozenset({E.RELEASED}), E.SETTLED, REVIEW, "the same, of the last stage"),
        Step("release.void", "作废", frozenset({E.ASKED, E.RELEASED, E.SETTLED}), E.VOID, None,
             "the text was changed, returned or taken out of review, or passed its reviews before the second person signed"),
    ],
)  # fmt: skip

EDITABLE = ARTICLE.step("article.save").sources
SENDABLE = frozenset({A.APPROVED, A.QUEUED, A.PLANNED, A.PUBLISHING, A.PUBLISHED, A.CORRECTED})
"""States of articles whose present content passed all reviews."""
WENT_OUT = frozenset({A.PUBLISHING, A.PUBLISHED, A.CORRECTED, A.RETRACTED})
LISTED = (A.PUBLISHED, A.CORRECTED)
"""What readers find in lists."""
READABLE = (*LISTED, A.RETRACTED, A.ARCHIVED)
"""What still answers under its address."""
ON_ITS_WAY = (A.PUBLISHING, A.RETRACTED)
"""What answers besides, though nobody knows yet that it arrived, to who follows a link that a push has brought."""


def stage_name(stage: int) -> str:
    """一审, 二审, 三审."""
    return f"{_STAGES[stage] if 0 <= stage < len(_STAGES) else stage}审"


def status_name(article: Article) -> str:
    """The state as people call it: 待一审, 待二审, 草稿, ..."""
    if article.status == A.IN_REVIEW:
        return f"待{stage_name(article.stage)}"
    return ARTICLE.label(article.status)


def not_in_review(article: Article) -> str:
    """Why nobody can review an article that is not in review."""
    return _NOT_IN_REVIEW.format(label=status_name(article))


def require(article: Article, name: str) -> Step[A]:
    """The step, where the article's state allows it. Raises :class:`errors.Conflict`, naming the stage that is awaited.

    Of what waits to go out it says how to get it back first.
    """
    step = ARTICLE.step(name)
    if name == "article.correct" and article.status == A.PUBLISHING:
        raise Conflict("稿件正在发布，发布完成后才能更正；来不及的，可以现在申请撤回", step=name)
    if step.refusal == _NOT_OUT and article.status == A.ARCHIVED and article.published_at is not None:
        raise Conflict(f"稿件已归档，请先取消归档，再{step.label}", step=name)
    back = {A.QUEUED: "稿件已在待发队列，请先撤出队列", A.PLANNED: "稿件已排期，请先撤出排期"}.get(
        A(article.status)
    )
    if back and A.APPROVED in step.sources and A(article.status) not in step.sources:
        raise Conflict(f"{back}，再{step.label}", step=name)
    return ARTICLE.require(name, article.status, label=status_name(article))


__all__ = [
    "ARTICLE",
    "CORRECTION",
    "EDITABLE",
    "KIND_NAMES",
    "LISTED",
    "ON_ITS_WAY",
    "READABLE",
    "RELEASE",
    "REMOVAL",
    "SENDABLE",
    "WENT_OUT",
    "not_in_review",
    "require",
    "stage_name",
    "status_name",
]
