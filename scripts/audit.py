"""``./pioneer audit``: what is locked and vendored, held against advisories and licences. Needs a network.

Python packages are asked about with pip-audit in an environment of its own under ``var/``, the vendored front end with
``npm audit`` over a list of its packages. Both use what pip and npm of this machine are set to; nothing is written outside
``var/``. Ends with 0 (nothing found), 1 (something found: it says what to do), 3 (an advisory service could not be asked: nothing
is proven).
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")
RULES = ROOT / "scripts" / "licences.toml"
VENDOR = ROOT / "web" / "static" / "vendor" / "vendor.toml"
TOOL = "pip-audit==2.9.0"
FOUND, NOT_ASKED = 1, 3
_ASK_S = 300
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)

_WORDS: dict[str, str] = tomllib.loads(RULES.read_text(encoding="utf-8"))["words"]
_SPLIT = re.compile(r"\s+(and|or)\s+|[()]", re.IGNORECASE)


@dataclass(frozen=True)
class Outcome:
    """What one look came to: an exit code and the lines to print."""

    code: int
    lines: list[str]


def pins(text: str) -> dict[str, str]:
    """The packages of a lock: name in PyPI's form → version."""
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in _PIN.findall(text)}


# --- Licences ------------------------------------------------------------------------------------------------


def spdx(text: str) -> set[str]:
    """The licences that a name, classifier or expression stands for, by their SPDX names; empty: not understood.

    Of a choice (``OR``) all are named, as of a sum: whoever may use all of them may use each.
    """
    found = set()
    for part in _SPLIT.split(text):
        words = (part or "").strip().lower()
        known = [name for name in _WORDS if re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z])", words)]
        if known:
            found.add(_WORDS[max(known, key=len)])
    return found


def licences_of(package: importlib.metadata.Distribution) -> set[str]:
    """What an installed package says: the SPDX expression, else the classifiers, else the free text."""
    meta = package.metadata
    classifiers = [
        text.rpartition("::")[2] for text in meta.get_all("Classifier") or [] if "License ::" in text
    ]
    for said in (
        meta.get_all("License-Expression") or [],
        classifiers,
        [text[:200] for text in meta.get_all("License") or []],
    ):
        if found := set().union(*(spdx(text) for text in said if text)):
            return found
    return set()


def licences(
    names: Iterable[str],
    development: set[str],
    rules: Mapping[str, Any],
    ask: Callable[[str], set[str] | None],
) -> Outcome:
    """Every package with its licences, and those that may not be used or do not say. ``ask``: None is not installed."""
    lines, bad = [], []
    for name in sorted(names):
        found = {rules["read"][name]} if name in rules.get("read", {}) else ask(name)
        if found is None:
            lines.append(f"{name}\t（没有安装在这台机器上）")
            continue
        allowed = {*rules["allowed"], *(rules["allowed_in_development"] if name in development else [])}
        lines.append(f"{name}\t{'、'.join(sorted(found)) or '没有写明'}")
        if not found or not found <= allowed:
            bad.append(name)
    if bad:
        lines.append(
            f"许可证不在允许之列或没有写明：{'、'.join(bad)}。请查看它们的许可证文件，再改 scripts/licences.toml 或换掉"
        )
    return Outcome(FOUND if bad else 0, lines)


def _installed(name: str) -> set[str] | None:
    try:
        return licences_of(importlib.metadata.distribution(name))
    except importlib.metadata.PackageNotFoundError:
        return None


# --- Advisories ----------------------------------------------------------------------------------------------


def said_by_pip_audit(lock: str, code: int, out: str, err: str) -> Outcome:
    """Read pip-audit's JSON; without one, the service was not asked."""
    try:
        packages = json.loads(out)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Outcome(
            NOT_ASKED, [f"{lock}：没有问到漏洞公告（{_last(err)}）。请在能访问公告服务的网络上再运行一次"]
        )
    lines = [
        f"{lock}：{one['name']} {one['version']} 有漏洞 {bug['id']}，"
        + (
            f"请升级到 {'、'.join(bug['fix_versions'])}"
            if bug["fix_versions"]
            else "还没有修复的版本，请查看公告决定"
        )
        for one in packages
        for bug in one.get("vulns", ())
    ]
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    if skipped:
        lines.append(
            f"{lock}：{len(skipped)} 个软件包没有问到漏洞公告（{'、'.join(skipped[:5])}{' 等' if len(skipped) > 5 else ''}）。"
            "请在能访问公告服务的网络上再运行一次"
        )
    if len(lines) > bool(skipped):
        return Outcome(FOUND, lines)
    return Outcome(NOT_ASKED if skipped else 0, lines or [f"{lock}：{len(packages)} 个软件包没有已知漏洞"])


def said_by_npm(code: int, out: str, err: str) -> Outcome:
    """Read ``npm audit --json``."""
    try:
        answer = json.loads(out)
        found = answer["vulnerabilities"]
    except (ValueError, KeyError, TypeError):
        return Outcome(
            NOT_ASKED, [f"前端文件：没有问到漏洞公告（{_last(err)}）。请在能访问公告服务的网络上再运行一次"]
        )
    lines = [
        f"前端文件：{name} 有漏洞（{one.get('severity', '')}），请升级 vendor.toml 里的版本"
        for name, one in found.items()
    ]
    return Outcome(FOUND if lines else 0, lines or ["前端文件：没有已知漏洞"])


def _last(text: str) -> str:
    """The last line that says something about the cause, without addresses and folders: they are this machine's."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and "complete log" not in line]
    return re.sub(r"\w+://\S+|(?<!\w)/\S+", "……", lines[-1])[:160] if lines else "没有回答"


def package_json(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What npm is asked about: the vendored packages, exactly in the manifest's versions."""
    wanted = {package["source"]: package["version"] for package in manifest["package"]}
    return {"name": "vendored", "version": "0.0.0", "private": True, "dependencies": wanted}


def _run(order: list[str], folder: Path) -> tuple[int, str, str]:
    try:
        done = subprocess.run(
            order,
            check=False,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_ASK_S,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return NOT_ASKED, "", type(error).__name__
    return done.returncode, done.stdout, done.stderr


def _python(folder: Path) -> Iterator[Outcome]:
    venv = folder / "venv"
    for order in ([sys.executable, "-m", "venv", str(venv)], [str(venv / "bin/pip"), "install", "-q", TOOL]):
        code, _, err = _run(order, ROOT)
        if code:
            yield Outcome(NOT_ASKED, [f"没有装上 {TOOL}（{_last(err)}）。请检查网络后再运行一次"])
            return
    for lock in LOCKS:
        order = [
            str(venv / "bin/pip-audit"),
            "-r",
            lock,
            "--require-hashes",
            "--disable-pip",
            "--format",
            "json",
        ]
        yield said_by_pip_audit(lock, *_run([*order, "--progress-spinner", "off"], ROOT))


def _front_end(folder: Path) -> Iterator[Outcome]:
    if shutil.which("npm") is None:
        yield Outcome(NOT_ASKED, ["前端文件：这台机器没有 npm，请安装 npm 后再运行一次"])
        return
    manifest = tomllib.loads(VENDOR.read_text(encoding="utf-8"))
    (folder / "package.json").write_text(json.dumps(package_json(manifest)), encoding="utf-8")
    code, _, err = _run(
        ["npm", "install", "--package-lock-only", "--ignore-scripts", "--no-fund", "--no-audit"], folder
    )
    if code:
        yield Outcome(NOT_ASKED, [f"前端文件：没有问到软件包的资料（{_last(err)}）。请检查网络后再运行一次"])
        return
    yield said_by_npm(*_run(["npm", "audit", "--json"], folder))


def _licences() -> Outcome:
    delivered, both = (pins((ROOT / lock).read_text(encoding="utf-8")) for lock in LOCKS)
    rules = tomllib.loads(RULES.read_text(encoding="utf-8"))
    found = licences({*delivered, *both}, set(both) - set(delivered), rules, _installed)
    vendored = tomllib.loads(VENDOR.read_text(encoding="utf-8"))["package"]
    strange = [
        package["name"] for package in vendored if not spdx(package["licence"]) <= set(rules["allowed"])
    ]
    lines = [*found.lines, *(f"{package['name']}\t{package['licence']}（前端）" for package in vendored)]
    if strange:
        lines.append(f"前端文件的许可证不在允许之列：{'、'.join(strange)}")
    return Outcome(FOUND if strange else found.code, lines)


def together(outcomes: Iterable[Outcome]) -> int:
    """The exit code of all: a finding weighs more than a question that was not answered, that more than nothing."""
    codes = {outcome.code for outcome in outcomes}
    return next((code for code in (FOUND, NOT_ASKED) if code in codes), 0)


def main() -> int:
    """Do all looks and print what they came to."""
    (ROOT / "var").mkdir(exist_ok=True)
    outcomes = [_licences()]
    with tempfile.TemporaryDirectory(dir=ROOT / "var", prefix="audit-") as name:
        os.environ.pop("PYTHONPATH", None)
        for look in (_python, _front_end):
            outcomes += look(Path(name))
    for outcome in outcomes:
        print(*outcome.lines, sep="\n")
    code = together(outcomes)
    print(
        {
            0: "没有发现问题",
            FOUND: "发现问题，请按上面的说明处理",
            NOT_ASKED: "有公告没有问到，不能证明没有漏洞",
        }[code]
    )
    return code


if __name__ == "__main__":
    sys.exit(main())
