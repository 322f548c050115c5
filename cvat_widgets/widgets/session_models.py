"""The models that one annotator offers: those of the package that need no weights, and those the user has given it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from cvat_widgets.backends.embedding_cache import EmbeddingCache
from cvat_widgets.backends.failures import ModelError
from cvat_widgets.backends.protocols import Kind, ModelInfo
from cvat_widgets.backends.registry import Backend, describe, lines, load_backend
from cvat_widgets.widgets.channel import answering

__all__ = ["OfferedModel", "SessionModels"]

Result = TypeVar("Result")

_SHIPPED = ("clicks", "grabcut", "optical-flow", "trackermil", "reid")
"""What is there without weights, the one offered first first. They load in milliseconds, so lists show all of what they are."""
_TOOLS = ("intelligent-scissors",)
"""Models with a tool of their own on the canvas."""


@dataclass(frozen=True)
class OfferedModel:
    """One line of the list.

    Parameters
    ----------
    id
        Names it in calls from the browser.
    info
        What it is; for a model that is not loaded yet, what the registry knows.
    loaded
        Whether it is in memory.
    problem
        Why it cannot be used, with what to do; ``None`` if it can.
    """

    id: str
    info: ModelInfo
    loaded: bool = True
    problem: str | None = None


class SessionModels:
    """Models by id, loaded when they are first used, and the one thread they run on. May be used from several threads.

    Everything that runs a model goes through :meth:`run`, so that two never compete for a GPU or for memory. A run over many
    frames calls it once a batch: clicks on the canvas are then answered between two batches.

    Attributes
    ----------
    executor
        The one worker.
    embeddings
        Encoded pictures of interactors.
    on_change
        Called without arguments after a model was added.
    """

    def __init__(self) -> None:
        self.executor = ThreadPoolExecutor(1, "cvat-widgets-models", initializer=self._remember_worker)
        self.embeddings = EmbeddingCache()
        self.on_change: Callable[[], None] = lambda: None
        self._lock = threading.RLock()
        self._loading = threading.RLock()
        self._given: dict[str, tuple[Any, ModelInfo]] = {}
        self._loaded: dict[str, Any] = {}
        self._worker: int | None = None

    # -- list ----------------------------------------------------------------------------------------------------

    def list(self, kind: Kind | None = None) -> list[OfferedModel]:
        """Return what is offered, the user's own models first, the newest at the top."""
        with self._lock:
            given = [OfferedModel(id_, info) for id_, (_, info) in reversed(self._given.items())]
        offered = [*given, *(self._offer(line) for line in _ready())]
        return [each for each in offered if kind is None or each.info.kind == kind]

    def _offer(self, line: Backend) -> OfferedModel:
        problem = None
        if line.name in _SHIPPED:
            try:
                self.get(line.name)
            except ModelError as error:
                problem = str(error)
        with self._lock:
            model = self._loaded.get(line.name)
        if model is not None:
            return OfferedModel(line.name, describe(model))
        info = ModelInfo(name=line.name, kind=line.kind, framework=line.framework, help=line.help)
        return OfferedModel(line.name, info, loaded=False, problem=problem)

    def get(self, id: str) -> Any:  # noqa: A002  # the word of the wire
        """Return a model, loaded if it was not.

        Raises
        ------
        ModelError
            There is none of this id, or it does not load.
        MissingExtraError
            A package is missing.
        """
        model = self._present(id)
        if model is not None:
            return model
        ready = [line.name for line in _ready()]
        if id not in ready:
            raise ModelError(f"there is no model {id!r:.80}", hint=f"There are: {', '.join((*self._given, *ready))}")
        with self._loading:
            model = self._present(id)
            if model is None:
                model = load_backend(id)
                with self._lock:
                    self._loaded[id] = model
            return model

    def _present(self, id: str) -> Any:  # noqa: A002
        with self._lock:
            return self._given[id][0] if id in self._given else self._loaded.get(id)

    def add(self, model: Any, name: str | None = None) -> str:
        """Offer a model, whatever :func:`~cvat_widgets.backends.load_backend` takes; return its id.

        One of the same id and kind, for example the same model after more training, is replaced.

        Parameters
        ----------
        model
            The model.
        name
            Name in lists; by default the model's own.
        """
        loaded = load_backend(model)
        info = describe(loaded)
        if name is not None:
            if not isinstance(name, str) or not name.strip():
                raise ModelError(f"{name!r:.80} is no name of a model")
            info = ModelInfo(**{**vars(info), "name": name.strip()})
        with self._lock:
            id_ = f"{info.kind}:{re.sub(r'[^0-9a-z]+', '-', info.name.lower()).strip('-') or 'model'}"
            self._given.pop(id_, None)
            self._given[id_] = loaded, info
        self.on_change()
        return id_

    def info(self, id: str) -> ModelInfo:  # noqa: A002
        """Return what a model is, loaded if it was not; its name is the one it was given here."""
        with self._lock:
            if id in self._given:
                return self._given[id][1]
        return describe(self.get(id))

    # -- running -------------------------------------------------------------------------------------------------

    def _remember_worker(self) -> None:
        self._worker = threading.get_ident()

    def submit(self, function: Callable[[], Result]) -> Future[Result]:
        """Run a function on the models' thread."""

        def marked() -> Result:
            with answering():
                return function()

        return self.executor.submit(marked)

    def run(self, function: Callable[[], Result], cancelled: threading.Event | None = None) -> Result:
        """Run a function on the models' thread and wait for it; if cancelled while it waits for its turn, it is not run.

        Raises
        ------
        ModelError
            It was cancelled.
        """
        if threading.get_ident() == self._worker:
            return function()
        running = self.submit(lambda: function() if cancelled is None or not cancelled.is_set() else _cancelled())
        return running.result()

    def close(self) -> None:
        """Start nothing any more and forget what was encoded."""
        self.executor.shutdown(wait=False, cancel_futures=True)
        self.embeddings.clear()


def _cancelled() -> Any:
    raise ModelError("the run was cancelled")


def _ready() -> list[Backend]:
    """Return the lines of the registry that can be loaded as they are, the shipped ones first."""
    ready = {line.name: line for line in lines() if not line.weights and not line.missing() and line.name not in _TOOLS}
    shipped = [ready.pop(name) for name in _SHIPPED if name in ready]
    return [*shipped, *ready.values()]
