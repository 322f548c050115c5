"""The list of frames of a task: names and sizes, no pixels."""

from __future__ import annotations

import contextlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.texts import Texts

__all__ = ["FrameIndex"]


@dataclass(frozen=True, eq=False)
class FrameIndex:
    """Names and sizes of frames, columnar; row i is frame i.

    Parameters
    ----------
    names
        File names with forward slashes, or ``frame_000012`` for video.
    widths, heights
        int32 of shape (n,), pixels after EXIF orientation.
    subsets
        Subset of each frame (``""`` for none), or empty for "no subsets at all".
    ids
        Ids the frames had in the file they were read from, for lossless re-export; or empty.
    """

    names: Sequence[str]
    widths: NDArray[np.int32]
    heights: NDArray[np.int32]
    subsets: Sequence[str] = ()
    ids: Sequence[int] = ()
    _lookup: dict[str, int] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("names", "subsets"):
            texts = getattr(self, name)
            if not isinstance(texts, Texts):
                object.__setattr__(self, name, Texts(texts))
        if len(self.ids) and not isinstance(self.ids, array):
            with contextlib.suppress(OverflowError):  # some files have larger ones
                object.__setattr__(self, "ids", array("q", self.ids))

    def __len__(self) -> int:
        return len(self.names)

    def position(self, name: str) -> int | None:
        """Return the frame called exactly ``name``, or ``None``."""
        if not self._lookup:
            self._lookup.update((name, index) for index, name in reversed(list(enumerate(self.names))))
        return self._lookup.get(name)

    def subset_of(self, frame: int) -> str:
        """Return the subset of a frame, ``""`` for none."""
        return self.subsets[frame] if len(self.subsets) else ""
