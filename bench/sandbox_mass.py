"""The local WeChat under load: 66,000 followers, one mass message, memory, latency, messages a second.

`python -m bench.sandbox_mass` prints one figure a line; the budgets are those of the design:
delivered in less than 10 s, less than 500 MB, 300 messages a second.
"""

from __future__ import annotations

import io
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from PIL import Image

from localwechat.testing import SandboxControl, start_sandbox

FOLLOWERS = 66_000
ECHO = """
import sys
from localwechat.server import Server
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"success"]
server = Server(("127.0.0.1", 0), app)
print(server.server_address[1], flush=True)
server.serve_forever()
"""


def measure() -> dict[str, float]:
    """All figures by name."""
    echo = subprocess.Popen([sys.executable, "-c", ECHO], stdout=subprocess.PIPE, text=True)
    try:
        assert echo.stdout is not None
        url = f"http://127.0.0.1:{int(echo.stdout.readline())}/"
        with start_sandbox(callback_url=url, fast=True) as sandbox:
            return _mass(sandbox) | _latency(sandbox) | _messages(sandbox)
    finally:
        echo.kill()
        echo.wait()


def _mass(sandbox: SandboxControl) -> dict[str, float]:
    started = time.perf_counter()
    sandbox.followers(FOLLOWERS)
    made = time.perf_counter() - started
    out = io.BytesIO()
    Image.new("RGB", (900, 383)).save(out, "PNG")
    cover = sandbox.upload("/cgi-bin/material/add_material?type=image", out.getvalue())["media_id"]
    article = {"title": "学习园地", "content": "<p>正文</p>", "thumb_media_id": cover}
    draft = sandbox.api("/cgi-bin/draft/add", {"articles": [article]})["media_id"]
    body: dict[str, Any] = {"filter": {"is_to_all": True}, "mpnews": {"media_id": draft}, "msgtype": "mpnews"}
    started = time.perf_counter()
    answer = sandbox.api("/cgi-bin/message/mass/sendall", body)
    accepted = time.perf_counter() - started
    assert answer["errcode"] == 0
    sandbox.wait_for(lambda: sandbox.receipt_count("mass") == FOLLOWERS, 60)
    delivered = time.perf_counter() - started
    sandbox.wait_for(lambda: [e for e in sandbox.log("callback") if e["event"] == "MASSSENDJOBFINISH"], 60)
    return {
        "66,000 followers made, s": made,
        "mass send accepted, s": accepted,
        "mass send delivered to 66,000, s": delivered,
        "job-finish event there, s": time.perf_counter() - started,
        "peak memory, MB": _peak_mb(sandbox),
    }


def _peak_mb(sandbox: SandboxControl) -> float:
    assert sandbox.process is not None
    lines = Path(f"/proc/{sandbox.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def _latency(sandbox: SandboxControl) -> dict[str, float]:
    token = sandbox.access_token()
    times = []
    for _ in range(500):
        started = time.perf_counter()
        sandbox.api("/cgi-bin/tags/get", token=token)
        times.append((time.perf_counter() - started) * 1000)
    return {"API call, median, ms": statistics.median(times), "API call, p99, ms": sorted(times)[494]}


def _messages(sandbox: SandboxControl) -> dict[str, float]:
    figures = {}
    people = [row["openid"] for row in sandbox.control("followers?limit=1500")]
    for mode in ("plain", "safe"):
        sandbox.account(mode=mode)
        started = time.perf_counter()
        with ThreadPoolExecutor(8) as pool:
            said = list(pool.map(lambda openid: sandbox.say(openid, "签到"), people))
        assert all(answer.status == 200 for answer in said)
        figures[f"messages delivered and answered, {mode}, a second"] = len(people) / (
            time.perf_counter() - started
        )
    return figures


def main() -> None:
    """Print the figures."""
    for name, value in measure().items():
        print(f"{name:<55} {value:>10.2f}")


if __name__ == "__main__":
    main()
