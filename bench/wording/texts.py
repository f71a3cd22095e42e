"""Clean texts of a community office, made from sentences of our own: dates fit their weekdays, sums their parts.

It shares nothing with the check that it is held against: no word list, no rule, no import.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

WEEK = "一二三四五六日"
NUMBERS = "零一二三四五六七八九十"
PLACES = ("书香", "翰林", "玲珑", "湖东", "湖西", "东沙", "水墨", "荷韵", "星洲", "玉澜", "翡翠", "锦绣")
SUBJECTS = (
    "楼道照明",
    "垃圾分类",
    "电动车充电",
    "老旧小区改造",
    "加装电梯",
    "暑期托管",
    "助老就餐",
    "消防通道",
    "噪声扰民",
    "屋顶漏水",
)
LEADERS = (("周启明", "党委书记"), ("吴静宜", "居委会主任"), ("郑海峰", "党委副书记"), ("孙若兰", "组织委员"))

PLAIN = (
    "{p}社区党支部组织党员到网格走访，了解居民的想法，把能办的事当场办好。",
    "针对居民反映的{s}问题，社区邀请物业和业主代表坐下来商量，逐条记下意见。",
    "网格员每天下午到楼里转一转，遇到独居老人就陪着说说话，顺手检查燃气阀门。",
    "活动现场气氛热烈，老党员讲述了自己当年修水渠的经历，年轻党员听得很认真。",
    "大家表示，要把学到的内容带回岗位，从身边小事做起，让邻里关系更和睦。",
    "社区律师现场解答了租房、继承方面的疑问，并留下办公室电话，方便居民再来咨询。",
    "为方便上班族，党群服务中心把开放时间延长到晚上八点，周末也有人值守。",
    "志愿者给孩子们上了一堂安全用电课，孩子们抢着回答问题，学会了拨打求助电话。",
    "经过两个月的施工，{s}已经全部完成，居民送来锦旗表示感谢。",
    "下一步，社区将继续听取意见，把资源送到网格，把服务送到家门口。",
    "会上公布署名倡议书的居民名单，大家商定每月末清理一次楼道。",
    "施工队按装修要求备齐了材料，社区安排专人在现场协调。",
    "居民既要享受便利，也要遵守规定，办法率先在{p}社区试行。",
    "社区把闲置的车棚改成阅览室，报刊、绘本一应俱全，放学后总是坐得满满的。",
    "党支部书记说：“居民的事没有小事，能快一天就快一天。”",
    "一位居民笑着说：“以前下雨就发愁，现在心里踏实多了。”",
    "根据《物业管理条例》的规定，公共收益应当公开，社区对此逐项作了说明。",
    "本次活动由社区党委（下设四个党支部）主办，辖区学校和医院协办。",
    "工作人员提醒，登录平台时请使用本人账号，不要把密码告诉别人。",
    "在大家的努力下，小区面貌焕然一新，连多年不来往的老邻居也重新走动起来。",
    "春节前夕，社区为空巢老人送去米、面、油和手写的春联，叮嘱他们注意取暖安全。",
    "重阳节当天，社区食堂为八十岁以上的老人准备了长寿面，志愿者送餐上门。",
    "不得以任何形式要求居民转发、点赞，活动自愿参加，来去自由。",
    "社区不搞打卡排名，参加活动的情况只用于统计人数。",
    "防汛期间，党员带头值守地下车库，连夜转移了低处的车辆。",
    "疫情过后，社区保留了邻里互助小组，谁家有急事，喊一声就有人来。",
    "社区办起了木工、书法、太极三个兴趣小组，报名的居民一天比一天多。",
    "调解员用两个晚上听双方把话说完，最后促成双方签下协议，握手言和。",
    "物业公司公开了电梯维保记录，更换了老化的钢丝绳，居民可以扫码查看。",
    "座谈会上，居民提出增设休息座椅的建议，街道当场答应列入明年计划。",
    "环境整治以来，背街小巷干净了，乱停的车辆少了，散步的人多了。",
    "对行动不便的老人，社区提供代办服务，把材料取走，办好后再送回家。",
)


@dataclass
class Paragraph:
    """A paragraph; ``made`` says what stands in it that an error can be made of."""

    text: str
    made: str = ""


@dataclass
class Article:
    """A title and its paragraphs."""

    title: str
    paragraphs: list[Paragraph] = field(default_factory=list)

    @property
    def html(self) -> str:
        """The body as the check takes it."""
        return "".join(f"<p>{one.text}</p>" for one in self.paragraphs)


def day(rng: random.Random) -> date:
    """A day of 2026."""
    return date(2026, 1, 1) + timedelta(days=rng.randrange(365))


def dated(one: date) -> str:
    """``2026年3月5日（星期四）``."""
    return f"{one.year}年{one.month}月{one.day}日（星期{WEEK[one.weekday()]}）"


def meeting(rng: random.Random) -> Paragraph:
    """A sentence with a date and its weekday."""
    return Paragraph(
        f"{dated(day(rng))}，{rng.choice(PLACES)}社区召开居民代表会议，讨论{rng.choice(SUBJECTS)}的事情。",
        "date",
    )


def total(rng: random.Random) -> Paragraph:
    """A whole and its parts."""
    names = rng.sample(PLACES, 3)
    parts = [rng.randrange(12, 60) for _ in names]
    listed = "、".join(f"{name}社区{count}户" for name, count in zip(names, parts, strict=True))
    if rng.random() < 0.5:
        return Paragraph(f"本月共走访居民{sum(parts)}户，其中{listed}。", "total")
    return Paragraph(f"走访{listed}，合计{sum(parts)}户。", "total")


def share(rng: random.Random) -> Paragraph:
    """Who should have come, who came, and the rate."""
    whole = rng.choice((40, 50, 80, 100, 120))
    rate = rng.choice((60, 75, 80, 90, 95))
    came = whole * rate // 100
    if came * 100 != whole * rate:
        came, rate = whole // 2, 50
    return Paragraph(f"会议应到{whole}人，实到{came}人，到会率为{rate}%，符合规定人数。", "share")


def points(rng: random.Random) -> Paragraph:
    """So many points, counted out."""
    count = rng.choice((2, 3, 4))
    tasks = rng.sample(("摸清底数", "讲清政策", "办好实事", "守住安全", "收好意见"), count)
    listed = "；".join(f"{NUMBERS[at]}是{task}" for at, task in enumerate(tasks, start=1))
    return Paragraph(f"会议提出{NUMBERS[count]}点要求：{listed}。", "points")


def led(rng: random.Random) -> Paragraph:
    """Leaders with their titles, in their order."""
    first, second = sorted(rng.sample(range(len(LEADERS)), 2))
    names = "、".join(f"{LEADERS[at][1]}{LEADERS[at][0]}" for at in (first, second))
    return Paragraph(f"街道{names}参加活动，并与居民交流。", "leaders")


def headings(rng: random.Random, count: int) -> list[Paragraph]:
    """Numbered headings."""
    words = rng.sample(("基本情况", "主要做法", "取得成效", "存在不足", "下步打算"), count)
    return [Paragraph(f"{NUMBERS[at]}、{word}", "heading") for at, word in enumerate(words, start=1)]


MAKERS = (meeting, total, share, points, led)


def article(rng: random.Random, phrases: Sequence[str] = ()) -> Article:
    """An article of eight to fourteen paragraphs; each phrase given stands in one of them."""
    made = Article(f"{rng.choice(PLACES)}社区：{rng.choice(SUBJECTS)}有了新办法")
    heads = headings(rng, 3) if rng.random() < 0.6 else []
    body: list[Paragraph] = [maker(rng) for maker in rng.sample(MAKERS, 3)]
    for sentence in rng.sample(PLAIN, 6):
        body.append(Paragraph(sentence.format(p=rng.choice(PLACES), s=rng.choice(SUBJECTS)), "plain"))
    body += [Paragraph(f"社区始终坚持{phrase}，一件一件抓好落实。", f"phrase:{phrase}") for phrase in phrases]
    rng.shuffle(body)
    third = max(1, len(body) // 3)
    for at in range(len(heads)):
        made.paragraphs += [heads[at], *body[at * third : (at + 1) * third if at < 2 else len(body)]]
    if not heads:
        made.paragraphs = body
    return made
