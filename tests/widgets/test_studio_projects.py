"""Datasets of a whole project, out and in, as the task browser asks for them."""

from __future__ import annotations

import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ipywidgets")

import cvat_widgets as cw
from cvat_widgets.widgets.transfers import PART
from tests.waiting import PATIENCE, until
from tests.widgets.studio_page import Page, place, png, send


@pytest.fixture
def city(store: cw.Store, tmp_path: Path) -> cw.Project:
    """Two tasks in two subsets, a box of its own in each."""
    project = cw.Project.create("city", ["car", "person"], store=store)
    for number, subset in enumerate(("train", "val")):
        folder = tmp_path / subset
        folder.mkdir()
        for frame in range(2 + number):
            (folder / f"{frame}.png").write_bytes(png(40 * number + frame))
        task = project.create_task(subset, folder, subset=subset)
        task.add({"frame": number, "label": "car", "type": "rectangle", "points": [1, 1, 9 + number, 9]})
    return project


@pytest.mark.filterwarnings("ignore::cvat_widgets.formats.LossWarning")
def test_a_project_is_exported_by_subset(page: Page, city: cw.Project, tmp_path: Path) -> None:
    target = tmp_path / "out" / "city.zip"
    order = {"kind": "project", "id": city.id, "path": str(target), "format": "Datumaro 1.0"}
    done = page.ask("studio.export", **order, media=True)
    assert done["size"] == target.stat().st_size
    with zipfile.ZipFile(target) as archive:
        both = set(archive.namelist())
    assert {"annotations/train.json", "annotations/val.json"} <= both
    assert page.ask("studio.export", **order, subset="val")["exists"] is True
    page.ask("studio.export", **order, subset="val", media=True, replace=True)
    with zipfile.ZipFile(target) as archive:
        one = set(archive.namelist())
    assert "annotations/train.json" not in one
    assert sum(name.endswith(".png") for name in one) == 3
    unknown = page.ask("studio.export", **order, subset="test", replace=True)["errors"]["path"]
    assert "no frame in the subset 'test'" in unknown
    assert "'train', 'val'" in unknown
    city.tasks[0].add({"frame": 0, "label": "car", "type": "ellipse", "points": [5, 5, 9, 9]})
    lossy = order | {"format": "MOT 1.1", "replace": True}
    assert "cannot hold" in page.ask("studio.export", **lossy)["losses"]
    assert page.ask("studio.export", **lossy, subset="val")["size"] > 0
    assert page.ask("studio.export", **lossy, lossy=True)["size"] > 0


def test_a_subset_of_a_task_in_several_is_exported(city: cw.Project, tmp_path: Path) -> None:
    """The frames of a task may be in subsets of their own, and jobs and deleted frames go along."""
    pd = pytest.importorskip("pandas")
    rows = [
        (str(tmp_path / "val" / f"{frame}.png"), f"x{frame}.png", subset)
        for frame, subset in enumerate(("test", "val", "test"))
    ]
    task = city.create_task("mixed", pd.DataFrame(rows, columns=["path", "name", "subset"]), segment_size=2)
    boxes = [{"frame": frame, "label": "person", "type": "rectangle", "points": [0, 0, 5 + frame, 5]} for frame in range(3)]
    task.add(boxes)
    task.delete_frames([2])
    data = city.dataset("test")
    assert (data.frames.names, [data.frames.subset_of(0)], len(data.frames)) == (["x0.png", "x2.png"], ["test"], 2)
    assert (data.table.frame.tolist(), data.table.label.tolist()) == ([0, 1], [data.labels["person"].id] * 2)
    assert (data.meta["deleted_frames"], data.meta["stop_frame"]) == ([1], 1)
    assert [stop - start for _, start, stop in data.meta["segments"]] == [0, 0]
    assert data.media(1)[1] == png(42)
    assert len(city.dataset("val").frames) == 4


def test_a_dataset_is_imported_from_the_users_computer(page: Page, city: cw.Project, store: cw.Store, tmp_path: Path) -> None:
    packed = tmp_path / "set.zip"
    city.export(packed, "Datumaro 1.0", save_images=True)
    token = upload_one(page, packed)
    taken = page.ask("studio.project.import", project=city.id, upload=token, name="train")
    assert "called" not in taken["errors"].get("path", "")
    made = [cw.Task.open(number, store=store) for number in taken["tasks"]]
    assert ([task.name for task in made], taken["frames"]) == (["train train", "train val"], 5)
    assert [len(task.shapes) for task in made] == [1, 1]
    assert [each["text"] for each in page.progress][-2:] == ["Making the tasks…"] * 2
    assert len(place(store)) == 2  # the zip, whose pictures they show
    again = page.ask("studio.project.import", project=city.id, upload=upload_one(page, packed), name="train")
    assert list(again["errors"]) == ["name"]
    assert len(city.tasks) == 4
    wrong = page.ask("studio.project.import", project=city.id, upload=upload_one(page, packed, "no.xyz", b"nothing"))
    assert list(wrong["errors"]) == ["path"]
    assert str(store.directory) not in wrong["errors"]["path"]
    empty = page.ask("studio.project.import", project=city.id, path="")
    assert empty["errors"]["path"] == "Name a file."
    # Annotations alone, and a backup: both take what they need out of the file.
    page.studio._uploads.close()
    task = city.tasks[0]
    task.export(packed, "CVAT for images 1.1")
    before = len(place(store))
    assert page.ask("studio.import", task=task.id, upload=upload_one(page, packed))["objects"] == 1
    city.backup(packed)
    restored = page.ask("studio.restore", kind="project", upload=upload_one(page, packed), name="copy")
    assert len(cw.Project.open(restored["id"], store).tasks) == 4
    assert len(place(store)) == before


def upload_one(page: Page, path: Path, name: str = "set.zip", data: bytes | None = None) -> str:
    data = path.read_bytes() if data is None else data
    begun = page.ask("studio.upload.begin", purpose="dataset", files=[{"name": name, "size": len(data)}])
    assert begun["taken"] == [0]
    for offset in range(0, len(data), PART):
        send(page, "studio.upload.put", data[offset : offset + PART], token=begun["token"], offset=offset)
    return begun["token"]


def test_an_import_that_is_stopped_makes_no_task(
    page: Page, city: cw.Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = tmp_path / "set.zip"
    city.export(packed, "Datumaro 1.0", save_images=True)
    reached, go_on = threading.Event(), threading.Event()
    real = cw.Project.import_dataset

    def slow(project: cw.Project, *given: Any, progress: Any, **options: Any) -> Any:
        def told(done: int, total: int) -> None:
            if done == 1:
                reached.set()
                go_on.wait(PATIENCE)
            progress(done, total)

        return real(project, *given, progress=told, **options)

    monkeypatch.setattr(cw.Project, "import_dataset", slow)
    number = page.send("studio.project.import", project=city.id, path=str(packed), name="new")
    assert reached.wait(PATIENCE)
    assert len(city.tasks) == 3
    page.studio._handle({"t": "cancel", "client": "page", "id": number}, [])
    go_on.set()
    until(lambda: not page.studio._servers[1]._running)
    assert len(city.tasks) == 2
    assert number not in page.answers
    before = len(city.tasks[0].shapes)
    monkeypatch.setattr(cw.Task, "_rows_of_file", lambda *_: (reached.set(), go_on.wait(PATIENCE), city.tasks[0].table)[-1])
    reached.clear()
    go_on.clear()
    number = page.send("studio.import", task=city.tasks[0].id, path=str(packed))
    assert reached.wait(PATIENCE)
    page.studio._handle({"t": "cancel", "client": "page", "id": number}, [])
    go_on.set()
    until(lambda: not page.studio._servers[1]._running)
    assert len(city.tasks[0].shapes) == before
