"""What people try with an article: each a deed for the books, and how it is done, by a service or by a form of the console."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from content import corrections, drafting, lifecycle, releasing, review
from content.revisions import Fields
from models import User
from tests.torture.newsroom import Newsroom
from tests.torture.register import Deed
from tests.torture.sheet import Line, Sheet

WHY, NOTE = "台风预警，今天必须发布", "第三段活动时间应为 12 月 5 日，特此更正。"
SECRET = "<p>机密★ 内部资料</p>"

Service = Callable[[Session, User, datetime], object]


@dataclass(frozen=True)
class Try:
    """A deed with its service, and, where the console has a form for it, the form's address and what is typed."""

    deed: Deed
    service: Service
    path: str = ""
    form: Mapping[str, Any] = field(default_factory=dict)


class Papers:
    """Makes tries of what stands in the tables; ``pages`` are those that somebody opened at some time."""

    def __init__(self, room: Newsroom, rng: Random) -> None:
        self._room, self._rng = room, rng
        self._limits, self._wechat = room.settings.limits, room.settings.wechat.limits
        self.pages: dict[int, list[tuple[str, int, int]]] = {}
        self._written = 0

    def look(self, sheet: Sheet) -> None:
        """Everybody has the pages of now, and keeps those of before."""
        for line in sheet.articles.values():
            kept = self.pages.setdefault(line.id, [])
            page = (line.hash, line.version, line.stage)
            if not kept or kept[-1] != page:
                kept.append(page)

    def _page(self, line: Line) -> tuple[str, int, int]:
        """Mostly the page as it is, now and then an old one."""
        kept = self.pages[line.id]
        return kept[-1] if self._rng.random() < 0.88 else self._rng.choice(kept[-4:])

    def _title(self) -> str:
        self._written += 1
        return f"第 {self._written} 稿"

    def make(self, name: str, who: int, line: Line, sheet: Sheet) -> Try:
        """Somebody is about to do this with this article, or in the office."""
        made: Try = getattr(self, f"_{name}")(who, line, sheet)
        return made

    # --- writing ---------------------------------------------------------------------------------------------------

    def _create(self, who: int, _line: Line, _sheet: Sheet) -> Try:
        fields = Fields(
            self._title(), self._rng.choice(sorted(self._room.columns.values())), "社区", "一件小事",
            "<p>楼道里的灯修好了。</p>", self._room.cover,
        )  # fmt: skip
        return Try(
            Deed("create", who),
            lambda s, me, at: drafting.create(s, me, fields, at=at),
            "articles/new",
            _typed(fields),
        )

    def _edit(self, who: int, line: Line, _sheet: Sheet) -> Try:
        rng, (_, version, _stage) = self._rng, self._page(line)
        column, title, author, digest, html, cover, square, source = line.text
        fields = Fields(title, column, author, digest, html, cover, source, square)
        how = rng.random()
        if how < 0.6:
            fields = replace(fields, title=self._title())
        elif how < 0.7:
            fields = replace(fields, html=SECRET if rng.random() < 0.4 else f"<p>{self._title()}。</p>")
        elif how < 0.8:
            fields = replace(fields, column_id=rng.choice(sorted(self._room.columns.values())))
        elif how < 0.9:
            square = rng.choice((None, 0, 400))
            fields = replace(fields, html="<p>楼道里的灯修好了。</p>", cover_square=square)
        return Try(
            Deed("edit", who, line.id),
            lambda s, me, at: drafting.save(
                s, line.id, me, fields, expected_version=version, limits=self._wechat, at=at
            ),
            f"articles/{line.id}/edit",
            {**_typed(fields), "version": version},
        )

    def _restore(self, who: int, line: Line, _sheet: Sheet) -> Try:
        old = self._rng.randint(1, line.version)
        return Try(
            Deed("restore", who, line.id),
            lambda s, me, at: drafting.restore(
                s, line.id, me, old, expected_version=line.version, limits=self._wechat, at=at
            ),
        )

    def _submit(self, who: int, line: Line, _sheet: Sheet) -> Try:
        seen = self._page(line)[0]
        return Try(
            Deed("submit", who, line.id),
            lambda s, me, at: review.submit(s, line.id, me, limits=self._wechat, expected_hash=seen, at=at),
            f"articles/{line.id}/submit",
            {"hash": seen},
        )

    def _withdraw(self, who: int, line: Line, _sheet: Sheet) -> Try:
        return self._plain("withdraw", who, line, review.withdraw)

    def _archive(self, who: int, line: Line, _sheet: Sheet) -> Try:
        return self._plain("archive", who, line, lifecycle.archive)

    def _bring_back(self, who: int, line: Line, _sheet: Sheet) -> Try:
        return self._plain("bring_back", who, line, lifecycle.bring_back, "bring-back")

    def _plain(self, name: str, who: int, line: Line, act: Callable[..., object], path: str = "") -> Try:
        return Try(
            Deed(name, who, line.id),
            lambda s, me, at: act(s, line.id, me, at=at),
            f"articles/{line.id}/{path or name}",
        )

    # --- reviewing ---------------------------------------------------------------------------------------------------

    def _approve(self, who: int, line: Line, _sheet: Sheet) -> Try:
        seen, _, stage = self._page(line)
        return Try(
            Deed("approve", who, line.id, seen, stage),
            lambda s, me, at: review.approve(
                s, line.id, me, limits=self._limits, expected_hash=seen, expected_stage=stage, at=at
            ),
            f"articles/{line.id}/review" if stage else "",
            {"hash": seen, "stage": stage, "decision": "approve"},
        )

    def _return(self, who: int, line: Line, _sheet: Sheet) -> Try:
        seen, _, stage = self._page(line)
        reason = self._reason("标题与正文不符")
        return Try(
            Deed("return", who, line.id, seen, stage, reason),
            lambda s, me, at: review.send_back(
                s, line.id, me, reason=reason, expected_hash=seen, expected_stage=stage, at=at
            ),
            f"articles/{line.id}/review" if stage else "",
            {"hash": seen, "stage": stage, "decision": "return", "reason": reason},
        )

    def _reason(self, text: str) -> str:
        return text if self._rng.random() < 0.92 else self._rng.choice(("", "  ", "急"))

    def _revoke(self, who: int, line: Line, _sheet: Sheet) -> Try:
        reason = self._reason("有一个数字不对")
        return Try(
            Deed("revoke", who, line.id, reason=reason),
            lambda s, me, at: review.revoke(s, line.id, me, reason=reason, at=at),
            f"articles/{line.id}/revoke",
            {"reason": reason},
        )

    def _release(self, who: int, line: Line, _sheet: Sheet) -> Try:
        seen, reason = self._page(line)[0], self._reason(WHY)
        return Try(
            Deed("release", who, line.id, seen, reason=reason),
            lambda s, me, at: releasing.release(
                s, line.id, me, reason=reason, limits=self._limits, expected_hash=seen, at=at
            ),
            f"articles/{line.id}/release",
            {"hash": seen, "urgency": reason},
        )

    def _release_drop(self, who: int, line: Line, _sheet: Sheet) -> Try:
        return self._plain("release_drop", who, line, releasing.drop, "release/drop")

    def _countersign(self, who: int, line: Line, sheet: Sheet) -> Try:
        urgent = sheet.open_urgent(line.id)
        seen, stage = (urgent.hash, urgent.stage) if urgent else (line.hash, max(line.stage, 1))
        if self._rng.random() < 0.1:
            stage = self._rng.randint(1, 3)
        return Try(
            Deed("countersign", who, line.id, seen, stage),
            lambda s, me, at: releasing.countersign(
                s, line.id, me, expected_hash=seen, expected_stage=stage, at=at
            ),
            f"articles/{line.id}/countersign" if stage else "",
            {"hash": seen, "stage": stage},
        )

    # --- afterwards ----------------------------------------------------------------------------------------------------

    def _correct(self, who: int, line: Line, _sheet: Sheet) -> Try:
        reason = self._reason("活动时间写错了")
        return Try(
            Deed("correct", who, line.id),
            lambda s, me, at: corrections.begin(s, line.id, me, reason=reason, note_=NOTE, at=at),
            f"articles/{line.id}/correct",
            {"reason": reason, "note": NOTE},
        )

    def _retract_ask(self, who: int, line: Line, _sheet: Sheet) -> Try:
        reason = self._reason("活动取消了")
        return Try(
            Deed("retract_ask", who, line.id),
            lambda s, me, at: corrections.ask_to_retract(s, line.id, me, reason=reason, note_=NOTE, at=at),
            f"articles/{line.id}/retract",
            {"reason": reason, "note": NOTE},
        )

    def _amend(self, line: Line, sheet: Sheet) -> int:
        found = sheet.open_amend(line.id) or sheet.amended_in(line.id)
        return found.id if found else self._rng.choice(sorted(sheet.amends) or [0])

    def _retract(self, who: int, line: Line, sheet: Sheet) -> Try:
        number = self._amend(line, sheet)
        target = sheet.amends[number].article if number else 0
        return Try(
            Deed("retract", who, target),
            lambda s, me, at: corrections.retract(s, number, me, at=at),
            f"corrections/{number}/retract",
        )

    def _amend_drop(self, who: int, line: Line, sheet: Sheet) -> Try:
        number = self._amend(line, sheet)
        return Try(
            Deed("amend_drop", who),
            lambda s, me, at: corrections.drop(s, number, me, at=at),
            f"corrections/{number}/drop",
        )


def _typed(fields: Fields) -> dict[str, Any]:
    """Fields as a form has them."""
    names = ("title", "column_id", "author", "digest", "html", "cover_sha256", "source_url", "cover_square")
    return {name: value for name in names if (value := getattr(fields, name)) is not None}


__all__ = ["WHY", "Papers", "Try"]
