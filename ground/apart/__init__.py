"""Work that must not harm this process is done apart: in a child with limits of time, memory and files.

    draft = apart.run(_read, data, gives=WordDraft, about=apart.About("Word 文档", "请另存一份再导入"))

A file from outside may keep a parser busy for minutes, make it ask for gigabytes or crash it. Done here it would hold the
interpreter's lock against the callback; done apart it is ended and named in Chinese, and nothing else notices.

How: a process with many threads must not fork, so one small process (``python -m ground.apart``, one thread, started when it is
first needed, ended when idle or when this process ends in whatever way) holds the parsers ready and forks one child a job. Each
child takes one function's name and its arguments, and answers with plain values. Arguments travel as pickles, from us to it; the
answer is decoded by msgspec to the type that the caller expects, for a child that a file has taken over must not be able to make
us run anything.
"""

from __future__ import annotations

from ground.apart.keeper import run
from ground.apart.limits import About, Bounds
from ground.apart.turns import EXPORTS, FILES, VIEWS

__all__ = ["EXPORTS", "FILES", "VIEWS", "About", "Bounds", "run"]
