"""What is kept of leave and of codes on a screen: part of the table of :mod:`operations.retention`."""

from __future__ import annotations

from community.arriving import RESTS
from models import Arrival, CodeTry, Leave
from operations.kept import MEMBERSHIP, SERVICE, Kind, of
from operations.sweeps import Held, Rows

ARRIVING = (
    Kind(
        "leave", of("activity_leave", "activity_id", "member_id", "reason", "via", "at"), "请假：谁、哪次活动、原因（加密）",
        "党支部掌握到会情况", MEMBERSHIP, "与台账相同", "本人取消时删除；清除党员个人信息时去掉原因", held=Held([Leave]),
    ),
    Kind(
        "arrival", of("arrival", "activity_id", "member_id", "at", "step", "wechat", "device", "network"),
        "用签到码签到的痕迹：第几个码，手机、微信和网络的代码（只在这一次活动里能比对，不能还原）",
        "提示本支部核对代签，不作任何处理", MEMBERSHIP, "7 天", "删除",
        Rows(Arrival.id, lambda at: [Arrival.at < at.days_ago(7)], since=Arrival.at),
    ),
    Kind(
        "code_try", of("code_try", "follower_id", "failures", "first_at"), "签到码输错的次数", "阻止猜签到码", SERVICE,
        "10 分钟；取消关注时立即删除", "删除",
        Rows(CodeTry.follower_id, lambda at: [CodeTry.first_at < at.now - RESTS], since=CodeTry.first_at),
    ),
)  # fmt: skip
"""In the order in which the job works."""
