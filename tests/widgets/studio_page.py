"""A browser's end of the task browser, and files that it sends."""

from __future__ import annotations

import io
import threading
from typing import Any

import numpy as np
from PIL import Image

import cvat_widgets as cw
from cvat_widgets.widgets.studio import Studio
from tests.waiting import PATIENCE

__all__ = ["Page", "place", "png", "send"]


class Page:
    """A browser's end of the data channel: asks, and waits for the answer."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.answers: dict[int, tuple[dict[str, Any], list[bytes]]] = {}
        self.progress: list[dict[str, Any]] = []
        self.arrived = threading.Condition()
        self.notices: list[dict[str, Any]] = []
        self.last = 0
        for server in studio._servers:
            server.send = self.receive
        studio._channel.send = lambda content, buffers=None, **_: self.receive(content, buffers or [])

    def receive(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        with self.arrived:
            if content["t"] in ("result", "error"):
                self.answers[content["id"]] = (content, buffers)
            elif content["t"] == "progress":
                self.progress.append(content)
            else:
                self.notices.append(content)
            self.arrived.notify_all()

    def send(self, method: str, **params: Any) -> int:
        self.last += 1
        message = {"t": "rpc", "client": "page", "id": self.last, "method": method, "params": params}
        self.studio._handle(message, [])
        return self.last

    def answer(self, number: int) -> tuple[dict[str, Any], list[bytes]]:
        with self.arrived:
            assert self.arrived.wait_for(lambda: number in self.answers, PATIENCE), "no answer"
        return self.answers[number]

    def ask(self, method: str, **params: Any) -> Any:
        content, _ = self.answer(self.send(method, **params))
        assert content["t"] == "result", content
        return content["result"]

    def refused(self, method: str, **params: Any) -> str:
        content, _ = self.answer(self.send(method, **params))
        assert content["t"] == "error", content
        return content["error"]["message"]

    def names(self, **params: Any) -> list[str]:
        return [row["name"] for row in self.ask("studio.list", kind="tasks", sort="id", **params)["rows"]]


def png(value: int, side: int = 24) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.full((side, side, 3), value, np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def place(store: cw.Store) -> list[str]:
    """What lies where uploads are kept."""
    folder = store.directory / "uploads"
    return sorted(each.relative_to(folder).as_posix() for each in folder.rglob("*")) if folder.is_dir() else []


def send(page: Page, method: str, data: bytes, **params: Any) -> dict[str, Any]:
    page.last += 1
    message = {"t": "rpc", "client": "page", "id": page.last, "method": method, "params": params}
    page.studio._handle(message, [data])
    return page.answer(page.last)[0]
