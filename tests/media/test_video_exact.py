"""The frame that is asked for is the frame that comes, whatever the container says."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest
import simplejpeg

from cvat_widgets.media import open_media, reopen_media
from cvat_widgets.media.cache import ByteCache
from cvat_widgets.media.video.indexing import load_index
from cvat_widgets.media.video.reader import VideoReader
from cvat_widgets.samples import read_barcode

from .conftest import CLIP_NAMES, Clips

_RANDOM_READS = 50


def _numbers(source, frames) -> list[int | None]:
    return [read_barcode(source.read(int(frame))) for frame in frames]


@pytest.mark.parametrize("name", CLIP_NAMES)
def test_no_wrong_frame(clips: Clips, name: str) -> None:
    """Together more than 1,000 random reads, and stepping through in both directions; over the clips 0 may be wrong."""
    clip = clips[name]
    with open_media(clip.path) as source:
        assert len(source) == len(clip.numbers)
        frames = np.random.default_rng(len(name)).integers(0, len(source), _RANDOM_READS)
        assert _numbers(source, frames) == [clip.numbers[frame] for frame in frames]
        backwards = range(len(source) - 1, -1, -1)
        assert _numbers(source, backwards) == list(reversed(clip.numbers))
        assert _numbers(source, range(len(source))) == list(clip.numbers)


def test_there_are_enough_random_reads() -> None:
    assert _RANDOM_READS * len(CLIP_NAMES) >= 1000


@pytest.mark.parametrize(
    "name", ["h264-gop30.mp4", "h264-open-gop.mp4", "trim-h264-gop250.mp4", "raw-no-times.264", "vp9.webm"]
)
def test_no_wrong_frame_without_any_cache(clips: Clips, name: str) -> None:
    """Every read decodes from its keyframe."""
    clip = clips[name]
    index = load_index(clip.path)
    reader = VideoReader(clip.path, index, ByteCache(0))
    frames = np.random.default_rng(3).integers(0, len(index), 40).tolist()
    pictures = [reader.picture(frame).to_ndarray(format="rgb24") for frame in frames]
    reader.close()
    assert [read_barcode(picture) for picture in pictures] == [clip.numbers[frame] for frame in frames]


def test_stepping_back_decodes_the_group_only_now_and_then(clips: Clips, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = []
    decode = VideoReader._decode
    monkeypatch.setattr(VideoReader, "_decode", lambda reader, number: decoded.append(number) or decode(reader, number))
    with open_media(clips["h264-gop250.mp4"].path) as source:
        assert _numbers(source, range(200, 50, -1)) == list(range(200, 50, -1))
    # A few pictures before the first; then, as somebody does step back, many at a time.
    assert decoded == [200, 191, 126, 61]


def test_a_seek_keeps_no_picture_that_nobody_may_step_back_to(clips: Clips) -> None:
    clip = clips["h264-gop250.mp4"]
    cache = ByteCache(1 << 30)
    reader = VideoReader(clip.path, load_index(clip.path), cache)
    reader.picture(200)
    assert cache.used == 9 * sum(plane.buffer_size for plane in reader.picture(200).planes)
    reader.close()


def test_the_cache_is_bounded_by_bytes(clips: Clips) -> None:
    clip = clips["h264-gop250.mp4"]
    index = load_index(clip.path)
    picture_bytes = 320 * 192 * 3 // 2
    cache = ByteCache(20 * picture_bytes)
    reader = VideoReader(clip.path, index, cache)
    for frame in (240, 10, 230):
        assert read_barcode(reader.picture(frame).to_ndarray(format="rgb24")) == frame
        assert 0 < cache.used <= cache.capacity
    reader.close()
    assert cache.used == 0


def test_start_stop_step_choose_source_frames(clips: Clips) -> None:
    with open_media(clips["h264-gop30.mp4"].path, start=7, stop=100, step=13) as source:
        wanted = list(range(7, 101, 13))
        assert _numbers(source, range(len(source))) == wanted
        assert list(source.index.names) == [f"frame_{number:06d}" for number in wanted]
        assert source.fps == pytest.approx(30 / 13)
        with reopen_media(json.loads(json.dumps(source.spec))) as again:
            assert _numbers(again, range(len(again))) == wanted


def test_jpegs_carry_the_same_frame(clips: Clips) -> None:
    with open_media(clips["h264-gop30.mp4"].path) as source:
        for frame in (0, 31, 149):
            full = source.encoded(frame)
            small = source.encoded(frame, max_side=160)
            assert (full.mime, full.width, full.height, full.exact) == ("image/jpeg", 320, 192, True)
            assert (small.width, small.height, small.exact) == (160, 96, False)
            assert read_barcode(simplejpeg.decode_jpeg(full.data)) == frame
            assert read_barcode(simplejpeg.decode_jpeg(small.data)) == frame
        assert source.original(0) is None


def test_threads_get_their_own_frames(clips: Clips) -> None:
    """Also the same cached picture, converted by several threads at once."""
    wrong: list[tuple[int, int | None]] = []
    with open_media(clips["h264-vfr.mp4"].path) as source:

        def read(seed: int) -> None:
            rng = np.random.default_rng(seed)
            for frame in [*rng.integers(0, len(source), 30).tolist(), *rng.integers(0, 3, 300).tolist()]:
                number = read_barcode(source.read(frame))
                if number != frame:
                    wrong.append((frame, number))

        threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_times_are_those_of_the_file(clips: Clips) -> None:
    gaps = np.random.default_rng(120).integers(1, 5, 120)
    with open_media(clips["h264-vfr.mp4"].path) as source:
        expected = np.concatenate(([0], np.cumsum(gaps)[:-1])) / 30
        np.testing.assert_allclose(source.times, expected, atol=1e-3)
        assert source.fps == pytest.approx(119 / expected[-1], rel=1e-2)


def test_index_comes_from_the_cache_until_the_file_changes(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(clips["h264-gop30.mp4"].path.read_bytes())
    first = load_index(path)
    with monkeypatch.context() as patch:
        patch.setattr("cvat_widgets.media.video.indexing._build", lambda *_: pytest.fail("built again"))
        again = load_index(path)
    np.testing.assert_array_equal(first.frames, again.frames)
    assert (first.identity, first.rate, first.notes) == (again.identity, again.rate, again.notes)
    path.write_bytes(clips["h264-vfr.mp4"].path.read_bytes())
    assert len(load_index(path)) == 120


def test_a_damaged_cache_is_built_anew(clips: Clips, tmp_path: Path) -> None:
    from cvat_widgets.media.cache import cache_directory

    path = tmp_path / "clip.mp4"
    path.write_bytes(clips["h264-gop30.mp4"].path.read_bytes())
    first = load_index(path)
    (cache_directory("video") / f"{first.identity}.npz").write_bytes(b"PK\x03\x04 nonsense")
    np.testing.assert_array_equal(load_index(path).frames, first.frames)


def test_a_wrong_frame_count_is_told(clips: Clips) -> None:
    with open_media(clips["trim-h264.mp4"].path) as source:
        assert source.notes == ("trim-h264.mp4 announces 120 frames; it has 103",)


@pytest.mark.parametrize("name", ["h264-gop30.mp4", "vp9.webm", "hevc.mp4", "raw-no-times.264"])
def test_parts_of_a_frame_are_cut_from_it(clips: Clips, name: str) -> None:
    with open_media(clips[name].path) as source:
        high, wide = source.read(7).shape[:2]
        random = np.random.default_rng(5)
        boxes = []
        for _ in range(20):
            left, right = sorted(random.choice(wide + 1, 2, replace=False).tolist())
            top, bottom = sorted(random.choice(high + 1, 2, replace=False).tolist())
            boxes.append((left, top, right, bottom))
        picture = source.read(7)
        for part, (left, top, right, bottom) in zip(source.read_parts(7, boxes), boxes, strict=True):
            assert np.array_equal(part, picture[top:bottom, left:right])
