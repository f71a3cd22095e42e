"""The custom menu: what WeChat would refuse is said before it is asked, in the editor's words."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from ground import clock
from ground.errors import Refused
from models import Menu, User
from runtime import Runtime
from tests.inbound.conftest import Office
from wechat.inbound import router
from wechat.outbound import menu

GOOD = menu.default("https://example.org")


def test_the_proposed_menu_is_within_the_limits_and_each_of_its_keys_is_understood() -> None:
    assert menu.faults(GOOD) == []
    keys = [sub["key"] for button in GOOD for sub in button.get("sub_button", []) if "key" in sub]
    assert set(keys) <= set(router.MENU_KEYS)


@pytest.mark.parametrize(
    ("buttons", "fault"),
    [
        ([], "一级菜单应为 1 到 3 个"),
        ([*GOOD, GOOD[0]], "现在是 4 个"),
        ([{"name": "学习园地栏目", "type": "view", "url": "https://example.org"}], "名称太长，最多 5 个汉字"),
        (
            [{"name": "我的", "sub_button": [{"name": "签", "type": "click", "key": "K"}] * 6}],
            "子菜单最多 5 个",
        ),
        (
            [{"name": "我的", "sub_button": [{"name": "字" * 21, "type": "click", "key": "K"}]}],
            "最多 20 个汉字",
        ),
        ([{"name": "我", "sub_button": [{"name": "a", "sub_button": [{"name": "b"}]}]}], "不能再有子菜单"),
        ([{"name": "签到", "type": "click"}], "缺少 key"),
        ([{"name": "签到", "type": "click", "key": "K" * 129}], "key 太长"),
        ([{"name": "网页", "type": "view", "url": "https://e.org/" + "a" * 1024}], "网址太长"),
        ([{"name": "网页", "type": "view", "url": "javascript:alert(1)"}], "应以 http"),
        ([{"name": "", "type": "click", "key": "K"}], "名称不能为空"),
        ([{"name": "空的"}], "没有选择类型"),
    ],
)
def test_each_limit_has_its_sentence(buttons: list[dict[str, Any]], fault: str) -> None:
    assert fault in "；".join(menu.faults(buttons))
    with pytest.raises(Refused, match=fault):
        menu.checked(buttons)


def test_a_draft_is_kept_published_and_begun_anew(runtime: Runtime, office: Office) -> None:
    with runtime.db.session_scope() as session:
        user = session.get_one(User, office.user)
        assert menu.draft(session, "https://example.org", at=clock.now()).buttons == GOOD
        edited = [{"name": "签到", "type": "click", "key": "CHECKIN", "url": ""}]
        row = menu.save(session, user, edited, "https://example.org", at=clock.now())
        assert row.buttons == [{"name": "签到", "type": "click", "key": "CHECKIN"}]
        menu.mark_published(session, row.id, at=clock.now())
    with runtime.db.session_scope() as session:
        published = menu.published(session)
        assert published is not None
        assert menu.draft(session, "", at=clock.now()).buttons == published.buttons
        assert session.scalar(sa.select(sa.func.count()).select_from(Menu)) == 2
