"""A dataset of 500 frames in which 20 errors of each kind are planted, and the truth about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from cvat_widgets.dataframe import from_dataframe
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.views import AnnotationView

FRAMES, WIDTH, HEIGHT, EACH = 500, 1280, 720, 20
SIZES = {"person": (20, 60), "truck": (100, 46), "light": (12, 12)}
TRACKED = 400  # frames with tracks; the rest is for plain shapes


@dataclass
class Planted:
    view: AnnotationView
    predictions: pd.DataFrame
    errors: dict[str, set[int]]
    """Kind of error -> ids, or frames for kinds of frames."""
    missing: list[tuple[int, np.ndarray]] = field(default_factory=list)


class _Maker:
    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.rows: list[dict[str, Any]] = []
        self.truth: list[dict[str, Any]] = []
        self.errors: dict[str, set[int]] = {}
        self.next_id = 1
        self.missing: list[tuple[int, np.ndarray]] = []

    def number(self) -> int:
        self.next_id += 1
        return self.next_id - 1

    def shape(self, frame: int, label: str, points: Any, kind: str = "rectangle", true: bool = True) -> dict[str, Any]:
        row = {"id": self.number(), "frame": frame, "label": label, "type": kind, "points": np.asarray(points, float)}
        self.rows.append(row)
        if true:
            self.truth.append(dict(row))
        return row

    def tracks(self) -> None:
        for segment in range(TRACKED // 50):
            for lane in range(8):
                track, x, speed = self.number(), self.random.uniform(100, 700), self.random.uniform(2, 6)
                for step in range(0, 50, 5):
                    x += 5 * speed + self.random.normal(0, 1)
                    y = 12 + 29 * lane + self.random.normal(0, 0.5)
                    box = np.array([x, y, x + 70, y + 24])
                    self.rows.append(
                        {"id": track, "track_id": track, "frame": segment * 50 + step, "label": "car", "type": "rectangle",
                         "points": box, "outside": False, "attr.color": "red" if step == 0 else None}
                    )  # fmt: skip
                # The track ends with its segment.
                self.rows.append({**self.rows[-1], "frame": segment * 50 + 49, "outside": True})

    def scenery(self) -> None:
        for frame in range(FRAMES):
            cells = self.random.choice(24, self.random.integers(7, 11), replace=False)
            for cell in cells.tolist():
                left, top = 10 + 158 * (cell % 8), 285 + 140 * (cell // 8)
                label = ["person", "truck", "tree"][self.random.integers(3)]
                if label == "tree":
                    angle = np.linspace(0, 2 * np.pi, 9)[:-1]
                    radius = self.random.uniform(22, 30, 8)
                    ring = np.column_stack([left + 60 + radius * np.cos(angle), top + 60 + radius * np.sin(angle)])
                    self.shape(frame, "tree", ring.ravel(), "polygon")
                else:
                    self.shape(frame, label, self.box(label, left + 10, top + 15))
            for place in range(self.random.integers(0, 3)):
                self.shape(frame, "light", self.box("light", 100 + 30 * place, 252))

    def box(self, label: str, left: float, top: float) -> np.ndarray:
        width, height = np.array(SIZES[label]) * np.exp(self.random.normal(0, 0.08, 2))
        left, top = left + self.random.uniform(0, 15), top + self.random.uniform(0, 8)
        return np.array([left, top, left + width, top + height])

    def plant(self) -> None:
        self.plant_on_tracks()
        plain = [row for row in self.rows if "track_id" not in row and row["frame"] < 400]
        boxes = [row for row in plain if row["label"] in ("person", "truck")]
        chosen = iter(self.random.permutation(len(boxes)).tolist())

        def take() -> dict[str, Any]:
            return boxes[next(chosen)]

        def note(kind: str, row: dict[str, Any]) -> None:
            self.errors.setdefault(kind, set()).add(row["id"])

        for number in range(EACH):
            row = take()
            middle = (row["points"][:2] + row["points"][2:]) / 2
            row["points"] = (row["points"].reshape(2, 2) - middle) * (0.4 if number % 2 else 1.8) + middle
            row["points"] = row["points"].ravel()
            note("size", row)
            row = take()
            row["label"] = {"person": "truck", "truck": "person"}[row["label"]]
            note("class", row)
            row = take()
            x, y = row["points"][:2]
            note("tiny", self.shape(row["frame"], "person", [x + 120, y, x + 122, y + 2], true=False))
            row = take()
            note("drawn twice", row)
            note("duplicate", self.shape(row["frame"], row["label"], row["points"] + self.random.normal(0, 0.4, 4), true=False))
            row = take()
            width = row["points"][2] - row["points"][0]
            note("overlap", self.shape(row["frame"], row["label"], row["points"] + [0.25 * width, 0] * 2, true=False))
            row = take()
            by = row["points"][0] + self.random.uniform(4, 10)
            row["points"] = row["points"] - [by, 0, by, 0]
            note("border", row)
            row = take()
            row["points"] = row["points"] + [0.4 * (row["points"][2] - row["points"][0]), 8] * 2
            note("location", row)
            row = take()
            self.rows.remove(row)
            self.missing.append((row["frame"], row["points"]))
        trees = [row for row in plain if row["label"] == "tree"]
        for index in self.random.choice(len(trees), EACH, replace=False).tolist():
            ring = trees[index]["points"].reshape(-1, 2).copy()
            ring[[2, 5]] = ring[[5, 2]]
            trees[index]["points"] = ring.ravel()
            note("polygon", trees[index])
        lone = 401 + self.random.choice(98, EACH, replace=False)
        self.errors["empty"] = set(lone.tolist())
        self.rows = [row for row in self.rows if row["frame"] not in self.errors["empty"]]
        self.truth = [row for row in self.truth if row["frame"] not in self.errors["empty"]]
        full = self.random.choice(400, EACH, replace=False)
        self.errors["overfull"] = set(full.tolist())
        for frame in full.tolist():
            for place in range(38):
                self.shape(frame, "light", self.box("light", 190 + 28 * place, 252))

    def plant_on_tracks(self) -> None:
        ids = sorted({row["id"] for row in self.rows if "track_id" in row})
        of = {track: [row for row in self.rows if row["id"] == track] for track in ids}
        pairs = np.array(ids).reshape(-1, 2)
        order = self.random.permutation(len(pairs)).tolist()
        swapped, single = order[:20], [int(track) for index in order[20:] for track in pairs[index]]
        self.errors["swap"] = set()
        for index in swapped:
            first, second = (of[int(track)] for track in pairs[index])
            for a, b in zip(first[5:], second[5:], strict=True):
                a["points"], b["points"] = b["points"], a["points"]
            self.errors["swap"].update(int(track) for track in pairs[index])
        for kind, start in (("jump", 0), ("gap", 6), ("attribute", 12)):
            self.errors[kind] = set()
            for place in range(EACH):
                # 24 tracks carry three kinds of errors on different stretches.
                track = single[(start + place) % len(single)]
                self.errors[kind].add(track)
                rows = of[track]
                if kind == "jump":
                    rows[2]["points"] = rows[2]["points"] + [90, 0, 90, 0]
                elif kind == "gap":
                    self.rows.append({**rows[6], "frame": rows[6]["frame"] + 1, "outside": True})
                else:
                    rows[4]["attr.color"] = "blue"
                    extra = {**rows[4], "frame": rows[4]["frame"] + 2, "attr.color": "red"}
                    extra["points"] = rows[4]["points"] + (rows[5]["points"] - rows[4]["points"]) * 0.4
                    self.rows.append(extra)


def planted(seed: int = 7) -> Planted:
    """Make the dataset; the same seed makes the same one."""
    maker = _Maker(seed)
    maker.tracks()
    maker.scenery()
    maker.plant()
    labels = LabelSet.of(
        [Label("car", attributes=[Attribute("color", "select", values=("red", "blue"), mutable=True)]),
         "person", "truck", "light", "tree"]
    )  # fmt: skip
    frames = FrameIndex(
        [f"frame_{n:06d}" for n in range(FRAMES)], np.full(FRAMES, WIDTH, np.int32), np.full(FRAMES, HEIGHT, np.int32)
    )
    table = from_dataframe(pd.DataFrame(maker.rows), labels, frames)
    truth = pd.DataFrame(maker.truth)
    noise = maker.random.normal(0, 0.03, (len(truth), 4))
    truth["points"] = [_guess(_bounds(points), jitter) for points, jitter in zip(truth["points"], noise, strict=True)]
    truth["type"] = "rectangle"
    truth["score"] = np.clip(maker.random.beta(12, 2, len(truth)), 0.3, 1)
    return Planted(AnnotationView(table, labels, frames, 1), truth, maker.errors, maker.missing)


def _bounds(points: np.ndarray) -> np.ndarray:
    pairs = points.reshape(-1, 2)
    return np.concatenate([pairs.min(axis=0), pairs.max(axis=0)])


def _guess(box: np.ndarray, jitter: np.ndarray) -> np.ndarray:
    """A detector is off by a share of the object's size."""
    return box + jitter * np.tile(box[2:] - box[:2], 2)
