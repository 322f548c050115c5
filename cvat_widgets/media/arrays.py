"""NumPy arrays as frames: written to files once, so that a task outlives the kernel that made it."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import MediaError
from cvat_widgets.media.limits import MAX_PIXELS

__all__ = ["is_array_like", "pictures_of", "save_arrays"]

_THREADS = 4


def is_array_like(data: object) -> bool:
    """Whether an object is an array of some library (NumPy, PyTorch on the CPU, Pillow …)."""
    return hasattr(data, "__array__") or hasattr(data, "__array_interface__")


def pictures_of(data: Any) -> list[NDArray[Any]]:
    """Split what the user gave into pictures.

    Parameters
    ----------
    data
        (N, height, width), (N, height, width, channels), one picture (height, width) or (height, width, 3 or 4), or a list of
        pictures.

    Raises
    ------
    MediaError
        The shape or the type is none of these.
    """
    if isinstance(data, Sequence) or not hasattr(data, "shape"):
        arrays = [np.asarray(item) for item in data] if isinstance(data, Sequence) else [np.asarray(data)]
    else:
        array = np.asarray(data)
        one = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))
        if array.ndim not in (2, 3, 4):
            raise MediaError(
                f"an array of shape {array.shape} is no set of pictures",
                hint="Give (N, H, W), (N, H, W, channels) or a list of pictures",
            )
        arrays = [array] if one else list(array)
    if not arrays:
        raise MediaError("there are no pictures in the array", hint="Give at least one")
    for number, array in enumerate(arrays):
        if array.ndim not in (2, 3) or 0 in array.shape or array.dtype.kind not in "buif":
            raise MediaError(
                f"an array of shape {array.shape} and type {array.dtype} is no picture",
                where=f"picture {number}",
                hint="Give (H, W) or (H, W, channels) of numbers",
            )
        if array.shape[0] * array.shape[1] > MAX_PIXELS:
            raise MediaError(
                f"the picture has more than {MAX_PIXELS // 10**6} million pixels",
                where=f"picture {number}",
                hint="Cut it into parts",
            )
    return arrays


def save_arrays(arrays: Sequence[NDArray[Any]], directory: Path) -> tuple[Path, list[str]]:
    """Write pictures into a new folder below ``directory``, all or none.

    uint8 and bool with 1, 3 or 4 channels become PNG; everything else (16 bits, float, more channels) ``.npy``, so that no
    value is lost.

    Returns
    -------
    tuple
        The folder and the file names, in order.
    """
    folder = directory / "arrays" / uuid.uuid4().hex[:16]
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".writing-"))
    except OSError as error:
        raise _not_written(error, directory) from None
    digits = max(6, len(str(len(arrays) - 1)))
    try:
        with ThreadPoolExecutor(_THREADS) as pool:
            names = list(pool.map(lambda item: _save(item[1], temporary, f"{item[0]:0{digits}d}"), enumerate(arrays)))
        temporary.rename(folder)
    except OSError as error:
        raise _not_written(error, directory) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder, names


def _save(array: NDArray[Any], folder: Path, stem: str) -> str:
    channels = 1 if array.ndim == 2 else array.shape[2]
    if array.dtype not in (np.uint8, np.bool_) or channels not in (1, 3, 4):
        with (folder / f"{stem}.npy").open("wb") as stream:
            np.save(stream, np.ascontiguousarray(array), allow_pickle=False)
        return f"{stem}.npy"
    pixels = np.ascontiguousarray(array * np.uint8(255) if array.dtype == np.bool_ else array)
    if channels >= 3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA if channels == 4 else cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise MediaError(f"an array of shape {array.shape} cannot be written as PNG", where=f"picture {int(stem)}")
    (folder / f"{stem}.png").write_bytes(data.tobytes())
    return f"{stem}.png"


def _not_written(error: OSError, directory: Path) -> MediaError:
    return MediaError(
        f"the pictures cannot be saved ({error.strerror or error})",
        where=str(directory),
        hint="Free some space, or choose another folder for the store",
    )
