"""Followers and tags, held against a WeChat that answers like the real one."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from community import binding, follower_sync, followers, tag_names, tags
from ground import clock
from ground.errors import Refused, WeChatError
from localwechat.testing import SandboxControl
from models import Branch, Community, Follower, FollowerTag, TagChange
from settings import Settings
from tests.community.conftest import Office, person
from tests.fixtures.commands import run_flask
from tests.fixtures.configuration import make_settings, write_config
from tests.fixtures.processes import eventually
from wechat.outbound.client import Client, make_client

NOW = datetime(2026, 9, 20, 4, 0, tzinfo=UTC)
MORNING = NOW - timedelta(hours=4)


@pytest.fixture
def with_wechat(office: Office, sandbox: SandboxControl) -> Settings:
    """The office's settings with the local WeChat as its account; both clocks stand at :data:`NOW`."""
    sandbox.settings(force_refresh_gap_s=0, force_refresh_per_day=1000)
    sandbox.clock(at=NOW)
    config, clock_url = sandbox.config, f"{sandbox.url}/_sandbox/clock"
    clock.follow(clock_url)
    return make_settings(
        server={"clock_url": clock_url, "data_dir": office.settings.server.data_dir},
        database={"url": office.settings.database.url},
        wechat={
            "app_id": config.app_id,
            "app_secret": config.app_secret,
            "token": config.token,
            "encoding_aes_key": config.aes_key,
            "original_id": config.original_id,
            "api_base_url": sandbox.url,
        },
    )


@pytest.fixture
def client(office: Office, with_wechat: Settings) -> Client:
    """A client of the local WeChat, its token in the office's database."""
    return make_client(with_wechat, office.db)


@pytest.fixture
def bind(office: Office) -> Callable[..., int]:
    """Put somebody on the roster and bind a follower to them: ``bind(openid, branch)``; the member's id."""

    def do(openid: str, branch: str = "湖东社区党支部", at: datetime = MORNING) -> int:
        return office.bound(openid, branch=branch, at=at)

    return do


def _tags_of(sandbox: SandboxControl, openid: str) -> set[str]:
    names = {tag["id"]: tag["name"] for tag in sandbox.api("/cgi-bin/tags/get")["tags"]}
    own = sandbox.api("/cgi-bin/tags/getidlist", {"openid": openid})["tagid_list"]
    return {names[tag] for tag in own}


def _known(office: Office) -> set[str]:
    with office.db.read_scope() as session:
        return set(session.scalars(sa.select(Follower.openid).where(Follower.subscribed.is_(True))))


def _waiting(office: Office) -> int:
    with office.db.read_scope() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(TagChange)) or 0


def _attempts(office: Office) -> list[int]:
    with office.db.read_scope() as session:
        return list(session.scalars(sa.select(TagChange.attempts)))


def test_binding_gives_the_tags_of_branch_and_community_and_unbinding_takes_them(
    office: Office, client: Client, sandbox: SandboxControl, bind: Callable[..., int]
) -> None:
    one, two = sandbox.followers(2)
    bind(one)
    bind(two, "社工委机关党支部")
    assert tags.work(office.db, client) == 3
    assert _tags_of(sandbox, one) == {"湖东社区支部", "湖东社区"}
    assert _tags_of(sandbox, two) == {"社工委机关支部"}, "a branch that belongs to no community"
    with office.db.session_scope() as session:
        binding.unbind(session, one, at=NOW)
    assert tags.work(office.db, client) == 2
    assert _tags_of(sandbox, one) == set()
    assert _waiting(office) == 0
    with office.db.read_scope() as session:
        assert set(session.scalars(sa.select(FollowerTag.openid))) == {two}


def test_seventy_followers_of_a_branch_take_two_calls_a_tag(
    office: Office, client: Client, sandbox: SandboxControl
) -> None:
    openids = sandbox.followers(70)
    office.import_people([person("张小三", f"1990005{number:04d}") for number in range(70)])
    with office.db.session_scope() as session:
        for member, openid in enumerate(openids, start=1):
            followers.follow(session, openid, scene=None, at=MORNING)
            session.execute(sa.update(Follower).where(Follower.openid == openid).values(member_id=member))
            tags.queue_binding(session, openid, member, add=True, at=MORNING)
    assert tags.work(office.db, client) == 140
    calls = [call for call in sandbox.log("api") if "batchtagging" in str(call)]
    assert len(calls) == 4


def test_a_tag_made_before_a_crash_is_found_again_by_its_name(
    office: Office, client: Client, sandbox: SandboxControl, bind: Callable[..., int]
) -> None:
    (openid,) = sandbox.followers(1)
    made = sandbox.api("/cgi-bin/tags/create", {"tag": {"name": "湖东社区支部"}})["tag"]["id"]
    bind(openid)
    tags.work(office.db, client)
    with office.db.read_scope() as session:
        assert session.scalar(sa.select(Branch.tag_id).where(Branch.name == "湖东社区党支部")) == made


def test_a_tag_deleted_at_wechat_is_made_anew(
    office: Office, client: Client, sandbox: SandboxControl, bind: Callable[..., int]
) -> None:
    one, two = sandbox.followers(2)
    bind(one)
    tags.work(office.db, client)
    with office.db.read_scope() as session:
        old = session.scalar(sa.select(Branch.tag_id).where(Branch.name == "湖东社区党支部"))
    sandbox.api("/cgi-bin/tags/delete", {"tag": {"id": old}})
    bind(two)
    tags.work(office.db, client)
    assert "湖东社区支部" in _tags_of(sandbox, two)
    assert _waiting(office) == 0


def test_an_openid_that_wechat_does_not_know_holds_nobody_back(
    office: Office, client: Client, sandbox: SandboxControl, bind: Callable[..., int]
) -> None:
    (real,) = sandbox.followers(1)
    bind("o-nobody-knows-this-one-000")
    bind(real)
    tags.work(office.db, client)
    assert "湖东社区支部" in _tags_of(sandbox, real)
    assert _waiting(office) == 0


def test_a_batch_that_is_on_its_way_is_taken_by_nobody_else_however_fast_the_clock_runs(
    office: Office, client: Client, sandbox: SandboxControl, bind: Callable[..., int]
) -> None:
    (openid,) = sandbox.followers(1)
    bind(openid, "社工委机关党支部")
    sandbox.clock(at=NOW, speed=600)
    clock.sync()
    sandbox.faults({"path": "/cgi-bin/tags/create", "kind": "slow:2", "count": 1})
    with ThreadPoolExecutor() as pool:
        first = pool.submit(tags.work, office.db, client)
        eventually(lambda: first.done() or _attempts(office) == [1])
        time.sleep(0.8)  # eight minutes by that clock, in the middle of the call
        assert tags.work(office.db, client) == 0
        assert first.result(30) == 1
    assert _waiting(office) == 0


def test_while_wechat_is_busy_changes_wait_and_are_not_lost(
    office: Office, client: Client, sandbox: SandboxControl, bind: Callable[..., int]
) -> None:
    (openid,) = sandbox.followers(1)
    bind(openid)
    sandbox.faults({"path": "/cgi-bin/tags/create", "kind": "err:45056", "count": 2})
    assert tags.work(office.db, client) == 0
    assert _waiting(office) == 2
    assert tags.work(office.db, client) == 0, "put off, not tried again at once"
    sandbox.clock(at=NOW + timedelta(days=1, minutes=1))
    clock.sync()
    assert tags.work(office.db, client) == 2
    assert _tags_of(sandbox, openid) == {"湖东社区支部", "湖东社区"}


def test_the_list_brings_those_who_came_and_forgets_those_who_left(
    office: Office, client: Client, sandbox: SandboxControl, bind: Callable[..., int]
) -> None:
    old, *new = sandbox.followers(6)
    bind("o-left-while-we-were-down")
    bind(old)
    report = follower_sync.sync(office.db, client)
    assert (report.following, report.added, report.left) == (6, 5, 1)
    assert _known(office) == {old, *new}
    with office.db.read_scope() as session:
        assert session.scalar(sa.select(Follower.member_id).where(Follower.openid == old)) is not None
    again = follower_sync.sync(office.db, client)
    assert (again.added, again.left, again.tag_changes) == (0, 0, report.tag_changes)


def test_the_command_says_what_it_did_and_nothing_else(
    office: Office, with_wechat: Settings, sandbox: SandboxControl, tmp_path: Path
) -> None:
    sandbox.followers(3)
    config = write_config(tmp_path / "config.toml", **msgspec.to_builtins(with_wechat))
    env = {"PIONEER_CONFIG": str(config), "FLASK_APP": "app"}
    done = run_flask("follower", "sync", "--json", env=env)
    assert json.loads(done.stdout) == {"following": 3, "added": 3, "left": 0, "tags": 0, "tag_changes": 0}
    sandbox.faults({"path": "/cgi-bin/user/get", "kind": "err:48001", "count": 9})
    failed = run_flask("follower", "sync", "--json", env=env)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "Traceback" not in failed.stderr
    assert "48001" in failed.stderr


def test_a_sync_mends_tags_that_were_changed_by_hand(
    office: Office, client: Client, sandbox: SandboxControl, bind: Callable[..., int]
) -> None:
    one, two, three = sandbox.followers(3)
    bind(one)
    bind(two)
    tags.work(office.db, client)
    with office.db.read_scope() as session:
        tag = session.scalar(sa.select(Community.tag_id).where(Community.name == "湖东社区"))
    foreign = sandbox.api("/cgi-bin/tags/create", {"tag": {"name": "热心读者"}})["tag"]["id"]
    sandbox.api("/cgi-bin/tags/members/batchuntagging", {"openid_list": [one], "tagid": tag})
    sandbox.api("/cgi-bin/tags/members/batchtagging", {"openid_list": [three], "tagid": tag})
    sandbox.api("/cgi-bin/tags/members/batchtagging", {"openid_list": [three], "tagid": foreign})
    assert follower_sync.sync(office.db, client).tag_changes == 2
    tags.work(office.db, client)
    assert "湖东社区" in _tags_of(sandbox, one)
    assert _tags_of(sandbox, three) == {"热心读者"}, "a tag that is not ours is left alone"


def test_a_list_that_lacks_most_of_our_followers_is_not_believed(
    office: Office, client: Client, sandbox: SandboxControl
) -> None:
    with office.db.session_scope() as session:
        followers.insert_missing(session, [f"o-ours-{number}" for number in range(40)], at=MORNING)
    sandbox.followers(3)
    with pytest.raises(Refused, match="相差过半"):
        follower_sync.sync(office.db, client)
    assert len(_known(office)) == 40
    assert follower_sync.sync(office.db, client, accept_loss=True).left == 40


def test_an_error_on_the_way_changes_nothing(office: Office, client: Client, sandbox: SandboxControl) -> None:
    with office.db.session_scope() as session:
        followers.insert_missing(session, ["o-ours"], at=MORNING)
    sandbox.followers(3)
    sandbox.faults({"path": "/cgi-bin/user/get", "kind": "err:48001", "count": 9})
    with pytest.raises(WeChatError):
        follower_sync.sync(office.db, client)
    assert _known(office) == {"o-ours"}


def test_names_of_tags_fit_into_thirty_bytes_and_stay_apart() -> None:
    long = [
        Branch(id=number, name="某某经济技术开发区两新组织联合党支部", short_name="") for number in (7, 8)
    ]
    names = [tag_names.tag_name(branch) for branch in long]
    assert all(len(name.encode()) <= 30 for name in names)
    assert len(set(names)) == 2
    assert (
        tag_names.tag_name(Branch(id=1, name="湖东社区党支部", short_name="湖东社区支部")) == "湖东社区支部"
    )
