"""Operations and annotation actions on tasks and jobs: what is written, in how many undo steps, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import cvat_widgets as cw
from cvat_widgets.actions import ActionError, registry
from cvat_widgets.model.masks import decode_mask
from cvat_widgets.model.operations import OperationError

LABELS = [cw.Label("car", attributes=(cw.Attribute("plate"), cw.Attribute("speed", "number", mutable=True))), "person"]


def shape(type_name: str, points: Any, frame: int = 0, label: str = "car", **more: Any) -> dict[str, Any]:
    return {"frame": frame, "label": label, "type": type_name, "points": points, **more}


def square(x: float, y: float, size: float = 10, **more: Any) -> dict[str, Any]:
    return shape("polygon", [x, y, x + size, y, x + size, y + size, x, y + size], **more)


@pytest.fixture
def task(tmp_path: Path) -> cw.Task:
    frames = np.zeros((10, 60, 80, 3), np.uint8)
    return cw.Task.create("street", frames, labels=LABELS, store=tmp_path / "store.sqlite")


@pytest.fixture
def track(task: cw.Task) -> int:
    rows = [
        shape("rectangle", [0, 0, 10, 10], 0, track_id=1, **{"attr.speed": 1.0}),
        shape("rectangle", [40, 0, 50, 10], 4, track_id=1),
    ]
    (number,) = task.add(rows)
    return number


@pytest.fixture
def actions() -> Iterator[None]:
    """Actions that a test adds are gone after it."""
    present = {each.name: each for each in registry.registered()}
    yield
    registry._ACTIONS.clear()
    registry._ACTIONS.update(present)


# -- operations --------------------------------------------------------------------------------------------------------


def test_merge_and_split_are_one_undo_step_each(task: cw.Task) -> None:
    one, two = task.add([shape("rectangle", [0, 0, 9, 9], 1), shape("rectangle", [5, 0, 14, 9], 4)])
    track = task.merge([one, two])
    assert task.tracks[["id", "frame", "outside"]].to_numpy().tolist() == [
        [track, 1, False], [track, 2, True], [track, 4, False], [track, 5, True],
    ]  # fmt: skip
    assert task.shapes.empty
    first, second = task.split(track, 4)
    assert task.tracks.groupby("id")["frame"].apply(list).to_dict() == {first: [1, 2, 4], second: [4, 5]}
    assert task.undo() == "Split 1 object"
    assert task.undo() == "Merge 2 objects"
    assert sorted(task.shapes["id"]) == [one, two]
    with pytest.raises(OperationError) as refused:
        task.merge([one])
    assert refused.value.key == "few"
    assert task.undo() == "Add 2 objects"


def test_propagate_copies_tracks_as_shapes_and_leaves_out_deleted_frames(task: cw.Task, track: int) -> None:
    task.store.set_frames_deleted(task.id, [3], deleted=True)
    with pytest.raises(cw.AnnotationError, match="which frame"):
        task.propagate(track, [5])
    new = task.propagate(track, range(1, 20), frame=2)
    assert task.shapes["frame"].tolist() == [1, 4, 5, 6, 7, 8, 9]
    assert task.shapes["id"].tolist() == new
    assert {tuple(points) for points in task.shapes["points"]} == {(20.0, 0.0, 30.0, 10.0)}
    assert task.shapes["attr.speed"].tolist() == [1.0] * 7
    assert task.propagate(new[0], 0) != []
    assert task.undo() == "Propagate 1 object"


def test_a_range_is_cleared(task: cw.Task, track: int) -> None:
    task.add([shape("rectangle", [0, 0, 9, 9], frame) for frame in range(6)])
    assert task.remove_range(3, 5, keyframes_only=True) == 4
    assert task.shapes["frame"].tolist() == [0, 1, 2]
    assert task.tracks["frame"].tolist() == [0]
    task.undo()
    assert task.remove_range(0, 0) == 2
    assert task.tracks.empty
    task.undo()
    assert (len(task.shapes), len(task.tracks)) == (6, 2)


def test_groups_are_numbered_on(task: cw.Task) -> None:
    ids = task.add(
        [shape("rectangle", [0, 0, 9, 9], group=4), shape("rectangle", [1, 0, 9, 9]), shape("rectangle", [2, 0, 9, 9])]
    )
    assert task.group(ids[:2]) == 5
    assert task.shapes["group"].tolist() == [5, 5, 0]
    assert task.ungroup(task.shapes) == 2
    assert task.shapes["group"].tolist() == [0, 0, 0]


def test_outlines_are_joined_sliced_simplified_and_converted(task: cw.Task) -> None:
    one, two, far = task.add([square(0, 0), square(5, 0), square(40, 40)])
    (joined,) = task.join([one, two])
    assert sorted(task.shapes["id"]) == [far, joined]
    with pytest.raises(OperationError, match="do not touch"):
        task.join([joined, far])
    assert task.simplify(joined, 1) == 1
    assert task.shapes.set_index("id").loc[joined, "points"].tolist() == [0, 0, 15, 0, 15, 10, 0, 10]
    left, right = task.slice(joined, [[5, -1], [5, 11]])
    assert task.shapes.set_index("id").loc[left, "points"].tolist() == [0, 0, 5, 0, 5, 10, 0, 10]
    assert task.convert([left, right], "mask") == [left, right]
    masks = task.shapes.set_index("id").loc[[left, right], "points"]
    assert [int(decode_mask(points, 80, 60).sum()) for points in masks] == [50, 100]
    (whole,) = task.join([left, right])
    assert task.convert(whole, "rectangle") == [whole]
    row = task.shapes.set_index("id").loc[whole]
    assert (row["type"], row["points"].tolist()) == ("rectangle", [0, 0, 15, 10])
    revision = task.revision
    assert task.convert(whole, "rectangle") == [whole]
    assert task.revision == revision
    for _ in range(6):
        task.undo()
    assert sorted(task.shapes["id"]) == [one, two, far]


def test_an_unknown_id_changes_nothing(task: cw.Task, track: int) -> None:
    revision = task.revision
    with pytest.raises(cw.NotFoundError, match="77"):
        task.group([track, 77])
    assert task.revision == revision


def test_an_operation_does_not_overwrite_what_somebody_else_did_meanwhile(task: cw.Task, monkeypatch: Any) -> None:
    one, two = task.add([square(0, 0), square(5, 0)])
    other = cw.Task.open("street", store=task.store)
    read = task._records

    def slow(wanted: Any) -> Any:
        found = read(wanted)
        other.update(other.shapes.assign(points=[np.arange(8.0)] * 2))
        return found

    monkeypatch.setattr(task, "_records", slow)
    with pytest.raises(cw.ConflictError):
        task.join([one, two])
    assert task.shapes["id"].tolist() == [one, two]


def test_a_job_operates_within_its_frames(tmp_path: Path) -> None:
    frames = np.zeros((10, 60, 80, 3), np.uint8)
    task = cw.Task.create("two", frames, labels=LABELS, segment_size=5, overlap=0, store=tmp_path / "two.sqlite")
    first, second = task.jobs
    (box,) = second.add([shape("rectangle", [0, 0, 9, 9], 7)])
    second.propagate(box, range(10))
    assert sorted(second.shapes["frame"]) == [5, 6, 7, 8, 9]
    assert first.shapes.empty
    assert second.run_action("Remove filtered shapes").removed == 5
    second.undo()
    with pytest.raises(cw.AnnotationError, match="belongs to job"):
        first.group(box)


# -- actions -----------------------------------------------------------------------------------------------------------


def test_shapes_that_match_are_removed_on_some_frames(task: cw.Task, track: int) -> None:
    task.add([shape("rectangle", [0, 0, 9 + frame, 9], frame, label) for frame in range(6) for label in ("car", "person")])
    result = task.run_action("remove filtered shapes", range(1, 4), lambda rows: rows["label"] == "person")
    assert (result.removed, result.added, result.updated, result.text) == (3, 0, 0, "3 removed.")
    kept = task.shapes
    assert kept.loc[kept["label"] == "person", "frame"].tolist() == [0, 4, 5]
    assert len(kept[kept["label"] == "car"]) == 6
    assert task.undo() == "Remove filtered shapes"
    assert len(task.shapes) == 12
    assert task.run_action("Remove filtered shapes", 2, tracks=True).removed == 3
    assert task.tracks.empty


def test_a_filter_in_json_logic_means_the_same(task: cw.Task) -> None:
    pytest.importorskip("cvat_widgets.model.filters")
    task.add([shape("rectangle", [0, 0, 9, 9], frame, label) for frame in range(3) for label in ("car", "person")])
    logic = {"and": [{"==": [{"var": "label"}, "person"]}]}
    assert task.run_action("Remove filtered shapes", filter=logic).removed == 3
    assert set(task.shapes["label"]) == {"car"}


def test_shapes_are_propagated_up_to_a_frame(task: cw.Task, track: int) -> None:
    (box,) = task.add([shape("rectangle", [0, 0, 9, 9], 4)])
    result = task.run_action("Propagate shapes", 4, target_frame=6)
    assert result.added == 4
    assert task.shapes["frame"].tolist() == [4, 5, 5, 6, 6]
    task.undo()
    assert task.run_action("Propagate shapes", 4, ids=[box]).added == 5  # up to the last frame
    task.undo()
    assert task.run_action("Propagate shapes", 4, ids=box, target_frame=1).added == 3
    with pytest.raises(ActionError, match="one frame"):
        task.run_action("Propagate shapes", target_frame=6)


def test_polygons_are_simplified_keyframe_by_keyframe(task: cw.Task) -> None:
    ring = [0, 0, 5, 0.2, 10, 0, 10, 10, 0, 10]
    task.add([shape("polygon", ring, 0), shape("rectangle", [0, 0, 9, 9], 0)])
    task.add([shape("polygon", ring, frame, track_id=1) for frame in (0, 5)])
    result = task.run_action("Polygon simplification", range(4))
    assert (result.updated, result.skipped) == (2, ())
    assert [len(points) for points in task.tracks["points"]] == [8, 10]
    assert sorted(len(points) for points in task.shapes["points"]) == [4, 8]
    assert task.run_action("Polygon simplification", range(4)).text == "Nothing to change."


def test_shapes_that_cannot_be_converted_are_left_alone_and_reported(task: cw.Task) -> None:
    hole = np.zeros((60, 80), bool)
    hole[5:15, 5:15] = True
    hole[8:10, 8:10] = False
    parts = np.zeros((60, 80), bool)
    parts[0:3, 0:3] = parts[20:22, 20:22] = True
    with_hole, _ = task.add([shape("mask", hole, 1), shape("mask", parts, 2)])
    result = task.run_action("Convert shapes", source="mask", target="polygon")
    assert (result.added, result.updated, len(result.skipped)) == (1, 1, 1)
    assert f"shape {with_hole}, frame 1" in result.skipped[0]
    assert sorted(task.shapes["type"]) == ["mask", "polygon", "polygon"]
    assert task.run_action("Convert shapes", fill_holes=True).text == "1 changed."
    assert set(task.shapes["type"]) == {"polygon"}


def test_a_cancelled_run_writes_nothing(task: cw.Task) -> None:
    task.add([shape("rectangle", [0, 0, 9, 9], frame) for frame in range(10)])
    revision = task.revision
    seen: list[tuple[int, int]] = []
    result = task.run_action(
        "Remove filtered shapes", progress=lambda done, total: seen.append((done, total)), cancelled=lambda: len(seen) > 3
    )
    assert result.cancelled
    assert result.text == "Cancelled: nothing was changed."
    assert seen == [(0, 10), (1, 10), (2, 10), (3, 10)]
    assert task.revision == revision
    assert len(task.shapes) == 10
    # Also when the wish comes after the last frame.
    seen.clear()
    result = task.run_action(
        "Remove filtered shapes", progress=lambda done, total: seen.append((done, total)), cancelled=lambda: len(seen) > 9
    )
    assert result.cancelled
    assert task.revision == revision
    assert task.run_action("Remove filtered shapes", progress=lambda done, total: seen.append((done, total))).removed == 10
    assert seen[-1] == (10, 10)


@pytest.mark.parametrize(
    ("name", "given", "text"),
    [
        ("No such thing", {}, "There are Remove filtered shapes"),
        ("Polygon simplification", {"distance": 65}, "from 0.1 to 64"),
        ("Polygon simplification", {"distance": "far"}, "not a number"),
        ("Polygon simplification", {"distance": True}, "not a number"),
        ("Polygon simplification", {"distance": float("nan")}, "from 0.1 to 64"),
        ("Polygon simplification", {"length": 3}, "There are distance"),
        ("Propagate shapes", {"target_frame": 1.5}, "whole number"),
        ("Convert shapes", {"target": "cuboid"}, "Use one of polygon, mask, rectangle"),
        ("Remove filtered shapes", {"tracks": "yes"}, "not True or False"),
    ],
)
def test_what_cannot_be_used_is_said(task: cw.Task, name: str, given: dict[str, Any], text: str) -> None:
    with pytest.raises(ActionError, match=re.escape(text)):
        task.run_action(name, 0, **given)
    assert task.revision == 0


def test_the_actions_are_listed() -> None:
    table = cw.actions()
    assert table["name"].tolist()[:4] == [
        "Remove filtered shapes", "Propagate shapes", "Polygon simplification", "Convert shapes",
    ]  # fmt: skip
    assert table["parameters"].tolist()[2] == "distance=0.1..64"


# -- actions of one's own ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("actions")
def test_a_function_on_dataframes_becomes_an_action(task: cw.Task, track: int) -> None:
    @cw.action("Tidy", cw.actions.Number("least", 0, 1000), cw.actions.Checkbox("mark"), kinds=["shape", "track"])
    def tidy(rows: pd.DataFrame, least: int, mark: bool) -> dict[str, Any]:
        """Remove small boxes, mark the rest."""
        area = np.array([(p[2] - p[0]) * (p[3] - p[1]) for p in rows["points"]])
        small = rows[(area < least) & rows["track_id"].isna()]
        rows.loc[rows["frame"] == 4, "occluded"] = mark
        return {
            "add": pd.DataFrame([{"frame": rows["frame"].iloc[0], "label": "person", "type": "points", "points": [1.0, 2.0]}]),
            "update": rows[~rows["id"].isin(small["id"])],
            "remove": small["id"],
        }

    task.add([shape("rectangle", [0, 0, 2, 2], 1), shape("rectangle", [0, 0, 20, 20], 4)])
    revision = task.revision
    result = cw.run_action(task, "Tidy", range(6), least=10, mark=True)
    assert (result.added, result.updated, result.removed) == (6, 2, 1)
    assert task.revision == revision + 1
    assert tidy.__name__ == "tidy"
    # The track was looked at on six frames, but changed only where it already had a keyframe.
    assert task.tracks[["frame", "occluded"]].to_numpy().tolist() == [[0, False], [4, True]]
    assert task.tracks["attr.speed"].tolist() == [1.0, 1.0]
    assert task.undo() == "Tidy"
    assert len(task.shapes) == 2


@pytest.mark.usefixtures("actions")
def test_an_action_may_see_everything_at_once(task: cw.Task) -> None:
    calls: list[int] = []

    @cw.action("Number groups", per="all")
    def number(rows: pd.DataFrame) -> pd.DataFrame:
        calls.append(len(rows))
        return rows.assign(group=range(1, len(rows) + 1))

    assert number is not None
    task.add([shape("rectangle", [0, 0, 9, 9], frame) for frame in range(5)])
    assert task.run_action("Number groups").updated == 5
    assert calls == [5]
    assert task.shapes["group"].tolist() == [1, 2, 3, 4, 5]


@pytest.mark.usefixtures("actions")
@pytest.mark.parametrize(
    ("returned", "text"),
    [
        (7, "returned 'int'"),
        ({"delete": [1]}, "returned 'delete'"),
        (pd.DataFrame({"points": [[0, 0]]}), "id and frame"),
        (pd.DataFrame({"id": [99], "frame": [0]}), "not given"),
        ({"remove": [99]}, "99"),
        ({"add": [{"frame": 0, "label": "tree", "type": "points", "points": [1, 2]}]}, "tree"),
    ],
)
def test_what_an_action_must_not_return_is_said_and_nothing_is_written(task: cw.Task, returned: Any, text: str) -> None:
    cw.action("Odd")(lambda rows: returned)
    task.add([shape("rectangle", [0, 0, 9, 9])])
    with pytest.raises(cw.CvatWidgetsError, match=re.escape(text)):
        task.run_action("Odd")
    assert len(task.shapes) == 1
    assert task.revision == 1


@pytest.mark.usefixtures("actions")
def test_a_mistake_in_an_action_is_the_authors_to_see(task: cw.Task) -> None:
    @cw.action("Broken")
    def broken(rows: pd.DataFrame) -> None:
        raise KeyError("nothing")

    assert broken is not None
    task.add([shape("rectangle", [0, 0, 9, 9])])
    with pytest.raises(KeyError):
        task.run_action("Broken")


@pytest.mark.usefixtures("actions")
def test_declarations_are_checked_at_once() -> None:
    for parameter in (
        cw.actions.Select("choice", ()),
        cw.actions.Number("number", 5, 9, default=1),
        cw.actions.Number("two words"),
        cw.actions.Checkbox("frames"),
    ):
        with pytest.raises(ActionError):
            cw.action("Bad", parameter)(lambda rows: None)
    with pytest.raises(ActionError, match="kinds"):
        cw.action("Bad", kinds=["cloud"])(lambda rows: None)  # type: ignore[list-item]
    assert "Bad" not in cw.actions()["name"].tolist()


@pytest.mark.usefixtures("actions")
def test_the_examples_of_the_documentation_run(task: cw.Task) -> None:
    text = (Path(__file__).parents[1] / "docs" / "actions.md").read_text()
    examples = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(examples) >= 3
    task.add([square(0, 0, score=0.9), square(20, 0, 30, score=0.2), square(0, 30, 8, frame=3, score=0.8)])
    names: dict[str, Any] = {"task": task, "cw": cw}
    for example in examples:
        exec(compile(example, "docs/actions.md", "exec"), names)
    assert "Drop small objects" in set(cw.actions()["name"])
