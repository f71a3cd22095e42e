"""Signatures, encryption and parsing, held against WeChat's own vectors and against everything that must be refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wechat.wire.codec import BadPush, Crypt, cdata, envelope, read, read_json, read_xml, sign

VECTORS = json.loads((Path(__file__).parents[1] / "data/callbacks/vectors.json").read_text(encoding="utf-8"))

OFFICIAL = Crypt("AAAAA", ["A" * 43], ["wxba5fad812f8e6fb9"])
OFFICIAL_TEXT = "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
OURS = Crypt("pioneerToken2026", ["abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPA"], ["wx0a1b2c3d4e5f6071"])
OURS_TEXT = (
    "VSeTrqfq2X3miGjs8DuXdWHittygYDHMienSomp+PyUbU+F230alVqUNa55MEsrITyoFAw12mH+8TwJwxrVhobChqKQhjNZUdt5Fp"
    "+oUQc/ty+4+o/ze+wbeVdwf/XQR"
)


def reason(text: str | bytes) -> str:
    """Why a body is refused."""
    with pytest.raises(BadPush) as refused:
        read(text if isinstance(text, bytes) else text.encode())
    return refused.value.reason


def test_the_official_vectors_come_out_byte_for_byte() -> None:
    assert sign("AAAAA", "1714037059", "486452656") == "899cf89e464efb63f54ddac96b0a0a235f53aa78"
    message = b'{"demo_resp":"good luck"}'
    assert OFFICIAL.encrypt(message, random=b"707722b803182950") == OFFICIAL_TEXT
    assert (
        sign("AAAAA", "1713424427", "415670741", OFFICIAL_TEXT) == "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"
    )


def test_a_chinese_message_comes_out_byte_for_byte() -> None:
    message = "<xml><Content><![CDATA[签到]]></Content></xml>".encode()
    assert OURS.encrypt(message, random=b"0123456789abcdef") == OURS_TEXT
    opened = OURS.open(OURS_TEXT, "9edc36e129e5cb284e4ad2cb8b93b563ff26940d", "1767225600", "486215")
    assert opened.message == message
    assert read(opened.message) == {"Content": "签到"}


def test_every_encrypted_sample_opens_to_its_plain_text() -> None:
    crypt = Crypt(VECTORS["token"], [VECTORS["encoding_aes_key"]], [VECTORS["app_id"]])
    folder = Path(__file__).parents[1] / "data/callbacks"
    for name, sample in VECTORS["encrypted"].items():
        query, text = sample["query"], envelope(sample["body"].encode())
        assert text is not None
        opened = crypt.open(text, query["msg_signature"], query["timestamp"], query["nonce"])
        assert opened.message == (folder / f"{name}.xml").read_bytes().strip(), name


def test_a_message_for_another_app_is_refused() -> None:
    crypt = Crypt(VECTORS["token"], [VECTORS["encoding_aes_key"]], [VECTORS["app_id"]])
    sample = VECTORS["wrong_appid"]
    text, query = envelope(sample["body"].encode()), sample["query"]
    with pytest.raises(BadPush, match="app_id"):
        crypt.open(text or "", query["msg_signature"], query["timestamp"], query["nonce"])


def test_the_previous_key_opens_too_and_answers() -> None:
    both = Crypt("token", ["B" * 43, "A" * 43], ["wx1"])
    old = Crypt("token", ["A" * 43], ["wx1"])
    text = old.encrypt(b"<xml/>")
    opened = both.open(text, sign("token", "1", "2", text), "1", "2")
    assert (opened.message, opened.key_index) == (b"<xml/>", 1)
    answer = envelope(both.seal(b"reply", "1", "2", key_index=opened.key_index))
    assert old.open(answer or "", sign("token", "1", "2", answer or ""), "1", "2").message == b"reply"


@pytest.mark.parametrize(
    "text",
    ["", "A", "not base64!", "QUJD", "A" * 43, "AAAAAAAAAAAAAAAAAAAAAA==", "A" * 64, OURS_TEXT[:-4] + "AAAA"],
)
def test_damaged_cipher_text_is_refused_without_another_exception(text: str) -> None:
    with pytest.raises(BadPush):
        OURS.open(text, sign("pioneerToken2026", "1", "2", text), "1", "2")


def test_an_empty_token_or_a_wrong_key_is_no_crypt() -> None:
    with pytest.raises(ValueError, match="token"):
        Crypt("", ["A" * 43], ["wx1"])
    with pytest.raises(ValueError):
        Crypt("token", ["A" * 42], ["wx1"])


def test_dtds_entities_depth_and_repeated_fields_are_refused() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xml><Content>&b;</Content></xml>'
    assert reason(bomb) == "dtd"
    assert reason('<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml/>') == "dtd"
    assert reason("<xml><Content>&unknown;</Content></xml>") == "xml"
    assert reason("<xml>" + "<a>" * 9 + "</a>" * 9 + "</xml>") == "depth"
    assert reason("<xml><MsgId>1</MsgId><MsgId>2</MsgId></xml>") == "repeated"
    assert reason("<xml>text<A>1</A></xml>") == "mixed"
    assert reason("<html></html>") == "root"
    assert reason("") == "xml"


def test_what_wechat_repeats_becomes_a_list() -> None:
    fields = read_xml(b"<xml><P><fail_idx>1</fail_idx><fail_idx>2</fail_idx></P></xml>")
    assert fields == {"P": {"fail_idx": ["1", "2"]}}


def test_bad_utf8_is_refused_and_another_declared_encoding_changes_nothing() -> None:
    assert reason(b"<xml><Content>\xff\xfe</Content></xml>") == "utf8"
    text = '<?xml version="1.0" encoding="GBK"?><xml><Content>签到</Content></xml>'
    assert read(text.encode()) == {"Content": "签到"}


def test_control_characters_that_followers_type_are_dropped() -> None:
    assert read_xml("<xml><Content><![CDATA[签\x00\x08到\x1f\ufffe]]></Content></xml>".encode()) == {
        "Content": "签到"
    }


@pytest.mark.parametrize(
    "typed",
    [
        "a]]>b",
        "]]>",
        "]]></Content><MsgId>9</MsgId><Content><![CDATA[x",
        "]]></Content><!--",
        "<x",
        "]]></Content>",
    ],
)
def test_text_that_breaks_out_of_its_cdata_stays_what_was_typed(typed: str) -> None:
    head = "<xml><MsgType><![CDATA[text]]></MsgType><Content><![CDATA["
    fields = read_xml(f"{head}{typed}]]></Content><MsgId>1</MsgId></xml>".encode())
    assert fields == {"MsgType": "text", "Content": typed, "MsgId": "1"}


def test_our_own_cdata_cannot_be_ended_by_what_stands_in_it() -> None:
    for typed in ("]]>", "a]]>b]]>c", "]]]]>>", "<![CDATA[x]]>", "\x00\x0b]]>\ud800"):
        clean = typed.replace("\x00", "").replace("\x0b", "").replace("\ud800", "")
        assert read_xml(f"<xml><A>{cdata(typed)}</A></xml>".encode()) == {"A": clean}


def test_json_pushes_come_in_the_same_shape() -> None:
    body = '{"MsgType":"event","CreateTime":1767225600,"detail":[{"errcode":0}],"x":null,"ok":true,"id":9007199254740993}'
    assert read(body.encode()) == {
        "MsgType": "event",
        "CreateTime": "1767225600",
        "detail": [{"errcode": "0"}],
        "x": "",
        "ok": "true",
        "id": "9007199254740993",
    }


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b'{"a":' + b"[" * 30000 + b"]" * 30000 + b"}",
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"\xff"}',
        b'{"a":',
        b"[1]",
        b'"x"',
    ],
)
def test_broken_json_is_refused_without_another_exception(body: bytes) -> None:
    with pytest.raises(BadPush):
        read_json(body)
