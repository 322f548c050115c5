"""Small pictures of frames for lists, made when they are first wanted and kept within bounds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from cvat_widgets.errors import NotFoundError
from cvat_widgets.task import Task
from cvat_widgets.widgets.rpc import Call, Method
from cvat_widgets.widgets.studio_requests import PreviewRequest, read

if TYPE_CHECKING:
    from cvat_widgets.media import EncodedFrame
    from cvat_widgets.store import Store

__all__ = ["StudioPreviews"]

_SIDE = 256
_QUALITY = 70
_MAX_BYTES = 16 << 20
"""Of all pictures that are kept."""


class StudioPreviews:
    """Previews of the tasks of one store.

    Parameters
    ----------
    store
        The store.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._kept: OrderedDict[tuple[str, int], EncodedFrame] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    @property
    def table(self) -> dict[str, Method]:
        """The methods by name."""
        return {"studio.preview": self.preview}

    def preview(self, call: Call) -> Any:
        """Return a small picture of a frame."""
        request = read(call.params, PreviewRequest)
        row = self.store.task(request.task)
        if request.frame >= row.size:
            raise NotFoundError(f"frame {request.frame} does not exist", where=f"task {row.name!r}")
        key = (row.uid, request.frame)
        with self._lock:
            picture = self._kept.get(key)
            if picture is not None:
                self._kept.move_to_end(key)
        if picture is None:
            # The decoder is let go of at once: a page shows many videos, and nobody has opened one yet.
            picture = Task(self.store, row).media.encoded(request.frame, quality=_QUALITY, max_side=_SIDE)
            self._keep(key, picture)
        return {"mime": picture.mime, "width": picture.width, "height": picture.height}, [picture.data]

    def _keep(self, key: tuple[str, int], picture: EncodedFrame) -> None:
        with self._lock:
            before = self._kept.pop(key, None)
            self._kept[key] = picture
            self._bytes += len(picture.data) - (len(before.data) if before else 0)
            while self._bytes > _MAX_BYTES and len(self._kept) > 1:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= len(gone.data)
