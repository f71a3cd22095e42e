"""The application: the platform's API, the control, the phone."""

from __future__ import annotations

from flask import Flask, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from .api import register
from .config import SandboxConfig
from .control import blueprint as control_blueprint
from .dispatch import handle
from .phone_api import blueprint as phone_api_blueprint
from .platform import Sandbox


def create_sandbox(config: SandboxConfig) -> Flask:
    """The WSGI application with its state in `app.extensions["sandbox"]`; starts the job thread."""
    register()
    sandbox = Sandbox(config)
    app = Flask(__name__, static_folder=None)
    app.config["PROPAGATE_EXCEPTIONS"] = True  # a cut connection must reach the server
    app.extensions["sandbox"] = sandbox
    app.register_blueprint(control_blueprint(sandbox))
    app.register_blueprint(phone_api_blueprint(sandbox))
    try:
        from .phone import blueprint as phone_blueprint  # the page; the platform runs without it
    except ModuleNotFoundError:
        pass
    else:
        app.register_blueprint(phone_blueprint(sandbox))

    @app.before_request
    def know_address() -> None:
        if not sandbox.base_url:
            sandbox.base_url = request.host_url.rstrip("/")

    @app.route("/", defaults={"path": ""}, methods=["GET", "POST"])
    @app.route("/<path:path>", methods=["GET", "POST", "PUT", "DELETE"])
    def platform(path: str) -> BaseResponse:
        if not path and request.method == "GET":
            return redirect("/phone/")  # a person with a browser
        return handle(sandbox, request)

    sandbox.start()
    return app
