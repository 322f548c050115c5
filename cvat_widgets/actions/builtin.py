"""The actions that come with the package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cvat_widgets.actions.parameters import Checkbox, Number, Select
from cvat_widgets.actions.registry import Action, register
from cvat_widgets.actions.running import Chosen
from cvat_widgets.model.changes import Edit
from cvat_widgets.model.operations import (
    MAX_DISTANCE,
    MIN_DISTANCE,
    OperationError,
    convert,
    propagate,
    simplify,
)
from cvat_widgets.model.operations_common import merged_edits
from cvat_widgets.model.records import Record, Shape, Tag

__all__: list[str] = []

_ANY = "any"


def _one_by_one(chosen: Chosen, records: list[Record], make: Callable[[Record], Edit]) -> Edit:
    """Plan for each record on its own: one that cannot be done is left alone and reported."""
    edits = []
    for record in records:
        try:
            edits.append(make(record))
        except OperationError as error:
            chosen.skipped.append(str(error))
    return merged_edits(edits)


def _remove(chosen: Chosen, values: dict[str, Any]) -> Edit:
    rows = chosen.rows
    kept = (rows.parent < 0) & (~rows.is_track | values["tracks"])
    return Edit(removed=tuple(dict.fromkeys(rows.id[kept].tolist())))


def _propagate(chosen: Chosen, values: dict[str, Any]) -> Edit:
    first, last = sorted((chosen.frame, int(values["target_frame"])))
    frames = [frame for frame in chosen.scene.frames if first <= frame <= last]
    return propagate(chosen.records, chosen.frame, frames, chosen.scene.new_id)


def _simplify(chosen: Chosen, values: dict[str, Any]) -> Edit:
    outlines: list[Record] = [
        record for record in chosen.records if not isinstance(record, Tag) and record.type in ("polygon", "polyline")
    ]
    return _one_by_one(chosen, outlines, lambda record: simplify([record], values["distance"], frames=[chosen.frame]))


def _convert(chosen: Chosen, values: dict[str, Any]) -> Edit:
    scene, target, source = chosen.scene, values["target"], values["source"]

    def make(record: Record) -> Edit:
        sizes = scene.sizes([chosen.frame])
        return convert([record], target, scene.labels, sizes, scene.new_id, fill_holes=values["fill_holes"])

    fitting: list[Record] = [
        record
        for record in chosen.records
        if isinstance(record, Shape) and record.type != target and source in (_ANY, record.type)
    ]
    return _one_by_one(chosen, fitting, make)


register(
    Action(
        name="Remove filtered shapes",
        plan=_remove,
        parameters=(Checkbox("tracks", label="Whole tracks, too"),),
        kinds=frozenset(["shape", "track"]),
        description="Delete the shapes that the filter lets through.",
    )
)
register(
    Action(
        name="Propagate shapes",
        plan=_propagate,
        parameters=(Number("target_frame", role="frame", label="To frame"),),
        kinds=frozenset(["shape", "track"]),
        per="one",
        description="Copy the objects of this frame to every frame up to another one; tracks are copied as shapes.",
    )
)
register(
    Action(
        name="Polygon simplification",
        plan=_simplify,
        parameters=(Number("distance", MIN_DISTANCE, MAX_DISTANCE, 0.1, 1.0, label="Distance in pixels"),),
        kinds=frozenset(["shape", "track"]),
        description="Take out points of polygons and polylines that move the outline by no more than a distance.",
    )
)
register(
    Action(
        name="Convert shapes",
        plan=_convert,
        parameters=(
            Select("source", (_ANY, "mask", "polygon", "rectangle", "ellipse"), label="From"),
            Select("target", ("polygon", "mask", "rectangle"), label="To"),
            Checkbox("fill_holes", label="Fill the holes of masks"),
        ),
        description="Turn shapes into another type; their ids stay.",
    )
)
