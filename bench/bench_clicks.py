"""Clicks to an IoU of 0.85 and 0.90 on real masks, of every interactor that needs no weights from elsewhere.

Run: ``python bench/bench_clicks.py [clicks] [grabcut] [intelligent-scissors]``. The first click is where the object is thickest,
each next one in the middle of the largest region that is wrong, on the object or beside it; after 20 clicks the object counts as
failed, and as 20. Scissors are clicked along the outline: the next click is where the true outline is farthest from the line.
Pictures and masks lie beside the project (``shared/data``) and were not seen in training.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from cvat_widgets.backends import Prompt, load_backend

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "media"
CLICKS = 20
ENOUGH = 0.90


def targets() -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Five frames of a car, the instances of three photos, one frame with a bike and its rider."""
    found = []
    for number in range(0, 40, 8):
        for path in (DATA / "davis_car_shadow/JPEGImages").rglob(f"{number:05d}.jpg"):
            mask = next((DATA / "davis_car_shadow/Annotations").rglob(f"{number:05d}.png"))
            found.append((f"car {number}", _read(path), np.asarray(Image.open(mask).convert("L")) > 0))
    folder = DATA / "labelme_voc/instance_segmentation/data_dataset_voc"
    pairs = [
        (path, folder / "SegmentationObject" / f"{path.stem}.png") for path in sorted((folder / "JPEGImages").glob("*.jpg"))
    ]
    pairs += [(DATA / "cutie_bike/images/00000.jpg", DATA / "cutie_bike/masks/00000.png")]
    for path, mask_path in pairs:
        numbers = np.asarray(Image.open(mask_path))
        for number in np.unique(numbers):
            if number not in (0, 255) and (numbers == number).sum() > 400:
                found.append((f"{path.stem} {number}", _read(path), numbers == number))
    return found


def _read(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def middle(region: np.ndarray) -> tuple[float, float]:
    depth = cv2.distanceTransform(np.pad(region.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    row, column = np.unravel_index(depth.argmax(), depth.shape)
    return float(column) + 0.5, float(row) + 0.5


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / max(1, (a | b).sum()))


def largest(region: np.ndarray) -> np.ndarray:
    """The largest connected part."""
    _, numbers, stats, _ = cv2.connectedComponentsWithStats(region.astype(np.uint8), connectivity=8)
    return numbers == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax()) if len(stats) > 1 else region


def clicked(model: Any, image: np.ndarray, mask: np.ndarray, clicks: int = CLICKS) -> list[float]:
    """IoU after each click, until it is enough."""
    encoded = model.encode(image)
    positive, negative = [middle(mask)], []
    before, scores = None, []
    for _ in range(clicks):
        found = model.predict(encoded, Prompt(tuple(positive), tuple(negative), mask=before))
        answer = found[0].bitmap(*mask.shape) if found else np.zeros_like(mask)
        scores.append(overlap(answer, mask))
        if scores[-1] >= ENOUGH:
            break
        before = answer if found else None
        missed, extra = largest(mask & ~answer), largest(answer & ~mask)
        (positive if missed.sum() >= extra.sum() else negative).append(middle(missed if missed.sum() >= extra.sum() else extra))
    return scores


def outlined(model: Any, image: np.ndarray, mask: np.ndarray, clicks: int = CLICKS) -> list[float]:
    """IoU after each click along the outline of the largest part, until it is enough."""
    encoded = model.encode(image)
    outlines, _ = cv2.findContours(largest(mask).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = outlines[0][:, 0].astype(float) + 0.5
    places, scores = [int(outline[:, 0].argmin())], []
    for _ in range(clicks):
        line = model.outline(encoded, outline[places].tolist())
        canvas = np.zeros(mask.shape, np.uint8)
        if len(line) >= 3:
            cv2.fillPoly(canvas, [np.round((line - 0.5) * 16).astype(np.int32)], 1, shift=4)
        scores.append(overlap(canvas > 0, mask))
        if scores[-1] >= ENOUGH:
            break
        drawn = np.ones(mask.shape, np.uint8)
        cv2.polylines(drawn, [np.round(line - 0.5).astype(np.int32)], True, 0)
        apart = cv2.distanceTransform(drawn, cv2.DIST_L2, 5)[outline[:, 1].astype(int), outline[:, 0].astype(int)]
        apart[places] = -1
        places = sorted([*places, int(apart.argmax())])
    return scores


def boxed(model: Any, image: np.ndarray, mask: np.ndarray) -> float:
    y, x = np.nonzero(mask)
    box = (float(x.min()), float(y.min()), float(x.max() + 1), float(y.max() + 1))
    found = model.predict(model.encode(image), Prompt(box=box))
    return overlap(found[0].bitmap(*mask.shape), mask) if found else 0.0


def table(name: str, curves: list[list[float]], boxes: list[float], seconds: float) -> dict[str, Any]:
    """One line: the mean IoU after some clicks (an object that was good enough keeps its IoU), clicks to a level, failures."""

    def needed(level: float) -> list[int]:
        return [next((n + 1 for n, value in enumerate(row) if value >= level), 0) for row in curves]

    line: dict[str, Any] = {"interactor": name, "objects": len(curves)}
    for number in (1, 3, 5, 10, 20):
        line[f"iou@{number}"] = round(float(np.mean([row[min(number, len(row)) - 1] for row in curves])), 3)
    for level in (0.85, 0.90):
        line[f"clicks to {level}"] = round(float(np.mean([each or CLICKS for each in needed(level)])), 2)
        line[f"never {level}"] = needed(level).count(0)
    return {
        **line,
        **({"box": round(float(np.mean(boxes)), 3)} if boxes else {}),
        "ms a click": round(1000 * seconds / sum(map(len, curves))),
    }


def main(names: list[str]) -> None:
    cv2.setNumThreads(1)
    objects = targets()
    for name in names:
        model = load_backend(name)
        begin = time.process_time()
        along = name == "intelligent-scissors"
        curves = [(outlined if along else clicked)(model, image, mask) for _, image, mask in objects]
        seconds = time.process_time() - begin
        boxes = [] if along else [boxed(model, image, mask) for _, image, mask in objects]
        print(json.dumps(table(name, curves, boxes, seconds)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or ["clicks", "intelligent-scissors", "grabcut"])
