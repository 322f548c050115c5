"""Networks with several inputs and outputs in files given by the user: ONNX on ONNX Runtime, TorchScript on PyTorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.click_files import ClickFile
from cvat_widgets.backends.failures import guarded, needed
from cvat_widgets.backends.onnx_runtime import OnnxModel

__all__ = ["NetworkPart", "as_array", "joined", "network_parts"]

_METHODS = ("forward", "template", "track", "search", "refine")


class NetworkPart:
    """One function of a network: arrays in, arrays out, one object a row of the first dimension.

    Parameters
    ----------
    file
        Where it is from.
    names
        Names of the inputs, in order.
    shapes
        Shapes of the inputs, ``None`` or a text for free sizes; empty if the file does not tell.
    device
        Where it runs.
    batches
        Whether it may be tried with several rows at once.
    """

    def __init__(
        self, file: Path, names: Sequence[str], shapes: Sequence[Sequence[Any]], device: str, batches: bool = True
    ) -> None:
        self.file, self.device, self.batches = file, device, batches
        self.names, self.shapes = tuple(names), tuple(tuple(shape) for shape in shapes)

    def run(self, inputs: Sequence[Any]) -> list[Any]:
        """Return the outputs for inputs whose first dimension counts objects.

        A file that does not take several objects at once, as its export may have fixed their number, is run for one after
        the other from then on.
        """
        count = len(inputs[0])
        if count > 1 and self.batches:
            try:
                outputs = self.call(inputs)
            except Exception:  # noqa: BLE001 - whatever it is, it comes again below if it is not the number of objects
                outputs = []
            if outputs and all(np.ndim(each) > 0 and len(each) == count for each in outputs):
                return outputs
            self.batches = False
        if count == 1:
            return self.call(inputs)
        rows = [self.call([each[row : row + 1] for each in inputs]) for row in range(count)]
        return [joined(column) for column in zip(*rows, strict=True)]

    def call(self, inputs: Sequence[Any]) -> list[Any]:
        """Run the file on exactly these inputs."""
        raise NotImplementedError

    def place_of(self, words: Sequence[str], side: int | None = None) -> int:
        """Return which input has one of these words in its name, or is a square picture of this side; the last one if none."""
        for number, name in enumerate(self.names):
            if any(word in name.lower().split("_") or (len(word) > 2 and word in name.lower()) for word in words):
                return number
        for number, shape in enumerate(self.shapes):
            if side is not None and tuple(shape[-2:]) == (side, side):
                return number
        return len(self.names) - 1


class _TorchPart(NetworkPart):
    def __init__(self, method: Any, file: Path, device: str) -> None:
        super().__init__(file, [each.name for each in method.schema.arguments[1:]], (), device)
        self._torch, self._method = needed("torch", "torch", "torch", "A TorchScript file"), method

    def call(self, inputs: Sequence[Any]) -> list[Any]:
        """Run the file; the outputs stay tensors on its device."""
        with self._torch.inference_mode():
            tensors = [
                each.to(self.device) if hasattr(each, "detach") else self._torch.from_numpy(each).to(self.device)
                for each in inputs
            ]
            return _flat(self._method(*tensors))


class _OnnxPart(NetworkPart):
    def __init__(self, model: Any) -> None:
        names, shapes = [name for name, _ in model.inputs], [shape for _, shape in model.inputs]
        super().__init__(model.path, names, shapes, model.device, batches=not any(shape[:1] == (1,) for shape in shapes))
        self._model = model

    def call(self, inputs: Sequence[Any]) -> list[Any]:
        """Run the file."""
        return list(self._model.run_all([as_array(each) for each in inputs]))


def network_parts(file: Path, where: str, device: str = "auto") -> dict[str, NetworkPart]:
    """Return the functions of a file by name: ``forward``, and those a TorchScript file has besides.

    Parameters
    ----------
    file
        ``.onnx``, or TorchScript under any other ending.
    where
        Name of the model, for errors.
    device
        ``auto``: a GPU if there is one.

    Raises
    ------
    ModelError
        The file is neither.
    MissingExtraError
        ONNX Runtime or PyTorch is not installed.
    """
    if file.suffix.lower() == ".onnx":
        return {"forward": _OnnxPart(OnnxModel(file, engine="onnxruntime", device=device))}
    opened = ClickFile(file, where, device=device)
    with guarded(where, f"reading {file.name}"):
        names = [name for name in _METHODS if opened.module._c._has_method(name)]
        return {name: _TorchPart(getattr(opened.module, name), file, opened.device) for name in names}


def as_array(value: Any) -> NDArray[Any]:
    """Return a tensor or array as an array, half precision as float32."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    array: NDArray[Any] = np.asarray(value)
    return array.astype(np.float32) if array.dtype == np.float16 else array


def joined(values: Sequence[Any]) -> Any:
    """Put tensors or arrays one after the other along their first dimension."""
    if len(values) == 1:
        return values[0]
    if hasattr(values[0], "detach"):
        return needed("torch", "torch", "torch", "Joining tensors").cat(list(values))
    return np.concatenate(values)


def _flat(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [leaf for each in value for leaf in _flat(each)]
    return [value]
