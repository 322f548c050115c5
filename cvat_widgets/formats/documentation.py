"""The tables of ``docs/formats.md``, made from the registry: what each format keeps, converts, and reports as lost.

``python -m cvat_widgets.formats.documentation docs/formats.md`` brings a file up to date; a test compares the two.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.registry import Format, find_format, packaged
from cvat_widgets.model.kinds import SHAPE_TYPES

__all__ = ["PROPERTIES", "formats_markdown", "updated"]

_SHAPES = (*(name for name in SHAPE_TYPES if name != "tag"), "tag")
PROPERTIES = ("track", "attribute", "group", "z_order", "rotation", "occluded", "score")
"""What objects have beyond their shape; whatever a format neither keeps nor converts is reported."""

_BEGIN, _END = "<!-- made from the registry: begin -->", "<!-- made from the registry: end -->"


def formats_markdown() -> str:
    """Return the tables: files, shapes and properties, one line a format of the package."""
    formats = [find_format(name) for name in packaged()]
    writable = [each for each in formats if each.can_write]
    readable = [each for each in formats if not each.can_write]
    parts = [
        "### Files",
        _table(("format", "import", "export", "files"), [_files(each) for each in formats]),
        "### Shapes",
        _table(("format", *_SHAPES), [_line(each, _SHAPES) for each in writable]),
        "### Properties",
        _table(("format", *PROPERTIES), [_line(each, PROPERTIES) for each in writable]),
        "### Kept in part",
        _table(("format", "also reported as lost"), [(each.name, text) for each in writable if (text := _parts(each))]),
        "### Import only",
        _table(("format", "what is read"), [(each.name, _kinds(each)) for each in readable]),
    ]
    return "\n\n".join(parts) + "\n"


def updated(text: str) -> str:
    """Return a document with the tables between its two marks made anew.

    Raises
    ------
    FormatError
        It has no marks.
    """
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise FormatError("the document has no place for the tables", hint=f"Put {_BEGIN} and {_END} where they belong")
    return f"{before}{begin}\n\n{formats_markdown()}\n{end}{after}"


def _files(each: Format) -> tuple[str, ...]:
    read = ", ".join(each.extensions) if each.can_read else ""
    text = " ".join((type(each).__doc__ or "").strip().split("\n")[0].split())
    return each.name, read, "zip" if each.can_write else "", text.replace("``", "`")


def _kinds(each: Format) -> str:
    known = [name for name in (*_SHAPES, *PROPERTIES) if name in each.kinds]
    return ", ".join(name.replace("_", "-") for name in known)


def _line(each: Format, kinds: Sequence[str]) -> tuple[str, ...]:
    return each.name, *(_cell(each, kind) for kind in kinds)


def _cell(each: Format, kind: str) -> str:
    if kind in each.converts:
        return f"→ {each.converts[kind]}"
    return "kept" if kind in each.kinds else "reported"


def _parts(each: Format) -> str:
    """Return what a format reports of kinds it holds, as its own method says it."""
    method = type(each).partial_losses
    if method is Format.partial_losses:
        return ""
    return (method.__doc__ or "").strip().split("\n")[0].removeprefix("Return ").replace("``", "`").rstrip(".")


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in rows)


def main(arguments: Sequence[str]) -> None:
    """Bring documents up to date."""
    for argument in arguments:
        path = Path(argument)
        path.write_text(updated(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
