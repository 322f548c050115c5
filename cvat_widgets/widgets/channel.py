"""The data comm: what the browser asks, and the answers.

ipykernel 7 runs comm messages of JupyterLab on a subshell, so that they are answered while a cell computes. Since 7.4 it asks
the comm which
shell its messages shall go to (``_reply_subshell_for`` in ``ipykernel/kernelbase.py``), and a comm follows the shell that
last sent on it:
one message sent from a cell would make everything after it wait for cells. So the questions and answers have a comm of their
own, a plain model
without a view, and :func:`answering` marks the threads that may send on it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets
from traitlets import Unicode

__all__ = ["DataChannel", "Send", "answering", "for_everybody", "is_answering"]

Send = Callable[[dict[str, Any], list[bytes]], None]
"""Sends a message with its buffers to the browsers."""

_here = threading.local()


@contextlib.contextmanager
def answering() -> Iterator[None]:
    """Mark this thread as one that answers the browser."""
    before = is_answering()
    _here.answering = True
    try:
        yield
    finally:
        _here.answering = before


def is_answering() -> bool:
    """Whether this thread is answering the browser (and is not running a cell)."""
    return bool(getattr(_here, "answering", False))


def for_everybody(answer: Send, tell: Send) -> Send:
    """Return how this thread says something that nobody has asked: on the data comm only where it answers anyway."""
    return answer if is_answering() else tell


class DataChannel(ipywidgets.Widget):  # type: ignore[misc]  # ipywidgets has no types
    """A model that only carries messages."""

    _model_module: Any = Unicode("@jupyter-widgets/base").tag(sync=True)
    _model_module_version: Any = Unicode("2.0.0").tag(sync=True)
    _model_name: Any = Unicode("WidgetModel").tag(sync=True)
    _view_module: Any = Unicode(None, allow_none=True).tag(sync=True)
    _view_name: Any = Unicode(None, allow_none=True).tag(sync=True)
