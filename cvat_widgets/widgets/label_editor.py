"""The label editor: a constructor, CVAT's raw JSON, and a template editor for skeletons."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import ipywidgets
import traitlets

import cvat_widgets.widgets.label_methods
import cvat_widgets.widgets.label_models  # noqa: F401  # both register what can be called
from cvat_widgets.errors import CvatWidgetsError, StoreError
from cvat_widgets.model.labels import Label, LabelSet
from cvat_widgets.widgets.channel import DataChannel, Send, answering, for_everybody
from cvat_widgets.widgets.label_targets import LabelTarget, target_of
from cvat_widgets.widgets.protocol import Cancel, Rpc, read_message
from cvat_widgets.widgets.rpc import METHODS, RpcServer
from cvat_widgets.widgets.session_models import SessionModels

if TYPE_CHECKING:
    from cvat_widgets.job import Job
    from cvat_widgets.project import Project
    from cvat_widgets.task import Task

__all__ = ["LabelEditor"]

_STATIC = Path(__file__).resolve().parent.parent / "static"
_BUNDLE = _STATIC / "labels.js"
_PREFIX = "labels."


class LabelSession:
    """Answers the browsers of one label editor.

    Parameters
    ----------
    target
        Whose labels they are.
    answer, tell
        As for :class:`~cvat_widgets.widgets.session.Session`.
    read_only
        Whether changes are refused.
    on_change
        Called after every change.

    Attributes
    ----------
    models
        The models that labels can be taken from.
    """

    def __init__(
        self, target: LabelTarget, answer: Send, tell: Send, *, read_only: bool, on_change: Callable[[], None]
    ) -> None:
        self.label_target = target
        self.read_only = read_only
        self.models = SessionModels()
        self._answer = answer
        self._tell = tell
        self._on_change = on_change
        methods = {name: each for name, each in METHODS.items() if name.startswith(_PREFIX)}
        self.rpc = RpcServer(self, self._answered, methods)
        tasks = [target.pictures] if target.kind == "task" else []
        self._stops = [task.store.subscribe_events(task.id, self._heard) for task in tasks if task is not None]

    def close(self) -> None:
        """Stop listening."""
        for stop in self._stops:
            stop()
        self.rpc.close()
        self.models.close()

    def check_writable(self) -> None:
        """Raise :class:`StoreError` if labels are only shown."""
        if self.read_only:
            raise StoreError("these labels are only shown", hint="Leave read_only out to edit them")

    def handle(self, content: object, buffers: list[Any]) -> None:
        """Take one message from a browser. Nothing it can contain raises."""
        with answering():
            message = read_message(content, self._answer)
            if isinstance(message, Cancel):
                self.rpc.cancel(message)
            elif isinstance(message, Rpc):
                self.rpc.call(message, [bytes(buffer) for buffer in buffers])

    def _answered(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        self._answer(message, buffers)
        if message["t"] == "result" and self.label_target.kind != "task" and "state" in (message["result"] or ()):
            self._on_change()

    def _heard(self, event: Any) -> None:
        if event.kind == "task:labels":
            for_everybody(self._answer, self._tell)({"t": "labels"}, [])
            self._on_change()


class LabelEditor(anywidget.AnyWidget):
    """Edit labels in a notebook cell: names, colours, types, attributes, and the templates of skeletons.

    Every change is made at once, to the task or to the project with all its tasks, and can be taken back in the editor. What
    objects depend on is kept: renaming and recolouring keep the objects; deleting a label that objects have asks first.

    Parameters
    ----------
    target
        A :class:`Task`, a :class:`Job` or a :class:`Project`; the labels of a task in a project are the project's. Or labels
        as :meth:`Task.create` takes them, or nothing: then :attr:`labels` is what a new task can be given.
    height
        Most height of the cell's output in pixels, beyond which it scrolls; ``None`` gives it what it needs.
    read_only
        Whether labels are only shown.

    Examples
    --------
    >>> editor = cw.LabelEditor(["car", "person"])  # doctest: +SKIP
    >>> task = cw.Task.create("street", "street.mp4", labels=editor.labels)  # doctest: +SKIP
    """

    _esm = _BUNDLE
    _css = _STATIC / "labels.css"

    height = traitlets.Int(None, allow_none=True, min=240, max=4000).tag(sync=True)
    read_only = traitlets.Bool(False).tag(sync=True)
    _channel = traitlets.Instance(DataChannel).tag(sync=True, **ipywidgets.widget_serialization)

    def __init__(
        self,
        target: Task | Job | Project | Iterable[str | Mapping[str, Any] | Label] | LabelSet | None = None,
        *,
        height: int | None = None,
        read_only: bool = False,
        **unknown: Any,
    ) -> None:
        if unknown:
            raise TypeError(
                f"LabelEditor has no option {', '.join(map(repr, unknown))}; it takes target, height and read_only."
            )
        if not _BUNDLE.exists():
            raise CvatWidgetsError(
                "the label editor is not built", where=str(_BUNDLE), hint="In a clone, build it: npm ci && npm run build"
            )
        self._target = target_of(target)
        self._callbacks: list[Callable[[LabelSet], Any]] = []
        channel = DataChannel()
        super().__init__(height=height, read_only=read_only, _channel=channel)
        self._session = LabelSession(self._target, channel.send, self.send, read_only=read_only, on_change=self._changed)
        channel.on_msg(lambda _widget, content, buffers: self._session.handle(content, buffers))

    @property
    def labels(self) -> LabelSet:
        """The labels at present."""
        return self._target.labels

    def on_change(self, callback: Callable[[LabelSet], Any]) -> Callable[[], None]:
        """Call a function with the labels after every change; return how to stop it."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback) if callback in self._callbacks else None

    def use(self, model: Any, name: str | None = None) -> None:
        """Offer a detector whose labels can be taken, as :meth:`Annotator.use` does.

        Parameters
        ----------
        model
            A model, or whatever :func:`cvat_widgets.load_backend` takes.
        name
            Its name in the list; by default its own.

        Raises
        ------
        ModelError
            It is no model, or does not load.
        """
        self._session.models.add(model, name)

    def undo(self) -> None:
        """Take back the last change made in this editor."""
        self._target.undo()
        if self._target.kind != "task":  # a task announces it
            self._changed()
        with contextlib.suppress(Exception):  # the comm of a closed notebook
            self.send({"t": "labels"})

    def _changed(self) -> None:
        for callback in list(self._callbacks):
            callback(self.labels)

    def close(self) -> None:
        """Take the editor off the page; the labels are safe."""
        if "_session" in vars(self):
            self._session.close()
            self._channel.close()
        super().close()
