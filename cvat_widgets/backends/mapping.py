"""Names of a model -> labels and attributes of a task, as CVAT's automatic annotation maps them.

Without a mapping, equal names are matched where the types go together: mask and polygon do, ``any`` goes with everything
but a skeleton. Attributes are matched by name; a value that the task's attribute does not allow is left out. Joints that a
model does not see are placed at the mean of those it does, outside; a skeleton with no visible joint is left out.
Source of the rules: CVAT's serverless contract.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cvat_widgets.backends.protocols import Detection, ModelInfo
from cvat_widgets.errors import LabelError
from cvat_widgets.model.kinds import ShapeType, Source
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.model.masks import mask_from_polygons, polygons_of_mask
from cvat_widgets.model.records import Element, Shape, Tag

__all__ = ["LabelMapping", "compatible", "mapped"]

Rules = Mapping[str, "str | Mapping[str, Any] | None"]


def compatible(model_type: str, task_type: str) -> bool:
    """Whether what a model finds may become an object of a task's label."""
    if model_type == task_type or {model_type, task_type} == {"mask", "polygon"}:
        return True
    return "any" in (model_type, task_type) and "skeleton" not in (model_type, task_type)


@dataclass(frozen=True)
class _Target:
    label: Label
    attributes: Mapping[str, Attribute]
    joints: Mapping[str, _Target] = field(default_factory=dict)


@dataclass(frozen=True)
class LabelMapping:
    """Where every label of a model goes.

    Parameters
    ----------
    targets
        Model label -> task label with its attributes; a label that is not in it is left out.
    unmatched
        Labels of the model without a target, for a remark to the user.
    """

    targets: Mapping[str, _Target]
    unmatched: tuple[str, ...] = ()

    def records(
        self,
        detections: Iterable[Detection],
        frame: int,
        *,
        first_id: int = 1,
        masks_to_polygons: bool = False,
        source: Source = "auto",
    ) -> list[Shape | Tag]:
        """Turn the detections of one frame into records of the task.

        Parameters
        ----------
        detections
            What the model found; what cannot be a shape of the task's label is left out.
        frame
            Number of the frame.
        first_id
            Ids are counted from here, joints included; the store gives final ones.
        masks_to_polygons
            Make every part of a mask a polygon along its pixel edges; holes are lost.
        source
            ``auto``, or ``semi-auto`` for interactors.
        """
        made: list[Shape | Tag] = []
        next_id = first_id
        for found in detections:
            target = self.targets.get(found.label)
            if target is None:
                continue
            shared: dict[str, Any] = {
                "frame": frame, "label": target.label.id, "group": found.group, "source": source,
                "score": float(found.score), "attributes": _values(found, target),
            }  # fmt: skip
            if found.type == "tag":
                made.append(Tag(id=next_id, **shared))
                next_id += 1
            elif found.type == "skeleton":
                elements = _elements(found, target, next_id + 1)
                if elements:
                    made.append(Shape(id=next_id, type="skeleton", points=(), elements=elements, **shared))
                    next_id += 1 + len(elements)
            else:
                for type_name, points in _parts(found, masks_to_polygons, target.label.type):
                    made.append(
                        Shape(id=next_id, type=type_name, points=points, rotation=float(found.rotation) % 360, **shared)
                    )
                    next_id += 1
        return made


def _parts(found: Detection, polygons: bool, wanted: str) -> Iterable[tuple[ShapeType, tuple[float, ...]]]:
    """Return the shape as the task's label wants it; nothing if it cannot be that."""
    if found.type == "mask" and (polygons or wanted == "polygon"):
        return [("polygon", tuple(part[0].tolist())) for part in polygons_of_mask(found.points)]
    if found.type == "polygon" and wanted == "mask":
        width, height = np.ceil(found.points.reshape(-1, 2).max(axis=0)).astype(int).tolist()
        if min(width, height) < 1:
            return []
        return [("mask", tuple(mask_from_polygons([found.points], width, height).tolist()))]
    return [(found.type, tuple(found.points.tolist()))] if wanted in ("any", found.type) else []


def _values(found: Detection, target: _Target) -> dict[int, str]:
    values = {}
    for name, value in found.attributes.items():
        attribute = target.attributes.get(name)
        if attribute is not None and attribute.problem_with(value) is None:
            values[attribute.id] = value
    return values


def _elements(found: Detection, target: _Target, first_id: int) -> tuple[Element, ...]:
    seen: dict[int, Detection] = {}
    joint_of: dict[int, _Target] = {}
    for element in found.elements:
        joint = target.joints.get(element.label)
        if joint is not None and len(element.points):
            seen[joint.label.id], joint_of[joint.label.id] = element, joint
    if not any(not element.outside for element in seen.values()):
        return ()
    middle = np.mean([np.reshape(each.points, (-1, 2)).mean(axis=0) for each in seen.values()], axis=0)
    elements = []
    for number, sublabel in enumerate(target.label.sublabels):
        there = seen.get(sublabel.id)
        elements.append(
            Element(
                id=first_id + number,
                label=sublabel.id,
                type="points" if there is None else there.type,
                points=tuple(middle.tolist() if there is None else there.points.tolist()),
                outside=there is None or there.outside,
                attributes={} if there is None else _values(there, joint_of[sublabel.id]),
            )
        )
    return tuple(elements)


def mapped(info: ModelInfo, labels: LabelSet, rules: Rules | None = None, *, strict: bool = False) -> LabelMapping:
    """Match a model's labels with a task's.

    Parameters
    ----------
    info
        The model.
    labels
        The task's labels.
    rules
        ``{"person": "pedestrian"}``, or CVAT's ``{"person": {"name": "pedestrian", "attributes": {"model's": "task's"},
        "sublabels": {...}}}``; ``None`` in place of a name leaves a label out. Without rules equal names are matched;
        with rules only what they name.
    strict
        Raise if a label of the model has no counterpart.

    Raises
    ------
    LabelError
        The rules name a label or attribute that does not exist, types do not go together, or nothing matches at all.
    """
    where = f"model {info.name!r}"
    wanted: dict[str, Mapping[str, Any]] = {}
    if rules is None:
        wanted = {label.name: {"name": label.name} for label in info.labels if label.name in labels}
    else:
        for name, rule in rules.items():
            if len(info.labels) and name not in info.labels:
                raise LabelError(
                    f"the mapping names {name!r}", where=where, hint=f"It can find: {', '.join(info.labels.names)}"
                )
            if rule is not None:
                wanted[name] = {"name": rule} if isinstance(rule, str) else rule
    targets = {}
    for name, rule in wanted.items():
        source = info.labels[name] if name in info.labels else Label(name)
        target = labels[str(rule.get("name", name))]
        if compatible(source.type, target.type):
            targets[name] = _target(source, target, rule, where)
        elif rules is not None:
            raise LabelError(f"{name!r} is a {source.type}, the task's {target.name!r} is a {target.type}", where=where)
    unmatched = tuple(label.name for label in info.labels if label.name not in targets)
    dropped = {name for name, rule in (rules or {}).items() if rule is None}
    missing = [name for name in unmatched if name not in dropped]
    if (strict and missing) or not (targets or dropped):
        raise LabelError(
            f"no label of the task goes with {', '.join(missing[:8]) or 'the model'}{' …' if len(missing) > 8 else ''}",
            where=where,
            hint=f"The task has: {', '.join(labels.names) or 'no labels'}. Say labels={{'model label': 'task label'}}",
        )
    return LabelMapping(targets, unmatched)


def _target(source: Label, target: Label, rule: Mapping[str, Any], where: str) -> _Target:
    place = f"{where}, label {source.name!r}"
    known = {attribute.name: attribute for attribute in target.attributes}
    given: Mapping[str, Any] | None = rule.get("attributes")
    if given is None:
        pairs = {name: name for name in known if any(each.name == name for each in source.attributes)}
    else:
        pairs = {str(name): str(other["name"] if isinstance(other, Mapping) else other) for name, other in given.items()}
        for name, other in pairs.items():
            source.attribute(name)
            if other not in known:
                raise LabelError(f"the task's label {target.name!r} has no attribute {other!r}", where=place)
    attributes = {name: known[other] for name, other in pairs.items()}
    joints: dict[str, _Target] = {}
    if target.type == "skeleton":
        names = {joint.name: joint for joint in target.sublabels}
        own = {joint.name: joint for joint in source.sublabels}
        inner: Mapping[str, Any] = rule.get("sublabels") or {name: name for name in own if name in names}
        for name, other in inner.items():
            nested = other if isinstance(other, Mapping) else {"name": other}
            if name not in own or nested.get("name", name) not in names:
                raise LabelError(f"the mapping names the joint {name!r} -> {nested.get('name', name)!r}", where=place)
            joints[name] = _target(own[name], names[nested.get("name", name)], nested, place)
    return _Target(target, attributes, joints)
