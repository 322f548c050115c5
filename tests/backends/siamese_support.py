"""Small networks with the inputs and outputs of SiamMask and TransT whose answer is known: a square like the template's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def networks() -> dict[str, Any]:
    """Return scripted and plain modules by name; the caller has PyTorch."""
    import torch
    from torch import Tensor
    from torch.nn import functional

    class Siam(torch.nn.Module):
        """SiamMask's branches. Correlation of 16 x 16 cells of 8 pixels in the first channel, which is blue."""

        @torch.jit.export
        def template(self, z: Tensor) -> Tensor:
            cells = functional.avg_pool2d(functional.pad(z[:, :1], [0, 1, 0, 1]), 8)
            return cells - cells.mean(dim=[1, 2, 3], keepdim=True)

        @torch.jit.export
        def track(self, kernel: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            n = kernel.shape[0]
            cells = functional.avg_pool2d(functional.pad(x[:, :1], [0, 1, 0, 1]), 8).view(1, n, 32, 32)
            found = functional.conv2d(cells, kernel, padding=4, groups=n).view(n, 1, 25, 25)
            found = 12 * found / (kernel.square().sum(dim=[1, 2, 3]).view(n, 1, 1, 1) + 1e-6)
            nothing = torch.full([n, 4, 25, 25], -20.0, device=x.device)
            classes = torch.cat([torch.full([n, 5, 25, 25], 6.0, device=x.device), nothing[:, :2], found, nothing[:, :2]], 1)
            # What is bright, seen through the 127 x 127 window of every position, every second pixel of it.
            half = functional.pad(x[:, :1, ::2, ::2], [16, 16, 16, 16])
            masks = (functional.unfold(half, 63, stride=4).view(n, 3969, 25, 25) - 100) / 10
            return classes, torch.zeros([n, 20, 25, 25], device=x.device), masks

        def forward(self, z: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            return self.track(self.template(z), x)

    class Sharp(torch.nn.Module):
        """The same, but with a refinement that cuts the mask out at one position."""

        def __init__(self) -> None:
            super().__init__()
            self.rough = Siam()

        @torch.jit.export
        def template(self, z: Tensor) -> Tensor:
            return self.rough.template(z)

        @torch.jit.export
        def track(self, kernel: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            found = self.rough.track(kernel, x)
            return found[0], found[1], functional.pad(x[:, :1], [32, 32, 32, 32])

        @torch.jit.export
        def refine(self, padded: Tensor, position: Tensor) -> Tensor:
            y, x = int(position[0]) * 8, int(position[1]) * 8
            return ((padded[0, 0, y : y + 127, x : x + 127] - 100) / 10).reshape(1, 127 * 127)

    class Trans(torch.nn.Module):
        """TransT in one piece, inputs in the order that its own code has them; blue is the third channel."""

        def forward(self, search: Tensor, template: Tensor) -> dict[str, Tensor]:
            n = template.shape[0]
            kernel = functional.interpolate(template[:, 2:], [16, 16], mode="area")
            kernel = kernel - kernel.mean(dim=[1, 2, 3], keepdim=True)
            cells = functional.interpolate(search[:, 2:], [32, 32], mode="area")
            # Half a deviation less, lest the colour that pads the crop count as bright.
            cells = functional.relu(cells - cells.amin(dim=[1, 2, 3], keepdim=True) - 0.5).view(1, n, 32, 32)
            found = functional.conv2d(cells, kernel, padding=8, groups=n)[:, :, :32, :32].reshape(n, 1024, 1)
            found = 12 * found / (kernel.square().sum(dim=[1, 2, 3]).view(n, 1, 1) + 1e-6) - 6
            # Every token looks for the middle of what is bright in its own window of 24 x 24 cells.
            across = ((torch.arange(24, device=search.device) - 11.5) / 32).view(1, 1, 1, 24).expand(n, 1, 24, 24)
            sides = torch.ones_like(across)
            mass = functional.conv2d(cells, sides, padding=12, groups=n)[:, :, :32, :32] + 1e-6
            right = functional.conv2d(cells, across, padding=12, groups=n)[:, :, :32, :32] / mass
            down = functional.conv2d(cells, across.transpose(2, 3), padding=12, groups=n)[:, :, :32, :32] / mass
            steps = torch.arange(32, device=search.device) / 32.0
            xs, ys = right.view(n, 32, 32) + steps.view(1, 1, 32), down.view(n, 32, 32) + steps.view(1, 32, 1)
            side = torch.full_like(xs, 0.25)
            boxes = torch.stack([xs, ys, side, side], 3).view(n, 1024, 4)
            return {"pred_logits": torch.cat([found, torch.zeros_like(found)], 2), "pred_boxes": boxes}

    return {"siam": Siam(), "sharp": Sharp(), "trans": Trans()}


def scripted(name: str, folder: Path) -> Path:
    import torch

    path = folder / f"{name}.pt"
    torch.jit.script(networks()[name].eval()).save(str(path))
    return path


def onnx_pair(folder: Path) -> tuple[Path, Path]:
    """Write SiamMask's branches as ONNX for one object at a time."""
    import torch

    net = networks()["siam"].eval()

    class Branch(torch.nn.Module):
        def __init__(self, method: Any) -> None:
            super().__init__()
            self.net, self.method = net, method

        def forward(self, *inputs: Any) -> Any:
            return self.method(*inputs)

    z, x = torch.zeros(1, 3, 127, 127), torch.zeros(1, 3, 255, 255)
    paths = folder / "template.onnx", folder / "search.onnx"
    torch.onnx.export(Branch(net.template), (z,), str(paths[0]), dynamo=False, input_names=["z"], output_names=["kernel"])
    names: dict[str, Any] = {"input_names": ["kernel", "x"], "output_names": ["cls", "loc", "mask"]}
    torch.onnx.export(Branch(net.track), (net.template(z), x), str(paths[1]), dynamo=False, **names)
    return paths


def picture(squares: Sequence[tuple[float, float]], side: int = 40, size: tuple[int, int] = (300, 220)) -> NDArray[np.uint8]:
    """Return a dark picture with blue squares, given by their first pixel."""
    image = np.full((size[1], size[0], 3), (60, 20, 10), np.uint8)
    for x, y in squares:
        image[int(y) : int(y) + side, int(x) : int(x) + side] = (20, 60, 230)
    return image
