"""Drawn pictures for the demo: hills, houses and a sky, each from a seed. No photograph, no real place."""

from __future__ import annotations

import io
import math
import random

from PIL import Image, ImageDraw, ImageFilter

from content.pictures import Picture

Colour = tuple[int, int, int]

_SKIES: tuple[tuple[Colour, Colour], ...] = (
    ((250, 214, 165), (246, 240, 226)),
    ((177, 209, 232), (240, 246, 248)),
    ((240, 182, 160), (250, 233, 214)),
    ((196, 216, 196), (244, 246, 236)),
    ((214, 200, 228), (248, 240, 244)),
)
_SCALE = 2


def landscape(seed: int, width: int = 900, height: int = 383) -> Picture:
    """A picture of ``width`` × ``height`` pixels as JPEG."""
    rnd = random.Random(seed)
    w, h = width * _SCALE, height * _SCALE
    image = Image.new("RGB", (w, h))
    draw = ImageDraw.Draw(image)
    top, bottom = rnd.choice(_SKIES)
    for row in range(h):
        share = row / h
        draw.line([(0, row), (w, row)], fill=_between(top, bottom, share))
    x, y, radius = rnd.uniform(0.15, 0.85) * w, rnd.uniform(0.18, 0.36) * h, h * rnd.uniform(0.08, 0.13)
    draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=(255, 248, 232))
    base = rnd.choice(((120, 158, 140), (132, 150, 176), (176, 140, 128), (146, 152, 120)))
    for layer in range(3):
        shade = tuple(round(channel * (1.25 - 0.22 * layer)) for channel in base)
        level, swing = h * (0.5 + 0.13 * layer), h * (0.10 - 0.02 * layer)
        first, second = rnd.uniform(0, 6.28), rnd.uniform(0, 6.28)
        line = [
            (
                step * w / 120,
                level
                + swing * math.sin(first + step / (14 + 5 * layer))
                + swing * 0.4 * math.sin(second + step / (5 + layer)),
            )
            for step in range(121)
        ]
        draw.polygon([(0, h), *line, (w, h)], fill=shade)
    _houses(draw, rnd, w, h)
    image = image.filter(ImageFilter.SMOOTH).resize((width, height), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82, optimize=True)
    return Picture(out.getvalue(), "image/jpeg", width, height)


def _between(first: Colour, second: Colour, share: float) -> Colour:
    r, g, b = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return r, g, b


def _houses(draw: ImageDraw.ImageDraw, rnd: random.Random, w: int, h: int) -> None:
    x = rnd.uniform(-0.02, 0.05) * w
    ground = h * 0.97
    while x < w:
        wide, tall = rnd.uniform(0.045, 0.085) * w, rnd.uniform(0.16, 0.40) * h
        wall = rnd.choice(((244, 236, 224), (236, 226, 214), (250, 244, 236), (228, 220, 212)))
        draw.rectangle([x, ground - tall, x + wide, h], fill=wall)
        roof = rnd.choice(((170, 72, 60), (150, 96, 72), (108, 116, 124)))
        draw.polygon(
            [
                (x - wide * 0.07, ground - tall),
                (x + wide / 2, ground - tall - h * 0.07),
                (x + wide * 1.07, ground - tall),
            ],
            fill=roof,
        )
        columns, rows = 3, max(2, int(tall / (h * 0.075)))
        for row in range(rows):
            for column in range(columns):
                left = x + wide * (0.14 + column * 0.28)
                upper = ground - tall + h * 0.035 + row * h * 0.07
                lit = (250, 206, 120) if rnd.random() < 0.3 else (168, 190, 202)
                draw.rectangle([left, upper, left + wide * 0.16, upper + h * 0.038], fill=lit)
        x += wide * rnd.uniform(1.05, 1.7)
        if rnd.random() < 0.6:
            size = h * rnd.uniform(0.07, 0.12)
            draw.rectangle([x - wide * 0.12, ground - size * 0.6, x - wide * 0.08, h], fill=(112, 88, 70))
            draw.ellipse(
                [
                    x - wide * 0.1 - size * 0.6,
                    ground - size * 1.7,
                    x - wide * 0.1 + size * 0.6,
                    ground - size * 0.4,
                ],
                fill=rnd.choice(((98, 138, 104), (118, 150, 96), (190, 140, 84))),
            )
    draw.rectangle([0, h * 0.97, w, h], fill=(206, 196, 180))
