"""Pictures as bytes: what is accepted, how large ones are made to fit WeChat's limits, and covers.

Nothing here touches the disk or the database; decoding is capped before any pixel is unpacked, and done in a child with limits
(:mod:`ground.apart`). Who is in one already calls what is named ``..._here``.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageOps

from ground import apart
from ground.errors import PioneerError, Refused
from settings import WeChatLimits

COVER_SIZE = (900, 383)  # 2.35:1, the first article of a message
_JPEG_PIXELS = 80_000_000  # decoded at a fraction of their size
_OTHER_PIXELS = 40_000_000
_GIF_BYTES = 10_000_000  # add_material, page api_addmaterial
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
_GIF_FRAMES = 300
_SCAN, _JPEG_SCANS = b"\xff\xda", 100
"""A progressive JPEG goes over its pixels some ten times; each pass costs as much as the whole picture."""
_ABOUT = apart.About("图片", "请重新保存或缩小后再上传")
_BOUNDS = apart.Bounds(seconds=60)
"""More by the clock: how many pixels there may be is known, and on a busy machine a photo is still a photo."""
_ON_CARD = Path(__file__).parent / "covers"

Image.MAX_IMAGE_PIXELS = _JPEG_PIXELS


@dataclass(frozen=True)
class Picture:
    """A picture fit for WeChat. ``was_scaled`` says that it was made smaller, ``source_bytes`` how large it had been."""

    data: bytes
    media_type: str
    width: int
    height: int
    was_scaled: bool = False
    source_bytes: int = 0

    @property
    def sha256(self) -> str:
        """Hash of the bytes; the name under which the picture is kept."""
        return hashlib.sha256(self.data).hexdigest()


def prepare(data: bytes, limits: WeChatLimits) -> Picture:
    """:func:`prepare_here` in a child: a picture of a body, fit for WeChat. Raises :class:`errors.Refused`."""
    return apart.run(prepare_here, data, limits, gives=Picture, about=_ABOUT, bounds=_BOUNDS)


def cover_of(data: bytes, limits: WeChatLimits) -> Picture:
    """:func:`cover_here` in a child: a cover cut from a picture. Raises :class:`errors.Refused`."""
    return apart.run(cover_here, data, limits, gives=Picture, about=_ABOUT, bounds=_BOUNDS)


def narrowed(data: bytes, width: int) -> tuple[bytes, str]:
    """The same picture at most ``width`` pixels wide, for the reader: bytes and media type. Made in a child.

    Raises :class:`errors.Unavailable` where too many others are being made: show the picture as it is.
    """
    lane = apart.VIEWS
    return apart.run(
        _narrowed_here, data, width, gives=tuple[bytes, str], about=_ABOUT, bounds=_BOUNDS, lane=lane
    )


def prepare_here(data: bytes, limits: WeChatLimits) -> Picture:
    """Make a picture of a body fit for ``media/uploadimg``: JPG or PNG, small enough, turned upright, without metadata.

    Metadata go because photos carry the place where they were taken. Animated GIFs stay as they are. Raises
    :class:`errors.Refused` with the reason in Chinese.
    """
    image = _opened(data)
    if image.format == "GIF":
        with _readable():
            animated = getattr(image, "is_animated", False)
        if animated:
            return _animated(image, data)
    too_wide = max(image.size) > limits.image_max_px
    fits = not too_wide and len(data) < limits.body_image_bytes
    with _readable():
        if image.format == "JPEG":
            image.draft("RGB", (limits.image_max_px, limits.image_max_px))
        image = _upright(image)
        if (
            fits
            and image.format in ("JPEG", "PNG")
            and (encoded := _kept(image))
            and len(encoded[0]) < limits.body_image_bytes
        ):
            return Picture(*encoded, *image.size, source_bytes=len(data))
        had_format = image.format
        if too_wide:
            image.thumbnail((limits.image_max_px, limits.image_max_px), Image.Resampling.LANCZOS)
        drawn = had_format in ("PNG", "GIF", "WEBP") and _has_transparency(image)
        if drawn and (small := _png_below(image, limits.body_image_bytes)):
            return Picture(*small, *image.size, was_scaled=too_wide, source_bytes=len(data))
        image = _flat(image)
        encoded = _jpeg_below(image, limits.body_image_bytes)
    with Image.open(io.BytesIO(encoded[0])) as made:
        size = made.size
    return Picture(*encoded, *size, was_scaled=too_wide or not fits, source_bytes=len(data))


def _animated(image: Any, data: bytes) -> Picture:
    if len(data) > _GIF_BYTES:
        raise Refused("动图超过 10 MB，微信不接收，请压缩后再上传")
    with _readable():
        frames = image.n_frames
    if frames > _GIF_FRAMES:
        raise Refused(f"动图有 {frames:,} 帧，微信最多接收 {_GIF_FRAMES} 帧，请减少帧数后再上传")
    return Picture(data, "image/gif", image.width, image.height, source_bytes=len(data))


@contextmanager
def _readable() -> Iterator[None]:
    """Whatever Pillow stumbles over, in pixels or in notes of the camera, is a picture that cannot be read."""
    try:
        yield
    except (PioneerError, MemoryError):
        raise
    except Exception as error:
        raise Refused("图片已损坏，无法读取，请重新保存后再上传") from error


def reshaped_here(
    data: bytes, *, cut: tuple[float, float, float, float], mirrored: bool, flipped: bool, turned: float
) -> bytes:
    """The picture as a document shows it: its sides cut off (shares: left, top, right, bottom), then mirrored, then turned.

    ``turned`` in degrees clockwise. What is cut off is gone for good: somebody did not want it seen. Animated ones stay as they
    are. Raises :class:`errors.Refused`.
    """
    image = _opened(data)
    with _readable():
        if image.format == "GIF" and getattr(image, "is_animated", False):
            return data
        image = _upright(image)
        left, top, right, bottom = cut
        box = [
            round(image.width * left), round(image.height * top),
            round(image.width * (1 - right)), round(image.height * (1 - bottom)),
        ]  # fmt: skip
        box[2], box[3] = max(box[0] + 1, box[2]), max(box[1] + 1, box[3])
        image = image.crop((box[0], box[1], box[2], box[3]))
        if mirrored:
            image = ImageOps.mirror(image)
        if flipped:
            image = ImageOps.flip(image)
        if turned % 360:
            straight = turned % 90 == 0
            image = image if straight else image.convert("RGBA")
            image = image.rotate(
                -turned, Image.Resampling.NEAREST if straight else Image.Resampling.BICUBIC, expand=True
            )
        buffer = io.BytesIO()
        if image.mode not in ("1", "L", "LA", "P", "RGB", "RGBA"):
            image = image.convert("RGB")
        image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def cover_here(data: bytes, limits: WeChatLimits) -> Picture:
    """A cover cut from a picture: 900×383, JPG, below the limit of permanent material. Raises :class:`errors.Refused`."""
    image = _opened(data)
    with _readable():
        if image.format == "JPEG":
            image.draft("RGB", (COVER_SIZE[0] * 2, COVER_SIZE[1] * 2))
        fitted = ImageOps.fit(
            _flat(_upright(image)), COVER_SIZE, Image.Resampling.LANCZOS, centering=(0.5, 0.4)
        )
        encoded = _jpeg_below(fitted, min(limits.cover_image_bytes, limits.body_image_bytes))
    return Picture(*encoded, *COVER_SIZE, source_bytes=len(data))


def card_cover(column_key: str) -> Picture:
    """A plain cover for an article without pictures: the column's card, or one without words for other columns."""
    ready = _ON_CARD / f"{column_key}.jpg"
    if column_key.isalnum() and ready.exists():
        return Picture(ready.read_bytes(), "image/jpeg", *COVER_SIZE)
    return Picture(*_jpeg_below(draw_card(), 500_000), *COVER_SIZE)


def draw_card() -> Image.Image:
    """The ground of the cards: warm paper, a red band and two quiet circles."""
    width, height = COVER_SIZE
    image = Image.new("RGB", (width * 2, height * 2), "#fbf6f1")
    pen = ImageDraw.Draw(image, "RGBA")
    pen.ellipse((width * 1.42, -height * 0.5, width * 2.3, height * 1.3), fill=(200, 16, 46, 16))
    pen.ellipse((width * 1.62, height * 0.7, width * 2.2, height * 1.9), fill=(200, 16, 46, 24))
    pen.rectangle((0, height * 2 - 28, width * 2, height * 2), fill="#c8102e")
    return image.resize(COVER_SIZE, Image.Resampling.LANCZOS)


def _narrowed_here(data: bytes, width: int) -> tuple[bytes, str]:
    image = _opened(data)
    if image.width <= width or getattr(image, "is_animated", False):
        return data, Image.MIME.get(image.format or "", "application/octet-stream")
    if image.format == "JPEG":
        image.draft("RGB", (width, width * image.height // image.width))
    image.thumbnail((width, 100_000), Image.Resampling.LANCZOS)
    if _has_transparency(image):
        return _png(image)
    return _jpeg(_flat(image), 78)


def _opened(data: bytes) -> Image.Image:
    try:
        image: Image.Image = Image.open(io.BytesIO(data), formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise Refused("图片像素过大，请缩小到 4096 像素以内再上传") from error
    except MemoryError:
        raise
    except Exception as error:
        raise Refused("不是可用的图片，请使用 JPG、PNG 或 GIF 格式") from error
    pixels = image.width * image.height
    if pixels > (_JPEG_PIXELS if image.format in ("JPEG", "MPO") else _OTHER_PIXELS):
        raise Refused(f"图片像素过大（{image.width}×{image.height}），请缩小到 4096 像素以内再上传")
    if image.format in ("JPEG", "MPO") and data.count(_SCAN) > _JPEG_SCANS:
        raise Refused("图片的结构不正常，请用看图软件打开后另存为 JPG 再上传")
    return image


def _in_eight_bits(image: Image.Image) -> Image.Image:
    """Greys of 16 bits and more, which scanners write, brought down; converted as they are they would all be white."""
    if not image.mode.startswith(("I", "F")):
        return image
    kind = image.format
    extremes: Any = image.getextrema()
    least, most = float(extremes[0]), float(extremes[1])
    if image.mode.startswith("I;16") or (image.mode == "I" and 255 < most < 65_536):
        least, most = 0.0, 65_535.0
    elif image.mode == "I" and least >= 0 and most < 256:
        least, most = 0.0, 255.0
    elif image.mode == "F" and least >= 0 and most <= 1:
        least, most = 0.0, 1.0
    scale = 255 / (most - least) if most > least else 1.0
    wide = image.convert("F") if image.mode != "F" else image
    grey = wide.point(lambda value: value * scale - least * scale + 0.5).convert("L")
    grey.format = kind
    return grey


def _upright(image: Image.Image) -> Image.Image:
    """Turn by the camera's note; an image that needs no turn is returned itself, so that it can be kept as it is."""
    image = _in_eight_bits(image)
    if image.getexif().get(0x0112, 1) == 1:
        return image
    kind = image.format
    turned = ImageOps.exif_transpose(image)
    turned.format = kind
    return turned


def _has_transparency(image: Image.Image) -> bool:
    if image.mode == "P" and "transparency" in image.info:
        return True
    return image.mode in ("RGBA", "LA", "PA") and image.getchannel("A").getextrema()[0] != 255


def _flat(image: Image.Image) -> Image.Image:
    if _has_transparency(image):
        ground = Image.new("RGB", image.size, "white")
        rgba = image.convert("RGBA")
        ground.paste(rgba, mask=rgba.getchannel("A"))
        return ground
    return image if image.mode in ("RGB", "L") else image.convert("RGB")


def _kept(image: Image.Image) -> tuple[bytes, str] | None:
    """The picture with the same pixels and without metadata."""
    if image.format == "PNG":
        return _png(image)
    if image.mode not in ("RGB", "L"):
        return None
    buffer = io.BytesIO()
    options: dict[str, Any] = {"quality": "keep"} if hasattr(image, "quantization") else {"quality": 90}
    image.save(buffer, "JPEG", optimize=True, **options)
    return buffer.getvalue(), "image/jpeg"


def _png_below(image: Image.Image, max_bytes: int) -> tuple[bytes, str] | None:
    """As PNG, if small enough. Its middle alone tells a drawing from a photo, over which zlib would sit for ten seconds."""
    left, top = max(0, image.width // 2 - 512), max(0, image.height // 2 - 512)
    middle = image.crop((left, top, min(image.width, left + 1024), min(image.height, top + 1024)))
    if len(_png(middle, compress_level=6)[0]) > max_bytes:
        return None
    encoded = _png(image)
    return encoded if len(encoded[0]) < max_bytes else None


def _png(image: Image.Image, **options: Any) -> tuple[bytes, str]:
    buffer = io.BytesIO()
    if image.mode not in ("1", "L", "LA", "P", "RGB", "RGBA"):
        image = image.convert("RGBA")
    options = options or {"optimize": image.width * image.height < 4_000_000}
    image.save(buffer, "PNG", exif=b"", **options)
    return buffer.getvalue(), "image/png"


def _jpeg(image: Image.Image, quality: int) -> tuple[bytes, str]:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
    return buffer.getvalue(), "image/jpeg"


def _jpeg_below(image: Image.Image, max_bytes: int) -> tuple[bytes, str]:
    """Encode below a number of bytes: first with less quality, then with fewer pixels."""
    while True:
        for quality in (88, 80, 70):
            encoded = _jpeg(image, quality)
            if len(encoded[0]) < max_bytes:
                return encoded
            if len(encoded[0]) > 3 * max_bytes:  # less quality halves it at most
                break
        image = image.resize(
            (max(1, image.width * 3 // 4), max(1, image.height * 3 // 4)), Image.Resampling.LANCZOS
        )
