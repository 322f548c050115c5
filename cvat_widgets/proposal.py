"""Rows compared with what is stored, to be looked at before they are written."""

from __future__ import annotations

import base64
import html
import io
from typing import TYPE_CHECKING, Any

import numpy as np

from cvat_widgets.dataframe import from_dataframe, to_dataframe
from cvat_widgets.editing import difference, owners, removal, update_edit
from cvat_widgets.errors import AnnotationError, CvatWidgetsError
from cvat_widgets.model.changes import ChangeSet, Edit
from cvat_widgets.model.numbering import numbered, shifted
from cvat_widgets.model.table import AnnotationTable

if TYPE_CHECKING:
    import pandas as pd
    from PIL import Image

    from cvat_widgets.job import EditableAnnotations

__all__ = ["Proposal"]

_COLORS = {"added": "#009e73", "removed": "#d55e00", "before": "#e69f00", "after": "#56b4e9"}
"""Okabe and Ito's colours, which all can tell apart."""
_SHOWN_ROWS = 20
_SHOWN_PICTURES = 3
_SHOWN_SIDE = 480


class Proposal:
    """What rows would change; made by :meth:`Task.apply`. Nothing is written before :meth:`commit`.

    In a notebook it shows itself: how much would be added, updated and removed, the first changes as a table, and pictures.

    Parameters
    ----------
    target
        The task or job.
    rows
        Rows with an ``id`` are compared with those stored, rows without one are new.
    delete
        Whether objects that are in no row are removed.

    Attributes
    ----------
    changes : pandas.DataFrame
        ``change`` (added, updated, removed), ``id``, ``frame``, ``field``, ``before``, ``after``, as :meth:`Task.diff` has it.
    added, updated, removed : int
        Numbers of objects.
    """

    def __init__(self, target: EditableAnnotations, rows: pd.DataFrame, *, delete: bool = False) -> None:
        import pandas as pd

        self._target = target
        self._base, table, _ = target._current()
        labels, frames = target.labels, target.frame_index
        known = rows["id"].notna().to_numpy() if "id" in rows else np.zeros(len(rows), bool)
        old = _typed(rows[known], to_dataframe(AnnotationTable.empty(), labels, frames))
        new = rows[~known].drop(columns="id", errors="ignore")
        ids = owners(table, [int(value) for value in pd.unique(old["id"])] if len(old) else [])
        present = set(table.id[table.parent < 0].tolist())
        gone = sorted(present - set(ids)) if delete else []
        records = target.store.records(target.task_id, [*ids, *gone])
        updated = update_edit(old, table, labels, frames, records).updated if ids else {}
        removed = removal(gone, present).removed if gone else ()
        fresh = numbered(from_dataframe(new, labels, frames)) if len(new) else AnnotationTable.empty()
        if len(fresh):
            fresh = shifted(fresh, target.store.reserve_ids(target.task_id, int(fresh.id.max())).start)
        problems = fresh.problems(labels, len(frames))
        if problems:
            raise AnnotationError("; ".join(problems), hint="Nothing was changed")
        self._edit = Edit(added=tuple(fresh.to_records(labels)), updated=updated, removed=removed)
        touched = {number: records[number] for number in (*updated, *removed)}
        change = ChangeSet(added=self._edit.added, updated=updated, removed=tuple(records[number] for number in removed))
        self._before, self._after = (
            to_dataframe(AnnotationTable.from_records(each.values()), labels, frames)
            for each in (touched, change.apply_to(touched))
        )
        self.changes = difference(self._before, self._after)
        self.added, self.updated, self.removed = len(self._edit.added), len(updated), len(removed)
        self._committed = False

    def __bool__(self) -> bool:
        return bool(self.added or self.updated or self.removed)

    def pictures(self, most: int = 6) -> dict[int, Image.Image]:
        """Return the first frames on which something would change: old shapes orange, new ones blue, added green, removed red.

        Parameters
        ----------
        most
            How many frames.
        """
        from cvat_widgets.interchange.drawing import draw

        target: Any = self._target
        media = getattr(target, "task", target).media
        frames = sorted({int(frame) for frame in self.changes["frame"]})[: max(most, 0)]
        return {frame: draw(*self._shapes_on(frame), media.read(frame), _COLORS) for frame in frames}

    def _shapes_on(self, frame: int) -> tuple[AnnotationTable, list[str]]:
        import pandas as pd

        from cvat_widgets.interchange.geometry import geometry_table

        here = self.changes[self.changes["frame"] == frame]
        parts, names = [], []
        for rows, kinds in (
            (self._before, {"removed": "removed", "updated": "before"}),
            (self._after, {"added": "added", "updated": "after"}),
        ):
            for change, name in kinds.items():
                chosen = rows[(rows["frame"] == frame) & rows["id"].isin(here.loc[here["change"] == change, "id"])]
                parts.append(chosen)
                names += [name] * len(chosen)
        return geometry_table(pd.concat(parts, ignore_index=True)), names

    def commit(self) -> int:
        """Write it as one step of undo; return the revision.

        Raises
        ------
        ConflictError
            Somebody changed the same fields meanwhile; nothing is written.
        CvatWidgetsError
            It is written already.
        """
        if self._committed:
            raise CvatWidgetsError("this is written already", hint="Compare the rows anew with apply")
        if not self:
            return self._base
        revision = self._target._commit(self._edit, base=self._base, label=f"Apply rows: {self._summary()}").revision
        self._committed = True
        return revision

    def _summary(self) -> str:
        parts = [
            f"{count} {word}"
            for count, word in ((self.added, "added"), (self.updated, "updated"), (self.removed, "removed"))
            if count
        ]
        return ", ".join(parts) or "nothing changes"

    def __repr__(self) -> str:
        state = "written" if self._committed else "not written yet"
        return f"<Proposal: {self._summary()}; {state}>"

    def _repr_html_(self) -> str:
        state = "Written." if self._committed else "Nothing is written before <code>.commit()</code>."
        parts = [f"<p><b>{html.escape(self._summary())}</b>. {state}</p>"]
        if self:
            parts.append(self.changes.head(_SHOWN_ROWS).to_html(index=False))
            if len(self.changes) > _SHOWN_ROWS:
                parts.append(f"<p>… {len(self.changes) - _SHOWN_ROWS} more rows in <code>.changes</code></p>")
            parts += [_figure(frame, picture) for frame, picture in self.pictures(_SHOWN_PICTURES).items()]
        return "".join(parts)


def _typed(rows: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """Return rows with the types of ``like``: next to new rows that leave columns out, whole numbers have become floats."""
    whole = [name for name in rows.columns if name in like and like[name].dtype.kind in "iub" and not rows[name].isna().any()]
    return rows.astype({name: like[name].dtype for name in whole})


def _figure(frame: int, picture: Image.Image) -> str:
    picture.thumbnail((_SHOWN_SIDE, _SHOWN_SIDE))
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=85)
    encoded = base64.b64encode(data.getvalue()).decode()
    return (
        '<figure style="display: inline-block; margin: 4px">'
        f'<img alt="Frame {frame} with what would change" src="data:image/jpeg;base64,{encoded}">'
        f"<figcaption>Frame {frame}</figcaption></figure>"
    )
