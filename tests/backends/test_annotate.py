"""A detector over a task: one step, resumed after an interruption, exactly once, on Dask too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cvat_widgets as cw
from cvat_widgets.backends import Detection, ModelError, ModelInfo, detector
from cvat_widgets.backends.annotation_journal import Journal
from cvat_widgets.backends.read_ahead import read_ahead
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.records import Tag

FRAMES = 23


def pictures() -> np.ndarray:
    frames = np.zeros((FRAMES, 40, 60, 3), np.uint8)
    frames[:, 0, 0, 0] = np.arange(FRAMES)
    return frames


@pytest.fixture
def task(tmp_path: Path) -> cw.Task:
    return cw.Task.create("t", pictures(), labels=["car", "person"], store=tmp_path / "s.sqlite")


class Numbers:
    """Finds one box a picture, whose left edge is the number written into the picture."""

    def __init__(self, fail_at: int | None = None, error: type[BaseException] = KeyboardInterrupt) -> None:
        self.info = ModelInfo(name="Numbers", kind="detector", labels=LabelSet.of(["auto"]))
        self.fail_at, self.error = fail_at, error
        self.seen: list[int] = []
        self.sizes: list[int] = []

    def detect(self, images: Any, threshold: float | None = None) -> list[list[Detection]]:
        numbers = [int(image[0, 0, 0]) for image in images]
        if self.fail_at in numbers:
            raise self.error
        self.seen += numbers
        self.sizes.append(len(numbers))
        return [[Detection.of_box("auto", [n, 2, n + 9, 12], 0.5 + n / 100)] for n in numbers]


class Killing(Numbers):
    """Kills its own process the first time it sees frame 5."""

    def __init__(self, mark: Path) -> None:
        super().__init__()
        self.mark = mark

    def detect(self, images: Any, threshold: float | None = None) -> list[list[Detection]]:
        if any(int(image[0, 0, 0]) == 5 for image in images) and not self.mark.exists():
            self.mark.touch()
            os._exit(1)
        return super().detect(images, threshold)


def test_a_detector_annotates_in_one_step(task: cw.Task) -> None:
    model, told = Numbers(), []
    ids = task.annotate(model, labels={"auto": "car"}, chunk=8, batch=3, progress=lambda *each: told.append(each))
    shapes = task.shapes
    assert shapes["id"].tolist() == ids
    assert shapes["frame"].tolist() == list(range(FRAMES)) == [int(points[0]) for points in shapes["points"]]
    assert set(shapes["source"]) == {"auto"}
    assert shapes["score"].iat[3] == pytest.approx(0.53)
    assert max(model.sizes) == 3
    assert told[-1] == (FRAMES, FRAMES)
    assert task.log()["origin"].tolist() == ["model"]
    assert task.undo() == "Annotate with Numbers"
    assert not len(task.shapes)
    assert len(task.annotate(Numbers(), labels={"auto": "car"}, progress=False)) == FRAMES  # undone is not "done already"


def test_the_threshold_and_the_frames_are_kept(task: cw.Task) -> None:
    task.annotate(Numbers(), labels={"auto": "car"}, threshold=0.6, frames=[3, 12, 20], progress=False)
    assert task.shapes["frame"].tolist() == [12, 20]
    with pytest.raises(cw.AnnotationError, match="frame 23 does not exist"):
        task.annotate(Numbers(), labels={"auto": "car"}, frames=[23], progress=False)
    with pytest.raises(ModelError, match="threshold"):
        task.annotate(Numbers(), labels={"auto": "car"}, threshold=3, progress=False)


def test_an_interrupted_run_goes_on_and_doubles_nothing(task: cw.Task) -> None:
    with pytest.raises(KeyboardInterrupt):
        task.annotate(Numbers(fail_at=13), labels={"auto": "car"}, chunk=5, progress=False)
    assert (len(task.shapes), task.revision) == (0, 0)
    again = Numbers()
    assert len(task.annotate(again, labels={"auto": "car"}, chunk=5, progress=False)) == FRAMES
    assert again.seen == list(range(10, FRAMES))
    assert task.shapes["frame"].tolist() == list(range(FRAMES))
    assert not list(task.store.path.parent.glob("*_runs/*"))


def test_another_call_does_not_take_over_what_was_found(task: cw.Task) -> None:
    with pytest.raises(KeyboardInterrupt):
        task.annotate(Numbers(fail_at=13), labels={"auto": "car"}, chunk=5, progress=False)
    other = Numbers()
    task.annotate(other, labels={"auto": "person"}, chunk=5, progress=False)
    assert other.seen == list(range(FRAMES))
    afresh = Numbers()
    task.annotate(afresh, labels={"auto": "car"}, chunk=5, progress=False, resume=False)
    assert afresh.seen == list(range(FRAMES))


def test_a_killed_kernel_neither_loses_nor_doubles_a_shape(task: cw.Task) -> None:
    script = f"""
import os
import cvat_widgets as cw
from tests.backends.test_annotate import Numbers

class Killed(Numbers):
    def detect(self, images, threshold=None):
        if any(int(image[0, 0, 0]) == 13 for image in images):
            os.kill(os.getpid(), 9)
        return super().detect(images, threshold)

task = cw.Task.open("t", store={str(task.store.path)!r})
task.annotate(Killed(), labels={{"auto": "car"}}, chunk=5, batch=1, progress=False)
"""
    root = Path(__file__).resolve().parents[2]
    killed = subprocess.run([sys.executable, "-c", script], cwd=root, check=False, capture_output=True, timeout=120)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert (len(task.shapes), task.revision) == (0, 0)
    again = Numbers()
    assert len(task.annotate(again, labels={"auto": "car"}, chunk=5, batch=1, progress=False)) == FRAMES
    assert again.seen == list(range(10, FRAMES))
    assert task.shapes["frame"].tolist() == list(range(FRAMES))


def test_a_crash_between_writing_and_forgetting_doubles_nothing(task: cw.Task, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(self: Journal) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "remove", crash)
        with pytest.raises(KeyboardInterrupt):
            task.annotate(Numbers(), labels={"auto": "car"}, progress=False)
    assert len(task.annotate(Numbers(), labels={"auto": "car"}, progress=False)) == FRAMES
    assert (len(task.shapes), task.revision) == (FRAMES, 1)


def test_jobs_that_share_frames_each_get_the_shapes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = cw.Task.create("o", pictures(), labels=["car"], segment_size=12, overlap=3, store=tmp_path / "s.sqlite")
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "remove", lambda self: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            task.annotate(Numbers(), labels={"auto": "car"}, progress=False)
    task.annotate(Numbers(), labels={"auto": "car"}, progress=False)
    assert task.shapes["frame"].tolist() == list(range(FRAMES))
    for job in task.jobs:
        assert job.shapes["frame"].tolist() == list(range(job.start, job.stop + 1))
    task.undo()
    assert not len(task.shapes)


def test_clean_removes_what_was_there_in_the_same_step(task: cw.Task) -> None:
    task.add([{"frame": f, "label": "person", "type": "rectangle", "points": [1, 1, 5, 5]} for f in (2, 9)])
    task.annotate(Numbers(), labels={"auto": "car"}, frames=range(5), clean=True, progress=False)
    assert task.shapes["label"].value_counts().to_dict() == {"car": 5, "person": 1}
    task.undo()
    assert task.shapes["label"].tolist() == ["person"] * 2


def test_masks_become_polygons_and_tags_and_skeletons_are_numbered(tmp_path: Path) -> None:
    labels = [
        {"name": "thing", "type": "any"},
        {"name": "body", "type": "skeleton", "sublabels": [{"name": "a", "type": "points"}, {"name": "b", "type": "points"}]},
    ]
    task = cw.Task.create("k", pictures()[:3], labels=[cw.Label.from_raw(each) for each in labels], store=tmp_path / "s.sqlite")

    @detector(labels=labels)
    def model(image: Any) -> Any:
        mask = np.zeros(image.shape[:2], bool)
        mask[5:9, 5:20] = True
        joints = tuple(Detection(name, "points", np.array([3.0, 4.0])) for name in "ab")
        body = Detection("body", "skeleton", elements=joints)
        return [Detection.of_mask("thing", mask), body, Detection("thing", "tag")]

    task.annotate(model, masks_to_polygons=True, progress=False)
    assert task.shapes.groupby("type").size().to_dict() == {"points": 6, "polygon": 3, "skeleton": 3}
    assert len(task.tags) == 3


def test_a_failing_model_and_a_wrong_kind_are_named(task: cw.Task) -> None:
    with pytest.raises(ModelError, match=r"Numbers.*detecting on frame 4.*ZeroDivisionError"):
        task.annotate(Numbers(4, ZeroDivisionError), labels={"auto": "car"}, batch=1, progress=False)
    with pytest.raises(ModelError, match="tracker"):
        task.annotate("optical-flow")
    with pytest.raises(cw.LabelError, match="no label of the task"):
        task.annotate(Numbers(), progress=False)


def test_a_torn_line_of_the_journal_is_done_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", "plan")
    journal.add(0, [Tag(id=1, frame=0, label=1)])
    journal.add(1, [Tag(id=1, frame=1, label=1)])
    whole = journal.path.read_bytes()
    journal.path.write_bytes(whole[:-9])
    again = Journal(tmp_path / "j", "plan")
    assert (list(again.done), again.run) == ([0], journal.run)
    again.add(1, [Tag(id=1, frame=1, label=1)])
    assert journal.path.read_bytes() == whole
    assert not Journal(tmp_path / "j", "another plan").done


def test_reading_ahead_ends_with_its_reader() -> None:
    read: list[int] = []

    def slow(frame: int) -> Any:
        read.append(frame)
        if frame == 7:
            raise cw.MediaError("broken")
        return np.zeros((1, 1, 3), np.uint8)

    stream = read_ahead(range(100), slow, depth=2)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert len(read) <= 5
    assert not [each for each in threading.enumerate() if each.name == "read-ahead"]
    with pytest.raises(cw.MediaError, match="broken"):
        list(read_ahead(range(5, 9), slow))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_dask_does_the_same_and_a_killed_worker_costs_nothing(task: cw.Task, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    del distributed
    ids = task.annotate(
        Killing(tmp_path / "killed"), labels={"auto": "car"}, engine="dask", workers=2, chunk=3, batch=2, progress=False
    )
    assert (tmp_path / "killed").exists()
    assert len(ids) == FRAMES
    assert task.shapes["frame"].tolist() == list(range(FRAMES))
    assert task.revision == 1
