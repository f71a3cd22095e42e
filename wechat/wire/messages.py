"""Everything that WeChat sends us, as typed, frozen objects; :func:`wechat.wire.parsing.parse` makes them.

What we do not know becomes :class:`Unknown`. Each carries ``key``, by which a repeat is recognised.
Sources: developers.weixin.qq.com/doc/service/guide/product/message/ (messages, events, Batch_Sends),
…/product/menu/Custom_Menu_Push_Events.html, /doc/offiaccount/OA_Web_Apps/authorization_change.html
"""

from __future__ import annotations

import msgspec

COORDINATES = frozenset(
    ("Location_X", "Location_Y", "Latitude", "Longitude", "Precision", "Label", "Poiname", "Scale")
)
"""Where somebody is. Never stored, in whatever push it comes."""


class Push(msgspec.Struct, frozen=True):
    """What all pushes have: ``account`` (原始ID), the sender, ``at`` (Unix seconds), the key of repeats."""

    account: str
    openid: str
    at: int
    key: str


# Messages


class Text(Push, frozen=True):
    """``menu_id`` is the item's id when a follower tapped one of a menu message; ``content`` is its text
    then.
    """

    content: str
    menu_id: str = ""


class Image(Push, frozen=True):
    """``media_id`` is temporary material: three days."""

    pic_url: str
    media_id: str


class Voice(Push, frozen=True):
    """``recognition`` is empty where WeChat did not recognise speech (the usual case by now)."""

    media_id: str
    format: str
    recognition: str
    media_id_16k: str = ""


class Video(Push, frozen=True):
    """A video, or a short one taken in the chat."""

    media_id: str
    thumb_media_id: str
    short: bool = False


class Location(Push, frozen=True):
    """A place somebody sent. What it says is left out on purpose: the product keeps no coordinates."""


class Link(Push, frozen=True):
    """A card from the favourites."""

    title: str
    description: str
    url: str


class File(Push, frozen=True):
    """A file; WeChat gives no way to fetch it."""

    title: str
    size_bytes: int


class MiniProgramPage(Push, frozen=True):
    """A mini-program card sent into a customer-service chat."""

    title: str
    app_id: str
    path: str


# Events of followers


class Subscribe(Push, frozen=True):
    """A new follower; ``scene`` is that of our QR code, without WeChat's prefix, or empty."""

    scene: str
    ticket: str = ""


class Unsubscribe(Push, frozen=True):
    """Somebody left: no reply reaches them, and their data goes."""


class Scan(Push, frozen=True):
    """A follower scanned one of our QR codes."""

    scene: str
    ticket: str = ""


class LocationReport(Push, frozen=True):
    """The client's own position report; left unread on purpose."""


class MenuClick(Push, frozen=True):
    """A tapped button: the follower waits for a reply."""

    menu_key: str


class MenuView(Push, frozen=True):
    """A button opened ``url``; nobody waits for a reply."""

    url: str
    menu_id: str = ""


class MenuMiniProgram(Push, frozen=True):
    """A button opened a mini-program page."""

    path: str
    menu_id: str = ""


class MenuScan(Push, frozen=True):
    """A scan button; with ``waits`` the client shows that it waits for our reply."""

    menu_key: str
    scan_type: str
    result: str
    waits: bool


class MenuPhoto(Push, frozen=True):
    """A picture button; the pictures themselves follow as image messages."""

    menu_key: str
    count: int


class MenuLocation(Push, frozen=True):
    """A location button; the place follows as a message of its own and is not kept."""

    menu_key: str


# Events of jobs


class MassFinished(Push, frozen=True):
    """Counts of a mass send. ``status``: ``send success``, ``send fail`` or ``err(n)`` (all counts are 0
    then).

    ``article_urls``: ``(place from 1, url)``, may be empty although it was sent.
    """

    msg_id: str
    status: str
    total: int
    filtered: int
    sent: int
    errors: int
    check_state: int
    article_urls: tuple[tuple[int, str], ...]


class TemplateFinished(Push, frozen=True):
    """A template message's result; ``openid`` is the receiver. Failed when ``status`` starts with
    ``failed``.
    """

    msg_id: str
    status: str


class PublishFinished(Push, frozen=True):
    """``status``: 0 done, 1 at work, 2 originality, 3 failed, 4 refused by review, 5 deleted, 6 banned."""

    publish_id: str
    status: int
    article_id: str
    article_urls: tuple[tuple[int, str], ...]
    failed: tuple[int, ...]


class Choice(msgspec.Struct, frozen=True):
    """One answer to a subscription pop-up."""

    template_id: str
    accepted: bool
    scene: str = ""


class SubscriptionChosen(Push, frozen=True):
    """A follower answered a pop-up, or (``in_settings``) changed their mind in WeChat's own list."""

    choices: tuple[Choice, ...]
    in_settings: bool


class SentNotice(msgspec.Struct, frozen=True):
    """The result of one subscription notice; ``code`` 0 is success."""

    template_id: str
    msg_id: str
    code: int
    status: str


class SubscriptionSent(Push, frozen=True):
    """Results of ``bizsend``; ``openid`` is the receiver."""

    results: tuple[SentNotice, ...]


# Events of the account


class ServiceSession(Push, frozen=True):
    """A customer-service session: ``what`` is create, close or switch."""

    what: str
    agent: str
    to_agent: str = ""


class Authorization(Push, frozen=True):
    """Somebody's authorisation changed: ``what`` is modified, revoke or cancellation; ``person`` is the
    openid.
    """

    what: str
    person: str
    info: str


class Qualification(Push, frozen=True):
    """The account's certification: ``event`` as WeChat spells it; times are Unix seconds, 0 where there is
    none.
    """

    event: str
    expires_at: int
    failed_at: int
    reason: str


class MiniProgramEvent(Push, frozen=True):
    """A push of the mini-program (entered the chat, content check); ``event`` as WeChat spells it."""

    event: str
    trace_id: str
    suggest: str


class Unknown(Push, frozen=True):
    """A type or event that we have never heard of: stored, counted, answered with ``success``."""

    kind: str


def is_written(push: Push) -> bool:
    """Whether a follower wrote or sent something: it opens the 48 hours of customer-service messages."""
    return kind_of(push) in WRITTEN_KINDS


def is_waited_for(push: Push) -> bool:
    """Whether the follower looks at the chat and waits for a reply."""
    return isinstance(push, (*_WRITTEN, Subscribe, Scan, MenuClick)) or (
        isinstance(push, MenuScan) and push.waits
    )


def kind_of(push: Push) -> str:
    """A short stable name for tables and metrics: ``text``, ``menu_click``, …; ``unknown`` for the rest."""
    return _CHOICE if isinstance(push, Text) and push.menu_id else _KINDS[type(push)]


_CHOICE = "menu_choice"
"""A tap on an item of a menu message: it comes as a text, and opens no more than a tap on the account's menu does."""
_WRITTEN = (Text, Image, Voice, Video, Location, Link, File, MiniProgramPage)
_KINDS: dict[type[Push], str] = {
    Text: "text",
    Image: "image",
    Voice: "voice",
    Video: "video",
    Location: "location",
    Link: "link",
    File: "file",
    MiniProgramPage: "mini_program_page",
    Subscribe: "subscribe",
    Unsubscribe: "unsubscribe",
    Scan: "scan",
    LocationReport: "location_report",
    MenuClick: "menu_click",
    MenuView: "menu_view",
    MenuMiniProgram: "menu_mini_program",
    MenuScan: "menu_scan",
    MenuPhoto: "menu_photo",
    MenuLocation: "menu_location",
    MassFinished: "mass_finished",
    TemplateFinished: "template_finished",
    PublishFinished: "publish_finished",
    SubscriptionChosen: "subscription_chosen",
    SubscriptionSent: "subscription_sent",
    ServiceSession: "service_session",
    Authorization: "authorization",
    Qualification: "qualification",
    MiniProgramEvent: "mini_program_event",
    Unknown: "unknown",
}
WRITTEN_KINDS = frozenset(_KINDS[one] for one in _WRITTEN)
"""The kinds, by :func:`kind_of`, of what opens the 48 hours."""
