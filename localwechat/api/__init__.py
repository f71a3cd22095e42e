"""The platform's endpoints, one file a subject. `register()` fills the table of the dispatcher."""

from importlib import import_module

SUBJECTS = (
    "account", "comment", "custom", "datacube", "draft", "mass", "media", "menu", "mini", "oauth",
    "publish", "qr", "robot", "subscribe", "tags", "template", "token", "users",
)  # fmt: skip


def register() -> None:
    """Import every subject: importing is what registers an endpoint."""
    for subject in SUBJECTS:
        import_module(f"{__name__}.{subject}")
