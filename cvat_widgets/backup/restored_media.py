"""Media of a backup: out of the zip into a folder of the store, or from where they are."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from cvat_widgets.backup.layout import TaskPlan
from cvat_widgets.errors import FormatError, MediaError
from cvat_widgets.formats.archive import Members
from cvat_widgets.media import FrameSource, open_media, reopen_media
from cvat_widgets.media.images import ImageSource
from cvat_widgets.media.limits import MAX_ARCHIVE_BYTES
from cvat_widgets.media.manifest import read_manifest
from cvat_widgets.media.members import Files, checked_name, is_picture, is_video
from cvat_widgets.media.ordering import chosen, ordered

__all__ = ["RestoredMedia", "restore_media"]


class RestoredMedia:
    """The frames of a restored task.

    Attributes
    ----------
    source
        The frames.
    honeypots
        Frames that show a picture of the pool, each with the frame of the pool.
    folder
        What was unpacked; removed again if the task cannot be made.
    """

    def __init__(self, source: FrameSource, honeypots: Mapping[int, int], folder: Path | None = None) -> None:
        self.source = source
        self.honeypots = dict(honeypots)
        self.folder = folder

    def discard(self) -> None:
        """Remove what was unpacked."""
        self.source.close()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def restore_media(
    members: Members, prefix: str, plan: TaskPlan, extras: Mapping[str, Any], given: Any, directory: Path
) -> RestoredMedia:
    """Open the media of a backup.

    Parameters
    ----------
    members, prefix
        The zip, and the folder of the task in it.
    plan
        What ``task.json`` says.
    extras
        What ``cvat_widgets.json`` says.
    given
        Where the user says the media are, or ``None``.
    directory
        Where media of the store are kept.
    """
    names = [name for name in members.names if name.startswith(f"{prefix}data/")]
    media = [name for name in names if is_picture(name) or is_video(name) or name.endswith(".npy")]
    if given is not None:
        source = open_media(
            given, sorting="predefined" if isinstance(given, list) else "natural", start=plan.start, stop=plan.stop,
            step=plan.step, directory=directory,
        )  # fmt: skip
        return _arranged(source, plan)
    if media:
        folder = directory / f"restored_{uuid.uuid4().hex}"
        try:
            _unpack(members, prefix, names, folder)
            return _arranged(_opened(folder, plan), plan, folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    if isinstance(extras.get("media"), dict):
        source = reopen_media(extras["media"])
        return RestoredMedia(source, {int(frame): int(picture) for frame, picture in extras.get("honeypots") or ()})
    raise MediaError(
        "the media are not in the backup", where=str(members.path), hint="Say where they are: Task.restore(path, media=folder)"
    )


def _unpack(members: Members, prefix: str, names: list[str], folder: Path) -> None:
    total = 0
    for name in names:
        relative = checked_name(name[len(prefix) + len("data/") :], members.where(name))
        target = folder / relative
        if not target.resolve().is_relative_to(folder.resolve()):
            raise FormatError("a name leads out of the backup", where=members.where(name))
        data = members.read(name)
        total += len(data)
        if total > MAX_ARCHIVE_BYTES:
            raise FormatError("the media unpack to more than 200 GiB", where=str(members.path))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def _opened(folder: Path, plan: TaskPlan) -> FrameSource:
    """Open what was unpacked, in the order of its manifest."""
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    videos = [name for name in files if is_video(name)]
    if len(videos) == 1 and not any(is_picture(name) for name in files):
        return open_media(folder / videos[0], start=plan.start, stop=plan.stop, step=plan.step)
    manifest = folder / "manifest.jsonl"
    if manifest.is_file():
        names = list(read_manifest(manifest).names)
        missing = [name for name in names if name not in set(files)]
        if missing:
            raise FormatError(f"{len(missing)} pictures are not there, e.g. {missing[0]!r}", where="data/manifest.jsonl")
    else:
        pictures = [name for name in files if is_picture(name)]
        names = [pictures[position] for position in ordered(pictures, "natural")]
    if not plan.custom:
        numbers = chosen(len(names), plan.start, plan.stop, plan.step, "data/")
        names = [names[number] for number in numbers]
    return ImageSource(Files(folder), names)


def _arranged(source: FrameSource, plan: TaskPlan, folder: Path | None = None) -> RestoredMedia:
    """Put pictures where a task with honeypots has them."""
    if not plan.custom or not isinstance(source, ImageSource):
        return RestoredMedia(source, {}, folder)
    annotation = [job for job in plan.jobs if job.type == "annotation"]
    shown = [name for job in sorted(annotation, key=lambda job: job.start) for name in job.files]
    if not shown:
        return RestoredMedia(source, {}, folder)
    pool = list(plan.layout_frames) if plan.layout_mode == "gt_pool" else []
    order = shown + pool
    place = {name: frame for frame, name in enumerate(source.index.names)}
    missing = [name for name in order if name not in place]
    if missing:
        raise FormatError(f"the picture {missing[0]!r} of a job is not there", where="task.json")
    pool_frame = {name: len(shown) + number for number, name in enumerate(pool)}
    hidden = {frame: pool_frame[name] for frame, name in enumerate(shown) if name in pool_frame}
    names, taken = list(order), set(order)
    for frame in hidden:
        path = PurePosixPath(names[frame])
        names[frame] = path.with_name(f"{frame:06d}{path.suffix}").as_posix()
        while names[frame] in taken:
            names[frame] = path.with_name(f"{frame:06d}_{uuid.uuid4().hex[:6]}{path.suffix}").as_posix()
        taken.add(names[frame])
    import numpy as np

    rows = [place[name] for name in order]
    sizes = np.stack([source.index.widths[rows], source.index.heights[rows]], axis=1)
    files = [source.files[row] for row in rows]
    return RestoredMedia(ImageSource(source.members, names, files=files, sizes=sizes), hidden, folder)
