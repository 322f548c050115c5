"""Files in and out of a job, called from the browser: in parts, bounded, one change that can be undone, nothing by halves."""

from __future__ import annotations

import itertools
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cvat_widgets as cw
from cvat_widgets.errors import FormatError, ProtocolError
from cvat_widgets.job import Job
from cvat_widgets.widgets import transfers
from cvat_widgets.widgets.transfers import Transfers, safe_name
from tests.widgets.conftest import Wire
from tests.widgets.test_action_methods import answer_to

_numbers = itertools.count(1)


def call(wire: Wire, method: str, buffer: bytes | None = None, /, **params: Any) -> tuple[dict[str, Any], list[bytes]]:
    """Call a method; return the answer and its buffers."""
    number = next(_numbers)
    message = {"t": "rpc", "client": "a", "id": number, "method": method, "params": params}
    wire.session.handle(message, [] if buffer is None else [buffer])
    answer = answer_to(wire, number)
    return answer, next(buffers for _, content, buffers in wire.sent if content is answer)


def ask(wire: Wire, method: str, buffer: bytes | None = None, /, **params: Any) -> dict[str, Any]:
    answer, _ = call(wire, method, buffer, **params)
    assert answer["t"] == "result", answer
    return dict(answer["result"])


def refused(wire: Wire, method: str, buffer: bytes | None = None, /, **params: Any) -> str:
    answer, _ = call(wire, method, buffer, **params)
    assert answer["t"] == "error", answer
    return str(answer["error"]["message"])


def upload(wire: Wire, data: bytes, name: str = "annotations.zip") -> str:
    begun = ask(wire, "dataset.begin", name=name, size=len(data))
    for at in range(0, len(data), begun["part"]):
        ask(wire, "dataset.put", data[at : at + begun["part"]], token=begun["token"], offset=at)
    return str(begun["token"])


@pytest.fixture
def two(job: Job, tmp_path: Path) -> Iterator[tuple[Job, Wire]]:
    """The second of two jobs of three frames each, with objects on both sides."""
    labels = [cw.Label("car", attributes=(cw.Attribute("speed", "number", mutable=True),)), "person"]
    task = cw.Task.create("two", tmp_path, labels=labels, store=job.store, segment_size=3)
    task.add([
        {"frame": 0, "label": "car", "type": "rectangle", "points": [1, 1, 9, 9]},
        {"frame": 4, "label": "person", "type": "polygon", "points": [2, 2, 20, 30, 2, 30]},
    ])  # fmt: skip
    second = task.jobs[1]
    wire = Wire(second)
    yield second, wire
    wire.session.close()


def exported(job: Job, path: Path, format_name: str = "CVAT for images 1.1") -> bytes:
    job.task.export(path, format_name)
    return path.read_bytes()


def test_a_job_is_fetched_in_parts_and_read_again(
    two: tuple[Job, Wire], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, wire = two
    monkeypatch.setattr(transfers, "PART", 100)
    known = ask(wire, "dataset.formats", way="out")
    assert "CVAT for images 1.1" in known["formats"]
    assert known["usual"] == "CVAT for images 1.1"
    assert known["name"] == f"two_job_{job.id}.zip"
    done = ask(wire, "dataset.export", format=known["usual"])
    parts: list[bytes] = []
    while True:
        _, buffers = call(wire, "dataset.part", token=done["token"], offset=sum(map(len, parts)))
        if not buffers[0]:
            break
        assert len(buffers[0]) <= 100
        parts.append(buffers[0])
    assert len(parts) > 3
    (tmp_path / "fetched.zip").write_bytes(b"".join(parts))
    assert sum(map(len, parts)) == done["size"]
    other = cw.Task.create("other", tmp_path / "0.png", labels=["car"], store=job.store)
    with pytest.raises(FormatError, match="not in the task"):
        other.import_annotations(tmp_path / "fetched.zip")
    with zipfile.ZipFile(tmp_path / "fetched.zip") as archive:
        text = archive.read("annotations.xml").decode()
    # Only what is on the frames of this job.
    assert text.count("<polygon") == 1
    assert "<box" not in text
    assert 'label="person"' in text.split("<image", 1)[1]
    ask(wire, "dataset.drop", token=done["token"])
    assert "no longer here" in refused(wire, "dataset.part", token=done["token"])


@pytest.mark.filterwarnings("ignore::cvat_widgets.formats.LossWarning")
def test_a_dataset_with_images_goes_to_a_file_of_the_kernels(
    two: tuple[Job, Wire], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, wire = two
    assert "written to a file" in refused(wire, "dataset.export", format="COCO 1.0", images=True)
    monkeypatch.chdir(tmp_path)
    done = ask(wire, "dataset.export", format="CVAT for images 1.1", images=True, path="out.zip")
    assert done["path"] == str(tmp_path / "out.zip")
    with zipfile.ZipFile(done["path"]) as archive:
        assert sum(name.endswith(".png") for name in archive.namelist()) == 3
    assert ask(wire, "dataset.export", format="CVAT for images 1.1", path="out.zip")["exists"] is True
    assert ask(wire, "dataset.export", format="CVAT for images 1.1", path="out.zip", replace=True)["size"] < done["size"]
    assert "folder" in ask(wire, "dataset.export", format="COCO 1.0", path=str(tmp_path))["errors"]["path"]
    assert "polygon" in ask(wire, "dataset.export", format="MOT 1.1")["losses"]
    assert ask(wire, "dataset.export", format="MOT 1.1", lossy=True)["token"]
    assert "format" in ask(wire, "dataset.export", format="No such format")["errors"]
    monkeypatch.setattr("cvat_widgets.widgets.dataset_methods.MAX_DOWNLOAD", 10)
    assert "save it in the notebook's folder" in ask(wire, "dataset.export", format="COCO 1.0")["errors"]["where"]


def test_what_a_file_has_for_this_job_is_one_change(
    two: tuple[Job, Wire], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, wire = two
    data = exported(job, tmp_path / "whole.zip")
    monkeypatch.setattr("cvat_widgets.widgets.dataset_methods.PART", 64)
    before = job.task.to_frame()
    done = ask(wire, "dataset.import", token=upload(wire, data, "C:\\my files\\whole.zip"))
    # One of the two objects is on a frame of the other job.
    assert done == {"errors": {}, "objects": 1, "left_out": 1, "told": []}
    after = job.task.to_frame()
    assert sorted(after.frame) == [0, 4, 4]
    history = job.store.history(job.task_id, job_id=job.id, author="ann")
    assert history.undo == "Import whole.zip"
    ask(wire, "undo")
    assert job.task.to_frame().equals(before)
    # In place of what is there, and of nothing that another job holds.
    ask(wire, "dataset.import", token=upload(wire, data), format="CVAT 1.1", replace=True)
    assert sorted(job.task.to_frame().frame) == [0, 4]
    ask(wire, "undo")
    assert job.task.to_frame().equals(before)


def test_a_track_is_cut_where_the_job_ends(two: tuple[Job, Wire], tmp_path: Path) -> None:
    job, wire = two
    job.task.jobs[0].task.add([
        {"frame": frame, "label": "car", "type": "rectangle", "points": [frame, 0, frame + 10, 10], "track_id": 1,
         "keyframe": True, "outside": False}
        for frame in (0, 5)
    ])  # fmt: skip
    data = exported(job, tmp_path / "tracks.zip", "Datumaro 1.0")
    done = ask(wire, "dataset.import", token=upload(wire, data), replace=True)
    assert done["objects"] >= 1, done
    rows = job.tracks
    assert rows.frame.min() == 3
    assert rows.frame.max() == 5


def test_attributes_that_the_task_has_not_are_told(two: tuple[Job, Wire], tmp_path: Path) -> None:
    _, wire = two
    rows = [{"frame_name": "4.png", "label": "car", "type": "rectangle", "points": [1, 1, 9, 9], "attr.wings": "2"}]
    data = cw.write_dataset(rows, tmp_path / "a.zip", "CVAT for images 1.1", sizes=(64, 48)).read_bytes()
    done = ask(wire, "dataset.import", token=upload(wire, data))
    assert (done["objects"], done["errors"]) == (1, {})
    assert len(done["told"]) == 1
    assert "left out were 1 × 'wings' of 'car'" in done["told"][0]


def test_what_cannot_be_read_is_told_with_file_and_line_and_changes_nothing(
    two: tuple[Job, Wire], tmp_path: Path, wire: Wire
) -> None:
    job, second = two
    revision = job.task.revision
    broken = b"<?xml version='1.0'?>\n<annotations>\n  <image id='0' name='4.png' width='64' height='48'>\n    <box label='car' xtl='a'/>"
    cases = {
        "notes.txt": (b"no annotations", "notes.txt"),
        "broken.xml": (broken, "broken.xml"),
        "empty.zip": (b"PK\x05\x06" + bytes(18), "empty.zip"),
    }
    for name, (data, expected) in cases.items():
        token = upload(second, data, name)
        told = ask(second, "dataset.import", token=token)["errors"]["file"]
        assert expected in told
        assert "/tmp" not in told
        # The file stays for another try, with another format.
        assert ask(second, "dataset.import", token=token, format="COCO 1.0")["errors"]["file"]
    assert (
        "b.xml:4" in ask(second, "dataset.import", token=upload(second, broken, "b.xml"), format="CVAT 1.1")["errors"]["file"]
    )
    other = exported(wire.session.job, tmp_path / "other.zip")  # type: ignore[arg-type]  # a Job in these tests
    assert "no annotations" in ask(second, "dataset.import", token=upload(second, other))["errors"]["file"]
    elsewhere = tmp_path / "first.zip"
    job.task.jobs[0].export(elsewhere, "CVAT for images 1.1")
    assert (
        "Nothing in it is on a frame"
        in ask(second, "dataset.import", token=upload(second, elsewhere.read_bytes()))["errors"]["file"]
    )
    assert job.task.revision == revision


def test_nothing_more_comes_than_was_announced(wire: Wire, job: Job) -> None:
    assert "at least one byte" in refused(wire, "dataset.begin", name="a.zip", size=0)
    assert "MiB" in refused(wire, "dataset.begin", name="a.zip", size=transfers.MAX_UPLOAD + 1)
    token = ask(wire, "dataset.begin", name="a.zip", size=10)["token"]
    assert "as a whole" in refused(wire, "dataset.import", token=token)
    assert "missing" in refused(wire, "dataset.put", b"12345", token=token, offset=5)
    ask(wire, "dataset.put", b"12345", token=token, offset=0)
    assert "missing" in refused(wire, "dataset.put", b"12345", token=token, offset=0)
    assert "too large" in refused(wire, "dataset.put", b"123456", token=token, offset=5)
    assert "missing" in refused(wire, "dataset.put", token=token, offset=5)
    ask(wire, "dataset.put", b"12345", token=token, offset=5)
    for hostile in ({"token": "../../etc/passwd"}, {"token": ""}, {"token": 3}, {"token": token, "offset": -1}, {}):
        assert refused(wire, "dataset.part", **hostile)
    looking = Wire(job, read_only=True)
    assert "read-only" in refused(looking, "dataset.begin", name="a.zip", size=10)
    assert "read-only" in refused(looking, "dataset.import", token=token)
    assert ask(looking, "dataset.export", format="CVAT for images 1.1")["size"] > 0
    looking.session.close()


def test_few_files_lie_here_and_none_after_the_annotator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    kept = Transfers()
    tokens = [kept.begin(f"{number}.zip", 1) for number in range(9)]
    assert len(list(tmp_path.rglob("*.zip"))) == 4
    with pytest.raises(ProtocolError, match="no longer here"):
        kept.part(tokens[0], 0)
    assert kept.part(tokens[-1], 0) == b""
    kept.close()
    assert not list(tmp_path.iterdir())


@given(st.text(max_size=300))
def test_names_of_the_users_files_are_names_and_no_paths(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert Path(safe).name == safe
    assert safe not in {".", ".."}
    assert len(safe) <= 120
    assert safe.isprintable()
    assert not safe.startswith(".")


def test_the_task_and_its_jobs_are_told(two: tuple[Job, Wire]) -> None:
    job, wire = two
    told = ask(wire, "task.about")
    assert (told["name"], told["frames"], told["jobs_total"]) == ("two", 6, 2)
    assert [(each["start"], each["stop"]) for each in told["jobs"]] == [(0, 2), (3, 5)]
    assert told["store"].endswith("store.sqlite")
    assert told["id"] == job.task_id
