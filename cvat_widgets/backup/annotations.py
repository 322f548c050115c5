"""Records as CVAT's ``annotations.json`` has them, and back: labels and attributes by name, no ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any, TypeVar

import msgspec

from cvat_widgets.errors import FormatError
from cvat_widgets.model.kinds import SHAPE_CODE, SOURCES, ShapeType
from cvat_widgets.model.labels import Label, LabelSet
from cvat_widgets.model.records import Element, Keyframe, Record, Shape, Tag, Track, TrackElement

__all__ = ["from_json", "to_json"]

_Struct = TypeVar("_Struct", bound=msgspec.Struct)


def to_json(records: Iterable[Record], labels: LabelSet) -> dict[str, Any]:
    """Return the objects of one job."""
    found: dict[str, Any] = {"version": 0, "tags": [], "shapes": [], "tracks": []}
    for record in records:
        common = {
            "label": labels.by_id(record.label).name, "group": record.group, "source": record.source,
            "attributes": _named(record.attributes, labels),
        }  # fmt: skip
        if isinstance(record, Tag):
            found["tags"].append({"frame": record.frame, **common})
        elif isinstance(record, Shape):
            shape = {"frame": record.frame, "z_order": record.z_order, "score": record.score, **common, **_pose(record)}
            shape["elements"] = [
                {
                    **_pose(element), "frame": record.frame, "z_order": record.z_order, "group": record.group,
                    "source": record.source, "score": record.score, "elements": [],
                    "label": labels.by_id(element.label).name, "attributes": _named(element.attributes, labels),
                }
                for element in record.elements
            ]  # fmt: skip
            found["shapes"].append(shape)
        else:
            found["tracks"].append({**common, **_track(record, record.type, labels)})
            found["tracks"][-1]["elements"] = [
                {
                    "label": labels.by_id(element.label).name, "group": record.group, "source": record.source,
                    "attributes": _named(element.attributes, labels), "elements": [],
                    **_track(element, element.type, labels),
                }
                for element in record.elements
            ]  # fmt: skip
    return found


def _named(attributes: Mapping[int, str], labels: LabelSet) -> list[dict[str, str]]:
    return [{"name": labels.attribute_by_id(key).name, "value": value} for key, value in sorted(attributes.items())]


def _pose(record: Shape | Element) -> dict[str, Any]:
    return {
        "type": record.type, "points": list(record.points), "rotation": record.rotation, "occluded": record.occluded,
        "outside": record.outside,
    }  # fmt: skip


def _track(track: Track | TrackElement, kind: str, labels: LabelSet) -> dict[str, Any]:
    return {
        "frame": min(track.keyframes, default=0),
        "shapes": [
            {
                "type": kind, "frame": frame, "points": list(key.points), "rotation": key.rotation, "occluded": key.occluded,
                "outside": key.outside, "z_order": key.z_order, "attributes": _named(key.attributes, labels),
            }
            for frame, key in sorted(track.keyframes.items())
        ],
    }  # fmt: skip


class _Reader:
    """Reads the objects of all jobs; ids are given out from 1 on."""

    def __init__(self, labels: LabelSet, where: str) -> None:
        self.labels = labels
        self.where = where
        self.ids = count(1)

    def records(self, job: Mapping[str, Any]) -> list[Record]:
        tags: list[Record] = [
            self._made(Tag, {**self._common(raw, None), "frame": raw["frame"]}) for raw in job.get("tags") or ()
        ]
        shapes: list[Record] = [self._shape(raw) for raw in job.get("shapes") or ()]
        tracks: list[Record] = [self._track(raw) for raw in job.get("tracks") or () if raw.get("shapes") or raw.get("elements")]
        return [*tags, *shapes, *tracks]

    def _made(self, kind: type[_Struct], values: dict[str, Any]) -> _Struct:
        return msgspec.convert(values, kind, strict=False)

    def _label(self, raw: Mapping[str, Any], parent: Label | None) -> Label:
        name = raw["label"]
        known = parent.sublabels if parent else tuple(self.labels)
        for label in known:
            if label.name == name:
                return label
        raise FormatError(f"the label {name!r} is not defined", where=self.where)

    def _attributes(self, raw: Mapping[str, Any], label: Label) -> dict[int, str]:
        values: dict[int, str] = {}
        for each in raw.get("attributes") or ():
            spec = next((spec for spec in label.attributes if spec.name == each["name"]), None)
            if spec is None:
                raise FormatError(f"the label {label.name!r} has no attribute {each['name']!r}", where=self.where)
            values[spec.id] = str(each["value"])
        return values

    def _common(self, raw: Mapping[str, Any], parent: Label | None) -> dict[str, Any]:
        label = self._label(raw, parent)
        source = raw.get("source") or "manual"
        return {
            "id": next(self.ids),
            "label": label.id,
            "group": raw.get("group") or 0,
            "source": source if source in SOURCES else "manual",
            "attributes": self._attributes(raw, label),
        }

    @staticmethod
    def _pose_of(raw: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "points": raw.get("points") or [],
            "rotation": (raw.get("rotation") or 0.0) % 360,
            "occluded": bool(raw.get("occluded")),
            "outside": bool(raw.get("outside")),
        }

    def _shape(self, raw: Mapping[str, Any]) -> Shape:
        values = self._common(raw, None) | self._pose_of(raw)
        label = self.labels.by_id(values["label"])
        elements = [
            {key: value for key, value in (self._common(each, label) | self._pose_of(each) | {"type": each["type"]}).items()
             if key not in ("group", "source")}
            for each in raw.get("elements") or ()
        ]  # fmt: skip
        more = {"frame": raw["frame"], "type": raw["type"], "z_order": raw.get("z_order") or 0, "elements": elements}
        score = raw.get("score")
        return self._made(Shape, {**values, **more, "score": 1.0 if score is None else score})

    def _kind(self, raw: Mapping[str, Any], default: ShapeType) -> ShapeType:
        """Return the type of a track, which its keyframes tell."""
        kind = raw["shapes"][0]["type"] if raw.get("shapes") else default
        if kind not in SHAPE_CODE:
            raise FormatError(f"{kind!r} is no type of shape", where=self.where)
        return kind

    def _keyframes(self, raw: Mapping[str, Any], label: Label) -> dict[int, Any]:
        return {
            int(each["frame"]): self._made(
                Keyframe,
                self._pose_of(each) | {"z_order": each.get("z_order") or 0, "attributes": self._attributes(each, label)},
            )
            for each in raw.get("shapes") or ()
        }

    def _track(self, raw: Mapping[str, Any]) -> Track:
        values = self._common(raw, None)
        label = self.labels.by_id(values["label"])
        elements = []
        for each in raw.get("elements") or ():
            own = self._common(each, label)
            joint = self.labels.by_id(own["label"])
            kind = self._kind(each, "points")
            elements.append(
                TrackElement(
                    id=own["id"],
                    label=joint.id,
                    type=kind,
                    attributes=own["attributes"],
                    keyframes=self._keyframes(each, joint),
                )
            )
        keyframes = self._keyframes(raw, label)
        kind = self._kind(raw, "skeleton")
        if not keyframes:  # a skeleton whose frames only its joints tell
            frames = sorted({frame for element in elements for frame in element.keyframes})
            keyframes = {frame: Keyframe(points=()) for frame in frames}
        return Track(**values, type=kind, keyframes=keyframes, elements=tuple(elements))


def from_json(jobs: Iterable[Mapping[str, Any]], labels: LabelSet, where: str) -> list[list[Record]]:
    """Return the objects of each job, with ids that are unique over all of them.

    Raises
    ------
    FormatError
        A label or attribute is not defined, or a value is missing or of the wrong kind.
    """
    reader = _Reader(labels, where)
    try:
        return [reader.records(job) for job in jobs]
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, msgspec.ValidationError) as error:
        raise FormatError(f"an object cannot be read: {type(error).__name__} {error}", where=where) from None
