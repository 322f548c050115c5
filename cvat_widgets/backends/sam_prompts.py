"""What all models of the Segment Anything family share: prompts in, masks out, the answer before fed back.

Source of every step: ``SamPredictor`` and ``ResizeLongestSide`` of the segment-anything package (Kirillov et al., "Segment
anything", 2023), ``SAM2ImagePredictor`` and ``SAM2Transforms`` of sam2. As CVAT does, the low-resolution answer before is fed
back only if the present clicks continue those it was the answer to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.failures import ModelError, guarded, needed
from cvat_widgets.backends.functions import check_picture
from cvat_widgets.backends.protocols import Detection, ModelInfo, Picture, Prompt

__all__ = ["SamEncoded", "SamInteractor", "SamPrompt", "torch_device"]

_MASK_LOGIT = 10.0
"""What a mask from elsewhere is fed back as: sam2 gives a mask prompt logits of +-10."""


def torch_device(torch: Any, device: str) -> str:
    """Return where to run: ``auto`` is a GPU if there is one."""
    if device != "auto":
        return device
    if torch.cuda.is_available():
        return "cuda"
    mps = getattr(torch.backends, "mps", None)
    return "mps" if mps is not None and mps.is_available() else "cpu"


@dataclass(frozen=True, eq=False)
class SamPrompt:
    """A prompt in the coordinates of the network.

    Parameters
    ----------
    points
        float32 of shape (n, 2).
    labels
        int64 of shape (n,): 1 on the object, 0 beside it.
    box
        float32 of shape (4,), or ``None``.
    low_res
        float32 of shape (1, side, side), or ``None``.
    several
        Whether to return three hypotheses.
    """

    points: NDArray[np.float32]
    labels: NDArray[np.int64]
    box: NDArray[np.float32] | None
    low_res: NDArray[np.float32] | None
    several: bool


@dataclass(eq=False)
class SamEncoded:
    """An encoded picture, and the low-resolution answers to the prompts so far."""

    embedding: Any
    height: int
    width: int
    answers: dict[tuple[Any, ...], NDArray[np.float32]] = field(default_factory=dict)


class SamInteractor:
    """Base of the adapters: clicks, a box, both, and a mask or polygon to refine.

    Parameters
    ----------
    info
        What the model is.
    embed
        Preprocessed picture, float32 of shape (1, 3, side, side) as a tensor -> embedding.
    decode
        Embedding and prompt -> low-resolution logits (k, side / 4, side / 4) as a tensor, and k predicted overlaps.
    device
        Where tensors go.
    side
        Side of the network's picture.
    stretch
        ``False``: the longest side is resized and the rest padded (SAM, SAM-HQ, MobileSAM); ``True``: both are (SAM 2).
    mean, std
        Of the colours, 0 to 255.
    hypotheses
        ``auto``: three where one click may mean several things, else one; ``one`` or ``three``: always.
    """

    def __init__(
        self, info: ModelInfo, embed: Callable[[Any], Any], decode: Callable[[Any, SamPrompt], tuple[Any, Any]], *,
        device: str = "cpu", side: int = 1024, stretch: bool = False,
        mean: tuple[float, float, float] = (123.675, 116.28, 103.53), std: tuple[float, float, float] = (58.395, 57.12, 57.375),
        hypotheses: str = "auto",
    ) -> None:  # fmt: skip
        if hypotheses not in ("auto", "one", "three"):
            raise ModelError(f"hypotheses={hypotheses!r} is not known", hint="Use 'auto', 'one' or 'three'")
        self.info, self.device, self.side, self.stretch, self.hypotheses = info, device, side, stretch, hypotheses
        self.mean, self.std = mean, std
        self._embed, self._decode = embed, decode
        self._torch = needed("torch", "torch", "torch", info.name)
        self.encodes = self.decodes = 0

    # -- picture -------------------------------------------------------------------------------------------------

    def inner_size(self, height: int, width: int) -> tuple[int, int]:
        """Return height and width of the picture inside the network's square."""
        if self.stretch:
            return self.side, self.side
        scale = self.side / max(height, width)
        return int(height * scale + 0.5), int(width * scale + 0.5)

    def preprocess(self, image: Picture) -> Any:
        """Return the tensor the encoder takes, float32 of shape (1, 3, side, side)."""
        torch = self._torch
        height, width = self.inner_size(*image.shape[:2])
        if self.stretch:
            whole = torch.tensor(np.ascontiguousarray(image)).permute(2, 0, 1)[None].float() / 255
            resized = torch.nn.functional.interpolate(
                whole, (height, width), mode="bilinear", antialias=True, align_corners=False
            )
            data = resized * 255
        else:
            from PIL import Image

            small = Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR)
            data = torch.from_numpy(np.asarray(small).copy()).permute(2, 0, 1)[None].float()
        mean, std = (torch.tensor(each).view(1, 3, 1, 1) for each in (self.mean, self.std))
        scaled = (data - mean) / std
        return torch.nn.functional.pad(scaled, (0, self.side - width, 0, self.side - height)).to(self.device)

    def encode(self, image: Picture) -> SamEncoded:
        """Run the encoder."""
        height, width = check_picture(image, self.info.name).shape[:2]
        with guarded(self.info.name, "encoding the picture"), self._torch.inference_mode():
            embedding = self._embed(self.preprocess(image))
        self.encodes += 1
        return SamEncoded(embedding, height, width)

    # -- prompt --------------------------------------------------------------------------------------------------

    def prompt_for(self, encoded: SamEncoded, prompt: Prompt) -> SamPrompt:
        """Return a prompt in the network's coordinates: positive clicks first, then negative ones."""
        points = np.array([*prompt.positive, *prompt.negative], np.float64).reshape(-1, 2)
        labels = np.array([1] * len(prompt.positive) + [0] * len(prompt.negative), np.int64)
        box = None if prompt.box is None else np.array(prompt.box, np.float64).reshape(2, 2)
        low_res = self._fed_back(encoded, prompt)
        if not len(points) and box is None and low_res is None:
            raise ModelError("it needs a click, a box or a mask", where=self.info.name)
        if not (np.isfinite(points).all() and (box is None or np.isfinite(box).all())):
            raise ModelError("a point of the prompt is not a finite number", where=self.info.name)
        inner_height, inner_width = self.inner_size(encoded.height, encoded.width)
        scale = np.array([inner_width / encoded.width, inner_height / encoded.height])
        if box is not None:
            box = np.stack((box.min(axis=0), box.max(axis=0)))
        unclear = len(points) == 1 and box is None and low_res is None
        return SamPrompt(
            (points * scale).astype(np.float32),
            labels,
            None if box is None else (box * scale).astype(np.float32).ravel(),
            low_res,
            self.hypotheses == "three" or (self.hypotheses == "auto" and unclear),
        )

    def _fed_back(self, encoded: SamEncoded, prompt: Prompt) -> NDArray[np.float32] | None:
        """Return the logits of the longest prompt that this one continues, else those of the mask it came with."""
        best: NDArray[np.float32] | None = None
        length = -1
        for (positive, negative, box), answer in encoded.answers.items():
            clicks = len(positive) + len(negative)
            shorter = clicks < len(prompt.positive) + len(prompt.negative) or (clicks == 0 and prompt.box == box)
            continued = prompt.positive[: len(positive)] == positive and prompt.negative[: len(negative)] == negative
            if shorter and continued and box == prompt.box and clicks > length:
                best, length = answer[[min(prompt.choice, len(answer) - 1)]], clicks
        outline = prompt.mask
        if outline is None and prompt.polygon is not None:
            from cvat_widgets.model.masks import decode_mask, mask_from_polygons

            outline = decode_mask(
                mask_from_polygons([prompt.polygon], encoded.width, encoded.height), encoded.width, encoded.height
            )
        return best if best is not None or outline is None else self._low_res_of(outline, encoded)

    def _low_res_of(self, mask: NDArray[np.bool_], encoded: SamEncoded) -> NDArray[np.float32]:
        if mask.shape != (encoded.height, encoded.width):
            raise ModelError(f"the mask is {mask.shape}, the picture {(encoded.height, encoded.width)}", where=self.info.name)
        import cv2

        height, width = (round(each / 4) for each in self.inner_size(encoded.height, encoded.width))
        small = cv2.resize(mask.astype(np.float32), (max(1, width), max(1, height)), interpolation=cv2.INTER_AREA)
        whole = np.full((1, self.side // 4, self.side // 4), -_MASK_LOGIT, np.float32)
        whole[0, : small.shape[0], : small.shape[1]] = (small * 2 - 1) * _MASK_LOGIT
        return whole

    # -- answer --------------------------------------------------------------------------------------------------

    def predict(self, encoded: SamEncoded, prompt: Prompt) -> list[Detection]:
        """Return masks, the one the model believes in most first."""
        inner = self.prompt_for(encoded, prompt)
        with guarded(self.info.name, "answering a prompt"), self._torch.inference_mode():
            logits, scores = self._decode(encoded.embedding, inner)
            logits = logits.float()
            order = scores.float().argsort(descending=True)
            logits, scores = logits[order], scores.float()[order].clamp(0, 1).cpu().numpy()
            masks = (self.postprocess(logits, encoded.height, encoded.width) > 0).cpu().numpy()
            answers = (logits.clamp(-32, 32) if self.stretch else logits).cpu().numpy()  # only sam2 clamps
        shown = [number for number, mask in enumerate(masks) if mask.any()]
        self.decodes += 1
        while len(encoded.answers) >= 32:
            encoded.answers.pop(next(iter(encoded.answers)))
        encoded.answers[prompt.positive, prompt.negative, prompt.box] = answers[shown or [0]]
        return [Detection.of_mask("", masks[number], float(scores[number])) for number in shown]

    def postprocess(self, logits: Any, height: int, width: int) -> Any:
        """Return logits (k, height, width) of the whole picture from those of low resolution."""
        resize = self._torch.nn.functional.interpolate
        whole = logits[:, None]
        if not self.stretch:
            inner_height, inner_width = self.inner_size(height, width)
            whole = resize(whole, (self.side, self.side), mode="bilinear", align_corners=False)
            whole = whole[..., :inner_height, :inner_width]
        return resize(whole, (height, width), mode="bilinear", align_corners=False)[:, 0]
