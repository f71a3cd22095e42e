"""People and their chats: followers with names and openids, what is shown to them, and what the day's statistics count."""

from __future__ import annotations

import base64
import json
import random
import time
from typing import Any

from .account import Account
from .clock import day_of
from .config import SandboxConfig
from .errcodes import ApiError
from .store import Row, Store

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏"
    "魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严"
)
GIVEN = (
    "建国卫东志强秀英桂兰玉珍晓明丽华海燕春梅德胜永福文博思远雨桐子涵佳怡浩然梓轩欣妍国庆红梅立新小军爱民素芬"
)


class Crowd(Account):
    """The account with its people. All chance comes from one seed, so that a run can be repeated."""

    def __init__(self, config: SandboxConfig, store: Store) -> None:
        super().__init__(config, store)
        saved = store.get("seed")
        self.seed: int = config.seed if config.seed is not None else (saved or time.time_ns() % 2**31)
        self.noise = random.Random()
        self._reseed()

    def _reseed(self) -> None:
        """Each start and each reset has its own part of the seed's numbers: no openid comes twice."""
        epoch = int(self.store.get("epoch", 0))
        self.rng = random.Random(f"{self.seed}:{epoch}")  # delays, habits, luck
        self.births = random.Random(f"{self.seed}:{epoch}:people")
        self.store.put("epoch", epoch + 1)

    def random_text(self, length: int, source: random.Random | None = None) -> str:
        """Url-safe random text; ids are noise, so that the seed's numbers go to what matters."""
        raw = (source or self.noise).randbytes(length * 3 // 4 + 3)
        return base64.urlsafe_b64encode(raw).decode().replace("=", "")[:length]

    def message_id(self) -> int:
        """A 64-bit MsgId, above 2^53, rising over restarts."""
        return self.store.next_id("message", int(time.time()) * 10_000_000)

    def job_id(self) -> int:
        """A ten-digit rising msg_id."""
        return self.store.next_id("mass", 3_000_000_000 + (int(time.time()) - 1_700_000_000) * 10)

    def data_id(self) -> int:
        """A ten-digit msg_data_id."""
        return self.store.next_id("data", 2_000_000_000 + (int(time.time()) - 1_700_000_000) * 5)

    def add_followers(
        self, count: int, scene: str = "", nickname: str = "", subscribed: bool = True
    ) -> list[str]:
        """Make `count` people (who follow already unless told otherwise) and return their openids."""
        now = int(self.now())
        openids: list[str] = []
        rows = []
        with self.unit():
            first = int(self.store.value("SELECT coalesce(max(id), 0) FROM followers")) + 1
            for number in range(first, first + count):
                openid = "o" + self.random_text(27, self.births)
                openids.append(openid)
                name = nickname or (
                    self.births.choice(SURNAMES)
                    + "".join(self.births.choice(GIVEN) for _ in range(self.births.choice((1, 2, 2))))
                )
                rows.append(
                    (
                        number,
                        openid,
                        "m" + openid[1:][::-1],
                        "u" + openid[1:],
                        name,
                        int(subscribed),
                        now if subscribed else 0,
                    )
                )
            self.store.db.executemany(
                "INSERT INTO followers (id, openid, mini_openid, unionid, nickname, subscribed,"
                " subscribe_time) VALUES (?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
        return openids

    def person(self, openid: str) -> Row | None:
        """The row of anybody who was ever made, follower or not."""
        return self.store.row("SELECT * FROM followers WHERE openid = ?", (openid,))

    def follower(self, openid: object, code: int = 40003) -> Row:
        """The row of someone who follows; raises ApiError(code) otherwise."""
        row = self.person(openid) if isinstance(openid, str) else None
        if row is None or not row["subscribed"]:
            raise ApiError(code)
        return row

    def show(
        self,
        fid: int,
        way: str,
        kind: str,
        body: dict[str, Any] | None,
        msg_id: object = "",
        client_id: str = "",
        gid: int = 0,
    ) -> int:
        """Put something into a chat (way `in`: from the account, `out`: from the person)."""
        return self.store.insert(
            "INSERT INTO feed (fid, gid, way, kind, at, msg_id, client_id, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                fid,
                gid,
                way,
                kind,
                self.now(),
                str(msg_id),
                client_id,
                None if body is None else json.dumps(body, ensure_ascii=False),
            ),
        )

    def count_daily(self, name: str, fid: int = 0, n: int = 1, cost: int = 0) -> None:
        """Add to the day's statistics."""
        now = self.now()
        self.store.run(
            "INSERT INTO daily (day, hour, name, fid, n, cost, top) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (day, hour, name, fid) DO UPDATE SET n = n + excluded.n,"
            " cost = cost + excluded.cost, top = max(top, excluded.top)",
            (day_of(now), int((now + 8 * 3600) % 86400 // 3600), name, fid, n, cost, cost),
        )
