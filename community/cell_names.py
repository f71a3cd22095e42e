"""A name in a cell, with what offices write beside it: 张三同志, 张己平 女, 张己平（女）. Pure.

A title and a gender behind a name are taken off and said. A surname with a title alone (李书记) may be a whole name and is
pointed out; what people write where there is nobody yet (待定, 空缺) is no name: ``ValueError`` says what to write.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from community.cells import NOTHING, person_name
from ground.cells import compact, text_of
from ground.spreadsheet import Cell
from wechat.language.names import is_ideograph, spelled

_NOBODY = (*NOTHING, "缺", "空缺", "暂缺", "待定", "待填", "未定", "未填", "某某", "XXX", "xxx")
_TITLES = ("副书记", "书记", "支书", "委员", "同志", "老师", "先生", "女士")
_DOUBLE = frozenset(
    re.findall(
        "..",
        "欧阳司马上官诸葛夏侯东方皇甫尉迟公孙令狐慕容司徒司空端木独孤南宫轩辕呼延长孙宇文澹台公冶闻人百里东郭西门"
        "申屠太史赫连鲜于濮阳淳于单于万俟钟离仲孙拓跋",
    )
)
"""Surnames of two characters: alone they are no more of a name than those of one."""
_GENDER = re.compile(r"(.{2,30}?)(?:[ \t\n　]{1,20}|[(（\[【])([男女])(?:性)?[)）\]】]?")


class Person(NamedTuple):
    """The name as it is kept, the gender that stood beside it (as a rule none), and a remark where something was taken off."""

    name: str
    gender: str = ""
    remark: str = ""


class _Title(NamedTuple):
    """What stands before a title, and the title."""

    rest: str
    word: str


def person(cell: Cell, *, gender: str) -> Person:
    """Who stands in a cell; ``gender`` is what the row says of it elsewhere. Raises ``ValueError`` for what is no name."""
    plain = compact(cell)
    if plain in _NOBODY or plain.strip("()[]【】") in _NOBODY:
        raise ValueError(
            f"“{plain}”不是姓名，请补上本人姓名；还没有定的人请先不要写进名册"
            if plain
            else "未填写姓名，请补上"
        )
    text, read, remarks = text_of(cell).strip(), "", []
    while True:
        found = None if read else _without_gender(text, gender)
        if found is not None:
            text, read = found
            remarks.append(f"姓名后面的“{read}”按性别读取，没有作为姓名导入，请核对")
        elif (title := _title_behind(text)) is None:
            break
        elif _surname_alone(title.rest):  # somebody may be called 高书记 or 安同志
            remarks.append(f"“{spelled(text)}”像是称呼，已作为姓名导入，请核对是否写全了姓名")
            break
        else:
            text = title.rest
            remarks.append(f"姓名后面的“{title.word}”是称呼，没有作为姓名导入，请核对")
    return Person(person_name(text if remarks else cell), read, "；".join(remarks))


def _title_behind(text: str) -> _Title | None:
    for written in (text, compact(text)):
        bare = written.rstrip(" )）]】")
        for word in _TITLES:
            if bare.endswith(word):
                return _Title(bare.removesuffix(word).rstrip(" (（[【"), word)
    return None


def _surname_alone(text: str) -> bool:
    name = spelled(text)
    return len(name) < 2 or name in _DOUBLE


def _without_gender(text: str, gender: str) -> tuple[str, str] | None:
    """``张己平 女``, unless the row's gender makes 女 the name's own last character, or a surname alone would be left.

    Spaced single characters are decoration.
    """
    match = _GENDER.fullmatch(text)
    if match is None or (gender and gender != match[2]):
        return None
    name = match[1].strip()
    title = _title_behind(name)
    bare = title.rest if title else name
    bracketed = text[-1:] not in "男女性"
    if not bracketed and (" " in bare or not all(map(is_ideograph, bare)) or _surname_alone(name)):
        return None
    return name, match[2]
