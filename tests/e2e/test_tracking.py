"""The main job: follow objects through a video with mouse and keys, export, import again."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import cvat_widgets as cw
from tests.e2e.annotator import AnnotatorPage
from tests.e2e.lab import NotebookPage

Opener = Callable[..., NotebookPage]


def boxes_of(task: cw.Task) -> pd.DataFrame:
    return task.to_frame(interpolate=True).query("type == 'rectangle'")


def follow(page: AnnotatorPage, boxes: dict[int, tuple[float, float, float, float]]) -> None:
    """Draw the first box as a track and drag it to where the object is at the others."""
    frames = sorted(boxes)
    page.go_to(frames[0])
    page.choose_track_mode()
    page.draw_box(boxes[frames[0]])
    for before, frame in pairwise(frames):
        old, new = boxes[before], boxes[frame]
        page.go_to(frame)
        centre = ((old[0] + old[2]) / 2, (old[1] + old[3]) / 2)
        page.drag(centre, (centre[0] + new[0] - old[0], centre[1] + new[1] - old[1]))
        page.saved()


def check_round_trip(task: cw.Task, media: object, store: Path, folder: Path, **options: Any) -> None:
    """Export to CVAT for video and COCO; a new task that imports the first has the same table; COCO is sound."""
    path = task.export(folder / "video.zip", "CVAT for video 1.1")
    again = cw.Task.create(f"{task.name} again", media, labels=task.labels.to_raw(), store=store, **options)
    again.import_annotations(path, "CVAT 1.1")
    mine, theirs = task.tracks, again.tracks
    compared = ["frame", "frame_name", "label", "type", "rotation", "occluded", "outside", "keyframe", "z_order", "group"]
    order = ["track_id", "frame"]
    mine, theirs = (rows.sort_values(order, ignore_index=True) for rows in (mine, theirs))
    pd.testing.assert_frame_equal(mine[compared], theirs[compared])
    for a, b in zip(mine["points"], theirs["points"], strict=True):
        np.testing.assert_allclose(a, b, atol=0.005001)  # CVAT's XML holds two decimals

    from pycocotools.coco import COCO

    coco_path = task.export(folder / "coco.zip", "COCO 1.0")
    with zipfile.ZipFile(coco_path) as archive:
        member = next(name for name in archive.namelist() if name.endswith(".json"))
        (folder / "instances.json").write_bytes(archive.read(member))
    coco = COCO(str(folder / "instances.json"))
    visible = boxes_of(task)
    assert len(coco.anns) == len(visible)
    areas = sorted((points[2] - points[0]) * (points[3] - points[1]) for points in visible["points"])
    np.testing.assert_allclose(sorted(annotation["area"] for annotation in coco.anns.values()), areas, rtol=1e-3)
    assert len(json.loads((folder / "instances.json").read_text())["images"]) == len(task)


def test_two_people_are_tracked_through_the_generated_clip(open_notebook: Opener, lab: object, tmp_path: Path) -> None:
    sample = cw.samples.street()
    store = tmp_path / "tracking.sqlite"
    notebook = open_notebook(
        [
            f"""import cvat_widgets as cw
task = cw.Task.create("walk", {str(sample.path)!r}, labels=["person", "car"], store={str(store)!r})
annotator = cw.Annotator(task)
annotator"""
        ]
    )
    notebook.run_all()
    page = AnnotatorPage(notebook)
    first = {0: (40, 200, 80, 290), 50: (140, 205, 180, 295), 110: (300, 200, 340, 290)}
    second = {0: (500, 180, 545, 280), 60: (420, 190, 465, 290), 105: (350, 180, 395, 280)}
    follow(page, first)
    page.press("Escape")
    follow(page, second)

    # The second one leaves: "outside" by key at the last keyframe.
    page.go_to(108)
    page.press("o")
    page.saved()
    notebook.screenshot("tracking-generated")

    task = cw.Task.open("walk", store=store)
    visible = boxes_of(task)
    one, two = sorted(visible["track_id"].unique())
    assert sorted(visible.loc[visible["track_id"] == one, "frame"]) == list(range(len(task)))
    assert sorted(visible.loc[visible["track_id"] == two, "frame"]) == list(range(108))
    tracks = task.tracks
    assert tracks.loc[tracks["track_id"] == one, "frame"].tolist() == [0, 50, 110]
    assert tracks.loc[tracks["track_id"] == two, "frame"].tolist() == [0, 60, 105, 108]
    at_25 = visible[(visible["track_id"] == one) & (visible["frame"] == 25)]["points"].iloc[0]
    np.testing.assert_allclose(at_25, [90, 202.5, 130, 292.5], atol=1.5)
    assert not notebook.errors
    check_round_trip(task, sample.path, store, tmp_path)


def test_two_people_are_tracked_through_a_real_clip(
    open_notebook: Opener, lab: object, shared_data: Path, tmp_path: Path
) -> None:
    clip = shared_data / "media" / "opencv_doc" / "vtest.avi"
    if not clip.exists():
        pytest.skip(f"{clip} is not there")
    store = tmp_path / "real.sqlite"
    notebook = open_notebook(
        [
            f"""import cvat_widgets as cw
task = cw.Task.create("vtest", {str(clip)!r}, labels=["person"], stop_frame=149, store={str(store)!r})
cw.Annotator(task)"""
        ]
    )
    notebook.run_all()
    page = AnnotatorPage(notebook)
    follow(page, {0: (180, 120, 220, 210), 60: (230, 160, 270, 250), 120: (280, 220, 320, 310)})
    page.press("Escape")
    follow(page, {0: (500, 100, 540, 190), 70: (450, 150, 490, 240), 130: (400, 200, 440, 290)})
    notebook.screenshot("tracking-real")
    task = cw.Task.open("vtest", store=store)
    assert boxes_of(task).groupby("track_id").size().tolist() == [150, 150]
    assert [rows["frame"].tolist() for _, rows in task.tracks.groupby("track_id")] == [[0, 60, 120], [0, 70, 130]]
    assert not notebook.errors
    check_round_trip(task, clip, store, tmp_path, stop_frame=149)
