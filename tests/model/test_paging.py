"""Columns of coordinates that go into a file beyond a size: the same numbers, in little memory, whatever becomes of the file."""

from __future__ import annotations

import mmap
import re
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cvat_widgets.model import paging
from cvat_widgets.model.kinds import MASK, RECTANGLE
from cvat_widgets.model.paging import Coordinates, extent, gathered, joined, release_pages
from cvat_widgets.model.table import AnnotationTable

numbers = st.lists(st.floats(allow_nan=False), max_size=12)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let columns go into a file from the eleventh coordinate on."""
    monkeypatch.setattr(paging, "IN_MEMORY", 10)
    monkeypatch.setattr(paging, "BLOCK", 4)


def mapped(points: NDArray[np.float64]) -> bool:
    """Whether an array stands in a file."""
    base: Any = points
    while isinstance(base, np.ndarray):
        base = base.base
    return isinstance(base, mmap.mmap) or isinstance(getattr(base, "obj", None), mmap.mmap)


@given(st.lists(st.tuples(numbers, st.sampled_from(["array", "list", "values"]), st.booleans()), max_size=12))
def test_a_column_has_what_was_added_however_it_was_added(parts: list[tuple[list[float], str, bool]]) -> None:
    column, expected = Coordinates(), []
    for values, way, look in parts:
        if way == "array":
            column.extend(np.array(values, np.float64))
        elif way == "list":
            column.fromlist(values)
        else:
            column.extend(iter(values))
        expected += values
        assert len(column) == len(expected)
        if look:
            assert column.column().tolist() == expected
    assert column.column().tolist() == expected


def test_only_long_columns_are_in_a_file_and_they_outlive_what_made_them() -> None:
    column = Coordinates()
    column.extend(range(10))
    assert not mapped(column.column())
    column.extend(range(10, 100))
    found = column.column()
    assert mapped(found)
    assert not found.flags.writeable
    del column
    assert found.tolist() == list(range(100))


def test_a_list_with_something_else_in_it_adds_nothing() -> None:
    column = Coordinates()
    column.extend(range(20))
    with pytest.raises(TypeError):
        column.fromlist([1.0, "2"])  # type: ignore[list-item]
    assert column.column().tolist() == list(range(20))


class _Full:
    """A file on a disk that takes some bytes and no more."""

    def __init__(self, file: IO[bytes], room: int) -> None:
        self._file, self._room = file, room

    def write(self, data: Any) -> int:
        fitting = min(len(data), self._room)
        if not fitting:
            raise OSError(28, "No space left on device")
        self._room -= fitting
        return self._file.write(data[:fitting])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@pytest.mark.parametrize("room", [-1, 0, 100, 400, 10_000])
def test_without_room_for_the_file_the_rest_stays_in_memory(monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    made = tempfile.TemporaryFile

    def full(**options: Any) -> Any:
        if room < 0:
            raise OSError(28, "No space left on device")
        return _Full(made(**options), room)

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    column = Coordinates()
    for start in range(0, 200, 7):
        column.extend(range(start, min(start + 7, 200)))
    assert column.column().tolist() == list(range(200))
    column.extend([-1.0])
    assert column.column().tolist() == [*range(200), -1]


@st.composite
def ragged(draw: st.DrawFn) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return a column, and starts and lengths of stretches of it."""
    lengths = draw(st.lists(st.integers(0, 9), max_size=12))
    ends = np.cumsum([0, *lengths])
    chosen = draw(st.lists(st.integers(0, len(lengths) - 1), max_size=20)) if lengths else []
    points = np.arange(ends[-1], dtype=np.float64) + 0.5
    return points, ends[:-1][chosen].astype(np.int64), np.array(lengths, np.int64)[chosen]


@given(ragged())
def test_stretches_are_gathered_in_order(found: tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]) -> None:
    points, starts, lengths = found
    expected = [
        value for start, length in zip(starts, lengths, strict=True) for value in points[start : start + length].tolist()
    ]
    together = gathered(points, starts, lengths)
    assert together.tolist() == expected
    assert mapped(together) == (len(expected) > paging.IN_MEMORY)


@given(st.lists(numbers, min_size=1, max_size=6))
def test_columns_are_joined_in_order(parts: list[list[float]]) -> None:
    expected = [value for part in parts for value in part]
    together = joined([np.array(part, np.float64) for part in parts])
    assert together.tolist() == expected
    assert mapped(together) == (len(expected) > paging.IN_MEMORY)


@given(st.lists(st.floats(), max_size=30))
def test_the_extent_is_that_of_all_blocks(values: list[float]) -> None:
    points = np.array(values, np.float64)
    low, high = extent(points)
    np.testing.assert_equal((low, high), (points.min(initial=0), points.max(initial=0)))


def test_a_table_is_the_same_with_its_points_in_a_file() -> None:
    mask = [3.0, 2, 1, 4, 2, 10, 20, 13, 22]
    points = np.array([0.0, 1, 2, 3, *mask, 4, 5, 6, 7, *mask])
    offsets = np.cumsum([0, 4, 9, 4, 9])
    column = Coordinates()
    column.extend(points)
    plain, paged = (
        AnnotationTable.build(points=each, offsets=offsets, id=[1, 2, 3, 4], type=[RECTANGLE, MASK, RECTANGLE, MASK])
        for each in (points, column.column())
    )
    assert mapped(paged.points)
    assert not mapped(plain.points)
    assert plain.equals(paged)
    assert paged.point_lists()(1) == plain.point_lists()(1) == mask
    for rows in ([3, 1], [2], [0, 0, 1, 1, 2, 2], np.array([False, True, True, True])):
        assert paged.take(rows).equals(plain.take(rows))
    assert mapped(paged.take([3, 1]).points)
    twice = AnnotationTable.concat([paged, plain])
    assert mapped(twice.points)
    assert twice.equals(AnnotationTable.concat([plain, plain]))


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> NDArray[np.float64]:
    """Return a column of 32 MB in a file."""
    monkeypatch.setattr(paging, "IN_MEMORY", 1 << 17)
    monkeypatch.setattr(paging, "BLOCK", 1 << 17)
    column = Coordinates()
    column.extend(np.arange(1 << 22, dtype=np.float64))
    return column.column()


@pytest.mark.skipif(sys.platform != "linux", reason="memory is told apart by kind on Linux only")
def test_what_was_looked_at_can_be_given_back(large: NDArray[np.float64]) -> None:
    def resident() -> float:
        found = re.search(r"RssFile:\s+(\d+)", Path("/proc/self/status").read_text())
        assert found is not None
        return int(found[1]) / 1024

    before = resident()
    total = large.sum()
    assert resident() - before > 24
    release_pages()
    assert resident() - before < 8
    assert large.sum() == total == (1 << 21) * ((1 << 22) - 1)
    release_pages()
    extent(large)
    assert resident() - before < 8
