"""稿件的一生: its states, the words for them, what leads from one to the next and who may take that step."""

from __future__ import annotations

from ground.life import Life, Step
from models import Article
from models import ArticleStatus as A

WRITE, REVIEW, QUEUE = "article.write", "article.review", "article.queue"
_STAGES = "零一二三四五六"
_EDITED_AGAIN = "稿件当前为“{label}”，不能修改"
_NOT_IN_REVIEW = "稿件当前为“{label}”，不在审核中"
_NOT_QUEUED = "稿件当前为“{label}”，不在待发队列"


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
        A.PLANNED: "待发布（已排期）",
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
        _step("article.reclean", "清理稿件正文", {A.DRAFT, A.RETURNED, A.IN_REVIEW, A.APPROVED, A.QUEUED}, A.DRAFT, None,
              "stricter rules took something out of a body that has not gone out"),
        _step("article.archive", "归档稿件", {A.DRAFT, A.RETURNED, A.APPROVED, A.PUBLISHED, A.RETRACTED, A.CORRECTED},
              A.ARCHIVED, WRITE, "no push holds it", "稿件当前为“{label}”，不能归档"),
        # review
        _step("article.submit", "提交审核", {A.DRAFT, A.RETURNED}, A.IN_REVIEW, WRITE,
              "nothing that WeChat or the office would refuse", "稿件当前为“{label}”，不能重复提交"),
        _step("article.withdraw", "撤回送审", {A.IN_REVIEW}, A.DRAFT, WRITE, "every approval falls", _NOT_IN_REVIEW),
        _step("article.pass", "审核通过", {A.IN_REVIEW}, None, REVIEW,
              "neither its author nor a reviewer of another stage; a further stage follows", _NOT_IN_REVIEW),
        _step("article.approve", "审核通过", {A.IN_REVIEW}, A.APPROVED, REVIEW, "the same, of the last stage", _NOT_IN_REVIEW),
        _step("article.return", "退回修改", {A.IN_REVIEW}, A.RETURNED, REVIEW, "the same, and a reason; approvals fall",
              _NOT_IN_REVIEW),
        _step("article.revoke", "退回修改", {A.APPROVED}, A.RETURNED, REVIEW, "a reason, and no push holds it",
              "稿件当前为“{label}”，不能退回，请先撤出队列或取消推送"),
        # waiting to go out
        _step("article.queue", "排入待发队列", {A.APPROVED}, A.QUEUED, QUEUE, "no push holds it",
              "稿件当前为“{label}”，审核通过后才能排入待发队列"),
        _step("article.unqueue", "撤出待发队列", {A.QUEUED}, A.APPROVED, QUEUE, "", _NOT_QUEUED),
        _step("article.move", "调整待发队列", {A.QUEUED}, None, QUEUE, "", _NOT_QUEUED),
        _step("push.take", "排入推送", {A.QUEUED}, A.APPROVED, None, "a slot, or a person's push, takes it out of its queue"),
        # going out
        _step("push.start", "开始发布", {A.APPROVED, A.QUEUED}, A.PUBLISHING, None, "a push that holds it begins to send"),
        _step("push.unsent", "没有发出", {A.PUBLISHING}, A.APPROVED, None, "the push ended and nothing of it was sent"),
        _step("push.arrive", "发布", {A.APPROVED, A.QUEUED, A.PUBLISHING}, A.PUBLISHED, None, "a delivery has arrived"),
    ],
    later={A.PLANNED, A.RETRACTED, A.CORRECTED},
)  # fmt: skip

EDITABLE = ARTICLE.step("article.save").sources
SENDABLE = frozenset({A.APPROVED, A.QUEUED, A.PUBLISHING, A.PUBLISHED})
"""States of articles whose present content passed all reviews."""
WENT_OUT = frozenset({A.PUBLISHING, A.PUBLISHED, A.CORRECTED, A.RETRACTED})
LISTED = (A.PUBLISHED, A.CORRECTED)
"""What readers find in lists."""
READABLE = (*LISTED, A.RETRACTED, A.ARCHIVED)
"""What still answers under its address."""


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
    """The step, where the article's state allows it. Raises :class:`errors.Conflict`, naming the stage that is awaited."""
    return ARTICLE.require(name, article.status, label=status_name(article))


__all__ = [
    "ARTICLE",
    "EDITABLE",
    "LISTED",
    "READABLE",
    "SENDABLE",
    "WENT_OUT",
    "not_in_review",
    "require",
    "stage_name",
    "status_name",
]
