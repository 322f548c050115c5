"""Plots: the data that is drawn, labelled axes, and axes given by the user."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

mpl = pytest.importorskip("matplotlib")
mpl.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402

from cvat_widgets import plots  # noqa: E402
from cvat_widgets.dataframe import from_dataframe  # noqa: E402
from cvat_widgets.model.frames import FrameIndex  # noqa: E402
from cvat_widgets.model.labels import LabelSet  # noqa: E402
from cvat_widgets.quality import compare  # noqa: E402
from cvat_widgets.views import AnnotationView  # noqa: E402


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def box(frame: int, label: str, left: float, top: float, width: float, height: float, **more) -> dict:
    return {"frame": frame, "label": label, "type": "rectangle", "points": [left, top, left + width, top + height], **more}


ROWS = [
    box(0, "car", 0, 0, 40, 10), box(0, "car", 50, 0, 40, 10), box(0, "person", 0, 50, 10, 40), box(1, "car", 0, 0, 40, 10),
    box(2, "person", 20, 50, 10, 40),
    box(3, "car", 0, 20, 20, 20, track_id=90), box(7, "car", 40, 20, 20, 20, track_id=90),
    box(8, "car", 40, 20, 20, 20, track_id=90, outside=True),
]  # fmt: skip


@pytest.fixture
def view() -> AnnotationView:
    labels = LabelSet.of(["car", "person"])
    frames = FrameIndex([f"{number}.png" for number in range(10)], np.full(10, 100, np.int32), np.full(10, 100, np.int32))
    rows = pd.DataFrame(ROWS).assign(id=range(1, len(ROWS) + 1))
    rows["outside"] = rows["outside"].fillna(False).astype(bool)
    return AnnotationView(from_dataframe(rows, labels, frames), labels, frames, 1)


def predictions() -> pd.DataFrame:
    return pd.DataFrame(
        [box(0, "car", 0, 0, 40, 10, score=0.9), box(0, "person", 50, 0, 40, 10, score=0.8), box(0, "person", 1, 50, 10, 40, score=0.7),
         box(1, "car", 60, 60, 10, 10, score=0.6), box(2, "person", 20, 50, 10, 40, score=0.5)]
    )  # fmt: skip


def truth() -> pd.DataFrame:
    return pd.DataFrame(ROWS[:5])


@pytest.mark.parametrize("name", [name for name in plots.__all__ if not name.startswith("linked_")])  # those have no axes
def test_every_plot_labels_its_axes_and_takes_axes(view: AnnotationView, name: str) -> None:
    arguments = {
        "confusion_matrix": (predictions(), truth()), "pr_curves": (predictions(), truth()),
        "annotator_agreement": ({"Ann": truth(), "Ben": predictions()},),
        "annotator_speed": (pd.DataFrame({"user": ["Ann"], "hours": [2.0], "added": [30]}),),
    }.get(name, (view,))  # fmt: skip
    _, given = plt.subplots()
    ax = getattr(plots, name)(*arguments, ax=given)
    assert ax is given
    assert ax.get_xlabel()
    assert ax.get_ylabel()
    assert ax.get_title(loc="left")
    made = getattr(plots, name)(*arguments)
    width, height = made.figure.get_size_inches()
    assert 2 <= width <= 10
    assert 1.5 <= height <= 8
    made.figure.canvas.draw()


def test_class_balance_counts_a_track_once(view: AnnotationView) -> None:
    ax = plots.class_balance(view)
    found = dict(zip([text.get_text() for text in ax.get_yticklabels()], [bar.get_width() for bar in ax.patches], strict=True))
    assert found == {"person": 2, "car": 4}


def test_objects_per_frame_counts_interpolated_tracks(view: AnnotationView) -> None:
    ax = plots.objects_per_frame(view)
    top = ax.patches[-1].get_data()
    assert top.values.tolist() == [3, 1, 1, 1, 1, 1, 1, 1, 0, 0]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["person", "car"]


def test_co_occurrence_is_a_share_of_frames(view: AnnotationView) -> None:
    values = plots.co_occurrence(view).images[0].get_array()
    assert values[0, 1] == pytest.approx(1 / 7)
    assert values[1, 0] == pytest.approx(1 / 2)
    assert np.ma.getmaskarray(values)[0, 0]


def test_sizes_and_ratios_show_medians(view: AnnotationView) -> None:
    shapes = view.shapes
    sizes = plots.sizes(shapes)
    assert [text.get_text() for text in sizes.get_yticklabels()] == ["car (3)", "person (2)"]
    medians = [line.get_xdata()[0] for line in plots.aspect_ratios(shapes).lines if len(set(line.get_xdata())) == 1]
    assert {0.25, 4.0} <= {round(float(value), 6) for value in medians}


def test_the_heat_map_counts_boxes(view: AnnotationView) -> None:
    image = plots.position_heatmap(view.shapes, size=(100, 100)).images[0]
    counts = np.asarray(image.get_array())
    assert counts[2, 2] == 2  # two cars lie at the upper left
    assert counts[-1, -1] == 0
    assert image.get_extent() == [0, 100, 100, 0]
    only = np.asarray(plots.position_heatmap(view.shapes, label="person", size=(100, 100)).images[0].get_array())
    assert only[2, 2] == 0
    assert only.max() == 1


def test_tracks(view: AnnotationView) -> None:
    lengths = plots.track_lengths(view)
    assert "median 5 frames" in lengths.get_title(loc="left")
    assert sum(patch.get_height() for patch in lengths.patches) == 1
    bar = plots.track_timeline(view).patches[0]
    assert (bar.get_x(), bar.get_width()) == (3, 5)


def test_confusion_from_rows_and_from_a_report(view: AnnotationView) -> None:
    ax = plots.confusion_matrix(predictions(), truth())
    texts = [text.get_text() for text in ax.texts]
    assert texts == ["1", "·", "1", "1", "2", "·", "1", "·", ""]
    frames, labels = view.frame_index, view.labels
    tables = [
        from_dataframe(rows.drop(columns="score", errors="ignore").assign(id=range(1, 6)), labels, frames)
        for rows in (truth(), predictions())
    ]
    report = compare(*tables, labels, frames)
    assert plots.confusion_matrix(report).images[0].get_array().shape == (3, 3)


def test_pr_curves_and_average_precision() -> None:
    ax = plots.pr_curves(predictions(), truth())
    car, person = ax.lines
    assert car.get_xdata().tolist() == pytest.approx([0, 1 / 3, 1 / 3])
    assert car.get_ydata().tolist() == pytest.approx([1, 1, 1 / 2])
    assert person.get_ydata().tolist() == pytest.approx([1, 0, 1 / 2, 2 / 3])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["car  (AP 0.33)", "person  (AP 0.67)"]


def test_agreement_and_speed() -> None:
    values = plots.annotator_agreement({"Ann": truth(), "Ben": predictions()}).images[0].get_array()
    assert values[0, 1] == values[1, 0] == pytest.approx(2 * 3 / 10)
    table = pd.DataFrame({"user": ["Ann", "Ben"], "hours": [2.0, 0.5], "added": [30, 20]})
    speed = plots.annotator_speed(table)
    assert [bar.get_width() for bar in speed.patches] == [15, 40]


@pytest.mark.parametrize(
    "name",
    ["class_balance", "co_occurrence", "objects_per_frame", "sizes", "position_heatmap", "track_lengths", "track_timeline"],
)
def test_an_empty_table_is_no_error(name: str) -> None:
    empty = pd.DataFrame(ROWS).iloc[:0].assign(outside=False)
    getattr(plots, name)(empty).figure.canvas.draw()
