"""A process that asks for the shared token when it is told to, for the test of several processes."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from pathlib import Path

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

    job = json.loads(sys.argv[1])
    privacy = job["privacy"]
    sealed.use(sealed.Keyring(field_keys(privacy["field_keys"]), index_key(privacy["index_key"])))
    store: TokenStore
    if job["kind"] == "redis":
        store = RedisTokens(Redis.from_url(job["store"]))
    else:
        store = DatabaseTokens(Database(job["store"]))
    client = Client(make_settings(wechat=job["wechat"]), store)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while not Path(job["gate"]).exists():
        time.sleep(0.01)
    token = client.access_token()
    sys.stdout.write(f"token {hashlib.sha256(token.encode()).hexdigest()}\n")


if __name__ == "__main__":
    main()
