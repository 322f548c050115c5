"""The sample media say the truth about themselves."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cvat_widgets as cw
from cvat_widgets.media import open_media
from cvat_widgets.model.kinds import INPUT_TYPES, MASK, POLYGON, RECTANGLE, Flag
from cvat_widgets.model.masks import decode_mask
from cvat_widgets.samples import SamplePictures, SampleVideo, read_barcode
from cvat_widgets.samples.clips import barcode_frame
from cvat_widgets.samples.figures import Canvas


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> SampleVideo:
    return cw.samples.street(tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="module")
def stills(tmp_path_factory: pytest.TempPathFactory) -> SamplePictures:
    return cw.samples.pictures(tmp_path_factory.mktemp("pictures"))


def test_what_is_painted_is_the_mask(clip: SampleVideo) -> None:
    """Each figure alone on a colour it has not: inside the mask the colour is covered, outside it is untouched."""
    background = (255, 0, 255)
    for item, figure in enumerate(clip.scene.figures):
        for frame in (10, 47, 90):
            large = np.full((720, 1280, 3), background, np.uint8)
            figure.paint(Canvas(large, 2), frame)
            painted = np.abs(cv2.resize(large, (640, 360), interpolation=cv2.INTER_AREA).astype(int) - background).sum(2)
            mask = clip.mask(item, frame, visible=False).astype(np.uint8)
            kernel = np.ones((3, 3), np.uint8)
            assert (painted[cv2.erode(mask, kernel).astype(bool)] > 40).all()
            assert (painted[~cv2.dilate(mask, kernel, iterations=2).astype(bool)] == 0).all()


def test_boxes_polygons_and_masks_agree(clip: SampleVideo) -> None:
    for item in range(len(clip.boxes)):
        for frame in range(0, clip.frame_count, 17):
            polygon, mask = clip.polygon(item, frame), clip.mask(item, frame, visible=False)
            if polygon is None:
                assert np.isnan(clip.boxes[item, frame]).all()
                assert mask.sum() < 20
                continue
            box = clip.boxes[item, frame]
            np.testing.assert_allclose([*polygon.min(0), *polygon.max(0)], box)
            assert (box >= 0).all()
            assert (box <= [640, 360, 640, 360]).all()
            rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
            np.testing.assert_allclose([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], box, atol=1.5)
            x, y = polygon.T
            area = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
            assert mask.sum() == pytest.approx(area, rel=0.04, abs=8)


def test_visibility_is_the_share_of_visible_pixels(clip: SampleVideo) -> None:
    for item in range(len(clip.boxes)):
        for frame in range(0, clip.frame_count, 13):
            whole = clip.mask(item, frame, visible=False).sum()
            if whole > 200:
                share = clip.mask(item, frame).sum() / whole
                assert share == pytest.approx(clip.visibility[item, frame], abs=0.04)


def test_objects_move_hide_one_another_and_leave(clip: SampleVideo) -> None:
    there = ~np.isnan(clip.boxes[:, :, 0])
    assert (~there[:, 0]).any()
    assert (there.any(1) & ~there[:, -1]).any()
    assert (clip.visibility[there] < 0.5).any()
    assert sorted(set(clip.object_labels)) == ["car", "person"]
    assert len(clip.object_labels) == 6


def test_table_is_the_truth(clip: SampleVideo) -> None:
    table = clip.table
    assert table.problems(clip.labels, clip.frame_count) == []
    assert set(table.type.tolist()) == {RECTANGLE}
    for item in range(len(clip.boxes)):
        rows = np.flatnonzero(table.track == item + 1)
        outside, occluded = table.has(Flag.OUTSIDE)[rows], table.has(Flag.OCCLUDED)[rows]
        frames = table.frame[rows]
        inside = frames[~outside]
        np.testing.assert_array_equal(inside, np.flatnonzero(~np.isnan(clip.boxes[item, :, 0])))
        for row, frame in zip(rows[~outside], inside, strict=True):
            np.testing.assert_allclose(table.points_of(row), clip.boxes[item, frame], atol=0.006)
        np.testing.assert_array_equal(occluded[~outside], clip.visibility[item, inside] < 0.85)
        assert outside.sum() == (1 if inside[-1] < clip.frame_count - 1 else 0)
        assert table.has(Flag.KEYFRAME)[rows].all()
    assert len(table.to_records(clip.labels)) == 6
    inputs = {attribute.input_type for label in clip.labels for attribute in label.attributes}
    assert inputs == set(INPUT_TYPES)


def test_video_shows_the_scene(clip: SampleVideo) -> None:
    with open_media(clip.path) as source:
        assert (len(source), source.size(0), source.fps) == (clip.frame_count, clip.size, clip.fps)
        for frame in (0, 33, 64, 119):
            shown = source.read(frame).astype(int)
            errors = [np.abs(shown - clip.picture(other)).mean() for other in (frame - 1, frame, frame + 1)]
            assert errors[1] < 4
            assert errors[1] < min(errors[0], errors[2])


def test_it_is_made_once_and_always_the_same(clip: SampleVideo, tmp_path: Path) -> None:
    before = clip.path.stat().st_mtime_ns
    assert cw.samples.street(clip.path.parent).path.stat().st_mtime_ns == before
    other = cw.samples.street(tmp_path)
    np.testing.assert_array_equal(other.boxes, clip.boxes)
    with open_media(other.path) as one, open_media(clip.path) as two:
        np.testing.assert_array_equal(one.read(77), two.read(77))
    assert not list(tmp_path.glob(".*"))


def test_default_folder_is_the_home() -> None:
    import os

    clip = cw.samples.street()
    assert clip.path.parent == Path(os.environ["CVAT_WIDGETS_HOME"]) / "samples"


def test_pictures_and_their_shapes(stills: SamplePictures) -> None:
    assert stills.table.problems(stills.labels, 4) == []
    with open_media(stills.paths) as source:
        assert [source.size(frame) for frame in range(4)] == [(960, 600)] * 4
        for frame, scene in enumerate(stills.scenes):
            assert np.abs(source.read(frame).astype(int) - scene.picture()).mean() < 4
    masks = 0
    for row in range(len(stills.table)):
        scene = stills.scenes[stills.table.frame[row]]
        kind, depth = stills.table.type[row], stills.table.z_order[row]
        item = next(number for number, figure in enumerate(scene.figures) if figure.depth == depth)
        if kind == MASK:
            masks += 1
            np.testing.assert_array_equal(decode_mask(stills.table.points_of(row), 960, 600), scene.mask(item, 0))
        elif kind == POLYGON:
            assert len(stills.table.points_of(row)) > 40
    assert masks >= 10


def test_an_unwritable_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(cw.MediaError, match="samples cannot be written"):
        cw.samples.street(tmp_path / "file")
    with pytest.raises(cw.MediaError, match="samples cannot be written"):
        cw.samples.pictures(tmp_path / "file")


@given(st.integers(0, 65535), st.sampled_from([(320, 192), (160, 96), (640, 360), (97, 64)]))
def test_barcodes_are_read(number: int, size: tuple[int, int]) -> None:
    picture = barcode_frame(number, size)
    assert read_barcode(picture) == number
    assert read_barcode(cv2.GaussianBlur(picture, (0, 0), size[0] / 400)) == number


def test_no_barcode_is_none() -> None:
    assert read_barcode(np.full((96, 160, 3), 128, np.uint8)) is None
