"""Which frames to look at first: those of which a model is least sure, or that are least like what is labelled already.

Sources: entropy sampling (Settles, "Active learning literature survey", 2009); query by committee (Seung, Opper and
Sompolinsky, 1992), with the mirrored picture as second member where there is only one model; k-centre greedy (Sener and
Savarese, "Active learning for convolutional neural networks: a core-set approach", 2018).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError
from cvat_widgets.model.kinds import ShapeType

if TYPE_CHECKING:
    import pandas as pd

    from cvat_widgets.backends.protocols import Detection, Picture
    from cvat_widgets.task import Task

__all__ = ["active_learning"]

_METHODS = ("entropy", "disagreement", "diversity")
_BATCH = 4


def active_learning(
    task: Task,
    model: Any,
    method: str = "entropy",
    *,
    frames: Iterable[int] | None = None,
    count: int | None = None,
    aggregate: str = "sum",
    progress: bool | Callable[[int, int], None] = True,
) -> pd.DataFrame:
    """Rank frames by how much there is to learn from them, the most first.

    Parameters
    ----------
    task
        The task.
    model
        A detector, or whatever :func:`cvat_widgets.load_backend` takes; several (a list) for ``disagreement``. For
        ``diversity`` its method ``embed(images)``, float of shape (n, d), is used if it has one; else small copies of the
        pictures are compared, and ``None`` will do.
    method
        ``entropy``: of the scores; ``disagreement``: of several models, or of one with itself on the mirrored picture;
        ``diversity``: distance from frames that have annotations and from those ranked before.
    frames
        Frames to rank; by default all without annotations.
    count
        At most so many rows.
    aggregate
        How the entropies of the detections of a frame become one number: ``sum``, ``max`` or ``mean``.
    progress
        Whether to show a bar, or a function of (done, all).

    Returns
    -------
    pandas.DataFrame
        ``frame, frame_name, score``.
    """
    import pandas as pd

    from cvat_widgets.backends.registry import load_backend
    from cvat_widgets.models_facade import bar, chosen_frames

    if method not in _METHODS or aggregate not in _AGGREGATES:
        raise AnnotationError(f"{method!r} with {aggregate!r} is not known", hint=f"Use one of {', '.join(_METHODS)}; {_HOW}")
    labelled = np.unique(task.to_frame(interpolate=True)["frame"].to_numpy(np.int64)) if len(task.table) else np.empty(0, int)
    wanted = [frame for frame in range(len(task)) if frame not in set(labelled.tolist())]
    if frames is not None:
        wanted = list(chosen_frames(task, frames))
    models = [load_backend(each) for each in (model if isinstance(model, (list, tuple)) else [model]) if each is not None]
    if method != "diversity" and (not models or any(each.info.kind != "detector" for each in models)):
        raise AnnotationError(f"{method} needs a detector")
    with bar(progress, len(wanted) * (2 if method == "diversity" and len(labelled) else 1), 0, method) as report:
        if method == "diversity":
            known = [frame for frame in labelled.tolist() if frame not in set(wanted)]
            scores = _diversity(task, models[0] if models else None, wanted, known, report)
        else:
            score = _entropies(models[0], aggregate) if method == "entropy" else _disagreements(models)
            scores = _scored(task, wanted, score, report)
    table = pd.DataFrame(
        {"frame": wanted, "frame_name": [task.frame_index.names[frame] for frame in wanted], "score": scores}
    ).astype({"frame": "int64", "score": "float64"})
    ranked = table.sort_values("score", ascending=False, kind="stable").reset_index(drop=True)
    return ranked if count is None else ranked.head(count)


_AGGREGATES: dict[str, Callable[[NDArray[np.float64]], float]] = {
    "sum": lambda values: float(values.sum()),
    "max": lambda values: float(values.max(initial=0)),
    "mean": lambda values: float(values.mean()) if len(values) else 0.0,
}
_HOW = f"aggregate is one of {', '.join(_AGGREGATES)}"
Score = Callable[[Sequence["Picture"]], list[float]]


def _scored(task: Task, frames: Sequence[int], score: Score, report: Callable[[int], None]) -> list[float]:
    scores: list[float] = []
    for pictures in _batches(task, frames):
        scores += score(pictures)
        report(len(pictures))
    return scores


def _batches(task: Task, frames: Sequence[int]) -> Iterable[list[Picture]]:
    from cvat_widgets.backends.read_ahead import read_ahead

    waiting: list[Picture] = []
    with closing(read_ahead(frames, task.media.read, 2 * _BATCH)) as pictures:  # type: ignore[type-var]
        for _, picture in pictures:
            waiting.append(picture)
            if len(waiting) == _BATCH:
                yield waiting
                waiting = []
    if waiting:
        yield waiting


def _entropies(model: Any, aggregate: str) -> Score:
    """Tags are one choice among labels; every other detection is there or not."""

    def entropy(found: Sequence[Detection]) -> float:
        values = np.clip([each.score for each in found], 1e-9, 1 - 1e-9)
        if len(found) > 1 and all(each.type == "tag" for each in found):
            share = values / values.sum()
            return float(-(share * np.log(share)).sum())
        return _AGGREGATES[aggregate](-(values * np.log(values) + (1 - values) * np.log(1 - values)))

    return lambda pictures: [entropy(found) for found in model.detect(pictures, 0.05)]


def _disagreements(models: Sequence[Any]) -> Score:
    """One minus the share of overlap of what two members found, the mean over pairs."""

    def score(pictures: Sequence[Picture]) -> list[float]:
        answers = [[_boxes(found) for found in model.detect(pictures)] for model in models]
        if len(models) == 1:
            turned = models[0].detect([np.ascontiguousarray(picture[:, ::-1]) for picture in pictures])
            answers.append(
                [_mirrored(_boxes(found), picture.shape[1]) for found, picture in zip(turned, pictures, strict=True)]
            )
        pairs = [(a, b) for a in range(len(answers)) for b in range(a)]
        return [
            float(np.mean([_difference(answers[a][number], answers[b][number]) for a, b in pairs]))
            for number in range(len(pictures))
        ]

    return score


Boxes = tuple[list[str], NDArray[np.float64]]


def _boxes(found: Sequence[Detection]) -> Boxes:
    """Return the label and the box of every detection; a tag has an empty box."""
    boxes = [_box(each.type, each.points, each.elements) for each in found]
    return [f"{each.type} {each.label}" for each in found], np.array(boxes, np.float64).reshape(-1, 4)


def _box(type_name: ShapeType, points: NDArray[np.float64], elements: Sequence[Detection]) -> list[float]:
    if type_name == "mask":
        from cvat_widgets.model.masks import mask_box

        left, top, right, bottom = mask_box(points)
        return [left, top, right + 1, bottom + 1]
    if type_name == "skeleton":
        points = np.concatenate([each.points for each in elements]) if elements else points
    if not len(points):
        return [0, 0, 1, 1]
    corners = points.reshape(-1, 2)
    return [*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist()]


def _mirrored(boxes: Boxes, width: int) -> Boxes:
    labels, values = boxes
    tags = np.array([label.startswith("tag ") for label in labels], bool)
    turned = values.copy()
    turned[~tags, 0], turned[~tags, 2] = width - values[~tags, 2], width - values[~tags, 0]
    return labels, turned


def _difference(one: Boxes, other: Boxes) -> float:
    from scipy.optimize import linear_sum_assignment

    (labels, a), (others, b) = one, other
    if not labels and not others:
        return 0.0
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    area_a, area_b = np.prod(a[:, 2:] - a[:, :2], axis=1), np.prod(b[:, 2:] - b[:, :2], axis=1)
    overlap = shared / np.maximum(area_a[:, None] + area_b[None] - shared, 1e-9)
    overlap[np.array(labels)[:, None] != np.array(others)[None]] = 0
    rows, columns = linear_sum_assignment(-overlap)
    return 1 - float(overlap[rows, columns].sum()) / max(len(labels), len(others))


def _diversity(
    task: Task, model: Any, frames: Sequence[int], known: Sequence[int], report: Callable[[int], None]
) -> list[float]:
    """Return for each frame its distance from those chosen before it; the k-centre greedy order is that of the distances."""
    features = _embedded(task, model, frames, report)
    if not len(features):
        return []
    if known:
        centres = _embedded(task, model, known, lambda _: None)
        distance = np.min([np.linalg.norm(features - centre, axis=1) for centre in centres], axis=0)
    else:
        distance = np.linalg.norm(features - features.mean(axis=0), axis=1)
    report(len(frames) if known else 0)
    scores = np.zeros(len(frames))
    left = np.ones(len(frames), bool)
    while left.any():
        best = int(np.flatnonzero(left)[distance[left].argmax()])
        scores[best], left[best] = distance[best], False
        near = np.linalg.norm(features - features[best], axis=1)
        if known or (~left).sum() > 1:
            distance = np.minimum(distance, near)
        else:
            # Without labelled frames the first one is the odd one out; it counts as farther than any other is from it.
            scores[best], distance = max(float(distance[best]), float(near.max()) * (1 + 1e-9)), near
    return scores.tolist()


def _embedded(task: Task, model: Any, frames: Sequence[int], report: Callable[[int], None]) -> NDArray[np.float64]:
    """Return float64 of shape (n, d): the model's own embedding, else a small copy of the picture."""
    rows: list[NDArray[np.float64]] = []
    for pictures in _batches(task, frames):
        if hasattr(model, "embed"):
            rows.extend(np.asarray(model.embed(pictures), np.float64))
        else:
            rows.extend(_small(picture) for picture in pictures)
        report(len(pictures))
    return np.array(rows)


def _small(picture: Picture) -> NDArray[np.float64]:
    import cv2

    grid = cv2.resize(picture, (16, 16), interpolation=cv2.INTER_AREA).astype(np.float64).ravel() / 255
    histogram = np.concatenate([np.bincount(picture[..., c].ravel() >> 4, minlength=16) for c in range(3)])
    return np.concatenate((grid / np.sqrt(len(grid)), 0.25 * histogram / picture[..., 0].size))
