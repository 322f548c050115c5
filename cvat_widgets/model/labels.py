"""Labels, attributes and skeleton templates of a task."""

from __future__ import annotations

import colorsys
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cvat_widgets.errors import LabelError
from cvat_widgets.model.kinds import INPUT_TYPES, LABEL_TYPES, InputType, LabelType

__all__ = ["Attribute", "Label", "LabelSet", "color_from_name"]

_MAX_NAME = 64
_MAX_DEFAULT = 128
_MAX_VALUE = 4096
_COLOR = re.compile(r"#[0-9a-f]{6}")


def color_from_name(name: str) -> str:
    """Give a label name its colour, the same on every machine.

    The hue comes from a hash of the name; saturation and lightness are kept in a band that is readable on
    light and dark pictures.

    Parameters
    ----------
    name
        Label name.

    Returns
    -------
    str
        ``#rrggbb``, lower case.
    """
    digest = hashlib.sha256(name.encode()).digest()
    hue = int.from_bytes(digest[:2], "big") / 65536
    lightness = 0.48 + digest[2] / 255 * 0.14
    saturation = 0.62 + digest[3] / 255 * 0.28
    red, green, blue = colorsys.hls_to_rgb(hue, lightness, saturation)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def _text(value: object) -> str:
    """Attribute values are text everywhere; booleans are CVAT's ``true`` and ``false``."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


@dataclass(frozen=True)
class Attribute:
    """One property an annotator fills in for objects of a label.

    Parameters
    ----------
    name
        At most 64 characters, unique in its label.
    input_type
        ``select``, ``radio``, ``checkbox``, ``text`` or ``number``.
    values
        Choices of a select or radio; ``(min, max, step)`` of a number; empty otherwise.
    default
        Value of a new object. ``None``: the first choice, the minimum, ``false`` or the empty text.
    mutable
        Whether the value may change along a track.
    id
        Given by the store; ``0`` while it has none.

    Raises
    ------
    LabelError
        If the definition contradicts itself.
    """

    name: str
    input_type: InputType = "text"
    values: tuple[str, ...] = ()
    default: str = None  # type: ignore[assignment]  # filled in __post_init__
    mutable: bool = False
    id: int = 0

    def __post_init__(self) -> None:
        where = f"attribute {self.name!r}"
        if not isinstance(self.name, str) or not self.name.strip():
            raise LabelError("an attribute needs a name", where=where)
        if len(self.name) > _MAX_NAME:
            raise LabelError(f"the name is longer than {_MAX_NAME} characters", where=where)
        if self.input_type not in INPUT_TYPES:
            raise LabelError(
                f"{self.input_type!r} is not an input type", where=where, hint=f"Use one of {', '.join(INPUT_TYPES)}."
            )
        if isinstance(self.values, str):
            raise LabelError("values must be a list of texts, not one text", where=where)
        values = tuple(_text(value) for value in self.values)
        if self.input_type in ("select", "radio") and not values:
            raise LabelError(f"a {self.input_type} attribute needs at least one value", where=where)
        if self.input_type == "number":
            values = self._number_values(values, where)
        default = self._default_for(values) if self.default is None else _text(self.default)
        if len(default) > _MAX_DEFAULT:
            raise LabelError(f"the default is longer than {_MAX_DEFAULT} characters", where=where)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "default", default)
        problem = self.problem_with(default)
        if problem:
            raise LabelError(f"the default {default!r} {problem}", where=where)

    @staticmethod
    def _number_values(values: tuple[str, ...], where: str) -> tuple[str, ...]:
        values = values or ("0", "100", "1")
        if len(values) != 3:
            raise LabelError("a number attribute has three values: minimum, maximum and step", where=where)
        try:
            low, high, step = (float(value) for value in values)
        except ValueError:
            raise LabelError(f"minimum, maximum and step must be numbers, not {values}", where=where) from None
        if not (low <= high and step > 0):
            raise LabelError("a number attribute needs minimum <= maximum and a step above 0", where=where)
        return values

    def _default_for(self, values: tuple[str, ...]) -> str:
        if self.input_type == "checkbox":
            return "false"
        return values[0] if values and self.input_type != "text" else ""

    def problem_with(self, value: str) -> str | None:
        """Say why ``value`` cannot be a value of this attribute, or ``None`` if it can."""
        if len(value) > _MAX_VALUE:
            return f"is longer than {_MAX_VALUE} characters"
        if self.input_type == "checkbox" and value not in ("true", "false"):
            return "is neither 'true' nor 'false'"
        if self.input_type in ("select", "radio") and value not in self.values:
            return f"is not one of {', '.join(self.values)}"
        if self.input_type == "number":
            low, high, _ = (float(bound) for bound in self.values)
            try:
                number = float(value)
            except ValueError:
                return "is not a number"
            if not low <= number <= high:
                return f"is not between {self.values[0]} and {self.values[1]}"
        return None

    def to_raw(self) -> dict[str, Any]:
        """Return CVAT's JSON form."""
        return {
            "id": self.id,
            "name": self.name,
            "mutable": self.mutable,
            "input_type": self.input_type,
            "default_value": self.default,
            "values": list(self.values),
        }

    @classmethod
    def from_raw(cls, raw: Mapping[str, Any]) -> Attribute:
        """Read CVAT's JSON form; unknown keys are ignored."""
        if not isinstance(raw, Mapping) or "name" not in raw:
            raise LabelError(f"an attribute is an object with a name, not {raw!r}")
        values = raw.get("values") or ()
        if isinstance(values, str):
            values = values.split("\n")
        input_type = raw.get("input_type", "text")
        if input_type == "text":
            values = ()
        return cls(
            name=raw["name"],
            input_type=input_type,
            values=tuple(values),
            default=raw.get("default_value"),  # type: ignore[arg-type]
            mutable=bool(raw.get("mutable", False)),
            id=int(raw.get("id", 0) or 0),
        )


@dataclass(frozen=True)
class Label:
    """A class of objects.

    Parameters
    ----------
    name
        At most 64 characters, unique in its task.
    color
        ``#rrggbb``; by default derived from the name.
    type
        The only shape type allowed, or ``any``.
    attributes
        Attribute definitions.
    sublabels
        Joints of a skeleton; only for ``type="skeleton"``.
    svg
        Skeleton template as CVAT writes it: circles and lines, coordinates in percent. Never shown as markup.
    id
        Given by the store; ``0`` while it has none.
    """

    name: str
    color: str = None  # type: ignore[assignment]  # filled in __post_init__
    type: LabelType = "any"
    attributes: tuple[Attribute, ...] = ()
    sublabels: tuple[Label, ...] = ()
    svg: str = ""
    id: int = 0

    def __post_init__(self) -> None:
        where = f"label {self.name!r}"
        if not isinstance(self.name, str) or not self.name.strip():
            raise LabelError("a label needs a name", where=where)
        if len(self.name) > _MAX_NAME:
            raise LabelError(f"the name is longer than {_MAX_NAME} characters", where=where)
        if self.type not in LABEL_TYPES:
            raise LabelError(f"{self.type!r} is not a label type", where=where, hint=f"Use one of {', '.join(LABEL_TYPES)}.")
        color = (self.color or color_from_name(self.name)).lower()
        if not _COLOR.fullmatch(color):
            raise LabelError(f"{self.color!r} is not a colour", where=where, hint="Write it as #rrggbb.")
        if self.sublabels and self.type != "skeleton":
            raise LabelError("only a label of type skeleton has sublabels", where=where)
        object.__setattr__(self, "color", color)
        object.__setattr__(self, "attributes", tuple(self.attributes))
        object.__setattr__(self, "sublabels", tuple(self.sublabels))
        for kind, names in (
            ("attribute", [attribute.name for attribute in self.attributes]),
            ("sublabel", [sublabel.name for sublabel in self.sublabels]),
        ):
            twice = {name for name in names if names.count(name) > 1}
            if twice:
                raise LabelError(f"the {kind} {min(twice)!r} is defined twice", where=where)

    def attribute(self, name: str) -> Attribute:
        """Return the attribute called ``name``."""
        for attribute in self.attributes:
            if attribute.name == name:
                return attribute
        known = ", ".join(attribute.name for attribute in self.attributes) or "none"
        raise LabelError(f"there is no attribute {name!r}", where=f"label {self.name!r}", hint=f"It has: {known}.")

    def to_raw(self) -> dict[str, Any]:
        """Return CVAT's JSON form."""
        return {
            "id": self.id,
            "name": self.name,
            "color": self.color,
            "type": self.type,
            "attributes": [attribute.to_raw() for attribute in self.attributes],
            "sublabels": [sublabel.to_raw() for sublabel in self.sublabels],
            "svg": self.svg,
        }

    @classmethod
    def from_raw(cls, raw: str | Mapping[str, Any] | Label) -> Label:
        """Read CVAT's JSON form, or a plain name."""
        if isinstance(raw, Label):
            return raw
        if isinstance(raw, str):
            return cls(raw)
        if not isinstance(raw, Mapping) or "name" not in raw:
            raise LabelError(f"a label is a name or an object with a name, not {raw!r}")
        return cls(
            name=raw["name"],
            color=raw.get("color"),  # type: ignore[arg-type]
            type=raw.get("type") or "any",
            attributes=tuple(Attribute.from_raw(attribute) for attribute in raw.get("attributes") or ()),
            sublabels=tuple(Label.from_raw(sublabel) for sublabel in raw.get("sublabels") or ()),
            svg=raw.get("svg") or "",
            id=int(raw.get("id", 0) or 0),
        )


@dataclass(frozen=True)
class LabelSet:
    """The labels of a task, with look-ups by name and by id (sublabels included).

    Labels and attributes without an id are given the next free ones, so that a set is always fully numbered.
    """

    labels: tuple[Label, ...] = ()
    _by_id: dict[int, Label] = field(init=False, repr=False, compare=False)
    _parent: dict[int, Label] = field(init=False, repr=False, compare=False)
    _attribute_by_id: dict[int, Attribute] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = [label.name for label in self.labels]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise LabelError(f"the label {min(twice)!r} is defined twice", hint="Label names are unique in a task.")
        object.__setattr__(self, "labels", _numbered(self.labels))
        by_id: dict[int, Label] = {}
        parent: dict[int, Label] = {}
        attributes: dict[int, Attribute] = {}
        for label in self.labels:
            for each in (label, *label.sublabels):
                by_id[each.id] = each
                attributes.update((attribute.id, attribute) for attribute in each.attributes)
            parent.update((sublabel.id, label) for sublabel in label.sublabels)
        object.__setattr__(self, "_by_id", by_id)
        object.__setattr__(self, "_parent", parent)
        object.__setattr__(self, "_attribute_by_id", attributes)

    @classmethod
    def of(cls, labels: Iterable[str | Mapping[str, Any] | Label] | LabelSet | Mapping[str, Any]) -> LabelSet:
        """Build a set from names, CVAT JSON objects and :class:`Label` s, in any mixture."""
        if isinstance(labels, LabelSet):
            return labels
        if isinstance(labels, str):
            raise LabelError("labels is a list of labels, not one text", hint=f"Write labels=[{labels!r}].")
        if isinstance(labels, Mapping):
            labels = [labels]
        return cls(tuple(Label.from_raw(label) for label in labels))

    def __iter__(self) -> Iterator[Label]:
        return iter(self.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def __contains__(self, name: object) -> bool:
        return any(label.name == name for label in self.labels)

    def __getitem__(self, name: str) -> Label:
        for label in self.labels:
            if label.name == name:
                return label
        raise LabelError(f"there is no label {name!r}", hint=f"The task has: {', '.join(self.names) or 'no labels'}.")

    @property
    def names(self) -> list[str]:
        """Names in order."""
        return [label.name for label in self.labels]

    def by_id(self, label_id: int) -> Label:
        """Return the label or sublabel with this id."""
        try:
            return self._by_id[label_id]
        except KeyError:
            raise LabelError(f"there is no label with id {label_id}") from None

    def parent_of(self, label_id: int) -> Label | None:
        """Return the skeleton label a sublabel belongs to, or ``None`` for a top-level label."""
        return self._parent.get(label_id)

    def has_id(self, label_id: int) -> bool:
        """Whether a label or sublabel has this id."""
        return label_id in self._by_id

    def attribute_by_id(self, attribute_id: int) -> Attribute:
        """Return the attribute with this id, of whatever label."""
        try:
            return self._attribute_by_id[attribute_id]
        except KeyError:
            raise LabelError(f"there is no attribute with id {attribute_id}") from None

    def to_raw(self) -> list[dict[str, Any]]:
        """Return CVAT's JSON form."""
        return [label.to_raw() for label in self.labels]


def _numbered(labels: Sequence[Label]) -> tuple[Label, ...]:
    """Give ids to the labels and attributes that have none, keeping the ids that are there."""
    flat = [each for label in labels for each in (label, *label.sublabels)]
    next_label = max((label.id for label in flat), default=0) + 1
    next_attribute = max((attribute.id for label in flat for attribute in label.attributes), default=0) + 1

    def number(label: Label) -> Label:
        nonlocal next_label, next_attribute
        label_id = label.id
        if not label_id:
            label_id, next_label = next_label, next_label + 1
        attributes = []
        for attribute in label.attributes:
            if not attribute.id:
                attribute, next_attribute = replace(attribute, id=next_attribute), next_attribute + 1
            attributes.append(attribute)
        sublabels = tuple(number(sublabel) for sublabel in label.sublabels)
        return replace(label, id=label_id, attributes=tuple(attributes), sublabels=sublabels)

    return tuple(number(label) for label in labels)
