"""The two steps of a binding: a follower's row gets a member, or loses it. What it holds of one goes with it."""

from __future__ import annotations

from datetime import datetime

from community.lives import BINDING, binding_state
from models import Follower, Member


def bind(
    follower: Follower, member: Member, *, consent: str, at: datetime, step: str = "member.bind"
) -> None:
    """The follower has agreed to the text of the version ``consent``. Raises :class:`errors.Conflict` for one that is bound.

    ``step`` is ``member.bind``, or ``member.replace`` where another WeChat of the member gives way.
    """
    BINDING.require(step, binding_state(follower))
    follower.member_id = member.id
    follower.bound_at = follower.consent_at = at
    follower.consent_version = consent


def unbind(follower: Follower, step: str) -> None:
    """By one of the steps that lead out of a binding. Raises :class:`errors.Conflict` for one that is not bound."""
    BINDING.require(step, binding_state(follower))
    _clear(follower)


def carry_over(follower: Follower, member: Member) -> None:
    """The record that they were bound to was merged into this one: it is the same person, the consent goes along."""
    follower.member_id = member.id


def leave(follower: Follower) -> None:
    """They left, or were erased: bound to nobody for good, whatever they were."""
    _clear(follower)
    follower.subscribed = False
    follower.gone = True


def _clear(follower: Follower) -> None:
    follower.member_id = None
    follower.bound_at = follower.consent_at = follower.consent_asked_at = None
    follower.consent_version = ""


__all__ = ["bind", "carry_over", "leave", "unbind"]
