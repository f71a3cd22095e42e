"""What WeChat's callbacks notice of the office's heavy work: ten a second before, and during each kind of it.

    python -m bench.besides [--rows 65233] [--tree FOLDER] [NAME ...]

Budget: p99 500 ms, none failed. ``--tree`` serves another checkout of the product, to hold an older one beside this one.
"""

from __future__ import annotations

import argparse
import io
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import requests
import xlsxwriter

import runtime as parts
from bench import frame
from settings import load_settings
from tests.fixtures.configuration import make_settings
from tests.fixtures.processes import ROOT, Process, Spawn, run_flask_anew
from tests.hostile import images
from tests.hostile.trial import Door, Ringing, account_of, sign_in
from tests.world import activities, many

PASSWORD = "Bench-2026-besides"
BUDGET_MS = 500
IMPORT_ROWS = 100_000
WORD_FILES, WORD_BUDGET_S = 100, 120
DATA = ROOT / "tests" / "data"
Work = Callable[[], object]


@dataclass
class Office:
    """A running product with many rows in it, and its administrator's browser."""

    url: str
    port: int
    process: Process
    door: Door
    activity_id: int

    def post(self, path: str, fields: dict[str, str] | None = None, **options: object) -> requests.Response:
        """A form of the administrator."""
        page = self.door.http.get(f"{self.url}/console/articles/new", timeout=60)
        token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
        form = {"csrf_token": token, **(fields or {})}
        return self.door.http.post(f"{self.url}{path}", data=form, timeout=300, **options)  # type: ignore[arg-type]


def opened(spawn: Spawn, inside: Path, rows: int, tree: Path) -> Office:
    """Fill a database and serve it."""
    served = frame.Served(spawn, inside, frame.fresh_sqlite(inside), limits={"roster_rows": IMPORT_ROWS + 1})
    runtime = parts.build(load_settings(served.config, env={}))
    with runtime.db.session_scope() as session:
        user = many.user(session)
        people = many.members(session, many.branches(session), rows)
        activity = activities.activity(session)
        many.check_ins(session, activity.id, people)
        activity_id = activity.id
    with runtime.db.session_scope() as session:
        many.articles(session, user.id, 2_000)
        many.settle(session)
    runtime.close()
    create = ("user", "create", "boss", "--role", "admin", "--password-stdin")
    run_flask_anew(*create, env=served.env, text=f"{PASSWORD}\n")
    arguments = (sys.executable, "-m", "flask", "serve", "--port", str(served.port))
    process = spawn(*arguments, env=served.env, cwd=tree)
    url = f"http://127.0.0.1:{served.port}"
    process.wait_for_http(f"{url}/readyz")
    return Office(url, served.port, process, Door(url, "boss", PASSWORD), activity_id)


def together(*works: Callable[[], object]) -> None:
    """All at the same time, until the last has ended."""
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def nothing(_: Office) -> Work:
    """The callbacks alone."""
    return lambda: time.sleep(10)


def exports(count: int) -> Callable[[Office], Work]:
    """So many ledgers at once."""

    def prepared(office: Office) -> Work:
        def export() -> None:
            answer = office.post(f"/console/activities/{office.activity_id}/export")
            size = len(answer.content) // 1000
            print(f"    export: {answer.status_code}, {size:,} kB, {answer.elapsed.total_seconds():.1f} s")

        return lambda: together(*[export] * count)

    return prepared


def photo(office: Office) -> Work:
    """A picture of 6000 by 4000 points."""
    data = images.noisy(6000, 4000, "JPEG", quality=90)

    def upload() -> None:
        answer = office.post("/console/pictures", files={"file": ("a.jpg", data)})
        print(f"    picture: {answer.status_code}, {answer.elapsed.total_seconds():.1f} s")

    return upload


def sign_ins(office: Office) -> Work:
    """Twenty people at once, of whom some are asked to come again."""

    def crowd() -> None:
        statuses: list[int] = []
        together(*[lambda: statuses.append(_signed_in(office.url))] * 20)
        print(
            f"    sign-ins: {statuses.count(200)} of {len(statuses)} let in, {statuses.count(429)} asked to come again"
        )

    return crowd


def _signed_in(url: str) -> int:
    with requests.Session() as http:
        http.trust_env = False
        return sign_in(http, url, "boss", PASSWORD)


def stalled(office: Office) -> Work:
    """Twenty connections that announce a body and send none."""

    def hold() -> None:
        held = []
        for _ in range(20):
            connection = socket.create_connection(("127.0.0.1", office.port))
            connection.sendall(b"POST /console/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n")
            held.append(connection)
        time.sleep(10)
        for connection in held:
            connection.close()

    return hold


def searches(office: Office) -> Work:
    """A hundred, five at a time."""

    def five() -> None:
        for number in range(20):
            office.door.http.get(f"{office.url}/console/articles?q=居民{number}", timeout=60)

    return lambda: together(*[five] * 5)


def big_import(office: Office) -> Work:
    """A roster of 100,000 rows is checked."""
    out = io.BytesIO()
    names = ("姓名", "性别", "所在党支部", "手机号码", "入党时间", "备注")
    with xlsxwriter.Workbook(out, {"in_memory": True, "constant_memory": False}) as book:
        sheet = book.add_worksheet("党员名册")
        for column, name in enumerate(names):
            sheet.write_string(0, column, name)
        for row in range(1, IMPORT_ROWS + 1):
            name = "赵钱孙李"[row % 4] + chr(0x4E00 + row // 4 % 9000) + chr(0x4E00 + row // 36000)
            texts = (name, "男", f"第{row % 120 + 1}党支部", f"138{row:08d}", "2010-07-01", "")
            for column, text in enumerate(texts):
                sheet.write_string(row, column, text)

    def check() -> None:
        answer = office.post("/console/members/import", files={"file": ("a.xlsx", out.getvalue())})
        print(f"    import: {answer.status_code}, {answer.elapsed.total_seconds():.1f} s")

    return check


def word_files(office: Office) -> Work:
    """A hundred Word files are handed in at once and become drafts; over only when the last of them is one."""
    kinds = [(DATA / f"article-{number}.docx").read_bytes() for number in range(1, 7)]

    def hand_in() -> None:
        began = time.monotonic()
        batch = office.post("/console/articles/batches", {"column": "news"}).json()
        for number in range(WORD_FILES):
            office.post(batch["files"], files={"file": (f"{number}.docx", kinds[number % len(kinds)])})
        sent = time.monotonic() - began
        while True:
            page = office.door.http.get(f"{office.url}{batch['page']}", timeout=60).text
            if "已全部处理完" in page or time.monotonic() - began > 10 * WORD_BUDGET_S:
                break
            time.sleep(2)
        took = time.monotonic() - began
        done = page.partition("已导入 ")[2].partition("<")[0]
        print(f"    Word files: {done} of {WORD_FILES} imported, sent in {sent:.1f} s")
        frame.line("100 Word files become drafts", took, "s", budget=WORD_BUDGET_S)

    return hand_in


WORKS: dict[str, Callable[[Office], Work]] = {
    "nothing": nothing,
    "one export": exports(1),
    "three exports": exports(3),
    "four exports": exports(4),
    "picture of 6000 x 4000": photo,
    "20 sign-ins": sign_ins,
    "20 stalled bodies": stalled,
    "100 searches": searches,
    "import of 100,000 rows": big_import,
    "100 Word files": word_files,
}


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="bench.besides")
    parser.add_argument("names", nargs="*", help=", ".join(WORKS))
    parser.add_argument("--rows", type=int, default=65_233)
    parser.add_argument("--tree", type=Path, default=ROOT)
    options = parser.parse_args()
    with frame.folder() as inside, frame.spawning(inside) as spawn:
        office = opened(spawn, inside, options.rows, options.tree.resolve())
        for name in options.names or WORKS:
            work = WORKS[name](
                office
            )  # what is made for it is made before: it would hold up the callbacks here
            with Ringing(office.url, account_of(make_settings())) as ringing:
                work()
            beside = (
                f"{len(ringing.took)} callbacks, slowest {max(ringing.took) * 1000:.0f} ms, {frame.load()}"
            )
            frame.line(f"{name}: callback p99", ringing.p99 * 1000, "ms", budget=BUDGET_MS, beside=beside)
            frame.line(f"{name}: callbacks that failed", ringing.failed, "", budget=0)
            late = sum(took > 5 for took in ringing.took)
            frame.line(f"{name}: callbacks over 5 s", late, "", budget=0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
