"""Roles enforced by PostgreSQL: what each may do, and forty ways to do what one may not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import cvat_widgets as cw
from cvat_widgets.errors import MediaError, StoreError
from cvat_widgets.model.changes import Edit
from cvat_widgets.store import Store
from cvat_widgets.store.roles import add_member, protect
from tests.store.postgresql_server import Server

psycopg = pytest.importorskip("psycopg")


def box(frame: int, **more: object) -> dict[str, object]:
    return {"frame": frame, "label": "car", "type": "rectangle", "points": [1, 2, 30, 20], **more}


@pytest.fixture(scope="module")
def urls(postgresql: Server) -> Iterator[dict[str, str]]:
    """A store with a task of three jobs (ann's, bob's, ann's in validation), ground truth, replicas, and accounts."""
    url = postgresql.database()
    store = Store.open(url)
    task = cw.Task.create("t", np.zeros((9, 40, 60, 3), np.uint8), labels=["car"], segment_size=3, store=store)
    ann, bob, moved = task.jobs
    ann.assignee, bob.assignee, moved.assignee = "ann", "bob", "ann"
    task.add([box(0), box(3), box(6)])
    task.create_replicas(2)
    task.jobs.where(type="consensus_replica")[0].assignee = "ann"
    for replica in task.jobs.where(type="consensus_replica")[:2]:
        replica.add(box(1))
    task.create_ground_truth("manual", frames=[0, 4]).add([box(0), box(4)])
    moved.stage = "validation"
    cw.Task.create("others", np.zeros((2, 40, 60, 3), np.uint8), labels=["car"], store=store).jobs[0].assignee = "bob"
    bob.open_issue(3, (1, 1), "look")
    ann.open_issue(0, (1, 1), "look here")
    store.set_setting("bob", "annotator", {"x": 1})
    protect(store)
    protect(store)  # renewing is harmless
    people = {"ann": "annotator", "bob": "annotator", "rev": "reviewer", "maint": "maintainer"}
    for name, role in people.items():
        add_member(store, name, role)
    with pytest.raises(StoreError, match="owns the database"):
        add_member(store, "owner", "annotator")
    yield {name: url.replace("owner@", f"{name}@") for name in people} | {"owner": url}
    store.close()


@pytest.fixture
def opened(urls: dict[str, str]) -> Iterator[dict[str, cw.Task]]:
    stores = {name: Store.open(url) for name, url in urls.items()}
    yield {name: cw.Task.open("t", store) for name, store in stores.items()}
    for name, store in stores.items():
        if name != "owner":
            store.close()


def test_everybody_is_who_the_database_says(opened: dict[str, cw.Task], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "maint")
    assert cw.Task.open("t", opened["ann"].store).user == "ann"
    assert (opened["ann"].store.security, opened["owner"].store.security) == ("enforced", "advisory")


def test_honeypots_and_accounts_exclude_each_other(
    urls: dict[str, str], opened: dict[str, cw.Task], postgresql: Server, tmp_path: Path
) -> None:
    for number in range(6):
        Image.new("RGB", (20, 10), (number * 40, 0, 0)).save(tmp_path / f"{number}.png")
    wanted = {"labels": ["car"], "frames_per_job": 2, "honeypots_per_job": 1, "frames": [0, 1]}
    for name in ("owner", "maint"):
        before = len(opened[name].store.tasks())
        with pytest.raises(StoreError, match="honeypots are not hidden"):
            cw.Task.create_with_honeypots("pots", tmp_path, store=opened[name].store, **wanted)
        assert len(opened[name].store.tasks()) == before, "nothing is left of it"
    with Store.open(postgresql.database()) as other:
        cw.Task.create_with_honeypots("pots", tmp_path, store=other, **wanted)
        with pytest.raises(StoreError, match="honeypots are not hidden"):
            protect(other)
        assert other.security == "advisory"


def test_an_annotator_works_on_their_own_job(opened: dict[str, cw.Task]) -> None:
    task = opened["ann"]
    job = task.jobs.where(type="annotation")[0]
    (made,) = job.add(box(2))
    job.update(job.shapes.assign(group=3))
    job.undo()
    job.redo()
    assert set(job.shapes["group"]) == {3}
    job.delete(made)
    job.undo()
    job.state = "in progress"
    job.issue(int(job.issues["id"][0])).comment("done")
    task.store.set_setting("ann", "annotator", {"y": 2})
    assert task.store.settings("bob") == {}
    assert set(task.log()["author"]) >= {"ann"}
    replica = task.jobs.where(type="consensus_replica")[0]
    replica.add(box(2))


def test_an_annotator_does_not_see_what_is_hidden(opened: dict[str, cw.Task]) -> None:
    task, truth = opened["ann"], opened["owner"].ground_truth
    assert [job.type for job in task.jobs] == ["annotation"] * 3 + ["consensus_replica"]
    assert task.ground_truth is None
    assert task.validation_frames().empty
    snapshot = task.store.load(task.id)
    assert truth.id not in snapshot.job_of
    assert all(commit.job_id not in (truth.id, None) for commit in task.store.log(task.id))
    assert all(event.job_id != truth.id for event in task.store.events_after(0))


def test_a_reviewer_reviews_and_a_maintainer_manages(opened: dict[str, cw.Task]) -> None:
    task = opened["rev"]
    assert task.ground_truth is not None
    assert task.quality_report().annotations.gt_count == 2
    job = task.jobs[2]
    issue = job.open_issue(7, (2, 2), "wrong")
    issue.comment("see")
    issue.resolve()
    job.add(box(8))
    job.accept()
    with pytest.raises(StoreError, match="does not allow"):
        job.assignee = "rev"
    manager = opened["maint"]
    manager.jobs[2].assignee = "bob"
    manager.jobs[2].assignee = "ann"
    manager.jobs[2].stage = "validation"
    with pytest.raises(StoreError):
        task.store.create_project("p", task.labels, owner="rev")
    project = cw.Project.create("p", ["car"], store=manager.store)
    manager.move_to(project)
    manager.move_to(None)


REFUSED = [
    (
        "INSERT INTO shape SELECT task_id, id + 900, {bob}, label_id, group_id, source, score, attributes, revision, frame, type,"
        " flags, z_order, rotation, points, elements FROM shape LIMIT 1"
    ),
    (
        "INSERT INTO shape SELECT task_id, id + 900, {truth}, label_id, group_id, source, score, attributes, revision, frame, type,"
        " flags, z_order, rotation, points, elements FROM shape LIMIT 1"
    ),
    "INSERT INTO tag VALUES ({task}, 900, {bob}, 1, 0, 0, 1, NULL, 1, 3)",
    "INSERT INTO tag VALUES ({task}, 900, {moved}, 1, 0, 0, 1, NULL, 1, 6)",
    "UPDATE shape SET job_id = {bob} WHERE job_id = {ann}",
    "UPDATE shape SET frame = 0 WHERE job_id = {bob}",
    "UPDATE shape SET frame = 0 WHERE job_id = {moved}",
    "DELETE FROM shape WHERE job_id = {bob}",
    "DELETE FROM shape WHERE job_id = {moved}",
    "DELETE FROM shape WHERE job_id = {truth}",
    "UPDATE job SET stage = 'acceptance' WHERE id = {ann}",
    "UPDATE job SET assignee = 'ann' WHERE id = {bob}",
    "UPDATE job SET type = 'annotation' WHERE id = {truth}",
    "UPDATE job SET state = 'completed' WHERE id = {bob}",
    "UPDATE job SET state = 'completed' WHERE id = {moved}",
    "DELETE FROM job WHERE id = {bob}",
    "INSERT INTO job (task_id, segment_id, assignee, created, updated) SELECT task_id, segment_id, 'ann', '', '' FROM job LIMIT 1",
    "UPDATE change_set SET author = 'bob'",
    "UPDATE change_set SET payload = ''",
    "UPDATE change_set SET state = 'dead' WHERE author <> 'ann'",
    "DELETE FROM change_set",
    "INSERT INTO change_set SELECT task_id, 901, {ann}, 'x', 'bob', origin, label, time, state, undoes, bulk, payload FROM change_set LIMIT 1",
    "INSERT INTO change_set SELECT task_id, 901, {bob}, 'x', 'ann', origin, label, time, state, undoes, bulk, payload FROM change_set LIMIT 1",
    "INSERT INTO change_set SELECT task_id, 901, NULL, 'x', 'ann', origin, label, time, state, undoes, bulk, payload FROM change_set LIMIT 1",
    "TRUNCATE change_set",
    "UPDATE event SET user_name = 'bob'",
    "DELETE FROM event",
    "INSERT INTO event (user_name, time, kind) VALUES ('bob', '', 'job:update')",
    "INSERT INTO issue (task_id, job_id, frame, owner, created, updated) VALUES ({task}, {ann}, 0, 'ann', '', '')",
    "UPDATE issue SET resolved = true",
    "DELETE FROM issue",
    "INSERT INTO comment (issue_id, owner, message, created, updated) SELECT issue_id, 'bob', 'x', '', '' FROM comment LIMIT 1",
    "UPDATE comment SET message = 'x' WHERE owner <> 'ann'",
    "UPDATE comment SET owner = 'bob'",
    "UPDATE task SET name = 'mine'",
    "UPDATE task SET revision = 0",
    "UPDATE task SET revision = revision + 5",
    "UPDATE task SET next_id = 1",
    "DELETE FROM task",
    "UPDATE label SET name = 'x'",
    "INSERT INTO validation_frame (task_id, frame, kind) VALUES ({task}, 8, 'x')",
    "UPDATE setting SET value = '1' WHERE user_name = 'bob'",
    "INSERT INTO setting VALUES ('bob', 'x', '1')",
    "UPDATE meta SET value = 'x'",
    "UPDATE task_media SET media = '{{}}'",
    "DELETE FROM task_media",
    "INSERT INTO task_media SELECT {others}, media, frames FROM task_media LIMIT 1",
    "UPDATE task SET assignee = 'ann' WHERE id = {others}",
    "UPDATE job SET assignee = 'ann' WHERE task_id = {others}",
    "ALTER TABLE task_media DISABLE ROW LEVEL SECURITY",
    "CREATE OR REPLACE FUNCTION cw_sees_media(wanted bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
    "SET ROLE cvat_widgets_maintainer",
    "SET SESSION AUTHORIZATION maint",
    "ALTER TABLE shape DISABLE ROW LEVEL SECURITY",
    "DROP POLICY cw_shape_select ON shape",
    "DROP TABLE shape",
    "GRANT cvat_widgets_maintainer TO ann",
    "ALTER ROLE ann SUPERUSER",
    "CREATE OR REPLACE FUNCTION cw_sees(wanted bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
    "COPY shape TO PROGRAM 'cat'",
]

HIDDEN = [
    "SELECT * FROM shape WHERE job_id = {truth}",
    "SELECT * FROM job WHERE type = 'ground_truth'",
    "SELECT * FROM job WHERE type = 'consensus_replica' AND assignee IS DISTINCT FROM 'ann'",
    "SELECT * FROM shape WHERE job_id = {replica}",
    "SELECT * FROM change_set WHERE job_id = {truth}",
    "SELECT * FROM change_set WHERE job_id = {replica}",
    "SELECT * FROM change_set WHERE job_id IS NULL",
    "SELECT * FROM segment WHERE frames IS NOT NULL",
    "SELECT * FROM validation_frame",
    "SELECT * FROM honeypot",
    "SELECT * FROM quality_setting",
    "SELECT * FROM event WHERE job_id = {truth}",
    "SELECT * FROM setting WHERE user_name <> 'ann'",
    "SELECT * FROM task_media WHERE task_id = {others}",
    "SELECT media FROM task JOIN task_media ON task_id = id WHERE name = 'others'",
    "SELECT frames FROM task_media WHERE task_id = {others}",
    "SELECT 1 FROM task_media WHERE task_id = {others} AND media LIKE '%images%'",
]


@pytest.fixture
def numbers(opened: dict[str, cw.Task]) -> dict[str, int]:
    task = opened["owner"]
    jobs = task.jobs
    replica = jobs.where(type="consensus_replica")[1]
    return {
        "task": task.id, "ann": jobs[0].id, "bob": jobs[1].id, "moved": jobs[2].id, "truth": task.ground_truth.id,
        "replica": replica.id, "others": opened["owner"].store.task("others").id,
    }  # fmt: skip


def contents(url: str) -> list[object]:
    with psycopg.connect(url) as connection:
        tables = (
            "job",
            "shape",
            "tag",
            "change_set",
            "event",
            "issue",
            "comment",
            "task",
            "task_media",
            "label",
            "setting",
            "meta",
            "validation_frame",
        )
        return [connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in tables]


def test_no_statement_of_an_annotator_does_what_it_may_not(urls: dict[str, str], numbers: dict[str, int]) -> None:
    before = contents(urls["owner"])
    for statement in REFUSED:
        with psycopg.connect(urls["ann"], autocommit=True) as connection:
            try:
                done = connection.execute(statement.format(**numbers)).rowcount
            except psycopg.errors.InsufficientPrivilege:
                continue
            assert done == 0, statement
    assert contents(urls["owner"]) == before
    assert len(REFUSED) >= 40


def test_no_query_of_an_annotator_shows_what_is_hidden(urls: dict[str, str], numbers: dict[str, int]) -> None:
    with psycopg.connect(urls["owner"]) as owner, psycopg.connect(urls["ann"]) as connection:
        for query in HIDDEN:
            assert connection.execute(query.format(**numbers)).fetchall() == [], query
        shown = [bool(owner.execute(query.format(**numbers)).fetchall()) for query in HIDDEN]
    assert sum(shown) >= len(HIDDEN) - 2, "there must be something to hide"


def test_where_the_pictures_are_is_told_to_those_who_work_on_them(opened: dict[str, cw.Task]) -> None:
    def seen(person: str) -> cw.Task:
        return cw.Task.open("others", opened[person].store)

    assert "withheld" not in {seen(person).row.media["type"] for person in ("bob", "rev", "maint", "owner")}
    assert opened["ann"].row.media["type"] == "images"
    withheld = seen("ann")
    assert (withheld.row.media, len(withheld), withheld.frame_index.names[1]) == ({"type": "withheld"}, 2, "000001")
    assert {task.name: task.media["type"] for task in withheld.store.tasks()} == {"t": "images", "others": "withheld"}
    with pytest.raises(MediaError, match="for those who have a job in it"):
        withheld.frame(0)
    maint = seen("maint")
    maint.jobs[0].assignee = "ann"
    assert seen("ann").row.media["type"] == "images"
    assert seen("bob").row.media["type"] == "withheld"
    maint.jobs[0].assignee = ""
    maint.assignee = "bob"
    assert (seen("ann").row.media["type"], seen("bob").row.media["type"]) == ("withheld", "images")
    maint.assignee = None
    maint.jobs[0].assignee = "bob"


def test_a_store_that_was_protected_stays_protected_when_it_is_brought_up_to_date(
    urls: dict[str, str], postgresql: Server
) -> None:
    assert urls, "the accounts are there"
    url = postgresql.database()
    with Store.open(url) as store:
        for name, person in (("hers", "ann"), ("his", "bob")):
            pictures = np.zeros((2, 40, 60, 3), np.uint8)
            cw.Task.create(name, pictures, labels=["car"], store=store).jobs[0].assignee = person
        protect(store)
    with psycopg.connect(url) as connection:
        connection.execute("ALTER TABLE task ADD COLUMN media text, ADD COLUMN frames bytea")
        connection.execute("UPDATE task SET media = m.media, frames = m.frames FROM task_media m WHERE m.task_id = task.id")
        connection.execute("ALTER TABLE task ALTER COLUMN media SET NOT NULL, ALTER COLUMN frames SET NOT NULL")
        connection.execute("DROP TABLE task_media")
        connection.execute("ALTER TABLE project DROP COLUMN assignee")
        connection.execute("UPDATE alembic_version SET version_num = '0002'")
    Store.open(url).close()
    with psycopg.connect(url.replace("owner@", "ann@")) as connection:
        shown = connection.execute("SELECT name FROM task JOIN task_media ON task_id = id ORDER BY 1").fetchall()
    assert shown == [("hers",)]


def test_the_package_says_what_was_refused(opened: dict[str, cw.Task]) -> None:
    task = opened["ann"]
    _, bob, moved, _ = task.jobs
    for job in (bob, moved):
        with pytest.raises(StoreError, match="does not allow"):
            job.add(box(job.start))
        with pytest.raises(StoreError, match="does not allow"):
            job.delete(job.shapes)
        with pytest.raises(StoreError, match="cannot be changed"):
            job.state = "completed"
    with pytest.raises(StoreError, match="does not allow"):
        task.store.commit(task.id, Edit(), job_id=task.jobs[0].id, author="bob")
    with pytest.raises(StoreError, match="PostgreSQL only"):
        protect(Store.open())
