"""WIDER Face, Market-1501, LFW and VGGFace2: round trips, the manual's layouts, and hostile files."""

from __future__ import annotations

import contextlib
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cvat_widgets.errors import CvatWidgetsError, FormatError
from cvat_widgets.formats import Dataset, LossWarning, match_frames, read_dataset, remap, write_dataset
from cvat_widgets.formats.lfw import listed_names
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.model.records import Record, Shape, Tag
from cvat_widgets.model.table import AnnotationTable

NAMES = ["0001_b.jpg", "sub/000.jpg", "Ann_0001.jpg", "Bob_0002.jpg", "x/ü v1.2 b.png"]
FRAMES = FrameIndex(NAMES, np.full(5, 640, np.int32), np.full(5, 480, np.int32), ("train", "train", "val", "val", "val"))
relaxed = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def dataset(records: list[Record] | tuple[Record, ...], labels: LabelSet, frames: FrameIndex = FRAMES) -> Dataset:
    return Dataset(labels, frames, AnnotationTable.from_records(records), name="set")


def archive(path: Path, files: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return path


def texts(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as made:
        return {name: made.read(name).decode() for name in made.namelist()}


def jpeg(width: int = 7, height: int = 5) -> bytes:
    from PIL import Image

    data = io.BytesIO()
    Image.new("RGB", (width, height)).save(data, "JPEG")
    return data.getvalue()


def described(table: AnnotationTable) -> list[str]:
    """Rows without ids, in any order; coordinates to a millionth, for boxes are written as widths."""
    attributes = table.attributes.to_dicts(len(table))
    return sorted(
        str((int(table.frame[row]), int(table.label[row]), int(table.type[row]), np.round(table.points_of(row), 6).tolist(), int(table.flags[row]), sorted(attributes[row].items())))
        for row in range(len(table))
    )  # fmt: skip


def assert_survives(source: Dataset, path: Path, name: str) -> None:
    write_dataset(source, path, name)
    found = read_dataset(path)
    frame_map = match_frames(found.frames, source.frames)
    assert described(remap(found, source.labels, frame_map)) == described(source.table)
    assert all(source.frames.subsets[frame] == found.frames.subsets[number] for number, frame in enumerate(frame_map.tolist()))


def box(draw: Any) -> tuple[float, ...]:
    x, y, w, h = (draw(st.integers(0, 30_000)) / 100 for _ in range(4))
    return (x, y, x + w, y + h)


def fuzz(folder: Path, sources: dict[str, str], name: str) -> None:
    for each in sources:
        (folder / each).parent.mkdir(parents=True, exist_ok=True)

    @settings(max_examples=120, deadline=None)
    @given(st.data())
    def damage(data: st.DataObject) -> None:
        for each, source in sources.items():
            text = bytearray(source.encode())
            for _ in range(data.draw(st.integers(0, 3))):
                place = data.draw(st.integers(0, len(text)))
                piece = st.binary(max_size=6) | st.sampled_from([b"\t", b"/", b"..", b"-1", b"nan", b"1e99", b"\n", b'"'])
                text[place : place + data.draw(st.integers(0, 6))] = data.draw(piece)
            (folder / each).write_bytes(bytes(text))
        with contextlib.suppress(CvatWidgetsError):
            read_dataset(folder, name)

    damage()


def assert_refused(tmp_path: Path, name: str, files: dict[str, str | bytes], text: str) -> None:
    with pytest.raises(FormatError, match=text):
        read_dataset(archive(tmp_path / "a.zip", files), name)


# -- WIDER Face ----------------------------------------------------------------------------------------------------

WIDER = LabelSet.of(
    [
        Label("face", attributes=(Attribute("blur"), Attribute("invalid", "checkbox"), Attribute("occluded"))),
        Label("big parade ü", attributes=(Attribute("pose", "select", ("0", "1")),)),
    ]
)
FACE, PARADE = (label.id for label in WIDER)
BLUR, INVALID, LEVEL = (attribute.id for attribute in WIDER["face"].attributes)
POSE = WIDER["big parade ü"].attributes[0].id


@st.composite
def wider_objects(draw: st.DrawFn) -> tuple[Record, ...]:
    records: list[Record] = []
    graded = draw(st.booleans())
    tagged: set[int] = set()
    for number in range(draw(st.integers(0, 6))):
        frame, label = draw(st.integers(0, 4)), draw(st.sampled_from([FACE, PARADE]))
        if draw(st.integers(0, 3)) == 0 and frame not in tagged:
            tagged.add(frame)
            records.append(Tag(id=number + 1, frame=frame, label=label))
            continue
        values: dict[int, str] = {}
        if label == FACE:
            values = draw(
                st.fixed_dictionaries(
                    {}, optional={BLUR: st.sampled_from(["0", "2", "heavy"]), INVALID: st.sampled_from(["true", "false"])}
                )
            )
        elif draw(st.booleans()):
            values = {POSE: "1"}
        occluded = draw(st.booleans())
        if graded and label == FACE:
            values[LEVEL] = "2" if occluded else "0"
            if not any(isinstance(each, Shape) and each.label == FACE for each in records):
                occluded, values[LEVEL] = True, "2"
        records.append(
            Shape(
                id=number + 1,
                frame=frame,
                label=label,
                type="rectangle",
                points=box(draw),
                occluded=occluded,
                attributes=values,
            )
        )
    return tuple(records)


@relaxed
@given(wider_objects())
def test_boxes_and_tags_survive_wider_face(tmp_path_factory: pytest.TempPathFactory, records: tuple[Record, ...]) -> None:
    assert_survives(dataset(records, WIDER), tmp_path_factory.mktemp("w") / "a.zip", "WIDER Face 1.0")


def test_wider_face_looks_as_cvat_writes_it(tmp_path: Path) -> None:
    records = [
        Tag(id=1, frame=0, label=PARADE),
        Shape(
            id=2,
            frame=0,
            label=FACE,
            type="rectangle",
            points=(1, 2, 4, 6.5),
            occluded=True,
            attributes={BLUR: "1", INVALID: "false"},
        ),
        Shape(id=3, frame=1, label=PARADE, type="rectangle", points=(0, 0, 1, 1)),
        Tag(id=4, frame=0, label=FACE),
        Shape(id=5, frame=1, label=FACE, type="rectangle", points=(0, 0, 1, 1), attributes={BLUR: "very much"}),
    ]
    with pytest.warns(LossWarning, match="1 × further tag of a frame, 1 × value of blur with spaces"):
        write_dataset(dataset(records, WIDER), tmp_path / "a.zip", "WIDER Face 1.0")
    made = texts(tmp_path / "a.zip")
    assert made["labels.txt"] == "face\nbig parade ü\n"
    assert made["wider_face_split/wider_face_train_bbx_gt.txt"] == (
        "1--big parade ü/0001_b.jpg\n1\n1 2 3 4.5 1 - - True - False\n"
        "no_label/sub/000.jpg\n2\n0 0 1 1 - - - False - - big parade ü\n0 0 1 1 - - - False - -\n"
    )
    assert made["wider_face_split/wider_face_val_bbx_gt.txt"].count("no_label/") == 3


def test_the_manuals_wider_face_layout_is_read(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "labels.txt": "label0\nlabel1\nface\n",
        "wider_face_split/wider_face_default_bbx_gt.txt": (
            "0--label0/0_label0_image1.jpg\r\n1\r\n10 20 30 40 2 1 0 2 - True label1\r\n"
            "1--label1\\1_label1_image2.jpg\r\n0\r\n0 0 0 0 0 0 0 0 0 0\r\n"
        ),
        "WIDER_default/images/0--label0/0_label0_image1.jpg": jpeg(),
        "WIDER_default/images/1--label1/1_label1_image2.jpg": b"damaged",
    }
    found = read_dataset(archive(tmp_path / "a.zip", files))
    assert list(found.frames.names) == ["0_label0_image1.jpg", "1_label1_image2.jpg"]
    assert (found.frames.widths.tolist(), found.frames.heights.tolist()) == ([7, 0], [5, 0])
    assert found.meta["images"][0] == "WIDER_default/images/0--label0/0_label0_image1.jpg"
    assert [found.labels.by_id(label).name for label in found.table.label.tolist()] == ["label0", "label1", "label1"]
    assert found.table.points.tolist() == [10, 20, 40, 60]
    values = {found.labels.attribute_by_id(spec).name: text for spec, text in found.table.attributes.to_dicts(3)[1].items()}
    assert values == {"blur": "2", "expression": "1", "illumination": "0", "occluded": "2", "invalid": "true"}
    assert found.table.flags.tolist() == [0, 1, 0]
    # Without labels.txt, folders of pictures are labels, and boxes are faces.
    bare = {name: data for name, data in files.items() if name != "labels.txt"}
    bare["wider_face_split/wider_face_default_bbx_gt.txt"] = "0--label0/0_label0_image1.jpg\n1\n10 20 30 40\n"
    assert read_dataset(archive(tmp_path / "b.zip", bare)).labels.names == ["label0", "label1", "face"]


WIDER_FILE = "wider_face_split/wider_face_a_bbx_gt.txt"
GOOD_WIDER = "0--x/a.jpg\n1\n1 2 3 4 0 0 0 0 0 0\nno_label/b.jpg\n2\n1 2 3 4\n1 2 3 4 face\n"
BAD_WIDER: list[tuple[dict[str, str | bytes], str]] = [
    ({WIDER_FILE: "0--x/a.jpg\n2\n1 2 3 4\n0--x/b.jpg\n"}, r"line 1: the frame has 1 boxes, not 2"),
    ({WIDER_FILE: "0--x/a.jpg\n3\n1 2 3 4\n"}, r"line 1: the frame has 1 boxes, not 3"),
    ({WIDER_FILE: "0--x/a.jpg\nx\n1 2 3 4\n"}, r"line 2: the number of boxes is not a number"),
    ({WIDER_FILE: "0--x/a.jpg\n1 2 3 4\n"}, r"line 2: the number of boxes is missing"),
    ({WIDER_FILE: "1 2 3 4\n"}, r"line 1: expected is the path"),
    ({WIDER_FILE: "a/a.jpg\n1\n1 2 3\n"}, r"line 3: a box has at least 4"),
    ({WIDER_FILE: "a/a.jpg\n1\n1 2 x 4\n"}, r"line 3: a value cannot be read"),
    ({WIDER_FILE: "a/a.jpg\n1\n1 2 nan 4\n"}, r"line 3: 'nan'"),
    ({WIDER_FILE: "a/a.jpg\n1\n1 2 1e10 4\n"}, r"line 3: '1e10'"),
    ({WIDER_FILE: "a/a.jpg\n1\n1 2 -3 4\n"}, r"line 3: .*negative size"),
    ({WIDER_FILE: "a/a.jpg\n1\n1 2 3 4 cat\n", "labels.txt": "dog\n"}, r"line 3: the label 'cat' is not in labels.txt"),
    ({WIDER_FILE: "a/a.jpg\n0\nb/a.jpg\n0\n"}, r"line 3: two frames are called 'a.jpg'"),
    ({WIDER_FILE: "a/../../a.jpg\n0\n"}, r"line 1: .*leads out"),
    ({WIDER_FILE: "a//etc/a.jpg\n0\n"}, r"line 1: .*leads out"),
    ({WIDER_FILE: b"\xff\xff"}, "not UTF-8"),
    ({WIDER_FILE: GOOD_WIDER, "labels.txt": "a\na\n"}, "labels.txt: line 2"),
    ({WIDER_FILE: "a/a.jpg\n1\n1 2 3 4 " + "é" * 65}, "longer than 64"),
    ({"other.txt": GOOD_WIDER}, "no boxes"),
]


@pytest.mark.parametrize(("files", "text"), BAD_WIDER)
def test_bad_wider_face_files_are_named(tmp_path: Path, files: dict[str, str | bytes], text: str) -> None:
    assert_refused(tmp_path, "WIDER Face 1.0", files, text)


def test_damaged_wider_face_files_end_in_an_error_of_ours(tmp_path: Path) -> None:
    fuzz(tmp_path, {WIDER_FILE: GOOD_WIDER, "labels.txt": "x\nface\n"}, "WIDER Face 1.0")


# -- Market-1501 ---------------------------------------------------------------------------------------------------

MARKET = LabelSet.of(
    [
        Label(
            "market-1501",
            attributes=(
                Attribute("query", "checkbox"),
                *(Attribute(name) for name in ("person_id", "camera_id", "track_id", "frame_id", "bbox_id")),
            ),
        ),
        Label("car"),
    ]
)
(TAG, CAR_TAG) = (label.id for label in MARKET)
QUERY, PERSON, CAMERA, SEQUENCE, NUMBER, BOX = (attribute.id for attribute in MARKET["market-1501"].attributes)


@st.composite
def market_tags(draw: st.DrawFn) -> tuple[Record, ...]:
    frames = draw(st.sets(st.integers(0, 4)))
    persons = st.sampled_from(["0001", "-1", "7"])
    return tuple(
        Tag(
            id=frame + 1, frame=frame, label=TAG,
            attributes={QUERY: draw(st.sampled_from(["true", "false"])), PERSON: draw(persons), CAMERA: str(draw(st.integers(0, 5)))}
            | draw(st.fixed_dictionaries({}, optional={SEQUENCE: st.sampled_from(["2", "33"]), BOX: st.sampled_from(["1", "12"])})),
        )
        for frame in sorted(frames)
    )  # fmt: skip


@relaxed
@given(market_tags())
def test_tags_survive_market_1501(tmp_path_factory: pytest.TempPathFactory, records: tuple[Record, ...]) -> None:
    assert_survives(dataset(records, MARKET), tmp_path_factory.mktemp("m") / "a.zip", "Market-1501 1.0")


def test_market_1501_looks_as_cvat_writes_it(tmp_path: Path) -> None:
    frames = FrameIndex(["0001_c1s1_000015_00.jpg", "a/img.png", "b.jpg"], np.zeros(3, np.int32), np.zeros(3, np.int32))
    records = [
        Tag(id=1, frame=0, label=TAG, attributes={QUERY: "true", PERSON: "0001", CAMERA: "0"}),
        Tag(id=2, frame=1, label=TAG, attributes={QUERY: "false", PERSON: "0007", CAMERA: "4", NUMBER: "15"}),
        Tag(id=3, frame=2, label=CAR_TAG),
        Tag(id=4, frame=2, label=TAG, attributes={PERSON: "nobody"}),
    ]
    with pytest.warns(
        LossWarning, match="1 × tag that is not 'market-1501', 1 × person_id that is not a number, 1 × tag without"
    ):
        write_dataset(dataset(records, MARKET, frames), tmp_path / "a.zip", "Market-1501 1.0")
    assert texts(tmp_path / "a.zip") == {
        "images_default.txt": "query/0001_c1s1_000015_00.jpg\nbounding_box_default/a/0007_c5s1_000015_00_img.png\nbounding_box_default/b.jpg\n"
    }
    found = read_dataset(tmp_path / "a.zip")
    assert list(found.frames.names) == ["0001_c1s1_000015_00.jpg", "a/img.png", "b.jpg"]


def test_the_manuals_market_1501_layouts_are_read(tmp_path: Path, shared_data: Path) -> None:
    pictures: dict[str, str | bytes] = {
        "bounding_box_a/image_name_1.jpg": jpeg(),
        "query/image_name_2.jpg": jpeg(),
        "query/image_name_3.jpg": b"x",
    }
    found = read_dataset(archive(tmp_path / "a.zip", pictures), "Market-1501 1.0")
    assert (list(found.frames.names), list(found.frames.subsets)) == (
        ["image_name_1.jpg", "image_name_2.jpg", "image_name_3.jpg"],
        ["a", "query", "query"],
    )
    assert found.frames.widths.tolist() == [7, 7, 0]
    listed = "query/image_name_1.jpg\nbounding_box_a/image_name_2.jpg\nbounding_box_a/0001_c1s1_000015_00.jpg\n"
    found = read_dataset(archive(tmp_path / "b.zip", {"images_a.txt": "\ufeff" + listed}))
    values = [
        {found.labels.attribute_by_id(spec).name: text for spec, text in each.items()}
        for each in found.table.attributes.to_dicts(2)
    ]
    assert values == [{"query": "true"}, {"query": "false", "person_id": "0001", "camera_id": "0"}]
    assert found.table.frame.tolist() == [0, 2]
    example = read_dataset(shared_data / "formats" / "layouts" / "market1501_dataset")
    assert (list(example.frames.subsets), example.labels.names, len(example.table)) == (
        ["test", "train", "query"],
        ["market-1501"],
        3,
    )


GOOD_MARKET = "query/0001_c1s1_000151_01.jpg\nbounding_box_a/x/0002_c2s3_000001_00_own.jpg\n"
BAD_MARKET: list[tuple[dict[str, str | bytes], str]] = [
    ({"images_a.txt": GOOD_MARKET + "elsewhere/a.jpg\n"}, r"images_a.txt: line 3: .*neither in bounding_box_a nor in query"),
    ({"images_a.txt": GOOD_MARKET + "a.jpg\n"}, r"line 3: .*neither"),
    ({"images_a.txt": GOOD_MARKET + "query/\n"}, r"line 3: .*neither"),
    ({"images_a.txt": GOOD_MARKET + "query/../../a.jpg\n"}, r"line 3: .*leads out"),
    ({"images_a.txt": GOOD_MARKET + "/query/a.jpg\n"}, r"line 3: .*leads out"),
    ({"images_a.txt": GOOD_MARKET + "C:\\query\\a.jpg\n"}, r"line 3: .*leads out"),
    ({"images_a.txt": GOOD_MARKET + GOOD_MARKET[:30]}, r"line 3: two frames are called"),
    ({"images_a.txt": b"\xff"}, "not UTF-8"),
    ({"images_a.txt": "query/\0.jpg\n"}, "leads out"),
    ({"notes.txt": ""}, "no Market-1501"),
    ({"../images_a.txt": GOOD_MARKET}, "leads out"),
    ({"x/query.txt": "a"}, "no Market-1501"),
]


@pytest.mark.parametrize(("files", "text"), BAD_MARKET)
def test_bad_market_1501_files_are_named(tmp_path: Path, files: dict[str, str | bytes], text: str) -> None:
    assert_refused(tmp_path, "Market-1501 1.0", files, text)


def test_damaged_market_1501_files_end_in_an_error_of_ours(tmp_path: Path) -> None:
    fuzz(tmp_path, {"images_a.txt": GOOD_MARKET}, "Market-1501 1.0")


# -- LFW -----------------------------------------------------------------------------------------------------------

LFW = LabelSet.of(
    [Label(name, attributes=(Attribute("positive_pairs"), Attribute("negative_pairs"))) for name in ("Ann", "Bob", "Zoë M.")]
)
ANN, BOB, ZOE = (label.id for label in LFW)


@st.composite
def lfw_objects(draw: st.DrawFn) -> tuple[Record, ...]:
    """Tags with pairs of pictures that are there and show somebody, and points."""
    people = {frame: draw(st.sampled_from([0, ANN, BOB, ZOE])) for frame in range(5)}
    names = {label.id: label.name for label in LFW}
    stems = {frame: name.rsplit(".", 1)[0] for frame, name in enumerate(NAMES)}
    records: list[Record] = []
    for frame, person in people.items():
        same_subset = [other for other in people if FRAMES.subsets[other] == FRAMES.subsets[frame] and people[other]]
        if person:
            values: dict[int, str] = {}
            for spec, fitting in (
                (LFW[names[person]].attributes[0].id, [o for o in same_subset if people[o] == person]),
                (LFW[names[person]].attributes[1].id, [o for o in same_subset if people[o] != person]),
            ):
                chosen = [other for other in fitting if draw(st.booleans())]
                if chosen:
                    values[spec] = ", ".join(f"{names[people[other]]}/{stems[other]}" for other in chosen)
            records.append(Tag(id=len(records) + 1, frame=frame, label=person, attributes=values))
        if draw(st.booleans()):
            points = tuple(draw(st.lists(st.integers(0, 6400).map(lambda v: v / 10), min_size=10, max_size=10)))
            records.append(
                Shape(id=len(records) + 1, frame=frame, label=draw(st.sampled_from([ANN, ZOE])), type="points", points=points)
            )
    return tuple(records)


@relaxed
@given(lfw_objects())
def test_people_and_pairs_survive_lfw(tmp_path_factory: pytest.TempPathFactory, records: tuple[Record, ...]) -> None:
    assert_survives(dataset(records, LFW), tmp_path_factory.mktemp("l") / "a.zip", "LFW 1.0")


def test_lfw_looks_as_cvat_writes_it(tmp_path: Path) -> None:
    frames = FrameIndex(
        ["Ann_0001.jpg", "Ann_0012.jpg", "Bob_0002.jpg", "007.jpg"], np.zeros(4, np.int32), np.zeros(4, np.int32)
    )
    positive, negative = (attribute.id for attribute in LFW["Ann"].attributes)
    records = [
        Tag(id=1, frame=0, label=ANN, attributes={positive: "['Ann/Ann_0012']", negative: "Bob/Bob_0002, strange"}),
        Tag(id=2, frame=1, label=ANN),
        Tag(id=3, frame=2, label=BOB),
        Shape(id=4, frame=2, label=BOB, type="points", points=(1, 2, 3.5, 4)),
        Tag(id=5, frame=2, label=ANN),
    ]
    with pytest.warns(LossWarning, match="1 × further tag of a frame"):
        write_dataset(dataset(records, LFW, frames), tmp_path / "a.zip", "LFW 1.0")
    assert texts(tmp_path / "a.zip") == {
        "default/annotations/pairs.txt": "Ann\t1\t12\nAnn\t1\tBob\t2\nAnn\t1\t-\tstrange\nAnn/Ann_0012\nBob/Bob_0002\n007.jpg\n",
        "default/annotations/landmarks.txt": "Bob/Bob_0002.jpg\t1\t2\t3.5\t4\n",
        "default/annotations/people.txt": "Ann\t2\nBob\t1\nZoë M.\t0\n",
    }
    assert listed_names("['a/b', \"c\"]") == listed_names("a/b,c") == ["a/b", "c"]


def test_the_manuals_lfw_layouts_are_read(tmp_path: Path, shared_data: Path) -> None:
    pairs, landmarks, people = (
        "10\t300\nname1\t1\t2\nname0\t1\tname1\t2\nname0/name0_0003\n",
        "name1/name1_0001.jpg\t1\t2\t3\t4\n",
        "2\nname0\t2\nname1\t2\n",
    )
    imported = archive(
        tmp_path / "a.zip",
        {"annotations/pairs.txt": pairs, "annotations/landmarks.txt": landmarks, "annotations/people.txt": people},
    )
    exported = archive(
        tmp_path / "b.zip",
        {
            "images/name1/name1_0001.jpg": jpeg(),
            "pairs.txt": pairs,
            "landmarks.txt": landmarks,
            "people.txt": people.replace("\n", "\r\n"),
        },
    )
    one, two = read_dataset(imported), read_dataset(exported)
    assert described(one.table) == described(two.table)
    assert (one.labels.names, list(one.frames.names)) == (
        ["name0", "name1"],
        ["name1_0001.jpg", "name1_0002.jpg", "name0_0001.jpg", "name0_0003.jpg"],
    )
    assert (two.frames.widths.tolist(), two.meta["images"]) == ([7, 0, 0, 0], {0: "images/name1/name1_0001.jpg"})
    without_people = read_dataset(archive(tmp_path / "c.zip", {"annotations/pairs.txt": pairs}))
    assert sorted(without_people.labels.names) == ["name0", "name1"]
    example = read_dataset(shared_data / "formats" / "layouts" / "lfw_dataset")
    values = {text for each in example.table.attributes.to_dicts(len(example.table)) for text in each.values()}
    assert (len(example.table), example.frames.subsets[0], values) == (
        6,
        "test",
        {"name1/name1_0002", "name1/name1_0001, name1/name1_0002"},
    )


GOOD_LFW = {
    "annotations/pairs.txt": "Ann\t1\t2\nAnn\t1\tBob\t2\nBob/Bob_0002\nx.jpg\n",
    "annotations/landmarks.txt": "Ann/Ann_0001.jpg\t1\t2\t3\t4\n",
    "annotations/people.txt": "Ann\t2\nBob\t1\n",
}
BAD_LFW: list[tuple[dict[str, str | bytes], str]] = [
    ({"annotations/pairs.txt": "Ann\t1\t2\nAnn\t1\n"}, r"pairs.txt: line 2: a pair has 3 or 4"),
    ({"annotations/pairs.txt": "Ann\t1\t2\nAnn\t1\tB\t1\t1\n"}, r"pairs.txt: line 2: a pair has 3 or 4"),
    ({"annotations/pairs.txt": "Ann\t../x\t2\n"}, r"pairs.txt: line 1: .*leads out"),
    ({"annotations/pairs.txt": "Ann\t/x\t2\n"}, r"pairs.txt: line 1: .*leads out"),
    ({"annotations/pairs.txt": "x/../../etc\n"}, r"pairs.txt: line 1: .*leads out"),
    ({"annotations/pairs.txt": "é" * 65 + "\t1\t2\n"}, r"pairs.txt: line 1: .*longer than 64"),
    ({"annotations/pairs.txt": b"\xff\xfe"}, r"not UTF-8"),
    (GOOD_LFW | {"annotations/landmarks.txt": "Ann/Ann_0001.jpg\t1\t2\t3\n"}, r"landmarks.txt: line 1: landmarks are pairs"),
    (GOOD_LFW | {"annotations/landmarks.txt": "Ann/Ann_0001.jpg\n"}, r"landmarks.txt: line 1: landmarks are pairs"),
    (GOOD_LFW | {"annotations/landmarks.txt": "\nAnn/Ann_0001.jpg\t1\tx\n"}, r"landmarks.txt: line 2: a value cannot be read"),
    (GOOD_LFW | {"annotations/landmarks.txt": "Ann/Ann_0001.jpg\t1\tnan\n"}, r"landmarks.txt: line 1: 'nan'"),
    (GOOD_LFW | {"annotations/landmarks.txt": "Ann/Ann_0001.jpg\t1\t1e11\n"}, r"landmarks.txt: line 1: '1e11'"),
    (GOOD_LFW | {"annotations/landmarks.txt": "new.jpg\t1\t1\n"}, r"landmarks.txt: line 1: .*nobody"),
    (GOOD_LFW | {"annotations/people.txt": "Ann\tx\n"}, r"people.txt: line 1: expected is a name and a number"),
    ({"annotations/people.txt": "Ann\t1\n"}, r"no pairs"),
]


@pytest.mark.parametrize(("files", "text"), BAD_LFW)
def test_bad_lfw_files_are_named(tmp_path: Path, files: dict[str, str | bytes], text: str) -> None:
    assert_refused(tmp_path, "LFW 1.0", files, text)


def test_damaged_lfw_files_end_in_an_error_of_ours(tmp_path: Path) -> None:
    fuzz(tmp_path, GOOD_LFW, "LFW 1.0")


# -- VGGFace2 ------------------------------------------------------------------------------------------------------

VGG = LabelSet.of(["n000001", "some body, ü"])
ONE, TWO = (label.id for label in VGG)


@st.composite
def vgg_objects(draw: st.DrawFn) -> tuple[Record, ...]:
    """A frame has one label; of it perhaps a box, five points and a tag."""
    records: list[Record] = []
    for frame in range(5):
        label = draw(st.sampled_from([ONE, TWO]))
        if draw(st.booleans()):
            records.append(Shape(id=len(records) + 1, frame=frame, label=label, type="rectangle", points=box(draw)))
        if draw(st.booleans()):
            five = tuple(draw(st.lists(st.floats(-10, 700).map(lambda v: round(v, 3)), min_size=10, max_size=10)))
            records.append(Shape(id=len(records) + 1, frame=frame, label=label, type="points", points=five))
        if draw(st.booleans()):
            records.append(Tag(id=len(records) + 1, frame=frame, label=label))
    return tuple(records)


@relaxed
@given(vgg_objects())
def test_faces_survive_vggface2(tmp_path_factory: pytest.TempPathFactory, records: tuple[Record, ...]) -> None:
    assert_survives(dataset(records, VGG), tmp_path_factory.mktemp("v") / "a.zip", "VGGFace2 1.0")


def test_vggface2_looks_as_cvat_writes_it(tmp_path: Path) -> None:
    frames = FrameIndex(["n000001/0001_01.jpg", "b.jpg", "c.jpg"], np.zeros(3, np.int32), np.zeros(3, np.int32))
    records = [
        Shape(id=1, frame=0, label=ONE, type="rectangle", points=(1, 2, 4, 6)),
        Shape(id=2, frame=0, label=ONE, type="rectangle", points=(1, 2, 4, 6)),
        Shape(id=3, frame=1, label=TWO, type="points", points=tuple(range(10))),
        Shape(id=4, frame=1, label=TWO, type="points", points=(1, 2)),
    ]
    media = Dataset(VGG, frames, AnnotationTable.from_records(records), media=lambda frame: (frames.names[frame], jpeg()))
    with pytest.warns(LossWarning, match="1 × further box, 1 × set of other than 5 points"):
        write_dataset(media, tmp_path / "a.zip", "VGGFace2 1.0", save_images=True, progress=lambda _done, _all: None)
    with zipfile.ZipFile(tmp_path / "a.zip") as made:
        assert made.read("bb_landmark/loose_bb_default.csv").decode() == "NAME_ID,X,Y,W,H\nn000001/0001_01,1,2,3,4\n"
        assert made.read("bb_landmark/loose_landmark_default.csv").decode() == (
            'NAME_ID,P1X,P1Y,P2X,P2Y,P3X,P3Y,P4X,P4Y,P5X,P5Y\n"some body, ü/b",0,1,2,3,4,5,6,7,8,9\nno_label/c,,,,,,,,,,\n'
        )
        assert {"default/n000001/0001_01.jpg", "default/some body, ü/b.jpg", "default/no_label/c.jpg"} < set(made.namelist())
    found = read_dataset(tmp_path / "a.zip")
    assert found.frames.widths.tolist() == [7, 7, 7]
    assert sorted(found.frames.names) == ["0001_01.jpg", "b.jpg", "c.jpg"]


def test_the_manuals_vggface2_layout_is_read(tmp_path: Path) -> None:
    boxes = "NAME_ID,X,Y,W,H\r\nlabel0/image1,1,2,3,4\r\n"
    landmarks = '"NAME_ID","P1X","P1Y","P2X","P2Y","P3X","P3Y","P4X","P4Y","P5X","P5Y"\nlabel0/image1,1,2,3,4,5,6,7,8,9,10\nlabel1/image2,,,,,,,,,,\n'
    files: dict[str, str | bytes] = {
        "labels.txt": "# n000001 car\nlabel0 <class0>\nlabel1 <class1>\n", "a/label0/image1.jpg": jpeg(), "a/label1/image2.jpg": jpeg(3, 2),
        "bb_landmark/loose_bb_a.csv": boxes, "bb_landmark/loose_landmark_a.csv": landmarks,
    }  # fmt: skip
    found = read_dataset(archive(tmp_path / "a.zip", files))
    assert (found.labels.names, list(found.frames.names), found.frames.widths.tolist()) == (
        ["label0", "label1"],
        ["image1.jpg", "image2.jpg"],
        [7, 3],
    )
    assert found.table.type.tolist() == [0, 3, 8]
    assert found.meta["images"][1] == "a/label1/image2.jpg"
    # The same picture name below two labels is two pictures.
    twice = "NAME_ID,X,Y,W,H\nn1/0001_01,1,2,3,4\nn2/0001_01,1,2,3,4\n"
    assert list(read_dataset(archive(tmp_path / "b.zip", {"bb_landmark/loose_bb_a.csv": twice})).frames.names) == [
        "n1/0001_01.jpg",
        "n2/0001_01.jpg",
    ]


BOXES, POINTS = "bb_landmark/loose_bb_a.csv", "bb_landmark/loose_landmark_a.csv"
GOOD_VGG = {
    BOXES: "NAME_ID,X,Y,W,H\na/1,1,2,3,4\n",
    POINTS: "NAME_ID,P1X,P1Y,P2X,P2Y,P3X,P3Y,P4X,P4Y,P5X,P5Y\na/1,1,2,3,4,5,6,7,8,9,10\n",
    "labels.txt": "a\nb c\n",
}
BAD_VGG: list[tuple[dict[str, str | bytes], str]] = [
    ({BOXES: "X,Y,W,H\n1,2,3,4\n"}, r"loose_bb_a.csv: line 1: the column NAME_ID is missing"),
    ({BOXES: ""}, r"line 1: the column NAME_ID is missing"),
    ({BOXES: GOOD_VGG[BOXES] + "a/2,1,2,3\n"}, r"line 3: a row has 4 numbers or none, not 3"),
    ({BOXES: GOOD_VGG[BOXES] + "a/2,1,2,x,4\n"}, r"line 3: a value cannot be read"),
    ({BOXES: GOOD_VGG[BOXES] + "a/2,1,2,nan,4\n"}, r"line 3: 'nan'"),
    ({BOXES: GOOD_VGG[BOXES] + "a/2,1,2,1e10,4\n"}, r"line 3: '1e10'"),
    ({BOXES: GOOD_VGG[BOXES] + "a/2,1,2,-3,4\n"}, r"line 3: .*negative size"),
    ({BOXES: GOOD_VGG[BOXES] + "a/1,1,2,3,4\n"}, r"line 3: .*a second box"),
    ({POINTS: GOOD_VGG[POINTS] + "a/1,1,2,3,4,5,6,7,8,9,10\n"}, r"line 3: .*a second set of landmarks"),
    ({BOXES: GOOD_VGG[BOXES] + "2,1,2,3,4\n"}, r"line 3: .*has no label"),
    ({BOXES: GOOD_VGG[BOXES] + "a/../../2,1,2,3,4\n"}, r"line 3: .*leads out"),
    ({BOXES: GOOD_VGG[BOXES] + "a//2,1,2,3,4\n"}, r"line 3: .*leads out"),
    ({BOXES: GOOD_VGG[BOXES] + "a/,1,2,3,4\n"}, r"line 3: a row has no NAME_ID"),
    (GOOD_VGG | {BOXES: GOOD_VGG[BOXES] + "x/2,1,2,3,4\n"}, r"line 3: the label 'x' is not in labels.txt"),
    ({BOXES: GOOD_VGG[BOXES] + "é" * 65 + "/2,1,2,3,4\n"}, r"line 3: .*longer than 64"),
    ({BOXES: b"\xff"}, "not UTF-8"),
    ({BOXES: 'NAME_ID,X,Y,W,H\n"' + "a" * 200_000 + '",1,2,3,4\n'}, r"the table is damaged"),
    ({"loose_bb_a.csv": GOOD_VGG[BOXES]}, "no tables"),
]


@pytest.mark.parametrize(("files", "text"), BAD_VGG)
def test_bad_vggface2_files_are_named(tmp_path: Path, files: dict[str, str | bytes], text: str) -> None:
    assert_refused(tmp_path, "VGGFace2 1.0", files, text)


def test_damaged_vggface2_files_end_in_an_error_of_ours(tmp_path: Path) -> None:
    fuzz(tmp_path, GOOD_VGG, "VGGFace2 1.0")


@pytest.mark.parametrize(
    "name", ["MOT 1.1", "MOTS PNG 1.0", "KITTI 1.0", "WIDER Face 1.0", "Market-1501 1.0", "LFW 1.0", "VGGFace2 1.0"]
)
def test_hostile_archives_are_refused(tmp_path: Path, name: str) -> None:
    inside = {
        "MOT 1.1": "gt/gt.txt",
        "MOTS PNG 1.0": "instances/1.png",
        "KITTI 1.0": "label_2/1.txt",
        "WIDER Face 1.0": WIDER_FILE,
        "Market-1501 1.0": "images_a.txt",
        "LFW 1.0": "annotations/pairs.txt",
        "VGGFace2 1.0": BOXES,
    }[name]
    assert_refused(tmp_path, name, {f"/{inside}": "x"}, "leads out")
    assert_refused(tmp_path, name, {inside: b" " * (2 << 20)}, "unreasonable size")
    whole = archive(tmp_path / "whole.zip", {inside: "x" * 500}).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FormatError, match="cut off"):
        read_dataset(tmp_path / "cut.zip", name)
    locked = bytearray(whole)
    locked[6] |= 1
    locked[whole.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(bytes(locked))
    with pytest.raises(FormatError, match="encrypted"):
        read_dataset(tmp_path / "locked.zip", name)
    with pytest.raises(FormatError, match="does not exist"):
        read_dataset(tmp_path / "missing.zip", name)
