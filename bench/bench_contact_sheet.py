"""A contact sheet of 48 crops from 48 frames of a 1080p video against matplotlib's grid of subplots.

Run: ``python bench/bench_contact_sheet.py``. Both read the frames from the video with nothing cached, and end with the bytes
that go to the browser. A second pair of figures has the frames in memory already: what drawing alone costs.
"""

from __future__ import annotations

import io
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipycanvas.canvas
import matplotlib as mpl
import numpy as np
import pandas as pd

import cvat_widgets as cw
from cvat_widgets.widgets.contact_sheet import ContactSheet

mpl.use("Agg")

COUNT, STEP, FRAMES = 48, 6, 300


class Memory:
    """The frames and the task, with the frames in memory."""

    def __init__(self, task: Any, frames: list[int]) -> None:
        self.labels, self.table, self.frame_index = task.labels, task.table, task.frame_index
        self.frames = {frame: task.frame(frame) for frame in frames}

    def frame(self, number: int) -> Any:  # noqa: D102
        return self.frames[number]


def make(folder: Path) -> Path:
    """Write a clip of moving shapes in H.264."""
    import av

    path = folder / "clip.mp4"
    x, y = np.meshgrid(np.arange(1920), np.arange(1080))
    ground = np.stack([(x + y) % 256, (x // 3) % 256, (y // 2) % 256], axis=2).astype(np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt, stream.options = 1920, 1080, "yuv420p", {"preset": "ultrafast"}
        for number in range(FRAMES):
            picture = np.roll(ground, number * 4, axis=1)
            picture[300:700, 200 + 4 * number : 500 + 4 * number] = (200, 60, 40)
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def rows() -> pd.DataFrame:
    frames = np.arange(COUNT) * STEP
    boxes = [np.array([200 + 4 * frame, 300, 500 + 4 * frame, 700], float) for frame in frames.tolist()]
    return pd.DataFrame(
        {"frame": frames, "label": "car", "type": "rectangle", "points": boxes, "score": np.linspace(0, 1, COUNT)}
    )


def subplots(task: Any, data: pd.DataFrame) -> bytes:
    """The same page as one writes it with matplotlib: crop, show, rectangle, title."""
    import matplotlib.pyplot as plt
    from matplotlib.patches import Rectangle

    figure, grid = plt.subplots(6, 8, figsize=(12.9, 12))
    for axes, row in zip(grid.flat, data.itertuples(), strict=True):
        left, top, right, bottom = row.points
        by = 0.25 * max(right - left, bottom - top) + 4
        low_x, low_y = int(max(left - by, 0)), int(max(top - by, 0))
        axes.imshow(task.frame(row.frame)[low_y : int(bottom + by), low_x : int(right + by)])
        axes.add_patch(Rectangle((left - low_x, top - low_y), right - left, bottom - top, fill=False, color="red", linewidth=2))
        axes.set_title(f"{row.label}\n{row.score:.3g}", fontsize=8)
        axes.axis("off")
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=100)
    plt.close(figure)
    return buffer.getvalue()


def timed(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main() -> None:
    sent: list[int] = []
    manager = ipycanvas.canvas._CANVAS_MANAGER
    manager.send = lambda content, buffers=None: sent.append(sum(map(len, buffers or [])))  # noqa: ARG005
    data = rows()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = make(folder)
        results: dict[str, list[float]] = {
            "sheet": [],
            "subplots": [],
            "sheet, frames in memory": [],
            "subplots, frames in memory": [],
        }
        for turn in range(3):
            for kind in ("sheet", "subplots"):
                # A store of its own: no frame is cached from the turn before.
                task = cw.Task.create("clip", path, labels=["car"], store=folder / f"{kind}{turn}.sqlite")
                task.frame(0)
                sent.clear()
                if kind == "sheet":
                    results[kind].append(timed(lambda task=task: ContactSheet(data, task)))
                    messages, size = len(sent), sum(sent)
                else:
                    results[kind].append(timed(lambda task=task: subplots(task, data)))
                task.media.close()
            if not turn:
                memory = Memory(cw.Task.open("clip", store=folder / "sheet0.sqlite"), data["frame"].tolist())
            results["sheet, frames in memory"].append(timed(lambda memory=memory: ContactSheet(data, memory)))
            results["subplots, frames in memory"].append(timed(lambda memory=memory: subplots(memory, data)))
    best = {name: round(statistics.median(times), 3) for name, times in results.items()}
    print(
        json.dumps(
            {
                "seconds": best, "messages": messages, "kilobytes": round(size / 1000),
                "times faster": round(best["subplots"] / best["sheet"], 2),
                "times faster, frames in memory": round(best["subplots, frames in memory"] / best["sheet, frames in memory"], 1),
            },
            indent=1,
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
