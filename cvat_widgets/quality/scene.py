"""What is compared: the visible objects of one set of annotations, frame by frame, and the size of the frames."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.geometry import bounding_boxes
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.kinds import CUBOID, SKELETON, Flag
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.quality.settings import QualityError

__all__ = ["Scene", "Side", "prepare"]


@dataclass(frozen=True)
class Scene:
    """Sizes of the frames.

    Parameters
    ----------
    frames
        The frames of the task, or ``None`` where they are not known.
    size
        ``(width, height)`` of all frames, where there is no list of them.
    """

    frames: FrameIndex | None = None
    size: tuple[int, int] | None = None

    def size_of(self, frame: int) -> tuple[int, int] | None:
        """Return ``(width, height)`` of a frame, ``None`` where it is not known."""
        if self.frames is not None and frame < len(self.frames):
            return int(self.frames.widths[frame]), int(self.frames.heights[frame])
        return self.size

    def area(self, frame: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return the area of each frame: float64 of the shape of ``frame``.

        Raises
        ------
        QualityError
            The sizes are not known.
        """
        if self.frames is not None and int(frame.max(initial=-1)) < len(self.frames):
            return np.asarray(self.frames.widths, np.float64)[frame] * np.asarray(self.frames.heights, np.float64)[frame]
        if self.size is None:
            raise QualityError(
                "points and polylines are measured against the size of the image, which is not known",
                where=f"frame {int(frame.max())}",
                hint="Pass the frames of the task as frames=, or the size of all of them as size=(width, height)",
            )
        return np.full(frame.shape, float(self.size[0]) * self.size[1])


@dataclass(frozen=True, eq=False)
class Side:
    """The visible objects of one set of annotations.

    Parameters
    ----------
    table
        One row an object and frame (and one a joint of a skeleton), sorted by frame; nothing that is outside, but for joints.
    ignored
        Number of objects that cannot be compared (cuboids).
    """

    table: AnnotationTable
    ignored: int

    @cached_property
    def objects(self) -> NDArray[np.int64]:
        """Rows that are objects of their own, sorted by frame."""
        return np.flatnonzero(self.table.parent < 0)

    def rows_of(self, *types: int) -> NDArray[np.int64]:
        """Return the rows of the given shape types, sorted by frame."""
        return self.objects[np.isin(self.table.type[self.objects], types)]

    @cached_property
    def skeleton_of(self) -> NDArray[np.int64]:
        """For every row the row of the skeleton it is a joint of, -1 for none."""
        return _skeleton_rows(self.table)

    @cached_property
    def boxes(self) -> NDArray[np.float64]:
        """Boxes around the objects as drawn, rotation included; a skeleton's holds its visible joints. NaN for tags."""
        boxes = bounding_boxes(self.table)
        self._enclose_joints(boxes)
        return boxes

    @cached_property
    def plain_boxes(self) -> NDArray[np.float64]:
        """The same before rotation, which is how CVAT measures the size of a group."""
        turned = self.table.rotation != 0
        if not turned.any():
            return self.boxes
        boxes = bounding_boxes(self.table.with_columns(rotation=np.zeros(len(self.table))))
        self._enclose_joints(boxes)
        return boxes

    def _enclose_joints(self, boxes: NDArray[np.float64]) -> None:
        joints = np.flatnonzero((self.skeleton_of >= 0) & ~self.table.has(Flag.OUTSIDE))
        if not len(joints):
            return
        skeletons = self.skeleton_of[joints]
        boxes[skeletons] = (np.inf, np.inf, -np.inf, -np.inf)
        np.minimum.at(boxes[:, :2], skeletons, boxes[joints, :2])
        np.maximum.at(boxes[:, 2:], skeletons, boxes[joints, 2:])

    @cached_property
    def instance_boxes(self) -> NDArray[np.float64]:
        """For every row the box around all objects of its group on its frame; its own box where it is in no group."""
        boxes = self.plain_boxes.copy()
        table = self.table
        grouped = np.flatnonzero((table.group > 0) & (table.parent < 0) & np.isfinite(boxes[:, 0]))
        if len(grouped):
            pairs = np.column_stack((table.frame[grouped], table.group[grouped]))
            _, number = np.unique(pairs, axis=0, return_inverse=True)
            number = number.ravel()
            whole = np.tile((np.inf, np.inf, -np.inf, -np.inf), (int(number.max()) + 1, 1))
            np.minimum.at(whole[:, :2], number, boxes[grouped, :2])
            np.maximum.at(whole[:, 2:], number, boxes[grouped, 2:])
            boxes[grouped] = whole[number]
        return boxes


def _skeleton_rows(table: AnnotationTable) -> NDArray[np.int64]:
    found = np.full(len(table), -1, np.int64)
    joints = np.flatnonzero(table.parent >= 0)
    skeletons = np.flatnonzero(table.type == SKELETON)
    if not len(joints) or not len(skeletons):
        return found
    key = _key(table.frame[skeletons], table.id[skeletons])
    order = np.argsort(key)
    wanted = _key(table.frame[joints], table.parent[joints])
    at = np.minimum(np.searchsorted(key[order], wanted), len(key) - 1)
    hit = key[order][at] == wanted
    found[joints[hit]] = skeletons[order][at[hit]]
    return found


def _key(frame: NDArray[np.int32], name: NDArray[np.int64]) -> NDArray[np.int64]:
    return name * (1 << 31) + frame


def prepare(table: AnnotationTable, frame_count: int, frames: NDArray[np.int64] | None) -> Side:
    """Expand tracks to frames and drop what is not visible.

    Parameters
    ----------
    table
        Shapes, tags and keyframes.
    frame_count
        Tracks hold up to the frame before this one.
    frames
        Frames wanted; ``None`` for all.
    """
    rows = interpolate_table(table, frame_count=frame_count, frames=frames)
    outside = rows.has(Flag.OUTSIDE)
    lonely = np.zeros(len(rows), bool)
    if (rows.type == SKELETON).any():
        owner = _skeleton_rows(rows)
        shown = owner[(owner >= 0) & ~outside]
        lonely[np.setdiff1d(np.flatnonzero(rows.type == SKELETON), shown)] = True
    cuboids = (rows.type == CUBOID) & (rows.parent < 0)
    kept = ~cuboids & ~lonely & ~(outside & (rows.parent < 0))
    order = np.flatnonzero(kept)
    order = order[np.argsort(rows.frame[order], kind="stable")]
    return Side(rows.take(order), int(cuboids.sum()))
