"""The part of YAML that dataset descriptions of YOLO use: mappings, lists and plain or quoted texts.

Anchors, aliases, tags and several documents are refused: nothing in such a file needs them, and they are how a small file
unfolds into a huge one. All scalars are texts; who reads them knows what they should be.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from cvat_widgets.errors import FormatError

__all__ = ["Node", "quoted", "read_yaml"]

Node: TypeAlias = "str | list[Node] | dict[str, Node]"

_MAX_SIZE = 8 << 20
_MAX_DEPTH = 8
_MAX_KEY = 400
_KEY = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#\[\]{},&*!|>'"%@`-][^#:]*?|-?\d+)\s*:(?=\s|$)""")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "v": "\v", "f": "\f", "e": "\x1b", "N": "\x85"}
_ESCAPES |= {"_": "\xa0", "L": "\u2028", "P": "\u2029", "/": "/", "\\": "\\", '"': '"', " ": " "}
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_PLAIN = re.compile(r"[A-Za-z][\w./-]*(?: [\w./-]+)*", re.ASCII)
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


def read_yaml(data: bytes, where: str) -> dict[str, Node]:
    """Read a mapping.

    Raises
    ------
    FormatError
        It is not one, or uses more of YAML than is understood; the text names the line.
    """
    if len(data) > _MAX_SIZE:
        raise FormatError("the file is larger than 8 MiB", where=where)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FormatError("it is not UTF-8 text", where=f"{where}: line {line}") from None
    return _Reader(re.split(r"\r\n|\n|\r", text), where).document()


def quoted(text: str) -> str:
    """Return a text as YAML, in quotes where it could be taken for something else."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    special = {'"': '\\"', "\\": "\\\\"}
    return '"' + "".join(special.get(c) or (c if c.isprintable() else _escaped(ord(c))) for c in text) + '"'


def _escaped(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


class _Reader:
    def __init__(self, lines: list[str], where: str) -> None:
        self.lines = lines
        self.where = where
        self.at = 0

    def fail(self, what: str, hint: str | None = None) -> FormatError:
        line = min(self.at + 1, len(self.lines))
        return FormatError(what, where=f"{self.where}: line {line}", hint=hint)

    def document(self) -> dict[str, Node]:
        if self.peek() and self.lines[self.at].startswith("---"):
            self.at += 1
        node = self.block(0, 0) if self.peek() else ""
        if self.peek() and self.lines[self.at].strip() != "...":
            raise self.fail("the line does not fit to those before it", "Check the indentation")
        if not isinstance(node, dict):
            self.at = 0
            raise self.fail("it is not a list of 'name: value' lines")
        return node

    def peek(self) -> bool:
        """Go to the next line that says something; return whether there is one."""
        while self.at < len(self.lines):
            line = self.lines[self.at].strip()
            if line and not line.startswith(("#", "%")):
                return True
            self.at += 1
        return False

    def indent(self) -> int:
        line = self.lines[self.at]
        bare = line.lstrip(" ")
        if bare.startswith("\t"):
            raise self.fail("the line is indented with a tab", "YAML is indented with spaces")
        return len(line) - len(bare)

    def block(self, indent: int, depth: int) -> Node:
        """Read the mapping or list whose lines are indented by ``indent``."""
        if depth > _MAX_DEPTH:
            raise self.fail("it is nested too deeply")
        body = self.lines[self.at].strip()
        if body == "-" or body.startswith("- "):
            return self.sequence(indent, depth)
        return self.mapping(indent, depth)

    def mapping(self, indent: int, depth: int) -> dict[str, Node]:
        found: dict[str, Node] = {}
        while self.peek() and self.indent() == indent:
            line = self.lines[self.at].rstrip()
            match = _KEY.match(line[: indent + _MAX_KEY], indent)
            if match is None:
                raise self.fail(f"{line.strip()[:60]!r} is not 'name: value'")
            key = self.scalar(match[1])
            if key in found:
                raise self.fail(f"{key[:60]!r} is given twice")
            found[key] = self.value(line[match.end() :], indent, depth)
        return found

    def sequence(self, indent: int, depth: int) -> list[Node]:
        found: list[Node] = []
        while self.peek() and self.indent() == indent:
            line = self.lines[self.at].rstrip()
            body = line[indent:]
            if body != "-" and not body.startswith("- "):
                break
            rest = body[1:].lstrip(" ")
            if _KEY.match(rest[:_MAX_KEY]):
                raise self.fail("a mapping within a list is not understood here")
            found.append(self.value(rest, indent, depth))
        return found

    def value(self, rest: str, indent: int, depth: int) -> Node:
        """Read what follows a name or a dash: on the same line, or the lines below."""
        rest = rest.strip()
        if rest.startswith(("[", "{")):
            return self.flow(rest)
        if rest.startswith(("|", ">")):
            return self.skip_text(indent)
        if rest and not rest.startswith("#"):
            found = self.scalar(self.uncommented(rest))
            self.at += 1
            return found
        self.at += 1
        if not self.peek():
            return ""
        below = self.indent()
        if below > indent or (below == indent and self.lines[self.at].lstrip().startswith("-")):
            return self.block(below, depth + 1)
        return ""

    def skip_text(self, indent: int) -> str:
        """Leave out a text of several lines, such as a script for a download: no part of a dataset is in one."""
        self.at += 1
        while self.at < len(self.lines) and (not self.lines[self.at].strip() or self.indent() > indent):
            self.at += 1
        return ""

    def uncommented(self, text: str) -> str:
        if text[0] in "\"'":
            end = self.quote_end(text, 0)
            rest = text[end:].strip()
            if rest and not rest.startswith("#"):
                raise self.fail(f"{rest[:40]!r} follows a text in quotes")
            return text[:end]
        return re.split(r"\s#", text, maxsplit=1)[0].rstrip()

    def quote_end(self, text: str, begin: int) -> int:
        pattern = r'"(?:[^"\\]|\\.)*"' if text[begin] == '"' else r"'(?:[^']|'')*'"
        match = re.compile(pattern, re.DOTALL).match(text, begin)
        if match is None:
            raise self.fail("a quote is not closed on its line")
        return match.end()

    def scalar(self, text: str) -> str:
        if text.startswith('"'):
            return _ESCAPE.sub(self.unescaped, text[1:-1])
        if text.startswith("'"):
            return text[1:-1].replace("''", "'")
        if text.startswith(("&", "*", "!")):
            raise self.fail("anchors, aliases and tags of YAML are not understood", "Put a name like this in quotes")
        return "" if text in ("~", "null") else text

    def unescaped(self, match: re.Match[str]) -> str:
        code = match[1]
        if len(code) > 1:
            number = int(code[1:], 16)
            if number > 0x10FFFF or 0xD800 <= number < 0xE000:
                raise self.fail(f"\\{code} is not a character")
            return chr(number)
        if code not in _ESCAPES:
            raise self.fail(f"\\{code} is not an escape")
        return _ESCAPES[code]

    def flow(self, text: str) -> Node:
        """Read ``[a, b]`` or ``{0: a}``, which may go on over several lines."""
        tokens: list[str] = []
        level = 0
        while True:
            place = 0
            while place < len(text):
                character = text[place]
                if character in " \t":
                    place += 1
                elif character == "#" and (place == 0 or text[place - 1] in " \t"):
                    break
                elif level == 0 and tokens:
                    raise self.fail(f"{text[place : place + 40]!r} follows a closing bracket")
                elif character in "[]{},:":
                    level += (character in "[{") - (character in "]}")
                    tokens.append(character)
                    place += 1
                else:
                    end = self.quote_end(text, place) if character in "\"'" else place
                    if end == place:
                        match = re.compile(r"(?:[^\[\]{},:#]|:(?=[^\s,\]}])|(?<=\S)#)+").match(text, place)
                        end = match.end() if match else place + 1
                    tokens.append("=" + self.scalar(text[place:end].rstrip()))
                    place = end
            if level <= 0:
                break
            self.at += 1
            if self.at >= len(self.lines):
                raise self.fail("a bracket is not closed")
            text = self.lines[self.at]
        node, used = self.flow_node(tokens, 0, 0)
        if used != len(tokens):
            raise self.fail("the brackets do not fit together")
        self.at += 1
        return node

    def flow_node(self, tokens: list[str], at: int, depth: int) -> tuple[Node, int]:
        if depth > _MAX_DEPTH:
            raise self.fail("it is nested too deeply")
        if tokens[at].startswith("="):
            return tokens[at][1:], at + 1
        if tokens[at] not in ("[", "{"):
            raise self.fail("a value is missing in brackets")
        mapping = tokens[at] == "{"
        close = "}" if mapping else "]"
        items: list[Node] = []
        pairs: dict[str, Node] = {}
        at += 1
        while tokens[at : at + 1] != [close]:
            if mapping:
                if tokens[at + 1 : at + 2] != [":"] or not tokens[at].startswith("=") or at + 2 >= len(tokens):
                    raise self.fail("braces hold 'name: value'")
                key = tokens[at][1:]
                if key in pairs:
                    raise self.fail(f"{key[:60]!r} is given twice")
                pairs[key], at = self.flow_node(tokens, at + 2, depth + 1)
            elif at < len(tokens):
                item, at = self.flow_node(tokens, at, depth + 1)
                items.append(item)
            if tokens[at : at + 1] == [","]:
                at += 1
            elif tokens[at : at + 1] != [close]:
                raise self.fail("the brackets do not fit together")
        return (pairs if mapping else items), at + 1
