"""Interpolating a task against a loop over shapes, and the time to import the package. Run: ``python bench/bench_python.py``."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import numpy as np
import pandas as pd

from cvat_widgets.dataframe import to_dataframe
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.table import AnnotationTable

TRACKS, FRAMES, STEP = 1000, 300, 10


def loop(table: AnnotationTable) -> pd.DataFrame:
    """The same result by a loop over shapes: one dictionary an object and frame, made into a DataFrame."""
    rows: list[dict[str, object]] = []
    by_track: dict[int, list[int]] = {}
    for row in range(len(table)):
        by_track.setdefault(int(table.track[row]), []).append(row)
    for track, members in by_track.items():
        for frame in range(FRAMES):
            before = [row for row in members if table.frame[row] <= frame]
            after = [row for row in members if table.frame[row] > frame]
            if not before:
                continue
            row = before[-1]
            points = table.points_of(row).tolist()
            if after:
                right = table.points_of(after[0]).tolist()
                share = (frame - table.frame[row]) / (table.frame[after[0]] - table.frame[row])
                points = [a + (b - a) * share for a, b in zip(points, right, strict=True)]
            rows.append(
                {
                    "id": track, "frame": frame, "frame_name": f"frame_{frame:06d}", "label": "car", "type": "rectangle",
                    "points": np.array(points), "rotation": float(table.rotation[row]), "occluded": bool(table.flags[row] & 1),
                    "outside": bool(table.flags[row] & 2), "keyframe": bool(table.frame[row] == frame), "z_order": int(table.z_order[row]),
                    "group": int(table.group[row]), "track_id": track, "source": "manual", "score": float(table.score[row]),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def main() -> None:
    keys = FRAMES // STEP
    count = TRACKS * keys
    generator = np.random.default_rng(1)
    track = np.repeat(np.arange(TRACKS) + 1, keys)
    table = AnnotationTable.build(
        id=track, track=track, frame=np.tile(np.arange(keys) * STEP, TRACKS), label=1, flags=4, points=generator.uniform(0, 500, count * 4),
        offsets=np.arange(count + 1) * 4,
    )  # fmt: skip
    frames = FrameIndex(
        [f"frame_{n:06d}" for n in range(FRAMES)], np.full(FRAMES, 640, np.int32), np.full(FRAMES, 480, np.int32)
    )
    labels = LabelSet.of(["car"])
    to_dataframe(interpolate_table(table.take(np.arange(10)), frame_count=FRAMES), labels, frames)
    best = []
    found = pd.DataFrame()
    for _ in range(5):
        # The last result goes before the clock starts: freeing it is not part of making the next one.
        del found
        started = time.process_time()
        found = to_dataframe(interpolate_table(table, frame_count=FRAMES), labels, frames)
        best.append(time.process_time() - started)
    assert len(found) == TRACKS * FRAMES
    started = time.process_time()
    assert len(loop(table.take(table.track <= 50))) == 50 * FRAMES
    slow = (time.process_time() - started) * TRACKS / 50
    code = "import time; started = time.perf_counter(); import cvat_widgets; print(time.perf_counter() - started)"
    imports = sorted(
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) for _ in range(5)
    )
    result = {"to_frame_s": min(best), "loop_s": slow, "ratio": slow / min(best), "import_s": imports[2]}
    for name, value in result.items():
        print(f"{name:>12}  {value:.3f}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
