"""The buttons above a contact sheet."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets

if TYPE_CHECKING:
    from cvat_widgets.widgets.contact_sheet import ContactSheet

__all__ = ["toolbar"]


def toolbar(sheet: ContactSheet, sort: str | None) -> tuple[Any, Any]:
    """Return the buttons of a sheet, and the one that says whether several thumbnails can be chosen."""

    def button(text: str, tip: str, action: Callable[[], Any]) -> Any:
        made = ipywidgets.Button(description=text, tooltip=tip, layout={"width": "auto"})
        made.on_click(lambda _: action())
        return made

    def turn(by: int) -> None:
        sheet.page += by

    columns = [str(name) for name in sheet.rows.columns if name not in ("points", "frame_name")]
    choices = [
        ("given order", ""),
        *[(f"{name} {arrow}", sign + name) for name in columns for arrow, sign in (("↑", ""), ("↓", "-"))],
    ]
    if sort and sort not in {value for _, value in choices}:
        choices.append((sort, sort))
    chooser = ipywidgets.Dropdown(options=choices, value=sort or "", description="Sort", layout={"width": "220px"})
    chooser.observe(lambda change: sheet.sort(change["new"] or None), "value")
    several = ipywidgets.ToggleButton(value=False, description="Several", tooltip="Choose several", layout={"width": "auto"})
    names = [label.name for label in getattr(sheet.task, "labels", ())]
    relabel = ipywidgets.Dropdown(options=[("Relabel…", ""), *[(name, name) for name in names]], layout={"width": "130px"})

    def changed(change: Any) -> None:
        if change["new"]:
            sheet.mark("relabel", label=change["new"])
            relabel.value = ""

    relabel.observe(changed, "value")
    box = ipywidgets.HBox(
        [
            button("‹", "Page before (PageUp)", lambda: turn(-1)),
            button("›", "Next page (PageDown)", lambda: turn(1)),
            chooser,
            several,
            button("Accept", "Accept (a)", lambda: sheet.mark("accept")),
            button("Reject", "Reject (r)", lambda: sheet.mark("reject")),
            button("Flag", "Flag (f)", lambda: sheet.mark("flag")),
            relabel,
            button("Undo", "Take back the last mark (z)", sheet.undo),
        ],
        layout={"flex_flow": "row wrap"},
    )
    return box, several
