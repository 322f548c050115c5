"""Two people, two kernels, one store: issues on regions and objects, answers, resolving, stage and state, the guide."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import cvat_widgets as cw
from tests.e2e.annotator import AnnotatorPage
from tests.e2e.lab import NotebookPage, expect
from tests.e2e.test_accessibility import AXE, CHECK

Opener = Callable[..., NotebookPage]

MAKE = """import os
os.environ["JUPYTERHUB_USER"] = "ann"
import io, cvat_widgets as cw
from PIL import Image
sample = cw.samples.street()
task = cw.Task.create("reviewed", sample.path, labels=["car", "person", "bicycle"], store={store!r})
task.add([
    dict(frame=0, label="bicycle", type="polygon", points=[530, 90, 600, 90, 620, 120, 600, 170, 540, 170]),
    dict(frame=0, label="car", type="rectangle", points=[352, 206, 486, 260]),
    dict(frame=3, label="car", type="rectangle", points=[352, 206, 486, 260]),
    dict(frame=3, label="person", type="rectangle", points=[30, 30, 60, 90]),
])
picture = io.BytesIO()
Image.new("RGB", (240, 60), "#4c7").save(picture, "PNG")
task.guide = {guide!r}
task.store.add_guide_asset("how.png", picture.getvalue(), task_id=task.id)
task.jobs[0].assignee, task.jobs[0].reviewer = "ann", "rev"
truth = task.create_ground_truth("manual", frames=[0, 3])
truth.add([
    dict(frame=0, label="car", type="rectangle", points=[352, 206, 486, 300]),
    dict(frame=3, label="car", type="rectangle", points=[352, 206, 486, 260]),
    dict(frame=3, label="bicycle", type="ellipse", points=[300, 120, 340, 90]),
])
truth.accept()
task.quality_settings = cw.quality.QualitySettings(max_validations_per_job=3, target_metric_threshold=0.9)
annotator = cw.Annotator(task.jobs[0], height=640)
annotator"""
OPEN = """import os
os.environ["JUPYTERHUB_USER"] = "rev"
import cvat_widgets as cw
task = cw.Task.open("reviewed", store={store!r})
cw.Annotator(task.jobs[0], height=640)"""
GUIDE = """# How to annotate cars

Draw **tight** boxes around *every* car, also around parked ones. See [the rules](https://example.org/rules).

1. Find the car.
2. Draw `rectangle` from corner to corner.

| what | label |
|---|:-:|
| van | car |
| tram | – |

![This is how](how.png) <script>window.evil = 1</script> [bad](javascript:window.evil=1)
"""


def in_review(page: AnnotatorPage) -> None:
    page.root.get_by_test_id("workspace").select_option("review")
    expect(page.root.get_by_test_id("review-workspace")).to_be_visible()


def test_two_people_talk_about_issues_live(open_notebook: Opener, tmp_path: Path) -> None:
    store = str(tmp_path / "review.sqlite")
    first = open_notebook([MAKE.format(store=store, guide=GUIDE)], name="ann.ipynb", width=1400)
    first.run_all()
    ann = AnnotatorPage(first)

    # The guide opens by itself, once; what is dangerous in it is text.
    guide = ann.root.get_by_role("dialog", name="Guide")
    expect(guide.get_by_role("heading", name="How to annotate cars")).to_be_visible()
    expect(guide.get_by_role("img", name="This is how")).to_be_visible()
    assert guide.locator("a").evaluate_all("links => links.map((link) => link.href)") == ["https://example.org/rules"]
    assert ann.page.evaluate("window.evil === undefined")
    ann.page.keyboard.press("Escape")
    expect(guide).to_have_count(0)

    second = open_notebook([OPEN.format(store=store)], name="rev.ipynb", theme="dark", width=1400)
    second.run_all()
    rev = AnnotatorPage(second)
    rev.root.get_by_role("dialog", name="Guide").wait_for()
    rev.page.keyboard.press("Escape")
    in_review(rev)

    # A region by a drag.
    rev.focus()
    rev.press("n")
    rev.wait("editor.tool.value === 'issue'")
    rev.drag((100, 60), (220, 160))
    form = rev.root.get_by_test_id("issue-form")
    expect(form).to_be_visible()
    form.get_by_test_id("issue-message").fill("A car is missing here")
    form.get_by_test_id("issue-message").press("Enter")
    expect(form).to_have_count(0)
    # An object by a right click.
    rev.click(420, 230, button="right")
    menu = rev.root.get_by_test_id("context-menu")
    expect(menu.get_by_role("menuitem")).to_have_count(4)
    menu.get_by_role("menuitem", name="Quick issue: Wrong position").click()
    # A point, by a click.
    rev.focus()
    rev.press("n")
    rev.click(600, 300)
    form.get_by_test_id("issue-message").fill("What is this?\nA second line, <b>not bold</b>")
    form.get_by_role("button", name="Open", exact=True).click()
    expect(rev.root.get_by_test_id("issues-panel").locator(".cvw-issue", has_text="What is this")).to_be_visible()

    # The annotator sees all three at once, and answers.
    expect(ann.root.get_by_role("tab", name="Issues (3)")).to_be_visible()
    pins = ann.root.locator(".cvw-pin")
    expect(pins).to_have_count(3)
    region, on_object, point = (row for row in cw.Task.open("reviewed", store=store).issues.itertuples())
    assert [round(value) for value in region.position] == pytest.approx([100, 60, 220, 160], abs=2)
    assert (on_object.message, on_object.owner, on_object.assignee) == ("Wrong position", "rev", "ann")
    assert list(on_object.position) == [352, 206, 486, 260]
    assert int(on_object.object_id) == int(ann.ask("editor.objects.value.find((each) => each.points[0] === 352).id"))
    assert len(point.position) == 2
    ann.root.get_by_test_id(f"pin-{region.id}").click()
    thread = ann.root.get_by_test_id(f"thread-{region.id}")
    thread.get_by_test_id("answer").fill("It is a shadow")
    thread.get_by_test_id("answer").press("Enter")
    expect(thread.get_by_role("listitem")).to_have_count(2)
    thread.get_by_role("button", name="Resolve").click()
    expect(ann.root.get_by_role("tab", name="Issues (2)")).to_be_visible()
    first.screenshot("review-thread-light")

    # The reviewer hears of it, and reopens.
    row = rev.root.get_by_test_id(f"issue-{region.id}")
    expect(rev.root.get_by_role("tab", name="Issues (2)")).to_be_visible()
    rev.root.get_by_label("Which issues").select_option("all")
    row.get_by_role("button").first.click()
    expect(row).to_contain_text("It is a shadow")
    row.get_by_role("button", name="Reopen").click()
    expect(ann.root.get_by_role("tab", name="Issues (3)")).to_be_visible()
    # Pins follow the picture.
    ann.focus()
    ann.page.keyboard.press("Control+Shift+R")
    ann.wait("scene.viewport.turn.value !== 0")
    corners = ann.ask("[[100, 60], [220, 60], [220, 160], [100, 160]].map(([x, y]) => scene.toScreen(x, y))")
    after = ann.root.get_by_test_id(f"pin-{region.id}").bounding_box()
    assert after is not None
    edges = (min(x for x, _ in corners), min(y for _, y in corners))
    assert (after["x"], after["y"] + after["height"]) == pytest.approx(edges, abs=3)

    # Own comments are changed, other people's are not; an issue is removed by who opened it.
    rev.root.get_by_test_id(f"issue-{point.id}").get_by_role("button").first.click()
    thread = rev.root.get_by_test_id(f"thread-{point.id}")
    thread.get_by_role("button", name="Change the comment").click()
    thread.get_by_test_id("comment-text").fill("What is that?")
    thread.get_by_test_id("comment-text").press("Enter")
    expect(thread).to_contain_text("changed")
    thread.get_by_role("button", name="Remove the issue").click()
    thread.get_by_role("button", name="Remove it with all answers").click()
    expect(pins).to_have_count(2)
    expect(ann.root.get_by_role("tab", name="Issues (2)")).to_be_visible()

    # Conflicts with the ground truth, for the reviewer alone.
    rev.root.get_by_role("tab", name="Conflicts").click()
    rev.root.get_by_role("button", name="Compare with the ground truth").click()
    conflicts = rev.root.get_by_test_id("conflicts-panel").get_by_role("listitem")
    expect(conflicts).to_have_count(4)
    conflicts.filter(has_text="Missing annotation").click()
    rev.wait("editor.frame.value === 3 && scene.upToDate")
    rev.page.wait_for_timeout(300)
    second.screenshot("review-conflicts-dark")
    rev.root.get_by_role("tab", name="Issues").click()
    rev.root.get_by_role("button", name="Previous issue").click()
    rev.wait("editor.frame.value === 0")

    # Stage and state; the annotator finishes and hears how good it is.
    rev.root.get_by_test_id("action-job").click()
    dialog = rev.root.get_by_role("dialog", name="Job")
    dialog.get_by_test_id("job-stage").select_option("validation")
    dialog.get_by_role("button", name="Send back").click()
    expect(dialog.get_by_test_id("job-state")).to_have_value("rejected")
    expect(dialog).to_contain_text("Names in a file store are a matter of trust")
    expect(ann.root.get_by_role("button", name="annotation, rejected")).to_be_visible()
    ann.root.get_by_role("button", name="annotation, rejected").click()
    ann.root.get_by_test_id("finish-job").click()
    expect(ann.root.get_by_test_id("verdict")).to_contain_text("below what is asked for")
    job = cw.Task.open("reviewed", store=store).jobs[0]
    assert (job.stage, job.state, job.assignee) == ("annotation", "completed", "ann")
    ann.page.keyboard.press("Escape")
    # A cell opens an issue, too.
    first.execute("task.jobs[0].open_issue(3, (352, 206, 486, 260), 'from a cell')")
    expect(ann.root.get_by_role("tab", name="Issues (3)")).to_be_visible()
    issues = cw.Task.open("reviewed", store=store).issues.set_index("id")
    assert (bool(issues.loc[region.id, "resolved"]), int(issues.loc[region.id, "comments"])) == (False, 2)
    assert sorted(issues["message"]) == ["A car is missing here", "Wrong position", "from a cell"]

    if AXE.exists():
        for page in (ann, rev):
            page.page.keyboard.press("Escape")
            page.page.add_script_tag(path=str(AXE))
            assert page.page.evaluate(CHECK) == []
    assert not first.errors
    assert not second.errors
