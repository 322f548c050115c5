"""Frames that are taken out of a task: what stays, what is left out of exports, what canvases hear."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import cvat_widgets as cw
from cvat_widgets.errors import NotFoundError
from cvat_widgets.formats import read_dataset
from cvat_widgets.model.interpolation import interpolate_table


@pytest.fixture
def task(tmp_path: Path) -> cw.Task:
    pictures = np.zeros((8, 40, 60, 3), np.uint8)
    task = cw.Task.create("deleted", pictures, labels=["car", "night"], store=tmp_path / "store.sqlite")
    box = {"type": "rectangle", "label": "car"}
    task.add([
        {**box, "frame": 0, "points": [0, 0, 10, 10]},
        {**box, "frame": 3, "points": [5, 5, 15, 15]},
        {"frame": 3, "label": "night", "type": "tag"},
        {**box, "frame": 1, "points": [0, 0, 10, 10], "track_id": 1},
        {**box, "frame": 5, "points": [40, 20, 50, 30], "track_id": 1},
    ])  # fmt: skip
    return task


def test_frames_are_deleted_and_restored_by_number_and_name(task: cw.Task) -> None:
    assert task.delete_frames(3) == [3]
    assert task.delete_frames([3, task.frame_index.names[6]]) == [3, 6]
    assert len(task.to_frame()) == 5, "annotations stay"
    assert task.restore_frames(3) == [6]
    assert task.restore_frames() == []
    with pytest.raises(NotFoundError, match="frame 8 does not exist"):
        task.delete_frames([1, 8])
    with pytest.raises(NotFoundError, match="no frame called"):
        task.delete_frames("nothing.png")
    assert task.deleted_frames == []


@pytest.mark.filterwarnings("ignore::cvat_widgets.formats.LossWarning")
def test_exports_by_name_leave_deleted_frames_out(task: cw.Task, tmp_path: Path) -> None:
    whole = read_dataset(task.export(tmp_path / "whole.zip", "COCO 1.0"))
    task.delete_frames([3, 5])
    dataset = read_dataset(task.export(tmp_path / "part.zip", "COCO 1.0"))
    names = task.frame_index.names
    assert list(dataset.frames.names) == [names[frame] for frame in (0, 1, 2, 4, 6, 7)]

    def boxes(each: Any, left_out: tuple[int, ...] = ()) -> list[tuple[str, list[float]]]:
        table = interpolate_table(each.table, frame_count=len(each.frames))
        rows = zip(table.frame.tolist(), table.offsets[:-1], table.offsets[1:], strict=True)
        found = [(each.frames.names[frame], table.points[a:b].round(2).tolist()) for frame, a, b in rows]
        return sorted(row for row in found if row[0] not in {names[frame] for frame in left_out})

    assert boxes(dataset) == boxes(whole, (3, 5)), "what is left is where it was"


def test_exports_by_number_keep_the_numbers(task: cw.Task, tmp_path: Path) -> None:
    task.delete_frames([3])
    path = task.export(tmp_path / "video.zip", "CVAT for video 1.1")
    with zipfile.ZipFile(path) as archive:
        root = ET.fromstring(archive.read("annotations.xml"))
    boxes = [(int(box.get("frame", "")), box.get("outside")) for box in root.iter("box")]
    assert all(outside == "1" for frame, outside in boxes if frame == 3)
    assert {frame for frame, outside in boxes if outside == "0"} >= {0, 1, 2, 4, 5}


def test_a_job_without_its_deleted_frames(task: cw.Task, tmp_path: Path) -> None:
    parted = cw.Task.create(
        "parted", np.zeros((8, 40, 60, 3), np.uint8), labels=["car"], segment_size=4, overlap=0, store=task.store
    )
    parted.add([{"frame": frame, "label": "car", "type": "rectangle", "points": [0, 0, 10, 10]} for frame in range(8)])
    parted.delete_frames([1, 4, 5])
    names = parted.frame_index.names
    first, second = (read_dataset(job.export(tmp_path / f"{job.id}.zip", "COCO 1.0")) for job in parted.jobs)
    assert list(first.frames.names) == [names[frame] for frame in (0, 2, 3)]
    assert list(second.frames.names) == [names[frame] for frame in (6, 7)]
    assert (len(first.table), len(second.table)) == (3, 2)
