"""Picture files as numbered frames."""

from __future__ import annotations

import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import MediaError
from cvat_widgets.media.cache import frame_cache, new_owner
from cvat_widgets.media.decoding import decode_raw, decode_reduced, passes_through, to_rgb8
from cvat_widgets.media.encoding import encode_rgb, fitted, reduced
from cvat_widgets.media.headers import read_header
from cvat_widgets.media.members import Members
from cvat_widgets.media.ordering import natural_key
from cvat_widgets.media.source import EncodedFrame, FrameSource
from cvat_widgets.model.frames import FrameIndex

__all__ = ["ImageSource", "probe_sizes"]

_PROBE_THREADS = 8


def probe_sizes(members: Members, names: Sequence[str]) -> NDArray[np.int32]:
    """Return (n, 2) widths and heights after EXIF orientation, from the headers alone.

    Raises
    ------
    MediaError
        Some files are no pictures or damaged; the text names the first three.
    """

    def probe(name: str) -> tuple[int, int] | MediaError:
        try:
            with members.open(name) as stream:
                header = read_header(stream, members.where(name))
        except MediaError as error:
            return error
        except OSError as error:
            return MediaError(
                f"the file cannot be read ({error})", where=members.where(name), hint="Check the disk or the connection"
            )
        return header.width, header.height

    with ThreadPoolExecutor(_PROBE_THREADS) as pool:
        results = list(pool.map(probe, names))
    failed = [result for result in results if isinstance(result, MediaError)]
    if len(failed) == 1:
        raise failed[0]
    if failed:
        shown = "; ".join(f"{error.where}: {error.what}" for error in failed[:3])
        raise MediaError(
            f"{len(failed)} of {len(names)} pictures cannot be read: {shown}{' …' if len(failed) > 3 else ''}",
            hint="Repair or remove these files",
        )
    return np.array([result for result in results if not isinstance(result, MediaError)], np.int32).reshape(-1, 2)


class ImageSource(FrameSource):
    """Picture files of a folder, an archive or a remote store.

    Parameters
    ----------
    members
        Where the files lie.
    names
        Frame names, in frame order.
    files
        The member of each frame; by default the names.
    sizes
        (n, 2) widths and heights where they are known; read from the headers otherwise.
    subsets
        Subset of each frame, or empty.
    notes
        Remarks for the user.
    """

    kind = "images"

    def __init__(
        self,
        members: Members,
        names: Sequence[str],
        *,
        files: Sequence[str] | None = None,
        sizes: NDArray[np.int32] | None = None,
        subsets: Sequence[str] = (),
        notes: tuple[str, ...] = (),
    ) -> None:
        self.members = members
        self.files = list(names if files is None else files)
        sizes = probe_sizes(members, self.files) if sizes is None else sizes
        self.index = FrameIndex(list(names), sizes[:, 0].astype(np.int32), sizes[:, 1].astype(np.int32), list(subsets))
        self.notes = notes
        self._context: dict[str, list[str]] = {}
        self._owner = new_owner()

    def read(self, frame: int) -> NDArray[np.uint8]:
        """Return a frame as a new array (height, width, 3), uint8, RGB."""
        return self._pixels(frame).copy()

    def read_raw(self, frame: int) -> NDArray[Any]:
        """Return a frame with all its bits."""
        where = self.members.where(self.files[self._checked(frame)])
        raw = decode_raw(self.original(frame), where)
        self._check_size(frame, raw)
        return raw if raw.flags.writeable else raw.copy()

    def original(self, frame: int) -> bytes:
        """Return the file of a frame, if it has one of its own."""
        return self.members.read(self.files[self._checked(frame)])

    def context_names(self, frame: int) -> list[str]:
        """Return the names of the context images of a frame, in natural order."""
        return [name.rpartition("/")[2] for name in self.context_files(frame)]

    def context_picture(self, frame: int, index: int, *, max_side: int | None = None) -> EncodedFrame:
        """Return one of the context images of a frame as a picture file."""
        files = self.context_files(frame)
        if not 0 <= index < len(files):
            return super().context_picture(frame, index)
        data, where = self.members.read(files[index]), self.members.where(files[index])
        header = read_header(io.BytesIO(data), where)
        exact = fitted(header.width, header.height, max_side) == (header.width, header.height)
        if exact and header.mime and passes_through(header, data):
            return EncodedFrame(data, header.mime, header.width, header.height, True)
        return encode_rgb(reduced(to_rgb8(decode_raw(data, where)), max_side), quality=85, exact=exact)

    def context_files(self, frame: int) -> list[str]:
        """Return the members that are context images of a frame, in natural order."""
        file = self.files[self._checked(frame)]
        if file not in self._context:
            self._context[file] = sorted(self.members.context_of(file), key=natural_key)
        return self._context[file]

    def encoded(self, frame: int, *, quality: int | None = 75, max_side: int | None = None) -> EncodedFrame:
        """Return a frame as a picture file."""
        width, height = self.size(frame)
        exact = fitted(width, height, max_side) == (width, height)
        pixels: NDArray[np.uint8] | None = frame_cache().get(self._owner, frame)
        if pixels is None or exact:
            data = self.original(frame)
            where = self.members.where(self.files[frame])
            header = read_header(io.BytesIO(data), where)
            if exact and header.mime and passes_through(header, data) and (header.width, header.height) == (width, height):
                return EncodedFrame(data, header.mime, width, height, True)
            if not exact and max_side is not None and pixels is None and header.format == "JPEG":
                return encode_rgb(reduced(decode_reduced(data, where, max_side), max_side), quality=quality, exact=False)
        return encode_rgb(reduced(self._pixels(frame), max_side), quality=quality, exact=exact)

    def _pixels(self, frame: int) -> NDArray[np.uint8]:
        frame = self._checked(frame)
        cached: NDArray[np.uint8] | None = frame_cache().get(self._owner, frame)
        if cached is not None:
            return cached
        raw = decode_raw(self.original(frame), self.members.where(self.files[frame]))
        self._check_size(frame, raw)
        pixels = to_rgb8(raw)
        pixels.flags.writeable = False
        frame_cache().put(self._owner, frame, pixels, pixels.nbytes)
        return pixels

    def _check_size(self, frame: int, pixels: NDArray[Any]) -> None:
        expected = self.size(frame)
        if (pixels.shape[1], pixels.shape[0]) != expected:
            raise MediaError(
                f"the picture has {pixels.shape[1]} × {pixels.shape[0]} pixels, not {expected[0]} × {expected[1]} as announced",
                where=self.members.where(self.files[frame]),
                hint="Put the original file back, or correct the manifest",
            )

    @property
    def spec(self) -> dict[str, Any]:
        """How to open this again, as JSON."""
        names = list(self.index.names)
        sizes = np.stack([self.index.widths, self.index.heights], axis=1)
        same = len(sizes) > 0 and bool((sizes == sizes[0]).all())
        return {
            "type": "images",
            "members": self.members.spec,
            "names": names,
            "files": None if self.files == names else self.files,
            "sizes": sizes[0].tolist() if same else sizes.tolist(),
            "subsets": list(self.index.subsets),
        }

    def close(self) -> None:
        """Release files and memory."""
        frame_cache().drop(self._owner)
        self.members.close()
