"""Take the pictures of the documentation from the real widget in a real browser.

    python docs/make_pictures.py                # all
    python docs/make_pictures.py filter moving  # only these

It needs what the end-to-end tests need: JupyterLab, Playwright and a Chromium.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Locator, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from tests.e2e.annotator import AnnotatorPage  # noqa: E402
from tests.e2e.lab import CHROMIUM_FLAGS, LabServer, NotebookPage, chromium_path, write_notebook  # noqa: E402

IMAGES = ROOT / "docs" / "images"
LARGEST = 200_000
LARGEST_MOVING = 1_000_000
WIDTH = 860

SETUP = """
import numpy as np
import cvat_widgets as cw

sample = cw.samples.street()
store = {store!r}
task = cw.Task.create("street", sample.path, labels=sample.labels, store=store)
rows = []
for number, (figure, boxes) in enumerate(zip(sample.scene.figures, sample.boxes), start=1):
    there = np.flatnonzero(~np.isnan(boxes[:, 0]))
    first, last = int(there[0]), int(there[-1])
    values = {{f"attr.{{name}}": value for name, value in figure.attributes.items()}}
    for frame in sorted({{first, *range(first - first % 8 + 8, last, 8), last}}):
        visible = float(sample.visibility[number - 1, frame])
        rows.append(dict(frame=frame, label=figure.label, type="rectangle", points=boxes[frame].round(1), track_id=number,
                         occluded=visible < 0.85, **values))
    if last < len(task) - 1:
        rows.append(dict(rows[-1], frame=last + 1, outside=True))
if {annotated!r}:
    task.add(rows)
"""
SHOWN = "annotator = cw.Annotator(task, height={height}, frame={frame})\nannotator"


class Studio:
    """Opens notebooks with the sample task and keeps pictures of them."""

    def __init__(self, lab: LabServer, browser: Browser, folder: Path) -> None:
        self.lab, self.browser, self.folder = lab, browser, folder
        self.count = 0

    def open(
        self, *cells: str, theme: str = "light", width: int = 1500, height: int = 1400, annotated: bool = True
    ) -> NotebookPage:
        """Open a notebook in a tab of its own and run it."""
        self.count += 1
        setup = SETUP.format(store=str(self.folder / f"{self.count}.sqlite"), annotated=annotated)
        name = f"pictures-{self.count}.ipynb"
        write_notebook(self.lab.root / name, [setup, *cells])
        context = self.browser.new_context(viewport={"width": width, "height": height})
        notebook = NotebookPage(self.lab, context, name, theme=theme)
        notebook.run_all()
        return notebook

    def annotator(self, *, frame: int = 48, height: int = 740, **options: object) -> AnnotatorPage:
        """Open an annotator on the sample task."""
        page = AnnotatorPage(self.open(SHOWN.format(frame=frame, height=height), **options))  # type: ignore[arg-type]
        page.ask('editor.setSetting("timelineHeight", 196)')  # as high as six tracks need
        page.root.get_by_test_id("timeline").wait_for()
        page.page.wait_for_timeout(800)
        return page


def palette_of(pictures: list[Image.Image], count: int) -> Image.Image:
    """Return a palette for pictures: half of it for what is large, half for what is small and of a colour of its own."""
    width = max(each.width for each in pictures)
    strip = Image.new("RGB", (width, sum(each.height for each in pictures)))
    top = 0
    for each in pictures:
        strip.paste(each, (0, top))
        top += each.height
    colors: list[int] = []
    for method in (Image.Quantize.MEDIANCUT, Image.Quantize.MAXCOVERAGE):
        colors += (strip.quantize(count // 2, method).getpalette() or [])[: count // 2 * 3]
    palette = Image.new("P", (1, 1))
    palette.putpalette(colors)
    return palette


def keep(place: Locator, name: str) -> None:
    """Write a picture of a part of the page, as PNG with a palette."""
    toasts = place.page.get_by_test_id("toast").all_inner_texts()
    if toasts:
        raise SystemExit(f"{name}: the annotator says {toasts}; build the front end and try again")
    shot = Image.open(io.BytesIO(place.screenshot())).convert("RGB")
    target = IMAGES / f"{name}.png"
    shot.quantize(palette=palette_of([shot], 256), dither=Image.Dither.NONE).save(target, optimize=True)
    size = target.stat().st_size
    print(f"{target.name}: {shot.width} × {shot.height}, {size / 1000:.0f} KB")
    if size > LARGEST:
        raise SystemExit(f"{target} has {size} bytes, more than {LARGEST}")


def select_red_car(page: AnnotatorPage) -> None:
    """Select the red car, whose window nothing hides on frame 24, and show its attributes."""
    page.focus()
    page.click(600, 240)
    page.wait("editor.selection.value.length === 1")
    page.move(320, 60)
    page.page.wait_for_timeout(500)


def annotator_light(studio: Studio) -> None:
    page = studio.annotator(frame=24)
    select_red_car(page)
    keep(page.root, "annotator")


def annotator_dark(studio: Studio) -> None:
    page = studio.annotator(frame=24, theme="dark")
    select_red_car(page)
    keep(page.root, "annotator-dark")


def objects(studio: Studio) -> None:
    page = studio.annotator(frame=24)
    select_red_car(page)
    keep(page.root.locator(".cvw-sidebar"), "objects")


def timeline(studio: Studio) -> None:
    page = studio.annotator(frame=48)
    keep(page.root.locator(".cvw-timeline"), "timeline")


def attributes(studio: Studio) -> None:
    page = studio.annotator(frame=24, width=1300, height=640)
    page.root.get_by_test_id("workspace").select_option("attributes")
    page.root.get_by_test_id("attributes-workspace").wait_for()
    page.focus()
    page.press("Tab", "Tab")  # from the first person to the red car
    page.page.wait_for_timeout(1200)
    keep(page.root, "attributes")


def filtering(studio: Studio) -> None:
    page = studio.annotator(frame=48, width=1300)
    page.root.get_by_test_id("filter-button").click()
    dialog = page.root.get_by_role("dialog", name="Filter")
    dialog.get_by_role("button", name="Add rule").click()
    dialog.get_by_label("Value", exact=True).select_option(label="car")
    dialog.get_by_role("button", name="Add rule").click()
    dialog.get_by_label("Property").last.select_option(label="car: paint")
    dialog.get_by_label("Operator").last.select_option(label="any in")
    for color in ("blue", "red"):
        dialog.get_by_role("button", name=color).click()
    page.page.wait_for_timeout(600)
    keep(dialog, "filter")


def layers(studio: Studio) -> None:
    """A heat map of what has moved, and names, drawn by Python."""
    cells = """
import cv2
import numpy as np

still = np.median([task.frame(number) for number in range(0, len(task), 10)], axis=0).astype(np.uint8)
annotator = cw.Annotator(task, frame=48, height=600)


@annotator.overlay
def movement(canvas, frame, rows):
    return np.minimum(cv2.blur(cv2.absdiff(task.frame(frame), still).max(axis=2), (15, 15)) / 70, 1.0)


annotator
"""
    page = AnnotatorPage(studio.open(cells, width=1300))
    page.ask('editor.setSetting("timelineHeight", 120)')
    page.root.get_by_role("button", name="Layers drawn by Python").wait_for()
    page.focus()
    page.press("F2")
    page.root.get_by_role("tab", name="Picture").click()
    page.root.get_by_role("heading", name="Layers drawn by Python").scroll_into_view_if_needed()
    page.page.wait_for_timeout(1500)
    keep(page.root, "layers")


def contact_sheet(studio: Studio) -> None:
    sheet = """
rows = task.to_frame(interpolate=True).query("frame % 24 == 0")
sheet = cw.ContactSheet(rows, task, captions=["label", "frame"], size=130, columns=8, per_page=24)
sheet
"""
    notebook = studio.open(sheet, width=1400)
    canvas = notebook.page.locator(".jp-OutputArea-output canvas").first
    canvas.wait_for()
    notebook.page.wait_for_timeout(1500)
    keep(notebook.page.locator(".jp-OutputArea-output .widget-vbox").first, "contact-sheet")


def moving(studio: Studio) -> None:
    """Draw a box, make it a track, and play: a GIF, so that it is seen on GitHub as well."""
    page = studio.annotator(frame=56, height=560, width=1360, annotated=False)
    page.ask('editor.setSetting("timelineHeight", 96)')
    frames: list[tuple[Image.Image, int]] = []

    def shot(milliseconds: int) -> None:
        picture = Image.open(io.BytesIO(page.root.screenshot())).convert("RGB")
        size = (WIDTH, round(picture.height * WIDTH / picture.width))
        frames.append((picture.resize(size, Image.Resampling.LANCZOS), milliseconds))

    def glide(start: tuple[float, float], end: tuple[float, float], steps: int) -> None:
        for step in range(1, steps + 1):
            share = step / steps
            x, y = (a + (b - a) * share for a, b in zip(start, end, strict=True))
            page.page.mouse.move(*page.screen(x, y))
            page.page.wait_for_timeout(60)
            shot(110)

    # The true boxes of the blue car: where a person would draw.
    first, last = (93, 230, 263, 305), (389, 230, 560, 305)
    page.choose_track_mode()
    shot(900)
    page.press("n")
    page.page.mouse.move(*page.screen(first[0], first[1]))
    shot(300)
    page.page.mouse.click(*page.screen(first[0], first[1]))
    glide(first[:2], first[2:], 6)
    page.page.mouse.click(*page.screen(first[2], first[3]))
    page.page.wait_for_timeout(500)
    shot(900)
    page.go_to(100)
    page.page.wait_for_timeout(400)
    shot(600)
    box = (first[0] + 85, first[1] + 37)
    page.click(*box)
    page.page.mouse.down()
    glide(box, (box[0] + last[0] - first[0], box[1]), 7)
    page.page.mouse.up()
    page.saved()
    page.page.wait_for_timeout(400)
    shot(900)
    for frame in range(56, 101, 3):
        page.go_to(frame)
        shot(100)
    shot(1500)

    palette = palette_of([picture for picture, _ in frames[::5]], 160)
    drawn = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture, _ in frames]
    target = IMAGES / "draw-and-play.gif"
    drawn[0].save(target, save_all=True, append_images=drawn[1:], duration=[time for _, time in frames], loop=0, optimize=True)
    size = target.stat().st_size
    print(f"{target.name}: {len(frames)} pictures, {size / 1000:.0f} KB")
    if size > LARGEST_MOVING:
        raise SystemExit(f"{target} has {size} bytes, more than {LARGEST_MOVING}")


PICTURES: dict[str, Callable[[Studio], None]] = {
    "annotator": annotator_light,
    "annotator-dark": annotator_dark,
    "objects": objects,
    "timeline": timeline,
    "attributes": attributes,
    "filter": filtering,
    "contact-sheet": contact_sheet,
    "moving": moving,
    "layers": layers,
}


def main() -> None:
    """Take the pictures named on the command line, or all."""
    wanted = sys.argv[1:] or list(PICTURES)
    path = chromium_path()
    if path is None:
        raise SystemExit("Chromium is not installed: apt-get install -y chromium")
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="cvat-widgets-pictures-") as name:
        folder = Path(name)
        (folder / "notebooks").mkdir()
        (folder / "home").mkdir()
        lab = LabServer(folder / "notebooks", folder / "home")
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
                for each in wanted:
                    studio = Studio(lab, browser, folder)
                    studio.count = 100 * list(PICTURES).index(each)
                    PICTURES[each](studio)
                    for context in browser.contexts:
                        context.close()
                browser.close()
        finally:
            lab.close()


if __name__ == "__main__":
    main()
