"""Review called from the browser: issues, who may change what, live news to other views, stage and state, conflicts, the guide."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import cvat_widgets as cw
from cvat_widgets.job import Job
from cvat_widgets.widgets.markdown import parse_markdown
from cvat_widgets.widgets.markdown_inline import safe_link
from tests.waiting import until
from tests.widgets.conftest import Wire
from tests.widgets.test_action_methods import answer_to

_numbers = iter(range(1, 1 << 30))


def ask(wire: Wire, method: str, **params: Any) -> Any:
    """Call a method, and return what it returns."""
    answer = answered(wire, method, **params)
    assert answer["t"] == "result", answer
    return answer["result"]


def answered(wire: Wire, method: str, **params: Any) -> dict[str, Any]:
    number = next(_numbers)
    wire.session.handle({"t": "rpc", "client": "a", "id": number, "method": method, "params": params}, [])
    return answer_to(wire, number)


def refusal(wire: Wire, method: str, **params: Any) -> str:
    answer = answered(wire, method, **params)
    assert answer["t"] == "error", answer
    return str(answer["error"]["message"])


def news(wire: Wire) -> list[dict[str, Any]]:
    return [message for _, message, _ in wire.sent if message["t"] == "review"]


def welcome(wire: Wire) -> dict[str, Any]:
    return next(each for each in wire.ask({"t": "hello", "client": "a", "protocol": 1}) if each["t"] == "welcome")


@pytest.fixture
def reviewer(job: Job) -> Iterator[Wire]:
    made = Wire(job)
    made.session.user = "rev"
    yield made
    made.session.close()


# -- issues ------------------------------------------------------------------------------------------------------------


def test_an_issue_is_opened_answered_resolved_reopened_and_heard_of_by_the_other_view(
    wire: Wire, reviewer: Wire, job: Job
) -> None:
    opened = ask(reviewer, "review.open", frame=2, position=[3, 4, 20, 30.5], message="too wide", object=7)["issue"]
    assert (opened["frame"], opened["position"], opened["object"]) == (2, [3.0, 4.0, 20.0, 30.5], 7)
    assert (opened["owner"], opened["resolved"], opened["comments"][0]["message"]) == ("rev", False, "too wide")
    # The view of the annotator has heard of it, and so has the reviewer's own.
    assert [each["issues"] for each in news(wire)] == [1]
    assert [each["issues"] for each in news(reviewer)] == [1]
    said = ask(wire, "review.comment", issue=opened["id"], message="better now?")["issue"]["comments"]
    assert [(each["owner"], each["message"]) for each in said] == [("rev", "too wide"), ("ann", "better now?")]
    assert ask(wire, "review.resolve", issue=opened["id"], resolved=True)["issue"]["resolved"] is True
    assert news(reviewer)[-1]["issues"] == 0
    assert job.issue(opened["id"]).resolved
    ask(reviewer, "review.resolve", issue=opened["id"], resolved=False)
    assert news(wire)[-1]["issues"] == 1
    listed = ask(wire, "review.list")
    assert [(each["id"], each["resolved"], len(each["comments"])) for each in listed["issues"]] == [(opened["id"], False, 2)]
    assert listed["quick"] == ["Wrong position", "Wrong attribute", "too wide"]
    assert {"ann", "rev"} <= set(listed["people"])
    assert (listed["security"], listed["ground_truth"], listed["job"]["type"]) == ("advisory", False, "annotation")
    json.dumps(listed)


def test_comments_are_changed_by_their_author_alone(wire: Wire, reviewer: Wire) -> None:
    issue = ask(reviewer, "review.open", frame=0, position=[1, 2], message="first")["issue"]["id"]
    comment = ask(wire, "review.comment", issue=issue, message="oops")["issue"]["comments"][1]["id"]
    assert "written by ann" in refusal(reviewer, "review.edit_comment", issue=issue, comment=comment, message="mine")
    changed = ask(wire, "review.edit_comment", issue=issue, comment=comment, message="well")["issue"]
    assert changed["comments"][1]["message"] == "well"
    assert "Remove the issue" in refusal(
        reviewer, "review.edit_comment", issue=issue, comment=changed["comments"][0]["id"], message=None
    )
    left = ask(wire, "review.edit_comment", issue=issue, comment=comment, message=None)["issue"]["comments"]
    assert [each["message"] for each in left] == ["first"]
    assert "no comment" in refusal(wire, "review.edit_comment", issue=issue, comment=comment, message="x")


def test_an_issue_is_removed_by_who_opened_it_or_is_in_charge(job: Job, wire: Wire, reviewer: Wire) -> None:
    other = Wire(job)
    other.session.user = "somebody"
    issue = ask(reviewer, "review.open", frame=0, position=[1, 2], message="first")["issue"]["id"]
    assert "may not remove" in refusal(other, "review.remove", issue=issue)
    job.reviewer = "somebody"
    ask(other, "review.remove", issue=issue)
    assert ask(wire, "review.list")["issues"] == []
    assert "no issue" in refusal(wire, "review.resolve", issue=issue, resolved=True)
    other.session.close()


def test_what_is_no_issue_is_refused(wire: Wire, job: Job, tmp_path: Path) -> None:
    for bad in ([], [1], [1, 2, 3], ["1", 2], [1, float("nan")], [1e9, 0], [True, 1], "1,2", [0] * 3000):
        refusal(wire, "review.open", frame=0, position=bad, message="x")
    refusal(wire, "review.open", frame=6, position=[1, 2], message="x")
    refusal(wire, "review.open", frame=0, position=[1, 2], message="  ")
    refusal(wire, "review.open", frame=0, position=[1, 2], message=["x"])
    refusal(wire, "review.resolve", issue=1, resolved="yes")
    # An issue of another task of the store is none of this job.
    other = cw.Task.create("other", [np.zeros((8, 8, 3), np.uint8)], labels=["car"], store=job.store).jobs[0]
    foreign = other.open_issue(0, (1, 1), "there").id
    assert "not of this job" in refusal(wire, "review.comment", issue=foreign, message="x")
    assert "not of this job" in refusal(wire, "review.remove", issue=foreign)
    assert ask(wire, "review.list")["issues"] == []


def test_a_read_only_view_changes_nothing_and_sees_everything(job: Job, wire: Wire) -> None:
    issue = ask(wire, "review.open", frame=0, position=[1, 2], message="first")["issue"]["id"]
    guest = Wire(job, read_only=True)
    for method, params in (
        ("review.open", {"frame": 0, "position": [1, 2], "message": "x"}),
        ("review.comment", {"issue": issue, "message": "x"}),
        ("review.resolve", {"issue": issue, "resolved": True}),
        ("review.remove", {"issue": issue}),
        ("review.job", {"stage": "acceptance"}),
        ("review.finish", {}),
    ):
        assert "read-only" in refusal(guest, method, **params)
    assert [each["id"] for each in ask(guest, "review.list")["issues"]] == [issue]
    assert job.state == "new"
    guest.session.close()


def test_another_process_is_heard_of_within_a_second(wire: Wire, job: Job) -> None:
    code = (
        "import sys, cvat_widgets as cw\n"
        "cw.Task.open('task', store=sys.argv[1]).jobs[0].open_issue(1, (5, 6), 'from elsewhere')"
    )
    subprocess.run([sys.executable, "-c", code, str(job.store.path)], check=True)
    until(lambda: news(wire))
    assert [each["issues"] for each in news(wire)] == [1]
    # It was not an answer: it must not come over the comm that only handlers use.
    assert [comm for comm, message, _ in wire.sent if message["t"] == "review"] == ["control"]


# -- the job -----------------------------------------------------------------------------------------------------------


def test_stage_state_and_people_are_changed_and_told(wire: Wire, reviewer: Wire, job: Job) -> None:
    assert welcome(wire)["review"] == {"issues": 0, "stage": "annotation", "state": "new", "assignee": None, "guide": "none"}
    ask(wire, "review.job", assignee="ann", reviewer="rev", state="in progress")
    ask(reviewer, "review.job", stage="validation")
    assert (job.stage, job.state, job.assignee, job.reviewer) == ("validation", "new", "ann", "rev")
    assert (news(wire)[-1]["stage"], news(wire)[-1]["assignee"]) == ("validation", "ann")
    ask(reviewer, "review.job", assignee="")
    assert job.assignee is None
    assert "is not a stage" in refusal(wire, "review.job", stage="done")
    refusal(wire, "review.job", state=5)
    assert ask(wire, "review.finish") == {"verdict": None}
    assert job.state == "completed"


@pytest.fixture
def graded(tmp_path: Path) -> Iterator[cw.Task]:
    """Four pictures with a ground truth on all of them: one box well drawn, one not at all, one too many."""
    for number in range(4):
        Image.fromarray(np.full((80, 100, 3), number * 40, np.uint8)).save(tmp_path / f"{number}.png")
    with cw.Store.open(tmp_path / "store.sqlite") as store:
        task = cw.Task.create("graded", tmp_path, labels=["car"], store=store)
        truth = task.create_ground_truth("manual", frames=[0, 1, 2, 3])
        box = {"label": "car", "type": "rectangle"}
        truth.add([{**box, "frame": 0, "points": [10, 10, 40, 40]}, {**box, "frame": 1, "points": [10, 10, 40, 40]}])
        task.jobs[0].add([{**box, "frame": 0, "points": [10, 10, 40, 40]}, {**box, "frame": 2, "points": [50, 50, 60, 70]}])
        yield task


def test_conflicts_say_what_and_where(graded: cw.Task) -> None:
    wire = Wire(graded.jobs[0])
    assert ask(wire, "review.list")["ground_truth"] is True
    found = ask(wire, "review.conflicts")
    assert (found["total"], found["frames"], found["accuracy"]) == (2, [0, 1, 2, 3], pytest.approx(1 / 3))
    missing, extra = found["conflicts"]
    assert (missing["frame"], missing["type"], missing["severity"], missing["object"]) == (
        1,
        "missing_annotation",
        "error",
        None,
    )
    assert missing["truth"]["points"] == [10, 10, 40, 40]
    assert (missing["truth"]["label"], missing["truth"]["box"], missing["similarity"]) == ("car", [10, 10, 40, 40], None)
    assert (extra["frame"], extra["type"], extra["truth"]) == (2, "extra_annotation", None)
    assert extra["object"]["box"] == [50, 50, 60, 70]
    assert extra["object"]["id"] in set(graded.jobs[0].to_frame()["id"])
    json.dumps(found, allow_nan=False)
    wire.session.close()


def test_who_still_annotates_does_not_see_the_answers(graded: cw.Task) -> None:
    job = graded.jobs[0]
    job.assignee = "ann"
    wire = Wire(job)
    assert ask(wire, "review.list")["ground_truth"] is False
    assert "not shown to the annotator" in refusal(wire, "review.conflicts")
    job.stage = "validation"
    assert ask(wire, "review.conflicts")["total"] == 2
    truth = graded.ground_truth
    assert truth is not None
    other = Wire(truth)
    assert "only jobs of annotation" in refusal(other, "review.conflicts")
    assert welcome(other)["job"]["type"] == "ground_truth"
    other.session.close()
    wire.session.close()


def test_finishing_tells_how_good_the_work_is(graded: cw.Task) -> None:
    truth = graded.ground_truth
    assert truth is not None
    truth.accept()
    graded.quality_settings = cw.quality.QualitySettings(max_validations_per_job=2, target_metric_threshold=0.5)
    wire = Wire(graded.jobs[0])
    verdict = ask(wire, "review.finish")["verdict"]
    assert verdict == {
        "metric": "accuracy", "value": pytest.approx(1 / 3), "threshold": 0.5, "passed": False, "attempts_left": 1,
    }  # fmt: skip
    assert ask(wire, "review.finish")["verdict"]["attempts_left"] == 0
    assert ask(wire, "review.finish")["verdict"] is None
    assert ask(wire, "review.list")["job"]["state"] == "completed"
    wire.session.close()


# -- the guide ---------------------------------------------------------------------------------------------------------


def test_the_guide_is_new_until_it_was_read_and_when_it_changes(job: Job, wire: Wire) -> None:
    assert welcome(wire)["review"]["guide"] == "none"
    assert ask(wire, "guide") == {"blocks": []}
    job.task.guide = "# Cars\n\nOnly *whole* cars. ![how](/api/assets/how.png) ![no](https://e.org/no.png)"
    job.store.add_guide_asset("how.png", b"\x89PNG\r\n\x1a\n...", task_id=job.task.id)
    assert welcome(wire)["review"]["guide"] == "new"
    heading, text = ask(wire, "guide")["blocks"]
    assert heading == {"t": "h", "level": 1, "c": ["Cars"]}
    assert text["c"][3] == {"t": "img", "name": "how.png", "alt": "how"}
    assert text["c"][5] == {"t": "a", "href": "https://e.org/no.png", "c": ["no"]}
    # To look is not to have read: a page may be shown twice.
    assert welcome(wire)["review"]["guide"] == "new"
    ask(wire, "guide.read")
    assert welcome(wire)["review"]["guide"] == "read"
    job.task.guide = "# Vans"
    assert welcome(wire)["review"]["guide"] == "new"


def test_pictures_of_the_guide_are_pictures(job: Job, wire: Wire) -> None:
    job.task.guide = "![a](a.png)"
    for name, data in (("a.png", b"\x89PNG\r\n\x1a\nrest"), ("b.svg", b"<svg onload='alert(1)'/>")):
        job.store.add_guide_asset(name, data, task_id=job.task.id)
    number = next(_numbers)
    wire.session.handle({"t": "rpc", "client": "a", "id": number, "method": "guide.picture", "params": {"name": "a.png"}}, [])
    assert answer_to(wire, number)["result"] == {"mime": "image/png"}
    assert wire.sent[-1][2] == [b"\x89PNG\r\n\x1a\nrest"]
    assert "none of PNG" in refusal(wire, "guide.picture", name="b.svg")
    for name in ("c.png", "../a.png", None, 5):
        assert "no picture" in refusal(wire, "guide.picture", name=name)


def texts(nodes: list[Any]) -> str:
    """What a reader sees, without blanks."""
    seen = ""
    for node in nodes:
        if isinstance(node, str):
            seen += node
        else:
            inside = node.get("c") or [cell for row in [node.get("head", []), *node.get("rows", [])] for cell in row]
            flat = [each for part in inside for each in (part if isinstance(part, list) else [part])]
            seen += node.get("text", "") + node.get("alt", "") + texts(flat)
    return seen


def walk(nodes: list[Any], depth: int = 0) -> Iterator[tuple[dict[str, Any], int]]:
    for node in nodes:
        if isinstance(node, list):
            yield from walk(node, depth)
        elif isinstance(node, dict):
            yield node, depth
            for value in node.values():
                if isinstance(value, list):
                    yield from walk(value, depth + 1)


def test_markdown_is_read_as_people_write_it() -> None:
    assert parse_markdown("a **b** _c_ `d*` ~~e~~ snake_case_name 2 * 3 * 4") == [
        {
            "t": "p",
            "c": [
                "a ", {"t": "strong", "c": ["b"]}, " ", {"t": "em", "c": ["c"]}, " ", {"t": "code", "text": "d*"}, " ",
                {"t": "del", "c": ["e"]}, " snake_case_name 2 * 3 * 4",
            ],
        }
    ]  # fmt: skip
    (lists,) = parse_markdown("- a\n  - b\n- c\n\n  d")
    assert lists == {
        "t": "ul",
        "c": [
            {"t": "li", "c": [{"t": "p", "c": ["a"]}, {"t": "ul", "c": [{"t": "li", "c": [{"t": "p", "c": ["b"]}]}]}]},
            {"t": "li", "c": [{"t": "p", "c": ["c"]}, {"t": "p", "c": ["d"]}]},
        ],
    }
    assert parse_markdown("3. x\n4. y")[0]["start"] == 3  # type: ignore[index]
    (table,) = parse_markdown("| a | b |\n|:-:|--:|\n| 1 | x \\| y |\n| 2 |")
    assert table == {
        "t": "table", "align": ["center", "right"], "head": [["a"], ["b"]], "rows": [[["1"], ["x | y"]], [["2"], []]],
    }  # fmt: skip
    assert [each["t"] for each in parse_markdown("Title\n===\n> q\n\n---\n```py\n<b>\n```\nsee https://a.org/x.")] == [
        "h", "quote", "hr", "pre", "p",
    ]  # type: ignore[index]  # fmt: skip


@pytest.mark.parametrize(
    "target",
    ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "//e.org/x", "/x",
     "java\nscript:x", "http://", "https:///x", "http://[x", "mailto:a@b.org"],
)  # fmt: skip
def test_only_the_web_can_be_linked(target: str) -> None:
    assert safe_link(target) is None
    for text in (f"[go]({target})", f"![go]({target})", f"<{target}>"):
        assert all(node.get("t") not in ("a", "img") for node, _ in walk(parse_markdown(text)))


pieces = [*"ab *_`~[]()!<>|#-+.1\\\n\"':/&;", "https://e.org", "javascript:", "](", "\n\n", "  - ", "\x00"]
signs = st.lists(st.sampled_from(pieces), max_size=200).map("".join)


@settings(max_examples=200, deadline=None)
@given(st.one_of(signs, st.text(max_size=100)))
def test_whatever_is_written_becomes_a_tree_without_dangers(text: str) -> None:
    kinds = {"h", "p", "ul", "ol", "li", "quote", "pre", "table", "hr", "em", "strong", "del", "code", "a", "img", "br"}
    for node, depth in walk(parse_markdown(text, {"a"})):
        assert node["t"] in kinds
        assert depth < 60
        if node["t"] == "a":
            assert node["href"].lower().startswith(("http://", "https://"))
        if node["t"] == "img":
            assert node["name"] == "a"


@given(st.text("abc xyz", min_size=1, max_size=60).filter(lambda text: text.strip() != ""))
def test_words_are_kept(text: str) -> None:
    assert texts(parse_markdown(text)).split() == text.split()


def test_hostile_texts_are_cut_and_nothing_hangs() -> None:
    deep = parse_markdown("> " * 5000 + "x")
    assert max(depth for _, depth in walk(deep)) < 60
    assert max(depth for _, depth in walk(parse_markdown("*a " * 20_000 + "[" * 20_000))) < 60
    many = parse_markdown("- a\n\n" * 60_000)
    assert sum(1 for _ in walk(many)) < 21_000
    assert "longer than what can be shown" in texts(many[-1:])
