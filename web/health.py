"""For machines: is the process alive, can it serve, and its figures."""

from __future__ import annotations

import hmac
import ipaddress
from typing import TYPE_CHECKING

from flask import Blueprint, Response, current_app, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, Info, generate_latest

from ground.version import VERSION
from operations.readiness import Readiness
from web.hosts import LOOPBACK, host_of
from web.proxies import WAS_FORWARDED
from wechat.inbound.spool import Spool

if TYPE_CHECKING:
    from flask import Flask

    from runtime import Runtime

blueprint = Blueprint("health", __name__)
_READINESS = "pioneer.readiness"
Info("pioneer", "The product that is running").info({"version": VERSION})


def register(app: Flask, runtime: Runtime) -> None:
    """Mount these addresses on ``app``."""
    folder = runtime.settings.data_dir
    app.extensions[_READINESS] = Readiness(
        runtime, {"数据目录": folder, "待处理消息的目录": Spool(folder).folder}
    )
    app.register_blueprint(blueprint)


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process is alive; nothing else is asked."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def readyz() -> Response:
    """Whether everything that serving needs works now; where not, which part does not, with 503."""
    readiness: Readiness = current_app.extensions[_READINESS]
    faults = readiness.faults()
    answer = jsonify(ready=not faults, faults=[{"part": one.part, "message": one.message} for one in faults])
    answer.status_code = 503 if faults else 200
    return answer


@blueprint.get("/metrics")
def metrics() -> Response:
    """Prometheus' text form; ids and counts only, never personal data. For this machine, or with the token."""
    runtime: Runtime = current_app.extensions["pioneer"]
    if not _has_token(runtime.settings.server.metrics_token) and not _is_this_machine():
        text = "运行指标只能在本机读取，从其他机器读取请设置 [server] metrics_token 并带上口令\n"
        return Response(text, 403, mimetype="text/plain")
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _has_token(token: str) -> bool:
    given = request.headers.get("Authorization", "")
    return bool(token) and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


def _is_this_machine() -> bool:
    """Whether a program of this machine asks by itself: what a proxy passes on also comes from loopback.

    A proxy tells itself by its headers, or by the public name that it was asked by.
    """
    if request.environ.get(WAS_FORWARDED, True):
        return False
    try:
        near = ipaddress.ip_address(request.environ.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
    return near and host_of(request.headers.get("Host", "")) in LOOPBACK
