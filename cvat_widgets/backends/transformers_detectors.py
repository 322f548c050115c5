"""Detectors of transformers: boxes (DETR, RT-DETR and the like), instances (Mask2Former), whole scenes (SegFormer).

Pre- and postprocessing are those of the checkpoint's own image processor, whose post-processing methods
(``post_process_object_detection``, ``post_process_instance_segmentation``) are the published ones. A semantic network gives a
mask a class: the most likely class of every pixel, scored by the mean of its probability, as in
``post_process_semantic_segmentation``, which keeps no scores.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from cvat_widgets.backends.failures import ModelError, guarded, needed
from cvat_widgets.backends.functions import check_picture
from cvat_widgets.backends.protocols import Detection, ModelInfo, Picture
from cvat_widgets.backends.sam_prompts import torch_device
from cvat_widgets.model.labels import LabelSet

__all__ = ["TransformersDetector", "transformers_detector"]

_PURPOSE = "A detector of transformers"
_TASKS = {
    "boxes": ("MODEL_FOR_OBJECT_DETECTION_MAPPING_NAMES", "AutoModelForObjectDetection"),
    "instances": ("MODEL_FOR_UNIVERSAL_SEGMENTATION_MAPPING_NAMES", "AutoModelForUniversalSegmentation"),
    "scene": ("MODEL_FOR_SEMANTIC_SEGMENTATION_MAPPING_NAMES", "AutoModelForSemanticSegmentation"),
}


def transformers_detector(
    checkpoint: str | os.PathLike[str] | None = None,
    *,
    device: str = "auto",
    threshold: float = 0.5,
    task: str | None = None,
    network: Any = None,
    processor: Any = None,
) -> TransformersDetector:
    """Return a detector of transformers.

    Parameters
    ----------
    checkpoint
        A folder as transformers saves it, or the name of one on its hub (which transformers then downloads).
    device
        ``cpu``, ``cuda``, ``cuda:1``, ``mps``, or ``auto``.
    threshold
        Lowest score unless another is asked for; for scenes the lowest mean probability of a class.
    task
        ``boxes``, ``instances`` or ``scene``; by default what the kind of model tells.
    network, processor
        A loaded model and its image processor instead of a checkpoint.
    """
    torch = needed("torch", "torch", "transformers", _PURPOSE)
    transformers = needed("transformers", "transformers", "transformers", _PURPOSE)
    if network is None and checkpoint is None:
        raise ModelError("the weights are missing", where=_PURPOSE, hint="Give checkpoint='folder or name'")
    if task is not None and task not in _TASKS:
        raise ModelError(f"task={task!r} is not known", hint=f"Use one of {', '.join(_TASKS)}")
    name = str(checkpoint) if network is None else type(network).__name__
    with guarded(name, "loading the weights"):
        config = network.config if network is not None else transformers.AutoConfig.from_pretrained(name)
        task = task or _task_of(config.model_type)
        if network is None:
            network = getattr(transformers, _TASKS[task][1]).from_pretrained(name)
        if processor is None:
            processor = transformers.AutoImageProcessor.from_pretrained(name)
        where = torch_device(torch, device)
        network = network.to(where).eval()
    return TransformersDetector(network, processor, task, where, threshold)


def _task_of(kind: str) -> str:
    auto = needed("transformers.models.auto.modeling_auto", "transformers", "transformers", _PURPOSE)
    for task, (mapping, _) in _TASKS.items():
        if kind in getattr(auto, mapping):
            return task
    raise ModelError(f"{kind!r} is no detector", where=_PURPOSE, hint=f"Say task= one of {', '.join(_TASKS)}")


class TransformersDetector:
    """Detector; made by :func:`transformers_detector`."""

    def __init__(self, network: Any, processor: Any, task: str, device: str, threshold: float) -> None:
        self.network, self.processor, self.task, self.device, self.threshold = network, processor, task, device, threshold
        self._torch = needed("torch", "torch", "transformers", _PURPOSE)
        self._names = {int(number): str(name) for number, name in network.config.id2label.items()}
        kind = "rectangle" if task == "boxes" else "mask"
        shown = [name for name in dict.fromkeys(self._names.values()) if name.upper() != "N/A"]
        self.info = ModelInfo(
            name=str(network.config.model_type).upper().replace("_", "-"),
            kind="detector",
            framework="transformers",
            labels=LabelSet.of([{"name": name, "type": kind} for name in shown]),
            device=device,
            help={"boxes": "Finds boxes", "instances": "Finds masks, one a thing", "scene": "One mask a class"}[task],
        )

    def detect(self, images: Sequence[Picture], threshold: float | None = None) -> list[list[Detection]]:
        """Return the detections of every picture."""
        lowest = self.threshold if threshold is None else threshold
        pictures = [check_picture(image, self.info.name) for image in images]
        if not pictures:
            return []
        sizes = [(picture.shape[0], picture.shape[1]) for picture in pictures]
        with guarded(self.info.name, "detecting"), self._torch.inference_mode():
            inputs = self.processor(images=list(pictures), return_tensors="pt")
            known = {name: value.to(self.device) for name, value in inputs.items() if name in ("pixel_values", "pixel_mask")}
            outputs = self.network(**known)
            found = {"boxes": self._boxes, "instances": self._instances, "scene": self._scene}[self.task]
            return found(outputs, sizes, lowest)

    def _boxes(self, outputs: Any, sizes: list[tuple[int, int]], lowest: float) -> list[list[Detection]]:
        answers = self.processor.post_process_object_detection(outputs, threshold=lowest, target_sizes=sizes)
        result: list[list[Detection]] = []
        for answer, (height, width) in zip(answers, sizes, strict=True):
            rows = zip(
                answer["boxes"].double().cpu().numpy(), answer["scores"].tolist(), answer["labels"].tolist(), strict=True
            )
            found = []
            for box, score, number in rows:
                name, inside = self._names.get(number, ""), box.clip(0, (width, height, width, height))
                if name in self.info.labels and (inside[2:] > inside[:2]).all():
                    found.append(Detection.of_box(name, inside, float(score)))
            result.append(found)
        return result

    def _instances(self, outputs: Any, sizes: list[tuple[int, int]], lowest: float) -> list[list[Detection]]:
        answers = self.processor.post_process_instance_segmentation(outputs, threshold=lowest, target_sizes=sizes)
        result: list[list[Detection]] = []
        for answer in answers:
            numbers = np.asarray(answer["segmentation"].cpu())
            found = []
            for part in answer["segments_info"]:
                mask, name = numbers == part["id"], self._names.get(int(part["label_id"]), "")
                if mask.any() and name in self.info.labels:
                    found.append(Detection.of_mask(name, mask, float(part["score"])))
            result.append(found)
        return result

    def _scene(self, outputs: Any, sizes: list[tuple[int, int]], lowest: float) -> list[list[Detection]]:
        result: list[list[Detection]] = []
        for number, size in enumerate(sizes):
            logits = self._torch.nn.functional.interpolate(
                outputs.logits[number : number + 1].float(), size, mode="bilinear", align_corners=False
            )
            shares, classes = (each[0].cpu().numpy() for each in logits.softmax(dim=1).max(dim=1))
            found = []
            for which in np.unique(classes).tolist():
                mask, name = classes == which, self._names.get(which, "")
                score = float(shares[mask].mean())
                if name in self.info.labels and score >= lowest:
                    found.append(Detection.of_mask(name, mask, score))
            result.append(sorted(found, key=lambda each: -each.score))
        return result
