"""Pictures fit WeChat, keep no secrets and lie safely on the disk."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from content.assets import AssetStore
from content.pictures import card_cover, cover_of, narrowed, prepare
from ground.errors import NotFound, Refused
from settings import WeChatLimits
from tests.content.words import image

LIMITS = WeChatLimits()


def opened(data: bytes) -> Image.Image:
    made = Image.open(io.BytesIO(data))
    made.load()
    return made


def test_a_large_noisy_photo_ends_below_wechats_megabyte() -> None:
    made = prepare(image(3000, 2200, noisy=True, quality=95), LIMITS)
    assert made.was_scaled
    assert made.media_type == "image/jpeg"
    assert len(made.data) < LIMITS.body_image_bytes


def test_a_photo_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    made = prepare(image(400, 200, exif=exif), LIMITS)
    assert (made.width, made.height) == (200, 400)


def test_a_small_transparent_png_stays_transparent() -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (50, 50), (200, 16, 46, 0)).save(buffer, "PNG")
    made = prepare(buffer.getvalue(), LIMITS)
    assert made.media_type == "image/png"
    assert opened(made.data).mode == "RGBA"


@pytest.mark.parametrize("kind", ["WEBP", "BMP", "TIFF", "GIF"])
def test_other_formats_become_jpg(kind: str) -> None:
    assert prepare(image(60, 40, kind), LIMITS).media_type == "image/jpeg"


def test_an_animated_gif_stays_one() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    made = prepare(buffer.getvalue(), LIMITS)
    assert made.media_type == "image/gif"
    assert made.data == buffer.getvalue()


@pytest.mark.filterwarnings("ignore:Image size")
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked() -> None:
    buffer = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(buffer, "PNG")
    with pytest.raises(Refused, match="像素过大"):
        prepare(buffer.getvalue(), LIMITS)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<svg onload=alert(1)>", image(40, 40)[:300]])
def test_what_is_no_whole_picture_is_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        prepare(data, LIMITS)


def test_covers_have_wechats_ratio() -> None:
    for made in (
        cover_of(image(500, 900), LIMITS),
        card_cover("study"),
        card_cover("no-such"),
        card_cover("../x"),
    ):
        assert opened(made.data).size == (900, 383)


def test_the_store_gives_back_what_it_took_and_keeps_no_leftovers(tmp_path: Path) -> None:
    store = AssetStore(tmp_path)
    made = prepare(image(300, 200), LIMITS)
    assert store.put(made) == store.put(made) == made.sha256
    assert store.read(made.sha256) == made.data
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [made.sha256]


@pytest.mark.parametrize("name", ["../../etc/passwd", "A" * 64, "", "a" * 63])
def test_the_store_knows_hashes_and_nothing_else(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFound):
        AssetStore(tmp_path).read(name)


def test_a_narrow_copy_is_made_once_and_small_pictures_are_left_alone(tmp_path: Path) -> None:
    store = AssetStore(tmp_path)
    wide, small = prepare(image(2000, 1000, noisy=True, quality=60), LIMITS), prepare(image(200, 100), LIMITS)
    store.put_all([wide, small])
    first = store.variant(wide.sha256, 700)
    assert opened(first.read_bytes()).width == 750
    stamp = first.stat().st_mtime_ns
    assert store.variant(wide.sha256, 750) == first
    assert first.stat().st_mtime_ns == stamp
    assert store.variant(small.sha256, 700) == store.path(small.sha256)
    assert store.variant(wide.sha256, 5000) == store.path(wide.sha256)


def test_narrowing_keeps_the_ratio() -> None:
    data, kind = narrowed(image(1000, 500), 240)
    assert (opened(data).size, kind) == ((240, 120), "image/jpeg")


def test_a_jpeg_with_hundreds_of_scans_is_refused_before_it_is_drawn() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64)).save(buffer, "JPEG", progressive=True)
    data = buffer.getvalue()
    first = data.index(b"\xff\xda")
    again = data[first : data.index(b"\xff", first + 2)]
    with pytest.raises(Refused, match="结构不正常"):
        prepare(data[:first] + again * 3000 + data[first:], LIMITS)
