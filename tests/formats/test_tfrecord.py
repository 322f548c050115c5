"""TFRecord 1.0, its framing and its wire format."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvat_widgets.errors import FormatError
from cvat_widgets.formats import Dataset, LossWarning, read_dataset, write_dataset
from cvat_widgets.formats.tfrecord_wire import Feature, decode_example, encode_example, masked_crc, record, records
from cvat_widgets.model.records import Record, Shape, Tag
from tests.formats.roundtrip import (
    CAR,
    again,
    archive,
    damage,
    dataset,
    frames,
    many,
    refuse_hostile_archives,
    relaxed,
    survives,
    visible,
)

NAME = "TFRecord 1.0"
PLAIN = {"group": 0, "z_order": 0, "rotation": 0.0, "occluded": False, "score": 1.0, "attributes": {}}


def test_checksums_are_those_of_the_standard() -> None:
    """Golden values: RFC 3720 (iSCSI), appendix B.4, before TFRecord's mask."""

    def unmasked(data: bytes) -> int:
        turned = (masked_crc(data) - 0xA282EAD8) & 0xFFFFFFFF
        return ((turned >> 17) | (turned << 15)) & 0xFFFFFFFF

    assert unmasked(b"123456789") == 0xE3069283
    assert unmasked(bytes(32)) == 0x8A9136AA
    assert unmasked(b"\xff" * 32) == 0x62A8AB43
    assert unmasked(bytes(range(32))) == 0x46DD794E
    assert unmasked(b"") == 0


@given(st.integers(0, 3000), st.integers(0, 2**32 - 1))
def test_long_data_has_the_same_checksum_as_byte_by_byte(size: int, seed: int) -> None:
    data = np.random.default_rng(seed).bytes(size)
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    assert masked_crc(data) == (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def test_an_example_has_the_bytes_of_protocol_buffers() -> None:
    """Written out by hand from the definition of the messages."""
    assert encode_example({"a": [7, -1]}) == bytes.fromhex(
        "0a 16 0a 14 0a 01 61 12 0f 1a 0d 0a 0b 07 ff ff ff ff ff ff ff ff ff 01"
    )
    assert encode_example({"b": [b"xy"]}) == bytes.fromhex("0a 0d 0a 0b 0a 01 62 12 06 0a 04 0a 02 78 79")
    assert encode_example({"c": np.array([1.0], np.float32)}) == bytes.fromhex(
        "0a 0f 0a 0d 0a 01 63 12 08 12 06 0a 04 00 00 80 3f"
    )


def test_lists_that_are_not_packed_and_unknown_fields_are_read() -> None:
    def field(number: int, content: bytes) -> bytes:
        return bytes([number << 3 | 2, len(content)]) + content

    numbers = field(3, b"\x08\x05\x08\x96\x01") + b"\x50\x01"
    floats = field(2, b"\x0d" + struct.pack("<f", 0.5) + b"\x0d" + struct.pack("<f", 2))
    entries = field(1, field(1, b"n") + field(2, numbers)) + field(1, field(1, b"f") + field(2, floats))
    found = decode_example(field(1, entries) + b"\x50\x01" + b"\x59" + bytes(8))
    assert found["n"] == [5, 150]
    assert np.asarray(found["f"]).tolist() == [0.5, 2]


values = st.one_of(
    st.lists(st.binary(max_size=8), min_size=1, max_size=4),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=4),
    st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=4),
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), values, max_size=4))
def test_features_survive_the_wire(features: dict[str, Feature]) -> None:
    (body,) = records(record(encode_example(features)))
    found = decode_example(body)
    assert {name: list(items) for name, items in found.items()} == {name: list(items) for name, items in features.items()}


@relaxed
@given(many("rectangle", **PLAIN))
def test_boxes_survive(tmp_path_factory: pytest.TempPathFactory, made: tuple[Record, ...]) -> None:
    source = dataset(made, index=frames(subsets=["train", "", "val"] * 2))
    path = tmp_path_factory.mktemp("f") / "a.zip"
    found = again(source, path, NAME)
    assert sorted(zipfile.ZipFile(path).namelist()) == ["default.tfrecord", "label_map.pbtxt", "train.tfrecord", "val.tfrecord"]
    assert visible(found, digits=2) == visible(source, digits=2)
    assert found.labels.names == source.labels.names
    assert sorted(found.frames.names) == sorted(source.frames.names)
    position = {name: index for index, name in enumerate(found.frames.names)}
    assert [found.frames.subset_of(position[name]) for name in source.frames.names] == list(source.frames.subsets)


def test_what_is_lost_is_said_and_pictures_go_along(tmp_path: Path) -> None:
    box = Shape(id=1, frame=0, label=CAR, type="rectangle", points=(1, 2, 10, 20), rotation=5, occluded=True)
    source = dataset([box, Tag(id=2, frame=0, label=CAR)], media=lambda frame: (f"{frame}.jpg", b"picture%d" % frame))
    with pytest.warns(LossWarning, match="1 × tag, 1 × rotation, 1 × occluded"):
        write_dataset(source, tmp_path / "a.zip", NAME, save_images=True)
    bodies = list(records(zipfile.ZipFile(tmp_path / "a.zip").read("default.tfrecord")))
    first = decode_example(bodies[0])
    assert first["image/encoded"] == [b"picture0"]
    assert first["image/format"] == [b"jpeg"]
    assert first["image/height"] == [48]
    assert first["image/object/class/label"] == [1]
    assert first["image/object/class/text"] == [b"car"]
    assert sorted(first) == [
        "image/encoded", "image/filename", "image/format", "image/height", "image/key/sha256", "image/object/bbox/xmax",
        "image/object/bbox/xmin", "image/object/bbox/ymax", "image/object/bbox/ymin", "image/object/class/label",
        "image/object/class/text", "image/source_id", "image/width",
    ]  # fmt: skip


def example(**changes: Feature | None) -> bytes:
    """A record of one box as the manual describes it, with features changed or taken out."""
    eighth, quarter, half = (np.array([value], np.float32) for value in (0.125, 0.25, 0.5))
    features: dict[str, Feature | None] = {
        "image/filename": ["ä.jpg".encode()], "image/source_id": [b"0"], "image/height": [40], "image/width": [60],
        "image/object/bbox/xmin": quarter, "image/object/bbox/xmax": half,
        "image/object/bbox/ymin": eighth, "image/object/bbox/ymax": half,
        "image/object/class/label": [2], "image/object/class/text": [b"label_1"],
    }  # fmt: skip
    features |= {name.replace("__", "/"): value for name, value in changes.items()}
    return record(encode_example({name: value for name, value in features.items() if value is not None}))


MAP = "item {\n\tid: 1\n\tname: 'label_0'\n}\nitem {\n\tid: 2\n\tname: 'label_1'\n}\n"


@pytest.mark.parametrize("names", [[b"label_1"], None])
def test_the_structure_of_the_manual_is_read(tmp_path: Path, names: Feature | None) -> None:
    one = example(image__object__class__text=names)
    path = archive(tmp_path / "a.zip", {"any name.tfrecord": one, "label_map.pbtxt": "\ufeff" + MAP.replace("\n", "\r\n")})
    found = read_dataset(path)
    assert found.labels.names == ["label_0", "label_1"]
    assert (list(found.frames.names), found.frames.widths.tolist()) == (["ä.jpg"], [60])
    assert found.table.points.tolist() == [15, 5, 30, 20]
    assert found.labels.by_id(int(found.table.label[0])).name == "label_1"


def test_names_with_quotes_and_braces_survive_the_label_map(tmp_path: Path) -> None:
    from cvat_widgets.model.labels import LabelSet

    labels = LabelSet.of(["it's", 'a "b" {c}', "back\\slash", "Łódź # 1"])
    found = again(dataset([], labels=labels), tmp_path / "a.zip", NAME)
    assert found.labels.names == labels.names


def test_cvats_own_export_agrees_with_its_xml(shared_data: Path) -> None:
    folder = shared_data / "formats" / "review100"

    def rows(found: Dataset) -> list[tuple[str, str, list[float]]]:
        table = found.table
        return sorted(
            (Path(found.frames.names[frame]).name, found.labels.by_id(label).name, table.points_of(row).tolist())
            for row, (frame, label) in enumerate(zip(table.frame.tolist(), table.label.tolist(), strict=True))
        )

    records_of_cvat = read_dataset(folder / "tfrecord_format")
    ours, theirs = rows(records_of_cvat), rows(read_dataset(folder / "cvat_format", "CVAT 1.1"))
    assert len(ours) == 273
    assert [row[:2] for row in ours] == [row[:2] for row in theirs]
    assert np.abs(np.array([row[2] for row in ours]) - np.array([row[2] for row in theirs])).max() <= 0.011
    assert len(records_of_cvat.frames) == 100


def floats(*numbers: float) -> Feature:
    return np.array(numbers, np.float32)


WHOLE = example()
BAD = [
    (WHOLE[:10], "record 0 is cut off"),
    (WHOLE[:-1], "cut off"),
    (WHOLE + b"more", "record 1 is cut off"),
    (b"\0" + WHOLE[1:], "checksum of the length of record 0"),
    (WHOLE[:40] + b"\xff" + WHOLE[41:], "checksum of record 0"),
    (record(b"\x0a\xff\x01a"), "record 0: .*cut off"),
    (record(b"\x0b"), "wire type 3"),
    (record(b"\x0a" + b"\xff" * 12), "does not end"),
    (b"", "no record"),
    (example(image__filename=[b"../a.jpg"]), "record 0: .*leads out"),
    (example(image__filename=[b"/a.jpg"]), "leads out"),
    (example(image__filename=[b"\xff"]), "cannot be read"),
    (example(image__filename=None, image__source_id=None), "no name"),
    (example(image__height=[-5]), "cannot be"),
    (example(image__height=[1 << 60]), "cannot be"),
    (example(image__height=None), "no width and height"),
    (WHOLE + WHOLE, "record 1: .*two frames"),
    (example(image__object__bbox__xmin=floats(0.1, 0.2)), "the boxes have 2 xmin, 1 ymin"),
    (example(image__object__bbox__xmin=floats(float("nan"))), "not a finite"),
    (example(image__object__bbox__xmin=floats(float("inf"))), "not a finite"),
    (example(image__object__bbox__xmin=floats(0.9)), "ends before it begins"),
    (example(image__object__bbox__xmin=floats(-3e38)), "not a finite"),
    (example(image__object__bbox__xmin=[b"x"]), "cannot be read"),
    (example(image__object__class__text=None), "the label 2 has no name"),
    (example(image__object__class__text=None, image__object__class__label=None), "0 names and 0 numbers"),
    (example(image__object__class__text=[b"x" * 65]), "longer than 64"),
]


@pytest.mark.parametrize(("data", "text"), BAD)
def test_bad_records_are_named(tmp_path: Path, data: bytes, text: str) -> None:
    with pytest.raises(FormatError, match=text) as caught:
        read_dataset(archive(tmp_path / "bad.zip", {"train.tfrecord": data}), NAME)
    assert "train.tfrecord" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("item { name: 'a' }", "no id or no name"),
        ("item { id: 1 name: 'a' } item { id: 1 name: 'b' }", "two labels"),
        ("hello", "there is no"),
        (f"item {{ id: 1 name: '{'x' * 65}' }}", "longer than 64"),
    ],
)
def test_bad_label_maps_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(FormatError, match=f"label_map.pbtxt: .*{message}"):
        read_dataset(archive(tmp_path / "bad.zip", {"train.tfrecord": WHOLE, "label_map.pbtxt": text}), NAME)


def test_hostile_archives_are_refused(tmp_path: Path) -> None:
    refuse_hostile_archives(tmp_path, NAME, {"default.tfrecord": WHOLE})


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_damaged_files_end_in_an_error_of_ours(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    # Damage inside of the frame is caught by its checksum, so the message is damaged before it is framed as well.
    (body,) = records(WHOLE)
    inner = record(damage(data, {"body": body})["body"])
    files = (
        damage(data, {"default.tfrecord": inner, "label_map.pbtxt": MAP}) if data.draw(st.booleans()) else {"a.tfrecord": inner}
    )
    survives(archive(tmp_path_factory.mktemp("f") / "a.zip", files), NAME)
