"""What the account may do, as the doctor last found: roads that it lacks are not offered.

WeChat tells it only by answering 48001. OAuth, scene codes and sends by openid cannot be tried without effect; an account that
has template messages (a verified 服务号) has them.
Page: https://developers.weixin.qq.com/doc/offiaccount/Getting_Started/Explanation_of_interface_privileges.html
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy.orm import Session

from database.once import upsert
from models.system import Setting

SETTING = "account.abilities"


class Abilities(msgspec.Struct, frozen=True):
    """True or False as found, None where nothing was found out."""

    menu: bool | None = None
    tags: bool | None = None
    followers: bool | None = None
    custom: bool | None = None
    mass: bool | None = None
    mass_openid: bool | None = None
    template: bool | None = None
    notice: bool | None = None
    draft: bool | None = None
    publish: bool | None = None
    qr: bool | None = None
    oauth: bool | None = None
    checked_at: datetime | None = None

    def lacks(self, road: str) -> bool:
        """Whether it is known that the account does not have this."""
        return getattr(self, road, None) is False


def load(session: Session) -> Abilities:
    """As last stored; all unknown before the first time."""
    row = session.get(Setting, SETTING)
    if row is None:
        return Abilities()
    return msgspec.json.decode(row.value, type=Abilities)


def save(session: Session, found: Abilities, *, at: datetime) -> Abilities:
    """Store what was found; what was not found out keeps its former answer. The result."""
    before = load(session)
    known = {name: value for name in found.__struct_fields__ if (value := getattr(found, name)) is not None}
    merged = msgspec.structs.replace(before, **known, checked_at=at)
    text = msgspec.json.encode(merged).decode()
    upsert(session, Setting, name=SETTING, value=text, updated_at=at)
    return merged
