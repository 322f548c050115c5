"""Re-identification: boxes on two pictures are matched by what they show, and boxes become tracks.

Source of the rules: CVAT's person re-identification function (cosine distance, Hungarian assignment, largest distance of
the centres, equal labels) and CVAT's way of building tracks from its answers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment

from cvat_widgets.backends.failures import ModelError, guarded
from cvat_widgets.backends.functions import check_picture
from cvat_widgets.backends.protocols import ModelInfo, Picture, ReIdentifier
from cvat_widgets.model.records import Keyframe, Shape, Track

__all__ = ["EmbeddingReIdentifier", "cosine_distances", "crops_of", "histogram_embedding", "link_boxes", "match_by_distance"]

_NEVER = 1000.0


def cosine_distances(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 - cosine of every row of (n, d) with every row of (m, d): float64 of shape (n, m), 0 to 2.

    A row of zeros is 1 away from everything.
    """
    lengths = np.linalg.norm(a, axis=1)[:, None] * np.linalg.norm(b, axis=1)[None, :]
    cosine = np.divide(a @ b.T, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return 1.0 - cosine.clip(-1, 1)


def match_by_distance(distances: NDArray[np.float64], allowed: NDArray[np.bool_], threshold: float) -> NDArray[np.int64]:
    """Assign rows to columns with the least sum of distances (Hungarian method).

    Parameters
    ----------
    distances
        float64 of shape (n, m).
    allowed
        bool of shape (n, m): pairs that may match at all.
    threshold
        A pair farther apart is no match.

    Returns
    -------
    ndarray
        int64 of shape (n,): column or -1.
    """
    result = np.full(len(distances), -1, np.int64)
    if distances.size:
        costs = np.where(allowed & np.isfinite(distances), distances, _NEVER)
        rows, columns = linear_sum_assignment(costs)
        good = costs[rows, columns] <= min(threshold, _NEVER - 1)
        result[rows[good]] = columns[good]
    return result


def crops_of(image: Picture, boxes: NDArray[np.float64]) -> list[Picture]:
    """Return the boxes' pixels, cut to the picture and at least 1 x 1."""
    height, width = image.shape[:2]
    low = np.floor(np.nan_to_num(boxes[:, :2]).clip(0, (width - 1, height - 1))).astype(int)
    high = np.floor(np.nan_to_num(boxes[:, 2:]).clip(0, (width - 1, height - 1))).astype(int)
    high = np.maximum(high, low + 1)
    return [image[y0:y1, x0:x1] for (x0, y0), (x1, y1) in zip(low.tolist(), high.tolist(), strict=True)]


def histogram_embedding(crops: Sequence[Picture]) -> NDArray[np.float64]:
    """Describe crops by their colours in three bands from top to bottom: float64 of shape (n, 3 * 64); needs no weights."""
    rows = []
    for crop in crops:
        bins = (crop // 64).astype(np.int64)
        codes = bins[..., 0] * 16 + bins[..., 1] * 4 + bins[..., 2]
        bands = np.array_split(codes, 3, axis=0)
        rows.append(np.concatenate([np.bincount(band.ravel(), minlength=64) / max(1, band.size) for band in bands]))
    return np.sqrt(np.array(rows, np.float64).reshape(len(crops), 192))


class EmbeddingReIdentifier:
    """Matches boxes by vectors that describe them.

    Parameters
    ----------
    embed
        Crops (a list of uint8 arrays, RGB, of various sizes) -> array (n, d). By default colour histograms.
    threshold, max_distance
        Where the caller gives none; CVAT's are 0.5 and 50 pixels.
    name
        Display name.
    """

    def __init__(
        self,
        embed: Callable[[Sequence[Picture]], ArrayLike] = histogram_embedding,
        threshold: float = 0.5,
        max_distance: float = 50.0,
        name: str = "Re-identification",
    ) -> None:
        self.embed, self.threshold, self.max_distance = embed, threshold, max_distance
        self.info = ModelInfo(
            name=name, kind="reid", help="Joins boxes of neighbouring frames that show the same object to tracks."
        )

    def match(
        self,
        image0: Picture,
        boxes0: NDArray[np.float64],
        image1: Picture,
        boxes1: NDArray[np.float64],
        *,
        labels0: Sequence[int] | None = None,
        labels1: Sequence[int] | None = None,
        threshold: float | None = None,
        max_distance: float | None = None,
    ) -> NDArray[np.int64]:
        """Match boxes; see :class:`~cvat_widgets.backends.protocols.ReIdentifier`."""
        first, second = (np.asarray(boxes, np.float64).reshape(-1, 4) for boxes in (boxes0, boxes1))
        if not (np.isfinite(first).all() and np.isfinite(second).all()):
            raise ModelError("a box holds numbers that are not finite", where=self.info.name)
        if not len(first) or not len(second):
            return np.full(len(first), -1, np.int64)
        centres = [(boxes[:, :2] + boxes[:, 2:]) / 2 for boxes in (first, second)]
        apart = np.linalg.norm(centres[0][:, None] - centres[1][None], axis=2)
        allowed = apart <= (self.max_distance if max_distance is None else max_distance)
        if labels0 is not None and labels1 is not None:
            allowed &= np.asarray(labels0)[:, None] == np.asarray(labels1)[None]
        if not allowed.any():
            return np.full(len(first), -1, np.int64)
        vectors = [self._vectors(image0, first), self._vectors(image1, second)]
        if vectors[0].shape[1] != vectors[1].shape[1]:
            raise ModelError("the vectors of two pictures differ in length", where=self.info.name)
        distances = cosine_distances(*vectors)
        return match_by_distance(distances, allowed, self.threshold if threshold is None else threshold)

    def _vectors(self, image: Picture, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
        crops = crops_of(check_picture(image, self.info.name), boxes)
        with guarded(self.info.name, "describing boxes"):
            vectors = np.asarray(self.embed(crops), np.float64).reshape(len(crops), -1)
        if not np.isfinite(vectors).all() or not vectors.shape[1]:
            raise ModelError("the vectors hold numbers that are not finite, or none at all", where=self.info.name)
        return vectors


def link_boxes(
    model: ReIdentifier,
    boxes: Mapping[int, Sequence[Shape]],
    frames: Sequence[int],
    read: Callable[[int], Picture],
    *,
    threshold: float | None = None,
    max_distance: float | None = None,
    progress: Callable[[int, int], None] | None = None,
    stop: int | None = None,
    changing: Collection[int] | None = None,
) -> list[Track]:
    """Make tracks of rectangles, pair of frames by pair of frames.

    Parameters
    ----------
    model
        Says which box is which.
    boxes
        Frame -> its rectangles.
    frames
        The frames to go through, in order.
    read
        Returns a frame.
    threshold, max_distance
        Given to the model.
    progress
        Called with pairs done and pairs in all.
    stop
        Last frame on which a track may be seen, by default the last of ``frames``: a path whose last box is there needs no end.
    changing
        Ids of the attributes that may change on a track. They go into its keyframes, the others come from the first box;
        ``None`` leaves all attributes out, as CVAT does.

    Returns
    -------
    list of Track
        In order of their first box. As in CVAT a path that ends early gets an outside keyframe one frame after its last box,
        and the source is ``auto``. Ids are those of the first boxes.
    """
    paths: list[list[Shape]] = []
    open_paths: list[int] = []
    before: Sequence[Shape] = ()
    picture: Picture | None = None
    for number, frame in enumerate(frames):
        here = boxes.get(frame, ())
        joined: dict[int, int] = {}
        shown: Picture | None = None
        if before and here:
            shown = read(frame)
            matches = model.match(
                read(frames[number - 1]) if picture is None else picture, _points(before), shown, _points(here),
                labels0=[box.label for box in before], labels1=[box.label for box in here],
                threshold=threshold, max_distance=max_distance,
            )  # fmt: skip
            joined = _checked(matches, open_paths, len(here), model.info.name)
        following = []
        for place, box in enumerate(here):
            if place in joined:
                paths[joined[place]].append(box)
                following.append(joined[place])
            else:
                following.append(len(paths))
                paths.append([box])
        before, open_paths, picture = here, following, shown
        if progress is not None:
            progress(number, max(1, len(frames) - 1))
    last = frames[-1] if stop is None and frames else stop
    return [_track(path, last, changing) for path in paths]


def _points(boxes: Sequence[Shape]) -> NDArray[np.float64]:
    return np.array([box.points for box in boxes], np.float64).reshape(-1, 4)


def _checked(matches: Any, open_paths: Sequence[int], count: int, where: str) -> dict[int, int]:
    """Return box on this frame -> path, or raise if the model's answer is none."""
    answer = np.asarray(matches)
    if answer.shape != (len(open_paths),) or answer.dtype.kind not in "iu":
        raise ModelError(
            f"{len(open_paths)} whole numbers were expected, not {answer.dtype} of shape {answer.shape}", where=where
        )
    if (answer < -1).any() or (answer >= count).any():
        raise ModelError(f"a match is not between -1 and {count - 1}", where=where)
    used = answer[answer >= 0]
    if len(np.unique(used)) != len(used):
        raise ModelError("two boxes were matched with the same one", where=where)
    return {int(to): open_paths[row] for row, to in enumerate(answer) if to >= 0}


def _track(path: Sequence[Shape], last: int | None, changing: Collection[int] | None) -> Track:
    moving, fixed = changing or (), {} if changing is None else path[0].attributes
    keyframes = {
        box.frame: Keyframe(
            points=box.points, rotation=box.rotation, occluded=box.occluded, z_order=box.z_order,
            attributes={key: value for key, value in box.attributes.items() if key in moving},
        )
        for box in path
    }  # fmt: skip
    end = path[-1]
    if end.frame != last:
        keyframes[end.frame + 1] = Keyframe(
            points=end.points, rotation=end.rotation, occluded=end.occluded, z_order=end.z_order, outside=True
        )
    return Track(
        id=path[0].id, label=path[0].label, type="rectangle", source="auto", keyframes=keyframes,
        attributes={key: value for key, value in fixed.items() if key not in moving},
    )  # fmt: skip
