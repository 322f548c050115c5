"""The table of ``docs/models.md``, made from the registry: what each model is, what it runs on, and what it needs.

``python -m cvat_widgets.backends.documentation docs/models.md`` brings a file up to date; a test compares the two.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cvat_widgets.backends.failures import ModelError
from cvat_widgets.backends.protocols import KINDS
from cvat_widgets.backends.registry import Backend, lines

__all__ = ["models_markdown", "updated"]

_BEGIN, _END = "<!-- made from the registry: begin -->", "<!-- made from the registry: end -->"
_TITLES = {
    "interactor": "Interactors",
    "detector": "Detectors",
    "tracker": "Trackers",
    "reid": "Re-identification",
}


def models_markdown() -> str:
    """Return one table a kind of model, one line a model of the package."""
    models = [each for each in lines() if isinstance(each.factory, str)]  # others are a user's own
    parts = []
    for kind in sorted(KINDS, key=[*_TITLES].index):
        rows = [_line(each) for each in models if each.kind == kind]
        heading = ["| name | what it does | runs on | finds | install | give the files |", "|---|---|---|---|---|---|"]
        if rows:
            parts.append(f"### {_TITLES[kind]}\n\n" + "\n".join([*heading, *rows]))
    return "\n\n".join(parts) + "\n"


def updated(text: str) -> str:
    """Return a document with the tables between its two marks made anew.

    Raises
    ------
    ModelError
        It has no marks.
    """
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ModelError("the document has no place for the tables", hint=f"Put {_BEGIN} and {_END} where they belong")
    return f"{before}{begin}\n\n{models_markdown()}\n{end}{after}"


def _line(model: Backend) -> str:
    install = f"`cvat-widgets[{model.extra}]`" if model.extra else " ".join(f"`{each}`" for each in model.needs)
    files = ", ".join(f"`{each}`" for each in model.weights)
    return f"| `{model.name}` | {model.help} | {model.framework} | {model.labels} | {install} | {files} |"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_text(updated(path.read_text(encoding="utf-8")), encoding="utf-8")
