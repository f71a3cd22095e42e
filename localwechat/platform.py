"""The platform's state and what all its parts share: account, settings, people, jobs, the clock."""

from __future__ import annotations

import base64
import ipaddress
import json
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .clock import Clock, day_of
from .config import ACCOUNT_TYPES, MODES, SandboxConfig
from .courier import Courier
from .errors import ApiError
from .faults import Faults
from .log import Log
from .store import Row, Store

logger = logging.getLogger("localwechat")

JobHandler = Callable[["Sandbox", dict[str, Any]], None]
JOBS: dict[str, JobHandler] = {}

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏"
    "魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严"
)
GIVEN = (
    "建国卫东志强秀英桂兰玉珍晓明丽华海燕春梅德胜永福文博思远雨桐子涵佳怡浩然梓轩欣妍国庆红梅立新小军爱民素芬"
)


def job(kind: str) -> Callable[[JobHandler], JobHandler]:
    """Register what is done when a job of this kind falls due."""

    def register(handler: JobHandler) -> JobHandler:
        JOBS[kind] = handler
        return handler

    return register


class Sandbox:
    """One local WeChat. Thread-safe: whatever changes something does it inside `unit()`."""

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.store = Store(config.data)
        self.clock = Clock()
        self.faults = Faults()
        self.log = Log()
        self.world = 0  # a reset makes another; what is still under way belongs to the former
        self.base_url = config.base_url.rstrip("/")
        self._local = threading.local()
        self._wake = threading.Condition()
        self._stopped = threading.Event()
        self._ticker: threading.Thread | None = None
        self._load()
        self.courier = Courier(self)

    # Start, reset, stop

    def _load(self) -> None:
        config = self.config
        seed = self.store.get("seed")
        self.seed: int = config.seed if config.seed is not None else (seed or time.time_ns() % 2**31)
        self.noise = random.Random()
        self._reseed()
        saved = self.store.get("settings")
        self.settings: dict[str, Any] = {**config.initial_settings(), **(saved or {})}
        self.account: dict[str, Any] = self._initial_account()
        for name, (was, value) in (self.store.get("account") or {}).items():
            # A change holds over a restart, unless the configuration says something new
            if self.account.get(name) == was:
                self.account[name] = value
        self.habits: dict[str, Any] = self.store.get("habits") or {}
        clock = self.store.get("clock")
        if clock:
            self.clock.load(clock)
        with self.store.tx():
            self.store.put("seed", self.seed)
            self._furnish(own_only=bool(self.store.value("SELECT count(*) FROM templates")))
        have = int(self.store.value("SELECT count(*) FROM followers"))
        if have < config.followers:
            self.add_followers(config.followers - have)

    def _reseed(self) -> None:
        """Each start and each reset has its own part of the seed's numbers: no openid comes twice."""
        epoch = int(self.store.get("epoch", 0))
        self.rng = random.Random(f"{self.seed}:{epoch}")  # delays, habits, luck
        self.births = random.Random(f"{self.seed}:{epoch}:people")
        self.store.put("epoch", epoch + 1)

    def _initial_account(self) -> dict[str, Any]:
        config = self.config
        return {
            "app_id": config.app_id,
            "app_secret": config.app_secret,
            "token": config.token,
            "aes_key": config.aes_key,
            "original_id": config.original_id,
            "name": config.name,
            "callback_url": config.callback_url,
            "mode": config.mode,
            "type": config.account_type,
            "verified": config.verified,
            "protection": False,
            "speed": 0,
            "mini_app_id": config.mini_app_id,
            "mini_app_secret": config.mini_app_secret,
        }

    def _furnish(self, own_only: bool = False) -> None:
        """What an account has from the beginning: its templates."""
        from .furniture import TEMPLATES

        for row in TEMPLATES(self.config.template_id)[: 1 if own_only else None]:
            self.store.run(
                "INSERT OR IGNORE INTO templates (template_id, kind, title, content, example, long_term, vals)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )

    def start(self) -> None:
        """Start the thread that does what falls due."""
        if self._ticker is None:
            self._ticker = threading.Thread(target=self._loop, name="sandbox-jobs", daemon=True)
            self._ticker.start()

    def stop(self) -> None:
        """End the threads and close the store."""
        self._stopped.set()
        self.poke()
        if self._ticker is not None:
            self._ticker.join(2)
        self.courier.stop()
        self.save_clock()
        self.store.close()

    def reset(self, everything: bool = False) -> None:
        """Empty the world; account and settings as at the start (the callback URL stays)."""
        callback_url = self.account["callback_url"]
        with self.unit():
            self.world += 1
            self.store.clear(("meta",) if everything else ("meta", "tokens"))
            self.faults.set([])
            self.log.clear()
            self._reseed()
            self.settings = self.config.initial_settings()
            self.account = self._initial_account()
            if not everything:
                self.account["callback_url"] = callback_url
            self.habits = {}
            self.clock.set(time.time(), 1)
            self.store.run("DELETE FROM meta WHERE key NOT LIKE 'next:%' AND key NOT IN ('seed', 'epoch')")
            self.store.put("account", self.changed_account())
            self._furnish()
            self.save_clock()
        if self.config.followers:
            self.add_followers(self.config.followers)
        self.poke()

    def save_clock(self) -> None:
        """Keep the clock for a restart."""
        self.store.put("clock", self.clock.save())

    # Account and settings

    def changed_account(self) -> dict[str, Any]:
        initial = self._initial_account()
        return {k: [initial[k], v] for k, v in self.account.items() if initial[k] != v}

    def change_account(self, changes: dict[str, Any]) -> None:
        """Switch type, mode, protection and so on. Raises ValueError for a value that cannot be."""
        for name, value in changes.items():
            if name not in self.account:
                raise ValueError(f"unknown field {name!r}")
            if name == "type" and value not in ACCOUNT_TYPES:
                raise ValueError(f"type is one of {', '.join(ACCOUNT_TYPES)}")
            if name == "mode" and value not in MODES:
                raise ValueError(f"mode is one of {', '.join(MODES)}")
            if not isinstance(value, type(self.account[name])):
                raise ValueError(f"{name} has the wrong type")
        with self.unit():
            self.account.update(changes)
            self.store.put("account", self.changed_account())

    def change_settings(self, changes: dict[str, Any]) -> None:
        """Change numbers and switches. Raises ValueError for a name that does not exist."""
        initial = self.config.initial_settings()
        for name, value in changes.items():
            if name not in initial:
                raise ValueError(f"unknown setting {name!r}")
            default = initial[name]
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if isinstance(default, bool):
                fits = isinstance(value, bool)
            elif default is None:
                fits = value is None or number
            elif isinstance(default, int | float):
                fits = number
            else:
                fits = isinstance(value, type(default))
            if not fits:
                raise ValueError(f"{name} has the wrong type")
            if name == "ip_whitelist":
                for entry in value:  # addresses and CIDR blocks, no 203.0.113.*
                    ipaddress.ip_network(entry, strict=False)
        with self.unit():
            self.settings.update(changes)
            self.store.put("settings", {k: v for k, v in self.settings.items() if initial[k] != v})

    # Work

    @contextmanager
    def unit(self) -> Iterator[None]:
        """One atomic change; what was `defer`red inside runs after it is kept."""
        depth: int = getattr(self._local, "depth", 0)
        if not depth:
            self._local.deferred = []
        self._local.depth = depth + 1
        done: list[Callable[[], None]] = []
        try:
            mark = len(self._local.deferred)
            try:
                with self.store.tx():
                    yield
            except BaseException:
                del self._local.deferred[mark:]
                raise
        finally:
            self._local.depth -= 1
            if not self._local.depth:
                done, self._local.deferred = self._local.deferred, []
        for action in done:
            action()

    def defer(self, action: Callable[[], None]) -> None:
        """Do it after the present unit is kept (at once outside of one)."""
        if getattr(self._local, "depth", 0):
            self._local.deferred.append(action)
        else:
            action()

    def now(self) -> float:
        """The sandbox's time, unix seconds."""
        return self.clock.now()

    def schedule(self, kind: str, delay_s: float, data: dict[str, Any]) -> int:
        """Do a job when the sandbox's clock has moved on by `delay_s`."""
        number = self.store.insert(
            "INSERT INTO jobs (due, kind, data) VALUES (?, ?, ?)",
            (self.now() + delay_s, kind, json.dumps(data, ensure_ascii=False)),
        )
        self.defer(self.poke)
        return number

    def poke(self) -> None:
        """Look again at what is due."""
        with self._wake:
            self._wake.notify_all()

    def _loop(self) -> None:
        saved = time.monotonic()
        while not self._stopped.is_set():
            try:
                busy = self.run_due()
                if time.monotonic() - saved > 5:
                    saved = time.monotonic()
                    self.save_clock()
            except Exception:
                if self._stopped.is_set():
                    return
                logger.exception("a job failed")
                busy = False
            if busy:
                continue
            with self._wake:
                if self._stopped.is_set():
                    return
                due = self.store.value("SELECT min(due) FROM jobs")
                wait = 0.5 if due is None else min(0.5, self.clock.real_seconds(due))
                if wait > 0:
                    self._wake.wait(max(wait, 0.001))

    def run_due(self) -> bool:
        """Do the jobs that are due, each in a unit of its own; tell whether there were any."""
        jobs = self.store.rows(
            "SELECT id, kind, data FROM jobs WHERE due <= ? ORDER BY due, id LIMIT 200", (self.now(),)
        )
        for number, kind, data in jobs:
            try:
                with self.unit():
                    if self.store.run("DELETE FROM jobs WHERE id = ?", (number,)):
                        JOBS[kind](self, json.loads(data))
            except Exception:
                logger.exception("job %s failed", kind)
                self.store.run("DELETE FROM jobs WHERE id = ?", (number,))
        return bool(jobs)

    # Numbers and names

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

    # People

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

    # Addresses

    def article_url(self, mid: int, idx: int, sn: str, sent: bool = True) -> str:
        """The public address of an article."""
        base = self.settings["article_base_url"] or self.base_url or "http://mp.weixin.qq.com"
        if not sent:
            return f"{base}/s?__biz={self.biz}&tempkey={sn}#wechat_redirect"
        return f"{base}/s?__biz={self.biz}&mid={mid}&idx={idx}&sn={sn}#wechat_redirect"

    @property
    def biz(self) -> str:
        """The account's number as WeChat writes it in addresses."""
        return base64.b64encode(
            str(3_000_000_000 + sum(self.account["original_id"].encode())).encode()
        ).decode()

    def picture_url(self, picture: str, kind: str) -> str:
        """The address of a picture that was uploaded."""
        form = {"jpeg": "jpeg", "png": "png", "gif": "gif"}.get(kind, "jpeg")
        short = {"jpeg": "jpg"}.get(form, form)
        return f"{self.settings['image_base_url']}/mmbiz_{short}/{picture}/0?wx_fmt={form}"

    def public_account(self) -> dict[str, Any]:
        """The account without its secrets."""
        hidden = {"app_secret", "token", "aes_key", "mini_app_secret"}
        return {k: v for k, v in self.account.items() if k not in hidden}

    def state(self) -> dict[str, Any]:
        """Account, settings, clock and counts, for whoever looks."""
        counts = {
            name: self.store.value(f"SELECT count(*) FROM {name}")
            for name in (
                "followers",
                "tags",
                "drafts",
                "publishes",
                "mass",
                "feed",
                "qrcodes",
                "jobs",
                "groups",
            )
        }
        counts["following"] = self.store.value("SELECT count(*) FROM followers WHERE subscribed = 1")
        return {
            "account": self.public_account(),
            "settings": self.settings,
            "habits": self.habits,
            "clock": self.clock.state(),
            "faults": self.faults.wire(),
            "counts": counts,
            "seed": self.seed,
            "base_url": self.base_url,
            "log": self.log.last(),
        }
