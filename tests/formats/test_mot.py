"""MOT and MOTS: tracks as CVAT builds them, round trips, TrackEval's judgement, and hostile files."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cvat_widgets.errors import CvatWidgetsError, FormatError
from cvat_widgets.formats import Dataset, LossWarning, read_dataset, write_dataset
from cvat_widgets.formats.gap_tracks import close_gaps
from cvat_widgets.formats.index_masks import encode_png, index_masks, paint
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.kinds import Flag
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.model.masks import decode_mask, encode_mask, mask_from_polygons
from cvat_widgets.model.records import Keyframe, Record, Shape, Track
from cvat_widgets.model.table import AnnotationTable

VISIBILITY = Attribute("visibility", "number", ("0", "1", "0.01"), "1", mutable=True)
LABELS = LabelSet.of(
    [Label("pedestrian"), Label("crane ü", attributes=(VISIBILITY, Attribute("ignored", "checkbox", mutable=True)))]
)
PERSON, CRANE = (label.id for label in LABELS)
SEEN, IGNORED = (attribute.id for attribute in LABELS["crane ü"].attributes)
FRAMES = FrameIndex([f"frame_{n:06d}" for n in range(12)], np.full(12, 64, np.int32), np.full(12, 48, np.int32))
relaxed = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def dataset(records: list[Record] | tuple[Record, ...], frames: FrameIndex = FRAMES, labels: LabelSet = LABELS) -> Dataset:
    return Dataset(labels, frames, AnnotationTable.from_records(records), name="set", mode="interpolation")


def archive(path: Path, files: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return path


def box(draw: Any) -> tuple[float, ...]:
    x, y, w, h = (draw(st.integers(0, 60_000)) / 1000 for _ in range(4))
    return (x, y, x + w, y + h)


@st.composite
def objects(draw: st.DrawFn) -> tuple[Record, ...]:
    """Tracks whose every visible frame is a keyframe, and plain boxes: all that MOT keeps."""
    records: list[Record] = []
    for number in range(draw(st.integers(0, 4))):
        label = draw(st.sampled_from([PERSON, CRANE]))
        if draw(st.booleans()):
            shape = Shape(id=100 + number, frame=draw(st.integers(0, 11)), label=label, type="rectangle", points=box(draw), source="file", attributes=attributes(draw, label, plain=True))  # fmt: skip
            records.append(shape)
            continue
        seen = draw(st.sets(st.integers(0, 11), min_size=1))
        keyframes: dict[int, Keyframe] = {}
        values: dict[int, str] = {}
        for frame in sorted(seen):
            now = attributes(draw, label)
            changed = {spec: text for spec, text in now.items() if values.get(spec) != text}
            keyframes[frame] = Keyframe(points=box(draw), occluded=label == PERSON and draw(st.booleans()), attributes=changed)
            if now.get(SEEN) == "0":
                keyframes[frame] = Keyframe(points=keyframes[frame].points, occluded=True, attributes=changed)
            values = now
            if frame + 1 not in seen and frame < 11:
                last = keyframes[frame]
                keyframes[frame + 1] = Keyframe(points=last.points, occluded=last.occluded, outside=True)
        records.append(Track(id=number + 1, label=label, type="rectangle", source="file", keyframes=keyframes))
    return tuple(records)


def attributes(draw: Any, label: int, *, plain: bool = False) -> dict[int, str]:
    if label == PERSON:
        return {}
    # Cranes have both attributes, always; 0 is what occluded looks like.
    return {SEEN: draw(st.sampled_from(["0.25", "0.5", "1"] if plain else ["0", "0.25", "0.5", "1"])), IGNORED: draw(st.sampled_from(["true", "false"]))}  # fmt: skip


def described(data: Dataset) -> list[str]:
    """Each object without ids of labels and attributes; plain shapes without their own id, which MOT does not keep."""
    specs = {spec.id: spec.name for label in data.labels for spec in label.attributes}
    kept = []
    for record in data.table.to_records(data.labels):
        label = data.labels.by_id(record.label).name
        if isinstance(record, Track):
            values = {specs[spec]: text for spec, text in record.attributes.items()}
            frames = []
            for frame, key in record.keyframes.items():
                values |= {specs[spec]: text for spec, text in key.attributes.items()}
                frames.append(
                    (frame, np.round(key.points, 6).tolist(), key.occluded, key.outside, dict(sorted(values.items())))
                )
            kept.append(str((record.id, label, frames)))
        else:
            values = {specs[spec]: text for spec, text in record.attributes.items()}
            kept.append(
                str((label, record.frame, np.round(record.points, 6).tolist(), record.occluded, sorted(values.items())))
            )
    return sorted(kept)


@relaxed
@given(objects())
def test_boxes_and_tracks_survive_mot(tmp_path_factory: pytest.TempPathFactory, records: tuple[Record, ...]) -> None:
    source = dataset(records)
    path = tmp_path_factory.mktemp("m") / "a.zip"
    write_dataset(source, path, "MOT 1.1")
    found = read_dataset(path)
    # What a file needs no attribute for has none: all visible and nothing ignored.
    needed = {a.name for a in found.labels["crane ü"].attributes}
    bare = dataset(records, labels=LABELS)
    values = bare.table.attributes
    keep = np.isin(values.spec, [spec for spec, name in ((SEEN, "visibility"), (IGNORED, "ignored")) if name in needed])
    kept = type(values)(values.row[keep], values.spec[keep], values.code[keep], values.strings)
    table = AnnotationTable(**{**vars(bare.table), "attributes": kept})
    assert described(found) == described(Dataset(LABELS, FRAMES, table))
    assert (len(found.frames), found.frames.widths.tolist()[0], found.mode) == (12, 64, "interpolation")


def test_the_manuals_mot_examples_are_read(tmp_path: Path) -> None:
    line = "1,1,1363,569,103,241,1,1,0.86014\n"
    full = archive(
        tmp_path / "a.zip",
        {"img1/image1.jpg": b"x", "img1/image2.jpg": b"x", "gt/labels.txt": "cat\ndog\nperson\n", "gt/gt.txt": line},
    )
    found = read_dataset(full)
    assert (found.labels.names, list(found.frames.names)) == (["cat", "dog", "person"], ["image1.jpg", "image2.jpg"])
    assert found.table.points.tolist() == [1363, 569, 1466, 810] * 2
    assert found.table.flags.tolist() == [Flag.KEYFRAME, Flag.KEYFRAME | Flag.OUTSIDE]
    assert found.table.attributes.strings[found.table.attributes.code[0]] == "0.86014"
    assert found.meta["images"] == {0: "img1/image1.jpg", 1: "img1/image2.jpg"}
    short = archive(tmp_path / "b.zip", {"labels.txt": "cat\n", "gt.txt": "# frame_id, track_id, ...\n" + line})
    assert read_dataset(short).labels.names == ["cat"]
    official = archive(tmp_path / "c.zip", {"gt.txt": "\ufeff1,1,1,2,3,4,1,3,1\r\n\r\n2,-1,1,2,3,4,0,-1,-1\r\n"})
    table = read_dataset(official, "MOT 1.1").table
    assert table.track.tolist() == [-1, 1, 1]
    assert [read_dataset(official).labels.by_id(label).name for label in table.label.tolist()] == ["pedestrian", "car", "car"]


def test_places_in_the_world_are_not_classes(tmp_path: Path) -> None:
    """MOT 2015 has x, y and z in metres where later files have class and visibility."""
    lines = "1,1,88,99,61.08,218.56,1,4.4852,5.5016,0\n1,2,1,99,61.08,218.56,1,3,0.5,0\n"
    found = read_dataset(archive(tmp_path / "a.zip", {"gt/gt.txt": lines}))
    assert {found.labels.by_id(label).name for label in found.table.label.tolist()} == {"pedestrian"}
    assert (found.table.flags.tolist(), len(found.table.attributes)) == ([4, 4], 0)


def test_tracks_are_outside_where_a_line_is_missing(tmp_path: Path) -> None:
    """CVAT's rule: a copy of the last box, outside, on the frame after it; none behind the last frame."""
    lines = "".join(f"{frame},7,{frame},0,5,5,1,1,{visible}\n" for frame, visible in ((9, 1), (2, 1), (3, 0), (5, 1)))
    path = archive(
        tmp_path / "a.zip", {"gt/gt.txt": lines, "seqinfo.ini": "[Sequence]\nseqLength=9\nimWidth=20\nimHeight=10\n"}
    )
    found = read_dataset(path)
    rows = list(zip(found.table.frame.tolist(), found.table.flags.tolist(), found.table.points[::4].tolist(), strict=True))
    assert rows == [(1, 4, 2), (2, 5, 3), (3, 7, 3), (4, 4, 5), (5, 6, 5), (8, 4, 9)]
    assert set(found.table.track.tolist()) == {7}
    assert found.frames.heights.tolist() == [10] * 9
    # In a longer task the track ends behind its last box; applied once more, nothing changes.
    longer = close_gaps(found.table, 20)
    assert (longer.frame[-1], longer.flags[-1]) == (9, 6)
    assert close_gaps(longer, 20).equals(longer)
    # A frame that turns up between two others makes a gap; the outside that stood behind it is not needed any more.
    moved = close_gaps(found.table.with_columns(frame=found.table.frame * 2), 20)
    states = interpolate_table(moved, frame_count=20)
    assert states.frame.tolist() == [2, 4, 8, 16]


def test_mot_keeps_pictures_and_says_what_it_cannot(tmp_path: Path) -> None:
    extra = LabelSet.of([Label("pedestrian", attributes=(Attribute("coat"),))])
    shape = Shape(
        id=1,
        frame=0,
        label=1,
        type="rectangle",
        points=(0, 0, 5, 5),
        rotation=9,
        group=4,
        attributes={extra["pedestrian"].attributes[0].id: "red"},
    )
    polygon = Shape(id=2, frame=0, label=1, type="polygon", points=(0, 0, 5, 5, 5, 0))
    source = Dataset(
        extra, FRAMES, AnnotationTable.from_records([shape, polygon]), media=lambda frame: (f"{frame}.png", b"picture")
    )
    with pytest.warns(LossWarning) as caught:
        write_dataset(source, tmp_path / "a.zip", "MOT 1.1", save_images=True, progress=lambda _done, _all: None)
    text = " ".join(str(each.message) for each in caught)
    for what in ("1 × polygon", "1 × rotation", "1 × group", "1 × attribute 'coat'"):
        assert what in text
    names = zipfile.ZipFile(tmp_path / "a.zip").namelist()
    assert names[:4] == ["gt/gt.txt", "gt/labels.txt", "seqinfo.ini", "img1/000001.png"]
    assert read_dataset(tmp_path / "a.zip").meta["frames_by_number"]


GOOD_MOT = "1,1,10,20,30,40,1,1,1\n2,1,11,20,30,40,1,1,0.5\n2,2,1,2,3,4,0,2,1\n"
BAD_MOT = [
    ({"gt/gt.txt": GOOD_MOT + "3,1,x,2,3,4,1,1,1\n"}, r"line 4: x is not a number: 'x'"),
    ({"gt/gt.txt": GOOD_MOT + "\n3,1,nan,2,3,4,1,1,1\n"}, r"line 5: x is not a number: 'nan'"),
    ({"gt/gt.txt": GOOD_MOT + "3,1,1,2,3\n"}, r"line 4: .*at least 6 numbers"),
    ({"gt/gt.txt": GOOD_MOT + "3,1,1,2,-3,4,1,1,1\n"}, r"line 4: .*negative size"),
    ({"gt/gt.txt": GOOD_MOT + "0,1,1,2,3,4,1,1,1\n"}, r"line 4: frame_id is not in 1"),
    ({"gt/gt.txt": GOOD_MOT + "1e8,1,1,2,3,4,1,1,1\n"}, r"line 4: frame_id is not in 1"),
    ({"gt/gt.txt": GOOD_MOT + "3.5,1,1,2,3,4,1,1,1\n"}, r"line 4: frame_id is not a whole"),
    ({"gt/gt.txt": GOOD_MOT + "3,1.5,1,2,3,4,1,1,1\n"}, r"line 4: track_id is not a whole"),
    ({"gt/gt.txt": "\n# c\n" + GOOD_MOT + "3,1,1e12,2,3,4,1,1,1\n"}, r"line 6: a number is larger"),
    ({"gt/gt.txt": GOOD_MOT + "3,1,1,2,3,4,1,13,1\n"}, r"line 4: class_id is not in 1 to 12"),
    ({"gt/gt.txt": GOOD_MOT, "gt/labels.txt": "a\n"}, r"line 3: class_id is not in 1 to 1"),
    ({"gt/gt.txt": GOOD_MOT, "gt/labels.txt": "a\n\nb\n"}, r"labels.txt: line 2: a label has no name"),
    ({"gt/gt.txt": GOOD_MOT, "gt/labels.txt": "a\na\n"}, r"labels.txt: line 2: the label 'a' is there twice"),
    ({"gt/gt.txt": GOOD_MOT, "gt/labels.txt": "a\n" + "é" * 65}, "longer than 64"),
    ({"gt/gt.txt": GOOD_MOT + "3,1,1,2,3,4,1,1,7\n"}, r"line 4: visibility is above 1"),
    ({"gt/gt.txt": GOOD_MOT + "2,1,5,5,5,5,1,1,1\n"}, r"line 4: the track has two boxes on one frame"),
    ({"gt/gt.txt": b"\xff\xfe1,1"}, "not UTF-8"),
    ({"a/gt/gt.txt": GOOD_MOT, "b/gt/gt.txt": GOOD_MOT}, "several sequences"),
    ({"notes.txt": "hello"}, "no gt.txt"),
    ({"../gt.txt": GOOD_MOT}, "leads out"),
]


@pytest.mark.parametrize(("files", "text"), BAD_MOT)
def test_bad_mot_files_are_named(tmp_path: Path, files: dict[str, str | bytes], text: str) -> None:
    with pytest.raises(FormatError, match=text):
        read_dataset(archive(tmp_path / "a.zip", files), "MOT 1.1")


def test_short_and_ragged_lines_get_defaults(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"gt/gt.txt": "1,1,1,2,3,4\n2,1,1,2,3,4,1\n3,2,1,2,3,4,1,2,,5\n"})
    table = read_dataset(path).table
    assert (table.frame.tolist(), table.flags.tolist()) == ([0, 1, 2, 2], [4, 4, 6, 4])


def test_damaged_mot_files_end_in_an_error_of_ours(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "gt").mkdir()

    @settings(max_examples=120, deadline=None)
    @given(st.data())
    def fuzz(data: st.DataObject) -> None:
        for name, source in (("gt.txt", GOOD_MOT), ("labels.txt", "a\nb\n"), ("../seqinfo.ini", "seqLength=5\nimWidth=7\n")):
            text = bytearray(source.encode())
            for _ in range(data.draw(st.integers(0, 3))):
                place = data.draw(st.integers(0, len(text)))
                text[place : place + data.draw(st.integers(0, 6))] = data.draw(
                    st.binary(max_size=6) | st.sampled_from([b"-1", b"inf", b"1e9", b",", b"99999999"])
                )
            (folder / "gt" / name).write_bytes(bytes(text))
        with contextlib.suppress(CvatWidgetsError):
            read_dataset(folder, "MOT 1.1")

    fuzz()


# -- MOTS ----------------------------------------------------------------------------------------------------------


def masks(seed: int, count: int = 6) -> list[np.ndarray[Any, Any]]:
    """Pictures of numbers: two classes, objects that come and go, with holes and parts."""
    rng = np.random.default_rng(seed)
    pictures = []
    for frame in range(count):
        canvas = np.zeros((48, 64), np.uint16)
        for number in (1001, 1002, 2001, 2007):
            if rng.random() < 0.7:
                x, y = rng.integers(0, 50, 2)
                canvas[y : y + 12, x : x + 14] = number
                canvas[y + 4 : y + 7, x + 3 : x + 6] = 0
        pictures.append(canvas)
    return pictures


def mots_archive(path: Path, pictures: list[np.ndarray[Any, Any]], labels: str | None = "car\npedestrian\n") -> Path:
    files: dict[str, str | bytes] = {
        f"train/instances/{number}.png": encode_png(picture) for number, picture in enumerate(pictures, 1)
    }
    return archive(path, files | ({"train/instances/labels.txt": labels} if labels is not None else {}))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_mots_survives_pixel_by_pixel(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    import cv2

    pictures = masks(seed, 11)
    folder = tmp_path_factory.mktemp("s")
    first = read_dataset(mots_archive(folder / "a.zip", pictures))
    write_dataset(first, folder / "b.zip", "MOTS PNG 1.0")
    written = zipfile.ZipFile(folder / "b.zip")
    for number, picture in enumerate(pictures, 1):
        data = written.read(f"train/instances/{number}.png")
        again = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        # Tracks are numbered anew only where two labels count the same numbers, and then with their class.
        assert np.array_equal(again, picture)
    second = read_dataset(folder / "b.zip")
    assert second.table.equals(first.table)
    visible = interpolate_table(first.table, frame_count=11)
    expected = sorted((frame, int(value)) for frame, picture in enumerate(pictures) for value in np.unique(picture) if value)
    assert len(visible) == len(expected)


def test_index_masks_are_those_of_each_number() -> None:
    rng = np.random.default_rng(4)
    for shape in ((1, 1), (1, 9), (7, 1), (31, 17)):
        pixels = rng.integers(0, 4, shape).astype(np.uint16) * 300
        found = dict(index_masks(pixels))
        assert sorted(found) == [int(value) for value in np.unique(pixels) if value]
        for value, points in found.items():
            assert np.array_equal(points, encode_mask(pixels == value))
    assert index_masks(np.zeros((3, 3), np.uint8)) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(-30, 90), st.floats(-30, 70)), min_size=3, max_size=7))
def test_polygons_are_painted_by_pycocotools_rule(corners: list[tuple[float, float]]) -> None:
    points = np.array(corners).ravel()
    table = AnnotationTable.build(points=points, offsets=[0, len(points)], type=1)
    canvas = np.zeros((48, 64), np.uint16)
    paint(canvas, table, 0, 9)
    assert np.array_equal(canvas == 9, decode_mask(mask_from_polygons([points], 64, 48), 64, 48))


def test_the_layout_example_is_read(shared_data: Path) -> None:
    found = read_dataset(shared_data / "formats" / "layouts" / "mots_dataset")
    assert (found.labels.names, list(found.frames.names), list(found.frames.subsets)) == (
        ["a", "b", "c", "d"],
        ["1.jpg", "2.jpg", "3.jpg"],
        ["train", "train", "val"],
    )
    visible = interpolate_table(found.table, frame_count=3)
    names = [found.labels.by_id(label).name for label in visible.label.tolist()]
    assert sorted(zip(visible.frame.tolist(), names, visible.track.tolist(), strict=True)) == [
        (0, "c", 3002),
        (0, "d", 4001),
        (0, "d", 4003),
        (1, "d", 4002),
        (2, "a", 1001),
    ]


def test_mots_writes_tracks_as_cvat_does(tmp_path: Path) -> None:
    """Only tracks; boxes, turned ones and polygons as masks; what is in front is painted last; a group is one object."""
    import cv2

    def track(number: int, kind: str, points: tuple[float, ...], **pose: Any) -> Track:
        group = pose.pop("group", 0)
        return Track(id=number, label=PERSON, type=kind, group=group, keyframes={0: Keyframe(points=points, **pose)})

    records: list[Record] = [
        track(3, "rectangle", (2, 2, 20, 20), z_order=5),
        track(4, "polygon", (10, 10, 40, 10, 40, 40, 10, 40), z_order=1),
        track(5, "rectangle", (45, 20, 55, 30), rotation=45),
        track(6, "polygon", (0, 40, 5, 40, 5, 45, 0, 45), group=2),
        track(7, "polygon", (10, 42, 15, 42, 15, 47, 10, 47), group=2),
        Shape(id=9, frame=0, label=PERSON, type="rectangle", points=(0, 0, 60, 40)),
    ]
    with pytest.warns(LossWarning, match="1 × shape that is not in a track"):
        write_dataset(dataset(records), tmp_path / "a.zip", "MOTS PNG 1.0")
    written = zipfile.ZipFile(tmp_path / "a.zip")
    assert "default/instances/labels.txt" in written.namelist()
    pixels = cv2.imdecode(np.frombuffer(written.read("default/instances/frame_000003.png"), np.uint8), cv2.IMREAD_UNCHANGED)
    assert set(np.unique(pixels).tolist()) == {0, 1003, 1004, 1005, 1006}
    assert (pixels[15, 15], pixels[30, 30], pixels[25, 50], pixels[20, 46], pixels[45, 12]) == (1003, 1004, 1005, 0, 1006)


GOOD_PNG = encode_png(np.array([[0, 1001], [2002, 2002]], np.uint16))
BAD_MOTS: list[tuple[dict[str, str | bytes], str]] = [
    ({"t/instances/1.png": b"no picture"}, r"t/instances/1.png"),
    ({"t/instances/1.png": GOOD_PNG[:40]}, r"1.png: .*damaged"),
    ({"t/instances/1.png": b""}, r"1.png"),
    ({"t/instances/1.png": b"\xff\xd8\xff" + GOOD_PNG}, r"1.png"),
    ({"t/instances/1.png": encode_png(np.zeros((3, 3, 3), np.uint8))}, r"1.png: the mask has colours"),
    ({"t/instances/1.png": GOOD_PNG, "t/instances/labels.txt": "a\n"}, r"1.png: pixels of class 2, but labels.txt has 1"),
    ({"t/instances/1.png": encode_png(np.full((2, 2), 7001, np.uint16))}, r"pixels of class 7"),
    ({"t/instances/1.png": GOOD_PNG, "t/instances/labels.txt": "a\na\n"}, r"labels.txt: line 2"),
    ({"t/instances/1.png": GOOD_PNG, "t/instances/labels.txt": "a\n\nb\n"}, r"labels.txt: line 2"),
    ({"t/instances/1.png": GOOD_PNG, "t/instances/labels.txt": "a\n" + "x" * 80}, r"longer than 64"),
    ({"t/instances/1.png": GOOD_PNG, "t/instances/labels.txt": b"\xff"}, r"not UTF-8"),
    ({"t/instances/1.png": GOOD_PNG, "t/instances/1.PNG": GOOD_PNG}, r"two frames are called"),
    ({"t/instances/labels.txt": "a\n"}, "no masks"),
    ({"t/../../instances/1.png": GOOD_PNG}, "leads out"),
]


@pytest.mark.parametrize(("files", "text"), BAD_MOTS)
def test_bad_mots_files_are_named(tmp_path: Path, files: dict[str, str | bytes], text: str) -> None:
    with pytest.raises(FormatError, match=text):
        read_dataset(archive(tmp_path / "a.zip", files), "MOTS PNG 1.0")


def test_pictures_that_pretend_to_be_huge_are_refused(tmp_path: Path) -> None:
    import struct
    import zlib

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 16, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + GOOD_PNG[33:]
    with pytest.raises(FormatError, match=r"instances/1.png"):
        read_dataset(archive(tmp_path / "a.zip", {"instances/1.png": bomb}), "MOTS PNG 1.0")


def test_mots_has_limits_that_are_told(tmp_path: Path) -> None:
    unknown = FrameIndex(["a.jpg"], np.zeros(1, np.int32), np.zeros(1, np.int32))
    track = Track(id=1, label=PERSON, type="rectangle", keyframes={0: Keyframe(points=(0, 0, 5, 5))})
    with pytest.raises(FormatError, match=r"size of the frame 'a.jpg' is not known"):
        write_dataset(dataset([track], unknown), tmp_path / "a.zip", "MOTS PNG 1.0")
    many = [Track(id=n, label=PERSON, type="rectangle", keyframes={0: Keyframe(points=(0, 0, 5, 5))}) for n in range(1, 1002)]
    with pytest.raises(FormatError, match="999 objects"):
        write_dataset(dataset(many), tmp_path / "b.zip", "MOTS PNG 1.0")
    assert not list(tmp_path.iterdir())


def test_without_labels_classes_are_those_of_the_challenge(tmp_path: Path) -> None:
    picture = np.array([[1001, 2001, 10000]], np.uint16)
    found = read_dataset(mots_archive(tmp_path / "a.zip", [picture], labels=None), "MOTS PNG 1.0")
    assert [found.labels.by_id(label).name for label in found.table.label.tolist()] == ["car", "pedestrian", "ignored"]
    assert found.table.z_order.tolist() == [0, 0, 1]


# -- TrackEval -----------------------------------------------------------------------------------------------------


def hota(tmp_path: Path, kind: str, truth: str, tracked: str, length: int) -> float:
    import trackeval

    (tmp_path / "gt" / "seq" / "gt").mkdir(parents=True)
    (tmp_path / "trackers" / "ours" / "data").mkdir(parents=True)
    (tmp_path / "gt" / "seq" / "gt" / "gt.txt").write_text(truth)
    (tmp_path / "trackers" / "ours" / "data" / "seq.txt").write_text(tracked)
    settings_of = {
        "GT_FOLDER": str(tmp_path / "gt"), "TRACKERS_FOLDER": str(tmp_path / "trackers"), "SEQ_INFO": {"seq": length},
        "SKIP_SPLIT_FOL": True, "PRINT_CONFIG": False, "CLASSES_TO_EVAL": ["pedestrian"],
    }  # fmt: skip
    quiet = {
        "PRINT_RESULTS": False,
        "PRINT_CONFIG": False,
        "OUTPUT_SUMMARY": False,
        "OUTPUT_DETAILED": False,
        "PLOT_CURVES": False,
        "TIME_PROGRESS": False,
        "LOG_ON_ERROR": None,
        "BREAK_ON_ERROR": True,
    }
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        judge = trackeval.Evaluator(quiet)
        scores, _ = judge.evaluate(
            [getattr(trackeval.datasets, kind)(settings_of)], [trackeval.metrics.HOTA({"PRINT_CONFIG": False})]
        )
    return float(np.mean(scores[kind]["ours"]["seq"]["pedestrian"]["HOTA"]["HOTA"]))


def people(seed: int = 3) -> list[Record]:
    rng = np.random.default_rng(seed)
    records: list[Record] = []
    for number in range(1, 6):
        start = rng.random(2) * (30, 20)
        keyframes = {
            int(frame): Keyframe(points=(*(start + frame), *(start + frame + (9, 14))))
            for frame in sorted({0, *rng.integers(0, 11, 3).tolist()})
        }
        records.append(Track(id=number, label=PERSON, type="rectangle", keyframes=keyframes))
    return records


def test_trackeval_finds_our_mot_equal_to_the_truth(tmp_path: Path) -> None:
    """The truth is written from the interpolated tracks by other means; ours goes through write, read, write."""
    source = dataset(people())
    rows = interpolate_table(source.table, frame_count=12)
    lines = [(int(rows.frame[r]) + 1, int(rows.track[r]), *rows.points_of(r).tolist()) for r in range(len(rows))]
    truth = "".join(f"{f},{t},{x0},{y0},{x1 - x0},{y1 - y0},1,1,1\n" for f, t, x0, y0, x1, y1 in lines)
    write_dataset(source, tmp_path / "a.zip", "MOT 1.1")
    write_dataset(read_dataset(tmp_path / "a.zip"), tmp_path / "b.zip", "MOT 1.1")
    ours = zipfile.ZipFile(tmp_path / "b.zip").read("gt/gt.txt").decode()
    assert hota(tmp_path, "MotChallenge2DBox", truth, ours, 12) == 1.0
    shifted = re.sub(r"^(\d+),(\d+),([^,]+),", lambda m: f"{m[1]},{m[2]},{float(m[3]) + 4},", ours, flags=re.MULTILINE)
    assert hota(tmp_path / "worse", "MotChallenge2DBox", truth, shifted, 12) < 0.9


def mots_lines(path: Path) -> str:
    """The official text of MOTS, from the pictures, with pycocotools alone."""
    import cv2
    from pycocotools import mask as coco

    lines = []
    with zipfile.ZipFile(path) as made:
        for name in made.namelist():
            if not name.endswith(".png"):
                continue
            pixels = cv2.imdecode(np.frombuffer(made.read(name), np.uint8), cv2.IMREAD_UNCHANGED)
            frame = int(Path(name).stem.rpartition("_")[2])
            for value in np.unique(pixels[pixels > 0]).tolist():
                counts = coco.encode(np.asfortranarray(pixels == value).astype(np.uint8))["counts"].decode()
                lines.append(f"{frame} {value} {value // 1000} {pixels.shape[0]} {pixels.shape[1]} {counts}\n")
    return "".join(lines)


def test_trackeval_finds_our_mots_equal_to_the_truth(tmp_path: Path) -> None:
    truth = mots_lines(mots_archive(tmp_path / "a.zip", masks(8, 9)))
    write_dataset(read_dataset(tmp_path / "a.zip"), tmp_path / "b.zip", "MOTS PNG 1.0")
    ours = mots_lines(tmp_path / "b.zip")
    assert " 2 48 64 " in ours
    assert hota(tmp_path, "MOTSChallenge", truth, ours, 9) == 1.0
    mixed = ours.replace(" 2007 2 ", " 2009 2 ", 2)
    assert hota(tmp_path / "worse", "MOTSChallenge", truth, mixed, 9) < 1.0
