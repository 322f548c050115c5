"""SAM 2 as a tracker, with its memory: masks, polygons and rectangles are followed from picture to picture.

Source: Ravi et al., "SAM 2: Segment anything in images and videos" (2024), and transformers' ``Sam2VideoModel``, whose
sessions hold the memory. Its processor needs torchvision; what that does to pictures, boxes and masks is done here instead.
Time counts the pictures that are given, so a pass backwards is the same as one forwards over the video reversed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cvat_widgets.backends.failures import ModelError, guarded, needed
from cvat_widgets.backends.functions import check_picture, supported
from cvat_widgets.backends.protocols import Detection, ModelInfo, Picture
from cvat_widgets.backends.sam_prompts import torch_device
from cvat_widgets.backends.transformers_loading import load_network
from cvat_widgets.model.geometry import rectangle_corners
from cvat_widgets.model.masks import decode_mask, encode_mask, mask_from_polygons, polygons_of_mask
from cvat_widgets.model.operations_outlines import simplify_points

__all__ = ["Sam2VideoTracker", "sam2_video"]

_PURPOSE = "SAM 2 for video"
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_SPECKLE = 0.05
"""Parts of a mask below this share of the largest part do not widen a rectangle."""


def sam2_video(
    checkpoint: str | os.PathLike[str] | None = None,
    *,
    device: str = "auto",
    detail: float = 1.0,
    network: Any = None,
) -> Sam2VideoTracker:
    """Return SAM 2 as a tracker.

    Parameters
    ----------
    checkpoint
        A folder as transformers saves ``Sam2VideoModel``, or the name of one on its hub (which transformers then downloads).
    device
        ``cpu``, ``cuda``, ``cuda:1``, ``mps``, or ``auto``.
    detail
        How far, in pixels, the outline of a polygon may lie from the mask.
    network
        A loaded ``Sam2VideoModel`` instead of a checkpoint.

    Raises
    ------
    ModelError
        The folder holds another model, or none.
    """
    if not (np.isfinite(detail) and detail >= 0):
        raise ModelError(f"detail={detail!r} is no distance in pixels", where=_PURPOSE, hint="Use 0 or more")
    network = load_network(checkpoint, network, {"sam2_video": "Sam2VideoModel"}, _PURPOSE, "4.56")
    where = torch_device(needed("torch", "torch", "transformers", _PURPOSE), device)
    with guarded(_PURPOSE, "moving the weights"):
        network = network.to(where).eval()
    return Sam2VideoTracker(network, where, detail)


@dataclass(eq=False)
class _Encoded:
    """A picture the encoder has seen."""

    digest: bytes
    pixels: Any
    features: dict[str, Any]


@dataclass(eq=False)
class _State:
    """One object and what the model remembers of it.

    Parameters
    ----------
    session
        A session of transformers with this object alone: objects begin and end at different pictures, and one that is no
        longer followed is forgotten with its state.
    shape
        As it was at the start.
    time
        Pictures since the start.
    """

    session: Any
    shape: Detection
    time: int = 0


class Sam2VideoTracker:
    """Tracker; made by :func:`sam2_video`.

    Notes
    -----
    A picture is encoded once for all objects. What is kept of an object: the picture it was started on, the features of the
    last ``num_maskmem - 1`` pictures and the pointers of the last ``max_object_pointers_in_encoder - 1``, which is all that
    the network looks at; so memory does not grow with the video.

    A rotated rectangle is started from the box around it and keeps its angle. An object is lost on pictures on which its
    score is not above 0 (as a logit); if it is followed further, it may be found again.
    """

    def __init__(self, network: Any, device: str, detail: float = 1.0) -> None:
        self.network, self.device, self.detail = network, device, detail
        self._torch = needed("torch", "torch", "transformers", _PURPOSE)
        self.side = int(network.config.prompt_encoder_config.image_size)
        self.encodes = 0
        self._last: _Encoded | None = None
        self.info = ModelInfo(
            name="SAM 2",
            kind="tracker",
            framework="transformers",
            device=device,
            help="Follows objects by what it remembers of them; gives masks, polygons or rectangles, as they were started.",
            shape_types=("mask", "polygon", "rectangle"),
        )

    # -- picture -------------------------------------------------------------------------------------------------

    def preprocess(self, image: Picture) -> Any:
        """Return the tensor the encoder takes, of shape (1, 3, side, side)."""
        torch = self._torch
        whole = torch.tensor(image, device=self.device).permute(2, 0, 1)[None].float()
        size = (self.side, self.side)
        resized = torch.nn.functional.interpolate(whole, size, mode="bilinear", antialias=True, align_corners=False)
        mean, std = (torch.tensor(each, device=self.device).view(1, 3, 1, 1) for each in (_MEAN, _STD))
        return ((resized.round().clamp(0, 255) / 255 - mean) / std).to(self.network.dtype)

    def _encode(self, image: Picture) -> _Encoded:
        digest = hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=16).digest() + str(image.shape).encode()
        last = self._last
        if last is None or last.digest != digest:
            self._last = None  # so that two are never held at once
            pixels = self.preprocess(image)
            seen = self.network.get_image_features(pixels, return_dict=True)
            features = {"vision_feats": seen.fpn_hidden_states, "vision_pos_embeds": seen.fpn_position_encoding}
            self._last = last = _Encoded(digest, pixels, features)
            self.encodes += 1
        return last

    # -- prompts -------------------------------------------------------------------------------------------------

    def start(self, image: Picture, shapes: Sequence[Detection]) -> list[_State]:
        """Begin to follow shapes that are known on a picture."""
        height, width = check_picture(image, self.info.name).shape[:2]
        prompts = [self._prompt(supported(shape, self.info), height, width) for shape in shapes]
        if not shapes:
            return []
        states = []
        with guarded(self.info.name, "encoding the first picture"), self._torch.inference_mode():
            encoded = self._encode(image)
            for shape, (is_box, prompt) in zip(shapes, prompts, strict=True):
                session = self._session(height, width)
                number = session.obj_id_to_idx(1)
                if is_box:
                    labels = self._torch.tensor([[[2, 3]]], dtype=self._torch.int32)
                    session.add_point_inputs(number, 0, {"point_coords": prompt, "point_labels": labels})
                else:
                    session.add_mask_inputs(number, 0, prompt)
                session.obj_with_new_inputs = [1]
                state = _State(session, shape)
                self._run(state, encoded)
                states.append(state)
        return states

    def _session(self, height: int, width: int) -> Any:
        module = needed("transformers.models.sam2_video.modeling_sam2_video", "transformers", "transformers", _PURPOSE)
        return module.Sam2VideoInferenceSession(
            video_height=height, video_width=width, inference_device=self.device, inference_state_device=self.device,
            video_storage_device=self.device, dtype=self.network.dtype,
        )  # fmt: skip

    def _prompt(self, shape: Detection, height: int, width: int) -> tuple[bool, Any]:
        """Return whether it is a box, and its corners (1, 1, 2, 2) or the mask (1, 1, side, side) for the network."""
        torch = self._torch
        where = self.info.name
        if shape.type != "mask" and not np.isfinite(shape.points).all():
            raise ModelError("a coordinate is not a finite number", where=where)
        if shape.type == "rectangle":
            corners = rectangle_corners(shape.points, shape.rotation).reshape(-1, 2).clip(0, (width, height))
            box = np.stack((corners.min(axis=0), corners.max(axis=0)))
            if not (box[1] > box[0]).all():
                raise ModelError("the rectangle covers nothing of the picture", where=where)
            scaled = box * (self.side / width, self.side / height)
            return True, torch.tensor(scaled, dtype=torch.float32)[None, None]
        points = shape.points if shape.type == "mask" else mask_from_polygons([shape.points], width, height)
        mask = torch.from_numpy(decode_mask(points, width, height)).float()[None, None].to(self.device)
        size = (self.side, self.side)
        if tuple(mask.shape[-2:]) != size:
            mask = torch.nn.functional.interpolate(mask, size, mode="bilinear", antialias=True, align_corners=False) >= 0.5
        if not mask.any():
            raise ModelError(f"the {shape.type} covers nothing, or too little, of the picture", where=where)
        return False, mask.float()

    # -- following -----------------------------------------------------------------------------------------------

    def step(self, image: Picture, states: Sequence[_State]) -> list[Detection | None]:
        """Return the shapes on the next picture; ``None`` where an object is not to be seen."""
        height, width = check_picture(image, self.info.name).shape[:2]
        if not states:
            return []
        found: list[Detection | None] = []
        with guarded(self.info.name, "tracking"), self._torch.inference_mode():
            encoded = self._encode(image)
            for state in states:
                state.time += 1
                logits, score = self._run(state, encoded)
                mask = self._whole(logits, height, width) if score > 0 else None
                certain = float(1 / (1 + np.exp(-score)))
                found.append(None if mask is None or not mask.any() else self._shape(mask, state.shape, certain))
        return found

    def _run(self, state: _State, encoded: _Encoded) -> tuple[Any, float]:
        """Run the network on a picture; return logits of low resolution, (1, 1, side / 4, side / 4), and the object's score."""
        session = state.session
        session.cache.cache_vision_features(state.time, encoded.features)
        answer = self.network(session, frame_idx=state.time, frame=encoded.pixels)
        session.cache.clear_all()
        session.processed_frames.clear()
        session.point_inputs_per_obj[0].clear()
        session.mask_inputs_per_obj[0].clear()
        self._forget(session, state.time)
        return answer.pred_masks, float(answer.object_score_logits.reshape(-1)[0])

    def _forget(self, session: Any, time: int) -> None:
        """Drop what the network will not look at again."""
        features_from = time + 2 - int(self.network.config.num_maskmem)
        pointers_from = time + 2 - int(self.network.config.max_object_pointers_in_encoder)
        known = session.output_dict_per_obj[0]
        for kept in known["cond_frame_outputs"].values():
            kept.pop("high_res_masks", None)
        others = known["non_cond_frame_outputs"]
        for frame, kept in list(others.items()):
            kept.pop("high_res_masks", None)
            kept.pop("pred_masks", None)
            if frame < min(features_from, pointers_from):
                del others[frame]
            elif frame < features_from:
                kept.pop("maskmem_features", None)
                kept.pop("maskmem_pos_enc", None)
        tracked = session.frames_tracked_per_obj[0]
        for frame in [frame for frame in tracked if frame < time]:
            del tracked[frame]

    # -- answers -------------------------------------------------------------------------------------------------

    def _whole(self, logits: Any, height: int, width: int) -> NDArray[np.bool_]:
        """Return the mask of the whole picture."""
        resize = self._torch.nn.functional.interpolate
        square = resize(logits.float(), (self.side, self.side), mode="bilinear", align_corners=False)
        whole = resize(square, (height, width), mode="bilinear", align_corners=False)
        mask: NDArray[np.bool_] = (whole[0, 0] > 0).cpu().numpy()
        return mask

    def _shape(self, mask: NDArray[np.bool_], like: Detection, score: float) -> Detection:
        if like.type == "mask":
            return Detection.of_mask("", mask, score)
        if like.type == "rectangle":
            return Detection("", "rectangle", _box_of(mask, like.rotation), score, like.rotation)
        outlines = [part[0] for part in polygons_of_mask(encode_mask(mask))]
        largest = max(outlines, key=lambda ring: cv2.contourArea(ring.reshape(-1, 1, 2).astype(np.float32)))
        simple = simplify_points(largest.tolist(), self.detail, closed=True) if self.detail else tuple(largest.tolist())
        return Detection("", "polygon", np.asarray(simple, np.float64), score)


def _box_of(mask: NDArray[np.bool_], rotation: float) -> NDArray[np.float64]:
    """Return the rectangle of an angle around a mask, before it is rotated; specks are left out."""
    _, parts, about, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = about[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    rows, columns = np.nonzero((areas >= _SPECKLE * areas.max())[parts] & mask)
    if not rotation:
        return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], np.float64)
    corners = np.concatenate([np.stack((columns + x, rows + y), axis=1) for x in (0, 1) for y in (0, 1)]).astype(np.float64)
    turn = np.radians(rotation)
    axes = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])  # columns: along and across
    along = corners @ axes
    low, high = along.min(axis=0), along.max(axis=0)
    centre, half = axes @ ((low + high) / 2), (high - low) / 2
    return np.concatenate((centre - half, centre + half))
