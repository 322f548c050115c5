"""Tasks as stand-alone HTML files."""

from __future__ import annotations

from cvat_widgets.static_html.export import to_html

__all__ = ["to_html"]
