"""Skeleton templates: joints on a square of 100 by 100, the edges between them, and CVAT's SVG of both."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from html import escape, unescape
from pathlib import Path

from cvat_widgets.errors import LabelError
from cvat_widgets.model.labels import Attribute, Label

__all__ = ["SkeletonTemplate"]

_MAX_TEXT = 1 << 20
_MAX_JOINTS = 500
_MAX_EDGES = 5000
_SIDE = 100.0
_HOSTILE = re.compile(r"<!DOCTYPE|<!ENTITY|<script|<foreignObject|<iframe|<!\[CDATA\[", re.IGNORECASE)
_TAG = re.compile(r"<(circle|line)\b([^<>]{0,2000})>")
_DESCRIPTION = re.compile(r"<desc\b[^<>]{0,200}labels-specification[^<>]{0,200}>([^<]*)</desc>")
_VALUE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


@dataclass(frozen=True)
class SkeletonTemplate:
    """What a skeleton looks like before it is drawn.

    Parameters
    ----------
    joints
        Name to place, ``(x, y)`` from 0 to 100, x to the right and y down; in the order of the joints.
    edges
        Pairs of names.

    Raises
    ------
    LabelError
        There is no joint, a place is not within the square, or an edge names a joint that does not exist.

    Examples
    --------
    >>> arm = SkeletonTemplate({"shoulder": (20, 20), "elbow": (50, 60), "hand": (80, 30)}, [("shoulder", "elbow"), ("elbow", "hand")])
    >>> arm.label("arm").sublabels[1].name
    'elbow'
    """  # noqa: E501  # an example has no good place to break

    joints: Mapping[str, tuple[float, float]]
    edges: tuple[tuple[str, str], ...] = ()

    def __init__(self, joints: Mapping[str, Iterable[float]], edges: Iterable[Iterable[str]] = ()) -> None:
        placed = {str(name): _place(str(name), place) for name, place in joints.items()}
        if not placed:
            raise LabelError("a skeleton needs at least one joint")
        if len(placed) > _MAX_JOINTS:
            raise LabelError(f"a skeleton has at most {_MAX_JOINTS} joints")
        object.__setattr__(self, "joints", placed)
        object.__setattr__(self, "edges", _edges(edges, placed))

    @classmethod
    def from_svg(cls, svg: str | Path) -> SkeletonTemplate:
        """Read CVAT's SVG: of a label, or a file that its skeleton editor exported.

        Parameters
        ----------
        svg
            The text, or the path of a file.

        Raises
        ------
        LabelError
            It has no joints, is larger than 1 MiB, or holds scripts, entities or foreign content.
        """
        marks, edges = _read(_text_of(svg))
        if not marks:
            raise LabelError(
                "there are no joints in it", where="skeleton SVG", hint="Use an SVG that CVAT or cw.LabelEditor exported."
            )
        names = [mark.name for mark in marks]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise LabelError(f"the joint {min(twice)!r} is there twice", where="skeleton SVG")
        return cls({mark.name: mark.place for mark in marks}, [(names[start], names[end]) for start, end in edges])

    @classmethod
    def from_label(cls, label: Label, former: Label | None = None) -> SkeletonTemplate:
        """Return the template of a skeleton label; joints its SVG lacks stand on a circle.

        Parameters
        ----------
        former
            The label before its joints were renamed, whose names the SVG may still have.
        """
        by_id = {str(joint.id): joint.name for joint in label.sublabels if joint.id}
        renamed = {joint.name: by_id.get(str(joint.id)) for joint in (former.sublabels if former else ())}
        known = {joint.name for joint in label.sublabels}
        marks, edges = _read(_text_of(label.svg))

        def called(mark: _Mark) -> str | None:
            if mark.label_id is not None:
                return by_id.get(mark.label_id)
            # An SVG that did not change speaks of the joints as they were called.
            if former is not None and label.svg == former.svg and mark.name in renamed:
                return renamed[mark.name]
            return mark.name if mark.name in known else renamed.get(mark.name)

        names = [called(mark) for mark in marks]
        places = {name: mark.place for name, mark in zip(names, marks, strict=True) if name is not None}
        joints: dict[str, tuple[float, float]] = {}
        for index, joint in enumerate(label.sublabels):
            angle = 2 * math.pi * index / len(label.sublabels)
            joints[joint.name] = places.get(joint.name, (50 + 40 * math.sin(angle), 50 - 40 * math.cos(angle)))
        pairs = [(names[start], names[end]) for start, end in edges]
        return cls(joints, [(start, end) for start, end in pairs if start is not None and end is not None])

    def to_svg(self) -> str:
        """Return the SVG that a label keeps: edges as lines, then joints as circles."""
        number = {name: index for index, name in enumerate(self.joints, start=1)}
        parts = []
        for start, end in self.edges:
            (x1, y1), (x2, y2) = self.joints[start], self.joints[end]
            parts.append(
                f'<line x1="{_number(x1)}" y1="{_number(y1)}" x2="{_number(x2)}" y2="{_number(y2)}" data-type="edge" '
                f'data-node-from="{number[start]}" data-node-to="{number[end]}"></line>'
            )
        parts.extend(
            f'<circle r="0.75" cx="{_number(x)}" cy="{_number(y)}" data-type="element node" data-element-id="{number[name]}" '
            f'data-node-id="{number[name]}" data-label-name="{escape(name)}"></circle>'
            for name, (x, y) in self.joints.items()
        )
        return "\n".join(parts)

    def label(self, name: str, *, color: str | None = None, attributes: Iterable[Attribute] = ()) -> Label:
        """Return a skeleton label with these joints, all without attributes of their own."""
        joints = tuple(Label(joint, type="points") for joint in self.joints)
        return Label(
            name, color=color, type="skeleton", attributes=tuple(attributes), sublabels=joints, svg=self.to_svg()  # type: ignore[arg-type]
        )  # fmt: skip

    @staticmethod
    def cleaned(label: Label, former: Label | None = None) -> Label:
        """Return a skeleton label whose SVG was written anew, so that it holds joints and edges and nothing else."""
        return replace(label, svg=SkeletonTemplate.from_label(label, former).to_svg())


@dataclass(frozen=True)
class _Mark:
    """A circle of an SVG."""

    name: str
    label_id: str | None
    place: tuple[float, float]


def _read(text: str) -> tuple[list[_Mark], list[tuple[int, int]]]:
    """Return the joints of an SVG, and its edges as pairs of indices."""
    described = _names_in(text)
    nodes: dict[str, int] = {}
    marks: list[_Mark] = []
    lines: list[tuple[str, str]] = []
    for tag, inside in _TAG.findall(text):
        values = {name: unescape(double or single) for name, double, single in _VALUE.findall(inside)}
        node = values.get("data-node-id")
        if tag == "line":
            lines.append((values.get("data-node-from", ""), values.get("data-node-to", "")))
        elif node is not None and node not in nodes:
            name = values.get("data-label-name") or described.get(values.get("data-element-id", ""))
            nodes[node] = len(marks)
            marks.append(_Mark(name or node, None if name else values.get("data-label-id"), _clamped(name or node, values)))
        if len(marks) > _MAX_JOINTS or len(lines) > _MAX_EDGES:
            raise LabelError(f"a skeleton has at most {_MAX_JOINTS} joints and {_MAX_EDGES} edges", where="skeleton SVG")
    return marks, [(nodes[start], nodes[end]) for start, end in lines if start in nodes and end in nodes]


def _names_in(text: str) -> dict[str, str]:
    """Return the names that an exported file describes beside its circles, by element."""
    found = _DESCRIPTION.search(text)
    try:
        described = json.loads(unescape(found.group(1))) if found else {}
    except (ValueError, RecursionError):
        return {}
    if not isinstance(described, dict):
        return {}
    named = {key: each.get("name") for key, each in described.items() if isinstance(each, dict)}
    return {key: name for key, name in named.items() if isinstance(name, str)}


def _text_of(svg: str | Path) -> str:
    if isinstance(svg, Path) or ("<" not in svg and svg.lower().endswith(".svg")):
        path = Path(svg)
        try:
            if path.stat().st_size > _MAX_TEXT:
                raise LabelError("the file is larger than 1 MiB", where=str(path))
            svg = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise LabelError(f"the file cannot be read: {error}", where=str(path)) from None
    if len(svg) > _MAX_TEXT:
        raise LabelError("it is larger than 1 MiB", where="skeleton SVG")
    hostile = _HOSTILE.search(svg)
    if hostile:
        raise LabelError(
            f"it holds {hostile.group()!r}", where="skeleton SVG", hint="Only circles and lines belong into a template."
        )
    return svg


def _place(name: str, place: Iterable[float]) -> tuple[float, float]:
    try:
        x, y = (float(value) for value in place)
    except (TypeError, ValueError):
        raise LabelError("a joint stands at (x, y)", where=f"joint {name!r}") from None
    if not (0 <= x <= _SIDE and 0 <= y <= _SIDE):
        raise LabelError(f"({x}, {y}) is not within 0 to 100", where=f"joint {name!r}")
    return x, y


def _clamped(name: str, values: Mapping[str, str]) -> tuple[float, float]:
    try:
        x, y = float(values.get("cx", "50")), float(values.get("cy", "50"))
    except ValueError:
        x = y = math.nan
    if not (math.isfinite(x) and math.isfinite(y)):
        raise LabelError("cx and cy are not numbers", where=f"skeleton SVG, joint {name!r}")
    return min(max(x, 0.0), _SIDE), min(max(y, 0.0), _SIDE)


def _edges(edges: Iterable[Iterable[str]], joints: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    kept: dict[frozenset[str], tuple[str, str]] = {}
    for edge in edges:
        pair = tuple(edge)
        if len(pair) != 2:
            raise LabelError(f"an edge joins two joints, not {len(pair)}")
        start, end = pair
        for name in (start, end):
            if name not in joints:
                raise LabelError(
                    f"an edge names the joint {name!r}, which does not exist", hint=f"There are: {', '.join(joints)}."
                )
        if start != end:
            kept.setdefault(frozenset((start, end)), (start, end))
    if len(kept) > _MAX_EDGES:
        raise LabelError(f"a skeleton has at most {_MAX_EDGES} edges")
    return tuple(kept.values())


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
