"""Media and webhooks through the service: uploads in parts, context images, chapters, and who may do what with them."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import time
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from urllib.parse import quote, urlsplit

import numpy as np
import pytest

import cvat_widgets as cw
from cvat_widgets.errors import CvatWidgetsError, MediaError, NotFoundError, StoreError
from cvat_widgets.hub.policy import Person
from cvat_widgets.hub.uploads import Uploads
from cvat_widgets.store import Store
from cvat_widgets.store.remote import Remote
from cvat_widgets.store.service_connection import ServiceDatabase, _UnreachableError
from cvat_widgets.store.wire import decode, encode
from cvat_widgets.webhooks import Webhooks, signature
from tests.hub.running import serving
from tests.test_webhooks import Receiver
from tests.waiting import until

ROLES = {"ann": "annotator", "rev": "reviewer", "maint": "maintainer"}


class Served:
    """A service that takes uploads, and the stores of three people."""

    def __init__(self, root: Path, behind: Store, uploads: Uploads, url: str) -> None:
        self.root, self.behind, self.uploads, self.url = root, behind, uploads, url
        self.stores = {name: Remote(ServiceDatabase(url, token=f"{name}:{role}")) for name, role in ROLES.items()}

    def sent(self, verb: str, path: str, body: bytes = b"", token: str = "maint:maintainer") -> tuple[int, object]:
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        try:
            connection.request(verb, f"{parts.path}/api/{path}", body, {"Authorization": f"token {token}"})
            answer = connection.getresponse()
            return answer.status, decode(answer.read(), object)
        finally:
            connection.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with Store.open(tmp_path / "behind.sqlite") as behind:
        uploads = Uploads(behind, tmp_path / "uploads", most_bytes=1 << 20)
        with serving(behind, [tmp_path / "open"], uploads=uploads, hosts=["127.0.0.1"]) as url:
            made = Served(tmp_path, behind, uploads, url)
            yield made
            for store in made.stores.values():
                store.close()


def pictures(folder: Path, count: int = 3) -> list[np.ndarray]:
    """Write pictures, the second with two context images."""
    import cv2

    arrays = list(np.random.default_rng(1).integers(0, 255, (count, 30, 40, 3), np.uint8))
    (folder / "a" / "related_images" / "1_png").mkdir(parents=True)
    for number, picture in enumerate(arrays):
        cv2.imwrite(str(folder / "a" / f"{number}.png"), picture[..., ::-1])
    for name, value in (("side", 50), ("above", 90)):
        cv2.imwrite(str(folder / "a" / "related_images" / "1_png" / f"{name}.png"), np.full((20, 10, 3), value, np.uint8))
    return arrays


def seen_by(served: Served, name: str, person: str = "ann") -> cw.Task:
    """Open a task as somebody whose kernel cannot see the files."""
    cw.task._open_media.clear()
    return cw.Task.open(name, served.stores[person])


# -- uploads -----------------------------------------------------------------------------------------------------------


def test_a_task_of_uploaded_pictures_is_seen_by_the_team(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of another host: sent with their context images, in small parts, some of which are lost and sent again."""
    monkeypatch.setattr("cvat_widgets.store.remote._PART_BYTES", 1000)
    real, lost = ServiceDatabase._sent, []

    def sent(self: ServiceDatabase, verb: str, path: str, body: object, headers: object) -> object:
        answer = real(self, verb, path, body, headers)
        if "uploads/" in path and path not in lost:
            lost.append(path)
            raise _UnreachableError("cut")
        return answer

    monkeypatch.setattr(ServiceDatabase, "_sent", sent)
    monkeypatch.setattr("cvat_widgets.store.service_connection._PAUSES", (0.0,))
    arrays = pictures(served.root / "laptop")
    task = cw.Task.create("t", served.root / "laptop", labels=["car"], store=served.stores["maint"], upload=True)
    assert len(lost) > 6
    task.jobs[0].assignee = "ann"
    shutil.rmtree(served.root / "laptop")
    monkeypatch.setattr("cvat_widgets.media.served.reopen_media", _elsewhere)
    theirs = seen_by(served, "t")
    for number, picture in enumerate(arrays):
        np.testing.assert_array_equal(theirs.frame(number), picture)
    assert [theirs.media.context_names(frame) for frame in range(3)] == [[], ["above.png", "side.png"], []]
    found = theirs.media.context_picture(1, 0)
    assert (found.mime, found.width, found.height) == ("image/png", 10, 20)
    assert theirs.media.context_picture(1, 1, max_side=10).height == 10
    with pytest.raises(MediaError, match="no context image 2"):
        theirs.media.context_picture(1, 2)
    assert list(theirs.frame_index.names) == ["a/0.png", "a/1.png", "a/2.png"]
    assert sorted(path.name for path in served.uploads.folder.iterdir()) == [Path(task.row.media["members"]["root"]).name]


def test_files_of_the_task_browser_go_on_to_the_service(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was uploaded to a kernel is sent on, unless the user stops it, and does not stay beside the kernel."""
    pytest.importorskip("ipywidgets")
    from tests.widgets.studio_page import Page, png
    from tests.widgets.test_studio_uploads import form, upload

    store = served.stores["maint"]
    monkeypatch.setattr("cvat_widgets.store.remote._PART_BYTES", 50)
    studio = cw.Studio(store)
    page = Page(studio)
    try:
        assert page.ask("studio.hello")["uploads"] is True
        token = upload(page, {"1.png": png(10), "0.png": png(20)})
        held = studio._uploads.files(token)[0].parent
        real = ServiceDatabase.request

        def stopped(self: ServiceDatabase, verb: str, path: str, *given: object, **options: object) -> object:
            if "offset=50" in path:
                studio._handle({"t": "cancel", "client": "page", "id": page.last}, [])
            return real(self, verb, path, *given, **options)  # type: ignore[arg-type]

        with monkeypatch.context() as patched:
            patched.setattr(ServiceDatabase, "request", stopped)
            number = page.send("studio.task.create", **form(token))
            until(lambda: not studio._servers[1]._running)
        assert number not in page.answers
        assert (len(cw.tasks(store)), len(list(held.iterdir()))) == (0, 2)
        task = cw.Task.open(page.ask("studio.task.create", **form(token))["id"], store)
        assert page.progress[-1]["text"].startswith("Sending")
        assert not held.exists()
        assert Path(task.row.media["members"]["root"]).parent == served.uploads.folder
        assert [int(task.frame(frame)[0, 0, 0]) for frame in range(2)] == [20, 10]
        monkeypatch.setattr(store.database.about, "uploads", False)
        assert page.ask("studio.hello")["uploads"] is False
        assert "takes no media" in page.refused("studio.upload.begin", files=[{"name": "a.png", "size": 5}])
    finally:
        studio.close()


def _elsewhere(spec: object) -> object:
    raise MediaError("not on this host")


def test_arrays_videos_and_archives_are_sent_too(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    store = served.stores["maint"]
    arrays = np.random.default_rng(2).integers(0, 255, (2, 20, 30, 3), np.uint8)
    cw.Task.create("arrays", arrays, labels=["car"], store=store)  # exist only here, so they are sent unasked
    pictures(served.root / "laptop")
    with zipfile.ZipFile(served.root / "some.zip", "w") as archive:
        for path in sorted((served.root / "laptop").rglob("*.png")):
            archive.write(path, path.relative_to(served.root / "laptop").as_posix())
    cw.Task.create("archive", served.root / "some.zip", labels=["car"], store=store, upload=True)
    cw.Task.create("video", with_chapters(served.root / "clip.mkv"), labels=["car"], store=store, upload=True)
    here = cw.Task.create("here", served.root / "laptop", labels=["car"], store=store)
    assert here.row.media["members"]["root"] == str(served.root / "laptop"), "files stay where they are unless asked"
    for name in ("arrays", "archive", "video"):
        cw.Task.open(name, served.behind).jobs[0].assignee = "ann"
    (served.root / "some.zip").unlink()
    (served.root / "clip.mkv").unlink()
    monkeypatch.setattr("cvat_widgets.media.served.reopen_media", _elsewhere)
    np.testing.assert_array_equal(seen_by(served, "arrays").frame(1), arrays[1])
    archive_task = seen_by(served, "archive")
    assert (len(archive_task), archive_task.media.context_names(1)) == (3, ["above.png", "side.png"])
    video = seen_by(served, "video")
    assert video.frame(3).shape == (48, 64, 3)
    assert video.media.chapters == [(0, "Start"), (10, "Chapter 2")]
    assert seen_by(served, "arrays").media.chapters == []
    with pytest.raises(StoreError, match="takes no media"):
        cw.Task.create("file", arrays, labels=["car"], store=served.root / "file.sqlite", upload=True)


def with_chapters(path: Path) -> Path:
    """Write a video of 20 frames with two chapters."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        base = Fraction(1, 1000)
        container.set_chapters(
            [
                {"id": 1, "start": 0, "end": 1000, "time_base": base, "metadata": {"title": "Start"}},
                {"id": 2, "start": 1000, "end": 2000, "time_base": base, "metadata": {}},
            ]
        )
        for number in range(20):
            container.mux(
                stream.encode(av.VideoFrame.from_ndarray(np.full((48, 64, 3), number * 10, np.uint8), format="rgb24"))
            )
        container.mux(stream.encode())
    return path


def test_only_a_maintainer_sends_media_and_no_more_than_allowed(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = served.root / "1.png"
    picture.write_bytes(bytes(5000))
    for person in ("ann", "rev"):
        with pytest.raises(StoreError, match="only a maintainer"):
            served.stores[person].upload({"1.png": picture})
    store = served.stores["maint"]
    picture.write_bytes(bytes((1 << 20) + 1))
    with pytest.raises(StoreError, match="at most 1,048,576 bytes"):
        store.upload({"1.png": picture})
    for name in (
        "../1.png", "/etc/1.png", "a/../../1.png", "C:/1.png", ".hidden.png", "a/.b/1.png", "1.py", "1", "", "a\\1.png",
        "a//1.png", "x" * 300 + ".png", "/".join("a" * 20) + "/1.png", "./1.png",
    ):  # fmt: skip
        status, answer = served.sent("PUT", f"uploads/{'a' * 32}?name={quote(name)}&offset=0", b"x")
        assert status == 422, (name, answer)
    assert [path for path in served.root.rglob("*") if path.name in ("1.py", ".hidden.png")] == []
    # A part begins where the last one ended, or before.
    one = f"uploads/{'b' * 32}?name=1.png&offset="
    assert served.sent("PUT", one + "0", b"abcd") == (200, 4)
    assert served.sent("PUT", one + "5", b"x")[0] == 422
    assert served.sent("PUT", one + "-1", b"x")[0] == 422
    assert served.sent("PUT", one + "2", b"cdef") == (200, 6)
    # What is complete is what was announced, and is not changed any more.
    for wrong in ({}, {"1.png": 5}, {"1.png": 6, "2.png": 1}, {"../1.png": 6}):
        assert served.sent("POST", f"uploads/{'b' * 32}", encode({"files": wrong}))[0] == 422
    status, folder = served.sent("POST", f"uploads/{'b' * 32}", encode({"files": {"1.png": 6}}))
    assert (status, Path(str(folder), "1.png").read_bytes()) == (200, b"abcdef")
    assert served.sent("POST", f"uploads/{'b' * 32}", encode({"files": {"1.png": 6}})) == (200, folder)
    assert served.sent("PUT", one + "6", b"more")[0] == 422
    # The same number of somebody else is another upload.
    assert served.sent("PUT", one + "0", b"z", token="eve:maintainer") == (200, 1)
    assert Path(str(folder), "1.png").read_bytes() == b"abcdef"
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
    assert "disk of the service is full" in str(served.sent("PUT", f"uploads/{'c' * 32}?name=1.png&offset=0", b"x"))
    assert "api/uploads" not in str(served.sent("GET", "uploads/" + "b" * 32))


def test_a_service_without_a_folder_takes_nothing(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s.sqlite") as behind, serving(behind) as url:
        store = Remote(ServiceDatabase(url, token="maint:maintainer"))
        assert not store.takes_uploads
        (tmp_path / "1.png").write_bytes(b"x")
        with pytest.raises(StoreError, match="takes no media"):
            store.upload({"1.png": tmp_path / "1.png"})
        store.close()


def test_what_no_task_shows_is_removed_after_a_day(served: Served) -> None:
    pictures(served.root / "laptop")
    store = served.stores["maint"]
    kept = cw.Task.create("kept", served.root / "laptop", labels=["car"], store=store, upload=True)
    gone = cw.Task.create("gone", served.root / "laptop", labels=["car"], store=store, upload=True)
    folders = [Path(task.row.media["members"]["root"]) for task in (kept, gone)]
    served.uploads.begin(Person("maint", "maintainer"), "d" * 32, "1.png", 0).close()
    (served.uploads.folder / "not ours").mkdir()
    cw.delete_task("gone", store)
    served.uploads.sweep()
    assert len(list(served.uploads.folder.iterdir())) == 4, "not yet: a task may be made of it in a moment"
    old = time.time() - 100_000
    for path in served.uploads.folder.rglob("*"):
        os.utime(path, (old, old))
    served.uploads.sweep()
    assert sorted(path.name for path in served.uploads.folder.iterdir()) == sorted([folders[0].name, "not ours"])


# -- context images and chapters of others -----------------------------------------------------------------------------


def test_pictures_are_for_those_who_work_on_them(served: Served) -> None:
    pictures(served.root / "open")
    task = cw.Task.create("t", served.root / "open", labels=["car"], store=served.behind)
    task.jobs[0].assignee = "bob"
    ann = served.stores["ann"]
    row = ann.task("t")
    assert (row.media, [each.media for each in ann.tasks()]) == ({"type": "withheld"}, [{"type": "withheld"}])
    assert list(ann.frames(task.id).names) == ["000000", "000001", "000002"]
    for call in (
        lambda: ann.pictures(task.id)(1), lambda: ann.pictures(task.id).context_names(1),
        lambda: ann.pictures(task.id).context_picture(1, 0), lambda: ann.pictures(task.id)(1, original=True),
    ):  # fmt: skip
        with pytest.raises(NotFoundError, match="frame 1 does not exist"):
            call()
    with pytest.raises(MediaError, match="for those who have a job in it"):
        seen_by(served, "t").frame(0)
    assert served.stores["rev"].pictures(task.id).context_names(1) == ["above.png", "side.png"]
    task.jobs[0].assignee = "ann"
    assert ann.pictures(task.id).context_names(1) == ["above.png", "side.png"]
    # A link among the context images does not lead out of the folders.
    pictures(served.root / "open" / "other")
    (served.root / "secret.png").write_bytes((served.root / "open" / "a" / "0.png").read_bytes())
    link = served.root / "open" / "other" / "a" / "related_images" / "1_png" / "zzz.png"
    link.symlink_to(served.root / "secret.png")
    linked = cw.Task.create("linked", served.root / "open" / "other", labels=["car"], store=served.behind)
    with pytest.raises(MediaError, match="may not read"):
        served.stores["rev"].pictures(linked.id).context_picture(1, 2)


# -- webhooks ----------------------------------------------------------------------------------------------------------


def test_webhooks_are_managed_by_maintainers_and_delivered_by_the_service(served: Served) -> None:
    receiver = Receiver()
    task = cw.Task.create("t", np.zeros((2, 20, 30, 3), np.uint8), labels=["car"], store=served.behind)
    hooks = Webhooks(served.stores["maint"])
    webhook_id, secret = hooks.add(f"http://127.0.0.1:{receiver.port}/x", kinds=("job:", "task:"))
    with pytest.raises(StoreError, match="is https"):
        hooks.add("http://10.0.0.1/x")
    with pytest.raises(StoreError, match="the service delivers"):
        hooks.deliver()
    mine = cw.Task.open("t", served.stores["maint"])
    mine.jobs[0].assignee = "ann"
    cw.Task.open("t", served.stores["ann"]).jobs[0].state = "completed"
    mine.rename("renamed")
    until(lambda: len(receiver.got) >= 3)
    bodies = [json.loads(body) for _, body in receiver.got]
    assert [(body["event"], body["sender"]) for body in bodies] == [
        ("job:update", "maint"), ("job:update", "ann"), ("task:update", "maint"),
    ]  # fmt: skip
    assert bodies[1]["payload"] == {"state": ["new", "completed"]}
    assert bodies[2]["payload"] == {"name": ["t", "renamed"]}
    assert all(headers["X-Signature-256"] == signature(secret, body) for headers, body in receiver.got)
    assert secret not in hooks.to_frame().to_json()
    assert hooks.to_frame()["problem"].tolist() == [""]
    for person in ("ann", "rev"):
        store = served.stores[person]
        for attempt in (
            store.webhooks, lambda store=store: store.remove_webhook(webhook_id),
            lambda store=store: store.add_webhook("https://x.example", ["job:"], secret="s" * 20),
        ):  # fmt: skip
            with pytest.raises(CvatWidgetsError, match="does not allow"):
                attempt()
    hooks.remove(webhook_id)
    with pytest.raises(NotFoundError):
        hooks.remove(webhook_id)
    assert hooks.to_frame().empty
    assert task.id
    receiver.server.shutdown()
    receiver.server.server_close()
