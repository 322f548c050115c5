"""Segmentation mask, CamVid and Cityscapes: pixels by the rules of CVAT and of the devkits, round trips, hostile files."""

from __future__ import annotations

import contextlib
import io
import random
import warnings
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
from cvat_widgets.formats.mask_instances import masks_of_pixels
from cvat_widgets.formats.mask_painting import fill_polygon
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.model.masks import decode_mask, encode_mask
from cvat_widgets.model.records import Keyframe, Shape, Track
from cvat_widgets.model.table import AnnotationTable

SEGMENTATION, CAMVID, CITYSCAPES = "Segmentation mask 1.1", "CamVid 1.0", "Cityscapes 1.0"
ALL = (SEGMENTATION, CAMVID, CITYSCAPES)
LABELS = LabelSet.of([Label("car", "#ff0000"), Label("traffic light ü", "#00ff00"), Label("sky", "#0000fe")])
CAR, LIGHT, SKY = (label.id for label in LABELS)
WIDTH, HEIGHT = 24, 16


def frames(names: tuple[str, ...] = ("a b.jpg", "sub/c.png", "ü.jpg"), subsets: tuple[str, ...] = ()) -> FrameIndex:
    count = len(names)
    return FrameIndex(names, np.full(count, WIDTH, np.int32), np.full(count, HEIGHT, np.int32), subsets)


def dataset(records: Any, labels: LabelSet = LABELS, index: FrameIndex | None = None) -> Dataset:
    return Dataset(labels, frames() if index is None else index, AnnotationTable.from_records(records), name="set")


def again(source: Dataset, path: Path, name: str) -> AnnotationTable:
    write_dataset(source, path, name)
    found = read_dataset(path)
    return remap(found, source.labels, match_frames(found.frames, source.frames))


def shape(number: int, kind: str, points: Any, label: int = CAR, **values: Any) -> Shape:
    return Shape(id=number, frame=values.pop("frame", 0), label=label, type=kind, points=tuple(points), **values)  # type: ignore[arg-type]


def png(values: Any) -> bytes:
    stream = io.BytesIO()
    array = np.asarray(values)
    Image.fromarray(array if array.dtype == np.uint16 else array.astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def archive(path: Path, files: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as zipped:
        for name, data in files.items():
            zipped.writestr(name, data)
    return path


def picture(path: Path, name: str, mode: str | None = None) -> Any:
    with zipfile.ZipFile(path) as zipped:
        found = Image.open(io.BytesIO(zipped.read(name)))
        return np.asarray(found.convert(mode) if mode else found)


# -- pixels ----------------------------------------------------------------------------------------------------------

coordinate = st.one_of(
    st.floats(-30, 60, allow_nan=False), st.integers(-150, 300).map(lambda value: value / 5), st.integers(-300, 600).map(lambda value: value / 10)
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=8))
def test_polygons_are_filled_exactly_as_pycocotools_does(corners: list[tuple[float, float]]) -> None:
    from pycocotools import mask as coco

    flat = np.array(corners, np.float64).ravel()
    expected = coco.decode(coco.frPyObjects([flat.tolist()], 31, 41))[..., 0].astype(bool)
    found = np.zeros((31, 41), bool)
    filled = fill_polygon(flat, 41, 31)
    if filled is not None:
        left, top, crop = filled
        found[top : top + crop.shape[0], left : left + crop.shape[1]] = crop
    assert np.array_equal(found, expected)


def test_polygons_that_reach_absurdly_far_are_cut_off_and_still_filled() -> None:
    filled = fill_polygon(np.array([-1e9, -1e9, 1e9, -1e9, 1e9, 1e9, -1e9, 1e9]), 41, 31)
    assert filled is not None
    assert filled[2].shape == (31, 41)
    assert filled[2].all()
    assert fill_polygon(np.array([1e8, 1e8, 1e9, 1e8, 1e9, 1e9]), 41, 31) is None
    half = fill_polygon(np.array([-1e7, -1e7, 20, -1e7, 20, 1e7, -1e7, 1e7]), 41, 31)
    assert half is not None
    assert half[2].sum() == 20 * 31


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 5), st.integers(0, 1 << 30))
def test_instances_are_read_from_pictures_as_they_would_be_encoded_one_by_one(height: int, width: int, count: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, count, (height, width)).astype(np.uint8)
    found = masks_of_pixels(pixels, lambda values: values)
    assert [key for key, _ in found] == sorted(set(pixels.ravel().tolist()) - {0})
    for key, points in found:
        assert points == encode_mask(pixels == key).tolist()


def test_ellipses_are_filled_as_cvat_does(tmp_path: Path) -> None:
    import cv2

    for number, (points, rotation) in enumerate([((10.4, 8.6, 16, 5), 0.0), ((1, 2, 9.7, -3), 33.0), ((22, 15, 29, 10), 120.0)]):
        expected = np.zeros((HEIGHT, WIDTH), np.uint8)
        radii = round(points[2] - points[0]), round(points[1] - points[3])
        cv2.ellipse(expected, (round(points[0]), round(points[1])), radii, rotation, 0, 360, 1, -1)
        path = tmp_path / f"{number}.zip"
        write_dataset(dataset([shape(1, "ellipse", points, rotation=rotation)]), path, SEGMENTATION)
        assert np.array_equal(picture(path, "SegmentationClass/a b.png"), expected)


def test_rotated_boxes_are_painted_as_polygons(tmp_path: Path) -> None:
    from pycocotools import mask as coco

    from cvat_widgets.model.geometry import rectangle_corners

    points = np.array([4.0, 4, 18, 10])
    corners = rectangle_corners(points, 30.0).tolist()
    expected = coco.decode(coco.frPyObjects([corners], HEIGHT, WIDTH))[..., 0]
    write_dataset(dataset([shape(1, "rectangle", points, rotation=30.0)]), tmp_path / "a.zip", SEGMENTATION)
    assert np.array_equal(picture(tmp_path / "a.zip", "SegmentationClass/a b.png"), expected)


@pytest.mark.parametrize("name", ALL)
def test_later_and_higher_objects_cover_lower_ones(tmp_path: Path, name: str) -> None:
    records = [
        shape(1, "rectangle", (8, 2, 20, 12), SKY, z_order=2),
        shape(2, "rectangle", (0, 0, 12, 8), CAR),
        shape(3, "polygon", (4, 4, 16, 4, 16, 14, 4, 14), LIGHT, z_order=-1),
    ]
    expected = np.zeros((HEIGHT, WIDTH), int)
    expected[4:14, 4:16], expected[0:8, 0:12], expected[2:12, 8:20] = LIGHT, CAR, SKY
    table = again(dataset(records), tmp_path / "a.zip", name)
    found = np.zeros_like(expected)
    for row in range(len(table)):
        found[decode_mask(table.points_of(row), WIDTH, HEIGHT)] = table.label[row]
    assert np.array_equal(found, expected)
    assert (table.source == 3).all()


def test_groups_are_one_object_with_the_label_of_its_largest_part(tmp_path: Path) -> None:
    records = [
        shape(1, "rectangle", (0, 0, 3, 3), CAR, group=7),
        shape(2, "rectangle", (10, 0, 20, 8), SKY, group=7),
        shape(3, "rectangle", (0, 10, 4, 14), CAR, group=9, frame=1),
        shape(4, "rectangle", (5, 10, 8, 14), CAR),
        shape(5, "rectangle", (8, 10, 12, 14), CAR),
    ]
    for name in (SEGMENTATION, CITYSCAPES):
        table = again(dataset(records), tmp_path / f"{name}.zip", name)
        found = sorted((int(frame), int(label), *table.points_of(row)[-4:].tolist()) for row, (frame, label) in enumerate(zip(table.frame, table.label, strict=True)))
        assert found == [(0, CAR, 5, 10, 7, 13), (0, CAR, 8, 10, 11, 13), (0, SKY, 0, 0, 19, 7), (1, CAR, 0, 10, 3, 13)]
        assert not table.group.any()


def test_tracks_are_painted_wherever_they_are_visible(tmp_path: Path) -> None:
    track = Track(
        id=1, label=CAR, type="rectangle", keyframes={0: Keyframe(points=(0, 0, 4, 4)), 2: Keyframe(points=(8, 0, 12, 4), outside=True)}
    )  # fmt: skip
    table = again(dataset([track]), tmp_path / "a.zip", SEGMENTATION)
    assert [table.points_of(row)[-4:].tolist() for row in np.argsort(table.frame)] == [[0, 0, 3, 3], [4, 0, 7, 3]]


# -- round trips -----------------------------------------------------------------------------------------------------


@st.composite
def partitions(draw: st.DrawFn) -> list[Shape]:
    """Masks that do not overlap, no two of a label on a frame: what all three formats hold."""
    records: list[Shape] = []
    for frame in range(3):
        owner = np.random.default_rng(draw(st.integers(0, 1 << 30))).integers(0, draw(st.integers(1, 4)), (HEIGHT, WIDTH))
        for index, label in enumerate((CAR, LIGHT, SKY), 1):
            if (owner == index).any():
                records.append(shape(len(records) + 1, "mask", encode_mask(owner == index), label, frame=frame, source="file"))
    return records


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(partitions(), st.sampled_from(ALL))
def test_masks_survive(tmp_path_factory: pytest.TempPathFactory, records: list[Shape], name: str) -> None:
    source = dataset(records)
    table = again(source, tmp_path_factory.mktemp("f") / "a.zip", name)

    def facts(each: AnnotationTable) -> list[Any]:
        return sorted((int(each.frame[row]), int(each.label[row]), each.points_of(row).tolist()) for row in range(len(each)))

    assert facts(table) == facts(source.table)


@pytest.mark.parametrize("name", ALL)
def test_names_subsets_sizes_and_colours_survive(tmp_path: Path, name: str) -> None:
    index = frames(subsets=("train", "val", ""))
    source = dataset([shape(1, "rectangle", (0, 0, 3, 3), LIGHT), shape(2, "rectangle", (0, 0, 3, 3), SKY, frame=1)], index=index)
    write_dataset(source, tmp_path / "a.zip", name)
    found = read_dataset(tmp_path / "a.zip")
    kept = {frame: found.frames.subset_of(place) for place, frame in enumerate(match_frames(found.frames, index).tolist())}
    assert kept == ({0: "train", 1: "val"} if name == CITYSCAPES else {0: "train", 1: "val", 2: ""})
    assert {label.name: label.color for label in found.labels} == {label.name: label.color for label in LABELS}
    assert set(found.frames.widths.tolist()) <= {WIDTH, 0}
    assert WIDTH in found.frames.widths.tolist()


@pytest.mark.parametrize("name", ALL)
def test_pictures_travel_along(tmp_path: Path, name: str) -> None:
    index = frames()
    source = Dataset(
        LABELS, index, AnnotationTable.from_records([shape(1, "rectangle", (0, 0, 3, 3), frame=frame) for frame in range(3)]),
        media=lambda frame: (index.names[frame], b"picture %d" % frame),
    )  # fmt: skip
    write_dataset(source, tmp_path / "a.zip", name, save_images=True, progress=lambda done, count: None)
    found = read_dataset(tmp_path / "a.zip")
    assert sorted(found.frames.names) == sorted(index.names)
    with zipfile.ZipFile(tmp_path / "a.zip") as zipped:
        pictures = {found.frames.names[frame]: zipped.read(member) for frame, member in found.meta["images"].items()}
    assert pictures == {index.names[frame]: b"picture %d" % frame for frame in range(3)}


@pytest.mark.parametrize("name", ALL)
def test_what_is_lost_is_reported(tmp_path: Path, name: str) -> None:
    labels = LabelSet.of([Label("car", "#ff0000", attributes=(Attribute("plate"),))])
    records = [
        shape(1, "polygon", (0, 0, 9, 0, 9, 9), attributes={labels["car"].attributes[0].id: "x"}, occluded=True),
        shape(2, "polyline", (0, 0, 9, 0)),
    ]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        write_dataset(dataset(records, labels), tmp_path / "a.zip", name)
    text = " ".join(str(each.message) for each in caught)
    assert "1 × polyline" in text
    assert "1 × occluded" in text
    assert ("lost are 1 values" if name == CITYSCAPES else "1 × attribute") in text
    with pytest.raises(FormatError, match="polyline"):
        write_dataset(dataset(records, labels), tmp_path / "b.zip", name, strict=True)


@pytest.mark.parametrize("name", ALL)
def test_frames_of_unknown_size_cannot_be_painted(tmp_path: Path, name: str) -> None:
    index = FrameIndex(["a.jpg"], np.zeros(1, np.int32), np.zeros(1, np.int32))
    with pytest.raises(FormatError, match="size of the frame"):
        write_dataset(dataset([shape(1, "rectangle", (0, 0, 3, 3))], index=index), tmp_path / "a.zip", name)
    assert not (tmp_path / "a.zip").exists()


# -- colours ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "member"), [(SEGMENTATION, "SegmentationClass/a b.png"), (CAMVID, "defaultannot/a b.png")])
def test_pixels_have_the_colours_of_the_labels(tmp_path: Path, name: str, member: str) -> None:
    write_dataset(dataset([shape(1, "rectangle", (2, 3, 5, 9), SKY)]), tmp_path / "a.zip", name)
    expected = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    expected[3:9, 2:5] = (0, 0, 254)
    assert np.array_equal(picture(tmp_path / "a.zip", member, "RGB"), expected)


@pytest.mark.parametrize(("name", "member"), [(SEGMENTATION, "SegmentationClass/a b.png"), (CAMVID, "defaultannot/a b.png")])
def test_a_label_called_background_paints_what_is_free(tmp_path: Path, name: str, member: str) -> None:
    labels = LabelSet.of([Label("car", "#ff0000"), Label("Background", "#008000")])
    records = [shape(1, "rectangle", (0, 0, 9, 9), 1), shape(2, "rectangle", (0, 0, 3, 3), 2, z_order=1)]
    table = again(dataset(records, labels), tmp_path / "a.zip", name)
    expected = np.full((HEIGHT, WIDTH, 3), (0, 128, 0), np.uint8)
    expected[:9, :9] = (255, 0, 0)
    expected[:3, :3] = (0, 128, 0)
    assert np.array_equal(picture(tmp_path / "a.zip", member, "RGB"), expected)
    assert [decode_mask(table.points_of(row), WIDTH, HEIGHT).sum() for row in range(len(table))] == [81 - 9]


def test_equal_colours_are_reported_but_kept_apart_in_our_own_files(tmp_path: Path) -> None:
    labels = LabelSet.of([Label("a", "#123456"), Label("b", "#123456")])
    records = [shape(1, "rectangle", (0, 0, 3, 3), 1), shape(2, "rectangle", (5, 0, 9, 3), 2)]
    with pytest.warns(LossWarning, match="'a', 'b' have the same colour"):
        table = again(dataset(records, labels), tmp_path / "a.zip", SEGMENTATION)
    assert sorted(table.label.tolist()) == [1, 2]


def test_camvid_labels_get_camvid_colours_unless_they_have_their_own(tmp_path: Path) -> None:
    labels = LabelSet.of([Label("Car"), Label("Sky", "#010203")])
    records = [shape(1, "rectangle", (0, 0, 3, 3), 1), shape(2, "rectangle", (5, 0, 9, 3), 2)]
    write_dataset(dataset(records, labels), tmp_path / "a.zip", CAMVID)
    pixels = picture(tmp_path / "a.zip", "defaultannot/a b.png", "RGB")
    assert pixels[0, 0].tolist() == [64, 0, 128]
    assert pixels[0, 5].tolist() == [1, 2, 3]


def test_cityscapes_labels_get_the_ids_and_colours_of_the_devkit(tmp_path: Path) -> None:
    labels = LabelSet.of([Label("car", attributes=(Attribute("is_crowd", "checkbox"),)), Label("traffic light"), Label("road")])
    crowd = labels["car"].attributes[0].id
    records = [
        shape(1, "rectangle", (0, 0, 3, 3), 1),
        shape(2, "rectangle", (5, 0, 9, 3), 1),
        shape(3, "rectangle", (10, 0, 12, 3), 1, attributes={crowd: "true"}),
        shape(4, "rectangle", (0, 5, 3, 9), 2),
        shape(5, "rectangle", (5, 5, 9, 9), 3),
    ]
    source = dataset(records, labels)
    table = again(source, tmp_path / "a.zip", CITYSCAPES)
    path, start = tmp_path / "a.zip", "gtFine/default/a b_gtFine"
    ids, classes, colors = (picture(path, f"{start}_{kind}.png") for kind in ("instanceIds", "labelIds", "color"))
    assert [int(ids[y, x]) for y, x in ((0, 0), (0, 5), (0, 10), (5, 0), (5, 5), (15, 20))] == [26000, 26001, 26, 19000, 7000, 0]
    assert [int(classes[y, x]) for y, x in ((0, 0), (5, 0), (5, 5), (15, 20))] == [26, 19, 7, 0]
    assert (ids.dtype, classes.dtype) == (np.uint16, np.uint8)
    assert colors.shape == (HEIGHT, WIDTH)
    rgb = picture(path, f"{start}_color.png", "RGB")
    assert [rgb[y, x].tolist() for y, x in ((0, 0), (5, 0), (5, 5))] == [[0, 0, 142], [250, 170, 30], [128, 64, 128]]
    assert len(table) == 5
    values = table.attributes.values_of(crowd, len(table))
    assert sorted(map(str, values)) == ["None", "None", "false", "false", "true"]


def test_regions_without_instances_stay_so_when_cityscapes_is_written_again(tmp_path: Path) -> None:
    ids = np.zeros((HEIGHT, WIDTH), np.uint16)
    ids[0:4], ids[4:6, 0:3], ids[4:6, 5:9] = 7, 26000, 26003
    path = archive(tmp_path / "a.zip", {"gtFine/val/ulm/x_gtFine_instanceIds.png": png(ids)})
    first = read_dataset(path)
    assert first.frames.names == ["ulm/x"]
    assert list(first.frames.subsets) == ["val"]
    assert sorted(first.labels.by_id(label).name for label in first.table.label.tolist()) == ["car", "car", "road"]
    write_dataset(first, tmp_path / "b.zip", CITYSCAPES)
    expected = np.where(ids == 26003, 26001, ids)
    assert np.array_equal(picture(tmp_path / "b.zip", "gtFine/val/ulm/x_gtFine_instanceIds.png"), expected)


# -- files of others -------------------------------------------------------------------------------------------------

VOC_MAP = "# label : color (RGB) : 'body' parts : actions\nbackground:0,128,0::\naeroplane:10,10,128::\nbicycle:10,128,0::\nboat:108,0,100::\n"
PLANE = np.zeros((4, 5, 3), np.uint8) + np.array([0, 128, 0], np.uint8)
PLANE[1:3, 1:4] = (10, 10, 128)
OBJECT = np.zeros((4, 5, 3), np.uint8)
OBJECT[1:3, 1:4] = (128, 0, 0)


def test_the_segmentation_layout_of_the_manual_is_read(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "labelmap.txt": VOC_MAP, "ImageSets/Segmentation/default.txt": "image1\nimage2\n",
        "SegmentationClass/image1.png": png(PLANE), "SegmentationObject/image1.png": png(OBJECT),
        "SegmentationClass/image2.png": png(PLANE), "SegmentationObject/image2.png": png(OBJECT),
    }  # fmt: skip
    found = read_dataset(archive(tmp_path / "a.zip", files))
    assert found.frames.names == ["image1", "image2"]
    assert found.labels.names == ["background", "aeroplane", "bicycle", "boat"]
    assert [found.labels.by_id(label).name for label in found.table.label.tolist()] == ["aeroplane", "aeroplane"]
    assert found.table.points_of(0).tolist() == [0, 6, 1, 1, 3, 2]
    assert found.frames.heights.tolist() == [4, 4]
    del files["SegmentationObject/image1.png"], files["SegmentationObject/image2.png"], files["labelmap.txt"]
    files["SegmentationClass/image1.png"] = png(np.where(PLANE == 128, 0, OBJECT))
    files["SegmentationClass/image2.png"] = png(OBJECT)
    default = read_dataset(archive(tmp_path / "b.zip", files))
    assert {default.labels.by_id(label).name for label in default.table.label.tolist()} == {"aeroplane"}


def test_grey_masks_count_the_lines_of_the_label_map(tmp_path: Path) -> None:
    labels = "q:0,128,0:: # color index 0\naeroplane:10,10,128:: # color index 1\n_dummy2:2,2,2:: # filler\nboat:108,0,100:: # 3\n"
    grey = np.array([[0, 1, 1], [3, 3, 0]])
    files = {"labelmap.txt": labels, "ImageSets/Segmentation/any.txt": "a\n", "SegmentationClass/a.png": png(grey)}
    found = read_dataset(archive(tmp_path / "a.zip", files))
    names = {found.labels.by_id(label).name: found.table.points_of(row).tolist() for row, label in enumerate(found.table.label.tolist())}
    assert names == {"q": [0, 1, 4, 1, 0, 0, 2, 1], "aeroplane": [0, 2, 1, 0, 2, 0], "boat": [0, 2, 0, 1, 1, 1]}
    assert list(found.frames.subsets) == ["any"]


def test_borders_of_the_devkit_belong_to_nothing(tmp_path: Path) -> None:
    classes, objects = np.array([[0, 15, 255], [15, 15, 255]]), np.array([[0, 1, 255], [2, 2, 255]])
    files = {"ImageSets/Segmentation/train.txt": "a\n", "SegmentationClass/a.png": png(classes), "SegmentationObject/a.png": png(objects)}
    found = read_dataset(archive(tmp_path / "a.zip", files))
    assert [found.labels.by_id(label).name for label in found.table.label.tolist()] == ["person", "person"]
    assert [found.table.points_of(row).tolist() for row in range(2)] == [[0, 1, 1, 0, 1, 0], [0, 2, 0, 1, 1, 1]]


def test_the_camvid_layout_of_the_manual_is_read(tmp_path: Path) -> None:
    mask = np.zeros((4, 5, 3), np.uint8)
    mask[2:, 1:3] = (0, 128, 192)
    for label_map in ("labelmap.txt", "label_colors.txt"):
        files: dict[str, str | bytes] = {
            label_map: "# color (RGB) label\n0 0 0 Void\n64 128 64 Animal\n192 0 128 Archway\n0 128 192 Bicyclist\n0 128 64 Bridge\n",
            "train/image1.png": b"x", "trainannot/image1.png": png(mask), "trainannot/image 2.png": png(mask),
            "train.txt": '/train/image1.png trainannot/image1.png\r\n"/train/image 2.png" "trainannot/image 2.png"\n/train/image3.png \n',
        }  # fmt: skip
        found = read_dataset(archive(tmp_path / f"{label_map}.zip", files))
        assert found.frames.names == ["image1.png", "image 2.png", "image3.png"]
        assert found.labels.names == ["Void", "Animal", "Archway", "Bicyclist", "Bridge"]
        assert [found.labels.by_id(label).name for label in found.table.label.tolist()] == ["Bicyclist", "Bicyclist"]
        assert found.table.points_of(0).tolist() == [0, 4, 1, 2, 2, 3]
        assert found.meta["images"] == {0: "train/image1.png"}
    original = {"test.txt": "/SegNet/CamVid/test/0001.png /SegNet/CamVid/testannot/0001.png\n", "testannot/0001.png": png(mask)}
    assert read_dataset(archive(tmp_path / "o.zip", original)).frames.names == ["0001.png"]


def test_real_camvid_masks_are_read_pixel_by_pixel(shared_data: Path, tmp_path: Path) -> None:
    masks = sorted((shared_data / "media" / "camvid_subset").rglob("*annot/*.png"))[:3]
    if not masks:
        pytest.skip("the masks of CamVid are not there")
    names = "Sky Building Pole Road Pavement Tree Sign Fence Car Pedestrian Bicyclist void".split()
    files: dict[str, str | bytes] = {"label_colors.txt": "".join(f"{n + 1} {n} 0 {name}\n" for n, name in enumerate(names))}
    files["test.txt"] = "".join(f"/test/{mask.name} testannot/{mask.name}\n" for mask in masks)
    files |= {f"testannot/{mask.name}": mask.read_bytes() for mask in masks}
    found = read_dataset(archive(tmp_path / "a.zip", files))
    for frame, mask in enumerate(masks):
        expected = np.asarray(Image.open(mask))
        pixels = np.full(expected.shape, 99)
        for row in np.flatnonzero(found.table.frame == frame).tolist():
            name = found.labels.by_id(int(found.table.label[row])).name
            pixels[decode_mask(found.table.points_of(row), expected.shape[1], expected.shape[0])] = names.index(name)
        assert np.array_equal(pixels, expected)


def test_the_cityscapes_layouts_of_the_manual_are_read(tmp_path: Path) -> None:
    ids = np.array([[0, 1001, 1001], [2, 2, 1002]], np.uint16)
    start = "gtFine/train/city/image_0_gtFine_"
    full: dict[str, str | bytes] = {
        "label_color.txt": "# r g b label_name\n0 0 0 background\n0 255 0 tree\n1 2 3 wall\n",
        f"{start}instanceIds.png": png(ids), f"{start}color.png": png(np.zeros((2, 3, 3))), f"{start}labelIds.png": png(ids // 1000),
        "imgsFine/leftImg8bit/train/city/image_0_leftImg8bit.png": b"x", "imgsFine/leftImg8bit/train/city/image_1_leftImg8bit.png": b"x",
    }  # fmt: skip
    found = read_dataset(archive(tmp_path / "a.zip", full))
    assert found.frames.names == ["city/image_0.png", "city/image_1.png"]
    assert [found.labels.by_id(label).name for label in found.table.label.tolist()] == ["wall", "tree", "tree"]
    assert found.meta["images"][0].endswith("image_0_leftImg8bit.png")
    bare = {"gtFine/city/image_0_gtFine_instanceIds.png": png(np.array([[0, 26001], [7, 7]], np.uint16))}
    found = read_dataset(archive(tmp_path / "b.zip", bare))
    assert [found.labels.by_id(label).name for label in found.table.label.tolist()] == ["road", "car"]
    assert found.frames.names == ["image_0"]
    train = {"gtFine/val/x/a_gtFine_labelTrainIds.png": png(np.array([[0, 13], [255, 255]]))}
    found = read_dataset(archive(tmp_path / "c.zip", train))
    assert [found.labels.by_id(label).name for label in found.table.label.tolist()] == ["road", "car"]


def segmentation(**changes: str | bytes) -> dict[str, str | bytes]:
    files: dict[str, str | bytes] = {"labelmap.txt": VOC_MAP, "ImageSets/Segmentation/a.txt": "x\n", "SegmentationClass/x.png": png(PLANE)}
    return files | {name.replace("__", "/").replace("_dot_", "."): data for name, data in changes.items()}


def camvid(**changes: str | bytes) -> dict[str, str | bytes]:
    files: dict[str, str | bytes] = {"t.txt": "/t/a.png tannot/a.png\n", "tannot/a.png": png(np.zeros((2, 2, 3))), "label_colors.txt": "0 0 0 Void\n"}
    return files | {name.replace("__", "/").replace("_dot_", "."): data for name, data in changes.items()}


def city(**changes: str | bytes) -> dict[str, str | bytes]:
    files: dict[str, str | bytes] = {"gtFine/v/c/a_gtFine_instanceIds.png": png(np.zeros((2, 2)))}
    return files | {name.replace("__", "/").replace("_dot_", "."): data for name, data in changes.items()}


TALL = io.BytesIO()
Image.new("1", (60_000, 60_000)).save(TALL, "PNG", compress_level=9)
BAD: dict[str, tuple[str, dict[str, str | bytes], str]] = {
    "seg: nothing": (SEGMENTATION, {"a.txt": "x"}, "there are no masks"),
    "seg: colour unknown": (SEGMENTATION, segmentation(SegmentationClass__x_dot_png=png(OBJECT)), r"x\.png: the colour 128,0,0 at x=1, y=1"),
    "seg: index unknown": (SEGMENTATION, segmentation(SegmentationClass__x_dot_png=png([[0, 9]])), "the index 9 at x=1, y=0"),
    "seg: label twice": (SEGMENTATION, segmentation(labelmap_dot_txt="a:::\na:::\n"), r"labelmap\.txt: line 2: .*twice"),
    "seg: colour wrong": (SEGMENTATION, segmentation(labelmap_dot_txt="a:1,2,-3::\n"), "line 1: .*not a colour"),
    "seg: nan colour": (SEGMENTATION, segmentation(labelmap_dot_txt="a:1,2,nan::\n"), "not a colour"),
    "seg: long name": (SEGMENTATION, segmentation(labelmap_dot_txt="a" * 65 + ":1,2,3::\n"), "line 1: the name is longer"),
    "seg: empty map": (SEGMENTATION, segmentation(labelmap_dot_txt="# a\n"), "label map is empty"),
    "seg: not utf-8": (SEGMENTATION, segmentation(labelmap_dot_txt=b"\xff:::"), "not UTF-8"),
    "seg: sizes": (SEGMENTATION, segmentation(SegmentationObject__x_dot_png=png([[0]])), "1 x 1 pixels, but other files"),
    "seg: objects alone": (SEGMENTATION, segmentation(SegmentationObject__y_dot_png=png(OBJECT)), "no mask of classes"),
    "seg: path": (SEGMENTATION, segmentation(ImageSets__Segmentation__a_dot_txt="/x\n"), r"a\.txt: line 1: .*leads out"),
    "seg: jpeg": (SEGMENTATION, segmentation(SegmentationClass__x_dot_png=b"\xff\xd8\xff\xe0"), "not a PNG"),
    "seg: cut": (SEGMENTATION, segmentation(SegmentationClass__x_dot_png=png(PLANE)[:50]), "damaged"),
    "seg: bomb": (SEGMENTATION, segmentation(SegmentationClass__x_dot_png=TALL.getvalue()), "not believable|damaged|unreasonable"),
    "seg: two": (SEGMENTATION, {f"{root}/SegmentationClass/x.png": png(PLANE) for root in "ab"}, "several datasets"),
    "cam: no list": (CAMVID, {"tannot/a.png": b"x"}, "no list of pictures"),
    "cam: mask missing": (CAMVID, camvid(t_dot_txt="/t/a.png tannot/b.png\n"), r"t\.txt: line 1: the mask 'tannot/b.png' is not"),
    "cam: path": (CAMVID, camvid(t_dot_txt="\n/t/a.png ../tannot/a.png\n"), r"t\.txt: line 2: .*leads out"),
    "cam: quotes": (CAMVID, camvid(t_dot_txt='"/t/a.png tannot/a.png\n'), "quotation marks"),
    "cam: fields": (CAMVID, camvid(t_dot_txt="/t/a b.png tannot/a.png\n"), "not 3 fields"),
    "cam: twice": (CAMVID, camvid(t_dot_txt="/t/a.png tannot/a.png\n" * 2), r"t\.txt: line 2: two frames"),
    "cam: empty": (CAMVID, camvid(t_dot_txt="\n"), "lists of pictures are empty"),
    "cam: colour unknown": (CAMVID, camvid(tannot__a_dot_png=png([[[1, 2, 3]]])), "colour 1,2,3 at x=0, y=0"),
    "cam: label map": (CAMVID, camvid(label_colors_dot_txt="0 0 Void\n"), r"label_colors\.txt: line 1"),
    "cam: label colour": (CAMVID, camvid(label_colors_dot_txt="0 0 0 Void\n0 0 999 b\n"), "line 2: .*not a colour"),
    "cam: label twice": (CAMVID, camvid(label_colors_dot_txt="0 0 0 Void\n0 0 9 Void\n"), "line 2: .*twice"),
    "cam: not a png": (CAMVID, camvid(tannot__a_dot_png=b"GIF89a"), "not a PNG"),
    "cam: not utf-8": (CAMVID, camvid(t_dot_txt=b"\xfe\xff"), "not UTF-8"),
    "cam: no picture": (CAMVID, camvid(t_dot_txt="/ tannot/a.png\n"), "no name"),
    "city: nothing": (CITYSCAPES, {"gtFine/a.txt": "x"}, "no pictures of ids"),
    "city: elsewhere": (CITYSCAPES, {"gt/a_gtFine_instanceIds.png": png([[0]])}, "not in a folder gtFine"),
    "city: id unknown": (CITYSCAPES, city(gtFine__v__c__a_gtFine_instanceIds_dot_png=png(np.array([[0, 40000]], np.uint16))), "id 40000 at x=1, y=0"),
    "city: id not in map": (CITYSCAPES, city(label_colors_dot_txt="0 0 0 b\n", gtFine__v__c__a_gtFine_instanceIds_dot_png=png([[1]])), "id 1 at"),
    "city: colour": (CITYSCAPES, city(gtFine__v__c__a_gtFine_instanceIds_dot_png=png(PLANE)), "is grey"),
    "city: not a png": (CITYSCAPES, city(gtFine__v__c__a_gtFine_instanceIds_dot_png=b""), "not a PNG"),
    "city: cut": (CITYSCAPES, city(gtFine__v__c__a_gtFine_instanceIds_dot_png=png(PLANE)[:50]), "damaged"),
    "city: label twice": (CITYSCAPES, city(label_colors_dot_txt="0 0 0 a\n0 0 0 a\n"), "line 2: .*twice"),
    "city: label colour": (CITYSCAPES, city(label_colors_dot_txt="0 0 x a\n"), "line 1: .*not a colour"),
    "city: label map": (CITYSCAPES, city(label_colors_dot_txt="0 0 a\n"), "line 1: a label has"),
    "city: long name": (CITYSCAPES, city(label_colors_dot_txt="0 0 0 " + "ü" * 65), "longer than 64"),
    "city: not utf-8": (CITYSCAPES, city(label_colors_dot_txt=b"0 0 0 \xff"), "not UTF-8"),
    "city: grey with alpha": (CITYSCAPES, city(gtFine__v__c__a_gtFine_instanceIds_dot_png=png(np.zeros((2, 2, 2)))), "mode LA"),
    "city: twice": (CITYSCAPES, {f"{root}gtFine/v/a_gtFine_instanceIds.png": png([[0]]) for root in ("", "x/")}, "two files have this name"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD, ids=str)
def test_bad_files_are_refused_with_a_reason(tmp_path: Path, case: str) -> None:
    name, files, reason = BAD[case]
    with pytest.raises(FormatError, match=reason) as caught:
        read_dataset(archive(tmp_path / "bad.zip", files), name)
    assert "bad.zip" in str(caught.value)


def test_byte_order_marks_and_line_ends_of_windows_are_read(tmp_path: Path) -> None:
    files = segmentation(labelmap_dot_txt="\ufeff" + VOC_MAP.replace("\n", "\r\n"), ImageSets__Segmentation__a_dot_txt="\ufeffx\r\n")
    assert len(read_dataset(archive(tmp_path / "a.zip", files)).table) == 1


def test_names_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    labels = LabelSet.of([Label("a:b")])
    with pytest.raises(FormatError, match=r"labelmap\.txt"):
        write_dataset(dataset([], labels), tmp_path / "a.zip", SEGMENTATION)
    with pytest.raises(FormatError, match="list of CamVid"):
        write_dataset(dataset([], index=frames(('a "b".jpg',))), tmp_path / "a.zip", CAMVID)
    many = LabelSet.of([f"label {number}" for number in range(66)])
    with pytest.raises(FormatError, match="at most 64 labels"):
        write_dataset(dataset([], many), tmp_path / "a.zip", CITYSCAPES)
    crowd = [shape(number + 1, "mask", (0, 1, number % 24, number // 24, number % 24, number // 24)) for number in range(384)]
    assert len(again(dataset(crowd), tmp_path / "b.zip", CITYSCAPES)) == 384


def test_more_than_256_labels_are_painted_in_full_colour(tmp_path: Path) -> None:
    labels = LabelSet.of([Label(f"label {number}", f"#{number + 1:06x}") for number in range(300)])
    records = [shape(1, "rectangle", (0, 0, 3, 3), 299), shape(2, "rectangle", (4, 0, 7, 3), 2)]
    for name in (SEGMENTATION, CAMVID):
        table = again(dataset(records, labels), tmp_path / f"{name}.zip", name)
        assert sorted(table.label.tolist()) == [2, 299]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 1 << 30), st.integers(1, 5), st.sampled_from(ALL))
def test_nothing_but_our_error_comes_out_of_the_readers(tmp_path_factory: pytest.TempPathFactory, seed: int, edits: int, name: str) -> None:
    chance = random.Random(seed)
    files: dict[str, str | bytes] = {
        SEGMENTATION: segmentation(SegmentationObject__x_dot_png=png(OBJECT)), CAMVID: camvid(), CITYSCAPES: city(label_colors_dot_txt="0 0 0 a\n1 2 3 b\n"),
    }[name]  # fmt: skip
    files = {key: data.encode() if isinstance(data, str) else data for key, data in files.items()}
    for _ in range(edits):
        key = chance.choice(list(files))
        data = bytearray(files[key])  # type: ignore[arg-type]
        place = chance.randrange(len(data) + 1)
        kind = chance.randrange(5)
        if kind == 0:
            del data[place : place + chance.randrange(1, 20)]
        elif kind == 1:
            data[place:place] = chance.choice([b":", b" ", b'"', b"\0", b"\n", b"-", b"9" * 300, b"\xff", b"../", b"a.png"])
        elif kind == 2 and data:
            data[place % len(data)] = chance.randrange(256)
        elif kind == 3:
            shape_ = chance.choice([(2, 2), (4, 5), (4, 5, 3), (1, 1, 4), (3, 2, 2)])
            data = bytearray(png(np.random.default_rng(seed).integers(0, chance.choice([2, 300]), shape_)))
        elif len(files) > 1:
            files.pop(key)
            continue
        files[key] = bytes(data)
    path = archive(tmp_path_factory.mktemp("f") / "a.zip", files)
    with contextlib.suppress(FormatError):
        read_dataset(path, name)
    with contextlib.suppress(FormatError):
        read_dataset(path)
