"""A hook of the documentation site: cross-references of docstrings, such as :class:`Task`, are shown as plain code."""

from __future__ import annotations

import re
from typing import Any

_ROLE = re.compile(r":(?:meth|class|func|attr|mod|exc|data):\s*<code>(~?)([\w.]+)</code>")


def plain(match: re.Match[str]) -> str:
    """Return the name; of ``~package.module.Name`` the last part."""
    name = match[2].rpartition(".")[2] if match[1] else match[2]
    return f"<code>{name}</code>"


def on_page_content(html: str, **_: Any) -> str:
    """Called by mkdocs with the content of every page."""
    return _ROLE.sub(plain, html)
