"""Label Studio JSON and labelme JSON, which are for import only."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cvat_widgets.errors import FormatError
from cvat_widgets.formats import Dataset, LossWarning, match_frames, read_dataset, write_dataset
from cvat_widgets.formats.fitting import fit_to_task
from cvat_widgets.formats.label_studio_regions import decoded_brush
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.geometry import rectangle_corners
from cvat_widgets.model.masks import decode_mask
from tests.formats.roundtrip import archive, damage, dataset, refuse_hostile_archives, survives

STUDIO, LABELME = "Label Studio JSON", "labelme JSON"


def read(tmp_path: Path, document: Any, name: str | None = None) -> Dataset:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return read_dataset(path, name)


# -- labelme -----------------------------------------------------------------------------------------------------


def png(pixels: Any) -> str:
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8) * 255).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def labelme(*shapes: dict[str, Any], **changes: Any) -> dict[str, Any]:
    default: dict[str, Any] = {
        "label": "cat",
        "points": [[1, 2], [5, 2], [5, 6]],
        "group_id": None,
        "shape_type": "polygon",
        "flags": {},
    }
    return {
        "version": "5.0.1", "flags": {}, "shapes": [default | shape for shape in shapes or ({},)], "imagePath": "ä b.jpg",
        "imageData": None, "imageHeight": 40, "imageWidth": 60,
    } | changes  # fmt: skip


def test_every_shape_of_labelme_is_read(tmp_path: Path) -> None:
    document = labelme(
        {"group_id": 0, "flags": {"hard": True, "seen": False}, "description": "old"},
        {"shape_type": "rectangle", "points": [[9, 8], [3, 2]], "group_id": 0},
        {"shape_type": "circle", "points": [[10, 10], [13, 14]], "group_id": 3},
        {"shape_type": "linestrip", "points": [[1, 1], [2, 2], [3, 1]]},
        {"shape_type": "line", "points": [[1, 1], [2, 2]]},
        {"shape_type": "point", "points": [[1.5, 2.5]]},
        {"shape_type": "points", "points": [[1, 1], [2, 2]]},
        {"shape_type": "mask", "points": [[4, 5], [6, 6]], "mask": png([[1, 0, 1], [1, 1, 1]])},
        {"shape_type": "oriented_rectangle", "points": [[10, 0], [10, 8], [6, 8], [6, 0]]},
        flags={"night": True, "day": False},
    )
    found = read(tmp_path, document)
    table = found.table
    assert (list(found.frames.names), found.frames.widths.tolist(), found.frames.heights.tolist()) == (["ä b.jpg"], [60], [40])
    assert found.labels.names == ["night", "cat"]
    assert table.type.tolist() == [8, 1, 0, 4, 2, 2, 3, 3, 6, 0]
    assert table.points_of(2).tolist() == [3, 2, 9, 8]
    assert table.points_of(3).tolist() == [10, 10, 15, 5]
    mask = np.argwhere(decode_mask(table.points_of(8), width=60, height=40)).tolist()
    assert mask == [[5, 4], [5, 6], [6, 4], [6, 5], [6, 6]]
    corners = rectangle_corners(table.points_of(9), float(table.rotation[9]))
    assert np.round(corners, 6).tolist() == [10, 0, 10, 8, 6, 8, 6, 0]
    assert table.group.tolist() == [0, 1, 1, 0, 0, 0, 0, 0, 0, 0]
    assert sorted(table.attributes.to_dicts(10)[1].values()) == ["false", "old", "true"]
    assert set(table.source.tolist()) == {3}


def test_paths_are_seen_from_their_file_and_lead_nowhere_else(tmp_path: Path) -> None:
    files = {
        "a/x.json": json.dumps(labelme(imagePath="../b/1.jpg")), "a/y.json": json.dumps(labelme(imagePath="../../2.jpg")),
        "z.json": "\ufeff" + json.dumps(labelme(imagePath="C:\\data\\3.jpg")), "b/1.jpg": "", "3.jpg": "",
    }  # fmt: skip
    found = read_dataset(archive(tmp_path / "a.zip", files))
    assert list(found.frames.names) == ["b/1.jpg", "2.jpg", "3.jpg"]
    assert found.meta["images"] == {0: "b/1.jpg", 2: "3.jpg"}


def test_real_files_of_labelme_are_read(shared_data: Path) -> None:
    folder = shared_data / "media" / "labelme_voc" / "instance_segmentation" / "data_annotated"
    found = read_dataset(folder)
    assert list(found.frames.names) == ["2011_000003.jpg", "2011_000006.jpg", "2011_000025.jpg"]
    assert len(found.table) == sum(len(json.loads(path.read_text())["shapes"]) for path in folder.glob("*.json"))
    assert set(found.meta["images"]) == {0, 1, 2}
    assert "person" in found.labels.names


BAD_LABELME = [
    (labelme({"points": [[1, 1], [2, 2]]}), r"shapes\[0\]: a polygon has at least 3"),
    (labelme({}, {"shape_type": "star"}), r"shapes\[1\]: shapes of type 'star'"),
    (labelme({"shape_type": "rectangle"}), "two points, not 3"),
    (labelme({"shape_type": "oriented_rectangle"}), "four points"),
    (labelme({"points": [[1, "x"]]}), "not a file of labelme"),
    (labelme({"points": [[1, 2, 3]]}), "not a file of labelme"),
    (labelme({"points": [[1, 1e300], [1, 2], [3, 4]]}), "below 1e9"),
    (labelme({"label": ""}), "no name"),
    (labelme({"label": "x" * 65}), "longer than 64"),
    (labelme({"shape_type": "mask", "points": [[1, 1], [2, 2]], "mask": "%%"}), "not base64"),
    (labelme({"shape_type": "mask", "points": [[1, 1], [2, 2]], "mask": "aGVsbG8="}), "not a PNG"),
    (labelme({"shape_type": "mask", "points": [[-9, 1], [2, 2]], "mask": png([[1]])}), "begins outside"),
    (labelme(imageWidth=-5), "cannot be"),
    (labelme(imagePath=""), "no name"),
    (labelme(flags={"x" * 65: True}), "longer than 64"),
    ({"shapes": []}, "not a file of labelme"),
    ([], "not a file of labelme"),
]


@pytest.mark.parametrize(("document", "text"), BAD_LABELME)
def test_bad_labelme_files_are_named(tmp_path: Path, document: Any, text: str) -> None:
    with pytest.raises(FormatError, match=text):
        read(tmp_path, document, LABELME)


def test_two_files_of_one_picture_are_refused(tmp_path: Path) -> None:
    files = {"a.json": json.dumps(labelme()), "b.json": json.dumps(labelme())}
    with pytest.raises(FormatError, match=r"b.json: two frames"):
        read_dataset(archive(tmp_path / "a.zip", files), LABELME)


# -- Label Studio ------------------------------------------------------------------------------------------------

SIZE = {"original_width": 200, "original_height": 100, "image_rotation": 0}


def region(kind: str = "rectanglelabels", number: str = "r1", **value: Any) -> dict[str, Any]:
    place = (
        {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0, "rectanglelabels": ["Car"]}
        if kind == "rectanglelabels"
        else {}
    )
    return SIZE | {"id": number, "type": kind, "from_name": "label", "to_name": "image", "value": place | value}


def task(*results: dict[str, Any], image: str = "/data/upload/1/8c5aa1d4-1.jpg", **changes: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "data": {"image": image},
        "annotations": [{"id": 2, "was_cancelled": False, "result": list(results)}],
    } | changes


def packed(pixels: Any) -> list[int]:
    """Runs of a brush as Label Studio writes them: each row of values either as a run or one by one."""
    values = np.repeat(np.asarray(pixels, np.uint8).ravel() * 255, 4)
    bits = f"{len(values):032b}" + f"{7:05b}" + "".join(f"{size - 1:04b}" for size in (3, 4, 8, 16))
    at = 0
    while at < len(values):
        end = at + 1
        while end < len(values) and values[end] == values[at] and end - at < 200:
            end += 1
        if end - at > 4:
            bits += "1" + "10" + f"{end - at - 1:08b}" + f"{values[at]:08b}"
        else:
            bits += "0" + "00" + f"{end - at - 1:03b}" + "".join(f"{value:08b}" for value in values[at:end])
        at = end
    bits += "0" * (-len(bits) % 8)
    return [int(bits[index : index + 8], 2) for index in range(0, len(bits), 8)]


@given(st.integers(1, 12), st.integers(1, 12), st.data())
def test_brushes_are_decoded(width: int, height: int, data: st.DataObject) -> None:
    flat = data.draw(st.lists(st.booleans(), min_size=width * height, max_size=width * height))
    pixels = np.array(flat).reshape(height, width)
    assert np.array_equal(decoded_brush(packed(pixels), width, height), pixels)


def test_every_region_of_label_studio_is_read(tmp_path: Path) -> None:
    pixels = np.zeros((100, 200), bool)
    pixels[10:20, 50:60] = True
    document = [
        task(
            region(),
            region(number="r2", rotation=90),
            region("polygonlabels", "r3", points=[[0, 0], [50, 0], [50, 50]], polygonlabels=["Road"], closed=True),
            region("polygonlabels", "r4", points=[[0, 0], [50, 0]], polygonlabels=["Road"], closed=False),
            region("keypointlabels", "r5", x=50, y=50, width=1, keypointlabels=["Nose"]),
            region("ellipselabels", "r6", x=50, y=50, radiusX=10, radiusY=10, rotation=30, ellipselabels=["Car"]),
            region("brushlabels", "r7", format="rle", rle=packed(pixels), brushlabels=["Road"]),
            region("rectangle", "r8", x=0, y=0, width=10, height=10) | {"score": 0.25},
            {"id": "r8", "type": "labels", "value": {"labels": ["Tree"]}},
            {"id": "r1", "type": "textarea", "from_name": "plate", "value": {"text": ["B-1", "B-2"]}},
            {"id": "r1", "type": "choices", "from_name": "colour", "value": {"choices": ["red"]}},
            {"id": "q", "type": "choices", "from_name": "weather", "value": {"choices": ["rain"]}},
            {"id": "t", "type": "taxonomy", "from_name": "kind", "value": {"taxonomy": [["animal", "cat"]]}},
        )
    ]
    found = read(tmp_path, document)
    table = found.table
    assert list(found.frames.names) == ["1.jpg"]
    assert (found.frames.widths.tolist(), found.frames.heights.tolist()) == ([200], [100])
    assert found.labels.names == ["Car", "Road", "Nose", "Tree", "rain", "animal/cat"]
    assert table.type.tolist() == [0, 0, 1, 2, 3, 4, 6, 0, 8, 8]
    assert table.points_of(0).tolist() == [20, 20, 80, 60]
    # Label Studio turns a box about its top left corner: by 90 degrees it reaches left and down from there.
    assert np.round(rectangle_corners(table.points_of(1), 90), 6).tolist() == [20, 20, 20, 80, -20, 80, -20, 20]
    assert table.points_of(2).tolist() == [0, 0, 100, 0, 100, 50]
    assert table.points_of(4).tolist() == [100, 50]
    assert (table.points_of(5).tolist(), table.rotation[5]) == ([100, 50, 120, 40], 30)
    assert np.array_equal(decode_mask(table.points_of(6), width=200, height=100), pixels)
    assert table.score[7] == 0.25
    names = {spec.id: spec.name for label in found.labels for spec in label.attributes}
    assert {names[spec]: value for spec, value in table.attributes.to_dicts(10)[0].items()} == {
        "plate": "B-1, B-2",
        "colour": "red",
    }


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/data/upload/1/8c5aa1d4-my%20cat.jpg", "my cat.jpg"),
        ("/data/local-files/?d=set/a/1.jpg", "set/a/1.jpg"),
        ("https://host.org/set/1.jpg?token=x", "set/1.jpg"),
        ("s3://bucket/set/1.jpg", "set/1.jpg"),
    ],
)
def test_names_of_pictures_are_found_in_their_addresses(tmp_path: Path, address: str, name: str) -> None:
    assert list(read(tmp_path, [task(region(), image=address)]).frames.names) == [name]


def test_the_short_form_is_read(tmp_path: Path) -> None:
    box = {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0, "rectanglelabels": ["Car"]} | SIZE
    found = read(
        tmp_path, [{"image": "/data/upload/1/8c5aa1d4-1.jpg", "id": 1, "label": [box], "annotator": 1, "annotation_id": 1}]
    )
    assert found.table.points.tolist() == [20, 20, 80, 60]


def test_cancelled_annotations_are_skipped_and_the_rest_is_told(tmp_path: Path) -> None:
    cancelled = {"was_cancelled": True, "result": [region(x=0)]}
    done = {"was_cancelled": False, "result": [region(), {"type": "relation", "from_id": "a", "to_id": "b"}]}
    later = {"was_cancelled": False, "result": [region(), region()]}
    with pytest.warns(LossWarning, match="1 × further annotations of the same picture, 1 × results of type 'relation'"):
        found = read(tmp_path, [task(annotations=[cancelled, done, later])])
    assert found.table.points.tolist() == [20, 20, 80, 60]
    guessed = task(annotations=[], predictions=[{"score": 0.5, "result": [region()]}])
    assert read(tmp_path, [guessed]).table.score.tolist() == [0.5]


def video(*sequence: dict[str, Any], **value: Any) -> dict[str, Any]:
    keys = [{"x": 0, "y": 0, "width": 10, "height": 20, "rotation": 0, "enabled": True, "time": 0} | key for key in sequence]
    value = {"framesCount": 10, "duration": 1, "sequence": keys, "labels": ["Car"]} | value
    return {"id": "v", "type": "videorectangle", "from_name": "box", "to_name": "video", "value": value}


def test_boxes_in_videos_are_tracks_that_wait_for_the_size(tmp_path: Path) -> None:
    results = [video({"frame": 1}, {"frame": 5, "x": 50, "enabled": False}), video({"frame": 10, "enabled": False})]
    found = read(tmp_path, [task(*results, data={"video": "/data/upload/1/a.mp4"})])
    assert (len(found.frames), found.frames.names[3], found.mode) == (10, "frame_000003", "interpolation")
    assert found.table.frame.tolist() == [0, 4, 5, 9]
    assert found.table.flags.tolist() == [4, 4, 6, 4]
    assert len(set(found.table.track.tolist())) == 2
    index = FrameIndex([f"frame_{n:06d}" for n in range(12)], np.full(12, 200, np.int32), np.full(12, 100, np.int32))
    fitted = fit_to_task(found, found.labels, index, match_frames(found.frames, index))
    assert fitted.table.points_of(1).tolist() == [100, 0, 120, 20]
    assert len(fitted.table.to_records(fitted.labels)) == 2
    with pytest.raises(FormatError, match="size of the video is not known"):
        fit_to_task(found, found.labels, index, np.full(10, -1))


BAD_STUDIO = [
    ([task(region(x="a"))], r"\[0\]: result\[0\]: 'a' is not a share"),
    ([task(region(), region(width=-3))], r"result\[1\]: .*negative"),
    ([task(region(x=1e300))], "not a share"),
    ([task(region(x=None))], "not a share"),
    ([task(region(rotation="x"))], "cannot be read"),
    ([task(region(rectanglelabels=[]))], "has no label"),
    ([task(region(rectanglelabels=["x" * 65]))], "longer than 64"),
    ([task(region(rectanglelabels=[""]))], "no name"),
    ([task(region(rectanglelabels=[{}]))], "no name|cannot be read"),
    ([task({key: value for key, value in region().items() if key != "original_width"})], "'original_width' is missing"),
    ([task(region() | {"original_width": -5})], "cannot be"),
    ([task(region(), region() | {"original_width": 5})], "different sizes"),
    ([task(region() | {"image_rotation": 90})], "turned by 90"),
    ([task(region("polygonlabels", points=[[1, 2]], polygonlabels=["a"]))], "polygon of 1 points"),
    ([task(region("brushlabels", format="rle", rle=[0, 0, 0, 9], brushlabels=["a"]))], "has 9 values"),
    ([task(region("brushlabels", format="rle", rle=packed(np.ones((100, 200)))[:-3], brushlabels=["a"]))], "end too early"),
    ([task(region("brushlabels", format="rle", rle="abc", brushlabels=["a"]))], "list of bytes"),
    ([task(region("brushlabels", format="png", rle=[], brushlabels=["a"]))], "format 'png'"),
    ([task(region(), data={})], "name no picture"),
    ([task(region(), data={"image": "../../a.jpg"})], "leads out"),
    ([task(), task()], r"\[1\]: two frames"),
    ([task(video({"frame": 0}))], "count from 1"),
    ([task(video({"frame": 1 << 60}))], "count from 1"),
    ([task(video({"frame": 1, "x": 1e300}))], "not in per cent"),
    ([task(video({"frame": 1}, framesCount=1 << 60))], "not believable"),
    ([task(), task(video({"frame": 1}))], r"\[1\].*beside pictures"),
    ({"data": {}}, "not an export of Label Studio"),
    ([task(annotations=[{"result": [1]}])], "not an object with a value"),
]


@pytest.mark.parametrize(("document", "text"), BAD_STUDIO)
def test_bad_exports_of_label_studio_are_named(tmp_path: Path, document: Any, text: str) -> None:
    with pytest.raises(FormatError, match=text):
        read(tmp_path, document, STUDIO)


# -- both --------------------------------------------------------------------------------------------------------

FILES = {
    STUDIO: {
        "a.json": json.dumps([task(region(), region("polygonlabels", points=[[0, 0], [5, 0], [5, 5]], polygonlabels=["R"]))])
    },
    LABELME: {"a.json": json.dumps(labelme())},
}


@pytest.mark.parametrize("name", FILES)
def test_hostile_archives_are_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    refuse_hostile_archives(tmp_path, name, FILES[name])
    with pytest.raises(FormatError, match="cannot be exported"):
        write_dataset(dataset([]), tmp_path / "new.zip", name)
    assert not (tmp_path / "new.zip").exists()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_files_end_in_an_error_of_ours(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(FILES)))
    survives(archive(tmp_path_factory.mktemp("f") / "a.zip", damage(data, FILES[name])), name)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_value_in_any_place_ends_in_an_error_of_ours(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    regions = [
        region(),
        region("polygonlabels", points=[[0, 0], [5, 0], [5, 5]], polygonlabels=["R"]),
        {"id": "r1", "type": "choices", "from_name": "c", "value": {"choices": ["red"]}},
    ]
    document = [task(*regions)] if data.draw(st.booleans()) else [task(video({"frame": 1}, {"frame": 3}))]
    place: Any = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        inner = place[key]
        if isinstance(inner, (dict, list)) and inner and data.draw(st.integers(0, 5)):
            place = inner
            continue
        place[key] = data.draw(json_values)
        break
    path = tmp_path_factory.mktemp("f") / "a.json"
    path.write_text(json.dumps(document))
    survives(path, STUDIO)
