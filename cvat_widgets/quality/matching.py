"""Finding which object of one side is which of the other, for all shape types and frames at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.kinds import ELLIPSE, MASK, POINTS, POLYGON, POLYLINE, RECTANGLE, SKELETON, TAG
from cvat_widgets.quality.boxes import ellipse_edges, rectangle_edges
from cvat_widgets.quality.keypoints import point_edges, skeleton_edges
from cvat_widgets.quality.lines import line_edges
from cvat_widgets.quality.pairs import Edges, all_pairs, assign
from cvat_widgets.quality.scene import Scene, Side
from cvat_widgets.quality.segments import Units, segment_edges, segment_units, single_units
from cvat_widgets.quality.settings import QualitySettings

__all__ = ["SHAPE_KINDS", "Matches", "edges_of", "match"]

Rows = NDArray[np.int64]

#: Shape types that are compared with one another, in CVAT's order.
SHAPE_KINDS: tuple[tuple[int, ...], ...] = ((RECTANGLE,), (POINTS,), (POLYGON, MASK), (POLYLINE,), (SKELETON,), (ELLIPSE,))

_TAG_THRESHOLD = 0.5


@dataclass(frozen=True, eq=False)
class Matches:
    """Who is who; rows are those of the two sides' tables.

    Parameters
    ----------
    gt, ds
        Matched rows, pair by pair.
    similarity
        Of each pair, 0 to 1; NaN for tags.
    missing, extra
        Rows without a partner on either side.
    missing_closest, extra_closest
        How alike the most similar object of the other side is, 0 for none; NaN for tags.
    """

    gt: Rows
    ds: Rows
    similarity: NDArray[np.float64]
    missing: Rows
    extra: Rows
    missing_closest: NDArray[np.float64]
    extra_closest: NDArray[np.float64]

    @property
    def is_shape(self) -> NDArray[np.bool_]:
        """Pairs of shapes, not of tags."""
        return ~np.isnan(self.similarity)


def edges_of(
    kind: tuple[int, ...], gt: Side, ds: Side, units: tuple[Units, Units], scene: Scene, settings: QualitySettings
) -> Edges:
    """Return which units of one kind of shape are alike, and how much."""
    a, b = units[0].first, units[1].first
    ways: dict[tuple[int, ...], Callable[[], Edges]] = {
        (RECTANGLE,): lambda: rectangle_edges(gt, ds, a, b, scene),
        (ELLIPSE,): lambda: ellipse_edges(gt, ds, a, b, scene),
        (POINTS,): lambda: point_edges(gt, ds, a, b, scene, settings),
        (SKELETON,): lambda: skeleton_edges(gt, ds, a, b, settings),
        (POLYLINE,): lambda: line_edges(gt, ds, a, b, scene, settings.line_thickness),
        (TAG,): lambda: _tag_edges(gt, ds, a, b),
    }
    if kind in ways:
        return ways[kind]()
    return segment_edges(gt, ds, *units, scene, panoptic=settings.panoptic_comparison)


def match(gt: Side, ds: Side, scene: Scene, settings: QualitySettings) -> Matches:
    """Match the objects of two sides.

    Notes
    -----
    Source: CVAT's quality reports. Kinds of shapes are matched apart from one another, by geometry alone: whether the labels
    agree is asked afterwards (only between choices that are equally good do labels decide). Polygons and masks are one kind;
    those of one label in one group are one object, and all of its parts are partners of all parts of the other. Tags are
    matched by label first, then to any other tag.
    """
    found = []
    for kind in (*SHAPE_KINDS, (TAG,)):
        rows_a, rows_b = gt.rows_of(*kind), ds.rows_of(*kind)
        if not len(rows_a) and not len(rows_b):
            continue
        if POLYGON in kind:
            units = segment_units(gt, rows_a), segment_units(ds, rows_b)
        else:
            units = single_units(rows_a), single_units(rows_b)
        tags = kind == (TAG,)
        edges = edges_of(kind, gt, ds, units, scene, settings)
        threshold = _TAG_THRESHOLD if tags else settings.iou_threshold
        a, b = units[0].first, units[1].first
        same_label = gt.table.label[a[edges.a]] == ds.table.label[b[edges.b]]
        chosen = assign(edges, gt.table.frame[a], threshold, same_label)
        found.append(_rows_of_units(units, edges, chosen, without_similarity=tags))
    return _joined(found)


def _tag_edges(gt: Side, ds: Side, rows_a: Rows, rows_b: Rows) -> Edges:
    blocks = all_pairs(gt.table.frame[rows_a], ds.table.frame[rows_b])
    return Edges.join(
        [Edges(a, b, np.where(gt.table.label[rows_a[a]] == ds.table.label[rows_b[b]], 1.0, 0.5)) for a, b in blocks]
    )


class _Chosen(NamedTuple):
    a: Rows
    b: Rows
    similarity: NDArray[np.float64]


def _rows_of_units(
    units: tuple[Units, Units], edges: Edges, chosen: tuple[Rows, Rows, NDArray[np.float64]], *, without_similarity: bool
) -> Matches:
    """Translate pairs of units into pairs of rows: every part of one with every part of the other."""
    picked = _Chosen(*chosen)
    first, second = units
    size_a, size_b = np.diff(first.offsets)[picked.a], np.diff(second.offsets)[picked.b]
    count = size_a * size_b
    pair = np.repeat(np.arange(len(count)), count)
    within = np.arange(len(pair)) - np.repeat(np.cumsum(count) - count, count)
    gt = first.rows[first.offsets[picked.a][pair] + within // size_b[pair]]
    ds = second.rows[second.offsets[picked.b][pair] + within % size_b[pair]]
    closest = edges.closest(len(first), len(second))
    left = []
    for unit, matched, best in ((first, picked.a, closest[0]), (second, picked.b, closest[1])):
        free = np.ones(len(unit), bool)
        free[matched] = False
        owner = np.repeat(np.arange(len(unit)), np.diff(unit.offsets))
        rows = np.flatnonzero(free[owner])
        value = np.full(len(rows), np.nan) if without_similarity else best[owner[rows]]
        left.append((unit.rows[rows], value))
    similarity = np.full(len(pair), np.nan) if without_similarity else picked.similarity[pair]
    return Matches(gt, ds, similarity, left[0][0], left[1][0], left[0][1], left[1][1])


def _joined(parts: list[Matches]) -> Matches:
    dtypes = {name: np.int64 if name in ("gt", "ds", "missing", "extra") else np.float64 for name in Matches.__annotations__}
    columns: dict[str, Any] = {
        name: np.concatenate([np.empty(0, dtype), *(getattr(part, name) for part in parts)]) for name, dtype in dtypes.items()
    }
    return Matches(**columns)
