"""The frames a model is least sure of come first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cvat_widgets as cw


@pytest.fixture
def task(tmp_path: Path) -> cw.Task:
    frames = np.zeros((8, 32, 48, 3), np.uint8)
    for number in range(8):
        frames[number] += np.uint8(10 * number)
    frames[6, :, :24] = 250
    return cw.Task.create("t", frames, labels=["car"], store=tmp_path / "s.sqlite")


def rising(image: Any) -> Any:
    return {"box": [2, 2, 20, 20], "label": "car", "score": 0.5 + int(image[0, -1, 0]) / 200}


def test_entropy_puts_scores_of_a_half_first(task: cw.Task) -> None:
    model = cw.detector(labels=["car"])(rising)
    ranked = cw.active_learning(task, model, progress=False)
    assert ranked["frame"].tolist() == list(range(8))
    assert list(ranked.columns) == ["frame", "frame_name", "score"]
    assert ranked["score"].iat[0] == pytest.approx(np.log(2))
    assert len(cw.active_learning(task, model, count=2, progress=False)) == 2
    task.add({"frame": 0, "label": "car", "type": "rectangle", "points": [1, 1, 5, 5]})
    assert cw.active_learning(task, model, progress=False)["frame"].tolist() == list(range(1, 8))


def test_one_model_disagrees_with_its_mirror_image_and_several_with_each_other(task: cw.Task) -> None:
    def left_edge(image: Any) -> Any:
        bright = image[..., 0] > 200
        return {"box": [0, 0, 10, 32], "label": "car"} if bright.any() else {"box": [0, 0, 48, 32], "label": "car"}

    model = cw.detector(labels=["car"])(left_edge)
    ranked = cw.active_learning(task, model, "disagreement", progress=False)
    assert ranked["frame"].iat[0] == 6
    assert ranked["score"].tolist()[0] == pytest.approx(1)
    assert ranked["score"].tolist()[1:] == pytest.approx([0] * 7)
    other = cw.detector(labels=["car"])(lambda image: [])
    ranked = cw.active_learning(task, [model, other], "disagreement", progress=False)
    assert ranked["score"].tolist() == pytest.approx([1] * 8)


def test_diversity_takes_the_odd_one_out_first(task: cw.Task) -> None:
    ranked = cw.active_learning(task, None, "diversity", progress=False)
    assert ranked["frame"].iat[0] == 6
    assert sorted(ranked["frame"]) == list(range(8))
    task.add({"frame": 6, "label": "car", "type": "rectangle", "points": [1, 1, 5, 5]})
    ranked = cw.active_learning(task, None, "diversity", progress=False)
    assert 6 not in ranked["frame"].tolist()
    assert (np.diff(ranked["score"]) <= 1e-12).all()


def test_what_cannot_be_ranked_is_refused(task: cw.Task) -> None:
    with pytest.raises(cw.AnnotationError, match="entropy, disagreement, diversity"):
        cw.active_learning(task, None, "luck")
    with pytest.raises(cw.AnnotationError, match="needs a detector"):
        cw.active_learning(task, "optical-flow")
    with pytest.raises(cw.AnnotationError, match="frame 99"):
        cw.active_learning(task, cw.detector(labels=["car"])(rising), frames=[99])
