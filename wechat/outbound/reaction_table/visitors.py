"""Who opens a page: OAuth, JS-SDK, the mini-program; statistics, comments and the platform itself."""

from __future__ import annotations

from wechat.outbound.groups import Group
from wechat.outbound.reactions import ASK, BACK_OFF, BUG, DONE, FIX, IGNORE, STOP, Row

_LOOK_AGAIN = "请刷新页面查看现在的留言"
_NO_COMMENTS = (
    "请管理员在公众号后台的“留言”里确认能否开通（2018 年 3 月以后注册的账号多数没有），"
    "没有开通时只能在公众号会话里收读者的话"
)
_PUNISHED = "请登录公众号后台查看通知并按要求整改"

ROWS: dict[Group, list[Row]] = {
    Group.ANY: [
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
        Row(88001, FIX, "文章不存在", "可能已在公众平台删除，请到公众号后台的“发表记录”核对"),
        Row(88002, FIX, "该文章的留言受限", "微信出于安全限制了留言，请登录公众号后台查看通知"),
        Row(88003, FIX, "精选留言已满", "请先取消几条精选，再精选这一条"),
        Row(88004, FIX, "留言已被用户删除", _LOOK_AGAIN),
        Row(88006, FIX, "留言回复有误", "请删减回复后再试"),
        Row(88007, FIX, "回复为空或过长", "请填写回复并控制在 600 字以内"),
        Row(88008, FIX, "留言不存在", _LOOK_AGAIN),
        Row(88009, FIX, "回复不存在", _LOOK_AGAIN),
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
    Group.COMMENT: [Row(88000, FIX, "账号没有留言功能", _NO_COMMENTS)],
    Group.MINI: [Row(40013, BUG, "小程序 AppID 不正确"), Row(41030, BUG, "小程序页面不存在")],
    Group.PLATFORM: [Row(76003, BUG, "接口路径写法不正确，或请求编号属于其他账号")],
}
