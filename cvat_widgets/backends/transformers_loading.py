"""A checkpoint of transformers, with the kind of model that is wanted: what does not fit is named before anything runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cvat_widgets.backends.failures import ModelError, guarded, needed

__all__ = ["load_network"]


def load_network(
    checkpoint: str | os.PathLike[str] | None, network: Any, classes: Mapping[str, str], purpose: str, newest: str
) -> Any:
    """Return a network of transformers, of one of the kinds that are wanted.

    Parameters
    ----------
    checkpoint
        A folder as transformers saves it, or the name of one on its hub (``owner/name``).
    network
        A loaded model instead of a checkpoint, or ``None``.
    classes
        ``model_type`` of the configuration -> class of transformers.
    purpose
        What it is for; the beginning of the error's sentence.
    newest
        The version of transformers that first has all classes.

    Raises
    ------
    ModelError
        No such folder, another kind of model, or weights that lack something: the text names the folder and what was expected.
    MissingExtraError
        torch or transformers is not installed.
    """
    needed("torch", "torch", "transformers", purpose)
    transformers = needed("transformers", "transformers", "transformers", purpose)
    expected = f"It takes {' or '.join(sorted(classes))}: a folder with config.json and the weights, as transformers saves it"
    if network is None and checkpoint is None:
        raise ModelError("the weights are missing", where=purpose, hint=f"Give checkpoint='folder'. {expected}")
    if network is not None:
        kind = getattr(getattr(network, "config", None), "model_type", type(network).__name__)
        if kind not in classes or type(network).__name__ != classes[kind]:
            raise ModelError(
                f"a network of the type {type(network).__name__} ({kind}) is not of that kind", where=purpose, hint=expected
            )
        return network
    path = Path(checkpoint or "").expanduser()
    name = str(path if path.is_dir() else checkpoint)
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise ModelError("the folder has no config.json", where=name, hint=expected)
    elif path.exists() or isinstance(checkpoint, os.PathLike) or path.is_absolute() or len(path.parts) > 2:
        raise ModelError("there is no such folder", where=name, hint=expected)
    with guarded(name, "reading its config.json"):
        kind = transformers.AutoConfig.from_pretrained(name).model_type
    if kind not in classes:
        raise ModelError(f"this is a model of the kind {kind!r}", where=name, hint=expected)
    made = getattr(transformers, classes[kind], None)
    if made is None:
        raise ModelError(
            f"transformers {transformers.__version__} has no {classes[kind]}", where=purpose,
            hint=f"Install a newer one: pip install 'transformers>={newest}'",
        )  # fmt: skip
    with guarded(name, "loading the weights"):
        loaded, report = made.from_pretrained(name, output_loading_info=True)
    # transformers fills what is missing with random numbers and goes on: such a model would find nonsense.
    missing = sorted(report["missing_keys"])
    if missing:
        raise ModelError(f"the weights lack {len(missing)} parts, e.g. {missing[0]}", where=name, hint=expected)
    return loaded
