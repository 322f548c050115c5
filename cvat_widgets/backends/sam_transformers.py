"""The Segment Anything family through transformers: SAM, SAM-HQ, SAM 2, EdgeTAM, SAM 3's tracker.

A folder (or name) with ``config.json`` and weights is loaded as transformers does it; the ``.pth`` files that SAM was
published as are taken too, their names turned into those of transformers. Pre- and postprocessing are ours (see
:mod:`cvat_widgets.backends.sam_prompts`): the image processor of SAM 2 would need torchvision.

Source of the names: transformers' ``convert_sam_to_hf.py``; of the order of calls: ``SamModel.forward``,
``SamHQModel.forward`` and ``Sam2Model.forward``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cvat_widgets.backends.failures import ModelError, guarded, needed
from cvat_widgets.backends.protocols import ModelInfo
from cvat_widgets.backends.sam_prompts import SamInteractor, SamPrompt, torch_device
from cvat_widgets.backends.sam_torch import architecture_of, read_checkpoint

__all__ = ["renamed", "sam"]

_CLASSES = {
    "sam": ("SamModel", "Segment Anything"),
    "sam_hq": ("SamHQModel", "SAM-HQ"),
    "sam2": ("Sam2Model", "SAM 2"),
    "sam2_video": ("Sam2Model", "SAM 2"),
    "edgetam": ("EdgeTamModel", "EdgeTAM"),
    "edgetam_video": ("EdgeTamModel", "EdgeTAM"),
    "sam3_tracker": ("Sam3TrackerModel", "SAM 3"),
}
_ENCODERS = {
    "vit_b": {},
    "vit_l": {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "global_attn_indexes": [5, 11, 17, 23]},
    "vit_h": {"hidden_size": 1280, "num_hidden_layers": 32, "num_attention_heads": 16, "global_attn_indexes": [7, 15, 23, 31]},
}
_NAMES = (
    (r"^image_encoder\.", "vision_encoder."),
    (r"\.neck\.0\.", ".neck.conv1."),
    (r"\.neck\.1\.", ".neck.layer_norm1."),
    (r"\.neck\.2\.", ".neck.conv2."),
    (r"\.neck\.3\.", ".neck.layer_norm2."),
    (r"^vision_encoder\.patch_embed\.proj\.", "vision_encoder.patch_embed.projection."),
    (r"^vision_encoder\.blocks\.", "vision_encoder.layers."),
    (r"^(vision_encoder\.layers\.\d+)\.norm", r"\1.layer_norm"),
    (r"^(mask_decoder\..*)\.norm(\d)\.", r"\1.layer_norm\2."),
    (r"norm_final_attn\.", "layer_norm_final_attn."),
    (r"cross_attn_token_to_image\.", "cross_attn_token_to_image."),
    (r"^prompt_encoder\.mask_downscaling\.0\.", "prompt_encoder.mask_embed.conv1."),
    (r"^prompt_encoder\.mask_downscaling\.1\.", "prompt_encoder.mask_embed.layer_norm1."),
    (r"^prompt_encoder\.mask_downscaling\.3\.", "prompt_encoder.mask_embed.conv2."),
    (r"^prompt_encoder\.mask_downscaling\.4\.", "prompt_encoder.mask_embed.layer_norm2."),
    (r"^prompt_encoder\.mask_downscaling\.6\.", "prompt_encoder.mask_embed.conv3."),
    (r"^prompt_encoder\.point_embeddings\.", "prompt_encoder.point_embed."),
    (r"^prompt_encoder\.pe_layer\.positional_encoding_gaussian_matrix$", "shared_image_embedding.positional_embedding"),
    (r"^mask_decoder\.output_upscaling\.0\.", "mask_decoder.upscale_conv1."),
    (r"^mask_decoder\.output_upscaling\.1\.", "mask_decoder.upscale_layer_norm."),
    (r"^mask_decoder\.output_upscaling\.3\.", "mask_decoder.upscale_conv2."),
    (r"^mask_decoder\.iou_prediction_head\.", "mask_decoder.iou_prediction_head."),
    (r"^(mask_decoder\.(?:iou_prediction_head|output_hypernetworks_mlps\.\d+))\.layers\.0\.", r"\1.proj_in."),
    (r"^(mask_decoder\.(?:iou_prediction_head|output_hypernetworks_mlps\.\d+))\.layers\.1\.", r"\1.layers.0."),
    (r"^(mask_decoder\.(?:iou_prediction_head|output_hypernetworks_mlps\.\d+))\.layers\.2\.", r"\1.proj_out."),
)


def renamed(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return SAM's weights under the names transformers gives them."""
    result: dict[str, Any] = {}
    for name, value in state.items():
        for pattern, target in _NAMES:
            name = re.sub(pattern, target, name)
        result[name] = value
    # The same matrix stands twice in transformers.
    matrix = result.get("shared_image_embedding.positional_embedding")
    if matrix is not None:
        result["prompt_encoder.shared_embedding.positional_embedding"] = matrix
    return result


def _from_checkpoint(path: str | os.PathLike[str], transformers: Any) -> Any:
    state = read_checkpoint(path, "Segment Anything")
    kind = architecture_of(state, str(path))
    if kind not in _ENCODERS:
        raise ModelError("these are MobileSAM's weights", where=str(path), hint="Load them with load_backend('sam-torch', …)")
    model = transformers.SamModel(transformers.SamConfig(vision_config=_ENCODERS[kind]))
    model.load_state_dict(renamed(state))
    return model


def sam(
    checkpoint: str | os.PathLike[str] | None = None,
    *,
    device: str = "auto",
    network: Any = None,
    hypotheses: str = "auto",
) -> SamInteractor:
    """Return a model of the Segment Anything family as an interactor.

    Parameters
    ----------
    checkpoint
        A folder as transformers saves it, the name of one on its hub (which transformers then downloads), or one of SAM's
        own ``.pth`` files.
    device
        ``cpu``, ``cuda``, ``cuda:1``, ``mps``, or ``auto``.
    network
        A loaded model instead of a checkpoint.
    hypotheses
        See :class:`~cvat_widgets.backends.sam_prompts.SamInteractor`.
    """
    torch = needed("torch", "torch", "transformers", "Segment Anything")
    transformers = needed("transformers", "transformers", "transformers", "Segment Anything")
    model = network
    if model is None:
        if checkpoint is None:
            raise ModelError("the weights are missing", where="Segment Anything", hint="Give checkpoint='folder or file'")
        with guarded(str(checkpoint), "loading the weights"):
            if Path(checkpoint).suffix in (".pth", ".pt"):
                model = _from_checkpoint(checkpoint, transformers)
            else:
                config = transformers.AutoConfig.from_pretrained(str(checkpoint))
                name, _ = _known(config.model_type)
                model = getattr(transformers, name).from_pretrained(str(checkpoint))
    kind = model.config.model_type
    _, shown = _known(kind)
    where = torch_device(torch, device)
    with guarded(shown, "moving the weights"):
        model = model.to(where).eval()
    info = ModelInfo(
        name=shown,
        kind="interactor",
        framework="transformers",
        device=where,
        help="Click on the object and beside it, draw a box, or both; every click improves the mask.",
        min_positive=0,
        min_negative=0,
        box="optional",
        shape_types=("mask",),
    )
    stretch = kind not in ("sam", "sam_hq")
    side = int(model.config.prompt_encoder_config.image_size)
    normal = {"mean": (127.5,) * 3, "std": (127.5,) * 3} if kind == "sam3_tracker" else {}
    if kind == "sam_hq":
        return SamInteractor(
            info, model.get_image_embeddings, _hq(model, where), device=where, side=side, hypotheses=hypotheses
        )
    return SamInteractor(
        info, model.get_image_embeddings, _decoder(model, where), device=where, side=side, stretch=stretch,
        hypotheses=hypotheses, **normal,
    )  # fmt: skip


def _known(kind: str) -> tuple[str, str]:
    if kind not in _CLASSES:
        raise ModelError(f"{kind!r} is no model of this family", hint=f"Known are: {', '.join(_CLASSES)}")
    return _CLASSES[kind]


def _inputs(prompt: SamPrompt, where: str) -> dict[str, Any]:
    import torch

    inputs: dict[str, Any] = {"multimask_output": prompt.several}
    if len(prompt.points):
        inputs["input_points"] = torch.from_numpy(prompt.points)[None, None].to(where)
        inputs["input_labels"] = torch.from_numpy(prompt.labels)[None, None].to(where)
    if prompt.box is not None:
        inputs["input_boxes"] = torch.from_numpy(prompt.box)[None, None].to(where)
    if prompt.low_res is not None:
        inputs["input_masks"] = torch.from_numpy(prompt.low_res)[None].to(where)
    return inputs


def _decoder(model: Any, where: str) -> Any:
    def decode(embedding: Any, prompt: SamPrompt) -> tuple[Any, Any]:
        answer = model(image_embeddings=embedding, **_inputs(prompt, where))
        return answer.pred_masks[0, 0], answer.iou_scores[0, 0]

    return decode


def _hq(model: Any, where: str) -> Any:
    def decode(embedding: Any, prompt: SamPrompt) -> tuple[Any, Any]:
        pictures, between = embedding
        answer = model(image_embeddings=pictures, intermediate_embeddings=between, **_inputs(prompt, where))
        return answer.pred_masks[0, 0], answer.iou_scores[0, 0]

    return decode
