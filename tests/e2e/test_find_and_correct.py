"""A reviewer finds 20 planted errors in 500 frames with pandas, opens each from the sheet, and corrects it on the canvas."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import cvat_widgets as cw
from tests.e2e import planted_lanes as planted
from tests.e2e.annotator import AnnotatorPage
from tests.e2e.lab import NotebookPage

pytest.importorskip("ipycanvas")
Opener = Callable[..., NotebookPage]
NEAR = 2.0
"""Pixels a hand may be off."""

FIND = """import cvat_widgets as cw, pandas as pd
task = cw.Task.open("lanes", store={store!r})
doubts = cw.inspect.disagreements(task, pd.read_json({predictions!r}))
found = pd.concat([
    cw.inspect.class_outliers(task).assign(finding="wrong class"),
    # What is odd about cars, which are tracks, the finders for tracks say.
    doubts.query("kind == 'location' and label != 'car'").assign(finding="shifted box"),
    doubts.query("kind == 'missing' and label != 'car'").assign(finding="missing object"),
    cw.inspect.near_duplicate_objects(task).assign(finding="duplicated track"),
    cw.inspect.swapped_identities(task).assign(finding="swapped identity"),
], ignore_index=True)"""
SHOW = """annotator = cw.Annotator(task, height=560)
sheet = cw.ContactSheet(found, annotator=annotator, captions=["finding", "label"], size=96)
display(annotator, sheet)"""


def scores_of(found: pd.DataFrame, lanes: planted.Lanes) -> dict[str, tuple[float, float]]:
    """Return precision and recall of each kind of finding."""
    scores = {}
    for kind, errors in lanes.errors.items():
        rows = found[found["finding"] == kind]
        if kind == "swapped identity":
            said = [frozenset(map(int, pair)) for pair in zip(rows["id"], rows["other_id"], strict=True)]
            true = [frozenset(each["ids"]) for each in errors]
        elif kind == "duplicated track":
            said, true = [int(each) for each in rows["id"]], [each["id"] for each in errors]
        else:
            said, true = [int(each) for each in rows["frame"]], [each["frame"] for each in errors]
        right = sum(each in true for each in said)
        scores[kind] = (right / max(len(said), 1), len(set(said) & set(true)) / len(true))
    return scores


def error_of(lanes: planted.Lanes, kind: str, frame: int, identity: int | None) -> dict[str, Any] | None:
    """Return the planted error that a finding is about."""
    for error in lanes.errors[kind]:
        about = error["ids"] if "ids" in error else {error["id"]} if "id" in error else None
        if identity in about if about is not None else error["frame"] == frame:
            return error
    return None


class Reviewer:
    """Somebody with a mouse, a keyboard and a contact sheet."""

    def __init__(self, notebook: NotebookPage) -> None:
        self.notebook = notebook
        self.canvas = AnnotatorPage(notebook)
        self.sheet = notebook.page.locator(".jupyter-widgets canvas").last

    def open(self, place: int, frame: int, identity: int | None) -> None:
        """Click a thumbnail, and wait until the annotator is where it leads."""
        corner = self.notebook.execute(f"print(*sheet._layout.corner({place}))").split()
        self.sheet.click(position={"x": int(corner[0]) + 30, "y": int(corner[1]) + 26 + 40})
        ids = [] if identity is None else [identity]
        self.canvas.wait(
            f"editor.frame.value === {frame} && JSON.stringify([...editor.selection.value]) === '{ids}' && scene.upToDate"
        )
        self.canvas.focus()

    def wrong_class(self, error: dict[str, Any]) -> None:
        self.canvas.press(f"Control+{planted.LABELS.index(error['true_label']) + 1}")

    def shifted_box(self, error: dict[str, Any]) -> None:
        self.canvas.drag(middle(error["points"]), middle(error["true"]))

    def missing_object(self, error: dict[str, Any]) -> None:
        self.canvas.press(f"Control+{planted.LABELS.index(error['true_label']) + 1}")
        self.canvas.draw_box(tuple(error["true"].tolist()))
        self.canvas.press("Escape")

    def duplicated_track(self, _: dict[str, Any]) -> None:
        self.canvas.press("Delete")

    def swapped_identity(self, error: dict[str, Any]) -> None:
        """Cut both where they are exchanged, and join the first part of each to the second of the other."""
        canvas = self.canvas
        canvas.press("Escape")
        for track in "ab":
            before = canvas.ask("editor.document.tracks().length")
            canvas.press("Alt+m")
            canvas.click(*middle(error[track][1]))
            canvas.wait(f"editor.document.tracks().length === {before + 1}")
            canvas.press("Escape")
        for track in "ab":
            before = canvas.ask("editor.document.tracks().length")
            canvas.go_to(error["before"])
            canvas.press("m")
            canvas.click(*middle(error[track][0]))
            canvas.go_to(error["frame"])
            canvas.click(*middle(error[track][1]))
            canvas.press("m")
            canvas.wait(f"editor.document.tracks().length === {before - 1}")
            canvas.press("Escape")


def middle(box: Any) -> tuple[float, float]:
    left, top, right, bottom = (float(each) for each in box)
    return (left + right) / 2, (top + bottom) / 2


def check_shapes(task: cw.Task, truth: list[dict[str, Any]]) -> None:
    rows = [row for row in truth if "track_id" not in row]
    shapes = task.shapes
    assert len(shapes) == len(rows)

    def ordered(frame: Any, label: Any, points: Any) -> tuple[list[Any], np.ndarray]:
        boxes = np.stack(list(points))
        order = np.lexsort((boxes[:, 0].round(-1), boxes[:, 1].round(-1), list(label), list(frame)))
        return [(int(f), str(n)) for f, n in zip(np.array(frame)[order], np.array(label)[order], strict=True)], boxes[order]

    names, boxes = ordered(shapes["frame"], shapes["label"].astype(str), shapes["points"])
    true_names, true_boxes = ordered(*zip(*((row["frame"], row["label"], row["points"]) for row in rows), strict=True))
    assert names == true_names
    # Cells are far apart: within a frame, a box is compared with the nearest of its label.
    table: dict[tuple[int, str], list[np.ndarray]] = {}
    for name, box in zip(names, boxes, strict=True):
        table.setdefault(name, []).append(box)
    for name, box in zip(true_names, true_boxes, strict=True):
        assert min(np.abs(each - box).max() for each in table[name]) <= NEAR, name


def check_tracks(task: cw.Task, truth: list[dict[str, Any]]) -> None:
    """Every true track is there, one object from its first frame to its last, and no other."""

    def paths(rows: pd.DataFrame) -> list[tuple[list[int], np.ndarray]]:
        return [(each["frame"].tolist(), np.stack(each["points"].tolist())) for _, each in rows.groupby("track_id")]

    keys = pd.DataFrame([row for row in truth if "track_id" in row])
    true = [
        pd.DataFrame(
            {"frame": frame, "points": box, "track_id": number} for frame, _, box in planted.positions(part.to_dict("records"))
        )
        for number, part in keys.groupby("track_id")
    ]
    every = task.to_frame(interpolate=True)
    there = paths(every[every["track_id"].notna() & ~every["outside"].astype(bool)].sort_values("frame"))
    wanted = paths(pd.concat(true))
    assert len(there) == len(wanted)
    for frames, boxes in wanted:
        same = [mine for held, mine in there if held == frames]
        assert min((float(np.abs(mine - boxes).max()) for mine in same), default=np.inf) <= NEAR, frames[0]


def test_twenty_errors_are_found_opened_and_corrected(open_notebook: Opener, tmp_path: Path) -> None:
    lanes = planted.make()
    task = planted.create(lanes, tmp_path / "pictures", tmp_path / "lanes.sqlite")
    # The task numbers tracks itself: they are known by where they start.
    starts = {(row["frame"], *row["points"]): row["id"] for row in task.tracks.to_dict("records")}
    ids = {row["track_id"]: int(starts[(row["frame"], *row["points"])]) for row in lanes.rows if "track_id" in row}
    for error in lanes.errors["swapped identity"]:
        error["ids"] = {ids[each] for each in error["tracks"]}
    for error in lanes.errors["duplicated track"]:
        error["id"] = ids[error["track"]]
    planted.predictions(lanes).to_json(tmp_path / "predictions.json", orient="records")

    find = FIND.format(store=str(tmp_path / "lanes.sqlite"), predictions=str(tmp_path / "predictions.json"))
    notebook = open_notebook([find, SHOW], width=1300, height=1500)
    notebook.run_all()
    reviewer = Reviewer(notebook)
    columns = ["finding", "id", "frame", "other_id"]
    text = notebook.execute(f"print(sheet.rows[{columns}].to_json(orient='records'))")
    found = pd.DataFrame(json.loads(text), columns=columns)

    scores = scores_of(found, lanes)
    print(f"\n{'planted':20}{'precision':>10}{'recall':>8}")
    for kind, (precision, recall) in scores.items():
        print(f"{kind:20}{precision:10.2f}{recall:8.2f}")
    assert all(recall == 1 and precision >= 0.8 for precision, recall in scores.values()), scores

    for check in (check_shapes, check_tracks):
        with pytest.raises(AssertionError):
            check(task, lanes.truth)
    corrected = 0
    for place, row in found.iterrows():
        kind, frame = str(row["finding"]), int(row["frame"])
        identity = None if pd.isna(row["id"]) else int(row["id"])
        error = error_of(lanes, kind, frame, identity)
        if error is None:
            continue  # nothing is wrong with it, as a look at the thumbnail says
        reviewer.open(int(str(place)), frame, identity)
        getattr(reviewer, kind.replace(" ", "_"))(error)
        reviewer.canvas.saved()
        corrected += 1
    assert corrected == 20
    check_shapes(task, lanes.truth)
    check_tracks(task, lanes.truth)
    assert not notebook.errors
