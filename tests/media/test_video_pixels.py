"""Colours, rotation, depth of video."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import simplejpeg

from cvat_widgets.media import open_media
from cvat_widgets.samples import barcode_clip, read_barcode

_COLORS = np.array([(200, 30, 30), (30, 190, 40), (30, 40, 200), (240, 240, 240), (16, 16, 16), (200, 180, 20)], np.uint8)
_BT601, _BT709, _UNDECLARED = 5, 1, 2
_WEIGHTS = {_BT601: (0.299, 0.114), _BT709: (0.2126, 0.0722), _UNDECLARED: (0.299, 0.114)}


def _planes(matrix: int, full: bool) -> np.ndarray:
    """Colour bars of 48 × 64 pixels each in YUV 4:2:0, by the formulas of BT.601 and BT.709."""
    red_weight, blue_weight = _WEIGHTS[matrix]
    picture = np.repeat(np.repeat(_COLORS[None], 64, 0), 48, 1).astype(float)
    red, green, blue = picture[..., 0], picture[..., 1], picture[..., 2]
    luma = red_weight * red + (1 - red_weight - blue_weight) * green + blue_weight * blue
    chroma = [(blue - luma) / (2 * (1 - blue_weight)), (red - luma) / (2 * (1 - red_weight))]
    if not full:
        luma, chroma = 16 + luma * 219 / 255, [plane * 224 / 255 for plane in chroma]
    width = picture.shape[1]
    stacked = [luma, *((plane + 128)[::2, ::2].reshape(-1, width) for plane in chroma)]
    return np.clip(np.rint(np.vstack(stacked)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("matrix", [_BT601, _BT709, _UNDECLARED])
@pytest.mark.parametrize("full", [False, True])
def test_colors_are_right_in_arrays_and_jpegs(tmp_path: Path, matrix: int, full: bool) -> None:
    path = tmp_path / "bars.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "1"})
        stream.width, stream.height, stream.pix_fmt = 48 * len(_COLORS), 64, "yuv420p"
        stream.codec_context.colorspace, stream.codec_context.color_range = matrix, 2 if full else 1
        picture = av.VideoFrame.from_ndarray(_planes(matrix, full), format="yuv420p")
        picture.colorspace, picture.color_range, picture.pts = matrix, 2 if full else 1, 0
        container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    with open_media(path) as source:
        for pixels in (source.read(0), simplejpeg.decode_jpeg(source.encoded(0, quality=95).data)):
            error = np.abs(pixels[32, 24::48].astype(int) - _COLORS)
            assert error.max() <= 4


def _turn(path: Path, degrees: int) -> None:
    """Write a rotation into the track header of an MP4 (ISO 14496-12, 8.3.2: nine fixed-point numbers)."""
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 4 + 40
    cosine, sine = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    values = (cosine, sine, 0, -sine, cosine, 0, 0, 0)
    data[place : place + 36] = struct.pack(">8iI", *(value << 16 for value in values), 1 << 30)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("degrees", "code"), [(90, cv2.ROTATE_90_CLOCKWISE), (180, cv2.ROTATE_180), (270, cv2.ROTATE_90_COUNTERCLOCKWISE)]
)
def test_rotation_of_phones_is_applied(tmp_path: Path, degrees: int, code: int) -> None:
    path = barcode_clip(tmp_path / "phone.mp4", frames=6, size=(320, 192))
    with open_media(path) as source:
        upright = source.read(4)
    _turn(path, degrees)
    with open_media(path) as source:
        turned = source.read(4)
        np.testing.assert_array_equal(turned, cv2.rotate(upright, code))
        jpeg = source.encoded(4, quality=95)
        assert source.size(4) == (jpeg.width, jpeg.height) == turned.shape[1::-1]
        back = np.rot90(simplejpeg.decode_jpeg(jpeg.data), degrees // 90)
        assert read_barcode(back) == 4
        small = source.encoded(4, max_side=160)
        assert max(small.width, small.height) == 160


def test_ten_bits_are_kept_in_raw_frames(tmp_path: Path) -> None:
    path = tmp_path / "deep.mkv"
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16)[None, :, None], (64, 1, 3))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 256, 64, "gbrp10le"
        picture = av.VideoFrame.from_ndarray(ramp, format="rgb48le").reformat(format="gbrp10le")
        picture.pts = 0
        container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    with open_media(path) as source:
        raw = source.read_raw(0)
        assert raw.dtype == np.uint16
        assert len(np.unique(raw[0, :, 0])) == 256
        assert np.abs(raw.astype(int) - ramp).max() <= 130
        assert source.read(0).dtype == np.uint8


def test_odd_sizes_survive_the_planes(tmp_path: Path) -> None:
    path = tmp_path / "odd.mkv"
    pixels = np.random.default_rng(0).integers(0, 255, (45, 61, 3), np.uint8)
    smooth = cv2.resize(cv2.resize(pixels, (3, 3), interpolation=cv2.INTER_AREA), (61, 45), interpolation=cv2.INTER_CUBIC)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 61, 45, "yuv420p"
        picture = av.VideoFrame.from_ndarray(smooth, format="rgb24").reformat(format="yuv420p")
        picture.pts = 0
        container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    with open_media(path) as source:
        jpeg = simplejpeg.decode_jpeg(source.encoded(0, quality=95).data)
        assert jpeg.shape == (45, 61, 3)
        assert np.abs(jpeg.astype(int) - source.read(0)).mean() < 3
        small = source.encoded(0, max_side=33)
        assert simplejpeg.decode_jpeg(small.data).shape[:2] == (small.height, small.width) == (24, 33)


@pytest.mark.parametrize("layout", ["bgr0", "rgb24", "yuv420p"])
def test_reading_gives_a_frame_of_your_own(tmp_path: Path, layout: str) -> None:
    path = tmp_path / "clip.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png" if layout == "rgb24" else "ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, layout
        picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8), format="rgb24").reformat(format=layout)
        picture.pts = 0
        container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    with open_media(path) as source:
        before = source.read(0).copy()
        source.read(0)[:] = 0
        np.testing.assert_array_equal(source.read(0), before)
        assert abs(int(before.mean()) - 90) <= 1
