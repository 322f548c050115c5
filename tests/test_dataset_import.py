"""A new task from a dataset file: pictures, labels and annotations of every format; exports of jobs and of rows."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import cvat_widgets as cw
from cvat_widgets.cli import main
from cvat_widgets.errors import CvatWidgetsError, FormatError
from cvat_widgets.formats import LossWarning, convert, read_dataset, write_dataset
from cvat_widgets.formats.parts import frames_between
from cvat_widgets.formats.registry import registered

FORMATS = [each.name for each in registered() if each.can_write]
COLORS = [(250, 10, 10), (10, 250, 10), (10, 10, 250)]
LABELS = [
    "car",
    {"name": "icdar", "attributes": [{"name": "text", "input_type": "text", "mutable": False, "values": []}]},
    {"name": "market-1501", "attributes": [{"name": "person_id", "input_type": "text", "mutable": False, "values": []}]},
    {"name": "face", "type": "skeleton", "sublabels": [{"name": "eye", "type": "points"}, {"name": "nose", "type": "points"}]},
]  # fmt: skip


def png(color: tuple[int, int, int], size: tuple[int, int] = (64, 48)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, color).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, color in enumerate(COLORS):
        (folder / f"p{number}.png").write_bytes(png(color))
    return folder


def suited(name: str) -> list[dict[str, object]]:
    """Rows a format can hold, on the frames 0 and 2."""
    kinds = next(each for each in registered() if each.name == name).kinds
    if name.startswith("Market"):
        return [{"frame": n, "label": "market-1501", "type": "tag", "points": [], "attr.person_id": str(n)} for n in (0, 2)]
    if name.startswith("ICDAR Rec"):
        return [{"frame": n, "label": "icdar", "type": "tag", "points": [], "attr.text": "word"} for n in (0, 2)]
    if name.startswith("MOTS"):
        return [{"frame": n, "label": "car", "type": "mask", "points": np.eye(48, 64) > 0, "track_id": 1} for n in (0, 2)]
    for kind, points in (("rectangle", [1, 2, 30, 40]), ("polygon", [1, 2, 30, 4, 20, 40]), ("tag", [])):
        if kind in kinds:
            return [{"frame": n, "label": "car", "type": kind, "points": points} for n in (0, 2)]
    return [{"frame": n, "label": "car", "type": "mask", "points": np.eye(48, 64) > 0} for n in (0, 2)]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.filterwarnings("ignore::cvat_widgets.formats.LossWarning")
def test_every_format_makes_a_new_task_with_its_pictures(name: str, pictures: Path, tmp_path: Path) -> None:
    task = cw.Task.create("source", pictures, labels=LABELS, store=tmp_path / "a.db")
    if "skeleton" in next(each for each in registered() if each.name == name).kinds and ("Pose" in name or "Keypoints" in name):
        from cvat_widgets.model.records import Element, Shape
        from cvat_widgets.model.table import AnnotationTable

        face = task.labels["face"]
        joints = [joint.id for joint in face.sublabels]
        records = [
            Shape(
                id=n + 1,
                frame=n,
                label=face.id,
                type="skeleton",
                points=(),
                elements=tuple(
                    Element(id=10 * n + k + 5, label=joint, points=(3 + k, 4 + k)) for k, joint in enumerate(joints)
                ),
            )
            for n in (0, 2)
        ]
        task._add_table(AnnotationTable.from_records(records), origin="import", label="joints")
    else:
        task.add(suited(name))
    path = task.export(tmp_path / "export.zip", name, save_images=True, progress=lambda _done, _all: None)
    for place in (path, tmp_path / "folder"):
        if place.suffix == "":
            with zipfile.ZipFile(path) as archive:
                archive.extractall(place)
        made = cw.Task.from_dataset(place, store=tmp_path / f"b{place.suffix}.db")
        again = cw.Task.open(made.name, store=tmp_path / f"b{place.suffix}.db")
        assert len(again) == 3
        colors = [tuple(again.frame(number)[5, 5].tolist()) for number in range(3)]
        order = [COLORS.index(color) for color in colors]
        assert sorted(order) == [0, 1, 2]
        table = again.table
        seen = {order[int(frame)] for frame in table.frame[(table.parent < 0) & ~table.has(2)]}
        assert {0, 2} <= seen
        again.media.close()


def test_names_subsets_and_options_are_kept(pictures: Path, tmp_path: Path) -> None:
    path = tmp_path / "data.zip"
    boxes = [{"id": 1, "image_id": 2, "category_id": 1, "bbox": [1, 2, 3, 4], "area": 12, "iscrowd": 0, "segmentation": []}]
    with zipfile.ZipFile(path, "w") as archive:
        for subset, number in (("train", 1), ("val", 2)):
            images = [{"id": number, "file_name": "same.png", "width": 64, "height": 48}]
            file = {
                "images": images,
                "annotations": boxes if number == 2 else [],
                "categories": [{"id": 1, "name": "cat"}],
            }
            archive.writestr(f"annotations/instances_{subset}.json", json.dumps(file))
            archive.writestr(f"images/{subset}/same.png", png(COLORS[number]))
    task = cw.Task.from_dataset(path, name="mine", store=tmp_path / "a.db", segment_size=1)
    assert task.name == "mine"
    assert list(task.frame_index.names) == ["train/same.png", "val/same.png"]
    assert [task.frame_index.subset_of(number) for number in range(2)] == ["train", "val"]
    assert [tuple(task.frame(number)[0, 0].tolist()) for number in range(2)] == COLORS[1:]
    assert len(task.jobs) == 2
    assert task.shapes[["frame", "label"]].to_numpy().tolist() == [[1, "cat"]]
    with zipfile.ZipFile(task.export(tmp_path / "out.zip", "YOLO 1.1")) as archive:
        assert {name.split("/")[0] for name in archive.namelist()} >= {"obj_train_data", "obj_val_data"} or {
            "train.txt",
            "val.txt",
        } <= set(archive.namelist())


def test_pictures_may_come_from_elsewhere(pictures: Path, tmp_path: Path) -> None:
    source = cw.Task.create("source", pictures, labels=["car"], store=tmp_path / "a.db")
    source.add(suited("YOLO 1.1"))
    path = source.export(tmp_path / "a.zip", "YOLO 1.1")
    with pytest.raises(FormatError, match="no pictures in it"):
        cw.Task.from_dataset(path, store=tmp_path / "b.db")
    task = cw.Task.from_dataset(path, data=pictures, name="t", store=tmp_path / "b.db")
    assert np.allclose(np.stack(task.shapes.points.tolist()), [1, 2, 30, 40], atol=1e-4)
    other = tmp_path / "other"
    other.mkdir()
    (other / "x.png").write_bytes(png(COLORS[0]))
    with pytest.raises(CvatWidgetsError):
        cw.Task.from_dataset(path, data=other, name="u", store=tmp_path / "b.db")
    assert cw.tasks(tmp_path / "b.db").name.tolist() == ["t"]
    with pytest.raises(FormatError, match="all its frames"):
        cw.Task.from_dataset(path, store=tmp_path / "b.db", start_frame=1)


def test_frames_without_pictures_are_told(tmp_path: Path) -> None:
    images = [{"id": n, "file_name": f"{n}.png", "width": 64, "height": 48} for n in (1, 2)]
    box = {"id": 1, "image_id": 2, "category_id": 1, "bbox": [1, 2, 3, 4], "area": 12, "iscrowd": 0, "segmentation": []}
    for number, store in ((2, "a.db"), (1, "b.db")):
        path = tmp_path / f"{number}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(
                "annotations/instances_default.json",
                json.dumps({"images": images, "annotations": [box], "categories": [{"id": 1, "name": "cat"}]}),
            )
            archive.writestr(f"images/default/{number}.png", png(COLORS[0]))
        if number == 2:
            with pytest.warns(LossWarning, match="1 frames without a picture"):
                assert len(cw.Task.from_dataset(path, store=tmp_path / store)) == 1
        else:
            with pytest.raises(FormatError, match=r"1 frames with annotations have no picture in it, e\.g\. '2\.png'"):
                cw.Task.from_dataset(path, store=tmp_path / store)


def test_a_damaged_picture_leaves_no_task_behind(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        images = [{"id": 1, "file_name": "1.png", "width": 64, "height": 48}]
        archive.writestr("annotations/i.json", json.dumps({"images": images, "annotations": [], "categories": []}))
        archive.writestr("images/1.png", b"no picture")
    with pytest.raises(CvatWidgetsError, match=r"1\.png"):
        cw.Task.from_dataset(path, store=tmp_path / "a.db")
    assert cw.tasks(tmp_path / "a.db").empty


def test_the_pictures_of_a_dataset_are_converted_along(pictures: Path, tmp_path: Path) -> None:
    source = cw.Task.create("source", pictures, labels=["car"], store=tmp_path / "a.db")
    source.add(suited("YOLO 1.1"))
    path = source.export(tmp_path / "a.zip", "TFRecord 1.0", save_images=True, progress=lambda _done, _all: None)
    convert(path, None, tmp_path / "b.zip", "COCO 1.0", save_images=True)
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert [archive.read(f"images/default/p{n}.png") for n in range(3)] == [png(color) for color in COLORS]
    without = source.export(tmp_path / "c.zip", "COCO 1.0")
    with pytest.raises(FormatError, match="no pictures to save"):
        convert(without, None, tmp_path / "d.zip", "YOLO 1.1", save_images=True)
    assert not (tmp_path / "d.zip").exists()


def test_a_failed_import_leaves_neither_a_task_nor_pictures(pictures: Path, tmp_path: Path) -> None:
    source = cw.Task.create("source", pictures, labels=["car"], store=tmp_path / "a.db")
    source.add([{"frame": 0, "label": "car", "type": "rectangle", "points": [1, 1, 9, 9]}])
    # The pictures stand inside of records: they are written out for the new task.
    path = source.export(tmp_path / "a.zip", "TFRecord 1.0", save_images=True)
    store = cw.Store.open(tmp_path / "b.db")
    kept = store.directory / "pictures"
    with pytest.raises(cw.LabelError):  # found with the task made
        cw.Task.from_dataset(path, labels=["person"], name="t", store=store)
    with pytest.raises(CvatWidgetsError, match="segment"):  # found before
        cw.Task.from_dataset(path, name="t", segment_size=-1, store=store)
    assert (store.task_page()[1], list(kept.iterdir())) == (0, [])
    assert len(cw.Task.from_dataset(path, name="t", store=store)) == len(source)
    assert len(list(kept.iterdir())) == 1


@pytest.mark.parametrize("name", ["COCO 1.0", "CVAT for images 1.1", "YOLO 1.1", "PASCAL VOC 1.1"])
def test_a_job_is_exported_with_its_own_frames(name: str, pictures: Path, tmp_path: Path) -> None:
    task = cw.Task.create("source", pictures, labels=["car"], segment_size=2, overlap=0, store=tmp_path / "a.db")
    task.add(suited(name))
    job = task.jobs[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LossWarning)
        path = job.export(tmp_path / "job.zip", name, save_images=True)
    dataset = read_dataset(path)
    assert [Path(each).name for each in dataset.frames.names] == ["p2.png"]
    assert len(dataset.table) == 1
    with zipfile.ZipFile(path) as archive:
        assert sum(each.endswith("p2.png") for each in archive.namelist()) == 1
        assert not any(each.endswith(("p0.png", "p1.png")) for each in archive.namelist())
    job.import_annotations(path, replace=True) if hasattr(job, "import_annotations") else task.import_annotations(path)


def test_formats_that_number_frames_keep_the_numbers_of_a_job(pictures: Path, tmp_path: Path) -> None:
    task = cw.Task.create("source", pictures, labels=["car"], segment_size=1, overlap=0, store=tmp_path / "a.db")
    task.add([{"frame": 1, "label": "car", "type": "rectangle", "points": [1, 2, 30, 40]}])
    for name in ("MOT 1.1", "CVAT for video 1.1"):
        path = task.jobs[1].export(tmp_path / "job.zip", name)
        table = read_dataset(path).table
        assert set(table.frame[~table.has(2)].tolist()) == {1}


def test_frames_between_keeps_what_belongs_to_them(tmp_path: Path) -> None:
    arrays = np.zeros((4, 8, 8, 3), np.uint8)
    arrays[:, 0, 0, 0] = range(4)
    task = cw.Task.create("a", arrays, labels=["car"], store=tmp_path / "a.db")
    task.add([{"frame": n, "label": "car", "type": "rectangle", "points": [0, 0, n + 1, 5]} for n in range(4)])
    part = frames_between(task.dataset(), 1, 2)
    assert part.table.frame.tolist() == [0, 1]
    assert part.table.points.reshape(-1, 4)[:, 2].tolist() == [2, 3]
    assert list(part.frames.names) == list(task.frame_index.names[1:3])
    assert part.media is not None
    assert part.media(0) == task.dataset().media(1)  # type: ignore[misc]
    assert frames_between(task.dataset(), 0, 3).table is not None


def test_the_command_line_makes_a_task_of_a_dataset(pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = cw.Task.create("source", pictures, labels=["car"], store=tmp_path / "a.db")
    source.add(suited("COCO 1.0"))
    path = source.export(tmp_path / "a.zip", "COCO 1.0", save_images=True, progress=lambda _done, _all: None)
    store = ["--store", str(tmp_path / "b.db")]
    assert main([*store, "create", "new", "--dataset", str(path)]) == 0
    assert "'new': 3 frames" in capsys.readouterr().out
    assert len(cw.Task.open("new", store=tmp_path / "b.db").shapes) == 2
    bare = source.export(tmp_path / "bare.zip", "COCO 1.0")
    assert main([*store, "create", "other", str(pictures), "--dataset", str(bare), "--format", "COCO 1.0"]) == 0
    assert len(cw.Task.open("other", store=tmp_path / "b.db").shapes) == 2
    capsys.readouterr()
    assert main([*store, "create", "none"]) == 1
    assert "--dataset" in capsys.readouterr().err
    assert main(["convert", str(path), str(tmp_path / "y.zip"), "--to", "YOLO 1.1", "--save-images"]) == 0
    with zipfile.ZipFile(tmp_path / "y.zip") as archive:
        assert sum(name.endswith(".png") for name in archive.namelist()) == 3


def test_real_datasets_become_tasks(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "formats"
    task = cw.Task.from_dataset(folder / "layouts" / "voc_dataset" / "voc_dataset1", name="voc", store=tmp_path / "a.db")
    assert len(task)
    assert task.frame(0).ndim == 3
    review = folder / "review100"
    task = cw.Task.from_dataset(review / "coco_format_v1", data=review / "images", name="review", store=tmp_path / "a.db")
    assert len(task) == 100
    assert len(task.shapes) == 273
    write_dataset(task.dataset(), tmp_path / "a.zip", "YOLO 1.1")
