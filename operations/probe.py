"""What the doctor finds out about our connection to WeChat, by reading calls only, in words for an administrator.

Each finding says what is so and, unless all is well, what to do. Nothing here changes anything at WeChat.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec
import requests

from ground import clock
from settings import OFFICIAL_API, Settings
from wechat.outbound.abilities import Abilities
from wechat.outbound.client import Client
from wechat.outbound.endpoints.messages import NoticeTemplate
from wechat.outbound.endpoints.table import API_ADDRESSES
from wechat.outbound.failures import CallFailed
from wechat.outbound.reactions import Kind
from wechat.wire.codec import sign

NO_RIGHT = 48001
CLOCK_LIMIT_S = 60.0
QUOTA_LOW = 0.1
_CALLBACK_S = 5.0
_LONG_TERM = 3
"""WeChat's number for templates of subscription notices to which one consent is enough."""

# The calls whose day's quota matters to the office, in its words.
WATCHED = {
    "/cgi-bin/message/mass/sendall": "群发",
    "/cgi-bin/draft/add": "新建草稿",
    "/cgi-bin/media/uploadimg": "上传正文图片",
    "/cgi-bin/material/add_material": "上传封面",
    "/cgi-bin/user/get": "读取关注者名单",
    "/cgi-bin/tags/members/batchtagging": "打标签",
    "/cgi-bin/message/template/send": "模板消息",
    "/cgi-bin/message/custom/send": "客服消息",
}
NAMES = {
    "menu": "自定义菜单", "tags": "用户标签", "followers": "关注者名单", "custom": "客服消息", "mass": "按标签群发",
    "mass_openid": "按名单群发", "template": "模板消息", "notice": "订阅通知", "draft": "草稿", "publish": "发布",
    "qr": "带参数二维码", "oauth": "网页授权",
}  # fmt: skip


class Finding(msgspec.Struct, frozen=True):
    """One line of the doctor: ``level`` ok, warn or bad; ``title`` what was looked at; ``text`` cause and what to do."""

    level: Literal["ok", "warn", "bad"]
    title: str
    text: str


class Report(NamedTuple):
    """All findings, and what the account may do (to be stored by :func:`wechat.outbound.abilities.save`)."""

    findings: list[Finding]
    abilities: Abilities


def examine(client: Client, settings: Settings) -> Report:
    """Look at everything. Takes some seconds; call it outside of any transaction."""
    findings = configuration(settings)
    reached = token(client)
    findings += reached
    abilities = Abilities()
    if all(finding.level == "ok" for finding in reached):
        abilities, lacking = what_the_account_may_do(client, settings)
        findings += lacking
        findings += notices(client, settings)
        findings += quotas(client)
        findings += callback_seen_by_wechat(client, settings)
        findings += callbacks_of_yesterday(client, abilities)
    findings += callback_seen_from_here(settings)
    return Report(findings, abilities)


def configuration(settings: Settings) -> list[Finding]:
    """What can be said without asking anybody."""
    found: list[Finding] = []
    wechat, server = settings.wechat, settings.server
    official = wechat.api_base_url == OFFICIAL_API
    if not official:
        found.append(
            Finding("warn", "接口地址", f"当前使用 {wechat.api_base_url}，不是微信正式接口，只用于演示和测试")
        )
    if wechat.message_mode != "safe":
        words = {"plain": "明文模式", "compatible": "兼容模式"}[wechat.message_mode]
        text = f"消息加解密方式为{words}，消息内容没有加密，请在后台与配置中同时改为安全模式"
        found.append(Finding("warn", "消息加密", text))
    if not server.base_url:
        found.append(
            Finding("warn", "服务地址", "没有填写 server.base_url，二维码和链接将无法打开，请填写对外网址")
        )
    elif official and urlsplit(server.base_url).scheme != "https":
        text = f"{server.base_url} 不是 https 网址，微信网页会提示不安全，请配置证书后改为 https"
        found.append(Finding("warn", "服务地址", text))
    return found


def token(client: Client) -> list[Finding]:
    """Whether WeChat gives us a token and takes it; the address for the allow-list; our clock against WeChat's."""
    client.tokens.resume(client.token_name())
    before = time.time()
    try:
        answer = client.call(API_ADDRESSES)
    except CallFailed as failed:
        title = "IP 白名单" if failed.address else "访问凭证"
        return [Finding("bad", title, failed.message)]
    found = [Finding("ok", "访问凭证", "已取得，微信接口可以调用")]
    return found + _clock(answer.date, (before + time.time()) / 2)


def _clock(date: str, ours: float) -> list[Finding]:
    if clock.following() or not date:
        return []
    try:
        theirs = parsedate_to_datetime(date).timestamp()
    except ValueError:
        return []
    off = ours - theirs
    if abs(off) <= CLOCK_LIMIT_S:
        return [Finding("ok", "系统时间", "与微信服务器一致")]
    word = "快" if off > 0 else "慢"
    text = f"本机时间比微信服务器{word} {abs(off):.0f} 秒，推送和验签会出错，请开启时间同步（NTP）"
    return [Finding("bad", "系统时间", text)]


def notices(client: Client, settings: Settings) -> list[Finding]:
    """Whether the templates of subscription notices are the account's, of the kind and with the fields that are configured.

    Source: https://developers.weixin.qq.com/doc/service/Subscription_Messages/intro.html
    """
    wechat = settings.wechat
    wanted = {
        "notice_activity": (
            wechat.notice_activity_template,
            wechat.notice_activity_fields,
            wechat.notice_activity_long_term,
        ),
        "notice_article": (
            wechat.notice_article_template,
            wechat.notice_article_fields,
            wechat.notice_article_long_term,
        ),
    }
    if not any(template for template, _, _ in wanted.values()):
        return []
    try:
        owned = {one.template_id: one for one in client.subscribe_templates()}
    except CallFailed as failed:
        return [Finding("warn", NAMES["notice"], f"没有查明模板是否可用：{failed.message}")]
    faults = [
        fault
        for name, (template, fields, lasting) in wanted.items()
        if template and (fault := _notice_fault(name, owned.get(template), fields, lasting=lasting))
    ]
    if faults:
        return [Finding("bad", NAMES["notice"], fault) for fault in faults]
    host = urlsplit(settings.server.base_url).hostname or "base_url 的域名"
    text = f"模板与配置一致。手机页面上的订阅按钮还需要在公众平台“JS 接口安全域名”里登记 {host}"
    return [Finding("ok", NAMES["notice"], text)]


def _notice_fault(name: str, owned: NoticeTemplate | None, fields: str, *, lasting: bool) -> str:
    """What is wrong with one template, and what to write; empty where nothing is."""
    if owned is None:
        return f"账号里没有 wechat.{name}_template 填写的模板，请到公众平台“订阅通知 → 我的模板”核对模板 ID"
    if (owned.kind == _LONG_TERM) != lasting:
        word = "true" if owned.kind == _LONG_TERM else "false"
        return f"“{owned.title}”的订阅类型与配置不一致，请把 wechat.{name}_long_term 改为 {word}"
    keys = re.findall(r"{{(\w+)\.DATA}}", owned.content)
    if set(keys) != set(fields.split()):
        return f"“{owned.title}”的字段是 {'、'.join(keys)}，请在 wechat.{name}_fields 里按顺序写全"
    return ""


def what_the_account_may_do(client: Client, settings: Settings) -> tuple[Abilities, list[Finding]]:
    """Try the reading calls; 48001 means that the road is absent. What could not be asked stays unknown."""
    troubles: list[Finding] = []

    def has(name: str, call: Callable[[], Any]) -> bool | None:
        try:
            call()
        except CallFailed as failed:
            if failed.code == NO_RIGHT:
                return False
            if failed.kind is Kind.IGNORE:
                return True
            troubles.append(Finding("warn", NAMES[name], f"没有查明能否使用：{failed.message}"))
            return None
        return True

    tags = has("tags", client.tags_get)
    template = has("template", client.template_list)
    abilities = Abilities(
        menu=has("menu", client.menu_current), tags=tags, followers=has("followers", client.followers),
        draft=has("draft", client.draft_count), publish=has("publish", lambda: client.publish_batchget(count=1)),
        notice=has("notice", client.subscribe_templates) if template is not False else False,
        # Mass sends by tag and customer service go with verification, as tags do; the rest with the verified 服务号.
        mass=tags, custom=tags, template=template, mass_openid=template, qr=template, oauth=template,
    )  # fmt: skip
    lacking = [name for name, word in NAMES.items() if getattr(abilities, name) is False]
    found = troubles
    if settings.wechat.account_type == "service" and template is False:
        text = (
            "配置为服务号，但账号没有模板消息的权限，请核对 wechat.account_type，或到后台完成微信认证与年审"
        )
        found.append(Finding("bad", "账号类型", text))
    elif settings.wechat.account_type == "subscription" and template:
        text = "配置为公众号（订阅号），但账号有服务号的权限，请把 wechat.account_type 改为 service"
        found.append(Finding("bad", "账号类型", text))
    if lacking:
        words = "、".join(NAMES[name] for name in lacking)
        found.append(Finding("warn", "账号权限", f"本账号不能使用：{words}，系统不会提供这些渠道"))
    elif not troubles:
        found.append(Finding("ok", "账号权限", "所需接口均可使用"))
    return abilities, found


def quotas(client: Client) -> list[Finding]:
    """Calls of today that are nearly used up."""
    found: list[Finding] = []
    for path, words in WATCHED.items():
        try:
            quota = client.quota_get(path)
        except CallFailed as failed:
            if failed.code is None:
                return [Finding("warn", "调用额度", f"没有查到：{failed.message}")]
            continue  # this kind of account has no such call
        if quota.daily_limit and quota.remain <= 0:
            text = f"“{words}”今天的 {quota.daily_limit} 次已用完，明天 0 时后恢复，急需时可在后台清零一次"
            found.append(Finding("bad", "调用额度", text))
        elif quota.daily_limit and quota.remain <= quota.daily_limit * QUOTA_LOW:
            text = f"“{words}”今天还剩 {quota.remain} 次，共 {quota.daily_limit} 次，请减少不急的操作"
            found.append(Finding("warn", "调用额度", text))
    return found or [Finding("ok", "调用额度", "充足")]


def callback_seen_by_wechat(client: Client, settings: Settings) -> list[Finding]:
    """Whether WeChat resolves and reaches the callback's host."""
    title = "消息推送网络"
    try:
        check = client.callback_check()
    except CallFailed as failed:
        return [Finding("bad" if failed.code == 40201 else "warn", title, failed.message)]
    host = urlsplit(settings.callback_url).hostname or "服务器"
    if not check.dns:
        return [Finding("bad", title, f"微信解析不到 {host}，请检查域名解析，并核对后台的服务器地址")]
    lost = [road for road in check.ping if road.package_loss == "100%"]
    if check.ping and len(lost) == len(check.ping):
        text = f"微信 ping 不通 {host}；如服务器禁止 ping 可忽略，否则请检查防火墙是否放行 80 和 443 端口"
        return [Finding("warn", title, text)]
    return [Finding("ok", title, f"微信可以到达 {host}")]


def callbacks_of_yesterday(client: Client, abilities: Abilities) -> list[Finding]:
    """What WeChat counted yesterday: failures mean a wrong mode or key, or a service that was away."""
    if abilities.tags is False:
        return []
    day = clock.shanghai_day(clock.now() - timedelta(days=1))
    try:
        rows = client.interface_summary(day, day)
    except CallFailed:
        return []  # not ready before 08:00, or no right to statistics: nothing to say
    pushed = sum(int(row.get("callback_count", 0)) for row in rows)
    failed = sum(int(row.get("fail_count", 0)) for row in rows)
    if not failed:
        return []
    text = (
        f"微信昨天推送 {pushed} 次，失败 {failed} 次，请核对后台“消息推送”中的加解密方式、Token 和 "
        "EncodingAESKey 是否与配置一致，并查看昨天服务是否中断"
    )
    return [Finding("bad" if failed * 2 >= pushed else "warn", "消息推送", text)]


def callback_seen_from_here(settings: Settings) -> list[Finding]:
    """Ask our own callback as WeChat does when its address is saved: it must echo what was signed with our token."""
    title = "消息推送地址"
    url = settings.callback_url
    if not urlsplit(url).hostname:
        return [Finding("warn", title, "没有填写 server.base_url，无法检查")]
    timestamp, nonce, echo = str(int(clock.timestamp())), secrets.token_hex(8), secrets.token_hex(8)
    query = {
        "signature": sign(settings.wechat.token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce, "echostr": echo,
    }  # fmt: skip
    problem = ""
    try:
        answer = requests.get(url, params=query, timeout=_CALLBACK_S, allow_redirects=False)
    except requests.RequestException:
        problem = f"连接不上 {url}，请确认服务正在运行，域名、证书和反向代理设置正确"
    else:
        if answer.text == echo:
            return [Finding("ok", title, f"{url} 验证通过")]
        if answer.status_code in (401, 403):
            problem = f"{url} 拒绝了验证，运行中的服务与本配置的 Token 不一致，请核对配置后重启服务"
        elif answer.is_redirect:
            problem = f"{url} 被跳转到其他地址，微信不跟随跳转，请填写最终地址"
        else:
            problem = f"{url} 没有按要求回应（HTTP {answer.status_code}），请检查反向代理是否转发到本服务"
    return [Finding("bad", title, problem)]
