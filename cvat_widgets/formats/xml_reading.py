"""Many small XML documents, read fast and safely: no DTD, no entities, no foreign encodings, bounded size."""

from __future__ import annotations

import codecs
import re
from xml.etree import ElementTree as ET
from xml.parsers import expat

from cvat_widgets.errors import FormatError

__all__ = ["line_of", "parse_document", "xml_text"]

_MAX_BYTES = 64 << 20
_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,400}?\?>")


def xml_text(data: bytes, where: str) -> str:
    """Return a document as text, without its declaration.

    It is decoded here and not by the parser, so that what is looked for below cannot hide in an encoding.
    """
    if len(data) > _MAX_BYTES:
        raise FormatError("the XML is larger than 64 MiB", where=where)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    else:
        data = data.removeprefix(codecs.BOM_UTF8)
        declared = _DECLARED.match(data[:300])
        encoding = "utf-8" if declared is None or declared[1].lower() == b"utf8" else declared[1].decode()
    try:
        text = data.decode(encoding)
    except (UnicodeError, LookupError) as error:
        raise FormatError(f"the text of the XML cannot be read as {encoding}: {error}", where=where) from None
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise FormatError("the XML declares entities or a DTD, which annotations have no use for", where=where)
    declaration = _DECLARATION.match(text)
    return text if declaration is None else "\n" * declaration[0].count("\n") + text[declaration.end() :]


def parse_document(data: bytes, where: str) -> ET.Element:
    """Return the first element of a document.

    Raises
    ------
    FormatError
        It is damaged or not safe; the text names the line.
    """
    try:
        return ET.fromstring(xml_text(data, where))  # noqa: S314  # DTDs and entities were refused above
    except ET.ParseError as error:
        raise FormatError(f"the XML is damaged: {error.args[0]}", where=f"{where}: line {error.position[0]}") from None
    except ValueError as error:
        raise FormatError(f"the XML is damaged: {error}", where=where) from None


def line_of(data: bytes, tag: str, number: int) -> int:
    """Return the line on which the element ``tag`` number ``number`` (from 0) of the first level begins; 1 if there is none."""
    found: list[int] = []
    depth = 0
    parser = expat.ParserCreate("utf-8")

    def start(name: str, _values: dict[str, str]) -> None:
        nonlocal depth
        if depth == 1 and name == tag:
            found.append(parser.CurrentLineNumber)
        depth += 1

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(xml_text(data, "").encode(), True)
    return found[number] if number < len(found) else 1
