"""The 审核登记表 on A4, an article a page, each with the QR code of the page that says whether its text is still this one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from ground import clock
from ground.paper import Cell, Sheets, name
from operations.dossier.form import FINGERPRINT_CHARS, Form

TITLE = "信息发布审核登记表"
_WIDTHS = (11, 20, 11, 20)
_OPEN = "（手签）"
_NONE = {False: "还没有安排推送", True: "没有推送记录"}
_PERSON_AND_TIME = "签名：                    日期："


def check_address(form: Form, base_url: str) -> str:
    """Where one sees whether the article's text still is that of the form."""
    return f"{base_url.rstrip('/')}/m/a/{form.article_id}/check/{form.hash[:FINGERPRINT_CHARS]}"


def pdf(forms: Sequence[Form], *, base_url: str, at: datetime) -> bytes:
    """The forms as one PDF; ``at`` is when it is printed. To be called outside of any transaction."""
    sheets = Sheets(TITLE, foot=f"时代先锋云  {_moment(at)} 打印")
    for form in forms:
        under = f"编号 {form.number}        当前状态：{form.state}        内容指纹 {form.fingerprint}"
        sheets.page(TITLE, under, check_address(form, base_url))
        sheets.table(_WIDTHS, list(rows(form)))
        sheets.line(
            "扫右上角二维码，可以核对现在的稿件内容与本表所审内容是否一致。标“手签”的各栏，系统没有记录，请打印后填写。"
        )
    return sheets.bytes()


def _wide(label: str, text: str) -> list[Cell]:
    return [name(label), Cell(text or "—", span=3)]


def rows(form: Form) -> Iterator[list[Cell]]:
    """What stands on the form, line by line, each four columns wide."""
    yield _wide("标题", form.title)
    yield [name("栏目"), Cell(form.column), name("来源"), Cell(form.source)]
    yield [name("供稿单位\n（供稿人）"), Cell(form.author or _OPEN), name("拟稿人"), Cell(form.writer)]
    yield _wide(
        "拟发布平台\n与范围",
        "微信公众号；" + (form.going.scope if form.going else _NONE[form.published_at is not None]),
    )
    yield [
        name("拟发布时间"),
        Cell(_moment(form.going.due_at) if form.going else "—"),
        name("正文字数\n图片数"),
        Cell(
            f"{form.characters} 字，图片（含封面）{form.pictures} 张"
            + ("\n图片授权：（手签）" if form.pictures else "")
        ),
    ]
    yield _wide("是否涉密\n保密审查意见", f"{form.secret}。\n{_PERSON_AND_TIME}")
    yield _wide("是否含\n个人信息", f"{form.personal}。")
    yield _wide(
        "错敏检测结果", form.found + ("。核实：\n" + _listed(form.confirmed) if form.confirmed else "")
    )
    yield _wide("一校", form.handed_in or _PERSON_AND_TIME)
    yield [name("二校"), Cell(_OPEN), name("三校"), Cell(_OPEN)]
    for one in form.opinions:
        signed = f"\n{one.who}　{_moment(one.at)}" if one.at else ""
        yield _wide(f"{one.stage}意见", _flat(one.text) + signed)
    if form.urgent:
        yield _wide("紧急签发", _listed(form.urgent))
    yield [
        name("实际发布时间"),
        Cell(_moment(form.published_at) if form.published_at else "尚未发布"),
        name("发布人"),
        Cell(form.going.who if form.going and form.published_at and form.going.went else "—"),
    ]
    yield _wide("链接", form.address)
    yield _wide("备注\n（更正、撤回）", _listed([*form.remarks, *form.further]))


def _flat(text: str) -> str:
    """What somebody wrote into a box of several lines, as one: a form has little room."""
    return " ".join(text.split())


def _listed(texts: Sequence[str]) -> str:
    return "\n".join(map(_flat, texts))


def _moment(moment: datetime) -> str:
    return f"{clock.to_shanghai(moment):%Y-%m-%d %H:%M}"
