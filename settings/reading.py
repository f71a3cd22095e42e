"""Read the file and the environment, bring former ways of writing up to date, and check every key."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from ground.errors import Refused, in_words
from settings import former
from settings.meaning import NEEDED, check_meaning
from settings.sections import ROOT, SECTIONS, Settings

ENV_PREFIX = "PIONEER_"
_KEY_ID = re.compile(r"([A-Za-z0-9]{1,8}):[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")


class SettingsError(Refused):
    """The configuration cannot be used; ``faults`` are Chinese lines, each naming a key and what to write."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


_KINDS = {str: "文字", int: "整数", float: "数字", bool: "true 或 false"}


def config_path(env: Mapping[str, str] | None = None) -> Path | None:
    """The configuration file: ``PIONEER_CONFIG``, else ``config.toml`` in the root if there is one, else none."""
    env = os.environ if env is None else env
    if named := env.get("PIONEER_CONFIG"):
        return Path(named)
    default = ROOT / "config.toml"
    return default if default.exists() else None


def load_settings(path: Path | None = None, env: Mapping[str, str] | None = None) -> Settings:
    """Read file and environment.

    Raises :class:`SettingsError` with every fault found, not only the first.
    """
    env = os.environ if env is None else env
    path = path or config_path(env)
    raw: dict[str, Any] = {}
    if path is not None:
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise SettingsError(
                [f"找不到配置文件 {path}，请把 config.example.toml 复制为该文件后填写"]
            ) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(
                [f"配置文件 {path} 的写法有误：{error}，请对照 config.example.toml 修改"]
            ) from None
        except OSError as error:
            raise SettingsError([f"配置文件 {path} 无法读取：{in_words(error)}，请检查文件权限"]) from None
    return parse_settings(raw, env)


def parse_settings(raw: Mapping[str, Any], env: Mapping[str, str] | None = None) -> Settings:
    """Check the tables of a configuration (``{section: {key: value}}``) with the environment's overrides on top."""
    faults: list[str] = []
    merged: dict[str, dict[str, Any]] = {name: {} for name in SECTIONS}
    moved: set[str] = set()
    for source in (_in_tables(raw, faults), _in_environment(env or {}, faults)):
        found = [(former.place_of(section, key), section, key, value) for section, key, value in source]
        # What is written in the former way stands back where the same source has the new one too.
        for place, section, key, value in sorted(found, key=lambda one: one[0] == one[1]):
            merged[place][key] = value
            if place != section:
                moved.add(key)
    for line in former.advice(moved):
        sys.stderr.write(f"{line}\n")
    for section, kind in SECTIONS.items():
        merged[section] = _checked(section, kind, merged[section], faults)
    if not faults:
        check_meaning(merged, faults)
    if faults:
        raise SettingsError(faults)
    merged["wechat"]["limits"] = merged.pop("wechat.limits")
    return msgspec.convert(merged, Settings)


def _in_tables(raw: Mapping[str, Any], faults: list[str]) -> Iterator[tuple[str, str, Any]]:
    """(table, key, value) of a file; tables that do not exist are faults."""
    for section, table in raw.items():
        if section not in SECTIONS or not isinstance(table, Mapping):
            faults.append(f"[{section}]：没有这一节，请删去或对照 config.example.toml 改正")
            continue
        for key, value in table.items():
            inner = f"{section}.{key}"
            if inner in SECTIONS and isinstance(value, Mapping):
                yield from ((inner, name, one) for name, one in value.items())
            else:
                yield section, key, value


def _in_environment(env: Mapping[str, str], faults: list[str]) -> Iterator[tuple[str, str, str]]:
    """The same of variables: ``PIONEER_WECHAT__LIMITS__TITLE_CHARS`` is ``title_chars`` in ``[wechat.limits]``."""
    for name, value in env.items():
        if not name.startswith(ENV_PREFIX) or "__" not in name:
            continue
        *tables, key = name.removeprefix(ENV_PREFIX).lower().split("__")
        section = ".".join(tables)
        if section in SECTIONS:
            yield section, key, value
        else:
            faults.append(f"环境变量 {name}：没有 [{section}] 这一节，请改正变量名")


def _checked(
    section: str, kind: type[msgspec.Struct], table: dict[str, Any], faults: list[str]
) -> dict[str, Any]:
    hints = get_type_hints(kind)
    checked: dict[str, Any] = {}
    for key, value in table.items():
        name = f"{section}.{key}"
        if name in former.FORMER:
            sys.stderr.write(f"{name}：这一项已不再使用（{former.FORMER[name]}），可以从配置中删去\n")
            continue
        if key not in hints:
            faults.append(f"{name}：没有这个配置项，请删去或对照 config.example.toml 改正")
            continue
        try:
            checked[key] = _as(hints[key], value)
        except ValueError as error:
            faults.append(f"{name}：{error}")
    for field in msgspec.structs.fields(kind):
        name = f"{section}.{field.name}"
        missing = field.required and field.name not in table
        if missing or (name in NEEDED and checked.get(field.name) == ""):
            faults.append(f"{name}：缺少，{NEEDED[name]}")
    return checked


def _as(hint: Any, value: Any) -> Any:
    if get_origin(hint) is Literal:
        allowed = get_args(hint)
        if value in allowed:
            return value
        raise ValueError(f"应为 {'、'.join(allowed)} 之一，现在是“{value}”")
    if tuple[str, ...] in (hint, *get_args(hint)):
        return _as_list(value, or_number=int in get_args(hint))
    try:
        return msgspec.convert(value, hint, strict=not isinstance(value, str) or hint is str)
    except msgspec.ValidationError:
        if hint is str:  # it may be a key or a password: never shown
            raise ValueError("应为一段文字，请用英文双引号括起来") from None
        raise ValueError(f"应为{_KINDS.get(hint, '其他类型')}，现在是“{value}”") from None


def _as_list(value: Any, *, or_number: bool) -> tuple[str, ...] | int:
    """A list of texts; from the environment also ``"a, b"``. A number passes where it was once the way to write it."""
    if isinstance(value, str):
        if or_number and value.strip().isdecimal():
            return int(value)
        value = [piece.strip() for piece in value.split(",") if piece.strip()]
    if or_number and isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, list | tuple) or not all(isinstance(piece, str) for piece in value):
        raise ValueError(f'应为列表，例如 ["…", "…"]，没有时写 []，现在是“{value}”')
    return tuple(value)


def key_ids(env: Mapping[str, str] | None = None) -> set[str]:
    """The ids of the data keys that are configured now, whatever else is wrong with the configuration; none without one."""
    env = os.environ if env is None else env
    text = env.get("PIONEER_PRIVACY__FIELD_KEYS", "")
    path = config_path(env)
    if not text and path is not None and path.is_file():
        try:
            text = str(tomllib.loads(path.read_text(encoding="utf-8"))["privacy"]["field_keys"])
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError):
            text = ""
    return set(_KEY_ID.findall(text))


def with_base_url(settings: Settings, base_url: str) -> Settings:
    """A copy whose empty ``base_url`` is filled in (a server takes its own address)."""
    if settings.server.base_url:
        return settings
    return msgspec.structs.replace(
        settings, server=msgspec.structs.replace(settings.server, base_url=base_url)
    )
