"""Emphasis, code, links and pictures within lines of Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

__all__ = ["Inline", "Node", "safe_link"]

Node = str | dict[str, Any]

_MAX_NESTED = 8
_MAX_LINK = 2000
_MAX_CODE = 5000
_SCHEMES = ("http", "https")
_MARKS = {"*": "em", "**": "strong", "_": "em", "__": "strong", "~~": "del"}

_PLAIN = re.compile(r"[^\\`*_~\[\]!<\nh]+|h(?!ttps?://)")
_TARGET = re.compile(
    r"\(\s*<?([^\s()<>]{1,2000}(?:\([^\s()<>]{0,200}\)[^\s()<>]{0,200})?)>?(?:\s+[\"'][^\"']{0,300}[\"'])?\s*\)"
)
_PICTURE = re.compile(r"!\[([^\[\]]{0,500})\]")
_ANGLE = re.compile(r"<(https?://[^\s<>]{1,2000})>", re.IGNORECASE)
_BARE = re.compile(r"https?://[^\s<>\[\]\"'`*|]{1,2000}", re.IGNORECASE)
_BREAK = re.compile(r"<br\s{0,3}/?>", re.IGNORECASE)
_TICKS = re.compile(r"`+")
_MARK = re.compile(r"\*\*|__|~~|\*|_")


def safe_link(target: str) -> str | None:
    """Return an address that may be followed, ``None`` if it is none: only ``http`` and ``https`` with a host."""
    if len(target) > _MAX_LINK or any(ord(sign) <= 32 or sign in "\"'<>`\\" or ord(sign) == 127 for sign in target):
        return None
    try:
        parts = urlsplit(target)
        host = parts.hostname
    except ValueError:
        return None
    return target if parts.scheme.lower() in _SCHEMES and host else None


@dataclass
class _Open:
    """What has begun and not ended: an emphasis, or the text of a link."""

    kind: str
    mark: str
    found: list[Node] = field(default_factory=list)


class Inline:
    """Reads lines, and counts the nodes of the whole text.

    Parameters
    ----------
    pictures
        Names of the pictures that may be shown.
    budget
        How many nodes there may be.
    """

    def __init__(self, pictures: frozenset[str], budget: int) -> None:
        self.pictures = pictures
        self._left = budget

    @property
    def spent(self) -> bool:
        """Whether there may be no more nodes."""
        return self._left <= 0

    def count(self, nodes: int = 1) -> None:
        """Take note of nodes that were made elsewhere."""
        self._left -= nodes

    def parse(self, text: str) -> list[Node]:
        """Read the text of one block."""
        stack = [_Open("", "")]
        at = 0
        while at < len(text) and not self.spent:
            at = self._step(text, at, stack)
        while len(stack) > 1:
            _give_up(stack)
        return _joined(stack[0].found)

    def _add(self, stack: list[_Open], node: Node) -> None:
        self._left -= isinstance(node, dict)
        stack[-1].found.append(node)

    def _step(self, text: str, at: int, stack: list[_Open]) -> int:
        sign = text[at]
        if plain := _PLAIN.match(text, at):
            stack[-1].found.append(plain[0])
            return plain.end()
        if sign == "\\" and at + 1 < len(text):
            if text[at + 1] == "\n":
                self._add(stack, {"t": "br"})
            else:
                stack[-1].found.append(text[at + 1] if not text[at + 1].isalnum() else text[at : at + 2])
            return at + 2
        if sign == "\n":
            return self._line_end(text, at, stack)
        if ticks := _TICKS.match(text, at):
            return self._code(text, ticks, stack)
        if sign == "[" and len(stack) <= _MAX_NESTED and not any(each.kind == "a" for each in stack):
            stack.append(_Open("a", "["))
            return at + 1
        if sign == "]":
            return self._link_end(text, at, stack)
        if sign in "*_~" and (mark := _MARK.match(text, at)):
            return self._emphasis(text, at, mark[0], stack)
        return self._special(text, at, stack)

    def _special(self, text: str, at: int, stack: list[_Open]) -> int:
        """Pictures, addresses that stand for themselves, line breaks; anything else is the sign it is."""
        if (picture := _PICTURE.match(text, at)) and (target := _TARGET.match(text, picture.end())):
            self._add(stack, self._picture(target[1], picture[1]))
            return target.end()
        if (angle := _ANGLE.match(text, at)) and (href := safe_link(angle[1])):
            self._add(stack, {"t": "a", "href": href, "c": [href]})
            return angle.end()
        if found := _BREAK.match(text, at):
            self._add(stack, {"t": "br"})
            return found.end()
        if not any(each.kind == "a" for each in stack) and (bare := _BARE.match(text, at)):
            address = bare[0].rstrip(".,;:!?")
            if address.endswith(")") and "(" not in address:
                address = address.rstrip(")")
            if href := safe_link(address):
                self._add(stack, {"t": "a", "href": href, "c": [href]})
                return at + len(address)
        stack[-1].found.append(text[at])
        return at + 1

    def _picture(self, target: str, alt: str) -> Node:
        name = target.rsplit("/", 1)[-1]
        if name in self.pictures:
            return {"t": "img", "name": name, "alt": alt}
        # A picture from elsewhere would tell its server who reads the guide.
        href = safe_link(target)
        return {"t": "a", "href": href, "c": [alt or href]} if href else alt

    def _line_end(self, text: str, at: int, stack: list[_Open]) -> int:
        before = stack[-1].found
        hard = at >= 2 and text[at - 2 : at] == "  "
        if before and isinstance(before[-1], str):
            before[-1] = before[-1].rstrip(" ")
        if hard:
            self._add(stack, {"t": "br"})
        else:
            before.append("\n")
        return at + 1

    def _code(self, text: str, ticks: re.Match[str], stack: list[_Open]) -> int:
        for closing in _TICKS.finditer(text, ticks.end(), min(len(text), ticks.end() + _MAX_CODE)):
            if len(closing[0]) == len(ticks[0]):
                inside = text[ticks.end() : closing.start()].replace("\n", " ")
                padded = len(inside) > 2 and inside[0] == inside[-1] == " " and inside.strip()
                self._add(stack, {"t": "code", "text": inside[1:-1] if padded else inside})
                return closing.end()
        stack[-1].found.append(ticks[0])
        return ticks.end()

    def _link_end(self, text: str, at: int, stack: list[_Open]) -> int:
        if not any(each.kind == "a" for each in stack):
            stack[-1].found.append("]")
            return at + 1
        while stack[-1].kind != "a":
            _give_up(stack)
        target = _TARGET.match(text, at + 1)
        href = safe_link(target[1]) if target else None
        if target is None:
            _give_up(stack)
            stack[-1].found.append("]")
            return at + 1
        inside = _joined(stack.pop().found)
        if href:
            self._add(stack, {"t": "a", "href": href, "c": inside or [href]})
        else:
            # The words stay, the way to a place that is no place of the web goes.
            stack[-1].found.extend(inside)
        return target.end()

    def _emphasis(self, text: str, at: int, mark: str, stack: list[_Open]) -> int:
        innermost = stack[-1].mark
        if innermost and innermost in "*_" and text.startswith(innermost * 3, at):
            mark = innermost
        end = at + len(mark)
        before = text[at - 1] if at else " "
        after = text[end] if end < len(text) else " "
        word = mark[0] == "_" and before.isalnum() and after.isalnum()
        places = [place for place, each in enumerate(stack) if each.mark == mark]
        inside_link = max((place for place, each in enumerate(stack) if each.kind == "a"), default=0)
        if places and places[-1] > inside_link and not before.isspace() and not word and stack[-1].found:
            while len(stack) - 1 > places[-1]:
                _give_up(stack)
            done = stack.pop()
            self._add(stack, {"t": done.kind, "c": _joined(done.found)})
        elif not after.isspace() and not word and not (mark[0] == "_" and before.isalnum()) and len(stack) <= _MAX_NESTED:
            stack.append(_Open(_MARKS[mark], mark))
        else:
            stack[-1].found.append(mark)
        return end


def _give_up(stack: list[_Open]) -> None:
    """What began does not end: its mark is text."""
    unfinished = stack.pop()
    stack[-1].found.append(unfinished.mark)
    stack[-1].found.extend(unfinished.found)


def _joined(nodes: list[Node]) -> list[Node]:
    """Return the nodes with neighbouring texts as one."""
    result: list[Node] = []
    run: list[str] = []
    for node in nodes:
        if isinstance(node, str):
            run.append(node)
            continue
        if run:
            result.append("".join(run))
            run = []
        result.append(node)
    if run:
        result.append("".join(run))
    return [node for node in result if node != ""]
