"""What people write for an audience: ``all``, or sets joined by commas, then ``within`` and ``without`` as often as wanted.

``branch:第一党支部,branch:第二党支部 within column:学习园地 without grid:第一网格`` means those of the two branches who
take the column and do not live in the grid. ``saved:NAME`` stands for an audience that was given a name, as it is at that moment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from types import MappingProxyType

from sqlalchemy.orm import Session

from ground.errors import Refused
from models import Push
from scheduler.audience import saved
from scheduler.audience.kinds import BY_WORD, KINDS, of_number
from scheduler.audience.values import EVERYONE, Audience, Part, labels

SAVED = "saved"
_SAVED = (SAVED, "常用", "常用对象")
_WITHIN, _WITHOUT = "within", "without"
_OPERATOR = re.compile(r"\s(within|without)\s")
_HOW = "推送对象请写 all，或 branch:党支部、community:社区、grid:网格等，多个用逗号隔开"
_LONGEST = 1000


def name_in(piece: str) -> str | None:
    """The name in ``saved:NAME``; None for anything else."""
    kind, separator, name = (half.strip() for half in piece.replace("：", ":").partition(":"))
    return name if separator and kind.lower() in _SAVED and name else None


def compose(base: str, within: Sequence[str] = (), without: Sequence[str] = ()) -> str:
    """One text of its pieces; empty ones are left out."""
    limited = [f" {_WITHIN} {one.strip()}" for one in within if one.strip()]
    left_out = [f" {_WITHOUT} {one.strip()}" for one in without if one.strip()]
    return "".join([base.strip(), *limited, *left_out])


def label_of(text: str, called: Mapping[str, str] = MappingProxyType({})) -> str:
    """What a person reads for a stored text; ``called`` says what branches are called, by their names."""
    base, within, without = _roles(text)
    words = partial(_words, called=called)
    return _sentence(words(base), map(words, within), map(words, without))


def _sentence(said: str, within: Iterable[str], without: Iterable[str]) -> str:
    narrowed = [*(f"限{union}" for union in within), *(f"除去{union}" for union in without)]
    return f"{said}（{'；'.join(narrowed)}）" if narrowed else said


def _words(union: str, called: Mapping[str, str]) -> str:
    return "、".join(_word(piece, called) for piece in _pieces(union))


def _word(piece: str, called: Mapping[str, str]) -> str:
    if piece.lower() in (EVERYONE, "to-all"):
        return "全部关注者"
    kind, _, name = piece.partition(":")
    if kind == SAVED:
        return name
    if kind == "branch":
        return called.get(name, name)
    return KINDS[kind].reads(name) if kind in KINDS else name or piece


def parse(
    session: Session,
    text: str,
    *,
    at: datetime,
    known: Mapping[str, int] | None = None,
    notice_of: int | None = None,
) -> Audience:
    """Understand the text of an audience as it stands ``at`` that moment.

    ``known`` is what its names stood for when it was kept (:attr:`Audience.meant`): a place that has another name by now is the
    same place. ``notice_of`` is the activity of whose notice it is: only the one reminder of an activity leaves out who has
    answered, so that nobody can be chosen for not having checked in. Raises :class:`errors.Refused` naming the part that is not
    understood.
    """
    numbers = dict(known or {})
    base, within, without = _roles(_with_saved(session, text, numbers))
    pieces = _pieces(base)
    if not pieces:
        raise Refused(f"请填写推送对象。{_HOW}")
    if any(piece.lower() == EVERYONE for piece in pieces):
        if len(pieces) > 1:
            raise Refused("推送对象 all 已包含所有人，请不要再写其他对象")
        parts: tuple[Part, ...] = ()
    else:
        parts = _union(session, base, at, numbers)
    limited = tuple(_union(session, union, at, numbers) for union in within)
    left_out = tuple(dict.fromkeys(part for union in without for part in _union(session, union, at, numbers)))
    normal = compose(
        _text(parts) if parts else EVERYONE, [_text(union) for union in limited], [_text(left_out)]
    )
    if len(normal) > _LONGEST:
        raise Refused("推送对象太多，请改选上一级（例如整个社区），或分成几次推送")
    label = _sentence(
        labels(parts) or "全部关注者", map(labels, limited), [labels(left_out)] if left_out else []
    )
    audience = Audience(normal, parts, limited, left_out, label)
    if any(KINDS[part.kind].own_notice and part.id != notice_of for part in audience.every_part):
        raise Refused("“已回应活动的人”只用于这个活动自己的提醒，不能用来挑选推送对象，请去掉")
    return audience


def of_push(session: Session, push: Push, *, at: datetime) -> Audience:
    """The audience of a push, as it was meant when it was decided. Raises :class:`errors.Refused`."""
    return parse(session, push.audience, at=at, known=push.meant, notice_of=push.activity_id)


def _with_saved(session: Session, text: str, numbers: dict[str, int]) -> str:
    """The text with every ``saved:NAME`` written out; what their names stand for is added to ``numbers``.

    One that is limited or leaves out is taken as a whole: it may only stand first and alone, with more of both behind it.
    """
    base, within, without = _roles(text)
    if not all(map(_pieces, [*within, *without])):
        raise Refused(f"请写明限定或除去的是谁。{_HOW}")
    first = _pieces(base)
    if len(first) == 1 and (name := name_in(first[0])) is not None:
        whole = saved.get(session, name)
        numbers |= whole.meant
        base = whole.text
    else:
        base = _joined(session, base, numbers)
    return compose(
        base,
        [_joined(session, union, numbers) for union in within],
        [_joined(session, union, numbers) for union in without],
    )


def _joined(session: Session, union: str, numbers: dict[str, int]) -> str:
    written: list[str] = []
    for piece in _pieces(union):
        name = name_in(piece)
        if name is None:
            written.append(piece)
            continue
        kept = saved.get(session, name)
        if _OPERATOR.search(kept.text) or kept.text == EVERYONE:
            raise Refused(f"常用对象“{name}”本身有限定或除去的人，只能单独作为推送对象")
        numbers |= kept.meant
        written.append(kept.text)
    return ",".join(written)


def _roles(text: str) -> tuple[str, list[str], list[str]]:
    base, *rest = _OPERATOR.split(f" {text} ")
    pairs = list(zip(rest[::2], rest[1::2], strict=True))
    return (
        base.strip(),
        [union.strip() for operator, union in pairs if operator == _WITHIN],
        [union.strip() for operator, union in pairs if operator == _WITHOUT],
    )


def _pieces(union: str) -> list[str]:
    return [piece.strip() for piece in re.split(r"[,，]", union) if piece.strip()]


def _text(union: Sequence[Part]) -> str:
    return ",".join(part.text for part in union)


def _union(session: Session, union: str, at: datetime, numbers: Mapping[str, int]) -> tuple[Part, ...]:
    return tuple(dict.fromkeys(_part(session, piece, at, numbers) for piece in _pieces(union)))


def _part(session: Session, piece: str, at: datetime, numbers: Mapping[str, int]) -> Part:
    if piece.lower() == EVERYONE:
        raise Refused("all 只能作为推送对象，不能用来限定或除去")
    kind, separator, name = (half.strip() for half in piece.replace("：", ":").partition(":"))
    if not separator or kind.lower() not in BY_WORD or not name:
        raise Refused(f"推送对象“{piece}”看不懂。{_HOW}")
    found = BY_WORD[kind.lower()]
    number = numbers.get(f"{found.name}:{name}")
    part = of_number(session, found.name, number) if number is not None else None
    part = part or found.find(session, name)
    if found.check is not None:
        found.check(session, part, at)
    return replace(part, label=part.label or found.reads(part.name))
