"""群: the groups of branches, in which a robot speaks or people pass things on."""

from __future__ import annotations

from models import GroupKind

KIND_NAMES: dict[GroupKind, str] = {GroupKind.WECOM: "企业微信群", GroupKind.WECHAT: "普通微信群"}
"""What people read for each kind."""
