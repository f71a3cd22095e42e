"""From a request to WeChat's answer: faults, token, right, quota, body; then the endpoint."""

from __future__ import annotations

import ipaddress
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import Request, Response

from .clock import day_of
from .errcodes import ApiError, CutConnection, refuse
from .faults import Fault
from .limits import DEFAULT_LIMIT, LIMITS
from .log import masked

if TYPE_CHECKING:
    from .platform import Sandbox

Answer = dict[str, Any] | Response
View = Callable[["Call"], Answer]

OK: dict[str, Any] = {"errcode": 0, "errmsg": "ok"}
CONTENT_TYPE = "application/json; encoding=utf-8"
WECOM = "/cgi-bin/webhook/"  # another house: its own texts, and escapes in JSON mean what they say
# Paths of hosts that know no allow-list: mp.weixin.qq.com, open.weixin.qq.com, qyapi.weixin.qq.com
OTHER_HOSTS = ("/cgi-bin/showqrcode", "/connect/", WECOM)
WECOM_TEXTS = {-1: "system busy", 45009: "api freq out of limit", 44004: "empty content"}
GARBAGE = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>proxy error</body>\r\n</html>"
_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\u([0-9a-fA-F]{4})")

# What an account may call:
# https://developers.weixin.qq.com/doc/offiaccount/Getting_Started/Explanation_of_interface_privileges.html
_VERIFIED_BOTH = {
    "menu", "custom", "mass", "people", "material", "publish", "comment", "datacube", "ticket",
}  # fmt: skip
RIGHTS: dict[tuple[str, bool], set[str]] = {
    ("service", True): _VERIFIED_BOTH | {"mass_openid", "template", "notice", "qr", "oauth"},
    ("subscription", True): _VERIFIED_BOTH,
    ("service", False): {"menu", "ticket"},
    ("subscription", False): {"ticket"},
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path of the platform. `token`: account, mini or "" (none needed)."""

    path: str
    method: str
    view: View
    right: str
    token: str
    quota: str
    raw: bool


ENDPOINTS: dict[str, Endpoint] = {}


def endpoint(
    path: str,
    method: str = "POST",
    *,
    right: str = "",
    token: str = "account",
    quota: str = "",
    raw: bool = False,
) -> Callable[[View], View]:
    """Register a path. `method` GET, POST or ANY; `quota`: the path whose quota it shares;
    `raw`: answers other than JSON, and bodies that are no JSON."""

    def register(view: View) -> View:
        ENDPOINTS[path] = Endpoint(path, method, view, right, token, quota or path, raw)
        return view

    return register


@dataclass
class Call:
    """One call as an endpoint sees it."""

    sandbox: Sandbox
    request: Request
    path: str
    query: Mapping[str, str]
    raw: bytes
    app_id: str = ""
    repeated: bool = False  # by the platform's own gateway, which knows no waiting time
    _body: dict[str, Any] | None = field(default=None, repr=False)
    after: list[Callable[[], None]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)  # for the inspector: WeChat itself says nothing

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object that was posted. Raises 44002, 47001."""
        if self._body is None:
            self._body = self._parse()
        return self._body

    @property
    def escaped(self) -> bool:
        """Whether the body was sent with `\\uXXXX` escapes."""
        return bool(_ESCAPE.search(self.raw.decode(errors="replace")))

    def _parse(self) -> dict[str, Any]:
        refuse(not self.raw, 44002)
        try:
            text = self.raw.decode()
            typed = self.sandbox.settings["escaped_json"] == "as_typed"
            if typed and not self.path.startswith(WECOM):
                text = _ESCAPE.sub(r"\1\\\\u\2", text)
            value = json.loads(text, parse_int=_int64)
        except ValueError:
            raise ApiError(47001) from None
        refuse(not isinstance(value, dict), 47001)
        found: dict[str, Any] = value
        return found

    def text(self, name: str, code: int = 41011) -> str:
        """A required string of the body."""
        value = self.body.get(name)
        refuse(value is None or value == "", code)
        refuse(not isinstance(value, str), 47001)
        return str(value)

    def integer(self, name: str, default: int | None = None, code: int = 41011) -> int:
        """A number of the body; numeric strings pass, as they do there."""
        return whole(self.body.get(name), default, code)


def _int64(value: int | str) -> int:
    """An integer of 64 bits. Raises ValueError for a longer one."""
    number = int(value)
    if not -(2**63) <= number < 2**63:
        raise ValueError("more than 64 bits")
    return number


def whole(value: Any, default: int | None = None, code: int = 41011) -> int:
    """`value` as an integer; a missing one is the default or ApiError(code)."""
    if value is None:
        refuse(default is None, code)
        return int(default or 0)
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ApiError(47001)
    try:
        return _int64(value)
    except ValueError:
        raise ApiError(47001) from None


def check_ip(sandbox: Sandbox, address: str) -> None:
    """Raise 40164 for a caller that is not on the allow-list (an empty one lets everybody in)."""
    allowed = sandbox.settings["ip_whitelist"]
    if not allowed:
        return
    caller = ipaddress.ip_address(address)
    for entry in allowed:
        if caller in ipaddress.ip_network(entry, strict=False):
            return
    raise ApiError(40164, f"invalid ip {address} ipv6 ::ffff:{address}, not in whitelist")


def check_token(sandbox: Sandbox, token: str | None, kind: str) -> str:
    """The appid that the token belongs to. Raises 41001, 40014, 40001, 42001."""
    refuse(not token, 41001)
    row = sandbox.store.row("SELECT app_id, expires, void_at FROM tokens WHERE token = ?", (token,))
    if row is None:
        # A text that can be no token at all is another code than a stranger's token
        raise ApiError(40001 if len(str(token)) >= 16 else 40014)
    now = sandbox.now()
    refuse(row["void_at"] <= now, 40001)
    refuse(row["expires"] <= now, 42001)
    app_id = sandbox.account["mini_app_id" if kind == "mini" else "app_id"]
    if kind != "any":
        refuse(row["app_id"] != app_id, 40001)
    return str(row["app_id"])


def limit_of(sandbox: Sandbox, path: str) -> int:
    """Calls a day of this path."""
    return int(sandbox.settings["limits"].get(path, LIMITS.get(path, DEFAULT_LIMIT)))


def use_quota(sandbox: Sandbox, path: str) -> None:
    """Count a call. Raises 45009 when the day's are used up."""
    day = day_of(sandbox.now())
    used = int(sandbox.store.value("SELECT used FROM usage WHERE day = ? AND key = ?", (day, path)) or 0)
    refuse(used >= limit_of(sandbox, path), 45009)
    sandbox.store.run(
        "INSERT INTO usage VALUES (?, ?, 1) ON CONFLICT (day, key) DO UPDATE SET used = used + 1",
        (day, path),
    )


def per_minute(sandbox: Sandbox, key: str, limit: int, code: int = 45011) -> None:
    """Count a call in the present minute of the sandbox's clock."""
    minute = f"minute:{int(sandbox.now() // 60)}"
    used = int(sandbox.store.value("SELECT used FROM usage WHERE day = ? AND key = ?", (minute, key)) or 0)
    refuse(used >= limit, code)
    if not used:
        sandbox.store.run("DELETE FROM usage WHERE day LIKE 'minute:%' AND day < ?", (minute,))
    sandbox.store.run(
        "INSERT INTO usage VALUES (?, ?, 1) ON CONFLICT (day, key) DO UPDATE SET used = used + 1",
        (minute, key),
    )


def handle(sandbox: Sandbox, request: Request) -> Response:
    """Answer one call of the platform's API."""
    path = request.path
    started = time.monotonic()
    faults = sandbox.faults.take("api", path)
    for rule in faults:
        if rule.kind == "slow":
            time.sleep(rule.value)
    fault = next((f for f in faults if f.kind != "slow"), None)
    call = Call(sandbox, request, path, request.args.to_dict(), request.get_data())
    rid = f"{int(sandbox.now()):08x}-{sandbox.noise.getrandbits(32):08x}-{sandbox.noise.getrandbits(32):08x}"
    response = _faulty(sandbox, call, fault, rid) or _act(sandbox, call, rid)
    if fault and fault.kind == "repeat":
        call.repeated = True
        response = _act(sandbox, call, rid)
    cost = (time.monotonic() - started) * 1000
    cut = fault.kind if fault and fault.kind.startswith("drop") else ""
    _note(sandbox, call, response, rid, cost, fault.kind if fault else "")
    for action in call.after:
        action()
    if cut:
        raise CutConnection
    if fault and fault.kind == "truncate":
        response.headers["X-Sandbox-Truncate"] = "1"
    return response


def _faulty(sandbox: Sandbox, call: Call, fault: Fault | None, rid: str) -> Response | None:
    """The answer of a fault that prevents the call, None when the call is made."""
    if fault is None or fault.kind in ("drop_after", "truncate", "repeat"):
        return None
    if fault.kind == "expire_token":
        sandbox.store.run(
            "UPDATE tokens SET expires = min(expires, ?) WHERE token = ?",
            (sandbox.now(), call.query.get("access_token", "")),
        )
        return None
    if fault.kind == "err":
        return _json(_refusal(call, ApiError(int(fault.value)), rid))
    if fault.kind == "http":
        return Response(GARBAGE, int(fault.value), content_type="text/html")
    if fault.kind == "garbage":
        return Response(GARBAGE, 200, content_type="text/html")
    return Response(b"", 500)  # drop_before: nobody will see it


def _act(sandbox: Sandbox, call: Call, rid: str) -> Response:
    found = ENDPOINTS.get(call.path)
    try:
        if found is None:
            raise ApiError(40066)
        if found.method not in ("ANY", call.request.method):
            raise ApiError(43002 if found.method == "POST" else 43001)
        with sandbox.unit():
            if not found.path.startswith(OTHER_HOSTS):
                check_ip(sandbox, call.request.remote_addr or "127.0.0.1")
            if found.token:
                call.app_id = check_token(sandbox, call.query.get("access_token"), found.token)
            if found.right:
                account = sandbox.account
                refuse(found.right not in RIGHTS[account["type"], account["verified"]], 48001)
            if found.token:
                use_quota(sandbox, found.quota)
            # What the endpoint did is undone when it refuses; the call counts all the same
            try:
                with sandbox.unit():
                    answer = found.view(call)
            except ApiError as error:
                answer = _refusal(call, error, rid)
    except ApiError as error:
        answer = _refusal(call, error, rid)
    return answer if isinstance(answer, Response) else _json(answer)


def _refusal(call: Call, error: ApiError, rid: str) -> dict[str, Any]:
    if call.path.startswith(WECOM):
        text = WECOM_TEXTS.get(error.code, error.text)
        hint = f"{int(call.sandbox.now())}{call.sandbox.noise.randrange(10**15):015d}"
        more = f"https://open.work.weixin.qq.com/devtool/query?e={error.code}"
        where = call.request.remote_addr
        return {
            "errcode": error.code,
            "errmsg": f"{text}, hint: [{hint}], from ip: {where}, more info at {more}",
        }
    return {"errcode": error.code, "errmsg": f"{error.text} rid: {rid}", **error.extra}


def _json(answer: dict[str, Any]) -> Response:
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode(), 200, content_type=CONTENT_TYPE)


def _note(sandbox: Sandbox, call: Call, response: Response, rid: str, cost: float, fault: str) -> None:
    binary = not (response.content_type or "").startswith(("application/json", "text/"))
    multipart = (call.request.content_type or "").startswith("multipart/")
    answer = "" if binary else masked(response.get_data(as_text=True))
    code: Any = 0
    if response.content_type == CONTENT_TYPE:
        found = re.match(r'\{"errcode":(-?\d+)', answer)
        code = int(found[1]) if found else 0
    sandbox.log.add(
        "api",
        {
            "at": sandbox.now(),
            "rid": rid,
            "method": call.request.method,
            "path": call.path,
            "query": masked(call.request.query_string.decode(errors="replace")),
            "body": f"({len(call.raw)} bytes)" if multipart else masked(call.raw.decode(errors="replace")),
            "status": response.status_code,
            "errcode": code,
            "answer": f"({len(response.get_data())} bytes)" if binary else answer,
            "latency_ms": round(cost, 1),
            "fault": fault,
            "warnings": call.warnings,
            "ip": call.request.remote_addr,
            "app_id": call.app_id,
        },
    )
