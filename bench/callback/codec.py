"""What one message costs in the codec alone: verify, decrypt, parse, render, encrypt. Budget: 35 µs.

``python -m bench.callback.codec`` prints the CPU time a message of ours and of the lean yardstick, in turns.
"""

from __future__ import annotations

import importlib
import statistics
import sys
import time
from typing import Any

from bench.callback.serve import HERE, peers_settings
from wechat.wire.codec import Crypt, read
from wechat.wire.gate import Gate
from wechat.wire.messages import Text
from wechat.wire.parsing import parse
from wechat.wire.replies import TextReply, render

MESSAGES, ROUNDS, BUDGET_US = 2000, 9, 35


def main() -> None:
    """Measure and print."""
    peers = peers_settings()
    sys.modules["settings"], ours = peers, sys.modules.get("settings")
    sys.path.insert(0, str(HERE / "peers"))
    lean: Any = importlib.import_module("lean")
    messages: Any = importlib.import_module("messages")
    if ours is not None:
        sys.modules["settings"] = ours
    gate = Gate(
        Crypt(peers.TOKEN, [peers.AES_KEY], [peers.APPID]), mode="safe", app_id=peers.APPID, freshness_s=300
    )
    codec, now = lean.Codec(peers.TOKEN, peers.AES_KEY, peers.APPID), int(time.time())
    data = [messages.message(codec, n, now)[:2] for n in range(MESSAGES)]

    def with_ours(query: str, body: bytes) -> None:
        push = gate.authenticate(gate.admit(query), body)
        message = parse(read(push.body))
        assert isinstance(message, Text)
        gate.seal(
            render(TextReply("收到:" + message.content), message.openid, message.account, now), push, now
        )

    def with_lean(query: str, body: bytes) -> None:
        q = dict(part.split("=", 1) for part in query.split("&"))
        assert lean.same(lean.sign(peers.TOKEN, q["timestamp"], q["nonce"]), q["signature"])
        m = lean.flat_xml(codec.open(body, q["msg_signature"], q["timestamp"], q["nonce"]))
        codec.seal(
            lean.text_reply(m["FromUserName"], m["ToUserName"], "收到:" + m["Content"], now),
            q["nonce"],
            str(now),
        )

    costs: dict[str, list[float]] = {"ours": [], "lean": []}
    for _ in range(ROUNDS):
        for name, run in (("ours", with_ours), ("lean", with_lean)):
            began = time.process_time_ns()
            for query, body in data:
                run(query, body.encode("ascii"))
            costs[name].append((time.process_time_ns() - began) / MESSAGES / 1000)
    median = {name: statistics.median(values) for name, values in costs.items()}
    print(
        f"codec: {median['ours']:.1f} µs a message (budget {BUDGET_US}), lean yardstick {median['lean']:.1f},"
        f" ratio {median['ours'] / median['lean']:.2f}"
    )


if __name__ == "__main__":
    main()
