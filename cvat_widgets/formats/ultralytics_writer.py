"""Label lines of the Ultralytics formats made from columns, and the description that goes with them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Sink
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.fitting import sizes_of_rows
from cvat_widgets.formats.registry import Progress
from cvat_widgets.formats.yolo_frames import frame_texts, subset_frames, text_name, write_subset_pictures
from cvat_widgets.formats.yolo_lines import print_lines
from cvat_widgets.formats.yolo_yaml import quoted
from cvat_widgets.model.geometry import bounding_boxes, ellipse_polygon
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.kinds import ELLIPSE, MASK, POLYGON, RECTANGLE, SKELETON, Flag
from cvat_widgets.model.labels import Label
from cvat_widgets.model.masks import decode_crop, encode_mask, polygons_of_mask
from cvat_widgets.model.table import AnnotationTable

__all__ = [
    "FrameLines",
    "box_lines",
    "polygon_lines",
    "skeleton_labels",
    "skeleton_lines",
    "turned_box_lines",
    "write_ultralytics",
]

FrameLines = tuple[NDArray[np.int32], list[str]]
"""Frame of each line, ascending, and the lines."""


def write_ultralytics(
    dataset: Dataset,
    sink: Sink,
    name: str,
    labels: list[Label],
    written: FrameLines,
    progress: Progress,
    *,
    save_images: bool,
    joints: int = 0,
) -> None:
    """Write ``data.yaml``, the list of frames of each subset, the label files and, if wanted, the pictures.

    Parameters
    ----------
    dataset, sink, progress, save_images
        As a format gets them.
    name
        Display name of the format. It stands in a comment, for the label lines do not always tell.
    labels
        Labels as the lines count them.
    written
        The lines.
    joints
        Number of joints a line has room for; 0: no pose.
    """
    subsets = subset_frames(dataset)
    folders = {frame: f"{subset}/" for subset, chosen in subsets.items() for frame in chosen}
    texts = frame_texts(*written, len(dataset.frames))
    lines = [f"# {name}", "path: .", *(f"{subset}: {subset}.txt" for subset in subsets)]
    if joints:
        # CVAT takes every key it does not know for a subset: what it has no key for is written as a comment.
        names = ", ".join(
            f"{number}: [{', '.join(quoted(joint.name) for joint in label.sublabels)}]" for number, label in enumerate(labels)
        )
        lines += [f"kpt_shape: [{joints}, 3]", f"# kpt_names: {{{names}}}"]
    lines += (
        ["names:", *(f"  {number}: {quoted(label.name)}" for number, label in enumerate(labels))] if labels else ["names: {}"]
    )
    sink.write("data.yaml", "\n".join(lines) + "\n")
    image_folders = {frame: f"images/{folder[:-1]}" for frame, folder in folders.items()}
    pictures = write_subset_pictures(dataset, sink, image_folders, progress, save_images=save_images)
    for subset, chosen in subsets.items():
        sink.write(f"{subset}.txt", "".join(f"{image_folders[frame]}/{pictures[frame]}\n" for frame in chosen))
    for frame, text in enumerate(texts):
        if text:
            sink.write(f"labels/{folders[frame]}{text_name(pictures[frame])}", text)


def _shapes(dataset: Dataset, kinds: tuple[int, ...]) -> AnnotationTable:
    """Return the shapes of some types on every frame, those in front last."""
    table = interpolate_table(dataset.table, frame_count=len(dataset.frames))
    table = table.take(np.isin(table.type, kinds) & (table.parent < 0) & (table.frame < len(dataset.frames)))
    return table.take(np.lexsort((table.z_order, table.frame)))


def _numbers(table: AnnotationTable, labels: list[Label]) -> NDArray[np.int64]:
    """Return the label of each row as the lines count it."""
    place = np.zeros(int(table.label.max(initial=0)) + 1, np.int64)
    for number, label in enumerate(labels):
        if label.id < len(place):
            place[label.id] = number
    return place[table.label]


def box_lines(dataset: Dataset, *, with_tracks: bool = False) -> FrameLines:
    """Return ``label cx cy w h [track]``; of a turned box the upright box around it."""
    table = _shapes(dataset, (RECTANGLE,))
    width, height = sizes_of_rows(dataset, table.frame)
    left, top, right, bottom = bounding_boxes(table).T
    values = np.column_stack(
        ((left + right) / 2 / width, (top + bottom) / 2 / height, (right - left) / width, (bottom - top) / height)
    )
    numbers = _numbers(table, list(dataset.labels))
    tracks = table.track if with_tracks else None
    return table.frame, print_lines(numbers, values.ravel(), np.arange(len(table) + 1) * 4, tracks)


def turned_box_lines(dataset: Dataset) -> FrameLines:
    """Return ``label x1 y1 x2 y2 x3 y3 x4 y4``: the corners clockwise, the one first that is top left before the rotation."""
    table = _shapes(dataset, (RECTANGLE,))
    width, height = sizes_of_rows(dataset, table.frame)
    left, top, right, bottom = table.points.reshape(-1, 4).T
    turn = np.radians(table.rotation)
    cosine, sine = np.cos(turn)[:, None], np.sin(turn)[:, None]
    across = np.stack((left, right, right, left), axis=1) - ((left + right) / 2)[:, None]
    down = np.stack((top, top, bottom, bottom), axis=1) - ((top + bottom) / 2)[:, None]
    x = ((left + right) / 2)[:, None] + across * cosine - down * sine
    y = ((top + bottom) / 2)[:, None] + across * sine + down * cosine
    values = np.stack((x / width[:, None], y / height[:, None]), axis=2)
    numbers = _numbers(table, list(dataset.labels))
    return table.frame, print_lines(numbers, values.ravel(), np.arange(len(table) + 1) * 8)


def polygon_lines(dataset: Dataset) -> FrameLines:
    """Return ``label x1 y1 x2 y2 ...``; masks and ellipses as the outlines of their parts."""
    table = _shapes(dataset, (POLYGON, MASK, ELLIPSE))
    sizes_of_rows(dataset, table.frame)
    rows, points, lengths = np.arange(len(table)), table.points, np.diff(table.offsets)
    if (table.type != POLYGON).any():
        parts: list[tuple[int, NDArray[np.float64]]] = []
        kinds = table.type.tolist()
        for row, kind in enumerate(kinds):
            outlines = [table.points_of(row)] if kind == POLYGON else _outlines(dataset, table, row)
            parts += [(row, outline) for outline in outlines]
        rows = np.array([row for row, _ in parts], np.int64)
        points = np.concatenate([np.empty(0), *(outline for _, outline in parts)])
        lengths = np.array([len(outline) for _, outline in parts], np.int64)
    frame = table.frame[rows]
    width, height = sizes_of_rows(dataset, frame)
    values = points.copy()
    values[0::2] /= np.repeat(width, lengths // 2)
    values[1::2] /= np.repeat(height, lengths // 2)
    numbers = _numbers(table, list(dataset.labels))[rows]
    return frame, print_lines(numbers, values, np.concatenate(([0], np.cumsum(lengths))))


def _outlines(dataset: Dataset, table: AnnotationTable, row: int) -> list[NDArray[np.float64]]:
    """Return one outline a part of a mask or ellipse; holes are joined to it by a cut of no width."""
    points = table.points_of(row)
    if table.type[row] == ELLIPSE:
        frame = int(table.frame[row])
        size = int(dataset.frames.widths[frame]), int(dataset.frames.heights[frame])
        points = _ellipse_mask(points, float(table.rotation[row]), *size)
    found = []
    for outline, *holes in polygons_of_mask(points) if decode_crop(points).any() else []:
        pieces = [outline]
        for hole in holes:
            pieces += [outline[:2], hole, hole[:2]]
        # Every cut is gone along twice; closing the polygon goes back along the last one.
        found.append(np.concatenate(pieces))
    return found


def _ellipse_mask(points: NDArray[np.float64], rotation: float, width: int, height: int) -> NDArray[np.float64]:
    """Return the mask CVAT draws for an ellipse: centre and radii rounded to pixels."""
    import cv2

    cx, cy, right, top = points.tolist()
    radii = round(abs(right - cx)), round(abs(cy - top))
    box = ellipse_polygon(points, rotation)
    left, upper = max(int(box[0::2].min()) - 2, 0), max(int(box[1::2].min()) - 2, 0)
    right, lower = min(int(box[0::2].max()) + 3, width), min(int(box[1::2].max()) + 3, height)
    if right <= left or lower <= upper:
        return np.array([1.0, 0, 0, 0, 0])
    canvas = np.zeros((lower - upper, int(right) - left), np.uint8)
    cv2.ellipse(canvas, (round(cx) - left, round(cy) - upper), radii, rotation, 0, 360, 1, -1)
    mask = encode_mask(canvas)
    if canvas.any():
        mask[-4:] += (left, upper, left, upper)
    return mask


def skeleton_labels(dataset: Dataset) -> list[Label]:
    """Return the labels that are skeletons: the only ones a pose dataset has."""
    return [label for label in dataset.labels if label.sublabels]


def skeleton_lines(dataset: Dataset) -> FrameLines:
    """Return ``label cx cy w h x1 y1 v1 ...``; joints a skeleton has not are ``0 0 0``."""
    labels = skeleton_labels(dataset)
    joints = max((len(label.sublabels) for label in labels), default=0)
    expanded = interpolate_table(dataset.table, frame_count=len(dataset.frames), include_outside=True)
    chosen = (expanded.type == SKELETON) & (expanded.frame < len(dataset.frames)) & ~expanded.has(Flag.OUTSIDE)
    table = expanded.take(chosen & np.isin(expanded.label, [label.id for label in labels]))
    table = table.take(np.lexsort((table.z_order, table.frame)))
    width, height = sizes_of_rows(dataset, table.frame)
    values = np.zeros((len(table), joints, 3))
    elements = expanded.take((expanded.parent >= 0) & (np.diff(expanded.offsets) == 2))
    if len(elements) and len(table):
        # A skeleton is found by its id and frame: the rows of a track have the same id on every frame.
        keys = table.id * (1 << 31) + table.frame
        order = np.argsort(keys)
        wanted = elements.parent * (1 << 31) + elements.frame
        at = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
        found = keys[order][at] == wanted
        elements, owner = elements.take(found), order[at[found]]
        column = {joint.id: number for label in labels for number, joint in enumerate(label.sublabels)}
        place = np.array([column.get(label, -1) for label in range(int(elements.label.max(initial=0)) + 1)])[elements.label]
        if (place < 0).any():
            raise FormatError("a joint does not belong to a skeleton label", where=dataset.name or None)
        seen = np.where(elements.has(Flag.OUTSIDE), 0.0, np.where(elements.has(Flag.OCCLUDED), 1.0, 2.0))
        places = elements.points.reshape(-1, 2) / np.stack((width[owner], height[owner]), axis=1)
        values[owner, place] = np.column_stack((places, seen))
    visible = values[:, :, 2] > 0
    some = visible.any(axis=1)
    bounds = []
    for axis in (0, 1):
        low = np.where(visible, values[:, :, axis], np.inf).min(axis=1, initial=np.inf)
        high = np.where(visible, values[:, :, axis], -np.inf).max(axis=1, initial=-np.inf)
        bounds.append((np.where(some, low, 0.0), np.where(some, high, 0.0)))
    (left, right), (top, bottom) = bounds
    boxes = np.column_stack(((left + right) / 2, (top + bottom) / 2, right - left, bottom - top))
    numbers = _numbers(table, labels)
    template = "%d %.6f %.6f %.6f %.6f" + " %.6f %.6f %d" * joints
    rows = np.column_stack((numbers, boxes, values.reshape(len(table), joints * 3))).tolist()
    return table.frame, [template % tuple(row) for row in rows]
