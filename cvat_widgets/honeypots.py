"""Making a task with honeypots: pictures in random order, some with a known answer hidden among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from cvat_widgets.quality import QualityError, manual_frames, place_honeypots, random_uniform_frames

if TYPE_CHECKING:
    from cvat_widgets.model.labels import Label, LabelSet
    from cvat_widgets.store import Store, TaskRow

__all__ = ["create_with_honeypots"]


def create_with_honeypots(
    store: Store,
    name: str,
    data: Any,
    labels: Iterable[str | Mapping[str, Any] | Label] | LabelSet,
    *,
    frames_per_job: int,
    honeypots_per_job: int,
    count: int | None = None,
    share: float | None = None,
    frames: Sequence[int | str] | None = None,
    seed: int | None = None,
    sorting: str = "natural",
    user: str = "",
    directory: str | Path | None = None,
) -> TaskRow:
    """Create a task, its ground-truth job and its honeypots; see :meth:`Task.create_with_honeypots`."""
    from cvat_widgets.media import open_media
    from cvat_widgets.media.images import ImageSource
    from cvat_widgets.model.labels import LabelSet
    from cvat_widgets.store import TaskSpec

    media = open_media(data, sorting=sorting, directory=directory or store.directory)
    if not isinstance(media, ImageSource):
        raise QualityError("honeypots need pictures, not a video", hint="Use a ground-truth job: task.create_ground_truth()")
    index = media.index
    pool = (
        manual_frames(frames, index)
        if frames is not None
        else random_uniform_frames(len(index), count=count, share=share, seed=seed)
    )
    plan = place_honeypots(len(index), pool, frames_per_job=frames_per_job, honeypots_per_job=honeypots_per_job, seed=seed)
    size = len(plan.pictures)
    order = np.concatenate((plan.pictures, plan.pool))
    hidden = plan.honeypots.tolist()
    names = [index.names[picture] for picture in order.tolist()]
    taken = set(index.names)
    for frame in hidden:
        names[frame] = _unlike(names[frame], frame, taken)
    sizes = np.stack([index.widths, index.heights], axis=1)[order]
    subsets = [index.subsets[picture] for picture in order.tolist()] if index.subsets else []
    files = [media.files[picture] for picture in order.tolist()]
    shown = ImageSource(media.members, names, files=files, sizes=sizes, subsets=subsets)
    stops = np.cumsum([len(job) for job in plan.jobs])
    segments = [(int(stop) - len(job), int(stop) - 1) for stop, job in zip(stops, plan.jobs, strict=True)]
    place = {int(picture): size + number for number, picture in enumerate(plan.pool)}
    spec = TaskSpec(
        name=name,
        labels=LabelSet.of(labels),
        frames=shown.index,
        media=shown.spec,
        segments=segments,
        kind="images",
        owner=user,
    )
    with store.database.write():
        row = store.create_task(spec)
        numbers = sorted(place.values())
        store.create_job(row.id, "ground_truth", frames=numbers, user=user)
        store.set_validation_frames(row.id, numbers, kind="gt_pool")
        store.set_honeypots(row.id, {frame: place[int(plan.pictures[frame])] for frame in hidden}, user=user)
    return store.task(row.id)


def _unlike(name: str, frame: int, taken: set[str]) -> str:
    """Return a name for a honeypot that no other frame has and that stays when another picture is put there."""
    path = PurePosixPath(name)
    new, number = path.with_name(f"{frame:06d}{path.suffix}").as_posix(), 0
    while new in taken:
        number += 1
        new = path.with_name(f"{frame:06d}_{number}{path.suffix}").as_posix()
    taken.add(new)
    return new
