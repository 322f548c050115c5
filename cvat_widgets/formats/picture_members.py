"""Which member of an archive holds the picture of a frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

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
        # As a rule every frame has one; where one has none, an empty text stands for it.
        self._names = Texts(members.get(frame, "") for frame in range(max(members, default=-1) + 1))
        self._count = len(members)

    @classmethod
    def of_frames(cls, names: Sequence[str]) -> PictureMembers:
        """Return the members of frames from 0 on, ``""`` for those without a picture."""
        found = cls({})
        found._names = Texts(names)
        found._count = sum(map(bool, names))
        return found

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        return (frame for frame, name in enumerate(self._names) if name)

    def __getitem__(self, frame: int) -> str:
        name = self._names[frame] if 0 <= frame < len(self._names) else ""
        if not name:
            raise KeyError(frame)
        return name
