"""Time the canvas against a canvas of SVG nodes that works the way CVAT's does, in one browser, one after the other.

Run ``python bench/bench_canvas.py``; it prints a JSON line and a table. Ratios are what counts: the machine's own speed
cancels out. Frames are not held back by the display (vsync off), and everything is drawn in software.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu-vsync",
    "--disable-frame-rate-limit",
]

GOALS = {
    "pan": ("ratio", 40.0),
    "zoom": ("ratio", 12.0),
    "first paint": ("ratio", 1.5),
    "zoom with labels, 5,000": ("ratio", 100.0),
    "crisp redraw": ("at most ms", 1000.0),
    "drag one shape": ("ratio", 2.0),
    "hit test": ("at most us", 10.0),
}


def measure(page: Any, side: str, *, count: int, vertices: int, labels: bool, frames: int) -> dict[str, float]:
    """Run one side in a fresh page and return its figures."""
    options = {"count": count, "vertices": vertices, "labels": labels, "frames": frames}
    page.reload()
    result: dict[str, float] = page.evaluate(f"options => window.bench.{side}(options)", options)
    return result


def best(runs: list[dict[str, float]]) -> dict[str, float]:
    """The smallest of each figure: other work on the machine only ever adds."""
    return {key: min(run[key] for run in runs) for key in runs[0]}


def main() -> int:
    """Measure, print, and return 1 if a goal was missed."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000, help="polygons (default 20000)")
    parser.add_argument("--vertices", type=int, default=20)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--runs", type=int, default=2, help="the best of so many runs counts")
    parser.add_argument("--no-labels", action="store_true", help="leave out the part with labels, which takes longest")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "page.js"
        subprocess.run(["node", str(ROOT / "bench/canvas/build.mjs"), str(script)], check=True, cwd=ROOT)
        html = Path(folder) / "page.html"
        html.write_text('<!doctype html><meta charset="utf-8"><body style="margin:0"><script src="page.js"></script>')
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.set_default_timeout(600_000)
            page.goto(html.as_uri())
            plain = {"count": arguments.count, "vertices": arguments.vertices, "labels": False, "frames": arguments.frames}
            ours = best([measure(page, "ours", **plain) for _ in range(arguments.runs)])
            svg = best([measure(page, "baseline", **plain) for _ in range(arguments.runs)])
            labelled: tuple[dict[str, float], dict[str, float]] | None = None
            if not arguments.no_labels:
                crowd = {"count": 5_000, "vertices": arguments.vertices, "labels": True, "frames": arguments.frames}
                labelled = (measure(page, "ours", **crowd), measure(page, "baseline", **crowd))
            version = browser.version
            browser.close()

    if not ours["dragged"]:
        print("The drag did not reach the tool: its figure means nothing.", file=sys.stderr)
        return 1
    rows = [
        ("pan", ours["pan_ms"], svg["pan_ms"], "ms a frame"),
        ("zoom", ours["zoom_ms"], svg["zoom_ms"], "ms a frame"),
        ("first paint", ours["first_paint_ms"], svg["first_paint_ms"], "ms"),
        ("crisp redraw", ours["crisp_ms"], None, "ms"),
        ("drag one shape", ours["drag_ms"], svg["drag_ms"], "ms a frame"),
        ("hit test", ours["hit_us"], svg["hit_us"], "us"),
    ]
    if labelled:
        rows.insert(2, ("zoom with labels, 5,000", labelled[0]["zoom_ms"], labelled[1]["zoom_ms"], "ms a frame"))

    missed = []
    print(json.dumps({"bench": "canvas", "chromium": version, "count": arguments.count, "rows": rows}))
    print(f"{'':28}{'ours':>10}{'SVG':>12}{'ratio':>9}   goal")
    for name, mine, theirs, unit in rows:
        kind, goal = GOALS[name]
        ratio = theirs / mine if theirs else None
        reached = mine <= goal if kind.startswith("at most") else ratio is not None and ratio >= goal
        if not reached:
            missed.append(name)
        other = f"{theirs:12.2f}" if theirs else " " * 12
        times = f"{ratio:8.1f}x" if ratio else " " * 9
        wanted = f"<= {goal:g} {unit}" if kind.startswith("at most") else f">= {goal:g}x"
        print(f"{name:28}{mine:10.2f}{other}{times}   {wanted:14} {'yes' if reached else 'MISSED'}  ({unit})")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
