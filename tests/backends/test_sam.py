"""The Segment Anything family on random weights: the same numbers as the reference predictor, one encoding for all clicks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cvat_widgets.backends import ModelError, Prompt, load_backend
from cvat_widgets.backends.embedding_cache import FrameClicks

from .sam_support import photo, segment_anything_package, small_config, small_sam, small_transformers_model

torch = pytest.importorskip("torch")

CLICKS = ((30.0, 40.0), (61.5, 12.25))
BOX = (70.0, 50.0, 20.0, 10.0)


def reference(sam: Any, prompt: Prompt, several: bool, before: Any = None) -> tuple[Any, Any, Any]:
    segment_anything_package()
    from segment_anything import SamPredictor

    predictor = SamPredictor(sam)
    predictor.set_image(photo())
    points = np.array([*prompt.positive, *prompt.negative]).reshape(-1, 2)
    labels = np.array([1] * len(prompt.positive) + [0] * len(prompt.negative))
    box = None if prompt.box is None else np.array([20.0, 10, 70, 50])
    return predictor.predict(
        points if len(points) else None, labels if len(points) else None, box, before, several, return_logits=True
    )


@pytest.mark.parametrize(
    "prompt",
    [Prompt(CLICKS[:1]), Prompt(CLICKS[:1], CLICKS[1:]), Prompt(box=BOX), Prompt(CLICKS, box=BOX)],
    ids=["click", "clicks", "box", "box and clicks"],
)
def test_the_package_answers_as_its_own_predictor(prompt: Prompt) -> None:
    sam = small_sam()
    model = load_backend("sam-torch", network=sam, device="cpu")
    encoded = model.encode(photo())
    inner = model.prompt_for(encoded, prompt)
    assert inner.several == (prompt.box is None and not prompt.negative)
    masks, scores, low = reference(sam, prompt, inner.several)
    with torch.inference_mode():
        logits, own = model._decode(encoded.embedding, inner)
        whole = model.postprocess(logits, 90, 120)
    assert np.allclose(logits.numpy(), low, atol=1e-4)
    assert np.allclose(own.numpy(), scores, atol=1e-5)
    assert np.allclose(whole.numpy(), masks, atol=1e-4)
    found = model.predict(encoded, prompt)
    best = int(scores.argmax())
    assert len(found) <= len(masks)
    if (masks[best] > 0).any():
        assert (found[0].bitmap(90, 120) == (masks[best] > 0)).mean() > 0.9999


def test_the_answer_before_is_fed_back_if_the_clicks_go_on() -> None:
    sam = small_sam()
    model = load_backend("sam-torch", network=sam, device="cpu")
    encoded = model.encode(photo())
    _, scores, low = reference(sam, Prompt(CLICKS[:1]), several=True)
    model.predict(encoded, Prompt(CLICKS[:1]))
    other = model.prompt_for(encoded, Prompt(CLICKS, choice=1))
    assert np.allclose(other.low_res, low[scores.argsort()[-2]][None], atol=1e-4)  # the user had chosen the second one
    second = model.prompt_for(encoded, Prompt(CLICKS))
    assert np.allclose(second.low_res, low[scores.argmax()][None], atol=1e-4)
    masks, _, _ = reference(sam, Prompt(CLICKS), several=False, before=second.low_res)
    with torch.inference_mode():
        logits, _ = model._decode(encoded.embedding, second)
    assert np.allclose(model.postprocess(logits, 90, 120).numpy(), masks, atol=1e-4)
    assert model.prompt_for(encoded, Prompt(CLICKS[1:])).low_res is None  # the first click was taken away
    mask = np.zeros((90, 120), bool)
    mask[10:50, 20:60] = True
    from_mask = model.prompt_for(encoded, Prompt(CLICKS[1:], mask=mask)).low_res
    outline = np.array([20.0, 10, 60, 10, 60, 50, 20, 50])
    from_polygon = model.prompt_for(encoded, Prompt(CLICKS[1:], polygon=outline)).low_res
    assert np.allclose(from_mask, from_polygon)
    assert from_mask[0, 20, 20] == pytest.approx(10)
    assert from_mask[0, 63, 63] == pytest.approx(-10)


def test_published_weights_open_in_transformers_with_the_same_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("transformers")
    from cvat_widgets.backends import sam_transformers

    sam = small_sam()
    twin = __import__("transformers").SamModel(small_config("sam")).eval()
    twin.load_state_dict(sam_transformers.renamed(sam.state_dict()) | {}, strict=False)
    missing = set(twin.state_dict()) - set(sam_transformers.renamed(sam.state_dict()))
    assert not missing
    a = load_backend("sam-torch", network=sam, device="cpu")
    b = load_backend("sam", network=twin, device="cpu")
    for prompt in (Prompt(CLICKS[:1]), Prompt(CLICKS[:1], CLICKS[1:]), Prompt(CLICKS, box=BOX), Prompt(box=BOX)):
        one, other = a.encode(photo()), b.encode(photo())
        with torch.inference_mode():
            logits_a, scores_a = a._decode(one.embedding, a.prompt_for(one, prompt))
            logits_b, scores_b = b._decode(other.embedding, b.prompt_for(other, prompt))
        assert np.allclose(logits_a.numpy(), logits_b.numpy(), atol=1e-3)
        assert np.allclose(scores_a.numpy(), scores_b.numpy(), atol=1e-4)


@pytest.mark.parametrize("kind", ["sam", "sam_hq", "sam2"])
def test_one_encoding_serves_all_clicks(kind: str, tmp_path: Path) -> None:
    made = small_transformers_model(kind)
    made.save_pretrained(tmp_path / kind)
    model = load_backend("sam", checkpoint=tmp_path / kind, device="cpu")
    assert model.info.name == {"sam": "Segment Anything", "sam_hq": "SAM-HQ", "sam2": "SAM 2"}[kind]
    clicks = FrameClicks(model, lambda frame: photo(), name=kind, count=2)
    found = clicks.predict(0, Prompt(CLICKS[:1]), prepare=False)
    assert len(found) <= 3
    for prompt in (Prompt(CLICKS), Prompt(CLICKS, ((5.0, 5.0),)), Prompt(box=BOX), Prompt(CLICKS, box=BOX)):
        for each in clicks.predict(0, prompt, prepare=False):
            assert each.bitmap(90, 120).any()
            assert 0 <= each.score <= 1
    assert (model.encodes, model.decodes) == (1, 5)
    assert clicks.cache.reused == 4
    outline = np.array([20.0, 10, 60, 10, 60, 50, 20, 50])
    clicks.predict(0, Prompt(polygon=outline), prepare=False)
    clicks.cache.close()


def test_sam2_sees_the_picture_as_sam2_does() -> None:
    model = load_backend("sam", network=small_transformers_model("sam2"), device="cpu")
    image = photo()
    whole = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255
    resized = torch.nn.functional.interpolate(whole, (256, 256), mode="bilinear", antialias=True)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    wanted = (resized - mean[None, :, None, None]) / std[None, :, None, None]
    assert torch.allclose(model.preprocess(image), wanted, atol=1e-5)
    encoded = model.encode(image)
    assert np.allclose(model.prompt_for(encoded, Prompt(((60.0, 45.0),))).points, [[128, 128]])


def test_wrong_files_and_prompts_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="weights are missing"):
        load_backend("sam")
    torch.save({"conv1.weight": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(ModelError, match="no weights of Segment Anything"):
        load_backend("sam-torch", checkpoint=tmp_path / "other.pth")
    model = load_backend("sam-torch", network=small_sam(), device="cpu")
    with pytest.raises(ModelError, match="a click, a box or a mask"):
        model.predict(model.encode(photo()), Prompt())
    with pytest.raises(ModelError, match="not a finite number"):
        model.predict(model.encode(photo()), Prompt(((float("nan"), 1.0),)))
