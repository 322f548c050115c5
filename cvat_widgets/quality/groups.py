"""Whether matched objects are grouped with the same others on both sides."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.kinds import TAG
from cvat_widgets.quality.matching import Matches
from cvat_widgets.quality.pairs import Edges, assign
from cvat_widgets.quality.scene import Side

__all__ = ["mismatching_groups"]


def mismatching_groups(gt: Side, ds: Side, matches: Matches, threshold: float) -> NDArray[np.bool_]:
    """Return which matched pairs of shapes belong to groups that are not one another's.

    Parameters
    ----------
    threshold
        The least intersection over union of two groups (of their members, as matched) to be the same group.

    Notes
    -----
    Source: CVAT's ``match_groups``. An object in no group is a group of one. Groups of a frame are matched by the Hungarian
    method; a pair is in conflict if its groups are not partners, or if the object stands alone in the ground truth but not
    in the annotations.
    """
    shapes = np.flatnonzero(matches.is_shape)
    wrong = np.zeros(len(matches.gt), bool)
    if not len(shapes) or not ((gt.table.group > 0).any() or (ds.table.group > 0).any()):
        return wrong
    team_gt, size_gt, frame_gt = _teams(gt)
    team_ds, size_ds, _ = _teams(ds)
    a, b = team_gt[matches.gt[shapes]], team_ds[matches.ds[shapes]]
    # Where parts of one object were matched all with all, a part counts for its last partner only.
    _, last = np.unique(matches.gt[shapes][::-1], return_index=True)
    last = len(shapes) - 1 - last
    pairs, number = np.unique(np.column_stack((a[last], b[last])), axis=0, return_counts=True)
    union = size_gt[pairs[:, 0]] + size_ds[pairs[:, 1]] - number
    edges = Edges.of(pairs[:, 0], pairs[:, 1], number / np.maximum(union, 1))
    chosen_a, chosen_b, _ = assign(edges, frame_gt, threshold)
    partner = np.full(len(size_ds), -1, np.int64)
    partner[chosen_b] = chosen_a
    alone = (size_gt[a] == 1) & (size_ds[b] != 1)
    wrong[shapes] = alone | (partner[b] != a)
    return wrong


def _teams(side: Side) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """Return the number of each row's group (unique over frames, -1 for tags and joints), and the groups' sizes and frames."""
    table = side.table
    team = np.full(len(table), -1, np.int64)
    rows = side.objects[table.type[side.objects] != TAG]
    group = table.group[rows].astype(np.int64)
    key = np.column_stack((table.frame[rows], np.where(group > 0, group, -1 - rows)))
    teams, number, sizes = np.unique(key, axis=0, return_inverse=True, return_counts=True)
    team[rows] = number.ravel()
    return team, sizes, teams[:, 0].astype(np.int32)
