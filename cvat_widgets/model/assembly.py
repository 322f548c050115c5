"""Rows back into records: the inverse of :meth:`AnnotationTable.from_records`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cvat_widgets.model.kinds import SHAPE_TYPES, SOURCES, TAG, Flag
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.records import Element, Keyframe, Record, Shape, Tag, Track, TrackElement

if TYPE_CHECKING:
    from cvat_widgets.model.table import AnnotationTable

__all__ = ["assemble"]


def assemble(table: AnnotationTable, labels: LabelSet) -> Iterator[Record]:
    """Yield one record an object, in the order of their first rows.

    Attributes of track rows are split into the track's own (immutable) and the keyframes' (mutable) by the label set.
    """
    rows = _Rows(table, labels)
    seen: set[int] = set()
    for row in range(len(table)):
        if rows.parent[row] >= 0:
            continue
        track = rows.track[row]
        if track < 0:
            yield rows.shape_or_tag(row)
        elif track not in seen:
            seen.add(track)
            yield rows.whole_track(track)


class _Rows:
    """The columns of a table as lists, and its rows grouped by track and by parent."""

    def __init__(self, table: AnnotationTable, labels: LabelSet) -> None:
        self.labels = labels
        self.id = table.id.tolist()
        self.frame = table.frame.tolist()
        self.label = table.label.tolist()
        self.type = table.type.tolist()
        self.track = table.track.tolist()
        self.parent = table.parent.tolist()
        self.group = table.group.tolist()
        self.z_order = table.z_order.tolist()
        self.flags = table.flags.tolist()
        self.rotation = table.rotation.tolist()
        self.source = table.source.tolist()
        self.score = table.score.tolist()
        self.points_of = table.point_lists()
        self.attributes = table.attributes.to_dicts(len(table))
        self.rows_of_track: dict[int, list[int]] = defaultdict(list)
        self.element_rows: dict[int, list[int]] = defaultdict(list)
        for row, (track, parent) in enumerate(zip(self.track, self.parent, strict=True)):
            if track >= 0:
                self.rows_of_track[track].append(row)
            if parent >= 0:
                self.element_rows[parent].append(row)

    def common(self, row: int) -> dict[str, Any]:
        return {
            "id": self.id[row],
            "label": self.label[row],
            "group": self.group[row],
            "source": SOURCES[self.source[row]],
            "score": self.score[row],
        }

    def pose(self, row: int) -> dict[str, Any]:
        flags = self.flags[row]
        return {
            "points": tuple(self.points_of(row)),
            "rotation": self.rotation[row],
            "occluded": bool(flags & Flag.OCCLUDED),
            "outside": bool(flags & Flag.OUTSIDE),
        }

    def shape_or_tag(self, row: int) -> Shape | Tag:
        if self.type[row] == TAG:
            return Tag(frame=self.frame[row], attributes=self.attributes[row], **self.common(row))
        elements = tuple(
            Element(
                id=self.id[child],
                label=self.label[child],
                type=SHAPE_TYPES[self.type[child]],
                attributes=self.attributes[child],
                **self.pose(child),
            )
            for child in self.element_rows.get(self.id[row], ())
        )
        return Shape(
            frame=self.frame[row],
            type=SHAPE_TYPES[self.type[row]],
            z_order=self.z_order[row],
            attributes=self.attributes[row],
            elements=elements,
            **self.common(row),
            **self.pose(row),
        )

    def whole_track(self, track: int) -> Track:
        first = self.rows_of_track[track][0]
        children = dict.fromkeys(self.track[child] for child in self.element_rows.get(track, ()))
        elements = []
        for child in children:
            row = self.rows_of_track[child][0]
            keyframes, attributes = self.keyframes(child)
            elements.append(
                TrackElement(
                    id=child,
                    label=self.label[row],
                    type=SHAPE_TYPES[self.type[row]],
                    attributes=attributes,
                    keyframes=keyframes,
                )
            )
        keyframes, attributes = self.keyframes(track)
        return Track(
            type=SHAPE_TYPES[self.type[first]],
            attributes=attributes,
            keyframes=keyframes,
            elements=tuple(elements),
            **(self.common(first) | {"id": track}),
        )

    def keyframes(self, track: int) -> tuple[dict[int, Keyframe], dict[int, str]]:
        keyframes: dict[int, Keyframe] = {}
        immutable: dict[int, str] = {}
        for row in self.rows_of_track[track]:
            mutable: dict[int, str] = {}
            for attribute_id, value in self.attributes[row].items():
                if self.labels.attribute_by_id(attribute_id).mutable:
                    mutable[attribute_id] = value
                else:
                    immutable.setdefault(attribute_id, value)
            keyframes[self.frame[row]] = Keyframe(z_order=self.z_order[row], attributes=mutable, **self.pose(row))
        return keyframes, immutable
