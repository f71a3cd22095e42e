"""What a message can mean, and the shape in which that is told."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """The intents; behind each what a follower typically writes."""

    CHECKIN = "checkin"  # 签到, qd, 打卡, +1; text: what else was said
    NO_CHECKIN = "no_checkin"  # 我不签到了
    LEAVE = "leave"  # 请假 原因; text: the reason, tail: what stands before the word, an activity's name as a rule
    LEAVE_BACK = "leave_back"  # 销假
    UNDO = "undo"  # 撤销
    MAKE_UP = "make_up"  # 补签 原因; text: the reason
    BIND = "bind"  # 绑定 姓名 后四位; text: the whole message, tail: the last four digits in it
    CONSENT = "consent"  # 同意
    DECLINE = "decline"  # 不同意, 取消
    UNBIND = "unbind"  # 解绑
    ACTIVITIES = "activities"  # 活动
    MINE = "mine"  # 我的
    MY_DATA = "my_data"  # 我的信息
    KITS = "kits"  # 待转发
    FORWARDED = "forwarded"  # 已转发
    CORRECT = "correct"  # 更正 手机 139…; text: what is to be corrected
    STUDY = "study"  # 学习园地
    NEWS = "news"  # 先锋动态
    SEARCH = "search"  # 搜 垃圾分类; text: what is looked for, or empty
    LARGE = "large"  # 大字
    HELP = "help"  # 帮助, 签到怎么弄; text: the intent that is asked about
    MORE = "more"  # 更多
    MUTE = "mute"  # 退订; text: the column's key, or empty
    UNMUTE = "unmute"  # 订阅; text: the column's key, or empty
    HUMAN = "human"  # 人工
    CHOICE = "choice"  # 1 … 9
    GREETING = "greeting"  # 你好, 收到
    UNKNOWN = "unknown"


class Intent(msgspec.Struct, frozen=True):
    """One intent with its arguments: ``text``, a ``number`` chosen, the ``tail`` (last four digits) of a phone.

    ``again``: the member's own words (name, branch, open activities) may change the reading, so it is to be read again with them.
    ``clear`` is False of a binding where a word beside digits may be anything, and of 注销, which may mean more than to unbind.
    Of a check-in that was read so: ``clear`` where every part of the message is accounted for, ``which`` the positions of the
    activities it speaks of (None: of none).
    ``heard``: it is read again only because it may sound like an activity's keyword.
    """

    kind: Kind
    text: str = ""
    number: int = 0
    tail: str = ""
    again: bool = False
    clear: bool = True
    heard: bool = False
    which: tuple[int, ...] | None = None


UNKNOWN = Intent(Kind.UNKNOWN)
