"""A team at work on one store behind the service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tornado")

import cvat_widgets as cw
from cvat_widgets.store import Store
from cvat_widgets.store.remote import Remote
from cvat_widgets.store.service_connection import ServiceDatabase
from tests.hub.running import serving

PEOPLE = {"ann": "annotator", "bob": "annotator", "rev": "reviewer", "maint": "maintainer", "boss": "owner"}
SECRET = 987_654_321
"""Stands in whatever an annotator must not see."""


def box(frame: int, **more: object) -> dict[str, object]:
    return {"frame": frame, "label": "car", "type": "rectangle", "points": [1, 2, 30, 20], **more}


@dataclass
class Team:
    url: str
    behind: Store
    stores: dict[str, Remote]

    def task(self, person: str, name: str = "t") -> cw.Task:
        return cw.Task.open(name, self.stores[person])

    def numbers(self) -> dict[str, int]:
        """Ids of what the attempts are about."""
        task = cw.Task.open("t", self.behind)
        jobs = task.jobs
        replica = jobs.where(type="consensus_replica")[1]
        truth = task.ground_truth
        snapshot = self.behind.load(task.id)

        def one(job_id: int) -> int:
            return int(snapshot.table.id[snapshot.job_of == job_id][0])

        issues = {row.job_id: row for row in self.behind.issues(task_id=task.id)}
        return {
            "task": task.id, "ann": jobs[0].id, "bob": jobs[1].id, "moved": jobs[2].id, "truth": truth.id, "replica": replica.id,
            "in_ann": one(jobs[0].id), "in_bob": one(jobs[1].id), "in_moved": one(jobs[2].id), "in_truth": one(truth.id),
            "in_replica": one(replica.id), "issue_ann": issues[jobs[0].id].id, "issue_truth": issues[truth.id].id,
            "comment": issues[jobs[0].id].comments[0].id, "comment_truth": issues[truth.id].comments[0].id,
            "pots": self.behind.task("pots").id, "project": self.behind.project("p").id,
        }  # fmt: skip


def fill(store: Store, folder: Path) -> None:
    """A task of three jobs (ann's, bob's, ann's in validation) with ground truth and replicas; another one with honeypots."""
    import cv2

    project = cw.Project.create("p", ["car"], store=store)
    pictures = np.random.default_rng(0).integers(0, 255, (9, 40, 60, 3), np.uint8)
    task = cw.Task.create("t", pictures, labels=["car"], segment_size=3, store=store)
    ann, bob, moved = task.jobs
    ann.assignee, bob.assignee, moved.assignee = "ann", "bob", "ann"
    task.add([box(0), box(3), box(6)])
    task.create_replicas(2)
    mine, other = (job for job in task.jobs.where(type="consensus_replica") if job.row.parent_id == ann.id)
    mine.assignee, other.assignee = "ann", "bob"
    mine.add(box(1))
    other.add(box(1, group=SECRET))
    truth = task.create_ground_truth("manual", frames=[0, 4])
    truth.add([box(0, group=SECRET), box(4, group=SECRET)])
    truth.update(truth.shapes.assign(z_order=3))
    truth.open_issue(4, (1, 1), f"{SECRET}")
    moved.stage = "validation"
    bob.open_issue(3, (1, 1), "look")
    ann.open_issue(0, (1, 1), "look here")
    store.set_setting("bob", "annotator", {"x": SECRET})
    task.quality_settings = cw.quality.QualitySettings(target_metric_threshold=0.75)
    project.guide = "guide"
    folder.mkdir(parents=True)
    for number, picture in enumerate(pictures):
        cv2.imwrite(str(folder / f"photo_{number}.png"), picture)
    cw.Task.create_with_honeypots(
        "pots",
        folder,
        labels=["car"],
        frames_per_job=2,
        honeypots_per_job=1,
        frames=["photo_7.png", "photo_8.png"],
        seed=1,
        store=store,
    )
    for job in cw.Task.open("pots", store).jobs.where(type="annotation"):
        job.assignee = "ann"


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    root = tmp_path_factory.mktemp("team")
    with Store.open(root / "behind.sqlite") as behind:
        fill(behind, root / "pictures")
        with serving(behind, [root]) as url:
            stores = {name: Remote(ServiceDatabase(url, token=f"{name}:{role}")) for name, role in PEOPLE.items()}
            yield Team(url, behind, stores)
            for store in stores.values():
                store.close()
