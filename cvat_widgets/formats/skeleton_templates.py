"""Edges of skeletons: out of CVAT's template of a label, and a template made of edges."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from html import escape, unescape

from cvat_widgets.model.labels import Label

__all__ = ["skeleton_edges", "skeleton_template"]

_TAG = re.compile(r"<(circle|line)\b([^<>]*)>")
_VALUE = re.compile(r'([\w-]+)\s*=\s*"([^"]*)"')


def skeleton_edges(label: Label) -> list[list[int]]:
    """Return pairs of joints that are joined, counted from 1 in the order of the sublabels."""
    position = {joint.name: index for index, joint in enumerate(label.sublabels, start=1)}
    by_id = {str(joint.id): index for index, joint in enumerate(label.sublabels, start=1)}
    nodes: dict[str, int] = {}
    lines: list[tuple[str, str]] = []
    for tag, text in _TAG.findall(label.svg):
        values = {name: unescape(value) for name, value in _VALUE.findall(text)}
        if tag == "circle":
            joint = position.get(values.get("data-label-name", "")) or by_id.get(values.get("data-label-id", ""))
            if joint:
                nodes[values.get("data-node-id", "")] = joint
        elif "data-node-from" in values and "data-node-to" in values:
            lines.append((values["data-node-from"], values["data-node-to"]))
    return [[nodes[start], nodes[end]] for start, end in lines if start in nodes and end in nodes]


def skeleton_template(names: Sequence[str], edges: Iterable[Sequence[int]]) -> str:
    """Return a template with the joints on a circle, for files that know edges but no places."""
    count = max(len(names), 1)
    angles = [2 * math.pi * index / count for index in range(len(names))]
    places = [(round(50 + 40 * math.sin(angle), 2), round(50 - 40 * math.cos(angle), 2)) for angle in angles]
    parts = []
    for start, end in edges:
        if 1 <= start <= len(names) and 1 <= end <= len(names) and start != end:
            (x1, y1), (x2, y2) = places[start - 1], places[end - 1]
            parts.append(
                f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" data-type="edge" data-node-from="{start}" data-node-to="{end}">'
                "</line>"
            )
    for number, (name, (x, y)) in enumerate(zip(names, places, strict=True), start=1):
        parts.append(
            f'<circle r="0.75" cx="{x}" cy="{y}" data-type="element node" data-element-id="{number}" data-node-id="{number}" '
            f'data-label-name="{escape(name)}"></circle>'
        )
    return "".join(parts)
