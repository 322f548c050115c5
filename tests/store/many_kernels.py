"""Eight kernels editing four jobs of one store at random, two a job, while something bad happens in the middle."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable

from cvat_widgets.model.records import Record
from cvat_widgets.store import Store
from tests.store.conftest import spec

SECONDS = float(os.environ.get("CVAT_WIDGETS_STRESS_SECONDS", "5"))

WORKER = """
import random, sys, time
from cvat_widgets.errors import ConflictError, NotFoundError, StoreError
from cvat_widgets.model.changes import Edit
from cvat_widgets.model.records import Shape
from cvat_widgets.store import Store

url, task, job, seed, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])

def lasting(call):
    # As the canvas does: what was not acknowledged is sent again, the same.
    end = time.monotonic() + 60
    while True:
        try:
            return call()
        except (ConflictError, NotFoundError):
            raise
        except StoreError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)

store, draw, number = lasting(lambda: Store.open(url)), random.Random(seed), 0
first = next(row.start for row in lasting(lambda: store.jobs(task)) if row.id == job)
print("ready", flush=True)
end = time.monotonic() + seconds
while time.monotonic() < end:
    snapshot = lasting(lambda: store.load(task, job_id=job))
    ids = snapshot.table.id.tolist()
    number += 1
    op_id, choice = f"{seed}:{number}", draw.random()
    try:
        if choice < 0.5 or not ids:
            edit = Edit(added=(Shape(id=0, frame=first, label=1, type="rectangle", points=(draw.random(), 2.0, 30.0, 40.0)),))
        elif choice < 0.8:
            target = draw.choice(ids)
            before = lasting(lambda: store.records(task, [target]))[target].group
            edit = Edit(updated={target: {"group": (before, draw.randrange(99))}})
        elif choice < 0.9:
            edit = Edit(removed=(draw.choice(ids),))
        else:
            edit = None
        if edit is None:
            commit = lasting(lambda: store.undo(task, job_id=job, author=str(seed), op_id=op_id))
        else:
            commit = lasting(
                lambda: store.commit(task, edit, job_id=job, op_id=op_id, base=snapshot.revision, author=str(seed))
            )
    except (ConflictError, NotFoundError, KeyError):
        continue
    if commit is not None:
        print(commit.revision, op_id, flush=True)
store.close()
"""


def run(store: Store, url: str, *, middle: Callable[[], None] = lambda: None, tokens: str | None = None) -> None:
    """Let the kernels work; check that nothing acknowledged is lost and that a replay of the log gives what is there.

    Parameters
    ----------
    store
        Where to look afterwards.
    url
        Where the kernels work.
    middle
        What happens after half of the time.
    tokens
        Role of the kernels, where they need a token to show.
    """
    task = store.create_task(spec(segments=[(0, 4), (5, 9), (10, 14), (15, 19)]))
    jobs = [row.id for row in store.jobs(task.id)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, url, str(task.id), str(jobs[seed % 4]), str(seed), str(SECONDS)],
            stdout=subprocess.PIPE, text=True,
            env=os.environ | ({"CVAT_WIDGETS_TOKEN": f"{seed}:{tokens}"} if tokens else {}),
        )
        for seed in range(8)
    ]  # fmt: skip
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    time.sleep(SECONDS / 2)
    middle()
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
