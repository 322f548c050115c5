"""OpenCV's trackers on files given by the user: what they are given, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from cvat_widgets.backends import Detection, ModelError, load_backend
from tests.backends.siamese_support import picture

OPENCV = {"dasiamrpn": ("TrackerDaSiamRPN", ("network", "kernel_cls1", "kernel_r1")), "vittrack": ("TrackerVit", ("net",))}


@pytest.mark.parametrize("name", OPENCV)
def test_opencvs_trackers_name_the_files_they_need(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kind, options = OPENCV[name]
    with pytest.raises(ModelError, match="weights are missing: "):
        load_backend(name)
    wrong = tmp_path / "wrong.onnx"
    wrong.write_bytes(b"no network")
    with pytest.raises(ModelError, match=r"wrong\.onnx") as caught:
        load_backend(name, **dict.fromkeys(options, wrong))
    assert f"{kind} takes" in str(caught.value)
    monkeypatch.delattr(cv2, kind)
    with pytest.raises(ModelError, match=f"has no {kind}"):
        load_backend(name, **dict.fromkeys(options, wrong))


@pytest.mark.parametrize("name", OPENCV)
def test_opencvs_trackers_are_given_their_files(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kind, options = OPENCV[name]
    made: list[dict[str, Any]] = []

    class Stub:
        class Params:
            pass

        @staticmethod
        def create(parameters: Any) -> Stub:
            made.append(vars(parameters))
            return Stub()

        def init(self, image: Any, box: Any) -> None:
            self.box = box

        def update(self, image: Any) -> tuple[bool, Any]:
            return True, self.box

        def getTrackingScore(self) -> float:  # noqa: N802 - OpenCV's name
            return float(image_score[0])

    image_score = [0.9]
    monkeypatch.setattr(cv2, kind, Stub)
    files = {option: tmp_path / f"{option}.onnx" for option in options}
    for file in files.values():
        file.write_bytes(b"net")
    tracker = load_backend(name, **files)
    names = {"network": "model"}
    assert made == [{names.get(option, option): str(file) for option, file in files.items()}]
    states = tracker.start(picture([]), [Detection.of_box("", np.array([10.0, 10, 50, 50]))])
    assert tracker.step(picture([]), states)[0].points.tolist() == [10, 10, 50, 50]
    image_score[0] = 0.1
    assert tracker.step(picture([]), states) == [None]
