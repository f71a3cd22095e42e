"""The menu below the chat: 1–3 buttons with 1–5 entries each, first level ≤ 16 bytes, second ≤ 60.

Pages: https://developers.weixin.qq.com/doc/service/api/custommenu/api_createcustommenu ,
https://developers.weixin.qq.com/doc/service/guide/product/menu/intro
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from wechat.outbound.endpoints.base import Caller
from wechat.outbound.endpoints.table import MENU_ADD_CONDITIONAL, MENU_CURRENT, MENU_TRY
from wechat.outbound.failures import CallFailed
from wechat.outbound.reactions import Kind

Button = Mapping[str, Any]
"""A button as WeChat has it: ``{"name", "type", "key" | "url" | ...}`` or ``{"name", "sub_button": [...]}``."""


class CurrentMenu(msgspec.Struct, frozen=True):
    """The menu that is in force, made by this interface or in the console."""

    is_menu_open: int = 0
    selfmenu_info: dict[str, Any] = {}


class _MenuId(msgspec.Struct):
    menuid: str


class _Buttons(msgspec.Struct):
    button: list[dict[str, Any]] = []


class MenuCalls(Caller):
    """A phone shows a new menu when its last look is more than 5 minutes old."""

    def menu_create(self, buttons: Sequence[Button]) -> None:
        """Replace the whole default menu. Repeatable. 1,000 a day. A fault: ``fix-content`` (40015–40027, 40054, 40055)."""
        self._sdk.menu.create({"button": list(buttons)})

    def menu_get(self) -> dict[str, Any] | None:
        """The menu made by this interface (``{"menu": {"button": [...]}, "conditionalmenu"?: [...]}``); None if there is none.

        10,000 a day.
        """
        try:
            answer: dict[str, Any] = self._sdk.menu.get()
        except CallFailed as failed:
            if failed.kind is not Kind.IGNORE:
                raise
            return None
        return answer

    def menu_delete(self) -> None:
        """Delete the default menu and **all** conditional ones. 1,000 a day."""
        self._sdk.menu.delete()

    def menu_current(self) -> CurrentMenu:
        """The menu in force, also one made in the console."""
        return self._typed(MENU_CURRENT, CurrentMenu, self._sdk.menu.get_menu_info())

    def menu_add_conditional(self, buttons: Sequence[Button], matchrule: Mapping[str, str]) -> str:
        """A menu for the followers with a tag (``{"tag_id": "134"}``); its ``menuid``. Needs a default menu (65303)."""
        answer = self._sdk.menu.add_conditional({"button": list(buttons), "matchrule": dict(matchrule)})
        return self._typed(MENU_ADD_CONDITIONAL, _MenuId, answer).menuid

    def menu_delete_conditional(self, menuid: str) -> None:
        """Delete one conditional menu."""
        self._sdk.menu.del_conditional(menuid)

    def menu_try(self, user_id: str) -> list[dict[str, Any]]:
        """The buttons that a follower (openid or WeChat id) sees. 20,000 a day."""
        return self._typed(MENU_TRY, _Buttons, self._sdk.menu.try_match(user_id)).button
