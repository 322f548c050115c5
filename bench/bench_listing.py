"""The first pages of the lists and the opening of a job, in a small store and in one a hundred times as large.

Run: ``python bench/bench_listing.py``. With ``CVAT_WIDGETS_BENCH=full`` the large store has 10,000 tasks, 100,000 jobs and
20,000,000 shapes (some 2 GB on disk, five minutes to make) and the small one a hundredth of it. Without, the large store is
that hundredth, and the small one has just more than a page of tasks. One job of 10,000 shapes is in both. Times are in the
kernel, from the request to the answer as JSON; the two stores are asked in turns, one request each, so that both see the same
machine, and the ratio is that of the medians. A large store that is slower with the same time of the processor has waited.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.project import Project
from cvat_widgets.store import Store, TaskSpec
from cvat_widgets.store.raw import Raw
from cvat_widgets.store.schema import metadata
from cvat_widgets.widgets.rpc import Call
from cvat_widgets.widgets.snapshot import encode_snapshot
from cvat_widgets.widgets.studio_methods import StudioMethods

FULL = os.environ.get("CVAT_WIDGETS_BENCH") == "full"
TASKS = 10_000 if FULL else 100
JOBS_A_TASK = 10
SHAPES_A_TASK = 2000
BIG = 10_000
FRAMES = 100
REPEATS = 61
STATES = [("annotation", "new"), ("annotation", "in progress"), ("validation", "new"), ("acceptance", "completed")]


def table_of(shapes: int) -> AnnotationTable:
    points = np.tile([10.0, 10, 50, 50], shapes)
    return AnnotationTable.build(
        id=np.arange(shapes) + 1, frame=np.arange(shapes) % FRAMES, label=1, points=points, offsets=np.arange(shapes + 1) * 4
    )


def copy_annotations(raw: Raw, source: tuple[int, int], target: tuple[int, int]) -> None:
    """Copy shapes and log of one task (and its first job) to another with as many jobs, as adding them again would write."""
    replaced = {"task_id": "?", "job_id": "job_id + ?"}
    for name, values in (("shape", [target[0], target[1] - source[1]]), ("change_set", [target[0], target[1] - source[1]])):
        columns = [column.name for column in metadata.tables[name].columns]
        chosen = ", ".join(replaced.get(column, column) for column in columns)
        statement = f"INSERT INTO {name} ({', '.join(columns)}) SELECT {chosen} FROM {name} WHERE task_id = ?"
        raw.execute(statement, (*values, source[0]))
    raw.execute(
        "UPDATE task SET (revision, next_id) = (SELECT revision, next_id FROM task WHERE id = ?) WHERE id = ?",
        (source[0], target[0]),
    )


def filled(path: Path, tasks: int) -> tuple[Store, int]:
    """Make a store; return it with the id of its job of many shapes."""
    store = Store.open(path)
    labels = LabelSet.of(["car", "person", "bus"])
    index = FrameIndex(
        [f"frame_{n:06d}" for n in range(FRAMES)], np.full(FRAMES, 640, np.int32), np.full(FRAMES, 480, np.int32)
    )
    media = {"type": "video", "path": "/nowhere/video.mp4"}
    projects = [Project.create(f"project {number}", labels, store=store).id for number in range(max(tasks // 100, 1))]
    step = FRAMES // JOBS_A_TASK
    segments = [(start, start + step - 1) for start in range(0, FRAMES, step)]
    table, people = table_of(SHAPES_A_TASK), [f"person {number}" for number in range(20)]
    first: tuple[int, int] | None = None
    for number in range(tasks):
        with store.database.write() as raw:  # one wait for the disk a task
            spec = TaskSpec(
                name=f"task {number:05}", labels=labels, frames=index, media=media, segments=segments, mode="interpolation",
                kind="video", fps=25.0, project_id=projects[number % len(projects)], owner=people[number % 7],
            )  # fmt: skip
            task = store.create_task(spec)
            jobs = [job.id for job in store.jobs(task.id)]
            for job in jobs[: number % JOBS_A_TASK]:
                stage, state = STATES[(number + job) % len(STATES)]
                store.change_job(job, stage=stage, state=state, assignee=people[job % 20])
            if first is None:
                store.add_table(task.id, table, job_of=np.array(jobs)[np.arange(SHAPES_A_TASK) % FRAMES // step])
                first = (task.id, jobs[0])
            else:
                copy_annotations(raw, first, (task.id, jobs[0]))
    big = store.create_task(TaskSpec(name="big", labels=labels, frames=index, media=media, segments=[(0, FRAMES - 1)]))
    job_id = store.jobs(big.id)[0].id
    store.add_table(big.id, table_of(BIG), job_of=job_id)
    return store, job_id


def medians_ms(works: Sequence[Callable[[], Any]]) -> list[tuple[float, float]]:
    """Return the median of each by the clock and by the processor, asked in turns."""
    times: list[list[tuple[float, float]]] = [[] for _ in works]
    for number in range(REPEATS + 1):
        turn = list(zip(works, times, strict=True))
        for work, taken in turn[:: 1 if number % 2 else -1]:
            started, worked = time.perf_counter(), time.process_time()
            work()
            if number:
                taken.append((time.perf_counter() - started, time.process_time() - worked))
    return [(statistics.median(a for a, _ in each) * 1000, statistics.median(b for _, b in each) * 1000) for each in times]


def requests(store: Store, job_id: int) -> dict[str, Callable[[], Any]]:
    methods = StudioMethods(store, "ann")
    task_id = store.job(job_id).task_id

    def page(**params: Any) -> Callable[[], str]:
        call = Call(None, {"sort": "-id", **params}, [], lambda *_: None)  # type: ignore[arg-type]
        return lambda: json.dumps(methods.page(call))

    def opened() -> list[bytes]:
        return encode_snapshot(store.load(task_id, job_id=job_id).table)[1]

    mine = {"and": [{"==": [{"var": "assignee"}, "person 3"]}]}
    return {
        "tasks": page(kind="tasks"),
        "jobs": page(kind="jobs"),
        "jobs_mine": page(kind="jobs", filter=mine),
        "tasks_search": page(kind="tasks", search="00042"),
        "open_job": opened,
    }


def main() -> None:
    with tempfile.TemporaryDirectory(dir=os.environ.get("CVAT_WIDGETS_BENCH_DIR")) as folder:
        measured = []
        for name, tasks in (("small", 100 if FULL else 25), ("large", TASKS)):
            started = time.perf_counter()
            store, job_id = filled(Path(folder) / f"{name}.sqlite", tasks)
            print(
                f"{name}: {tasks} tasks, made in {time.perf_counter() - started:.0f} s, {store.path.stat().st_size >> 20} MiB"
            )
            path = store.path
            store.close()  # as a kernel finds it: with nothing in memory
            measured.append((Store.open(path), job_id))
        asked = [requests(*each) for each in measured]
        large = {"tasks": TASKS, "jobs": TASKS * JOBS_A_TASK, "shapes": TASKS * SHAPES_A_TASK}
        result: dict[str, Any] = {"large": large}
        for name in asked[0]:
            (few, few_work), (many, many_work) = medians_ms([each[name] for each in asked])
            result[name] = {
                "small_ms": round(few, 2), "large_ms": round(many, 2), "ratio": round(many / few, 2),
                "work_ratio": round(many_work / few_work, 2),
            }  # fmt: skip
            print(
                f"{name:>14}  small {few:7.2f} ms   large {many:7.2f} ms   × {many / few:.2f}"
                f"   time of the processor × {many_work / few_work:.2f}"
            )
        for store, _ in measured:
            store.close()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
