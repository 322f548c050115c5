"""Markdown as a tree that a browser can show: headings, emphasis, lists, links, code, tables, quotes, pictures of the guide.

The text is written by others. Nothing in the tree is HTML: what looks like a tag stays text, a link goes to ``http`` or
``https`` and nowhere else, and a picture is named, never addressed. Depth and number of nodes are bounded, and so is the time:
no part of the text is looked at more often than it can be nested.

A node is a text or ``{"t": type, ...}``: blocks ``h`` (``level``), ``p``, ``ul``, ``ol`` (``start``), ``li``, ``quote``,
``pre`` (``text``), ``table`` (``head``, ``rows``, ``align``), ``hr``; in lines ``em``, ``strong``, ``del``, ``code``
(``text``), ``a`` (``href``), ``img`` (``name``, ``alt``), ``br``. What is inside is ``c``.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from cvat_widgets.widgets.markdown_inline import Inline, Node

__all__ = ["parse_markdown"]

_MAX_NODES = 20_000
_MAX_DEPTH = 8
_MAX_COLUMNS = 30
_TOO_LONG = "The guide is longer than what can be shown; this is its beginning."

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[^`]*$")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+|$)")
_QUOTE = re.compile(r" {0,3}> ?")
_ITEM = re.compile(r"( {0,3})([-*+]|\d{1,9}[.)])(?:( {1,4})(?=\S)|[ \t]*$)")
_DELIMITER = re.compile(r":?-+:?")


def parse_markdown(text: str, pictures: Collection[str] = ()) -> list[Node]:
    """Read Markdown.

    Parameters
    ----------
    text
        The text.
    pictures
        Names of the pictures that may be shown; others become links or their description.

    Returns
    -------
    list
        The blocks.
    """
    return _Blocks(Inline(frozenset(pictures), _MAX_NODES)).parse(text.expandtabs(4).replace("\r\n", "\n").split("\n"))


class _Blocks:
    """Reads lines."""

    def __init__(self, inline: Inline) -> None:
        self.inline = inline

    def parse(self, lines: list[str]) -> list[Node]:
        blocks = self._blocks(lines, 0)
        if self.inline.spent:
            blocks.append({"t": "p", "c": [{"t": "em", "c": [_TOO_LONG]}]})
        return blocks

    def _blocks(self, lines: list[str], depth: int) -> list[Node]:
        blocks: list[Node] = []
        at = 0
        while at < len(lines) and not self.inline.spent:
            if not lines[at].strip():
                at += 1
                continue
            block, at = self._block(lines, at, depth)
            self.inline.count()
            blocks.append(block)
        return blocks

    def _block(self, lines: list[str], at: int, depth: int) -> tuple[Node, int]:
        line = lines[at]
        if _FENCE.match(line):
            return _fenced(lines, at)
        if heading := _HEADING.match(line):
            text = line[heading.end() :].rstrip().rstrip("#").rstrip()
            return {"t": "h", "level": len(heading[1]), "c": self.inline.parse(text)}, at + 1
        if _is_rule(line):
            return {"t": "hr"}, at + 1
        if depth < _MAX_DEPTH:
            if _QUOTE.match(line):
                return self._quote(lines, at, depth)
            if item := _ITEM.match(line):
                return self._list(lines, at, depth, item)
        if "|" in line and at + 1 < len(lines) and (align := _alignment(lines[at + 1])):
            return self._table(lines, at, align)
        return self._paragraph(lines, at, depth)

    def _paragraph(self, lines: list[str], at: int, depth: int) -> tuple[Node, int]:
        found = [lines[at]]
        at += 1
        while at < len(lines) and lines[at].strip():
            line = lines[at]
            under = line.strip()
            if set(under) == {"="} or (set(under) == {"-"} and len(under) > 1):
                level = 1 if under[0] == "=" else 2
                return {"t": "h", "level": level, "c": self.inline.parse("\n".join(found).strip())}, at + 1
            if _starts_block(line, depth):
                break
            found.append(line)
            at += 1
        # Two blanks at the end of a line break it.
        text = "\n".join(line.lstrip() if line.endswith("  ") else line.strip() for line in found).strip()
        return {"t": "p", "c": self.inline.parse(text)}, at

    def _quote(self, lines: list[str], at: int, depth: int) -> tuple[Node, int]:
        inside: list[str] = []
        while at < len(lines) and (mark := _QUOTE.match(lines[at])):
            inside.append(lines[at][mark.end() :])
            at += 1
        return {"t": "quote", "c": self._blocks(inside, depth + 1)}, at

    def _list(self, lines: list[str], at: int, depth: int, first: re.Match[str]) -> tuple[Node, int]:
        kind = first[2][-1]
        items: list[Node] = []
        while at < len(lines) and not self.inline.spent:
            mark = _ITEM.match(lines[at])
            if mark is None or mark[2][-1] != kind or _is_rule(lines[at]):
                break
            indent = mark.end() if mark[3] else len(mark[1]) + len(mark[2]) + 1
            inside = [lines[at][mark.end() :]]
            at += 1
            while at < len(lines):
                line = lines[at]
                deep = len(line) - len(line.lstrip()) >= indent
                if not line.strip():
                    following = lines[at + 1] if at + 1 < len(lines) else ""
                    if not (following.strip() and len(following) - len(following.lstrip()) >= indent):
                        break
                elif not deep and (_starts_block(line, depth) or not inside[-1].strip()):
                    break
                inside.append(line[indent:] if deep else line.strip())
                at += 1
            items.append({"t": "li", "c": self._blocks(inside, depth + 1)})
            self.inline.count()
            rest = at
            while rest < len(lines) and not lines[rest].strip():
                rest += 1
            if rest < len(lines) and _ITEM.match(lines[rest]):
                at = rest
        if kind in ".)":
            return {"t": "ol", "start": int(first[2][:-1]), "c": items}, at
        return {"t": "ul", "c": items}, at

    def _table(self, lines: list[str], at: int, align: list[str]) -> tuple[Node, int]:
        width = len(align)

        def cells(line: str) -> list[list[Node]]:
            row = _cells(line)[:width]
            self.inline.count(width)
            return [self.inline.parse(cell) for cell in row] + [[] for _ in range(width - len(row))]

        head = cells(lines[at])
        at += 2
        rows = []
        while at < len(lines) and "|" in lines[at] and not self.inline.spent:
            rows.append(cells(lines[at]))
            at += 1
        return {"t": "table", "align": align, "head": head, "rows": rows}, at


def _fenced(lines: list[str], at: int) -> tuple[dict[str, Any], int]:
    opening = lines[at].strip()
    mark = opening[0] * (len(opening) - len(opening.lstrip(opening[0])))
    inside: list[str] = []
    at += 1
    while at < len(lines):
        line = lines[at].strip()
        at += 1
        if line.startswith(mark) and not line.strip(mark[0]):
            break
        inside.append(lines[at - 1])
    return {"t": "pre", "text": "\n".join(inside)}, at


def _is_rule(line: str) -> bool:
    packed = line.replace(" ", "")
    return len(packed) >= 3 and packed[0] in "-*_" and not packed.strip(packed[0])


def _starts_block(line: str, depth: int) -> bool:
    nests = depth < _MAX_DEPTH and bool(_QUOTE.match(line) or _ITEM.match(line))
    return nests or bool(_FENCE.match(line) or _HEADING.match(line)) or _is_rule(line)


def _cells(line: str) -> list[str]:
    packed = line.strip().removeprefix("|")
    packed = packed[:-1] if packed.endswith("|") and not packed.endswith("\\|") else packed
    parts = packed.replace("\\|", "\0").split("|", _MAX_COLUMNS)
    return [part.replace("\0", "|").strip() for part in parts[:_MAX_COLUMNS]]


def _alignment(line: str) -> list[str] | None:
    """Return how the columns of a table are set, ``None`` if the line is not the one under a table's head."""
    if "|" not in line or "-" not in line:
        return None
    cells = _cells(line)
    if not all(_DELIMITER.fullmatch(cell) for cell in cells):
        return None
    names = {(True, True): "center", (False, True): "right", (True, False): "left", (False, False): ""}
    return [names[cell.startswith(":"), cell.endswith(":")] for cell in cells]
