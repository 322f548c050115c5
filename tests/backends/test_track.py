"""A tracker over a task: forwards, backwards, lost, corrected; keyframes as CVAT writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cvat_widgets as cw
from cvat_widgets.backends import Detection, ModelError, ModelInfo

from .conftest import Sequence, iou

FRAMES = 20


class Mover:
    """Moves every shape by the number of frames since its start; loses it on given frames."""

    def __init__(self, lost: tuple[int, ...] = ()) -> None:
        self.info = ModelInfo(name="Mover", kind="tracker", shape_types=("rectangle", "polygon"))
        self.lost = lost
        self.calls: list[tuple[int, int]] = []

    def start(self, image: Any, shapes: Any) -> list[Any]:
        return [{"frame": int(image[0, 0, 0]), "shape": shape} for shape in shapes]

    def step(self, image: Any, states: Any) -> list[Detection | None]:
        frame = int(image[0, 0, 0])
        self.calls.append((frame, len(states)))
        if frame in self.lost:
            return [None] * len(states)
        return [Detection("", each["shape"].type, each["shape"].points + (frame - each["frame"]), 0.75) for each in states]


@pytest.fixture
def task(tmp_path: Path) -> cw.Task:
    frames = np.zeros((FRAMES, 60, 80, 3), np.uint8)
    frames[:, 0, 0, 0] = np.arange(FRAMES)
    labels = [cw.Label("car", attributes=(cw.Attribute("colour", "text"), cw.Attribute("speed", "number", mutable=True)))]
    return cw.Task.create("t", frames, labels=labels, store=tmp_path / "s.sqlite")


def box(frame: int, left: int = 10, **more: Any) -> dict[str, Any]:
    return {"frame": frame, "label": "car", "type": "rectangle", "points": [left, 10, left + 20, 30], **more}


def test_shapes_become_tracks_forwards_and_backwards_in_one_pass(task: cw.Task) -> None:
    ids = task.add([box(5, **{"attr.colour": "red", "attr.speed": "3"}), box(5, 40), box(8, 30)])
    model = Mover()
    tracks = task.track(model, ids, range(2, 11), progress=False)
    assert len(tracks) == 3
    assert not len(task.shapes)
    rows = task.tracks[task.tracks["track_id"] == tracks[0]]
    assert rows["frame"].tolist() == list(range(2, 11))
    assert [int(points[0]) for points in rows["points"]] == list(range(7, 16))
    assert set(rows["attr.colour"]) == {"red"}
    assert rows["score"].iat[0] == pytest.approx(0.75)
    assert (8, 2) in model.calls  # both objects of frame 5 in one call
    assert (9, 3) in model.calls
    assert task.log()["origin"].tolist() == ["python", "model"]
    assert task.undo() == "Track with Mover"
    assert (len(task.shapes), len(task.tracks)) == (3, 0)


def test_up_to_a_frame_and_new_records(task: cw.Task) -> None:
    [track] = task.track(Mover(), box(4), 7, progress=False)
    assert task.tracks["frame"].tolist() == [4, 5, 6, 7]
    assert set(task.tracks["source"]) == {"semi-auto"}
    assert task.track(Mover(), task.tracks.iloc[:1], 2, progress=False) == [track]
    assert task.tracks["frame"].tolist() == [2, 3, 4, 5, 6, 7]


def test_a_lost_object_gets_an_outside_keyframe_and_is_left_alone(task: cw.Task) -> None:
    model = Mover(lost=(9,))
    task.track(model, box(6), progress=False)
    rows = task.tracks
    assert rows["frame"].tolist() == [6, 7, 8, 9]
    assert rows["outside"].tolist() == [False, False, False, True]
    assert rows["points"].iat[3].tolist() == rows["points"].iat[2].tolist()
    assert model.calls[-1][0] == 9
    assert task.to_frame(interpolate=True)["frame"].max() == 8


def test_a_corrected_track_is_tracked_again_from_there(task: cw.Task) -> None:
    [track] = task.track(Mover(), box(0), progress=False)
    fixed = task.tracks[task.tracks["frame"] == 10].copy()
    fixed.at[fixed.index[0], "points"] = np.array([50.0, 10, 70, 30])
    task.update(fixed)
    assert task.track(Mover(), track, range(10, 15), progress=False) == [track]
    left = dict(zip(task.tracks["frame"], [int(p[0]) for p in task.tracks["points"]], strict=True))
    assert [left[f] for f in (9, 10, 14, 15)] == [19, 50, 54, 25]
    task.track(Mover(lost=(3,)), track, range(8, -1, -1), start=8, progress=False)
    rows = task.tracks
    assert rows.loc[rows["frame"] == 3, "outside"].tolist() == [True]
    assert not rows.loc[rows["frame"] == 2, "outside"].any()
    task.track(Mover(lost=(12,)), track, 15, start=10, progress=False)
    rows = task.tracks
    assert rows.loc[rows["frame"].between(9, 16), "frame"].tolist() == [9, 10, 11, 12, 16]
    assert rows.loc[rows["outside"], "frame"].tolist() == [3, 12]


def test_what_cannot_be_followed_is_refused(task: cw.Task) -> None:
    with pytest.raises(cw.NotFoundError, match="id 99"):
        task.track(Mover(), 99)
    with pytest.raises(ModelError, match="detector"):
        task.track(cw.detector(labels=["car"])(lambda image: []), box(0))
    with pytest.raises(cw.AnnotationError, match="frame 30"):
        task.track(Mover(), box(0), [30])
    [track] = task.track(Mover(lost=(5,)), box(2), progress=False)
    with pytest.raises(cw.AnnotationError, match="not visible on frame 9"):
        task.track(Mover(), track, start=9)


def test_an_interruption_and_a_change_by_others_leave_the_task_as_it_was(task: cw.Task) -> None:
    [shape] = task.add(box(3))

    def stop(done: int, count: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        task.track(Mover(), shape, progress=stop)

    def meddle(done: int, count: int) -> None:
        if done == 4:
            task.store.commit(
                task.id, cw.model.changes.Edit(updated={shape: {"z_order": (0, 3)}}), author="somebody else", origin="canvas"
            )

    import cvat_widgets.model.changes

    del cvat_widgets
    with pytest.raises(cw.ConflictError):
        task.track(Mover(), shape, progress=meddle)
    assert len(task.shapes) == 1
    assert not len(task.tracks)


def test_jobs_bound_a_track(tmp_path: Path) -> None:
    task = cw.Task.create("j", np.zeros((12, 60, 80, 3), np.uint8), labels=["car"], segment_size=6, store=tmp_path / "s.sqlite")
    task.track(Mover(), box(2), progress=False)
    assert task.jobs[0].tracks["frame"].tolist() == [2, 3, 4, 5]
    with pytest.raises(cw.AnnotationError, match="frames 0 to 5"):
        task.track(Mover(), box(2), [7], progress=False)


def test_a_real_tracker_keeps_its_accuracy(car_shadow: Sequence, weights: Any, tmp_path: Path) -> None:
    task = cw.Task.create("car", car_shadow.pictures, labels=["car"], store=tmp_path / "s.sqlite")
    model = cw.load_backend(
        "nanotrack", backbone=weights("nanotrack/v2_backbone_sim.onnx"), head=weights("nanotrack/v2_head_sim.onnx")
    )
    start = {"frame": 0, "label": "car", "type": "rectangle", "points": car_shadow.box(0)}
    task.track(model, start, progress=False)
    overlap = [iou(row.points, car_shadow.box(row.frame)) for row in task.tracks.itertuples()]
    assert len(overlap) == len(car_shadow.pictures)
    assert np.mean(overlap[1:]) > 0.8745  # 0.875 through bare cv2; the first box was given
