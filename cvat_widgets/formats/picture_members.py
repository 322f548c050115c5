"""Which member of an archive holds the picture of a frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from cvat_widgets.model.texts import Texts

__all__ = ["PictureMembers"]


class PictureMembers(Mapping[int, str]):
    """The member of each frame that has a picture, in little memory.

    Parameters
    ----------
    members
        ``{frame: member}``.
    """

    def __init__(self, members: Mapping[int, str]) -> None:
        self._frames = np.array(sorted(members), np.int64)
        self._names = Texts(members[frame] for frame in self._frames.tolist())

    def __len__(self) -> int:
        return len(self._frames)

    def __iter__(self) -> Iterator[int]:
        return iter(self._frames.tolist())

    def __getitem__(self, frame: int) -> str:
        place = int(np.searchsorted(self._frames, frame))
        if place == len(self._frames) or self._frames[place] != frame:
            raise KeyError(frame)
        return self._names[place]
