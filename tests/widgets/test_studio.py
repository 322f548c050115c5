"""The kernel's side of the task browser: lists, forms, changes, files, the annotator inside, changes by others."""

from __future__ import annotations

import io
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("ipywidgets")

import cvat_widgets as cw
from tests.waiting import PATIENCE, until
from tests.widgets.studio_page import Page


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(6):
        Image.fromarray(np.full((480, 640, 3), number * 40, np.uint8)).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def street(pictures: Path, store: cw.Store) -> cw.Task:
    project = cw.Project.create("city", ["car", "person"], bug_tracker="https://example.org/1", store=store)
    task = project.create_task("Street", pictures, subset="train", segment_size=2)
    task.assignee = "ann"
    task.jobs[0].accept()
    task.jobs[1].stage = "validation"
    task.jobs[2].state = "in progress"
    cw.Task.create("50% off", pictures, labels=["x"], store=store)
    cw.Task.create("avenue", pictures, labels=["x"], store=store).subset = "test"
    return task


def test_a_list_has_what_a_row_shows(page: Page, street: cw.Task) -> None:
    page_of_tasks = page.ask("studio.list", kind="tasks", sort="id")
    assert page_of_tasks["total"] == 3
    row = page_of_tasks["rows"][0]
    expected = {
        "name": "Street", "project": "city", "subset": "train", "assignee": "ann", "size": 6, "jobs": 3, "accepted": 1,
        "validation": 1, "in_progress": 1, "status": "annotation", "label_count": 2,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert [label["name"] for label in row["labels"]] == ["car", "person"]
    job = page.ask("studio.list", kind="jobs", sort="id")["rows"][1]
    assert (job["task"], job["project"], job["stage"], job["start"], job["stop"], job["frames"]) == (
        "Street", "city", "validation", 2, 3, 2,
    )  # fmt: skip
    project = page.ask("studio.list", kind="projects")["rows"][0]
    assert (project["tasks"], project["frames"], project["subsets"], project["jobs"], project["accepted"]) == (
        1,
        6,
        ["train"],
        3,
        1,
    )
    assert page.names(project=project["id"]) == ["Street"]
    assert page.ask("studio.list", kind="tasks", sort="-id", offset=1, limit=1)["rows"][0]["name"] == "50% off"


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", ["Street", "50% off", "avenue"]),
        ("STREE", ["Street"]),
        ("%", ["50% off"]),
        ("city", ["Street"]),
        ("name: a AND subset: te", ["avenue"]),
        ("assignee: ANN and status: annot", ["Street"]),
        ("status: validation", []),
        ("project: city", ["Street"]),
        ("id: 2", ["50% off"]),
        ("mode: annotation", ["Street", "50% off", "avenue"]),
        ("mode: interpolation", []),
        ("nothing like it", []),
        ("avenue: no field", []),
    ],
)
def test_search_is_cvats(page: Page, street: cw.Task, search: str, found: list[str]) -> None:
    assert page.names(search=search) == found


@pytest.mark.parametrize(
    ("logic", "found"),
    [
        ({"==": [{"var": "assignee"}, "ann"]}, ["Street"]),
        ({"!=": [{"var": "assignee"}, "ann"]}, ["50% off", "avenue"]),
        ({"!": {"and": [{"==": [{"var": "project_id"}, 1]}]}}, ["50% off", "avenue"]),
        ({"!": {"var": "subset"}}, ["50% off"]),
        ({"in": ["EN", {"var": "name"}]}, ["avenue"]),
        ({"in": [{"var": "subset"}, ["train", "test"]]}, ["Street", "avenue"]),
        ({"startsWith": [{"var": "name"}, "50%"]}, ["50% off"]),
        ({"<=": [2, {"var": "id"}, 3]}, ["50% off", "avenue"]),
        ({">=": [{"var": "updated_date"}, "2020-01-01T00:00:00Z"]}, ["Street", "50% off", "avenue"]),
        ({"<": [{"var": "updated_date"}, "2020-01-01T00:00:00.000Z"]}, []),
        ({"or": [{"==": [{"var": "status"}, "completed"]}, {">": [{"var": "id"}, 2]}]}, ["avenue"]),
    ],
)
def test_filters_are_cvats(page: Page, street: cw.Task, logic: dict[str, Any], found: list[str]) -> None:
    assert page.names(filter=logic) == found
    assert cw.tasks(page.studio.store, filter=logic)["name"].tolist() == found


def test_what_is_no_filter_is_refused_with_a_reason(page: Page, street: cw.Task) -> None:
    assert "no property of this list" in page.refused("studio.list", kind="tasks", filter={"==": [{"var": "password"}, 1]})
    assert "compared with a number" in page.refused("studio.list", kind="tasks", filter={"==": [{"var": "id"}, "x"]})
    assert "no date" in page.refused("studio.list", kind="tasks", filter={">": [{"var": "updated_date"}, "yesterday"]})
    nested: dict[str, Any] = {"var": "id"}
    for _ in range(200):
        nested = {"!": nested}
    assert "nested" in page.refused("studio.list", kind="tasks", filter=nested)
    assert "sorted by" in page.refused("studio.list", kind="tasks", sort="name; DROP TABLE task")
    assert "whole number" in page.refused("studio.list", kind="tasks", search="id: x")
    assert "malformed" in page.refused("studio.list", kind="tasks", limit=10_000)
    assert "malformed" in page.refused("studio.list", kind="tasks", unknown=1)
    assert "no method" in page.refused("frame", frame=0)
    assert page.names() == ["Street", "50% off", "avenue"]


def test_lists_are_sorted_by_several(page: Page, street: cw.Task) -> None:
    rows = page.ask("studio.list", kind="jobs", sort="-task_name,-id")["rows"]
    assert [(row["task"], row["id"]) for row in rows] == [
        ("avenue", 5),
        ("Street", 3),
        ("Street", 2),
        ("Street", 1),
        ("50% off", 4),
    ]
    rows = page.ask("studio.list", kind="tasks", sort="status,-name")["rows"]
    assert [row["name"] for row in rows] == ["avenue", "Street", "50% off"]


def test_tables_have_the_same_rows(page: Page, street: cw.Task) -> None:
    studio = page.studio
    studio.view = {"tab": "tasks", "search": "street", "filter": None, "sort": "name"}
    shown = page.ask("studio.list", kind="tasks", search="street", sort="name")["rows"]
    table = studio.to_frame()
    assert table["name"].tolist() == ["Street"]
    for name in set(table.columns) - {"created", "updated"}:
        assert table[name].iloc[0] == shown[0][name] or table[name].isna().iloc[0], name
    jobs = page.ask("studio.list", kind="jobs", task=street.id, sort="id")["rows"]
    listed, of_task = cw.jobs(studio.store, task=street.id), street.jobs.to_frame()
    for name in ("id", "type", "stage", "state", "start", "stop", "frames"):
        assert [job[name] for job in jobs] == listed[name].tolist() == of_task[name].tolist(), name
    projects = cw.projects(studio.store)
    assert projects[["name", "tasks", "status"]].to_numpy().tolist() == [["city", 1, "annotation"]]


def test_status_follows_the_jobs(page: Page, street: cw.Task) -> None:
    def status() -> tuple[str, list[str]]:
        row = page.ask("studio.list", kind="tasks", search="street")["rows"][0]
        found = page.names(filter={"==": [{"var": "status"}, row["status"]]})
        return row["status"], found

    for job in street.jobs:
        job.stage = "validation"
    assert status() == ("validation", ["Street"])
    assert page.names(search="status: valid") == ["Street"]
    for job in street.jobs:
        job.accept()
    assert status() == ("completed", ["Street"])
    assert cw.projects(page.studio.store, filter={"==": [{"var": "status"}, "completed"]})["name"].tolist() == ["city"]


def test_previews_are_small_and_kept(page: Page, street: cw.Task, pictures: Path) -> None:
    content, (data,) = page.answer(page.send("studio.preview", task=street.id, frame=3))
    picture = Image.open(io.BytesIO(data))
    assert content["result"]["mime"] == "image/jpeg"
    assert max(picture.size) == 256
    assert abs(np.asarray(picture.convert("L")).mean() - 120) < 3
    for path in pictures.iterdir():
        path.unlink()
    assert page.answer(page.send("studio.preview", task=street.id, frame=3))[1] == [data]
    assert "frame 99 does not exist" in page.refused("studio.preview", task=street.id, frame=99)


def form(pictures: Path, **changes: Any) -> dict[str, Any]:
    return {"name": "new", "media": {"data": str(pictures)}, "labels": [{"name": "car"}], **changes}


def test_a_form_makes_a_task(page: Page, pictures: Path, store: cw.Store) -> None:
    facts, (picture,) = page.answer(page.send("studio.media.check", data=str(pictures), frame_step=2))
    found = facts["result"]
    assert (found["frames"], found["width"], found["height"], found["kind"]) == (3, 640, 480, "images")
    assert picture.startswith(b"\xff\xd8")
    made = page.ask(
        "studio.task.create",
        **form(
            pictures, labels=[{"name": "car", "color": "#ff0000", "type": "rectangle", "attributes": [
                {"name": "age", "input_type": "select", "values": ["new", "old"], "mutable": False, "default_value": "new"}]}],
            media={"data": str(pictures), "frame_step": 2}, segment_size=2, overlap=1, subset="train", assignee="ann",
            bug_tracker="https://example.org/2",
        ),
    )  # fmt: skip
    assert made["errors"] == {}
    task = cw.Task.open(made["id"], store=store)
    assert (task.name, len(task), task.subset, task.assignee, task.bug_tracker) == (
        "new", 3, "train", "ann", "https://example.org/2",
    )  # fmt: skip
    assert [(job.start, job.stop) for job in task.jobs] == [(0, 1), (1, 2)]
    label = task.labels["car"]
    assert (label.color, label.type, label.attributes[0].values) == ("#ff0000", "rectangle", ("new", "old"))


@pytest.mark.parametrize(
    ("changes", "field", "text"),
    [
        ({"name": " "}, "name", "Give it a name"),
        ({"name": "x" * 257}, "name", "256"),
        ({"name": "taken"}, "name", "already"),
        ({"labels": []}, "labels", "at least one"),
        ({"labels": [{"name": "car"}, {"name": "car"}]}, "labels", "car"),
        ({"labels": [{"name": "car", "type": "blob"}]}, "labels", "not a label type"),
        ({"labels": [7]}, "labels", ""),
        ({"media": {"data": "/nowhere/*.jpg"}}, "data", "o file matches"),
        ({"media": {"data": ""}}, "data", "Say where"),
        ({"media": {"data": "\0"}}, "data", ""),
        ({"media": {"data": "PLACE", "start_frame": 99}}, "start_frame", "only 6 frames"),
        ({"media": {"data": "PLACE", "start_frame": 3, "stop_frame": 2}}, "stop_frame", "before"),
        ({"segment_size": 3, "overlap": 3}, "overlap", "segment size"),
        ({"bug_tracker": "javascript:alert(1)"}, "bug_tracker", "http"),
        ({"subset": "s" * 65}, "subset", "64"),
    ],
)
def test_mistakes_are_told_at_their_field(
    page: Page, pictures: Path, store: cw.Store, changes: dict[str, Any], field: str, text: str
) -> None:
    cw.Task.create("taken", pictures, labels=["x"], store=store)
    given = form(pictures, **changes)
    given["media"] = {**given["media"], "data": given["media"]["data"].replace("PLACE", str(pictures))}
    answer = page.ask("studio.task.create", **given)
    assert list(answer["errors"]) == [field]
    assert text in answer["errors"][field]
    assert len(cw.tasks(store)) == 1


def test_projects_are_made_filled_and_taken_apart(page: Page, pictures: Path, store: cw.Store) -> None:
    made = page.ask("studio.project.create", name="city", labels=[{"name": "car"}])
    project = made["id"]
    assert page.ask("studio.project.create", name="city")["errors"]["name"].endswith("choose another name.")
    task = page.ask("studio.task.create", **form(pictures, project=project, labels=[]))["id"]
    assert cw.Task.open(task, store=store).labels.names == ["car"]
    other = page.ask("studio.task.create", **form(pictures, name="other", labels=[{"name": "auto"}]))["id"]
    cw.Task.open(other, store=store).add({"frame": 0, "label": "auto", "type": "rectangle", "points": [0, 0, 9, 9]})
    assert "which the project has not" in page.refused("studio.task.move", id=other, project=project)
    moved = page.ask("studio.task.move", id=other, project=project, labels={"auto": "car"})
    assert (moved["project"], [label["name"] for label in moved["labels"]]) == ("city", ["car"])
    details = page.ask("studio.project.update", id=project, name="town", bug_tracker="https://example.org", guide="# Cars")
    assert (details["name"], details["guide"], details["tasks"]) == ("town", "# Cars", 2)
    assert details["guide_blocks"] == [{"t": "h", "level": 1, "c": ["Cars"]}]
    store.add_guide_asset("car.png", b"\x89PNG\r\n\x1a\nrest", project_id=project)
    store.add_guide_asset("car.svg", b"<svg onload='alert(1)'/>", project_id=project)
    assert page.ask("studio.guide.picture", kind="project", id=project, name="car.png")["mime"] == "image/png"
    assert "none of PNG" in page.refused("studio.guide.picture", kind="project", id=project, name="car.svg")
    assert "no picture" in page.refused("studio.guide.picture", kind="task", id=task, name="car.png")
    assert page.ask("studio.project.update", id=project, assignee=" zoe ")["assignee"] == "zoe"
    assert "zoe" in page.ask("studio.project", id=project)["people"]
    listed = page.ask("studio.list", kind="projects", filter={"==": [{"var": "assignee"}, "zoe"]})
    assert [row["name"] for row in listed["rows"]] == ["town"]
    assert page.ask("studio.project.update", id=project, assignee="")["assignee"] is None
    page.ask("studio.labels", kind="project", id=project, labels=[*details["labels"], {"name": "bus"}])
    assert cw.Task.open(task, store=store).labels.names == ["car", "bus"]
    page.ask("studio.delete", kind="project", id=project)
    assert (len(cw.projects(store)), len(cw.tasks(store))) == (0, 2)


def test_a_task_is_changed_and_deleted(page: Page, street: cw.Task) -> None:
    details = page.ask(
        "studio.task.update", id=street.id, name="Road", subset="", assignee="", bug_tracker="https://example.org/3", guide="x"
    )
    shown = {name: details[name] for name in ("name", "subset", "assignee", "guide")}
    assert shown == {"name": "Road", "subset": "", "assignee": None, "guide": "x"}
    assert "already" in page.refused("studio.task.update", id=street.id, name="avenue")
    assert "starts with http" in page.refused("studio.task.update", id=street.id, bug_tracker="javascript:alert(1)")
    first = details["jobs_list"][0]
    job = page.ask("studio.job.update", id=first["id"], stage="annotation", state="rejected", assignee="bob", reviewer="eve")
    assert (job["stage"], job["state"], job["assignee"], job["reviewer"]) == ("annotation", "rejected", "bob", "eve")
    assert "not a stage" in page.refused("studio.job.update", id=first["id"], stage="done")
    assert {"bob", "eve"} <= set(page.ask("studio.task", id=street.id)["people"])
    page.ask("studio.delete", kind="task", id=street.id)
    assert page.names() == ["50% off", "avenue"]
    assert "no task" in page.refused("studio.task", id=street.id)
    assert "no task 99" in page.refused("studio.delete", kind="task", id=99)


def test_labels_of_a_task_in_a_project_stay(page: Page, street: cw.Task) -> None:
    assert "labels of its project" in page.refused("studio.labels", kind="task", id=street.id, labels=[{"name": "x"}])


def test_files_are_written_and_read(page: Page, street: cw.Task, tmp_path: Path, store: cw.Store) -> None:
    street.add([{"frame": 0, "label": "car", "type": "ellipse", "points": [50, 50, 70, 80]}])
    target = str(tmp_path / "out" / "street.zip")
    order = {"kind": "task", "id": street.id, "path": target}
    lossy = page.ask("studio.export", **order, format="MOT 1.1")
    assert "cannot hold" in lossy["losses"]
    assert not Path(target).exists()
    done = page.ask("studio.export", **order, format="CVAT for images 1.1", media=True)
    assert Path(done["path"]).stat().st_size == done["size"]
    assert any(each["total"] == 6 for each in page.progress)
    assert page.ask("studio.export", **order, format="CVAT for images 1.1")["exists"] is True
    assert page.ask("studio.export", **order, format="CVAT for images 1.1", replace=True)["size"] < done["size"]
    assert "folder" in page.ask("studio.export", **{**order, "path": str(tmp_path)}, format="COCO 1.0")["errors"]["path"]
    assert page.ask("studio.import", task=street.id, path=target) == {"errors": {}, "objects": 1, "told": []}
    assert len(street.shapes) == 2
    rows = street.shapes.assign(**{"attr.wings": "2"})
    cw.write_dataset(rows, tmp_path / "wings.zip", "CVAT for images 1.1", sizes=(80, 100))
    answer = page.ask("studio.import", task=street.id, path=str(tmp_path / "wings.zip"), replace=True)
    assert answer["objects"] == 2
    assert "left out were 2 × 'wings' of 'car'" in answer["told"][0]
    assert "no such file" in page.ask("studio.import", task=street.id, path="/nowhere.zip")["errors"]["path"]
    backup = str(tmp_path / "backup.zip")
    page.progress.clear()
    page.ask("studio.export", kind="task", id=street.id, path=backup, media=True)
    assert page.progress[-1]["value"] == page.progress[-1]["total"] == 6
    again = page.ask("studio.restore", kind="task", path=backup, name="again")["id"]
    assert len(cw.Task.open(again, store=store).shapes) == 2
    whole = str(tmp_path / "project.zip")
    page.ask("studio.export", kind="project", id=1, path=whole, media=True)
    assert page.ask("studio.restore", kind="project", path=whole, name="copy")["errors"] == {}
    assert "path" in page.ask("studio.restore", kind="project", path=target)["errors"]


def test_an_export_that_is_stopped_leaves_nothing(
    page: Page, street: cw.Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go_on = threading.Event(), threading.Event()
    original = cw.Task.export

    def slow(task: cw.Task, path: Any, kind: str, **options: Any) -> Path:
        report = options.pop("progress")

        def progress(done: int, total: int) -> None:
            reached.set()
            go_on.wait(PATIENCE)
            report(done, total)

        return original(task, path, kind, progress=progress, **options)

    monkeypatch.setattr(cw.Task, "export", slow)
    target = tmp_path / "street.zip"
    number = page.send("studio.export", kind="task", id=street.id, path=str(target), format="CVAT for images 1.1", media=True)
    assert reached.wait(PATIENCE)
    page.studio._handle({"t": "cancel", "client": "page", "id": number}, [])
    assert page.names(search="street") == ["Street"]  # lists do not wait for it
    go_on.set()
    until(lambda: not page.studio._servers[1]._running)
    assert not target.exists()
    assert number not in page.answers


def test_a_job_is_opened_annotated_and_left(page: Page, street: cw.Task) -> None:
    studio = page.studio
    job = cw.Task.open("avenue", store=studio.store).jobs[0]
    page.ask("studio.open", id=job.id)
    assert studio.opened is not None
    assert (studio.job.id, studio.task.name, studio.selection) == (job.id, "avenue", {"kind": "job", "id": job.id})
    assert job.state == "new"
    first = studio.opened
    job.task.add({"frame": 0, "label": "x", "type": "rectangle", "points": [0, 0, 9, 9]})
    until(lambda: job.state == "in progress")
    page.ask("studio.close")
    assert (studio.opened, studio.selection) == (None, {"kind": "task", "id": job.task.id})
    assert studio.open_job(job.id) is first
    assert studio.open_job(street.jobs[0]) is not first
    assert first.comm is None  # it is closed
    page.ask("studio.delete", kind="task", id=street.id)
    assert studio.opened is None
    assert "no job" in page.refused("studio.open", id=12345)


def test_a_cell_goes_where_it_says(page: Page, street: cw.Task) -> None:
    studio = page.studio
    studio.selection = {"kind": "task", "id": street.id}
    assert studio.task.name == "Street"
    assert studio.opened is None
    studio.selection = {"kind": "job", "id": street.jobs[1].id}
    assert studio.opened.job.id == street.jobs[1].id
    studio.selection = {"kind": "project", "id": 1}
    assert (studio.opened, studio.project.name, studio.task) == (None, "city", None)
    studio.selection = {}
    assert (studio.task, studio.project, studio.job) == (None, None, None)


def settled(studio: cw.Studio) -> int:
    """Return the version when nothing has been heard for longer than two looks at the store take."""

    def same() -> bool:
        before = studio._version
        time.sleep(1.2)
        return studio._version == before

    until(same)
    return studio._version


def test_changes_by_others_are_heard(page: Page, street: cw.Task, tmp_path: Path) -> None:
    from cvat_widgets.store.connection import Database

    studio = page.studio
    until(lambda: studio._version > 0)  # what the fixture did
    other = cw.Store(Database(tmp_path / "store.sqlite"))  # as another process would
    try:
        before = settled(studio)
        other.update_task(street.id, assignee="zoe")
        until(lambda: studio._version > before)
        assert page.names(search="assignee: zoe") == ["Street"]
        before = settled(studio)
        street.rename("Alley")
        until(lambda: studio._version > before)
        before = settled(studio)
        studio.refresh()
        assert studio._version == before + 1
    finally:
        other.close()


def test_wrong_calls_harm_nobody(page: Page, street: cw.Task) -> None:
    for nonsense in (None, 5, {}, {"t": "rpc"}, {"t": "op", "client": "x"}, {"t": "hello", "client": "page", "protocol": 1}):
        page.studio._handle(nonsense, [])
    assert page.names() == ["Street", "50% off", "avenue"]
    with pytest.raises(TypeError, match="no option 'tasks'"):
        cw.Studio(page.studio.store, tasks=3)
    with pytest.raises(cw.CvatWidgetsError, match="no tab"):
        cw.Studio(page.studio.store, tab="frames")
