"""A backup is opened, and changed unseen, by nobody without the key."""

from __future__ import annotations

import gzip
import io
import json
import random
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

import runtime as parts
from ground.errors import Refused
from operations import backup, restore, sealing, unfinished
from tests.house.backups import PICTURE, office, state


def test_without_a_key_no_backup_is_made_and_the_sentence_says_how_to_get_one(
    database_url: str, tmp_path: Path
) -> None:
    runtime = office(database_url, tmp_path / "a", backup={"key": ""})
    with pytest.raises(Refused, match="flask keys"):
        backup.write(runtime, str(tmp_path / "backup.age"))
    assert not (tmp_path / "backup.age").exists()
    runtime.close()


def test_a_backup_shows_nothing_and_opens_with_its_own_key_only(
    source: parts.Runtime, tmp_path: Path
) -> None:
    file = tmp_path / "backup.age"
    backup.write(source, str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    body = file.read_bytes()
    for clear in (b"wang", "梧桐里".encode(), b"member", b"picture", b"ustar"):
        assert clear not in body
    before = state(source)
    url = source.settings.database.url
    other = office(url, tmp_path / "a", backup={"key": sealing.fresh_key()})
    keyless = office(url, tmp_path / "a", backup={"key": ""})
    for runtime, words in ((other, "不是备份时的那一把"), (keyless, "打不开备份")):
        with pytest.raises(Refused, match=words):
            restore.restore(runtime, file)
        runtime.close()
    assert state(source) == before


def flipped(body: bytes, place: int, bit: int) -> bytes:
    return body[:place] + bytes([body[place] ^ 1 << bit]) + body[place + 1 :]


def test_a_bit_flipped_anywhere_is_refused_before_anything_changes(
    source: parts.Runtime, tmp_path: Path
) -> None:
    rng = random.Random(20261128)
    (source.settings.data_dir / PICTURE).write_bytes(rng.randbytes(200_000))  # several pieces of 64 KiB
    file = tmp_path / "backup.age"
    backup.write(source, str(file))
    whole = file.read_bytes()
    before = state(source)
    header = whole.index(b"\n---") + 60
    places = {*range(0, header, 9), *(len(whole) - n for n in range(1, 40, 3))}
    places |= {rng.randrange(len(whole)) for _ in range(40)}
    bent = [flipped(whole, place, rng.randrange(8)) for place in sorted(places)]
    bent += [whole[:cut] for cut in (0, 1, 30, header, 65_536 + header, len(whole) - 1, len(whole) - 17)]
    bent += [whole + b"\0", whole + b"more", whole + whole, whole[header:]]
    for number, body in enumerate(bent):
        file.write_bytes(body)
        with pytest.raises(Refused):
            restore.restore(source, file)
        assert not unfinished.path(source.settings.data_dir).exists(), number
    assert state(source) == before
    file.write_bytes(whole)
    restore.restore(source, file)


def sealed_anew(
    source: parts.Runtime, file: Path, change: Callable[[dict[str, bytes]], None], *, key: str = ""
) -> None:
    """Open a backup with the key, change its files, and seal it again for the same recipient."""
    own = source.settings.backup.key
    with file.open("rb") as sealed, sealing.opening(own, sealed) as plain:
        body = gzip.decompress(plain.read())
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        files = {info.name: archive.extractfile(info).read() for info in archive}  # type: ignore[union-attr]
    change(files)
    if key:
        files["manifest.mac"] = sealing.mac(key, files["manifest.json"]).encode()
    with (
        file.open("wb") as out,
        sealing.sealing(own, out) as plain,
        gzip.GzipFile(fileobj=plain, mode="wb") as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def test_whoever_knows_the_public_half_alone_cannot_make_a_backup(
    source: parts.Runtime, tmp_path: Path
) -> None:
    file = tmp_path / "backup.age"
    backup.write(source, str(file))
    before = state(source)

    def promote(files: dict[str, bytes]) -> None:
        files["tables/user/000001.jsonl"] = files["tables/user/000001.jsonl"].replace(b"wang", b"evil")

    sealed_anew(source, file, promote)
    with pytest.raises(Refused, match="清单不符"):
        restore.restore(source, file)

    def forget_the_user(files: dict[str, bytes]) -> None:
        manifest = json.loads(files["manifest.json"])
        manifest["tables"]["user"] = {"rows": 0, "sum": "0" * 64}
        del files["tables/user/000001.jsonl"]
        files["manifest.json"] = json.dumps(manifest).encode()

    sealed_anew(source, file, forget_the_user, key=sealing.fresh_key())
    with pytest.raises(Refused, match="不是用这把密钥生成的"):
        restore.restore(source, file)
    assert state(source) == before


@pytest.mark.parametrize(
    "name",
    ["../outside", "/etc/outside", "assets/../../outside", "assets/a b", "tables/User.jsonl", "assets"],
)
def test_a_name_that_leads_elsewhere_is_never_written(
    name: str, source: parts.Runtime, tmp_path: Path
) -> None:
    file = tmp_path / "backup.age"
    backup.write(source, str(file))
    before = state(source)
    sealed_anew(source, file, lambda files: files.update({name: b"x"}))
    with pytest.raises(Refused):
        restore.restore(source, file)
    assert not (tmp_path / "outside").exists()
    assert state(source) == before


def test_rows_that_point_nowhere_are_refused(source: parts.Runtime, tmp_path: Path) -> None:
    """A backup that is sealed and signed, but whose rows do not belong together."""
    file = tmp_path / "backup.age"
    backup.write(source, str(file))
    before = state(source)

    def lose_the_branch(files: dict[str, bytes]) -> None:
        manifest = json.loads(files["manifest.json"])
        manifest["tables"]["branch"] = {"rows": 0, "sum": "0" * 64}
        del files["tables/branch/000001.jsonl"]
        files["manifest.json"] = json.dumps(manifest).encode()

    sealed_anew(source, file, lose_the_branch, key=source.settings.backup.key)
    with pytest.raises(Refused, match="现有数据没有改动"):
        restore.restore(source, file)
    assert state(source) == before


def test_a_file_that_is_no_backup_is_refused(source: parts.Runtime, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    before = state(source)
    for body in (b"", b"no archive at all", gzip.compress(b"x" * 2000)):
        foreign.write_bytes(body)
        with pytest.raises(Refused, match="不是本系统"):
            restore.restore(source, foreign)
        with pytest.raises(Refused, match="不是本系统"):
            restore.restore(source, foreign, first_format=True, account="wang")
    assert state(source) == before
