"""The sample clip and the sample pictures."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import MediaError
from cvat_widgets.media.cache import home_directory
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.samples.clips import encode_clip
from cvat_widgets.samples.figures import Car, Figure, Walker
from cvat_widgets.samples.scene import DAY, DUSK, OVERCAST, Scene
from cvat_widgets.samples.truth import boxes_and_visibility, ring_of, sample_labels, shape_table, track_table

__all__ = ["SamplePictures", "SampleVideo", "pictures", "street", "street_clip"]

_VERSION = 1  # part of the file names; a change of the drawing counts it up


def _cast(width: int, height: int) -> list[Figure]:
    """Return three cars and three walkers who hide one another, come and go."""
    w, h = width, height
    return [
        Walker(
            shirt=(196, 70, 62), trousers=(52, 58, 84), hair=(60, 42, 34), skin=(232, 188, 158),
            start=0.10 * w, speed=w / 320, ground=0.645 * h, height=0.215 * h, depth=1,
            attributes={"walks": "right", "age": "34"},
        ),
        Car(
            color=(234, 178, 44), start=0.655 * w, speed=0.0, ground=0.708 * h, length=0.205 * w, depth=2, facing=-1,
            attributes={"paint": "yellow", "parked": "true", "plate": "GT 204"},
        ),
        Car(
            color=(206, 44, 52), start=1.16 * w, speed=-w / 84, ground=0.752 * h, length=0.235 * w, depth=3,
            attributes={"paint": "red", "parked": "false", "plate": "AN 7"},
        ),
        Car(
            color=(44, 98, 190), start=-0.30 * w, speed=w / 96, ground=0.848 * h, length=0.27 * w, depth=4,
            attributes={"paint": "blue", "parked": "false", "plate": "CV 1984"},
        ),
        Walker(
            shirt=(66, 132, 116), trousers=(78, 66, 60), hair=(196, 150, 84), skin=(240, 202, 174),
            start=0.84 * w, speed=-w / 250, ground=0.955 * h, height=0.34 * h, depth=5, phase=1.1,
            attributes={"walks": "left", "age": "27"},
        ),
        Walker(
            shirt=(232, 196, 92), trousers=(44, 62, 104), hair=(40, 34, 36), skin=(150, 104, 78),
            start=0.33 * w, speed=w / 330, ground=0.985 * h, height=0.36 * h, depth=6, phase=2.4,
            attributes={"walks": "right", "age": "61"},
        ),
    ]  # fmt: skip


@dataclass(frozen=True, eq=False)
class SampleVideo:
    """A clip with its ground truth.

    Parameters
    ----------
    path
        The video file (H.264 in MP4).
    labels
        Labels with attributes.
    table
        One rectangle track an object, with a keyframe on every frame; outside where the object has left, occluded where less
        than 85 % of it can be seen.
    frame_count
        Number of frames.
    size
        ``(width, height)``, pixels.
    fps
        Frames a second.
    boxes
        float64 of shape (objects, frames, 4): left, top, right, bottom of the whole object inside the picture; NaN where it is
        away.
    visibility
        float64 of shape (objects, frames): share of the object (its part inside the picture) that nothing hides; 0 where it is
        away.
    scene
        The scene itself.
    """

    path: Path
    labels: LabelSet
    table: AnnotationTable
    frame_count: int
    size: tuple[int, int]
    fps: float
    boxes: NDArray[np.float64]
    visibility: NDArray[np.float64]
    scene: Scene

    @property
    def object_labels(self) -> list[str]:
        """Label of every object."""
        return [figure.label for figure in self.scene.figures]

    def polygon(self, item: int, frame: int) -> NDArray[np.float64] | None:
        """Return the outline of an object inside the picture, (n, 2); ``None`` where it is away. Hidden parts are included."""
        outline, _ = self.scene.outlines(frame)[item]
        return None if outline is None else ring_of(outline)

    def mask(self, item: int, frame: int, *, visible: bool = True) -> NDArray[np.bool_]:
        """Return the pixels of an object, (height, width); with ``visible=False`` hidden ones too."""
        return self.scene.mask(item, frame, visible=visible)

    def picture(self, frame: int) -> NDArray[np.uint8]:
        """Return a frame as it was painted, before compression: (height, width, 3), RGB."""
        return self.scene.picture(frame)


@dataclass(frozen=True, eq=False)
class SamplePictures:
    """Pictures with their ground truth.

    Parameters
    ----------
    paths
        The picture files, in frame order.
    labels
        Labels with attributes.
    table
        A polygon for every car; a mask of the visible pixels and a rectangle, in one group, for every person.
    scenes
        The scenes themselves, one a picture.
    """

    paths: list[Path]
    labels: LabelSet
    table: AnnotationTable
    scenes: list[Scene]


def street(directory: str | Path | None = None) -> SampleVideo:
    """Return the sample clip: 120 frames of 640 × 360, three cars and three walkers who hide one another, come and go.

    Parameters
    ----------
    directory
        Where the clip is kept; by default ``$CVAT_WIDGETS_HOME/samples``. It is made when it is not there yet, in about a
        second.

    Raises
    ------
    MediaError
        The folder cannot be written.
    """
    return street_clip(_folder(directory) / f"street-{_VERSION}.mp4")


def street_clip(
    path: str | Path, *, frames: int = 120, size: tuple[int, int] = (640, 360), fps: int = 25, gop: int = 30
) -> SampleVideo:
    """Return the sample clip in another length, size or rate; the file is written if it is not there.

    Parameters
    ----------
    path
        The file, ``.mp4``.
    frames
        Number of frames.
    size
        ``(width, height)``, even numbers.
    fps
        Frames a second.
    gop
        Distance of keyframes.
    """
    target = Path(path)
    scene = Scene(*size, _cast(*size))
    if not target.is_file():
        _folder(target.parent)
        pictures_of_clip = ((frame, scene.picture(frame)) for frame in range(frames))
        options = {"preset": "veryfast", "crf": "19"}
        encode_clip(target, pictures_of_clip, size=size, codec="libx264", gop=gop, b_frames=2, fps=fps, options=options)
    boxes, visibility = boxes_and_visibility(scene, frames)
    labels = sample_labels()
    table = track_table(scene, labels, boxes, visibility)
    return SampleVideo(target, labels, table, frames, size, float(fps), boxes, visibility, scene)


def pictures(directory: str | Path | None = None) -> SamplePictures:
    """Return four sample pictures of 960 × 600 at different times of day, as JPEG and PNG.

    Parameters
    ----------
    directory
        Where the pictures are kept; by default ``$CVAT_WIDGETS_HOME/samples/pictures``.

    Raises
    ------
    MediaError
        The folder cannot be written.
    """
    folder = _folder(home_directory() / "samples" / "pictures" if directory is None else directory)
    size = (960, 600)
    moments = (
        ("1_noon.jpg", DAY, 30, 7),
        ("2_rush_hour.png", OVERCAST, 52, 19),
        ("3_dusk.jpg", DUSK, 66, 3),
        ("4_corner.png", DAY, 84, 42),
    )
    paths, scenes = [], []
    for name, palette, moment, seed in moments:
        scene = Scene(*size, [_moved(figure, moment) for figure in _cast(*size)], palette, seed)
        path = folder / f"street{_VERSION}_{name}"
        if not path.is_file():
            _write_picture(path, scene.picture())
        paths.append(path)
        scenes.append(scene)
    labels = sample_labels()
    return SamplePictures(paths, labels, shape_table(scenes, labels), scenes)


def _moved(figure: Figure, moment: float) -> Figure:
    """Return a figure whose frame 0 is a later moment."""
    start = figure.start + figure.speed * moment
    if isinstance(figure, Walker):
        return replace(figure, start=start, phase=figure.phase + figure.turn * moment)
    return replace(figure, start=start) if isinstance(figure, Car) else figure


def _folder(directory: str | Path | None) -> Path:
    folder = home_directory() / "samples" if directory is None else Path(directory)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MediaError(
            f"the samples cannot be written ({error.strerror})",
            where=str(folder),
            hint="Give a directory, or set CVAT_WIDGETS_HOME",
        ) from None
    return folder


def _write_picture(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Write a picture so that no other process ever sees half of it."""
    options = [cv2.IMWRITE_JPEG_QUALITY, 92] if path.suffix == ".jpg" else [cv2.IMWRITE_PNG_COMPRESSION, 6]
    _, data = cv2.imencode(path.suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-", suffix=path.suffix)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data.tobytes())
        Path(name).replace(path)
    except OSError as error:
        raise MediaError(
            f"the picture cannot be written ({error.strerror})", where=str(path), hint="Choose another folder"
        ) from None
