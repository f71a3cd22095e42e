"""What a name is, for all who read, keep or look for one: the roster, the binding, the check-in.

Ideographs of every block (also those that a phone has no picture for), 〇, Latin letters, and one middle dot for all that are
typed. Pure: :func:`spelled` brings a name into the form that is kept, :func:`checked` says what in it cannot be one,
:func:`key` is how two are compared, and :func:`standing` finds known names in what somebody wrote, whatever stands around them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from ground.simplified import SIMPLIFIED

LONGEST = 30
LONGEST_LATIN = 60
DOT = "·"

# Unicode's EquivalentUnifiedIdeograph, without what NFKC folds: radicals and strokes that keyboards and old files have for the
# characters that look the same.
_RADICALS = (
    "⺁厂⺂乛⺃乚⺄乙⺅亻⺆冂⺇𠘨⺈刀⺉刂⺊卜⺋㔾⺌小⺍小⺎兀⺏尣⺐尢⺑𡯂⺒巳⺓幺⺔彑⺕彐⺖忄⺗心⺘扌⺙攵⺛旡⺜日⺝月⺞歺⺠民⺡氵⺢氺⺣灬⺤爫⺥爫⺦丬⺧牛⺨犭⺩王⺪𤴔⺫目⺬示⺭礻⺮𥫗⺯糹"
    "⺰纟⺱罓⺲罒⺳㓁⺴冗⺵𦉫⺶羊⺷𦍌⺸𦍋⺹耂⺺肀⺻聿⺼肉⺽𦥑⺾艹⺿艹⻀艹⻁虎⻂衤⻃覀⻄西⻅见⻆角⻇𧢲⻈讠⻉贝⻊𧾷⻋车⻌辶⻍辶⻎辶⻏邑⻐钅⻑長⻒镸⻓长⻔门⻕𨸏⻖阝⻗雨⻘青⻙韦⻚页⻛风⻜飞"
    "⻝食⻞𩙿⻟飠⻠饣⻡𩠐⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀㇆𠃌㇏乀㇐一㇑丨㇒丿㇓丿㇔丶㇕𠃍㇖乛㇗𠃊㇘𠃎㇙𠄌㇚亅㇛𡿨㇜𠃋㇝乀㇞𠃑㇟乚㇠乙㇡𠄎"
)
_DOTS = "·•‧∙⋅・᛫⸱⸳ꞏ⦁◦●▪﹒"
_CIRCLES = "○◯⚪⭘"
_APOSTROPHES = "’‘ʼ`´＇"
_HYPHENS = "‐‑‒–"
_FOLDED = str.maketrans(
    {
        **dict(zip(_RADICALS[::2], _RADICALS[1::2], strict=True)),
        **dict.fromkeys(_DOTS, DOT),
        **dict.fromkeys(_CIRCLES, "〇"),
        **dict.fromkeys(_APOSTROPHES, "'"),
        **dict.fromkeys(_HYPHENS, "-"),
    }
)
_VARIATIONS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0), range(0x180B, 0x180F))
_PLAIN = re.compile(r"[\u4e00-\u9fff]{2,30}")
_IDEOGRAPHS = (
    range(0x3005, 0x3006),  # 々
    range(0x3007, 0x3008),  # 〇
    range(0x3400, 0x4DC0),  # extension A
    range(0x4E00, 0xA000),
    range(0xF900, 0xFB00),  # a dozen that have no other form
    range(0x20000, 0x2FFFE),  # extensions B to F, I
    range(0x30000, 0x3FFFE),  # G, H, J and what follows
)


def is_ideograph(char: str) -> bool:
    """Of whatever block: the Python that runs this may be older than the newest of them."""
    return any(ord(char) in block for block in _IDEOGRAPHS)


def is_latin(char: str) -> bool:
    """A letter of the Latin script, with or without marks."""
    return char.isalpha() and unicodedata.name(char, "").startswith("LATIN ")


def spelled(text: str) -> str:
    """A name in the one form that is kept: ``"杨　 光"`` → ``"杨光"``, ``"⻓青"`` → ``"长青"``, ``"买买提﹒阿里"`` with ``·``.

    What is no name comes back tidied; :func:`checked` judges.
    """
    if _PLAIN.fullmatch(text):
        return text
    wide = unicodedata.normalize("NFKC", text.translate(_FOLDED)).translate(_FOLDED)
    words = "".join(char for char in wide if not _is_unseen(char)).split()
    out = ""
    for word in words:
        if out and _ends_latin(out) and is_latin(word[0]):
            out += " "
        out += word
    return _one_dot(out)


def _ends_latin(text: str) -> bool:
    """Whether a space behind it separates: the point of an initial belongs to its letter."""
    return is_latin(text.removesuffix(".")[-1:] or " ")


def _is_unseen(char: str) -> bool:
    """A mark of direction, a soft hyphen, a joiner, a choice of glyph: pasted along, and seen by nobody."""
    return (unicodedata.category(char) in ("Cf", "Cc") and not char.isspace()) or any(
        ord(char) in block for block in _VARIATIONS
    )


def _one_dot(text: str) -> str:
    """A full stop beside an ideograph is meant as a middle dot; dots at the ends and doubled ones are slips."""
    made = ""
    for place, char in enumerate(text):
        beside = text[max(0, place - 1) : place] + text[place + 1 : place + 2]
        if char in ".。" and any(is_ideograph(one) for one in beside):
            char = DOT
        if char != DOT or not made.endswith(DOT):
            made += char
    return made.strip(DOT)


def checked(text: str) -> str:
    """The name as it is kept. Raises ``ValueError`` with a Chinese reason that names the character which cannot be one."""
    if _PLAIN.fullmatch(text):
        return text
    name = spelled(text)
    if not name:
        raise ValueError("未填写姓名，请补上")
    for place, char in enumerate(name):
        inside = place > 0 and (is_latin(name[place - 1]) or name[place - 1] == ".")
        if not (is_ideograph(char) or is_latin(char) or char == DOT or (inside and char in " '-.")):
            raise ValueError(_why_not(char))
    longest = LONGEST if any(map(is_ideograph, name)) else LONGEST_LATIN
    if len(name) > longest:
        raise ValueError(f"姓名最多 {longest} 个字，现在是 {len(name)} 个字，请核对是否填了两个人或其他内容")
    return name


def _why_not(char: str) -> str:
    category = unicodedata.category(char)
    if category in ("Co", "Cn", "Cs"):
        return f"姓名中有一个电脑自造的字（编码 U+{ord(char):04X}），别的电脑和手机显示不出来，请改用标准汉字"
    if category.startswith("N"):
        return f"姓名中有数字“{char}”，请改为本人姓名"
    if char in "()[]{}<>【】〔〕《》〈〉「」":
        return f"姓名中有括号“{char}”，请只填写姓名，其余内容写到“备注”列"
    if char in "?□�*＊×_":
        return f"姓名中有“{char}”，像是一个没有显示出来的字，请补上这个字"
    if category.startswith("L"):
        return f"姓名中的“{char}”不是汉字，也不是拉丁字母，请改为身份证上的写法"
    return f"姓名中有符号“{char}”，请改为本人姓名"


def key(text: str) -> str:
    """What two spellings of one name have in common: simplified, small letters without marks, neither dots nor spaces."""
    plain = spelled(text).translate(SIMPLIFIED).lower().replace("〇", "零")
    return "".join(
        char for char in unicodedata.normalize("NFKD", plain) if char.isalpha() or is_ideograph(char)
    )


# --- A name in what somebody wrote -------------------------------------------------------------------------

_TAIL = re.compile(
    r"(?<![0-9])(?:1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}|[0-9]{11}|[0-9]{4}(?!号楼|号院|号门|单元|[室栋幢弄块届]|年度))(?![0-9])"
)
"""A phone number or the end of one; 1234号楼 is where somebody lives."""
_AROUND = (
    "绑定 綁定 邦定 帮定 绑 bangding bd 解绑 党员 信息 身份 认证 实名 账号 帐号 微信 公众号"
    " 手机号码 电话号码 手机号 手机尾号 手机 电话 联系方式 号码 尾号 尾数 后四位 后4位 末四位 最后四位 四位 后面四位 姓名 名字"
    " 我是 我叫 本人是 本人叫 本人 我的 名叫 叫做 同志 书记 老师 老党员 先生 女士 社区 党支部 支部 党组织 党委 支部的"
    " 麻烦 帮我 帮忙 给我 一下 请问 请 你好 您好 大家好 早上好 下午好 晚上好 谢谢您 谢谢你 谢谢 感谢 多谢 辛苦了 辛苦 好的"
    " 收到 明白 我要 我想 我来 需要 申请 办理 更换 重新 再次 验证 核对 登记 这是 以上 内容 回复 可以吗 行吗"
    " 的 是 我 叫 吧 啊 呀 哦 了 号"
)
_WORDS = re.compile("|".join(map(re.escape, sorted(_AROUND.split(), key=lambda word: (-len(word), word)))))
_A_NAME, _A_LATIN_NAME = 6, 15


def tail_in(text: str) -> str:
    """The last four digits of the only phone number, or its tail, in a text; empty where there is none, or more than one."""
    wide = unicodedata.normalize("NFKC", text.translate(_FOLDED))
    found = _TAIL.findall(wide)
    return re.sub(r"[^0-9]", "", found[0])[-4:] if len(found) == 1 else ""


def standing(text: str, known: Sequence[str]) -> list[int]:
    """Which of the ``known`` names (their places) stands in a text: the one that leaves least of the text unexplained.

    So a longer name goes before one that is part of it, and 杨光同志 is 杨光 even where somebody is called 杨光同. More than one
    place means that namesakes are known, or that the text says two names.
    """
    whole, latin = key(text), _latin_runs(text)
    keys = [key(name) for name in known]
    left: dict[str, int] = {}
    for one in filter(None, dict.fromkeys(keys)):
        if one in latin if one.isascii() else one in whole:
            many = len(_unexplained(whole.replace(one, " ", 1)))
            if len(one) > 1 or not many:  # one ideograph stands in many words: it must stand alone
                left[one] = many
    meant: set[str] = set()
    rest = whole
    for one in sorted(left, key=lambda one: (left[one], -len(one))):
        if one in rest or left[one] == min(left.values()):
            meant.add(one)
            rest = rest.replace(one, " ", 1)
    return [place for place, one in enumerate(keys) if one in meant]


def rest(text: str) -> str:
    """What is left of a text beside digits and the words that usually stand round a name; empty where it holds none."""
    return _unexplained(key(text))


def guesses(text: str) -> int:
    """How many names a text could hold beside the words that usually stand round one; 0 where it holds none."""
    letters = rest(text)
    latin = sum(char.isascii() for char in letters)
    return -(-(len(letters) - latin) // _A_NAME) + -(-latin // _A_LATIN_NAME)


def _unexplained(letters: str) -> str:
    return _WORDS.sub("", letters).replace(" ", "")


def _latin_runs(text: str) -> frozenset[str]:
    """All that whole Latin words beside each other say, for a name of Latin letters may be part of no longer word."""
    plain = unicodedata.normalize("NFKD", spelled(text).lower())
    words = re.findall(r"[a-z]+", "".join(char for char in plain if unicodedata.category(char) != "Mn"))
    return frozenset(
        "".join(words[start:end])
        for start in range(len(words))
        for end in range(start + 1, min(len(words), start + 6) + 1)
    )
