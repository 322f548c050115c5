"""A durable edit against a bare SQLite commit, and loading a job against a loader that makes an object for each row.

Run: ``python bench/bench_store.py``. All figures are ratios measured in one run.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from cvat_widgets.model.changes import Edit
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.records import Shape
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.store import Store, TaskSpec

EDITS = 1000
SHAPES = 10_000


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)] * 1000


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        bare = sqlite3.connect(Path(folder) / "bare.sqlite", isolation_level=None)
        bare.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE row (id INTEGER PRIMARY KEY, data BLOB)"
        )
        frames = FrameIndex([f"{n}.jpg" for n in range(1000)], np.full(1000, 640, np.int32), np.full(1000, 480, np.int32))
        with Store.open(Path(folder) / "store.sqlite") as store:
            labels = LabelSet.of(["car"])
            task = store.create_task(TaskSpec(name="t", labels=labels, frames=frames, media={}, segments=[(0, 999)]))
            job = store.jobs(task.id)[0].id
            points = np.tile([0.0, 0, 5, 5], SHAPES)
            table = AnnotationTable.build(
                id=np.arange(SHAPES) + 1,
                frame=np.arange(SHAPES) % 1000,
                label=1,
                points=points,
                offsets=np.arange(SHAPES + 1) * 4,
            )
            store.add_table(task.id, table, job_of=job)
            (target,) = [
                record.id
                for record in store.commit(
                    task.id, Edit(added=(Shape(id=0, frame=0, label=1, type="rectangle", points=(0, 0, 1, 1)),))
                ).changes.added
            ]
            plain, durable = [], []
            for number in range(EDITS):
                started = time.perf_counter()
                bare.execute("BEGIN IMMEDIATE")
                bare.execute("INSERT OR REPLACE INTO row VALUES (?, ?)", (number % 50, bytes(100)))
                bare.execute("COMMIT")
                plain.append(time.perf_counter() - started)
                edit = Edit(updated={target: {"points": (None, [0.0, 0.0, float(number), 5.0])}})
                started = time.perf_counter()
                store.commit(task.id, edit, job_id=job, base=number + 2, author="ann", op_id=f"a:{number}")
                durable.append(time.perf_counter() - started)
            columns, objects = [], []
            for _ in range(5):
                started = time.perf_counter()
                store.load(task.id)
                columns.append(time.perf_counter() - started)
                started = time.perf_counter()
                store.records(task.id, range(1, SHAPES + 1))
                objects.append(time.perf_counter() - started)
        bare.close()
    result = {
        "bare_commit_ms": [percentile(plain, 0.5), percentile(plain, 0.95)],
        "durable_edit_ms": [percentile(durable, 0.5), percentile(durable, 0.95)],
        "edit_p50_ratio": percentile(durable, 0.5) / percentile(plain, 0.5),
        "edit_p95_ratio": percentile(durable, 0.95) / percentile(plain, 0.95),
        "load_10k_ms": statistics.median(columns) * 1000,
        "load_ratio": statistics.median(objects) / statistics.median(columns),
    }
    for name, value in result.items():
        print(f"{name:>18}  {value if isinstance(value, list) else round(value, 2)}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
