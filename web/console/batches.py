"""批量导入: many Word files, or a zip of them, handed in one by one; the server makes drafts of them whoever closes the page."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import jsonify, redirect, request, url_for
from werkzeug.datastructures import FileStorage

from content import batches, zips
from content.batches import HandedIn
from ground import clock
from ground.errors import PioneerError, Refused
from models import BatchFileStatus
from web.access import acting, looking, page, settings, signed_in
from web.console.face import blueprint, draw
from web.sizes import takes_files
from web.throttle import count_uploads


def is_batch(uploads: list[FileStorage]) -> bool:
    """Whether these files are one to be imported at once, or more than that."""
    return len(uploads) > 1 or any(_is_zip(upload) for upload in uploads)


def begun(uploads: list[FileStorage], column: str) -> Any:
    """Hand in all files of a form, and lead to what becomes of them. Raises :class:`errors.PioneerError`."""
    with acting() as (session, me):
        batch_id = batches.begin(session, me, column, at=clock.now()).id
    for upload in uploads:
        _hand_in(batch_id, upload)
    return redirect(url_for("console.article_batch", batch_id=batch_id), 303)


@blueprint.post("/articles/batches")
@page("article.write")
def article_batch_new() -> Any:
    """A batch whose files follow one by one."""
    try:
        with acting() as (session, me):
            batch_id = batches.begin(session, me, request.form.get("column", ""), at=clock.now()).id
    except PioneerError as error:
        return jsonify(message=error.message), error.http_status
    return jsonify(
        files=url_for("console.article_batch_file", batch_id=batch_id),
        page=url_for("console.article_batch", batch_id=batch_id),
    )


@blueprint.post("/articles/batches/<int:batch_id>/files")
@takes_files
@page("article.write")
def article_batch_file(batch_id: int) -> Any:
    """One file more."""
    upload = request.files.get("file")
    try:
        if upload is None or not upload.filename:
            raise Refused("请选择要导入的文件")
        return jsonify(files=_hand_in(batch_id, upload))
    except PioneerError as error:
        return jsonify(message=error.message), error.http_status


@blueprint.get("/articles/batches/<int:batch_id>")
@page("article.write")
def article_batch(batch_id: int) -> Any:
    """What became of each file so far; refreshes itself while files wait."""
    with looking() as (session, _):
        batch = batches.get(session, batch_id)
        files = batches.files(session, batch_id)
    counts = Counter(file.status for file in files)
    waiting = counts[BatchFileStatus.WAITING]
    seen = f"{len(files)}-{waiting}"
    if request.headers.get("HX-Request") and request.args.get("seen") == seen:
        return "", 204
    part = "articles/batch_live.html" if request.headers.get("HX-Request") else "articles/batch.html"
    return draw(
        part, batch=batch, files=files, words=batches.WORDS, waiting=waiting, seen=seen,
        done=counts[BatchFileStatus.DONE], refused=counts[BatchFileStatus.REFUSED],
    )  # fmt: skip


def _is_zip(upload: FileStorage) -> bool:
    return (upload.filename or "").lower().endswith(".zip")


def _hand_in(batch_id: int, upload: FileStorage) -> int:
    """Store what a file holds, then enter it; how many files that were."""
    data = upload.read()
    name = (upload.filename or "").replace("\\", "/").rsplit("/", 1)[-1]
    found = [HandedIn(one.name, one.data, one.reason) for one in _members(name, data)]
    count_uploads("word", signed_in().id, len(found))
    folder = settings().data_dir
    stored = [(one, "" if one.reason else batches.store(folder, one.data)) for one in found]
    try:
        with acting() as (session, me):
            unneeded = batches.add(session, me, batch_id, stored, at=clock.now())
    except BaseException:
        unneeded = [key for _, key in stored]
        raise
    finally:
        for key in unneeded:
            batches.drop(folder, key)
    return len(found)


def _members(name: str, data: bytes) -> tuple[zips.Member, ...]:
    """A zip as its files; what cannot be opened is one file that was refused."""
    if name.lower().endswith(".zip"):
        try:
            return zips.members(data)
        except Refused as refused:
            return (zips.Member(name, b"", refused.message),)
    if not name.lower().endswith(".docx"):
        return (zips.Member(name, b"", "不是 .docx 文件，旧版 .doc 请先在 Word 或 WPS 中另存为 .docx"),)
    return (zips.Member(name, data),)
