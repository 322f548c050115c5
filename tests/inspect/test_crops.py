"""Objects that show the same pixels as another one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cvat_widgets as cw
from cvat_widgets import inspect
from cvat_widgets.errors import AnnotationError


@pytest.fixture
def task(tmp_path: Path) -> cw.Task:
    """30 frames with two objects of noise each; those of frames 20 to 24 are copies of those of 0 to 4, a little brighter."""
    random = np.random.default_rng(5)
    frames = np.full((30, 110, 170, 3), 120, np.uint8)
    blobs = random.integers(0, 250, (30, 2, 6, 6, 3)).repeat(8, axis=2).repeat(8, axis=3)
    blobs[20:25] = blobs[:5] + 3
    for number in range(30):
        for place in range(2):
            # Copies are elsewhere in the picture.
            x, y = 10 + 70 * place + number, 20 + number
            frames[number, y : y + 48, x : x + 48] = blobs[number, place]
    made = cw.Task.create("crops", frames, labels=["blob"], store=tmp_path / "store.sqlite")
    made.add([
        {"frame": n, "label": "blob", "type": "rectangle", "points": [x, 20 + n, x + 48, 68 + n]}
        for n in range(30) for x in (10 + n, 80 + n)
    ])  # fmt: skip
    return made


def test_copies_are_found_and_nothing_else(task: cw.Task) -> None:
    rows = inspect.near_duplicate_crops(task)
    assert sorted(zip(rows["id"], rows["other_id"], strict=True)) == [(number + 40, number) for number in range(1, 11)]
    assert sorted(set(rows["frame"] - rows["other_frame"])) == [20]
    assert rows["score"].between(0.5, 1).all()
    assert rows["label"].tolist() == ["blob"] * 10
    assert rows["reason"].iloc[0].startswith(f"looks like object {rows['other_id'].iloc[0]} on frame ")
    assert len(inspect.near_duplicate_crops(task, apart=21)) == 0
    assert len(inspect.near_duplicate_crops(task, least=49)) == 0
    some = task.shapes.query("frame in [3, 23]")
    assert len(inspect.near_duplicate_crops(task, some)) == 2
    assert set(inspect.all(task, media=True)["finding"]) >= {"near_duplicate_crops"}


def test_embeddings_decide_where_there_are_some(task: cw.Task) -> None:
    shapes = task.shapes
    vectors = np.random.default_rng(1).normal(size=(len(shapes), 32))
    vectors[7] = vectors[50] * 2
    rows = inspect.near_duplicate_crops(task, shapes, embeddings=vectors)
    assert rows[["id", "other_id"]].to_numpy().tolist() == [[shapes["id"].iloc[50], shapes["id"].iloc[7]]]
    assert rows["score"].iloc[0] == pytest.approx(1)
    with pytest.raises(AnnotationError, match="3 embeddings for 60 rows"):
        inspect.near_duplicate_crops(task, shapes, embeddings=vectors[:3])


def test_a_track_is_no_copy_of_itself_and_what_is_outside_is_not_compared(task: cw.Task) -> None:
    track = {"label": "blob", "type": "rectangle", "points": [10, 20, 58, 68], "track_id": 1}
    task.delete(task.shapes["id"])
    task.add(pd.DataFrame([{"frame": 0, **track}, {"frame": 1, "outside": True, **track}]))
    still = {"label": "blob", "type": "rectangle", "points": [0, 0, 9, 9], "track_id": 2}
    task.add(pd.DataFrame([{"frame": frame, **still} for frame in (0, 5, 9)]))
    assert len(inspect.near_duplicate_crops(task)) == 0
    rows = task.tracks
    assert len(inspect.near_duplicate_crops(task, rows, embeddings=np.ones((len(rows), 2)))) == 2
