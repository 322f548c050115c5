"""Lists of labels that stand in a text file, one a line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members
from cvat_widgets.formats.collecting import located, text_of
from cvat_widgets.model.labels import Label, LabelSet

__all__ = ["checked_labels", "label_lines", "label_text"]


def label_lines(members: Members, name: str) -> list[str]:
    """Return the lines of a list of labels; empty ones at its end do not count.

    Raises
    ------
    FormatError
        A line is empty, or two are the same.
    """
    lines = [line.strip() for line in text_of(members, name).rstrip().split("\n")]
    if lines == [""]:
        return []
    seen: set[str] = set()
    for number, line in enumerate(lines, 1):
        where = f"{members.where(name)}: line {number}"
        if not line:
            raise FormatError("a label has no name", where=where)
        if line in seen:
            raise FormatError(f"the label {line[:64]!r} is there twice", where=where)
        with located(where):
            Label(line)
        seen.add(line)
    return lines


def checked_labels(labels: Sequence[Label], where: str) -> LabelSet:
    """Return labels numbered; what is wrong with one is an error of the file."""
    with located(where):
        return LabelSet(tuple(labels))


def label_text(names: Iterable[str]) -> str:
    """Return a list of labels as text, one a line."""
    return "".join(f"{' '.join(name.split())}\n" for name in names)
