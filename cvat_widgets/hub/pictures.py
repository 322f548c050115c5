"""Pictures for kernels that cannot see the files: only from folders that whoever runs the service has named."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvat_widgets.errors import MediaError, NotFoundError
from cvat_widgets.hub.policy import Person
from cvat_widgets.hub.view import View
from cvat_widgets.media import EncodedFrame, FrameSource, reopen_media
from cvat_widgets.media.images import ImageSource

if TYPE_CHECKING:
    from cvat_widgets.store import Store

__all__ = ["Pictures"]

_OPEN = 16
_MAX_BYTES = 256 << 20


class Pictures:
    """Opens the media of tasks, a few at a time.

    Parameters
    ----------
    store
        The store.
    folders
        Below these may media lie.
    """

    def __init__(self, store: Store, folders: Sequence[Path]) -> None:
        self.store = store
        self.folders = [folder.resolve() for folder in folders]
        self._open: OrderedDict[str, FrameSource] = OrderedDict()
        self._lock = threading.Lock()

    def frame(
        self, person: Person, task_id: int, frame: int, *, quality: int | None, max_side: int | None, original: bool = False
    ) -> EncodedFrame:
        """Return a frame as a picture file; see :meth:`FrameSource.encoded`.

        Parameters
        ----------
        original
            Give the file of the frame as it is, where it has one.

        Raises
        ------
        NotFoundError
            There is no such frame, or it is not for this person.
        MediaError
            The media are not where the service may look, or cannot be read.
        """
        source = self._of(person, task_id, frame)
        data = source.original(frame) if original else None
        width, height = source.size(frame)
        found = (
            EncodedFrame(data, "application/octet-stream", width, height, True)
            if data is not None
            else source.encoded(frame, quality=quality, max_side=max_side)
        )
        return _bounded(found, task_id, frame)

    def context_names(self, person: Person, task_id: int, frame: int) -> list[str]:
        """Return the names of the context images of a frame; numbers where names could tell a honeypot."""
        names = self._of(person, task_id, frame).context_names(frame)
        if not person.is_at_least("reviewer") and self.store.honeypots(task_id):
            return [str(number) for number in range(1, len(names) + 1)]
        return names

    def context_picture(self, person: Person, task_id: int, frame: int, index: int, *, max_side: int | None) -> EncodedFrame:
        """Return a context image as a picture file."""
        source = self._of(person, task_id, frame)
        if isinstance(source, ImageSource) and source.members.spec.get("type") == "files":
            for name in source.context_files(frame):
                self._check_path(Path(source.members.spec["root"]) / name)
        return _bounded(source.context_picture(frame, index, max_side=max_side), task_id, frame)

    def chapters(self, person: Person, task_id: int) -> list[tuple[int, str]]:
        """Return first frame and title of the chapters of a video, of the frames this person sees."""
        with self.store.database.read():
            row = self.store.task(task_id)
            shown = View(self.store, person).frames(task_id)
        if row.kind != "video":
            return []
        return [each for each in self._source(row.media, 0).chapters if shown is None or each[0] in shown]

    def _of(self, person: Person, task_id: int, frame: int) -> FrameSource:
        """Return the media of a task, if this person sees this frame of it."""
        with self.store.database.read():
            row = self.store.task(task_id)
            shown = View(self.store, person).frames(task_id)
        if not 0 <= frame < row.size or (shown is not None and frame not in shown):
            raise NotFoundError(f"frame {frame} does not exist", where=f"task {task_id}")
        return self._source(row.media, frame)

    def _source(self, spec: Mapping[str, Any], frame: int) -> FrameSource:
        key = json.dumps(spec, sort_keys=True)
        with self._lock:
            source = self._open.get(key)
            if source is None:
                self._check_place(spec)
                source = self._open[key] = reopen_media(spec)
                while len(self._open) > _OPEN:
                    # Somebody may be reading from it: it is closed when nobody has it any more.
                    self._open.popitem(last=False)
            self._open.move_to_end(key)
        if isinstance(source, ImageSource) and spec["members"].get("type") == "files":
            # Each time: a link may have been put there meanwhile.
            self._check_path(Path(spec["members"]["root"]) / source.files[frame])
        return source

    def _check_place(self, spec: Mapping[str, Any]) -> None:
        place = spec.get("members") if spec.get("type") == "images" else spec
        if not isinstance(place, Mapping) or place.get("type") not in ("files", "zip", "tar", "video"):
            raise _not_here()
        path = place.get("root" if place["type"] == "files" else "path")
        if not isinstance(path, str) or "://" in path or "url" in place:
            raise _not_here()
        self._check_path(Path(path))

    def _check_path(self, path: Path) -> None:
        real = path.resolve()
        if not any(real.is_relative_to(folder) for folder in self.folders):
            raise _not_here()

    def close(self) -> None:
        """Close all media."""
        with self._lock:
            for source in self._open.values():
                source.close()
            self._open.clear()


def _bounded(found: EncodedFrame, task_id: int, frame: int) -> EncodedFrame:
    if len(found.data) > _MAX_BYTES:
        raise MediaError(f"the picture has more than {_MAX_BYTES:,} bytes", where=f"task {task_id}, frame {frame}")
    return found


def _not_here() -> MediaError:
    return MediaError(
        "the service may not read the media of this task",
        hint="Start it with --media FOLDER, or open the task where its files can be seen",
    )
