"""What a click on the canvas costs in the kernel, beside the bare decoder call. Run: ``python bench/bench_interact.py``.

The kernel's side is all of it: from the browser's message to the answer that is handed to the comm, with the thread of the
models, the embedding from the cache, the mask of the answer before, the full-size mask and its run lengths. The bare side is
the decoder alone for SAM of the true architecture (ViT-B's decoder and prompt encoder in full, random weights; its encoder
does not matter here), and for the project's own click model, which has no decoder of its own, the bare model.

Random weights give masks like noise, with run lengths that no thing has; the logits are therefore replaced by those of a disc
of the same size after the decoder has run.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from bench_models import report
from PIL import Image

import cvat_widgets as cw
from cvat_widgets.backends import Prompt
from cvat_widgets.widgets.session import Session

SIZE = (1280, 720)
CLICKS = 25
FIRST = (600.0, 300.0)


class Kernel:
    """A session that answers on a wire of its own."""

    def __init__(self, folder: Path) -> None:
        random = np.random.default_rng(0)
        for number in range(3):
            small = Image.fromarray(random.integers(0, 255, (18, 32, 3), dtype=np.uint8))
            small.resize(SIZE, Image.Resampling.BICUBIC).save(folder / f"{number}.jpg")
        self.store = cw.Store.open(folder / "store.sqlite")
        self.job = cw.Task.create("bench", str(folder / "*.jpg"), labels=["thing"], store=self.store).jobs[0]
        self.answered = threading.Event()
        self.answer: dict[str, Any] = {}
        self.session = Session(self.job, self.hear, self.hear, user="bench")
        self.number = 0

    def hear(self, message: dict[str, Any], _buffers: list[bytes]) -> None:
        """Take what the session sends."""
        if message["t"] in ("result", "error"):
            self.answer = message
            self.answered.set()

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method as a browser does, and wait for its answer."""
        self.number += 1
        self.answered.clear()
        self.session.handle({"t": "rpc", "client": "a", "id": self.number, "method": method, "params": params}, [])
        self.answered.wait(60)
        if self.answer["t"] == "error":
            raise RuntimeError(self.answer["error"]["message"])
        return dict(self.answer["result"])

    def close(self) -> None:
        """End the session."""
        self.session.close()
        self.store.close()


def timed(call: Callable[[], Any]) -> tuple[float, float]:
    """Milliseconds on the clock, and of all threads on the processor; other load on the machine hardly touches those."""
    begin = time.perf_counter(), time.process_time()
    call()
    return 1000 * (time.perf_counter() - begin[0]), 1000 * (time.process_time() - begin[1])


def compare(kernel: Kernel, name: str, model: Any, encodes: Any, bare: Any) -> None:
    """Clicks after the first against the bare decoder, in turns."""
    kernel.session.models.add(model, name)
    chosen = {"model": f"interactor:{name}", "frame": 0}
    kernel.ask("interact.encode", **chosen)
    token = kernel.ask("interact", **chosen, positive=[list(FIRST)])["token"]
    # The next frame is encoded in the background; what is measured begins when that is over.
    kernel.session.models.embeddings.get(kernel.session.interactions._clicks(chosen["model"])[0].model, _key(kernel, 1), _no)
    before = encodes()
    pairs = []
    for number in range(CLICKS):
        click = [[*FIRST], [FIRST[0] + 100 + number, 350.0]]
        previous = {"token": token, "index": 0}
        own = timed(lambda click=click, previous=previous: kernel.ask("interact", **chosen, positive=click, previous=previous))
        pairs.append((own, timed(bare)))
    again = encodes() - before
    (own, own_cpu), (theirs, their_cpu) = (np.median(each, axis=0).tolist() for each in zip(*pairs, strict=True))
    ratio = statistics.median(a[0] / b[0] for a, b in pairs)
    cpu_ratio = own_cpu / their_cpu
    reused = 1 - again / CLICKS
    report(name, own_ms=own, bare_ms=theirs, ratio=ratio, cpu_ratio=cpu_ratio, encodings=again, reused=reused)


def _key(kernel: Kernel, frame: int) -> tuple[str, int]:
    return kernel.job.task.uid, frame


def _no() -> Any:
    raise RuntimeError("the frame was not encoded ahead")


def sam(kernel: Kernel) -> None:
    import torch
    import transformers

    torch.set_num_threads(1)
    torch.manual_seed(0)
    vision = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "mlp_dim": 64, "global_attn_indexes": []}
    network = transformers.SamModel(transformers.SamConfig(vision_config=vision)).eval()
    model = cw.load_backend("sam", network=network, device="cpu")
    decode = model._decode
    y, x = np.mgrid[:256, :256]
    disc = torch.from_numpy((30 - np.hypot(x - 120, y - 70)).astype(np.float32))

    def tidy(embedding: Any, prompt: Any) -> tuple[Any, Any]:
        logits, scores = decode(embedding, prompt)
        return disc.expand_as(logits).clone(), scores

    model._decode = tidy
    image = kernel.job.task.media.read(0)
    encoded = model.encode(image)
    model.predict(encoded, Prompt((FIRST,)))
    inner = model.prompt_for(encoded, Prompt((FIRST, (700.0, 350.0))))

    def bare() -> None:
        with torch.inference_mode():
            decode(encoded.embedding, inner)

    compare(kernel, "sam", model, lambda: model.encodes, bare)


def clicks(kernel: Kernel) -> None:
    model = cw.load_backend("clicks")
    count = [0]
    encode = model.encode

    def counted(image: Any) -> Any:
        count[0] += 1
        return encode(image)

    model.encode = counted
    encoded = encode(kernel.job.task.media.read(0))
    model.predict(encoded, Prompt((FIRST,)))
    number = [0]

    def bare() -> None:
        number[0] += 1
        model.predict(encoded, Prompt((FIRST, (700.0 + number[0], 350.0))))

    compare(kernel, "project-clicks", model, lambda: count[0], bare)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        kernel = Kernel(Path(folder))
        for each in (sam, clicks):
            each(kernel)
        kernel.close()


if __name__ == "__main__":
    main()
