"""Waiting for what other threads and processes do: no longer than needed, and long enough on the busiest machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

__all__ = ["PATIENCE", "until"]

PATIENCE = 60.0
"""Seconds after which something that other threads or processes should do is taken for lost."""

_Value = TypeVar("_Value")


def until(condition: Callable[[], _Value]) -> _Value:
    """Return what ``condition`` returns as soon as that is true."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)
    return found
