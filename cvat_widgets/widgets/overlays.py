"""Layers that Python draws over the picture: functions of the user, run for the frame that is looked at."""

from __future__ import annotations

import hashlib
import json
import threading
import traceback
from collections import OrderedDict
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.widgets.raster import RasterCanvas, heat_picture
from cvat_widgets.widgets.rpc import Call, method
from cvat_widgets.widgets.snapshot import encode_snapshot

if TYPE_CHECKING:
    import pandas as pd

    from cvat_widgets.model.frames import FrameIndex
    from cvat_widgets.model.labels import LabelSet

__all__ = ["OVERLAY_OPACITY", "Draw", "Layer", "Overlays", "draw_onto", "failure_of"]

Draw = Callable[[Any, int, "pd.DataFrame"], Any]
"""``draw(canvas, frame, rows)``: draws on the canvas, in pixels of the frame, or returns an array that is laid over it."""

OVERLAY_OPACITY = 0.7
"""How opaque layers are, unless the user has them otherwise; as in js/src/view-settings.ts."""
_LARGEST_SIDE = 1920
_LARGEST_BYTES = 4 << 20
"""A layer has no more pixels, and as a PNG no more bytes."""
_CACHE_BYTES = 64 << 20
_MOST = 16
_HERE = Path(__file__).parent
_LONGEST_NAME = 64
_LONGEST_FAILURE = 400


class _Task(Protocol):
    @property
    def labels(self) -> LabelSet: ...

    @property
    def frame_index(self) -> FrameIndex: ...


@dataclass(frozen=True)
class Layer:
    """One drawn layer of a frame.

    Parameters
    ----------
    key
        Changes with the function and with the shapes it was given.
    png
        The picture, RGBA; empty where nothing was drawn.
    failure
        Why it could not be drawn.
    """

    key: str
    png: bytes
    failure: str = ""


class Overlays(MutableMapping[str, Draw]):
    """The layers of an annotator by name; each is a function ``draw(canvas, frame, rows)``.

    Parameters
    ----------
    task
        Whose frames are drawn over.
    table
        Returns the annotations that ``rows`` come from.
    changed
        Called when there are other layers, or they are to be drawn again.

    Attributes
    ----------
    failures : dict
        The traceback of each function that failed last time, by name.
    """

    def __init__(self, task: _Task, table: Callable[[], AnnotationTable], changed: Callable[[], None]) -> None:
        self._task, self._table, self._changed = task, table, changed
        self._draws: dict[str, tuple[int, Draw]] = {}
        self._count = 0
        self._kept: OrderedDict[tuple[str, int], Layer] = OrderedDict()
        self._drawing = threading.RLock()
        self.failures: dict[str, str] = {}

    def __getitem__(self, name: str) -> Draw:
        return self._draws[name][1]

    def __setitem__(self, name: str, draw: Draw) -> None:
        """Show a layer, or replace the one of that name.

        Raises
        ------
        AnnotationError
            The name is empty or longer than 64 characters, or there are 16 layers.
        TypeError
            It is nothing that can be called.
        """
        if not callable(draw):
            raise TypeError(f"a layer is a function draw(canvas, frame, rows), not {type(draw).__name__}")
        if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
            raise AnnotationError(f"{name!r:.80} is no name of a layer", hint=f"Give 1 to {_LONGEST_NAME} characters")
        if name not in self._draws and len(self._draws) >= _MOST:
            raise AnnotationError(f"there are {_MOST} layers already", hint="Remove one: del annotator.overlays[name]")
        self._count += 1
        self._draws = {**self._draws, name: (self._count, draw)}
        self.failures.pop(name, None)
        self._changed()

    def __delitem__(self, name: str) -> None:
        draws = dict(self._draws)
        del draws[name]
        self._draws = draws
        self.failures.pop(name, None)
        self._changed()

    def __iter__(self) -> Iterator[str]:
        return iter(self._draws)

    def __len__(self) -> int:
        return len(self._draws)

    def __repr__(self) -> str:
        return f"<Overlays {', '.join(self._draws) or 'none'}>"

    def refresh(self) -> None:
        """Draw all layers again: what they draw has changed."""
        draws = self._draws
        self._draws = {name: (self._count + place, draw) for place, (name, (_, draw)) in enumerate(draws.items(), 1)}
        self._count += len(draws)
        self._changed()

    @property
    def state(self) -> dict[str, Any] | None:
        """What browsers are told: ``{names, version}``; ``None`` where there are no layers."""
        return {"names": [*self._draws], "version": self._count} if self._draws else None

    def layer(self, name: str, frame: int, have: str = "") -> Layer | None:
        """Return a layer of a frame, drawn if it has to be; ``None`` if its key is the one that somebody has.

        Raises
        ------
        KeyError
            There is no such layer (any more).
        """
        with self._drawing:
            number, draw = self._draws[name]
            shown = self._on(frame)
            key = f"{number}-{_digest(shown)}"
            if key == have:
                return None
            kept = self._kept.get((name, frame))
            if kept is None or kept.key != key:
                kept = self._drawn(key, name, draw, frame, shown)
            self._keep(name, frame, kept)
            return kept

    def _on(self, frame: int) -> AnnotationTable:
        return interpolate_table(self._table(), frame_count=len(self._task.frame_index), frames=[frame])

    def _drawn(self, key: str, name: str, draw: Draw, frame: int, shown: AnnotationTable) -> Layer:
        from cvat_widgets.dataframe import to_dataframe

        index = self._task.frame_index
        try:
            rows = to_dataframe(shown, self._task.labels, index)
            picture = drawn_picture(draw, frame, rows, int(index.widths[frame]), int(index.heights[frame]))
            made = Layer(key, _png(picture))
        except Exception as error:  # noqa: BLE001  # whatever a user's function raises, annotation goes on
            self.failures[name] = traceback.format_exc()
            return Layer(key, b"", failure_of(error))
        self.failures.pop(name, None)
        return made

    def _keep(self, name: str, frame: int, layer: Layer) -> None:
        self._kept[name, frame] = layer
        self._kept.move_to_end((name, frame))
        size = sum(len(each.png) + 200 for each in self._kept.values())
        while size > _CACHE_BYTES:
            size -= len(self._kept.popitem(last=False)[1].png) + 200

    def over(self, picture: NDArray[np.uint8], frame: int, opacity: float) -> NDArray[np.uint8]:
        """Return a picture of a frame, (height, width, 3), uint8, with all layers over it."""
        import cv2

        for name in self:
            layer = self.layer(name, frame)
            if layer is None or not layer.png:
                continue
            decoded = np.asarray(cv2.imdecode(np.frombuffer(layer.png, np.uint8), cv2.IMREAD_UNCHANGED))
            size = (picture.shape[1], picture.shape[0])
            above = cv2.resize(decoded[..., [2, 1, 0, 3]], size, interpolation=cv2.INTER_LINEAR).astype(np.float32)
            share = above[..., 3:] / 255 * opacity
            picture = np.round(above[..., :3] * share + picture * (1 - share)).astype(np.uint8)
        return picture


def _digest(table: AnnotationTable) -> str:
    header, buffers = encode_snapshot(table)
    made = hashlib.blake2b(json.dumps(header).encode(), digest_size=12)
    for buffer in buffers:
        made.update(buffer)
    return made.hexdigest()


def drawn_picture(draw: Draw, frame: int, rows: pd.DataFrame, width: int, height: int) -> NDArray[np.uint8]:
    """Return what a function draws over a frame, (height, width, 4), uint8, RGBA; an array alone keeps its own size."""
    import cv2

    canvas = RasterCanvas(width, height, min(1.0, _LARGEST_SIDE / max(width, height)))
    result = draw(canvas, frame, rows)
    if result is None:
        return canvas.picture()
    picture = heat_picture(result)
    if canvas.touched:
        canvas.lay_below(picture)
        return canvas.picture()
    shrink = _LARGEST_SIDE / max(picture.shape[:2])
    if shrink < 1:
        size = (max(round(picture.shape[1] * shrink), 1), max(round(picture.shape[0] * shrink), 1))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    return picture


def draw_onto(
    canvas: Any, draw: Draw, frame: int, rows: pd.DataFrame, size: Callable[[], tuple[int, int]], opacity: float
) -> None:
    """Have a function draw on a canvas of either kind, whose coordinates are pixels of the frame.

    An array that it returns is laid over the frame; ``size`` tells width and height of that.
    """
    import cv2

    result = draw(canvas, frame, rows)
    if result is None:
        return
    width, height = size()
    # As many pixels as the frame has, as ipycanvas draws a picture a unit a pixel.
    picture = cv2.resize(heat_picture(result), (width, height), interpolation=cv2.INTER_LINEAR)
    canvas.save()
    canvas.global_alpha = opacity
    canvas.put_image_data(picture, 0, 0)
    canvas.restore()


def failure_of(error: BaseException) -> str:
    """Return the last line of a traceback, and where in the user's function that was."""
    said = " ".join(traceback.format_exception_only(error)[-1].split())
    frames = [each for each in traceback.extract_tb(error.__traceback__) if Path(each.filename).parent != _HERE]
    own = [each for each in frames if not {"site-packages", "dist-packages"} & set(Path(each.filename).parts)]
    at = own[-1] if own else frames[0] if frames else None
    place = f" (line {at.lineno} of {at.name})" if at else ""
    return said[: _LONGEST_FAILURE - len(place)] + place


def _png(picture: NDArray[np.uint8]) -> bytes:
    import cv2

    if not picture[..., 3].any():
        return b""
    while True:
        encoded = bytes(cv2.imencode(".png", picture[..., [2, 1, 0, 3]], [cv2.IMWRITE_PNG_COMPRESSION, 1])[1])
        high, wide = picture.shape[:2]
        if len(encoded) <= _LARGEST_BYTES or min(high, wide) < 16:
            return encoded
        picture = np.asarray(cv2.resize(picture, (wide // 2, high // 2), interpolation=cv2.INTER_AREA), np.uint8)


@method("overlays", drawing=True)
def overlays(call: Call) -> tuple[dict[str, Any], list[bytes]]:
    """Return layers of a frame: ``{frame, have: {name: key}}`` → ``{layers: [{name, key, picture, failure}]}`` with PNGs.

    ``have`` names the layers that are wanted, and the key of what the browser has of each; what is still so comes with
    ``picture: null``.
    """
    job, known = call.session.job, call.session.overlays
    frame = call.integer("frame", job.start, job.stop)
    have = call.params.get("have")
    wanted = have if isinstance(have, dict) else {}
    layers: list[dict[str, Any]] = []
    pictures: list[bytes] = []
    for name in [*known]:
        if name not in wanted or call.cancelled.is_set():
            continue
        try:
            layer = known.layer(name, frame, str(wanted[name]))
        except KeyError:
            continue  # A cell has removed it just now.
        if layer is None:
            layers.append({"name": name, "key": str(wanted[name])[:64], "picture": None, "failure": ""})
            continue
        layers.append({"name": name, "key": layer.key, "picture": len(layer.png), "failure": layer.failure})
        if layer.png:
            pictures.append(layer.png)
    return {"layers": layers}, pictures
