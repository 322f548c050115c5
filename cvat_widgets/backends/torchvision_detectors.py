"""Detectors of torchvision: Faster R-CNN, Mask R-CNN, RetinaNet, SSD, SSDLite, FCOS, Keypoint R-CNN.

Their pre- and postprocessing is part of the networks; pictures go in as float 0 to 1, as in torchvision's references. Masks are
cut at 0.5, joints at a score of 0 (``keypoints_scores`` are logits), as in its gallery of examples.
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
from cvat_widgets.backends.sam_torch import read_checkpoint
from cvat_widgets.model.labels import LabelSet

__all__ = ["JOINTS", "TorchvisionDetector", "torchvision_detector"]

_PURPOSE = "A detector of torchvision"
JOINTS = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow",
    "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
"""The joints of COCO's persons, in the order of Keypoint R-CNN's output."""


def torchvision_detector(
    checkpoint: str | os.PathLike[str] | None = None,
    *,
    architecture: str = "fasterrcnn_resnet50_fpn",
    labels: Sequence[str] | None = None,
    device: str = "auto",
    threshold: float = 0.5,
    network: Any = None,
) -> TorchvisionDetector:
    """Return a detector of torchvision.

    Parameters
    ----------
    checkpoint
        A ``.pth`` file as torchvision publishes or ``torch.save(model.state_dict())`` writes it.
    architecture
        Name in ``torchvision.models.detection``, e.g. ``maskrcnn_resnet50_fpn_v2`` or ``keypointrcnn_resnet50_fpn``.
    labels
        Names of the classes, from number 0 (the background) on; by default COCO's, from torchvision.
    device
        ``cpu``, ``cuda``, ``cuda:1``, or ``auto``.
    threshold
        Lowest score unless another is asked for.
    network
        A loaded model instead of a checkpoint.
    """
    torch = needed("torch", "torch", "torch", _PURPOSE)
    if network is None:
        package = needed("torchvision.models", "torchvision", "torch", _PURPOSE)
        state = read_checkpoint(checkpoint, _PURPOSE)
        if architecture not in package.list_models(module=package.detection):
            known = ", ".join(package.list_models(module=package.detection))
            raise ModelError(f"torchvision has no {architecture!r}", hint=f"It has {known}")
        with guarded(str(checkpoint), "loading the weights"):
            count = None if labels is None else len(labels)
            network = package.get_model(architecture, weights=None, weights_backbone=None, num_classes=count)
            network.load_state_dict(state)
    if labels is None:
        package = needed("torchvision.models", "torchvision", "torch", _PURPOSE)
        joints = "keypoint" in type(network).__name__.lower()
        enum = "KeypointRCNN_ResNet50_FPN_Weights" if joints else "FasterRCNN_ResNet50_FPN_Weights"
        labels = getattr(package.detection, enum).DEFAULT.meta["categories"]
    where = torch_device(torch, device)
    with guarded(_PURPOSE, "moving the weights"):
        network = network.to(where).eval()
    return TorchvisionDetector(network, labels or (), where, threshold)


class TorchvisionDetector:
    """Detector; made by :func:`torchvision_detector`, or of any network with the same inputs and outputs."""

    def __init__(self, network: Any, labels: Sequence[str], device: str, threshold: float) -> None:
        self.network, self.device, self.threshold = network, device, threshold
        self._torch = needed("torch", "torch", "torch", _PURPOSE)
        self._names = [str(name) for name in labels]
        name = type(network).__name__
        self.joints = "keypoint" in name.lower()
        kind = "skeleton" if self.joints else "mask" if "mask" in name.lower() else "rectangle"
        joints = [{"name": joint, "type": "points"} for joint in JOINTS] if self.joints else []
        shown = [name for name in dict.fromkeys(self._names) if name not in ("__background__", "N/A", "no person")]
        self.info = ModelInfo(
            name=name,
            kind="detector",
            framework="torchvision",
            labels=LabelSet.of([{"name": each, "type": kind} | ({"sublabels": joints} if joints else {}) for each in shown]),
            device=device,
            help={"skeleton": "Finds persons and their joints", "mask": "Finds masks"}.get(kind, "Finds boxes"),
        )

    def detect(self, images: Sequence[Picture], threshold: float | None = None) -> list[list[Detection]]:
        """Return the detections of every picture."""
        lowest = self.threshold if threshold is None else threshold
        pictures = [check_picture(image, self.info.name) for image in images]
        if not pictures:
            return []
        torch = self._torch
        with guarded(self.info.name, "detecting"), torch.inference_mode():
            tensors = [torch.from_numpy(picture.copy()).permute(2, 0, 1).to(self.device).float() / 255 for picture in pictures]
            answers = self.network(tensors)
            return [self._found(answer, lowest) for answer in answers]

    def _found(self, answer: dict[str, Any], lowest: float) -> list[Detection]:
        values = {name: value.detach().cpu().numpy() for name, value in answer.items()}
        found: list[Detection] = []
        for row, (number, score) in enumerate(zip(values["labels"].tolist(), values["scores"].tolist(), strict=True)):
            name = self._names[number] if 0 <= number < len(self._names) else ""
            if score < lowest or name not in self.info.labels:
                continue
            if "keypoints" in values:
                found.append(_skeleton(name, values["keypoints"][row], values["keypoints_scores"][row], score))
            elif "masks" in values:
                mask = values["masks"][row, 0] > 0.5
                if mask.any():
                    found.append(Detection.of_mask(name, mask, score))
            else:
                found.append(Detection.of_box(name, values["boxes"][row], score))
        return found


def _skeleton(name: str, points: Any, scores: Any, score: float) -> Detection:
    joints = tuple(
        Detection(joint, "points", np.asarray(point[:2], np.float64), outside=bool(logit <= 0))
        for joint, point, logit in zip(JOINTS, points, scores, strict=True)
    )
    return Detection(name, "skeleton", score=score, elements=joints)
