"""The page of an activity that its notice opens: what, when, where and how, by an address that cannot be guessed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from community import invitation
from ground import clock
from models import Activity
from settings import Settings, with_base_url
from tests.content.conftest import Office, furnish
from tests.world import activities

EVENING = datetime(2026, 11, 27, 11, 0, tzinfo=UTC)  # Friday, 19:00 in Shanghai


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The whole application on a fresh database."""
    made = create_app(with_base_url(settings, "http://localhost"))
    yield made
    made.extensions["pioneer"].close()


@pytest.fixture
def office(app: Flask, settings: Settings) -> Office:
    """An office behind the application."""
    return furnish(app.extensions["pioneer"].db, settings)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """The phone of somebody who is not signed in."""
    return app.test_client()


def announced(office: Office, **values: object) -> str:
    """The address of a new activity with these values."""
    with office.db.session_scope() as session:
        made = activities.activity(session, "周五<夜>学", starts=EVENING, keyword="学习")
        session.execute(sa.update(Activity).values(place="一楼会议室", **values))
        return invitation.path(made.id)


def test_it_says_what_when_where_and_how_and_names_nobody(office: Office, client: FlaskClient) -> None:
    page = client.get(announced(office)).get_data(as_text=True)
    for said in (
        "周五&lt;夜&gt;学",
        "集中学习",
        "一楼会议室",
        "2026年11月27日（周五）19:00",
        "22:00",
        "不排名",
    ):
        assert said in page
    assert "<script" not in page
    with office.db.read_scope() as session:
        assert session.scalars(sa.select(Activity)).one().creator.username not in page


@pytest.mark.parametrize(
    ("minutes", "status", "said"),
    [
        (60, "open", "开始后，在公众号里回复“签到”或口令“学习”即可"),
        (-60, "open", "现在就可以：回到公众号，回复“签到”或口令“学习”"),
        (-600, "open", "可在公众号里回复“补签”"),
        (60, "cancelled", "活动已取消，不用签到"),
    ],
)
def test_it_says_how_it_stands_now(
    office: Office, client: FlaskClient, minutes: int, status: str, said: str
) -> None:
    begins = clock.now() + timedelta(minutes=minutes)
    address = announced(office, starts_at=begins, ends_at=begins + timedelta(hours=3), status=status)
    assert said in client.get(address).get_data(as_text=True)


def test_an_address_that_was_not_given_out_is_not_found_whatever_is_wrong(
    office: Office, client: FlaskClient
) -> None:
    address = announced(office)
    number, _, rest = address.rpartition("/")[2].partition("-")
    tried = [
        f"{number}-{rest[:-1]}x",
        number,
        f"{number}-",
        f"{int(number) + 1}-{rest}",
        f"0{number}-{rest}",
        "x",
        "９-a",
    ]
    pages = {client.get(f"/m/activity/{one}").get_data(as_text=True).replace(one, "") for one in tried}
    answers = [client.get(f"/m/activity/{one}").status_code for one in tried]
    assert answers == [404] * len(tried)
    assert all("没有这个活动，链接可能不完整" in page for page in pages)
    gone = invitation.path(99)
    assert client.get(gone).status_code == 404
