"""What a linked scatter plot shows, for any engine that draws it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError
from cvat_widgets.inspect.rows import Target
from cvat_widgets.interchange import RowGeometry
from cvat_widgets.plots import style

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Axis", "Colors", "ScatterPoints", "points_of"]

_COMPUTED = {
    "size": "√(width × height) of the box (px)",
    "area": "area (px²)",
    "aspect_ratio": "width / height (1 is a square)",
    "width": "width of the box (px)",
    "height": "height of the box (px)",
}
_LOGARITHMIC = ("size", "area", "aspect_ratio")
_MOST_NAMES = 500


@dataclass(frozen=True)
class Axis:
    """Values along an axis: float64, finite."""

    name: str
    values: NDArray[np.float64]

    @property
    def title(self) -> str:
        """What the axis says, with the unit."""
        return _COMPUTED.get(self.name, self.name)

    @property
    def logarithmic(self) -> bool:
        """Whether sizes and ratios are better told apart by their logarithm."""
        return self.name in _LOGARITHMIC and len(self.values) > 0 and bool(self.values.min() > 0)


@dataclass(frozen=True)
class Colors:
    """Colour of every point: a place in the palette; of names, or of numbers from ``low`` to ``high``."""

    title: str
    place: NDArray[np.int64]
    palette: tuple[str, ...]
    names: tuple[str, ...] | None = None
    low: float = 0.0
    high: float = 1.0
    numbers: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class ScatterPoints:
    """Points with ids; ``frame`` is -1 and ``label`` empty where there is none."""

    id: NDArray[np.int64]
    frame: NDArray[np.int64]
    label: list[str]
    x: Axis
    y: Axis
    colors: Colors

    def __len__(self) -> int:
        return len(self.id)


def points_of(target: Target, x: str, y: str, color: str, *, limit: int) -> ScatterPoints:
    """Return the rows of a task or of a DataFrame as points; rows that are outside or have no value are left out.

    Raises
    ------
    AnnotationError
        There is no such column, it holds no numbers, or there are more than ``limit`` points.
    """
    rows: pd.DataFrame = target.to_frame() if hasattr(target, "labels") and hasattr(target, "to_frame") else target
    if "id" not in rows:
        raise AnnotationError("the column id is missing", hint="Linked plots select objects by id; take task.shapes")
    across, up = _values(rows, x), _values(rows, y)
    usable = np.isfinite(across) & np.isfinite(up) & rows["id"].notna().to_numpy(bool)
    if "outside" in rows:
        usable &= ~rows["outside"].to_numpy(bool, na_value=False)
    if usable.sum() > limit:
        raise AnnotationError(f"{usable.sum():,} points are too many", hint=f"Draw at most {limit:,}: rows.sample({limit})")
    kept = rows[usable]
    if color not in kept and color != "label":
        raise AnnotationError(
            f"there is no column {color!r} to colour by", hint=f"There are {', '.join(map(str, rows.columns))}"
        )
    frame = kept["frame"].to_numpy(np.int64, na_value=-1) if "frame" in kept else np.full(len(kept), -1)
    return ScatterPoints(
        id=kept["id"].to_numpy(np.int64),
        frame=frame,
        label=["" if each is None or each != each else str(each) for each in kept["label"]]
        if "label" in kept
        else [""] * len(kept),
        x=Axis(x, across[usable]),
        y=Axis(y, up[usable]),
        colors=_colors(kept[color], color) if color in kept else Colors("", np.zeros(len(kept), np.int64), (style.MAIN,), ()),
    )


def _values(rows: pd.DataFrame, name: str) -> NDArray[np.float64]:
    if name in rows:
        try:
            return np.asarray(rows[name].to_numpy(np.float64, na_value=np.nan))
        except (TypeError, ValueError):
            raise AnnotationError(f"the column {name!r} holds no numbers", hint="Choose another for x and y") from None
    if name not in _COMPUTED or "points" not in rows:
        known = ", ".join([*map(str, rows.columns), *(_COMPUTED if "points" in rows else ())])
        raise AnnotationError(f"there is no column {name!r}", hint=f"There are {known}")
    if name == "area":
        return np.asarray(RowGeometry(rows).area.to_numpy(np.float64))
    left, top, right, bottom = RowGeometry(rows).bbox.to_numpy(np.float64).T
    wide, tall = right - left, bottom - top
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray({"size": np.sqrt(wide * tall), "aspect_ratio": wide / tall, "width": wide, "height": tall}[name])


def _colors(values: pd.Series, title: str) -> Colors:  # type: ignore[type-arg,unused-ignore]
    if values.dtype.kind in "fiu":
        numbers = values.to_numpy(np.float64, na_value=np.nan)
        known = numbers[np.isfinite(numbers)]
        low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
        steps = len(style.MAP_COLORS) - 1
        place = np.rint((numbers - low) / ((high - low) or 1.0) * steps)
        # What has no number is grey, after the last colour.
        place = np.where(np.isfinite(place), place, steps + 1).astype(np.int64)
        return Colors(title, place, (*style.MAP_COLORS, style.NONE), None, low, high, numbers)
    names, place = np.unique(values.astype(str).to_numpy(dtype=str), return_inverse=True)
    if len(names) > _MOST_NAMES:
        raise AnnotationError(
            f"{len(names):,} different values of {title!r} are too many to colour by",
            hint=f"At most {_MOST_NAMES}; numbers have no limit",
        )
    known_names = tuple(str(name) for name in names)
    return Colors(title, place.astype(np.int64), tuple(style.colors_of(known_names).values()), known_names)
