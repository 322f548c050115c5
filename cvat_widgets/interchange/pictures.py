"""The pictures that belong to rows, wherever they are: in a task, in a folder, in files, in arrays."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError, MediaError
from cvat_widgets.media.decoding import decode_rgb

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Pictures", "class_list", "frames_of", "visible_rows"]


class Pictures:
    """Frames by number.

    Parameters
    ----------
    source
        A task or a job; a folder in which the pictures have the names of the column ``frame_name``; a dict of frame numbers to
        files or arrays; or a function of the frame number that returns one of those.
    names
        Frame number to file name, for a folder.
    """

    def __init__(self, source: Any, names: Mapping[int, str]) -> None:
        self._source = Path(source).expanduser() if isinstance(source, str) else getattr(source, "task", source)
        self._names = names
        given = self._source
        if not (isinstance(given, (Path, Mapping)) or callable(given) or hasattr(given, "frame")):
            raise TypeError(f"Pictures come from a task, a folder, a dict or a function, not from {type(source).__name__}.")
        if isinstance(given, Path) and not given.is_dir():
            raise MediaError("it is not a folder", where=str(given), hint="Give the folder that holds the pictures")

    def array(self, frame: int) -> NDArray[np.uint8]:
        """Return a frame as an array (H, W, 3), uint8, RGB."""
        found = self._found(frame)
        if isinstance(found, Path):
            return decode_rgb(_bytes_of(found), str(found))
        picture = np.asarray(found)
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            raise MediaError(
                f"the picture is {picture.dtype} of shape {picture.shape}",
                where=f"frame {frame}", hint="Pictures are uint8 of shape (height, width, 3), RGB",
            )  # fmt: skip
        return picture

    def file(self, frame: int) -> Path | None:
        """Return the file of a frame, or ``None`` where it has none of its own."""
        found = None if hasattr(self._source, "frame") else self._found(frame)
        return found if isinstance(found, Path) else None

    def encoded(self, frame: int) -> bytes:
        """Return the bytes of the frame's own file; a PNG where it has none."""
        path = self.file(frame)
        if path is not None:
            return _bytes_of(path)
        media = getattr(self._source, "media", None)
        own: bytes | None = None if media is None else media.original(frame)
        if own is not None:
            return own
        from PIL import Image

        buffer = io.BytesIO()
        Image.fromarray(self.array(frame)).save(buffer, "PNG")
        return buffer.getvalue()

    def _found(self, frame: int) -> Any:
        source = self._source
        if isinstance(source, Path):
            return self._in_folder(source, frame)
        if isinstance(source, Mapping):
            if frame not in source:
                raise MediaError("the dict of pictures has no such frame", where=f"frame {frame}", hint="Add it")
            found = source[frame]
        elif hasattr(source, "frame"):
            found = source.frame(frame)
        else:
            found = source(frame)
        return Path(found).expanduser() if isinstance(found, (str, Path)) else found

    def _in_folder(self, folder: Path, frame: int) -> Path:
        name = self._names.get(frame)
        if not name:
            raise MediaError(
                "the rows do not name its picture", where=f"frame {frame}", hint="A folder needs the column frame_name"
            )
        path = folder / name
        # A name from a file of others must not lead out of the folder.
        if not path.resolve().is_relative_to(folder.resolve()):
            raise MediaError("the name leads out of the folder", where=f"frame {frame}: {name}", hint="Correct frame_name")
        return path


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise MediaError(f"the picture cannot be read: {error.strerror}", where=str(path)) from None


def visible_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows without those of objects that are outside of their frame."""
    if "frame" not in rows:
        raise AnnotationError("the column frame is missing", hint="Say on which frame each row is")
    return rows[~rows["outside"].to_numpy(bool, na_value=False)] if "outside" in rows else rows


def frames_of(rows: pd.DataFrame, frames: Any) -> tuple[list[int], dict[int, str]]:
    """Return the numbers of the frames, by default those that have rows, and the names that rows give them."""
    numbers = rows["frame"].to_numpy(np.int64)
    chosen = np.unique(numbers).tolist() if frames is None else [int(number) for number in frames]
    names = rows["frame_name"].astype(str).tolist() if "frame_name" in rows else []
    return chosen, dict(zip(numbers.tolist(), names, strict=False))


def class_list(rows: pd.DataFrame, classes: Any) -> tuple[list[str], NDArray[np.int64]]:
    """Return the labels in the order of their numbers, by default sorted by name, and the number of each row."""
    if "label" not in rows:
        raise AnnotationError("the column label is missing", hint="Say what each row is")
    names = rows["label"].astype(str).tolist()
    known = sorted(set(names)) if classes is None else [str(name) for name in classes]
    place = {name: number for number, name in enumerate(known)}
    unknown = next((name for name in names if name not in place), None)
    if unknown is not None:
        raise AnnotationError(f"the label {unknown!r} is not among the classes", hint=f"Known are {', '.join(known)}")
    return known, np.array([place[name] for name in names], np.int64)
