"""The task browser in a real notebook: make a task, find it, sort, open a job, draw, come back, see how far it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cvat_widgets as cw
from tests.e2e.annotator import AnnotatorPage
from tests.e2e.lab import NotebookPage, expect
from tests.e2e.test_accessibility import AXE, CHECK
from tests.test_dataset_import import png

Opener = Callable[..., NotebookPage]

CELL = """import cvat_widgets as cw
studio = cw.Studio({store!r}, height={height})
studio"""
FITS = """() => {
    const outer = document.querySelector("[data-testid=studio]").getBoundingClientRect();
    return [...document.querySelectorAll("[data-testid=studio] :is(button, input, select, h2, p)")].filter((element) => {
        const box = element.getBoundingClientRect();
        if (box.width === 0 || element.closest(".cvs-table-place, .cvw-visually-hidden, [role=application]")) return false;
        return box.left < outer.left - 1 || box.right > outer.right + 1;
    }).map((element) => element.outerHTML.slice(0, 120));
}"""


def opened(open_notebook: Opener, store: Path, height: int = 640, **options: Any) -> NotebookPage:
    notebook = open_notebook([CELL.format(store=str(store), height=height)], **options)
    notebook.run_all()
    notebook.page.get_by_test_id("studio").wait_for()
    return notebook


GUIDE = """# What to draw

Every **car**, and:

1. people, *also* partly hidden ones
2. nothing in the [sky](https://example.org/sky)

| object | label |
|---|---|
| taxi | car |

![a car](car.png)

<script>window.broken = true</script>
"""


def filled(store: Path) -> cw.Task:
    """A store with a project, a video in jobs, and small tasks enough for two pages."""
    sample = cw.samples.street()
    city = cw.Project.create("city", ["car", "person"], store=store)
    city.guide = GUIDE
    city.store.add_guide_asset("car.png", png((30, 90, 160), (120, 60)), project_id=city.id)
    street = city.create_task("street at noon", sample.path, segment_size=40, subset="train")
    street.jobs[0].accept()
    street.jobs[1].stage = "validation"
    street.assignee = "ann"
    for number in range(22):
        cw.Task.create(f"night {number:02}", sample.path, labels=["car", "bus"], store=store, stop_frame=number)
    return street


def dataset_file(folder: Path) -> Path:
    """Pictures in two subsets, with their labels, in a zip."""
    project = cw.Project.create("small", ["car"], store=folder / "other.sqlite")
    for count, subset in enumerate(("train", "val"), 1):
        (folder / subset).mkdir()
        for number in range(count):
            (folder / subset / f"{number}.png").write_bytes(png((9, 9, 9), (80, 60)))
        project.create_task(subset, folder / subset, subset=subset)
    return project.export(folder / "small.zip", "Datumaro 1.0", save_images=True)


def test_from_an_empty_store_to_a_box(open_notebook: Opener, tmp_path: Path) -> None:
    path = tmp_path / "studio.sqlite"
    notebook = opened(open_notebook, path, height=700)
    page = notebook.page
    studio = page.get_by_test_id("studio")
    expect(studio.get_by_test_id("empty")).to_contain_text("No tasks yet")
    studio.get_by_role("button", name="Create a task").click()
    # Mistakes are told at their fields.
    studio.get_by_test_id("task-form-create").click()
    expect(studio.get_by_text("Give it a name.")).to_be_visible()
    expect(studio.get_by_text("Say where the pictures or the video are.")).to_be_visible()
    studio.get_by_test_id("task-form-data").fill("/nowhere/at/all.mp4")
    expect(studio.get_by_text("There is no such file")).to_be_visible()
    # Pictures of one's own computer, chosen, looked at and taken back.
    own = [{"name": f"{number}.png", "mimeType": "image/png", "buffer": png((9, 9, 9), (80, 60))} for number in (10, 9)]
    studio.get_by_test_id("upload-files").set_input_files([*own, {**own[0], "name": "notes.txt"}])
    expect(studio.get_by_test_id("uploaded")).to_contain_text("2 files")
    expect(studio.get_by_test_id("uploaded")).to_contain_text("1 file that is no picture was left out")
    expect(studio.get_by_test_id("media-facts")).to_contain_text("2 frames, 80 × 60")
    expect(studio.get_by_test_id("task-form-data")).to_have_count(0)
    studio.get_by_role("button", name="Remove the uploaded files").click()
    expect(studio.get_by_test_id("upload-files")).to_be_focused()
    assert list((tmp_path / "studio_media" / "uploads").iterdir()) == []
    # A good form, by keys where there are any.
    studio.get_by_test_id("task-form-name").fill("street")
    studio.get_by_test_id("label-name").fill("car, person")
    studio.get_by_test_id("label-name").press("Enter")
    studio.get_by_test_id("task-form-data").fill(str(cw.samples.street().path))
    expect(studio.get_by_test_id("media-facts")).to_contain_text("120 frames of video")
    studio.get_by_text("Advanced").click()
    studio.get_by_label("Segment size").fill("60")
    studio.get_by_test_id("task-form-create").click()
    expect(studio.get_by_test_id("task-page")).to_contain_text("120 frames, video")
    with cw.Store.open(path) as store:
        task = cw.Task.open("street", store=store)
        assert (task.labels.names, [(job.start, job.stop) for job in task.jobs]) == (
            ["car", "person"],
            [(0, 59), (55, 114), (110, 119)],
        )
        first = task.jobs[0].id
        # Into the annotator, a box, and back.
        studio.get_by_test_id(f"open-job-{first}").click()
        canvas = AnnotatorPage(notebook)
        canvas.focus()
        canvas.draw_box((120, 80, 200, 150))
        canvas.saved()
        assert len(task.shapes) == 1
        canvas.root.get_by_test_id("action-menu").click()
        canvas.root.get_by_test_id("menu-task").click()
        state = studio.get_by_test_id(f"job-line-{first}").get_by_label(f"State of job {first}")
        expect(state).to_have_value("in progress")
        # People and stage are changed in place, and what another does shows by itself.
        studio.get_by_label(f"Assignee of job {first}").fill("ann")
        studio.get_by_label(f"Assignee of job {first}").press("Enter")
        studio.get_by_label(f"Stage of job {first}").select_option("validation")
        expect(studio.get_by_role("progressbar").first).to_have_attribute("aria-label", "0 of 3 jobs done; 1 in validation")
        row = task.jobs[0]
        assert (row.assignee, row.stage, row.state) == ("ann", "validation", "new")
        task.jobs[1].accept()
        expect(studio.get_by_role("progressbar").first).to_have_attribute("aria-valuenow", "1")
        # The list of jobs is copied where the page has no clipboard of its own, as on plain-http hubs.
        page.evaluate(
            "() => { Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true });"
            " document.addEventListener('copy', () => { window.copied = document.activeElement.value; }, { once: true }); }"
        )
        studio.get_by_role("button", name="Copy the list of jobs").click()
        expect(studio.get_by_text("The list of jobs is in the clipboard.")).to_be_visible()
        assert page.evaluate("window.copied").splitlines()[1].startswith(f"{first}\t0-59\tvalidation\tnew\tann")
        # A guide is written in Markdown and shown laid out.
        studio.get_by_test_id("guide-edit").click()
        studio.get_by_label("Guide in Markdown").fill("# Boxes\n\n<img src=x onerror='window.broken=1'>")
        studio.get_by_role("button", name="Save").click()
        expect(studio.get_by_role("article").get_by_role("heading", name="Boxes")).to_be_visible()
        assert page.evaluate("window.broken") is None
        assert task.guide.startswith("# Boxes")
        assert (
            notebook.execute("print(studio.selection, studio.task.name)").strip()
            == f"{{'kind': 'task', 'id': {task.id}}} street"
        )
        # A task of pictures that are dropped; the folder stays when the page is left.
        studio.get_by_role("tab", name="Tasks").click()
        studio.get_by_test_id("studio-new").click()
        studio.get_by_test_id("task-form-name").fill("own")
        studio.get_by_test_id("label-name").fill("car")
        studio.get_by_test_id("label-name").press("Enter")
        dropped = page.evaluate_handle(
            "data => { const all = new DataTransfer();"
            " for (const name of ['b.png', 'a.png']) all.items.add(new File([Uint8Array.from(data)], name));"
            " return all; }",
            list(png((9, 9, 9), (80, 60))),
        )
        # Beside its place a file is refused, for the browser would open it instead of the notebook.
        refused = (
            "(form, data) => !form.dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true}))"
        )
        assert studio.get_by_test_id("task-form").evaluate(refused, dropped) is True
        studio.locator(".cvs-upload-place").dispatch_event("drop", {"dataTransfer": dropped})
        expect(studio.get_by_test_id("media-facts")).to_contain_text("a.png … b.png")
        studio.get_by_test_id("task-form-create").click()
        expect(studio.get_by_test_id("task-page")).to_contain_text("2 frames")
        own = cw.Task.open("own", store=store)
        assert [int(own.frame(frame)[0, 0, 0]) for frame in range(2)] == [9, 9]
    assert notebook.errors == []


def test_lists_are_searched_sorted_filtered_and_left_by_keys(open_notebook: Opener, tmp_path: Path) -> None:
    path = tmp_path / "studio.sqlite"
    street = filled(path)
    notebook = opened(open_notebook, path)
    page = notebook.page
    studio = page.get_by_test_id("studio")
    titles = studio.locator(".cvs-task .cvs-title")
    expect(titles).to_have_count(20)
    expect(titles.first).to_have_text("night 21")
    expect(studio.get_by_test_id("range")).to_have_text("1–20 of 23")
    expect(studio.locator(".cvs-preview img").first).to_be_visible()
    studio.get_by_role("button", name="Next page").click()
    expect(titles).to_have_text(["night 01", "night 00", "street at noon"])
    search = studio.get_by_test_id("list-search")
    search.fill("assignee: ANN AND name: noon")
    expect(titles).to_have_text(["street at noon"])
    expect(studio.get_by_test_id("range")).to_have_text("1–1 of 1")
    search.fill("nothing at all")
    expect(studio.get_by_text("No tasks match.")).to_be_visible()
    studio.get_by_role("button", name="Clear search and filters").click()
    expect(titles.first).to_have_text("night 21")
    studio.get_by_test_id("list-sort").click()
    page.get_by_label("Sort by").select_option("name")
    page.get_by_role("button", name="Descending").click()
    page.get_by_test_id("sort-apply").click()
    expect(titles.first).to_have_text("night 00")
    studio.get_by_test_id("list-filter").click()
    page.get_by_label("Property").select_option("status")
    page.get_by_role("button", name="annotation", exact=True).click()
    page.get_by_role("button", name="Add rule").click()
    page.get_by_label("Property").nth(1).select_option("name")
    page.get_by_label("Value").fill("STREET")
    page.get_by_test_id("filter-apply").click()
    expect(titles).to_have_text(["street at noon"])
    expect(studio.get_by_text("Status is annotation and Name contains STREET")).to_be_visible()
    view = notebook.execute("print(studio.view['sort'], len(studio.to_frame()))")
    assert view.strip() == "name 1"
    # By keys alone: tabs by arrows, a job by Enter, back, a menu and its dialog.
    studio.get_by_role("tab", name="Tasks").focus()
    page.keyboard.press("ArrowRight")
    expect(studio.get_by_role("tab", name="Jobs")).to_be_focused()
    studio.get_by_role("button", name="In validation").press("Enter")
    second = street.jobs[1].id
    tile = studio.get_by_role("button", name=f"Open job {second} of street at noon")
    tile.press("Enter")
    canvas = AnnotatorPage(notebook)
    assert canvas.frame == street.jobs[1].start
    studio.get_by_test_id("studio-back").press("Enter")
    expect(studio.get_by_test_id("task-page")).to_be_visible()
    menu = studio.get_by_role("button", name="Actions of street at noon")
    menu.press("Enter")
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Back up street at noon")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    # A task goes only after a question.
    studio.get_by_role("tab", name="Tasks").click()
    studio.get_by_role("button", name="Clear the filter").click()
    studio.get_by_role("button", name="Actions of night 00").click()
    page.get_by_role("menuitem", name="Delete…").click()
    page.get_by_test_id("dialog-submit").click()
    expect(studio.get_by_test_id("range")).to_have_text("1–20 of 22")
    assert len(cw.tasks(path)) == 22
    # A project goes out by subset, and a dataset of one's own computer comes in.
    studio.get_by_role("tab", name="Projects").click()
    menu = studio.get_by_role("button", name="Actions of city")
    menu.click()
    page.get_by_role("menuitem", name="Export dataset…").click()
    page.get_by_test_id("export-subset").select_option("train")
    page.get_by_test_id("export-path").fill(str(tmp_path / "city.zip"))
    page.get_by_test_id("export-write").click()
    expect(studio.get_by_text("Written:")).to_be_visible()
    assert (tmp_path / "city.zip").is_file()
    menu.click()
    page.get_by_role("menuitem", name="Import dataset…").click()
    page.get_by_test_id("upload-files").set_input_files(dataset_file(tmp_path))
    expect(page.get_by_test_id("uploaded")).to_contain_text("small.zip")
    page.get_by_test_id("import-name").fill("small")
    page.get_by_test_id("dialog-submit").click()
    expect(studio.get_by_text("2 tasks of 3 frames made.")).to_be_visible()
    expect(studio.get_by_test_id(f"project-{street.project.id}")).to_contain_text("3 tasks")
    assert notebook.errors == []


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: run npm ci")
@pytest.mark.parametrize(("theme", "width"), [("light", 1500), ("dark", 760)])
def test_it_fits_and_axe_finds_nothing(open_notebook: Opener, tmp_path: Path, theme: str, width: int) -> None:
    path = tmp_path / "studio.sqlite"
    street = filled(path)
    notebook = opened(open_notebook, path, theme=theme, width=width)
    page = notebook.page
    studio = page.get_by_test_id("studio")
    page.add_script_tag(path=str(AXE))

    problems: list[tuple[str, str]] = []

    def check(name: str) -> None:
        problems.extend((name, each) for each in [*page.evaluate(CHECK), *page.evaluate(FITS)])
        if name in ("tasks", "task", "project"):
            notebook.screenshot(f"studio-{name}-{theme}-{width}")

    expect(studio.locator(".cvs-preview img").first).to_be_visible()
    check("tasks")
    studio.get_by_test_id("list-filter").click()
    check("filter")
    page.keyboard.press("Escape")
    for tab in ("Jobs", "Projects"):
        studio.get_by_role("tab", name=tab).click()
        expect(studio.locator(".cvs-tile .cvs-preview img").first).to_be_visible()
        check(tab.lower())
    studio.get_by_role("button", name="Open project city").click()
    expect(studio.get_by_test_id("project-page")).to_be_visible()
    expect(studio.locator(".cvs-task")).to_have_count(1)
    guide = studio.get_by_role("article")
    expect(guide.get_by_role("heading", name="What to draw")).to_be_visible()
    expect(guide.get_by_role("img", name="a car")).to_be_visible()
    expect(guide.get_by_role("cell", name="taxi")).to_be_visible()
    studio.get_by_test_id("project-assignee").fill("zoe")
    studio.get_by_test_id("project-assignee").press("Enter")
    check("project")
    assert street.project.assignee == "zoe"
    studio.get_by_role("button", name="street at noon", exact=True).click()
    expect(studio.get_by_test_id(f"open-job-{street.jobs[0].id}")).to_be_visible()
    check("task")
    studio.get_by_role("button", name="Actions of street at noon").click()
    check("menu")
    page.get_by_role("menuitem", name="Export dataset…").click()
    check("export")
    page.keyboard.press("Escape")
    studio.get_by_role("tab", name="Tasks").click()
    studio.get_by_test_id("studio-new").click()
    studio.get_by_test_id("label-name").fill("car, person")
    studio.get_by_test_id("label-name").press("Enter")
    studio.get_by_text("Advanced").click()
    studio.get_by_test_id("task-form-create").click()
    check("form")
    assert problems == []
