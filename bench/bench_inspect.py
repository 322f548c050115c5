"""Finders over 1,000,000 shapes against the same written row by row in Python. Run: ``python bench/bench_inspect.py``.

The loops go over the rows of ``task.to_frame()`` with ``itertuples``, the fastest of pandas's own ways (making the DataFrame is
not counted); the finders start from the task each time.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from cvat_widgets import inspect
from cvat_widgets.model.attributes import AttributeColumns
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.kinds import POLYGON, RECTANGLE
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.views import AnnotationView

LABELS = 8
WIDTH, HEIGHT = 1920, 1080


def labels() -> LabelSet:
    color = Attribute("color", "select", values=("red", "blue"), mutable=True)
    return LabelSet.of([Label(f"label {place}", attributes=[color] if not place else []) for place in range(LABELS)])


def view_of(table: AnnotationTable, frames: int) -> AnnotationView:
    names = [f"frame_{number:06d}" for number in range(frames)]
    return AnnotationView(
        table, labels(), FrameIndex(names, np.full(frames, WIDTH, np.int32), np.full(frames, HEIGHT, np.int32)), 1
    )


def plain(count: int) -> AnnotationView:
    random = np.random.default_rng(1)
    frames = count // 20
    label = random.integers(0, LABELS, count)
    size = np.exp(random.normal(0, 0.2, (count, 2))) * (30 + 15 * label[:, None])
    corner = random.uniform(0, 1, (count, 2)) * (np.array([WIDTH, HEIGHT]) - size)
    odd = random.random(count) < 0.002
    size[odd] *= 6
    ids = labels().names
    code = np.array([labels()[name].id for name in ids])[label]
    table = AnnotationTable.build(
        id=np.arange(count) + 1, frame=np.arange(count) % frames, label=code, type=RECTANGLE,
        points=np.hstack([corner, corner + size]).ravel(), offsets=np.arange(count + 1) * 4,
    )  # fmt: skip
    return view_of(table, frames)


def polygons(count: int) -> AnnotationView:
    random = np.random.default_rng(2)
    angle = np.linspace(0, 2 * np.pi, 11)[:-1]
    radius = random.uniform(20, 40, (count, 10))
    rings = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=2) + random.uniform(50, 900, (count, 1, 2))
    odd = np.flatnonzero(random.random(count) < 0.002)
    rings[odd, 2], rings[odd, 6] = rings[odd, 6].copy(), rings[odd, 2].copy()
    frames = count // 20
    table = AnnotationTable.build(
        id=np.arange(count) + 1, frame=np.arange(count) % frames, label=1, type=POLYGON,
        points=rings.ravel(), offsets=np.arange(count + 1) * 20,
    )  # fmt: skip
    return view_of(table, frames)


def tracks(count: int) -> AnnotationView:
    random = np.random.default_rng(3)
    keys = 100
    tracked = count // keys
    steps = random.normal(3, 0.5, (tracked, keys, 2)).cumsum(axis=1) + random.uniform(0, 400, (tracked, 1, 2))
    odd = random.integers(5, keys - 5, tracked)
    hit = np.flatnonzero(random.random(tracked) < 0.2)
    steps[hit, odd[hit]] += 100
    corner = steps.reshape(-1, 2)
    outside = random.random(count) < 0.001
    rows = np.arange(count)
    table = AnnotationTable.build(
        id=np.repeat(np.arange(tracked) + 1, keys), track=np.repeat(np.arange(tracked) + 1, keys), frame=np.tile(np.arange(keys), tracked),
        label=1, type=RECTANGLE, flags=4 + 2 * outside, points=np.hstack([corner, corner + 40]).ravel(), offsets=np.arange(count + 1) * 4,
        attributes=AttributeColumns(rows, np.ones(count, np.int32), (random.random(count) < 0.01).astype(np.int32), ["red", "blue"]),
    )  # fmt: skip
    return view_of(table, keys)


# -- the same, row by row ----------------------------------------------------------------------------------------------

Row = Any
"""Id, frame, label and points of ``itertuples``."""


def by_label(rows: Any, value: Callable[[list[float]], float]) -> tuple[list[float], dict[int, list[float]]]:
    values, groups = [], defaultdict(list)
    for _, _, label, points in rows:
        values.append(value(points))
        groups[label].append(values[-1])
    return values, groups


def centre_of(values: list[float]) -> tuple[float, float]:
    middle = statistics.median(values)
    return middle, max(1.4826 * statistics.median([abs(value - middle) for value in values]), 0.02)


def loop_size_outliers(rows: Any) -> list[Any]:
    values, groups = by_label(rows, lambda p: math.log((p[2] - p[0]) * (p[3] - p[1])))
    usual = {label: centre_of(group) for label, group in groups.items()}
    found = []
    for row, value in zip(rows, values, strict=True):
        middle, spread = usual[row[2]]
        if abs(value - middle) > 4 * spread:
            found.append((row[0], abs(value - middle) / spread))
    return found


def loop_class_outliers(rows: Any) -> list[Any]:
    features = [
        lambda p: math.log((p[2] - p[0]) * (p[3] - p[1])) / 2,
        lambda p: math.log((p[2] - p[0]) / (p[3] - p[1])),
        lambda p: (p[0] + p[2]) / 2 / WIDTH,
        lambda p: (p[1] + p[3]) / 2 / HEIGHT,
    ]
    columns, models = [], defaultdict(list)
    for feature in features:
        values, groups = by_label(rows, feature)
        columns.append(values)
        for label, group in groups.items():
            models[label].append(centre_of(group))
    found = []
    for place, row in enumerate(rows):
        likely = {}
        for label, model in models.items():
            total = 0.0
            for column, (middle, spread) in zip(columns, model, strict=True):
                total -= ((column[place] - middle) / spread) ** 2 / 2 + math.log(spread)
            likely[label] = total
        best = max(likely, key=lambda label: likely[label])
        if best != row[2]:
            top = likely[best]
            chance = 1 / sum(math.exp(value - top) for value in likely.values())
            if chance > 0.95:
                found.append((row[0], best, chance))
    return found


def loop_tiny_shapes(rows: Any) -> list[Any]:
    return [row[0] for row in rows if min(row[3][2] - row[3][0], row[3][3] - row[3][1]) < 4]


def loop_touching_borders(rows: Any) -> list[Any]:
    found = []
    for number, _, _, (left, top, right, bottom) in rows:
        room = min(left, top, WIDTH - right, HEIGHT - bottom)
        if room <= 1:
            found.append((number, room))
    return found


def loop_pairs(rows: Any, accept: Callable[[float, float], bool]) -> list[Any]:
    groups = defaultdict(list)
    for row in rows:
        groups[row[1], row[2]].append(row)
    found = []
    for group in groups.values():
        for place, a in enumerate(group):
            for b in group[place + 1 :]:
                p, q = a[3], b[3]
                wide, tall = min(p[2], q[2]) - max(p[0], q[0]), min(p[3], q[3]) - max(p[1], q[1])
                if wide > 0 and tall > 0:
                    first, second = (p[2] - p[0]) * (p[3] - p[1]), (q[2] - q[0]) * (q[3] - q[1])
                    if accept(wide * tall / (first + second - wide * tall), wide * tall / min(first, second)):
                        found.append((a[0], b[0]))
    return found


def loop_counts(rows: Any) -> list[Any]:
    counts: dict[int, int] = defaultdict(int)
    for row in rows:
        counts[row[1]] += 1
    roots = [2 * math.sqrt(count + 3 / 8) for count in counts.values()]
    middle, spread = centre_of(roots)
    return [frame for frame, root in zip(counts, roots, strict=True) if root - middle > 4 * max(spread, 0.5)]


def loop_bad_polygons(rows: Any) -> list[Any]:
    from shapely.geometry import Polygon

    found = []
    for number, _, _, points in rows:
        shape = Polygon(list(zip(points[0::2], points[1::2], strict=True)))
        if not shape.is_valid or shape.area < 16:
            found.append(number)
    return found


def of_tracks(rows: Any) -> dict[int, Any]:
    groups = defaultdict(list)
    for row in rows:
        groups[row[0]].append(row)
    for group in groups.values():
        group.sort(key=lambda row: row[1])
    return groups


def loop_track_jumps(rows: Any) -> list[Any]:
    found = []
    for track, group in of_tracks(rows).items():
        centres = [((p[0] + p[2]) / 2, (p[1] + p[3]) / 2) for _, _, _, p in group]
        far = []
        for place in range(len(group)):
            best = math.inf
            for a, b in ((-1, 1), (-2, -1), (1, 2)):
                if 0 <= place + a < len(group) and 0 <= place + b < len(group):
                    share = (group[place][1] - group[place + a][1]) / (group[place + b][1] - group[place + a][1])
                    (ax, ay), (bx, by), (x, y) = centres[place + a], centres[place + b], centres[place]
                    best = min(best, math.hypot(x - ax - (bx - ax) * share, y - ay - (by - ay) * share))
            p = group[place][3]
            far.append(best / math.hypot(p[2] - p[0], p[3] - p[1]))
        usual = statistics.median(far)
        found += [(track, group[place][1]) for place, value in enumerate(far) if value - 3 * usual > 0.5]
    return found


def loop_track_gaps(rows: Any, outside: list[bool]) -> list[Any]:
    groups = defaultdict(list)
    for row, away in zip(rows, outside, strict=True):
        groups[row[0]].append((row[1], away))
    found = []
    for track, group in groups.items():
        group.sort()
        since = None
        for frame, away in group:
            if away and since is None:
                since = frame
            elif not away and since is not None:
                if frame - since <= 10:
                    found.append((track, since))
                since = None
    return found


def loop_attributes(rows: Any, values: list[int]) -> list[Any]:
    groups = defaultdict(list)
    for row, value in zip(rows, values, strict=True):
        groups[row[0]].append((row[1], value))
    found = []
    for track, group in groups.items():
        group.sort()
        runs: list[list[int]] = []
        for frame, value in group:
            if not runs or runs[-1][1] != value:
                runs.append([frame, value, frame])
            runs[-1][2] = frame
        for before, run, after in zip(runs, runs[1:], runs[2:], strict=False):
            if before[1] == after[1] and run[2] - run[0] < 5:
                found.append((track, run[0]))
    return found


def timed(function: Callable[[], Any], repeats: int) -> float:
    best = math.inf
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - start)
    return best


class Listed:
    """Rows as a loop over the DataFrame sees them, from the start each time."""

    def __init__(self, view: AnnotationView) -> None:
        self.data = view.to_frame()[["id", "frame", "label", "points"]]

    def __iter__(self) -> Any:
        return self.data.itertuples(index=False, name=None)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    results: dict[str, dict[str, float]] = {}

    def compare(finder: Callable[[Any], Any], view: AnnotationView, loop: Callable[[], Any]) -> None:
        fast, slow = timed(lambda: finder(view), 3), timed(loop, 1)
        results[finder.__name__] = {
            "seconds": round(fast, 3),
            "loop seconds": round(slow, 2),
            "times faster": round(slow / fast, 1),
        }
        print(f"{finder.__name__:28} {fast:7.3f} s   loop {slow:7.2f} s   {slow / fast:6.1f} x", flush=True)

    view = plain(count)
    rows = Listed(view)
    compare(inspect.size_outliers, view, lambda: loop_size_outliers(rows))
    compare(inspect.class_outliers, view, lambda: loop_class_outliers(rows))
    compare(inspect.tiny_shapes, view, lambda: loop_tiny_shapes(rows))
    compare(inspect.touching_borders, view, lambda: loop_touching_borders(rows))
    compare(inspect.near_duplicate_objects, view, lambda: loop_pairs(rows, lambda union, _: union >= 0.85))
    compare(inspect.overlaps, view, lambda: loop_pairs(rows, lambda union, part: part >= 0.6 and union < 0.85))
    compare(inspect.overfull_frames, view, lambda: loop_counts(rows))
    view = polygons(count)
    rows = Listed(view)
    compare(inspect.bad_polygons, view, lambda: loop_bad_polygons(rows))
    view = tracks(count)
    rows = Listed(view)
    outside = (view.table.flags & 2 > 0).tolist()
    values = view.table.attributes.code.tolist()
    compare(inspect.track_jumps, view, lambda: loop_track_jumps(rows))
    compare(inspect.track_gaps, view, lambda: loop_track_gaps(rows, outside))
    compare(inspect.attribute_inconsistencies, view, lambda: loop_attributes(rows, values))
    fast, slow = (sum(result[key] for result in results.values()) for key in ("seconds", "loop seconds"))
    print(
        json.dumps(
            {"shapes": count, "seconds": round(fast, 2), "loop seconds": round(slow, 1), "times faster": round(slow / fast, 1)}
        )
    )


if __name__ == "__main__":
    main()
