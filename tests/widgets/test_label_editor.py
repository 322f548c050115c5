"""The label editor's kernel side: changes with their consequences, refusals, undo, and what hostile pages send."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("ipywidgets")

import cvat_widgets as cw
from cvat_widgets.widgets.label_editor import LabelSession
from cvat_widgets.widgets.label_targets import target_of
from tests.widgets.conftest import Wire
from tests.widgets.test_action_methods import ask as ask_annotator

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "labels.json").read_text("utf-8"))
COLOR = cw.Attribute("color", "select", ("red", "green"))
ARM = cw.SkeletonTemplate({"1": (20, 20), "2": (80, 80)}, [("1", "2")]).label("arm")
LABELS = [cw.Label("car", attributes=(COLOR,)), "person", ARM]


def box(label: str, frame: int = 0, **more: Any) -> dict[str, Any]:
    return {"frame": frame, "label": label, "type": "rectangle", "points": [1, 2, 30, 20], **more}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


def new_task(place: Path, name: str = "task", **options: Any) -> cw.Task:
    given = {} if "project" in options else {"labels": LABELS}
    return cw.Task.create(name, np.zeros((4, 40, 60, 3), np.uint8), store=place, **given, **options)


@pytest.fixture
def task(place: Path) -> cw.Task:
    return new_task(place)


class Page:
    """A browser with a label editor."""

    def __init__(self, target: Any, **options: Any) -> None:
        self.sent: list[dict[str, Any]] = []
        self.buffers: list[list[bytes]] = []
        self.changes = 0
        self.idle = threading.Event()
        self.session = LabelSession(
            target_of(target), self._receive, self._receive, on_change=self._changed, **({"read_only": False} | options)
        )
        self.number = 0

    def _receive(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        self.buffers.append(buffers)
        self.sent.append(message)

    def _changed(self) -> None:
        self.changes += 1

    def call(self, method: str, **params: Any) -> Any:
        self.number += 1
        self.session.handle({"t": "rpc", "client": "a", "id": self.number, "method": method, "params": params}, [])
        while self.session.rpc._running:
            self.idle.wait(0.005)
        answer = next(each for each in reversed(self.sent) if each.get("id") == self.number)
        if answer["t"] == "error":
            raise RuntimeError(answer["error"]["message"])
        return answer["result"]

    def change(self, edit: Callable[[list[Any]], Any], **params: Any) -> Any:
        state = self.call("labels.read")
        labels = state["labels"]
        edited = edit(labels)
        return self.call("labels.change", labels=labels if edited is None else edited, base=state["base"], **params)


@pytest.fixture
def page(task: cw.Task) -> Page:
    return Page(task)


def without(*names: str) -> Callable[[list[Any]], list[Any]]:
    return lambda labels: [label for label in labels if label["name"] not in names]


def set_on(index: int, **fields: Any) -> Callable[[list[Any]], None]:
    return lambda labels: labels[index].update(fields)


def test_rename_and_recolour_keep_the_objects(task: cw.Task, page: Page) -> None:
    [made] = task.add([box("car", **{"attr.color": "green"})])
    answer = page.change(set_on(0, name="auto", color="#112233"))
    assert answer["state"]["undo"] == "Change car"
    row = task.shapes.set_index("id").loc[made]
    assert (row["label"], row["attr.color"], task.labels["auto"].color) == ("auto", "green", "#112233")
    page.call("labels.undo")
    assert task.shapes["label"].tolist() == ["car"]
    with pytest.raises(RuntimeError, match="nothing to undo"):
        page.call("labels.undo")
    assert page.changes == 2


def test_deleting_a_label_asks_and_says_how_many_objects_go(task: cw.Task, page: Page) -> None:
    task.add([box("car"), box("car", 1), box("person", 2)])
    track = {"frame": 0, "label": "car", "type": "rectangle", "points": [1, 1, 5, 5], "track_id": 1, "keyframe": True}
    task.add(pd.DataFrame([track]))
    before = task.table
    answer = page.change(without("car"))
    assert answer == {"losses": ["The label “car” and its 3 objects will be deleted."]}
    assert task.labels.names == ["car", "person", "arm"]

    answer = page.change(without("car"), confirmed=True)
    assert answer["state"]["undo"] == "Delete car"
    assert (task.labels.names, task.shapes["label"].tolist(), len(task.tracks)) == (["person", "arm"], ["person"], 0)

    page.call("labels.undo")
    assert task.labels.names == ["car", "person", "arm"]
    assert task.table.points.tolist() == before.points.tolist()
    assert sorted(task.table.id.tolist()) == sorted(before.id.tolist())


def test_what_names_a_deleted_label_cannot_be_undone_and_all_else_can(task: cw.Task) -> None:
    [car], [person] = task.add([box("car")]), task.add([box("person")])
    rows = task.shapes[task.shapes["id"] == person].assign(z_order=3)
    task.update(rows)
    task.delete([car])
    task.add(pd.DataFrame([box("car", frame) for frame in range(4)]))
    task.set_labels([label for label in task.labels if label.name != "car"], delete_objects=True)
    undone = [task.undo(), task.undo(), task.undo()]
    assert [step is None for step in undone] == [False, False, True]
    assert task.table.id.size == 0
    assert len(task.redo() or "") > 0
    assert task.shapes["label"].tolist() == ["person"]
    with pytest.raises(cw.LabelError, match="objects have it"):
        task.set_labels(["arm"])


def test_attributes(task: cw.Task, page: Page) -> None:
    [made] = task.add([box("car", **{"attr.color": "green"})])
    refused = page.change(lambda labels: labels[0]["attributes"][0].update(values=["red"], default_value="red"))["refused"]
    assert [(each["label"], each["attribute"]) for each in refused] == [("car", "color")]
    assert "“green” is in use (1 times)" in refused[0]["text"]
    assert "state" in page.change(lambda labels: labels[0]["attributes"][0]["values"].append("blue"))
    assert "state" in page.change(lambda labels: labels[0]["attributes"][0].update(name="paint"))
    assert task.shapes["attr.paint"].tolist() == ["green"]

    lost = page.change(set_on(0, attributes=[]))
    assert lost == {"losses": ["The attribute “paint” of “car” and its values in 1 object will be deleted."]}
    page.change(set_on(0, attributes=[]), confirmed=True)
    # The object can still be edited, though the value that nothing asks for any more is kept for undo.
    rows = task.shapes.assign(z_order=7)
    task.update(rows)
    page.call("labels.undo")
    row = task.shapes.set_index("id").loc[made]
    assert (row["attr.paint"], row["z_order"]) == ("green", 7)


def test_objects_refuse_what_contradicts_them(task: cw.Task, page: Page) -> None:
    task.add([box("person")])
    assert "cannot become polygon" in page.change(set_on(1, type="polygon"))["refused"][0]["text"]
    assert "state" in page.change(set_on(1, type="rectangle"))


def test_joints_that_objects_have(task: cw.Task, page: Page, place: Path) -> None:
    from cvat_widgets.model.changes import Edit
    from cvat_widgets.model.records import Element, Shape

    arm = task.labels["arm"]
    elements = tuple(
        Element(id=number, label=joint.id, type="points", points=(float(number), 5.0))
        for number, joint in enumerate(arm.sublabels, start=1)
    )
    task.store.commit(
        task.id, Edit(added=(Shape(id=-1, frame=0, label=arm.id, type="skeleton", points=(), elements=elements),))
    )

    def add(labels: list[Any]) -> None:
        labels[2]["sublabels"].append({"name": "3", "type": "points"})

    assert "none can be added or deleted" in page.change(add)["refused"][0]["text"]
    renamed = page.change(lambda labels: labels[2]["sublabels"][0].update(name="shoulder"))["state"]["labels"][2]
    assert cw.SkeletonTemplate.from_svg(renamed["svg"]).joints == {"shoulder": (20, 20), "2": (80, 80)}
    assert "state" in page.change(set_on(2, name="limb"))
    assert page.change(without("limb"))["losses"] == ["The label “limb” and its 1 object will be deleted."]


def test_a_project_changes_all_its_tasks(place: Path) -> None:
    project = cw.Project.create("city", ["tree", "car"], store=place)
    tasks = [new_task(place, name, project="city") for name in ("a", "b")]
    for task in tasks:
        task.add([box("car"), box("tree", 1)])
    page = Page(tasks[0])
    state = page.call("labels.read")
    assert (state["kind"], state["name"], state["frames"]) == ("project", "city", 4)
    assert sorted(state["counts"].values()) == [2, 2]
    assert page.change(without("car")) == {"losses": ["The label “car” and its 2 objects will be deleted."]}
    page.change(without("car"), confirmed=True)
    assert [task.shapes["label"].tolist() for task in tasks] == [["tree"], ["tree"]]
    page.call("labels.undo")
    assert [sorted(task.shapes["label"]) for task in tasks] == [["car", "tree"], ["car", "tree"]]
    assert project.labels.names == ["tree", "car"]
    assert page.changes == 2


def test_labels_that_belong_to_no_task_yet() -> None:
    editor = cw.LabelEditor(["car"])
    heard: list[list[str]] = []
    stop = editor.on_change(lambda labels: heard.append(labels.names))
    page = Page(["car"])
    page.session.label_target = editor._target
    page.session._on_change = editor._changed
    page.change(lambda labels: [*labels, {"name": "dog", "attributes": []}])
    assert editor.labels.names == ["car", "dog"]
    assert editor.labels["dog"].id == 2
    editor.undo()
    stop()
    assert heard == [["car", "dog"], ["car"]]
    editor.close()


def test_labels_of_another_task_get_ids_of_their_own(page: Page, task: cw.Task) -> None:
    pasted = {"id": 1, "name": "tree", "attributes": [{"id": 99, "name": "age", "input_type": "number"}]}
    page.change(lambda labels: [*labels, {**pasted, "id": 77}])
    assert task.labels["tree"].id not in (1, 77)
    with pytest.raises(RuntimeError, match="same id"):
        page.change(lambda labels: [*labels, {"id": 2, "name": "again"}])


def test_two_editors_do_not_overwrite_each_other(task: cw.Task, page: Page) -> None:
    other = Page(task)
    base = page.call("labels.read")["base"]
    other.change(set_on(0, name="auto"))
    assert {"t": "labels"} in page.sent
    with pytest.raises(RuntimeError, match="changed elsewhere"):
        page.call("labels.change", labels=[], base=base)
    page.change(set_on(1, name="human"))
    with pytest.raises(RuntimeError, match="changed elsewhere"):
        other.call("labels.undo")
    assert task.labels.names == ["auto", "human", "arm"]


@pytest.mark.parametrize("case", GOLDEN["labels"], ids=lambda case: json.dumps(case["label"])[:60])
def test_the_same_labels_are_sound_as_in_the_browser(case: dict[str, Any]) -> None:
    page = Page([])
    if case["ok"]:
        assert "state" in page.change(lambda labels: [*labels, case["label"]])
    else:
        with pytest.raises(RuntimeError):
            page.change(lambda labels: [*labels, case["label"]])


def test_colours_are_those_of_the_browser() -> None:
    assert {name: cw.Label(name).color for name in GOLDEN["colors"] if len(name) <= 64} == {
        name: color for name, color in GOLDEN["colors"].items() if len(name) <= 64
    }


@pytest.mark.parametrize(
    "labels",
    [
        None, {}, "car", [None], [[]], [{"name": 3}], [{"name": "x", "id": "y"}], [{"name": "x", "attributes": 3}],
        [{"name": "x", "attributes": [3]}], [{"name": "x", "sublabels": [{"name": "y", "sublabels": [{"name": "z"}]}]}],
        [{"name": "x", "type": "skeleton"}], [{"name": "x"}] * 2001,
        [{"name": "x", "attributes": [{"name": str(number)} for number in range(501)]}],
        [{"name": "x", "type": "skeleton", "sublabels": [{"name": "1", "type": "skeleton", "sublabels": [{"name": "2"}]}]}],
        [{"name": "x", "type": "skeleton", "sublabels": [{"name": "1"}], "svg": "<script>"}],
    ],
    ids=lambda labels: repr(labels)[:40],
)  # fmt: skip
def test_hostile_labels_change_nothing(page: Page, task: cw.Task, labels: Any) -> None:
    with pytest.raises(RuntimeError):
        page.change(lambda _: labels if labels is not None else 0)
    assert task.labels.names == ["car", "person", "arm"]


def test_only_methods_of_labels_are_answered(page: Page) -> None:
    with pytest.raises(RuntimeError, match="no method 'undo'"):
        page.call("undo")
    page.session.handle({"t": "nonsense"}, [])
    assert page.sent[-1]["t"] == "notice"
    readonly = Page(page.session.label_target.task, read_only=True)  # type: ignore[attr-defined]
    with pytest.raises(RuntimeError, match="only shown"):
        readonly.change(set_on(0, name="x"))


def test_the_order_is_a_change_of_its_own(task: cw.Task, page: Page) -> None:
    task.add([box("car", **{"attr.color": "green"}), box("person")])
    answer = page.change(lambda labels: [labels[2], *labels[:2]])
    assert answer["state"]["undo"] == "Change the order"
    assert cw.Task.open("task", store=task.store).labels.names == ["arm", "car", "person"]
    assert task.shapes["label"].tolist() == ["car", "person"]
    assert task.shapes["attr.color"].iloc[0] == "green"
    page.call("labels.undo")
    assert task.labels.names == ["car", "person", "arm"]


def test_labels_of_a_detector(page: Page, task: cw.Task) -> None:
    mood = cw.Attribute("mood", "select", ("glad", "sad"))

    @cw.detector(labels=[cw.Label("person", attributes=[mood]), cw.Label("bird", "#0a0b0c", "rectangle"), ARM])
    def finder(image: Any) -> list[Any]:
        return []

    assert page.call("labels.models") == {"models": []}
    page.session.models.add(finder, "Finder")
    (offered,) = page.call("labels.models")["models"]
    assert (offered["name"], offered["problem"]) == ("Finder", None)
    found = page.call("labels.of_model", model=offered["id"])["labels"]
    assert [label["name"] for label in found] == ["person", "bird", "arm"]
    assert '"id"' not in json.dumps(found)
    assert found[0]["attributes"][0]["values"] == ["glad", "sad"]
    answer = page.change(lambda labels: [*labels, found[1]])
    assert answer["state"]["undo"] == "Add bird"
    assert (task.labels["bird"].color, task.labels["bird"].type) == ("#0a0b0c", "rectangle")
    for wrong in (None, 3, "no such model", "grabcut"):
        with pytest.raises(RuntimeError):
            page.call("labels.of_model", model=wrong)


def test_a_frame_to_draw_on(page: Page) -> None:
    assert page.call("labels.frame", frame=2)["mime"].startswith("image/")
    assert page.buffers[-1][0]
    with pytest.raises(RuntimeError):
        page.call("labels.frame", frame=4)
    with pytest.raises(RuntimeError, match="no frames"):
        Page(["car"]).call("labels.frame", frame=0)


def test_the_annotator_edits_labels_too_and_hears_of_them(wire: Wire) -> None:
    state = ask_annotator(wire, "labels.read")["result"]
    state["labels"].append({"name": "dog"})
    answer = ask_annotator(wire, "labels.change", {"labels": state["labels"], "base": state["base"]}, number=2)
    assert answer["result"]["state"]["labels"][-1]["name"] == "dog"
    assert any(message == {"t": "labels"} for _, message, _ in wire.sent)
    assert wire.session.job.task.labels.names == ["car", "person", "dog"]


def test_unknown_options() -> None:
    with pytest.raises(TypeError, match="no option 'widht'"):
        cw.LabelEditor(["a"], widht=3)
