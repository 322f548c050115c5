"""ONNX files, on ONNX Runtime or on OpenCV's own engine where that is not installed."""

from __future__ import annotations

import ast
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.failures import ModelError, guarded, needed
from cvat_widgets.errors import MissingExtraError

__all__ = ["OnnxModel"]


class OnnxModel:
    """A network with one picture input.

    Parameters
    ----------
    path
        The ONNX file. Files with external data (``.onnx.data``) need ONNX Runtime.
    engine
        ``onnxruntime``, ``opencv``, or ``auto``: the first that is there.
    device
        ``cpu``, ``cuda``, ``cuda:1``, or ``auto``: a GPU if ONNX Runtime has one.

    Attributes
    ----------
    input_shape
        Shape of the picture input with names for free sizes; ``None`` if the engine does not tell.
    inputs
        Name and shape of every input; ``None`` if the engine does not tell.
    metadata
        Key and value texts of the file; empty with OpenCV.
    """

    def __init__(self, path: str | os.PathLike[str], *, engine: str = "auto", device: str = "auto") -> None:
        self.path = Path(path).expanduser()
        if not self.path.is_file():
            raise ModelError(f"there is no file {self.path}")
        if engine not in ("auto", "onnxruntime", "opencv"):
            raise ModelError(f"engine={engine!r} is not known", hint="Use 'auto', 'onnxruntime' or 'opencv'")
        self.input_shape: tuple[int | str | None, ...] | None = None
        self.output_shapes: list[tuple[int | str | None, ...]] = []
        self.inputs: list[tuple[str, tuple[int | str | None, ...]]] | None = None
        self.metadata: dict[str, str] = {}
        self._session: Any = None
        self._net: Any = None
        if engine != "opencv":
            try:
                runtime = needed("onnxruntime", "onnxruntime", "onnx", "Running an ONNX file")
            except MissingExtraError:
                if engine == "onnxruntime":
                    raise
            else:
                self._open_runtime(runtime, device)
                return
        self._open_opencv(device)

    def _open_runtime(self, runtime: Any, device: str) -> None:
        options = runtime.SessionOptions()
        options.log_severity_level = 3
        providers, self.device = _providers(runtime.get_available_providers(), device)
        with guarded(self.path.name, "reading the weights"):
            self._session = runtime.InferenceSession(str(self.path), sess_options=options, providers=providers)
            entry = self._session.get_inputs()[0]
            self._input, self._half = entry.name, "float16" in entry.type
            self.input_shape = tuple(entry.shape)
            self.inputs = [(each.name, tuple(each.shape)) for each in self._session.get_inputs()]
            self.output_shapes = [tuple(output.shape) for output in self._session.get_outputs()]
            self.metadata = dict(self._session.get_modelmeta().custom_metadata_map)
        self.framework = "ONNX Runtime"

    def _open_opencv(self, device: str) -> None:
        if device not in ("auto", "cpu"):
            raise ModelError(
                f"OpenCV runs on the CPU here, not on {device!r}", hint="Install it with: pip install 'cvat-widgets[onnx]'"
            )
        import cv2

        with guarded(self.path.name, "reading the weights"):
            self._net = cv2.dnn.readNetFromONNX(str(self.path))
            self._outputs = self._net.getUnconnectedOutLayersNames()
        self.framework, self.device = "OpenCV", "cpu"

    def run(self, blob: NDArray[np.float32]) -> list[NDArray[Any]]:
        """Run the network on float32 of shape (n, channels, height, width)."""
        if self._session is not None:
            data = blob.astype(np.float16) if self._half else blob
            return [np.asarray(output) for output in self._session.run(None, {self._input: data})]
        self._net.setInput(blob)
        return [np.asarray(output) for output in self._net.forward(self._outputs)]

    def run_all(self, arrays: Sequence[NDArray[np.float32]]) -> list[NDArray[Any]]:
        """Run a network of one or more inputs, given in the order of the file."""
        if self._session is None:
            if len(arrays) != 1:
                raise ModelError(
                    "a file of several inputs needs ONNX Runtime",
                    where=self.path.name,
                    hint="Install it with: pip install 'cvat-widgets[onnx]'",
                )
            return self.run(arrays[0])
        entries = self._session.get_inputs()
        if len(entries) != len(arrays):
            raise ModelError(f"{len(entries)} inputs were expected, not {len(arrays)}", where=self.path.name)
        data = {
            entry.name: array.astype(np.float16) if "float16" in entry.type else array
            for entry, array in zip(entries, arrays, strict=True)
        }
        return [np.asarray(output) for output in self._session.run(None, data)]

    def names(self) -> list[str] | None:
        """Return the labels written into the file by its exporter (``names``), or ``None``."""
        try:
            names = ast.literal_eval(self.metadata["names"])
        except (KeyError, ValueError, SyntaxError):
            return None
        if isinstance(names, dict):
            return [str(names[key]) for key in sorted(names)]
        return [str(name) for name in names] if isinstance(names, (list, tuple)) else None


def _providers(available: Sequence[str], device: str) -> tuple[list[Any], str]:
    kind, _, number = device.partition(":")
    if kind not in ("auto", "cpu", "cuda"):
        raise ModelError(f"device={device!r} is not known", hint="Use 'auto', 'cpu', 'cuda' or 'cuda:0'")
    gpu = "CUDAExecutionProvider" in available
    if kind == "cuda" and not gpu:
        raise ModelError("this ONNX Runtime has no CUDA", hint="Install onnxruntime-gpu, or use device='cpu'")
    if kind == "cpu" or not gpu:
        return ["CPUExecutionProvider"], "cpu"
    index = int(number or 0)
    return [("CUDAExecutionProvider", {"device_id": index}), "CPUExecutionProvider"], f"cuda:{index}"
