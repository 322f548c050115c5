"""SAM in small: the true architecture with fewer and narrower layers, random weights, and what torchvision it needs."""

from __future__ import annotations

import sys
import types
from functools import partial
from typing import Any

import numpy as np
import pytest
from PIL import Image


def segment_anything_package() -> Any:
    """Import segment-anything; where torchvision is not there, with the two functions of it that its predictor calls."""
    pytest.importorskip("torch")
    try:
        import torchvision  # noqa: F401
    except (ImportError, RuntimeError):
        _pretend_torchvision()
    return pytest.importorskip("segment_anything")


def _pretend_torchvision() -> None:
    def resize(image: Any, size: Any) -> Any:
        return image.resize((size[1], size[0]), Image.Resampling.BILINEAR)

    functional = types.ModuleType("torchvision.transforms.functional")
    functional.resize, functional.to_pil_image = resize, Image.fromarray  # type: ignore[attr-defined]
    boxes = types.ModuleType("torchvision.ops.boxes")
    boxes.batched_nms = boxes.box_area = None  # type: ignore[attr-defined]
    for name in ("torchvision", "torchvision.transforms", "torchvision.ops"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules[functional.__name__], sys.modules[boxes.__name__] = functional, boxes
    import segment_anything  # noqa: F401

    for name in ("torchvision", "torchvision.transforms", "torchvision.ops", functional.__name__, boxes.__name__):
        del sys.modules[name]


def small_sam(side: int = 256) -> Any:
    """A ``Sam`` of the segment-anything package: its ViT with two layers, its prompt encoder and decoder in full."""
    package = segment_anything_package()
    import torch
    from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer

    del package
    torch.set_num_threads(1)
    torch.manual_seed(0)
    grid = side // 16
    return Sam(
        ImageEncoderViT(
            img_size=side, embed_dim=32, depth=2, num_heads=2, out_chans=256, use_rel_pos=True, window_size=7,
            global_attn_indexes=(1,), norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
        ),
        PromptEncoder(embed_dim=256, image_embedding_size=(grid, grid), input_image_size=(side, side), mask_in_chans=16),
        MaskDecoder(
            num_multimask_outputs=3, transformer_dim=256, iou_head_depth=3, iou_head_hidden_dim=256,
            transformer=TwoWayTransformer(depth=2, embedding_dim=256, mlp_dim=2048, num_heads=8),
        ),
    ).eval()  # fmt: skip


def small_config(kind: str, side: int = 256) -> Any:
    transformers = pytest.importorskip("transformers")
    vision = {
        "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": side, "window_size": 7,
        "global_attn_indexes": [1], "mlp_dim": 128, "num_pos_feats": 128,
    }  # fmt: skip
    prompt = {"image_size": side, "image_embedding_size": side // 16}
    if kind == "sam":
        return transformers.SamConfig(vision_config=vision, prompt_encoder_config=prompt)
    if kind == "sam_hq":
        return transformers.SamHQConfig(vision_config=vision, prompt_encoder_config=prompt, mask_decoder_config={"vit_dim": 32})
    backbone = {
        "model_type": "sam2_hiera_det_model", "hidden_size": 16, "image_size": [side, side], "embed_dim_per_stage": [16, 32, 64, 128], "blocks_per_stage": [1, 2, 2, 1],
        "num_attention_heads_per_stage": [1, 1, 2, 2], "num_attention_heads": 1, "global_attention_blocks": [4],
        "window_size_per_stage": [8, 4, 14, 7],
    }  # fmt: skip
    sizes = [[side // 4, side // 4], [side // 8, side // 8], [side // 16, side // 16]]
    seen = {
        "backbone_config": backbone, "backbone_channel_list": [128, 64, 32, 16], "backbone_feature_sizes": sizes,
    }  # fmt: skip
    return transformers.Sam2Config(vision_config=seen, prompt_encoder_config={"image_size": side})


def small_transformers_model(kind: str) -> Any:
    transformers = pytest.importorskip("transformers")
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    name = {"sam": "SamModel", "sam_hq": "SamHQModel", "sam2": "Sam2Model"}[kind]
    return getattr(transformers, name)(small_config(kind)).eval()


def photo(height: int = 90, width: int = 120) -> Any:
    return np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
