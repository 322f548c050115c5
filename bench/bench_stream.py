"""Video on its whole way: exact frames a second at the browser while playing, and the wait for one cold exact frame.

``python bench/bench_stream.py`` starts JupyterLab and Chromium and prints a table. The wait is compared with seeking and decoding
the same frame by plain PyAV in the same kernel. The number of each frame is drawn into it and read back from what was shown.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from bench_video import OPTIONS, SIZE, frames_1080p  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

from cvat_widgets.samples.clips import encode_clip  # noqa: E402
from tests.e2e.annotator import ROOT as SELECTOR  # noqa: E402
from tests.e2e.annotator import AnnotatorPage  # noqa: E402
from tests.e2e.lab import CHROMIUM_FLAGS, LabServer, NotebookPage, chromium_path, write_notebook  # noqa: E402

FRAMES, SEEKS = 600, 12

DIRECT = """
import av, time, json
from cvat_widgets.media.video.indexing import load_index
index = load_index(clip)
stamps = index.pts[index.frames]
spent = []
with av.open(str(clip)) as container:
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    for frame in wanted:
        start = time.perf_counter()
        container.seek(int(stamps[frame]), stream=stream)
        for picture in container.decode(stream):
            if picture.pts == stamps[frame]:
                break
        spent.append((time.perf_counter() - start) * 1000)
print(json.dumps(spent))
"""

PLAY = """async ([selector, seconds]) => {
    const { editor } = document.querySelector(selector).cvatWidgets;
    const { player } = editor;
    player.seek(0);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    player.speed.value = 100;  // as fast as frames come
    const first = player.frame.value;
    let wrong = 0;
    const stop = player.image.subscribe((image) => { if (image?.tier === "proxy") wrong++; });
    const began = performance.now();
    player.play();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const spent = performance.now() - began;
    const count = player.frame.value - first;
    player.pause();
    player.speed.value = 1;
    stop();
    return [count / spent * 1000, wrong];
}"""

SEEK = """([selector, frame]) => new Promise((resolve) => {
    const { player } = document.querySelector(selector).cvatWidgets.editor;
    const began = performance.now();
    const stop = player.image.subscribe((image) => {
        if (image?.frame !== frame || image.tier === "proxy") return;
        resolve(performance.now() - began);
        queueMicrotask(() => stop());
    });
    player.seek(frame);
})"""


def measure(lab: LabServer, browser: Any, clip: Path, gop: int) -> dict[str, float]:
    """Play and seek one clip in a notebook of its own."""
    name = f"gop{gop}.ipynb"
    code = (
        f"import cvat_widgets as cw\nfrom pathlib import Path\nclip = Path({str(clip)!r})\ncw.Annotator(clip, labels=['car'])"
    )
    write_notebook(lab.root / name, [code])
    context = browser.new_context(viewport={"width": 1500, "height": 950})
    notebook = NotebookPage(lab, context, name)
    notebook.run_all()
    annotator = AnnotatorPage(notebook)
    # Random frames of different groups of pictures, none of which has been decoded.
    wanted = np.random.default_rng(gop).permutation(FRAMES - 60)[:SEEKS].tolist()
    waits = []
    for frame in wanted:
        waits.append(annotator.page.evaluate(SEEK, [SELECTOR, frame]))
        time.sleep(0.6)
    notebook.execute(f"wanted = {wanted}")
    direct = json.loads(notebook.execute(DIRECT))
    rate, wrong = annotator.page.evaluate(PLAY, [SELECTOR, 6])
    context.close()
    return {
        "gop": gop,
        "frames_a_second": rate,
        "inexact": wrong,
        "wait_ms": float(np.median(waits)),
        "direct_ms": float(np.median(direct)),
        "added_ms": float(np.median(np.array(waits) - np.array(direct))),
    }


def main() -> int:
    """Measure both clips, print, and return 1 if a goal was missed."""
    missed = False
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "home").mkdir()
        (folder / "root").mkdir()
        lab = LabServer(folder / "root", folder / "home")
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
                for gop in (30, 250):
                    clip = folder / f"gop{gop}.mp4"
                    encode_clip(
                        clip, frames_1080p(FRAMES), size=SIZE, codec="libx264", gop=gop, b_frames=2, fps=30,
                        options={**OPTIONS, "x264-params": f"keyint={gop}:scenecut=0"},
                    )  # fmt: skip
                    result = measure(lab, browser, clip, gop)
                    print(json.dumps({key: round(value, 1) for key, value in result.items()}), flush=True)
                    missed |= result["frames_a_second"] < 40 or result["added_ms"] > 30 or result["inexact"] > 0
                browser.close()
        finally:
            lab.close()
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
