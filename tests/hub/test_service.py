"""The service and its client: what is sent twice is done once, restarts are survived, nothing hostile gets through."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cvat_widgets as cw
from cvat_widgets.cli import main
from cvat_widgets.doctor import examine
from cvat_widgets.errors import MediaError, NotFoundError, ProtocolError, StoreError
from cvat_widgets.model.changes import Edit
from cvat_widgets.store import Commit, Store
from cvat_widgets.store.contract import METHODS, method
from cvat_widgets.store.remote import Remote
from cvat_widgets.store.service_connection import ServiceDatabase, _UnreachableError
from cvat_widgets.store.wire import deflated, encode, inflated
from tests.hub.conftest import Team, box
from tests.hub.running import Process, serving
from tests.store.conftest import spec
from tests.store.test_contract import box as shape
from tests.waiting import until


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "behind.sqlite") as store:
        yield store


@pytest.fixture
def store(behind: Store, tmp_path: Path) -> Iterator[Remote]:
    with serving(behind, [tmp_path / "open"]) as url:
        remote = Remote(ServiceDatabase(url, token="maint:maintainer"))
        yield remote
        remote.close()


def requested(url: str, verb: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes, dict[str, str]]:
    """Send any request, as a hostile client would."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request(verb, parts.path + path, body, {"Authorization": "token ann:annotator", **named})
        response = connection.getresponse()
        return response.status, response.read(), {name.lower(): value for name, value in response.getheaders()}
    finally:
        connection.close()


# -- once, whatever happens to the connection --------------------------------------------------------------------------


@pytest.fixture
def lossy(store: Remote, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every answer to a write is lost the first time."""
    real, lost = ServiceDatabase._sent, []

    def sent(self: ServiceDatabase, verb: str, path: str, body: Any, headers: Any) -> Any:
        answer = real(self, verb, path, body, headers)
        number = headers.get("X-Request")
        if number and number not in lost:
            lost.append(number)
            raise _UnreachableError("cut")
        return answer

    monkeypatch.setattr(ServiceDatabase, "_sent", sent)
    return lost


def test_what_is_sent_again_is_done_once(store: Remote, lossy: list[str]) -> None:
    task = cw.Task.create("t", np.zeros((4, 9, 9, 3), np.uint8), labels=["car"], store=store)
    assert len(store.tasks()) == 1
    task.add([box(0), box(1)])
    task.add([box(number % 4) for number in range(2000)])
    task.undo()
    assert (task.revision, len(task.shapes)) == (3, 2)
    issue = task.jobs[0].open_issue(0, (1, 1), "look")
    issue.comment("yes")
    assert [len(row.comments) for row in store.issues(task_id=task.id)] == [2]
    task.create_ground_truth("manual", frames=[0])
    assert [job.type for job in task.jobs] == ["annotation", "ground_truth"]
    assert len(lossy) >= 8


def test_the_number_of_a_request_is_its_senders_own(store: Remote, behind: Store) -> None:
    """Somebody who guesses it gets nothing of what another was answered."""
    behind.create_task(spec())
    job = behind.jobs(1)[0].id
    behind.change_job(job, assignee="ann")
    commit = store.commit(1, Edit(added=(shape(),)), op_id="client:1")
    assert commit.author == "maint"
    with (
        Remote(ServiceDatabase(store.url, token="ann:annotator")) as other,
        pytest.raises(StoreError, match="by somebody else"),
    ):
        other.commit(1, Edit(), job_id=job, op_id="client:1")


def test_several_calls_are_one_transaction(store: Remote, behind: Store, monkeypatch: pytest.MonkeyPatch) -> None:

    def failing() -> None:
        with store.database.write():
            task = store.create_task(spec())
            store.rename_task(task.id, "two")
            assert store.task("two").id == task.id
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        failing()
    assert behind.tasks() == []
    heard: list[Commit] = []
    task = store.create_task(spec())
    store.subscribe(task.id, heard.append)
    with store.database.write() as raw:
        store.commit(task.id, Edit(added=(shape(),)))
        with pytest.raises(NotFoundError):
            store.task("none")
        with pytest.raises(StoreError, match="takes no SQL"):
            raw.execute("DELETE FROM task")
        assert heard == []
    assert [commit.revision for commit in heard] == [1]
    other = Remote(ServiceDatabase(store.url, token="rev:reviewer"))
    with pytest.raises(StoreError, match="only a maintainer"), other.database.write():
        pass
    with other.database.read():
        assert len(other.tasks()) == 1
    other.close()


def test_a_transaction_nobody_ends_is_given_up(store: Remote, behind: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cvat_widgets.hub.calls._IDLE_SECONDS", 0.2)

    def sleeping() -> None:
        with store.database.write():
            store.create_task(spec())
            time.sleep(1)
            store.tasks()

    with pytest.raises(StoreError, match="given up"):
        sleeping()
    assert behind.tasks() == []
    with pytest.raises(StoreError, match="takes no SQL"):
        store.database.engine.connect()


def test_a_restart_of_the_service_is_survived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "behind.sqlite")
    service = Process(path)
    try:
        store = Remote(ServiceDatabase(service.url, token="maint:maintainer"))
        task = store.create_task(spec())
        heard: list[int] = []
        store.subscribe(task.id, lambda commit: heard.append(commit.revision))
        store.commit(task.id, Edit(added=(shape(),)), op_id="a:1")
        service.stop()
        threading.Timer(1.0, service.start).start()
        commit = store.commit(task.id, Edit(added=(shape(),)), op_id="a:2")
        assert (commit.revision, len(store.load(task.id).table)) == (2, 2)
        assert store.commit(task.id, Edit(added=(shape(),)), op_id="a:2").repeated
        with Store.open(path) as other:
            other.commit(task.id, Edit(added=(shape(),)), author="ann")
        until(lambda: len(heard) >= 3)  # listening goes on after the restart
        assert heard == [1, 2, 3]
        service.stop()
        monkeypatch.setattr("cvat_widgets.store.service_connection._PATIENCE", 0.2)
        with pytest.raises(StoreError, match="cannot be reached"):
            store.tasks()
        store.close()
        with pytest.raises(StoreError, match="closed"):
            store.tasks()
    finally:
        service.process.kill()
        service.process.wait()


def test_others_are_heard_within_a_second(team: Team) -> None:
    task = team.task("ann")
    heard = threading.Event()
    task.store.subscribe(task.id, lambda commit: heard.set())
    said = threading.Event()
    task.store.subscribe_events(task.id, lambda event: said.set())
    team.task("rev").jobs[1].add(box(4))
    assert heard.wait(5)
    team.task("rev").jobs[1].open_issue(4, (1, 1), "hm")
    assert said.wait(5)


# -- who may ask, and from where ---------------------------------------------------------------------------------------


def test_the_token_of_the_hub_goes_nowhere_else(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CVAT_WIDGETS_TOKEN", "CVAT_WIDGETS_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "ann:annotator")
    monkeypatch.setenv("JUPYTERHUB_API_URL", "http://hub.example/hub/api")
    with pytest.raises(StoreError, match="no token for 127"):
        Store.open(team.url)
    monkeypatch.setenv("JUPYTERHUB_API_URL", "http://127.0.0.1:8081/hub/api")
    with Store.open(team.url) as store:
        assert (store.identity, type(store)) == ("ann", Remote)
        assert cw.tasks(store.url)["name"].tolist() == ["t", "pots"]
    monkeypatch.setenv("JUPYTERHUB_API_URL", "http://hub.example/hub/api")
    monkeypatch.setenv("CVAT_WIDGETS_STORE", team.url)
    with Store.open() as store:
        assert store.url == team.url
        assert cw.Task.open("t").store is store


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("http://127.0.0.1:1/x", "cannot be reached"),
        ("http://ann:secret@127.0.0.1/x", "no address"),
        ("http://[::1", "no address"),
        ("https:///x", "no address"),
        ("http://127.0.0.1:99999/x", "no address"),
    ],
)
def test_wrong_addresses_are_named(url: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CVAT_WIDGETS_TOKEN", "ann:annotator")
    with pytest.raises(StoreError, match=text) as caught:
        Store.open(url)
    assert "secret" not in str(caught.value)


def test_a_page_that_is_no_service_is_named(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CVAT_WIDGETS_TOKEN", "ann:annotator")
    with pytest.raises(StoreError, match=r"nothing here|no service"):
        Store.open(team.url + "/elsewhere")
    monkeypatch.setattr("cvat_widgets.store.service_connection.VERSION", 99)
    with pytest.raises(StoreError, match="version 1, this package version 99"):
        Store.open(team.url)


def test_only_the_header_says_who_is_asking(team: Team) -> None:
    call = "/api/call/tasks"
    assert requested(team.url, "POST", call, encode({}))[0] == 200
    for headers in (
        {"Authorization": ""},
        {"Authorization": "Basic YQ=="},
        {"Authorization": "token"},
        {"Authorization": "token x"},
    ):
        assert requested(team.url, "POST", call, encode({}), **headers)[0] == 401
    status, _, _ = requested(
        team.url, "POST", call + "?token=ann:annotator", encode({}), Authorization="", Cookie="token=ann:annotator"
    )
    assert status == 401
    for path in ("/api/call/tasks", "/api/about", "/", "/api/health", "/api/frames/1/0", "/none"):
        _, _, headers = requested(team.url, "GET", path)
        assert headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in headers["content-security-policy"]
        assert "html" not in headers["content-type"]


def test_a_body_is_taken_from_those_who_may_send_it(team: Team) -> None:
    for body, headers in ((b"\0" * (1 << 20), {"Authorization": "token x"}), (b"\0" * (33 << 20), {})):
        try:
            status = requested(team.url, "POST", "/api/call/tasks", body, **headers)[0]
        except OSError:  # it hangs up on who goes on sending
            status = 413
        assert status in (400, 401, 413)
    packed, headers = deflated(b"\0" * (80 << 20))
    assert headers
    assert len(packed) < 1 << 20
    status, answer, _ = requested(team.url, "POST", "/api/call/tasks", packed, Content_Encoding="deflate")
    assert (status, b"more than" in answer) == (400, True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=8) | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=6,
)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_nothing_that_can_be_sent_breaks_the_service(team: Team, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(METHODS)))
    names = [each for each in method(name).signature.parameters if each != "self"]
    values = data.draw(st.dictionaries(st.sampled_from([*names, "other"]), st.integers(-2, 9) | JSON, max_size=5))
    status, answer, _ = requested(team.url, "POST", f"/api/call/{name}", msgspec.msgpack.encode(values))
    assert status in (200, 400, 403, 422), (name, values, answer)
    status, answer, _ = requested(team.url, "POST", f"/api/call/{name}", data.draw(st.binary(max_size=40)))
    assert status in (200, 400, 403, 422), (name, answer)
    assert b"Traceback" not in answer
    assert b"behind.sqlite" not in answer


def test_deep_and_cut_messages_are_refused() -> None:
    with pytest.raises(ProtocolError, match="malformed"):
        method("set_setting").unpack(b"\x81\xa5value" + b"\x91" * 100_000 + b"\xc0")
    with pytest.raises(ProtocolError, match="cut off"):
        inflated(deflated(b"x" * 9000)[0][:-3], "deflate")
    with pytest.raises(ProtocolError, match="unknown way"):
        inflated(b"", "br")


def test_a_table_whose_columns_disagree_is_refused(team: Team) -> None:
    called = method("add_table")
    from tests.hub.test_roles import rows

    good = msgspec.msgpack.decode(called.pack({"task_id": 1, "table": rows(0, 1), "job_of": 1}))
    assert called.unpack(encode(good))["table"].equals(rows(0, 1))
    for column, value in [
        ("id", b"\0" * 7), ("frame", b"\0" * 4), ("points", b"\0" * 8), ("offsets", b"\xff" * 24), ("attribute_row", b"\x05" + b"\0" * 7),
        ("attribute_code", b"\0" * 4),
    ]:  # fmt: skip
        bad = {**good, "table": {**good["table"], "columns": {**good["table"]["columns"], column: value}}}
        with pytest.raises(ProtocolError):
            called.unpack(encode(bad))


# -- pictures ----------------------------------------------------------------------------------------------------------


def test_frames_come_through_the_service_where_files_cannot_be_seen(
    store: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import cv2

    folder = tmp_path / "open"
    folder.mkdir()
    pictures = np.random.default_rng(1).integers(0, 255, (3, 30, 40, 3), np.uint8)
    for number, picture in enumerate(pictures):
        cv2.imwrite(str(folder / f"{number}.png"), picture[..., ::-1])
    made = cw.Task.create("t", folder, labels=["car"], store=store)
    cw.task._open_media.clear()
    there = folder.rename(tmp_path / "seen by the service only")
    task = cw.Task.open("t", store)
    folder.symlink_to(there)
    monkeypatch.setattr("cvat_widgets.media.served.reopen_media", _no_media)
    with pytest.raises(MediaError, match="may not read"):  # a link that leads out of the folder
        task.media.read(0)
    folder.unlink()
    there.rename(folder)
    assert type(task.media).__name__ == "ServedSource"
    for number, picture in enumerate(pictures):
        np.testing.assert_array_equal(task.frame(number), picture)
    small = task.media.encoded(2, max_side=20, quality=80)
    assert (small.width, small.height, small.exact, small.mime) == (20, 15, False, "image/jpeg")
    assert task.media.original(1) == (folder / "1.png").read_bytes()
    np.testing.assert_array_equal(task.media.read_raw(1), pictures[1])
    assert task.media.region(0, (0, 0, 10, 10)).width == 10
    with pytest.raises(NotFoundError):
        store.pictures(made.id)(3)


def _no_media(spec: object) -> Any:
    raise MediaError("not here")


def test_the_service_opens_only_what_it_was_told_to(store: Remote, behind: Store, tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "0.jpg").write_bytes(b"secret")
    files = {"type": "images", "names": ["0.jpg"], "sizes": [640, 480], "subsets": []}
    base = spec(frames=1)
    for number, media in enumerate(
        [
            files | {"members": {"type": "files", "root": str(tmp_path / "secret")}, "files": None},
            files | {"members": {"type": "files", "root": str(tmp_path / "open")}, "files": ["../secret/0.jpg"]},
            files
            | {"members": {"type": "files", "root": str(tmp_path / "open")}, "files": [str(tmp_path / "secret" / "0.jpg")]},
            files | {"members": {"type": "zip", "path": "http://169.254.169.254/x.zip"}, "files": None},
            files | {"members": {"type": "remote", "root": "http://127.0.0.1/"}, "files": None},
            {"type": "video", "url": "http://127.0.0.1/x.mp4"},
            {"type": "video", "path": "/etc/passwd"},
            {"type": "service"},
        ]
    ):
        task = store.create_task(type(base)(f"t{number}", base.labels, base.frames, media, [(0, 0)]))
        with pytest.raises(MediaError, match=r"may not read|cannot be opened") as caught:
            store.pictures(task.id)(0, original=True)
        assert "secret" not in str(caught.value)


# -- the command line and the doctor -----------------------------------------------------------------------------------


def test_the_doctor_looks_at_the_service(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CVAT_WIDGETS_STORE", team.url)
    monkeypatch.setenv("CVAT_WIDGETS_TOKEN", "ann:annotator")
    found = {finding.subject: finding for finding in examine()}
    assert found["store"].level == "ok"
    assert "2 tasks" in found["store"].text
    assert found["roles"].text == "enforced; you are ann, annotator"
    monkeypatch.setenv("CVAT_WIDGETS_STORE", "http://127.0.0.1:1/x")
    found = {finding.subject: finding for finding in examine()}
    assert (found["store"].level, "cannot be reached" in found["store"].text) == ("problem", True)


def test_the_service_wants_a_hub(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("jupyterhub")
    monkeypatch.delenv("JUPYTERHUB_API_TOKEN", raising=False)
    assert main(["hub-service"]) == 1
    assert "no hub has started this service" in capsys.readouterr().err


def test_without_jupyterhub_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import sys

    for name in ("jupyterhub", "jupyterhub.services", "jupyterhub.services.auth"):
        monkeypatch.setitem(sys.modules, name, None)
    assert main(["hub-service"]) == 1
    assert "cvat-widgets[hub]" in capsys.readouterr().err
