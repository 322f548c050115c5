"""A real detector over a whole real clip: its labels mapped, the result exported, and judged by pycocotools."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cvat_widgets as cw
from tests.backends.conftest import Sequence

COCO = pytest.importorskip("pycocotools.coco").COCO
COCOeval = pytest.importorskip("pycocotools.cocoeval").COCOeval


def average_precision(truth: dict[str, Any], found: list[dict[str, Any]]) -> tuple[float, float]:
    """Return AP over IoU 0.5 to 0.95 and AP at 0.5, as pycocotools gives them."""
    with contextlib.redirect_stdout(io.StringIO()):
        reference = COCO()
        reference.dataset = truth
        reference.createIndex()
        judged = COCOeval(reference, reference.loadRes(found), "bbox")
        judged.evaluate()
        judged.accumulate()
        judged.summarize()
    return float(judged.stats[0]), float(judged.stats[1])


def test_cars_are_found_in_a_clip_mapped_exported_and_judged(car_shadow: Sequence, weights: Any, tmp_path: Path) -> None:
    task = cw.Task.create("car", car_shadow.pictures, labels=["person", "vehicle"], store=tmp_path / "s.sqlite")
    model = cw.load_backend("yolo", weights=weights("yolox_nano/yolox_nano.onnx"), size=416)
    task.annotate(model, labels={"car": "vehicle"}, threshold=0.05, progress=False)
    assert (task.revision, set(task.shapes["label"]), set(task.shapes["source"])) == (1, {"vehicle"}, {"auto"})
    task.export(tmp_path / "coco.zip", "COCO 1.0")
    with zipfile.ZipFile(tmp_path / "coco.zip") as archive:
        exported = json.loads(archive.read("annotations/instances_default.json"))
    vehicle = next(each["id"] for each in exported["categories"] if each["name"] == "vehicle")
    assert len(exported["images"]) == len(car_shadow.pictures)

    truth = []
    for number, image in enumerate(exported["images"]):
        left, top, right, bottom = car_shadow.box(number)
        box, area = [left, top, right - left, bottom - top], (right - left) * (bottom - top)
        truth.append(
            {"id": number + 1, "image_id": image["id"], "category_id": vehicle, "bbox": box, "area": area, "iscrowd": 0}
        )
    scores = average_precision({**exported, "annotations": truth}, exported["annotations"])
    assert scores[0] > 0.6
    assert scores[1] > 0.92

    # What the detector alone finds gets the same marks: nothing was lost or moved between the model and the file.
    plain = [
        {
            "image_id": image["id"],
            "category_id": vehicle,
            "bbox": [*each.points[:2], *(each.points[2:] - each.points[:2])],
            "score": each.score,
        }
        for image, picture in zip(exported["images"], car_shadow.pictures, strict=True)
        for each in model.detect([picture], threshold=0.05)[0]
        if each.label == "car"
    ]
    assert len(plain) == len(exported["annotations"])
    assert scores == pytest.approx(average_precision({**exported, "annotations": truth}, plain), abs=1e-6)
    assert np.isfinite(scores).all()
