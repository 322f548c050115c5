"""Small copies for scrubbing."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import simplejpeg

from cvat_widgets.media import open_media
from cvat_widgets.media.cache import cache_directory
from cvat_widgets.media.proxy import Proxy
from cvat_widgets.media.video.reader import VideoReader
from cvat_widgets.samples import read_barcode

from .conftest import Clips


def test_every_small_copy_is_of_its_frame(clips: Clips) -> None:
    with open_media(clips["h264-gop250.mp4"].path, start=10, step=3) as source:
        proxy = source.build_proxy(max_side=160, start=60)
        assert source.build_proxy() is proxy
        assert proxy.wait(60)
        assert proxy.complete
        assert proxy.progress == 1
        for frame in np.random.default_rng(0).integers(0, len(source), 60).tolist():
            small = source.encoded(frame, max_side=160)
            assert (small.width, small.height, small.exact) == (160, 96, False)
            assert read_barcode(simplejpeg.decode_jpeg(small.data)) == 10 + 3 * frame


def test_a_finished_proxy_is_found_again(clips: Clips, monkeypatch: pytest.MonkeyPatch) -> None:
    path = clips["h264-gop30.mp4"].path
    with open_media(path) as source:
        assert source.build_proxy(max_side=96).wait(60)
        first = source.encoded(77, max_side=96)
    monkeypatch.setattr(Proxy, "_build", lambda *_: pytest.fail("built again"))
    with open_media(path) as source:
        assert source.build_proxy(max_side=96).complete
        monkeypatch.setattr(VideoReader, "picture", lambda *_: pytest.fail("decoded"))
        assert source.encoded(77, max_side=96) == first


def test_cancel_leaves_nothing_behind(clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "clip.mp4"
    shutil.copy(clips["h264-gop30.mp4"].path, path)
    encode = Proxy._encode

    def stop_at_the_tenth(self: Proxy, reader: VideoReader, number: int) -> bytes:
        if number == 10:
            self._cancelled.set()
        return encode(self, reader, number)

    monkeypatch.setattr(Proxy, "_encode", stop_at_the_tenth)
    source = open_media(path)
    proxy = source.build_proxy(max_side=128)
    assert proxy.wait(60)
    assert not proxy.complete
    assert 0 < proxy.progress < 1
    small = source.encoded(100, max_side=128)  # decoded, since the copy is not there
    assert read_barcode(simplejpeg.decode_jpeg(small.data)) == 100
    source.close()
    stem = source.video.identity
    assert not [name for name in cache_directory("proxy").iterdir() if stem in name.name]


def test_frames_are_served_while_the_proxy_is_built(clips: Clips) -> None:
    with open_media(clips["vp9.webm"].path) as source:
        proxy = source.build_proxy(max_side=100)
        assert [read_barcode(source.read(frame)) for frame in (100, 3, 50)] == [100, 3, 50]
        assert proxy.wait(60)
        assert proxy.complete


def test_a_cut_off_proxy_is_not_believed(clips: Clips) -> None:
    path = clips["h264-vfr.mp4"].path
    with open_media(path) as source:
        assert source.build_proxy(max_side=90).wait(60)
        identity = source.video.identity
    (data,) = cache_directory("proxy").glob(f"{identity}-90-*.jpegs")
    data.write_bytes(data.read_bytes()[:-100])
    with open_media(path) as source:
        proxy = source.build_proxy(max_side=90)
        assert proxy.wait(60)
        assert proxy.complete
        assert read_barcode(simplejpeg.decode_jpeg(source.encoded(119, max_side=90).data)) == 119


def test_the_oldest_proxies_make_room(clips: Clips, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setattr("cvat_widgets.media.proxy.PROXY_DISK_BYTES", 400_000)
    folder = cache_directory("proxy")
    for age in range(4):
        old = folder / f"old{age}.jpegs"
        old.write_bytes(bytes(150_000))
        old.with_suffix(".npy").write_bytes(b"")
        os.utime(old, (1000 - age, 1000 - age))
    with open_media(clips["av1.mp4"].path) as source:
        assert source.build_proxy(max_side=64).wait(60)
    assert {path.stem for path in folder.glob("old*.jpegs")} == {"old0", "old1"}
    assert {path.stem for path in folder.glob("old*.npy")} == {"old0", "old1"}
