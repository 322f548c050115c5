"""The annotator as somebody at the screen uses it: mouse and keys, nothing else.

The handle that the widget leaves on its root element is read only to know where a pixel of the picture is on the screen and
what
the editor believes; what was done is checked in the store.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.e2e.lab import NotebookPage, expect

ROOT = ".cvw-root[role=application]"


class AnnotatorPage:
    """One annotator in a notebook."""

    def __init__(self, notebook: NotebookPage, index: int = 0) -> None:
        self.notebook = notebook
        self.page = notebook.page
        self.root = self.page.locator(ROOT).nth(index)
        self.index = index
        self.ready()

    def ready(self) -> None:
        """Wait until the annotator shows its first picture and everything is saved."""
        self.root.wait_for(state="visible")
        self.root.scroll_into_view_if_needed()
        self.wait("editor.player.image.value !== null")
        self.saved()

    # -- what the editor believes --------------------------------------------------------------------------------

    def ask(self, expression: str) -> Any:
        """Evaluate JavaScript with ``editor`` and ``scene`` of this annotator."""
        return self.page.evaluate(
            f"""([selector, index]) => {{
                const {{ editor, scene }} = document.querySelectorAll(selector)[index].cvatWidgets;
                return ({expression});
            }}""",
            [ROOT, self.index],
        )

    def wait(self, condition: str) -> None:
        """Wait until JavaScript with ``editor`` and ``scene`` is true."""
        self.page.wait_for_function(
            f"""([selector, index]) => {{
                const handle = document.querySelectorAll(selector)[index]?.cvatWidgets;
                if (!handle) return false;
                const {{ editor, scene }} = handle;
                return Boolean({condition});
            }}""",
            arg=[ROOT, self.index],
        )

    def saved(self) -> None:
        """Wait until the bar says that everything is on disk."""
        expect(self.root.get_by_test_id("save-state")).to_have_text("Saved")

    @property
    def frame(self) -> int:
        return int(self.ask("editor.frame.value"))

    @property
    def selection(self) -> list[int]:
        return list(self.ask("[...editor.selection.value]"))

    # -- mouse and keys ------------------------------------------------------------------------------------------

    def screen(self, x: float, y: float) -> tuple[float, float]:
        """Where a pixel of the picture is on the page."""
        left, top = self.ask(f"scene.toScreen({x}, {y})")
        return left, top

    def move(self, x: float, y: float) -> None:
        self.page.mouse.move(*self.screen(x, y), steps=3)

    def click(self, x: float, y: float, **options: Any) -> None:
        self.move(x, y)
        self.page.mouse.click(*self.screen(x, y), **options)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.move(*start)
        self.page.mouse.down()
        self.page.mouse.move(*self.screen((start[0] + end[0]) / 2, (start[1] + end[1]) / 2), steps=4)
        self.page.mouse.move(*self.screen(*end), steps=4)
        self.page.mouse.up()

    def press(self, *keys: str) -> None:
        """Press keys with the annotator focused."""
        for key in keys:
            self.page.keyboard.press(key)

    def focus(self) -> None:
        self.root.focus()

    def draw_box(self, box: tuple[float, float, float, float]) -> None:
        """Press N and draw a box with two clicks."""
        before = len(self.ask("[...editor.document.all()].map((record) => record.id)"))
        self.press("n")
        self.click(box[0], box[1])
        self.click(box[2], box[3])
        self.wait(f"[...editor.document.all()].length === {before + 1}")

    def go_to(self, frame: int) -> None:
        """Type a frame number into the frame field."""
        field = self.root.get_by_test_id("frame-input")
        field.fill(str(frame))
        field.press("Enter")
        self.wait(f"editor.frame.value === {frame} && scene.upToDate")
        self.focus()

    def choose_track_mode(self) -> None:
        """Make the next drawing a track."""
        self.root.get_by_test_id("draw-mode-track").click()
        self.focus()


def near(found: Any, wanted: list[float], tolerance: float = 1.5) -> None:
    """Assert that coordinates are those wanted, but for what a click or a drag is off by."""
    np.testing.assert_allclose(np.asarray(found, float), wanted, atol=tolerance)
