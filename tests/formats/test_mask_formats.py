"""Segmentation mask, CamVid and Cityscapes: pixels by the rules of CVAT and of the devkits, round trips, hostile files."""

from __future__ import annotations

import io
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from cvat_widgets.errors import FormatError
from cvat_widgets.formats import Dataset, LossWarning, match_frames, read_dataset, write_dataset
from cvat_widgets.formats.mask_instances import masks_of_pixels
from cvat_widgets.formats.mask_painting import fill_polygon
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.model.masks import decode_mask, encode_mask
from cvat_widgets.model.records import Keyframe, Shape, Track
from cvat_widgets.model.table import AnnotationTable
from tests.formats.mask_support import (
    ALL,
    CAMVID,
    CAR,
    CITYSCAPES,
    HEIGHT,
    LABELS,
    LIGHT,
    SEGMENTATION,
    SKY,
    WIDTH,
    again,
    archive,
    dataset,
    frames,
    png,
    shape,
)


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
@example([(0, 4), (10.375, 21.375), (-13.75, 4.5)])  # an edge through the very middle between two lines of the grid
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
def test_instances_are_read_from_pictures_as_they_would_be_encoded_one_by_one(
    height: int, width: int, count: int, seed: int
) -> None:
    pixels = np.random.default_rng(seed).integers(0, count, (height, width)).astype(np.uint8)
    found = masks_of_pixels(pixels, lambda values: values)
    assert [key for key, _ in found] == sorted(set(pixels.ravel().tolist()) - {0})
    for key, points in found:
        assert points == encode_mask(pixels == key).tolist()


def test_ellipses_are_filled_as_cvat_does(tmp_path: Path) -> None:
    import cv2

    for number, (points, rotation) in enumerate(
        [((10.4, 8.6, 16, 5), 0.0), ((1, 2, 9.7, -3), 33.0), ((22, 15, 29, 10), 120.0)]
    ):
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
        found = sorted(
            (int(frame), int(label), *table.points_of(row)[-4:].tolist())
            for row, (frame, label) in enumerate(zip(table.frame, table.label, strict=True))
        )
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
    source = dataset(
        [shape(1, "rectangle", (0, 0, 3, 3), LIGHT), shape(2, "rectangle", (0, 0, 3, 3), SKY, frame=1)], index=index
    )
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
    assert ("1 × attribute 'plate'" if name == CITYSCAPES else "1 × attribute") in text
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
    assert [int(ids[y, x]) for y, x in ((0, 0), (0, 5), (0, 10), (5, 0), (5, 5), (15, 20))] == [
        26000,
        26001,
        26,
        19000,
        7000,
        0,
    ]
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
