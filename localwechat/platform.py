"""The platform: the account and its people put together with faults, the log and the courier; start, reset, stop."""

from __future__ import annotations

import time
from typing import Any

from .config import SandboxConfig
from .courier import Courier
from .crowd import Crowd
from .faults import Faults
from .log import Log
from .store import Store


class Sandbox(Crowd):
    """One local WeChat. Thread-safe: whatever changes something does it inside `unit()`."""

    def __init__(self, config: SandboxConfig) -> None:
        super().__init__(config, Store(config.data))
        self.faults = Faults()
        self.log = Log()
        self.world = 0  # a reset makes another; what is still under way belongs to the former
        self._load()
        self.courier = Courier(self)

    def _load(self) -> None:
        self.habits: dict[str, Any] = self.store.get("habits") or {}
        clock = self.store.get("clock")
        if clock:
            self.clock.load(clock)
        with self.store.tx():
            self.store.put("seed", self.seed)
            self._furnish(own_only=bool(self.store.value("SELECT count(*) FROM templates")))
        have = int(self.store.value("SELECT count(*) FROM followers"))
        if have < self.config.followers:
            self.add_followers(self.config.followers - have)

    def _furnish(self, own_only: bool = False) -> None:
        """What an account has from the beginning: its templates."""
        from .furniture import TEMPLATES

        for row in TEMPLATES(self.config.template_id)[: 1 if own_only else None]:
            self.store.run(
                "INSERT OR IGNORE INTO templates (template_id, kind, title, content, example, long_term, vals)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )

    def stop(self) -> None:
        """End the threads and close the store."""
        super().stop()
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
