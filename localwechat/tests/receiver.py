"""An application that knows nothing of this repository: wechatpy and Flask, twenty lines."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, request
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import TextReply
from wechatpy.utils import check_signature
from werkzeug.serving import WSGIRequestHandler, make_server

from localwechat.config import SandboxConfig


class Receiver:
    """Keeps what it understood; `answer` may be replaced to misbehave."""

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.messages: list[Any] = []
        self.bodies: list[bytes] = []
        self.queries: list[dict[str, str]] = []
        self.answer: Callable[[Any, str], Any] | None = None
        self.url = ""

    def app(self) -> Flask:
        app = Flask("receiver")
        crypto = WeChatCrypto(self.config.token, self.config.aes_key, self.config.app_id)

        @app.route("/wx", methods=["GET", "POST"])
        def wx() -> Any:
            query = request.args
            check_signature(self.config.token, query["signature"], query["timestamp"], query["nonce"])
            if request.method == "GET":
                return query["echostr"]
            body = request.get_data()
            self.bodies.append(body)
            self.queries.append(query.to_dict())
            encrypted = query.get("encrypt_type") == "aes" and b"<FromUserName>" not in body
            if query.get("encrypt_type") == "aes":
                text = crypto.decrypt_message(
                    body, query["msg_signature"], query["timestamp"], query["nonce"]
                )
            else:
                text = body
            message = parse_message(text)
            self.messages.append(message)
            if self.answer is not None:
                return self.answer(message, query["nonce"])
            if message.type == "event":
                return "success"
            reply = TextReply(content=f"收到{message.type}", message=message).render()
            return crypto.encrypt_message(reply, query["nonce"]) if encrypted else reply

        return app


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing on the test's output."""


@contextmanager
def running(receiver: Receiver) -> Iterator[Receiver]:
    """Serve it on a free port until the end of the block."""
    server = make_server("127.0.0.1", 0, receiver.app(), threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/wx"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
