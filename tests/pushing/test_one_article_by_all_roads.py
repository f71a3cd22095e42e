"""One article to one branch by mass message, robot and kit: plan, what WeChat delivered and report say the same numbers."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence

import pytest
import sqlalchemy as sa

from accounts import users
from app import create_app
from community import followers
from ground import clock
from models import Branch, ChatGroup, Kit
from scheduler import kits, marks
from scheduler.engine import Engine
from tests.console.conftest import PASSWORD, Desk, field, text_of
from tests.pushing.test_windows import BRANCH, HERE, wrote
from tests.world import accounts, groups
from tests.world import kits as passing
from tests.world.linked import World, jump, wait_status

pytestmark = pytest.mark.slow
_ROBOT, _KIT, _NOBODY_S = "支部群", "学习群", "值班群"
_ASKED = re.compile(r'data-confirm(?:-detail)?="([^"]*)"')
"""What the dialog asks behind the button."""
Run = Callable[[World], Engine]


class Street:
    """An editor's desk, and twelve people of a branch: ``full`` had their message of this month, and the first two of these wrote
    since; ``free`` did not, and the first of them wrote and passes things on; two muted the column, one left.

    The branch has three groups: one with a robot, one with a forwarder, one with neither. Its neighbour has one of each sort.
    """

    def __init__(self, world: World, run_engine: Run) -> None:
        self.world = world
        branch = world.branch(BRANCH, 4)
        self.key, self.other_key = groups.robot(world.sandbox, _ROBOT), groups.robot(world.sandbox, "别的群")
        run_engine(world)
        wait_status(world, world.push(HERE, world.article("上一期")).id, "awaiting_result")
        self.had = len(world.sandbox.receipts("mass"))
        self.full, more = world.openids[BRANCH], world.sandbox.followers(8)
        self.free, self.muted, self.gone = more[:5], more[5:7], more[7]
        other = world.branch("第二党支部", 3)
        with world.runtime.db.session_scope() as session:
            here, there = session.get_one(Branch, branch.id), session.get_one(Branch, other.id)
            world.add_members(session, here, more)
            for openid in self.muted:
                followers.mute(session, openid, ["study"], muted=True)
            followers.unfollow(session, self.gone, at=clock.now())
            groups.group(session, here, _ROBOT, robot=self.key)
            groups.group(session, there, "别的群", robot=self.other_key)
            passing.group(session, here, _KIT, self.free[0])
            passing.group(session, here, _NOBODY_S)
            passing.group(session, there, "又一个群", world.openids["第二党支部"][0])
            accounts.account(session, "desk", "editor", password_hash=users.hash_password(PASSWORD))
        world.sandbox.act(self.gone, "unfollow")
        self.writers = [*self.full[:2], self.free[0]]
        wrote(world, self.writers)
        self.app = create_app(world.runtime.settings, world.runtime)
        self.desk = Desk(self.app.test_client())
        self.desk.get("/console/login")
        self.desk.post("/console/login", {"username": "desk", "password": PASSWORD})
        self.desk.token = ""

    @property
    def everybody(self) -> list[str]:
        return [*self.full, *self.free, *self.muted, self.gone, *self.world.openids["第二党支部"]]

    def last_look(self, article: int, *road: str) -> tuple[dict[str, object], str]:
        """The form of a push as its confirm page would post it, and what that page says."""
        form = {"kind": "articles", "article": str(article), "to": "chosen", "place": HERE, "when": "now"}
        filled: dict[str, object] = {**form, "road": list(road)}
        page = self.desk.post("/console/pushes/confirm", filled, 200)
        agreed = {name: field(page.text, name) for name in ("agreed_twice", "agreed_hash")}
        return {**filled, **agreed}, f"{text_of(page)} {' '.join(_ASKED.findall(page.text))}"

    def send(self, form: dict[str, object]) -> int:
        """Confirm it; the push's number."""
        return int(self.desk.post("/console/pushes/new", form).location.rsplit("/", 1)[1])

    def report(self, push_id: int) -> dict[str, tuple[int, int, str]]:
        """Planned and delivered by road, as the command says it."""
        said = self.app.test_cli_runner().invoke(args=["push", "show", str(push_id), "--json"]).stdout
        return {
            one["road"]: (one["planned"], one["delivered"], one["unit"]) for one in json.loads(said)["roads"]
        }

    def mass(self) -> Counter[str]:
        """Who received mass messages since this began, by the receipts of the local WeChat."""
        return Counter(one["openid"] for one in self.world.sandbox.receipts("mass")[self.had :])

    def cards(self, push_id: int) -> Counter[str]:
        """In whose chats the links of this push stand, and how often."""
        return Counter(openid for openid in self.everybody for card in self._links(openid) if card == push_id)

    def _links(self, openid: str) -> list[int]:
        cards = [card for one in self.world.sandbox.chat(openid) for card in one.get("articles", ())]
        found = [marks.read(card["url"].partition(f"?{marks.PARAMETER}=")[2]) for card in cards]
        return [mark.push_id for mark in found if mark is not None]

    def hints(self) -> int:
        """How often the forwarder was told of something to pass on."""
        return sum("可以转到" in str(one.get("content")) for one in self.world.sandbox.chat(self.free[0]))

    def in_groups(self, push_id: int) -> tuple[int, Sequence[str]]:
        """How often a robot said it in the branch's group, and for which groups it lies ready."""
        said = groups.pushes_in(groups.said(self.world.sandbox, self.key)).count(push_id)
        of_push = (
            sa.select(ChatGroup.name).join(Kit, Kit.group_id == ChatGroup.id).where(Kit.push_id == push_id)
        )
        with self.world.runtime.db.read_scope() as session:
            found = kits.of_openid(session, self.free[0], at=clock.now())
            assert [one.group.name for one in found if one.push_id == push_id] == session.scalars(
                of_push
            ).all()
            return said, session.scalars(of_push).all()


@pytest.fixture
def street(named: World, run_engine: Run) -> Street:
    return Street(named, run_engine)


def test_plan_receipts_and_report_of_one_article_by_mass_robot_and_kit_agree(street: Street) -> None:
    world = street.world
    article = world.article("秋季植树")
    form, page = street.last_look(article, "mass", "robot", "kit")
    assert "预计收到 5 人 另发到群 2 个群 未关注或未绑定 1 人" in page
    assert "5 人用群发，6 人不能用群发（本月已收满 4 条 4 人，已退订本栏目 2 人）" in page
    assert "其余 6 人靠群机器人（1 个群），另用转群包发 1 个群" in page
    assert f"第一党支部·{_NOBODY_S}（没有转发人，或转发人没有关注公众号）" in page
    assert "其中 5 人单独收到，在群里还会看到一遍" in page
    push = street.send(form)
    wait_status(world, push, "awaiting_result")
    jump(world, minutes=6)  # no event comes here: WeChat is asked what became of the mass message
    wait_status(world, push, "sent")
    assert street.report(push) == {"mass": (5, 5, "人"), "robot": (1, 1, "个群"), "kit": (1, 1, "个群")}
    assert street.mass() == Counter(street.free)
    assert street.in_groups(push) == (1, [_KIT])
    assert street.cards(push) == {}
    assert street.hints() == 1
    assert groups.said(world.sandbox, street.other_key) == []
    shown = text_of(street.desk.client.get(f"/console/pushes/{push}"))
    assert "群发 5 人 5 5 — — 群机器人 1 个群 1 1 — — 转群包 1 个群 1 1 — —" in shown
    assert "到白天" not in shown, "it is day"

    # The month of all is full now: of the next one they hear by what is left, and everybody once.
    following = world.article("冬季植树")
    form, page = street.last_look(following, "auto")
    assert "预计收到 3 人 另发到群 2 个群" in page
    assert "改用服务窗口（客服消息）3 人，其余 8 人靠群机器人（1 个群），另用转群包发 1 个群" in page
    push = street.send(form)
    wait_status(world, push, "sent")
    assert street.report(push) == {"custom": (3, 3, "人"), "robot": (1, 1, "个群"), "kit": (1, 1, "个群")}
    assert street.mass() == Counter(street.free)
    assert street.cards(push) == Counter(street.writers)
    assert street.in_groups(push) == (1, [_KIT])

    # Twice only where a person was told of it and wanted it.
    form, page = street.last_look(following, "custom", "robot")
    assert (
        "3 人用服务窗口（客服消息），8 人不能用服务窗口（48 小时内没有给公众号发过消息 6 人，已退订本栏目 2 人）"
        in page
    )
    assert "其中 3 人已经收到或将收到同一篇稿件，这次会再收到一遍" in page
    assert "其中 1 个群已经发过或将要发同一篇稿件，这次会再发一遍" in page
    refused = street.desk.post("/console/pushes/new", {**form, "agreed_twice": "0"}, 409)
    assert "仍要再发给他们的，请再确认一次" in text_of(refused)
    again = street.send(form)
    wait_status(world, again, "sent")
    assert street.report(again) == {"custom": (3, 3, "人"), "robot": (1, 1, "个群")}
    assert (street.cards(again), street.cards(push)) == (Counter(street.writers), Counter(street.writers))
    assert street.in_groups(again) == (1, [])
    assert street.mass() == Counter(street.free)
