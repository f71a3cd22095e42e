"""The full road at a steady 300 messages a second: an open loop, so a slow answer makes no later message wait.

``python -m bench.callback.latency [--rate 300] [--seconds 20]`` prints percentiles of the time from the moment when a
message was due to its answer. Budget: p99 of at most 20 ms on a quiet machine.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.callback.serve import HERE, count

CONNECTIONS = 32
BUDGET_MS = 20.0


def make_messages(number: int, folder: Path) -> tuple[Path, Path]:
    """Openids and prepared requests, made by the same generator as the throughput runs use."""
    program = (
        "import sys, messages\n"
        "n, out, ids = int(sys.argv[1]), sys.argv[2], sys.argv[3]\n"
        "messages.write(n, 1, out, '签到')\n"
        "open(ids, 'w').writelines(messages.openid_of(i) + '\\n' for i in range(1, n + 1))\n"
    )
    requests, openids = folder / "requests.txt", folder / "openids.txt"
    command = [sys.executable, "-c", program, str(number), str(requests), str(openids)]
    subprocess.run(command, cwd=HERE / "peers", check=True)
    return requests, openids


class Gun:
    """Sends each message at its own moment over a few kept-alive connections."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: asyncio.LifoQueue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.LifoQueue()
        self.times_ms: list[float] = []
        self.bad = 0

    async def open(self) -> None:
        """Open the connections."""
        for _ in range(CONNECTIONS):
            self._idle.put_nowait(await asyncio.open_connection("127.0.0.1", self._port))

    async def shoot(self, due: float, request: bytes) -> None:
        """One message, due at a moment of ``time.perf_counter``."""
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        reader, writer = await self._idle.get()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r")[0])
        body = await reader.readexactly(length)
        self.times_ms.append((time.perf_counter() - due) * 1000)
        self.bad += not (head.startswith(b"HTTP/1.1 200") and b"<Encrypt>" in body)
        self._idle.put_nowait((reader, writer))


async def fire(port: int, requests: list[bytes], rate: float) -> Gun:
    """All of them at the rate, whatever the answers do."""
    gun = Gun(port)
    await gun.open()
    start = time.perf_counter() + 0.2
    await asyncio.gather(*(gun.shoot(start + n / rate, request) for n, request in enumerate(requests)))
    return gun


def main() -> None:
    """Start the server, shoot, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=300)
    parser.add_argument("--seconds", type=float, default=20)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-latency-"))
    number = int(arguments.rate * arguments.seconds)
    requests, openids = make_messages(number, folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "bench.callback.serve", "full", str(port), str(folder), str(openids)]
    server = subprocess.Popen(command, start_new_session=True, cwd=HERE.parents[1])
    try:
        wait_for(port)
        ready = [_request(line) for line in requests.read_text(encoding="ascii").splitlines()]
        gun = asyncio.run(fire(port, ready, arguments.rate))
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(15)
    times = sorted(gun.times_ms)
    shown = ", ".join(
        f"p{p} {times[min(len(times) - 1, int(len(times) * p / 100))]:.1f} ms" for p in (50, 90, 99)
    )
    print(f"{number} messages at {arguments.rate:.0f}/s: {shown}, slowest {times[-1]:.1f} ms, bad {gun.bad}")
    print(
        f"check-ins in the database: {count(folder)} of {number}; budget: p99 {BUDGET_MS:.0f} ms on a quiet machine"
    )
    shutil.rmtree(folder, ignore_errors=True)


def _request(line: str) -> bytes:
    query, _, body = line.partition("\t")
    head = f"POST /wechat/callback?{query} HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + body).encode("ascii")


def wait_for(port: int) -> None:
    """Until somebody listens there."""
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


if __name__ == "__main__":
    main()
