"""Every call that the product makes to WeChat, with what it is safe to do when its answer is lost.

Limits and shapes stand at the methods that use them; the source pages are named there.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from wechat.outbound.groups import Group


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
    group: Group
    repeatable: bool
    method: str = "POST"
    long: bool = False
    key: Key = Key.ACCOUNT
    host: Host = Host.API


ENDPOINTS: dict[str, Endpoint] = {}


def _at(path: str, group: Group, repeatable: bool, *, method: str = "POST", long: bool = False,
        key: Key = Key.ACCOUNT, host: Host = Host.API) -> Endpoint:  # fmt: skip
    endpoint = Endpoint(path, group, repeatable, method, long, key, host)
    ENDPOINTS[path] = endpoint
    return endpoint


SAME, ONCE = True, False

# tokens and tickets
STABLE_TOKEN = _at("/cgi-bin/stable_token", Group.TOKEN, SAME, key=Key.NONE)
GET_TICKET = _at("/cgi-bin/ticket/getticket", Group.JSSDK, SAME, method="GET")

# media and material
MEDIA_UPLOAD = _at("/cgi-bin/media/upload", Group.MEDIA, SAME, long=True)
MEDIA_GET = _at("/cgi-bin/media/get", Group.MEDIA, SAME, method="GET", long=True)
UPLOAD_IMAGE = _at("/cgi-bin/media/uploadimg", Group.MEDIA, SAME, long=True)
ADD_MATERIAL = _at("/cgi-bin/material/add_material", Group.MEDIA, ONCE, long=True)
GET_MATERIAL = _at("/cgi-bin/material/get_material", Group.MEDIA, SAME, long=True)
DELETE_MATERIAL = _at("/cgi-bin/material/del_material", Group.MEDIA, SAME)
COUNT_MATERIAL = _at("/cgi-bin/material/get_materialcount", Group.MEDIA, SAME, method="GET")
LIST_MATERIAL = _at("/cgi-bin/material/batchget_material", Group.MEDIA, SAME)

# drafts and publishing
DRAFT_ADD = _at("/cgi-bin/draft/add", Group.DRAFT, ONCE, long=True)
DRAFT_UPDATE = _at("/cgi-bin/draft/update", Group.DRAFT, SAME, long=True)
DRAFT_GET = _at("/cgi-bin/draft/get", Group.DRAFT, SAME)
DRAFT_LIST = _at("/cgi-bin/draft/batchget", Group.DRAFT, SAME)
DRAFT_COUNT = _at("/cgi-bin/draft/count", Group.DRAFT, SAME, method="GET")
DRAFT_DELETE = _at("/cgi-bin/draft/delete", Group.DRAFT, SAME)
PUBLISH_SUBMIT = _at("/cgi-bin/freepublish/submit", Group.PUBLISH, ONCE, long=True)
PUBLISH_GET = _at("/cgi-bin/freepublish/get", Group.PUBLISH, SAME)
PUBLISH_LIST = _at("/cgi-bin/freepublish/batchget", Group.PUBLISH, SAME)
PUBLISH_ARTICLE = _at("/cgi-bin/freepublish/getarticle", Group.PUBLISH, SAME)
PUBLISH_REMOVE = _at("/cgi-bin/freepublish/delete", Group.PUBLISH_DELETE, SAME)

# mass send
MASS_SEND_ALL = _at("/cgi-bin/message/mass/sendall", Group.MASS, ONCE, long=True)
MASS_SEND = _at("/cgi-bin/message/mass/send", Group.MASS, ONCE, long=True)
MASS_PREVIEW = _at("/cgi-bin/message/mass/preview", Group.PREVIEW, ONCE, long=True)
MASS_GET = _at("/cgi-bin/message/mass/get", Group.MASS_ADMIN, SAME)
MASS_DELETE = _at("/cgi-bin/message/mass/delete", Group.MASS_ADMIN, SAME)
MASS_SPEED_GET = _at("/cgi-bin/message/mass/speed/get", Group.MASS_ADMIN, SAME)
MASS_SPEED_SET = _at("/cgi-bin/message/mass/speed/set", Group.MASS_ADMIN, SAME)

# template, notice, customer service
TEMPLATE_SEND = _at("/cgi-bin/message/template/send", Group.TEMPLATE, ONCE)
TEMPLATE_LIST = _at("/cgi-bin/template/get_all_private_template", Group.TEMPLATE_ADMIN, SAME, method="GET")
TEMPLATE_ADD = _at("/cgi-bin/template/api_add_template", Group.TEMPLATE_ADMIN, ONCE)
TEMPLATE_DELETE = _at("/cgi-bin/template/del_private_template", Group.TEMPLATE_ADMIN, SAME)
NOTICE_SEND = _at("/cgi-bin/message/subscribe/bizsend", Group.NOTICE, ONCE)
NOTICE_TEMPLATES = _at("/wxaapi/newtmpl/gettemplate", Group.NOTICE, SAME, method="GET")
CUSTOM_SEND = _at("/cgi-bin/message/custom/send", Group.CUSTOM, ONCE)
CUSTOM_TYPING = _at("/cgi-bin/message/custom/typing", Group.TYPING, SAME)

# tags and users
TAGS_CREATE = _at("/cgi-bin/tags/create", Group.TAGS, SAME)
TAGS_GET = _at("/cgi-bin/tags/get", Group.TAGS, SAME, method="GET")
TAGS_UPDATE = _at("/cgi-bin/tags/update", Group.TAGS, SAME)
TAGS_DELETE = _at("/cgi-bin/tags/delete", Group.TAGS, SAME)
TAG_MEMBERS = _at("/cgi-bin/user/tag/get", Group.TAGS, SAME)
TAG_ADD = _at("/cgi-bin/tags/members/batchtagging", Group.TAGS, SAME)
TAG_REMOVE = _at("/cgi-bin/tags/members/batchuntagging", Group.TAGS, SAME)
TAGS_OF = _at("/cgi-bin/tags/getidlist", Group.TAGS, SAME)
USER_LIST = _at("/cgi-bin/user/get", Group.USERS, SAME, method="GET")
USER_INFO = _at("/cgi-bin/user/info", Group.USERS, SAME, method="GET")
USER_INFOS = _at("/cgi-bin/user/info/batchget", Group.USERS, SAME)
USER_REMARK = _at("/cgi-bin/user/info/updateremark", Group.USERS, SAME)
BLACKLIST = _at("/cgi-bin/tags/members/getblacklist", Group.USERS, SAME)
BLACKLIST_ADD = _at("/cgi-bin/tags/members/batchblacklist", Group.USERS, SAME)
BLACKLIST_REMOVE = _at("/cgi-bin/tags/members/batchunblacklist", Group.USERS, SAME)

# QR, menu
QR_CREATE = _at("/cgi-bin/qrcode/create", Group.QR, SAME)
QR_PICTURE = _at("/cgi-bin/showqrcode", Group.QR, SAME, method="GET", key=Key.NONE, host=Host.MP)
MENU_CREATE = _at("/cgi-bin/menu/create", Group.MENU, SAME)
MENU_GET = _at("/cgi-bin/menu/get", Group.MENU, SAME, method="GET")
MENU_DELETE = _at("/cgi-bin/menu/delete", Group.MENU, SAME, method="GET")
MENU_CURRENT = _at("/cgi-bin/get_current_selfmenu_info", Group.MENU, SAME, method="GET")
MENU_ADD_CONDITIONAL = _at("/cgi-bin/menu/addconditional", Group.MENU, ONCE)
MENU_DELETE_CONDITIONAL = _at("/cgi-bin/menu/delconditional", Group.MENU, SAME)
MENU_TRY = _at("/cgi-bin/menu/trymatch", Group.MENU, SAME)

# OAuth, mini-program
OAUTH_TOKEN = _at("/sns/oauth2/access_token", Group.OAUTH, SAME, method="GET", key=Key.NONE)
OAUTH_REFRESH = _at("/sns/oauth2/refresh_token", Group.OAUTH, SAME, method="GET", key=Key.NONE)
OAUTH_USER = _at("/sns/userinfo", Group.OAUTH, SAME, method="GET", key=Key.NONE)
MINI_SESSION = _at("/sns/jscode2session", Group.MINI, SAME, method="GET", key=Key.NONE)
MINI_CHECK = _at("/wxa/checksession", Group.MINI, SAME, method="GET", key=Key.MINI)
MINI_PHONE = _at("/wxa/business/getuserphonenumber", Group.MINI, SAME, key=Key.MINI)
MINI_TEXT_CHECK = _at("/wxa/msg_sec_check", Group.MINI, SAME, key=Key.MINI)

# statistics and comments
STATISTICS_CALLS = {
    name: _at(f"/datacube/{name}", Group.STATISTICS, SAME)
    for name in (
        "getarticleread", "getarticleshare", "getbizsummary", "getarticletotaldetail", "getusersummary",
        "getusercumulate", "getupstreammsg", "getinterfacesummary",
    )
}  # fmt: skip
COMMENT_CALLS = {
    name: _at(f"/cgi-bin/comment/{name}", Group.COMMENT, name != "reply/add")
    for name in ("open", "close", "list", "markelect", "unmarkelect", "delete", "reply/add", "reply/delete")
}

# the platform itself
QUOTA_GET = _at("/cgi-bin/openapi/quota/get", Group.PLATFORM, SAME)
QUOTA_CLEAR = _at("/cgi-bin/clear_quota", Group.PLATFORM, ONCE)
QUOTA_CLEAR_SECRET = _at("/cgi-bin/clear_quota/v2", Group.PLATFORM, ONCE, key=Key.NONE)
RID_GET = _at("/cgi-bin/openapi/rid/get", Group.PLATFORM, SAME)
API_ADDRESSES = _at("/cgi-bin/get_api_domain_ip", Group.PLATFORM, SAME, method="GET")
CALLBACK_ADDRESSES = _at("/cgi-bin/getcallbackip", Group.PLATFORM, SAME, method="GET")
CALLBACK_CHECK = _at("/cgi-bin/callback/check", Group.PLATFORM, SAME, long=True)

# WeCom group robots
ROBOT_SEND = _at("/cgi-bin/webhook/send", Group.ROBOT, ONCE, key=Key.NONE, host=Host.WECOM)
ROBOT_UPLOAD = _at(
    "/cgi-bin/webhook/upload_media", Group.ROBOT, SAME, long=True, key=Key.NONE, host=Host.WECOM
)
