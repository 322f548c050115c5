"""Rows compared with what is stored before they are written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import cvat_widgets as cw
from cvat_widgets.errors import ConflictError, CvatWidgetsError, LabelError, NotFoundError

BOX: dict[str, Any] = {"type": "rectangle", "label": "car"}


@pytest.fixture
def task(tmp_path: Path) -> Iterator[cw.Task]:
    pictures = np.full((4, 48, 64, 3), 200, np.uint8)
    with cw.Store.open(tmp_path / "store.sqlite") as store:
        made = cw.Task.create("task", pictures, labels=["car", "person <b>"], store=store)
        made.add([{**BOX, "frame": frame, "points": [5, 5, 20 + frame, 20]} for frame in range(3)])
        made.add([{**BOX, "frame": frame, "points": [30, 5 + frame, 40, 20], "track_id": 1} for frame in (0, 3)])
        yield made


def test_nothing_is_written_before_it_is_committed_and_then_it_is_one_step(task: cw.Task) -> None:
    rows = task.shapes
    rows.loc[0, "label"] = "person <b>"
    new = pd.DataFrame([{"frame": 3, "label": "car", "type": "rectangle", "points": [1.0, 2, 9, 9]}])
    before = task.to_frame()
    revision = task.revision
    proposal = task.apply(pd.concat([rows.iloc[:2], new], ignore_index=True), delete=False)
    assert (proposal.added, proposal.updated, proposal.removed) == (1, 1, 0)
    changes = proposal.changes
    assert changes[["change", "frame", "field"]].astype(object).where(changes.notna(), None).to_numpy().tolist() == [
        ["added", 3, None],
        ["updated", 0, "label"],
    ]
    assert (changes["before"].iat[1], changes["after"].iat[1]) == ("car", "person <b>")
    assert task.revision == revision
    pd.testing.assert_frame_equal(task.to_frame(), before)
    assert proposal.commit() == task.revision == revision + 1
    assert task.diff(revision)[["change", "field"]].equals(changes[["change", "field"]])
    with pytest.raises(CvatWidgetsError, match="written already"):
        proposal.commit()
    task.undo()
    pd.testing.assert_frame_equal(task.to_frame(), before)


def test_what_is_in_no_row_is_removed_only_where_that_is_said(task: cw.Task) -> None:
    keep = task.shapes.iloc[:1]
    assert not task.apply(keep)
    proposal = task.apply(keep, delete=True)
    assert (proposal.added, proposal.updated, proposal.removed) == (0, 0, 3)
    proposal.commit()
    assert len(task.to_frame()) == 1


def test_tracks_are_compared_by_keyframe_and_added_as_tracks(task: cw.Task) -> None:
    rows = task.tracks
    rows.loc[rows["frame"] == 3, "points"] = pd.Series([np.array([31.0, 9, 44, 22])], index=rows.index[rows["frame"] == 3])
    new = pd.DataFrame([{**BOX, "frame": frame, "points": [1, 1, 5 + frame, 9], "track_id": 7} for frame in (0, 2)])
    proposal = task.apply(pd.concat([rows, new], ignore_index=True))
    assert (proposal.added, proposal.updated) == (1, 1)
    assert sorted(proposal.changes["change"]) == ["added", "added", "updated"]
    proposal.commit()
    assert task.tracks.groupby("track_id").size().tolist() == [2, 2]


def test_rows_of_a_skeleton_and_its_joints_are_compared(tmp_path: Path) -> None:
    face = cw.Label("face", type="skeleton", sublabels=[cw.Label("eye", type="points"), cw.Label("nose", type="points")])
    task = cw.Task.create("faces", np.zeros((2, 48, 64, 3), np.uint8), labels=[face], store=tmp_path / "faces.sqlite")
    task.add([
        {"id": 1, "frame": 0, "label": "face", "type": "skeleton", "points": None},
        {"frame": 0, "label": "eye", "type": "points", "points": [5, 6], "parent_id": 1},
        {"frame": 0, "label": "nose", "type": "points", "points": [7, 8], "parent_id": 1},
    ])  # fmt: skip
    rows = task.to_frame()
    assert rows["label"].tolist() == ["face", "eye", "nose"]
    assert not task.apply(rows)
    assert task.update(rows) == 0
    rows.at[2, "points"] = np.array([20.0, 30])
    proposal = task.apply(rows)
    assert (proposal.added, proposal.updated, proposal.removed) == (0, 1, 0)
    assert proposal.changes[["id", "field"]].to_numpy().tolist() == [[rows["id"].iat[2], "points"]]
    assert list(proposal.pictures()) == [0]
    proposal.commit()
    assert task.to_frame()["points"].iat[2].tolist() == [20, 30]


def test_pictures_show_old_and_new_shapes(task: cw.Task) -> None:
    rows = task.shapes.iloc[:1].copy()
    rows["points"] = [np.array([40.0, 30, 60, 46])]
    (picture,) = task.apply(rows).pictures().values()
    pixels = np.asarray(picture).astype(int)
    assert picture.size == (64, 48)
    assert np.abs(pixels[5, 10] - (0xE6, 0x9F, 0x00)).max() < 40, "orange where it was"
    assert np.abs(pixels[46, 50] - (0x56, 0xB4, 0xE9)).max() < 40, "blue where it comes"


def test_a_notebook_shows_it_without_html_from_data(task: cw.Task) -> None:
    rows = task.shapes.iloc[:1].copy()
    rows["label"] = "person <b>"
    proposal = task.apply(rows)
    shown = proposal._repr_html_()
    assert "person &lt;b&gt;" in shown
    assert "person <b>" not in shown
    assert shown.count("data:image/jpeg;base64,") == 1
    assert repr(proposal) == "<Proposal: 1 updated; not written yet>"
    assert "nothing changes" in task.apply(task.shapes)._repr_html_()


def test_bad_rows_are_refused_and_others_changes_are_not_lost(task: cw.Task) -> None:
    rows = task.shapes.iloc[:1].copy()
    for column, value, error in (("id", 999, NotFoundError), ("label", "bus", LabelError)):
        with pytest.raises(error):
            task.apply(rows.assign(**{column: value}))
    rows["points"] = [np.array([1.0, 1, 9, 9])]
    proposal = task.apply(rows)
    task.update(task.shapes.iloc[:1].assign(points=[np.array([2.0, 2, 8, 8])]))
    with pytest.raises(ConflictError):
        proposal.commit()
    assert task.shapes["points"].iat[0].tolist() == [2, 2, 8, 8]


def test_a_job_has_it_too(task: cw.Task) -> None:
    job = task.jobs[0]
    rows = job.shapes.iloc[1:2].copy()
    rows["occluded"] = True
    proposal = job.apply(rows)
    assert len(proposal.pictures()) == 1
    proposal.commit()
    assert task.shapes["occluded"].tolist() == [False, True, False]
