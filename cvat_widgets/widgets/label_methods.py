"""What the label editor calls: reading labels, changing them after asking, undo, and a frame to draw a skeleton on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from cvat_widgets.errors import ConflictError, LabelError, ProtocolError
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.model.skeletons import SkeletonTemplate
from cvat_widgets.store.label_fitting import with_known_ids
from cvat_widgets.widgets.label_targets import LabelTarget, fingerprint, target_of
from cvat_widgets.widgets.rpc import Call, method

__all__: list[str] = []

_STATIC = Path(__file__).resolve().parent.parent / "static"
_MAX_LABELS = 2000
_MAX_PARTS = 500
"""Attributes of a label, joints of a skeleton, values of an attribute."""
_SIDE = 1024

_targets: WeakKeyDictionary[Any, LabelTarget] = WeakKeyDictionary()


def _target(call: Call) -> LabelTarget:
    """Return whose labels a session changes: what a label editor was given, or the task of an annotator."""
    session: Any = call.session
    given: LabelTarget | None = getattr(session, "label_target", None)
    if given is not None:
        return given
    if session not in _targets:
        _targets[session] = target_of(session.job)
    return _targets[session]


def _state(call: Call) -> dict[str, Any]:
    target = _target(call)
    labels, pictures = target.labels, target.pictures
    return {
        "kind": target.kind,
        "name": target.name,
        "labels": labels.to_raw(),
        "counts": {str(label): count for label, count in target.counts().items()},
        "base": fingerprint(labels),
        "undo": target.undoable,
        "frames": 0 if pictures is None else len(pictures),
        "read_only": bool(call.session.read_only),
    }


@method("labels.read")
def read(call: Call) -> dict[str, Any]:
    """Return the labels, how many objects each has, and what undo would take back."""
    return _state(call)


@method("labels.change")
def change(call: Call) -> dict[str, Any]:
    """Change the labels: ``{labels, base, confirmed}``.

    The answer is ``{"state"}``; ``{"losses"}`` where something would be lost and ``confirmed`` was false; or ``{"refused"}``
    where objects contradict the change.
    """
    call.session.check_writable()
    target = _target(call)
    present = target.labels
    if call.params.get("base") != fingerprint(present):
        raise ConflictError("the labels were changed elsewhere meanwhile", hint="Look at them again, and repeat the change.")
    wanted = _wanted(call.params.get("labels"), present)
    if wanted.to_raw() == present.to_raw():
        return {"state": _state(call)}
    losses, refused = target.consequences(wanted)
    if refused:
        return {"refused": [{"label": no.label, "attribute": no.attribute, "text": no.text} for no in refused]}
    if losses and call.params.get("confirmed") is not True:
        return {"losses": [str(loss) for loss in losses]}
    target.change(wanted, _what(present, wanted), delete_objects=True)
    return {"state": _state(call)}


@method("labels.undo")
def undo(call: Call) -> dict[str, Any]:
    """Take back the last change made in this editor; objects that went with a label come back."""
    call.session.check_writable()
    _target(call).undo()
    return {"state": _state(call)}


@method("labels.frame")
def frame(call: Call) -> tuple[dict[str, Any], list[bytes]]:
    """Return a frame of the task, small enough to draw a skeleton on."""
    task = _target(call).pictures
    if task is None:
        raise ProtocolError("there are no frames")
    encoded = task.media.encoded(call.integer("frame", 0, len(task) - 1), quality=85, max_side=_SIDE)
    return {"mime": encoded.mime}, [encoded.data]


@method("labels.module")
def module(call: Call) -> tuple[dict[str, Any], list[bytes]]:  # noqa: ARG001  # every method is given its call
    """Return the label editor and its style sheet, for the dialog of the annotator."""
    return {}, [(_STATIC / "labels.js").read_bytes(), (_STATIC / "labels.css").read_bytes()]


# -- what the browser wants --------------------------------------------------------------------------------------------------


def _wanted(raw: object, present: LabelSet) -> LabelSet:
    if not isinstance(raw, list) or len(raw) > _MAX_LABELS:
        raise ProtocolError(f"labels are a list of at most {_MAX_LABELS}")
    try:
        given = [_known(_label(each), present) for each in raw]
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise LabelError(f"a label cannot be read: {error}") from None
    ids = [each.id for label in given for each in (label, *label.sublabels) if each.id]
    if len(set(ids)) < len(ids):
        raise LabelError("two labels have the same id", hint="Leave the id of new labels out.")
    wanted = with_known_ids(given, present)
    former = {label.id: label for label in present}
    cleaned = (
        SkeletonTemplate.cleaned(label, former.get(label.id)) if label.type == "skeleton" else replace(label, svg="")
        for label in wanted
    )
    return LabelSet(tuple(cleaned))


def _label(raw: object) -> Label:
    if not isinstance(raw, dict):
        raise LabelError("a label is an object with a name")
    for part in (raw, *(each for each in raw.get("sublabels") or () if isinstance(each, dict))):
        attributes = part.get("attributes") or ()
        if len(attributes) > _MAX_PARTS or len(part.get("sublabels") or ()) > _MAX_PARTS:
            raise LabelError(f"a label has at most {_MAX_PARTS} attributes and joints", where=f"label {part.get('name')!r:.80}")
        if any(len(each.get("values") or ()) > _MAX_PARTS for each in attributes if isinstance(each, dict)):
            raise LabelError(f"an attribute has at most {_MAX_PARTS} values", where=f"label {part.get('name')!r:.80}")
    label = Label.from_raw(raw)
    if label.type == "skeleton" and not label.sublabels:
        raise LabelError("a skeleton needs at least one joint", where=f"label {label.name!r}")
    if any(joint.type == "skeleton" for joint in label.sublabels):
        raise LabelError("a joint cannot be a skeleton itself", where=f"label {label.name!r}")
    return label


def _known(label: Label, present: LabelSet) -> Label:
    """Leave out ids that mean nothing here: they come with labels copied from another task."""
    old = next((each for each in present if each.id == label.id), None) if label.id else None
    return _with_ids_of(label, old)


def _with_ids_of(label: Label, old: Label | None) -> Label:
    specs = {spec.id for spec in old.attributes} if old else set()
    joints = {joint.id: joint for joint in old.sublabels} if old else {}

    def attribute(spec: Attribute) -> Attribute:
        return spec if spec.id in specs else replace(spec, id=0)

    return replace(
        label,
        id=old.id if old else 0,
        attributes=tuple(attribute(spec) for spec in label.attributes),
        sublabels=tuple(_with_ids_of(joint, joints.get(joint.id)) for joint in label.sublabels),
    )


def _what(present: LabelSet, wanted: LabelSet) -> str:
    """Name a change, for the button that takes it back."""
    before, after = {label.id: label for label in present}, {label.id: label for label in wanted}
    added = [label.name for key, label in after.items() if key not in before]
    removed = [label.name for key, label in before.items() if key not in after]
    changed = [label.name for key, label in before.items() if key in after and after[key] != label]
    named = [("Add", added), ("Delete", removed), ("Change", changed)]
    if not (added or removed or changed):
        return "Change the order"
    parts = [f"{verb} {names[0]}" if len(names) == 1 else f"{verb} {len(names)} labels" for verb, names in named if names]
    return parts[0] if len(parts) == 1 else "Change labels"
