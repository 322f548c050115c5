"""Eight kernels editing four jobs of one store at random: nothing acknowledged is lost, and the log tells the whole story."""

from __future__ import annotations

import os
import subprocess
import sys

from cvat_widgets.model.records import Record
from cvat_widgets.store import Store
from tests.store.conftest import spec

SECONDS = float(os.environ.get("CVAT_WIDGETS_STRESS_SECONDS", "5"))

WORKER = """
import random, sys, time
from cvat_widgets.errors import ConflictError, NotFoundError
from cvat_widgets.model.changes import Edit
from cvat_widgets.model.records import Shape
from cvat_widgets.store import Store
url, task, job, seed, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
store, draw, end, number = Store.open(url), random.Random(seed), time.monotonic() + float(seconds), 0
first = next(row.start for row in store.jobs(task) if row.id == job)
while time.monotonic() < end:
    snapshot = store.load(task, job_id=job)
    ids = snapshot.table.id.tolist()
    number += 1
    op_id, choice = f"{seed}:{number}", draw.random()
    try:
        if choice < 0.5 or not ids:
            edit = Edit(added=(Shape(id=0, frame=first, label=1, type="rectangle", points=(draw.random(), 2.0, 30.0, 40.0)),))
        elif choice < 0.8:
            target = draw.choice(ids)
            before = store.records(task, [target])[target].group
            edit = Edit(updated={target: {"group": (before, draw.randrange(99))}})
        elif choice < 0.9:
            edit = Edit(removed=(draw.choice(ids),))
        else:
            store.undo(task, job_id=job, author=str(seed), op_id=op_id)
            continue
        commit = store.commit(task, edit, job_id=job, op_id=op_id, base=snapshot.revision, author=str(seed))
    except (ConflictError, NotFoundError, KeyError):
        continue
    print(commit.revision, op_id, flush=True)
store.close()
"""


def test_random_edits_of_eight_kernels_agree_with_the_log(url: str) -> None:
    with Store.open(url) as store:
        task = store.create_task(spec(segments=[(0, 4), (5, 9), (10, 14), (15, 19)]))
        jobs = [row.id for row in store.jobs(task.id)]
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", WORKER, url, str(task.id), str(jobs[seed % 4]), str(seed), str(SECONDS)],
                stdout=subprocess.PIPE,
                text=True,
            )
            for seed in range(8)
        ]
        outputs = [process.communicate(timeout=SECONDS + 120)[0] for process in processes]
        assert [process.returncode for process in processes] == [0] * 8
        acknowledged = dict(reversed(line.split()) for output in outputs for line in output.splitlines())
        log = store.log(task.id)
        assert [commit.revision for commit in log] == list(range(1, len(log) + 1))
        written = {commit.op_id: str(commit.revision) for commit in log}
        assert acknowledged.items() <= written.items()
        assert len(acknowledged) > 40
        records: dict[int, Record] = {}
        for commit in log:
            assert commit.changes is not None
            records = commit.changes.apply_to(records)
        present = {record.id: record for record in store.load(task.id).table.to_records(store.labels(task.id))}
        assert present == records
