"""A dataset of 500 pictures in which 20 errors of five kinds are planted, four of each, and the truth about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd

import cvat_widgets as cw

FRAMES, WIDTH, HEIGHT, SEGMENT, STEP, EACH = 500, 320, 240, 50, 5, 4
LABELS = ["car", "person", "truck"]
SIZES = {"person": (14, 34), "truck": (56, 26)}
COLORS = {"car": (60, 60, 200), "person": (60, 160, 60), "truck": (200, 120, 50)}
Row = dict[str, Any]


@dataclass
class Lanes:
    """Rows as they were annotated, as they should have been, and what is wrong."""

    rows: list[Row] = field(default_factory=list)
    truth: list[Row] = field(default_factory=list)
    errors: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def plant(self, kind: str, **what: Any) -> None:
        self.errors.setdefault(kind, []).append(what)


def make(seed: int = 5) -> Lanes:
    """Make the dataset; the same seed makes the same one."""
    random = np.random.default_rng(seed)
    lanes = Lanes()
    tracks: list[list[Row]] = []
    for segment in range(FRAMES // SEGMENT):
        for lane in range(2):
            x, speed = random.uniform(10, 40), random.uniform(3, 4)
            track = []
            for frame in (*range(0, SEGMENT, STEP), SEGMENT - 1):
                left, top = x + speed * frame + random.normal(0, 0.4), 16 + 40 * lane + random.normal(0, 0.3)
                track.append(
                    {"frame": segment * SEGMENT + frame, "label": "car", "type": "rectangle", "track_id": len(tracks) + 1,
                     "points": np.array([left, top, left + 40, top + 16]), "outside": frame == SEGMENT - 1}
                )  # fmt: skip
            tracks.append(track)
    plain: list[Row] = []
    for frame in range(FRAMES):
        for cell in random.choice(8, random.integers(2, 5), replace=False).tolist():
            label = ("person", "truck")[random.integers(2)]
            wide, tall = np.array(SIZES[label]) * np.exp(random.normal(0, 0.05, 2))
            left, top = 8 + 78 * (cell % 4) + random.uniform(0, 8), 100 + 70 * (cell // 4) + random.uniform(0, 15)
            box = np.array([left, top, left + wide, top + tall])
            plain.append({"frame": frame, "label": label, "type": "rectangle", "points": box})
    lanes.truth = [dict(row) for row in (*plain, *(row for track in tracks for row in track))]
    _plant(lanes, plain, tracks, random)
    lanes.rows = [row for row in plain if "missing" not in row] + [row for track in tracks for row in track]
    return lanes


def _plant(lanes: Lanes, plain: list[Row], tracks: list[list[Row]], random: np.random.Generator) -> None:
    by_frame = random.permutation(FRAMES)[: 3 * EACH].tolist()
    first = {row["frame"]: row for row in reversed(plain)}
    for number, frame in enumerate(by_frame):
        row = first[frame]
        true = dict(row)
        kind = ("wrong class", "shifted box", "missing object")[number % 3]
        if kind == "wrong class":
            row["label"] = {"person": "truck", "truck": "person"}[row["label"]]
        elif kind == "shifted box":
            row["points"] = row["points"] + np.array([0.26, 0.08] * 2) * np.tile(row["points"][2:] - row["points"][:2], 2)
        else:
            row["missing"] = True
        lanes.plant(kind, frame=frame, points=row["points"], label=row["label"], true=true["points"], true_label=true["label"])
    pairs = random.permutation(len(tracks) // 2).tolist()
    for pair in pairs[:EACH]:
        a, b = tracks[2 * pair], tracks[2 * pair + 1]
        lanes.plant(
            "swapped identity", frame=a[5]["frame"], before=a[4]["frame"], a=(a[4]["points"], a[5]["points"]),
            b=(b[4]["points"], b[5]["points"]), tracks={a[0]["track_id"], b[0]["track_id"]},
        )  # fmt: skip
        for one, other in zip(a[5:], b[5:], strict=True):
            one["points"], other["points"] = other["points"], one["points"]
    for pair in pairs[EACH : 2 * EACH]:
        copied = [
            {**row, "track_id": len(tracks) + 1, "points": row["points"] + random.normal(0, 0.3, 4)} for row in tracks[2 * pair]
        ]
        lanes.plant("duplicated track", track=len(tracks) + 1)
        tracks.append(copied)


def positions(rows: list[Row]) -> list[tuple[int, str, np.ndarray]]:
    """Return ``frame, label, box`` of everything that is seen, tracks on every frame."""
    seen = [(row["frame"], row["label"], row["points"]) for row in rows if "track_id" not in row]
    table = pd.DataFrame([row for row in rows if "track_id" in row])
    for _, keys in table.groupby("track_id"):
        boxes = np.stack(keys["points"].tolist())
        every = np.arange(keys["frame"].iloc[0], keys["frame"].iloc[-1])
        between = np.column_stack([np.interp(every, keys["frame"], boxes[:, side]) for side in range(4)])
        seen += [(int(frame), "car", box) for frame, box in zip(every, between, strict=True)]
    return seen


def pictures(lanes: Lanes, folder: Path) -> Path:
    """Write the pictures, on which things are where they truly are."""
    folder.mkdir()
    ground = np.full((HEIGHT, WIDTH, 3), 205, np.uint8)
    ground[:90] = (150, 150, 150)
    ground[48:50, ::2] = 235
    frames = [ground.copy() for _ in range(FRAMES)]
    for frame, label, box in positions(lanes.truth):
        left, top, right, bottom = np.round(box).astype(int).tolist()
        cv2.rectangle(frames[frame], (left, top), (right, bottom), COLORS[label], -1)
    for number, frame in enumerate(frames):
        cv2.imwrite(str(folder / f"{number:04d}.jpg"), frame)
    return folder


def predictions(lanes: Lanes, seed: int = 6) -> pd.DataFrame:
    """Return what a good model would say: the truth, a little off, with scores."""
    random = np.random.default_rng(seed)
    rows = [
        {"frame": frame, "label": label, "type": "rectangle", "score": float(np.clip(random.beta(12, 2), 0.4, 1)),
         "points": (box + random.normal(0, 0.02, 4) * np.tile(box[2:] - box[:2], 2)).tolist()}
        for frame, label, box in positions(lanes.truth)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def create(lanes: Lanes, folder: Path, store: Path) -> cw.Task:
    """Make the task with its wrong annotations."""
    task = cw.Task.create("lanes", pictures(lanes, folder), labels=LABELS, store=store)
    task.add(pd.DataFrame(lanes.rows))
    return task
