"""Clips whose frames carry their own number, to prove that a reader gives exactly the frame that was asked for."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import MediaError

if TYPE_CHECKING:
    from av.video.stream import VideoStream

__all__ = ["barcode_clip", "barcode_codecs", "barcode_frame", "encode_clip", "read_barcode", "trimmed_clip"]

_BITS = 16
_CELL_SHARE = 0.13  # height of a row of cells


def barcode_frame(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a picture with a number in it: sixteen cells, white for 1, and the inverse below; a moving pattern beneath.

    Parameters
    ----------
    number
        0 to 65535.
    size
        ``(width, height)``, pixels.
    """
    width, height = size
    across, down = np.meshgrid(np.arange(width), np.arange(height))
    pattern = np.stack(
        [
            127 + 90 * np.sin((across + 3 * number) / 23),
            127 + 90 * np.sin((down - 2 * number) / 17),
            127 + 90 * np.sin((across + down + 5 * number) / 31),
        ],
        axis=2,
    )
    picture = pattern.astype(np.uint8)
    cell, tall = width / _BITS, round(height * _CELL_SHARE)
    for bit in range(_BITS):
        left, right = round(bit * cell), round((bit + 1) * cell)
        white = 235 if number >> (_BITS - 1 - bit) & 1 else 20
        picture[:tall, left:right] = white
        picture[tall : 2 * tall, left:right] = 255 - white
    return picture


def read_barcode(picture: NDArray[np.uint8]) -> int | None:
    """Return the number in a picture (any size), or ``None`` if it cannot be read for sure."""
    height, width = picture.shape[:2]
    cell, tall = width / _BITS, height * _CELL_SHARE
    number = 0
    for bit in range(_BITS):
        columns = slice(int((bit + 0.3) * cell), int((bit + 0.7) * cell) + 1)
        upper = float(picture[int(0.3 * tall) : int(0.7 * tall) + 1, columns].mean())
        lower = float(picture[int(1.3 * tall) : int(1.7 * tall) + 1, columns].mean())
        if abs(upper - lower) < 60:
            return None
        number = number << 1 | (upper > lower)
    return number


def barcode_codecs() -> list[str]:
    """Return the encoders of this FFmpeg that clips can be made with, of H.264, HEVC, VP9, AV1, MPEG-4 and Motion JPEG."""
    import av

    wanted = ("libx264", "libx265", "libvpx-vp9", "libsvtav1", "libaom-av1", "mpeg4", "mjpeg")
    available = []
    for name in wanted:
        try:
            av.codec.Codec(name, "w")
        except (av.codec.codec.UnknownCodecError, av.error.FFmpegError):
            continue
        available.append(name)
    return available


_OPTIONS: dict[str, dict[str, str]] = {
    "libx264": {"preset": "veryfast", "crf": "20"},
    "libx265": {"preset": "ultrafast", "crf": "22", "x265-params": "log-level=none"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "crf": "30", "b": "0", "auto-alt-ref": "1", "lag-in-frames": "16"},
    "libsvtav1": {"preset": "10", "crf": "18", "svtav1-params": "lp=1"},
    "libaom-av1": {"cpu-used": "8", "crf": "30"},
    "mpeg4": {"qscale": "3"},
    "mjpeg": {"qscale": "3"},
}


def barcode_clip(
    path: str | Path,
    *,
    frames: int = 120,
    size: tuple[int, int] = (320, 192),
    codec: str = "libx264",
    gop: int = 30,
    b_frames: int = 2,
    fps: int = 30,
    variable_rate: bool = False,
    options: dict[str, str] | None = None,
) -> Path:
    """Write a clip whose frame *i* carries the number *i*.

    Parameters
    ----------
    path
        File to write; its ending chooses the container (``.264`` and ``.265`` have no timestamps at all).
    frames
        Number of frames.
    size
        ``(width, height)``, even numbers.
    codec
        Encoder; see :func:`barcode_codecs`.
    gop
        Longest distance of keyframes.
    b_frames
        Longest run of bidirectionally predicted frames (H.264, HEVC, MPEG-4).
    fps
        Frames a second.
    variable_rate
        Let every frame last between 1 and 4 times as long, at random but always the same.
    options
        More options of the encoder.
    """
    target = Path(path)
    gaps = np.random.default_rng(frames).integers(1, 5, frames) if variable_rate else np.ones(frames, np.int64)
    stamps = np.concatenate(([0], np.cumsum(gaps)[:-1])).tolist()
    encode_clip(
        target,
        ((stamp, barcode_frame(number, size)) for number, stamp in enumerate(stamps)),
        size=size,
        codec=codec,
        gop=gop,
        b_frames=b_frames if codec in ("libx264", "libx265", "mpeg4") else 0,
        fps=fps,
        options={**_OPTIONS.get(codec, {}), **(options or {})},
    )
    return target


def encode_clip(
    path: Path,
    frames: Iterable[tuple[int, NDArray[np.uint8]]],
    *,
    size: tuple[int, int],
    codec: str,
    gop: int,
    b_frames: int,
    fps: int,
    options: dict[str, str],
) -> None:
    """Write a clip from ``(time stamp, picture)``; the stamps count frames at ``fps``. The file appears when it is complete."""
    import av

    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".encoding-", suffix=path.suffix)
    os.close(handle)
    try:
        with av.open(name, "w", format={".264": "h264", ".265": "hevc"}.get(path.suffix)) as container:
            stream = cast("VideoStream", container.add_stream(codec, rate=fps, options=options))
            stream.width, stream.height = size
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            stream.gop_size = gop
            stream.max_b_frames = b_frames
            stream.codec_context.time_base = Fraction(1, fps)
            for stamp, pixels in frames:
                picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
                picture.pts, picture.time_base = stamp, Fraction(1, fps)
                container.mux(stream.encode(picture))
            container.mux(stream.encode(None))
        Path(name).replace(path)
    except (av.error.FFmpegError, OSError) as error:
        raise MediaError(
            f"the clip cannot be written ({error})", where=str(path), hint="Choose another codec or folder"
        ) from None
    finally:
        Path(name).unlink(missing_ok=True)


def trimmed_clip(source: str | Path, path: str | Path, first: int) -> Path:
    """Copy a clip from a frame on without encoding, as ``ffmpeg -ss … -c copy`` does.

    The copy begins at the keyframe before; an edit list says that display begins at ``first``, so the packets between are there
    but must not be shown.

    Parameters
    ----------
    source
        A clip with timestamps.
    path
        File to write, ``.mp4`` or ``.mov``.
    first
        Number of the first frame to be shown.
    """
    import av

    with av.open(str(source)) as opened:
        stream = opened.streams.video[0]
        packets = [packet for packet in opened.demux(stream) if packet.size]
        cut = sorted(packet.pts for packet in packets if packet.pts is not None)[first]
        keys = [
            number
            for number, packet in enumerate(packets)
            if packet.is_keyframe and packet.pts is not None and packet.pts <= cut
        ]
        with av.open(str(path), "w", options={"avoid_negative_ts": "disabled"}) as written:
            copy = written.add_stream_from_template(stream)
            for packet in packets[keys[-1] :]:
                if packet.pts is None or packet.dts is None:
                    raise MediaError(
                        "the clip has no timestamps", where=str(source), hint="Use a clip in an mp4 or mkv container"
                    )
                packet.pts, packet.dts = packet.pts - cut, packet.dts - cut
                packet.stream = copy
                written.mux(packet)
    return Path(path)
