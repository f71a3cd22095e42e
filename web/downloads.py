"""Files that people save: personal data, so no cache on the way keeps them."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from flask import Response

from community import ledger
from web.access import parts, settings, signed_in
from web.files import XLSX, personal

_KEEP_S = 3600


def excel(file: bytes | IO[bytes], name: str) -> Response:
    """A workbook, from memory or from an open file, as the file that the browser saves."""
    return personal(file, mimetype=XLSX, name=name)


def ledger_file(loaded: ledger.Ledger) -> Response:
    """A ledger, made now. What is sent has no name on the disk any more."""
    with export_folder() as folder:
        path = folder / "ledger.xlsx"
        ledger.carry_out(parts().db, loaded, path, user=signed_in())
        return excel(path.open("rb"), ledger.file_name(loaded))


@contextmanager
def export_folder() -> Iterator[Path]:
    """An empty folder for one file. What a killed process left there goes by the way."""
    above = settings().data_dir / "exports"
    above.mkdir(parents=True, exist_ok=True, mode=0o700)
    for old in above.iterdir():
        if time.time() - old.stat().st_mtime > _KEEP_S:
            shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=above) as made:
        yield Path(made)
