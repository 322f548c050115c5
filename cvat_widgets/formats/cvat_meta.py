"""The ``<meta>`` of CVAT's XML: the task and its labels, read and written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from xml.sax.saxutils import escape

from cvat_widgets.errors import LabelError
from cvat_widgets.model.kinds import LABEL_TYPES
from cvat_widgets.model.labels import Attribute, Label

__all__ = ["MetaReader", "label_lines"]

_MOST_LABELS = 10_000


class MetaReader:
    """Collects what ``<meta>`` says while the parser is inside it."""

    def __init__(self) -> None:
        self.depth = 0
        self._path: list[str] = []
        self._labels: list[dict[str, Any]] = []
        self._facts: dict[str, Any] = {}

    def start(self, name: str) -> None:
        """An element begins."""
        self.depth += 1
        self._path.append(name)
        if name == "label" and self._path[-2:-1] == ["labels"]:
            if len(self._labels) >= _MOST_LABELS:
                raise LabelError(f"the file has more than {_MOST_LABELS} labels")
            self._labels.append({"attributes": []})
        elif name == "attribute" and self._labels and "label" in self._path:
            self._labels[-1]["attributes"].append({})

    def end(self, name: str, text: str) -> None:
        """An element ends; ``text`` is what it held."""
        parent = self._path[-2] if len(self._path) > 1 else ""
        if parent == "label" and self._labels and name in ("name", "color", "type", "svg", "parent"):
            self._labels[-1][name] = text
        elif parent == "attribute" and self._labels and self._labels[-1]["attributes"]:
            self._labels[-1]["attributes"][-1][name] = text
        elif parent in ("task", "job", "project") and name not in ("labels", "segments", "owner", "assignee", "original_size"):
            self._facts[name] = text
        elif parent == "original_size" and text.strip().isdigit():
            width, height = self._facts.get("original_size", (0, 0))
            number = min(int(text), 1 << 20)
            self._facts["original_size"] = (number, height) if name == "width" else (width, number)
        self._path.pop()
        self.depth -= 1

    def facts(self) -> dict[str, Any]:
        """Return what is known of the task: ``name, size, mode, ...`` as text."""
        size = self._facts.get("size", "")
        return self._facts | {"size": int(size) if size.strip().isdigit() else 0}

    def labels(self) -> list[Label]:
        """Return the declared labels; joints stand with their skeletons."""
        top = [raw for raw in self._labels if not raw.get("parent")]
        return [
            _label(raw, [child for child in self._labels if child.get("parent") == raw.get("name")])
            for raw in top
            if raw.get("name")
        ]


def _label(raw: dict[str, Any], joints: list[dict[str, Any]]) -> Label:
    kind = raw.get("type") or "any"
    return Label(
        name=raw["name"],
        color=raw.get("color") or None,  # type: ignore[arg-type]
        type=("skeleton" if joints else kind) if kind in LABEL_TYPES else "any",
        attributes=tuple(_attribute(attribute) for attribute in raw["attributes"] if attribute.get("name")),
        sublabels=tuple(_label(joint, []) for joint in joints),
        svg=raw.get("svg") or "",
    )


def _attribute(raw: dict[str, str]) -> Attribute:
    values = tuple(line.strip() for line in raw.get("values", "").split("\n") if line.strip())
    input_type = raw.get("input_type") or "text"
    return Attribute(
        name=raw["name"],
        input_type=input_type,  # type: ignore[arg-type]  # checked by the class
        values=values if input_type in ("select", "radio", "number") else (),
        default=raw.get("default_value") or None,  # type: ignore[arg-type]
        mutable=raw.get("mutable", "").strip().lower() == "true",
    )


def label_lines(labels: Iterable[Label], indent: str) -> list[str]:
    """Return the lines between ``<labels>`` and ``</labels>``."""
    lines: list[str] = []
    for top in labels:
        for label in (top, *top.sublabels):
            lines += [
                f"{indent}<label>",
                f"{indent}  <name>{escape(label.name)}</name>",
                f"{indent}  <color>{label.color}</color>",
                f"{indent}  <type>{label.type}</type>",
                f"{indent}  <attributes>",
            ]
            for spec in label.attributes:
                values = "\n".join(escape(value) for value in spec.values)
                lines += [
                    f"{indent}    <attribute>",
                    f"{indent}      <name>{escape(spec.name)}</name>",
                    f"{indent}      <mutable>{spec.mutable}</mutable>",
                    f"{indent}      <input_type>{spec.input_type}</input_type>",
                    f"{indent}      <default_value>{escape(spec.default)}</default_value>",
                    f"{indent}      <values>{values}</values>",
                    f"{indent}    </attribute>",
                ]
            lines.append(f"{indent}  </attributes>")
            if label.type == "skeleton":
                lines.append(f"{indent}  <svg>{escape(label.svg)}</svg>")
            if label is not top:
                lines.append(f"{indent}  <parent>{escape(top.name)}</parent>")
            lines.append(f"{indent}</label>")
    return lines
