"""The local WeChat: a whole platform on one's own machine, over real HTTP.

It imports nothing of the product and is of use to any WeChat client whose base URL can be set.
"""

from .config import SandboxConfig
from .web import create_sandbox

__all__ = ["SandboxConfig", "create_sandbox"]
