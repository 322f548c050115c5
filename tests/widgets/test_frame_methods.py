"""Deleted frames, context images and chapters, as the browser asks for them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

import cvat_widgets as cw
from cvat_widgets.job import Job
from tests.widgets.conftest import Wire
from tests.widgets.test_session import answer_of

MILLISECOND = Fraction(1, 1000)


def rpc(wire: Wire, number: int, method: str, **params: object) -> tuple[dict, list[bytes]]:
    wire.ask({"t": "rpc", "client": "a", "id": number, "method": method, "params": params})
    return answer_of(wire, number)


def told(wire: Wire) -> list[tuple[str, list[int]]]:
    return [(comm, message["deleted"]) for comm, message, _ in wire.sent if message["t"] == "frames"]


def test_frames_are_deleted_and_every_canvas_hears_of_it(wire: Wire, job: Job) -> None:
    other = Wire(job)
    assert rpc(wire, 1, "frames.delete", frame=2)[0]["result"] == {"deleted": [2]}
    assert rpc(wire, 2, "frames.delete", frame=4)[0]["result"] == {"deleted": [2, 4]}
    assert rpc(wire, 3, "frames.restore", frame=2)[0]["result"] == {"deleted": [4]}
    # What answers the browser goes over the data comm.
    assert told(wire) == told(other) == [("data", [2]), ("data", [2, 4]), ("data", [4])]
    assert job.task.deleted_frames == [4]
    job.task.restore_frames()
    assert told(other)[-1] == ("control", [])
    other.session.close()
    job.task.delete_frames(1)
    assert told(other)[-1] == ("control", [])
    (welcome,) = wire.ask({"t": "hello", "client": "b", "protocol": 1})
    assert welcome["frames"]["deleted"] == [1]


def test_frames_are_not_deleted_where_nobody_may(wire: Wire, job: Job) -> None:
    assert rpc(wire, 1, "frames.delete", frame=6)[0]["t"] == "error"
    assert rpc(wire, 2, "frames.delete", frame=True)[0]["t"] == "error"
    reader = Wire(job, read_only=True)
    assert "read-only" in rpc(reader, 1, "frames.delete", frame=1)[0]["error"]["message"]
    reader.session.close()
    assert job.task.deleted_frames == []


def test_context_images_are_listed_and_sent(wire: Wire, tmp_path: Path) -> None:
    folder = tmp_path / "related_images" / "3_png"
    folder.mkdir(parents=True)
    Image.fromarray(np.full((3000, 20, 3), 90, np.uint8)).save(folder / "side.png")
    Image.fromarray(np.full((30, 20, 3), 90, np.uint8)).save(folder / "above.png")
    assert rpc(wire, 1, "context", frame=2)[0]["result"] == {"names": []}
    assert rpc(wire, 2, "context", frame=3)[0]["result"] == {"names": ["above.png", "side.png"]}
    message, buffers = rpc(wire, 3, "context.picture", frame=3, index=0)
    assert message["result"] == {"mime": "image/png", "width": 20, "height": 30}
    assert buffers[0] == (folder / "above.png").read_bytes()
    # Large ones are sent smaller.
    assert rpc(wire, 4, "context.picture", frame=3, index=1)[0]["result"]["height"] == 2048
    assert rpc(wire, 5, "context.picture", frame=3, index=2)[0]["t"] == "error"
    assert rpc(wire, 6, "context.picture", frame=2, index=0)[0]["t"] == "error"
    assert rpc(wire, 7, "chapters")[0]["result"] == {"chapters": []}


@pytest.mark.parametrize(("step", "expected"), [(1, [[0, "Start"], [10, "Chapter 2"]]), (3, [[0, "Start"], [4, "Chapter 2"]])])
def test_chapters_of_a_video(tmp_path: Path, step: int, expected: list[list[object]]) -> None:
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.set_chapters(
            [
                {"id": 1, "start": 0, "end": 1000, "time_base": MILLISECOND, "metadata": {"title": "Start"}},
                {"id": 2, "start": 1000, "end": 2000, "time_base": MILLISECOND, "metadata": {}},
            ]
        )  # fmt: skip
        for number in range(20):
            picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number * 10, np.uint8), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    task = cw.Task.create("chapters", path, labels=["car"], store=tmp_path / "store.sqlite", frame_step=step)
    wire = Wire(task.jobs[0])
    assert rpc(wire, 1, "chapters")[0]["result"] == {"chapters": expected}
    wire.session.close()
