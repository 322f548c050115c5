"""Serverless functions by CVAT's contract: what is sent and what is understood, in the kernel and in a process of its own."""

from __future__ import annotations

import base64
import builtins
import io
import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cvat_widgets.backends import Detection, ModelError, Prompt, load_backend
from cvat_widgets.backends.function_yaml import parse_yaml

DETECTOR_YAML = """\
metadata:
  name: pth-test-detector
  namespace: cvat
  annotations:
    name: Test detector   # shown to the user
    type: detector
    framework: pytorch
    spec: |
      [
        { "id": 0, "name": "face", "type": "rectangle", "attributes": [
          { "name": "age", "input_type": "number", "values": ["0", "150", "1"] },
          { "name": "gender", "input_type": "select", "values": ["female", "male"] }]
        },
        { "id": 1, "name": "person", "type": "mask" },
        { "id": 2, "name": "body", "type": "skeleton", "sublabels": [
          { "name": "head", "type": "points" }, { "name": "foot", "type": "points" }], "svg": "" },
        { "id": 3, "name": "night", "type": "tag" }
      ]
spec:
  description: finds nothing of its own
  runtime: 'python:3.10'
  handler: main:handler
  eventTimeout: 30s
  env:
    - name: GREETING
      value: hello
  build:
    image: cvat.test
    baseImage: ubuntu:22.04
    directives:
      preCopy:
        - kind: RUN
          value: pip install no-such-package-at-all
  triggers:
    myHttpTrigger:
      numWorkers: 1
      attributes:
        maxRequestBodySize: 33554432 # 32MB
"""

MAIN = """\
import base64, io, json, os
import numpy as np
from PIL import Image
from model_handler import ModelHandler

def init_context(context):
    context.logger.info("Init context...  0%")
    with open("/opt/nuclio/function.yaml", "rb") as file:
        text = file.read()
    assert os.environ["GREETING"] == "hello" and b"pth-test-detector" in text
    context.user_data.model = ModelHandler()
    setattr(context.user_data, "calls", 0)
    context.logger.info_with("Init context...100%", part="end")

def handler(context, event):
    data = event.body
    assert event.method == "POST" and event.content_type == "application/json" and event.get_header("content-type")
    print("a function may print")
    image = Image.open(io.BytesIO(base64.b64decode(data["image"])))
    context.user_data.calls += 1
    results = context.user_data.model.infer(np.array(image), data, context.user_data.calls)
    return context.Response(body=json.dumps(results), headers={}, content_type='application/json', status_code=200)
"""

Make = Callable[..., Path]


@pytest.fixture
def function(tmp_path: Path) -> Make:
    def make(infer: str, yaml: str = DETECTOR_YAML, main: str = MAIN, name: str = "function") -> Path:
        folder = tmp_path / name / "nuclio"
        folder.mkdir(parents=True)
        (folder / "function.yaml").write_text(yaml)
        (folder / "main.py").write_text(main)
        body = "\n".join(f"        {line}" for line in infer.splitlines())
        (folder / "model_handler.py").write_text(
            f"import time, sys, os\nclass ModelHandler:\n    def infer(self, image, data, calls):\n{body}\n"
        )
        return folder.parent

    return make


@pytest.fixture
def image() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)


ANSWER = """\
return [
    {"confidence": "0.9", "label": "face", "points": [1, 2, 30, 20], "type": "rectangle", "rotation": 10, "group_id": 2,
     "attributes": [{"name": "age", "value": "33"}, {"name": "gender", "value": "male"}]},
    {"confidence": 0.5, "label": "person", "type": "mask", "mask": [0, 1, 1, 1, 0, 1, 10, 5, 12, 6], "points": [0, 0, 5, 0, 5, 5]},
    {"label": "body", "type": "skeleton", "elements": [{"label": "head", "type": "points", "points": [3, 4], "outside": False}]},
    {"label": "night", "type": "tag", "points": []},
    {"label": "unknown", "type": "rectangle", "points": [0, 0, 1, 1]},
]"""


@pytest.mark.parametrize("isolated", [False, True])
def test_a_detector_is_understood(function: Make, image: NDArray[np.uint8], isolated: bool) -> None:
    model = load_backend(function(ANSWER), isolated=isolated)
    assert (model.info.name, model.info.kind, model.info.labels.names) == (
        "Test detector",
        "detector",
        ["face", "person", "body", "night"],
    )
    assert model.info.labels["face"].attribute("age").values == ("0", "150", "1")
    first, second = model.detect([image, image])
    assert len(first) == len(second) == 4, "a label that is not declared is left out"
    face, person, body, night = first
    assert (face.score, face.rotation, face.group, dict(face.attributes)) == (0.9, 10, 2, {"age": "33", "gender": "male"})
    bitmap = person.bitmap(40, 60)
    assert np.argwhere(bitmap).tolist() == [[5, 11], [5, 12], [6, 10], [6, 12]]
    assert person.points[-4:].tolist() == [10, 5, 12, 6]
    assert body.elements[0].label == "head"
    assert night.type == "tag"
    assert [each.label for each in model.detect([image], threshold=0.6)[0]] == ["face", "body", "night"]
    model.close()


def test_the_payload_is_that_of_cvat(function: Make, image: NDArray[np.uint8]) -> None:
    model = load_backend(function("assert image.shape == (40, 60, 3), image.shape\nself.seen = dict(data)\nreturn []"))
    model.detect([image], threshold=0.25)
    handler = model._runner.context.user_data.model
    assert set(handler.seen) == {"image", "threshold"}
    assert handler.seen["threshold"] == 0.25
    sent = Image.open(io.BytesIO(base64.b64decode(handler.seen["image"])))
    assert np.array_equal(np.asarray(sent), image), "PNG loses nothing"
    model.detect([image])
    assert set(handler.seen) == {"image"}


def test_the_kernel_is_left_as_it_was(function: Make, image: NDArray[np.uint8]) -> None:
    opened, paths, modules = builtins.open, list(sys.path), set(sys.modules)
    one = load_backend(function("return [{'label': 'night', 'type': 'tag', 'confidence': 0.1}]", name="a"))
    other = load_backend(function("return [{'label': 'night', 'type': 'tag', 'confidence': 0.2}]", name="b"))
    assert one.detect([image])[0][0].score == 0.1
    assert other.detect([image])[0][0].score == 0.2, "two functions have modules of the same names"
    assert builtins.open is opened
    assert sys.path == paths
    assert not {"main", "model_handler"} & (set(sys.modules) - modules)
    assert "GREETING" not in os.environ


def test_a_process_keeps_its_state_and_answers_several_threads(function: Make, image: NDArray[np.uint8]) -> None:
    model = load_backend(function("return [{'label': 'night', 'type': 'tag', 'confidence': calls / 100}]"), isolated=True)
    scores: list[float] = []
    threads = [threading.Thread(target=lambda: scores.append(model.detect([image])[0][0].score)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(scores) == [0.01, 0.02, 0.03, 0.04, 0.05]
    model.close()


@pytest.mark.parametrize("isolated", [False, True])
@pytest.mark.parametrize(
    ("infer", "message"),
    [
        ("raise ValueError('the net is upside down')", "ValueError: the net is upside down"),
        ("raise RuntimeError('CUDA out of memory. Tried to allocate 2 GiB')", "out of memory"),
        ("return {'label': 'face'}", "a list of detections was expected"),
        ("return [{'label': 'face', 'type': 'rectangle', 'points': [1, 2, float('nan'), 4]}]", "not a finite number"),
        ("return [{'label': 'face', 'type': 'rectangle', 'points': [1, 2, 3]}]", "a rectangle has 4 numbers, not 3"),
        ("return [{'label': 'face', 'type': 'polygon', 'points': [1, 2, 3, 4, 5, 6]}]", "which is a rectangle"),
        ("return [{'label': 'face', 'points': 'abc'}]", "cannot be read"),
        ("return [{'points': [1, 2, 3, 4]}]", "an object with a label"),
        ("return [{'label': 'person', 'type': 'mask', 'mask': [1, 1, 0, 0, 5, 5]}]", "2 pixels was returned for a box of 6 x 6"),
        ("return [{'label': 'person', 'type': 'mask', 'mask': [1, 70, 0, 70, 0]}]", "leaves the picture"),
        ("return [{'label': 'face', 'points': [1, 2, 3, 4], 'confidence': 7}]", "not between 0 and 1"),
    ],
)  # fmt: skip
def test_wrong_answers_say_what_is_wrong(
    function: Make, image: NDArray[np.uint8], infer: str, message: str, isolated: bool
) -> None:
    model = load_backend(function(infer), isolated=isolated)
    with pytest.raises(ModelError, match=message) as caught:
        model.detect([image])
    assert "Test detector" in str(caught.value) or "pth-test-detector" in str(caught.value)
    model.close()


def test_a_process_that_dies_or_hangs_is_told_and_started_again(function: Make, image: NDArray[np.uint8]) -> None:
    folder = function(
        "if image[0, 0, 0] == 0: os._exit(7)\nif image[0, 0, 0] == 1: time.sleep(60)\nreturn [{'label': 'night', 'type': 'tag'}]"
    )
    model = load_backend(folder, isolated=True, timeout=3)
    with pytest.raises(ModelError, match="the process ended"):
        model.detect([np.zeros((8, 8, 3), np.uint8)])
    with pytest.raises(ModelError, match="no answer within 3 seconds"):
        model.detect([np.ones((8, 8, 3), np.uint8)])
    assert len(model.detect([np.full((8, 8, 3), 2, np.uint8)])[0]) == 1
    model.close()


def test_an_interpreter_that_is_not_there(function: Make) -> None:
    with pytest.raises(ModelError, match="does not start"):
        load_backend(function("return []"), interpreter="/no/such/python")


def test_missing_packages_name_what_the_container_installs(function: Make) -> None:
    folder = function("return []", main="import no_such_package_at_all\n" + MAIN)
    for options in ({}, {"isolated": True}):
        with pytest.raises(ModelError, match=r"no_such_package_at_all.*pip install no-such-package-at-all"):
            load_backend(folder, **options)


def test_responses_of_every_form(function: Make, image: NDArray[np.uint8]) -> None:
    main = "def handler(context, event):\n    return {}\n"
    answers = ["[]", "'[]'", "(200, [])", "context.Response(body=b'[]', content_type='application/json')"]
    for number, answer in enumerate(answers):
        model = load_backend(function("", main=main.format(answer), name=f"f{number}"))
        assert model.detect([image]) == [[]]
    failing = load_backend(function("", main=main.format("context.Response(body='no', status_code=500)"), name="bad"))
    with pytest.raises(ModelError, match="status 500: no"):
        failing.detect([image])
    coroutine = "async def handler(context, event):\n    return context.Response(body=[], status_code=200)\n"
    assert load_backend(function("", main=coroutine, name="async")).detect([image]) == [[]]


def yaml_of(kind: str, **annotations: Any) -> str:
    lines = "".join(f"    {key}: {value}\n" for key, value in annotations.items())
    return f"metadata:\n  name: f\n  annotations:\n    name: F\n    type: {kind}\n    spec:\n{lines}spec:\n  handler: main:handler\n  env:\n  - name: GREETING\n    value: hello\n"


MAIN_PLAIN = MAIN.replace(' and b"pth-test-detector" in text', "").replace(
    'data["image"]', 'data.get("image") or data["image0"]'
)


def test_an_interactor_gets_and_gives_what_cvat_says(function: Make, image: NDArray[np.uint8]) -> None:
    yaml = yaml_of(
        "interactor", version=2, min_pos_points=1, min_neg_points=0, startswith_box_optional="true", help_message="Click: it."
    )
    infer = "self.seen = {k: v for k, v in data.items() if k != 'image'}\nreturn {'shapes': [{'type': 'mask', 'points': [0, 4, 2, 3, 3, 4], 'attributes': [{'spec_id': 0, 'value': '0.4'}]}, {'type': 'polygon', 'points': [1, 1, 5, 1, 5, 5], 'attributes': [{'spec_id': 0, 'value': '0.8'}]}]}"
    model = load_backend(function(infer, yaml, MAIN_PLAIN))
    assert (model.info.min_positive, model.info.min_negative, model.info.box, model.info.help) == (
        1,
        0,
        "optional",
        "Click: it.",
    )
    found = model.predict(model.encode(image), Prompt(positive=((5, 6),), negative=((1, 2),), box=(1, 2, 30, 20)))
    assert model._runner.context.user_data.model.seen == {
        "pos_points": [[5, 6]],
        "neg_points": [[1, 2]],
        "obj_bbox": [[1, 2], [30, 20]],
    }
    assert [(each.type, each.score) for each in found] == [("polygon", 0.8), ("mask", 0.4)], "the best comes first"
    assert found[1].bitmap(40, 60)[3:5, 2:4].all()
    model.predict(model.encode(image), Prompt(positive=((5, 6),)))
    assert model._runner.context.user_data.model.seen["obj_bbox"] == []


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("{'mask': (image[..., 0] > 127).astype(int).tolist()}", "mask"),
        ("[[1, 1], [9, 1], [9, 9]]", "polygon"),
        ("{'shapes': []}", None),
        ("{'mask': (image[..., 0] * 0).astype(int).tolist()}", None),
    ],
)
def test_older_interactors_are_understood(function: Make, image: NDArray[np.uint8], answer: str, kind: str | None) -> None:
    model = load_backend(function(f"return {answer}", yaml_of("interactor", startswith_box="true"), MAIN_PLAIN))
    assert model.info.box == "required"
    assert model.info.min_negative is None
    encoded = model.encode(image)
    with pytest.raises(ModelError, match="a box is needed"):
        model.predict(encoded, Prompt(positive=((1, 1),)))
    found = model.predict(encoded, Prompt(positive=((1, 1),), box=(0, 0, 9, 9)))
    assert [each.type for each in found] == ([kind] if kind else [])
    if kind == "mask":
        assert np.array_equal(found[0].bitmap(40, 60), image[..., 0] > 127)


def test_an_embedding_for_the_browser_is_explained(function: Make, image: NDArray[np.uint8]) -> None:
    model = load_backend(function("return {'blob': 'AAAA'}", yaml_of("interactor"), MAIN_PLAIN))
    with pytest.raises(ModelError, match="an embedding for a decoder in the browser"):
        model.predict(model.encode(image), Prompt(positive=((1, 1),)))


LEGACY = """\
self.log = getattr(self, 'log', [])
self.log.append((data['shapes'], data['states']))
shapes, states = [], []
for i, shape in enumerate(data['shapes']):
    if i >= len(data['states']) or data['states'][i] is None:
        states.append({'box': shape}); shapes.append(shape)
    else:
        box = [v + 1 for v in data['states'][i]['box']]
        states.append({'box': box}); shapes.append(box if box[0] < 13 else None)
return {'shapes': shapes, 'states': states}"""


@pytest.mark.parametrize("isolated", [False, True])
def test_a_legacy_tracker_speaks_bare_points(function: Make, image: NDArray[np.uint8], isolated: bool) -> None:
    model = load_backend(function(LEGACY, yaml_of("tracker"), MAIN_PLAIN), isolated=isolated)
    assert model.info.shape_types == ("rectangle",)
    states = model.start(image, [Detection.of_box("a", [1, 2, 5, 6]), Detection.of_box("b", [11, 2, 15, 6])])
    first, second = model.step(image, states)
    assert (first.label, first.points.tolist(), second.points.tolist()) == ("a", [2, 3, 6, 7], [12, 3, 16, 7])
    third, lost = model.step(image, states)
    assert third.points.tolist() == [3, 4, 7, 8]
    assert lost is None
    assert model.step(image, states)[1] is None
    if not isolated:
        log = model._runner.context.user_data.model.log
        assert log[0] == ([[1, 2, 5, 6], [11, 2, 15, 6]], [])
        assert log[1] == ([None, None], [{"box": [1, 2, 5, 6]}, {"box": [11, 2, 15, 6]}])
        assert log[3][0] == [None], "a lost shape is not asked for again"
    model.close()


def test_a_tracker_with_shape_types_speaks_shapes(function: Make, image: NDArray[np.uint8]) -> None:
    infer = "s = data['states'] or data['shapes']\nreturn {'shapes': s, 'states': s}"
    model = load_backend(function(infer, yaml_of("tracker", supported_shape_types='"polygon, rectangle"'), MAIN_PLAIN))
    assert model.info.shape_types == ("polygon", "rectangle")
    polygon = Detection("", "polygon", np.array([0, 0, 5, 0, 5, 5.0]))
    states = model.start(image, [polygon])
    assert states[0].state == {"type": "polygon", "points": polygon.points.tolist()}
    assert np.array_equal(model.step(image, states)[0].points, polygon.points)
    with pytest.raises(ModelError, match="cannot be followed"):
        model.start(image, [Detection.of_mask("", np.ones((4, 4)))])
    states[0].state = {"type": "rectangle", "points": [0, 0, 1, 1]}
    with pytest.raises(ModelError, match="a polygon was to be followed, a rectangle came back"):
        model.step(image, states)


def test_reidentification(function: Make, image: NDArray[np.uint8]) -> None:
    infer = "self.seen = data\nreturn [len(data['boxes1']) - 1 - i if i < len(data['boxes1']) else -1 for i, _ in enumerate(data['boxes0'])]"
    model = load_backend(function(infer, yaml_of("reid"), MAIN_PLAIN))
    boxes = np.array([[0, 0, 5, 5], [6, 6, 9, 9.0]])
    assert model.match(
        image, boxes, image, boxes[:1], labels0=[3, 4], labels1=[3], threshold=0.3, max_distance=20
    ).tolist() == [0, -1]
    seen = model._runner.context.user_data.model.seen
    assert set(seen) == {"image0", "image1", "boxes0", "boxes1", "threshold", "max_distance"}
    assert seen["boxes0"][1] == {"type": "rectangle", "points": [6, 6, 9, 9], "label_id": 4}
    assert model.match(image, boxes, image, np.zeros((0, 4))).tolist() == [-1, -1]
    wrong = load_backend(function("return [5, 0]", yaml_of("reid"), MAIN_PLAIN, name="wrong"))
    with pytest.raises(ModelError, match="numbers from -1 to 1 were expected"):
        wrong.match(image, boxes, image, boxes)


def test_damaged_folders_are_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no function\.yaml"):
        load_backend(tmp_path)
    (tmp_path / "main.py").write_text("")
    for text, message in [
        ("a: 1\n", "no metadata"),
        ("metadata:\n  annotations:\n    type: wizard\n", "type is 'wizard'"),
        ("metadata:\n  annotations:\n    type: detector\n    spec: '[{'\n", "no list of labels"),
        ("metadata:\n  annotations:\n    type: detector\n    spec: '[]'\n", "has no attribute 'handler'"),
        ("metadata:\n\tname: x\n", "function.yaml:2: a tab"),
        ("metadata: &a\n  x: *a\n", "anchors"),
        ("metadata: !!python/object/apply:os.system ['true']\n", "anchors, tags"),
    ]:
        (tmp_path / "function.yaml").write_text(text)
        with pytest.raises(ModelError, match=message):
            load_backend(tmp_path)


YAML = [
    DETECTOR_YAML,
    "a:\n- b\n- c: 1\n  d: 'x''y'\n-\n  - 1\n  - 2.5\nz: \"q\\n\\\"\"\n",
    "flow: [1, 'b, c', {k: v, l: [true, null]}, \"x\"]\nm: {}\nl: []\n",
    "text: >-\n  one\n  two\n\n  three\nkeep: |+\n  a\n\nlast: |-\n   x\n    y\n",
    "url: https://example.org/a?b=c#d\nplain: goes\n  on here # cut\nnone:\ntilde: ~\n",
    "time: 30s\nport: 0\nneg: -1\nfloat: 1.5\nexp: 1e3\nquoted: '1'\nyes: no\n",
    "list:\n  - name: A\n    value: 1\n\n  # remark\n  - name: B\n    value: |\n      x: 1\n      # not a remark\nend: 1\n",
    "- 1\n- - 2\n  - 3\n- |\n  lit\n- a: b\n",
]


@pytest.mark.parametrize("text", YAML)
def test_yaml_agrees_with_pyyaml(text: str) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    expected = yaml.safe_load(text)
    found = parse_yaml(text)
    if isinstance(expected, dict):
        expected = {str(key).replace("True", "yes"): value for key, value in expected.items()}
    assert json.dumps(found) == json.dumps(expected)
