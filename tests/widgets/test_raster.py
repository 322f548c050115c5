"""The canvas that draws in the kernel: golden pixels, areas, and the same methods as ipycanvas."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cvat_widgets.errors import AnnotationError
from cvat_widgets.widgets.raster import RasterCanvas, heat_picture
from cvat_widgets.widgets.raster.coverage import cover, cover_rectangle
from cvat_widgets.widgets.raster.paint import color_of

RED, BLUE = [255, 0, 0, 255], [0, 0, 255, 255]


def alpha(canvas: RasterCanvas) -> NDArray[np.float64]:
    """Return the covered share of each pixel."""
    return canvas.picture()[..., 3] / 255


def test_rectangles_cover_parts_of_pixels_exactly() -> None:
    canvas = RasterCanvas(4, 3)
    canvas.fill_style = "red"
    canvas.fill_rect(0.5, 1, 2, 1.25)
    assert canvas.picture()[..., 3].tolist() == [[0, 0, 0, 0], [128, 255, 128, 0], [32, 64, 32, 0]]
    assert canvas.picture()[1, 1].tolist() == RED
    canvas.clear_rect(1, 0, 1, 3)
    assert canvas.picture()[:, 1, 3].tolist() == [0, 0, 0]


def test_figures_have_the_areas_they_should_have() -> None:
    for draw, area in (
        (lambda c: c.fill_circle(50, 50, 30), math.pi * 900),
        (lambda c: c.fill_polygon([[10, 10], [90, 10], [10, 90]]), 3200),
        (lambda c: c.stroke_circle(50, 50, 30), math.pi * (32**2 - 28**2)),
        (lambda c: c.stroke_rect(20, 20, 40, 40), 44**2 - 36**2),
        (lambda c: c.stroke_line(10, 50, 90, 50), 320),
        (lambda c: c.fill_arc(50, 50, 40, 0, math.pi), math.pi * 800),
        (lambda c: c.stroke_line_segments([np.array([[10, 10], [30, 10]]), np.array([[10, 40], [50, 40]])]), 240),
    ):
        canvas = RasterCanvas(100, 100)
        canvas.line_width = 4
        draw(canvas)
        assert float(alpha(canvas).sum()) == pytest.approx(area, rel=0.004)


def test_areas_in_areas() -> None:
    square = [[0, 0], [10, 0], [10, 10], [0, 10]]
    inner, hole = [[2, 2], [8, 2], [8, 8], [2, 8]], [[2, 2], [2, 8], [8, 8], [8, 2]]
    for second, rule, area in ((inner, "nonzero", 100), (hole, "nonzero", 64), (inner, "evenodd", 64), (hole, "evenodd", 64)):
        canvas = RasterCanvas(12, 12)
        for ring in (square, second):
            canvas.move_to(*ring[0])
            for point in ring[1:]:
                canvas.line_to(*point)
            canvas.close_path()
        canvas.fill(rule)
        assert float(alpha(canvas).sum()) == pytest.approx(area, abs=0.1)


corner = st.floats(-50, 150, allow_nan=False, width=32)


@given(corner, corner, corner, corner)
def test_upright_rectangles_are_covered_alike_by_both_ways(x0: float, y0: float, x1: float, y1: float) -> None:
    ring = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    exact, general = cover_rectangle(x0, y0, x1, y1, 100, 80), cover([ring], 100, 80)
    assert (exact is None) == (general is None)
    if exact is not None and general is not None:
        assert exact[:2] == general[:2]
        assert float(np.abs(exact[2] - general[2]).max()) <= 1 / 16 + 1e-6  # lines through a pixel, upright


def test_colours_mix_as_on_any_canvas() -> None:
    canvas = RasterCanvas(3, 1)
    canvas.fill_style = "#0000ff"
    canvas.fill_rect(0, 0, 2, 1)
    canvas.fill_style = "rgba(255, 0, 0, 0.5)"
    canvas.fill_rect(1, 0, 2, 1)
    assert canvas.picture()[0].tolist() == [BLUE, [128, 0, 128, 255], [255, 0, 0, 128]]
    canvas.save()
    canvas.global_alpha = 0.5
    canvas.global_composite_operation = "destination-out"
    canvas.fill_rect(0, 0, 1, 1)
    canvas.restore()
    assert canvas.picture()[0, 0].tolist() == [0, 0, 255, 191]
    canvas.global_composite_operation = "hue"
    with pytest.raises(AnnotationError, match="cannot mix by 'hue'"):
        canvas.fill_rect(0, 0, 1, 1)


@pytest.mark.parametrize(
    ("text", "color"),
    [
        ("#e6194b", (230, 25, 75, 255)), ("#f008", (255, 0, 0, 136)), ("rgba(0, 128, 255, 0.5)", (0, 128, 255, 127.5)),
        ("hsl(120, 100%, 25%)", (0, 127.5, 0, 255)), ("Orange", (255, 165, 0, 255)), ("transparent", (0, 0, 0, 0)),
        ("rgb(10% 20% 30% / 40%)", (25.5, 51, 76.5, 102)),
    ],
)  # fmt: skip
def test_colours_of_css(text: str, color: tuple[float, ...]) -> None:
    assert [each * 255 for each in color_of(text)] == pytest.approx(color)
    with pytest.raises(AnnotationError, match="not a colour"):
        color_of(text + "?")


def test_coordinates_clips_and_states() -> None:
    canvas = RasterCanvas(20, 10, scale=2)  # a picture of 40 x 20
    assert canvas.picture().shape == (20, 40, 4)
    canvas.save()
    canvas.begin_path()
    canvas.rect(2, 2, 4, 4)
    canvas.clip()
    canvas.translate(2, 2)
    canvas.scale(2)
    canvas.rotate(math.pi / 2)
    canvas.fill_style = "red"
    canvas.fill_rect(0, -1, 1, 1)  # turned: from (0, 0) to (1, 1), which is 2 x 2 units
    canvas.restore()
    assert np.argwhere(alpha(canvas) > 0.5).min(axis=0).tolist() == [4, 4]
    assert np.argwhere(alpha(canvas) > 0.5).max(axis=0).tolist() == [7, 7]
    canvas.fill_rect(10, 0, 1, 1)
    assert canvas.picture()[0, 20].tolist() == [0, 0, 0, 255]  # the style was restored, and nothing is clipped


def test_gradients_dashes_curves_texts_and_pictures() -> None:
    canvas = RasterCanvas(100, 10)
    canvas.fill_style = canvas.create_linear_gradient(0, 0, 100, 0, [(0, "red"), (1, "blue")])
    canvas.fill_rect(0, 0, 100, 10)
    assert canvas.picture()[5, [0, 50, 99]].tolist() == [[254, 0, 1, 255], [126, 0, 129, 255], [1, 0, 254, 255]]

    canvas = RasterCanvas(100, 10)
    canvas.set_line_dash([10, 5])
    canvas.line_width = 2
    canvas.stroke_line(0, 5, 100, 5)
    assert float(alpha(canvas).sum()) == pytest.approx(2 * 70, rel=0.01)

    canvas = RasterCanvas(100, 100)
    canvas.move_to(10, 50)
    canvas.bezier_curve_to(10, 10, 90, 10, 90, 50)
    canvas.quadratic_curve_to(50, 90, 10, 50)
    canvas.fill()
    # The integrals of y dx: 40 * 3 * 80 * 6 / 30 under the first, 40 * 2 * 80 / 6 under the second.
    assert float(alpha(canvas).sum()) == pytest.approx(1920 + 3200 / 3, rel=0.004)

    canvas = RasterCanvas(200, 60)
    canvas.font = "bold 20px sans-serif"
    canvas.fill_text("car 12", 100, 30)
    left = np.argwhere(alpha(canvas) > 0.5)[:, 1].min()
    canvas.clear()
    canvas.text_align = "center"
    canvas.text_baseline = "middle"
    canvas.fill_text("car 12", 100, 30)
    inked = np.argwhere(alpha(canvas) > 0.5)
    assert left >= 100
    assert inked.mean(axis=0) == pytest.approx([30, 100], abs=4)

    canvas = RasterCanvas(8, 8)
    quarters = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [9, 9, 9]]], np.uint8)
    canvas.image_smoothing_enabled = False
    canvas.scale(4)
    canvas.put_image_data(quarters, 0, 0)
    assert canvas.picture()[[1, 1, 6, 6], [1, 6, 1, 6], :3].tolist() == quarters.reshape(-1, 3).tolist()


def test_what_cannot_be_drawn_says_so() -> None:
    canvas = RasterCanvas(8, 8)
    for draw, said in (
        (lambda: canvas.create_pattern(None), "no patterns"),
        (lambda: canvas.stroke(object()), "Path2D"),  # type: ignore[arg-type]
        (lambda: canvas.fill_polygons(np.zeros((4, 2))), "points_per_polygon"),
    ):
        with pytest.raises(AnnotationError, match=said):
            draw()
    canvas.fill_style = 3
    with pytest.raises(AnnotationError, match="int cannot be painted with"):
        canvas.fill_rect(0, 0, 1)
    canvas.fill_style = "red"
    for bad in (math.nan, math.inf, 1e300):
        canvas.fill_circle(bad, 1, 1)
        canvas.fill_rect(bad, 1, 1)
        canvas.stroke_line(bad, 1, 2, 2)
        canvas.put_image_data(np.zeros((2, 2, 3), np.uint8), bad, 0)
    assert not canvas.touched


def test_it_has_the_methods_of_ipycanvas() -> None:
    ipycanvas = pytest.importorskip("ipycanvas")
    wanted = {
        name: method
        for name, method in vars(ipycanvas.Canvas).items()
        if inspect.isfunction(method) and not name.startswith("_") and not name.startswith("on_") and name != "sleep"
    }
    assert len(wanted) > 60
    for name, method in wanted.items():
        ours = inspect.signature(getattr(RasterCanvas, name)).parameters
        assert list(inspect.signature(method).parameters) == list(ours) or name == "create_pattern", name
    canvas = RasterCanvas(2, 2)
    assert all(hasattr(canvas, name) for name in ipycanvas.Canvas.ATTRS)


def test_arrays_as_layers() -> None:
    heat = heat_picture(np.array([[0.0, 0.25], [1.0, np.nan]]))
    assert heat[..., 3].tolist() == [[0, 128], [255, 0]]
    assert heat[1, 0, :3].sum() > heat[0, 1, :3].sum()
    assert heat_picture(np.array([[5, 10, 15]]))[0, :, 3].tolist() == [0, 180, 255]  # spread
    assert heat_picture(np.array([[0, 128, 255]], np.uint8))[0, :, 3].tolist() == [0, 181, 255]
    assert heat_picture(np.full((2, 2), 7.0))[..., 3].min() == 255
    assert heat_picture(np.full((2, 2), np.nan))[..., 3].max() == 0
    assert heat_picture(np.array([[True, False]]))[0].tolist() == [[230, 25, 75, 255], [0, 0, 0, 0]]
    assert heat_picture(np.full((1, 1, 3), 0.5))[0, 0].tolist() == [128, 128, 128, 255]
    assert heat_picture(np.full((1, 1, 4), 7, np.uint8))[0, 0].tolist() == [7, 7, 7, 7]
    for wrong, said in (
        (np.zeros(3), "shape"),
        (np.zeros((0, 4)), "shape"),
        (np.array([["a"]]), "no layer"),
        ("text", "shape"),
    ):
        with pytest.raises(AnnotationError, match=said):
            heat_picture(wrong)
