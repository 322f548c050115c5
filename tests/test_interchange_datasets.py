"""Rows as datasets of PyTorch and Hugging Face, and as DataFrames of polars; each with and without its package."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

import cvat_widgets as cw
from cvat_widgets.errors import AnnotationError, MediaError, MissingExtraError

TRIANGLE = [0.0, 0, 20, 0, 0, 20]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "pictures"
    made.mkdir()
    for number in range(4):
        picture = np.zeros((48, 64, 3), np.uint8)
        picture[..., 0], picture[:, :10, 1] = number * 40, 200
        Image.fromarray(picture).save(made / f"{number}.png")
    return made


@pytest.fixture
def task(tmp_path: Path, folder: Path) -> cw.Task:
    labels = [cw.Label("car", attributes=[cw.Attribute("speed", "number"), cw.Attribute("parked", "checkbox")]), "dog"]
    task = cw.Task.create("t", folder, labels=labels, store=tmp_path / "a.db")
    task.add([
        {"frame": 0, "label": "dog", "type": "rectangle", "points": [1, 2, 31, 42], "rotation": 90},
        {"frame": 0, "label": "car", "type": "polygon", "points": TRIANGLE, "score": 0.5, "attr.speed": 3, "attr.parked": True},
        {"frame": 2, "label": "car", "type": "rectangle", "points": [5, 6, 7, 8]},
    ])  # fmt: skip
    task.add([{"frame": 0, "label": "car", "type": "rectangle", "points": [8, 8, 9, 9], "track_id": 1, "outside": True}])
    return task


def test_a_torch_dataset_has_pictures_boxes_labels_and_masks(task: cw.Task, folder: Path) -> None:
    torch = pytest.importorskip("torch")
    rows = task.to_frame()
    found = rows.cvat.to_torch(task, classes=["background", "car", "dog"], frames=range(3), masks=True)
    assert isinstance(found, torch.utils.data.Dataset)
    assert (len(found), found.frames, found.classes) == (3, [0, 1, 2], ["background", "car", "dog"])
    image, target = found[0]
    assert (image.dtype, tuple(image.shape)) == (torch.uint8, (3, 48, 64))
    assert_array_equal(image.numpy().transpose(1, 2, 0), task.frame(0))
    assert target["boxes"].dtype == torch.float32
    # A quarter turn about (16, 22) makes 30 x 40 pixels 40 x 30; what is outside is left out.
    assert target["boxes"].tolist() == [[-4, 7, 36, 37], [0, 0, 20, 20]]
    assert target["labels"].tolist() == [2, 1]
    assert target["area"].tolist() == [1200, 200]
    assert (target["masks"].dtype, tuple(target["masks"].shape)) == (torch.uint8, (2, 48, 64))
    assert_array_equal(target["masks"].numpy().astype(bool), rows.iloc[:2].cvat.to_masks(64, 48))
    empty = found[1][1]
    assert (tuple(empty["boxes"].shape), tuple(empty["masks"].shape), empty["image_id"]) == ((0, 4), (0, 48, 64), 1)
    loader = torch.utils.data.DataLoader(found, batch_size=3, collate_fn=found.collate)
    images, targets = next(iter(loader))
    assert [each["image_id"] for each in targets] == [0, 1, 2]
    assert len(images) == 3
    # Workers get a copy of what reads from a folder.
    again = pickle.loads(pickle.dumps(rows.cvat.to_torch(str(folder))))
    assert again.classes == ["car", "dog"]
    assert "masks" not in again[0][1]
    assert_array_equal(again[1][0].numpy().transpose(1, 2, 0), task.frame(2))


def test_transforms_get_image_and_target_and_pictures_come_from_anywhere(task: cw.Task, folder: Path) -> None:
    pytest.importorskip("torch")
    rows = task.shapes
    flipped = cw.to_torch(rows, task.frame, transforms=lambda image, target: (image.flip(-1), target["labels"]))
    image, labels = flipped[0]
    assert image[1, 0, -1] == 200
    assert labels.tolist() == [1, 0]
    assert cw.to_torch(rows, {0: folder / "0.png", 2: str(folder / "2.png")})[1][0][0, 0, 0] == 80
    with pytest.raises(MediaError, match="no such frame"):
        cw.to_torch(rows, {})[0]
    with pytest.raises(MediaError, match="cannot be read"):
        cw.to_torch(rows, {0: folder / "gone.png"})[0]
    with pytest.raises(MediaError, match="shape"):
        cw.to_torch(rows, {0: np.zeros((4, 4))})[0]
    with pytest.raises(MediaError, match="leads out of the folder"):
        cw.to_torch(rows.assign(frame_name="../../secret.png"), folder)[0]
    with pytest.raises(MediaError, match="not a folder"):
        cw.to_torch(rows, folder / "none")
    with pytest.raises(TypeError, match="from int"):
        cw.to_torch(rows, 3)
    with pytest.raises(AnnotationError, match="not among the classes"):
        cw.to_torch(rows, task, classes=["dog"])
    with pytest.raises(AnnotationError, match="polyline has no area"):
        cw.to_torch(pd.DataFrame({"frame": [0], "label": ["a"], "type": ["polyline"], "points": [[0, 0, 1, 1]]}), task)


def test_a_hugging_face_dataset_has_pictures_and_objects(task: cw.Task, folder: Path) -> None:
    pytest.importorskip("datasets")
    found = task.to_frame().cvat.to_hf(task, frames=range(3))
    assert found.column_names == ["image_id", "file_name", "image", "objects"]
    assert len(found) == 3
    first: dict[str, Any] = found[0]
    assert_array_equal(np.asarray(first["image"].convert("RGB")), task.frame(0))
    assert first["file_name"] == "0.png"
    objects = first["objects"]
    assert objects["bbox"] == [[-4, 7, 40, 30], [0, 0, 20, 20]]
    assert objects["category"] == [1, 0]
    assert objects["points"][1] == TRIANGLE
    assert objects["score"] == [1, 0.5]
    assert objects["track_id"] == [None, None]
    category = found.features["objects"]["category"]
    assert getattr(category, "feature", category).names == ["car", "dog"]
    assert found[1]["objects"]["id"] == []
    named = cw.to_hf(task.shapes, folder, images="path")
    assert named[1]["image"].size == (64, 48)
    assert "image" not in cw.to_hf(task.shapes).column_names
    with pytest.raises(MediaError, match="no file of its own"):
        cw.to_hf(task.shapes, task, images="path")
    with pytest.raises(ValueError, match="'bytes' or 'path'"):
        cw.to_hf(task.shapes, task, images="file")


def test_polars_and_arrow_give_the_same_rows_back(task: cw.Task) -> None:
    pl = pytest.importorskip("polars")
    pytest.importorskip("pyarrow")
    rows = task.to_frame()
    data = rows.cvat.to_polars()
    assert isinstance(data, pl.DataFrame)
    assert data.columns == list(rows.columns)
    assert data.schema["points"] == pl.List(pl.Float64)
    assert data.filter(pl.col("label") == "dog")["points"].to_list() == [[1, 2, 31, 42]]
    for again in (cw.from_polars(data), cw.from_polars(data.lazy()), cw.from_arrow(rows.cvat.to_arrow())):
        assert again.dtypes.to_dict() == rows.dtypes.to_dict()
        pd.testing.assert_frame_equal(again.drop(columns="points"), rows.drop(columns="points"))
        for ours, theirs in zip(again["points"], rows["points"], strict=True):
            assert_array_equal(ours, theirs)
    made = pl.DataFrame({"frame": [1], "label": ["car"], "type": ["rectangle"], "points": [[1, 2, 3, 4]]})
    before = len(task.shapes)
    task.add(cw.from_polars(made))
    assert len(task.shapes) == before + 1
    assert len(cw.from_polars(made.clear())) == 0
    with pytest.raises(AnnotationError, match="no column 'points'"):
        cw.from_polars(made.drop("points"))
    with pytest.raises(AnnotationError, match="holds no lists"):
        cw.from_polars(made.with_columns(points=pl.lit("x")))
    with pytest.raises(TypeError, match="not dict"):
        cw.from_polars({})


@pytest.mark.parametrize(
    ("package", "extra", "name"),
    [("torch", "torch", "to_torch"), ("datasets", "hf", "to_hf"), ("polars", "polars", "to_polars"),
     ("polars", "polars", "from_polars"), ("pyarrow", "interchange", "to_arrow")],
)  # fmt: skip
def test_without_the_package_the_error_names_the_extra(
    package: str, extra: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    rows = pd.DataFrame({"frame": [0], "label": ["a"], "type": ["rectangle"], "points": [[0, 0, 1, 1]]})
    with pytest.raises(MissingExtraError, match=rf"{package}.*cvat-widgets\[{extra}\]"):
        getattr(cw, name)(rows, *([{}] if name == "to_torch" else []))
