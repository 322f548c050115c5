"""The order of frames and the choice among them."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Any, Literal, get_args

from cvat_widgets.errors import MediaError

__all__ = ["Sorting", "chosen", "natural_key", "ordered"]

Sorting = Literal["natural", "lexicographical", "predefined", "random"]

_DIGITS = re.compile("([0-9]+)")


def natural_key(name: str) -> tuple[Any, ...]:
    """Return a key that sorts ``frame2`` before ``frame10``.

    Digit runs compare as numbers (by length without leading zeros, then digit by digit, so that no run is too long to convert),
    everything else as text; the whole name breaks ties such as ``a1`` and ``a01``.
    """
    parts: list[Any] = []
    for position, part in enumerate(_DIGITS.split(name)):
        if position % 2:
            digits = part.lstrip("0")
            parts.append((len(digits), digits))
        else:
            parts.append(part)
    return (tuple(parts), name)


def ordered(names: Sequence[str], sorting: str, seed: int = 0) -> list[int]:
    """Return the positions of ``names`` in the wanted order.

    Parameters
    ----------
    names
        Frame names.
    sorting
        ``natural``, ``lexicographical`` (by code point), ``predefined`` (as given) or ``random``.
    seed
        Seed of the random order; the same seed and names give the same order everywhere.

    Raises
    ------
    MediaError
        The method is not known.
    """
    positions = list(range(len(names)))
    if sorting == "natural":
        positions.sort(key=lambda position: natural_key(names[position]))
    elif sorting == "lexicographical":
        positions.sort(key=names.__getitem__)
    elif sorting == "random":
        positions.sort(key=names.__getitem__)
        random.Random(seed).shuffle(positions)
    elif sorting != "predefined":
        raise MediaError(f"{sorting!r} is not a sorting method", hint=f"Use one of {', '.join(get_args(Sorting))}")
    return positions


def chosen(count: int, start: int, stop: int | None, step: int, where: str) -> range:
    """Return which of ``count`` frames to take: ``start, start + step, …`` up to and including ``stop``.

    A ``stop`` behind the last frame means the last frame, as in CVAT.
    """
    for value, name, least in ((start, "start", 0), (step, "step", 1), (start if stop is None else stop, "stop", start)):
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise MediaError(f"{name} is {value!r}", where=where, hint=f"It must be a whole number not below {least}")
    if start >= count:
        raise MediaError(f"start is {start}, but there are only {count} frames", where=where, hint="Choose a smaller start")
    return range(start, count if stop is None else min(stop + 1, count), step)
