"""Train the project's own click network from generated pictures. Run: ``python bench/train_clicks.py [seconds]``.

Nothing but generated pictures is seen in training: "dead leaves" (overlapping shapes with noise of natural statistics; Baradad
et al., "Learning to see by looking at noise", 2021), of which one, often made of several parts, is the object. Clicks are
simulated: the first near the middle, the next where the network is wrong. Writes ``cvat_widgets/backends/weights/clicks.onnx``.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from cvat_widgets.backends.click_features import CHANNELS, click_features

SIZE, BATCH = 128, 24
TARGET = Path(__file__).resolve().parent.parent / "cvat_widgets" / "backends" / "weights" / "clicks.onnx"
Rng = np.random.Generator


# -- pictures ---------------------------------------------------------------------------------------------------------


def textures(rng: Rng, count: int = 96, size: int = 256) -> np.ndarray:
    """Noise with a power spectrum of 1/f^a, some of it stretched, some with stripes or checks; (count, size, size)."""
    fy, fx = np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)[None]
    bank = []
    for number in range(count):
        angle, stretch = rng.uniform(0, np.pi), rng.uniform(1, 4) if number % 3 == 0 else 1.0
        u, v = fx * np.cos(angle) + fy * np.sin(angle), -fx * np.sin(angle) + fy * np.cos(angle)
        spectrum = np.hypot(u * stretch, v) + 1 / size
        noise = np.fft.ifft2(np.fft.fft2(rng.standard_normal((size, size))) / spectrum ** rng.uniform(0.7, 1.8)).real
        noise /= noise.std() * 2.5
        if number % 4 == 1:
            y, x = np.mgrid[:size, :size]
            wave = np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / rng.uniform(5, 30))
            noise = 0.4 * noise + (np.sign(wave) if rng.random() < 0.5 else wave) * 0.7
        bank.append(noise.clip(-1.5, 1.5))
    return np.array(bank, np.float32)


def outline(rng: Rng, reach: float) -> np.ndarray:
    """A closed outline about (0, 0): blob, polygon, ellipse or rounded box; (n, 2)."""
    kind = rng.integers(4)
    if kind == 0:
        angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        radius = 1 + sum(rng.normal(0, 0.28 / k) * np.cos(k * angles + rng.uniform(0, 6.3)) for k in range(1, 6))
        points = np.stack((np.cos(angles), np.sin(angles)), 1) * radius.clip(0.15)[:, None]
    elif kind == 1:
        angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 9)))
        points = np.stack((np.cos(angles), np.sin(angles)), 1) * rng.uniform(0.4, 1, len(angles))[:, None]
    else:
        power = 1.0 if kind == 2 else rng.uniform(0.2, 0.5)
        angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        points = np.stack([np.sign(f) * np.abs(f) ** power for f in (np.cos(angles), np.sin(angles))], 1)
    points = points * (1, rng.uniform(0.25, 1)) * reach
    turn = rng.uniform(0, 2 * np.pi)
    return points @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])


def alpha(points: np.ndarray, size: int) -> np.ndarray:
    mask = np.zeros((size, size), np.uint8)
    cv2.fillPoly(mask, [np.round(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return mask.astype(np.float32) / 255


def paint(rng: Rng, bank: np.ndarray, size: int, colour: np.ndarray) -> np.ndarray:
    """A surface: colour, texture of its own contrast, and a light that falls off."""
    zoom = int(rng.uniform(0.5, 1.7) * size)
    top, left = rng.integers(0, 256 - min(zoom, 255), 2) if zoom < 255 else (0, 0)
    patch = cv2.resize(bank[rng.integers(len(bank))][top : top + zoom, left : left + zoom], (size, size))
    tint = 1 + rng.normal(0, 0.25, 3).astype(np.float32)
    y, x = np.mgrid[:size, :size].astype(np.float32) / size - 0.5
    angle = rng.uniform(0, 2 * np.pi)
    light = (x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))) * np.float32(rng.uniform(0, 0.7))
    strength = rng.choice([0.02, 0.06, 0.15, 0.3])
    return (colour.astype(np.float32) + patch[..., None] * tint * np.float32(strength)) * (1 + light[..., None])


def scene(rng: Rng, bank: np.ndarray, size: int = SIZE) -> tuple[np.ndarray, np.ndarray]:
    """A picture, uint8 (size, size, 3), and the mask of one object, bool."""
    palette = rng.uniform(0, 1, 3) + rng.normal(0, rng.choice([0.08, 0.2, 0.35]), (8, 3))
    grey = palette.mean(axis=1, keepdims=True)  # most things in photos have little colour
    palette = grey + (palette - grey) * rng.choice([0.15, 0.4, 0.8])
    pick = lambda: palette[rng.integers(8)] + rng.normal(0, 0.04, 3)  # noqa: E731
    picture = paint(rng, bank, size, pick())
    mask = np.zeros((size, size), np.float32)

    def leaf(reach: float, middle: np.ndarray) -> None:
        nonlocal mask
        points = outline(rng, reach) + middle
        low, high = (
            np.floor(points.min(axis=0) - 6).astype(int).clip(0, size),
            np.ceil(points.max(axis=0) + 6).astype(int).clip(0, size),
        )
        side = int((high - low).max(initial=0))
        if (high - low).min() < 2:
            return
        low = np.minimum(low, size - side)
        cover = alpha(points - low, side)[..., None]
        here = (slice(low[1], low[1] + side), slice(low[0], low[0] + side))
        if rng.random() < 0.25:
            soft = cv2.GaussianBlur(cover, (0, 0), rng.uniform(1, 4))[..., None]
            picture[here] *= 1 - np.float32(0.5) * np.roll(soft, rng.integers(-3, 4), axis=int(rng.integers(2)))
        picture[here] = picture[here] * (1 - cover) + paint(rng, bank, side, pick()) * cover
        mask[here] *= 1 - cover[..., 0]

    for _ in range(rng.integers(3, 26)):
        leaf(size * rng.uniform(0.04, 0.5) ** 1.4, rng.uniform(0, size, 2))
    reach = size * rng.choice([rng.uniform(0.06, 0.2), rng.uniform(0.2, 0.42)], p=[0.3, 0.7])
    middle = rng.uniform(0.25 * size, 0.75 * size, 2)
    cover = alpha(outline(rng, reach) + middle, size)
    for _ in range(rng.integers(0, 4) if rng.random() < 0.5 else 0):
        cover = np.maximum(
            cover, alpha(outline(rng, reach * rng.uniform(0.2, 0.7)) + middle + rng.normal(0, 0.55 * reach, 2), size)
        )
    surface = paint(rng, bank, size, pick())
    for _ in range(rng.integers(0, 6) if rng.random() < 0.6 else 0):
        part = alpha(outline(rng, reach * rng.uniform(0.1, 0.6)) + middle + rng.normal(0, 0.5 * reach, 2), size)[..., None]
        surface = surface * (1 - part) + paint(rng, bank, size, pick()) * part
    picture = picture * (1 - cover[..., None]) + surface * cover[..., None]
    mask = cover
    for _ in range(rng.integers(0, 4) if rng.random() < 0.4 else 0):
        leaf(reach * rng.uniform(0.15, 0.5), middle + rng.normal(0, reach, 2))
    picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.2, 1.2))
    picture = picture * rng.uniform(0.7, 1.2) + rng.normal(0, rng.choice([0.003, 0.015, 0.04]), picture.shape)
    return (picture.clip(0, 1) * 255).astype(np.uint8), mask > 0.5


# -- clicks -----------------------------------------------------------------------------------------------------------


def inside(rng: Rng, region: np.ndarray, sharpness: float = 1.0) -> tuple[float, float] | None:
    """A point of a region, rather in its middle."""
    depth = cv2.distanceTransform(np.pad(region.astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1] ** sharpness
    total = depth.sum()
    if total <= 0:
        return None
    row, column = np.unravel_index(rng.choice(depth.size, p=depth.ravel() / total), depth.shape)
    return float(column) + 0.5, float(row) + 0.5


def first_clicks(rng: Rng, mask: np.ndarray) -> tuple[list[Any], list[Any], Any]:
    positive, negative, box = [], [], None
    if rng.random() < 0.25:
        y, x = np.nonzero(mask)
        wobble = rng.normal(0, 1.5, 4)
        box = (x.min() + wobble[0], y.min() + wobble[1], x.max() + 1 + wobble[2], y.max() + 1 + wobble[3])
    if box is None or rng.random() < 0.4:
        positive.append(inside(rng, mask, 2.0))
    for _ in range(rng.integers(0, 5) if rng.random() < 0.5 else 0):
        near = cv2.dilate(mask.astype(np.uint8), np.ones((31, 31))) > 0
        target, region = (positive, mask) if rng.random() < 0.5 else (negative, near & ~mask)
        click = inside(rng, region, 0.5)
        if click:
            target.append(click)
    return positive, negative, box


def next_click(rng: Rng, wanted: np.ndarray, answer: np.ndarray, clicks: tuple[list[Any], list[Any], Any]) -> None:
    missed, extra = wanted & ~answer, answer & ~wanted
    worst, target = (missed, clicks[0]) if missed.sum() >= extra.sum() else (extra, clicks[1])
    _, numbers, stats, _ = cv2.connectedComponentsWithStats(worst.astype(np.uint8))
    if len(stats) > 1:
        click = inside(rng, numbers == 1 + stats[1:, cv2.CC_STAT_AREA].argmax(), 2.0)
        if click:
            target.append(click)


# -- network ----------------------------------------------------------------------------------------------------------


def block(channels_in: int, channels_out: int, stride: int = 1, dilation: int = 1) -> nn.Module:
    convolution = nn.Conv2d(channels_in, channels_out, 3, stride, dilation, dilation, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(channels_out), nn.ReLU(inplace=True))


class ClickNet(nn.Module):
    """A small U-Net; about 0.2 million weights."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = block(CHANNELS, 16, 2)
        self.down1 = nn.Sequential(block(16, 32, 2), block(32, 32))
        self.down2 = nn.Sequential(block(32, 48, 2), block(48, 48))
        self.down3 = nn.Sequential(block(48, 64, 2), block(64, 64, dilation=2))
        self.context = nn.Conv2d(64, 64, 1)
        self.up2, self.up1, self.up0 = block(112, 48), block(80, 32), block(48, 16)
        self.head = nn.Sequential(block(16 + CHANNELS, 12), nn.Conv2d(12, 1, 3, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits of the object."""
        twice = lambda each: functional.interpolate(each, scale_factor=2.0, mode="bilinear", align_corners=False)  # noqa: E731
        s0 = self.stem(x)
        s1 = self.down1(s0)
        s2 = self.down2(s1)
        s3 = self.down3(s2)
        s3 = s3 * (1 + torch.tanh(self.context(functional.adaptive_avg_pool2d(s3, 1))))
        y = self.up2(torch.cat((twice(s3), s2), 1))
        y = self.up1(torch.cat((twice(y), s1), 1))
        y = self.up0(torch.cat((twice(y), s0), 1))
        return self.head(torch.cat((twice(y), x), 1))


def loss_of(answer: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    share = torch.sigmoid(answer)
    both = (share * wanted).sum((1, 2, 3))
    overlap = 1 - (both + 1) / (share.sum((1, 2, 3)) + wanted.sum((1, 2, 3)) - both + 1)
    return functional.binary_cross_entropy_with_logits(answer, wanted) + overlap.mean()


def export(net: nn.Module, path: Path) -> None:
    net.eval().to(memory_format=torch.contiguous_format)
    path.parent.mkdir(exist_ok=True)
    free = {0: "count", 2: "height", 3: "width"}
    torch.onnx.export(
        net, (torch.zeros(1, CHANNELS, SIZE, SIZE),), str(path), input_names=["features"], output_names=["logits"],
        dynamic_axes={"features": free, "logits": free}, opset_version=17, dynamo=False,
    )  # fmt: skip
    print(f"{path.name}: {path.stat().st_size} bytes", flush=True)


def main(seconds: float) -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    bank = textures(rng)
    net = ClickNet().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=1e-3)
    begin, step, shown, seen = time.process_time(), 0, 0.0, 0
    while (spent := time.process_time() - begin) < seconds:
        rate = min(1.0, step / 50) * (0.5 + 0.5 * np.cos(np.pi * min(1.0, spent / seconds)))
        for group in optimiser.param_groups:
            group["lr"] = 3e-3 * rate + 1e-5
        pairs = [pair for pair in (scene(rng, bank) for _ in range(BATCH)) if pair[1].sum() > 30]
        pictures, masks = np.array([p for p, _ in pairs]), [m for _, m in pairs]
        clicks = [first_clicks(rng, mask) for mask in masks]
        wanted = torch.from_numpy(np.array(masks, np.float32))[:, None]
        before = None
        for _ in range(rng.choice([1, 2, 3, 4], p=[0.2, 0.3, 0.3, 0.2])):
            features = click_features(pictures, [c[0] for c in clicks], [c[1] for c in clicks], before, [c[2] for c in clicks])
            net.train()
            answer = net(torch.from_numpy(features).to(memory_format=torch.channels_last))
            loss = loss_of(answer, wanted)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            before = torch.sigmoid(answer.detach())[:, 0].numpy()
            for number, mask in enumerate(masks):
                next_click(rng, mask, before[number] > 0.5, clicks[number])
            step += 1
            seen += len(masks)
            shown = 0.98 * shown + 0.02 * float(loss.detach()) if step > 1 else float(loss.detach())
            if step % 50 == 0:
                print(f"{spent:5.0f} s  step {step}  samples {seen}  loss {shown:.3f}", flush=True)
    export(net, TARGET)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 570.0)
