"""Finders on 500 frames with 20 planted errors of each kind: precision and recall of each."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cvat_widgets import inspect
from tests.inspect.planted import EACH, FRAMES, Planted, planted

# Finder, the planted kind, kinds it may rightly name as well, and the least precision and recall.
CASES = [
    (inspect.size_outliers, "size", {"tiny", "class"}, 0.9, 0.9),
    (inspect.class_outliers, "class", {"size", "tiny"}, 0.9, 0.9),
    (inspect.tiny_shapes, "tiny", set(), 1.0, 1.0),
    (inspect.bad_polygons, "polygon", set(), 1.0, 1.0),
    (inspect.near_duplicate_objects, "duplicate", set(), 1.0, 1.0),
    (inspect.overlaps, "overlap", {"swap"}, 1.0, 1.0),
    (inspect.touching_borders, "border", {"size"}, 1.0, 1.0),
    (inspect.empty_frames, "empty", set(), 1.0, 1.0),
    (inspect.overfull_frames, "overfull", set(), 1.0, 1.0),
    (inspect.track_jumps, "jump", {"swap"}, 0.9, 0.9),
    (inspect.track_gaps, "gap", set(), 1.0, 1.0),
    (inspect.swapped_identities, "swap", set(), 0.9, 0.9),
    (inspect.attribute_inconsistencies, "attribute", set(), 1.0, 1.0),
]
MODEL_CASES = [
    ("label", "class", set()),
    ("location", "location", {"border", "size"}),
    ("extra", None, {"drawn twice", "location", "tiny", "duplicate", "overlap", "border", "size"}),
]


@pytest.fixture(scope="module")
def dataset() -> Planted:
    return planted()


@pytest.fixture(scope="module")
def report():
    lines: list[str] = []
    yield lines
    print("\n".join(["", f"{'finder':28}{'planted':>8}{'found':>7}{'precision':>11}{'recall':>8}", *lines]))


def score(found: set[int], errors: set[int], also: set[int]) -> tuple[float, float]:
    right = found & (errors | also)
    return len(right) / max(len(found), 1), len(found & errors) / len(errors)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_finds_what_was_planted(dataset: Planted, report: list[str], case) -> None:
    finder, kind, others, least_precision, least_recall = case
    rows = finder(dataset.view)
    errors = dataset.errors[kind]
    by_frame = rows["id"].isna().all()
    found = set((rows["frame"] if by_frame else rows["id"]).astype(int).tolist())
    if kind == "swap":
        found |= set(rows["other_id"].tolist())
    also = set().union(*(dataset.errors[other] for other in others)) if others else set()
    precision, recall = score(found, errors, also)
    report.append(f"{finder.__name__:28}{len(errors):8}{len(found):7}{precision:11.2f}{recall:8.2f}")
    assert precision >= least_precision, sorted(found - errors - also)[:10]
    assert recall >= least_recall, sorted(errors - found)[:10]
    assert rows["score"].between(0, 1).all()
    assert rows["score"].is_monotonic_decreasing


@pytest.mark.parametrize(("kind", "planted_kind", "others"), MODEL_CASES)
def test_disagreements(dataset: Planted, report: list[str], kind: str, planted_kind: str | None, others: set[str]) -> None:
    rows = inspect.disagreements(dataset.view.shapes, dataset.predictions)
    found = set(rows.loc[rows["kind"] == kind, "id"].astype(int))
    also = set().union(*(dataset.errors[other] for other in others), *([dataset.errors["tiny"]] if others else []))
    errors = dataset.errors[planted_kind] if planted_kind else dataset.errors["tiny"]
    precision, recall = score(found, errors, also)
    report.append(f"{'disagreements: ' + kind:28}{len(errors):8}{len(found):7}{precision:11.2f}{recall:8.2f}")
    assert precision >= 0.9, sorted(found - errors - also)[:10]
    assert recall >= 0.9


def test_disagreements_name_what_is_missing(dataset: Planted, report: list[str]) -> None:
    rows = inspect.disagreements(dataset.view.shapes, dataset.predictions)
    rows = rows[rows["kind"] == "missing"]
    places = {(frame, round(float(points[0]) / 4)) for frame, points in dataset.missing}
    hits = sum(
        any((frame, round(float(points[0]) / 4) + d) in places for d in (-1, 0, 1))
        for frame, points in zip(rows["frame"], rows["points"], strict=True)
    )
    # Objects moved away by other planted errors are missing where they were, too.
    moved = len(dataset.errors["border"]) + len(dataset.errors["size"])
    report.append(f"{'disagreements: missing':28}{EACH:8}{len(rows):7}{'':11}{hits / EACH:8.2f}")
    assert hits >= 0.7 * EACH
    assert len(rows) <= EACH + moved


def test_near_duplicate_frames(report: list[str]) -> None:
    random = np.random.default_rng(3)
    coarse = random.integers(0, 255, (FRAMES, 6, 8, 3)).astype(np.uint8)
    pictures = coarse.repeat(12, axis=1).repeat(12, axis=2)
    later = random.choice(np.arange(100, FRAMES), EACH, replace=False)
    earlier = random.choice(100, EACH, replace=False)
    noise = random.normal(0, 4, (EACH, *pictures.shape[1:]))
    pictures[later] = np.clip(pictures[earlier] + noise, 0, 255).astype(np.uint8)

    class Media:
        def __len__(self) -> int:
            return FRAMES

        def frame(self, number: int) -> np.ndarray:
            return pictures[number]

    rows = inspect.near_duplicate_frames(Media())
    precision, recall = score(set(rows["frame"]), set(later.tolist()), set())
    report.append(f"{'near_duplicate_frames':28}{EACH:8}{len(rows):7}{precision:11.2f}{recall:8.2f}")
    assert (precision, recall) == (1.0, 1.0)
    assert dict(zip(rows["frame"], rows["other_frame"], strict=True)) == dict(
        zip(later.tolist(), earlier.tolist(), strict=True)
    )
    vectors = pictures.reshape(FRAMES, -1).astype(np.float32) - 127
    by_vector = inspect.near_duplicate_frames(Media(), embeddings=vectors)
    assert set(by_vector["frame"]) == set(later.tolist())


def test_all_joins_and_a_dataframe_gives_the_same(dataset: Planted) -> None:
    together = inspect.all(dataset.view)
    assert list(together.columns) == ["finding", "id", "frame", "label", "score", "reason"]
    assert set(together["finding"]) >= {finder.__name__ for finder, *_ in CASES}
    assert together["score"].is_monotonic_decreasing
    shapes = dataset.view.shapes
    for finder in (inspect.size_outliers, inspect.class_outliers, inspect.bad_polygons):
        left = finder(shapes).drop(columns="reason")
        by_rows = finder(inspect.rows_of(shapes)).drop(columns="reason")
        pd.testing.assert_frame_equal(left, by_rows)
    assert set(inspect.bad_polygons(shapes)["id"]) == dataset.errors["polygon"]
    assert set(inspect.attribute_inconsistencies(dataset.view.tracks)["id"]) == dataset.errors["attribute"]
    assert set(inspect.track_gaps(dataset.view.tracks)["id"]) == dataset.errors["gap"]
    assert set(inspect.touching_borders(shapes, size=(1280, 720))["id"]) >= dataset.errors["border"]
