"""Networks that a user gives as a file, ONNX or TorchScript, for the interactors that take clicks."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.failures import ModelError, guarded, needed
from cvat_widgets.backends.onnx_inputs import onnx_inputs
from cvat_widgets.backends.onnx_runtime import OnnxModel
from cvat_widgets.backends.sam_prompts import torch_device

__all__ = ["ClickFile", "Shape", "probabilities", "shown", "sigmoid"]

Shape = tuple[int | None, ...]
_TORCH_SUFFIXES = (".pt", ".pth", ".ts", ".torchscript")


class ClickFile:
    """A network with one or more inputs that answers with one plane of numbers.

    Parameters
    ----------
    weights
        An ``.onnx`` file, or a TorchScript file (``torch.jit.save``) that ends on ``.pt``, ``.pth``, ``.ts`` or
        ``.torchscript``. A file of bare weights (``torch.save``) holds no network and is refused.
    where
        Name of the model, for errors.
    engine
        For ONNX, see :class:`~cvat_widgets.backends.onnx_runtime.OnnxModel`.
    device
        ``cpu``, ``cuda``, ``cuda:1``, or ``auto``: a GPU if there is one.

    Attributes
    ----------
    inputs
        Name and shape of every input, free sizes as ``None``; ``None`` for TorchScript, which does not tell.
    module
        The TorchScript module, or ``None``.
    """

    def __init__(
        self, weights: str | os.PathLike[str] | None, where: str, *, engine: str = "auto", device: str = "auto"
    ) -> None:
        if weights is None:
            raise ModelError(
                "the weights are missing", where=where, hint="Give weights='…' (ONNX or TorchScript); none are downloaded"
            )
        self.path, self.where = Path(weights).expanduser(), where
        if not self.path.is_file():
            raise ModelError(f"there is no file {self.path}", where=where)
        self.inputs: list[tuple[str, Shape]] | None = None
        self.module: Any = None
        self._onnx: OnnxModel | None = None
        if self.path.suffix == ".onnx":
            self._onnx = OnnxModel(self.path, engine=engine, device=device)
            self.framework, self.device = self._onnx.framework, self._onnx.device
            # OpenCV neither tells the inputs nor minds a wrong number of channels.
            inputs = onnx_inputs(self.path) if self._onnx.inputs is None else self._onnx.inputs
            self.inputs = [(name, _fixed(shape)) for name, shape in inputs]
            if self._onnx.inputs is None and len(inputs) > 1:
                raise ModelError(
                    f"{self.path.name} has {len(inputs)} inputs, which OpenCV does not run here",
                    where=where,
                    hint="Install ONNX Runtime with: pip install 'cvat-widgets[onnx]'",
                )
        elif self.path.suffix in _TORCH_SUFFIXES:
            self._open_torch(device)
        else:
            raise ModelError(
                f"{self.path.name} is neither an .onnx nor a TorchScript file",
                where=where,
                hint=f"TorchScript files end on {', '.join(_TORCH_SUFFIXES)}",
            )

    def _open_torch(self, device: str) -> None:
        self._torch = needed("torch", "torch", "torch", f"{self.where}: a TorchScript file")
        self.framework, self.device = "PyTorch", torch_device(self._torch, device)
        try:
            # Only TorchScript: an archive of plain weights may hold a pickle that runs code.
            with warnings.catch_warnings():
                # PyTorch advises against TorchScript for new files; the files that there are have to be read.
                warnings.simplefilter("ignore", DeprecationWarning)
                self.module = self._torch.jit.load(str(self.path), map_location=self.device).eval()
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelError(
                f"{self.path.name} is no TorchScript file",
                where=self.where,
                hint="Save the whole network with torch.jit.save(torch.jit.script(net), …); bare weights do not do",
            ) from error

    @property
    def count(self) -> int | None:
        """How many inputs the network has, as far as the file tells."""
        if self.module is not None:
            arguments = self.module.forward.schema.arguments[1:]
            return len([each for each in arguments if not each.has_default_value()])
        return None if self.inputs is None else len(self.inputs)

    def expect(self, shape: tuple[int, ...], meaning: str) -> None:
        """Raise :class:`ModelError` unless the network takes one input of this shape, as far as the file tells."""
        wanted = f"one input of shape {shape}: {meaning}"
        count = self.count
        if count is not None and count != 1:
            raise ModelError(f"{self.path.name} has {count} inputs", where=self.where, hint=f"Expected is {wanted}")
        if self.inputs is not None:
            name, found = self.inputs[0]
            if len(found) != len(shape) or any(a is not None and a != b for a, b in zip(found, shape, strict=True)):
                raise ModelError(
                    f"the input {name!r} of {self.path.name} has the shape {shown(found)}",
                    where=self.where,
                    hint=f"Expected is {wanted}",
                )
            return
        try:
            self.run(np.zeros(shape, np.float32))
        except ModelError as error:
            raise ModelError(
                f"{self.path.name} does not take what it is to be given: {error.what}",
                where=self.where,
                hint=f"Expected is {wanted}",
            ) from error

    def run(self, *arrays: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run the network.

        Parameters
        ----------
        arrays
            float32, one an input, in the order of the file.

        Returns
        -------
        ndarray
            float32 of shape (height, width): the only output, that named ``instances``, or the last one of one plane.

        Raises
        ------
        ModelError
            The network failed, or its answer is no plane of finite numbers.
        """
        with guarded(self.where, f"running {self.path.name}"):
            plane = _plane(self._run(arrays))
        if plane is None:
            raise ModelError(
                f"{self.path.name} does not answer with one plane", where=self.where,
                hint="It has to answer with numbers of shape (1, 1, height, width)",
            )  # fmt: skip
        if not np.isfinite(plane).all():
            raise ModelError(f"{self.path.name} answered with numbers that are not finite", where=self.where)
        return plane

    def _run(self, arrays: Sequence[NDArray[np.float32]]) -> Any:
        if self._onnx is not None:
            return self._onnx.run_all(arrays)
        with self._torch.inference_mode():
            return self.module(*(self._torch.from_numpy(np.ascontiguousarray(each)).to(self.device) for each in arrays))


def probabilities(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return probabilities: of logits by the sigmoid; what lies between 0 and 1 everywhere has been through it already."""
    if plane.min() >= 0 and plane.max() <= 1:
        return plane
    return sigmoid(plane)


def sigmoid(logits: NDArray[Any]) -> NDArray[np.float32]:
    """Return the probabilities of logits."""
    return np.asarray(1 / (1 + np.exp(-logits.astype(np.float32).clip(-60, 60))), np.float32)


def shown(shape: Shape) -> str:
    """Return a shape for a message; ``?`` is a free size."""
    return f"({', '.join('?' if each is None else str(each) for each in shape)})"


def _fixed(shape: Sequence[Any]) -> Shape:
    return tuple(each if isinstance(each, int) and each > 0 else None for each in shape)


def _plane(answer: Any) -> NDArray[np.float32] | None:
    if isinstance(answer, dict):
        answer = answer.get("instances", list(answer.values())[-1] if answer else None)
    if isinstance(answer, (list, tuple)):
        planes = [plane for plane in map(_plane, answer) if plane is not None]
        return planes[-1] if planes else None
    array = answer.detach().float().cpu().numpy() if hasattr(answer, "detach") else np.asarray(answer, np.float32)
    if not 2 <= array.ndim <= 4 or array.size == 0 or any(each != 1 for each in array.shape[:-2]):
        return None
    return np.asarray(array.reshape(array.shape[-2:]), np.float32)
