"""EQ fields, by which Word and WPS draw ① in a circle, pinyin over a character and small fractions."""

from __future__ import annotations

from dataclasses import dataclass, field

_RINGS = frozenset("○◯〇□◇△⃝")
_DEPTH = 12
_CIRCLED_IDEOGRAPHS = "㊀㊁㊂㊃㊄㊅㊆㊇㊈㊉"


def read(code: str) -> tuple[str, str]:
    """What the instruction (without EQ) draws as one line of text, and the reading that stands over it.

    Empty where it is not understood.
    """
    reader = _Reader(code)
    text = reader.sequence(0)
    return text.replace("\0", "").strip(), " ".join(reader.readings)


def enclosed(text: str) -> str:
    """A number, letter or character in a circle."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) < 3 and 1 <= int(text) <= 20:
        return chr(0x2460 + int(text) - 1)
    if len(text) == 1 and text in "一二三四五六七八九十":
        return _CIRCLED_IDEOGRAPHS["一二三四五六七八九十".index(text)]
    if len(text) == 1 and text.isascii() and text.isalpha():
        return chr((0x24B6 if text.isupper() else 0x24D0) + ord(text.lower()) - ord("a"))
    return {"正": "㊣", "秘": "㊙", "祝": "㊗"}.get(text, f"（{text}）")


@dataclass
class _Reader:
    code: str
    at: int = 0
    readings: list[str] = field(default_factory=list)

    def sequence(self, depth: int) -> str:
        """Up to the comma or bracket that ends an argument."""
        made = []
        while self.at < len(self.code):
            char = self.code[self.at]
            if char == "\\":
                made.append(self._command(depth))
            elif depth and char in ",;，；)）":
                break
            elif char in "(（" and 0 < depth < _DEPTH:
                self.at += 1
                inner = self.sequence(depth + 1)
                made.append(f"({inner})")
                self._close()
            else:
                made.append(char)
                self.at += 1
        return "".join(made)

    def _command(self, depth: int) -> str:
        name, raised = "", False
        while self.code.startswith("\\", self.at):
            self.at += 1
            if self.code.startswith("*", self.at):
                self._switch()
                continue
            if self.at < len(self.code) and not self.code[self.at].isalpha():  # an escaped comma or bracket
                self.at += 1
                return self.code[self.at - 1]
            word = self._word()
            name = name or word
            raised = raised or word.startswith("up")
        if not name:
            return ""
        while self.code.startswith(" ", self.at):
            self.at += 1
        if depth >= _DEPTH or self.code[self.at : self.at + 1] not in ("(", "（"):
            return ""
        arguments = self._arguments(depth)
        return self._drawn(name, arguments, raised)

    def _word(self) -> str:
        begin = self.at
        while self.at < len(self.code) and self.code[self.at].isascii() and self.code[self.at].isalnum():
            self.at += 1
        word = self.code[begin : self.at]
        while self.at < len(self.code) and self.code[self.at] in " 0123456789":
            self.at += 1
        return word.lower()

    def _switch(self) -> None:
        """``\\* jc2`` and ``\\* "Font:宋体"`` are about looks."""
        self.at += 1
        while self.code.startswith(" ", self.at):
            self.at += 1
        if self.code.startswith('"', self.at):
            end = self.code.find('"', self.at + 1)
            self.at = end + 1 if end >= 0 else len(self.code)
        else:
            while self.at < len(self.code) and self.code[self.at] not in " \\":
                self.at += 1
        while self.code.startswith(" ", self.at):
            self.at += 1

    def _arguments(self, depth: int) -> list[str]:
        made = []
        while self.at < len(self.code):
            self.at += 1
            made.append(self.sequence(depth + 1))
            if self.code[self.at : self.at + 1] in (")", "）", ""):
                break
        self._close()
        return made

    def _close(self) -> None:
        if self.code[self.at : self.at + 1] in (")", "）"):
            self.at += 1

    def _drawn(self, name: str, arguments: list[str], raised: bool) -> str:
        if name == "s" and raised:
            return f"\0{arguments[0]}"
        if name == "o":
            return self._over_each_other(arguments)
        made = [one.replace("\0", "") for one in arguments]
        if name == "f" and len(made) > 1:
            return f"{made[0]}/{made[1]}"
        if name == "r":
            return f"{made[0]}√{made[1]}" if len(made) > 1 else f"√{made[0]}"
        if name == "b":
            return f"({''.join(made)})"
        return (" " if name == "a" else "").join(made)

    def _over_each_other(self, arguments: list[str]) -> str:
        if len(arguments) > 1 and arguments[0].strip() in _RINGS:
            return enclosed(arguments[1])
        if len(arguments) > 1 and arguments[1].strip() in _RINGS:
            return enclosed(arguments[0])
        over = [one.lstrip("\0").strip() for one in arguments if one.startswith("\0")]
        self.readings += over
        return "".join(one for one in arguments if not one.startswith("\0"))
