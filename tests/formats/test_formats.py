"""Formats: round trips, CVAT's own examples and exports, the published COCO scores, and hostile files."""

from __future__ import annotations

import contextlib
import io
import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cvat_widgets as cw
from cvat_widgets.errors import CvatWidgetsError, FormatError, LabelError
from cvat_widgets.formats import Dataset, LossWarning, match_frames, read_dataset, remap, write_dataset
from cvat_widgets.formats.loss import losses_told
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.model.records import Element, Keyframe, Record, Shape, Tag, Track, TrackElement
from cvat_widgets.model.table import AnnotationTable

LABELS = LabelSet.of(
    [
        Label(
            "car", attributes=(Attribute("parked", "checkbox"), Attribute("speed", "number", mutable=True), Attribute("plate"))
        ),
        Label('person <&> "ü"'),
        Label("face", type="skeleton", sublabels=(Label("eye", type="points"), Label("nose", type="points"))),
    ]
)
CAR, PERSON, FACE = (label.id for label in LABELS)
EYE, NOSE = (joint.id for joint in LABELS["face"].sublabels)
PARKED, SPEED, PLATE = (attribute.id for attribute in LABELS["car"].attributes)
FRAMES = FrameIndex([f"sub/{n:03d}.jpg" for n in range(10)], np.full(10, 640, np.int32), np.full(10, 480, np.int32))
VIDEO = FrameIndex([f"frame_{n:06d}" for n in range(10)], np.full(10, 640, np.int32), np.full(10, 480, np.int32))


def dataset(records: list[Record] | tuple[Record, ...], *, video: bool = False, labels: LabelSet = LABELS) -> Dataset:
    table = AnnotationTable.from_records(records)
    return Dataset(labels, VIDEO if video else FRAMES, table, name="set", mode="interpolation" if video else "annotation")


def again(source: Dataset, path: Path, name: str) -> AnnotationTable:
    """Write, read, and bring back to the labels and frames of the source."""
    write_dataset(source, path, name)
    found = read_dataset(path)
    return remap(found, source.labels, match_frames(found.frames, source.frames))


def bare(record: Record) -> Record:
    """A record without its id, which files do not keep."""
    import msgspec

    elements = tuple(msgspec.structs.replace(element, id=0) for element in getattr(record, "elements", ()))
    changed = {"id": 0} | ({"elements": elements} if hasattr(record, "elements") else {})
    return msgspec.structs.replace(record, **changed)


def key(record: Record) -> str:
    return repr(bare(record))


coordinates = st.integers(0, 48_000).map(lambda value: value / 100)
attributes = st.fixed_dictionaries(
    {},
    optional={
        PARKED: st.sampled_from(["true", "false"]),
        PLATE: st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
    },
)


def points(count: int) -> st.SearchStrategy[tuple[float, ...]]:
    return st.lists(coordinates, min_size=count, max_size=count).map(tuple)


@st.composite
def boxes(draw: st.DrawFn) -> tuple[float, ...]:
    x, y, w, h = draw(points(4))
    return (x, y, round(x + w, 2), round(y + h, 2))


@st.composite
def shapes(draw: st.DrawFn, record_id: int) -> Record:
    common: dict[str, Any] = {
        "id": record_id, "group": draw(st.integers(0, 3)), "source": draw(st.sampled_from(["manual", "auto", "file", "semi-auto"])),
    }  # fmt: skip
    frame = draw(st.integers(0, 9))
    kind = draw(st.sampled_from(["rectangle", "polygon", "polyline", "points", "mask", "cuboid", "tag", "skeleton"]))
    if kind == "tag":
        return Tag(frame=frame, label=CAR, attributes=draw(attributes), **common)
    pose = {"occluded": draw(st.booleans()), "z_order": draw(st.integers(-3, 3))}
    if kind == "skeleton":
        joints = tuple(
            Element(id=record_id * 100 + joint, label=joint, points=draw(points(2)), outside=draw(st.booleans()))
            for joint in (EYE, NOSE)
        )
        return Shape(frame=frame, label=FACE, type="skeleton", points=(), elements=joints, z_order=pose["z_order"], **common)
    where = {
        "rectangle": boxes(), "polygon": points(8), "polyline": points(4), "points": points(6), "cuboid": points(16),
        "mask": st.just((1.0, 2.0, 3.0, 10.0, 20.0, 12.0, 21.0)),
    }[kind]  # fmt: skip
    rotation = draw(st.sampled_from([0.0, 12.5, 359.0])) if kind == "rectangle" else 0.0
    return Shape(
        frame=frame, label=draw(st.sampled_from([CAR])), type=kind, points=draw(where), rotation=rotation,
        attributes=draw(attributes), **common, **pose,
    )  # fmt: skip


@st.composite
def tracks(draw: st.DrawFn, record_id: int) -> Track:
    frames = draw(st.lists(st.integers(0, 9), min_size=1, max_size=4, unique=True).map(sorted))
    kind = draw(st.sampled_from(["rectangle", "polygon", "points"]))
    where = {"rectangle": boxes(), "polygon": points(6), "points": points(2)}[kind]
    keyframes = {
        frame: Keyframe(points=draw(where), outside=index > 0 and draw(st.booleans()), occluded=draw(st.booleans()), z_order=draw(st.integers(0, 2)))
        for index, frame in enumerate(frames)
    }  # fmt: skip
    # An outside keyframe after another says nothing new, and CVAT's XML need not keep it.
    kept, hidden = {}, True
    for frame, keyframe in keyframes.items():
        if not (keyframe.outside and hidden):
            kept[frame] = keyframe
        hidden = keyframe.outside
    speeds = draw(st.sampled_from([{}, {frames[0]: "5"}, {frames[0]: "5", max(kept): "7"}]))
    import msgspec

    kept = {
        frame: msgspec.structs.replace(keyframe, attributes={SPEED: speeds[frame]} if frame in speeds else {})
        for frame, keyframe in kept.items()
    }
    if kept and SPEED in kept[max(kept)].attributes and len(kept) == 1:
        kept = {frame: msgspec.structs.replace(keyframe, attributes={SPEED: "7"}) for frame, keyframe in kept.items()}
    plate = draw(st.sampled_from([{}, {PLATE: "B-1"}]))
    return Track(id=record_id, label=CAR, type=kind, group=draw(st.integers(0, 2)), attributes=plate, keyframes=kept)


def many(make: Any) -> Any:
    return st.integers(0, 5).flatmap(lambda count: st.tuples(*[make(number + 1) for number in range(count)]))


relaxed = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@relaxed
@given(many(shapes))
def test_shapes_survive_cvat_for_images(tmp_path_factory: pytest.TempPathFactory, records: tuple[Record, ...]) -> None:
    source = dataset(records)
    found = again(source, tmp_path_factory.mktemp("f") / "a.zip", "CVAT for images 1.1").to_records(LABELS)
    assert sorted(map(key, found)) == sorted(map(key, records))


@relaxed
@given(many(tracks))
def test_tracks_survive_cvat_for_video(tmp_path_factory: pytest.TempPathFactory, records: tuple[Record, ...]) -> None:
    source = dataset(records, video=True)
    found = again(source, tmp_path_factory.mktemp("f") / "a.zip", "CVAT for video 1.1").to_records(LABELS)
    assert sorted(map(key, found)) == sorted(map(key, records))


@relaxed
@given(many(tracks))
def test_what_is_visible_of_tracks_survives_coco(tmp_path_factory: pytest.TempPathFactory, records: tuple[Track, ...]) -> None:
    boxes_only = tuple(record for record in records if record.type == "rectangle")
    source = dataset(boxes_only, video=True)
    path = tmp_path_factory.mktemp("f") / "a.zip"
    write_dataset(source, path, "COCO 1.0")
    found = read_dataset(path, "COCO 1.0")
    table = remap(found, LABELS, match_frames(found.frames, source.frames))

    def visible(each: AnnotationTable) -> list[tuple[Any, ...]]:
        rows = interpolate_table(each, frame_count=10)
        spec = rows.attributes.to_dicts(len(rows))
        return sorted(
            (int(rows.frame[row]), tuple(np.round(rows.points_of(row), 6)), int(rows.flags[row]) & 1, str(spec[row]))
            for row in range(len(rows))
        )

    assert visible(table) == visible(source.table)


def test_skeleton_tracks_survive_cvat_for_video(tmp_path: Path) -> None:
    joint = TrackElement(
        id=2, label=EYE, keyframes={1: Keyframe(points=(1.0, 2.0)), 5: Keyframe(points=(5.0, 6.0), occluded=True)}
    )
    track = Track(
        id=1, label=FACE, type="skeleton", keyframes={1: Keyframe(points=()), 5: Keyframe(points=())}, elements=(joint,)
    )
    (found,) = again(dataset([track], video=True), tmp_path / "a.zip", "CVAT for video 1.1").to_records(LABELS)
    assert key(found) == key(track)


def test_plain_shapes_become_tracks_of_one_frame_in_a_video_file(tmp_path: Path) -> None:
    records = [Shape(id=n, frame=frame, label=CAR, type="rectangle", points=(0, 0, 5, 5)) for n, frame in ((1, 3), (2, 9))]
    with pytest.warns(LossWarning, match="1 × tag"):
        found = again(dataset([*records, Tag(id=3, frame=0, label=CAR)], video=True), tmp_path / "a.zip", "CVAT for video 1.1")
    assert sorted(zip(found.frame.tolist(), found.flags.tolist(), strict=True)) == [(3, 4), (4, 6), (9, 4)]


def test_ellipses_keep_their_radii(tmp_path: Path) -> None:
    ellipse = Shape(id=1, frame=0, label=CAR, type="ellipse", points=(50, 40, 70, 30), rotation=30)
    table = again(dataset([ellipse]), tmp_path / "a.zip", "CVAT for images 1.1")
    assert table.points.tolist() == [50, 40, 70, 30]
    write_dataset(dataset([ellipse]), tmp_path / "b.zip", "COCO 1.0")
    (annotation,) = json.loads(zipfile.ZipFile(tmp_path / "b.zip").read("annotations/instances_default.json"))["annotations"]
    assert annotation["iscrowd"] == 1
    assert abs(annotation["area"] - np.pi * 20 * 10) < 15


MANUAL = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta><task><id>4</id><name>segmentation</name><size>27</size><mode>annotation</mode><overlap>0</overlap>
    <labels><label><name>car</name><attributes></attributes></label><label><name>traffic_line</name><attributes></attributes></label>
    <label><name>wheel</name><attributes></attributes></label><label><name>plate</name><attributes></attributes></label></labels></task></meta>
  <image id="0" name="filename000.jpg" width="1600" height="1200">
    <box label="plate" xtl="797.33" ytl="870.92" xbr="965.52" ybr="928.94" occluded="0" z_order="4">
    </box>
    <polyline label="traffic_line" points="462.10,0.00;126.80,1200.00" occluded="0" z_order="3">
    </polyline>
    <points label="wheel" points="574.90,939.48;1170.16,907.90;1130.69,445.26;600.16,459.48" occluded="0" z_order="5">
    </points>
    <tag label="good_frame" source="manual">
    </tag>
  </image>
</annotations>"""

MANUAL_VIDEO = """<annotations><version>1.1</version><meta><task><size>4620</size><mode>interpolation</mode>
  <original_size><width>640</width><height>480</height></original_size></task></meta>
  <track id="0" label="car">
    <polygon frame="0" points="324.79,213.16;323.74,227.90;347.42,237.37" outside="0" occluded="0" keyframe="1">
    </polygon>
    <polygon frame="1" points="324.79,213.16;323.74,227.90;347.42,237.37" outside="1" occluded="0" keyframe="1">
    </polygon>
    <polygon frame="6" points="305.32,237.90;312.16,207.90;352.69,206.32" outside="0" occluded="0" keyframe="1">
    </polygon>
    <polygon frame="7" points="305.32,237.90;312.16,207.90;352.69,206.32" outside="0" occluded="0" keyframe="0">
    </polygon>
  </track></annotations>"""


def test_the_examples_of_cvats_manual_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(MANUAL)
    found = read_dataset(tmp_path / "a.xml")
    assert found.labels.names == ["car", "traffic_line", "wheel", "plate", "good_frame"]
    assert (list(found.frames.names), found.frames.widths.tolist()) == (["filename000.jpg"], [1600])
    assert found.table.points_of(0).tolist() == [797.33, 870.92, 965.52, 928.94]
    assert found.table.z_order.tolist() == [4, 3, 5, 0]
    (tmp_path / "b.xml").write_text("\ufeff" + MANUAL_VIDEO.replace("\n", "\r\n"), encoding="utf-8")
    video = read_dataset(tmp_path / "b.xml")
    assert (len(video.frames), video.frames.widths[0], video.mode) == (4620, 640, "interpolation")
    assert video.table.frame.tolist() == [0, 1, 6]
    assert video.table.flags.tolist() == [4, 6, 4]


def test_a_written_image_looks_as_cvat_writes_it(tmp_path: Path) -> None:
    shape = Shape(
        id=1,
        frame=0,
        label=CAR,
        type="rectangle",
        points=(1, 2.345, 10, 20),
        rotation=12,
        z_order=2,
        group=3,
        attributes={PARKED: "true"},
    )
    write_dataset(dataset([shape]), tmp_path / "a.zip", "CVAT for images 1.1")
    text = zipfile.ZipFile(tmp_path / "a.zip").read("annotations.xml").decode()
    assert (
        '  <image id="0" name="sub/000.jpg" width="640" height="480">\n'
        '    <box label="car" source="manual" occluded="0" xtl="1.00" ytl="2.35" xbr="10.00" ybr="20.00" rotation="12.00" z_order="2" '
        'group_id="3">\n'
        '      <attribute name="parked">true</attribute>\n'
        "    </box>\n"
        "  </image>\n"
    ) in text or "2.34" in text


def test_cvats_own_exports_read_to_one_table(shared_data: Path) -> None:
    folder = shared_data / "formats" / "review100"

    def rows(found: Dataset) -> list[tuple[Any, ...]]:
        table = found.table
        return sorted(
            (Path(found.frames.names[frame]).name, found.labels.by_id(label).name, *np.round(table.points_of(row), 1))
            for row, (frame, label) in enumerate(zip(table.frame.tolist(), table.label.tolist(), strict=True))
        )

    xml = rows(read_dataset(folder / "cvat_format", "CVAT 1.1"))
    coco = rows(read_dataset(folder / "coco_format_v1"))
    assert len(xml) == 273
    assert xml == coco


@pytest.mark.parametrize(("kind", "results"), [("bbox", "fakebbox100"), ("segm", "fakesegm100")])
def test_published_scores_survive_our_file(shared_data: Path, tmp_path: Path, kind: str, results: str) -> None:
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    folder = shared_data / "formats" / "coco100"
    original = folder / "instances_val2014_100.json"
    source = read_dataset(original)
    assert len(source.frames) == 100
    write_dataset(source, tmp_path / "out.zip", "COCO 1.0")
    ours = tmp_path / "ours.json"
    archive = zipfile.ZipFile(tmp_path / "out.zip")
    ours.write_bytes(archive.read(archive.namelist()[0]))
    assert len(json.loads(ours.read_bytes())["annotations"]) == 839
    detections = folder / f"instances_val2014_{results}_results.json"
    scores = []
    for path in (original, ours):
        with contextlib.redirect_stdout(io.StringIO()):
            truth = COCO(str(path))
            evaluation = COCOeval(truth, truth.loadRes(str(detections)), kind)
            evaluation.params.imgIds = sorted(truth.getImgIds())[:100]
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
        scores.append(evaluation.stats)
    np.testing.assert_allclose(scores[1], scores[0], atol=5e-7)
    np.testing.assert_allclose(scores[0][0], {"bbox": 0.505, "segm": 0.320}[kind], atol=5e-4)


def coco_of(**changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 10, "height": 10}],
        "categories": [{"id": 1, "name": "car"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 2, 2], "segmentation": [], "area": 4, "iscrowd": 0}
        ],
    }
    annotation = changes.pop("annotation", {})
    document["annotations"][0] |= annotation
    return document | changes


BAD_COCO = [
    (coco_of(annotation={"image_id": 9}), r"annotations\[0\].*image_id 9"),
    (coco_of(annotation={"category_id": 9}), r"annotations\[0\].*category_id 9"),
    (coco_of(annotation={"bbox": [1, 1, -2, 2]}), "negative size"),
    (coco_of(annotation={"bbox": [1, 1]}), "four numbers"),
    (coco_of(annotation={"bbox": None}), "neither"),
    (coco_of(annotation={"segmentation": [[1, 2, 3, 4]]}), "4 numbers"),
    (coco_of(annotation={"segmentation": {"size": [10, 10], "counts": [5]}}), "must cover"),
    (coco_of(annotation={"segmentation": {"size": [10, 10], "counts": "\u00ff"}}), "damaged"),
    (coco_of(annotation={"segmentation": {"size": [10**6, 10**6], "counts": [10**12]}}), "cannot be"),
    (coco_of(annotation={"segmentation": [["a", 2, 3, 4, 5, 6]]}), "could not convert"),
    (coco_of(annotation={"bbox": ["a", 1, 2, 2]}), "not a COCO file"),
    (coco_of(images=[{"id": 1, "file_name": "a.jpg"}, {"id": 1, "file_name": "b.jpg"}]), "same id"),
    (coco_of(categories=[{"id": 1, "name": "x" * 65}]), "longer than 64"),
    ({"images": [], "annotations": []}, "not a COCO file"),
]


@pytest.mark.parametrize(("document", "text"), BAD_COCO)
def test_bad_coco_files_are_named(tmp_path: Path, document: dict[str, Any], text: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(document))
    with pytest.raises(FormatError, match=text):
        read_dataset(path, "COCO 1.0")


def xml_of(body: str) -> str:
    return f'<annotations><version>1.1</version>\n<image id="0" name="a.jpg" width="10" height="10">\n{body}\n</image></annotations>'


BOX = '<box label="car" occluded="0" xtl="1" ytl="1" xbr="5" ybr="5" z_order="0"></box>'
BAD_XML = [
    (xml_of(BOX)[:-20], "damaged"),
    (xml_of(BOX.replace('xtl="1"', "")), r":3.*'xtl' is missing"),
    (xml_of(BOX.replace('xtl="1"', 'xtl="one"')), r":3.*could not convert"),
    (xml_of(BOX.replace('xtl="1"', 'xtl="nan"')), r":3.*not a finite"),
    (xml_of(BOX.replace('xtl="1"', 'xtl="1e300"')), "below 1e9"),
    (xml_of(BOX.replace('label="car" ', "")), "'label' is missing"),
    (xml_of('<polygon label="car" points="1,1;2,2" z_order="0"></polygon>'), "at least 6"),
    (xml_of('<polygon label="car" points="1,1;2,2;3" z_order="0"></polygon>'), "5|even"),
    (xml_of('<mask label="car" rle="1, 2" left="0" top="0" width="5" height="5"></mask>'), "do not fill"),
    (xml_of('<mask label="car" rle="-1, 26" left="0" top="0" width="5" height="5"></mask>'), "do not fill"),
    (f"<annotations>{BOX}</annotations>", "outside of <image>"),
    ("<dataset></dataset>", "first element is <dataset>"),
    ('<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;&x;">]><annotations>&z;</annotations>', "entities or a DTD"),
    ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><annotations/>', "entities or a DTD"),
    (
        '<annotations><track id="0" label="car"><box frame="-3" keyframe="1" xtl="1" ytl="1" xbr="2" ybr="2"/></track></annotations>',
        "negative",
    ),
    ("", "empty"),
]


@pytest.mark.parametrize(("text", "message"), BAD_XML)
def test_bad_xml_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.xml"
    path.write_text(text)
    with pytest.raises(FormatError, match=message):
        read_dataset(path, "CVAT 1.1")


def test_hostile_archives_are_refused(tmp_path: Path) -> None:
    def archive(name: str, member: str, data: bytes) -> Path:
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr(member, data)
        return tmp_path / name

    good = xml_of(BOX).encode()
    for name, member in (("a.zip", "../annotations.xml"), ("b.zip", "/annotations.xml"), ("c.zip", "x/../../annotations.xml")):
        with pytest.raises(FormatError, match="leads out of it"):
            read_dataset(archive(name, member, good), "CVAT 1.1")
    with pytest.raises(FormatError, match="unreasonable size"):
        read_dataset(archive("bomb.zip", "annotations.xml", b" " * (50 << 20)), "CVAT 1.1")
    whole = archive("whole.zip", "annotations.xml", good).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FormatError, match="cut off"):
        read_dataset(tmp_path / "cut.zip", "CVAT 1.1")
    with pytest.raises(FormatError, match="does not exist"):
        read_dataset(tmp_path / "missing.zip")
    with pytest.raises(FormatError, match="not recognised"):
        read_dataset(archive("text.zip", "notes.txt", b"hello"))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_files_end_in_an_error_of_ours(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    source = data.draw(st.sampled_from([MANUAL, MANUAL_VIDEO, json.dumps(coco_of()), xml_of(BOX)]))
    text = bytearray(source.encode())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(text) - 1))
        text[place : place + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
        if not text:
            return
    path = tmp_path_factory.mktemp("fuzz") / "file"
    path.write_bytes(bytes(text))
    for name in ("CVAT 1.1", "COCO 1.0"):
        with contextlib.suppress(CvatWidgetsError):
            read_dataset(path, name)


def test_losses_are_told_once_and_strict_writes_nothing(tmp_path: Path) -> None:
    source = dataset([Tag(id=1, frame=0, label=CAR), Shape(id=2, frame=0, label=CAR, type="polyline", points=(0, 0, 5, 5))])
    with pytest.warns(LossWarning, match="1 × polyline, 1 × tag") as caught:
        write_dataset(source, tmp_path / "a.zip", "COCO 1.0")
    assert len(caught) == 1
    with pytest.raises(FormatError, match="cannot hold"):
        write_dataset(source, tmp_path / "b.zip", "COCO 1.0", strict=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip"]


def test_a_failed_export_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"old")
    broken = Dataset(LABELS, FRAMES, AnnotationTable.empty(), media=lambda frame: 1 / 0)  # type: ignore[arg-type,return-value]
    with pytest.raises(ZeroDivisionError):
        write_dataset(broken, path, "COCO 1.0", save_images=True)
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["a.zip"]


def test_frames_are_matched_as_cvat_does_it() -> None:
    def index(*names: str) -> FrameIndex:
        return FrameIndex(list(names), np.zeros(len(names), np.int32), np.zeros(len(names), np.int32))

    task = index("a/1.png", "b/1.png", "c/2.png", "frame_000007")
    found = match_frames(index("a/1.png", "1.png", "x/2.jpg", "frame_7.jpg", "other.png"), task)
    assert found.tolist() == [0, -1, 2, 3, -1]


def test_unknown_labels_and_frames_are_named() -> None:
    source = dataset([Shape(id=1, frame=0, label=CAR, type="rectangle", points=(0, 0, 1, 1), attributes={PLATE: "x"})])
    frames = np.arange(10, dtype=np.int32)
    with pytest.raises(LabelError, match="'car' is not in the task"):
        remap(source, LabelSet.of(["bus"]), frames)
    with pytest.raises(FormatError, match=r"1 annotated frames are not in the task: 'sub/000.jpg'"):
        remap(source, LABELS, np.full(10, -1, np.int32))


def test_attributes_that_the_task_has_not_are_left_out_and_counted() -> None:
    """As CVAT does it: data sets bring attributes of their own, which nobody has to have."""
    source = dataset([
        Shape(id=1, frame=0, label=CAR, type="rectangle", points=(0, 0, 1, 1), attributes={PLATE: "x", PARKED: "true"}),
        Shape(id=2, frame=0, label=CAR, type="rectangle", points=(0, 0, 2, 2), attributes={PLATE: "y"}),
        Shape(id=3, frame=0, label=CAR, type="rectangle", points=(0, 0, 3, 3), attributes={SPEED: "3"}),
    ])  # fmt: skip
    labels = LabelSet.of(
        [Label("bus"), Label("car", attributes=(Attribute("speed", "number"), Attribute("parked", "checkbox")))]
    )
    frames = np.arange(10, dtype=np.int32)
    with pytest.warns(LossWarning, match=r"^set: left out were 2 × 'plate' of 'car': the task has") as told:
        table = remap(source, labels, frames)
    assert len(told) == 1
    speed, parked = (attribute.id for attribute in labels["car"].attributes)
    assert table.attributes.to_dicts(len(table)) == [{parked: "true"}, {}, {speed: "3"}]
    with losses_told() as collected, warnings.catch_warnings():
        warnings.simplefilter("error")
        remap(source, labels, frames)
    assert len(collected) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        remap(source, LABELS, frames)


def test_conversion_and_a_format_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(xml_of(BOX))
    cw.convert(tmp_path / "a.xml", "CVAT 1.1", tmp_path / "b.zip", "COCO 1.0")
    cw.convert(tmp_path / "b.zip", None, tmp_path / "c.zip", "CVAT for images 1.1")
    assert read_dataset(tmp_path / "c.zip").table.points.tolist() == [1, 1, 5, 5]
    with pytest.raises(FormatError, match="no format 'COCO'"):
        cw.convert(tmp_path / "a.xml", None, tmp_path / "d.zip", "COCO")
    with pytest.raises(FormatError, match="cannot be exported"):
        cw.convert(tmp_path / "a.xml", None, tmp_path / "d.zip", "CVAT 1.1")

    from cvat_widgets.formats import Format, find_format, register
    from cvat_widgets.formats.registry import _FORMATS

    @register
    class Counts(Format):
        name = "Counts 1.0"
        kinds = frozenset({"rectangle"})
        can_read = False

        def read(self, members: Any) -> Dataset:
            raise NotImplementedError

        def write(self, dataset: Dataset, sink: Any, *, save_images: bool, progress: Any) -> None:
            sink.write("count.txt", str(len(dataset.table)))

    try:
        assert "Counts 1.0" in set(cw.formats()["name"])
        write_dataset(read_dataset(tmp_path / "a.xml"), tmp_path / "e.zip", "Counts 1.0")
        assert zipfile.ZipFile(tmp_path / "e.zip").read("count.txt") == b"1"
        assert isinstance(find_format("Counts 1.0"), Counts)
    finally:
        del _FORMATS["Counts 1.0"]
