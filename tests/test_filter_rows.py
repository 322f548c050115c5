"""``filter()`` of tasks: JSON logic and queries choose the same rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import cvat_widgets as cw
from cvat_widgets.model.filters import FilterError, to_query

LABELS = [
    cw.Label("car", attributes=(cw.Attribute("color", "select", values=("red", "blue")),)),
    cw.Label("pose", type="skeleton", sublabels=(cw.Label("eye", type="points"),)),
]


@pytest.fixture
def task(tmp_path: Path) -> cw.Task:
    task = cw.Task.create("t", np.zeros((6, 40, 60, 3), np.uint8), labels=LABELS, store=tmp_path / "s.sqlite")
    task.add(
        [
            {"frame": 0, "label": "car", "type": "rectangle", "points": [0, 0, 30, 10], "attr.color": "red"},
            {"frame": 0, "label": "car", "type": "rectangle", "points": [0, 0, 10, 10], "attr.color": "blue"},
            {"frame": 1, "label": "car", "type": "rectangle", "points": [0, 0, 10, 10], "track_id": 900},
            {"frame": 5, "label": "car", "type": "rectangle", "points": [0, 0, 50, 10], "track_id": 900},
        ]
    )
    return task


@pytest.mark.parametrize(
    ("logic", "count", "interpolated"),
    [
        ({">": [{"var": "width"}, 20]}, 2, 4),
        ({"==": [{"var": "attr.car.color"}, "red"]}, 1, 1),
        ({"!": {"and": [{"==": [{"var": "attr.car.color"}, "red"]}]}}, 3, 6),
        ({"==": [{"var": "type"}, "track"]}, 2, 5),
    ],
)
def test_both_forms_choose_the_same(task: cw.Task, logic: dict[str, object], count: int, interpolated: int) -> None:
    query = to_query(logic, task.labels)
    for interpolate, expected in ((False, count), (True, interpolated)):
        rows = task.filter(logic, interpolate=interpolate)
        assert len(rows) == expected
        assert rows.equals(task.filter(query, interpolate=interpolate))


def test_rows_can_be_changed_and_written_back(task: cw.Task) -> None:
    rows = task.filter('label == "car" and width > 20 and frame == 0')
    rows["attr.color"] = "blue"
    assert task.update(rows) == 1
    assert task.filter({"==": [{"var": "attr.car.color"}, "red"]}).empty


def test_what_is_neither_is_refused(task: cw.Task) -> None:
    secret = 20  # a query cannot see the caller's variables
    assert secret
    for condition in ("width >", "width > @secret", "colour == 3", "width", '{"and": []}'):
        with pytest.raises(FilterError):
            task.filter(condition)
