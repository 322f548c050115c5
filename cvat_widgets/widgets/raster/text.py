"""Texts on a canvas that draws in the kernel."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["text_mask"]

_SIZE = re.compile(r"(\d+(?:\.\d+)?)(px|pt|em|rem)?\b")
_BOLD = re.compile(r"\b(bold|bolder|[6-9]00)\b(?!px|pt|em|rem)")
_PIXELS = {"pt": 4 / 3, "em": 16.0, "rem": 16.0}
_SMALLEST, _LARGEST = 4.0, 400.0
_MOST_LETTERS = 500
_ACROSS = {"start": "l", "left": "l", "center": "m", "end": "r", "right": "r"}
_UPRIGHT = {"top": "a", "hanging": "a", "middle": "m", "alphabetic": "s", "ideographic": "d", "bottom": "d"}


def font_size(font: str) -> float:
    """Return the pixels of a font as CSS writes it: ``"bold 14px sans-serif"``."""
    found = _SIZE.search(font)
    return float(found[1]) * _PIXELS.get(found[2] or "px", 1.0) if found else 10.0


@lru_cache(maxsize=64)
def _font(size: float) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(size)


def text_mask(
    text: str, font: str, *, align: str, baseline: str, scale: float, max_width: float | None, line: float
) -> tuple[NDArray[np.float32], float, float, float] | None:
    """Return how much of each pixel a text covers, where its anchor is in that picture, and its pixels to a unit.

    Parameters
    ----------
    scale
        Pixels to a unit where it will be drawn, so that letters stay sharp.
    max_width
        In units; a longer text is made smaller.
    line
        Width of a line around the letters, in units; 0: none.
    """
    from PIL import Image, ImageDraw

    text = text[:_MOST_LETTERS]
    wanted = font_size(font) * scale
    drawn = min(max(wanted, _SMALLEST), _LARGEST)
    face = _font(round(drawn, 1))
    anchor = _ACROSS.get(align, "l") + _UPRIGHT.get(baseline, "s")
    units = scale * drawn / wanted if wanted > 0 else 1.0
    # The one font has one weight: bold letters are drawn with a line around them.
    bold = drawn * 0.03 if _BOLD.search(font) else 0.0
    stroke = round(line / 2 * units + bold)
    left, top, right, bottom = face.getbbox(text, anchor=anchor, stroke_width=stroke)
    size = (round(right - left) + 2, round(bottom - top) + 2)
    if size[0] <= 2 or size[1] <= 2:
        return None
    image = Image.new("L", size)
    ImageDraw.Draw(image).text((1 - left, 1 - top), text, font=face, fill=255, anchor=anchor, stroke_width=stroke)
    mask = np.asarray(image, np.float32) / np.float32(255)
    if max_width is not None and max_width > 0:
        units *= max((right - left) / units / max_width, 1.0)
    return mask, 1 - left, 1 - top, units
