"""Webhooks: signed, in order, repeated, and never to an inner network."""

from __future__ import annotations

import hmac
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

import cvat_widgets as cw
from cvat_widgets.webhooks import Webhooks, signature
from tests.waiting import until


class Receiver:
    """A server that remembers what it was sent and answers as told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((dict(self.headers), body))
                status = outer.answers.pop(0) if outer.answers else 200
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", f"http://127.0.0.1:{outer.port}/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def task(tmp_path: Path) -> cw.Task:
    return cw.Task.create("t", np.zeros((4, 20, 30, 3), np.uint8), labels=["car"], store=tmp_path / "s.sqlite")


def test_events_are_signed_and_in_order(task: cw.Task, receiver: Receiver) -> None:
    task.jobs[0].state = "in progress"  # before there was a webhook
    hooks = Webhooks(task.store, allowed=[f"127.0.0.1:{receiver.port}"])
    _, secret = hooks.add(f"http://127.0.0.1:{receiver.port}/hook?x=1", kinds=("job:", "issue:open"))
    task.jobs[0].state = "completed"
    task.jobs[0].open_issue(1, (1, 1), "x").comment("not asked for")
    task.jobs[0].stage = "validation"
    assert hooks.deliver() == 3
    assert hooks.deliver() == 0
    bodies = [json.loads(body) for _, body in receiver.got]
    assert [body["event"] for body in bodies] == ["job:update", "issue:open", "job:update"]
    assert bodies[0]["payload"] == {"state": ["in progress", "completed"]}
    assert (bodies[0]["task_id"], bodies[0]["store"]) == (task.id, task.store.uuid)
    for headers, body in receiver.got:
        assert hmac.compare_digest(headers["X-Signature-256"], signature(secret, body))
    assert signature("key", b"body") == "sha256=" + hmac.new(b"key", b"body", "sha256").hexdigest()
    assert secret not in hooks.to_frame().to_json()


def test_failures_are_repeated_and_given_up_at_last(task: cw.Task, receiver: Receiver) -> None:
    hooks = Webhooks(task.store, allowed=["127.0.0.1"])
    hooks.add(f"http://127.0.0.1:{receiver.port}")
    task.jobs[0].state = "in progress"
    task.jobs[0].state = "completed"
    receiver.answers = [500]
    clock = [1000.0]
    assert hooks.deliver(now=lambda: clock[0]) == 0
    assert hooks.deliver(now=lambda: clock[0]) == 0, "not yet"
    assert len(receiver.got) == 1
    clock[0] += 6
    assert hooks.deliver(now=lambda: clock[0]) == 2
    assert receiver.got[0][0]["X-Delivery"] == receiver.got[1][0]["X-Delivery"] != receiver.got[2][0]["X-Delivery"]
    task.jobs[0].state = "rejected"
    task.jobs[0].state = "new"
    receiver.answers = [500] * 6
    for _ in range(6):
        hooks.deliver(now=lambda: clock[0])
        clock[0] += 4000
    states = [json.loads(body)["payload"]["state"] for _, body in receiver.got[3:]]
    assert states == [["completed", "rejected"]] * 6 + [["rejected", "new"]], "given up, and the next one is delivered"


def test_redirects_are_not_followed(task: cw.Task, receiver: Receiver) -> None:
    hooks = Webhooks(task.store, allowed=["127.0.0.1"])
    hooks.add(f"http://127.0.0.1:{receiver.port}")
    task.jobs[0].state = "completed"
    receiver.answers = [302]
    assert hooks.deliver() == 0
    assert len(receiver.got) == 1
    assert hooks.to_frame()["problem"][0] == "the answer was 302"


@pytest.mark.parametrize(
    "url",
    ["http://example.com/x", "ftp://example.com", "https://", "https://ann:pw@example.com", "file:///etc/passwd",
     "https://example.com:99999", "https://exa mple.com", "https://example.com/\r\nX: y"],
)  # fmt: skip
def test_addresses_that_are_none_are_refused(task: cw.Task, url: str) -> None:
    with pytest.raises(cw.StoreError):
        Webhooks(task.store).add(url)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "::1", "fe80::1",
     "fd00::1", "::ffff:127.0.0.1", "224.0.0.1"],
)  # fmt: skip
def test_names_that_mean_inner_addresses_are_refused(task: cw.Task, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [public, (family, socket.SOCK_STREAM, 6, "", (address, 443))])
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("it connected"))
    hooks = Webhooks(task.store)
    hooks.add("https://innocent.example/hook")
    task.jobs[0].state = "completed"
    assert hooks.deliver() == 0
    assert "inside of this network" in hooks.to_frame()["problem"][0]


def test_the_checked_address_is_the_one_connected_to(task: cw.Task, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["93.184.216.34", "127.0.0.1"])
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), 443))]
    )
    connected: list[object] = []

    def connect(address: object, **_: object) -> socket.socket:
        connected.append(address)
        raise OSError("far away")

    monkeypatch.setattr(socket, "create_connection", connect)
    hooks = Webhooks(task.store)
    hooks.add("https://rebinding.example/hook")
    task.jobs[0].state = "completed"
    hooks.deliver()
    assert connected == [("93.184.216.34", 443)]


def test_it_runs_in_the_background(task: cw.Task, receiver: Receiver) -> None:
    hooks = Webhooks(task.store, allowed=["127.0.0.1"])
    webhook_id, _ = hooks.add(f"http://127.0.0.1:{receiver.port}")
    hooks.start(every=0.05)
    task.jobs[0].state = "completed"
    until(lambda: receiver.got)
    hooks.stop()
    assert len(receiver.got) == 1
    hooks.remove(webhook_id)
    assert hooks.to_frame().empty
