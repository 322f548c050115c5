"""Extras of many rows in columns read like the dictionary they stand for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvat_widgets.model.extras import ExtraColumns
from cvat_widgets.model.table import AnnotationTable


def extras(rows: list[int]) -> ExtraColumns:
    box = np.arange(4.0 * len(rows)).reshape(-1, 4)
    box[::3] = np.nan
    area = np.where(np.arange(len(rows)) % 2, np.nan, 1.5)
    return ExtraColumns("coco", np.array(rows, np.int64), (np.arange(len(rows)) + 10, area, box))


def test_nan_is_none() -> None:
    found = extras([1, 4])
    assert found[1] == {"coco": (10, 1.5, None)}
    assert found[4] == {"coco": (11, None, [4.0, 5.0, 6.0, 7.0])}
    assert list(found) == [1, 4]
    assert 2 not in found
    assert 5 not in found
    with pytest.raises(KeyError):
        found[0]


@given(st.sets(st.integers(0, 9)), st.lists(st.integers(0, 9), max_size=12))
def test_a_table_takes_them_as_it_takes_dictionaries(rows: set[int], index: list[int]) -> None:
    columns = extras(sorted(rows))
    plain = {row: dict(values) for row, values in columns.items()}
    tables = [AnnotationTable.build(points=[], offsets=[0] * 11, label=1, type=8, extras=each) for each in (columns, plain)]
    taken = [table.take(np.array(index, np.int64)) for table in tables]
    assert taken[0].equals(taken[1])
    assert taken[0].take(np.ones(len(index), bool)) is taken[0]
