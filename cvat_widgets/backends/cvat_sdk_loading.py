"""Finds a function for cvat-sdk in a file or a module, as ``cvat-cli`` does."""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import os
import sys
from pathlib import Path
from typing import Any

from cvat_widgets.backends.cvat_sdk_functions import wrap_sdk_function
from cvat_widgets.backends.failures import ModelError, guarded
from cvat_widgets.errors import MissingExtraError

__all__ = ["load_sdk_function"]

_numbers = itertools.count(1)


def load_sdk_function(source: str | os.PathLike[str], **parameters: Any) -> Any:
    """Load a function from a file or an importable module, as ``cvat-cli`` does.

    Parameters
    ----------
    source
        Path of a ``.py`` file, or the dotted name of a module.
    parameters
        Given to the module's ``create``; without ``create`` the module itself is the function.

    Raises
    ------
    MissingExtraError
        The module needs cvat-sdk, which is not installed.
    ModelError
        The module does not load or holds no function.
    """
    name = str(source)
    try:
        module = _module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.partition(".")[0] == "cvat_sdk":
            raise MissingExtraError("cvat-sdk", "cvat", f"The function {name}") from None
        raise ModelError(f"it needs the package {error.name!r}, which is not installed", where=name) from error
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"the module fails: {type(error).__name__}: {error}", where=name) from error
    create = getattr(module, "create", None)
    if create is None and parameters:
        raise ModelError("the module has no create(), which could take parameters", where=name)
    with guarded(name, "loading"):
        function = module if create is None else create(**parameters)
    return wrap_sdk_function(function, name=Path(name).stem if name.endswith(".py") else name.rpartition(".")[2])


def _module(name: str) -> Any:
    if not name.endswith(".py"):
        return importlib.import_module(name)
    path = Path(name).expanduser()
    if not path.is_file():
        raise ModelError(f"there is no file {path}")
    # A name of its own each time, so that an edited file is read anew.
    spec = importlib.util.spec_from_file_location(f"cvat_widgets_function_{next(_numbers)}", path)
    if spec is None or spec.loader is None:
        raise ModelError("the file is no Python module", where=name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[spec.name]
        raise
    return module
