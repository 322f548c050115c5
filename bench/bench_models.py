"""What models cost beside the bare library. Run: ``python bench/bench_models.py [click] [annotate] [small] [calls] [dask]``.

* ``click``: a click after the first against the bare decoder call of the same network, and how often the encoder ran. SAM of
  the true architecture (ViT-B's decoder and prompt encoder in full, random weights; the encoder does not matter here).
* ``annotate``: ``task.annotate`` against a bare loop that only decodes and calls the detector, and against the same detector
  behind one HTTP call a frame with the picture as base64 in JSON, as CVAT's serverless functions are called: frames of a
  video as PNG (``VIDEO_FRAME_EXT`` of CVAT's frame provider, which its ``lambda_manager`` takes the picture from).
* ``small``: the same with FastestDet, a network of a megabyte, if its weights are there.
* ``calls``: the same with a detector that answers at once, as one on a GPU nearly does: what remains is what surrounds it.
* ``dask``: two workers against a plain loop on work that keeps a core busy.

Each figure is the median of alternating rounds, so that other load on the machine hits both sides alike.
"""

from __future__ import annotations

import base64
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import cv2
import numpy as np

import cvat_widgets as cw
from cvat_widgets.backends import Prompt
from cvat_widgets.backends.embedding_cache import FrameClicks

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
FRAMES = 200


def timed(call: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def rounds(one: Callable[[], Any], other: Callable[[], Any], count: int) -> tuple[float, float, float]:
    """Median seconds of both, and the median of the ratios of neighbours."""
    pairs = [(timed(one), timed(other)) for _ in range(count)]
    return (*(statistics.median(each) for each in zip(*pairs, strict=True)), statistics.median(a / b for a, b in pairs))  # type: ignore[return-value]


def report(name: str, **values: Any) -> None:
    print(json.dumps({"bench": name, **{k: round(v, 4) if isinstance(v, float) else v for k, v in values.items()}}), flush=True)


def click() -> None:
    import torch
    import transformers

    torch.set_num_threads(1)
    torch.manual_seed(0)
    vision = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "mlp_dim": 64, "global_attn_indexes": []}
    network = transformers.SamModel(transformers.SamConfig(vision_config=vision)).eval()
    model = cw.load_backend("sam", network=network, device="cpu")
    image = np.random.default_rng(0).integers(0, 255, (720, 1280, 3), dtype=np.uint8)
    clicks = FrameClicks(model, lambda _: image, count=1)
    clicks.predict(0, Prompt(((600.0, 300.0),)))
    encoded = clicks.cache.get(model, ("", 0), lambda: image)
    inner = model.prompt_for(encoded, Prompt(((600.0, 300.0), (700.0, 350.0))))
    number = [0]

    def after_the_first() -> None:
        number[0] += 1
        clicks.predict(0, Prompt(((600.0, 300.0), (700.0 + number[0], 350.0))))

    def bare() -> None:
        with torch.inference_mode():
            model._decode(encoded.embedding, inner)

    after_the_first()
    bare()
    own, theirs, ratio = rounds(after_the_first, bare, 25)
    report(
        "click after the first / bare decoder",
        own_ms=own * 1000,
        bare_ms=theirs * 1000,
        ratio=ratio,
        encoder_runs=model.encodes,
    )


def detector() -> Any:
    weights = SHARED / "weights" / "yolox_nano" / "yolox_nano.onnx"
    if weights.exists():
        return cw.load_backend("yolo", weights=weights)

    @cw.detector(labels=["edge"])
    def edges(image: Any) -> Any:
        for _ in range(8):
            found = cv2.Canny(cv2.GaussianBlur(image, (9, 9), 2), 50, 150)
        y, x = np.nonzero(found)
        return {"box": [x.min(), y.min(), x.max() + 1, y.max() + 1], "label": "edge", "score": 0.9} if len(x) else []

    return edges


def small_detector() -> Any:
    return cw.load_backend("yolo", weights=SHARED / "weights" / "fastestdet" / "FastestDet.onnx")


def clip() -> Any:
    real = SHARED / "media" / "sam2" / "bedroom.mp4"
    if real.exists():
        return real
    random = np.random.default_rng(0)
    return random.integers(0, 255, (FRAMES, 360, 640, 3), dtype=np.uint8)


class Handler(BaseHTTPRequestHandler):
    """CVAT's contract of a serverless detector: base64 picture in JSON in, list of objects out."""

    model: Any = None

    def do_POST(self) -> None:
        """Answer one picture."""
        data = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        image = cv2.cvtColor(
            cv2.imdecode(np.frombuffer(base64.b64decode(data["image"]), np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB
        )
        [found] = self.model.detect([image])
        body = json.dumps(
            [{"label": e.label, "type": e.type, "points": e.points.tolist(), "confidence": str(e.score)} for e in found]
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def instant() -> Any:
    @cw.detector(labels=["bright"])
    def bright(image: Any) -> Any:
        return {"box": [10, 10, 60, 40], "label": "bright", "score": 0.9} if image[0, 0, 0] >= 0 else []

    return bright


def annotate(make: Callable[[], Any] = detector) -> None:
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        model = make()
        name = model.info.labels.names[0]
        task = cw.Task.create("bench", clip(), labels=[name], store=Path(folder) / "s.sqlite", stop_frame=FRAMES - 1)
        rules = {name: name}
        Handler.model = model
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/"

        def own() -> None:
            task.media.close()
            task._media = None
            task.annotate(model, labels=rules, progress=False, batch=1)

        def bare() -> None:
            with __import__("cvat_widgets.media", fromlist=["reopen_media"]).reopen_media(task.row.media) as media:
                for frame in range(len(task)):
                    model.detect([media.read(frame)])

        def served() -> None:
            with __import__("cvat_widgets.media", fromlist=["reopen_media"]).reopen_media(task.row.media) as media:
                for frame in range(len(task)):
                    _, data = cv2.imencode(".png", cv2.cvtColor(media.read(frame), cv2.COLOR_RGB2BGR))
                    body = json.dumps({"image": base64.b64encode(data).decode()}).encode()
                    with urlopen(Request(url, body, {"Content-Type": "application/json"})) as answer:
                        json.load(answer)

        bare()
        theirs, mine, ratio = rounds(bare, own, 5)
        report(
            f"annotate throughput / bare loop, {model.info.name}", bare_fps=FRAMES / theirs, own_fps=FRAMES / mine, ratio=ratio
        )
        theirs, mine, ratio = rounds(served, own, 3)
        report(
            f"annotate throughput / HTTP call a frame, {model.info.name}",
            http_fps=FRAMES / theirs,
            own_fps=FRAMES / mine,
            ratio=ratio,
        )
        server.shutdown()


class Busy:
    """Keeps a core busy for about as long as a small network would."""

    def __init__(self) -> None:
        from cvat_widgets.backends import ModelInfo
        from cvat_widgets.model.labels import LabelSet

        self.info = ModelInfo(name="Busy", kind="detector", labels=LabelSet.of(["x"]))

    def detect(self, images: Any, threshold: float | None = None) -> Any:  # noqa: ARG002
        """Count."""
        for _ in images:
            total = 0
            for number in range(1_500_000):
                total += number & 3
        return [[] for _ in images]


def dask() -> None:
    import distributed

    with tempfile.TemporaryDirectory() as folder:
        frames = np.zeros((64, 32, 32, 3), np.uint8)
        task = cw.Task.create("bench", frames, labels=["x"], store=Path(folder) / "s.sqlite")
        model = Busy()
        with (
            distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=40) as cluster,
            distributed.Client(cluster) as client,
        ):
            client.run(lambda: __import__("cvat_widgets.backends.annotation"))
            cpu_before = sum(client.run(time.process_time).values())

            def own() -> None:
                task.annotate(model, progress=False, engine=client, chunk=8, resume=False)

            own()
            cpu = sum(client.run(time.process_time).values()) - cpu_before
            begin = time.process_time()
            for frame in range(len(task)):
                model.detect([task.frame(frame)])
            plain = time.process_time() - begin
            report("dask, CPU seconds of two workers / of a plain loop", workers=cpu, plain=plain, ratio=cpu / plain)


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["click", "annotate", "small", "calls", "dask"]
    parts = {
        "click": click, "annotate": annotate, "small": lambda: annotate(small_detector), "calls": lambda: annotate(instant),
        "dask": dask,
    }  # fmt: skip
    for each in wanted:
        parts[each]()
