"""Detectors of transformers and torchvision on random weights: the same as the library's own pre- and postprocessing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cvat_widgets.backends import ModelError, load_backend
from cvat_widgets.backends.torchvision_detectors import JOINTS, TorchvisionDetector

torch = pytest.importorskip("torch")
torch.set_num_threads(1)
NAMES = {0: "car", 1: "person", 2: "N/A"}


def photos() -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(0, 255, (60, 80, 3), dtype=np.uint8), random.integers(0, 255, (50, 90, 3), dtype=np.uint8)]


def detr(transformers: Any) -> tuple[Any, Any]:
    backbone = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1], out_features=["stage4"]
    )
    config = transformers.DetrConfig(
        use_timm_backbone=False, backbone_config=backbone, backbone=None, use_pretrained_backbone=False, d_model=16, num_queries=7,
        encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16,
        decoder_ffn_dim=16, id2label=NAMES,
    )  # fmt: skip
    network = transformers.DetrForObjectDetection(config)
    with torch.no_grad():
        network.class_labels_classifier.bias[2:] -= 50  # random queries agree too much: let them find something
    return network, transformers.DetrImageProcessor(size={"shortest_edge": 64, "longest_edge": 96})


def segformer(transformers: Any) -> tuple[Any, Any]:
    config = transformers.SegformerConfig(
        hidden_sizes=[8, 8, 16, 16],
        depths=[1, 1, 1, 1],
        num_attention_heads=[1, 1, 2, 2],
        decoder_hidden_size=16,
        id2label=NAMES,
    )
    return transformers.SegformerForSemanticSegmentation(config), transformers.SegformerImageProcessor(
        size={"height": 64, "width": 64}
    )


def mask2former(transformers: Any) -> tuple[Any, Any]:
    backbone = transformers.SwinConfig(
        image_size=64, embed_dim=12, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2], window_size=4,
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )  # fmt: skip
    config = transformers.Mask2FormerConfig(
        backbone_config=backbone, feature_size=32, mask_feature_size=32, hidden_dim=32, num_queries=6, encoder_layers=1,
        decoder_layers=2, num_attention_heads=2, encoder_feedforward_dim=16, dim_feedforward=16, id2label=NAMES,
    )  # fmt: skip
    return (
        transformers.Mask2FormerForUniversalSegmentation(config),
        transformers.Mask2FormerImageProcessor(size={"height": 64, "width": 64}),
    )


def saved(make: Any, folder: Path) -> tuple[Any, Any, Any]:
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    network, processor = make(transformers)
    network.eval().save_pretrained(folder)
    processor.save_pretrained(folder)
    return load_backend("transformers", checkpoint=folder, device="cpu", threshold=0.0), network, processor


def test_detr_gives_the_boxes_of_the_library(tmp_path: Path) -> None:
    model, network, processor = saved(detr, tmp_path)
    assert list(model.info.labels.names) == ["car", "person"]
    found = model.detect(photos())
    with torch.inference_mode():
        inputs = processor(images=photos(), return_tensors="pt")
        wanted = processor.post_process_object_detection(network(**inputs), 0.0, target_sizes=[(60, 80), (50, 90)])
    for own, theirs, (height, width) in zip(found, wanted, [(60, 80), (50, 90)], strict=True):
        kept = [n for n, label in enumerate(theirs["labels"].tolist()) if NAMES[label] != "N/A"]
        assert [each.label for each in own] == [NAMES[int(theirs["labels"][n])] for n in kept]
        boxes = theirs["boxes"].numpy()[kept].clip(0, (width, height, width, height))
        assert np.allclose([each.points for each in own], boxes, atol=1e-4)
        assert np.allclose([each.score for each in own], theirs["scores"].numpy()[kept])
    assert all(not one for one in model.detect(photos(), 1.0))


def test_segformer_gives_the_classes_of_the_library(tmp_path: Path) -> None:
    model, network, processor = saved(segformer, tmp_path)
    found = model.detect(photos())
    with torch.inference_mode():
        outputs = network(**processor(images=photos(), return_tensors="pt"))
        wanted = processor.post_process_semantic_segmentation(outputs, target_sizes=[(60, 80), (50, 90)])
    for own, classes in zip(found, wanted, strict=True):
        numbers = classes.numpy()
        assert {each.label for each in own} == {NAMES[n] for n in np.unique(numbers).tolist()} - {"N/A"}
        for each in own:
            number = next(n for n, name in NAMES.items() if name == each.label)
            assert (each.bitmap(*numbers.shape) == (numbers == number)).all()


def test_mask2former_gives_the_instances_of_the_library(tmp_path: Path) -> None:
    model, network, processor = saved(mask2former, tmp_path)
    found = model.detect(photos())
    with torch.inference_mode():
        outputs = network(**{k: v for k, v in processor(images=photos(), return_tensors="pt").items() if k != "pixel_mask"})
        wanted = processor.post_process_instance_segmentation(outputs, threshold=0.0, target_sizes=[(60, 80), (50, 90)])
    assert any(found)
    for own, theirs in zip(found, wanted, strict=True):
        numbers = theirs["segmentation"].numpy()
        masks = [numbers == part["id"] for part in theirs["segments_info"] if NAMES[part["label_id"]] != "N/A"]
        masks = [mask for mask in masks if mask.any()]
        assert len(own) == len(masks)
        assert all((each.bitmap(*numbers.shape) == mask).all() for each, mask in zip(own, masks, strict=True))


def test_wrong_checkpoints_are_named(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    with pytest.raises(ModelError, match="weights are missing"):
        load_backend("transformers")
    transformers.BertConfig().save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="'bert' is no detector"):
        load_backend("transformers", checkpoint=tmp_path)


class MaskRCNN(torch.nn.Module):
    """Answers as torchvision's networks do."""

    def forward(self, pictures: Any) -> Any:
        answers = []
        for picture in pictures:
            assert picture.dtype == torch.float32
            assert 0 <= float(picture.min()) <= float(picture.max()) <= 1
            masks = torch.zeros(3, 1, *picture.shape[1:])
            masks[:, 0, 10:20, 5:15] = torch.tensor([0.9, 0.9, 0.4])[:, None, None]
            boxes = torch.tensor([[5.0, 10, 15, 20]] * 3)
            answers.append(
                {"boxes": boxes, "labels": torch.tensor([1, 2, 1]), "scores": torch.tensor([0.9, 0.3, 0.8]), "masks": masks}
            )
        return answers


class KeypointRCNN(torch.nn.Module):
    def forward(self, pictures: Any) -> Any:
        points = torch.arange(17 * 3, dtype=torch.float32).reshape(1, 17, 3)
        scores = torch.linspace(-1, 1, 17)[None]
        one = {"boxes": torch.tensor([[1.0, 2, 3, 4]]), "labels": torch.tensor([1]), "scores": torch.tensor([0.7])}
        return [{**one, "keypoints": points, "keypoints_scores": scores} for _ in pictures]


def test_outputs_of_torchvision_are_read() -> None:
    model = TorchvisionDetector(MaskRCNN(), ["__background__", "car", "person"], "cpu", 0.5)
    [one, _] = model.detect(photos())
    assert [(each.label, each.type, round(each.score, 2)) for each in one] == [("car", "mask", 0.9)]
    assert one[0].bitmap(60, 80).sum() == 100
    assert len(model.detect(photos(), 0.2)[0]) == 2
    body = TorchvisionDetector(KeypointRCNN(), ["no person", "person"], "cpu", 0.5)
    [[found], _] = body.detect(photos())
    assert [each.label for each in found.elements] == list(JOINTS)
    assert found.elements[1].points.tolist() == [3, 4]
    assert [each.outside for each in found.elements] == [True] * 9 + [False] * 8


def test_torchvisions_own_networks() -> None:
    package = pytest.importorskip(
        "torchvision.models", reason="torchvision does not import here", exc_type=(ImportError, RuntimeError)
    )
    torch.manual_seed(0)
    network = package.get_model("ssdlite320_mobilenet_v3_large", weights=None, weights_backbone=None, num_classes=3).eval()
    model = load_backend(
        "torchvision", network=network, labels=["__background__", "car", "person"], device="cpu", threshold=0.0
    )
    found = model.detect(photos())
    with torch.inference_mode():
        theirs = network([torch.from_numpy(each).permute(2, 0, 1).float() / 255 for each in photos()])
    for own, answer in zip(found, theirs, strict=True):
        assert np.allclose([each.points for each in own], answer["boxes"].numpy())


def test_without_torchvision_the_install_line_is_said() -> None:
    import importlib.util

    if importlib.util.find_spec("torchvision"):
        pytest.skip("torchvision is there")
    with pytest.raises(ModelError, match="needs torchvision"):
        load_backend("torchvision", checkpoint="x.pth")
