"""Finding mistakes in annotations: every function takes a task or a DataFrame and returns what to look at first.

All results have ``id, frame, label, score, reason``; the higher the score, the more suspicious. ``id`` and ``label`` are empty
where a finding is about a whole frame.

>>> cw.inspect.all(task).head()  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cvat_widgets.inspect.attributes import attribute_inconsistencies
from cvat_widgets.inspect.borders import touching_borders
from cvat_widgets.inspect.classes import class_outliers
from cvat_widgets.inspect.crops import near_duplicate_crops
from cvat_widgets.inspect.duplicates import near_duplicate_frames, perceptual_hashes
from cvat_widgets.inspect.framewise import empty_frames, overfull_frames
from cvat_widgets.inspect.motion import swapped_identities, track_gaps, track_jumps
from cvat_widgets.inspect.overlapping import near_duplicate_objects, overlaps
from cvat_widgets.inspect.polygons import bad_polygons
from cvat_widgets.inspect.predictions import disagreements
from cvat_widgets.inspect.rows import Rows, Target, rows_of
from cvat_widgets.inspect.sizes import size_outliers, tiny_shapes

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Rows",
    "all",
    "attribute_inconsistencies",
    "bad_polygons",
    "class_outliers",
    "disagreements",
    "empty_frames",
    "near_duplicate_crops",
    "near_duplicate_frames",
    "near_duplicate_objects",
    "overfull_frames",
    "overlaps",
    "perceptual_hashes",
    "rows_of",
    "size_outliers",
    "swapped_identities",
    "tiny_shapes",
    "touching_borders",
    "track_gaps",
    "track_jumps",
]

_FINDERS = {
    finder.__name__: finder
    for finder in (
        size_outliers, class_outliers, tiny_shapes, bad_polygons, near_duplicate_objects, overlaps, touching_borders,
        empty_frames, overfull_frames, track_jumps, track_gaps, swapped_identities, attribute_inconsistencies,
    )
}  # fmt: skip


def all(  # noqa: A001  # `inspect.all` says what it does
    target: Target, *, predictions: pd.DataFrame | None = None, media: bool = False, size: tuple[int, int] | None = None
) -> pd.DataFrame:
    """Run every finder and join what they find.

    Parameters
    ----------
    target
        A task, a job or a DataFrame of rows.
    predictions
        Predictions of a model, see :func:`disagreements`.
    media
        Whether to read every frame of the task for :func:`near_duplicate_frames` and :func:`near_duplicate_crops`.
    size
        Width and height of the frames in pixels, where a DataFrame does not say.

    Returns
    -------
    pandas.DataFrame
        ``finding`` (name of the function)``, id, frame, label, score, reason``, the most suspicious first. Findings that need
        what is not there (sizes of frames, tracks) are left out.
    """
    import pandas as pd

    rows = rows_of(target, size=size)
    parts: dict[str, pd.DataFrame] = {}
    for name, finder in _FINDERS.items():
        if finder is touching_borders and rows.widths is None:
            continue
        parts[name] = finder(target if finder is empty_frames and rows.columns is None else rows)
    if predictions is not None:
        parts["disagreements"] = disagreements(rows, predictions)
    if media:
        parts["near_duplicate_frames"] = near_duplicate_frames(target)
        parts["near_duplicate_crops"] = near_duplicate_crops(target)
    kept = [part.assign(finding=pd.array([name] * len(part), dtype="string")) for name, part in parts.items() if len(part)]
    columns = ["finding", "id", "frame", "label", "score", "reason"]
    if not kept:
        return pd.DataFrame(columns=columns)
    joined = pd.concat([part[columns] for part in kept], ignore_index=True)
    return joined.sort_values("score", ascending=False, kind="stable", ignore_index=True)
