"""YOLO 1.1 judged by a parser of its own: CVAT's examples and exports, round trips, and files that are wrong."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from cvat_widgets.errors import FormatError
from cvat_widgets.formats import Dataset, LossWarning, match_frames, read_dataset, remap, write_dataset
from cvat_widgets.formats.archive import open_members
from cvat_widgets.formats.fitting import fit_to_task
from cvat_widgets.formats.yolo_lines import print_lines, read_lines
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.labels import Label, LabelSet
from cvat_widgets.model.records import Keyframe, Record, Shape, Tag, Track
from cvat_widgets.model.table import AnnotationTable

YOLO = "YOLO 1.1"
LABELS = LabelSet.of([Label("cat"), Label("Hund äöü 犬"), Label("airplane")])
FRAMES = FrameIndex([f"sub/{n:03d}.jpg" for n in range(6)], np.full(6, 640, np.int32), np.full(6, 480, np.int32))
relaxed = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def picture(width: int, height: int) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (width, height)).save(data, "JPEG")
    return data.getvalue()


def archive(path: Path, files: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return path


def dataset(records: Any, frames: FrameIndex = FRAMES, **more: Any) -> Dataset:
    return Dataset(LABELS, frames, AnnotationTable.from_records(records), name="set", **more)


def box(number: int, frame: int, *points: float, label: str = "cat", **more: Any) -> Shape:
    return Shape(id=number, frame=frame, label=LABELS[label].id, type="rectangle", points=points, **more)


def into(source: Dataset, found: Dataset) -> AnnotationTable:
    """What an import into the task of ``source`` gives."""
    frame_map = match_frames(found.frames, source.frames)
    return remap(fit_to_task(found, source.labels, source.frames, frame_map), source.labels, frame_map)


def judge(path: Path, size: tuple[int, int]) -> list[tuple[str, str, tuple[float, ...]]]:
    """Read an archive the naive way: (frame, label, box in pixels)."""
    files = {name: zipfile.ZipFile(path).read(name).decode() for name in zipfile.ZipFile(path).namelist()}
    settings = dict(line.split(" = ") for line in files["obj.data"].splitlines())
    names = files[settings["names"].removeprefix("data/")].splitlines()
    assert int(settings["classes"]) == len(names)
    found: list[tuple[str, str, tuple[float, ...]]] = []
    for key, listed in settings.items():
        if key in ("classes", "names", "backup"):
            continue
        for line in files[listed.removeprefix("data/")].splitlines():
            text = files[str(Path(line.removeprefix("data/")).with_suffix(".txt"))]
            for row in text.splitlines():
                label, *numbers = row.split(" ")
                assert all(re.fullmatch(r"-?\d+\.\d{6}", number) for number in numbers)
                x, y, w, h = (float(n) * size[i % 2] for i, n in enumerate(numbers))
                frame = line.removeprefix("data/").partition("/")[2]
                found.append((frame, names[int(label)], (x - w / 2, y - h / 2, x + w / 2, y + h / 2)))
    return found


def boxes_of(source: Dataset) -> list[tuple[str, str, tuple[float, ...]]]:
    table = interpolate_table(source.table, frame_count=len(source.frames))
    return [
        (source.frames.names[table.frame[row]], source.labels.by_id(int(table.label[row])).name, tuple(table.points_of(row)))
        for row in range(len(table))
    ]


def same(found: list[Any], expected: list[Any], tolerance: float) -> None:
    def order(item: Any) -> Any:
        return (*item[:2], np.round(item[2], 1).tolist())

    assert len(found) == len(expected)
    for mine, theirs in zip(sorted(found, key=order), sorted(expected, key=order), strict=True):
        assert mine[:2] == theirs[:2]
        np.testing.assert_allclose(mine[2], theirs[2], atol=tolerance)


# -- what CVAT's manual and CVAT itself write -------------------------------------------------------------------------

MANUAL: dict[str, str | bytes] = {
    "obj.data": "classes = 3 # optional\nnames = obj.names\ntrain = train.txt\nvalid = valid.txt # optional\nbackup = backup/ # optional\n",
    "obj.names": "cat\ndog\nairplane\n",
    "train.txt": "obj_train_data/image1.jpg\n",
    "valid.txt": "obj_valid_data/image2.jpg\n",
    "obj_train_data/image1.txt": "1 0.3 0.8 0.1 0.3\n2 0.7 0.2 0.3 0.1\n",
    "obj_valid_data/image2.txt": "",
}


def test_the_example_of_the_manual_is_read(tmp_path: Path) -> None:
    pictures: dict[str, str | bytes] = {
        "obj_train_data/image1.jpg": picture(200, 100),
        "obj_valid_data/image2.jpg": picture(30, 40),
    }
    found = read_dataset(archive(tmp_path / "a.zip", MANUAL | pictures))
    assert found.labels.names == ["cat", "dog", "airplane"]
    assert list(found.frames.names) == ["image1.jpg", "image2.jpg"]
    assert list(found.frames.subsets) == ["train", "valid"]
    assert (found.frames.widths.tolist(), found.frames.heights.tolist()) == ([200, 30], [100, 40])
    assert found.meta["images"] == {0: "obj_train_data/image1.jpg", 1: "obj_valid_data/image2.jpg"}
    np.testing.assert_allclose(found.table.points, [50, 65, 70, 95, 110, 15, 170, 25])
    assert [found.labels.by_id(label).name for label in found.table.label.tolist()] == ["dog", "airplane"]
    assert found.table.to_records(found.labels)[0].source == "file"


def test_without_pictures_the_task_gives_the_sizes(tmp_path: Path) -> None:
    found = read_dataset(archive(tmp_path / "a.zip", MANUAL))
    assert found.frames.widths.tolist() == [0, 0]
    task = FrameIndex(["x/image1.png", "image2.jpg"], np.array([1000, 10]), np.array([100, 10]))
    frame_map = match_frames(found.frames, task)
    fitted = fit_to_task(found, found.labels, task, frame_map)
    np.testing.assert_allclose(fitted.table.points, [250, 65, 350, 95, 550, 15, 850, 25])
    smaller = FrameIndex(task.names, np.array([500, 10]), np.array([200, 10]))
    refitted = fit_to_task(fitted, found.labels, smaller, frame_map)
    np.testing.assert_allclose(refitted.table.points, [125, 130, 175, 190, 275, 30, 425, 50])
    with pytest.raises(FormatError, match=r"size of the frame 'image1.jpg' is not known.*put the pictures"):
        write_dataset(found, tmp_path / "b.zip", YOLO)
    assert not (tmp_path / "b.zip").exists()


def test_label_files_with_nothing_but_names_are_read(tmp_path: Path) -> None:
    # The manual's recipe: zip labels.zip -j ... obj.names
    files: dict[str, str | bytes] = {"obj.names": "cat\ndog\n", "2007_0001.txt": "0 .5 .5 .2 .2\n", "b.txt": "1 .5 .5 1 1\n"}
    found = read_dataset(archive(tmp_path / "a.zip", files | {"train.txt": "/home/me/2007_0001.jpg\n"}))
    assert list(found.frames.names) == ["2007_0001.jpg", "b.jpg"]
    assert found.table.frame.tolist() == [0, 1]
    assert len(found.table) == 2


def test_cvats_own_export_reads_to_the_boxes_of_its_coco_export(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "formats" / "review100"
    coco = read_dataset(folder / "coco_format_v1")
    bare = read_dataset(folder / "yolo_format")
    frame_map = match_frames(bare.frames, coco.frames)
    assert len(bare.table) == 273
    fitted = fit_to_task(bare, coco.labels, coco.frames, frame_map)
    same(boxes_of(fitted), boxes_of(coco), 6e-4)
    # With the pictures in the archive the file alone is enough.
    files: dict[str, str | bytes] = {
        file.relative_to(folder / "yolo_format").as_posix(): file.read_bytes()
        for file in (folder / "yolo_format").rglob("*")
        if file.is_file()
    }
    files |= {f"obj_train_data/{file.name}": file.read_bytes() for file in (folder / "images").iterdir()}
    whole = read_dataset(archive(tmp_path / "a.zip", files))
    same(boxes_of(whole), boxes_of(coco), 6e-4)


def test_files_look_as_cvat_writes_them(tmp_path: Path) -> None:
    frames = FrameIndex(
        ["a.png", "b/c", "d.jpg"], np.full(3, 640, np.int32), np.full(3, 480, np.int32), ("", "valid", "default")
    )
    made = write_dataset(
        dataset([box(1, 0, 64, 48, 128, 96), box(2, 1, 0, 0, 640, 480, label="airplane")], frames), tmp_path / "a.zip", YOLO
    )
    with zipfile.ZipFile(made) as opened:
        files = {name: opened.read(name).decode() for name in opened.namelist()}
    assert files == {
        "obj.data": "classes = 3\ntrain = data/train.txt\nvalid = data/valid.txt\nnames = data/obj.names\nbackup = backup/\n",
        "obj.names": "cat\nHund äöü 犬\nairplane\n",
        "train.txt": "data/obj_train_data/a.png\ndata/obj_train_data/d.jpg\n",
        "valid.txt": "data/obj_valid_data/b/c.jpg\n",
        "obj_train_data/a.txt": "0 0.150000 0.150000 0.100000 0.100000\n",
        "obj_train_data/d.txt": "",
        "obj_valid_data/b/c.txt": "2 0.500000 0.500000 1.000000 1.000000\n",
    }


# -- round trips ------------------------------------------------------------------------------------------------------

coordinates = st.floats(-50, 700, allow_nan=False)


@st.composite
def records(draw: st.DrawFn) -> list[Record]:
    made: list[Record] = []
    for number in range(1, draw(st.integers(0, 6)) + 1):
        x, y, w, h = draw(st.tuples(coordinates, coordinates, st.floats(0, 300), st.floats(0, 300)))
        label = draw(st.sampled_from(LABELS.names))
        if draw(st.booleans()):
            made.append(box(number, draw(st.integers(0, 5)), x, y, x + w, y + h, label=label, z_order=draw(st.integers(-1, 1))))
            continue
        frames = draw(st.lists(st.integers(0, 5), min_size=1, max_size=3, unique=True).map(sorted))
        keyframes = {
            frame: Keyframe(points=(x + step, y, x + w + step, y + h), outside=step > 0 and draw(st.booleans()))
            for step, frame in enumerate(frames)
        }
        made.append(Track(id=number, label=LABELS[label].id, type="rectangle", keyframes=keyframes))
    return made


@relaxed
@given(records())
def test_boxes_survive_and_a_naive_reader_sees_the_same(tmp_path_factory: pytest.TempPathFactory, made: list[Record]) -> None:
    source = dataset(made)
    path = write_dataset(source, tmp_path_factory.mktemp("f") / "a.zip", YOLO)
    same(judge(path, (640, 480)), boxes_of(source), 1e-3)
    table = into(source, read_dataset(path))
    assert table.problems(LABELS, 6) == []
    same(boxes_of(Dataset(LABELS, FRAMES, table)), boxes_of(source), 1e-3)


def test_boxes_in_front_come_last(tmp_path: Path) -> None:
    made = [box(n + 1, frame, n, 0, 9, 9, z_order=z) for n, (frame, z) in enumerate([(1, 2), (0, 1), (0, -1), (1, 0)])]
    table = read_dataset(write_dataset(dataset(made), tmp_path / "a.zip", YOLO)).table
    assert table.frame.tolist() == [0, 0, 1, 1]
    np.testing.assert_allclose(table.points[0::4] * 640, [2, 1, 3, 0], atol=1e-3)


def test_pictures_come_back(tmp_path: Path) -> None:
    frames = FrameIndex(["a/1.jpg", "frame_000001"], np.array([64, 32]), np.array([48, 24]))
    source = dataset(
        [box(1, 1, 1, 2, 30, 20)],
        frames,
        media=lambda frame: (["a/1.jpg", "frame_000001.png"][frame], picture(64 // (frame + 1), 48 // (frame + 1))),
    )
    done: list[tuple[int, int]] = []
    path = write_dataset(source, tmp_path / "a.zip", YOLO, save_images=True, progress=lambda *each: done.append(each))
    assert done == [(1, 2), (2, 2)]
    found = read_dataset(path)
    assert found.frames.widths.tolist() == [64, 32]
    assert found.meta["images"] == {0: "obj_train_data/a/1.jpg", 1: "obj_train_data/frame_000001.png"}
    assert into(source, found).frame.tolist() == [1]
    np.testing.assert_allclose(found.table.points, [1, 2, 30, 20], atol=1e-4)


def test_what_does_not_fit_is_told(tmp_path: Path) -> None:
    turned = box(1, 0, 100, 100, 140, 120, rotation=90)
    with pytest.warns(LossWarning, match="1 × tag, 1 × rotation"):
        write_dataset(dataset([turned, Tag(id=2, frame=0, label=LABELS["cat"].id)]), tmp_path / "a.zip", YOLO)
    # What is left of a turned box is the upright one around it.
    ((_, _, points),) = judge(tmp_path / "a.zip", (640, 480))
    np.testing.assert_allclose(points, (110, 90, 130, 130), atol=1e-3)
    with pytest.raises(FormatError, match="cannot hold"):
        write_dataset(dataset([turned]), tmp_path / "b.zip", YOLO, strict=True)


@pytest.mark.parametrize("subset", ["names", "backup", "a b", "a/b", "../x"])
def test_subsets_that_cannot_be_told_apart_are_refused(tmp_path: Path, subset: str) -> None:
    frames = FrameIndex(["a.jpg"], np.array([64]), np.array([48]), (subset,))
    with pytest.raises(FormatError, match="a subset cannot be called"):
        write_dataset(dataset([], frames), tmp_path / "a.zip", YOLO)
    assert list(tmp_path.iterdir()) == []


def test_names_that_collide_are_refused(tmp_path: Path) -> None:
    frames = FrameIndex(["a.jpg", "a.png"], np.array([64, 64]), np.array([48, 48]))
    with pytest.raises(FormatError, match="two files would be called"):
        write_dataset(dataset([], frames), tmp_path / "a.zip", YOLO)
    labels = LabelSet.of(["a\nb"])
    with pytest.raises(FormatError, match="does not fit on a line"):
        write_dataset(Dataset(labels, FRAMES, AnnotationTable.empty()), tmp_path / "b.zip", YOLO)


# -- files as people make them ----------------------------------------------------------------------------------------


def test_harmless_differences_do_not_matter(tmp_path: Path) -> None:
    long = "ordner/" + "ü" * 120
    files: dict[str, str | bytes] = {
        "set/obj.data": "\ufeffclasses=2\r\ntrain  =  data/train.txt\r\nval = data/val.txt\r\nnames = data/obj.names\r\nbackup = backup/",
        "set/obj.names": "\ufeffcat\r\n犬\r\n\r\n",
        "set/train.txt": f"\ufeffdata/obj_train_data/{long}.JPG\r\n\r\n./obj_train_data\\b.x.png\r\n",
        "set/val.txt": f"data/obj_train_data/{long}.JPG\n",
        f"set/obj_train_data/{long}.txt": "\ufeff  1\t0.5 5e-1 .2 0.200000  \r\n\r\n0 0.5 0.5 0.1 0.1",
        "set/obj_train_data/b.x.txt": "\r1 0 0 0 0\r",
    }
    found = read_dataset(archive(tmp_path / "a.zip", files))
    assert list(found.frames.names) == [f"{long}.JPG", "b.x.png"]
    assert list(found.frames.subsets) == ["train", "train"]
    assert found.table.frame.tolist() == [0, 0, 1]
    assert [found.labels.by_id(label).name for label in found.table.label.tolist()] == ["犬", "cat", "犬"]


def changed(**changes: str | bytes | None) -> dict[str, str | bytes]:
    files = {name.replace("/", "__").replace(".", "_"): (name, data) for name, data in MANUAL.items()}
    for key, data in changes.items():
        name = files.get(key, (key, b""))[0]
        files[key] = (name, data)  # type: ignore[assignment]
    return {name: data for name, data in files.values() if data is not None}


LINES = "obj_train_data__image1_txt"
BAD: list[tuple[dict[str, str | bytes], str]] = [
    (changed(obj_names=None), r"obj.data: line 2: the file 'obj.names' \(names\) is missing"),
    (changed(train_txt=None), r"obj.data: line 3: the file 'train.txt' \(train\) is missing"),
    (changed(**{LINES: None}), r"train.txt: line 1: the label file 'obj_train_data/image1.txt' is missing"),
    (changed(**{LINES: "0 .5 .5 .1 .1\n\n3 0.3 0.8 0.1 0.3\n"}), r"image1.txt: line 3: the label id 3 is not known"),
    (changed(**{LINES: "-1 0.3 0.8 0.1 0.3\n"}), r"image1.txt: line 1: the label id -1 is not known"),
    (changed(**{LINES: "1.5 0.3 0.8 0.1 0.3\n"}), r"image1.txt: line 1: the label id 1.5 is not known"),
    (changed(**{LINES: "cat 0.3 0.8 0.1 0.3\n"}), r"image1.txt: line 1: 'cat' is not a number"),
    (changed(**{LINES: "1 0.3 0.8 0.1\n"}), r"image1.txt: line 1: a line has five numbers"),
    (changed(**{LINES: "1 0.3 0.8 0.1 0.3\n1 0.3 0.8 0.1 0.3 7\n"}), r"image1.txt: line 2: a line has five numbers"),
    (changed(**{LINES: "1 nan 0.8 0.1 0.3\n"}), r"image1.txt: line 1: a number is not finite"),
    (changed(**{LINES: "1 0.3 0.8 1e999 0.3\n"}), r"image1.txt: line 1: a number is not finite"),
    (changed(**{LINES: "1 320 240 50 50\n"}), r"image1.txt: line 1: a coordinate is out of range.*fractions"),
    (changed(**{LINES: "1 0.3 0.8 -0.1 0.3\n"}), r"image1.txt: line 1: the width or height of a box is negative"),
    (changed(**{LINES: "1 0.3 0.8 0.1 1_0\n"}), r"image1.txt: line 1: '1_0' is not a number"),
    (changed(**{LINES: "1 0.3 0.8 0.1 " + "1" * 100}), r"image1.txt: line 1: a number has more than 64 characters"),
    (changed(**{LINES: b"\xff\xfe1\x00 \x000\x00"}), r"image1.txt: line 1: .* is not a number"),
    (changed(**{LINES: "1 ０.3 0.8 0.1 0.3"}), r"image1.txt: line 1: .* is not a number"),
    (changed(obj_names="cat\ndog\ncat\n"), r"obj.names: line 3: the label 'cat' is defined twice"),
    (changed(obj_names="cat\n" + "x" * 65), r"obj.names: line 2: the name is longer than 64"),
    (changed(obj_names=b"cat\nd\xf6g\n"), r"obj.names: line 2: it is not UTF-8"),
    (changed(train_txt="obj_train_data/image1.jpg\nobj_train_data/image1.jpg\n"), r"train.txt: line 2: .* listed twice"),
    (changed(train_txt="obj_train_data/image1.jpg\nobj_train_data/image1.png\n"), r"train.txt: line 2: .* listed twice"),
    (changed(train_txt="/home/me/image1.jpg\n"), r"train.txt: line 1: the path '/home/me/image1.jpg' is absolute"),
    (changed(train_txt="C:\\data\\image1.jpg\n"), r"train.txt: line 1: the path .* is absolute"),
    (changed(train_txt="obj_train_data/../../image1.jpg\n"), r"train.txt: line 1: .* leads out of the dataset"),
    (changed(obj_data="names = ../obj.names\ntrain = train.txt"), r"obj.data: line 1: .* leads out of the dataset"),
    (changed(obj_data="train = train.txt"), r"obj.data: it does not say where the label names are"),
    (changed(obj_data="names = obj.names"), r"obj.data: it lists no frames"),
    (changed(obj_data="names = obj.names\ntrain = train.txt\ntrain = valid.txt"), r"obj.data: line 3: 'train' is given twice"),
    (changed(obj_data=None, obj_names=None), "neither obj.data nor obj.names"),
]


@pytest.mark.parametrize(("files", "text"), BAD)
def test_bad_files_are_named(tmp_path: Path, files: dict[str, str | bytes], text: str) -> None:
    with pytest.raises(FormatError, match=text):
        read_dataset(archive(tmp_path / "bad.zip", files), YOLO)


def test_hostile_archives_are_refused(tmp_path: Path) -> None:
    for name in ("../obj.data", "/obj.data", "a/../../obj.data"):
        with pytest.raises(FormatError, match="leads out of it"):
            read_dataset(archive(tmp_path / "a.zip", MANUAL | {name: ""}), YOLO)
    with pytest.raises(FormatError, match="unreasonable size"):
        read_dataset(archive(tmp_path / "bomb.zip", MANUAL | {"obj_train_data/image1.txt": b" " * (50 << 20)}), YOLO)
    whole = archive(tmp_path / "whole.zip", MANUAL).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FormatError, match="cut off"):
        read_dataset(tmp_path / "cut.zip", YOLO)
    locked = bytearray(whole)
    locked[whole.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(bytes(locked))
    with pytest.raises(FormatError, match="encrypted"):
        read_dataset(tmp_path / "locked.zip", YOLO)
    (tmp_path / "obj.data").write_text("names = obj.names\ntrain = train.txt\n")
    with pytest.raises(FormatError, match="is missing"):
        read_dataset(tmp_path / "obj.data", YOLO)


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_damaged_files_end_in_an_error_of_ours(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    files = dict(MANUAL)
    for _ in range(data.draw(st.integers(1, 4))):
        name = data.draw(st.sampled_from(sorted(files)))
        before = files[name]
        text = bytearray(before.encode() if isinstance(before, str) else before)
        at = data.draw(st.integers(0, len(text)))
        text[at : at + data.draw(st.integers(0, 6))] = data.draw(
            st.binary(max_size=6) | st.sampled_from([b"1e9", b"-", b"\n", b"nan", b"0 ", b".."])
        )
        files[name] = bytes(text)
    folder = tmp_path_factory.mktemp("fuzz")
    try:
        found = read_dataset(archive(folder / "a.zip", files), YOLO)
    except FormatError:
        return
    assert found.table.problems(found.labels, len(found.frames)) == []


# -- the numbers ------------------------------------------------------------------------------------------------------

numbers = st.lists(st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: repr(round(value, 6))), min_size=1, max_size=9)


@relaxed
@given(st.lists(st.lists(numbers, max_size=4), min_size=1, max_size=5), st.sampled_from(["\n", "\r\n", "\r", "\n\n", " \n\t"]))
def test_lines_are_read_as_python_reads_them(tmp_path_factory: pytest.TempPathFactory, files: Any, ending: str) -> None:
    folder = tmp_path_factory.mktemp("lines")
    for number, lines in enumerate(files):
        (folder / f"{number}.txt").write_bytes(ending.join(" ".join(line) for line in lines).encode())
    with open_members(folder) as members:
        found = read_lines(members, [f"{number}.txt" for number in range(len(files))])
    expected = [(number, [float(value) for value in line]) for number, lines in enumerate(files) for line in lines]
    assert [
        (int(file), found.values[a:b].tolist()) for file, a, b in zip(found.file, found.starts, found.starts[1:], strict=False)
    ] == expected


def test_many_files_are_read_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cvat_widgets.formats import yolo_lines

    monkeypatch.setattr(yolo_lines, "_BATCH", 40)
    for number in range(30):
        (tmp_path / f"{number:02d}.txt").write_text("".join(f"{number} {row}\n" for row in range(number % 4)))
    (tmp_path / "29.txt").write_text("1 2\n\n3 x\n")
    with open_members(tmp_path) as members:
        found = read_lines(members, members.names[:29])
        assert found.values.tolist() == [each for number in range(29) for row in range(number % 4) for each in (number, row)]
        assert found.file.tolist() == [number for number in range(29) for _ in range(number % 4)]
        assert found.where(len(found) - 3).endswith("27.txt: line 1")
        with pytest.raises(FormatError, match=r"29.txt: line 3: 'x'"):
            read_lines(members, members.names)


def test_lines_of_different_lengths_are_printed() -> None:
    values, offsets = np.array([0.5, 1, 2, 1 / 3, 2 / 3]), np.array([0, 2, 5])
    assert print_lines(np.array([3, 0]), values, offsets) == ["3 0.500000 1.000000", "0 2.000000 0.333333 0.666667"]
    assert print_lines(np.array([3, 0]), values[:4], np.array([0, 2, 4]), np.array([-1, 12])) == [
        "3 0.500000 1.000000",
        "0 2.000000 0.333333 12",
    ]
    assert print_lines(np.array([], int), np.array([]), np.array([0])) == []
