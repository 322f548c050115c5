"""Trackers on a real video with ground truth, against boxes interpolated by hand. Run: ``python bench/bench_trackers.py``.

The video is DAVIS car-shadow (40 frames, 854 x 480) beside the project (``shared/data``); true boxes are those around its masks.
A tracker is given the true box of the first frame (or of the last one, backwards) through ``task.track``. By hand there would be
keyframes at true boxes with linear interpolation between them, evenly spaced or each where the interpolation is worst: how many
reach the tracker's mean IoU is what it saves, less the one box that it was given. ``bare`` is the same OpenCV tracker without us.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

import cvat_widgets as cw

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
CLIP, WEIGHTS = DATA / "media" / "davis_car_shadow", DATA / "weights" / "nanotrack"
Boxes = NDArray[np.float64]


def truth() -> Boxes:
    """True boxes of all frames: float64 of shape (frames, 4)."""
    found = []
    for path in sorted(CLIP.rglob("*.png")):
        y, x = np.nonzero(np.asarray(Image.open(path).convert("L")) > 127)
        found.append([x.min(), y.min(), x.max() + 1, y.max() + 1])
    return np.array(found, np.float64)


def overlaps(a: Boxes, b: Boxes, given: int = 0) -> NDArray[np.float64]:
    """IoU of each frame but the one whose box was given."""
    a, b = np.delete(a, given, axis=0), np.delete(b, given, axis=0)
    sides = np.clip(np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2]), 0, None)
    shared = sides.prod(axis=1)
    return shared / ((a[:, 2:] - a[:, :2]).prod(axis=1) + (b[:, 2:] - b[:, :2]).prod(axis=1) - shared)


def interpolated(true: Boxes, keyframes: Sequence[int]) -> Boxes:
    """Boxes between keyframes at true boxes; beyond them they stay."""
    return np.stack([np.interp(np.arange(len(true)), keyframes, true[list(keyframes), each]) for each in range(4)], axis=1)


def evenly(true: Boxes, wanted: float) -> int:
    """The number of evenly spaced keyframes, first and last frame among them, that reach a mean IoU."""
    for count in range(1, len(true) + 1):
        places = np.unique(np.linspace(0, len(true) - 1, count).round().astype(int)).tolist()
        if overlaps(interpolated(true, places), true).mean() >= wanted:
            return count
    return len(true)


def greedily(true: Boxes, wanted: float) -> int:
    """The same, from the first and the last frame on, the next one always where the interpolation is worst."""
    places = [0]
    while True:
        found = overlaps(interpolated(true, sorted(places)), true)
        if found.mean() >= wanted or len(places) == len(true):
            return len(places)
        places.append(len(true) - 1 if len(places) == 1 else 1 + int(found.argmin()))


def nanotrack(version: str) -> dict[str, Path]:
    return {"backbone": WEIGHTS / f"{version}_backbone_sim.onnx", "head": WEIGHTS / f"{version}_head_sim.onnx"}


TRACKERS: dict[str, tuple[str, dict[str, Path]]] = {
    "NanoTrack v2": ("nanotrack", nanotrack("v2")),
    "NanoTrack v1": ("nanotrack", nanotrack("v1")),
    "Optical flow": ("optical-flow", {}),
    "TrackerMIL": ("trackermil", {}),
}


def bare(name: str) -> Any:
    """The tracker of OpenCV itself, where there is one."""
    kind, files = TRACKERS[name]
    if kind == "trackermil":
        return cv2.TrackerMIL.create()
    if kind == "nanotrack":
        options = cv2.TrackerNano.Params()
        options.backbone, options.neckhead = str(files["backbone"]), str(files["head"])
        return cv2.TrackerNano.create(options)
    return None


def alone(tracker: Any, pictures: Sequence[Any], first: NDArray[np.float64]) -> Boxes:
    """Boxes of a bare tracker; where it is lost the box before stays."""
    left, top, right, bottom = (round(each) for each in first)
    tracker.init(pictures[0], (left, top, right - left, bottom - top))
    found = [first]
    for picture in pictures[1:]:
        good, (x, y, width, height) = tracker.update(picture)
        found.append(np.array([x, y, x + width, y + height], np.float64) if good else found[-1])
    return np.array(found)


def ours(model: Any, task: cw.Task, true: Boxes, start: int) -> tuple[Boxes, float]:
    """Boxes of ``task.track`` (empty ones where the object was lost), and seconds."""
    box = {"frame": start, "label": "car", "type": "rectangle", "points": true[start]}
    begin = time.process_time()
    task.track(model, box, range(len(true)), start=start, progress=False)
    seconds = time.process_time() - begin
    found = np.zeros_like(true)
    rows: Any = task.to_frame(interpolate=True)
    for frame, points in zip(rows["frame"], rows["points"], strict=True):
        found[frame] = points
    task.undo()
    task.undo() if len(task.shapes) else None
    return found, seconds


def report(**values: Any) -> None:
    print(
        json.dumps({key: round(value, 3) if isinstance(value, float) else value for key, value in values.items()}), flush=True
    )


def main() -> None:
    cv2.setNumThreads(1)
    true = truth()
    files = sorted(CLIP.rglob("*.jpg"))
    pictures = [cv2.imread(str(path)) for path in files]
    with tempfile.TemporaryDirectory() as folder:
        task = cw.Task.create("car", files, labels=["car"], store=Path(folder) / "s.sqlite")
        for name in sys.argv[1:] or list(TRACKERS):
            kind, weights = TRACKERS[name]
            model = cw.load_backend(kind, **weights)
            boxes, seconds = ours(model, task, true, 0)
            back, _ = ours(model, task, true, len(true) - 1)
            mean = float(overlaps(boxes, true).mean())
            tracker = bare(name)
            report(
                tracker=name, forwards=mean, backwards=float(overlaps(back, true, len(true) - 1).mean()),
                bare=float(overlaps(alone(tracker, pictures, true[0]), true).mean()) if tracker else None,
                worst=float(overlaps(boxes, true).min()), ms=1000 * seconds / (len(true) - 1),
                evenly=evenly(true, mean), greedily=greedily(true, mean), saved=greedily(true, mean) - 1,
            )  # fmt: skip
    for level in (0.8, 0.85, 0.9, 0.95):
        report(level=level, evenly=evenly(true, level), greedily=greedily(true, level))


if __name__ == "__main__":
    main()
