"""DataFrames as input: the same report as of the tables they were made from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from making_tables import box, frames, shape, skeleton, table, tag, track

from cvat_widgets import quality
from cvat_widgets.dataframe import to_dataframe
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.quality import QualityError

LABELS = LabelSet.of(
    [
        {
            "name": "car",
            "attributes": [{"name": "doors", "input_type": "number", "values": ["0", "9", "1"], "default_value": "4"}],
        },
        "bus",
        {"name": "hand", "type": "skeleton", "sublabels": [{"name": "tip"}, {"name": "root"}]},
        {"name": "foot", "type": "skeleton", "sublabels": [{"name": "tip"}, {"name": "root"}]},
    ]
)
DOORS = LABELS["car"].attributes[0].id


def joints(name: str) -> dict[int, tuple[float, float]]:
    return {LABELS[name].sublabels[0].id: (10.0, 10.0), LABELS[name].sublabels[1].id: (40.0, 50.0)}


GT = table(
    box(0, 0, 10, 10, attributes={DOORS: "5"}), track({0: (30, 0, 40, 10), 2: (50, 0, 60, 10)}), tag(2),
    skeleton(joints("foot"), label=LABELS["foot"].id), shape("points", (5, 90)),
)  # fmt: skip
DS = table(
    box(0, 0, 8, 10), track({0: (30, 0, 40, 10), 1: (40, 0, 50, 10)}, outside=(1,)), tag(1),
    skeleton(joints("foot"), label=LABELS["foot"].id), shape("points", (5, 90), occluded=True),
)  # fmt: skip


def columns(report: quality.QualityReport) -> dict[str, object]:
    return {name: values.astype(str).tolist() for name, values in report.conflicts.items()}


def test_dataframes_give_the_same_report() -> None:
    index = frames(3)
    expected = quality.compare(GT, DS, LABELS, index)
    data = [to_dataframe(each, LABELS, index) for each in (GT, DS)]
    for pair in (data, (GT, data[1]), (data[0], DS)):
        found = quality.compare(*pair, LABELS, index)
        assert columns(found) == columns(expected)
        assert (found.confusion_matrix.rows == expected.confusion_matrix.rows).all()
        assert found.mean_iou == pytest.approx(expected.mean_iou)
    assert expected.conflict_counts["mismatching_attributes"] == 2
    assert expected.annotations.valid_count == 4


def test_without_labels_names_are_taken_as_they_come() -> None:
    data = [to_dataframe(each, LABELS, frames(3)) for each in (GT, DS)]
    found = quality.compare(*data, frames=frames(3))
    expected = quality.compare(GT, DS, LABELS, frames(3))
    assert found.conflict_counts == expected.conflict_counts
    assert set(found.confusion_matrix.labels) == {"car", "bus", "foot", "unmatched"}


def test_a_small_hand_made_dataframe() -> None:
    gt = pd.DataFrame(
        {"frame": [0, 0], "label": ["a", "b"], "type": "rectangle", "points": [[0, 0, 9, 9], np.array([20, 0, 29, 9])]}
    )
    found = quality.compare(gt, gt.iloc[:1])
    assert (found.accuracy, found.per_label["label"].tolist()) == (0.5, ["a", "b"])
    assert quality.merge([gt, gt]).label.tolist() == [1, 2]


def test_input_that_cannot_be_read() -> None:
    data = to_dataframe(GT, LABELS, frames(3))
    with pytest.raises(QualityError, match="labels="):
        quality.compare(GT, data)
    with pytest.raises(QualityError, match="points"):
        quality.compare(data.drop(columns="points"), data)
    with pytest.raises(QualityError, match="'lorry'"):
        quality.compare(data.assign(label="lorry"), data, LABELS)
    with pytest.raises(QualityError, match="'circle'"):
        quality.compare(data.assign(type="circle"), data)
