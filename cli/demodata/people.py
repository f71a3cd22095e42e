"""Made-up people for the demo: random surnames and given names, and phone numbers of a series that is not in use."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import NamedTuple

MEMBERS = 2279

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_GIVEN = (
    "伟芳娜敏静秀丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红鹏飞雪梅建国志海燕宁浩宇辰思涵嘉怡子轩梓晨雨桐欣悦俊凯"
    "天佑博文晓东春林永康家和立新安然若溪书瑶清源远航向阳正阳知行乐山可心景行"
)
_DUTIES = ("组织委员", "宣传委员", "纪检委员", "青年委员")


class DemoMember(NamedTuple):
    """One person of the roster."""

    name: str
    gender: str
    phone: str
    joined_on: date
    duty: str
    branch: int
    grid: int


def members(seed: random.Random, branch_count: int, grid_count: int) -> list[DemoMember]:
    """The roster: every branch has a secretary, a deputy and committee members; sizes differ as they do in life."""
    weights = [seed.uniform(0.6, 1.5) for _ in range(branch_count)]
    total = sum(weights)
    sizes = [int(MEMBERS * weight / total) for weight in weights]
    for i in range(MEMBERS - sum(sizes)):
        sizes[i % branch_count] += 1
    people: list[DemoMember] = []
    for branch, size in enumerate(sizes):
        for position in range(size):
            duty = ""
            if position == 0:
                duty = "党支部书记"
            elif position == 1:
                duty = "党支部副书记"
            elif position < 2 + len(_DUTIES):
                duty = _DUTIES[position - 2]
            given = "".join(seed.choice(_GIVEN) for _ in range(seed.choice((1, 2, 2, 2))))
            people.append(
                DemoMember(
                    name=seed.choice(_SURNAMES) + given,
                    gender=seed.choice("男女"),
                    phone=f"199000{len(people) + 10000:05d}",
                    joined_on=date(1965, 1, 1) + timedelta(days=seed.randrange(0, 21000)),
                    duty=duty,
                    branch=branch,
                    grid=seed.randrange(grid_count),
                )
            )
    return people
