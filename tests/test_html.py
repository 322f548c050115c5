"""The stand-alone HTML file: its size, its packing, and Chromium opening it from disk without a network."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cvat_widgets as cw
from cvat_widgets.errors import AnnotationError
from cvat_widgets.static_html import to_html
from cvat_widgets.static_html.packing import packed, unpacked


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, cw.Task]:
    folder = tmp_path_factory.mktemp("html")
    clip = cw.samples.street(folder)
    task = cw.Task.create("street <1>", clip.path, labels=clip.labels, store=folder / "store.sqlite")
    task.add(cw_rows(clip))
    return to_html(task, folder / "street.html", max_frames=100), task


def cw_rows(clip) -> pd.DataFrame:
    from cvat_widgets.dataframe import to_dataframe
    from cvat_widgets.model.frames import FrameIndex

    names = [f"frame_{number:06d}" for number in range(clip.frame_count)]
    sizes = (np.full(len(names), side, np.int32) for side in clip.size)
    return to_dataframe(clip.table, clip.labels, FrameIndex(names, *sizes))


def read(path: Path) -> tuple[dict, list[bytes]]:
    text = path.read_bytes().decode()
    size, body = re.search(r'id="data" data-bytes="(\d+)">(.*?)</script>', text, re.DOTALL).groups()
    facts = json.loads(gzip.decompress(unpacked(body, int(size))))
    bodies = re.findall(r'id="f\d+">(.*?)</script>', text, re.DOTALL)
    return facts, [unpacked(part, frame["bytes"]) for part, frame in zip(bodies, facts["frames"], strict=True)]


def test_packing_is_exact() -> None:
    random = np.random.default_rng(0)
    for length in (0, 1, 6, 7, 8, 1000, 4099):
        data = random.integers(0, 256, length, np.uint8).tobytes()
        text = packed(data)
        assert unpacked(text, length) == data
        assert not set(text) & {"\0", "\n", "\r", "<"}


def test_holds_frames_and_objects_and_is_small(page) -> None:
    path, task = page
    facts, pictures = read(path)
    assert len(facts["frames"]) == 60  # every other one of 120
    assert facts["total"] == 120
    assert all(data[:2] == b"\xff\xd8" for data in pictures)
    on_frame = task.to_frame(interpolate=True).query("frame == 40")
    place = [frame["number"] for frame in facts["frames"]].index(40)
    assert sorted(item[1] for item in facts["objects"] if item[0] == place) == sorted(on_frame["id"])


def test_a_hundred_frames_take_at_most_1_2_times_their_jpegs(page, tmp_path: Path) -> None:
    _, task = page
    task.delete_frames(range(100, 120))
    path = to_html(task, tmp_path / "hundred.html", max_frames=100)
    task.restore_frames()
    facts, pictures = read(path)
    assert len(facts["frames"]) == 100
    ratio = path.stat().st_size / sum(map(len, pictures))
    print(f"\n100 frames: {path.stat().st_size / 1e6:.2f} MB, {ratio:.3f} times their JPEGs")
    assert ratio <= 1.2


def test_nothing_to_write(tmp_path: Path) -> None:
    task = cw.Task.create("one", np.zeros((1, 8, 8, 3), np.uint8), labels=["car"], store=tmp_path / "store.sqlite")
    task.delete_frames([0])
    with pytest.raises(AnnotationError, match="no frame"):
        to_html(task, tmp_path / "x.html")


def test_chromium_opens_it_from_disk(page) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    path, task = page
    with sync_api.sync_playwright() as playwright:
        installed = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if installed is None and not Path(playwright.chromium.executable_path).exists():
            pytest.skip("Chromium is not installed")
        browser = playwright.chromium.launch(executable_path=installed, args=["--no-sandbox"])
        context = browser.new_context(offline=True, viewport={"width": 1200, "height": 760})
        tab = context.new_page()
        problems: list[str] = []
        requests: list[str] = []
        tab.on("pageerror", lambda error: problems.append(str(error)))
        tab.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        tab.on("request", lambda request: requests.append(request.url))
        tab.goto(path.as_uri())

        def drawn() -> str:
            return tab.evaluate("document.body.dataset.drawn")

        tab.wait_for_function("document.body.dataset.drawn?.startsWith('0:')")
        assert tab.title() == "street <1>"
        tab.locator("#scrub").fill("20")
        tab.wait_for_function("document.body.dataset.drawn?.startsWith('40:')")
        rows = task.to_frame(interpolate=True).query("frame == 40")
        assert drawn() == f"40:{len(rows)}"
        colors = tab.evaluate(
            "(() => { const c = document.getElementById('view'); const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
            " const s = new Set(); for (let i = 0; i < d.length; i += 400) s.add(d[i] >> 4); return s.size; })()"
        )
        assert colors > 6  # a picture, not a blank
        tab.get_by_role("checkbox", name="car").uncheck()
        people = (rows["label"] == "person").sum()
        tab.wait_for_function(f"document.body.dataset.drawn === '40:{people}'")
        tab.get_by_role("checkbox", name="car").check()
        number = int(rows["id"].iloc[0])
        tab.locator("#search").fill(f" {number}")
        tab.locator("#search").fill("")
        tab.keyboard.press("Tab")
        tab.locator("#view").focus()
        tab.keyboard.press("ArrowRight")
        tab.wait_for_function("document.body.dataset.drawn?.startsWith('42:')")
        tab.locator("#objects li").first.click()
        assert tab.locator("#objects li.chosen").count() == 1
        assert tab.locator("#timeline").bounding_box()["height"] > 5
        tab.screenshot(path=str(path.with_suffix(".png")))
        browser.close()
    assert problems == []
    assert not [url for url in requests if not url.startswith(("file:", "blob:", "data:"))]
