"""Errors of the kinds that people make, put into clean texts by makers of our own. It shares nothing with the check."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import NamedTuple

from bench.wording.texts import LEADERS, NUMBERS, WEEK, Article, Paragraph

PHRASES = (
    "全心全意为人民服务", "社会主义核心价值观", "全面从严治党", "民主集中制", "批评与自我批评", "三会一课", "主题党日",
    "先锋模范作用", "战斗堡垒作用", "党建引领", "不忘初心、牢记使命", "四个意识", "四个自信", "两个维护", "实事求是",
    "求真务实", "密切联系群众", "新发展理念", "共同富裕", "乡村振兴", "中国式现代化", "共建共治共享", "新时代文明实践",
    "廉洁自律", "政治纪律", "中央八项规定", "形式主义", "官僚主义", "谈心谈话", "民主评议党员", "入党积极分子",
    "党风廉政建设", "高质量发展", "矛盾纠纷", "志愿服务", "人民调解", "民生实事", "安居乐业", "守望相助", "和谐社区",
    "因地制宜", "真抓实干", "担当作为", "攻坚克难", "凝心聚力", "脚踏实地", "持之以恒", "众志成城", "再接再厉", "一如既往",
)  # fmt: skip

SOUNDS = (
    "作做坐座", "心新欣辛", "义意议益亿艺", "务物误悟", "制治致志智", "觉决绝诀", "导到道", "建健件键", "引隐饮印", "领令另",
    "实时食识石", "事是式市试", "求球", "真针珍", "群裙", "众重种", "发法罚", "展占战站", "理里礼力立", "念年", "同通铜",
    "富复付副负", "裕玉遇育", "乡香相想", "村存", "振镇阵震", "兴行形星型", "国果过", "现线县限", "代带待戴", "共供公功工",
    "享想响", "文闻问", "明名鸣", "践建间见", "廉联连", "洁结节捷", "自字", "律率绿", "政正证整", "纪记计技", "规归贵",
    "定订钉", "形型刑", "主住注", "官关观", "僚聊疗", "谈弹", "话化画", "评平凭", "党档挡", "积机基", "极级集及", "分份纷",
    "风锋峰丰", "设社涉", "质制", "矛毛", "盾顿", "愿院", "服福扶符", "人任仁", "民明", "生声", "调条", "解姐届", "安按案",
    "居局", "乐月", "业叶页", "守手首", "望忘旺", "助住祝", "和合何", "因音", "地第弟", "宜易", "抓", "干感赶", "担单",
    "当挡", "攻公功", "坚间兼", "克刻课", "凝宁", "聚具剧", "脚角", "踏塔", "持迟", "恒横", "成城诚", "再在", "接节结",
    "厉力历", "往网王", "既继计", "课棵科", "日", "模魔", "范饭犯", "用拥", "斗", "堡保宝", "垒累类", "四似", "个各",
    "信心新", "全权", "会汇回", "三", "从丛", "严言颜", "核合", "价架驾", "值直职", "集级", "中终钟", "批披", "我", "革格",
)  # fmt: skip
SHAPES = (
    "己已",
    "人入",
    "士土",
    "未末",
    "民氏",
    "主王",
    "治冶",
    "员圆",
    "设没",
    "析折",
    "侯候",
    "导异",
    "质贵",
    "复夏",
    "调凋",
)

TYPOS = (
    ("安装", "按装"), ("部署", "布署"), ("截至目前", "截止目前"), ("账号", "帐号"), ("其他", "其它"), ("贯彻", "贯切"),
    ("走访", "走仿"), ("锻炼", "锻练"), ("防范", "防凡"), ("建议", "健议"), ("反馈", "反溃"), ("隐患排查", "隐患排察"),
    ("先进事迹", "先进事绩"), ("欢度佳节", "欢渡佳节"), ("竞赛", "竟赛"), ("家具", "家俱"), ("对象", "对像"),
    ("户籍", "户藉"), ("弘扬", "宏扬"), ("震撼", "震憾"), ("丰富多彩", "丰富多采"), ("座谈会", "坐谈会"), ("仪式", "议式"),
    ("宣传标语", "宣传票语"), ("寒暄", "寒喧"), ("川流不息", "穿流不息"), ("一筹莫展", "一愁莫展"), ("迫不及待", "迫不急待"),
    ("谈笑风生", "谈笑风声"), ("名副其实", "名符其实"), ("美轮美奂", "美仑美奂"), ("墨守成规", "默守成规"), ("青睐", "亲睐"),
    ("松弛", "松驰"), ("凑合", "凑和"), ("部分", "部份"), ("辐射", "幅射"), ("蓝图", "兰图"), ("通宵", "通霄"),
    ("度假", "渡假"), ("赡养老人", "瞻养老人"), ("慰问座谈", "慰问坐谈"), ("候车", "侯车"), ("圆满", "园满"),
    ("积极分子", "积极份子"), ("撤销", "撤消"), ("覆盖率", "复盖率"), ("参与率", "参于率"), ("显著成效", "显注成效"),
    ("既往开来", "继往开莱"),
)  # fmt: skip

BURDENS = (
    "请各支部组织全体党员务必每天打卡。", "未按时签到的党员将在微信群里通报。", "要求人人转发并截图上传。",
    "学习积分排名靠后的支部要说明原因。", "所有党员必须关注公众号。", "对没有参加学习的同志点名批评。",
    "活动签到情况纳入年终考核。", "必须全员下载安装，一个不落。", "打卡率须达到100%。", "名单如下，通报未打卡的党员。",
)  # fmt: skip
SECRETS = ("机密★5年", "秘密★", "密级：秘密", "内部资料，注意保存", "绝密☆长期")
CITIES = ("苏州", "合肥", "洛阳", "厦门", "遵义", "兰州", "大连", "柳州")


class Seeded(NamedTuple):
    """An error: its kind and the paragraph in which it stands (by number), and where in it."""

    kind: str
    paragraph: int
    start: int
    end: int


Maker = Callable[[random.Random, Article], "Seeded | None"]


def _pick(rng: random.Random, article: Article, made: str) -> int | None:
    at = [number for number, one in enumerate(article.paragraphs) if one.made == made]
    return rng.choice(at) if at else None


def _change(
    article: Article, at: int, text: str, kind: str, start: int = 0, end: int | None = None
) -> Seeded:
    article.paragraphs[at] = Paragraph(text, "seeded")
    return Seeded(kind, at, start, len(text) if end is None else end)


def _append(rng: random.Random, article: Article, text: str, kind: str) -> Seeded | None:
    at = _pick(rng, article, "plain")
    if at is None:
        return None
    before = article.paragraphs[at].text
    return _change(article, at, before + text, kind, len(before))


def homophone(rng: random.Random, article: Article) -> Seeded | None:
    """A character of a fixed phrase is another one that sounds the same."""
    return _slip(rng, article, SOUNDS, "同音字")


def shape(rng: random.Random, article: Article) -> Seeded | None:
    """A character of a fixed phrase is another one that looks the same."""
    return _slip(rng, article, SHAPES, "形近字")


def _slip(rng: random.Random, article: Article, groups: tuple[str, ...], kind: str) -> Seeded | None:
    at = next((n for n, one in enumerate(article.paragraphs) if one.made.startswith("phrase:")), None)
    if at is None:
        return None
    phrase = article.paragraphs[at].made.partition(":")[2]
    chances = [
        (n, group) for n, char in enumerate(phrase) for group in groups if char in group and len(group) > 1
    ]
    if not chances:
        return None
    where, group = rng.choice(chances)
    wrong = rng.choice([char for char in group if char != phrase[where]])
    text = article.paragraphs[at].text
    begin = text.index(phrase)
    broken = phrase[:where] + wrong + phrase[where + 1 :]
    return _change(article, at, text.replace(phrase, broken), kind, begin, begin + len(phrase))


def typo(rng: random.Random, article: Article) -> Seeded | None:
    """A common word in its common wrong form."""
    wrong = rng.choice(TYPOS)[1]
    return _append(rng, article, f"这项工作与{wrong}有关，已作安排。", "错别字")


def weekday(rng: random.Random, article: Article) -> Seeded | None:
    """A date on another day of the week."""
    at = _pick(rng, article, "date")
    if at is None:
        return None
    text = article.paragraphs[at].text
    now = re.search("星期(.)", text)
    assert now
    other = rng.choice([one for one in WEEK if one != now[1]])
    return _change(article, at, text.replace(now[0], f"星期{other}"), "日期星期", 0, now.end() + 1)


def no_day(rng: random.Random, article: Article) -> Seeded | None:
    """A day that no calendar has."""
    wrong = rng.choice(("2月30日", "4月31日", "6月31日", "9月31日", "11月31日", "13月5日"))
    return _append(rng, article, f"报名到{wrong}截止。", "无此日期")


def broken_sum(rng: random.Random, article: Article) -> Seeded | None:
    """A whole that is not the sum of its parts."""
    at = _pick(rng, article, "total")
    if at is None:
        return None
    text = article.paragraphs[at].text
    number = rng.choice(list(re.finditer(r"\d+", text)))
    wrong = str(int(number[0]) + rng.choice((-3, -2, -1, 1, 2, 10)))
    return _change(article, at, text[: number.start()] + wrong + text[number.end() :], "合计不符")


def broken_share(rng: random.Random, article: Article) -> Seeded | None:
    """A rate that is another one."""
    at = _pick(rng, article, "share")
    if at is None:
        return None
    text = article.paragraphs[at].text
    return _change(
        article, at, re.sub(r"(\d+)%", lambda m: f"{int(m[1]) - rng.choice((5, 7, 12))}%", text), "百分比不符"
    )


def miscounted(rng: random.Random, article: Article) -> Seeded | None:
    """One point more or less than announced."""
    at = _pick(rng, article, "points")
    if at is None:
        return None
    text = article.paragraphs[at].text
    number = text[text.index("提出") + 2]
    other = rng.choice([one for one in "二三四五" if one != number])
    return _change(article, at, text.replace(f"提出{number}点", f"提出{other}点"), "条数不符")


def misnumbered(rng: random.Random, article: Article) -> Seeded | None:
    """A heading with the number of another."""
    at = [n for n, one in enumerate(article.paragraphs) if one.made == "heading"]
    if len(at) < 3:
        return None
    which = rng.choice((1, 2))
    text = article.paragraphs[at[which]].text
    wrong = rng.choice((NUMBERS[which], NUMBERS[which + 2]))
    return _change(article, at[which], f"{wrong}{text[1:]}", "序号错乱")


def unpaired(rng: random.Random, article: Article) -> Seeded | None:
    """One half of a pair of signs is gone."""
    at = [
        n
        for n, one in enumerate(article.paragraphs)
        if one.made == "plain" and re.search("[“”《》（）]", one.text)
    ]
    if not at:
        return None
    which = rng.choice(at)
    text = article.paragraphs[which].text
    sign = rng.choice(list(re.finditer("[“”《》（）]", text)))
    return _change(article, which, text[: sign.start()] + text[sign.end() :], "符号不成对")


def half(rng: random.Random, article: Article) -> Seeded | None:
    """A comma half as wide, or a number twice as wide."""
    at = _pick(rng, article, "plain")
    if at is None:
        return None
    text = article.paragraphs[at].text
    if rng.random() < 0.5:
        where = text.index("，")
        return _change(article, at, f"{text[:where]},{text[where + 1 :]}", "全角半角", where - 1, where + 2)
    return _append(rng, article, "共有１２３人参加。", "全角半角")


def twice(rng: random.Random, article: Article) -> Seeded | None:
    """A sign that stands twice."""
    at = _pick(rng, article, "plain")
    if at is None:
        return None
    text = article.paragraphs[at].text
    where = text.index("，")
    sign = rng.choice(("，，", "，。", "、，"))
    return _change(article, at, text[:where] + sign + text[where + 1 :], "标点重复", where, where + 2)


def identity(rng: random.Random, article: Article) -> Seeded | None:
    """An ID number with a right check digit."""
    born = f"{rng.randrange(1950, 2005)}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}"
    digits = f"{rng.choice(('320105', '440304', '510107'))}{born}{rng.randrange(1000):03}"
    rest = sum(int(digit) * pow(2, 17 - at, 11) for at, digit in enumerate(digits)) % 11
    return _append(rng, article, f"登记号码为{digits}{'0123456789X'[(12 - rest) % 11]}。", "身份证")


def card(rng: random.Random, article: Article) -> Seeded | None:
    """A bank card with a right check digit."""
    digits = [6, 2, 2, *(rng.randrange(10) for _ in range(15))]
    doubled = sum(sum(divmod(2 * digit, 10)) for digit in digits[::-2]) + sum(digits[-2::-2])
    number = "".join(map(str, digits)) + str(-doubled % 10)
    return _append(rng, article, f"捐款请汇至{number}。", "银行卡")


def mobile(rng: random.Random, article: Article) -> Seeded | None:
    """A mobile number in one of its forms."""
    digits = f"1{rng.choice('3578')}{rng.randrange(10**9):09}"
    shown = rng.choice(
        (digits, f"{digits[:3]}-{digits[3:7]}-{digits[7:]}", f"{digits[:3]} {digits[3:7]} {digits[7:]}")
    )
    return _append(rng, article, f"咨询请打{shown}。", "手机号")


def home(rng: random.Random, article: Article) -> Seeded | None:
    """Where somebody lives, to the door."""
    door = (
        f"{rng.randrange(1, 30)}号楼{rng.randrange(1, 5)}单元{rng.randrange(1, 18)}0{rng.randrange(1, 5)}室"
    )
    words = f"老人住在{rng.choice(('春晓', '桂苑'))}小区{door}。"
    return _append(rng, article, words, "住址")


def secret(rng: random.Random, article: Article) -> Seeded | None:
    """A mark of secrecy."""
    return _append(rng, article, rng.choice(SECRETS), "密级")


def burden(rng: random.Random, article: Article) -> Seeded | None:
    """What makes a check-in compulsory."""
    return _append(rng, article, rng.choice(BURDENS), "减负")


def leader(rng: random.Random, article: Article) -> Seeded | None:
    """A wrong title, a wrong order, a wrong character of a name."""
    at = _pick(rng, article, "leaders")
    if at is None:
        return None
    text = article.paragraphs[at].text
    named = [one for one in LEADERS if one[0] in text]
    way = rng.choice(("title", "order", "name"))
    if way == "title":
        name, right = named[0]
        wrong = rng.choice([title for _, title in LEADERS if title[-2:] != right[-2:]])
        return _change(article, at, text.replace(right + name, wrong + name), "领导职务")
    if way == "order":
        first, second = (title + name for name, title in named)
        return _change(article, at, text.replace(f"{first}、{second}", f"{second}、{first}"), "领导排序")
    wrongs = {"周启明": "周启名", "吴静宜": "吴静怡", "郑海峰": "郑海锋", "孙若兰": "孙若蓝"}
    name = named[0][0]
    return _change(article, at, text.replace(name, wrongs[name]), "领导姓名")


def leak(rng: random.Random, article: Article) -> Seeded | None:
    """A real city where the places are hidden."""
    return _append(rng, article, f"某社区党员在{rng.choice(CITIES)}学习考察。", "地名泄露")


MAKERS: tuple[Maker, ...] = (
    homophone, homophone, homophone, shape, typo, typo, weekday, no_day, broken_sum, broken_share, miscounted, misnumbered,
    unpaired, half, twice, identity, card, mobile, home, secret, burden, leader, leak,
)  # fmt: skip


def seed(rng: random.Random, article: Article, count: int) -> list[Seeded]:
    """Put so many errors into an article, each into a paragraph of its own."""
    made: list[Seeded] = []
    for maker in rng.sample(MAKERS, len(MAKERS)):
        if len(made) == count:
            break
        if (one := maker(rng, article)) is not None:
            article.paragraphs[one.paragraph].made = "seeded"
            made.append(one)
    return made
