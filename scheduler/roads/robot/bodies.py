"""What a group robot says, as WeCom takes it: news, a template card, or markdown. The lengths are WeCom's.

Source: https://developer.work.weixin.qq.com/document/path/91770 , …/99110
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scheduler.roads.load import Card

Body = dict[str, Any]

NEWS_MOST = 8
_TITLE_BYTES = 128
_DIGEST_BYTES = 512
_MARKDOWN_BYTES = 4096
# Of a template card, in characters: recommended there, and beyond them a phone cuts.
_CARD_TITLE = 26
_CARD_DESC = 30
_CARD_TEXT = 112
_MORE = "…"
# What would format, link or mention somebody. WeCom names no way to escape them, so each becomes its like of full width.
_MARKS = str.maketrans("<>[]*`&\\", "＜＞［］＊｀＆＼")


def of_articles(cards: Sequence[Card]) -> Body:
    """The articles of a push in the first form that cuts none of their titles.

    One article is a template card, several are news; titles too long for either, or too many, stand as links in markdown.
    """
    titles = [_line(card.title) for card in cards]
    if len(cards) == 1 and len(titles[0]) <= _CARD_TITLE:
        return _template_card(cards[0])
    if len(cards) <= NEWS_MOST and all(len(title.encode()) <= _TITLE_BYTES for title in titles):
        return {"msgtype": "news", "news": {"articles": [_news(card) for card in cards]}}
    return markdown(_link(card) for card in cards)


def of_notice(lines: Mapping[str, str], url: str) -> Body:
    """The notice of an activity: its fields by their names, and the page that says more."""
    said = [f"> {name}：{plain(text)}" for name, text in lines.items()]
    return markdown([*said, *([f"[查看活动详情]({url})"] if url else ())])


def markdown(lines: Iterable[str]) -> Body:
    """As many of these lines, the first first, as one message holds."""
    kept = ""
    for line in lines:
        longer = f"{kept}\n{line}" if kept else line
        if len(longer.encode()) > _MARKDOWN_BYTES:
            break
        kept = longer
    return {"msgtype": "markdown", "markdown": {"content": kept}}


def plain(text: str) -> str:
    """A text in one line, in which nothing is markdown."""
    return _line(text).translate(_MARKS)


def _template_card(card: Card) -> Body:
    body: Body = {
        "card_type": "news_notice" if card.picture else "text_notice",
        "main_title": {"title": _line(card.title)},
        "card_action": {"type": 1, "url": card.url},
        "jump_list": [{"type": 1, "title": "阅读全文", "url": card.url}],
    }
    digest = _line(card.digest)
    if card.picture:
        body["card_image"] = {"url": card.picture, "aspect_ratio": 2.25}
        if digest:
            body["main_title"]["desc"] = _first_characters(digest, _CARD_DESC)
    elif digest:
        body["sub_title_text"] = _first_characters(digest, _CARD_TEXT)
    return {"msgtype": "template_card", "template_card": body}


def _news(card: Card) -> dict[str, str]:
    said = {"title": _line(card.title), "url": card.url}
    if digest := _line(card.digest):
        said["description"] = _first_bytes(digest, _DIGEST_BYTES)
    if card.picture:
        said["picurl"] = card.picture
    return said


def _link(card: Card) -> str:
    return f"[{_first_bytes(plain(card.title), 300)}]({card.url})"


def _line(text: str) -> str:
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _first_characters(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + _MORE


def _first_bytes(text: str, most: int) -> str:
    """The beginning that fits: WeCom counts bytes, and would cut in the middle of a character."""
    if len(text.encode()) <= most:
        return text
    room = most - len(_MORE.encode())
    return text.encode()[:room].decode(errors="ignore") + _MORE
