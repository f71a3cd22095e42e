"""留言 in the console: the page of an article's comments, what is done on it, and what it says where WeChat refuses."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from ground import clock
from localwechat.testing import SandboxControl
from models import Delivery
from scheduler import instance
from tests.console.conftest import Office, text_of
from tests.console.test_correcting import out
from tests.fixtures.browser import Windows
from tests.fixtures.configuration import make_settings
from tests.fixtures.screens import PHONE, fits, window
from tests.outbound.conftest import png
from tests.world import pushes
from tests.world.linked import sections_for


@pytest.fixture
def office(furnished: Path, tmp_path: Path, sandbox: SandboxControl) -> Iterator[Office]:
    """An office at the local WeChat that may send."""
    path = tmp_path / "office.db"
    shutil.copyfile(furnished, path)
    made = Office(make_settings(**sections_for(sandbox, f"sqlite:///{path}", str(tmp_path / "var"))))
    with made.parts.db.session_scope() as session:
        instance.take(session, instance.fingerprint(made.parts.settings), clock.now())
    yield made
    made.close()


def test_an_editor_decides_on_what_a_reader_wrote(office: Office, sandbox: SandboxControl) -> None:
    article, editor = out(office), office.desk("editor")
    where = f"/console/articles/{article}/remarks"
    assert where in editor.get(f"/console/articles/{article}")
    assert "还没有可以留言的文章页" in editor.get(where)
    (reader,) = sandbox.followers(1)
    message, data_id = _sent(office, sandbox, article, reader)
    assert "还没有留言" in editor.get(where)
    opened = editor.follow(editor.post(f"{where}/{message}/open"))
    assert "已打开留言" in opened
    assert "最近一次：打开（editor，" in opened
    number = sandbox.act(reader, "comment", mid=int(data_id), content="写得<b>好</b>")["user_comment_id"]
    page = editor.get(where)
    assert "写得&lt;b&gt;好&lt;/b&gt;" in page
    assert reader not in page
    done = text_of(editor.client.get(editor.post(f"{where}/{message}/elect", {"comment": number}).location))
    assert "已精选" in done
    refused = editor.post(f"{where}/{message}/reply", {"comment": number, "text": " "}, 422)
    assert "请填写回复" in text_of(refused)
    editor.post(f"{where}/{message}/applaud", {"comment": number}, 404)
    office.desk("first").get(where, 403)
    sandbox.settings(comments=False)
    assert "账号没有留言功能（错误码 88000），请管理员在公众号后台" in editor.get(where)


@pytest.mark.browser
def test_what_a_reader_writes_on_the_phone_is_seen_by_others_once_an_editor_selects_it(
    office: Office, sandbox: SandboxControl, windows: Windows
) -> None:
    article, editor = out(office), office.desk("editor")
    writer, other = sandbox.followers(1, nickname="桂花树下")[0], sandbox.followers(1)[0]
    message, data_id = _sent(office, sandbox, article, writer)
    where = f"/console/articles/{article}/remarks"

    def phone(openid: str) -> Page:
        page = window(windows, PHONE, touch=True)
        page.goto(f"{sandbox.url}/phone/article/{data_id}/1?openid={openid}")
        fits(page)
        return page

    mine = phone(writer)
    expect(mine.get_by_text("写留言")).to_have_count(0)  # nobody has opened them yet
    editor.post(f"{where}/{message}/open")
    mine.reload()
    mine.get_by_role("link", name="写留言").tap()
    mine.get_by_label("留言").fill("东门的路灯也请看看\n谢谢")
    fits(mine)
    mine.get_by_role("button", name="提交").tap()
    expect(mine.get_by_label("留言")).to_contain_text("东门的路灯也请看看")
    expect(mine.get_by_label("留言")).to_contain_text("只有您自己看得到，精选后公开显示")
    theirs = phone(other)
    expect(theirs.locator("body")).not_to_contain_text("东门的路灯")
    page = editor.get(where)
    assert "未公开" in page
    number = re.findall(r'name="comment" value="(\d+)"', page)[0]
    editor.post(f"{where}/{message}/elect", {"comment": number})
    editor.post(f"{where}/{message}/reply", {"comment": number, "text": "已报修，周五前修好"})
    theirs.reload()
    said = theirs.get_by_label("留言")
    for words in ("留言 1", "桂花树下", "东门的路灯也请看看", "已报修，周五前修好"):
        expect(said).to_contain_text(words)
    editor.post(f"{where}/{message}/close")
    theirs.reload()
    expect(said).to_contain_text("留言已关闭")


def _sent(office: Office, sandbox: SandboxControl, article: int, reader: str) -> tuple[int, str]:
    """The message by which the article went out, and the number of its page at WeChat."""
    message = pushes.sent(office.parts, [reader], article=article)
    data_id = _page_at_wechat(sandbox)
    with office.parts.db.session_scope() as session:
        session.execute(sa.update(Delivery).where(Delivery.id == message).values(msg_data_id=data_id))
    return message, data_id


def _page_at_wechat(sandbox: SandboxControl) -> str:
    """The number of an article page there."""
    cover = sandbox.upload("/cgi-bin/material/add_material?type=image", png())["media_id"]
    draft = {"articles": [{"title": "主题党日通知", "content": "<p>好</p>", "thumb_media_id": cover}]}
    media = sandbox.api("/cgi-bin/draft/add", draft)["media_id"]
    body = {"filter": {"is_to_all": True}, "mpnews": {"media_id": media}, "msgtype": "mpnews"}
    return str(sandbox.api("/cgi-bin/message/mass/sendall", body)["msg_data_id"])
