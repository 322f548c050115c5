"""Pictures of every kind, judged by Pillow."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from cvat_widgets.errors import MediaError
from cvat_widgets.media import open_media
from cvat_widgets.media.headers import read_header

_RNG = np.random.default_rng(11)


def _scene(height: int = 40, width: int = 60) -> np.ndarray:
    """A smooth picture without symmetry."""
    down, across = np.mgrid[0:height, 0:width]
    return np.stack([across * 255 // width, down * 255 // height, (across + 2 * down) * 255 // (width + 2 * height)], 2).astype(
        np.uint8
    )


def _save(path: Path, image: Image.Image, **options: Any) -> Path:
    image.save(path, **options)
    return path


def _read(path: Path) -> np.ndarray:
    with open_media(path) as source:
        pixels = source.read(0)
        assert source.size(0) == pixels.shape[1::-1]
        return pixels


def _exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tif"])
def test_exif_orientation_as_pillow_does_it(tmp_path: Path, ending: str, orientation: int) -> None:
    image = Image.fromarray(_scene())
    options: dict[str, Any] = {"quality": 95} if ending == "jpg" else {"lossless": True} if ending == "webp" else {}
    if ending == "tif":
        options["tiffinfo"] = {274: orientation}
    else:
        options["exif"] = _exif(orientation)
    path = _save(tmp_path / f"turned.{ending}", image, **options)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))
    found = _read(path)
    assert found.shape == expected.shape == ((60, 40, 3) if orientation > 4 else (40, 60, 3))
    assert np.abs(found.astype(int) - expected).max() <= (3 if ending == "jpg" else 0)
    with open_media(path) as source:
        frame = source.encoded(0)
        shown = np.asarray(Image.open(io.BytesIO(frame.data)).convert("RGB")).astype(int)
        passed_through = frame.data == path.read_bytes()
        assert passed_through == (orientation == 1 and ending != "tif")
        assert (frame.width, frame.height) == shown.shape[1::-1] == source.size(0)
        assert np.abs(shown - expected).mean() < 6
        small = source.encoded(0, max_side=30)
        assert max(small.width, small.height) == 30
        assert (small.width > small.height) == (orientation <= 4)


_MODES = {
    "png": ["1", "L", "P", "RGB"],
    "jpg": ["1", "L", "RGB", "CMYK", "YCbCr"],
    "bmp": ["1", "L", "P", "RGB"],
    "gif": ["1", "L", "P", "RGB"],
    "tif": ["1", "L", "P", "RGB", "CMYK", "YCbCr"],
    "webp": ["L", "P", "RGB"],
    "ppm": ["1", "L", "RGB"],
}


@pytest.mark.parametrize(("ending", "mode"), [(ending, mode) for ending, modes in _MODES.items() for mode in modes])
def test_modes_without_transparency_equal_pillow(tmp_path: Path, ending: str, mode: str) -> None:
    path = _save(tmp_path / f"picture.{ending}", Image.fromarray(_scene()).convert(mode))
    expected = np.asarray(Image.open(io.BytesIO(path.read_bytes())).convert("RGB")).astype(int)
    assert np.abs(_read(path) - expected).max() <= (3 if ending == "jpg" else 0)


@pytest.mark.parametrize(("ending", "mode"), [("png", "RGBA"), ("png", "LA"), ("webp", "RGBA"), ("tif", "RGBA"), ("tif", "LA")])
def test_transparency_lies_on_white(tmp_path: Path, ending: str, mode: str) -> None:
    picture = np.dstack([_scene(), np.linspace(0, 255, 60).astype(np.uint8)[None].repeat(40, 0)])
    image = Image.fromarray(picture).convert(mode)
    path = _save(tmp_path / f"clear.{ending}", image, **({"lossless": True, "exact": True} if ending == "webp" else {}))
    white = Image.new("RGBA", image.size, "white")
    expected = np.asarray(Image.alpha_composite(white, Image.open(path).convert("RGBA")).convert("RGB")).astype(int)
    assert np.abs(_read(path) - expected).max() <= 1
    with open_media(path) as source:
        assert source.encoded(0).mime == "image/jpeg"
        np.testing.assert_array_equal(source.read_raw(0), np.asarray(Image.open(path)))


def test_transparent_palette_lies_on_white(tmp_path: Path) -> None:
    image = Image.new("P", (4, 4), 1)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((0, 0), 0)
    path = _save(tmp_path / "palette.png", image, transparency=0)
    pixels = _read(path)
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[3, 3].tolist() == [0, 0, 255]


@pytest.mark.parametrize("ending", ["png", "tif"])
@pytest.mark.parametrize("channels", [1, 3])
def test_sixteen_bits_are_kept_raw_and_scaled_for_display(tmp_path: Path, ending: str, channels: int) -> None:
    import cv2

    values = np.linspace(1000, 5000, 64 * 64).reshape(64, 64).astype(np.uint16)
    values[0, 0], values[0, 1] = 0, 65535  # two hot pixels must not set the scale
    deep = values if channels == 1 else np.dstack([values, values // 2, values // 4])
    path = tmp_path / f"deep.{ending}"
    assert cv2.imwrite(str(path), deep if channels == 1 else deep[..., ::-1])
    with open_media(path) as source:
        raw, shown = source.read_raw(0), source.read(0)
        assert raw.dtype == np.uint16
        np.testing.assert_array_equal(raw, deep)
        assert source.encoded(0).mime == "image/jpeg"
    assert shown[63, 63, 0] >= 253
    if channels == 1:
        assert shown[0, 2, 0] <= 2
        assert np.ptp(shown, axis=2).max() == 0
    else:
        assert abs(int(shown[40, 40, 0]) - 2 * int(shown[40, 40, 1])) < 60


@pytest.mark.parametrize("orientation", range(1, 9))
def test_sixteen_bit_tiff_is_turned(tmp_path: Path, orientation: int) -> None:
    deep = np.arange(600, dtype=np.uint16).reshape(20, 30) * 100
    path = _save(tmp_path / "deep.tif", Image.fromarray(deep), tiffinfo={274: orientation})
    expected = np.asarray(ImageOps.exif_transpose(Image.fromarray(deep))) if orientation == 1 else None
    with open_media(path) as source:
        raw = source.read_raw(0)
        assert source.size(0) == raw.shape[::-1]
    if expected is not None:
        np.testing.assert_array_equal(raw, expected)
    corner = {
        1: raw[0, 0],
        2: raw[0, -1],
        3: raw[-1, -1],
        4: raw[-1, 0],
        5: raw[0, 0],
        6: raw[0, -1],
        7: raw[-1, -1],
        8: raw[-1, 0],
    }
    assert corner[orientation] == deep[0, 0]


def test_float_and_many_channels_come_from_npy(tmp_path: Path) -> None:
    spectrum = _RNG.normal(size=(30, 50, 7)).astype(np.float32)
    spectrum[3, 4, 0] = np.nan
    np.save(tmp_path / "spectrum.npy", spectrum)
    with open_media(tmp_path / "spectrum.npy") as source:
        assert source.size(0) == (50, 30)
        np.testing.assert_array_equal(source.read_raw(0), spectrum)
        shown = source.read(0)
        assert shown.shape == (30, 50, 3)
        assert shown[3, 4, 0] == 0
        order = np.argsort(spectrum[..., 1].ravel())
        assert (np.diff(shown[..., 1].ravel()[order].astype(int)) >= 0).all()


def test_reading_gives_a_picture_of_your_own(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.png", Image.fromarray(_scene()))
    with open_media(path) as source:
        source.read(0)[:] = 0
        np.testing.assert_array_equal(source.read(0), _scene())
        raw = source.read_raw(0)
        raw[:] = 0


def test_animations_and_large_files_are_encoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [Image.fromarray(np.roll(_scene(), shift, 1)) for shift in (0, 9)]
    moving = tmp_path / "moving.gif"
    frames[0].save(moving, save_all=True, append_images=frames[1:])
    still = _save(tmp_path / "still.gif", frames[0])
    with open_media(moving) as source:
        assert source.encoded(0).mime == "image/jpeg"
    with open_media(still) as source:
        assert source.encoded(0).data == still.read_bytes()
        monkeypatch.setattr("cvat_widgets.media.limits.PASS_THROUGH_BYTES", 100)
        assert source.encoded(0).mime == "image/jpeg"


def test_orientation_behind_the_pixels_of_a_png_is_not_left_to_the_browser(tmp_path: Path) -> None:
    import struct
    import zlib

    data = _save(tmp_path / "late.png", Image.fromarray(_scene())).read_bytes()
    exif = _exif(6).removeprefix(b"Exif\0\0")
    chunk = struct.pack(">I", len(exif)) + b"eXIf" + exif + struct.pack(">I", zlib.crc32(b"eXIf" + exif))
    (tmp_path / "late.png").write_bytes(data[:-12] + chunk + data[-12:])
    with open_media(tmp_path / "late.png") as source:
        assert source.size(0) == (60, 40)
        assert source.encoded(0).mime == "image/jpeg"


def test_quality_none_is_lossless(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.bmp", Image.fromarray(_scene()))
    with open_media(path) as source:
        frame = source.encoded(0, quality=None)
        assert frame.mime == "image/png"
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(frame.data))), _scene())
        with pytest.raises(MediaError, match="JPEG quality"):
            source.encoded(0, quality=0)


def test_a_region_is_cut_exactly(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.png", Image.fromarray(_scene()))
    with open_media(path) as source:
        tile = source.region(0, (50, 10, 70, 30), quality=None)
        assert (tile.width, tile.height, tile.exact) == (10, 20, True)
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(tile.data))), _scene()[10:30, 50:60])
        assert source.region(0, (0, 0, 60, 40), max_side=30).exact is False
        with pytest.raises(MediaError, match="does not touch"):
            source.region(0, (60, 0, 70, 10))


def test_reduced_jpegs_are_decoded_small(tmp_path: Path) -> None:
    big = np.asarray(Image.fromarray(_scene()).resize((1200, 800), Image.Resampling.BICUBIC))
    path = _save(tmp_path / "big.jpg", Image.fromarray(big), quality=95, exif=_exif(6))
    with open_media(path) as source:
        small = source.encoded(0, max_side=150, quality=95)
        assert (small.width, small.height, small.exact) == (100, 150, False)
        expected = np.rot90(np.asarray(Image.fromarray(big).resize((150, 100), Image.Resampling.BOX)), -1)
        assert np.abs(np.asarray(Image.open(io.BytesIO(small.data))).astype(int) - expected).mean() < 3


def test_a_hundred_megapixels_are_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.jpg"
    Image.new("RGB", (12000, 9000), (90, 140, 30)).save(path, quality=80)
    with open_media(path) as source:
        assert source.size(0) == (12000, 9000)
        overview = source.encoded(0, max_side=1500)
        assert (overview.width, overview.height) == (1500, 1125)
        tile = source.region(0, (11900, 8900, 12412, 9412))
        assert (tile.width, tile.height) == (100, 100)
        assert source.encoded(0, quality=50).data != path.read_bytes()


def test_headers_agree_with_pillow_on_real_pictures(shared_data: Path) -> None:
    checked = 0
    for path in sorted((shared_data / "media").rglob("*")):
        if path.suffix.lower() in (".jpg", ".jpeg", ".png"):
            with path.open("rb") as stream:
                header = read_header(stream, path.name)
            assert (header.width, header.height) == ImageOps.exif_transpose(Image.open(path)).size
            checked += 1
    assert checked > 100
