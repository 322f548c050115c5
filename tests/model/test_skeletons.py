"""Skeleton templates: CVAT's SVG both ways, and what must never get in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cvat_widgets as cw
from cvat_widgets.model.skeletons import SkeletonTemplate

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "labels.json").read_text("utf-8"))
EXPORTED = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">
<line x1="10" y1="20" x2="30" y2="40" stroke="black" data-type="edge" data-node-from="1" stroke-width="0.5" data-node-to="2"></line>
<circle r="0.75" cx="10" cy="20" data-type="element node" data-element-id="1" data-node-id="1" stroke="black"></circle>
<circle r="0.75" cx="30" cy="40" data-type="element node" data-element-id="2" data-node-id="2"></circle>
<desc data-description-type="labels-specification">{"1":{"name":"head"},"2":{"name":"tail"}}</desc></svg>"""


@pytest.mark.parametrize("case", GOLDEN["skeletons"])
def test_the_svg_is_cvats(case: dict) -> None:
    template = SkeletonTemplate({name: tuple(place) for name, place in case["joints"].items()}, case["edges"])
    assert template.to_svg() == case["svg"]
    assert SkeletonTemplate.from_svg(case["svg"]) == template


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1, max_size=20)
places = st.integers(0, 1_000_000).map(lambda value: value / 10_000)


@st.composite
def templates(draw: st.DrawFn) -> SkeletonTemplate:
    joints = draw(st.dictionaries(names, st.tuples(places, places), min_size=1, max_size=12))
    ends = st.sampled_from(sorted(joints))
    return SkeletonTemplate(joints, draw(st.lists(st.tuples(ends, ends), max_size=12)))


@given(templates())
def test_round_trip(template: SkeletonTemplate) -> None:
    assert SkeletonTemplate.from_svg(template.to_svg()) == template
    label = template.label("all")
    assert SkeletonTemplate.from_label(label) == template
    assert SkeletonTemplate.cleaned(label).svg == template.to_svg()


def test_a_file_that_cvat_exported_names_joints_beside_them(tmp_path: Path) -> None:
    path = tmp_path / "dog.svg"
    path.write_text(EXPORTED)
    for given_as in (EXPORTED, path, str(path)):
        template = cw.SkeletonTemplate.from_svg(given_as)
        assert (dict(template.joints), template.edges) == ({"head": (10, 20), "tail": (30, 40)}, (("head", "tail"),))


def test_names_that_are_numbers_are_not_ids() -> None:
    joints = (cw.Label("2", type="points", id=1), cw.Label("1", type="points", id=2))
    label = SkeletonTemplate({"2": (10, 10), "1": (90, 90)}).label("x")
    label = cw.Label("x", type="skeleton", sublabels=joints, svg=label.svg)
    assert SkeletonTemplate.from_label(label).joints == {"2": (10, 10), "1": (90, 90)}
    by_id = label.svg.replace('data-label-name="2"', 'data-label-id="1"').replace('data-label-name="1"', 'data-label-id="2"')
    assert SkeletonTemplate.from_label(cw.Label("x", type="skeleton", sublabels=joints, svg=by_id)).joints == {
        "2": (10, 10), "1": (90, 90),
    }  # fmt: skip


def test_renamed_joints_keep_their_places() -> None:
    svg = SkeletonTemplate({"a": (1, 2), "b": (3, 4)}, [("a", "b")]).to_svg()
    old = cw.Label("x", type="skeleton", sublabels=(cw.Label("a", id=5), cw.Label("b", id=6)), svg=svg)
    new = cw.Label("x", type="skeleton", sublabels=(cw.Label("b", id=5), cw.Label("a", id=6)), svg=svg)
    template = SkeletonTemplate.from_label(new, old)
    assert (template.joints, template.edges) == ({"b": (1, 2), "a": (3, 4)}, (("b", "a"),))


@pytest.mark.parametrize(
    "svg",
    [
        '<!DOCTYPE svg [<!ENTITY a "b">]>' + EXPORTED,
        EXPORTED.replace("<desc", "<script>alert(1)</script><desc"),
        EXPORTED.replace("<desc", "<foreignObject></foreignObject><desc"),
        EXPORTED.replace('cx="10"', 'cx="NaN"'),
        EXPORTED.replace('cx="10"', 'cx="1e999"'),
        "<svg></svg>",
        "x" * ((1 << 20) + 1),
        EXPORTED.replace('"name":"tail"', '"name":"head"'),
        "".join(f'<circle cx="1" cy="1" data-node-id="{number}"></circle>' for number in range(501)),
    ],
)
def test_hostile_and_broken_svg_is_refused(svg: str) -> None:
    with pytest.raises(cw.LabelError):
        SkeletonTemplate.from_svg(svg)


def test_what_a_label_keeps_is_written_anew() -> None:
    dirty = EXPORTED.replace("<circle", '<image href="http://evil"/><circle onload="x()"')
    label = cw.Label("dog", type="skeleton", sublabels=(cw.Label("head"), cw.Label("tail")), svg=dirty)
    clean = SkeletonTemplate.cleaned(label).svg
    assert "evil" not in clean
    assert "onload" not in clean
    assert SkeletonTemplate.from_svg(clean).edges == (("head", "tail"),)


@pytest.mark.parametrize(
    ("joints", "edges", "text"),
    [
        ({}, (), "at least one joint"),
        ({"a": (0, 101)}, (), "within 0 to 100"),
        ({"a": (0,)}, (), "stands at"),
        ({"a": (0, 0)}, [("a", "b")], "does not exist"),
        ({"a": (0, 0)}, [("a",)], "joins two"),
    ],
)
def test_a_template_that_contradicts_itself(joints: dict, edges: list, text: str) -> None:
    with pytest.raises(cw.LabelError, match=text):
        SkeletonTemplate(joints, edges)
