"""What kernel this is: the browser tells the user whether edits wait for running cells."""

from __future__ import annotations

import importlib.metadata
from typing import Any

__all__ = ["kernel_facts"]


def kernel_facts() -> dict[str, Any]:
    """Return ``{"ipykernel": version or None, "subshells": whether comm messages can be answered while a cell runs}``."""
    try:
        version = importlib.metadata.version("ipykernel")
    except importlib.metadata.PackageNotFoundError:
        return {"ipykernel": None, "subshells": False}
    return {"ipykernel": version, "subshells": int(version.split(".")[0]) >= 7}
