"""Statistics with their lag: yesterday's are there at 08:00.

Source: https://developers.weixin.qq.com/doc/service/api/wedata/news/api_getarticleread
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from ..clock import day_start, shanghai
from ..dispatch import Call, endpoint
from ..errcodes import ApiError, refuse
from ..platform import Sandbox
from ..store import Row
from .draft import page_url

READY_HOUR = 8


def _days(call: Call, longest: int) -> list[str]:
    """The days asked for. Raises 61500, 61501."""
    try:
        first, last = (date.fromisoformat(str(call.body.get(n))) for n in ("begin_date", "end_date"))
    except ValueError:
        raise ApiError(61500) from None
    today = shanghai(call.sandbox.now()).date()
    refuse(last < first or last >= today or (last - first).days >= longest, 61501)
    refuse(first < date(2014, 12, 1), 61501)
    return [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]


def _ready(sandbox: Sandbox, day: str) -> bool:
    """Whether a day's figures are there: from 08:00 of the day after."""
    return sandbox.now() >= day_start(day) + 86400 + READY_HOUR * 3600


def _acts(sandbox: Sandbox, mid: int, idx: int, where: str, values: tuple[Any, ...]) -> dict[str, Any]:
    """The A fields of one article on a day (`day = ?`) or up to it (`day <= ?`)."""
    rows = sandbox.store.rows(
        f"SELECT source, count(DISTINCT fid) AS n FROM reads WHERE mid = ? AND idx = ? AND {where} GROUP BY source",
        (mid, idx, *values),
    )
    count = "SELECT count(DISTINCT fid) FROM reads WHERE mid = ? AND idx = ? AND {} AND instr(acts, ?) > 0"
    acts = {letter: sandbox.store.value(count.format(where), (mid, idx, *values, letter)) for letter in "slf"}
    total = sandbox.store.value(
        f"SELECT count(DISTINCT fid) FROM reads WHERE mid = ? AND idx = ? AND {where}", (mid, idx, *values)
    )
    sources = [{"user_count": total, "scene_desc": "全部"}]
    sources += [{"user_count": row["n"], "scene_desc": row["source"]} for row in rows]
    since = day_start(values[0]) if where == "day = ?" else 0.0
    comments = sandbox.store.value(
        "SELECT count(*) FROM comments WHERE mid = ? AND idx = ? AND created >= ? AND created < ?",
        (mid, idx, since, day_start(values[0]) + 86400),
    )
    return {
        "read_user": total,
        "read_user_source": sources,
        "share_user": acts["s"],
        "zaikan_user": 0,
        "like_user": acts["l"],
        "comment_count": comments,
        "collection_user": acts["f"],
    }


def _read_on(sandbox: Sandbox, day: str) -> list[Row]:
    return sandbox.store.rows("SELECT DISTINCT mid, idx FROM reads WHERE day = ? ORDER BY mid, idx", (day,))


def _answer(call: Call, rows: list[dict[str, Any]], days: list[str]) -> dict[str, Any]:
    return {"list": rows, "is_delay": any(not _ready(call.sandbox, day) for day in days)}


@endpoint("/datacube/getarticleread", right="datacube")
def article_reads(call: Call) -> dict[str, Any]:
    """Articles that were read on a day."""
    days = _days(call, 1)
    sandbox = call.sandbox
    rows = []
    for day in days if _ready(sandbox, days[0]) else []:
        for row in _read_on(sandbox, day):
            acts = _acts(sandbox, row["mid"], row["idx"], "day = ?", (day,))
            detail = {k: acts[k] for k in ("read_user", "read_user_source")}
            rows.append({"ref_date": day, "msgid": f"{row['mid']}_{row['idx']}", "detail": detail})
    return _answer(call, rows, days)


@endpoint("/datacube/getarticleshare", right="datacube")
def article_shares(call: Call) -> dict[str, Any]:
    """Articles that were shared on a day."""
    days = _days(call, 1)
    sandbox = call.sandbox
    rows = []
    for day in days if _ready(sandbox, days[0]) else []:
        for row in _read_on(sandbox, day):
            shares = _acts(sandbox, row["mid"], row["idx"], "day = ?", (day,))["share_user"]
            if shares:
                rows.append(
                    {"ref_date": day, "msgid": f"{row['mid']}_{row['idx']}", "detail": {"share_user": shares}}
                )
    return _answer(call, rows, days)


@endpoint("/datacube/getbizsummary", right="datacube")
def summary(call: Call) -> dict[str, Any]:
    """The whole account by day."""
    days = _days(call, 30)
    sandbox = call.sandbox
    rows = []
    for day in (d for d in days if _ready(sandbox, d)):
        readers = sandbox.store.value("SELECT count(DISTINCT fid) FROM reads WHERE day = ?", (day,))
        shares = sandbox.store.value(
            "SELECT count(DISTINCT fid) FROM reads WHERE day = ? AND instr(acts, 's') > 0", (day,)
        )
        kept = sandbox.store.value(
            "SELECT count(DISTINCT fid) FROM reads WHERE day = ? AND instr(acts, 'f') > 0", (day,)
        )
        likes = sandbox.store.value(
            "SELECT count(DISTINCT fid) FROM reads WHERE day = ? AND instr(acts, 'l') > 0", (day,)
        )
        start = day_start(day)
        sent = sandbox.store.value(
            "SELECT count(*) FROM pages WHERE created >= ? AND created < ?", (start, start + 86400)
        )
        detail = {
            "read_user": readers,
            "read_user_source": [{"user_count": readers, "scene_desc": "全部"}],
            "share_user": shares,
            "zaikan_user": 0,
            "like_user": likes,
            "comment_count": sandbox.store.value(
                "SELECT count(*) FROM comments WHERE created >= ? AND created < ?", (start, start + 86400)
            ),
            "collection_user": kept,
            "redirect_ori_page_user": 0,
            "send_page_count": sent,
        }
        rows.append({"ref_date": day, "detail": detail})
    return _answer(call, rows, days)


@endpoint("/datacube/getarticletotaldetail", right="datacube")
def totals(call: Call) -> dict[str, Any]:
    """Articles published on a day, with the sums up to each later day."""
    days = _days(call, 1)
    sandbox, day = call.sandbox, days[0]
    start = day_start(day)
    rows = []
    for page in sandbox.store.rows(
        "SELECT * FROM pages WHERE created >= ? AND created < ? ORDER BY mid, idx", (start, start + 86400)
    ):
        details = []
        sent = int(
            sandbox.store.value("SELECT sum(sent) FROM mass WHERE msg_data_id = ?", (page["mid"],)) or 0
        )
        for number in range(30):
            stat = (date.fromisoformat(day) + timedelta(days=number)).isoformat()
            if not _ready(sandbox, stat):
                break
            acts = _acts(sandbox, page["mid"], page["idx"], "day <= ?", (stat,))
            rate = round(acts["read_user"] / sent, 4) if sent else 0
            details.append(
                {
                    "stat_date": stat,
                    **acts,
                    "praise_money": 0,
                    "read_subscribe_user": 0,
                    "read_delivery_rate": rate,
                    "read_finish_rate": 0.63,
                    "read_avg_activetime": 41.5,
                    "read_jump_position": [{"position": 1, "rate": 0.12}],
                }
            )
        if details:
            rows.append(
                {
                    "ref_date": day,
                    "msgid": f"{page['mid']}_{page['idx']}",
                    "publish_type": 0 if page["notified"] else 1,
                    "title": page["title"],
                    "content_url": page_url(sandbox, page["mid"], page["idx"]),
                    "detail_list": details,
                }
            )
    return _answer(call, rows, days)


def _ready_days(call: Call, longest: int) -> list[str]:
    """For the older endpoints: 61503 while a day's figures are not there."""
    days = _days(call, longest)
    refuse(not _ready(call.sandbox, days[-1]), 61503)
    return days


def _sum(sandbox: Sandbox, day: str, name: str) -> int:
    return int(
        sandbox.store.value("SELECT coalesce(sum(n), 0) FROM daily WHERE day = ? AND name = ?", (day, name))
    )


@endpoint("/datacube/getusersummary", right="datacube")
def user_summary(call: Call) -> dict[str, Any]:
    """New and lost followers."""
    rows = [
        {
            "ref_date": day,
            "user_source": 0,
            "new_user": _sum(call.sandbox, day, "new"),
            "cancel_user": _sum(call.sandbox, day, "cancel"),
        }
        for day in _ready_days(call, 7)
    ]
    return {"list": [row for row in rows if row["new_user"] or row["cancel_user"]]}


@endpoint("/datacube/getusercumulate", right="datacube")
def user_cumulate(call: Call) -> dict[str, Any]:
    """Followers at the end of each day."""
    sandbox = call.sandbox
    now = int(sandbox.store.value("SELECT count(*) FROM followers WHERE subscribed = 1"))
    rows = []
    for day in _ready_days(call, 7):
        later = sandbox.store.value(
            "SELECT coalesce(sum(CASE name WHEN 'new' THEN n ELSE -n END), 0) FROM daily"
            " WHERE day > ? AND name IN ('new', 'cancel')",
            (day,),
        )
        rows.append({"ref_date": day, "user_source": 0, "cumulate_user": now - int(later)})
    return {"list": rows}


KINDS = {"text": 1, "image": 2, "voice": 3, "video": 4, "shortvideo": 4, "link": 6}


def _upstream(call: Call, longest: int, hourly: bool = False) -> dict[str, Any]:
    rows = []
    for day in _ready_days(call, longest):
        found = call.sandbox.store.rows(
            f"SELECT name, {'hour' if hourly else '0'} AS hour, count(DISTINCT fid) AS users, sum(n) AS n"
            " FROM daily WHERE day = ? AND name LIKE 'up:%' GROUP BY 1, 2 ORDER BY 2, 1",
            (day,),
        )
        for row in found:
            item: dict[str, Any] = {"ref_date": day}
            if hourly:
                item["ref_hour"] = row["hour"] * 100
            item["msg_type"] = KINDS.get(row["name"][3:], 1)
            item["msg_user"], item["msg_count"] = row["users"], row["n"]
            rows.append(item)
    return {"list": rows}


@endpoint("/datacube/getupstreammsg", right="datacube")
def upstream(call: Call) -> dict[str, Any]:
    """Messages of followers by day."""
    return _upstream(call, 7)


@endpoint("/datacube/getupstreammsghour", right="datacube")
def upstream_hours(call: Call) -> dict[str, Any]:
    """The same by hour."""
    return _upstream(call, 1, hourly=True)


@endpoint("/datacube/getupstreammsgweek", right="datacube")
@endpoint("/datacube/getupstreammsgmonth", right="datacube")
def upstream_spans(call: Call) -> dict[str, Any]:
    """The same for weeks and months: here by day."""
    return _upstream(call, 30)


@endpoint("/datacube/getupstreammsgdist", right="datacube")
def upstream_distribution(call: Call) -> dict[str, Any]:
    """How many people wrote how much: 1 to 5, 6 to 10, more than 10."""
    rows = []
    for day in _ready_days(call, 15):
        counts = call.sandbox.store.rows(
            "SELECT sum(n) AS n FROM daily WHERE day = ? AND name LIKE 'up:%' GROUP BY fid", (day,)
        )
        for interval, low, high in ((1, 1, 5), (2, 6, 10), (3, 11, 10**9)):
            users = sum(1 for row in counts if low <= row["n"] <= high)
            if users:
                rows.append({"ref_date": day, "count_interval": interval, "msg_user": users})
    return {"list": rows}


def _interface(call: Call, longest: int, hourly: bool) -> dict[str, Any]:
    rows = []
    for day in _ready_days(call, longest):
        found = call.sandbox.store.rows(
            f"SELECT {'hour' if hourly else '0'} AS hour, sum(CASE name WHEN 'callback' THEN n ELSE 0 END) AS calls,"
            " sum(CASE name WHEN 'callback_failed' THEN n ELSE 0 END) AS fails, sum(cost) AS cost, max(top) AS top"
            " FROM daily WHERE day = ? AND name IN ('callback', 'callback_failed') GROUP BY 1",
            (day,),
        )
        for row in found:
            item: dict[str, Any] = {"ref_date": day}
            if hourly:
                item["ref_hour"] = row["hour"] * 100
            item |= {
                "callback_count": row["calls"],
                "fail_count": row["fails"],
                "total_time_cost": row["cost"],
                "max_time_cost": row["top"],
            }
            rows.append(item)
    return {"list": rows}


@endpoint("/datacube/getinterfacesummary", right="datacube")
def interface_summary(call: Call) -> dict[str, Any]:
    """How the callback URL answered, by day."""
    return _interface(call, 30, hourly=False)


@endpoint("/datacube/getinterfacesummaryhour", right="datacube")
def interface_hours(call: Call) -> dict[str, Any]:
    """The same by hour."""
    return _interface(call, 1, hourly=True)


def _offline(call: Call) -> dict[str, Any]:
    raise ApiError(47009)


for _name in ("getarticlesummary", "getarticletotal", "getuserread", "getuserreadhour", "getusershare",
              "getusersharehour"):  # fmt: skip
    endpoint(f"/datacube/{_name}", right="datacube")(_offline)
