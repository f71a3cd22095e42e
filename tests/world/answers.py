"""Answers to one follower, as customer-service messages."""

from __future__ import annotations

import itertools
import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from ground import clock
from models import Delivery
from scheduler import answers

_WINDOW = timedelta(hours=48)
_numbers = itertools.count(1)


def answer(
    session: Session, openid: str, text: str, *, at: datetime | None = None, **changes: Any
) -> Delivery:
    """A text to send to this follower now; ``changes`` are columns of its row."""
    now = at or clock.now()
    body = json.dumps({"msgtype": "text", "text": {"content": text}}, ensure_ascii=False)
    row = answers.row(openid, body, answers=f"test:{next(_numbers)}", due_at=now, expires_at=now + _WINDOW)
    made = Delivery(**(answers.CONSTANT | row | changes))
    session.add(made)
    session.flush()
    return made


def given(session: Session, openid: str, text: str) -> Delivery:
    """One that was sent, and that WeChat took."""
    return answer(session, openid, text, status="delivered", finished_at=clock.now())
