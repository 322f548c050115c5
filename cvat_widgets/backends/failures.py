"""What can go wrong in somebody else's model, said so that the user knows what to do."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cvat_widgets.errors import CvatWidgetsError, MissingExtraError

__all__ = ["ModelError", "guarded", "needed"]

_NO_MEMORY = ("out of memory", "failed to allocate memory", "insufficient memory", "unable to allocate", "bad_alloc")


class ModelError(CvatWidgetsError):
    """A model cannot be loaded, failed while it ran, or returned something that is no annotation."""


def needed(module: str, package: str, extra: str, purpose: str) -> Any:
    """Import an optional package when it is first used.

    Parameters
    ----------
    module
        Name to import.
    package, extra
        Name on the package index, and the extra of this package that brings it.
    purpose
        What needs it; the beginning of the error's sentence.

    Raises
    ------
    MissingExtraError
        It is not installed; the text names the extra.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.partition(".")[0] == module.partition(".")[0]:
            raise MissingExtraError(package, extra, purpose) from None
        raise ModelError(f"{purpose} needs {module!r}, which lacks {error.name!r}") from error
    except (ImportError, OSError, RuntimeError) as error:
        raise ModelError(
            f"{purpose} needs {module!r}, which is installed but does not import: {_first_line(error)}",
            hint=f"Install it anew: pip install --force-reinstall {package}",
        ) from error


@contextmanager
def guarded(name: str, doing: str) -> Iterator[None]:
    """Turn whatever a model raises into a :class:`ModelError` that names the model; the cause stays attached.

    Errors of this package pass through. Running out of memory is recognised for NumPy, torch, ONNX Runtime and OpenCV.

    Parameters
    ----------
    name
        Name of the model.
    doing
        What it was asked to do, e.g. ``"detecting"``.
    """
    try:
        yield
    except CvatWidgetsError:
        raise
    except Exception as error:
        text = str(error).lower()
        if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" or any(w in text for w in _NO_MEMORY):
            raise ModelError(
                f"the model ran out of memory while {doing}: {_first_line(error)}",
                where=name,
                hint="Use a smaller picture or batch, another device (device='cpu'), or close other notebooks that hold memory",
            ) from error
        raise ModelError(f"the model failed while {doing}: {type(error).__name__}: {_first_line(error)}", where=name) from error


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:500]
