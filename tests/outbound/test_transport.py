"""What goes over the wire, and what is known when it breaks."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable

import pytest

from localwechat.testing import SandboxControl
from tests.fixtures.configuration import make_settings
from tests.fixtures.processes import free_port
from tests.outbound.conftest import Memory, Recorded, calls_of, png, settings_for
from wechat.outbound.client import Client
from wechat.outbound.endpoints.drafts import DraftArticle
from wechat.outbound.failures import CallFailed
from wechat.outbound.reactions import BACK_OFF, BUG, STOP, UNKNOWN, Reaction

ROBOT = secrets.token_hex(16)
READ = ("/cgi-bin/tags/get", lambda client: client.tags_get())
SEND = ("/cgi-bin/message/mass/sendall", lambda client: client.mass_send_to_all("m", client_id="k"))
CREATE = ("/cgi-bin/material/add_material", lambda client: client.add_image(png(), "a.png"))
Call = tuple[str, Callable[[Client], object]]


def plain_client(plain: Recorded, **system: float) -> Client:
    """A client of a plain HTTP server."""
    return Client(
        make_settings(
            wechat={"api_base_url": plain.url, "mp_base_url": plain.url},
            wecom={"api_base_url": plain.url},
            system=system,
        ),
        Memory(),
    )


def failure_of(call: Callable[[Client], object], client: Client) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        call(client)
    return caught.value


@pytest.mark.parametrize(
    "fault", ["drop_before", "drop_after", "garbage", "http:500", "http:502", "http:503", "http:504"]
)
@pytest.mark.parametrize(
    ("call", "reaction"),
    [(READ, BACK_OFF), (SEND, UNKNOWN), (CREATE, UNKNOWN)],
    ids=["read", "send", "create"],
)
def test_a_lost_answer_is_asked_for_again_by_reads_and_unknown_for_sends(
    fault: str, call: Call, reaction: Reaction, sandbox: SandboxControl, client: Client
) -> None:
    client.access_token()
    sandbox.faults({"path": call[0], "kind": fault, "count": 1})
    failure = failure_of(call[1], client)
    assert (failure.code, failure.reaction) == (None, reaction)
    assert len(calls_of(sandbox, call[0])) == 1, "nobody repeated it underneath"


@pytest.mark.parametrize(
    ("status", "reaction"),
    [
        (412, BUG),
        (413, BUG),
        (414, BUG),
        (302, BUG),
        (403, STOP),
        (404, STOP),
    ],
)
def test_what_a_gateway_refused_is_certainly_unsent(
    status: int, reaction: Reaction, sandbox: SandboxControl, client: Client
) -> None:
    client.access_token()
    sandbox.faults({"path": SEND[0], "kind": f"http:{status}", "count": 1})
    assert failure_of(SEND[1], client).reaction == reaction


def test_an_answer_that_is_late_is_unknown_for_a_send(plain_server: Recorded) -> None:
    with silent_server() as url:
        client = plain_client(plain_server, read_timeout_s=0.2, long_timeout_s=0.2)
        client.access_token()
        client._transport._hosts = dict.fromkeys(client._transport._hosts, url)
        assert failure_of(SEND[1], client).reaction == UNKNOWN
        assert failure_of(READ[1], client).reaction == BACK_OFF


class silent_server:
    """Takes connections and never answers."""

    def __enter__(self) -> str:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._taken: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def _serve(self) -> None:
        try:
            while True:
                self._taken.append(self._socket.accept()[0])
        except OSError:
            pass

    def __exit__(self, *_exc: object) -> None:
        self._socket.close()
        for one in self._taken:
            one.close()


@pytest.mark.parametrize("address", ["http://127.0.0.1:{port}", "http://no-such-host.invalid:{port}"])
def test_without_a_connection_a_send_is_certainly_unsent(address: str, plain_server: Recorded) -> None:
    client = plain_client(plain_server)
    client.access_token()
    client._transport._hosts = dict.fromkeys(client._transport._hosts, address.format(port=free_port()))
    assert failure_of(SEND[1], client).reaction == BACK_OFF


@pytest.mark.parametrize(("call", "reaction"), [(READ, BACK_OFF), (SEND, UNKNOWN)], ids=["read", "send"])
@pytest.mark.parametrize("answer", [b"", b'{"errcode":0,"msg_id":31474'])
def test_an_answer_that_breaks_off_is_no_answer(
    answer: bytes, call: Call, reaction: Reaction, plain_server: Recorded
) -> None:
    plain_server.answers[call[0]] = (200, {"Content-Length": "500", "Connection": "close"}, answer)
    assert failure_of(call[1], plain_client(plain_server)).reaction == reaction


def test_a_kept_connection_that_ends_without_a_byte_makes_a_send_unknown_not_doubled(
    plain_server: Recorded,
) -> None:
    client = plain_client(plain_server)
    client.access_token()  # the connection is kept from here
    plain_server.answers[SEND[0]] = (0, {}, b"")
    assert failure_of(SEND[1], client).reaction == UNKNOWN
    assert [path.partition("?")[0] for _, path, _, _ in plain_server.seen].count(SEND[0]) == 1


def test_an_answer_without_what_was_asked_for_is_unknown_for_a_send_and_a_bug_for_a_read(
    plain_server: Recorded,
) -> None:
    client = plain_client(plain_server)
    assert failure_of(SEND[1], client).reaction == UNKNOWN
    assert failure_of(lambda one: one.draft_count(), client).reaction == BUG


def test_bodies_are_raw_utf8_with_their_length(plain_server: Recorded) -> None:
    plain_server.answers["/cgi-bin/draft/add"] = (200, {}, b'{"media_id":"M"}')
    plain_server.answers["/cgi-bin/menu/create"] = (200, {}, b'{"errcode":0,"errmsg":"ok"}')
    client = plain_client(plain_server)
    client.draft_add([DraftArticle("学习园地😀", "<p>正文</p>", "c")])
    client.menu_create([{"name": "签到", "type": "click", "key": "A"}])
    posts = [
        (headers, body) for method, path, headers, body in plain_server.seen if "stable_token" not in path
    ]
    assert len(posts) == 2
    for headers, body in posts:
        assert int(headers["Content-Length"]) == len(body)
        assert "Transfer-Encoding" not in headers
        assert b"\\u" not in body
    assert "学习园地😀".encode() in posts[0][1]
    assert "签到".encode() in posts[1][1]


def test_answers_are_read_as_utf8_whatever_the_header_says(plain_server: Recorded) -> None:
    plain_server.answers["/cgi-bin/tags/get"] = (
        200, {"Content-Type": "text/plain"}, '{"tags":[{"id":100,"name":"第一支部","count":1}]}'.encode(),
    )  # fmt: skip
    assert plain_client(plain_server).tags_get()[0].name == "第一支部"


def test_an_errcode_may_be_a_numeric_string_and_ids_may_be_numbers_or_strings(plain_server: Recorded) -> None:
    client = plain_client(plain_server)
    path = "/cgi-bin/message/mass/sendall"
    plain_server.answers[path] = (200, {}, b'{"errcode":"0","msg_id":3147494601,"msg_data_id":"2455891403"}')
    answer = client.mass_send_to_all("m", client_id="k")
    assert (answer.msg_id, answer.msg_data_id, answer.repeated) == ("3147494601", "2455891403", False)
    plain_server.answers[path] = (
        200,
        {},
        b'{"errcode":"45065","errmsg":"clientmsgid exist","msg_id":3147494601}',
    )
    assert client.mass_send_to_all("m", client_id="k").repeated


def test_an_upload_carries_a_quoted_name_and_can_be_repeated_whole(plain_server: Recorded) -> None:
    plain_server.answers["/cgi-bin/media/uploadimg"] = (200, {}, b'{"url":"http://mmbiz.qpic.cn/x"}')
    data = png()
    assert plain_client(plain_server).upload_body_image(data, '图"一\r\n.png') == "http://mmbiz.qpic.cn/x"
    _, _, headers, body = plain_server.seen[-1]
    assert int(headers["Content-Length"]) == len(body)
    assert 'name="media"; filename="图_一__.png"'.encode() in body
    assert data in body


def test_an_upload_that_was_refused_for_its_token_arrives_whole_the_second_time(
    sandbox: SandboxControl, client: Client
) -> None:
    data = png(colour="blue")
    sandbox.faults({"path": "/cgi-bin/media/upload", "kind": "err:40001", "count": 1})
    media = client.upload_temporary("image", data, "封面.png")
    assert len(calls_of(sandbox, "/cgi-bin/media/upload")) == 2
    assert client.media_get(media.media_id) == data


def test_a_redirect_is_not_followed_with_the_token(plain_server: Recorded) -> None:
    plain_server.answers["/cgi-bin/tags/get"] = (302, {"Location": f"{plain_server.url}/elsewhere"}, b"")
    assert failure_of(READ[1], plain_client(plain_server)).reaction == BUG
    assert not [path for _, path, _, _ in plain_server.seen if path.startswith("/elsewhere")]


@pytest.fixture
def failing_calls(sandbox: SandboxControl) -> list[Callable[[], object]]:
    """Calls that fail in all the ways there are, with a token and a secret in each."""
    settings = settings_for(sandbox)
    client = Client(settings, Memory())
    client.access_token()
    dead = Client(settings_for(sandbox, wechat={"api_base_url": f"http://127.0.0.1:{free_port()}"}), Memory())
    sandbox.faults(
        {"path": "/cgi-bin/tags/get", "kind": "drop_before", "count": 1},
        {"path": "/cgi-bin/user/get", "kind": "http:502", "count": 1},
        {"path": "/cgi-bin/draft/count", "kind": "garbage", "count": 1},
        {"path": "/cgi-bin/menu/delete", "kind": "err:48001", "count": 1},
        {"path": "/sns/oauth2/access_token", "kind": "drop_after", "count": 1},
        {"path": "/sns/jscode2session", "kind": "err:40013", "count": 1},
        {"path": "/cgi-bin/webhook/send", "kind": "drop_before", "count": 1},
    )
    return [
        client.tags_get, client.followers, client.draft_count, client.menu_delete, lambda: client.oauth_exchange("C"),
        lambda: client.code2session("C"), lambda: client.robot_text(ROBOT, "x"), dead.access_token,
        lambda: dead.oauth_exchange("C"), lambda: client.qrcode_picture("x"), client.quota_clear_by_secret,
    ]  # fmt: skip


def test_neither_exceptions_nor_logs_hold_a_token_or_a_secret(
    failing_calls: list[Callable[[], object]],
    sandbox: SandboxControl,
    everything_logged: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    import traceback

    texts: list[str] = []
    for call in failing_calls[:-1]:
        with pytest.raises(CallFailed) as caught:
            call()
        error: BaseException | None = caught.value
        while error is not None:
            texts += [str(error), repr(error), repr(error.args), *traceback.format_exception(error)]
            error = error.__cause__ or error.__context__
        texts.append(str(caught.value.fields))
    failing_calls[-1]()
    texts += [record.getMessage() for record in everything_logged.records]
    texts += capfd.readouterr()
    token = sandbox.access_token()
    whole = "\n".join(texts)
    assert "urllib3.connectionpool" in {record.name for record in everything_logged.records}
    for secret in (
        token,
        sandbox.config.app_secret,
        sandbox.config.mini_app_secret,
        "ROBOT-KEY-OF-THE-BRANCH",
    ):
        assert secret not in whole
