"""The sandbox's state: one SQLite file, one connection, one lock."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

Row = sqlite3.Row

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS followers (
  id INTEGER PRIMARY KEY, openid TEXT NOT NULL UNIQUE, mini_openid TEXT NOT NULL DEFAULT '',
  unionid TEXT NOT NULL DEFAULT '', nickname TEXT NOT NULL DEFAULT '',
  phone TEXT NOT NULL DEFAULT '', subscribed INTEGER NOT NULL DEFAULT 0,
  subscribe_time INTEGER NOT NULL DEFAULT 0,
  subscribe_scene TEXT NOT NULL DEFAULT 'ADD_SCENE_SEARCH',
  qr_scene INTEGER NOT NULL DEFAULT 0, qr_scene_str TEXT NOT NULL DEFAULT '',
  remark TEXT NOT NULL DEFAULT '', refuses INTEGER NOT NULL DEFAULT 0,
  blacklisted INTEGER NOT NULL DEFAULT 0, long_until REAL NOT NULL DEFAULT 0,
  long_left INTEGER NOT NULL DEFAULT 0, short_until REAL NOT NULL DEFAULT 0,
  short_left INTEGER NOT NULL DEFAULT 0, acted REAL NOT NULL DEFAULT 0,
  typing REAL NOT NULL DEFAULT 0, latitude REAL, longitude REAL);
CREATE INDEX IF NOT EXISTS followers_subscribed ON followers (subscribed, id);
CREATE INDEX IF NOT EXISTS followers_mini ON followers (mini_openid);
CREATE TABLE IF NOT EXISTS tags (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS follower_tags (
  fid INTEGER NOT NULL, tag_id INTEGER NOT NULL, given INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (fid, tag_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS follower_tags_tag ON follower_tags (tag_id, fid);
CREATE TABLE IF NOT EXISTS tokens (
  token TEXT PRIMARY KEY, app_id TEXT NOT NULL, kind TEXT NOT NULL, issued REAL NOT NULL,
  expires REAL NOT NULL, void_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS media (
  media_id TEXT PRIMARY KEY, permanent INTEGER NOT NULL, type TEXT NOT NULL,
  name TEXT NOT NULL, mime TEXT NOT NULL, data BLOB NOT NULL, picture TEXT NOT NULL DEFAULT '',
  url TEXT NOT NULL DEFAULT '', created REAL NOT NULL, width INTEGER NOT NULL DEFAULT 0,
  height INTEGER NOT NULL DEFAULT 0, title TEXT NOT NULL DEFAULT '',
  introduction TEXT NOT NULL DEFAULT '', video TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS media_picture ON media (picture);
CREATE INDEX IF NOT EXISTS media_kind ON media (permanent, type, created);
CREATE TABLE IF NOT EXISTS drafts (
  media_id TEXT PRIMARY KEY, msg_data_id INTEGER NOT NULL, created REAL NOT NULL,
  updated REAL NOT NULL, articles TEXT NOT NULL, used TEXT NOT NULL DEFAULT '',
  used_at REAL NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS drafts_created ON drafts (used, updated);
CREATE TABLE IF NOT EXISTS pages (
  mid INTEGER NOT NULL, idx INTEGER NOT NULL, sn TEXT NOT NULL, article TEXT NOT NULL,
  title TEXT NOT NULL DEFAULT '', created REAL NOT NULL, deleted TEXT NOT NULL DEFAULT '',
  notified INTEGER NOT NULL DEFAULT 0, comments INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (mid, idx));
CREATE TABLE IF NOT EXISTS publishes (
  publish_id INTEGER PRIMARY KEY, article_id TEXT NOT NULL UNIQUE, msg_data_id INTEGER NOT NULL,
  status INTEGER NOT NULL, created REAL NOT NULL, updated REAL NOT NULL,
  fail_idx TEXT NOT NULL DEFAULT '[]');
CREATE TABLE IF NOT EXISTS mass (
  msg_id INTEGER PRIMARY KEY, msg_data_id INTEGER NOT NULL, way TEXT NOT NULL,
  key TEXT NOT NULL, target TEXT NOT NULL, msgtype TEXT NOT NULL, content TEXT NOT NULL,
  status TEXT NOT NULL, created REAL NOT NULL, delivered REAL NOT NULL DEFAULT 0,
  total INTEGER NOT NULL DEFAULT 0, filtered INTEGER NOT NULL DEFAULT 0,
  sent INTEGER NOT NULL DEFAULT 0, errors INTEGER NOT NULL DEFAULT 0,
  result TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS mass_ledger (
  month TEXT NOT NULL, fid INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (month, fid)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS mass_key ON mass (key, created);
CREATE INDEX IF NOT EXISTS mass_created ON mass (created);
CREATE TABLE IF NOT EXISTS feed (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, fid INTEGER NOT NULL, gid INTEGER NOT NULL DEFAULT 0,
  way TEXT NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL, msg_id TEXT NOT NULL DEFAULT '',
  client_id TEXT NOT NULL DEFAULT '', body TEXT);
CREATE INDEX IF NOT EXISTS feed_follower ON feed (fid, seq);
CREATE INDEX IF NOT EXISTS feed_kind ON feed (kind, seq);
CREATE TABLE IF NOT EXISTS usage (day TEXT NOT NULL, key TEXT NOT NULL, used INTEGER NOT NULL,
  PRIMARY KEY (day, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS codes (
  code TEXT PRIMARY KEY, kind TEXT NOT NULL, openid TEXT NOT NULL, scope TEXT NOT NULL,
  created REAL NOT NULL, used INTEGER NOT NULL DEFAULT 0, data TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS qrcodes (
  ticket TEXT PRIMARY KEY, action TEXT NOT NULL, scene TEXT NOT NULL, is_text INTEGER NOT NULL,
  expires REAL NOT NULL, created REAL NOT NULL, url TEXT NOT NULL UNIQUE);
CREATE INDEX IF NOT EXISTS qrcodes_scene ON qrcodes (action, scene);
CREATE TABLE IF NOT EXISTS menus (
  id INTEGER PRIMARY KEY, body TEXT NOT NULL, matchrule TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS templates (
  template_id TEXT PRIMARY KEY, kind TEXT NOT NULL, title TEXT NOT NULL, content TEXT NOT NULL,
  example TEXT NOT NULL DEFAULT '', long_term INTEGER NOT NULL DEFAULT 0,
  banned INTEGER NOT NULL DEFAULT 0, vals TEXT NOT NULL DEFAULT '{}');
CREATE TABLE IF NOT EXISTS grants (
  openid TEXT NOT NULL, template_id TEXT NOT NULL, remaining INTEGER NOT NULL,
  PRIMARY KEY (openid, template_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS template_keys (
  openid TEXT NOT NULL, client_id TEXT NOT NULL, msg_id INTEGER NOT NULL, at REAL NOT NULL,
  PRIMARY KEY (openid, client_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS comments (
  id INTEGER PRIMARY KEY, mid INTEGER NOT NULL, idx INTEGER NOT NULL, openid TEXT NOT NULL,
  content TEXT NOT NULL, created REAL NOT NULL, elected INTEGER NOT NULL DEFAULT 0,
  reply TEXT NOT NULL DEFAULT '', reply_at REAL NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, due REAL NOT NULL, kind TEXT NOT NULL,
  data TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS jobs_due ON jobs (due, id);
CREATE TABLE IF NOT EXISTS groups (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, robot TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS groups_robot ON groups (robot);
CREATE TABLE IF NOT EXISTS reads (
  fid INTEGER NOT NULL, mid INTEGER NOT NULL, idx INTEGER NOT NULL, day TEXT NOT NULL,
  source TEXT NOT NULL, acts TEXT NOT NULL DEFAULT '', PRIMARY KEY (mid, idx, fid, day)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS daily (
  day TEXT NOT NULL, hour INTEGER NOT NULL, name TEXT NOT NULL, fid INTEGER NOT NULL DEFAULT 0,
  n INTEGER NOT NULL DEFAULT 0, cost INTEGER NOT NULL DEFAULT 0, top INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (day, hour, name, fid)) WITHOUT ROWID;
"""

# What a reset leaves alone: ids must go on rising, or an app would take new messages for repeats.
KEPT_BY_RESET = ("meta", "tokens")


class Store:
    """One connection behind one lock; `tx()` is the only way to change anything."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._depth = 0
        self.closed = False
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.db.row_factory = Row
        if path != ":memory:":
            self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=OFF")  # a toy's history is not worth an fsync a call
        self.db.execute("PRAGMA temp_store=MEMORY")
        self.db.execute("PRAGMA cache_size=-65536")
        self.db.executescript(SCHEMA)

    @contextmanager
    def tx(self) -> Iterator[sqlite3.Connection]:
        """One transaction (nested ones are savepoints): kept on success, undone on an exception."""
        with self.lock:
            name = f"s{self._depth}"
            self.db.execute("BEGIN IMMEDIATE" if not self._depth else f"SAVEPOINT {name}")
            self._depth += 1
            try:
                yield self.db
            except BaseException:
                self._depth -= 1
                if self._depth:
                    self.db.execute(f"ROLLBACK TO {name}")
                    self.db.execute(f"RELEASE {name}")
                else:
                    self.db.execute("ROLLBACK")
                raise
            self._depth -= 1
            self.db.execute("COMMIT" if not self._depth else f"RELEASE {name}")

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """All rows."""
        with self.lock:
            return self.db.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        """The first row, or None."""
        with self.lock:
            found: Row | None = self.db.execute(sql, values).fetchone()
            return found

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The first column of the first row, or None."""
        found = self.row(sql, values)
        return None if found is None else found[0]

    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Execute and tell how many rows changed."""
        with self.lock:
            return self.db.execute(sql, values).rowcount

    def insert(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Execute and tell the new row's id."""
        with self.lock:
            return int(self.db.execute(sql, values).lastrowid or 0)

    def get(self, key: str, default: Any = None) -> Any:
        """A value of the `meta` table."""
        text = self.value("SELECT value FROM meta WHERE key = ?", (key,))
        return default if text is None else json.loads(text)

    def put(self, key: str, value: Any) -> None:
        """Set a value of the `meta` table."""
        self.run(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, json.dumps(value, ensure_ascii=False)),
        )

    def next_id(self, name: str, start: int) -> int:
        """A number that only rises, across restarts and resets."""
        number = max(int(self.get(f"next:{name}", 0)), start)
        self.put(f"next:{name}", number + 1)
        return number

    def clear(self, keep: Sequence[str] = KEPT_BY_RESET) -> None:
        """Empty all tables but these; deletes fast by truncation."""
        with self.tx():
            names = self.rows(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
            for (name,) in names:
                if name not in keep:
                    self.run(f"DELETE FROM {name}")

    def close(self) -> None:
        """Close the connection."""
        with self.lock:
            self.closed = True
            self.db.close()
