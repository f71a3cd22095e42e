"""The menu and conditional menus."""

from __future__ import annotations

from typing import Any

from localwechat.tests.error_cases.register import Answer, Case, case, quick
from localwechat.tests.world import World


def menu(button: Any, sub: bool = False) -> Case:
    buttons = [{"name": "更多", "sub_button": [button]}] if sub else [button]
    return lambda w: w.api("/cgi-bin/menu/create", {"button": buttons})


CLICK = {"name": "签到", "type": "click", "key": "CHECKIN"}
VIEW = {"name": "学习", "type": "view", "url": "https://example.org/m"}
quick(40016, "no buttons", lambda w: w.api("/cgi-bin/menu/create", {"button": []}))
quick(40017, "an unknown button type", menu(CLICK | {"type": "x"}))
quick(40018, "a button name of 18 bytes", menu(CLICK | {"name": "一二三四五六"}))
quick(40019, "a key of 129 bytes", menu(CLICK | {"key": "k" * 129}))
quick(40020, "an address of 1,025 bytes", menu(VIEW | {"url": "https://e.org/" + "a" * 1011}))
quick(40055, "an address of another kind", menu(VIEW | {"url": "ftp://example.org"}))
quick(40022, "a menu of three levels", menu({"name": "二", "sub_button": [CLICK]}, sub=True))
quick(
    40023,
    "six sub-buttons",
    lambda w: w.api("/cgi-bin/menu/create", {"button": [{"name": "多", "sub_button": [CLICK] * 6}]}),
)
quick(40024, "an unknown sub-button type", menu(CLICK | {"type": "x"}, sub=True))
quick(40025, "a sub-button name of 61 bytes", menu(CLICK | {"name": "a" * 61}, sub=True))
quick(40026, "a sub-button key of 129 bytes", menu(CLICK | {"key": "k" * 129}, sub=True))
quick(
    40027,
    "a sub-button address of 1,025 bytes",
    menu(VIEW | {"url": "https://e.org/" + "a" * 1011}, sub=True),
)
quick(40054, "a sub-button address of another kind", menu(VIEW | {"url": "example.org"}, sub=True))
quick(
    40033,
    "a menu in escaped JSON",
    lambda w: w.api("/cgi-bin/menu/create", b'{"button":[{"name":"\\u7b7e","type":"click","key":"K"}]}'),
)
quick(
    45064,
    "a mini-program that is not linked",
    menu(VIEW | {"type": "miniprogram", "appid": "wx1", "pagepath": "a"}),
)
quick(46003, "no menu", lambda w: w.api("/cgi-bin/menu/get"))


def conditional(rule: dict[str, Any], button: dict[str, Any] | None = None) -> Case:
    def make(w: World) -> Answer:
        w.api("/cgi-bin/menu/create", {"button": [CLICK]})
        return w.api("/cgi-bin/menu/addconditional", {"button": [button or CLICK], "matchrule": rule})

    return make


quick(65304, "a conditional menu without rule", conditional({}))
quick(
    65301,
    "a conditional menu that is not there",
    lambda w: w.api("/cgi-bin/menu/delconditional", {"menuid": "1"}),
)
quick(
    65303,
    "a conditional menu without default",
    lambda w: w.api(
        "/cgi-bin/menu/addconditional", {"button": [CLICK], "matchrule": {"client_platform_type": "1"}}
    ),
)


@case(65316)
def conditional_menus_to_four_domains(w: World) -> Answer:
    for number in range(3):
        button = VIEW | {"url": f"https://e{number}.org/"}
        assert "menuid" in conditional({"client_platform_type": "1"}, button)(w)
    return conditional({"client_platform_type": "1"}, VIEW | {"url": "https://e3.org/"})(w)
