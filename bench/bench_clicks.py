"""IoU by number of clicks on real masks: the project's click network against GrabCut. Run: ``python bench/bench_clicks.py``.

The first click is where the object is thickest, each next one in the middle of the largest error, on the object or beside it.
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
CLICKS = 10


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


def clicked(model: Any, image: np.ndarray, mask: np.ndarray, clicks: int = CLICKS) -> list[float]:
    """IoU after each click."""
    encoded = model.encode(image)
    positive, negative = [middle(mask)], []
    before, scores = None, []
    for _ in range(clicks):
        found = model.predict(encoded, Prompt(tuple(positive), tuple(negative), mask=before))
        answer = found[0].bitmap(*mask.shape) if found else np.zeros_like(mask)
        scores.append(overlap(answer, mask))
        before = answer if found else None
        missed, extra = mask & ~answer, answer & ~mask
        (positive if missed.sum() >= extra.sum() else negative).append(middle(missed if missed.sum() >= extra.sum() else extra))
    return scores


def boxed(model: Any, image: np.ndarray, mask: np.ndarray) -> float:
    y, x = np.nonzero(mask)
    box = (float(x.min()), float(y.min()), float(x.max() + 1), float(y.max() + 1))
    found = model.predict(model.encode(image), Prompt(box=box))
    return overlap(found[0].bitmap(*mask.shape), mask) if found else 0.0


def table(name: str, curves: np.ndarray, boxes: list[float], seconds: float) -> dict[str, Any]:
    def needed(level: float) -> float:
        return float(np.mean([next((n + 1 for n, value in enumerate(row) if value >= level), CLICKS) for row in curves]))

    return {
        "interactor": name, "objects": len(curves), **{f"iou@{n}": round(float(curves[:, n - 1].mean()), 3) for n in (1, 3, 5, 10)},
        "box": round(float(np.mean(boxes)), 3), "clicks to .85": round(needed(0.85), 2), "clicks to .90": round(needed(0.9), 2),
        "ms a click": round(1000 * seconds / curves.size),
    }  # fmt: skip


def main(names: list[str]) -> None:
    cv2.setNumThreads(1)
    objects = targets()
    for name in names:
        model = load_backend(name)
        begin = time.process_time()
        curves = np.array([clicked(model, image, mask) for _, image, mask in objects])
        seconds = time.process_time() - begin
        boxes = [boxed(model, image, mask) for _, image, mask in objects]
        print(json.dumps(table(name, curves, boxes, seconds)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or ["clicks", "grabcut"])
