"""推送对象 as sets of followers: unions, what they are limited to, and who is left out.

:mod:`.text` understands what people write, :mod:`.kinds` knows the kinds of sets, :mod:`.finding` asks who is in them and
:mod:`.saved` keeps those that have a name. Nobody can be chosen for not having checked in: there is no such kind, and there must
never be one.
"""

from scheduler.audience.finding import narrowing, people, roster_size
from scheduler.audience.kinds import KINDS
from scheduler.audience.text import SAVED, compose, label_of, of_push, parse
from scheduler.audience.values import EVERYONE, Audience, Part, Person

__all__ = [
    "EVERYONE",
    "KINDS",
    "SAVED",
    "Audience",
    "Part",
    "Person",
    "compose",
    "label_of",
    "narrowing",
    "of_push",
    "parse",
    "people",
    "roster_size",
]
