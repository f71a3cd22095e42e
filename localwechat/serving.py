"""One sandbox on one address, in this process."""

from __future__ import annotations

import threading

from .config import SandboxConfig
from .platform import Sandbox
from .server import Server
from .web import create_sandbox


class SandboxServer:
    """Binds at once (raises OSError when the port is taken), serves in a thread after `start`."""

    def __init__(self, config: SandboxConfig, host: str = "127.0.0.1", port: int = 0) -> None:
        self._server = Server((host, port), lambda environ, start: [])
        number = self._server.server_address[1]
        self.url = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{number}"
        if not config.base_url:
            config.base_url = self.url
        app = create_sandbox(config)
        self.sandbox: Sandbox = app.extensions["sandbox"]
        self._server.app = app.wsgi_app
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True
        )

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering, end the threads, close the state."""
        self._server.shutdown()
        self._server.server_close()
        self.sandbox.stop()
