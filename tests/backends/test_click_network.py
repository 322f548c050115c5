"""The project's own click network, with the weights that come along."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cvat_widgets.backends import ModelError, Prompt, load_backend
from cvat_widgets.backends.click_distances import ClickDistances
from cvat_widgets.backends.click_features import CHANNELS, click_features, geodesic
from cvat_widgets.backends.click_network import WEIGHTS

from .conftest import Sequence, mask_iou


def scene() -> tuple[np.ndarray, np.ndarray]:
    picture = np.full((120, 160, 3), (70, 90, 80), np.uint8)
    picture += np.random.default_rng(0).integers(0, 12, picture.shape, dtype=np.uint8)
    mask = np.zeros((120, 160), bool)
    mask[30:90, 40:110] = True
    picture[mask] += np.array([120, 30, 10], np.uint8)
    return picture, mask


def test_the_weights_are_small() -> None:
    assert WEIGHTS.stat().st_size < 1 << 20


@pytest.mark.parametrize("engine", ["onnxruntime", "opencv"])
def test_a_click_finds_a_plain_thing(engine: str) -> None:
    if engine == "onnxruntime":
        pytest.importorskip("onnxruntime")
    picture, mask = scene()
    model = load_backend("clicks", engine=engine)
    encoded = model.encode(picture)
    found = model.predict(encoded, Prompt(((75.0, 60.0),)))
    assert mask_iou(found[0].bitmap(120, 160), mask) > 0.8
    assert 0 < found[0].score <= 1
    box = model.predict(encoded, Prompt(box=(110.0, 90.0, 40.0, 30.0)))
    assert mask_iou(box[0].bitmap(120, 160), mask) > 0.8


def test_both_engines_say_the_same() -> None:
    pytest.importorskip("onnxruntime")
    picture, _ = scene()
    prompt = Prompt(((75.0, 60.0),), ((20.0, 20.0),))
    masks = []
    for engine in ("onnxruntime", "opencv"):
        model = load_backend("clicks", engine=engine)
        masks.append(model.predict(model.encode(picture), prompt)[0].bitmap(120, 160))
    assert mask_iou(masks[0], masks[1]) > 0.99


def test_the_next_click_goes_on_from_the_answer_that_was_chosen() -> None:
    picture, _ = scene()
    model = load_backend("clicks")
    encoded = model.encode(picture)
    first = ((75.0, 60.0),)
    model.predict(encoded, Prompt(first))
    kept = encoded.answers[first, (), None]
    assert len(kept) >= 1
    encoded.answers[first, (), None] = [kept[0], kept[0] * 0]
    more = Prompt(first, ((20.0, 20.0),))
    assert model._before(encoded, more) is kept[0]
    assert model._before(encoded, replace(more, choice=1)).max() == 0
    assert model._before(encoded, replace(more, choice=9)).max() == 0


def test_a_mask_and_a_polygon_can_be_refined_and_a_removed_click_is_forgotten() -> None:
    picture, mask = scene()
    model = load_backend("clicks")
    encoded = model.encode(picture)
    outline = np.array([40.0, 30, 110, 30, 110, 90, 40, 90])
    for prompt in (Prompt(((75.0, 60.0),), mask=mask), Prompt(((75.0, 60.0),), polygon=outline), Prompt(mask=mask)):
        assert mask_iou(model.predict(encoded, prompt)[0].bitmap(120, 160), mask) > 0.8
    fresh = load_backend("clicks")
    encoded = fresh.encode(picture)
    alone = fresh.predict(encoded, Prompt(((75.0, 60.0),)))
    fresh.predict(encoded, Prompt(((75.0, 60.0),), ((50.0, 40.0),)))
    again = fresh.predict(encoded, Prompt(((75.0, 60.0),)))
    assert (alone[0].points == again[0].points).all()


def test_prompts_that_say_nothing_are_refused() -> None:
    model = load_backend("clicks")
    encoded = model.encode(scene()[0])
    with pytest.raises(ModelError, match="positive click"):
        model.predict(encoded, Prompt(negative=((3.0, 3.0),)))
    with pytest.raises(ModelError, match="finite"):
        model.predict(encoded, Prompt(((float("inf"), 3.0),)))
    with pytest.raises(ModelError, match="the mask is"):
        model.predict(encoded, Prompt(((3.0, 3.0),), mask=np.zeros((3, 3), bool)))


@pytest.mark.parametrize("shape", [(1, 1, 3), (5, 400, 3), (900, 30, 3), (1500, 1100, 3)])
def test_odd_pictures_and_clicks_at_the_rim(shape: tuple[int, int, int]) -> None:
    model = load_backend("clicks")
    picture = np.random.default_rng(1).integers(0, 255, shape, dtype=np.uint8)
    encoded = model.encode(picture)
    for x, y in ((0.0, 0.0), (float(shape[1]), float(shape[0])), (shape[1] / 2, shape[0] / 2)):
        for found in model.predict(encoded, Prompt(((x, y),))):
            assert found.bitmap(*shape[:2]).any()


def test_geodesic_distances_go_round_a_wall() -> None:
    picture = np.zeros((1, 21, 21, 3), np.float32)
    picture[0, 4:, 10] = 1  # a wall with a gap at the top
    seeds = np.zeros((1, 21, 21), bool)
    seeds[0, 18, 5] = True
    distance = geodesic(picture, seeds)[0]
    assert distance[18, 5] == 0
    assert distance[18, 1] == pytest.approx(4)
    assert distance[18, 15] > 2 * distance[18, 1] + 10
    assert np.allclose(geodesic(picture.transpose(0, 2, 1, 3), seeds.transpose(0, 2, 1))[0].T, distance, atol=0.5)
    features = click_features((picture * 255).astype(np.uint8), [[(5.5, 18.5)]], [[]])
    assert features.shape == (1, CHANNELS, 21, 21)
    assert np.isfinite(features).all()


def test_a_click_counts_for_the_surface_it_is_on_whatever_the_network_says() -> None:
    mask = scene()[1]
    picture = np.where(mask[..., None], np.uint8([190, 120, 90]), np.uint8([70, 90, 80]))
    distances = ClickDistances(picture)
    undecided = np.full(mask.shape, 0.5, np.float32)
    chances = distances.corrected(undecided, [(75.0, 60.0)], [(10.0, 60.0)])
    inside = np.zeros_like(mask)
    inside[32:88, 42:108] = True
    assert chances[inside].min() > 0.9
    assert chances[60, 32:38].max() < 0.1  # nearer to the click than many a pixel inside
    # Somebody who corrects has the last word near the click, and none far from it.
    wrong = np.where(mask, np.float32(0.9), np.float32(0.2))
    turned = distances.corrected(wrong, [], [(75.0, 60.0)])
    assert turned[inside].max() < 0.5
    assert np.allclose(turned[~mask & (np.arange(160) < 25)], 0.2, atol=0.01)


def test_real_masks(car_shadow: Sequence) -> None:
    """A floor: on a real car the box gives more than the box itself (0.63 to 0.72)."""
    model = load_backend("clicks")
    overlaps = []
    for frame in (0, 16, 32):
        box = tuple(car_shadow.box(frame).tolist())
        found = model.predict(model.encode(car_shadow.pictures[frame]), Prompt(box=box))
        overlaps.append(mask_iou(found[0].bitmap(*car_shadow.masks[frame].shape), car_shadow.masks[frame]))
    assert np.mean(overlaps) > 0.7
