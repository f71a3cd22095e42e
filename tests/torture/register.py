"""The books of an editorial office: who wrote, who signed for what, and what may be out therefore. They know no service.

Kept from what was done and by whom alone. After each step they say what must stand in the tables, whether what was done was
allowed, whether what was refused was not, and that nothing waits to go out or is out but what was signed for as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.torture.rules import (
    BESIDE,
    BESIDE_IT,
    CARRIED,
    FIRST_WORD,
    MACHINE,
    OFFERED,
    OWN,
    RIGHT,
    WAITING,
    WORDS,
)
from tests.torture.sheet import Entry, Line, Sheet, Text

OFFICE_STAGES = 3
_REVIEWS = ("admin", "reviewer")
_CLEARED = ("approved", "queued", "planned", "publishing", "published", "corrected")
_AGREED = 2
_JOINED_WITHIN = timedelta(hours=24)


@dataclass(frozen=True)
class Deed:
    """What somebody tries: ``seen`` and ``stage`` are those of the page that was read, ``reason`` what was given as one."""

    name: str
    who: int
    article: int = 0
    seen: str = ""
    stage: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Signature:
    """Somebody has read this text for a stage, perhaps in another's place."""

    stage: int
    person: int
    instead_of: int | None
    text: Text
    release: bool = False


@dataclass
class Paper:
    """An article, as a careful secretary would keep its file. ``hands`` are all who wrote in it, ``passed`` what may go out."""

    author: int
    hands: set[int]
    signed: list[Signature] = field(default_factory=list)
    wanted: int | None = None
    hurried: list[tuple[int, str, Text, datetime]] = field(default_factory=list)
    owed: tuple[int, int] | None = None
    owing: Text | None = None
    passed: Text | None = None

    def people(self) -> list[int]:
        """All who have to do with it."""
        signed = {who for one in self.signed for who in (one.person, one.instead_of) if who is not None}
        return sorted({self.author} | self.hands | signed | {who for who, *_ in self.hurried})

    def falls(self) -> None:
        """Nothing that was signed counts any more."""
        self.signed, self.hurried, self.owed, self.passed = [], [], None, None


class Register:
    """The files of all articles; ``breaks`` are sentences, none is wanted."""

    def __init__(self, sheet: Sheet) -> None:
        self.papers: dict[int, Paper] = {}
        self.breaks: list[str] = []
        self.out: set[int] = set()
        self.ever: set[tuple[str, str]] = set()
        self._texts: dict[str, Text] = {}
        self._last = sheet

    # --- who may -----------------------------------------------------------------------------------------------

    def seats(self, who: int, article: int, stage: int, sheet: Sheet, day: str) -> set[int]:
        """In whose places somebody may sign a stage: the own, or those of others; none."""
        person = sheet.people[who]
        if not (person.active and person.role in _REVIEWS) or self._is_concerned(who, article, sheet, day):
            return set()
        column = sheet.articles[article].column
        if self._is_placed(who, column, stage, sheet):
            return {who}
        return {
            one.user
            for one in sheet.lent.values()
            if one.deputy == who
            and one.first_day <= day <= one.last_day
            and sheet.people[one.user].active
            and sheet.people[one.user].role in _REVIEWS
            and not self._is_concerned(one.user, article, sheet, day)
            and self._is_placed(one.user, column, stage, sheet)
        }

    def _writers(self, article: int, sheet: Sheet) -> set[int]:
        """All who wrote a text; of a correction also what it corrects, and the corrections of that which came before."""
        texts, amend = [article], sheet.amended_in(article)
        if amend is not None:
            texts.append(amend.article)
            made = (one for one in sheet.amends.values() if one.article == amend.article)
            texts += [one.draft for one in made if one.id < amend.id and one.status == "done" and one.draft]
        return {who for one in texts for who in (self.papers[one].author, *self.papers[one].hands)}

    def _is_concerned(self, who: int, article: int, sheet: Sheet, day: str) -> bool:
        """Whether somebody wrote it, or signed for it, or is bound just now by a 委托 to a reviewer who did."""
        signed = {by for one in self.papers[article].signed for by in (one.person, one.instead_of)}
        lent = [one for one in sheet.lent.values() if one.first_day <= day <= one.last_day]
        others = {one.deputy for one in lent if one.user == who} | {
            one.user for one in lent if one.deputy == who
        }
        bound = {one for one in others if sheet.people[one].active and sheet.people[one].role in _REVIEWS}
        return who in self._writers(article, sheet) or bool(({who} | bound) & signed)

    @staticmethod
    def _is_placed(who: int, column: int, stage: int, sheet: Sheet) -> bool:
        if named := sheet.named.get((column, stage)):
            return who in named
        return sheet.people[who].stage in (None, stage)

    def _may_hurry(self, who: int, article: int, sheet: Sheet) -> bool:
        person = sheet.people[who]
        able = person.active and person.role in _REVIEWS
        return able and who not in self._writers(article, sheet)

    def _hurrying(self, article: int, sheet: Sheet, at: datetime) -> list[tuple[int, str, Text, datetime]]:
        """The signatures in a hurry that still count: of those who may still give one, and of the last 24 hours."""
        signed = self.papers[article].hurried
        return [
            one for one in signed if self._may_hurry(one[0], article, sheet) and at - one[3] < _JOINED_WITHIN
        ]

    def allows(self, deed: Deed, sheet: Sheet, day: str, at: datetime) -> bool | None:
        """Whether this must be done, or must be refused; None where these books have no rule of their own for it."""
        line = sheet.articles.get(deed.article)
        if line is None:
            return None
        fresh = deed.seen in ("", line.hash)
        if deed.name in ("approve", "return"):
            ready = line.status == "in_review" and fresh and deed.stage in (0, line.stage)
            reasoned = deed.name == "approve" or bool(deed.reason.strip())
            return ready and reasoned and bool(self.seats(deed.who, line.id, line.stage, sheet, day))
        if deed.name == "release":
            signed = [who for who, *_ in self._hurrying(line.id, sheet, at)]
            ready = line.status == "in_review" and fresh and len(deed.reason.strip()) >= 4
            return ready and self._may_hurry(deed.who, line.id, sheet) and deed.who not in signed
        if deed.name == "countersign":
            owed = self.papers[line.id].owed
            if owed is None or owed[0] > owed[1] or deed.stage not in (0, owed[0]):
                return False
            same = not deed.seen or self._texts.get(deed.seen) == self.papers[line.id].owing
            return same and bool(self.seats(deed.who, line.id, owed[0], sheet, day))
        return None

    # --- what was done -----------------------------------------------------------------------------------------

    def judge(
        self, deed: Deed, after: Sheet, entries: list[Entry], refusal: str | None, *, day: str, at: datetime
    ) -> None:
        """Hold one try of a person against the rules, and write down what was done. ``refusal`` None: it was not refused."""
        before, self._last = self._last, after
        done = bool(entries)
        if refusal is not None and (done or not before.same_as(after)):
            self._say(deed, f"was refused ({refusal}) and yet changed something")
        if not done and refusal is None and not before.same_as(after):
            self._say(deed, "changed something of which the trail says nothing")
        allowed = self.allows(deed, before, day, at)
        if allowed is not None and allowed != done:
            self._say(
                deed, "was done against the rules" if done else f"was refused without a cause ({refusal})"
            )
        if done:
            self._judge_done(deed, before, after, entries)
        self._moves(deed, before, after)
        if done:
            self._write(deed, before, after, at)
        self._holds(deed.name, after)

    def machine(self, after: Sheet) -> None:
        """Hold what the machine did by itself against the rules."""
        before, self._last = self._last, after
        self._moves(None, before, after)
        for kind in ("decisions", "urgent", "people", "lent", "stages", "named"):
            if getattr(before, kind) != getattr(after, kind):
                self.breaks.append(f"the machine changed {kind}")
        self._holds("the machine", after)

    def _judge_done(self, deed: Deed, before: Sheet, after: Sheet, entries: list[Entry]) -> None:
        person = before.people[deed.who]
        if not person.active or person.role not in RIGHT[deed.name]:
            self._say(deed, f"was done by {person}")
        said = [one.action for one in entries]
        beside = [one for one in said if one not in WORDS[deed.name]]
        if len(said) - len(beside) != 1 or not set(beside) <= BESIDE_IT.get(deed.name, set()):
            self._say(deed, f"is told as {said}")
        if any(one.user != deed.who for one in entries):
            self._say(deed, f"is told of another: {entries}")
        if before.same_as(after) and deed.name not in FIRST_WORD:
            self._say(deed, "was told, and nothing has changed")

    def _moves(self, deed: Deed | None, before: Sheet, after: Sheet) -> None:
        """Each article that stands elsewhere now got there on a way that there is."""
        name, target = (deed.name, deed.article) if deed else ("machine", 0)
        amend = before.amended_in(target) if target else None
        for line in after.articles.values():
            was = before.articles.get(line.id)
            if was is None:
                if name not in ("create", "correct") or line.status != "draft":
                    self._odd(name, line, "appeared")
                continue
            if was.status != line.status:
                ways = (
                    MACHINE
                    if deed is None
                    else OWN[name]
                    if line.id == target
                    else BESIDE.get(name, frozenset())
                )
                if (was.status, line.status) not in ways:
                    self._odd(name, line, f"went from {was.status}")
            if was.text != line.text or was.hash != line.hash:
                mended = amend is not None and amend.status == "open" and amend.article == line.id
                written = name in ("edit", "restore") and line.id == target
                if not written and not (mended and after.articles[target].text == line.text):
                    self._odd(name, line, "has another text")
        if gone := before.articles.keys() - after.articles.keys():
            self.breaks.append(f"{name}: articles {sorted(gone)} are gone")

    def _write(self, deed: Deed, before: Sheet, after: Sheet, at: datetime) -> None:
        """What was done, into the files."""
        for ident in after.articles.keys() - before.articles.keys():
            self.papers[ident] = Paper(deed.who, {deed.who})
        paper, line = self.papers.get(deed.article), after.articles.get(deed.article)
        if paper is None or line is None:
            return
        changed = before.articles[line.id].text != line.text
        if deed.name in ("edit", "restore") and changed:
            paper.hands.add(deed.who)
            paper.falls()
            paper.wanted = after.stages[line.column]
        elif deed.name == "submit":
            paper.wanted = after.stages[line.column]
        elif deed.name in ("withdraw", "return", "revoke") or (
            deed.name in ("archive", "bring_back") and line.published_at is None
        ):
            paper.falls()
        elif deed.name == "approve":
            self._signed(paper, deed, before, after)
        elif deed.name in ("release", "release_drop"):
            self._hurried(paper, deed, before, after, at)
        elif deed.name == "countersign" and paper.owed is not None:
            self._sign(paper, deed, paper.owed[0], after, release=True)
            paper.owed = (paper.owed[0] + 1, paper.owed[1])

    def _sign(self, paper: Paper, deed: Deed, stage: int, after: Sheet, *, release: bool = False) -> None:
        mine = [one for one in after.decisions[deed.article] if one.person == deed.who and one.stage == stage]
        instead = mine[-1].instead_of if mine else None
        text = paper.owing if release and paper.owing else after.articles[deed.article].text
        paper.signed.append(Signature(stage, deed.who, instead, text, release))

    def _signed(self, paper: Paper, deed: Deed, before: Sheet, after: Sheet) -> None:
        line = before.articles[deed.article]
        now = before.stages[line.column]
        most = max(paper.wanted or OFFICE_STAGES, now or OFFICE_STAGES)
        self._sign(paper, deed, line.stage, after)
        if len(paper.signed) != line.stage:
            self._say(deed, f"is the signature number {len(paper.signed)} for stage {line.stage}")
        is_last = line.stage >= most
        if is_last != (after.articles[line.id].status != "in_review"):
            self._say(deed, f"of stage {line.stage} of {most} leaves it {after.articles[line.id].status}")
        if is_last:
            people = [who for one in paper.signed for who in (one.person, one.instead_of) if who is not None]
            fair = len(set(people)) == len(people) and not set(people) & self._writers(line.id, before)
            if not fair or any(one.text != line.text for one in paper.signed):
                self._say(deed, f"lets it pass by {paper.signed}, written by {paper.hands}")
            paper.hurried = []
            self._pass(paper, line.text, before, after, line.id)

    def _hurried(self, paper: Paper, deed: Deed, before: Sheet, after: Sheet, at: datetime) -> None:
        if deed.name == "release_drop":
            paper.hurried = []
            return
        line = before.articles[deed.article]
        paper.hurried = self._hurrying(line.id, before, at)
        paper.hurried.append((deed.who, deed.reason, line.text, at))
        if (len(paper.hurried) == _AGREED) != (after.articles[line.id].status != "in_review"):
            self._say(deed, f"by {len(paper.hurried)} leaves it {after.articles[line.id].status}")
        if len(paper.hurried) < _AGREED:
            return
        (one, why, first, _), (two, because, second, _) = paper.hurried
        concerned = {one, two} & self._writers(line.id, before)
        if one == two or concerned or not (why.strip() and because.strip()) or first != second:
            self._say(deed, f"lets it pass by {paper.hurried}, written by {paper.hands}")
        now = before.stages[line.column]
        most = max(paper.wanted or OFFICE_STAGES, now or OFFICE_STAGES, line.stage)
        paper.owed, paper.owing = (line.stage, most), line.text
        self._pass(paper, line.text, before, after, line.id)

    def _pass(self, paper: Paper, text: Text, before: Sheet, after: Sheet, ident: int) -> None:
        """It may go out; where it corrects another, that one has this text from now on."""
        paper.passed = text
        self.ever.add((text[1], text[4]))
        amend = before.amended_in(ident)
        if amend is None or amend.status != "open":
            return
        mended, draft = after.articles[amend.article], after.articles[ident]
        if (mended.status, mended.text, draft.status) != ("corrected", text, "archived"):
            self.breaks.append(f"the correction {amend.id} left {mended.status} and {draft.status}")
        self.papers[amend.article].passed = text

    # --- what must hold ------------------------------------------------------------------------------------------

    def _holds(self, name: str, sheet: Sheet) -> None:
        """Nothing is on its way or out that was not signed for as it is; the tables say of each signature what was done."""
        for line in sheet.articles.values():
            if self._texts.setdefault(line.hash, line.text) != line.text:
                self._odd(name, line, "has the hash of another text")
            if line.published_at is not None:
                self.out.add(line.id)
                if line.status not in OFFERED:
                    self._odd(name, line, "is out, and not where what is out may stand")
            elif line.status in ("published", "corrected"):
                self._odd(name, line, "counts as out, and never went")
            is_shown = line.status in _CLEARED or (line.status == "archived" and line.id in self.out)
            paper = self.papers[line.id]
            if is_shown and paper.passed != line.text:
                self._odd(name, line, f"was not signed for: {paper}")
            if line.status not in ("archived", "retracted", "corrected"):
                self._tables(name, line, paper, sheet)

        for ident, push in sheet.pushes.items():
            for line in (sheet.articles[one] for one in sheet.holds.get(ident, ()) if push[1] in WAITING):
                if line.status not in CARRIED:
                    self._odd(name, line, f"is in the push {push}")

    def _tables(self, name: str, line: Line, paper: Paper, sheet: Sheet) -> None:
        said = [(one.stage, one.person, one.instead_of) for one in sheet.decisions.get(line.id, ())]
        mine = [(one.stage, one.person, one.instead_of) for one in paper.signed]
        if said != mine:
            self._odd(name, line, f"has the reviews {said}, and was signed by {mine}")
        if any(self._texts.get(one.hash) != line.text for one in sheet.decisions.get(line.id, ())):
            self._odd(name, line, "has reviews of another text")
        urgent = sheet.open_urgent(line.id)
        if urgent is not None and urgent.hash != line.hash:
            self._odd(name, line, "is released for another text")
        asked = urgent is not None and urgent.status == "asked"
        if asked != (len(paper.hurried) == 1):
            self._odd(name, line, f"was asked for by {paper.hurried}, and the table says {urgent}")
        owed = urgent is not None and urgent.status == "released"
        if owed != (paper.owed is not None and paper.owed[0] <= paper.owed[1]):
            self._odd(name, line, f"owes {paper.owed}, and the table says {urgent}")
        if urgent is not None and owed and (urgent.stage, urgent.last_stage) != paper.owed:
            self._odd(name, line, f"owes {paper.owed}, and the table says {urgent}")

    def sent(self, bodies: Any) -> None:
        """WeChat is given these articles."""
        for one in bodies:
            if one.title not in {title for title, _ in self.ever}:
                self.breaks.append(f"WeChat was given “{one.title}”, which nobody signed for")

    def _say(self, deed: Deed, what: str) -> None:
        self.breaks.append(f"{deed} {what}")

    def _odd(self, name: str, line: Line, what: str) -> None:
        self.breaks.append(
            f"{name}: article {line.id} ({line.status}, stage {line.stage}, version {line.version}) {what}"
        )


__all__ = ["Deed", "Paper", "Register", "Signature"]
