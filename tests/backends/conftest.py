"""Real weights and pictures beside the project; tests that use them are skipped where they are absent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image


@dataclass(frozen=True)
class Sequence:
    pictures: list[NDArray[np.uint8]]
    masks: list[NDArray[np.bool_]]

    def box(self, frame: int) -> NDArray[np.float64]:
        y, x = np.nonzero(self.masks[frame])
        return np.array([x.min(), y.min(), x.max() + 1, y.max() + 1], np.float64)


def iou(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    shared = float(np.prod(np.clip(high - low, 0, None)))
    return shared / float(np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared)


def mask_iou(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    return float((a & b).sum() / max(1, (a | b).sum()))


@pytest.fixture(scope="session")
def weights(shared_data: Path) -> Callable[[str], Path]:
    def find(name: str) -> Path:
        path = shared_data / "weights" / name
        if not path.is_file():
            pytest.skip(f"the weights are not there: {path}")
        return path

    return find


@pytest.fixture(scope="session")
def photo(shared_data: Path) -> Callable[[str], NDArray[np.uint8]]:
    def read(name: str) -> NDArray[np.uint8]:
        found = sorted((shared_data / "media").rglob(name))
        if not found:
            pytest.skip(f"the photo is not there: {name}")
        return np.asarray(Image.open(found[0]).convert("RGB"))

    return read


@pytest.fixture(scope="session")
def car_shadow(shared_data: Path) -> Sequence:
    folder = shared_data / "media" / "davis_car_shadow"
    pictures = [np.asarray(Image.open(path).convert("RGB")) for path in sorted(folder.rglob("*.jpg"))]
    masks = [np.asarray(Image.open(path).convert("L")) > 127 for path in sorted(folder.rglob("*.png"))]
    if len(pictures) != 40 or len(masks) != 40:
        pytest.skip(f"the sequence is not complete: {folder}")
    return Sequence(pictures, masks)


@pytest.fixture
def textured() -> NDArray[np.uint8]:
    """A picture full of corners, 160 x 240."""
    rng = np.random.default_rng(3)
    small = rng.integers(0, 255, (20, 30, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((240, 160), Image.Resampling.BICUBIC))
