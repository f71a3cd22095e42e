"""发布（不群发） in the console: one choice of 新建推送, which says that nobody hears of it."""

from __future__ import annotations

import sqlalchemy as sa

from models import Push
from tests.console.conftest import Office, field, text_of


def test_an_editor_publishes_without_pushing(office: Office) -> None:
    article, editor = office.article(status="approved"), office.desk("editor")
    with office.parts.db.session_scope() as session:
        office.member(session, "裘砚舟", openid="oReader")
    page = editor.get(f"/console/pushes/new?article={article}")
    assert 'name="road" id="road-publish" value="publish"' in page
    assert "不给任何人发消息，不占群发额度" in page
    form = {"kind": "articles", "article": article, "to": "all", "when": "now", "road": "publish"}
    counted = text_of(editor.post("/console/pushes/count", form, 200))
    assert "只发布，不推送：文章进入公众号的发表记录和所属栏目" in counted
    confirm = editor.post("/console/pushes/confirm", form, 200)
    assert "预计收到" not in text_of(confirm)
    assert "确定发布《社区里的一件小事》吗？" in confirm.text
    made = editor.post("/console/pushes/new", {**form, "once": field(confirm.text, "once")})
    shown = text_of(editor.client.get(made.location))
    assert "只发布，不推送：不给任何人发消息" in shown
    assert office.read(sa.select(Push.road)) == "publish"
