"""A table of rows: pages, sorting, and a choice that follows."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import cvat_widgets as cw
from cvat_widgets.errors import AnnotationError
from cvat_widgets.job import Job


@pytest.fixture
def rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": pd.array([*range(1, 50), None], dtype="Int64"),
            "frame": range(50),
            "label": ["car", "person"] * 25,
            "score": [each / 49 for each in range(49)] + [float("nan")],
            "points": [[0, 0, 1, 1]] * 50,
        }
    )


def shown(table: Any) -> list[int | None]:
    return [row["id"] for row in table._shown["rows"]]


def test_a_page_is_sent_and_nothing_more(rows: pd.DataFrame) -> None:
    table = cw.ShapeTable(rows, per_page=20)
    assert (table.pages, shown(table)) == (3, [*range(1, 21)])
    assert [each["name"] for each in table._columns] == ["id", "frame", "label", "score"]
    assert table._shown["rows"][1]["cells"] == ["2", "1", "person", "0.02041"]
    table.page = 2
    assert shown(table) == [*range(41, 50), None]
    assert table._shown["rows"][-1]["cells"] == ["", "49", "person", ""]
    for wrong, right in ((99, 2), (-5, 0)):
        table.page = wrong
        assert (table.page, table._shown["page"]) == (right, right)


def test_it_sorts_both_ways_and_back(rows: pd.DataFrame) -> None:
    table = cw.ShapeTable(rows, per_page=5, sort="-score")
    assert shown(table) == [49, 48, 47, 46, 45]
    table.page = 3
    table.sort = "label"
    assert (table.page, shown(table)) == (0, [1, 3, 5, 7, 9])
    table.sort = ""
    assert shown(table) == [1, 2, 3, 4, 5]
    with pytest.raises(AnnotationError, match="no column 'nonsense'"):
        table.sort = "nonsense"
    assert table.sort == ""
    with pytest.raises(AnnotationError, match="no column 'nonsense'"):
        cw.ShapeTable(rows, columns=["nonsense"])
    with pytest.raises(AnnotationError, match="column id is missing"):
        cw.ShapeTable(rows.drop(columns="id"))
    assert cw.ShapeTable(rows[:0])._shown == {"rows": [], "page": 0, "pages": 1, "first": 0, "total": 0}


def test_the_page_of_what_is_chosen_is_shown(rows: pd.DataFrame) -> None:
    table = cw.ShapeTable(rows, per_page=10)
    table.chosen = [25, 44]
    assert (table.page, 25 in shown(table)) == (2, True)
    table.chosen = [44, 30]
    assert table.page == 2  # one of them is there
    table.only_chosen = True
    assert shown(table) == [30, 44]
    table.chosen = [44]
    assert shown(table) == [30, 44]  # those that were chosen then
    table.only_chosen = False
    table.chosen = [999]
    assert table.page == 0


def test_a_row_opens_its_frame(job: Job) -> None:
    job.add([{"frame": n, "label": "car", "type": "rectangle", "points": [1, 2, 11, 12]} for n in range(4)])
    ids = job.shapes["id"].tolist()
    annotator = cw.Annotator(job)
    rows = pd.DataFrame({"id": pd.array([ids[2], None], dtype="Int64"), "frame": [2, 3]})
    table = cw.ShapeTable(rows, annotator=annotator)
    table._opened = [0, 1]
    assert (annotator.frame, annotator.selection, table.chosen) == (2, [ids[2]], [ids[2]])
    table._opened = [1, 2]
    assert (annotator.frame, annotator.selection) == (3, [])
    table._opened = [57, 3]
    assert annotator.frame == 3
    annotator.selection = [ids[0]]
    assert table.chosen == [ids[0]]
