"""Detectors by texts on random weights of the true architectures: the same as the library's own processors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import cvat_widgets as cw
from cvat_widgets.backends import ModelError, describe, load_backend
from cvat_widgets.backends.text_prompts import GroundingDetector

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
torch.set_num_threads(1)
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "a", "red", "car", "person", "dog", "##s"]
TEXTS = ["A red car", "person", "dogs"]
SIZES = [(60, 80), (50, 90)]


def photos() -> list[Any]:
    random = np.random.default_rng(0)
    return [random.integers(0, 255, (*size, 3), dtype=np.uint8) for size in SIZES]


def grounding() -> tuple[Any, Any]:
    backbone = transformers.SwinConfig(
        image_size=64, embed_dim=12, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2], window_size=4,
        out_features=["stage2", "stage3", "stage4"],
    )  # fmt: skip
    words = {
        "vocab_size": len(WORDS), "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32,
        "model_type": "bert",
    }  # fmt: skip
    config = transformers.GroundingDinoConfig(
        use_timm_backbone=False, backbone_config=backbone, text_config=words, d_model=32, num_queries=9, encoder_layers=1,
        decoder_layers=2, encoder_ffn_dim=32, decoder_ffn_dim=32, encoder_attention_heads=2, decoder_attention_heads=2,
        max_text_len=24,
    )  # fmt: skip
    torch.manual_seed(0)
    network = transformers.GroundingDinoForObjectDetection(config).eval()
    tokenizer = transformers.BertTokenizer(vocab={word: number for number, word in enumerate(WORDS)})
    pictures = transformers.GroundingDinoImageProcessor(size={"shortest_edge": 64, "longest_edge": 96})
    return network, transformers.GroundingDinoProcessor(pictures, tokenizer)


def owl(kind: str) -> tuple[Any, Any]:
    pytest.importorskip("scipy")
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    vocabulary = ["!", *letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    tokenizer = transformers.CLIPTokenizer(
        vocab={word: number for number, word in enumerate(vocabulary)}, merges=[], pad_token="!", model_max_length=16
    )
    small = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    ends = {"bos_token_id": len(vocabulary) - 2, "eos_token_id": len(vocabulary) - 1}
    words = {**small, **ends, "vocab_size": len(vocabulary), "max_position_embeddings": 16}
    seen = {**small, "image_size": 64, "patch_size": 16}
    prefix = {"owlvit": "OwlViT", "owlv2": "Owlv2"}[kind]
    config = getattr(transformers, f"{prefix}Config")(text_config=words, vision_config=seen, projection_dim=16)
    torch.manual_seed(0)
    network = getattr(transformers, f"{prefix}ForObjectDetection")(config).eval()
    with torch.no_grad():  # random weights give boxes of no width
        network.box_head.dense2.weight *= 0.01
        network.box_head.dense2.bias.zero_()
        network.class_head.logit_shift.weight.zero_()
        network.class_head.logit_shift.bias.zero_()
    pictures = getattr(transformers, f"{prefix}ImageProcessor")(size={"height": 64, "width": 64})
    return network, getattr(transformers, f"{prefix}Processor")(pictures, tokenizer)


def saved(made: tuple[Any, Any], folder: Path, **options: Any) -> Any:
    network, processor = made
    network.save_pretrained(folder)
    processor.save_pretrained(folder)
    return load_backend("text-prompts", checkpoint=folder, device="cpu", labels=TEXTS, **options)


def same(own: Any, boxes: Any, scores: Any, labels: list[str], size: tuple[int, int]) -> None:
    """Compare with the library's answers, clipped to the picture, the best first."""
    height, width = size
    clipped = np.asarray(boxes, np.float64).clip(0, (width, height, width, height))
    order = [n for n in np.argsort(-scores, kind="stable") if (clipped[n, 2:] > clipped[n, :2]).all()]
    assert order
    assert [each.label for each in own] == [labels[n] for n in order]
    assert np.allclose([each.points for each in own], clipped[order], atol=1e-3)
    assert np.allclose([each.score for each in own], scores[order], atol=1e-5)


@pytest.mark.parametrize("kind", ["owlvit", "owlv2"])
def test_owl_gives_the_boxes_of_the_library(kind: str, tmp_path: Path) -> None:
    network, processor = owl(kind)
    model = saved((network, processor), tmp_path, threshold=0.3)
    assert list(describe(model).labels.names) == TEXTS
    found = model.detect(photos())
    with torch.inference_mode():
        inputs = processor(images=photos(), text=[TEXTS] * 2, return_tensors="pt")
        answers = processor.post_process_grounded_object_detection(
            network(**inputs), threshold=0.3, target_sizes=SIZES, text_labels=[TEXTS] * 2
        )
    for own, theirs, size in zip(found, answers, SIZES, strict=True):
        same(own, theirs["boxes"].numpy(), theirs["scores"].numpy(), theirs["text_labels"], size)
    assert len({each.label for one in found for each in one}) > 1
    assert model.detect(photos(), 1.0) == [[], []]
    assert model.detect([]) == []
    fewer = saved((network, processor), tmp_path, threshold=0.3, overlap=0.2).detect(photos())
    assert 0 < len(fewer[0]) < len(found[0])


def test_boxes_of_owlv2_are_of_the_padded_square(tmp_path: Path) -> None:
    network, processor = owl("owlv2")
    with torch.no_grad():
        network.box_head.dense2.weight.zero_()
    network.box_bias = torch.logit(torch.tensor([0.25, 0.25, 0.5, 0.25])).expand(16, 4)  # as of every place of the grid
    network.compute_box_bias = lambda *_: network.box_bias  # type: ignore[method-assign]
    model = load_backend("text-prompts", network=network, processor=processor, labels={"car": "a red car"}, threshold=0.0)
    [found] = model.detect([photos()[1]])
    assert {each.label for each in found} == {"car"}
    assert np.allclose(found[0].points, [0, 11.25, 45, 33.75], atol=1e-3)  # 90 x 50, so a square of 90


def test_groundingdino_gives_the_boxes_and_phrases_of_the_library(tmp_path: Path) -> None:
    network, processor = grounding()
    model = saved((network, processor), tmp_path, threshold=0.2, text_threshold=0.2)
    found = model.detect(photos())
    with torch.inference_mode():
        inputs = processor(images=photos(), text=[TEXTS] * 2, return_tensors="pt")
        outputs = network(**inputs)
        answers = processor.post_process_grounded_object_detection(outputs, threshold=0.2, target_sizes=SIZES)
    shares = outputs.logits.sigmoid().numpy()
    # [CLS] a red car . person . dog ##s . [SEP]
    assert inputs["input_ids"][0].tolist() == [2, 6, 7, 8, 5, 9, 5, 10, 11, 5, 3]
    for number, (own, theirs, size) in enumerate(zip(found, answers, SIZES, strict=True)):
        kept = shares[number][shares[number].max(axis=1) > 0.2]
        labels = [TEXTS[int(np.argmax([row[1:4].max(), row[5], row[7:9].max()]))] for row in kept]
        for place, phrase in enumerate(theirs["text_labels"]):
            labels[place] = {"a red car": "A red car", "person": "person", "dogs": "dogs"}.get(phrase, labels[place])
        same(own, theirs["boxes"].numpy(), theirs["scores"].numpy(), labels, size)


class Scores(torch.nn.Module):
    """Answers like GroundingDINO, with given scores of the tokens."""

    def __init__(self, config: Any, rows: list[dict[int, float]]) -> None:
        super().__init__()
        self.config, self.dtype, self.rows = config, torch.float32, rows
        self.lines: list[Any] = []

    def forward(self, input_ids: Any, **_: Any) -> Any:
        self.lines.append(input_ids[0].tolist())
        shares = torch.full((len(input_ids), len(self.rows), 24), 0.01)
        for number, row in enumerate(self.rows):
            for place, share in row.items():
                shares[:, number, place] = share
        boxes = torch.tensor([0.5, 0.5, 0.2, 0.2]).expand(len(input_ids), len(self.rows), 4)
        return type("Outputs", (), {"logits": shares.logit(), "pred_boxes": boxes})()


def test_tokens_become_the_label_with_their_text() -> None:
    network, processor = grounding()
    rows = [
        {1: 0.9, 2: 0.8, 3: 0.7},  # a red car
        {3: 0.6},  # car: a part of a text
        {5: 0.8, 3: 0.5},  # person, and a car
        {7: 0.4, 8: 0.3},  # dogs
        {9: 0.9},  # the full stop alone
        {0: 0.9, 5: 0.3},  # the token that begins the line does not count for the phrase
        {2: 0.2},  # below the threshold
    ]
    model = GroundingDetector(Scores(network.config, rows), processor, dict(zip("XYZ", TEXTS, strict=True)), "cpu", 0.25, None)
    [found] = model.detect([photos()[0]])
    assert [(each.label, round(each.score, 2)) for each in found] == [
        ("X", 0.9), ("Y", 0.9), ("Y", 0.8), ("X", 0.6), ("Z", 0.4),
    ]  # fmt: skip
    assert np.allclose(found[0].points, [32, 24, 48, 36], atol=1e-4)


def test_more_texts_than_fit_are_asked_for_in_several_goes() -> None:
    network, processor = grounding()
    texts = {f"label {n}": "a red car" if n % 2 else "Person." for n in range(8)}  # 4 * 4 + 4 * 2 = 24 tokens, room for 22
    fake = Scores(network.config, [{1: 0.9}])
    model = GroundingDetector(fake, processor, texts, "cpu", 0.25, None)
    found = model.detect(photos())
    assert [len(line) for line in fake.lines] == [22, 6]
    assert fake.lines[1] == [2, 6, 7, 8, 5, 3]
    assert [[each.label for each in one] for one in found] == [["label 0", "label 7"]] * 2
    with pytest.raises(ModelError, match="tokens"):
        GroundingDetector(fake, processor, {"x": "a red car " * 9}, "cpu", 0.25, None)


def test_labels_of_a_task_are_texts_and_none_is_an_error(tmp_path: Path) -> None:
    made = grounding()
    options = {"network": made[0], "processor": made[1]}
    task = cw.Task.create("t", photos()[:1], labels=[cw.Label("car"), "person"], store=tmp_path / "s.sqlite")
    assert list(load_backend("text-prompts", labels=task.labels, **options).info.labels.names) == ["car", "person"]
    with pytest.raises(ModelError, match="no texts"):
        load_backend("text-prompts", **options)
    with pytest.raises(ModelError, match="is empty"):
        load_backend("text-prompts", labels={"car": " "}, **options)
    with pytest.raises(ModelError, match="processor is missing"):
        load_backend("text-prompts", labels=TEXTS, network=made[0])
    transformers.BertConfig().save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="'bert'") as caught:
        load_backend("text-prompts", checkpoint=tmp_path, labels=TEXTS)
    assert str(tmp_path) in str(caught.value)
    assert "grounding-dino" in str(caught.value)


def test_pictures_of_owlv2_are_padded_to_the_right_and_below() -> None:
    _, processor = owl("owlv2")
    pixels = processor.image_processor(images=[np.asarray(Image.new("RGB", (90, 50), "white"))], return_tensors="pt")[
        "pixel_values"
    ]
    rows = pixels[0, 0].mean(dim=1)
    assert float(rows[:30].min()) > float(rows[40:].max()) + 1  # the space of the boxes is the square
