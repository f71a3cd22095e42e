"""The wire to WeChat: one session a thread, no hidden repeats, and not a word about tokens, secrets or openids to anyone.

- A POST is never repeated by a library; what may be repeated is decided above, by the table of reactions.
- Bodies are bytes: raw UTF-8 JSON or a multipart body built here, so they always carry ``Content-Length`` and can be repeated.
- Redirects are not followed: the URL holds the token. An exception, a log line and a metric hold the path only.
- Answers are decoded as UTF-8 whatever their header says.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import ssl
import threading
import time
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
import requests
import structlog
import urllib3
from prometheus_client import Counter, Histogram
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from settings import OFFICIAL_MP, Settings
from wechat.outbound.endpoints.table import QR_PICTURE, Endpoint, Host
from wechat.outbound.failures import CallFailed, Trouble, of_answer, of_trouble
from wechat.outbound.groups import Group
from wechat.outbound.reaction_table import DEFAULT
from wechat.outbound.reactions import BUG, REPLAN, STOP, Then

CALLS = Counter(
    "pioneer_wechat_calls_total",
    "Calls to WeChat by group and outcome (ok, or the kind of reaction)",
    ["group", "outcome"],
)
SECONDS = Histogram(
    "pioneer_wechat_call_seconds",
    "Time that WeChat took for a call",
    ["group"],
    buckets=(0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
)

_POOL = 4
_UNKNOWN_CODES_TO_STOP = 3
log = structlog.get_logger("wechat.outbound.transport")


class _NoQuery(logging.Filter):
    """urllib3 logs whole request targets at debug level; ours hold the token."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = re.sub(r"\?[^\s\"']*", "?…", record.getMessage())
        record.args = ()
        return True


for _name in ("urllib3.connectionpool", "urllib3.util.retry", "urllib3.connection"):
    logging.getLogger(_name).addFilter(_NoQuery())


class File(NamedTuple):
    """A file to upload. ``name`` is what WeChat shows; its bytes are kept, so that an upload can be repeated."""

    name: str
    data: bytes
    content_type: str = "application/octet-stream"


class Answer(NamedTuple):
    """A readable answer: ``fields`` of a JSON object, or ``content`` of a download. ``date`` is the HTTP header."""

    fields: dict[str, Any]
    content: bytes = b""
    content_type: str = ""
    date: str = ""


class Transport:
    """Speaks HTTP with WeChat's servers, as configured."""

    def __init__(self, settings: Settings) -> None:
        self._system = settings.system
        self._hosts = {
            Host.API: settings.wechat.api_base_url,
            Host.MP: settings.wechat.mp_base_url or OFFICIAL_MP,
            Host.WECOM: settings.wecom.api_base_url,
        }
        self._local = threading.local()
        self._odd: dict[Group, tuple[int, int]] = {}

    def call(
        self, endpoint: Endpoint, *, query: Mapping[str, str] | None = None, body: Any = None,
        file: File | None = None, form: Mapping[str, str] | None = None, binary: bool = False,
    ) -> Answer:  # fmt: skip
        """One call, once. ``body`` becomes JSON; ``file`` (with ``form`` fields) becomes multipart.

        ``binary`` says that the answer is a download unless it is a JSON object. Raises :class:`CallFailed`.
        """
        started = time.monotonic()
        failure: CallFailed | None = None
        answer = Answer({})
        response = self._send(endpoint, query or {}, body, file, form or {})
        if isinstance(response, Trouble):
            failure = self._trouble(endpoint, response)
        else:
            read = _read(endpoint, response, binary)
            if isinstance(read, Trouble):
                failure = self._trouble(endpoint, read)
            else:
                answer = read
                failure = self._refusal(endpoint, answer)
        took = time.monotonic() - started
        SECONDS.labels(endpoint.group).observe(took)
        CALLS.labels(endpoint.group, failure.kind if failure else "ok").inc()
        if failure is not None:
            harmless = failure.then is Then.GO_ON
            log.log(
                logging.INFO if harmless else logging.WARNING, "wechat_call_failed",
                path=endpoint.path, code=failure.code, reaction=str(failure.reaction),
                errmsg=failure.errmsg[:120], rid=failure.rid, ms=round(took * 1000),
            )  # fmt: skip
            raise failure
        log.debug("wechat_call", path=endpoint.path, ms=round(took * 1000))
        return answer

    def not_as_expected(self, endpoint: Endpoint) -> CallFailed:
        """The answer was JSON without an error, but lacks the field that matters."""
        reaction = BUG if endpoint.repeatable else None
        return self._trouble(
            endpoint, Trouble("unexpected_answer", False, "微信的返回缺少应有的内容", reaction)
        )

    def _trouble(self, endpoint: Endpoint, trouble: Trouble) -> CallFailed:
        return of_trouble(trouble, group=endpoint.group, path=endpoint.path, repeatable=endpoint.repeatable)

    def _refusal(self, endpoint: Endpoint, answer: Answer) -> CallFailed | None:
        raw = answer.fields.get("errcode", 0)
        try:
            code = int(raw)
        except (TypeError, ValueError):
            return self._trouble(endpoint, Trouble("unreadable_code", False, "微信的返回无法识别"))
        if code == 0:
            self._odd.pop(endpoint.group, None)
            return None
        last, times = self._odd.get(endpoint.group, (0, 0))
        times = times + 1 if last == code else 1
        failure = of_answer(
            answer.fields, code, group=endpoint.group, path=endpoint.path,
            repeatable=endpoint.repeatable, stop=times >= _UNKNOWN_CODES_TO_STOP,
        )  # fmt: skip
        if failure.row is DEFAULT:
            self._odd[endpoint.group] = (code, times)
        return failure

    def _send(
        self,
        endpoint: Endpoint,
        query: Mapping[str, str],
        body: Any,
        file: File | None,
        form: Mapping[str, str],
    ) -> requests.Response | Trouble:
        system = self._system
        headers: dict[str, str] = {}
        data: bytes | None = None
        if file is not None:
            data, headers["Content-Type"] = multipart(file, form)
        elif endpoint.method == "POST":
            data, headers["Content-Type"] = (
                msgspec.json.encode({} if body is None else body),
                "application/json",
            )
        try:
            return self._session().request(
                endpoint.method,
                self._hosts[endpoint.host] + endpoint.path,
                params=dict(query),
                data=data,
                headers=headers,
                timeout=(
                    system.connect_timeout_s,
                    system.long_timeout_s if endpoint.long else system.read_timeout_s,
                ),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            # Returned, not raised from here: the library's exception holds the URL, and it would stay as the context.
            return _classify(error)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            adapter = HTTPAdapter(_POOL, _POOL, max_retries=Retry(0, read=False))
            session.mount("https://", adapter)
            session.mount("http://", adapter)
            session.trust_env = not all(_is_loopback(host) for host in self._hosts.values())
            session.headers["User-Agent"] = "pioneer"
            self._local.session = session
        return session


def multipart(file: File, form: Mapping[str, str]) -> tuple[bytes, str]:
    """A multipart body with the part ``media`` and its content type.

    The file name is quoted, raw UTF-8: WeChat answers 41005 to a part without one, or with the ``filename*=`` form that HTTP
    libraries use for Chinese names.
    """
    boundary = f"pioneer{secrets.token_hex(16)}"
    name = re.sub(r'[\x00-\x1f"\\/]', "_", file.name) or "file"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in form.items()
    ]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="media"; filename="{name}"\r\n'
        f"Content-Type: {file.content_type}\r\n\r\n".encode()
    )
    parts += [file.data, f"\r\n--{boundary}--\r\n".encode()]
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"


def decode(content: bytes) -> Any:
    """JSON as WeChat sends it: UTF-8, sometimes with raw control characters in names. Raises ``ValueError``."""
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return json.loads(content.decode("utf-8"), strict=False)


def _read(endpoint: Endpoint, response: requests.Response, binary: bool) -> Answer | Trouble:
    content = response.content
    content_type = response.headers.get("Content-Type", "")
    date = response.headers.get("Date", "")
    if response.status_code != requests.codes.ok:
        if endpoint is QR_PICTURE and response.status_code == requests.codes.not_found:
            return Trouble("unknown_ticket", True, "二维码凭证不存在或已过期", REPLAN)
        return _bad_status(response.status_code)
    if binary and content.lstrip()[:1] != b"{":
        if content and "html" not in content_type:
            return Answer({}, content, content_type, date)
        return Trouble("empty_download", False, "微信没有返回文件内容")
    try:
        fields = decode(content)
    except ValueError:
        return Trouble("unreadable_answer", False, "微信的返回无法识别，可能被中间设备改写")
    if not isinstance(fields, dict):
        return Trouble("unreadable_answer", False, "微信的返回无法识别")
    return Answer(fields, b"", content_type, date)


def _bad_status(status: int) -> Trouble:
    name = f"http_{status}"
    if status in (412, 413, 414, 400, 411, 415) or 300 <= status < 400:
        return Trouble(name, True, f"微信网关拒绝了请求（HTTP {status}）", BUG)
    if 400 <= status < 500:
        return Trouble(name, True, f"请求没有到达微信接口（HTTP {status}），请检查接口地址和代理设置", STOP)
    return Trouble(name, False, f"微信服务器出错（HTTP {status}）")


def _classify(error: requests.RequestException) -> Trouble:
    """Whether WeChat can have seen the request. In doubt it can."""
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return Trouble("certificate", True, "微信服务器的证书无法验证，请检查系统时间和根证书", STOP)
    unsent = (
        urllib3.exceptions.NewConnectionError,
        urllib3.exceptions.ConnectTimeoutError,
        urllib3.exceptions.NameResolutionError,
    )
    if isinstance(error, requests.ConnectTimeout) or any(isinstance(cause, unsent) for cause in causes):
        return Trouble("no_connection", True, "连接不上微信服务器")
    if any(isinstance(cause, ssl.SSLError) and _is_handshake(cause) for cause in causes):
        return Trouble("handshake", True, "与微信服务器的加密连接没有建立")
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return Trouble("bad_url", True, "微信接口地址配置有误，请检查 wechat.api_base_url", STOP)
    if isinstance(error, requests.ReadTimeout):
        return Trouble("read_timeout", False, "微信没有在规定时间内回应")
    return Trouble("connection_cut", False, "与微信的连接中途断开")


def _is_handshake(error: ssl.SSLError) -> bool:
    """Only what can happen in no other phase; an unexpected end of file can come later, too."""
    reason = error.reason or ""
    return any(word in reason for word in ("WRONG_VERSION", "UNSUPPORTED", "HANDSHAKE", "NO_PROTOCOLS"))


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    todo: list[Any] = [error]
    while todo:
        one = todo.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            todo += [*one.args, one.__cause__, one.__context__, getattr(one, "reason", None)]
    return found


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
