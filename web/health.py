"""For machines: is the process alive, can it serve, and its figures."""

from __future__ import annotations

from flask import Blueprint, Response, current_app
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from database import migrate
from operations import unfinished
from runtime import Runtime

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process is alive; nothing else is asked."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def readyz() -> Response:
    """Whether the database answers with the right schema, Redis where there is one, and no restore is half done."""
    runtime: Runtime = current_app.extensions["pioneer"]
    faults = []
    if unfinished.path(runtime.settings.data_dir).exists():
        faults.append("restore")
    if not runtime.db.alive():
        faults.append("database")
    elif migrate.pending(runtime.db):
        faults.append("migrations")
    if runtime.redis is not None:
        try:
            runtime.redis.ping()
        except OSError:
            faults.append("redis")
        except Exception as error:  # redis-py's own errors do not derive from OSError
            if not type(error).__module__.startswith("redis"):
                raise
            faults.append("redis")
    if faults:
        return Response("not ready: " + ", ".join(faults) + "\n", status=503, mimetype="text/plain")
    return Response("ready\n", mimetype="text/plain")


@blueprint.get("/metrics")
def metrics() -> Response:
    """Prometheus' text form; ids and counts only, never personal data."""
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
