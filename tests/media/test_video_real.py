"""Real clips, the hostile ones among them, against a plain sequential decode."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from cvat_widgets.media import open_media

_CLIPS = {
    "opencv_doc/vtest.avi": (795, (768, 576)),
    "opencv_doc/tree.avi": (68, (320, 240)),  # announces 444
    "opencv_doc/Megamind.avi": (270, (720, 528)),
    "omz_people/people-detection.264": (596, (768, 432)),  # announces a hugely negative number
    "sam2/bedroom.mp4": (200, (960, 540)),
    "sam2/01_dog.mp4": (289, (1280, 720)),
}


@pytest.mark.parametrize("name", list(_CLIPS))
def test_random_reads_equal_a_sequential_decode(shared_data: Path, name: str) -> None:
    path = shared_data / "media" / name
    count, size = _CLIPS[name]
    wanted = set(np.random.default_rng(5).integers(0, count, 25).tolist())
    expected = {}
    with av.open(str(path)) as container:
        for number, picture in enumerate(container.decode(video=0)):
            if number in wanted:
                expected[number] = picture.to_ndarray(format="rgb24")
    assert number + 1 == count
    with open_media(path) as source:
        assert len(source) == count
        assert source.size(0) == size
        for number in np.random.default_rng(6).permutation(sorted(wanted)).tolist():
            np.testing.assert_array_equal(source.read(number), expected[number])


def test_the_lying_header_is_told(shared_data: Path) -> None:
    with open_media(shared_data / "media/opencv_doc/tree.avi") as source:
        assert source.notes == ("tree.avi announces 444 frames; it has 68",)


def test_real_photos_keep_their_bytes(shared_data: Path) -> None:
    folder = shared_data / "media/davis_car_shadow/JPEGImages/480p/car-shadow"
    with open_media(folder) as source:
        assert len(source) == 40
        assert set(zip(source.index.widths.tolist(), source.index.heights.tolist(), strict=True)) == {(854, 480)}
        frame = source.encoded(3)
        assert frame.data == (folder / source.name(3)).read_bytes()
        assert frame.exact
