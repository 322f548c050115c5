"""The store of a hub's service, used like any other: the same methods, called over HTTP."""

from __future__ import annotations

import functools
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from cvat_widgets.errors import StoreError
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.store.contract import METHODS, method
from cvat_widgets.store.rows import Commit
from cvat_widgets.store.service_connection import ServiceDatabase, encoded_path
from cvat_widgets.store.store import Store
from cvat_widgets.store.watch import Watch
from cvat_widgets.store.wire import decode, encode

__all__ = ["Remote", "RemotePictures"]

_PART_BYTES = 8 << 20


class RemotePictures:
    """What a service gives of the media of a task.

    Parameters
    ----------
    database
        The connection.
    task_id
        The task.
    """

    def __init__(self, database: ServiceDatabase, task_id: int) -> None:
        self._database = database
        self._task_id = task_id

    def __call__(
        self, frame: int, *, quality: int | None = None, max_side: int | None = None, original: bool = False
    ) -> tuple[bytes, str, str]:
        """Return a frame as a file, its type, and ``"width height exact"``."""
        options = {"quality": quality, "max_side": max_side, "form": "original" if original else None}
        return self._database.fetch(encoded_path(f"frames/{self._task_id}/{frame}", options))

    def context_names(self, frame: int) -> list[str]:
        """Return the names of the context images of a frame."""
        return decode(self._database.request("GET", f"contexts/{self._task_id}/{frame}"), list[str])

    def context_picture(self, frame: int, index: int, *, max_side: int | None = None) -> tuple[bytes, str, str]:
        """Return a context image as a file, its type, and ``"width height exact"``."""
        return self._database.fetch(encoded_path(f"contexts/{self._task_id}/{frame}/{index}", {"max_side": max_side}))

    def chapters(self) -> list[tuple[int, str]]:
        """Return first frame and title of each chapter of a video."""
        return decode(self._database.request("GET", f"chapters/{self._task_id}"), list[tuple[int, str]])


class Remote(Store):
    """A store behind a service; made by :meth:`Store.open` with an address ``http(s)://…``.

    Every method that :mod:`cvat_widgets.store.contract` lists is called there; the few below do something here, too.
    """

    database: ServiceDatabase

    def __init__(self, database: ServiceDatabase) -> None:
        self.database = database
        self._key = ""
        self._labels = {}
        self._frames = {}
        self._frame_listeners = {}
        self._frames_lock = threading.Lock()
        self.uuid = database.about.uuid
        self.epoch = database.about.epoch
        self.watch = Watch(database, self, self)  # type: ignore[arg-type]  # of the change log it wants only what we have, too

    @property
    def role(self) -> str:
        """What we are there: annotator, reviewer, maintainer or owner."""
        return self.database.about.role

    def pictures(self, task_id: int) -> RemotePictures | None:
        """Return what gives the frames of a task, if the service gives pictures."""
        return RemotePictures(self.database, task_id) if self.database.about.pictures else None

    @property
    def takes_uploads(self) -> bool:
        """Whether media of new tasks can be sent there."""
        return self.database.about.uploads

    def upload(self, files: Mapping[str, Path], progress: Callable[[int, int], None] | None = None) -> str:
        """Send media files; return the folder the service keeps them in.

        Parameters
        ----------
        files
            The local file of each name; names are relative, with forward slashes.
        progress
            Called with the bytes sent and the bytes of all.

        Raises
        ------
        StoreError
            The service takes none, or not from us, or not as many.
        """
        upload = secrets.token_hex(16)
        sizes = {name: path.stat().st_size for name, path in files.items()}
        total, sent = sum(sizes.values()), 0
        for name, path in files.items():
            with path.open("rb") as file:
                offset = 0
                while offset < sizes[name] or offset == 0:
                    data = file.read(min(_PART_BYTES, sizes[name] - offset))
                    if not data and offset < sizes[name]:
                        raise StoreError("the file has become shorter while it was sent", where=str(path))
                    query = urlencode({"name": name, "offset": offset})
                    self.database.request("PUT", f"uploads/{upload}?{query}", data)
                    offset, sent = offset + len(data), sent + len(data)
                    if progress is not None:
                        progress(sent, total)
                    if not data:
                        break
        folder: str = decode(self.database.request("POST", f"uploads/{upload}", encode({"files": sizes})), str)
        return folder

    def close(self) -> None:
        """Close the connections; what was acknowledged is safe anyway."""
        self.database.close()  # first: a thread may be waiting for the next change
        super().close()

    def finish(self, job_id: int) -> dict[str, Any] | None:
        """Complete a job where its ground truth is; return what the verdict on it says, ``None`` if there is none."""
        answer = self.database.request("POST", f"finish/{job_id}", b"", {"X-Request": secrets.token_hex(16)})
        found: dict[str, Any] | None = decode(answer, dict[str, Any] | None)
        self.tell_events()
        return found

    def _called(self, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        called = method(name)
        values = called.bind(self, arguments, named)
        if "op_id" in called.signature.parameters and values.get("op_id") is None:
            # It may have to be sent again; and nobody else's change is to be taken for one of this client.
            values["op_id"] = f"{secrets.token_hex(12)}:0"
        result = self.database.call(called, values)
        if isinstance(result, Commit) and name in ("commit", "add_table", "undo", "redo"):
            return self._published(result)
        if called.writes:
            self.database.after_commit(self.tell_events)
        return result

    def frames(self, task_id: int) -> FrameIndex:
        """Return names and sizes of the frames of a task."""
        with self._frames_lock:
            if task_id not in self._frames:
                self._frames[task_id] = self._called("frames", (task_id,), {})
            return self._frames[task_id]

    def set_frames_deleted(self, task_id: int, frames: Sequence[int], *, deleted: bool) -> None:
        """Take frames out of a task, or put them back; their annotations stay."""
        self._called("set_frames_deleted", (task_id, frames), {"deleted": deleted})
        listeners = list(self._frame_listeners.get(task_id, ()))
        present = self.deleted_frames(task_id) if listeners else []
        for listener in listeners:
            listener(present)

    def set_honeypots(
        self, task_id: int, pictures: Mapping[int, int], *, media: Mapping[str, Any] | None = None,
        frames: FrameIndex | None = None, user: str = "",
    ) -> None:  # fmt: skip
        """Say which frames hide which pictures."""
        self._called("set_honeypots", (task_id, pictures), {"media": media, "frames": frames, "user": user})
        self._frames.pop(task_id, None)


def _calling(name: str) -> Callable[..., Any]:
    @functools.wraps(getattr(Store, name))
    def called(self: Remote, *arguments: Any, **named: Any) -> Any:
        return self._called(name, arguments, named)

    return called


for _name in METHODS:
    if _name not in vars(Remote):
        setattr(Remote, _name, _calling(_name))
