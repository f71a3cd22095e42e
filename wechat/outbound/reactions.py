"""What we do about every error code of WeChat: one table, and nobody else decides.

Look-up is (group of calls, code), then (any group, code), then the default (:mod:`wechat.outbound.errors`). Each row holds
WeChat's meaning and, where the kind of reaction does not say it all, what a person must do. A decision is never taken by
``errmsg``, whose wording changes.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What the caller does."""

    REFRESH_TOKEN_ONCE = "refresh-token-once"
    """The client itself repeats once with a new token; refused again it becomes ``STOP_AND_ALERT``."""
    BACK_OFF = "back-off-and-retry"
    """Certainly not accepted: wait 1, 2, 4, 8, 16 s with jitter, at most 5 tries."""
    WAIT_FOR_QUOTA = "wait-for-quota"
    """The group rests: detail ``minute`` 60 s, ``day`` until 00:05 tomorrow, ``month`` until 00:05 on the 1st (Shanghai)."""
    DROP_RECIPIENT = "drop-recipient"
    """This openid is finished for this push by this road; the detail is the reason; the push goes on."""
    FIX_CONTENT = "fix-content"
    """Back to the editor; nothing is repeated."""
    ALREADY_DONE = "already-done"
    """Accepted or existing before: go on as after a success."""
    STOP_AND_ALERT = "stop-and-alert-admin"
    """Pause all calls of the kind, one alert, a person acts. The refused item stays planned: an error is a certain no."""
    UNKNOWN = "unknown-reconcile"
    """May or may not have happened: mark it, ask WeChat, never repeat blindly."""
    REPLAN = "replan"
    """Our picture of the account is stale: read it again, plan again, once."""
    ASK_USER_AGAIN = "ask-user-again"
    """Send the person through login, authorisation or the button again."""
    IGNORE = "ignore"
    """Note it and go on."""
    BUG = "bug"
    """Our code or data is wrong: fail this item, tell the developer, never repeat."""


class Reaction(NamedTuple):
    """A kind with its detail; as text ``kind`` or ``kind(detail)``."""

    kind: Kind
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.kind}({self.detail})" if self.detail else str(self.kind)


class Row(NamedTuple):
    """One line of the table.

    ``meaning`` is what WeChat says by the code; ``advice`` what a person must do, where the kind does not say it.
    ``once`` replaces the reaction for calls that must not be repeated blindly (sends and creations). ``wait_s`` is the first
    wait before the same call may be repeated.
    """

    code: int
    reaction: Reaction
    meaning: str
    advice: str = ""
    once: Reaction | None = None
    wait_s: float = 0.0


# Groups of calls: the unit of look-up, of resting and of the metrics.
ANY = "any"
TOKEN = "token"
TAGS, USERS, QR, MENU = "tags", "users", "qr", "menu"
MEDIA, DRAFT, COMMENT, STATISTICS = "media", "draft", "comment", "statistics"
PUBLISH, PUBLISH_DELETE = "publish", "publish_delete"
MASS, MASS_ADMIN, PREVIEW = "mass", "mass_admin", "preview"
TEMPLATE, TEMPLATE_ADMIN, NOTICE, CUSTOM, TYPING = "template", "template_admin", "notice", "custom", "typing"
OAUTH, JSSDK, MINI, PLATFORM, ROBOT = "oauth", "jssdk", "mini", "platform", "robot"

REFRESH = Reaction(Kind.REFRESH_TOKEN_ONCE)
BACK_OFF = Reaction(Kind.BACK_OFF)
MINUTE = Reaction(Kind.WAIT_FOR_QUOTA, "minute")
DAY = Reaction(Kind.WAIT_FOR_QUOTA, "day")
MONTH = Reaction(Kind.WAIT_FOR_QUOTA, "month")
FIX = Reaction(Kind.FIX_CONTENT)
DONE = Reaction(Kind.ALREADY_DONE)
STOP = Reaction(Kind.STOP_AND_ALERT)
UNKNOWN = Reaction(Kind.UNKNOWN)
REPLAN = Reaction(Kind.REPLAN)
ASK = Reaction(Kind.ASK_USER_AGAIN)
IGNORE = Reaction(Kind.IGNORE)
BUG = Reaction(Kind.BUG)


def drop(reason: str) -> Reaction:
    """This recipient is finished for this road, for this reason."""
    return Reaction(Kind.DROP_RECIPIENT, reason)


_IP_ADVICE = "请把本机出口地址 {ip} 加入微信开发者平台“基础信息”中的 API IP 白名单，几分钟后生效"
_LINK_ADVICE = "请先在公众号后台关联该小程序，再重新提交"
_SECRET_ADVICE = "请核对配置中的 AppID 与 AppSecret，重置过 AppSecret 的须更新配置后重启"
_PUNISHED = "请登录公众号后台查看通知并按要求整改"

TABLE: dict[str, list[Row]] = {
    ANY: [
        # --- token, permission, frequency, form
        Row(-1, BACK_OFF, "微信系统繁忙", once=UNKNOWN),
        Row(40001, REFRESH, "访问凭证已失效或不是最新的"),
        Row(40014, REFRESH, "访问凭证不合法"),
        Row(42001, REFRESH, "访问凭证已过期"),
        Row(41001, BUG, "请求缺少访问凭证"),
        Row(40002, BUG, "凭证类型不合法"),
        Row(40013, STOP, "AppID 不正确", _SECRET_ADVICE),
        Row(40125, STOP, "AppSecret 不正确", _SECRET_ADVICE),
        Row(40164, STOP, "本机地址不在 API IP 白名单内", _IP_ADVICE),
        Row(45035, STOP, "本机地址不在 API IP 白名单内", _IP_ADVICE),
        Row(61004, STOP, "本机地址没有登记", _IP_ADVICE),
        Row(40243, STOP, "AppSecret 已被冻结", "请在微信开发者平台解冻 AppSecret，约 10 分钟后生效"),
        Row(41002, BUG, "请求缺少 AppID"),
        Row(41004, BUG, "请求缺少 AppSecret"),
        Row(43001, BUG, "接口要求 GET 请求"),
        Row(43002, BUG, "接口要求 POST 请求"),
        Row(43003, BUG, "接口要求 HTTPS"),
        Row(44002, BUG, "请求内容为空"),
        Row(45009, DAY, "该接口今天的调用次数已用完"),
        Row(45011, MINUTE, "该接口调用过于频繁"),
        Row(48017, STOP, "微信接口地址已停用", "请检查服务器的域名解析，不要写死微信的 IP 地址"),
        Row(40066, BUG, "接口地址不存在"),
        Row(40035, BUG, "参数不合法"),
        Row(40097, BUG, "参数不合法"),
        Row(41011, BUG, "缺少必填参数"),
        Row(47001, BUG, "请求的数据格式有误"),
        Row(40033, BUG, "请求含有被转义的文字"),
        Row(47002, BUG, "请求含有被转义的文字"),
        Row(47009, BUG, "该接口已下线"),
        Row(48001, STOP, "本账号没有这个接口的权限", "请核对账号类型与认证状态，认证过期的须先年审"),
        Row(48003, STOP, "账号没有同意群发协议", "请管理员登录公众号后台，在群发功能中同意协议"),
        Row(48004, STOP, "该接口因违规被停用", _PUNISHED),
        Row(45102, STOP, "该接口暂时被微信封禁", _PUNISHED),
        Row(45501, STOP, "本账号的部分请求暂时被微信拦截", _PUNISHED),
        Row(45103, STOP, "该接口已停止支持", "请联系维护人员更换接口"),
        Row(45106, STOP, "该接口已停止支持", "请联系维护人员更换接口"),
        Row(45109, STOP, "该接口已停止支持", "请联系维护人员更换接口"),
        Row(48006, MONTH, "本月的额度清零次数已用完"),
        Row(50001, ASK, "用户没有授权"),
        Row(50002, drop("account_limited"), "该微信号被限制使用"),
        Row(50003, STOP, "账号不在允许名单内", _PUNISHED),
        Row(50004, STOP, "账号被禁止使用访问凭证", _PUNISHED),
        Row(50005, drop("not_following"), "对方没有关注本账号"),
        Row(50007, STOP, "账号已冻结", _PUNISHED),
        Row(61024, STOP, "账号的凭证由第三方平台管理", "请在公众号后台解除第三方平台的授权"),
        Row(61007, STOP, "接口没有授权给第三方平台", "请在公众号后台检查第三方平台的授权"),
        Row(61003, STOP, "第三方平台没有得到本账号的授权", "请在公众号后台检查第三方平台的授权"),
        Row(89503, STOP, "调用需要管理员确认", "请管理员在手机微信上确认，系统会在 5 分钟后再试"),
        Row(
            89506,
            STOP,
            "管理员两次拒绝了本机地址，24 小时内不能调用",
            "请管理员核对本机地址后，24 小时后在手机上确认",
        ),
        Row(
            89507,
            STOP,
            "管理员拒绝了本机地址，1 小时内不能调用",
            "请管理员核对本机地址后，1 小时后在手机上确认",
        ),
        # --- openids, followers, tags, QR
        Row(40003, drop("invalid_openid"), "关注者标识不正确，或对方没有关注"),
        Row(40031, BUG, "名单中有不正确的关注者标识"),
        Row(40032, BUG, "名单为空或超过每次的上限"),
        Row(40130, drop("too_few"), "去掉未关注和重复的人后不足两人，不能按名单群发"),
        Row(45019, BUG, "名单超过 10000 人"),
        Row(41009, BUG, "缺少关注者标识"),
        Row(46004, drop("gone"), "没有这个用户"),
        Row(43004, drop("not_following"), "对方没有关注本账号"),
        Row(43005, drop("not_following"), "对方没有关注本账号"),
        Row(43019, drop("blacklisted"), "对方在本账号的黑名单中"),
        Row(49003, drop("invalid_openid"), "关注者标识不属于本账号"),
        Row(45056, STOP, "标签已满 100 个", "请在公众号后台删除不用的标签"),
        Row(45057, REPLAN, "标签下的人数超过 10 万，不能直接删除"),
        Row(45058, BUG, "不能修改微信自带的标签"),
        Row(45059, drop("too_many_tags"), "该关注者已有 20 个标签"),
        Row(45157, DONE, "标签名已存在或不合规"),
        Row(45158, FIX, "标签名超过 30 字节", "标签名请控制在 10 个汉字以内"),
        Row(45159, REPLAN, "标签不存在"),
        Row(45169, BACK_OFF, "同一关注者正在被另一次打标签操作处理"),
        Row(45171, drop("tagging"), "部分关注者打标签失败"),
        Row(40092, FIX, "备注名过长", "备注名请少于 30 字节"),
        Row(268487001, BACK_OFF, "微信系统繁忙"),
        Row(268487002, BACK_OFF, "微信系统繁忙"),
        Row(63178, BUG, "迁移的原账号不正确"),
        Row(63182, BUG, "迁移名单为空"),
        Row(63183, BUG, "账号没有迁移"),
        Row(40050, BUG, "分组不存在"),
        Row(40051, BUG, "分组名不合法"),
        Row(40117, BUG, "分组名不合法"),
        Row(40052, BUG, "二维码类型不合法"),
        Row(40053, BUG, "二维码参数不合法"),
        Row(40129, BUG, "场景值不合法"),
        Row(40162, BUG, "有效期不合法"),
        Row(45029, STOP, "永久二维码已满 10 万个", "请改用临时二维码，或联系维护人员清理"),
        Row(40131, BACK_OFF, "二维码凭证超出限制"),
        # --- menu
        Row(40015, FIX, "菜单类型不合法"),
        Row(40016, FIX, "一级菜单应有 1 到 3 个"),
        Row(40017, FIX, "菜单按钮类型不合法"),
        Row(40018, FIX, "一级菜单名过长", "一级菜单名请控制在 16 字节，约 5 个汉字"),
        Row(40019, FIX, "菜单 KEY 超过 128 字节"),
        Row(40020, FIX, "菜单网址超过 1024 字节"),
        Row(40022, FIX, "菜单层级不合法"),
        Row(40023, FIX, "二级菜单应有 1 到 5 个"),
        Row(40024, FIX, "二级菜单类型不合法"),
        Row(40025, FIX, "二级菜单名过长", "二级菜单名请控制在 60 字节，约 20 个汉字"),
        Row(40026, FIX, "二级菜单 KEY 超过 128 字节"),
        Row(40027, FIX, "二级菜单网址超过 1024 字节"),
        Row(40054, FIX, "二级菜单的网址不被允许"),
        Row(40055, FIX, "菜单的网址不被允许"),
        Row(40119, FIX, "一级菜单类型不可用"),
        Row(40120, FIX, "二级菜单类型不可用"),
        Row(40121, FIX, "菜单不能使用这种素材"),
        Row(40165, FIX, "小程序页面路径不正确", _LINK_ADVICE),
        Row(40166, FIX, "小程序 AppID 不正确", _LINK_ADVICE),
        Row(45064, FIX, "没有使用该小程序的权限", _LINK_ADVICE),
        Row(85005, FIX, "小程序没有与本账号关联", _LINK_ADVICE),
        Row(45010, DAY, "今天创建菜单的次数已用完"),
        Row(46002, BUG, "菜单版本不存在"),
        Row(46003, IGNORE, "还没有设置菜单"),
        *(
            Row(code, FIX, f"个性化菜单有误：{text}")
            for code, text in {
                65301: "不存在",
                65302: "写法不合法",
                65303: "须先创建默认菜单",
                65304: "匹配条件为空",
                65305: "数量超出限制",
                65306: "本账号不支持",
                65307: "内容为空",
                65308: "有按钮没有动作",
                65309: "功能已关闭",
                65310: "国家不合法",
                65311: "省份不合法",
                65312: "城市不合法",
                65313: "地区缺少上级",
                65314: "地区不合法",
                65316: "外部域名超过 3 个",
                65317: "含有不合法的网址",
                65318: "须为 UTF-8 编码",
                65319: "不合法",
                65320: "匹配条件使用了不允许的字段",
            }.items()
        ),
        # --- media, material, drafts, publishing
        Row(40004, FIX, "媒体类型不合法"),
        Row(40005, FIX, "文件格式不被允许", "正文图片请用 JPG 或 PNG 格式"),
        Row(40113, FIX, "文件格式不被支持", "正文图片请用 JPG 或 PNG 格式"),
        Row(40006, FIX, "文件过大", "请压缩后再上传"),
        Row(45001, FIX, "文件过大", "请压缩后再上传"),
        Row(40007, REPLAN, "素材不存在、已过期或已使用"),
        Row(40009, FIX, "图片过大", "正文图片请小于 1 MB，封面请小于 10 MB"),
        Row(40010, FIX, "语音过大", "语音请小于 2 MB"),
        Row(40011, FIX, "视频过大", "视频请小于 10 MB"),
        Row(40012, FIX, "缩略图过大", "缩略图请小于 64 KB"),
        Row(40137, FIX, "图片格式不正确", "请用图片软件另存为 JPG 或 PNG 后再上传"),
        Row(40141, FIX, "图片地址不正确"),
        Row(40160, FIX, "图片文件不正确", "请用图片软件另存为 JPG 或 PNG 后再上传"),
        Row(41005, BUG, "上传的文件缺失"),
        Row(44001, BUG, "上传的文件为空"),
        Row(41006, BUG, "缺少素材编号"),
        Row(46001, REPLAN, "素材不存在"),
        Row(45007, FIX, "语音超过 60 秒"),
        Row(45034, STOP, "素材库已满", "请在公众号后台清理不用的素材"),
        Row(45074, STOP, "素材库已满", "请在公众号后台清理不用的素材"),
        Row(45101, STOP, "上传次数达到上限", "请在公众号后台清理不用的素材，次日再试"),
        Row(45060, IGNORE, "素材正在被菜单或自动回复使用"),
        Row(48005, IGNORE, "素材正在被自动回复或菜单使用"),
        Row(48010, IGNORE, "素材正在被自动回复或菜单使用"),
        Row(44003, FIX, "稿件内容为空", "标题、正文和封面都不能为空"),
        Row(41026, FIX, "图片列表为空"),
        Row(40114, BUG, "文章序号不正确"),
        Row(45165, BUG, "每页数量不正确"),
        Row(53402, FIX, "封面裁剪不正确或图片过小"),
        Row(45002, FIX, "内容过长", "正文请少于 2 万字且小于 1 MB"),
        Row(45003, FIX, "标题过长", "标题请控制在 32 字以内"),
        Row(40227, FIX, "标题为空"),
        Row(45004, FIX, "摘要过长", "摘要请控制在 120 字以内"),
        Row(45005, FIX, "原文链接过长"),
        Row(45006, FIX, "图片链接过长"),
        Row(40039, FIX, "链接过长"),
        Row(45008, FIX, "一次推送的稿件数超出限制", "一次最多 8 篇"),
        Row(40198, FIX, "一次推送的稿件数超出限制", "一次最多 8 篇"),
        Row(45110, FIX, "作者名过长", "作者名请控制在 16 字以内"),
        Row(40192, FIX, "作者名不合法"),
        Row(45166, FIX, "正文含有不被允许的内容", "请检查外部链接、脚本和敏感内容"),
        Row(40213, FIX, "链接写法不正确"),
        Row(40214, FIX, "链接文字不正确"),
        Row(45086, FIX, "小程序卡片写法不正确"),
        Row(40155, FIX, "正文含有其他公众号的主页链接"),
        Row(40068, FIX, "正文含有恶意链接"),
        Row(53404, FIX, "账号的商品能力受限"),
        Row(53405, FIX, "商品信息有误"),
        Row(53406, FIX, "没有开通商品能力"),
        Row(41039, FIX, "原文链接不正确"),
        Row(53503, FIX, "草稿没有通过发布检查"),
        Row(53504, FIX, "该草稿只能在公众平台官网使用", "请编辑在公众号后台打开该草稿后再操作"),
        Row(53505, FIX, "草稿需要手动保存", "请编辑在公众号后台手动保存该草稿后再发表"),
        Row(53600, BUG, "文章编号无效"),
        # --- mass send
        Row(45028, DAY, "群发次数已用完"),
        Row(45065, DONE, "这次群发此前已被微信接受"),
        Row(45066, BACK_OFF, "同一次群发重试过快", wait_s=61),
        Row(45067, BUG, "群发标识超过 32 字节"),
        Row(89504, UNKNOWN, "群发正在等待管理员确认", "请管理员在手机微信上确认，30 分钟内有效"),
        Row(89505, UNKNOWN, "群发已进入管理员确认流程", "请管理员在手机微信上确认，30 分钟内有效"),
        Row(40152, REPLAN, "标签不存在"),
        Row(40215, FIX, "图片数量不正确"),
        Row(45162, BUG, "消息类型不合法"),
        Row(41040, FIX, "不符合原创声明的规则"),
        Row(45113, BUG, "商品和卡券消息已不能发送"),
        Row(48021, FIX, "草稿由后台自动保存，不能群发", "请编辑在公众号后台手动保存该草稿"),
        Row(48022, FIX, "通过接口上传的视频不能群发", "请改在公众号后台上传视频"),
        Row(42010, BACK_OFF, "两次群发间隔过短", wait_s=60),
        Row(40008, BUG, "消息类型不正确"),
        Row(45052, BUG, "群发的消息类型不正确"),
        Row(40059, BUG, "消息编号不正确"),
        Row(44007, BUG, "消息编号重复"),
        Row(45000, BUG, "消息编号过长"),
        Row(40060, BUG, "文章序号不正确"),
        Row(40128, REPLAN, "群发不能使用临时素材"),
        Row(45062, FIX, "文章含有已签约的广告", "请在公众号后台操作"),
        Row(45083, BUG, "群发速度超出范围"),
        Row(45084, BUG, "缺少群发速度"),
        Row(45085, BACK_OFF, "群发速度服务出错"),
        Row(48008, STOP, "没有发送这类消息的权限"),
        Row(48013, FIX, "视频不是用新接口上传的"),
        Row(48014, FIX, "视频没有通过审核"),
        Row(45161, FIX, "视频没有通过审核"),
        Row(40132, BUG, "微信号不正确"),
        Row(88000, REPLAN, "账号没有留言功能"),
        # --- template, subscription notice, customer service
        Row(40037, STOP, "模板不存在", "请在公众号后台核对模板，并更新配置中的模板编号"),
        Row(40036, STOP, "模板编号长度不正确", "请核对配置中的模板编号"),
        Row(48011, STOP, "模板已被停用", "请在公众号后台更换模板"),
        Row(45026, STOP, "模板已满 25 个", "请在公众号后台删除不用的模板"),
        Row(45027, STOP, "模板与服务类目不符", "请在公众号后台检查服务类目"),
        Row(40102, STOP, "行业编号不正确"),
        Row(40103, STOP, "行业序号不正确"),
        Row(45012, FIX, "模板消息过长"),
        Row(45013, FIX, "模板参数过多"),
        Row(45014, FIX, "模板消息过长"),
        Row(47003, FIX, "模板字段“{field}”的内容不合规", "请检查该字段是否为空、过长或类型不符"),
        Row(43101, drop("not_subscribed"), "对方没有订阅该通知，或订阅次数已用完"),
        Row(43108, BACK_OFF, "同一关注者正在接收另一条订阅消息"),
        Row(43102, BUG, "不是订阅消息模板"),
        Row(43103, BUG, "订阅消息参数有误"),
        Row(43105, BUG, "订阅消息参数有误"),
        Row(43104, STOP, "账号没有订阅消息的权限"),
        Row(43106, STOP, "账号因违规不能添加模板", _PUNISHED),
        Row(43107, STOP, "订阅消息能力已关闭", _PUNISHED),
        Row(45168, FIX, "通知内容含有不被允许的词"),
        Row(200011, STOP, "账号被限制添加模板", _PUNISHED),
        Row(200012, STOP, "个人模板已满 25 个", "请在公众号后台删除不用的模板"),
        Row(200013, STOP, "该模板被限制使用", "请在公众号后台更换模板"),
        *(Row(code, BUG, "模板管理参数有误") for code in (200014, *range(200016, 200022))),
        Row(43116, STOP, "该模板被微信停用", "请在公众号后台更换模板，本次改用其他渠道"),
        Row(43117, drop("too_frequent"), "发给该关注者的模板消息过于频繁", wait_s=600),
        Row(40241, drop("duplicate"), "60 秒内发过相同内容"),
        Row(40249, FIX, "模板消息不能含有营销内容"),
        Row(40246, STOP, "模板关键词不正确"),
        Row(40247, STOP, "须改用类目模板", "请在公众号后台添加类目模板"),
        Row(40062, FIX, "标题超过 15 字"),
        Row(45051, FIX, "模板消息的链接不正确"),
        Row(70000, drop("minor"), "为保护未成年人，微信没有发送"),
        Row(40200, BUG, "账号类型不支持该接口"),
        *(Row(code, BUG, "表单编号不正确（旧接口）") for code in (41028, 41029, 46101)),
        Row(41030, BUG, "小程序页面不存在"),
        Row(45015, drop("window_closed"), "对方超过 48 小时没有互动，或已取消关注"),
        Row(45047, drop("window_count"), "对方再次互动前的消息条数已用完"),
        Row(45072, BUG, "输入状态指令不正确"),
        Row(45080, IGNORE, "30 秒内没有对话，不能显示输入状态"),
        Row(45081, IGNORE, "正在输入状态中"),
        Row(45050, BUG, "客服消息类型不正确"),
        Row(45098, FIX, "菜单消息选项过多"),
        Row(45099, FIX, "菜单消息选项过长"),
        Row(45088, FIX, "菜单消息动作过长"),
        Row(44004, BUG, "消息内容为空"),
        Row(45087, STOP, "客服功能被封禁", _PUNISHED),
        Row(45094, STOP, "客服功能因违规受限", _PUNISHED),
        Row(48002, drop("blocked"), "对方拒收本账号的消息"),
        Row(61450, BACK_OFF, "客服系统出错"),
        Row(61453, DONE, "客服账号已存在"),
        *(Row(code, BUG, "客服账号参数有误") for code in (61451, 61452, 61454, 61455, 61456, 61457)),
        *(
            Row(code, BUG, "客服功能参数有误")
            for code in (65400, 65401, *range(65403, 65408), *range(65413, 65418))
        ),
        # --- OAuth, JS-SDK, mini-program, statistics, comments
        Row(40029, ASK, "登录凭据无效或已过期"),
        Row(40163, ASK, "登录凭据已经用过"),
        Row(42003, ASK, "登录凭据已过期"),
        Row(41008, ASK, "缺少登录凭据"),
        Row(40030, ASK, "登录状态已失效"),
        Row(42002, ASK, "登录状态已过期"),
        Row(41003, ASK, "登录状态已失效"),
        Row(42007, ASK, "用户修改了密码，需要重新登录"),
        Row(40226, STOP, "微信判定该用户存在风险，不允许登录", "请本人联系党支部书记线下办理"),
        Row(40048, STOP, "页面域名没有登记", "请在微信开发者平台登记 JS 接口安全域名"),
        Row(40234, STOP, "接口签名不正确", "请在后台关闭“API 安全”中的接口签名"),
        Row(10003, STOP, "网页授权域名与登记的不一致", "请在微信开发者平台登记网页授权域名"),
        Row(10004, STOP, "账号被封禁", _PUNISHED),
        Row(10005, STOP, "账号没有网页授权的权限"),
        Row(10006, STOP, "须先关注测试号"),
        *(Row(code, STOP, "网页授权参数有误") for code in (10009, 10010, 10011, 10012, 10013, 10015)),
        Row(1400001, STOP, "手机号快速验证的额度已用完", "请管理员在小程序后台续费，其间可改用姓名绑定"),
        Row(87014, FIX, "内容含有违规信息"),
        Row(87009, BUG, "签名不正确"),
        Row(61010, BUG, "用户访问已过期"),
        Row(61500, BUG, "日期格式不正确"),
        Row(61501, BUG, "日期范围不正确"),
        Row(
            61503,
            BACK_OFF,
            "统计数据还没有准备好",
            "统计数据在每天 8 时后可查，系统会每小时再试",
            wait_s=3600,
        ),
        Row(88005, DONE, "已经回复过该留言"),
        Row(88001, FIX, "文章不存在"),
        Row(88002, FIX, "该文章的留言受限"),
        Row(88003, FIX, "精选留言已满"),
        Row(88004, FIX, "留言已被用户删除"),
        Row(88006, FIX, "留言回复有误"),
        Row(88007, FIX, "回复为空或过长"),
        Row(88008, FIX, "留言不存在"),
        Row(88009, FIX, "回复不存在"),
        Row(88010, FIX, "每页数量不正确"),
        Row(88011, FIX, "留言操作有误"),
        Row(76001, IGNORE, "请求编号不存在"),
        Row(76002, IGNORE, "请求编号不正确"),
        Row(76003, IGNORE, "请求编号属于其他账号"),
        Row(76004, IGNORE, "请求编号已超过 7 天"),
        Row(76021, BUG, "要查询的接口不存在"),
        Row(76022, BUG, "不能查询该接口的额度"),
        Row(40201, STOP, "没有设置消息推送地址", "请在微信开发者平台的“消息推送”中填写服务器地址"),
        Row(40202, BUG, "网络检测动作不正确"),
        Row(40203, BUG, "网络检测运营商不正确"),
    ],
    TOKEN: [
        Row(-1, BACK_OFF, "微信系统繁忙"),
        Row(40001, STOP, "AppSecret 不正确", _SECRET_ADVICE),
        Row(50002, STOP, "账号受限、冻结或已注销", _PUNISHED),
    ],
    DRAFT: [Row(40007, REPLAN, "封面或草稿不存在", wait_s=3)],
    PUBLISH_DELETE: [Row(53600, DONE, "文章已不存在")],
    MASS: [Row(-1, UNKNOWN, "微信系统繁忙，或标签不存在", wait_s=61)],
    MASS_ADMIN: [
        Row(40059, BACK_OFF, "微信还查不到这次群发", wait_s=60),
        Row(44007, BACK_OFF, "微信还查不到这次群发", wait_s=60),
        Row(45000, BACK_OFF, "微信还查不到这次群发", wait_s=60),
    ],
    TEMPLATE: [Row(-1, UNKNOWN, "微信系统繁忙", wait_s=61)],
    CUSTOM: [Row(45002, FIX, "客服消息超过 2048 字节"), Row(45008, FIX, "客服图文消息只能有 1 篇")],
    COMMENT: [Row(88000, FIX, "账号没有留言功能")],
    MINI: [Row(40013, BUG, "小程序 AppID 不正确"), Row(41030, BUG, "小程序页面不存在")],
    PLATFORM: [Row(76003, BUG, "接口路径写法不正确，或请求编号属于其他账号")],
    ROBOT: [
        Row(-1, UNKNOWN, "企业微信系统繁忙"),
        Row(45009, MINUTE, "该群机器人每分钟 20 条的额度已用完"),
        Row(
            93000,
            STOP,
            "群机器人地址不正确，或机器人已被移出群",
            "请党支部在企业微信群里重新添加机器人并更新地址",
        ),
        Row(93004, STOP, "群机器人已停用", "请党支部在企业微信群里重新添加机器人并更新地址"),
        Row(93008, STOP, "群机器人不在群里", "请党支部在企业微信群里重新添加机器人并更新地址"),
        Row(40008, BUG, "群机器人消息类型不正确"),
        Row(40058, BUG, "群机器人消息的参数不正确或过长"),
        Row(44004, BUG, "群机器人消息为空"),
        Row(45002, BUG, "群机器人消息过长"),
        Row(40009, BUG, "群机器人图片超过 2 MB"),
        Row(45001, BUG, "群机器人文件超过 20 MB"),
        Row(301019, BUG, "群机器人图片校验值不符"),
        Row(40007, REPLAN, "群机器人文件已过期"),
    ],
}

DEFAULT = Row(0, BUG, "微信返回了未收录的错误")
