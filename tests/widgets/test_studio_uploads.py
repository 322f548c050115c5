"""Files of the user's own computer on their way to be a task, as the task browser sends them."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("ipywidgets")

import cvat_widgets as cw
from cvat_widgets.errors import StoreError
from cvat_widgets.hub.uploads import _checked
from cvat_widgets.widgets import studio_uploads
from cvat_widgets.widgets.studio_uploads import MAX_BYTES, StudioUploads, media_names
from cvat_widgets.widgets.transfers import PART
from tests.waiting import PATIENCE
from tests.widgets.studio_page import Page, place, png, send


def upload(page: Page, files: dict[str, bytes], part: int = 100) -> str:
    """Send files as a page does, in parts that end in the middle of them."""
    begun = page.ask("studio.upload.begin", files=[{"name": name, "size": len(data)} for name, data in files.items()])
    stream = b"".join(list(files.values())[number] for number in begun["taken"])
    for offset in range(0, len(stream), part):
        answer = send(page, "studio.upload.put", stream[offset : offset + part], token=begun["token"], offset=offset)
        assert answer["t"] == "result", answer
    return begun["token"]


def form(token: str, **changes: Any) -> dict[str, Any]:
    return {"name": "mine", "media": {"data": "", "upload": token}, "labels": [{"name": "car"}], **changes}


def test_uploaded_pictures_become_a_task(page: Page, store: cw.Store) -> None:
    files = {"10.png": png(100), "9.png": png(90), "Thumbs.db": b"x", "../../evil.png": png(10), "a/9.PNG": png(91)}
    begun = page.ask("studio.upload.begin", files=[{"name": name, "size": len(data)} for name, data in files.items()])
    assert begun["taken"] == [0, 1, 3, 4]
    assert begun["part"] == PART
    assert begun["notes"] == [
        "1 file that is no picture was left out",
        "renamed, as the name cannot be used here or is taken: evil.png and 1 more",
    ]
    page.ask("studio.upload.drop", token=begun["token"])
    assert place(store) == []
    token = upload(page, files)
    facts = page.ask("studio.media.check", data="", upload=token)
    assert (facts["frames"], facts["first"], facts["last"]) == (4, "9 (2).PNG", "evil.png")
    made = page.ask("studio.task.create", **form(token))
    task = cw.Task.open(made["id"], store=store)
    assert [task.frame_index.names, [int(task.frame(frame)[0, 0, 0]) for frame in range(4)]] == [
        ["9 (2).PNG", "9.png", "10.png", "evil.png"],
        [91, 90, 100, 10],
    ]
    assert len(place(store)) == 5  # the folder and its files, and no mark
    assert "no longer here" in page.ask("studio.task.create", **form(token, name="again"))["errors"]["data"]
    page.studio.close()
    cw.task._open_media.clear()
    assert int(cw.Task.open("mine", store).frame(1)[0, 0, 0]) == 90


def test_a_video_and_an_archive_become_tasks(page: Page, store: cw.Store) -> None:
    video = cw.samples.street().path
    token = upload(page, {"street.mp4": Path(video).read_bytes()}, PART)
    task = cw.Task.open(page.ask("studio.task.create", **form(token))["id"], store=store)
    assert (len(task), task.mode, Path(task.row.media["path"]).name) == (120, "interpolation", "street.mp4")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(3):
            archive.writestr(f"{number}.png", png(number))
    token = upload(page, {"photos [1].zip": packed.getvalue()})
    assert len(cw.Task.open(page.ask("studio.task.create", **form(token, name="zip"))["id"], store=store)) == 3


def opened_files() -> str:
    """Where all files lead to that this process has open."""
    found = []
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("the system does not tell which files are open")
    for each in os.scandir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            found.append(os.readlink(each.path))  # noqa: PTH115  deleted ones have no path
    return " ".join(found)


def test_files_that_are_looked_at_are_closed_before_they_go(page: Page) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(3):
            archive.writestr(f"{number}.png", png(number))
    token = upload(page, {"photos.zip": packed.getvalue()})
    assert page.ask("studio.media.check", data="", upload=token)["frames"] == 3
    held = str(page.studio._uploads.files(token)[0])
    assert held in opened_files()
    page.ask("studio.upload.drop", token=token)
    assert held not in opened_files(), "a file that is deleted but open keeps its place on the disk"


@pytest.mark.parametrize(
    ("files", "text"),
    [
        ([("a.mp4", 5), ("b.mp4", 5)], "one video"),
        ([("a.mp4", 5), ("b.png", 5)], "one video"),
        ([("a.zip", 5), ("b.png", 5)], "one archive"),
        ([("a.exe", 5)], "no picture, video or archive"),
        ([(".hidden.png", 5), ("x.txt", 1)], "no picture or video among"),
        ([("a.png", 5), ("b.png", 0)], "'b.png' is empty"),
        ([("a.mp4", MAX_BYTES + 1)], "GiB"),
        ([("a.png", MAX_BYTES), ("b.png", 1)], "GiB"),
        ([(f"{number}.png", 1) for number in range(studio_uploads.MAX_FILES + 1)], "more than 10,000"),
        ([("a.png", -1)], "malformed"),
        ([], "malformed"),
    ],
)
def test_what_is_no_task_is_refused_before_it_is_sent(
    page: Page, store: cw.Store, files: list[tuple[str, int]], text: str
) -> None:
    assert text in page.refused("studio.upload.begin", files=[{"name": name, "size": size} for name, size in files])
    assert place(store) == []


def test_parts_come_in_order_and_no_more_than_announced(page: Page, store: cw.Store) -> None:
    token = page.ask("studio.upload.begin", files=[{"name": "a.png", "size": 10}, {"name": "b.png", "size": 10}])["token"]

    def put(data: bytes, offset: int, token: str = token) -> str:
        answer = send(page, "studio.upload.put", data, token=token, offset=offset)
        return answer["error"]["message"] if answer["t"] == "error" else ""

    assert "missing" in put(b"x" * 5, 5)
    assert put(b"x" * 12, 0) == ""
    assert "missing" in put(b"x" * 12, 0)  # twice
    assert "missing" in put(b"", 12)
    assert "too large" in put(b"x" * 9, 12)
    assert "too large" in put(b"x" * (PART + 1), 12)
    assert "no longer here" in put(b"x", 0, "ffff")
    assert "as a whole" in page.ask("studio.media.check", data="", upload=token)["errors"]["data"]
    assert "as a whole" in page.ask("studio.task.create", **form(token))["errors"]["data"]
    assert put(b"y" * 8, 12) == ""
    folder = store.directory / "uploads"
    assert {path.name: path.read_bytes() for path in folder.rglob("*.png")} == {"a.png": b"x" * 10, "b.png": b"xx" + b"y" * 8}
    # What is no picture is told by the user's own name for it.
    error = page.ask("studio.task.create", **form(token))["errors"]["data"]
    assert "a.png" in error
    assert str(folder) not in error
    page.ask("studio.upload.drop", token=token)
    assert "no longer here" in put(b"y", 20)
    page.ask("studio.upload.drop", token=token)
    assert place(store) == []


def test_a_task_that_fails_leaves_the_files_to_try_again(page: Page, store: cw.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    token = upload(page, {"a.png": png(1)})
    real = cw.Task.create
    reached, go_on = threading.Event(), threading.Event()

    def broken(*_: Any, **__: Any) -> cw.Task:
        reached.set()
        go_on.wait(PATIENCE)
        raise StoreError("the store is away")

    monkeypatch.setattr(cw.Task, "create", broken)
    number = page.send("studio.task.create", **form(token))
    assert reached.wait(PATIENCE)
    assert "being made of these files" in page.refused("studio.task.create", **form(token))
    assert len(place(store)) == 2
    go_on.set()
    assert "away" in page.answer(number)[0]["error"]["message"]
    assert len(place(store)) == 3  # marked again
    reached.clear()
    go_on.clear()
    number = page.send("studio.task.create", **form(token))
    assert reached.wait(PATIENCE)
    page.ask("studio.upload.drop", token=token)  # the form was left meanwhile
    assert len(place(store)) == 2
    go_on.set()
    page.answer(number)
    assert place(store) == []
    monkeypatch.setattr(cw.Task, "create", real)
    page.ask("studio.task.create", **form(upload(page, {"a.png": png(1)})))
    assert len(place(store)) == 2


def test_nothing_is_left_behind(page: Page, store: cw.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk, pages that were closed, a browser that is closed, and a kernel that was killed."""
    tokens = [upload(page, {f"{number}.png": png(number)}) for number in range(5)]
    assert "no longer here" in page.ask("studio.media.check", data="", upload=tokens[0])["errors"]["data"]
    assert len(place(store)) == 4 * 3
    begun = page.studio._uploads.begin([("big.png", 10)])[0]

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(studio_uploads._Upload, "write", full)
        assert "No space left" in send(page, "studio.upload.put", b"1234567890", token=begun, offset=0)["error"]["message"]
    page.studio.close()
    assert place(store) == []
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 90, 10))
    with pytest.raises(StoreError, match="no room"):
        StudioUploads(store).begin([("a.png", 5)])
    monkeypatch.undo()
    assert place(store) == []
    killed, other = StudioUploads(store), StudioUploads(store)
    left, fresh = killed._uploads[killed.begin([("a.png", 5)])[0]], killed._uploads[killed.begin([("b.png", 5)])[0]]
    kept = store.directory / "uploads" / "0123456789abcdef"
    kept.mkdir()
    for old in (left.mark, left.folder, kept):
        os.utime(old, (time.time() - 90_000,) * 2)
    token = other.begin([("c.png", 5)])[0]
    assert (left.folder.exists(), left.mark.exists(), fresh.folder.exists(), kept.exists()) == (False, False, True, True)
    del killed
    assert not fresh.folder.exists()
    other.drop(token)
    assert place(store) == ["0123456789abcdef"]


NAMES = st.lists(st.text(min_size=1, max_size=300).map(lambda name: f"{name}.png"), min_size=1, max_size=12)


@given(NAMES)
def test_names_lead_nowhere_else_and_are_told_apart(names: list[str]) -> None:
    safe = media_names(names)
    assert len({name.casefold() for name in safe}) == len(names)
    for name in safe:
        assert _checked(name) == name  # a service takes it, too
        assert name.endswith(".png")


def test_names_are_kept_where_they_can_be() -> None:
    names = [
        "IMG+1 (2),é@x.jpg",
        "/etc/a.png",
        "..\\..\\b.png",
        "C:\\x\\c.png",
        "B.PNG",
        "b.png",
        "\u202egpj.exe.png",
        "x" * 300 + ".tar.gz",
    ]
    assert media_names(names) == [
        "IMG+1 (2),é@x.jpg", "a.png", "b.png", "c.png", "B (2).PNG", "b (3).png", "_gpj.exe.png", "x" * 200 + ".tar.gz",
    ]  # fmt: skip
    assert len(set(media_names(["a.png"] * 10_000))) == 10_000
