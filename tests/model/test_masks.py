"""Masks against CVAT's own cases, pycocotools and shapely."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from pycocotools import mask as coco

from cvat_widgets.errors import AnnotationError
from cvat_widgets.model.masks import (
    decode_mask,
    encode_mask,
    from_coco_rle,
    mask_area,
    mask_from_polygons,
    polygons_of_mask,
    to_coco_rle,
)

bitmaps = npst.arrays(bool, st.tuples(st.integers(1, 24), st.integers(1, 24)))


def bits(*rows: str) -> np.ndarray:
    return np.array([[character == "1" for character in row] for row in rows])


def test_the_cases_of_cvats_sdk() -> None:
    assert encode_mask(bits("0000000", "0001110", "0011000", "0000000")).tolist() == [1, 5, 2, 2, 1, 5, 2]
    assert encode_mask(np.ones((4, 6), bool)).tolist() == [0, 24, 0, 0, 5, 3]
    assert encode_mask(np.zeros((4, 6), bool)).tolist() == [1, 0, 0, 0, 0]
    assert encode_mask(bits("001110", "011000"), (2.9, 0.9, 4.1, 1.1)).tolist() == [0, 4, 2, 2, 0, 4, 1]


@pytest.mark.parametrize("points", [[1, 0, 0, 0, 0], [0, 0, 0, 0, 0]])
def test_both_spellings_of_an_empty_mask_are_read(points: list[float]) -> None:
    assert not decode_mask(points, 5, 4).any()


@pytest.mark.parametrize(
    "points",
    [[1, 0, 0], [3, 0, 0, 1, 1], [-1, 5, 0, 0, 1, 1], [1.5, 2.5, 0, 0, 1, 1], [4, 2, 2, 0, 0], [np.nan, 4, 0, 0, 1, 1]],
)
def test_damaged_runs_are_refused(points: list[float]) -> None:
    with pytest.raises(AnnotationError):
        decode_mask(points, 5, 5)


@given(bitmaps)
def test_round_trips_and_pycocotools(bitmap: np.ndarray) -> None:
    height, width = bitmap.shape
    points = encode_mask(bitmap)
    assert np.array_equal(decode_mask(points, width, height), bitmap)
    assert mask_area(points) == bitmap.sum()
    ours, theirs = to_coco_rle(points, width, height), coco.encode(np.asfortranarray(bitmap.astype(np.uint8)))
    assert ours["counts"] == theirs["counts"].decode()
    assert from_coco_rle(theirs).tolist() == points.tolist()


@given(bitmaps)
def test_polygons_along_pixel_edges_are_exact(bitmap: np.ndarray) -> None:
    height, width = bitmap.shape
    covered, area = np.zeros(bitmap.shape, bool), 0.0
    y, x = np.mgrid[0:height, 0:width] + 0.5
    for outline, *holes in polygons_of_mask(encode_mask(bitmap)):
        part = shapely.Polygon(outline.reshape(-1, 2), [hole.reshape(-1, 2) for hole in holes])
        area += part.area
        covered |= shapely.contains_xy(part, x.ravel(), y.ravel()).reshape(bitmap.shape)
    assert np.array_equal(covered, bitmap)
    assert area == bitmap.sum()


def test_polygons_are_rasterised_as_pycocotools_does() -> None:
    polygon = [3.2, 1.7, 30.5, 4.1, 22.8, 27.3, 5.0, 19.9]
    expected = coco.decode(coco.merge(coco.frPyObjects([polygon], 32, 40))).astype(bool)
    assert np.array_equal(decode_mask(mask_from_polygons([polygon], 40, 32), 40, 32), expected)


@given(st.text(max_size=30))
def test_hostile_run_lengths_end_in_an_error_of_ours(text: str) -> None:
    try:
        from_coco_rle({"size": [10, 10], "counts": text})
    except AnnotationError:
        pass
