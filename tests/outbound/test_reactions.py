"""Every error code leads to the reaction that the reference prescribes, seen through real answers of the local WeChat."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from localwechat.testing import SandboxControl
from tests.outbound.conftest import png
from wechat.outbound.client import Client
from wechat.outbound.endpoints.drafts import DraftArticle
from wechat.outbound.failures import CallFailed, back_off_s, rest_until
from wechat.outbound.groups import Group
from wechat.outbound.reaction_table import DEFAULT, TABLE, look_up
from wechat.outbound.reactions import (
    BACK_OFF,
    BUG,
    CONDUCT,
    STOP,
    UNKNOWN,
    Detail,
    Kind,
    Reaction,
    Then,
    conduct_of,
)

# Written down from the official code lists, independently of the table in the code.
EXPECTED: dict[str, dict[str, str]] = {
    "any": {
        "back-off-and-retry": "-1 45169 268487001 268487002 40131 45085 43108 61450 61503",
        "back-off-and-retry(same_key)": "45066",
        "back-off-and-retry(gap)": "42010",
        "bug": """41001 40002 41002 41004 43001 43002 43003 44002 40066 40035 40097 41011 47001 40033 47002 40031 40032
            45019 41009 45058 63178 63182 63183 40050 40051 40117 40052 40053 40129 40162 46002 41005 44001 41006 40114 45165
            53600 45067 45162 45113 40008 45052 40059 44007 45000 40060 45083 45084 40132 43102 43103 43105 200014 200016
            200017 200018 200019 200020 200021 40200 41028 41029 46101 41030 45072 45050 44004 61451 61452 61454 61455 61456
            61457 65400 65401 65403 65404 65405 65406 65407 65413 65414 65415 65416 65417 87009 61010 61500 61501 76021 76022
            40202 40203 47009""",
        "stop-and-alert-admin": """40013 40125 40164 40243 45035 61004 48017 48001 48003 48004 45102 45501 45103 45106 45109
            50003 50004 50007 61024 61007 61003 89503 89506 89507 45056 45029 45034 45074 45101 48008 40037 40036 48011 45026
            45027 40102 40103 43104 43106 43107 200011 200012 200013 43116 40246 40247 45087 45094 40226 40048 40234 10003
            10004 10005 10006 10009 10010 10011 10012 10013 10015 1400001 40201""",
        "wait-for-quota(day)": "45009 45010",
        "wait-for-quota(sends)": "45028",
        "wait-for-quota(minute)": "45011",
        "wait-for-quota(month)": "48006",
        "ask-user-again": "50001 40029 40163 42003 41008 40030 42002 41003 42007",
        "drop-recipient(account_limited)": "50002",
        "drop-recipient(not_following)": "50005 43004 43005",
        "drop-recipient(invalid_openid)": "40003 49003",
        "drop-recipient(too_few)": "40130",
        "drop-recipient(gone)": "46004",
        "drop-recipient(blacklisted)": "43019",
        "drop-recipient(too_many_tags)": "45059",
        "drop-recipient(tagging)": "45171",
        "drop-recipient(not_subscribed)": "43101",
        "drop-recipient(too_frequent)": "43117",
        "drop-recipient(duplicate)": "40241",
        "drop-recipient(minor)": "70000",
        "drop-recipient(window_closed)": "45015",
        "drop-recipient(window_count)": "45047",
        "drop-recipient(blocked)": "48002",
        "replan": "45057 88000",
        "replan(media)": "40007 46001 40128",
        "replan(tag)": "45159 40152",
        "already-done": "45157 45065 61453 88005",
        "ignore": "46003 45060 48005 48010 45080 45081 76001 76002 76003 76004",
        "unknown-reconcile": "89504 89505",
        "fix-content": """45158 40092 40015 40016 40017 40018 40019 40020 40022 40023 40024 40025 40026 40027 40054 40055 40119
            40120 40121 40165 40166 45064 85005 65301 65302 65303 65304 65305 65306 65307 65308 65309 65310 65311 65312 65313
            65314 65316 65317 65318 65319 65320 40004 40005 40113 40006 45001 40009 40010 40011 40012 40137 40141 40160 45007
            44003 41026 53402 45002 45003 40227 45004 45005 45006 40039 45008 40198 45110 40192 45166 40213 40214 45086 40155
            40068 53404 53405 53406 41039 53503 53504 53505 40215 41040 48021 48022 45062 48013 48014 45161 45012 45013 45014
            47003 45168 40249 40062 45051 45098 45099 45088 87014 88001 88002 88003 88004 88006 88007 88008 88009 88010
            88011""",
    },
    "token": {"stop-and-alert-admin": "40001 50002", "back-off-and-retry": "-1"},
    "draft": {"replan(media)": "40007"},
    "publish_delete": {"already-done": "53600"},
    "mass": {"unknown-reconcile": "-1"},
    "mass_admin": {"back-off-and-retry": "40059 44007 45000"},
    "template": {"unknown-reconcile": "-1"},
    "custom": {"fix-content": "45002 45008"},
    "comment": {"fix-content": "88000"},
    "mini": {"bug": "40013 41030"},
    "platform": {"bug": "76003"},
    "robot": {
        "unknown-reconcile": "-1",
        "wait-for-quota(minute)": "45009",
        "drop-recipient(gone)": "93000 93004 93008",
        "bug": "40008 40058 44004 45002 40009 45001 301019",
        "replan(media)": "40007",
    },
}  # fmt: skip
REFUSED_TOKEN = {40001, 40014, 42001}

ARTICLE = DraftArticle("标题", "<p>正文</p>", "cover")
# How a call of each group is made, and its path. ``any`` is a read.
CALLS: dict[str, tuple[str, Callable[[Client], object]]] = {
    "any": ("/cgi-bin/user/info", lambda client: client.user_info("o")),
    "draft": ("/cgi-bin/draft/add", lambda client: client.draft_add([ARTICLE], waits_s=())),
    "publish_delete": (
        "/cgi-bin/freepublish/delete",
        lambda client: client.call(_endpoint("/cgi-bin/freepublish/delete"), body={}),
    ),
    "mass": ("/cgi-bin/message/mass/sendall", lambda client: client.mass_send_to_all("m", client_id="k")),
    "mass_admin": ("/cgi-bin/message/mass/get", lambda client: client.mass_get("1")),
    "template": ("/cgi-bin/message/template/send", lambda client: client.template_send("o", "t", {})),
    "custom": ("/cgi-bin/message/custom/send", lambda client: client.custom_text("o", "x")),
    "comment": ("/cgi-bin/comment/list", lambda client: client.comments("1")),
    "mini": ("/wxa/business/getuserphonenumber", lambda client: client.phone_number("c")),
    "platform": ("/cgi-bin/openapi/rid/get", lambda client: client.rid_get("r")),
    "robot": ("/cgi-bin/webhook/send", lambda client: client.robot_text("k", "x")),
    "token": ("/cgi-bin/stable_token", lambda client: client.access_token()),
}


def _endpoint(path: str):  # type: ignore[no-untyped-def]
    from wechat.outbound.endpoints.table import ENDPOINTS

    return ENDPOINTS[path]


def expected_of(group: str) -> dict[int, Reaction]:
    """Code to reaction as the reference has it, which writes ``kind`` or ``kind(detail)``."""
    found = {}
    for text, codes in EXPECTED[group].items():
        kind, _, detail = text.rstrip(")").partition("(")
        reaction = Reaction(Kind(kind), Detail(detail) if detail else None)
        found.update({int(code): reaction for code in codes.split()})
    return found


def failure_of(call: Callable[[Client], object], client: Client) -> CallFailed:
    """The exception of a call that fails."""
    with pytest.raises(CallFailed) as caught:
        call(client)
    return caught.value


@pytest.mark.parametrize("group", sorted(set(EXPECTED) - {"token"}))
def test_every_row_of_the_table_leads_to_its_reaction(
    group: str, sandbox: SandboxControl, client: Client
) -> None:
    path, call = CALLS[group]
    expected = expected_of(group)
    sandbox.faults(*({"path": path, "kind": f"err:{code}", "count": 1} for code in expected))
    seen = {}
    for code in expected:
        failure = failure_of(call, client)
        assert failure.code == code
        assert failure.message.strip()
        assert "，" in failure.message, "cause, then what to do"
        assert not re.search(r"[a-z]{3,} [a-z]{3,}|！|[{}]", failure.message), failure.message
        seen[code] = Reaction(failure.kind, failure.detail)
    assert seen == expected


@pytest.mark.parametrize("code", sorted(expected_of("token")))
def test_every_row_of_the_token_group_leads_to_its_reaction(
    code: int, sandbox: SandboxControl, client: Client
) -> None:
    path, call = CALLS["token"]
    sandbox.faults({"path": path, "kind": f"err:{code}", "count": 1})
    assert failure_of(call, client).reaction == expected_of("token")[code]


def test_the_reference_and_the_table_know_the_same_codes() -> None:
    refused_token = {(Group.ANY, code) for code in REFUSED_TOKEN}
    reference = {(group, code) for group in EXPECTED for code in expected_of(group)}
    assert set(TABLE) - refused_token == reference


def test_every_reaction_says_what_the_caller_does_and_what_a_person_is_told() -> None:
    reactions = {one for row in TABLE.values() for one in (row.reaction, row.once) if one is not None}
    assert {reaction.kind for reaction in reactions} == set(Kind)
    for reaction in reactions:
        conduct = conduct_of(reaction)
        assert isinstance(conduct.then, Then)
        assert re.search(r"[\u4e00-\u9fff]", conduct.advice), reaction
    unused = {line for line in CONDUCT if isinstance(line, Reaction)} - reactions
    assert not unused, "a line that no code leads to"


@pytest.mark.parametrize("code", sorted(REFUSED_TOKEN))
def test_a_refused_token_is_replaced_and_the_call_done_once(
    code: int, sandbox: SandboxControl, client: Client
) -> None:
    sandbox.faults({"path": "/cgi-bin/tags/create", "kind": f"err:{code}", "count": 1})
    assert client.tag_create("第一支部").name == "第一支部"
    assert [tag.name for tag in client.tags_get()].count("第一支部") == 1


@pytest.mark.parametrize(
    ("path", "call", "reaction"),
    [
        ("/cgi-bin/tags/get", lambda client: client.tags_get(), BACK_OFF),
        ("/cgi-bin/menu/create", lambda client: client.menu_create([]), BACK_OFF),
        ("/cgi-bin/material/add_material", lambda client: client.add_image(png(), "a.png"), UNKNOWN),
        ("/cgi-bin/draft/add", lambda client: client.draft_add([ARTICLE], waits_s=()), UNKNOWN),
        ("/cgi-bin/message/custom/send", lambda client: client.custom_text("o", "x"), UNKNOWN),
        ("/cgi-bin/message/subscribe/bizsend", lambda client: client.subscribe_send("o", "t", {}), UNKNOWN),
        ("/cgi-bin/freepublish/submit", lambda client: client.publish_submit("m"), UNKNOWN),
    ],
)  # fmt: skip
def test_a_busy_platform_is_asked_again_for_reads_and_never_blindly_for_sends(
    path: str, call: Callable[[Client], object], reaction: Reaction, sandbox: SandboxControl, client: Client
) -> None:
    sandbox.faults({"path": path, "kind": "err:-1", "count": 1})
    assert failure_of(call, client).reaction == reaction


def test_an_unknown_code_is_a_bug_and_stops_its_group_the_third_time(
    sandbox: SandboxControl, client: Client
) -> None:
    path, call = CALLS["custom"]
    sandbox.faults({"path": path, "kind": "err:99999", "count": 3})
    assert [failure_of(call, client).reaction for _ in range(3)] == [BUG, BUG, STOP]
    assert look_up(Group.CUSTOM, 99999) is DEFAULT


def test_the_address_for_the_allow_list_is_shown(sandbox: SandboxControl, client: Client) -> None:
    sandbox.settings(ip_whitelist=["203.0.113.7"])
    failure = failure_of(lambda one: one.tags_get(), client)
    assert failure.code == 40164
    assert failure.address == "127.0.0.1"
    assert "127.0.0.1" in failure.message
    assert "白名单" in failure.message


def test_the_field_of_a_template_that_does_not_fit_is_named(sandbox: SandboxControl, client: Client) -> None:
    template = next(one for one in client.template_list() if "thing1" in one.content)
    data = dict.fromkeys(re.findall(r"{{(\w+)\.DATA}}", template.content), "甲" * 30)
    failure = failure_of(
        lambda one: one.template_send(sandbox.followers(1)[0], template.template_id, data), client
    )
    assert failure.code == 47003
    assert "thing1" in failure.message


def test_waits_come_with_the_codes_that_need_them(sandbox: SandboxControl, client: Client) -> None:
    path, call = CALLS["mass"]
    sandbox.faults(*({"path": path, "kind": f"err:{code}", "count": 1} for code in (45066, 42010)))
    assert [failure_of(call, client).wait_s for _ in range(2)] == [61, 60]


def test_a_rest_ends_by_the_day_and_month_of_shanghai() -> None:
    late = datetime(2026, 11, 30, 15, 30, tzinfo=UTC)  # 23:30 in Shanghai
    assert rest_until(Detail.MINUTE, late) == datetime(2026, 11, 30, 15, 31, tzinfo=UTC)
    assert rest_until(Detail.DAY, late) == datetime(2026, 11, 30, 16, 5, tzinfo=UTC)
    assert rest_until(Detail.MONTH, late) == datetime(2026, 11, 30, 16, 5, tzinfo=UTC)
    later = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)  # already January there
    assert rest_until(Detail.MONTH, later) == datetime(2027, 1, 31, 16, 5, tzinfo=UTC)


def test_waits_between_tries_double_up_to_the_fifth() -> None:
    for attempt, about in ((1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (9, 16)):
        assert about * 0.87 <= back_off_s(attempt) <= about * 1.13


def test_statistics_that_are_not_ready_are_asked_for_hourly(sandbox: SandboxControl, client: Client) -> None:
    sandbox.faults({"path": "/datacube/getarticleread", "kind": "err:61503", "count": 1})
    failure = failure_of(lambda one: one.article_read(date(2026, 11, 23)), client)
    assert (failure.reaction, failure.wait_s) == (BACK_OFF, 3600)
