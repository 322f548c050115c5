"""Broken and malicious media: a clear error that names the file and says what to do."""

from __future__ import annotations

import io
import json
import re
import struct
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cvat_widgets.errors import MediaError
from cvat_widgets.media import open_media, reopen_media
from cvat_widgets.media.decoding import decode_raw

from .conftest import Clips


def _picture(kind: str = "PNG", size: tuple[int, int] = (64, 48)) -> bytes:
    stream = io.BytesIO()
    noise = np.random.default_rng(1).integers(0, 255, (*size[::-1], 3), np.uint8)
    Image.fromarray(noise).save(stream, kind)
    return stream.getvalue()


def _zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def _tar_with(path: Path, info: tarfile.TarInfo, data: bytes = b"", mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return path


def _link(name: str, target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, target
    return info


def _bomb_png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def _twice(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr("a.png", _picture())
        archive.writestr("a.png", _picture())
    return path


def _encrypted(path: Path) -> Path:
    data = bytearray(_zip(path, {"secret.png": _picture()}).read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    return path


def _claims(path: Path, size: int) -> Path:
    """A zip whose directory claims a size that is not there."""
    data = bytearray(_zip(path, {"big.png": bytes(100_000)}).read_bytes())
    place = data.index(b"PK\x01\x02") + 24
    data[place : place + 4] = struct.pack("<I", size)
    path.write_bytes(data)
    return path


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _saved(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=array.dtype == object)
    return stream.getvalue()


def _pickled() -> bytes:
    array = np.empty((2, 2), object)
    return _saved(array)


def _manifest(folder: Path, line: dict[str, Any]) -> Path:
    lines = [{"version": "1.1"}, {"type": "images"}, line]
    return _write(folder / "manifest.jsonl", "\n".join(map(json.dumps, lines)).encode())


def _mixture(folder: Path) -> Path:
    _write(folder / "a.png", _picture())
    _write(folder / "b.mp4", b"x")
    return folder


_Maker = Callable[[Path], Any]
_CASES: dict[str, tuple[_Maker, str]] = {
    "missing file": (lambda folder: folder / "nothing.jpg", "nothing.jpg.*no such file"),
    "missing in a list": (lambda folder: [folder / "a.jpg", folder / "b.jpg"], "2 of 2 files are not there"),
    "empty path": (lambda folder: "", "empty"),
    "empty list": (lambda folder: [], "empty"),
    "empty folder": (lambda folder: folder, "no pictures and no video"),
    "pattern without match": (lambda folder: f"{folder}/*.jpg", "no file matches"),
    "zero bytes": (lambda folder: _write(folder / "a.jpg", b""), "a.jpg.*0 bytes"),
    "zero bytes video": (lambda folder: _write(folder / "a.mp4", b""), "a.mp4.*0 bytes"),
    "text as jpg": (lambda folder: _write(folder / "a.jpg", b"hello, I am a letter to my aunt"), "a.jpg.*text, not a picture"),
    "text as mp4": (lambda folder: _write(folder / "a.mp4", b"hello, I am a letter" * 100), "a.mp4.*no video"),
    "playlist as mp4": (
        lambda folder: _write(folder / "a.mp4", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"),
        "a.mp4.*no video",
    ),
    "concat script as mp4": (
        lambda folder: _write(folder / "a.mp4", b"ffconcat version 1.0\nfile /etc/passwd\n"),
        "a.mp4.*no video",
    ),
    "random bytes as png": (lambda folder: _write(folder / "a.png", bytes(range(1, 200))), "a.png.*not a picture"),
    "header cut off": (lambda folder: _write(folder / "a.png", _picture()[:20]), "a.png.*header is damaged"),
    "jpeg header cut off": (lambda folder: _write(folder / "a.jpg", _picture("JPEG")[:30]), "a.jpg.*header is damaged"),
    "jpeg of nothing but filler": (
        lambda folder: _write(folder / "a.jpg", b"\xff\xd8\xff" + b"\xff" * 100_000),
        "a.jpg.*damaged",
    ),
    "huge declared size": (
        lambda folder: _write(folder / "a.png", _bomb_png(60_000, 60_000)),
        "a.png.*60000 × 60000.*decompression bomb",
    ),
    "no pixels": (lambda folder: _write(folder / "a.png", _bomb_png(0, 10)), "a.png.*0 × 10"),
    "pickle in npy": (lambda folder: _write(folder / "a.npy", _pickled()), "a.npy.*damaged"),
    "npy of words": (lambda folder: _write(folder / "a.npy", _saved(np.array([["a", "b"]]))), "a.npy.*no picture"),
    "no zip": (lambda folder: _write(folder / "a.zip", b"PK nothing"), "a.zip.*no zip"),
    "no tar": (lambda folder: _write(folder / "a.tar", b"nothing" * 1000), "a.tar.*damaged"),
    "no gzip": (lambda folder: _write(folder / "a.tar.gz", b"\x1f\x8bnothing" * 100), "a.tar.gz.*damaged"),
    "zip without pictures": (lambda folder: _zip(folder / "a.zip", {"a.txt": b"x"}), "a.zip.*no pictures"),
    "zip climbs out": (lambda folder: _zip(folder / "a.zip", {"../../evil.png": _picture()}), "evil.png.*climbs out"),
    "zip climbs out backwards": (lambda folder: _zip(folder / "a.zip", {"x\\..\\..\\evil.png": _picture()}), "climbs out"),
    "zip absolute": (lambda folder: _zip(folder / "a.zip", {"/etc/evil.png": _picture()}), "evil.png.*is absolute"),
    "zip with a drive": (lambda folder: _zip(folder / "a.zip", {"C:/evil.png": _picture()}), "evil.png.*is absolute"),
    "zip with control characters": (lambda folder: _zip(folder / "a.zip", {"evil\n.png": _picture()}), "control characters"),
    "same name twice": (lambda folder: _twice(folder / "a.zip"), "two members are called 'a.png'"),
    "encrypted": (lambda folder: _encrypted(folder / "a.zip"), "secret.png.*encrypted"),
    "zip bomb": (lambda folder: _zip(folder / "a.zip", {"bomb.bmp": bytes(40 << 20)}), "bomb.bmp.*zip bombs"),
    "zip claims 4 GB": (lambda folder: _claims(folder / "a.zip", 0xFFFFFFF0), "big.png.*claims to unpack"),
    "zip has text as jpg": (
        lambda folder: _zip(folder / "a.zip", {"sub/letter.jpg": b"dear aunt,"}),
        "a.zip: sub/letter.jpg.*text",
    ),
    "tar climbs out": (
        lambda folder: _tar_with(folder / "a.tar", tarfile.TarInfo("../evil.png"), _picture()),
        "evil.png.*climbs out",
    ),
    "tar absolute": (lambda folder: _tar_with(folder / "a.tar", tarfile.TarInfo("/evil.png"), _picture()), "is absolute"),
    "symlink in tar": (lambda folder: _tar_with(folder / "a.tar", _link("evil.png", "/etc/passwd")), "evil.png.*link"),
    "symlink in compressed tar": (
        lambda folder: _tar_with(folder / "a.tar.gz", _link("evil.png", "/etc/passwd"), mode="w:gz"),
        "evil.png.*link",
    ),
    "tar bomb": (
        lambda folder: _tar_with(folder / "a.tar.gz", tarfile.TarInfo("bomb.bmp"), bytes(40 << 20), mode="w:gz"),
        "decompression bombs",
    ),
    "tar cut off": (
        lambda folder: _write(
            folder / "a.tar.gz",
            _tar_with(folder / "b.tar.gz", tarfile.TarInfo("a.png"), _picture(), "w:gz").read_bytes()[:3000],
        ),
        "a.tar.gz.*cut off",
    ),
    "manifest without head": (lambda folder: _write(folder / "manifest.jsonl", b'{"name": "a"}\n'), "no manifest"),
    "manifest climbs out": (
        lambda folder: _manifest(folder, {"name": "../../etc/a", "extension": ".png"}),
        "manifest.jsonl:3.*climbs out",
    ),
    "manifest is no JSON": (lambda folder: _write(folder / "manifest.jsonl", b"\x00\xff{"), "no JSON"),
    "manifest of nested brackets": (lambda folder: _write(folder / "manifest.jsonl", b"[" * 100_000), "manifest.jsonl"),
    "manifest without its files": (
        lambda folder: _manifest(folder, {"name": "a", "extension": ".png"}),
        "1 of 1 pictures are not there",
    ),
    "pictures and a video": (_mixture, "1 videos and 1 pictures"),
    "an object": (lambda folder: 5, "int is no media"),
    "a list of objects": (lambda folder: [5], "item 0 is int"),
    "array of words": (lambda folder: np.array([["a"]]), "no picture"),
    "array of five dimensions": (lambda folder: np.zeros((1, 1, 1, 1, 1)), "no set of pictures"),
    "empty array": (lambda folder: np.zeros((3, 0, 5)), "no picture"),
    "bad address": (lambda folder: "nosuchscheme://x/y.png", "nosuchscheme"),
}


@pytest.mark.parametrize("case", list(_CASES))
def test_a_clear_error(case: str, tmp_path: Path) -> None:
    make, message = _CASES[case]
    with pytest.raises(MediaError) as caught:
        open_media(make(tmp_path))
    assert re.search(message, str(caught.value), re.DOTALL)
    assert caught.value.hint
    assert not [path for path in tmp_path.parent.iterdir() if "evil" in path.name]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF"])
def test_cut_off_pictures_are_refused_when_read(tmp_path: Path, kind: str) -> None:
    data = _picture(kind)
    path = _write(tmp_path / f"cut.{kind.lower()}", data[: len(data) * 2 // 3] if kind != "TIFF" else data[:-800])
    with pytest.raises(MediaError, match=r"cut\.[a-z]+.*(damaged|cut off)"), open_media(path) as source:
        source.read(0)


def test_several_broken_files_are_counted(tmp_path: Path) -> None:
    for number in range(5):
        _write(tmp_path / f"{number}.png", b"text")
    _write(tmp_path / "good.png", _picture())
    with pytest.raises(MediaError, match=r"5 of 6 pictures cannot be read: .*0\.png.*1\.png.*2\.png.* …"):
        open_media(tmp_path)


def test_cut_off_mp4(clips: Clips, tmp_path: Path) -> None:
    data = clips["h264-gop30.mp4"].path.read_bytes()
    with pytest.raises(MediaError, match=r"a\.mp4.*no video that can be read"):  # the table of samples stands at the end
        open_media(_write(tmp_path / "a.mp4", data[: len(data) // 2]))


def test_cut_off_mp4_whose_table_comes_first(tmp_path: Path) -> None:
    import av

    from cvat_widgets.samples import street_clip

    source = street_clip(tmp_path / "whole.mp4", frames=40, size=(320, 180)).path
    fast = tmp_path / "fast.mp4"
    with av.open(str(source)) as opened, av.open(str(fast), "w", options={"movflags": "faststart"}) as written:
        stream = opened.streams.video[0]
        copy = written.add_stream_from_template(stream)
        for packet in opened.demux(stream):
            if packet.size:
                packet.stream = copy
                written.mux(packet)
    data = fast.read_bytes()
    with pytest.raises(MediaError, match=r"a\.mp4: the file is cut off: \d+ of 40 frames lie behind its end.*ffmpeg"):
        open_media(_write(tmp_path / "a.mp4", data[: len(data) * 2 // 3]))


def test_cut_off_mkv_keeps_its_whole_frames(clips: Clips, tmp_path: Path) -> None:
    from cvat_widgets.samples import read_barcode

    data = clips["h264-no-b.mkv"].path.read_bytes()
    with open_media(_write(tmp_path / "a.mkv", data[: len(data) // 2])) as source:
        assert 10 < len(source) < 119
        assert [read_barcode(source.read(frame)) for frame in range(len(source) - 1)] == list(range(len(source) - 1))


def test_a_damaged_frame_is_named_and_the_others_are_read(clips: Clips, tmp_path: Path) -> None:
    from cvat_widgets.media.video.indexing import load_index
    from cvat_widgets.samples import read_barcode

    clip = clips["h264-no-b.mkv"].path
    index = load_index(clip)
    data = bytearray(clip.read_bytes())
    place, size = int(index.position[50]), int(index.size[50])
    start = data.index(b"\x00\x00", place + 4)
    data[start : place + size] = bytes(size - (start - place))
    path = _write(tmp_path / "damaged.mkv", bytes(data))
    outcomes: dict[int, str] = {}
    messages: dict[int, str] = {}
    with open_media(path) as source:
        for frame in range(40, 70):
            try:
                outcomes[frame] = "right" if read_barcode(source.read(frame)) == frame else "other"
            except MediaError as error:
                outcomes[frame], messages[frame] = "refused", str(error)
    assert all(outcomes[frame] == "right" for frame in [*range(40, 48), *range(60, 70)])
    assert all(f"frame {frame} " in text and "damaged" in text for frame, text in messages.items())


def test_sound_without_pictures(tmp_path: Path) -> None:
    import av

    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    with pytest.raises(MediaError, match="no video stream"):
        open_media(path)


def test_a_picture_that_changed_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.png", _picture(size=(64, 48)))
    source = open_media(path)
    _write(path, _picture(size=(60, 48)))
    for read in (source.read, source.read_raw, source.encoded):
        with pytest.raises(MediaError, match=r"a\.png.*60 × 48 pixels, not 64 × 48"):
            read(0)


def test_media_that_went_away(tmp_path: Path, clips: Clips) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    _write(folder / "a.png", _picture())
    spec = open_media(folder).spec
    source = reopen_media(spec)
    (folder / "a.png").unlink()
    with pytest.raises(MediaError, match=r"a\.png.*no such file"):
        source.read(0)
    folder.rmdir()
    with pytest.raises(MediaError, match="folder of the pictures is not there"):
        reopen_media(spec)
    clip = _write(tmp_path / "clip.mp4", clips["h264-gop30.mp4"].path.read_bytes())
    video = open_media(clip).spec
    _write(clip, clips["h264-gop250.mp4"].path.read_bytes())
    with pytest.raises(MediaError, match=r"300 frames .* but had 150"):
        reopen_media(video)
    clip.unlink()
    with pytest.raises(MediaError, match=r"clip\.mp4.*no such file"):
        reopen_media(video)
    with pytest.raises(MediaError, match="another version"):
        reopen_media({"type": "hologram"})


def test_frames_that_do_not_exist(tmp_path: Path) -> None:
    source = open_media(_write(tmp_path / "a.png", _picture()))
    for frame in (-1, 1):
        with pytest.raises(MediaError, match="frames 0 to 0"):
            source.read(frame)


def test_an_unwritable_folder_for_arrays(tmp_path: Path) -> None:
    blocked = _write(tmp_path / "file", b"")
    with pytest.raises(MediaError, match="cannot be saved"):
        open_media(np.zeros((2, 4, 4), np.uint8), directory=blocked)


@settings(max_examples=300, deadline=None)
@given(kind=st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF"]), seed=st.integers(0, 2**32))
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_bit_flips_never_escape_as_anything_but_media_errors(kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = bytearray(_picture(kind, (16, 12)))
    for place in rng.integers(0, min(len(data), 200), rng.integers(1, 6)):
        data[place] = rng.integers(0, 256)
    try:
        pixels = decode_raw(bytes(data), "flipped")
    except MediaError:
        return
    assert pixels.ndim in (2, 3)
