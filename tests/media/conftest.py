"""Clips with the frame number drawn in, made once a session."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cvat_widgets.samples import barcode_clip, barcode_codecs, trimmed_clip

os.environ.setdefault("SVT_LOG", "1")  # the AV1 encoder prints its settings otherwise


@dataclass(frozen=True)
class Clip:
    """A file and the numbers its displayed frames carry."""

    path: Path
    numbers: range


_PLAIN: dict[str, dict[str, Any]] = {
    "h264-gop30.mp4": {"frames": 150, "gop": 30},
    "h264-gop250.mp4": {"frames": 300, "gop": 250, "b_frames": 3},
    "h264-no-b.mkv": {"gop": 12, "b_frames": 0},
    "h264-vfr.mp4": {"gop": 60, "variable_rate": True},
    "h264-vfr.mkv": {"variable_rate": True},
    "h264-open-gop.mp4": {"gop": 24, "b_frames": 4, "options": {"x264-params": "open-gop=1:b-pyramid=normal"}},
    "h264-intra-refresh.mp4": {"b_frames": 0, "options": {"x264-params": "intra-refresh=1"}},
    "h264.ts": {},
    "h264.flv": {},
    "h264-no-pts.avi": {"b_frames": 3},
    "raw-no-times.264": {"b_frames": 3},
    "raw-no-times.265": {"codec": "libx265"},
    "hevc.mp4": {"codec": "libx265", "b_frames": 3},
    "hevc-open-gop.mp4": {"codec": "libx265", "gop": 24, "options": {"x265-params": "open-gop=1:log-level=none:bframes=4"}},
    "vp9.webm": {"codec": "libvpx-vp9"},
    "vp9-vfr.mkv": {"codec": "libvpx-vp9", "variable_rate": True},
    "av1.mp4": {"codec": "libsvtav1"},
    "av1-vfr.webm": {"codec": "libsvtav1", "variable_rate": True},
    "mpeg4-b.avi": {"codec": "mpeg4"},
    "mjpeg.mov": {"codec": "mjpeg"},
}
_TRIMMED: dict[str, tuple[str, int]] = {
    "trim-h264.mp4": ("h264-gop30.mp4", 47),
    "trim-h264-gop250.mp4": ("h264-gop250.mp4", 126),
    "trim-vfr.mp4": ("h264-vfr.mp4", 77),
    "trim-open-gop.mp4": ("h264-open-gop.mp4", 33),
    "trim-hevc.mp4": ("hevc-open-gop.mp4", 50),
}
CLIP_NAMES = [*_PLAIN, *_TRIMMED]


class Clips:
    """Makes each clip when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __getitem__(self, name: str) -> Clip:
        path = self.folder / name
        if name in _TRIMMED:
            source_name, first = _TRIMMED[name]
            source = self[source_name]
            if not path.exists():
                trimmed_clip(source.path, path, first)
            return Clip(path, range(first, source.numbers.stop))
        options = _PLAIN[name]
        codec = options.get("codec", "libx264")
        if codec not in barcode_codecs():
            pytest.skip(f"this FFmpeg has no encoder {codec}")
        if not path.exists():
            barcode_clip(path, **options)
        return Clip(path, range(options.get("frames", 120)))


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    return Clips(tmp_path_factory.mktemp("clips"))
