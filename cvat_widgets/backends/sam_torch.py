"""Segment Anything and MobileSAM through their own packages, with the checkpoints they publish (``.pth``).

Source: ``SamPredictor`` of segment-anything 1.0; MobileSAM has the same predictor and decoder, and another encoder.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from cvat_widgets.backends.failures import ModelError, guarded, needed
from cvat_widgets.backends.protocols import ModelInfo
from cvat_widgets.backends.sam_prompts import SamInteractor, SamPrompt, torch_device

__all__ = ["architecture_of", "read_checkpoint", "segment_anything"]

_WIDTHS = {768: "vit_b", 1024: "vit_l", 1280: "vit_h"}


def read_checkpoint(path: str | os.PathLike[str] | None, where: str) -> dict[str, Any]:
    """Return the tensors of a ``.pth`` or ``.safetensors`` file; code in it is never run.

    Raises
    ------
    ModelError
        The file is missing, is no checkpoint, or holds more than tensors.
    """
    if path is None:
        raise ModelError("the weights are missing", where=where, hint="Give checkpoint='…'; none are downloaded")
    file = Path(path).expanduser()
    if not file.is_file():
        raise ModelError(f"there is no file {file}", where=where)
    with guarded(where, "reading the weights"):
        if file.suffix == ".safetensors":
            tensors: dict[str, Any] = needed("safetensors.torch", "safetensors", "transformers", where).load_file(str(file))
            return tensors
        loaded = needed("torch", "torch", "sam", where).load(str(file), map_location="cpu", weights_only=True)
    state = loaded.get("model", loaded.get("state_dict", loaded)) if isinstance(loaded, dict) else loaded
    if not isinstance(state, dict) or not state:
        raise ModelError("the file holds no weights by name", where=str(file))
    return state


def architecture_of(state: dict[str, Any], where: str) -> str:
    """Return ``vit_b``, ``vit_l``, ``vit_h`` or ``vit_t`` (MobileSAM), as the names and shapes of the weights tell."""
    position = state.get("image_encoder.pos_embed")
    if position is not None and int(position.shape[-1]) in _WIDTHS:
        return _WIDTHS[int(position.shape[-1])]
    if any(name.startswith("image_encoder.layers.0.") for name in state):
        return "vit_t"
    raise ModelError(
        "these are no weights of Segment Anything or MobileSAM",
        where=where,
        hint=f"They begin with {next(iter(state))!r}; SAM's hold image_encoder.pos_embed",
    )


def segment_anything(
    checkpoint: str | os.PathLike[str] | None = None,
    *,
    device: str = "auto",
    network: Any = None,
    hypotheses: str = "auto",
) -> SamInteractor:
    """Return Segment Anything or MobileSAM as an interactor.

    Parameters
    ----------
    checkpoint
        ``sam_vit_b_01ec64.pth``, ``sam_vit_l_0b3195.pth``, ``sam_vit_h_4b8939.pth`` or ``mobile_sam.pth``; which of them it
        is, its weights tell.
    device
        ``cpu``, ``cuda``, ``cuda:1``, ``mps``, or ``auto``.
    network
        A loaded ``Sam`` instead of a checkpoint.
    hypotheses
        See :class:`~cvat_widgets.backends.sam_prompts.SamInteractor`.
    """
    torch = needed("torch", "torch", "sam", "Segment Anything")
    kind = "a model"
    model = network
    if model is None:
        state = read_checkpoint(checkpoint, "Segment Anything")
        kind = architecture_of(state, str(checkpoint))
        package = (
            needed("mobile_sam", "mobile_sam", "sam", "MobileSAM")
            if kind == "vit_t"
            else needed("segment_anything", "segment-anything", "sam", "Segment Anything")
        )
        with guarded(str(checkpoint), "loading the weights"):
            model = package.sam_model_registry[kind](checkpoint=None)
            model.load_state_dict(state)
    where = torch_device(torch, device)
    with guarded("Segment Anything", "moving the weights"):
        model = model.to(where).eval()
    info = ModelInfo(
        name="MobileSAM" if kind == "vit_t" else "Segment Anything",
        kind="interactor",
        framework="PyTorch",
        device=where,
        help="Click on the object and beside it, draw a box, or both; every click improves the mask.",
        min_positive=0,
        min_negative=0,
        box="optional",
        shape_types=("mask",),
    )

    def decode(embedding: Any, prompt: SamPrompt) -> tuple[Any, Any]:
        points = None
        if len(prompt.points):
            points = torch.from_numpy(prompt.points)[None].to(where), torch.from_numpy(prompt.labels)[None].to(where)
        box = None if prompt.box is None else torch.from_numpy(prompt.box)[None].to(where)
        before = None if prompt.low_res is None else torch.from_numpy(prompt.low_res)[None].to(where)
        sparse, dense = model.prompt_encoder(points=points, boxes=box, masks=before)
        logits, scores = model.mask_decoder(
            image_embeddings=embedding,
            image_pe=model.prompt_encoder.get_dense_pe(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            multimask_output=prompt.several,
        )
        return logits[0], scores[0]

    return SamInteractor(
        info, model.image_encoder, decode, device=where, side=int(model.image_encoder.img_size), hypotheses=hypotheses
    )
