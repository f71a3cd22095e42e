"""Groups of calls: the unit of look-up in the table of reactions, of the metrics, and of what people are told about."""

from __future__ import annotations

from enum import StrEnum


class Group(StrEnum):
    """Calls that share the meaning of a code. ``ANY`` is no call's group: its rows hold where a group has none of its own."""

    ANY = "any"
    TOKEN = "token"
    TAGS = "tags"
    USERS = "users"
    QR = "qr"
    MENU = "menu"
    MEDIA = "media"
    DRAFT = "draft"
    COMMENT = "comment"
    STATISTICS = "statistics"
    PUBLISH = "publish"
    PUBLISH_DELETE = "publish_delete"
    MASS = "mass"
    MASS_ADMIN = "mass_admin"
    PREVIEW = "preview"
    TEMPLATE = "template"
    TEMPLATE_ADMIN = "template_admin"
    NOTICE = "notice"
    CUSTOM = "custom"
    TYPING = "typing"
    OAUTH = "oauth"
    JSSDK = "jssdk"
    MINI = "mini"
    PLATFORM = "platform"
    ROBOT = "robot"


WORDS: dict[Group, str] = {
    Group.TOKEN: "访问凭证", Group.TAGS: "标签", Group.USERS: "关注者", Group.QR: "二维码", Group.MENU: "菜单",
    Group.MEDIA: "素材", Group.DRAFT: "草稿", Group.COMMENT: "留言", Group.STATISTICS: "统计", Group.PUBLISH: "发布",
    Group.PUBLISH_DELETE: "删除已发布文章", Group.MASS: "群发", Group.MASS_ADMIN: "群发管理", Group.PREVIEW: "预览",
    Group.TEMPLATE: "模板消息", Group.TEMPLATE_ADMIN: "模板管理", Group.NOTICE: "订阅通知", Group.CUSTOM: "客服消息",
    Group.TYPING: "输入状态", Group.JSSDK: "网页签名", Group.PLATFORM: "平台",
}  # fmt: skip
