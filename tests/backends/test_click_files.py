"""DEXTR, Inside-Outside-Guidance, HRNet and f-BRS on small networks whose answer is a known function of their input."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cvat_widgets.backends import ModelError, Prompt, load_backend
from cvat_widgets.backends.click_layouts import click_list, click_maps
from cvat_widgets.backends.click_network import WEIGHTS
from cvat_widgets.backends.guided_crop import resized_by_corners
from cvat_widgets.backends.onnx_inputs import onnx_inputs
from cvat_widgets.errors import MissingExtraError

if TYPE_CHECKING:
    from torch import Tensor

Shape = tuple[int | str, ...]

# PyTorch advises against TorchScript for new files; those that there are have to be read.
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")


def onnx_file(
    path: Path, inputs: Sequence[tuple[str, Shape]], weights: Sequence[float] = (1.0,), bias: float = 0.0, planes: int = 1
) -> Path:
    """Write a network that answers with a weighted sum of the channels of its first input, and uses the others not at all."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    make, numbers = onnx.helper, onnx.numpy_helper
    kernel = np.array([*weights] * planes, np.float32).reshape(planes, -1, 1, 1)
    values = [make.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name, shape in inputs]
    answer = make.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, (1, planes, "h", "w"))
    node = make.make_node("Conv", [inputs[0][0], "kernel", "bias"], ["logits"])
    fixed = [numbers.from_array(kernel, "kernel"), numbers.from_array(np.full(planes, bias, np.float32), "bias")]
    graph = make.make_graph([node], "clicks", values, [answer], fixed)
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(path))
    return path


def script_file(path: Path, module: Any) -> Path:
    torch = pytest.importorskip("torch")
    torch.jit.save(torch.jit.script(module), str(path))
    return path


def seen(model: Any) -> list[tuple[NDArray[np.float32], ...]]:
    """Return the list that every input of the network goes to from now on."""
    inputs: list[tuple[NDArray[np.float32], ...]] = []
    run = model.network.run

    def spy(*arrays: NDArray[np.float32]) -> NDArray[np.float32]:
        inputs.append(arrays)
        answer: NDArray[np.float32] = run(*arrays)
        return answer

    model.network.run = spy
    return inputs


def bell(x: int, y: int) -> NDArray[np.float64]:
    """A point of half its height 5 pixels from it."""
    rows, columns = np.mgrid[:512, :512]
    return np.asarray(0.5 ** (((columns - x) ** 2 + (rows - y) ** 2) / 25.0))


def scene() -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """A bright block on black, 100 high and 120 wide."""
    mask = np.zeros((100, 120), bool)
    mask[20:50, 30:70] = True
    picture = np.zeros((100, 120, 3), np.uint8)
    picture[mask] = (250, 120, 60)
    return picture, mask


# -- DEXTR ------------------------------------------------------------------------------------------------------------

POINTS = ((10.2, 30.9), (40.0, 31.5), (25.5, 3.0), (20.0, 60.7))


@pytest.mark.parametrize("engine", ["onnxruntime", "opencv"])
def test_dextr_sees_the_crop_with_zeros_beyond_the_rim_and_the_points(tmp_path: Path, engine: str) -> None:
    file = onnx_file(tmp_path / "dextr.onnx", [("input", (1, 4, 512, 512))], (0.0, 0.0, 0.0, 0.0), bias=5.0)
    model = load_backend("dextr", weights=file, engine=engine)
    assert (model.info.min_positive, model.info.min_negative, model.info.box) == (4, None, "no")
    inputs = seen(model)
    picture = np.full((100, 120, 3), (10, 20, 30), np.uint8)
    found = model.predict(model.encode(picture), Prompt(POINTS))
    # 50 pixels around columns 10 to 40 and rows 3 to 60: 131 x 158 pixels from (-40, -47).
    (given,) = inputs[-1]
    assert given.dtype == np.float32
    assert given.shape == (1, 4, 512, 512)
    expected = np.maximum.reduce(
        [bell((x + 40) * 512 // 131, (y + 47) * 512 // 158) for x, y in ((10, 30), (40, 31), (25, 3), (20, 60))]
    )
    assert np.allclose(given[0, 3], 255 * expected, atol=1e-3)
    left, top = 40 * 512 // 131, 47 * 512 // 158
    assert not given[0, :3, :, : left - 8].any()
    assert not given[0, :3, : top - 8].any()
    inside = given[0, :3, top + 8 : 470, left + 8 : 500]
    assert (inside == np.array([10, 20, 30])[:, None, None]).all()
    # All of the crop is answered with "yes"; only what lies between the extreme points is taken.
    mask = np.zeros((100, 120), bool)
    mask[3:61, 10:41] = True
    assert (found[0].bitmap(100, 120) == mask).all()
    assert found[0].score == pytest.approx(1 / (1 + np.exp(-5)), abs=1e-3)


def test_dextr_puts_a_small_answer_back_where_it_belongs(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")

    class Eighth(torch.nn.Module):  # type: ignore[name-defined,misc]
        def forward(self, x: Tensor) -> Tensor:
            assert x.size(1) == 4
            return torch.nn.functional.avg_pool2d(x[:, :1], 8) / 10 - 12.5

    model = load_backend("dextr", weights=script_file(tmp_path / "dextr.pt", Eighth()), device="cpu")
    picture, mask = scene()
    found = model.predict(model.encode(picture), Prompt(((25.0, 30.0), (80.0, 30.0), (40.0, 15.0), (40.0, 60.0))))
    answer = found[0].bitmap(100, 120)
    assert (answer & mask).sum() / (answer | mask).sum() > 0.9


def test_dextr_takes_probabilities_and_has_a_threshold(tmp_path: Path) -> None:
    shape = [("input", (1, 4, 512, 512))]
    for level, count in ((0.79, 0), (0.81, 1)):
        file = onnx_file(tmp_path / f"dextr{count}.onnx", shape, (0.0,) * 4, bias=level)
        model = load_backend("dextr", weights=file)
        assert len(model.predict(model.encode(scene()[0]), Prompt(POINTS))) == count


def test_dextr_needs_four_points_and_nothing_else(tmp_path: Path) -> None:
    model = load_backend("dextr", weights=onnx_file(tmp_path / "d.onnx", [("input", (1, 4, 512, 512))], (0.0,) * 4))
    encoded = model.encode(scene()[0])
    for prompt in (Prompt(POINTS[:3]), Prompt(POINTS, ((1.0, 1.0),)), Prompt((*POINTS[:3], (np.nan, 1.0)))):
        with pytest.raises(ModelError, match=r"four extreme points|positive points only|not a finite"):
            model.predict(encoded, prompt)


# -- Inside-Outside-Guidance ------------------------------------------------------------------------------------------


def test_iog_sees_inside_and_outside_points(tmp_path: Path) -> None:
    file = onnx_file(tmp_path / "iog.onnx", [("input", (1, 5, 512, 512))], (0.1, 0, 0, 0, 0), bias=-5.0)
    model = load_backend("iog", weights=file)
    assert (model.info.min_positive, model.info.box) == (1, "required")
    inputs = seen(model)
    picture = np.full((100, 120, 3), 200, np.uint8)
    # Columns 10 to 59 and rows 20 to 39 with 30 pixels around them: 110 x 80 pixels from (-20, -10).
    prompt = Prompt(((35.5, 30.5),), ((5.0, 5.0),), (60.0, 40.0, 10.0, 20.0))
    found = model.predict(model.encode(picture), prompt)
    (given,) = inputs[-1]
    assert np.allclose(given[0, 3], 255 * bell(55 * 512 // 110, 40 * 512 // 80), atol=1e-3)
    # The box reaches from 30 / 110 to 80 / 110 of 512 pixels, and from 30 / 80 to 50 / 80: 140..371 and 192..319.
    corners = [bell(x, y) for x in (130, 381) for y in (182, 329)]
    clicked = bell(25 * 512 // 110, 15 * 512 // 80)
    assert np.allclose(given[0, 4], 255 * np.maximum.reduce([*corners, clicked]), atol=1e-3)
    # The network says "yes" where it sees the picture: the crop without what lies beyond the rim.
    mask = np.zeros((100, 120), bool)
    mask[:70, :90] = True
    assert (found[0].bitmap(100, 120) == mask).all()


def test_iog_takes_the_fine_one_of_several_outputs(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")

    class Five(torch.nn.Module):  # type: ignore[name-defined,misc]
        def forward(self, x: Tensor) -> list[Tensor]:
            assert x.size(1) == 5
            return [x[:, 2:3] * 0 - 9.0, x[:, :1] / 10 - 12.5]

    model = load_backend("iog", weights=script_file(tmp_path / "iog.pt", Five()), device="cpu")
    picture, mask = scene()
    encoded = model.encode(picture)
    found = model.predict(encoded, Prompt(((50.0, 35.0),), box=(30.0, 20.0, 70.0, 50.0)))
    assert (found[0].bitmap(100, 120) == mask).mean() > 0.995
    with pytest.raises(ModelError, match="a box and a point inside"):
        model.predict(encoded, Prompt(((50.0, 35.0),)))


# -- clicks as input --------------------------------------------------------------------------------------------------


def test_maps_of_clicks() -> None:
    on, off = np.array([(2.0, 3.0), (8.0, 8.0)]), np.zeros((0, 2))
    disks = click_maps(on, off, 12, 14, disks=True, radius=2)
    distances = click_maps(on, off, 12, 14, disks=False, radius=26)
    for row in range(12):
        for column in range(14):
            nearest = min(((row - r) ** 2 + (column - c) ** 2) ** 0.5 for r, c in on)
            assert disks[0, row, column] == (nearest <= 2)
            assert distances[0, row, column] == pytest.approx(np.tanh(2 * nearest / 26), abs=1e-6)
    assert not disks[1].any()
    assert (distances[1] == 1).all()


def test_list_of_clicks() -> None:
    on, off = np.array([(2.0, 3.0)]), np.array([(5.0, 6.0), (7.0, 8.0)])
    none = (-1.0, -1.0, -1.0)
    assert click_list(on, off).tolist() == [[2, 3, 0], [*none], [5, 6, 1], [7, 8, 2]]
    assert click_list(on, off, 1).tolist() == [[2, 3, 0], [5, 6, 1]]
    assert click_list(off[:0], off[:0]).tolist() == [[*none], [*none]]


def test_resizing_keeps_corners_as_torch_does() -> None:
    torch = pytest.importorskip("torch")
    planes = np.random.default_rng(0).normal(size=(2, 7, 11)).astype(np.float32)
    for size in ((7, 11), (20, 5), (1, 30), (3, 1)):
        expected = torch.nn.functional.interpolate(torch.from_numpy(planes)[None], size, mode="bilinear", align_corners=True)[0]
        assert np.allclose(resized_by_corners(planes, *size), expected.numpy(), atol=1e-5)


@pytest.mark.parametrize(
    ("inputs", "layout"),
    [
        ([("input", (1, 6, "h", "w"))], ("image+mask+maps",)),
        ([("input", ("n", 5, 480, 480))], ("image+maps",)),
        ([("image", (1, 4, "h", "w")), ("points", (1, "n", 3))], ("image+mask", "points3")),
        ([("image", (1, 3, "h", "w")), ("points", (1, 48, 2))], ("image", "points2")),
        ([("image", (1, 3, "h", "w")), ("coord_features", (1, 3, "h", "w"))], ("image", "mask+maps")),
        ([("image", (1, 3, "h", "w")), ("points", (1, 2, 3)), ("mask", (1, 1, "h", "w"))], ("image", "points3", "mask")),
    ],
)
def test_inputs_are_recognised(tmp_path: Path, inputs: list[tuple[str, Shape]], layout: tuple[str, ...]) -> None:
    weights = (0.0,) * int(inputs[0][1][1])
    model = load_backend("hrnet", weights=onnx_file(tmp_path / "net.onnx", inputs, weights, bias=9.0))
    assert model.layout.inputs == layout
    picture, _ = scene()
    assert model.predict(model.encode(picture), Prompt(((50.0, 35.0),), ((5.0, 5.0),)))[0].bitmap(100, 120).all()


@pytest.mark.parametrize(
    "inputs",
    [
        [("input", (1, 7, "h", "w"))],
        [("input", (1, "c", "h", "w"))],
        [("input", (2, 6, "h", "w"))],
        [("image", (1, 3, 64, 64)), ("maps", (1, 2, 32, 32))],
        [("image", (1, 3, "h", "w")), ("points", (1, "n", 4))],
        [("image", (1, 3, "h", "w")), ("points", (1, 1, 3))],
    ],
)
def test_other_inputs_are_refused_with_what_is_known(tmp_path: Path, inputs: list[tuple[str, Shape]]) -> None:
    channels = inputs[0][1][1]
    file = onnx_file(tmp_path / "other.onnx", inputs, (0.0,) * (channels if isinstance(channels, int) else 3))
    with pytest.raises(ModelError, match=r"other\.onnx takes .*no input of a network for clicks") as raised:
        load_backend("fbrs", weights=file)
    assert "image+mask, points3" in str(raised.value)


# -- HRNet and f-BRS --------------------------------------------------------------------------------------------------

MEAN, DEVIATION = np.array((0.485, 0.456, 0.406)), np.array((0.229, 0.224, 0.225))


@pytest.mark.parametrize("engine", ["onnxruntime", "opencv"])
def test_hrnet_looks_closer_from_the_second_click_on_and_sees_its_answer(tmp_path: Path, engine: str) -> None:
    # Logits: 20 * red in standard deviations.
    file = onnx_file(tmp_path / "hrnet.onnx", [("input", (1, 6, "h", "w"))], (20.0, 0, 0, 0, 0, 0))
    model = load_backend("hrnet", weights=file, engine=engine, mirrored=False, layout="image+mask+maps")
    inputs = seen(model)
    picture = np.zeros((500, 600, 3), np.uint8)
    picture[300:360, 100:200] = (250, 120, 60)
    encoded = model.encode(picture)
    first = model.predict(encoded, Prompt(((150.5, 330.5),)))
    assert (first[0].bitmap(500, 600) == (picture[:, :, 0] > 0)).all()
    (given,) = inputs[-1]
    assert given.shape == (1, 6, 500, 600)
    assert np.allclose(given[0, :3, 330, 150], ((250, 120, 60) / np.array(255) - MEAN) / DEVIATION, atol=1e-5)
    assert not given[0, 3].any()
    assert not given[0, 5].any()
    rows, columns = np.mgrid[:500, :600]
    assert (given[0, 4] == ((rows - 330) ** 2 + (columns - 150) ** 2 <= 25)).all()
    second = model.predict(encoded, Prompt(((150.5, 330.5),), ((50.5, 300.5),)))
    assert len(inputs) == model.looks == 2
    # Rows 300 to 359 and columns 100 to 199 make 200 x 200 pixels about (329.5, 149.5), from row 230 and column 50.
    (given,) = inputs[-1]
    assert given.shape == (1, 6, 400, 400)
    side = 200 + 1  # both ends belong to it, as published
    assert given[0, 3, 200, 200] == pytest.approx(1, abs=1e-3)
    assert given[0, 3, 10, 10] == pytest.approx(0, abs=1e-3)
    rows, columns = np.mgrid[:400, :400]
    for plane, (row, column) in ((4, (330, 150)), (5, (300, 50))):
        at = (row - 230) * 400 / side, (column - 50) * 400 / side
        assert (given[0, plane] == ((rows - at[0]) ** 2 + (columns - at[1]) ** 2 <= 25)).all()
    assert (second[0].bitmap(500, 600) == (picture[:, :, 0] > 0)).mean() > 0.999


def test_large_pictures_are_reduced_and_their_preparation_is_kept(tmp_path: Path) -> None:
    file = onnx_file(tmp_path / "net.onnx", [("input", (1, 5, "h", "w"))], (20.0, 0, 0, 0, 0))
    model = load_backend("fbrs", weights=file)
    picture = np.zeros((400, 1600, 3), np.uint8)
    picture[100:300, 400:800] = 255
    encoded = model.encode(picture)
    assert encoded.whole.shape == (3, 200, 800)
    inputs = seen(model)
    found = model.predict(encoded, Prompt(((600.5, 200.5),)))[0].bitmap(400, 1600)
    assert (found == (picture[:, :, 0] > 0)).mean() > 0.99
    assert len(inputs) == 2
    assert (inputs[0][0][:, :3] == inputs[1][0][:, :3, :, ::-1]).all()
    # Distances over 260 pixels to row 100 and column 300 of the reduced picture; mirrored, to column 499.
    assert inputs[0][0][0, 3, 100, 300 + 26] == pytest.approx(np.tanh(0.2), abs=1e-5)
    assert inputs[1][0][0, 3, 100, 499 - 26] == pytest.approx(np.tanh(0.2), abs=1e-5)
    assert (inputs[0][0][0, 4] == 1).all()


def test_a_published_network_takes_plain_colours_its_answer_and_a_list(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")

    class Listed(torch.nn.Module):  # type: ignore[name-defined,misc]
        """A disk of 8 pixels about the first positive click and all of the answer before."""

        def forward(self, image: Tensor, points: Tensor) -> dict[str, Tensor]:
            assert image.size(1) == 4
            assert points.size(2) == 3
            rows = torch.arange(image.size(2)).view(-1, 1)
            columns = torch.arange(image.size(3)).view(1, -1)
            away = (rows - points[0, 0, 0]) ** 2 + (columns - points[0, 0, 1]) ** 2
            near = (8.5 - away.sqrt())[None, None].clamp(-5, 5)
            return {"instances": torch.maximum(near, image[:, 3:] * 10 - 5), "instances_aux": near * 0}

    model = load_backend("hrnet", weights=script_file(tmp_path / "listed.ts", Listed()), device="cpu")
    assert model.layout.inputs == ("image+mask", "points3")
    inputs = seen(model)
    picture, _ = scene()
    encoded = model.encode(picture)
    found = model.predict(encoded, Prompt(((50.5, 35.5),)))[0].bitmap(100, 120)
    rows, columns = np.mgrid[:100, :120]
    assert (found == ((rows - 35) ** 2 + (columns - 50) ** 2 <= 8.5**2)).mean() > 0.999
    assert np.allclose(inputs[0][0][0, :3, 35, 50], np.array((250, 120, 60)) / 255)
    assert inputs[0][1].tolist() == [[[35, 50, 0], [-1, -1, -1]]]
    assert inputs[1][1].tolist() == [[[35, 69, 0], [-1, -1, -1]]]
    # A mask that comes along is fed in, and the clicks are seen from close by.
    outline = np.zeros((100, 120), bool)
    outline[60:80, 20:40] = True
    both = model.predict(model.encode(picture), Prompt(((50.5, 35.5),), mask=outline))[0].bitmap(100, 120)
    assert both[62:78, 22:38].all()
    assert both[35, 50]
    assert not both[90, 100]
    assert inputs[-1][0].shape == (1, 4, 333, 400)  # all of the picture: it has less than 200 pixels


def test_several_first_clicks_are_answered_as_if_they_had_come_one_by_one(tmp_path: Path) -> None:
    file = onnx_file(tmp_path / "net.onnx", [("input", (1, 6, "h", "w"))], (20.0, 0, 0, 0, 0, 0))
    picture, mask = scene()
    model = load_backend("hrnet", weights=file)
    encoded = model.encode(picture)
    clicks = ((50.0, 35.0), (60.0, 40.0))
    found = model.predict(encoded, Prompt(clicks))
    assert model.looks == 2
    assert (found[0].bitmap(100, 120) == mask).mean() > 0.99
    model.predict(encoded, Prompt((*clicks, (40.0, 30.0))))
    assert model.looks == 3
    with pytest.raises(ModelError, match="a positive click or a mask"):
        model.predict(encoded, Prompt((), ((1.0, 1.0),)))
    with pytest.raises(ModelError, match="no box"):
        model.predict(encoded, Prompt(clicks, box=(0.0, 0.0, 5.0, 5.0)))


def test_fbrs_refines_until_the_mask_agrees_with_the_clicks(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")

    class Halves(torch.nn.Module):  # type: ignore[name-defined,misc]
        """Takes everything red or green for the object."""

        @torch.jit.export  # type: ignore[untyped-decorator]
        def features(self, x: Tensor) -> Tensor:
            assert x.size(1) == 5
            return torch.nn.functional.avg_pool2d((x[:, :2] > 0).float(), 4)

        @torch.jit.export  # type: ignore[untyped-decorator]
        def head(self, features: Tensor) -> Tensor:
            return features.sum(1, keepdim=True) * 6 - 3

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.features(x))

    file = script_file(tmp_path / "halves.pt", Halves())
    picture = np.zeros((240, 320, 3), np.uint8)
    picture[80:160, 60:140, 0] = 255
    picture[80:160, 180:260, 1] = 255
    on, off = ((100.5, 120.5),), ((220.5, 120.5),)
    masks = {}
    for evaluations in (0, 20):
        model = load_backend("fbrs", weights=file, device="cpu", evaluations=evaluations)
        encoded = model.encode(picture)
        first = model.predict(encoded, Prompt(on))[0].bitmap(240, 320)
        assert first[120, 100]
        assert first[120, 220]
        masks[evaluations] = model.predict(encoded, Prompt(on, off))[0].bitmap(240, 320)
    assert masks[0][120, 220]
    assert masks[0][120, 100]
    assert not masks[20][100:140, 190:250].any()
    assert masks[20][100:140, 70:130].all()
    assert model.refine is not None
    assert 2 < model.refine.runs <= 30
    assert model.settings.seen == 8


# -- files that do not do ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["dextr", "iog", "hrnet", "fbrs"])
def test_files_that_do_not_do(tmp_path: Path, name: str) -> None:
    torch = pytest.importorskip("torch")
    bare = tmp_path / "bare.pth"
    torch.save({"weight": torch.zeros(3)}, bare)
    text = tmp_path / "notes.txt"
    text.write_text("no network")
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no network")
    wrong = onnx_file(tmp_path / "wrong.onnx", [("input", (1, 3, 512, 512))], (0.0,) * 3)
    for options, message in (
        ({}, "weights are missing"),
        ({"weights": tmp_path / "none.onnx"}, r"no file .*none\.onnx"),
        ({"weights": bare}, r"bare\.pth is no TorchScript"),
        ({"weights": text}, r"notes\.txt is neither"),
        ({"weights": broken}, r"broken\.onnx"),
        ({"weights": wrong}, r"wrong\.onnx.*\(1, 3, 512, 512\)"),
        ({"weights": wrong, "engine": "opencv"}, r"wrong\.onnx.*\(1, 3, 512, 512\)"),
    ):
        with pytest.raises(ModelError, match=message):
            load_backend(name, **options)


def refused_answer(make: Callable[[Any], Any], torch: Any) -> Any:
    class Odd(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.made = make(torch)

        def forward(self, x: Tensor) -> Tensor:
            return self.made * x[:1, :1, :1, :1]

    return Odd()


@pytest.mark.parametrize(("make", "message"), [
    (lambda torch: torch.full((1, 1, 8, 8), float("nan")), "not finite"),
    (lambda torch: torch.zeros(1, 2, 8, 8), "one plane"),
])  # fmt: skip
def test_answers_that_are_no_plane_of_numbers(tmp_path: Path, make: Callable[[Any], Any], message: str) -> None:
    torch = pytest.importorskip("torch")
    file = script_file(tmp_path / "odd.pt", refused_answer(make, torch))
    with pytest.raises(ModelError, match=rf"odd\.pt.*{message}"):
        load_backend("dextr", weights=file, device="cpu")


def test_inputs_are_read_from_the_file_as_onnx_runtime_reads_them(tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    file = onnx_file(tmp_path / "net.onnx", [("image", (1, 3, "h", 480)), ("points", (1, 48, 2))], (0.0,) * 3)
    for path in (file, WEIGHTS):
        expected = [(each.name, tuple(each.shape)) for each in runtime.InferenceSession(str(path)).get_inputs()]
        assert onnx_inputs(path) == expected
    whole = file.read_bytes()
    rng = np.random.default_rng(0)
    for length in (0, 1, 40, len(whole) - 5):
        (tmp_path / "cut.onnx").write_bytes(whole[:length])
        (tmp_path / "noise.onnx").write_bytes(rng.bytes(length))
        for name in ("cut", "noise"):
            # Either nothing is found, or it is said that it is no such file; nothing else happens.
            with contextlib.suppress(ModelError):
                onnx_inputs(tmp_path / f"{name}.onnx")
    (tmp_path / "cut.onnx").write_bytes(whole[:-5])
    with pytest.raises(ModelError, match=r"cut\.onnx.*no ONNX file"):
        onnx_inputs(tmp_path / "cut.onnx")


def test_torchscript_without_torch_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "net.pt").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"cvat-widgets\[torch\]"):
        load_backend("hrnet", weights=tmp_path / "net.pt")


def test_several_inputs_need_onnx_runtime(tmp_path: Path) -> None:
    file = onnx_file(tmp_path / "two.onnx", [("image", (1, 3, "h", "w")), ("points", (1, "n", 3))], (0.0,) * 3)
    with pytest.raises(ModelError, match=r"two\.onnx has 2 inputs.*cvat-widgets\[onnx\]"):
        load_backend("hrnet", weights=file, engine="opencv")
