"""What the doctor looks at: configuration, disk, database, Redis, instance, messages set aside, and WeChat.

The command line and the console show the same findings. Each says what is so and, unless all is well, what to do.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import sqlalchemy as sa

from community import sync_runs
from content import recleaning
from content.search import index
from database import migrate
from database.sealed import Unopened
from ground import clock
from ground.errors import PioneerError, in_words
from models import Branch, CallRest, Community, SpoolFailure
from operations import heads, modes, places, probe, retention_report, rotation, sealing, unfinished
from operations.probe import Finding
from scheduler import instance
from wechat.outbound import abilities

if TYPE_CHECKING:
    from runtime import Runtime

_LOW_DISK = 1 << 30


def examine(runtime: Runtime, *, ask_wechat: bool = True) -> list[Finding]:
    """All findings. With ``ask_wechat`` (some seconds) WeChat is asked by reading calls, and what it allows is remembered."""
    findings = [*_house(runtime), *_database(runtime), *_redis(runtime)]
    return findings + (_wechat(runtime) if ask_wechat else probe.configuration(runtime.settings))


def _house(runtime: Runtime) -> Iterator[Finding]:
    folder = runtime.settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe_file = folder / f".doctor-{os.getpid()}"
        probe_file.write_bytes(b"ok")
        probe_file.unlink()
    except OSError as error:
        yield Finding("bad", "数据目录", f"无法写入 {folder}（{in_words(error)}），请检查权限和磁盘空间")
        return
    free = shutil.disk_usage(folder).free
    if free < _LOW_DISK:
        yield Finding("bad", "磁盘空间", f"只剩 {free >> 20} MB，请尽快清理，否则收到的消息可能无法保存")
    else:
        yield Finding("ok", "磁盘空间", f"剩余 {free / (1 << 30):.1f} GB")
    yield from _files(runtime)


def _files(runtime: Runtime) -> Iterator[Finding]:
    if bare := modes.open_to_others(runtime.settings):
        names = "、".join(path.name for path in bare[:5]) + ("等" if len(bare) > 5 else "")
        text = f"本机其他用户可以读取 {names}，启动服务时会自动收紧；也可以运行 chmod go-rwx"
        yield Finding("warn", "文件权限", text)
    else:
        yield Finding("ok", "文件权限", "数据文件只有本系统的用户可以读取")
    if not runtime.settings.backup.key:
        yield Finding("warn", "备份", sealing.NO_KEY)


def _restore(runtime: Runtime) -> Iterator[Finding]:
    if text := unfinished.warning(runtime.settings.data_dir, runtime.db):
        yield Finding("bad", "恢复", text)


def _kept(runtime: Runtime) -> Iterator[Finding]:
    if names := places.kept(runtime.db):
        listed = "、".join(names[:3]) + (f" 等 {len(names)} 份" if len(names) > 3 else "")
        text = f"恢复前的数据库还保留着（{listed}），其中有姓名等信息，确认恢复无误后请删除"
        yield Finding("warn", "旧数据", text)


def _trail(runtime: Runtime) -> Iterator[Finding]:
    verdict = heads.verify(runtime, noting=False)
    for note in verdict.notes:
        yield Finding("warn", "操作日志", note)
    if verdict.intact:
        yield Finding("ok", "操作日志", f"共 {verdict.report.entries:,} 条，首尾相连，没有被改动")
    else:
        yield Finding("bad", "操作日志", f"{verdict.fault}，请保存现场并立即核查")


def _database(runtime: Runtime) -> Iterator[Finding]:
    if not runtime.db.alive():
        yield Finding("bad", "数据库", "连接不上，请检查 [database] url 和数据库是否已启动")
        return
    yield from _restore(runtime)
    yield from _kept(runtime)
    if migrate.pending(runtime.db):
        yield Finding("bad", "数据库", "表结构版本太旧，请运行：./pioneer flask db upgrade")
        return
    kind = "SQLite" if runtime.db.on_sqlite else "PostgreSQL"
    yield Finding("ok", "数据库", f"{kind}，可以读取，表结构是最新版本")
    if damage := rotation.shut(runtime.db):
        yield Finding("bad", "加密密钥", damage.advice)
    yield from _trail(runtime)
    with runtime.db.read_scope() as session:
        aside = session.scalar(
            sa.select(sa.func.count()).select_from(SpoolFailure).where(SpoolFailure.settled_at.is_(None))
        )
        rests = list(session.scalars(sa.select(CallRest)))
        sending = instance.may_send(session, runtime.settings)
        uncleaned = recleaning.due_count(session)
        found = index.standing(session)
    if not sending:
        text = "本机与数据库记录的服务器不同，处于只读状态，不会发送推送。确认它是唯一的一台后，请管理员在“系统状态”里确认"
        yield Finding("bad", "发送权", text)
    if uncleaned:
        text = f"有 {uncleaned} 篇稿件的正文还没有按现行安全规则清理，请运行：./pioneer flask article reclean"
        yield Finding("warn", "稿件正文", text)
    if found.missing:
        text = f"有 {found.missing:,} 篇稿件还没有建立搜索索引，会自动建立，也可以运行：./pioneer flask search rebuild"
        yield Finding("warn", "搜索", text)
    else:
        yield Finding("ok", "搜索", f"{found.articles:,} 篇稿件都可以搜到")
    if aside:
        yield Finding(
            "warn", "搁置的消息", f"有 {aside} 条收到的消息三次处理失败，已搁置，请在“系统状态”里查看"
        )
    yield _retention(runtime)
    yield from _tags(runtime)
    for rest in rests:
        yield Finding("warn", "暂停的接口", f"{rest.group}：{rest.reason}")


def _tags(runtime: Runtime) -> Iterator[Finding]:
    """Each branch and each community has a tag at WeChat, of which an account has only so many."""
    most = runtime.settings.wechat.limits.tags_per_account
    with runtime.db.read_scope() as session:
        branches = session.scalar(sa.select(sa.func.count()).where(Branch.active.is_(True))) or 0
        communities = session.scalar(sa.select(sa.func.count(Community.id))) or 0
    if branches + communities > most:
        text = f"党支部和社区共 {branches + communities} 个，微信最多 {most} 个标签，多出的无法按标签推送，会改为按名单推送"
        yield Finding("warn", "微信标签", text)
    with runtime.db.read_scope() as session:
        last = sync_runs.last(session)
    if last is not None and last.error:
        yield Finding("warn", "关注者核对", f"{last.who}没有完成：{last.error}")
    elif last is not None and last.finished_at is None:
        text = f"{last.who}正在进行，已读取 {last.listed:,} / {last.total:,} 人，中断后会接着做"
        yield Finding("ok", "关注者核对", text)


def _retention(runtime: Runtime) -> Finding:
    found = retention_report.report(runtime.db, runtime.settings, clock.now())
    if found.overdue:
        text = f"有 {found.overdue:,} 项个人信息已到期还没有清除，请确认定时任务在运行，详情运行：./pioneer flask privacy report"
        return Finding("bad", "个人信息保存期限", text)
    return Finding("ok", "个人信息保存期限", "没有到期未清除的个人信息")


def _redis(runtime: Runtime) -> Iterator[Finding]:
    redis = runtime.redis
    if redis is None:
        yield Finding("ok", "Redis", "没有使用，全部在一个进程里运行")
        return
    try:
        redis.ping()
    except Exception as error:
        if not type(error).__module__.startswith("redis") and not isinstance(error, OSError):
            raise
        yield Finding("bad", "Redis", "连接不上，请检查 [redis] url 和 Redis 是否已启动")
    else:
        yield Finding("ok", "Redis", "可以使用")


def _wechat(runtime: Runtime) -> list[Finding]:
    try:
        report = probe.examine(runtime.client, runtime.settings)
    except PioneerError as error:
        return [Finding("bad", "微信", error.message)]
    except Unopened:
        text = "保存的访问凭证打不开，没有询问微信，请先按“加密密钥”一项办理"
        return [Finding("bad", "微信", text)]
    if report.abilities != abilities.Abilities():  # the token was good, so the probes were made
        with runtime.db.session_scope() as session:
            abilities.save(session, report.abilities, at=clock.now())
    return report.findings
