"""Processes that ask for the shared token when they are told to: ``fetch_a_token.py JOB NUMBER``, one import for all of them."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))


def main() -> None:
    from redis import Redis

    from database import sealed
    from database.session import Database
    from settings import field_keys, index_key
    from tests.fixtures.configuration import make_settings
    from wechat.outbound.client import Client
    from wechat.outbound.tokens import DatabaseTokens, RedisTokens, TokenStore

    def fetch(job: dict[str, Any]) -> None:
        privacy = job["privacy"]
        sealed.use(sealed.Keyring(field_keys(privacy["field_keys"]), index_key(privacy["index_key"])))
        store: TokenStore
        if job["kind"] == "redis":
            store = RedisTokens(Redis.from_url(job["store"]))
        else:
            store = DatabaseTokens(Database(job["store"]))
        client = Client(make_settings(wechat=job["wechat"]), store)
        _say("ready")
        while not Path(job["gate"]).exists():
            time.sleep(0.01)
        _say(f"token {hashlib.sha256(client.access_token().encode()).hexdigest()}")

    for _ in range(int(sys.argv[2])):
        if not os.fork():
            fetch(json.loads(sys.argv[1]))
            os._exit(0)
    ended = [os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(int(sys.argv[2]))]
    sys.exit(any(ended))


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # whole, beside the others'


if __name__ == "__main__":
    main()
