"""Names of models to labels of tasks, and boxes to tracks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import cvat_widgets as cw
from cvat_widgets.backends import Detection, ModelError, ModelInfo, link_boxes, load_backend, mapped
from cvat_widgets.backends.mapping import compatible
from cvat_widgets.backends.reidentification import EmbeddingReIdentifier, cosine_distances, crops_of, match_by_distance
from cvat_widgets.errors import LabelError
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.model.masks import decode_mask
from cvat_widgets.model.records import Shape, validate_record

JOINTS = tuple(Label(name, type="points") for name in ("head", "hand", "foot"))
MODEL = ModelInfo(
    "m",
    "detector",
    labels=LabelSet.of(
        [
            Label("person", attributes=(Attribute("age", "number"), Attribute("hat", "checkbox"))),
            Label("blob", type="mask"),
            Label("outline", type="polygon"),
            Label("body", type="skeleton", sublabels=JOINTS),
            "unicorn",
        ]
    ),
)
TASK = LabelSet.of(
    [
        Label("person", attributes=(Attribute("age", "number", ("0", "50", "1")), Attribute("mood", "text"))),
        Label("blob", type="polygon"),
        Label("outline", type="mask"),
        Label("body", type="skeleton", sublabels=JOINTS),
        Label("pedestrian", type="rectangle", attributes=(Attribute("years", "number"),)),
    ]
)


def test_types_go_together_as_in_cvat() -> None:
    assert compatible("mask", "polygon")
    assert compatible("polygon", "mask")
    assert compatible("any", "rectangle")
    assert compatible("rectangle", "any")
    assert not compatible("any", "skeleton")
    assert not compatible("skeleton", "any")
    assert not compatible("rectangle", "polygon")


def test_equal_names_are_matched() -> None:
    mapping = mapped(MODEL, TASK)
    assert set(mapping.targets) == {"person", "blob", "outline", "body"}
    assert mapping.unmatched == ("unicorn",)
    with pytest.raises(LabelError, match="unicorn"):
        mapped(MODEL, TASK, strict=True)
    bitmap = np.zeros((20, 30), bool)
    bitmap[4:9, 5:12] = True
    found = [
        Detection("person", "rectangle", np.array([1, 2, 3, 4.0]), 0.7, attributes={"age": "33", "hat": "true"}),
        Detection("person", "rectangle", np.array([1, 2, 3, 4.0]), attributes={"age": "99"}),
        Detection("person", "tag"),
        Detection.of_mask("blob", bitmap),
        Detection("outline", "polygon", np.array([5, 4, 12, 4, 12, 9, 5, 9.0])),
        Detection("unicorn", "rectangle", np.array([1, 2, 3, 4.0])),
    ]
    records = mapping.records(found, 4)
    assert [type(each).__name__ for each in records] == ["Shape", "Shape", "Tag", "Shape", "Shape"]
    assert records[0].attributes == {TASK["person"].attribute("age").id: "33"}
    assert records[1].attributes == {}, "a value that the task does not allow is left out"
    assert (records[0].score, records[0].source, records[0].frame) == (0.7, "auto", 4)
    assert records[3].type == "polygon"
    assert records[4].type == "mask"
    assert np.array_equal(decode_mask(records[4].points, 30, 20), bitmap)
    for record in records:
        validate_record(record, TASK)


def test_missing_joints_stand_in_the_middle_outside() -> None:
    mapping = mapped(MODEL, TASK)

    def joint(name: str, x: float, y: float, outside: bool = False) -> Detection:
        return Detection(name, "points", np.array([x, y]), outside=outside)

    body = Detection("body", "skeleton", elements=(joint("foot", 10, 20), joint("head", 20, 40)))
    (record,) = mapping.records([body], 0, first_id=10)
    assert isinstance(record, Shape)
    names = [TASK.by_id(element.label).name for element in record.elements]
    assert names == ["head", "hand", "foot"], "in the task's order"
    assert [element.outside for element in record.elements] == [False, True, False]
    assert record.elements[1].points == (15, 30)
    assert [record.id, *[element.id for element in record.elements]] == [10, 11, 12, 13]
    validate_record(record, TASK)
    hidden = Detection("body", "skeleton", elements=(joint("foot", 1, 2, True),))
    assert mapping.records([hidden, Detection("body", "skeleton")], 0) == []


def test_rules_rename_labels_and_attributes() -> None:
    mapping = mapped(MODEL, TASK, {"person": {"name": "pedestrian", "attributes": {"age": "years"}}, "blob": None})
    (record,) = mapping.records(
        [Detection("person", "rectangle", np.arange(4.0), attributes={"age": "5"}), Detection("blob", "tag")], 0
    )
    assert record.label == TASK["pedestrian"].id
    assert record.attributes == {TASK["pedestrian"].attribute("years").id: "5"}
    assert mapping.records([Detection("person", "polygon", np.arange(6.0))], 0) == [], "a polygon is no rectangle"
    (record,) = mapped(MODEL, TASK, {"unicorn": "pedestrian"}).records([Detection("unicorn", "rectangle", np.arange(4.0))], 0)
    assert record.label == TASK["pedestrian"].id


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"persno": "person"}, "the mapping names 'persno'.*It can find: person"),
        ({"person": "horse"}, "there is no label 'horse'"),
        ({"body": "pedestrian"}, "'body' is a skeleton, the task's 'pedestrian' is a rectangle"),
        ({"person": {"name": "person", "attributes": {"hat": "cap"}}}, "no attribute 'cap'"),
        ({"person": {"name": "person", "attributes": {"cap": "age"}}}, "no attribute 'cap'"),
        ({"body": {"name": "body", "sublabels": {"nose": "head"}}}, "the joint 'nose'"),
    ],
)
def test_wrong_rules_are_refused(rules: Any, message: str) -> None:
    with pytest.raises(LabelError, match=message):
        mapped(MODEL, TASK, rules)


def test_nothing_in_common_is_refused() -> None:
    with pytest.raises(LabelError, match=r"no label of the task goes with person.*The task has: tree"):
        mapped(MODEL, LabelSet.of(["tree"]))


def box(number: int, frame: int, points: tuple[float, ...], label: int = 1) -> Shape:
    return Shape(id=number, frame=frame, label=label, type="rectangle", points=points)


def scene(frame: int) -> NDArray[np.uint8]:
    """Two coloured squares that pass each other."""
    image = np.full((100, 200, 3), 60, np.uint8)
    image[20:50, 20 + 10 * frame : 50 + 10 * frame] = (250, 10, 10)
    image[60:90, 120 - 10 * frame : 150 - 10 * frame] = (10, 10, 250)
    return image


def places(frame: int) -> list[tuple[float, ...]]:
    return [(20 + 10 * frame, 20, 50 + 10 * frame, 50), (120 - 10 * frame, 60, 150 - 10 * frame, 90)]


def test_boxes_become_tracks_as_in_cvat() -> None:
    model = load_backend("reid")
    boxes = {
        frame: [box(10 * frame + place, frame, points) for place, points in enumerate(places(frame)[:: 1 if frame % 2 else -1])]
        for frame in range(6)
    }
    del boxes[5][1]
    steps: list[tuple[int, int]] = []
    tracks = link_boxes(model, boxes, range(6), scene, progress=lambda done, total: steps.append((done, total)))
    assert len(tracks) == 2
    assert steps[-1] == (5, 5)
    colours = [
        {
            tuple(scene(frame)[int(key.points[1]) + 5, int(key.points[0]) + 5])
            for frame, key in track.keyframes.items()
            if not key.outside
        }
        for track in tracks
    ]
    assert [len(each) for each in colours] == [1, 1], "each track follows one square"
    ended = [track for track in tracks if 5 in track.keyframes and track.keyframes[5].outside]
    assert len(ended) == 1
    assert all(track.source == "auto" and track.attributes == {} for track in tracks)


def test_a_task_joins_boxes_within_its_jobs(tmp_path: Path) -> None:
    pictures = np.stack([scene(frame) for frame in range(8)])
    for overlap, ranges in ((0, [(0, 3), (4, 7)]), (1, [(0, 3), (3, 6), (6, 7)])):
        with cw.Store.open(tmp_path / f"{overlap}.sqlite") as store:
            task = cw.Task.create("t", pictures, labels=["a"], segment_size=4, overlap=overlap, store=store)
            for job in task.jobs:
                frames = range(job.start, job.stop + 1)
                job.add(
                    [{"frame": n, "label": "a", "type": "rectangle", "points": points} for n in frames for points in places(n)]
                )
            task.delete_frames([1])
            before, shapes = task.revision, len(task.shapes)
            steps: list[tuple[int, int]] = []
            ids = task.reidentify(progress=lambda done, total, steps=steps: steps.append((done, total)))
            found = [
                (job.start, sorted(rows["frame"].tolist()))
                for job in task.jobs
                for _, rows in job.tracks.groupby("track_id")
                if not rows["outside"].any()
            ]
            assert [each for each in found if 1 not in each[1]] == found
            assert len(ids) == 2 * len(ranges)
            assert found == [(start, [n for n in range(start, stop + 1) if n != 1]) for start, stop in ranges for _ in range(2)]
            assert task.revision - before == (1 if overlap == 0 else len(ranges))
            assert steps[-1][0] == steps[-1][1]
            for _ in range(task.revision - before):
                task.undo()
            assert len(task.shapes) == shapes


def test_a_gap_ends_a_track_one_frame_later() -> None:
    boxes = {0: [box(1, 0, places(0)[0])], 2: [box(2, 4, places(2)[0])], 4: [box(3, 4, places(2)[0])]}
    tracks = link_boxes(load_backend("reid"), {0: boxes[0], 4: boxes[4]}, [0, 2, 4], scene)
    assert [sorted(track.keyframes) for track in tracks] == [[0, 1], [4]]
    assert tracks[0].keyframes[1].outside


def test_labels_threshold_and_distance_limit_matches() -> None:
    model = load_backend("reid")
    first, second = np.array(places(0)), np.array(places(1))
    image0, image1 = scene(0), scene(1)
    assert model.match(image0, first, image1, second).tolist() == [0, 1]
    assert model.match(image0, first, image1, second[::-1]).tolist() == [1, 0]
    assert model.match(image0, first, image1, second, labels0=[1, 2], labels1=[2, 2]).tolist() == [-1, 1]
    assert model.match(image0, first, image1, second, max_distance=9).tolist() == [-1, -1]
    assert model.match(image0, first, image1, second, threshold=-0.1).tolist() == [-1, -1]
    assert model.match(image0, first, image1, np.zeros((0, 4))).tolist() == [-1, -1]
    with pytest.raises(ModelError, match="not finite"):
        model.match(image0, first * np.nan, image1, second)


def test_vectors_of_a_wrong_form_are_refused() -> None:
    first, second = np.array(places(0)), np.array(places(1))
    for embed in (lambda crops: np.full((len(crops), 3), np.nan), lambda crops: np.zeros((len(crops), 0))):
        with pytest.raises(ModelError):
            EmbeddingReIdentifier(embed).match(scene(0), first, scene(1), second)
    with pytest.raises(ModelError, match="failed while describing"):
        EmbeddingReIdentifier(lambda crops: 1 / 0).match(scene(0), first, scene(1), second)  # type: ignore[arg-type, return-value]


def test_a_model_that_answers_nonsense_is_refused() -> None:
    class Wrong(EmbeddingReIdentifier):
        answer: Any = None

        def match(self, *arguments: Any, **options: Any) -> Any:
            return self.answer

    boxes = {
        frame: [box(10 * frame + place, frame, points) for place, points in enumerate(places(frame))] for frame in range(2)
    }
    for answer, message in [
        ([0], "2 whole numbers"),
        ([0, 0], "the same one"),
        ([0, 5], "between -1 and 1"),
        ([0.5, 1.0], "whole numbers"),
    ]:
        model = Wrong()
        model.answer = np.array(answer)
        with pytest.raises(ModelError, match=message):
            link_boxes(model, boxes, range(2), scene)


@given(st.integers(0, 6), st.integers(0, 6), st.floats(0, 2), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_matches_are_one_to_one_allowed_and_near(rows: int, columns: int, threshold: float, random: Any) -> None:
    rng = np.random.default_rng(random.randrange(1 << 30))
    distances, allowed = rng.uniform(0, 2, (rows, columns)), rng.uniform(size=(rows, columns)) > 0.4
    matches = match_by_distance(distances, allowed, threshold)
    taken = matches[matches >= 0]
    assert len(set(taken.tolist())) == len(taken)
    for row, column in enumerate(matches.tolist()):
        assert column < 0 or (allowed[row, column] and distances[row, column] <= threshold)


def test_cosine_distances_and_crops() -> None:
    a = np.array([[1.0, 0], [0, 0]])
    assert np.allclose(cosine_distances(a, np.array([[2.0, 0], [0, 3], [-1, 0]])), [[0, 1, 2], [1, 1, 1]])
    image = scene(0)
    shapes = [
        crop.shape[:2]
        for crop in crops_of(image, np.array([[-5, -5, 10, 10], [500, 500, 600, 600], [5, 5, 5, 5], [3, 4, 1, 2.0]]))
    ]
    assert shapes[0] == (10, 10)
    assert all(min(shape) >= 1 for shape in shapes)
