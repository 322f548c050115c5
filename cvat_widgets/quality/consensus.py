"""Merging replicas of a job: several people annotated the same frames, and what enough of them agree on is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.kinds import ELLIPSE, MASK, POINTS, POLYGON, POLYLINE, RECTANGLE, SKELETON, SOURCE_CODE, TAG, Flag
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.quality.clusters import Similarities, clusters_of, representative
from cvat_widgets.quality.comparison import Labels, label_set
from cvat_widgets.quality.matching import edges_of
from cvat_widgets.quality.pairs import assign
from cvat_widgets.quality.scene import Scene, Side, prepare
from cvat_widgets.quality.segments import single_units
from cvat_widgets.quality.settings import ConsensusSettings, QualityError
from cvat_widgets.quality.tabular import Vocabulary

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["merge"]

_KINDS = (RECTANGLE, POINTS, POLYGON, MASK, POLYLINE, SKELETON, ELLIPSE)


@dataclass(frozen=True, eq=False)
class _Replicas:
    """All visible objects of all replicas, one below the other.

    Parameters
    ----------
    sides
        The replicas, without groups: every object is compared for itself.
    table
        Their tables in one, groups included.
    base
        First row of each replica in that table.
    owner
        Replica of each row.
    """

    sides: tuple[Side, ...]
    table: AnnotationTable
    base: NDArray[np.int64]
    owner: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Object:
    """One merged object: the row it is taken from, its members, its label and its votes."""

    row: int
    members: list[int]
    label: int
    votes: int


def merge(
    replicas: Sequence[AnnotationTable | pd.DataFrame],
    settings: ConsensusSettings = ConsensusSettings(),  # noqa: B008 - frozen
    *,
    labels: Labels | None = None,
    frames: FrameIndex | None = None,
    size: tuple[int, int] | None = None,
) -> AnnotationTable:
    """Merge the annotations several people made of the same frames.

    Parameters
    ----------
    replicas
        Their annotations, one table each, at least two.
    settings
        Thresholds and quorum.
    labels
        Labels of the task; needed if tables and DataFrames are mixed.
    frames, size
        Frames of the task, or the size of all of them; as in :func:`~cvat_widgets.quality.compare`.

    Returns
    -------
    AnnotationTable
        Shapes and tags, one row an object and frame, sorted by frame, with ids from 1 on and source ``consensus``. ``score`` is
        votes by replicas, rounded to two digits; ``extras`` of a row holds ``votes`` and ``replicas``.

    Raises
    ------
    QualityError
        There are fewer than two replicas, or they cannot be compared.

    Notes
    -----
    Source: CVAT's consensus (datumaro's ``IntersectMerge``). Objects of every two replicas are matched as in a quality report;
    matched ones are put into clusters with at most one object a replica, all of which are alike. A cluster becomes the member
    nearest to the mean of its boxes (for skeletons: the one most like the others), with the label and the attribute values
    most members have, and the greatest z-order. Tracks are merged frame by frame and become shapes. Cuboids are left out.
    """
    if len(replicas) < 2:
        raise QualityError(
            f"{len(replicas)} replica cannot be merged",
            where="replicas",
            hint="Consensus needs at least two sets of annotations",
        )
    words = Vocabulary(label_set(labels))
    tables = [words.table(replica, f"replica {number}") for number, replica in enumerate(replicas)]
    frame_count = len(frames) if frames is not None else 1 + max(int(table.frame.max(initial=-1)) for table in tables)
    all_rows = _stacked([prepare(table, frame_count, None) for table in tables])
    scene = Scene(frames, size)
    quorum = settings.votes_needed(len(replicas))
    found = [merged for kind in _KINDS for merged in _merged_shapes(kind, all_rows, scene, settings) if merged.votes >= quorum]
    found += [merged for merged in _merged_tags(all_rows) if merged.votes >= quorum]
    return _table(all_rows, found, quorum)


def _stacked(sides: list[Side]) -> _Replicas:
    sizes = [len(side.table) for side in sides]
    single = tuple(
        replace(side, table=side.table.with_columns(group=np.zeros(len(side.table)))) if side.table.group.any() else side
        for side in sides
    )
    return _Replicas(
        sides=single,
        table=AnnotationTable.concat([side.table for side in sides]),
        base=np.concatenate(([0], np.cumsum(sizes)[:-1])).astype(np.int64),
        owner=np.repeat(np.arange(len(sides)), sizes),
    )


def _merged_shapes(kind: int, all_rows: _Replicas, scene: Scene, settings: ConsensusSettings) -> list[_Object]:
    rows = [side.rows_of(kind) for side in all_rows.sides]
    label = all_rows.table.label
    similarities = Similarities(all_rows.owner)
    partners: dict[int, list[int]] = {
        row: [] for base, own in zip(all_rows.base.tolist(), rows, strict=True) for row in (own + base).tolist()
    }
    comparison = settings.comparison()
    for first in range(len(rows)):
        for second in range(first + 1, len(rows)):
            if not len(rows[first]) or not len(rows[second]):
                continue
            sides = all_rows.sides[first], all_rows.sides[second]
            units = single_units(rows[first]), single_units(rows[second])
            edges = edges_of((kind,), *sides, units, scene, comparison)
            names = rows[first] + all_rows.base[first], rows[second] + all_rows.base[second]
            similarities.add(names[0][edges.a], names[1][edges.b], edges.similarity)
            a, b, _ = assign(edges, sides[0].table.frame[rows[first]], settings.iou_threshold)
            for one, other in zip(names[0][a].tolist(), names[1][b].tolist(), strict=True):
                if settings.vote_on_labels or label[one] == label[other]:
                    partners[one].append(other)
    similarities.freeze()
    merged = []
    for members in clusters_of(partners, similarities, all_rows.owner, settings.iou_threshold):
        name, votes = _most_votes([int(label[row]) for row in members])
        fitting = [row for row in members if label[row] == name]
        sides_of = [all_rows.sides[all_rows.owner[row]] for row in fitting]
        local = [int(row - all_rows.base[all_rows.owner[row]]) for row in fitting]
        best = representative(kind, sides_of, local, fitting, similarities, scene) if len(fitting) > 1 else 0
        merged.append(_Object(fitting[best], members, name, votes))
    return merged


def _merged_tags(all_rows: _Replicas) -> list[_Object]:
    """Return one tag for each label and frame; a replica votes once, however often it has the tag."""
    voters: dict[tuple[int, int], dict[int, int]] = {}
    rows = np.flatnonzero(all_rows.table.type == TAG)
    for row in rows.tolist():
        place = int(all_rows.table.frame[row]), int(all_rows.table.label[row])
        voters.setdefault(place, {}).setdefault(int(all_rows.owner[row]), row)
    merged = []
    for (_, label), members in voters.items():
        chosen = list(members.values())
        merged.append(_Object(chosen[0], chosen, label, len(chosen)))
    return merged


def _most_votes(values: list[Any]) -> tuple[Any, int]:
    """Return the most frequent value and how often it occurs; of several the first."""
    counts: dict[Any, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    winner = max(counts, key=counts.__getitem__)
    return winner, counts[winner]


def _table(all_rows: _Replicas, found: list[_Object], quorum: int) -> AnnotationTable:
    """Write merged objects as rows, skeletons followed by their joints."""
    from cvat_widgets.model.attributes import AttributeColumns

    source = all_rows.table
    found = sorted(found, key=lambda each: int(source.frame[each.row]))
    joints = _joints(all_rows)
    groups = _groups(all_rows, found)
    values = source.attributes.to_dicts(len(source)) if len(source.attributes) else [{}] * len(source)
    rows: list[int] = []
    parents: list[int] = []
    changes: dict[str, list[Any]] = {"label": [], "group": [], "z_order": [], "flags": [], "score": []}
    attributes: list[dict[int, str]] = []
    extras: dict[int, dict[str, Any]] = {}
    replicas = len(all_rows.sides)
    for merged, group in zip(found, groups, strict=True):
        extras[len(rows)] = {"votes": merged.votes, "replicas": replicas}
        score, own = round(merged.votes / replicas, 2), len(rows) + 1
        members = merged.members
        occluded, votes = _most_votes([bool(source.flags[row] & Flag.OCCLUDED) for row in members])
        for row in (merged.row, *joints.get(merged.row, ())):
            is_joint = row != merged.row
            rows.append(row)
            parents.append(own if is_joint else -1)
            flags = int(source.flags[row]) & int(Flag.OCCLUDED | Flag.OUTSIDE)
            whole = int(Flag.OCCLUDED) if occluded and votes >= quorum else 0
            changes["flags"].append(flags if is_joint else whole)
            changes["label"].append(int(source.label[row]) if is_joint else merged.label)
            changes["group"].append(group)
            changes["z_order"].append(max(int(source.z_order[each]) for each in members))
            changes["score"].append(score)
            attributes.append(values[row] if is_joint else _voted([values[each] for each in members], quorum))
    table = source.take(np.array(rows, np.int64)).with_columns(
        id=np.arange(1, len(rows) + 1),
        track=np.full(len(rows), -1),
        parent=parents,
        source=np.full(len(rows), SOURCE_CODE["consensus"]),
        **changes,
    )
    return replace(table, attributes=AttributeColumns.from_dicts(attributes), extras=extras)


def _joints(all_rows: _Replicas) -> dict[int, list[int]]:
    """Return the rows of the joints of each skeleton's row."""
    joints: dict[int, list[int]] = {}
    for base, side in zip(all_rows.base.tolist(), all_rows.sides, strict=True):
        for row in np.flatnonzero(side.skeleton_of >= 0).tolist():
            joints.setdefault(base + int(side.skeleton_of[row]), []).append(base + row)
    return joints


def _voted(values: list[dict[int, str]], quorum: int) -> dict[int, str]:
    """Return for each attribute the value most members have, where enough of them have it."""
    result = {}
    for spec in dict.fromkeys(spec for each in values for spec in each):
        text, votes = _most_votes([each[spec] for each in values if spec in each])
        if votes >= quorum:
            result[spec] = text
    return result


def _groups(all_rows: _Replicas, found: list[_Object]) -> list[int]:
    """Return new group numbers: merged objects whose members were in one group of any replica are in one group."""
    leader = list(range(len(found)))

    def root(place: int) -> int:
        while leader[place] != place:
            leader[place] = leader[leader[place]]
            place = leader[place]
        return place

    first: dict[tuple[int, int], int] = {}
    for place, merged in enumerate(found):
        for row in merged.members:
            group = int(all_rows.table.group[row])
            if group:
                other = first.setdefault((int(all_rows.owner[row]), group), place)
                leader[root(place)] = root(other)
    roots = [root(place) for place in range(len(found))]
    grouped = {root(place) for place in first.values()}
    numbers: dict[int, int] = {}
    return [numbers.setdefault(each, len(numbers) + 1) if each in grouped else 0 for each in roots]
