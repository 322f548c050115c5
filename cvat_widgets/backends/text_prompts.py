"""Detectors that find what a text says: GroundingDINO, OWL-ViT and OWLv2 of transformers.

Pictures and texts are prepared by the checkpoint's own processor. What is done with the answers is that of
``post_process_grounded_object_detection``: boxes from centre and size to corners, of the picture or (OWLv2) of the square it
was padded to; a score is the sigmoid of the largest logit. GroundingDINO scores tokens: the phrase of a box is made of the
tokens above ``text_threshold``. It becomes the label whose text it is, and where it is none exactly (a part of a text, two
texts in one), the label that has the best token (the positive map of Liu et al., "Grounding DINO", 2023).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.failures import ModelError, guarded, needed
from cvat_widgets.backends.functions import check_picture
from cvat_widgets.backends.nms import corners_of, nms
from cvat_widgets.backends.protocols import Detection, ModelInfo, Picture
from cvat_widgets.backends.sam_prompts import torch_device
from cvat_widgets.backends.transformers_loading import load_network
from cvat_widgets.model.labels import Label, LabelSet

__all__ = ["GroundingDetector", "OwlDetector", "text_prompts"]

_PURPOSE = "A detector by texts"
_OWL = {"owlvit": "OwlViTForObjectDetection", "owlv2": "Owlv2ForObjectDetection"}
_GROUNDING = {"grounding-dino": "GroundingDinoForObjectDetection", "mm-grounding-dino": "MMGroundingDinoForObjectDetection"}
_NAMES = {"owlvit": "OWL-ViT", "owlv2": "OWLv2", "grounding-dino": "GroundingDINO", "mm-grounding-dino": "MM GroundingDINO"}

_Found = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]
"""Boxes (n, 4) as corners, 0 to 1; scores (n,); numbers of labels (n,), -1 for none."""


def text_prompts(
    checkpoint: str | os.PathLike[str] | None = None,
    *,
    labels: Iterable[str | Label] | LabelSet | Mapping[str, str] | None = None,
    device: str = "auto",
    threshold: float | None = None,
    text_threshold: float = 0.25,
    overlap: float | None = None,
    network: Any = None,
    processor: Any = None,
) -> OwlDetector | GroundingDetector:
    """Return a detector that finds what texts say.

    Parameters
    ----------
    checkpoint
        A folder as transformers saves it, or the name of one on its hub (which transformers then downloads).
    labels
        What to look for: texts such as ``["a red car", "person"]``, which become the names of the labels; the labels of a
        task (``task.labels``); or label -> text, ``{"car": "a red car on the road"}``.
    device
        ``cpu``, ``cuda``, ``cuda:1``, ``mps``, or ``auto``.
    threshold
        Lowest score unless another is asked for; by default the published 0.1 for OWL and 0.25 for GroundingDINO.
    text_threshold
        GroundingDINO: lowest score of a token that belongs to the phrase of a box.
    overlap
        Of two boxes of a label that overlap by more than this (intersection over union), the better one stays; by default all
        stay, as published.
    network, processor
        A loaded model and its processor instead of a checkpoint.

    Raises
    ------
    ModelError
        There are no texts, or the folder holds another model.
    """
    texts = _texts(labels)
    network = load_network(checkpoint, network, {**_OWL, **_GROUNDING}, _PURPOSE, "4.57")
    where = torch_device(needed("torch", "torch", "transformers", _PURPOSE), device)
    if processor is None and checkpoint is None:
        raise ModelError("the processor is missing", where=_PURPOSE, hint="Give processor= with network=")
    with guarded(str(checkpoint or _PURPOSE), "loading the processor"):
        if processor is None:
            transformers = needed("transformers", "transformers", "transformers", _PURPOSE)
            folder = Path(checkpoint or "").expanduser()
            processor = transformers.AutoProcessor.from_pretrained(str(folder if folder.is_dir() else checkpoint))
        network = network.to(where).eval()
    if network.config.model_type in _OWL:
        return OwlDetector(network, processor, texts, where, 0.1 if threshold is None else threshold, overlap)
    lowest = 0.25 if threshold is None else threshold
    return GroundingDetector(network, processor, texts, where, lowest, overlap, text_threshold)


def _texts(labels: Any) -> dict[str, str]:
    hint = "Give labels=['a red car', 'person'], labels=task.labels, or labels={'car': 'a red car'}"
    if labels is None:
        raise ModelError("there are no texts to look for", where=_PURPOSE, hint=hint)
    if isinstance(labels, Mapping):
        texts = {str(name): str(text) for name, text in labels.items()}
    else:
        texts = {name: name for name in LabelSet.of(labels).names}
    if not texts or not all(name.strip() and text.strip() for name, text in texts.items()):
        raise ModelError(
            "a text to look for is empty" if texts else "there are no texts to look for", where=_PURPOSE, hint=hint
        )
    return texts


class _TextDetector:
    """What both have in common: pictures in, rectangles with the names of the labels out."""

    def __init__(
        self, network: Any, processor: Any, texts: Mapping[str, str], device: str, threshold: float, overlap: float | None
    ) -> None:
        self.network, self.processor, self.device = network, processor, device
        self.threshold, self.overlap = threshold, overlap
        self.names, self.texts = list(texts), list(texts.values())
        self._torch = needed("torch", "torch", "transformers", _PURPOSE)
        self.info = ModelInfo(
            name=_NAMES[network.config.model_type],
            kind="detector",
            framework="transformers",
            labels=LabelSet.of([{"name": name, "type": "rectangle"} for name in texts]),
            device=device,
            help="Finds boxes of what the texts say: " + ", ".join(self.texts)[:200],
        )

    def detect(self, images: Sequence[Picture], threshold: float | None = None) -> list[list[Detection]]:
        """Return the detections of every picture, the best first."""
        lowest = self.threshold if threshold is None else threshold
        pictures = [check_picture(image, self.info.name) for image in images]
        if not pictures:
            return []
        with guarded(self.info.name, "detecting"), self._torch.inference_mode():
            found = self._find(pictures, lowest)
        return [self._detections(each, picture) for each, picture in zip(found, pictures, strict=True)]

    def _find(self, pictures: list[Picture], lowest: float) -> list[_Found]:
        raise NotImplementedError

    def _unit(self, height: int, width: int) -> NDArray[np.float64]:
        """Return what the coordinates of a box are multiplied by to give pixels."""
        return np.array([width, height, width, height], np.float64)

    def _detections(self, found: _Found, picture: Picture) -> list[Detection]:
        boxes, scores, numbers = found
        height, width = picture.shape[:2]
        boxes = (boxes * self._unit(height, width)).clip(0, (width, height, width, height))
        kept = np.flatnonzero((numbers >= 0) & (boxes[:, 2:] > boxes[:, :2]).all(axis=1))
        if self.overlap is None:
            kept = kept[np.argsort(-scores[kept], kind="stable")]
        else:
            kept = kept[nms(boxes[kept], scores[kept], self.overlap, numbers[kept])]
        return [Detection.of_box(self.names[numbers[n]], boxes[n], float(scores[n])) for n in kept.tolist()]

    def _array(self, tensor: Any) -> NDArray[np.float64]:
        array: NDArray[np.float64] = tensor.double().cpu().numpy()
        return array


class OwlDetector(_TextDetector):
    """Detector; OWL-ViT and OWLv2. Made by :func:`text_prompts`."""

    def _find(self, pictures: list[Picture], lowest: float) -> list[_Found]:
        length = int(self.network.config.text_config.max_position_embeddings)
        words = self.processor.tokenizer(
            self.texts, padding="max_length", truncation=True, max_length=length, return_tensors="pt"
        )
        shown = self.processor.image_processor(images=pictures, return_tensors="pt")
        outputs = self.network(
            input_ids=words["input_ids"].repeat(len(pictures), 1).to(self.device),
            attention_mask=words["attention_mask"].repeat(len(pictures), 1).to(self.device),
            pixel_values=shown["pixel_values"].to(self.device, self.network.dtype),
        )
        found = []
        for logits, boxes in zip(outputs.logits.float(), outputs.pred_boxes, strict=True):
            best, numbers = logits.max(dim=-1)
            scores = self._array(best.sigmoid())
            kept = scores > lowest
            found.append((corners_of(self._array(boxes)[kept]), scores[kept], numbers.cpu().numpy()[kept]))
        return found

    def _unit(self, height: int, width: int) -> NDArray[np.float64]:
        if self.network.config.model_type == "owlv2":  # padded at the right and the bottom to a square
            return np.full(4, max(height, width), np.float64)
        return super()._unit(height, width)


class GroundingDetector(_TextDetector):
    """Detector; GroundingDINO and its successor of OpenMMLab. Made by :func:`text_prompts`.

    Notes
    -----
    The texts stand in one line, ``a red car. person.``; where that is longer than the network reads, they are asked for in
    several goes.
    """

    def __init__(
        self, network: Any, processor: Any, texts: Mapping[str, str], device: str, threshold: float, overlap: float | None,
        text_threshold: float = 0.25,
    ) -> None:  # fmt: skip
        super().__init__(network, processor, texts, device, threshold, overlap)
        self.text_threshold = text_threshold
        # A full stop ends a text, and the words of the vocabulary are in lower case.
        self._written = [" ".join(text.lower().replace(".", " ").split()) for text in self.texts]
        with guarded(self.info.name, "reading the texts"):
            tokens = [processor.tokenizer(text, add_special_tokens=False)["input_ids"] for text in self._written]
        self._tokens: list[list[int]] = [list(each) for each in tokens]
        room = int(network.config.max_text_len) - 2  # the line begins and ends with a token of its own
        for text, each in zip(self.texts, self._tokens, strict=True):
            if not 0 < len(each) < room:
                raise ModelError(
                    f"the text {text[:60]!r} has {len(each)} tokens", where=self.info.name, hint=f"1 to {room - 1} fit"
                )
        self._goes: list[list[int]] = [[]]
        for number, each in enumerate(self._tokens):
            if sum(len(self._tokens[other]) + 1 for other in self._goes[-1]) + len(each) + 1 > room:
                self._goes.append([])
            self._goes[-1].append(number)

    def _find(self, pictures: list[Picture], lowest: float) -> list[_Found]:
        shown = self.processor.image_processor(images=pictures, return_tensors="pt")
        pixels = {name: value.to(self.device) for name, value in shown.items() if name in ("pixel_values", "pixel_mask")}
        pixels["pixel_values"] = pixels["pixel_values"].to(self.network.dtype)
        goes = [self._go(numbers, pixels, len(pictures), lowest) for numbers in self._goes]
        return [_joined(one) for one in zip(*goes, strict=True)]

    def _go(self, numbers: list[int], pixels: dict[str, Any], count: int, lowest: float) -> list[_Found]:
        line = ". ".join(self._written[number] for number in numbers) + "."
        words = self.processor.tokenizer([line] * count, return_token_type_ids=True, return_tensors="pt")
        ids: list[int] = words["input_ids"][0].tolist()
        ends = list(accumulate(len(self._tokens[number]) + 1 for number in numbers))
        spans = [(end - len(self._tokens[number]), end) for number, end in zip(numbers, ends, strict=True)]
        if any(ids[slice(*span)] != self._tokens[number] for number, span in zip(numbers, spans, strict=True)):
            raise ModelError("the tokens of a text differ in a line of several", where=self.info.name, hint="Use simpler words")
        outputs = self.network(**pixels, **{name: value.to(self.device) for name, value in words.items()})
        found = []
        for logits, boxes in zip(outputs.logits.float(), outputs.pred_boxes, strict=True):
            shares = self._array(logits.sigmoid())
            scores = shares.max(axis=1)
            kept = scores > lowest
            labels = [self._label(row, ids, numbers, spans, min(lowest, self.text_threshold)) for row in shares[kept]]
            found.append((corners_of(self._array(boxes)[kept]), scores[kept], np.array(labels, np.int64)))
        return found

    def _label(
        self, shares: NDArray[np.float64], ids: list[int], numbers: list[int], spans: list[tuple[int, int]], lowest: float
    ) -> int:
        """Return the number of the label of a box, from the scores of its tokens."""
        chosen = [place for place in np.flatnonzero(shares > self.text_threshold).tolist() if 0 < place < len(shares) - 1]
        phrase = [ids[place] for place in chosen if place < len(ids)]
        for number in numbers:
            if phrase == self._tokens[number]:
                return number
        best = [float(shares[begin:end].max()) for begin, end in spans]
        return numbers[int(np.argmax(best))] if max(best) > lowest else -1


def _joined(parts: Sequence[_Found]) -> _Found:
    boxes, scores, numbers = zip(*parts, strict=True)
    return np.concatenate(boxes), np.concatenate(scores), np.concatenate(numbers)
