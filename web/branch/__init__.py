"""支部手机页: what a branch secretary does on a phone: activities, who came, 补录, 补签审批, export."""

from __future__ import annotations

from web.branch import groups, ledgers, pages
from web.branch.face import blueprint

__all__ = ["blueprint", "groups", "ledgers", "pages"]
