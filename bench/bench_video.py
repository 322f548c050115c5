"""Video: playing, cold exact frames and scrubbing on 1080p H.264, and proof that no frame is wrong.

``python bench/bench_video.py`` prints a table and, as its last line, the same as JSON. Every ratio compares two things
measured in the same run; only ratios are worth quoting. The clips are made on the spot; the number of each frame is drawn into
it and read back from what was delivered. All figures are those of the kernel side; scrubbing includes decoding the small JPEG
to pixels, as the browser must, but not the way there.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from cvat_widgets.media import open_media
from cvat_widgets.media.cache import ByteCache
from cvat_widgets.media.video.indexing import load_index
from cvat_widgets.media.video.pixels import encode_picture
from cvat_widgets.media.video.reader import VideoReader
from cvat_widgets.samples import barcode_clip, barcode_codecs, read_barcode, trimmed_clip
from cvat_widgets.samples.clips import barcode_frame, encode_clip

SIZE = (1920, 1080)
OPTIONS = {"preset": "veryfast", "crf": "23"}


def frames_1080p(count: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Barcodes over a moving texture, so that bit rate and decoding cost are like those of real footage."""
    rng = np.random.default_rng(0)
    noise = cv2.resize(
        rng.integers(0, 70, (SIZE[1] // 4, SIZE[0] // 4 + 480, 3), np.uint8), None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC
    )
    for number in range(count):
        picture = cv2.resize(barcode_frame(number, (480, 270)), SIZE, interpolation=cv2.INTER_LINEAR)
        shift = number * 3 % 1900
        picture[300:] = cv2.addWeighted(picture[300:], 0.7, noise[300:, shift : shift + SIZE[0]], 1.0, 0)
        yield number, picture


def milliseconds(calls: list[Callable[[], object]]) -> NDArray[np.float64]:
    """Time each call once."""
    result = []
    for call in calls:
        start = time.perf_counter()
        call()
        result.append((time.perf_counter() - start) * 1000)
    return np.array(result)


def direct(path: Path, stamps: NDArray[np.int64], number: int) -> NDArray[np.uint8]:
    """A frame as plain PyAV gives it: open, seek to the keyframe before, decode up to the frame."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        container.seek(int(stamps[number]), stream=stream)
        for picture in container.decode(stream):
            if picture.pts == stamps[number]:
                return picture.to_ndarray(format="rgb24")
    raise LookupError(number)


def seek_and_decode(container: Any, stream: Any, stamp: int) -> av.VideoFrame:
    """The same on a container that is open already: the kindest baseline."""
    container.seek(stamp, stream=stream)
    for picture in container.decode(stream):
        if picture.pts == stamp:
            return picture
    raise LookupError(stamp)


def measure(folder: Path, gop: int, frames: int, seeks: int) -> dict[str, float]:
    """Measure one clip."""
    path = folder / f"gop{gop}.mp4"
    encode_clip(
        path,
        frames_1080p(frames),
        size=SIZE,
        codec="libx264",
        gop=gop,
        b_frames=2,
        fps=30,
        options={**OPTIONS, "x264-params": f"keyint={gop}:scenecut=0"},
    )
    index = load_index(path)
    stamps = index.pts[index.frames]
    wanted = np.random.default_rng(gop).integers(0, frames, seeks).tolist()
    wrong = 0

    with open_media(path) as source:
        begin = time.perf_counter()
        for frame in range(frames):
            source.encoded(frame)
        playing = frames / (time.perf_counter() - begin)
    with av.open(str(path)) as container:
        begin = time.perf_counter()
        decoded = sum(1 for _ in container.decode(video=0))
        decoding = decoded / (time.perf_counter() - begin)

    reader = VideoReader(path, index, ByteCache(0))  # no cache: every read is cold
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        pairs = []
        for frame in wanted:
            mine = milliseconds(
                [lambda frame=frame: encode_picture(reader.picture(frame), *SIZE, 0, quality=75, max_side=None)]
            )[0]
            theirs = milliseconds([lambda frame=frame: seek_and_decode(container, stream, int(stamps[frame]))])[0]
            opened = milliseconds([lambda frame=frame: direct(path, stamps, frame)])[0]
            pairs.append((mine, theirs, opened))
        cold, plain, reopened = np.array(pairs).T
    reader.close()

    with open_media(path) as source:
        target = frames - 5
        source.encoded(target)
        back = milliseconds([lambda frame=frame: source.encoded(frame) for frame in range(target - 1, target - 21, -1)])

    with open_media(path) as source:
        begin = time.perf_counter()
        proxy = source.build_proxy()
        assert proxy is not None
        proxy.wait()
        building = frames / (time.perf_counter() - begin)
        scrub = milliseconds(
            [lambda frame=frame: simplejpeg.decode_jpeg(source.encoded(frame, max_side=640).data) for frame in wanted * 5]
        )
        for frame in wanted:
            wrong += read_barcode(simplejpeg.decode_jpeg(source.encoded(frame, max_side=640).data)) != frame
            wrong += read_barcode(simplejpeg.decode_jpeg(source.encoded(frame).data)) != frame
    return {
        "playing, exact JPEGs a second": playing,
        "plain decoding, frames a second": decoding,
        "cold exact JPEG, ms (median)": float(np.median(cold)),
        "plain seek and decode, ms (median)": float(np.median(plain)),
        "plain open, seek, decode to RGB, ms (median)": float(np.median(reopened)),
        "cold exact minus plain, ms (median)": float(np.median(cold - plain)),
        "one frame back, ms (p95)": float(np.percentile(back, 95)),
        "proxy built, frames a second": building,
        "scrub on the proxy, ms (p95)": float(np.percentile(scrub, 95)),
        "scrub: plain seek / proxy (medians)": float(np.median(plain) / np.median(scrub)),
        "wrong frames": float(wrong),
    }


def exactness(folder: Path, reads: int) -> dict[str, int]:
    """Count wrong frames of random reads over clips that trip naive readers."""
    cases: dict[str, dict[str, Any]] = {
        "b30.mp4": {},
        "b250.mp4": {"gop": 250, "frames": 300, "b_frames": 3},
        "vfr.mp4": {"variable_rate": True, "gop": 60},
        "raw.264": {},
        "times.avi": {"b_frames": 3},
        "hevc.mp4": {"codec": "libx265"},
        "vp9.webm": {"codec": "libvpx-vp9"},
        "av1.mp4": {"codec": "libsvtav1"},
    }
    codecs = barcode_codecs()
    clips = [
        (barcode_clip(folder / name, **options), 0)
        for name, options in cases.items()
        if options.get("codec", "libx264") in codecs
    ]
    clips += [
        (trimmed_clip(folder / "b250.mp4", folder / "trimmed.mp4", 126), 126),
        (trimmed_clip(folder / "vfr.mp4", folder / "trimmed-vfr.mp4", 77), 77),
    ]
    each = -(-reads // len(clips))
    done = wrong = 0
    for path, first in clips:
        with open_media(path) as source:
            for frame in np.random.default_rng(first).integers(0, len(source), each).tolist():
                done += 1
                wrong += read_barcode(source.read(frame)) != first + frame
    return {"clips": len(clips), "reads": done, "wrong": wrong}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--frames", type=int, default=500, help="frames of each 1080p clip")
    parser.add_argument("--seeks", type=int, default=30, help="random seeks for each clip")
    parser.add_argument("--reads", type=int, default=1000, help="random reads of the exactness count")
    options = parser.parse_args()
    os.environ["SVT_LOG"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CVAT_WIDGETS_HOME"] = folder
        results = {f"GOP {gop}": measure(Path(folder), gop, options.frames, options.seeks) for gop in (30, 250)}
        exact = exactness(Path(folder), options.reads)
    width = max(len(name) for name in results["GOP 30"])
    print(f"{'1080p H.264, B-frames':<{width}}  {'GOP 30':>10}  {'GOP 250':>10}")
    for name, value in results["GOP 30"].items():
        print(f"{name:<{width}}  {value:>10.2f}  {results['GOP 250'][name]:>10.2f}")
    print(f"wrong frames: {exact['wrong']} of {exact['reads']} random reads over {exact['clips']} clips")
    print(json.dumps({"bench": "video", **results, "exactness": exact}))


if __name__ == "__main__":
    main()
