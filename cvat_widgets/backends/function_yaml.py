"""``function.yaml`` of a CVAT serverless function, read without a YAML library.

Only what such files use is understood: nested mappings and lists by indentation, quoted and plain scalars, literal (``|``)
and folded (``>``) texts, comments, and flow lists and mappings on one line. Anchors, tags and several documents are refused:
nothing in the file can make an object.
"""

from __future__ import annotations

import json
import re
from typing import Any

from cvat_widgets.backends.failures import ModelError

__all__ = ["parse_yaml"]

_KEY = re.compile(
    r"""(?P<key>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s'"\[{#&*!|>%@`-][^#]*?|-[^\s#][^#]*?)\s*:(?:\s+(?P<rest>.*))?$"""
)
_BLOCK = re.compile(r"[|>](?P<chomp>[+-]?)(?P<indent>[1-9]?)[+-]?\s*(?:#.*)?$")
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)$")
_FLOAT = re.compile(r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9]+)(?:[eE][-+][0-9]+)?$")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_MAX_DEPTH = 50


def parse_yaml(text: str, where: str = "function.yaml") -> Any:
    """Read the text of a ``function.yaml``.

    Parameters
    ----------
    text
        The file's text.
    where
        Its name, for errors.

    Returns
    -------
    object
        Dicts, lists, texts, numbers, booleans and ``None``, as YAML 1.1 reads them.

    Raises
    ------
    ModelError
        With file and line: the text is not YAML, or uses what is not understood here.
    """
    reader = _Reader(text.lstrip("\ufeff").splitlines(), where)
    value = reader.node(0, 0)
    reader.skip()
    if reader.row < len(reader.lines):
        reader.fail("the indentation is wrong")
    return value


class _Reader:
    def __init__(self, lines: list[str], where: str) -> None:
        self.lines, self.where, self.row = lines, where, 0

    def fail(self, what: str) -> Any:
        raise ModelError(what, where=f"{self.where}:{self.row + 1}")

    def skip(self) -> int:
        """Go to the next line with something on it; return its indentation, -1 at the end."""
        while self.row < len(self.lines):
            line = self.lines[self.row]
            bare = line.strip()
            if bare and not bare.startswith("#") and not (bare == "---" and self.row == self._first()):
                indent = len(line) - len(line.lstrip(" "))
                if line[indent] == "\t":
                    self.fail("a tab cannot indent")
                if indent == 0 and bare in ("---", "..."):
                    self.fail("several documents in one file are not understood")
                return indent
            self.row += 1
        return -1

    def _first(self) -> int:
        return next((row for row, line in enumerate(self.lines) if line.strip() and not line.strip().startswith("#")), 0)

    def node(self, least: int, depth: int) -> Any:
        """Read a mapping, a list or a scalar that is indented by at least ``least``."""
        if depth > _MAX_DEPTH:
            self.fail("the file is nested too deeply")
        indent = self.skip()
        if indent < least:
            return None
        bare = self.lines[self.row].strip()
        if bare == "-" or bare.startswith("- "):
            return self._list(indent, depth)
        if _KEY.match(_uncommented(bare)):
            return self._mapping(indent, depth)
        self.row += 1
        return self._scalar(bare, indent, depth)

    def _list(self, indent: int, depth: int) -> list[Any]:
        items = []
        while self.skip() == indent and re.match(r"-(\s|$)", self.lines[self.row].strip()):
            line = self.lines[self.row]
            # What follows the dash is a node of its own: put blanks in place of the dash.
            self.lines[self.row] = line[:indent] + " " + line[indent + 1 :]
            if not _uncommented(self.lines[self.row]).strip():
                self.row += 1
            items.append(self._item(indent + 1, depth + 1))
        return items

    def _item(self, least: int, depth: int) -> Any:
        if self.row < len(self.lines):
            bare = self.lines[self.row].strip()
            if _BLOCK.match(bare):
                self.row += 1
                return self._block(bare, least - 1)
        return self.node(least, depth)

    def _mapping(self, indent: int, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self.skip() == indent:
            match = _KEY.match(_uncommented(self.lines[self.row].strip()))
            if match is None:
                self.fail("a line 'key: value' was expected")
                break
            key = str(self._plain(match["key"])) if match["key"][0] in "'\"" else match["key"]
            if key in found:
                self.fail(f"the key {key!r} is there twice")
            rest = (match["rest"] or "").strip()
            raw = self.lines[self.row].strip()
            self.row += 1
            if _BLOCK.match(rest):
                found[key] = self._block(rest, indent)
            elif rest:
                found[key] = self._scalar(raw[match.start("rest") :] if match["rest"] else rest, indent, depth)
            else:
                # A list may stand under its key without being indented.
                below = self.skip()
                dash = below == indent and re.match(r"-(\s|$)", self.lines[self.row].strip())
                found[key] = self.node(indent if dash else indent + 1, depth + 1)
        if self.skip() > indent:
            self.fail("the indentation is wrong")
        return found

    def _block(self, header: str, parent: int) -> str:
        match = _BLOCK.match(header)
        rows: list[str] = []
        start = self.row
        while self.row < len(self.lines):
            line = self.lines[self.row]
            if line.strip() and len(line) - len(line.lstrip(" ")) <= parent:
                break
            rows.append(line)
            self.row += 1
        filled = [row for row in rows if row.strip()]
        if not filled:
            self.row = start if not rows else self.row
            return ""
        wanted = parent + int(match["indent"]) if match and match["indent"] and parent >= 0 else 0
        indent = wanted or len(filled[0]) - len(filled[0].lstrip(" "))
        body = [row[indent:] if row.strip() else "" for row in rows]
        chomp = match["chomp"] if match else ""
        while body and not body[-1] and chomp != "+":
            body.pop()
        text = "\n".join(body) if header.startswith("|") else _folded(body)
        return text if chomp == "-" else text + "\n"

    def _scalar(self, text: str, indent: int, depth: int) -> Any:
        """Read a value that may go on over the following, deeper lines."""
        text = _uncommented(text.strip())
        opened = text[:1]
        while not _closed(text):
            if self.row >= len(self.lines):
                self.fail(f"{opened} is not closed")
            text += " " + _uncommented(self.lines[self.row].strip())
            self.row += 1
        if opened not in "'\"[{":
            while self.skip() > indent:
                text += " " + _uncommented(self.lines[self.row].strip())
                self.row += 1
        if opened in "[{":
            flow = _Flow(text, self)
            return flow.value(depth)
        return self._plain(text)

    def _plain(self, text: str) -> Any:
        if text[:1] == '"':
            try:
                return json.loads(text, strict=False)
            except ValueError:
                return self.fail(f"the text {text[:60]} cannot be read")
        if text[:1] == "'":
            if len(text) < 2 or text[-1] != "'":
                return self.fail(f"the text {text[:60]} cannot be read")
            return text[1:-1].replace("''", "'")
        if text[:1] in ("&", "*", "!", "|", ">", "%", "@", "`"):
            return self.fail(f"{text[:20]!r} is not understood: anchors, tags and the like are not read")
        if text in _WORDS:
            return _WORDS[text]
        if _INT.match(text):
            return int(text.replace("_", ""))
        if _FLOAT.match(text):
            return float(text.replace("_", ""))
        return text


class _Flow:
    """``[a, b]`` and ``{a: b}`` on one line."""

    def __init__(self, text: str, reader: _Reader) -> None:
        self.text, self.reader, self.place = text, reader, 0

    def _peek(self) -> str:
        while self.text[self.place : self.place + 1].isspace():
            self.place += 1
        return self.text[self.place : self.place + 1]

    def value(self, depth: int) -> Any:
        if depth > _MAX_DEPTH:
            self.reader.fail("the file is nested too deeply")
        opened = self._peek()
        if opened == "[":
            return self._sequence(depth)
        if opened == "{":
            return self._mapping(depth)
        return self.reader._plain(self._token(",]}"))

    def _token(self, stops: str) -> str:
        start, quote = self.place, self._peek()
        if quote in ("'", '"') and quote:
            end = self.place + 1
            while end < len(self.text) and self.text[end] != quote:
                end += 2 if self.text[end] == "\\" and quote == '"' else 1
            self.place = end + 1
            return self.text[start : self.place].strip()
        while self.place < len(self.text) and self.text[self.place] not in stops:
            self.place += 1
        return self.text[start : self.place].strip()

    def _sequence(self, depth: int) -> list[Any]:
        self.place += 1
        items = []
        while self._peek() != "]":
            items.append(self.value(depth + 1))
            self._separator("]")
        self.place += 1
        return items

    def _mapping(self, depth: int) -> dict[str, Any]:
        self.place += 1
        found: dict[str, Any] = {}
        while self._peek() != "}":
            key = str(self.reader._plain(self._token(":,}")))
            if self._peek() != ":":
                self.reader.fail("a ':' was expected")
            self.place += 1
            found[key] = self.value(depth + 1)
            self._separator("}")
        self.place += 1
        return found

    def _separator(self, close: str) -> None:
        following = self._peek()
        if following == ",":
            self.place += 1
        elif following != close:
            self.reader.fail(f"a ',' or '{close}' was expected")


def _folded(rows: list[str]) -> str:
    text = ""
    for row in rows:
        text += "\n" if not row else row if not text or text.endswith("\n") else " " + row
    return text


def _uncommented(text: str) -> str:
    """Return the text without a comment; a # counts only behind a blank and outside quotes."""
    quote = ""
    for place, character in enumerate(text):
        if quote:
            if character == quote and not (quote == '"' and text[place - 1] == "\\"):
                quote = ""
        elif character in "'\"" and (place == 0 or text[place - 1] in " [{,:"):
            quote = character
        elif character == "#" and (place == 0 or text[place - 1] in " \t"):
            return text[:place].rstrip()
    return text.rstrip()


def _closed(text: str) -> bool:
    """Whether brackets and quotes that a value begins with are closed."""
    if text[:1] not in ("'", '"', "[", "{") or not text:
        return True
    depth, quote, place = 0, "", 0
    while place < len(text):
        character = text[place]
        if quote:
            if character == "\\" and quote == '"':
                place += 1
            elif character == quote:
                quote = ""
        elif character in "'\"":
            quote = character
        elif character in "[{":
            depth += 1
        elif character in "]}":
            depth -= 1
        place += 1
    return not quote and depth <= 0
