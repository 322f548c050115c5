"""Attributes in LabelMe's XML: ``name=value, name="5"``, with backslashes before what would end a part."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cvat_widgets.formats.collecting import value_text

__all__ = ["joined_attributes", "split_attributes"]

_SPECIAL = re.compile(r'([\\=",])')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_PART = re.compile(r'((?:[^\\",]|\\.|"(?:[^"\\]|\\.)*")*)(?:,|$)', re.DOTALL)
_PAIR = re.compile(r"((?:[^\\=]|\\.)*)=(.*)", re.DOTALL)


def joined_attributes(values: Mapping[str, Any]) -> str:
    """Return attributes as one text; texts that look like numbers, truths or have spaces at their ends are quoted."""
    parts = []
    for name, value in values.items():
        text = _SPECIAL.sub(r"\\\1", value_text(value))
        if isinstance(value, str) and (_looks_typed(value) or value != value.strip() or not value):
            text = f'"{text}"'
        parts.append(_SPECIAL.sub(r"\\\1", name) + "=" + text)
    return ", ".join(parts)


def split_attributes(text: str) -> dict[str, str]:
    """Return the attributes of a text; one without a value is ``true``."""
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _PART.match(text, at)
        part = match[1] if match is not None else text[at:]
        at = match.end() if match is not None and match.end() > at else len(text)
        part = part.strip()
        if not part:
            continue
        pair = _PAIR.fullmatch(part)
        name, value = (pair[1], pair[2].strip()) if pair is not None else (part, "true")
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1]
        elif value.lower() in ("true", "false"):
            value = value.lower()
        found[_ESCAPED.sub(r"\1", name.strip())] = _ESCAPED.sub(r"\1", value)
    return found


def _looks_typed(text: str) -> bool:
    if text.lower() in ("true", "false"):
        return True
    try:
        float(text)
    except ValueError:
        return False
    return True
