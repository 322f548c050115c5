"""Opening a video file with FFmpeg, safely."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from cvat_widgets.errors import MediaError
from cvat_widgets.media.limits import MAX_PIXELS

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

__all__ = ["VIDEO_SUFFIXES", "open_container"]

_SUFFIXES: Final = (
    ".264 .265 .3g2 .3gp .avi .divx .dv .flv .h264 .h265 .hevc .ivf .m2ts .m2v .m4v .mjpeg .mjpg .mkv .mov .mp4 "
    ".mpeg .mpg .mts .mxf .obu .ogv .qt .ts .vob .webm .wmv .y4m"
)
VIDEO_SUFFIXES: Final = frozenset(_SUFFIXES.split())

_DEMUXERS: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,asf,flv,ogg,nut,mxf,dv,"
    "mpeg,mpegts,mpegvideo,m4v,h264,hevc,obu,av1,ivf,mjpeg,yuv4mpegpipe"
)
"""Formats that hold pictures themselves.

Playlists and scripts (hls, concat, dash …) are left out: they make FFmpeg open other files and addresses.
"""


def open_container(path: Path) -> tuple[InputContainer, VideoStream]:
    """Open a local video and choose its main video stream.

    Raises
    ------
    MediaError
        The file is missing, empty, no video, or damaged before its first frame.
    """
    import av

    where = str(path)
    if not path.is_file():
        raise MediaError("there is no such file", where=where, hint="Check the path")
    if path.stat().st_size == 0:
        raise MediaError("the file is empty (0 bytes)", where=where, hint="Copy or download it again")
    try:
        container = av.open(
            f"file:{path}", mode="r", container_options={"format_whitelist": _DEMUXERS, "protocol_whitelist": "file"}
        )
    except (av.error.FFmpegError, ValueError) as error:
        raise MediaError(
            f"this is no video that can be read ({_text(error)})",
            where=where,
            hint="It may be cut off or of another type; to repair it, try: ffmpeg -i broken -c copy repaired.mp4",
        ) from None
    streams = [
        stream
        for stream in container.streams.video
        if not stream.disposition & av.stream.Disposition.attached_pic and stream.codec_context is not None
    ]
    if not streams:
        container.close()
        raise MediaError("the file has no video stream", where=where, hint="Sound files and covers of music have no frames")
    best = container.streams.best("video")
    stream = next((each for each in streams if best is not None and each.index == best.index), streams[0])
    pixels = stream.codec_context.width * stream.codec_context.height
    if pixels > MAX_PIXELS:
        container.close()
        raise MediaError(
            f"the video claims frames of {pixels // 10**6} million pixels; {MAX_PIXELS // 10**6} million are allowed",
            where=where,
            hint="The file is damaged or hostile",
        )
    return container, stream


def _text(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
