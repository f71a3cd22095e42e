"""Configuration: ``config.toml`` and the environment become one typed, frozen object.

Every key stands with a comment in ``config.example.toml``. ``PIONEER_<SECTION>__<KEY>`` overrides a key. Faults are collected
and told together, in Chinese, one line each.
"""

from settings.former import FORMER
from settings.meaning import PROXIES_ADVICE, field_keys, index_key
from settings.reading import SettingsError, config_path, key_ids, load_settings, parse_settings, with_base_url
from settings.sections import (
    OFFICIAL_API,
    OFFICIAL_MP,
    ROOT,
    SECTIONS,
    Limits,
    Settings,
    System,
    WeChatLimits,
)

__all__ = [
    "FORMER",
    "OFFICIAL_API",
    "OFFICIAL_MP",
    "PROXIES_ADVICE",
    "ROOT",
    "SECTIONS",
    "Limits",
    "Settings",
    "SettingsError",
    "System",
    "WeChatLimits",
    "config_path",
    "field_keys",
    "index_key",
    "key_ids",
    "load_settings",
    "parse_settings",
    "with_base_url",
]
