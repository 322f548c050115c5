"""A quality report of 1,000 frames x 50 rectangles against a loop over pairs. Run: ``python bench/bench_quality.py``.

Both sides do the same: intersection over union, Hungarian matching, the confusion matrix, the mean overlap, and four types of
conflicts; that they agree is checked. The search for covered annotations is off on both sides. The second figure is our report
with everything on. The third is of polygons with 20 points, visible parts only, against a loop that paints every frame, takes
the visible masks out again and compares them pair by pair (timed on the first frames).
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable

import numpy as np
from pycocotools import mask as coco
from scipy.optimize import linear_sum_assignment

from cvat_widgets import quality
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.kinds import POLYGON
from cvat_widgets.model.table import AnnotationTable

FRAMES, SHAPES, LABELS = 1000, 50, 10
PAINTED = 10
WIDTH, HEIGHT = 1920, 1080


def make_tables(seed: int) -> tuple[AnnotationTable, AnnotationTable]:
    """A ground truth, and annotations with moved, renamed, forgotten and invented boxes."""
    generator = np.random.default_rng(seed)
    count = FRAMES * SHAPES
    corner = generator.uniform((0, 0), (WIDTH - 260, HEIGHT - 260), (count, 2))
    boxes = np.column_stack((corner, corner + generator.uniform(30, 250, (count, 2))))
    label = generator.integers(1, LABELS + 1, count)
    frame = np.repeat(np.arange(FRAMES), SHAPES)
    moved = boxes + generator.normal(0, 6, boxes.shape)
    lost = generator.random(count) < 0.05
    moved[lost] = boxes[generator.permutation(count)][lost]
    renamed = np.where(generator.random(count) < 0.05, label % LABELS + 1, label)
    tables = []
    for points, labels in ((boxes, label), (moved, renamed)):
        tables.append(
            AnnotationTable.build(
                id=np.arange(count) + 1, frame=frame, label=labels, points=points.ravel(), offsets=np.arange(count + 1) * 4
            )
        )
    return tables[0], tables[1]


def as_polygons(table: AnnotationTable) -> AnnotationTable:
    boxes = table.points.reshape(-1, 4)
    angle = np.linspace(0, 2 * math.pi, 20, endpoint=False)
    centre, radius = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2
    points = centre[:, None] + radius[:, None] * np.column_stack((np.cos(angle), np.sin(angle)))
    count = len(table)
    return AnnotationTable.build(
        id=table.id,
        frame=table.frame,
        label=table.label,
        type=POLYGON,
        points=points.ravel(),
        offsets=np.arange(count + 1) * 40,
    )


def iou(a: list[float], b: list[float]) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def loop(gt: AnnotationTable, ds: AnnotationTable) -> tuple[Counter[str], np.ndarray, float]:
    """The same report, one pair after the other."""
    sides = []
    for table in (gt, ds):
        frames: dict[int, list[tuple[list[float], int]]] = {}
        for row in range(len(table)):
            frames.setdefault(int(table.frame[row]), []).append((table.points_of(row).tolist(), int(table.label[row])))
        sides.append(frames)
    conflicts: Counter[str] = Counter()
    confusion = np.zeros((LABELS + 1, LABELS + 1), int)
    means = []
    for frame, truth in sides[0].items():
        made = sides[1].get(frame, [])
        similarity = [[iou(a, b) for b, _ in made] for a, _ in truth]
        cost = np.array([[1 - value if value >= 0.4 else 1.0 for value in line] for line in similarity])
        values, left_a, left_b = [], set(range(len(truth))), set(range(len(made)))
        for i, j in zip(*linear_sum_assignment(cost), strict=True):
            if cost[i, j] == 1:
                continue
            left_a.discard(int(i))
            left_b.discard(int(j))
            values.append(similarity[i][j])
            if similarity[i][j] < 0.8:
                conflicts["low_overlap"] += 1
            if truth[i][1] != made[j][1]:
                conflicts["mismatching_label"] += 1
            confusion[made[j][1] - 1, truth[i][1] - 1] += 1
        for i in left_a:
            conflicts["missing_annotation"] += 1
            confusion[-1, truth[i][1] - 1] += 1
            values.append(max(similarity[i]))
        for j in left_b:
            conflicts["extra_annotation"] += 1
            confusion[made[j][1] - 1, -1] += 1
            values.append(max(line[j] for line in similarity))
        means.append(sum(values) / len(values))
    return conflicts, confusion, sum(means) / len(means)


def painting_loop(gt: AnnotationTable, ds: AnnotationTable, frame: int) -> np.ndarray:
    """Overlaps of the visible parts of polygons on one frame."""
    masks = []
    for table in (gt, ds):
        rows = np.flatnonzero(table.frame == frame).tolist()
        canvas = np.zeros((HEIGHT, WIDTH), np.int32)
        for place, row in enumerate(rows):
            canvas[coco.decode(coco.frPyObjects([table.points_of(row).tolist()], HEIGHT, WIDTH))[:, :, 0] > 0] = place + 1
        masks.append([coco.encode(np.asfortranarray(canvas == place + 1, np.uint8)) for place in range(len(rows))])
    return np.array([[coco.iou([b], [a], [0])[0, 0] for b in masks[1]] for a in masks[0]])


def best(work: Callable[[], object], times: int) -> float:
    found = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return min(found)


def main() -> None:
    gt, ds = make_tables(1)
    sizes = np.full(FRAMES, WIDTH, np.int32), np.full(FRAMES, HEIGHT, np.int32)
    frames = FrameIndex([f"{n}.jpg" for n in range(FRAMES)], *sizes)
    labels = [f"class{n}" for n in range(LABELS)]
    plain = quality.QualitySettings(check_covered_annotations=False)

    def report(a: AnnotationTable, b: AnnotationTable, settings: quality.QualitySettings) -> quality.QualityReport:
        found = quality.compare(a, b, labels, frames, settings)
        assert found.annotations.total_count
        assert len(found.conflicts)
        return found

    ours = report(gt, ds, plain)
    conflicts, confusion, mean_iou = loop(gt, ds)
    assert {name: count for name, count in ours.conflict_counts.items() if count} == dict(conflicts)
    assert np.array_equal(ours.confusion_matrix.rows, confusion)
    assert math.isclose(ours.mean_iou, mean_iou)
    slow, fast = best(lambda: loop(gt, ds), 2), best(lambda: report(gt, ds, plain), 5)
    everything = best(lambda: report(gt, ds, quality.QualitySettings()), 3)
    polygons = as_polygons(gt), as_polygons(ds)
    panoptic = best(lambda: report(*polygons, plain), 1)
    painting = best(lambda: [painting_loop(*polygons, frame) for frame in range(PAINTED)], 1) / PAINTED * FRAMES
    print(
        f"quality report, {FRAMES} frames x {SHAPES}: {fast:.2f} s, a loop over pairs {slow:.2f} s, {slow / fast:.0f}x; "
        f"all checks {everything:.2f} s; polygons {panoptic:.1f} s, {painting / panoptic:.0f}x a painting loop"
    )


if __name__ == "__main__":
    main()
