"""Whoever the roster takes can bind by a reply, whatever the name is made of and however the reply is worded."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import pytest

from community import binding, cells, roster
from models import Member
from tests.community.conftest import HEADER, NOON, Office, person, sheet_bytes
from wechat.language import names
from wechat.language.intents import Kind, understand

SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐"
    "费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁"
    "杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚"
    "程嵇邢滑裴陆荣翁荀羊於惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘钭厉戎祖武符刘景詹束龙"
    "叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴鬱胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍郤璩桑桂濮牛寿通边扈燕冀郏浦尚农"
    "温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空"
    "曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公仉督岳帅缑亢况郈有琴归海晋楚闫法汝鄢涂钦商牟佘佴伯赏墨哈谯笪年爱阳佟言福肖覃楼代"
    "官刀邸丘苟户敬揭库来冒苑洛折麦粟冶菅青才爨仝练阙仵隋邝鹿苏咎芦肇卿亓晋付闪回由褟禤么扎撒妥拜者者虎铁马哈丑但英信位展随遆郗缴衣逢逯"
    "代字操朴朱岩买昂寸尧税斯栗矫续原祈佀候底啜堂"
)
DOUBLE = re.findall(
    "..",
    "欧阳司马上官诸葛东方皇甫尉迟公孙慕容令狐司徒夏侯闻人澹台宇文长孙轩辕鲜于闾丘司空端木完颜纳兰赫连",
)
DOTS = "·•‧∙⋅・･．.﹒᛫⸱●"
RARE = re.findall(
    r"\S+", "㐂田 葛曾䮌 𬭎明 王𬀩 李㛃 张𣲗 陈𰻝 刘𫖯 黄𬱖 吴𪨶 周𮧵 徐𱁬 朱𠅤 李〇 翁〇〇 赵丶 佐々木明"
)
LATIN = (
    "Michael王",
    "王 Michael",
    "Maria Li",
    "José García",
    "O'Neil Jack",
    "Li Na",
    "J. R. Smith",
    "Jean-Luc Ré",
    "A·买买提",
)
ODD = (
    "丹",
    "谢安",
    "谢谢",
    "谢好",
    "来来",
    "安同志",
    "吴了凡",
    "高书记",
    "王老师",
    "张三",
    "爱新觉罗溥仪启功",
    "龙⻓青",
)
LONG = ("阿卜杜热合曼买买提阿卜杜热合曼", "艾尼瓦尔江·阿不都热依木·吐尔逊江", "欧阳成功奋发图强")
UYGHUR = ("阿不都热合曼", "买买提", "艾比布力", "古丽米热", "努尔", "迪丽")
WORDINGS = (
    "绑定 {name} {tail}", "绑定{name}{tail}", "绑定{name} {tail}", "绑定，{name}，{tail}", "绑定：{name} {tail}",
    "绑定 {name} {phone}",
    "绑定 {tail} {name}", "{name} {tail}", "{name}{tail}", "{tail} {name}", "{tail}{name}", "{name} {phone}", "我是{name} {tail}",
    "绑定 {name} 手机号{tail}", "绑定 {name}同志 {tail}", "绑定+{name}+{tail}", "綁定 {name} {wide}", "bd {name} {tail}",
    "我要绑定 {name} {tail}", "请帮我绑定 {name} {tail} 谢谢", "绑定 我是{name} 尾号{tail}", "绑定“{name}”“{tail}”",
    "你好，绑定 {name}，手机后四位{tail}", "绑定\n{name}\n{tail}", "绑定 姓名{name} 手机尾号{tail}", "绑定 {name}（{tail}）",
    "谢谢，绑定 {name} {tail}", "绑定 我叫{name} 电话{phone}", "绑定党员 {name} {tail}", "绑定 {name} {tail}😊",
)  # fmt: skip


def every_name() -> Iterator[str]:
    """About seven hundred, of every kind."""
    given = itertools.cycle(["明", "建国", "小红", "秀英", "〇", "文", "丽华", "谢", "同", "伟"])
    yield from (surname + next(given) for surname in dict.fromkeys(SURNAMES))
    yield from (surname + next(given) for surname in DOUBLE)
    yield from (f"{one}{dot}{other}" for dot in DOTS for one, other in itertools.pairwise(UYGHUR))
    yield from (*RARE, *LATIN, *ODD, *LONG)


def phone_of(place: int) -> str:
    return f"139{place:04d}{(place * 7 + 115) % 10_000:04d}"


def worded(wording: str, name: str, phone: str) -> str:
    tail = phone[-4:]
    wide = tail.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    return wording.format(name=name, tail=tail, wide=wide, phone=phone)


def test_there_are_as_many_names_and_wordings_as_promised() -> None:
    assert len(set(SURNAMES)) >= 500
    assert len(set(WORDINGS)) == 30


def test_each_name_that_the_roster_takes_is_found_in_every_wording() -> None:
    lost = []
    for place, typed in enumerate(every_name()):
        kept, phone = cells.person_name(typed), phone_of(place)
        for wording in WORDINGS:
            text = worded(wording, typed, phone)
            intent = understand(text)
            found = names.standing(intent.text, ["韩梅梅", kept])
            if (intent.kind, intent.tail, found) != (Kind.BIND, phone[-4:], [1]):
                lost.append((text, intent, found))
    assert not lost, (len(lost), lost[:20])


def test_each_of_them_is_led_to_the_consent_with_the_right_member(office: Office) -> None:
    everybody = list(every_name())
    office.import_people([person(name, phone_of(place)) for place, name in enumerate(everybody)])
    wordings = itertools.cycle(WORDINGS)
    with office.db.session_scope() as session:
        indexes = {roster.phone_index(phone_of(place)): place for place in range(len(everybody))}
        for place, name in enumerate(everybody):
            intent = understand(worded(next(wordings), name, phone_of(place)))
            step = binding.begin(session, "o-1", text=intent.text, tail=intent.tail, at=NOON)
            assert step.state is not None, (name, step.text)
            assert step.state["step"] == "consent", (name, step.text)
            member = session.get_one(Member, step.state["member"])
            assert indexes[member.phone_index or b""] == place


def test_what_the_roster_refuses_names_the_character(office: Office) -> None:
    told = {
        "王\ue863": "U+E863",
        "李四1": "“1”",
        "欧阳明-月": "“-”",
        "张三（大）": "“(”",
        "Д·伊万": "“Д”",
        "陈ㄚ": "“ㄚ”",
        "王?": "“?”",
    }
    rows = [person(name, phone_of(place)) for place, name in enumerate(told)]
    plan = office.plan_of(sheet_bytes([HEADER, *rows]))
    assert [fault.row for fault in plan.errors] == list(range(2, 2 + len(told)))
    for fault, shown in zip(plan.errors, told.values(), strict=True):
        assert shown in fault.reason


@pytest.mark.parametrize(
    ("text", "known", "found"),
    [
        ("绑定 杨光同志 0115", ["杨光", "杨光同"], ["杨光"]),
        ("绑定张小三 0001", ["张小", "张小三"], ["张小三"]),
        ("绑定 张三 李四 1234", ["张三", "李四"], ["张三", "李四"]),
        ("绑定 张三 1234", ["张三", "张三", "李四"], ["张三", "张三"]),
        ("绑定 阿不都热合曼买买提 1234", ["阿不都热合曼·买买提"], ["阿不都热合曼·买买提"]),
        ("綁定 陳偉 1234", ["陈伟"], ["陈伟"]),
        ("绑定 牡丹 1234", ["丹"], []),
        ("bangding marianne 1234", ["Maria", "Anne"], []),
        ("绑定 1234", ["张三"], []),
    ],
)
def test_of_known_names_the_one_that_explains_most_of_the_text_is_meant(
    text: str, known: list[str], found: list[str]
) -> None:
    assert [known[place] for place in names.standing(text, known)] == found
