"""SAM 2's memory as a tracker, on random weights of the true architecture: the same as the library's own sessions."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cvat_widgets.backends import Detection, ModelError, load_backend
from cvat_widgets.backends.sam2_video import Sam2VideoTracker, _box_of
from cvat_widgets.backends.tracking import Start, follow
from cvat_widgets.errors import MissingExtraError
from cvat_widgets.model.geometry import rectangle_corners
from cvat_widgets.model.masks import encode_mask

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
if not hasattr(transformers, "Sam2VideoModel"):
    pytest.skip("this transformers has no SAM 2 for video", allow_module_level=True)

from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoInferenceSession  # noqa: E402

from .sam_support import small_config  # noqa: E402

torch.set_num_threads(1)
SIDE, HEIGHT, WIDTH, MEMORY, POINTERS = 64, 60, 80, 3, 5


@pytest.fixture(scope="module")
def network() -> Any:
    config = transformers.Sam2VideoConfig(
        vision_config=small_config("sam2", SIDE).vision_config.to_dict(), prompt_encoder_config={"image_size": SIDE},
        num_maskmem=MEMORY, max_object_pointers_in_encoder=POINTERS, image_size=SIDE, memory_attention_num_layers=1,
        memory_attention_feed_forward_hidden_size=32, memory_attention_rope_feat_sizes=[SIDE // 16, SIDE // 16],
        memory_fuser_num_layers=1, memory_fuser_intermediate_dim=32,
    )  # fmt: skip
    torch.manual_seed(0)
    network = transformers.Sam2VideoModel(config).eval()
    with torch.no_grad():  # what begins as nothing would hide a memory that is wrong
        for name in ("memory_temporal_positional_encoding", "no_memory_embedding", "no_object_pointer"):
            getattr(network, name).normal_()
    return seeing(network, True)


def seeing(network: Any, there: bool) -> Any:
    """Let random weights say that the object is there, or that it is not."""
    last = network.mask_decoder.pred_obj_score_head.proj_out
    with torch.no_grad():
        last.weight.zero_()
        last.bias.fill_(2.0 if there else -2.0)
    return network


def video(count: int) -> list[Any]:
    random = np.random.default_rng(1)
    still = random.integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    return [np.roll(still, 2 * number, axis=1) for number in range(count)]


def disc(x: int, y: int, radius: int) -> Any:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return (columns - x) ** 2 + (rows - y) ** 2 <= radius**2


def by_hand(network: Any, pictures: list[Any], mask: Any = None, box: Any = None, reverse: bool = False) -> dict[int, Any]:
    """Masks of one object through the session of the library with the whole video, prompted on its first frame (last, if reverse)."""
    model = Sam2VideoTracker(network, "cpu")
    session = Sam2VideoInferenceSession(
        video=torch.cat([model.preprocess(each) for each in pictures]),
        video_height=HEIGHT,
        video_width=WIDTH,
        dtype=torch.float32,
    )
    first = len(pictures) - 1 if reverse else 0
    number = session.obj_id_to_idx(1)
    if mask is not None:
        whole = torch.nn.functional.interpolate(
            torch.from_numpy(mask).float()[None, None], (SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False
        )
        session.add_mask_inputs(number, first, (whole >= 0.5).float())
    else:
        corners = torch.tensor(box, dtype=torch.float32).reshape(1, 1, 2, 2) * torch.tensor([SIDE / WIDTH, SIDE / HEIGHT])
        session.add_point_inputs(number, first, {"point_coords": corners, "point_labels": torch.tensor([[[2, 3]]])})
    session.obj_with_new_inputs = [1]
    result = {}
    for out in network.propagate_in_video_iterator(session, start_frame_idx=first, reverse=reverse):
        square = torch.nn.functional.interpolate(out.pred_masks, (SIDE, SIDE), mode="bilinear", align_corners=False)
        whole = torch.nn.functional.interpolate(square, (HEIGHT, WIDTH), mode="bilinear", align_corners=False)
        result[out.frame_idx] = whole[0, 0].numpy()
    return result


class Recording(Sam2VideoTracker):
    """Keeps the logits of every answer."""

    def __init__(self, network: Any) -> None:
        super().__init__(network, "cpu")
        self.logits: list[Any] = []

    def _run(self, state: Any, encoded: Any) -> Any:
        logits, score = super()._run(state, encoded)
        square = torch.nn.functional.interpolate(logits, (SIDE, SIDE), mode="bilinear", align_corners=False)
        whole = torch.nn.functional.interpolate(square, (HEIGHT, WIDTH), mode="bilinear", align_corners=False)
        self.logits.append(whole[0, 0].numpy())
        return logits, score


def agree(found: Detection | None, logits: Any) -> bool:
    assert found is not None
    own = found.bitmap(HEIGHT, WIDTH)
    clear = np.abs(logits) > 1e-4
    return bool(own.any() and not own.all() and (own == (logits > 0))[clear].all() and clear.mean() > 0.9)


def test_many_objects_get_the_masks_of_the_librarys_sessions(network: Any) -> None:
    pictures = video(8)
    one, two = disc(25, 30, 12), disc(55, 25, 15)
    model = Recording(network)
    states = model.start(pictures[0], [Detection.of_mask("", one), Detection.of_mask("", two)])
    wanted = [by_hand(network, pictures, one), by_hand(network, pictures, two)]
    for frame in range(1, 8):
        found = model.step(pictures[frame], states)
        for own, theirs in zip(model.logits[-2:], wanted, strict=True):
            assert np.abs(own - theirs[frame]).max() < 1e-4 * np.abs(theirs[frame]).max()
        assert all(agree(each, theirs[frame]) for each, theirs in zip(found, wanted, strict=True))
        assert found[0] is not None
        assert found[0].score == pytest.approx(1 / (1 + np.exp(-2)))
    assert model.encodes == 8  # once a picture, however many objects


def test_backwards_a_box_and_a_second_object_that_joins_later(network: Any) -> None:
    pictures = video(7)
    box, late = (10.0, 12.0, 50.0, 48.0), disc(40, 30, 14)
    model = load_backend("sam2-video", network=network, device="cpu")
    starts = [
        Start(6, Detection.of_mask("", disc(30, 30, 15)), frozenset(range(6))),
        Start(4, Detection.of_mask("", late), frozenset({0, 1, 2, 3})),
    ]
    result = follow(model, pictures.__getitem__, starts, lambda _: None)
    backwards, joined = (
        by_hand(network, pictures, disc(30, 30, 15), reverse=True),
        by_hand(network, pictures[:5], late, reverse=True),
    )
    assert sorted(result[0].found) == list(range(6))
    assert all(agree(result[0].found[frame], backwards[frame]) for frame in range(6))
    assert sorted(result[1].found) == [0, 1, 2, 3]
    assert all(agree(result[1].found[frame], joined[frame]) for frame in range(4))
    assert model.encodes == 7
    states = model.start(pictures[0], [Detection.of_box("", box)])
    answers = by_hand(network, pictures, box=box)
    for frame in (1, 2):
        [found] = model.step(pictures[frame], states)
        assert found.type == "rectangle"
        assert np.allclose(found.points, _box_of(answers[frame] > 0, 0.0), atol=1)


def test_memory_does_not_grow_with_the_video(network: Any) -> None:
    def held(value: Any) -> int:
        if isinstance(value, torch.Tensor):
            return value.numel() * value.element_size()
        if isinstance(value, dict):
            return sum(held(each) for each in value.values())
        return sum(held(each) for each in value) if isinstance(value, (list, tuple)) else 0

    model = load_backend("sam2-video", network=network, device="cpu")
    [state] = states = model.start(video(1)[0], [Detection.of_mask("", disc(30, 30, 12))])
    sizes = []
    for picture in video(31)[1:]:
        model.step(picture, states)
        sizes.append(held({name: value for name, value in vars(state.session).items() if name != "cache"}))
        assert not state.session.cache._vision_features
        assert not state.session.processed_frames
    assert len(set(sizes[POINTERS:])) == 1
    outputs = state.session.output_dict_per_obj[0]
    assert list(outputs["cond_frame_outputs"]) == [0]
    others = outputs["non_cond_frame_outputs"]
    assert sorted(others) == list(range(30 - POINTERS + 2, 31))
    assert [frame for frame in sorted(others) if "maskmem_features" in others[frame]] == list(range(30 - MEMORY + 2, 31))


def test_a_polygon_comes_back_as_a_polygon_and_a_turned_rectangle_keeps_its_angle(network: Any) -> None:
    pictures = video(2)
    model = load_backend("sam2-video", network=network, device="cpu", detail=0)
    polygon = Detection("", "polygon", np.array([20.0, 20, 50, 20, 50, 45, 20, 45]))
    turned = Detection("", "rectangle", np.array([20.0, 20, 50, 40]), rotation=30.0)
    states = model.start(pictures[0], [polygon, turned])
    one, two = model.step(pictures[1], states)
    assert one.type == "polygon"
    assert len(one.points) >= 8
    assert two.rotation == 30


def test_a_rectangle_is_the_tight_one_and_specks_do_not_widen_it() -> None:
    mask = np.zeros((60, 80), bool)
    mask[10:20, 30:50] = True
    mask[55, 75] = True
    assert _box_of(mask, 0.0).tolist() == [30, 10, 50, 20]
    wanted = np.array([25.0, 20, 55, 40])
    corners = np.round(rectangle_corners(wanted, 30.0).reshape(-1, 2) * 16).astype(np.int32)
    import cv2

    turned = np.zeros((60 * 16, 80 * 16), np.uint8)
    cv2.fillPoly(turned, [corners], 1)
    assert np.abs(_box_of(turned > 0, 30.0) / 16 - wanted).max() < 0.15
    assert np.allclose(_box_of(np.rot90(mask[:, :60]), 90.0)[[0, 2]].mean(), 15.0)


def test_pictures_are_prepared_as_published(network: Any) -> None:
    model = Sam2VideoTracker(network, "cpu")
    picture = np.asarray(Image.fromarray(video(1)[0]).resize((300, 200), Image.Resampling.BICUBIC))
    wanted = np.asarray(Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BILINEAR)).astype(np.float64) / 255
    wanted = (wanted - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    own = model.preprocess(picture)[0].permute(1, 2, 0).double().numpy()
    assert np.abs(own - wanted).max() < 1.1 / 255 / 0.224  # Pillow rounds in between
    assert np.abs(own - wanted).mean() < 0.2 / 255 / 0.224


def test_what_is_not_there_is_lost_and_what_covers_nothing_is_refused(network: Any) -> None:
    pictures = video(3)
    model = load_backend("sam2-video", network=network, device="cpu")
    states = model.start(pictures[0], [Detection.of_mask("", disc(30, 30, 12))])
    try:
        seeing(network, False)
        assert model.step(pictures[1], states) == [None]
    finally:
        seeing(network, True)
    assert model.step(pictures[2], states)[0] is not None  # an object may come back
    assert model.start(pictures[0], []) == model.step(pictures[0], []) == []
    with pytest.raises(ModelError, match="covers nothing"):
        model.start(pictures[0], [Detection.of_box("", (90, 10, 95, 20))])
    with pytest.raises(ModelError, match="covers nothing"):
        model.start(pictures[0], [Detection("", "mask", encode_mask(np.zeros((HEIGHT, WIDTH), bool), (0, 0, 5, 5)))])
    with pytest.raises(ModelError, match="not a finite number"):
        model.start(pictures[0], [Detection.of_box("", (1, 2, np.nan, 4))])
    with pytest.raises(ModelError, match="a points cannot be followed"):
        model.start(pictures[0], [Detection("", "points", np.array([1.0, 2]))])


def test_a_folder_is_loaded_and_a_wrong_one_is_named(network: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = tmp_path / "good"
    network.save_pretrained(good)
    model = load_backend("sam2-video", checkpoint=good, device="cpu")
    states = model.start(video(1)[0], [Detection.of_mask("", disc(30, 30, 12))])
    [found] = model.step(video(2)[1], states)
    assert agree(found, by_hand(network, video(2), disc(30, 30, 12))[1])
    wrong = tmp_path / "wrong"
    transformers.BertConfig().save_pretrained(wrong)
    with pytest.raises(ModelError, match="'bert'") as caught:
        load_backend("sam2-video", checkpoint=wrong)
    assert str(wrong) in str(caught.value)
    assert "sam2_video" in str(caught.value)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"no config\.json"):
        load_backend("sam2-video", checkpoint=tmp_path / "empty")
    with pytest.raises(ModelError, match="no such folder"):
        load_backend("sam2-video", checkpoint=str(tmp_path / "nowhere"))
    with pytest.raises(ModelError, match="weights are missing"):
        load_backend("sam2-video")
    with pytest.raises(ModelError, match="BertModel"):
        load_backend("sam2-video", network=type("BertModel", (), {"config": transformers.BertConfig()})())
    state = {name: value for name, value in network.state_dict().items() if not name.startswith("memory_encoder")}
    network.save_pretrained(tmp_path / "part", state_dict=state)
    with pytest.raises(ModelError, match=r"weights lack .* memory_encoder"):
        load_backend("sam2-video", checkpoint=tmp_path / "part")
    real = builtins.__import__
    monkeypatch.setattr(
        "importlib.import_module",
        lambda name, *a: (
            (_ for _ in ()).throw(ModuleNotFoundError(name=name)) if name == "transformers" else real(name, fromlist=["x"])
        ),
    )
    with pytest.raises(MissingExtraError, match=r"cvat-widgets\[transformers\]"):
        load_backend("sam2-video", checkpoint=good)
