"""What a format cannot hold is said, never left out in silence."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from contextvars import ContextVar

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.registry import Format
from cvat_widgets.model.kinds import SHAPE_TYPES, Flag

__all__ = ["LossWarning", "losses", "losses_told", "report_left_out", "report_losses"]

_told: ContextVar[list[str] | None] = ContextVar("told", default=None)


class LossWarning(UserWarning):
    """Some annotations, or properties of them, do not fit into the format that was asked for."""


def _properties(dataset: Dataset) -> Iterator[tuple[str, NDArray[np.bool_] | int]]:
    table = dataset.table
    yield "track", len(np.unique(table.track[table.is_track & (table.parent < 0)]))
    yield "attribute", len(table.attributes)
    yield "group", table.group != 0
    yield "z_order", table.z_order != 0
    yield "rotation", table.rotation != 0
    yield "occluded", table.has(Flag.OCCLUDED)
    yield "score", table.score != 1


def losses(dataset: Dataset, target: Format) -> dict[str, int]:
    """Return how many of each kind, and of what within kinds, the format would leave out."""
    table = dataset.table
    found: dict[str, int] = {}
    for code, name in enumerate(SHAPE_TYPES):
        if name in target.kinds or name in target.converts:
            continue
        rows = (table.type == code) & (table.parent < 0)
        count = len(np.unique(table.id[rows]))
        if count:
            found[name] = count
    for kind, what in _properties(dataset):
        if kind in target.kinds or kind in target.converts:
            continue
        count = what if isinstance(what, int) else int(what.sum())
        if count:
            found[kind] = count
    parts = target.partial_losses(dataset)
    return found | {what: count for what, count in parts.items() if count and what not in found}


def report_losses(dataset: Dataset, target: Format, *, strict: bool) -> None:
    """Warn once of everything the format cannot hold; with ``strict`` raise instead.

    Raises
    ------
    FormatError
        ``strict``, and something would be lost.
    """
    found = losses(dataset, target)
    if not found:
        return
    listed = ", ".join(f"{count} × {name}" for name, count in found.items())
    text = f"{target.name} cannot hold: {listed}"
    if strict:
        raise FormatError(text, hint="Nothing was written; choose another format or export without strict")
    warnings.warn(f"{text}. The file is written without.", LossWarning, stacklevel=4)


def report_left_out(text: str, *, stacklevel: int) -> None:
    """Say what an import left out: by a warning, or to whoever listens with :func:`losses_told`."""
    told = _told.get()
    if told is None:
        warnings.warn(text, LossWarning, stacklevel=stacklevel + 1)
    else:
        told.append(text)


@contextlib.contextmanager
def losses_told() -> Iterator[list[str]]:
    """Collect what imports leave out instead of warning of it, for a face that shows it itself."""
    told: list[str] = []
    token = _told.set(told)
    try:
        yield told
    finally:
        _told.reset(token)
