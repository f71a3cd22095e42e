"""减负: what turns a check-in into a punch-in, and names those who did not come."""

from __future__ import annotations

import re
from collections.abc import Iterator

from content.proofing.findings import Found, Severity
from content.proofing.text import Text

_RULES = (
    (
        re.compile(r"(?:务必|必须|一律|均须|都要|要求|强制|统一)[^，,。；;\n]{0,6}(?:全员|人人|所有党员|全体党员|每名党员|每位党员|所有人|每个人|一个不"
        r"落|一个不漏)[^，,。；;\n]{0,8}(?:打卡|签到|学习|接龙|转发|点赞|关注|下载|安装|注册|投票|答题|观看|上报|留痕)|(?:全员|人人|所有"
        r"党员|全体党员|每名党员|每位党员|所有人|每个人|一个不落|一个不漏)[^，,。；;\n]{0,6}(?:务必|必须|一律|均须|都要|要求|强制|统一)[^，,。"
        r"；;\n]{0,8}(?:打卡|签到|学习|接龙|转发|点赞|关注|下载|安装|注册|投票|答题|观看|上报|留痕)"),
        Severity.CONFIRM, "强制全员参加，减负规定不允许", "请改为自愿参加",
    ),
    (
        re.compile(r"(?:每[天日周]|天天)[^，,。；;\n]{0,6}(?:必须|务必|强制|须|都要)[^，,。；;\n]{0,6}(?:打卡|签到)|(?:务必|必须)[^，,。；;\n]{0,4}(?:每[天日]|按时)?(?:打卡|签到)"),
        Severity.CONFIRM, "强制打卡签到，减负规定不允许", "请改为自愿参加，或写明具体活动",
    ),
    (
        re.compile(
            r"(?:未|没有?|不)(?:按时|按要求|及时)?(?:打卡|签到|参加|学习|完成学习|接龙|转发|关注)的?(?:党员|同志|人员|支部|个人|名单|群众)?"
            r"[^。；;\n]{0,16}(?:点名|通报|公布|公示|曝光|批评|约谈|问责|扣分|上墙|名单如下|黑名单|群里)"
        ),
        Severity.BLOCK, "点名或通报没有参加的人，减负规定不允许", "请删去",
    ),
    (
        re.compile(r"(?:点名|通报|公布|公示|曝光|批评)[^。；;，,\n]{0,8}(?:未|没有?|不)(?:按时|按要求|及时)?(?:打卡|签到|参加|学习|接龙|转发|关注)的?(?:党员|同志|人员|支部|名单|人)?"),
        Severity.BLOCK, "点名或通报没有参加的人，减负规定不允许", "请删去",
    ),
    (
        re.compile(r"(?:积分|学时|打卡|签到|点赞|转发|关注|在线时长|学习时长)[^，,。；;、不无\n]{0,4}(?:排名|排行榜|排行|倒数|末位|后\d{1,2}名|红黑榜)"),
        Severity.CONFIRM, "对个人排名，减负规定不允许", "请删去排名",
    ),
    (
        re.compile(r"(?:截图|截屏|拍照)[^，,。；;\n]{0,8}(?:上传|上报|发到?群|报送|为准|留痕|备查)|(?:上传|上报|报送|提交)[^，,。；;\n]{0,6}截图"),
        Severity.CONFIRM, "要求截图、拍照留痕，增加负担", "请删去",
    ),
    (
        re.compile(r"(?:打卡|签到|参与|学习|关注|转发|下载|安装)[^，,。；;\n]{0,6}(?:纳入|列入|计入|与)[^，,。；;\n]{0,10}(?:考核|绩效|评优|评先|挂钩|积分)"),
        Severity.CONFIRM, "把打卡签到与考核挂钩，减负规定不允许", "请删去",
    ),
    (
        re.compile(r"(?:参与率|签到率|打卡率|关注率|转发率|下载率|安装率|完成率)(?:须|要|必须|务必|应)?(?:达到?|确保|保证)\s?(?:100[%％]|百分之百)"),
        Severity.CONFIRM, "下达参与率指标，减负规定不允许", "请删去指标",
    ),
)  # fmt: skip
_AGAINST = re.compile(
    r"(?:不得|不准|不许|严禁|禁止|不要|不再|不搞|不以|杜绝|取消|避免|防止|整治|纠正|叫停|反对|减少|清理|拒绝|制止|摒弃|严防|不强制|不会|绝不)"
    r"[^。；;！\n]{0,16}$"
)
_FREELY = re.compile(r"^[^。；;\n]{0,3}(?:的做法|等问题|等形式主义|等做法|等现象|行为)")


def find(text: Text) -> Iterator[Found]:
    """All of them, but for sentences that speak against it."""
    for line in text.lines:
        taken: list[tuple[int, int]] = []
        for pattern, severity, reason, advice in _RULES:
            for match in pattern.finditer(line.half):
                start, end = match.span()
                against = _AGAINST.search(line.half[max(0, start - 24) : start])
                if against or _FREELY.search(line.half[end : end + 12]):
                    continue
                if any(start < other[1] and other[0] < end for other in taken):
                    continue
                taken.append((start, end))
                yield Found("burden", severity, line.number, start, end, reason, advice)
