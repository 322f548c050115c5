"""The annotator widget."""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import numpy as np
import traitlets
from numpy.typing import NDArray

from cvat_widgets.errors import CvatWidgetsError, NotFoundError
from cvat_widgets.job import Job
from cvat_widgets.model.labels import Label, LabelSet
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.opening import open_store
from cvat_widgets.task import Task
from cvat_widgets.widgets.channel import DataChannel
from cvat_widgets.widgets.driven import Driven
from cvat_widgets.widgets.overlays import OVERLAY_OPACITY, Draw, Overlays
from cvat_widgets.widgets.session import Session

__all__ = ["Annotator"]

_STATIC = Path(__file__).resolve().parent.parent / "static"
_BUNDLE = _STATIC / "annotator.js"
_SAVED_SIDE = 720
_STILL_SIDE = 1280
_STILL_QUALITY = 85
"""Longer sides of the pictures of the saved notebook, and of the one that is shown while the annotator starts."""
_TOOLS = (
    "select", "rectangle", "polygon", "polyline", "points", "ellipse", "cuboid", "skeleton", "mask",
    "merge", "group", "split", "slice", "zoom", "pan", "issue", "interact", "scissors",
)  # fmt: skip

if not _BUNDLE.exists():
    raise CvatWidgetsError(
        "the front end is not built", where=str(_BUNDLE), hint="In a clone, build it: npm ci && npm run build"
    )


class Annotator(Driven, anywidget.AnyWidget):
    """A canvas on which a job is annotated, in a notebook cell.

    Every gesture is saved at once; edits made from Python, in another tab or by another kernel appear on the canvas.

    Parameters
    ----------
    target
        A :class:`Task` (its first job that is not completed is opened), a :class:`Job`, or media as :meth:`Task.create` takes
        them; for media a
        task of that name is opened, or made if there is none.
    labels
        Labels, where media are given.
    store
        Store, where media are given.
    height
        Height of the cell's output in pixels.
    read_only
        Whether edits are refused.

    Attributes
    ----------
    frame : int
        The frame that is shown; setting it goes there.
    selection : list of int
        Ids of the selected objects; setting it selects on the canvas.
    tool : str
        ``select``, a type of shape such as ``rectangle``, ``merge``, ``group``, ``split``, ``slice``, ``zoom``, ``pan``,
        ``interact`` or ``scissors``.
    label : str
        Name of the label that the next object gets.
    revision : int
        The last revision that was sent to the canvas.
    record_pointer : bool
        Whether the browser records where the pointer is, for :class:`Replay`: at most 20 times a second and 1 MB in all.
    """

    _covered = True
    """Whether the still picture is what the canvas will show first."""
    _esm = _STATIC / "entry.js"
    _css = _STATIC / "annotator.css"

    frame = traitlets.Int(0).tag(sync=True)
    selection = traitlets.List(traitlets.Int()).tag(sync=True)
    tool = traitlets.Enum(_TOOLS, "select").tag(sync=True)
    label = traitlets.Unicode("").tag(sync=True)
    revision = traitlets.Int(0).tag(sync=True)
    read_only = traitlets.Bool(False).tag(sync=True)
    busy = traitlets.Bool(False).tag(sync=True)
    record_pointer = traitlets.Bool(False)
    height = traitlets.Int(640, min=240, max=4000).tag(sync=True)
    _module = traitlets.Unicode(_BUNDLE.read_text("utf-8")).tag(sync=True)
    _first = traitlets.Dict().tag(sync=True)
    _still = traitlets.Bytes(b"").tag(sync=True)
    """The frame with its shapes as JPEG: shown until the annotator itself is there, and then let go of."""
    _channel = traitlets.Instance(DataChannel).tag(sync=True, **ipywidgets.widget_serialization)

    def __init__(
        self,
        target: Any,
        labels: Iterable[str | Mapping[str, Any] | Label] | LabelSet | None = None,
        *,
        store: Any = None,
        height: int = 640,
        read_only: bool = False,
        frame: int | None = None,
        **unknown: Any,
    ) -> None:
        if unknown:
            raise TypeError(
                f"Annotator has no option {', '.join(map(repr, unknown))}; "
                "it takes target, labels, store, height, read_only and frame."
            )
        self._job = self._open_job(target, labels, store)
        channel = DataChannel()
        first = self._job.start if frame is None else min(max(frame, self._job.start), self._job.stop)
        names = self._job.task.labels.names
        super().__init__(
            frame=first, height=height, read_only=read_only, label=names[0] if names else "", revision=self._job.revision,
            _channel=channel,
        )  # fmt: skip
        self._session = self._open_session(
            answer=channel.send, tell=self.send, user=self._job.user, read_only=read_only, on_revision=self._revised
        )
        channel.on_msg(self._heard)

    def _heard(self, _widget: object, content: object, buffers: list[Any]) -> None:
        if self._still:
            # The annotator is there; what it looked like when the cell was run must not be shown again.
            self._quietly_set(_still=b"")
        self._session.handle(content, buffers)

    def _open_job(self, target: Any, labels: Any, store: Any) -> Job:
        return _job_of(target, labels, store)

    def _open_session(self, **options: Any) -> Session:
        return Session(self._job, **options)

    @property
    def task(self) -> Task:
        """The task."""
        return self._job.task

    @property
    def job(self) -> Job:
        """The job that is open."""
        return self._job

    def use(self, model: Any, name: str | None = None) -> None:
        """Offer a model on the canvas: an interactor, a detector, a tracker.

        A model of the same name and kind is replaced, so that the cell that trains a model can offer it again and again.

        Parameters
        ----------
        model
            A model, or whatever :func:`cvat_widgets.load_backend` takes.
        name
            Its name in lists; by default its own.

        Raises
        ------
        ModelError
            It is no model, or does not load.
        """
        self._session.models.add(model, name)

    @property
    def overlays(self) -> Overlays:
        """Layers that Python draws over the picture and under the shapes: functions ``draw(canvas, frame, rows)`` by name.

        ``annotator.overlays["attention"] = draw`` shows a layer or replaces it, ``del annotator.overlays["attention"]`` takes
        it away. See :meth:`overlay`.
        """
        return self._session.overlays

    def overlay(self, draw: Draw, name: str | None = None) -> Draw:
        """Show a layer that Python draws over the picture and under the shapes; to be used as a decorator, too.

        The function is run in the kernel for the frame that is looked at, and again when the shapes of that frame change.
        What it raises is shown as a message, and annotation goes on; the traceback is in ``annotator.overlays.failures``.

        Parameters
        ----------
        draw
            ``draw(canvas, frame, rows)``, as :class:`ContactSheet` takes it: the canvas has the methods of ipycanvas, in
            pixels of the frame; ``rows`` are the objects of the frame, as ``task.to_frame(interpolate=True)`` has them. It may
            return an array instead, which is stretched over the frame: (height, width) of numbers is a heat map, of
            booleans a mask; (height, width, 3 or 4) is a picture.
        name
            Its name in the settings; by default that of the function.

        Returns
        -------
        callable
            ``draw``.

        Examples
        --------
        >>> @annotator.overlay  # doctest: +SKIP
        ... def attention(canvas, frame, rows):
        ...     return model.attention(task.frame(frame))
        """
        self.overlays[name if name is not None else getattr(draw, "__name__", "layer")] = draw
        return draw

    def refresh_overlays(self) -> None:
        """Draw the layers again: what they draw from has changed, such as a model."""
        self.overlays.refresh()

    @traitlets.observe("record_pointer")
    def _record_pointer(self, change: Any) -> None:
        self._session.pointer.on = bool(change["new"]) and not self._session.read_only
        self._session.tell_demonstration()

    def _revised(self, revision: int) -> None:
        # A trait is state of the control comm: told from cells and from handlers alike, the last one wins.
        self._quietly_set(revision=revision)

    def _quietly_set(self, **traits: Any) -> None:
        with contextlib.suppress(Exception):  # the comm of a closed notebook
            self.set_trait(*next(iter(traits.items())))

    def close(self) -> None:
        """Take the annotator off the page; the annotations are safe."""
        # ipywidgets closes what is thrown away, also what was never finished because its media could not be read.
        if "_session" in vars(self):
            self._session.close()
            self._channel.close()
        super().close()

    def picture(self) -> bytes:
        """Return a PNG of the present frame with its shapes."""
        from cvat_widgets.widgets.picture import png_of

        return png_of(self._drawn(_SAVED_SIDE))

    def _drawn(self, max_side: int) -> NDArray[np.uint8]:
        from cvat_widgets.widgets.picture import draw_frame

        task = self.task
        table, frame = self._pictured()
        picture = task.frame(frame)
        if self.overlays:
            settings = self._job.store.setting(self._session.user, "annotator") or {}
            if settings.get("showOverlays", True) is not False:
                picture = self.overlays.over(picture, frame, _opacity_of(settings.get("overlayOpacity")))
        return draw_frame(picture, table, task.labels, frame, len(task), max_side=max_side)

    def _pictured(self) -> tuple[AnnotationTable, int]:
        """Return what still pictures show: annotations and a frame."""
        return self._job.table, self.frame

    def _repr_mimebundle_(self, **options: Any) -> Any:
        still = b""
        with contextlib.suppress(CvatWidgetsError):  # media that are gone are reported on the canvas
            still = self._draw_still()
        bundle = super()._repr_mimebundle_(**options)
        self._session.driving.shown()
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data is not None and still and "image/jpeg" not in data:
            data["image/jpeg"] = base64.b64encode(still).decode()
        return bundle

    def _draw_still(self) -> bytes:
        """Have the browser show the frame before it has the annotator, and return the picture for the saved notebook."""
        from cvat_widgets.media.encoding import encode_rgb, reduced

        drawn = self._drawn(_STILL_SIDE)
        if self._covered:
            table, _ = self._pictured()
            self._first = {
                "settings": self._job.store.setting(self._session.user, "annotator") or {},
                "timeline": self.task.media.kind == "video" or bool((table.track >= 0).any()),
            }
            self._still = encode_rgb(drawn, quality=_STILL_QUALITY, exact=True).data
        return encode_rgb(reduced(drawn, _SAVED_SIDE), quality=_STILL_QUALITY, exact=True).data


def _opacity_of(percent: object) -> float:
    """Return how opaque the user has layers, 0 to 1."""
    return min(max(percent, 0), 100) / 100 if isinstance(percent, (int, float)) else OVERLAY_OPACITY


def _job_of(target: Any, labels: Any, store: Any) -> Job:
    if isinstance(target, (Task, Job)) and (labels is not None or store is not None):
        raise TypeError("labels and store belong to media; a Task or Job has its own.")
    if isinstance(target, Job):
        return target
    task = target if isinstance(target, Task) else _task_of_media(target, labels, store)
    jobs = task.jobs
    return next((job for job in jobs if job.state != "completed"), jobs[0])


def _task_of_media(data: Any, labels: Any, store: Any) -> Task:
    """Open the task made from the same media before, or make it."""
    opened = open_store(store)
    name = _name_of(data)
    try:
        task = Task.open(name, store=opened)
    except NotFoundError:
        if labels is None:
            raise CvatWidgetsError(
                "media need labels", hint='Write cw.Annotator("clip.mp4", labels=["car", "person"])'
            ) from None
        return Task.create(name, data, labels=labels, store=opened)
    missing = [label.name for label in LabelSet.of(labels or ()) if label.name not in task.labels]
    if missing:
        task.set_labels([*task.labels, *[label for label in LabelSet.of(labels) if label.name in missing]])
    return task


def _name_of(data: Any) -> str:
    """Return a task name that the same media give again: the file's name and a mark of where it is."""
    if isinstance(data, (str, Path)):
        path = str(data) if "://" in str(data) else str(Path(data).expanduser().resolve())
        return f"{Path(path).name} ({hashlib.sha256(path.encode()).hexdigest()[:6]})"
    if hasattr(data, "tobytes"):
        return f"array ({hashlib.sha256(data.tobytes()).hexdigest()[:6]})"
    parts = [
        str(item) if isinstance(item, (str, Path)) else hashlib.sha256(bytes(memoryview(item))).hexdigest() for item in data
    ]
    return f"{len(parts)} pictures ({hashlib.sha256(chr(10).join(parts).encode()).hexdigest()[:6]})"
