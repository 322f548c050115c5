"""Whether the attribute values of matched objects agree."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.model.kinds import TAG, Flag
from cvat_widgets.model.labels import Attribute, LabelSet
from cvat_widgets.quality.matching import Matches
from cvat_widgets.quality.scene import Side

__all__ = ["mismatching_attributes"]


def mismatching_attributes(gt: Side, ds: Side, matches: Matches, labels: LabelSet | None) -> NDArray[np.bool_]:
    """Return which matched pairs of one label differ in an attribute or in being occluded.

    Notes
    -----
    Source: CVAT's ``match_attrs``. A value that one side has and the other has not is a difference. Where the labels are
    known, a missing value is the attribute's default, numbers are compared as numbers and texts of checkboxes without regard
    to case.
    """
    same_label = gt.table.label[matches.gt] == ds.table.label[matches.ds]
    known: dict[str, int] = {}
    specs = np.union1d(gt.table.attributes.spec, ds.table.attributes.spec).astype(np.int64)
    if labels is not None:
        specs = np.union1d(specs, [attribute.id for label in labels for attribute in label.attributes]).astype(np.int64)
    differs = np.zeros(len(same_label), bool)
    if len(specs):
        values = [_codes(side, specs, known, labels) for side in (gt, ds)]
        for mine, theirs in zip(values[0], values[1], strict=True):
            differs |= mine[matches.gt] != theirs[matches.ds]
    occluded = gt.table.has(Flag.OCCLUDED)[matches.gt] != ds.table.has(Flag.OCCLUDED)[matches.ds]
    differs |= occluded & (gt.table.type[matches.gt] != TAG)
    return differs & same_label


def _codes(side: Side, specs: NDArray[np.int64], known: dict[str, int], labels: LabelSet | None) -> NDArray[np.int64]:
    """Return codes of values, the same ones for the same text: int64 of shape (attributes, rows), -1 for no value."""
    table = side.table
    codes = np.full((len(specs), len(table)), -1, np.int64)
    values = table.attributes
    if len(values):
        line = np.searchsorted(specs, values.spec)
        plain = np.array([known.setdefault(text, len(known)) for text in values.strings], np.int64)
        codes[line, values.row] = plain[values.code]
    if labels is None:
        return codes
    texts = list(known)
    for label in labels:
        rows = np.flatnonzero(table.label == label.id)
        for attribute in label.attributes:
            at = int(np.searchsorted(specs, attribute.id))
            used = np.unique(codes[at, rows])
            for code in used.tolist():
                text = attribute.default if code < 0 else texts[code]
                plain_text = _plain(attribute, text)
                if code < 0 or plain_text != text:
                    codes[at, rows[codes[at, rows] == code]] = -2 - known.setdefault(plain_text, len(known))
            codes[at, rows] = np.where(codes[at, rows] <= -2, -2 - codes[at, rows], codes[at, rows])
    return codes


def _plain(attribute: Attribute, text: str) -> str:
    """Write a value the one way by which values are compared."""
    if attribute.input_type == "checkbox":
        return text.lower()
    if attribute.input_type == "number":
        try:
            return repr(float(text))
        except ValueError:
            return text
    return text
