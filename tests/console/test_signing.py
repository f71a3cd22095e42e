"""审核 in the console: by column, in another's place, with opinions and comments, and 紧急签发 with what follows from it."""

from __future__ import annotations

import json
from datetime import timedelta

import sqlalchemy as sa

from ground import clock
from models import Article, Column, Handover, Release, Review, User
from tests.console.conftest import Desk, Office, field
from tests.console.test_correcting import SAID, mend, out
from tests.console.test_one_entry_an_act import Trail, trail

__all__ = ["trail"]
PASSAGE = "楼道里的灯"


def id_of(office: Office, name: str) -> int:
    return int(office.read(sa.select(User.id).where(User.username == name)))


def news(office: Office) -> int:
    return int(office.read(sa.select(Column.id).where(Column.key == "news")))


def seen(page: str) -> dict[str, str]:
    """What a review page says of what is read."""
    return {"hash": field(page, "hash"), "stage": field(page, "stage")}


def sign(desk: Desk, article: int) -> None:
    page = desk.get(f"/console/articles/{article}/review")
    assert "来不及逐级审核时" in page
    desk.post(
        f"/console/articles/{article}/release",
        {"hash": field(page, "hash"), "urgency": "台风预警，今天必须发布"},
    )


def test_an_administrator_says_how_many_reviews_a_column_has_and_by_whom(
    office: Office, trail: Trail
) -> None:
    admin, column = office.desk("admin"), f"/console/columns/{news(office)}"
    assert "按单位规定（3 级）" in admin.get(column)
    wanted = {"review_stages": 2, "reviewers-1": [id_of(office, "first"), id_of(office, "second")]}
    with trail.one("column.review", review_stages=2, people=2):
        admin.post(f"{column}/review", wanted)
    page = admin.get(column)
    assert '<option value="2" selected' in page
    assert page.count(" checked") >= 2
    office.desk("editor").post(f"{column}/review", wanted, status=403)
    article = office.article("社区里的一件小事", "in_review")
    shown = office.desk("third").get(f"/console/articles/{article}/review")
    assert "本栏目的一审由first、second审核。" in shown
    assert "可以一审的人：first、second" in shown


def test_what_nobody_can_review_stands_on_the_administrators_desk(office: Office) -> None:
    admin = office.desk("admin")
    admin.post(f"/console/columns/{news(office)}/review", {"reviewers-1": id_of(office, "third")})
    article = office.article("社区里的一件小事", "in_review")
    admin.post(f"/console/users/{id_of(office, 'third')}/active", {"active": "no"})
    page = admin.get("/console/")
    assert "没有人可以审" in page
    assert 'aria-label="待办 1 项"' in page
    assert 'aria-label="没有待办"' in office.desk("auditor").get("/console/")
    assert "没有人可以审核" in page
    assert "现在没有人可以一审" in admin.get(f"/console/articles/{article}")
    assert "指定的人都不能审核，稿件会停在这一级" in admin.get(f"/console/columns/{news(office)}")


def test_a_reviewer_hands_over_and_the_deputy_is_shown_in_that_place(office: Office, trail: Trail) -> None:
    office.desk("admin").post(
        f"/console/columns/{news(office)}/review", {"reviewers-1": id_of(office, "first")}
    )
    article = office.article("社区里的一件小事", "in_review")
    first, today = office.desk("first"), clock.shanghai_day(clock.now())
    form = {
        "deputy": id_of(office, "second"), "first_day": today.isoformat(), "reason": "出差",
        "last_day": (today + timedelta(days=3)).isoformat(),
    }  # fmt: skip
    with trail.one("handover.make", reason="出差"):
        first.post("/console/reviews/handovers", form)
    assert "委托中" in first.get("/console/reviews/handovers")
    assert "请选择委托的开始日期和结束日期" in first.post(
        "/console/reviews/handovers", {**form, "last_day": ""}, status=422
    ).get_data(as_text=True)
    second = office.desk("second")
    assert "受first委托" in second.get("/console/reviews")
    assert "（受first委托）" in second.get("/console/")
    page = second.get(f"/console/articles/{article}/review")
    assert "您正在受first委托进行" in page
    with trail.one("article.approve", instead_of=id_of(office, "first")):
        second.post(f"/console/articles/{article}/review", {**seen(page), "decision": "approve"})
    assert "second（受first委托） 通过" in second.get(f"/console/articles/{article}")
    handover = f"/console/reviews/handovers/{_handover(office)}/end"
    office.desk("third").post(handover, status=403)
    with trail.one("handover.end"):
        first.post(handover)


def test_the_command_hands_over_lists_and_takes_back(office: Office) -> None:
    office.desk("admin").post(
        f"/console/columns/{news(office)}/review", {"reviewers-1": id_of(office, "first")}
    )
    article = str(office.article("社区里的一件小事", "in_review"))
    today = clock.shanghai_day(clock.now())
    last = (today + timedelta(days=3)).isoformat()

    def run(*words: str, code: int = 0) -> str:
        done = office.app.test_cli_runner().invoke(args=words)
        assert done.exit_code == code, done.output
        return done.output + (done.stderr if code else "")

    lend = ("handover", "create", "second", "--to", last, "--reason", "出差")
    assert "没有此项权限" in run(*lend, "--as", "editor", code=2)
    assert "没有此项权限" in run(*lend, "--of", "first", "--as", "third", code=2)
    assert "日期“明天”看不懂" in run(*lend, "--from", "明天", "--as", "first", code=2)
    assert f"已委托second，编号 1，到 {last} 自动结束" in run(*lend, "--as", "first")
    assert "已经委托给同一位" in run(*lend, "--of", "first", "--as", "admin", code=2)
    (one,) = json.loads(run("handover", "list", "--as", "second", "--json"))
    assert (one["user"], one["deputy"], one["first_day"], one["last_day"], one["status"]) == (
        "first", "second", today.isoformat(), last, "acting",
    )  # fmt: skip
    assert "（无）" in run("handover", "list", "--as", "third")
    run("article", "approve", article, "--as", "second")
    assert "只有委托人、受托人或管理员" in run("handover", "end", "1", "--as", "third", code=2)
    assert "委托已结束" in run("handover", "end", "1", "--as", "second")
    assert "这项委托已经结束" in run("handover", "end", "1", "--as", "second", code=2)
    assert "出差  已结束" in run("handover", "list", "--as", "admin")


def _handover(office: Office) -> int:
    return int(office.read(sa.select(Handover.id)))


def test_an_opinion_stands_in_the_course_of_the_article(office: Office) -> None:
    article = office.article("社区里的一件小事", "in_review")
    first = office.desk("first")
    page = first.get(f"/console/articles/{article}/review")
    first.post(
        f"/console/articles/{article}/review", {**seen(page), "decision": "approve", "reason": "数字已核对"}
    )
    assert "意见：数字已核对" in office.desk("editor").get(f"/console/articles/{article}")
    shown = office.app.test_cli_runner().invoke(args=["article", "show", str(article), "--json"])
    assert '"opinion": "数字已核对"' in shown.output


def test_a_comment_is_made_answered_and_settled_beside_the_text(office: Office, trail: Trail) -> None:
    article = office.article("社区里的一件小事", "in_review")
    first, editor, address = office.desk("first"), office.desk("editor"), f"/console/articles/{article}"
    page = first.get(f"{address}/review")
    form = {"hash": field(page, "hash"), "quote": PASSAGE, "text": "哪一栋的灯"}
    with trail.one("comment.make"):
        first.post(f"{address}/comments", {**form, "once": field(page, "once")})
    refused = first.post(f"{address}/comments", {**form, "quote": "没有的话", "once": "another"}, status=422)
    assert "稿件里没有这段文字" in refused.text
    assert "没有的话" in refused.text
    for shown in (editor.get(address), editor.get(f"{address}/edit"), first.get(f"{address}/review")):
        assert f'data-text="{PASSAGE}"' in shown
        assert "哪一栋的灯" in shown
    assert "请按 1 条批注修改" in first.get(f"{address}/review")
    with trail.one("comment.answer"):
        editor.post("/console/comments/1/answer", {"text": "三号楼"})
    with trail.one("comment.settle"):
        settled = editor.post("/console/comments/1/settle")
    assert "已标为已处理" in editor.follow(settled)
    assert "答复：三号楼" in editor.get(address)
    assert "0 条未处理" in editor.get(address)
    _save(office, article, "<p>路灯修好了。</p>")
    assert "原文已改动" in editor.get(address)


def _save(office: Office, article: int, html: str) -> None:
    version = office.read(sa.select(Article.version).where(Article.id == article))
    office.desk("editor").post(
        f"/console/articles/{article}/edit",
        {
            "version": version, "title": "社区里的一件小事", "author": "社区", "digest": "一件小事", "html": html,
            "column_id": news(office), "cover_sha256": office.read(sa.select(Article.cover_sha256)),
        },
    )  # fmt: skip


def test_two_release_an_article_and_its_reviews_are_made_up_for(office: Office, trail: Trail) -> None:
    article = office.article("社区里的一件小事", "in_review")
    address = f"/console/articles/{article}"
    with trail.one("article.release.ask", reason="台风预警，今天必须发布"):
        sign(office.desk("first"), article)
    assert "待第二人紧急签发" in office.desk("second").get("/console/")
    assert "您已签发，须由另一位审核员在 24 小时内签第二次" in office.desk("first").get(f"{address}/review")
    with trail.one("article.release", status="approved"):
        sign(office.desk("second"), article)
    assert "紧急签发，待补一审、二审、三审" in office.desk("editor").get("/console/articles")
    assert "待补一审" in office.desk("third").get("/console/")
    for stage, name in enumerate(("third", "first", "second"), start=1):
        desk = office.desk(name)
        page = desk.get(f"{address}/review")
        with trail.one("article.countersign", stage=stage):
            desk.post(f"{address}/countersign", {**seen(page), "reason": "补看无误"})
    shown = office.desk("editor").get(address)
    assert "一审（补审） third 通过" in shown
    assert "意见：补看无误" in shown
    assert "紧急签发，已补审" in office.desk("editor").get("/console/articles")
    assert "没有需要补审的紧急签发" in office.desk("third").post(
        f"{address}/countersign", seen(page), status=409
    ).get_data(as_text=True)


def test_what_is_not_made_up_for_in_time_is_red_on_desk_article_and_list(office: Office) -> None:
    article = office.article("社区里的一件小事", "in_review")
    for name in ("first", "second"):
        sign(office.desk(name), article)
    with office.parts.db.session_scope() as session:
        session.execute(sa.update(Release).values(due_at=clock.now() - timedelta(minutes=1)))
    editor = office.desk("editor")
    assert "逾期未补审" in editor.get("/console/")
    assert "alert-danger" in editor.get(f"/console/articles/{article}")
    for page in (editor.get("/console/articles"), editor.get("/console/articles?mark=late")):
        assert "逾期未补" in page
        assert "state-danger" in page
    assert "待补一审，已逾期" in office.desk("third").get("/console/")


def test_a_signature_names_what_was_read(office: Office) -> None:
    article = office.article("社区里的一件小事", "in_review")
    address, form = f"/console/articles/{article}", {"urgency": "台风预警，今天必须发布"}
    for name in ("first", "second"):  # the first one and the one by which it counts
        blind = office.desk(name).post(f"{address}/release", form, status=409)
        assert "没有写明所审的是哪一版" in blind.text
        assert form["urgency"] in blind.text
        sign(office.desk(name), article)


def test_who_signs_for_a_correction_is_told_that_it_replaces_what_is_out(office: Office) -> None:
    published, editor = out(office), office.desk("editor")
    begun = editor.post(f"/console/articles/{published}/correct", SAID)
    draft = int(begun.location.split("/")[-2])
    mend(office, draft)
    shown = field(editor.get(f"/console/articles/{draft}"), "hash")
    editor.post(f"/console/articles/{draft}/submit", {"hash": shown})
    sign(office.desk("first"), draft)
    second = office.desk("second")
    page = second.get(f"/console/articles/{draft}/review")
    assert "签发后立即替换已发布的内容" in page
    done = second.post(
        f"/console/articles/{draft}/release", {"hash": field(page, "hash"), "urgency": "活动就在今天"}
    )
    assert "更正已经生效，请在 24 小时内补审" in second.follow(done)
    assert office.read(sa.select(Article.status).where(Article.id == published)) == "corrected"


def test_the_command_releases_and_makes_up_for(office: Office) -> None:
    article = str(office.article("社区里的一件小事", "in_review"))

    def run(*words: str, code: int = 0) -> str:
        done = office.app.test_cli_runner().invoke(args=["article", *words])
        assert done.exit_code == code, done.output
        return done.output + (done.stderr if code else "")

    assert "另一位审核员签发后生效" in run("release", article, "--reason", "今天必须发布", "--as", "first")
    assert "不能由同一人签两次" in run(
        "release", article, "--reason", "今天必须发布", "--as", "first", code=2
    )
    assert "已取消紧急签发" in run("release", article, "--drop", "--as", "first")
    run("release", article, "--reason", "今天必须发布", "--as", "second")
    assert "请写明紧急签发的理由" in run("release", article, "--reason", "同意", "--as", "third", code=2)
    done = run("release", article, "--reason", "同意今天发布", "--as", "third")
    assert "请在 24 小时内补一审、二审、三审" in done
    assert "还须补二审、三审" in run("countersign", article, "--as", "first")
    assert '"missing": ["三审"]' in run("countersign", article, "--as", "second", "--json")
    assert "已全部补审" in run("countersign", article, "--as", "third", "--opinion", "无误")
    assert office.read(sa.select(sa.func.count()).where(Review.release_id.is_not(None))) == 3
    assert "紧急签发 已补审" in run("show", article)


def test_what_came_back_stands_on_the_desks_of_its_writer_and_of_who_had_approved_it(office: Office) -> None:
    article = office.article("社区里的一件小事", "in_review")
    for name, decision in (("first", "approve"), ("second", "return")):
        desk = office.desk(name)
        page = desk.get(f"/console/articles/{article}/review")
        desk.post(
            f"/console/articles/{article}/review", {**seen(page), "decision": decision, "reason": "人数不对"}
        )
    assert "请修改后重新提交" in office.desk("editor").get("/console/")
    assert "您审过，已退回作者" in office.desk("first").get("/console/")
    assert "社区里的一件小事" not in office.desk("third").get("/console/")
