"""How alike polygons and masks are: by pixels, grouped parts as one object, and on request by their visible parts only."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.kinds import MASK
from cvat_widgets.quality.pairs import Edges
from cvat_widgets.quality.rasters import Rle, canvas_of, encode, mask_areas, mask_iou, merged
from cvat_widgets.quality.scene import Scene, Side

__all__ = ["Units", "segment_edges", "segment_units", "single_units"]


@dataclass(frozen=True, eq=False)
class Units:
    """What is matched: single rows, or all polygons and masks of one label in one group.

    Parameters
    ----------
    rows
        Rows of the table, unit after unit.
    offsets
        Unit i owns ``rows[offsets[i]:offsets[i + 1]]``.
    """

    rows: NDArray[np.int64]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def first(self) -> NDArray[np.int64]:
        """The first row of each unit."""
        return self.rows[self.offsets[:-1]]


def single_units(rows: NDArray[np.int64]) -> Units:
    """Make every row a unit of its own."""
    return Units(rows, np.arange(len(rows) + 1))


def segment_units(side: Side, rows: NDArray[np.int64]) -> Units:
    """Put rows of one frame, group and label together."""
    table = side.table
    group = table.group[rows]
    label = np.where(group > 0, table.label[rows], 0)
    order = np.lexsort((rows, table.type[rows] == MASK, label, group, table.frame[rows]))
    key = np.column_stack((table.frame[rows], group, label))[order]
    begins = np.ones(len(rows), bool)
    begins[1:] = (key[1:] != key[:-1]).any(axis=1) | (key[1:, 1] == 0)
    return Units(rows[order], np.append(np.flatnonzero(begins), len(rows)))


def segment_edges(gt: Side, ds: Side, a: Units, b: Units, scene: Scene, *, panoptic: bool) -> Edges:
    """Return pairs of units with the overlap of their pixels.

    Parameters
    ----------
    panoptic
        Whether what lies above hides what lies below.

    Notes
    -----
    Source: CVAT's ``match_segmentations``. CVAT paints all masks of a frame on one canvas; here the same numbers come from
    run lengths. With V(m) the visible part of m and U(m) the union of what lies above it,
    ``|V(m) ∩ V(n)| = |m ∩ n| - |m ∩ n ∩ (U(m) ∪ U(n))|``. Visible parts of one side are disjoint, so those of a unit add up.
    """
    frame_a, frame_b = gt.table.frame[a.first], ds.table.frame[b.first]
    parts = []
    for frame in np.intersect1d(frame_a, frame_b).tolist():
        first, last = np.searchsorted(frame_a, (frame, frame + 1)).tolist()
        other_first, other_last = np.searchsorted(frame_b, (frame, frame + 1)).tolist()
        rows_a = a.rows[a.offsets[first] : a.offsets[last]]
        rows_b = b.rows[b.offsets[other_first] : b.offsets[other_last]]
        unit_a = np.repeat(np.arange(last - first), np.diff(a.offsets[first : last + 1]))
        unit_b = np.repeat(np.arange(other_last - other_first), np.diff(b.offsets[other_first : other_last + 1]))
        canvas = canvas_of(scene, frame, np.concatenate((gt.boxes[rows_a], ds.boxes[rows_b])))
        masks_a, masks_b = encode(gt, rows_a.tolist(), canvas), encode(ds, rows_b.tolist(), canvas)
        if panoptic:
            layers_a = _Layers(masks_a, gt.table.z_order[rows_a])
            layers_b = _Layers(masks_b, ds.table.z_order[rows_b])
            found = _visible_overlap(layers_a, layers_b, unit_a, unit_b)
        else:
            found = mask_iou(_united(masks_a, unit_a), _united(masks_b, unit_b))
        rows, columns = np.nonzero(found > 0)
        parts.append(Edges(rows + first, columns + other_first, found[rows, columns]))
    return Edges.join(parts)


def _united(masks: list[Rle], unit: NDArray[np.int64]) -> list[Rle]:
    """Return the union of the masks of each unit."""
    if len(unit) == int(unit[-1]) + 1:
        return masks
    bounds = np.append(np.flatnonzero(np.diff(unit, prepend=-1)), len(unit)).tolist()
    return [merged(masks[start:stop]) for start, stop in pairwise(bounds)]


def _shared(
    masks_a: list[Rle], masks_b: list[Rle], area_a: NDArray[np.float64], area_b: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the pixels every two masks share (whole numbers, got back from intersection over union)."""
    iou = mask_iou(masks_a, masks_b)
    return np.rint(iou / (1 + iou) * (area_a[:, None] + area_b[None]))


class _Layers:
    """Masks of one side on one frame in the order they are painted."""

    def __init__(self, masks: list[Rle], z_order: NDArray[np.int32]) -> None:
        self.masks = masks
        self.area = mask_areas(masks)
        rank = np.empty(len(masks), np.int64)
        rank[np.argsort(z_order, kind="stable")] = np.arange(len(masks))
        hides = (_shared(masks, masks, self.area, self.area) > 0) & (rank[:, None] < rank[None])
        self.above = [np.flatnonzero(line).tolist() for line in hides]
        self.visible = self.area.copy()
        for mask in np.flatnonzero(hides.any(axis=1)).tolist():
            covered = merged([masks[mask], merged(self.cover(mask))], intersect=True)
            self.visible[mask] -= mask_areas([covered])[0]

    def cover(self, mask: int) -> list[Rle]:
        """Return the masks that hide a part of one."""
        return [self.masks[index] for index in self.above[mask]]


def _visible_overlap(a: _Layers, b: _Layers, unit_a: NDArray[np.int64], unit_b: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the overlap of the visible parts of units: float64 of shape (units of a, units of b)."""
    shared = _shared(a.masks, b.masks, a.area, b.area)
    for m, n in np.argwhere(shared > 0).tolist():
        cover = a.cover(m) + b.cover(n)
        if cover:
            hidden = merged([a.masks[m], b.masks[n], merged(cover)], intersect=True)
            shared[m, n] -= mask_areas([hidden])[0]
    sums = np.zeros((int(unit_a[-1]) + 1, int(unit_b[-1]) + 1))
    np.add.at(sums, (unit_a[:, None], unit_b[None]), shared)
    total = np.bincount(unit_a, a.visible)[:, None] + np.bincount(unit_b, b.visible)[None] - sums
    return np.divide(sums, total, out=np.zeros_like(sums), where=total > 0)
