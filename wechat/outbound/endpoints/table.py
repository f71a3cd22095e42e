"""Every call that the product makes to WeChat, with what it is safe to do when its answer is lost.

Limits and shapes stand at the methods that use them; the source pages are named there.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from wechat.outbound.reactions import (
    COMMENT,
    CUSTOM,
    DRAFT,
    JSSDK,
    MASS,
    MASS_ADMIN,
    MEDIA,
    MENU,
    MINI,
    NOTICE,
    OAUTH,
    PLATFORM,
    PREVIEW,
    PUBLISH,
    PUBLISH_DELETE,
    QR,
    ROBOT,
    STATISTICS,
    TAGS,
    TEMPLATE,
    TEMPLATE_ADMIN,
    TOKEN,
    TYPING,
    USERS,
)


class Host(Enum):
    """Which server is asked."""

    API = "api"
    MP = "mp"
    WECOM = "wecom"


class Key(Enum):
    """What opens the door."""

    NONE = "none"
    ACCOUNT = "account"  # the official account's access token
    MINI = "mini"  # the mini-program's


class Endpoint(NamedTuple):
    """One call: path, group of the table of reactions, and whether it may be repeated.

    ``repeatable``: doing it twice has the same effect as once (reads, and writes that set a state).
    ``long``: uploads and mass sends, which get the long read time-out.
    """

    path: str
    group: str
    repeatable: bool
    method: str = "POST"
    long: bool = False
    key: Key = Key.ACCOUNT
    host: Host = Host.API


ENDPOINTS: dict[str, Endpoint] = {}


def _at(path: str, group: str, repeatable: bool, *, method: str = "POST", long: bool = False,
        key: Key = Key.ACCOUNT, host: Host = Host.API) -> Endpoint:  # fmt: skip
    endpoint = Endpoint(path, group, repeatable, method, long, key, host)
    ENDPOINTS[path] = endpoint
    return endpoint


SAME, ONCE = True, False

# tokens and tickets
STABLE_TOKEN = _at("/cgi-bin/stable_token", TOKEN, SAME, key=Key.NONE)
GET_TICKET = _at("/cgi-bin/ticket/getticket", JSSDK, SAME, method="GET")

# media and material
MEDIA_UPLOAD = _at("/cgi-bin/media/upload", MEDIA, SAME, long=True)
MEDIA_GET = _at("/cgi-bin/media/get", MEDIA, SAME, method="GET", long=True)
UPLOAD_IMAGE = _at("/cgi-bin/media/uploadimg", MEDIA, SAME, long=True)
ADD_MATERIAL = _at("/cgi-bin/material/add_material", MEDIA, ONCE, long=True)
GET_MATERIAL = _at("/cgi-bin/material/get_material", MEDIA, SAME, long=True)
DELETE_MATERIAL = _at("/cgi-bin/material/del_material", MEDIA, SAME)
COUNT_MATERIAL = _at("/cgi-bin/material/get_materialcount", MEDIA, SAME, method="GET")
LIST_MATERIAL = _at("/cgi-bin/material/batchget_material", MEDIA, SAME)

# drafts and publishing
DRAFT_ADD = _at("/cgi-bin/draft/add", DRAFT, ONCE, long=True)
DRAFT_UPDATE = _at("/cgi-bin/draft/update", DRAFT, SAME, long=True)
DRAFT_GET = _at("/cgi-bin/draft/get", DRAFT, SAME)
DRAFT_LIST = _at("/cgi-bin/draft/batchget", DRAFT, SAME)
DRAFT_COUNT = _at("/cgi-bin/draft/count", DRAFT, SAME, method="GET")
DRAFT_DELETE = _at("/cgi-bin/draft/delete", DRAFT, SAME)
PUBLISH_SUBMIT = _at("/cgi-bin/freepublish/submit", PUBLISH, ONCE, long=True)
PUBLISH_GET = _at("/cgi-bin/freepublish/get", PUBLISH, SAME)
PUBLISH_LIST = _at("/cgi-bin/freepublish/batchget", PUBLISH, SAME)
PUBLISH_ARTICLE = _at("/cgi-bin/freepublish/getarticle", PUBLISH, SAME)
PUBLISH_REMOVE = _at("/cgi-bin/freepublish/delete", PUBLISH_DELETE, SAME)

# mass send
MASS_SEND_ALL = _at("/cgi-bin/message/mass/sendall", MASS, ONCE, long=True)
MASS_SEND = _at("/cgi-bin/message/mass/send", MASS, ONCE, long=True)
MASS_PREVIEW = _at("/cgi-bin/message/mass/preview", PREVIEW, ONCE, long=True)
MASS_GET = _at("/cgi-bin/message/mass/get", MASS_ADMIN, SAME)
MASS_DELETE = _at("/cgi-bin/message/mass/delete", MASS_ADMIN, SAME)
MASS_SPEED_GET = _at("/cgi-bin/message/mass/speed/get", MASS_ADMIN, SAME)
MASS_SPEED_SET = _at("/cgi-bin/message/mass/speed/set", MASS_ADMIN, SAME)

# template, notice, customer service
TEMPLATE_SEND = _at("/cgi-bin/message/template/send", TEMPLATE, ONCE)
TEMPLATE_LIST = _at("/cgi-bin/template/get_all_private_template", TEMPLATE_ADMIN, SAME, method="GET")
TEMPLATE_ADD = _at("/cgi-bin/template/api_add_template", TEMPLATE_ADMIN, ONCE)
TEMPLATE_DELETE = _at("/cgi-bin/template/del_private_template", TEMPLATE_ADMIN, SAME)
NOTICE_SEND = _at("/cgi-bin/message/subscribe/bizsend", NOTICE, ONCE)
NOTICE_TEMPLATES = _at("/wxaapi/newtmpl/gettemplate", NOTICE, SAME, method="GET")
CUSTOM_SEND = _at("/cgi-bin/message/custom/send", CUSTOM, ONCE)
CUSTOM_TYPING = _at("/cgi-bin/message/custom/typing", TYPING, SAME)

# tags and users
TAGS_CREATE = _at("/cgi-bin/tags/create", TAGS, SAME)
TAGS_GET = _at("/cgi-bin/tags/get", TAGS, SAME, method="GET")
TAGS_UPDATE = _at("/cgi-bin/tags/update", TAGS, SAME)
TAGS_DELETE = _at("/cgi-bin/tags/delete", TAGS, SAME)
TAG_MEMBERS = _at("/cgi-bin/user/tag/get", TAGS, SAME)
TAG_ADD = _at("/cgi-bin/tags/members/batchtagging", TAGS, SAME)
TAG_REMOVE = _at("/cgi-bin/tags/members/batchuntagging", TAGS, SAME)
TAGS_OF = _at("/cgi-bin/tags/getidlist", TAGS, SAME)
USER_LIST = _at("/cgi-bin/user/get", USERS, SAME, method="GET")
USER_INFO = _at("/cgi-bin/user/info", USERS, SAME, method="GET")
USER_INFOS = _at("/cgi-bin/user/info/batchget", USERS, SAME)
USER_REMARK = _at("/cgi-bin/user/info/updateremark", USERS, SAME)
BLACKLIST = _at("/cgi-bin/tags/members/getblacklist", USERS, SAME)
BLACKLIST_ADD = _at("/cgi-bin/tags/members/batchblacklist", USERS, SAME)
BLACKLIST_REMOVE = _at("/cgi-bin/tags/members/batchunblacklist", USERS, SAME)

# QR, menu
QR_CREATE = _at("/cgi-bin/qrcode/create", QR, SAME)
QR_PICTURE = _at("/cgi-bin/showqrcode", QR, SAME, method="GET", key=Key.NONE, host=Host.MP)
MENU_CREATE = _at("/cgi-bin/menu/create", MENU, SAME)
MENU_GET = _at("/cgi-bin/menu/get", MENU, SAME, method="GET")
MENU_DELETE = _at("/cgi-bin/menu/delete", MENU, SAME, method="GET")
MENU_CURRENT = _at("/cgi-bin/get_current_selfmenu_info", MENU, SAME, method="GET")
MENU_ADD_CONDITIONAL = _at("/cgi-bin/menu/addconditional", MENU, ONCE)
MENU_DELETE_CONDITIONAL = _at("/cgi-bin/menu/delconditional", MENU, SAME)
MENU_TRY = _at("/cgi-bin/menu/trymatch", MENU, SAME)

# OAuth, mini-program
OAUTH_TOKEN = _at("/sns/oauth2/access_token", OAUTH, SAME, method="GET", key=Key.NONE)
OAUTH_REFRESH = _at("/sns/oauth2/refresh_token", OAUTH, SAME, method="GET", key=Key.NONE)
OAUTH_USER = _at("/sns/userinfo", OAUTH, SAME, method="GET", key=Key.NONE)
MINI_SESSION = _at("/sns/jscode2session", MINI, SAME, method="GET", key=Key.NONE)
MINI_CHECK = _at("/wxa/checksession", MINI, SAME, method="GET", key=Key.MINI)
MINI_PHONE = _at("/wxa/business/getuserphonenumber", MINI, SAME, key=Key.MINI)
MINI_TEXT_CHECK = _at("/wxa/msg_sec_check", MINI, SAME, key=Key.MINI)

# statistics and comments
STATISTICS_CALLS = {
    name: _at(f"/datacube/{name}", STATISTICS, SAME)
    for name in (
        "getarticleread", "getarticleshare", "getbizsummary", "getarticletotaldetail", "getusersummary",
        "getusercumulate", "getupstreammsg", "getinterfacesummary",
    )
}  # fmt: skip
COMMENT_CALLS = {
    name: _at(f"/cgi-bin/comment/{name}", COMMENT, name != "reply/add")
    for name in ("open", "close", "list", "markelect", "unmarkelect", "delete", "reply/add", "reply/delete")
}

# the platform itself
QUOTA_GET = _at("/cgi-bin/openapi/quota/get", PLATFORM, SAME)
QUOTA_CLEAR = _at("/cgi-bin/clear_quota", PLATFORM, ONCE)
QUOTA_CLEAR_SECRET = _at("/cgi-bin/clear_quota/v2", PLATFORM, ONCE, key=Key.NONE)
RID_GET = _at("/cgi-bin/openapi/rid/get", PLATFORM, SAME)
API_ADDRESSES = _at("/cgi-bin/get_api_domain_ip", PLATFORM, SAME, method="GET")
CALLBACK_ADDRESSES = _at("/cgi-bin/getcallbackip", PLATFORM, SAME, method="GET")
CALLBACK_CHECK = _at("/cgi-bin/callback/check", PLATFORM, SAME, long=True)

# WeCom group robots
ROBOT_SEND = _at("/cgi-bin/webhook/send", ROBOT, ONCE, key=Key.NONE, host=Host.WECOM)
ROBOT_UPLOAD = _at("/cgi-bin/webhook/upload_media", ROBOT, SAME, long=True, key=Key.NONE, host=Host.WECOM)
