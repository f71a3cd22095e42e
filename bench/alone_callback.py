"""CPU of the callback's whole road in one process and one thread: ``python bench/alone_callback.py FOLDER`` inside a checkout.

No server, no other processor, nothing to wait for but the disk: that is steady where the full road's CPU depends on who else is
at work. Printed are the figures by name (see :mod:`bench.beside`): microseconds a callback, the least of many slices. A wrong
answer ends it with an error. It is run by its path, so that a newer checkout can measure an older one that has no such file.
"""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

SLICE = 250
SLICES = 16
WARM = 2


def environ(line: str) -> dict[str, Any]:
    """The WSGI environment of one prepared request: query, a tab, body."""
    query, _, text = line.partition("\t")
    body = text.encode()
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/wechat/callback",
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "text/xml",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
    }


def send(app: Callable[..., Iterable[bytes]], requests: list[dict[str, Any]]) -> int:
    """Send them one after another; how many got no sealed answer."""
    bad = 0
    for request in requests:
        said: list[str] = []
        body = b"".join(app(request, lambda status, _headers, said=said: said.append(status)))
        bad += not (said[0].startswith("200") and b"<Encrypt>" in body)
    return bad


def main() -> None:
    """Prepare, send, print."""
    sys.path.insert(0, str(Path.cwd()))
    from bench.callback import serve
    from bench.callback.latency import make_messages

    folder = Path(sys.argv[1])
    file, openids = make_messages(SLICE * SLICES, folder)
    serve.prepare(folder, openids.read_text(encoding="ascii").split())
    os.environ[serve.FOLDER] = str(folder)
    app = serve.full()
    requests = [environ(line) for line in file.read_text(encoding="ascii").splitlines()]
    times: list[float] = []
    bad = 0
    for start in range(0, len(requests), SLICE):
        began = time.process_time()
        bad += send(app, requests[start : start + SLICE])
        times.append((time.process_time() - began) / SLICE * 1e6)
    if bad:
        print(f"{bad} wrong answers", file=sys.stderr)
    print(f"cpu_us {min(times[WARM:]):.1f}", flush=True)
    os._exit(1 if bad else 0)  # whatever threads the application keeps


if __name__ == "__main__":
    main()
