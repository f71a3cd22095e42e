"""Every sample push, encrypted as WeChat does, through HTTP in safe mode; and the doors that stay shut."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
import time_machine
from prometheus_client import REGISTRY

import runtime as parts
from models import Follower, InboundMessage, JobResult
from runtime import Runtime
from tests.fixtures.configuration import make_settings
from tests.inbound.conftest import account_of, furnish
from tests.inbound.platform import Account, Answer, App, call, event_of, text_of
from wechat.inbound.callback import make_callback

VECTORS = json.loads((Path(__file__).parents[1] / "data/callbacks/vectors.json").read_text(encoding="utf-8"))
SAMPLES: dict[str, Any] = VECTORS["encrypted"]
WAITED_FOR = {
    "text", "text_fullwidth", "text_emoji", "text_menu", "image", "voice", "voice_no_recognition", "video",
    "shortvideo", "location", "link", "subscribe", "subscribe_scene", "scan", "click",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _in_2023() -> Iterator[None]:
    with time_machine.travel(1700000010, tick=True):
        yield


def build(url: str, folder: Path, mode: str = "safe", **more: str) -> Runtime:
    """A process whose account is that of the samples."""
    wechat = {
        "app_id": VECTORS["app_id"],
        "token": VECTORS["token"],
        "encoding_aes_key": VECTORS["encoding_aes_key"],
        "original_id": VECTORS["original_id"],
        "message_mode": mode,
        **more,
    }
    mini = {"app_id": "wx0a1b2c3d4e5f6072"}
    server = {"data_dir": str(folder)}
    return parts.build(make_settings(database={"url": url}, server=server, wechat=wechat, mini_program=mini))


@pytest.fixture
def process(database_url: str, tmp_path: Path) -> Iterator[Runtime]:
    built = build(database_url, tmp_path)
    with built.db.session_scope() as session:
        furnish(session)
    yield built
    built.close()


def send(app: App, account: Account, name: str) -> Answer:
    sample = SAMPLES[name]
    status, body = call(app, "POST", urlencode(sample["query"]), sample["body"].encode())
    return account.opened(status, body, sample["query"]["nonce"])


def test_all_27_samples_are_answered_and_kept(process: Runtime) -> None:
    account, app = account_of(process.settings), make_callback(process)
    assert len(SAMPLES) == 27
    for name in SAMPLES:
        with process.db.session_scope() as session:  # several samples share a message id
            session.execute(sa.delete(InboundMessage))
        answer = send(app, account, name)
        assert answer.status == 200
        if name in WAITED_FOR:
            assert answer.text, name
        else:
            assert answer.body == b"success", name
        with process.db.read_scope() as session:
            row = session.scalars(sa.select(InboundMessage)).one()
            unknown = name in ("unknown_type", "unknown_event")
            assert (row.outcome == "unknown") is unknown, name
            if name in ("location", "event_location"):
                assert row.body is not None
                assert "31.32" not in row.body


def test_the_job_samples_reach_their_results(process: Runtime) -> None:
    account, app = account_of(process.settings), make_callback(process)
    for name in (
        "masssendjobfinish",
        "masssendjobfinish_rejected",
        "templatesendjobfinish_blocked",
        "publishjobfinish",
    ):
        send(app, account, name)
    with process.db.read_scope() as session:
        results = {row.msg_id: row for row in session.scalars(sa.select(JobResult))}
    assert results["1000001625"].data["counts"] == {"total": 2279, "filter": 2270, "sent": 2265, "error": 5}
    assert results["1000001625"].data["urls"] == {"1": "http://mp.weixin.qq.com/s/abc"}
    assert results["1000001626"].status == "err(20013)"
    assert results["200163840"].status == "failed:user block"
    assert results["2247503051"].status == "success"


def test_who_unsubscribes_leaves_no_openid_behind(process: Runtime) -> None:
    account, app = account_of(process.settings), make_callback(process)
    openid = "oJT2VDxHr2xtMLVTFeAPetphpuDK"
    send(app, account, "subscribe")
    with process.db.read_scope() as session:
        assert session.scalar(sa.select(Follower.id).where(Follower.openid == openid))
    send(app, account, "unsubscribe")
    with process.db.read_scope() as session:
        for row in session.execute(sa.select(InboundMessage.key, InboundMessage.openid, InboundMessage.body)):
            assert openid not in str(row)
        assert not session.scalar(sa.select(Follower.id).where(Follower.openid == openid))


def test_the_handshake_gives_the_echo_back_and_nothing_else(process: Runtime) -> None:
    account, app = account_of(process.settings), make_callback(process)
    query = account.query(1700000010)
    assert call(app, "GET", f"{query}&echostr=5837402817392047561") == (200, b"5837402817392047561")
    assert call(app, "GET", query) == (403, b"")
    assert call(app, "GET", f"{query}&echostr=<script>") == (403, b"")
    assert call(app, "GET", query.replace("signature=", "signature=0") + "&echostr=1") == (403, b"")
    assert call(app, "PUT", query) == (405, b"")


def test_safe_mode_takes_nothing_that_is_not_encrypted_for_us(process: Runtime) -> None:
    account, app = account_of(process.settings), make_callback(process)
    clear = clear_xml(account)
    assert call(app, "POST", account.query(1700000010), clear) == (403, b"")
    query, body = account.sealed(clear, 1700000010)
    forged = query.replace("msg_signature=", "msg_signature=0")[:-1]
    for bad_query, bad_body in (
        (forged, body),
        (query, body.replace(b"<Encrypt><![CDATA[", b"<Encrypt><![CDATA[AAAA")),
        (query.replace("&timestamp=1700000010", ""), body),
        (query + "&timestamp=1700000010", body),
        (query, b""),
        (query, b"<xml"),
        (query, b'<!DOCTYPE x [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>'),
        ("", body),
    ):
        assert call(app, "POST", bad_query, bad_body) == (403, b""), (bad_query, bad_body)
    sample = VECTORS["wrong_appid"]
    assert call(app, "POST", urlencode(sample["query"]), sample["body"].encode()) == (403, b"")
    assert call(app, "POST", query, body)[0] == 200


def test_an_old_push_and_an_oversized_one_are_refused(process: Runtime) -> None:
    account, app = account_of(process.settings), make_callback(process)
    for moment in (1700000010 - 301, 1700000010 + 320):
        query, body = account.sealed(clear_xml(account), moment)
        assert call(app, "POST", query, body) == (403, b"")
    query, body = account.sealed(clear_xml(account), 1700000010)
    assert call(app, "POST", query, body + b" " * 70000) == (413, b"")


@pytest.mark.parametrize("mode", ["plain", "compatible"])
def test_in_the_open_modes_a_signature_belongs_to_one_message(
    mode: str, database_url: str, tmp_path: Path
) -> None:
    built = build(database_url, tmp_path, mode)
    account, app = account_of(built.settings), make_callback(built)
    query = account.query(1700000010)
    first = call(app, "POST", query, clear_xml(account, msg_id=1))
    assert first[0] == 200
    assert b"Encrypt" not in first[1]
    assert call(app, "POST", query, clear_xml(account, msg_id=1)) == first, "WeChat's own retry"
    assert call(app, "POST", query, clear_xml(account, msg_id=2)) == (403, b""), (
        "a replay with another message"
    )
    built.close()


def test_in_compatible_mode_an_encrypted_push_is_answered_encrypted(sqlite_url: str, tmp_path: Path) -> None:
    built = build(sqlite_url, tmp_path, "compatible")
    account, app = account_of(built.settings), make_callback(built)
    query, body = account.sealed(clear_xml(account), 1700000010)
    both = body.replace(b"<Encrypt>", b"<MsgType><![CDATA[text]]></MsgType><Encrypt>")
    answer = account.opened(*call(app, "POST", query, both))
    assert answer.text
    assert b"Encrypt" in answer.body
    built.close()


def test_what_is_wechats_but_cannot_be_read_is_not_sent_again(process: Runtime) -> None:
    account, app = account_of(process.settings), make_callback(process)
    for inner in (b"<xml><MsgType>text</MsgType></xml>", b"<xml", b"\xff\xfe", b"{", b'{"a":1}', b""):
        query, body = account.sealed(inner, 1700000010)
        assert call(app, "POST", query, body) == (200, b"success"), inner


def test_a_mini_programs_json_push_is_taken(process: Runtime) -> None:
    account, app = account_of(process.settings), make_callback(process)
    text = json.dumps(
        {
            "ToUserName": "gh_mini00000001",
            "FromUserName": "oMini0000000000000000000001A",
            "CreateTime": 1700000001,
            "MsgType": "event",
            "Event": "user_enter_tempsession",
            "SessionFrom": "study",
        }
    )
    encrypted = account.encrypt(text.encode(), "wx0a1b2c3d4e5f6072")
    body = json.dumps({"ToUserName": "gh_mini00000001", "Encrypt": encrypted}).encode()
    assert call(app, "POST", account.query(1700000010, encrypted), body) == (200, b"success")


def clear_xml(account: Account, msg_id: int = 7, text: str = "你好") -> bytes:
    return (
        f"<xml><ToUserName><![CDATA[{account.original_id}]]></ToUserName>"
        f"<FromUserName><![CDATA[oJT2VDxHr2xtMLVTFeAPetphpuDK]]></FromUserName><CreateTime>1700000001</CreateTime>"
        f"{text_of(text)}<MsgId>{msg_id}</MsgId></xml>"
    ).encode()


def test_two_events_of_one_second_are_two_and_one_sent_twice_is_one(process: Runtime) -> None:
    account, app = account_of(process.settings), make_callback(process)
    head = (
        f"<xml><ToUserName><![CDATA[{account.original_id}]]></ToUserName>"
        "<FromUserName><![CDATA[oJT2VDxHr2xtMLVTFeAPetphpuDK]]></FromUserName><CreateTime>1700000001</CreateTime>"
    )
    for key in ("HELP", "MINE", "HELP"):
        query, body = account.sealed(f"{head}{event_of('CLICK', key)}</xml>", 1700000010)
        assert call(app, "POST", query, body)[0] == 200
    with process.db.read_scope() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(InboundMessage)) == 2


def test_during_a_key_change_both_keys_are_taken_and_the_old_one_is_answered_with(
    sqlite_url: str, tmp_path: Path
) -> None:
    new = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
    built = build(sqlite_url, tmp_path, encoding_aes_key=new, previous_aes_key=VECTORS["encoding_aes_key"])
    old = Account(VECTORS["token"], VECTORS["encoding_aes_key"], VECTORS["app_id"], VECTORS["original_id"])
    app = make_callback(built)
    for account in (old, account_of(built.settings)):
        query, body = account.sealed(clear_xml(account, msg_id=len(account.aes_key)), 1700000010)
        assert account.opened(*call(app, "POST", query, body)).text
    built.close()


def test_refusals_and_pushes_are_counted_for_the_metrics(process: Runtime) -> None:
    def counted(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, labels) or 0.0

    account, app = account_of(process.settings), make_callback(process)
    refused = counted("pioneer_callback_refusals_total", reason="signature")
    taken = counted("pioneer_callback_pushes_total", kind="text", outcome="done")
    query, body = account.sealed(clear_xml(account), 1700000010)
    call(app, "POST", query.replace("signature=", "signature=f", 1), body)
    call(app, "POST", query, body)
    assert counted("pioneer_callback_refusals_total", reason="signature") == refused + 1
    assert counted("pioneer_callback_pushes_total", kind="text", outcome="done") == taken + 1
