"""Encoded pictures are made once, bounded in bytes, and the next one ahead of time."""

from __future__ import annotations

import gc
import threading
import time
from typing import Any

import numpy as np
import pytest

from cvat_widgets.backends import Detection, ModelInfo, Prompt
from cvat_widgets.backends.embedding_cache import EmbeddingCache, FrameClicks, size_of
from tests.waiting import until


class Encoder:
    def __init__(self, size: int = 1000, wait: float = 0.0) -> None:
        self.info = ModelInfo(name="Encoder", kind="interactor")
        self.size, self.wait = size, wait
        self.seen: list[int] = []

    def encode(self, image: Any) -> Any:
        time.sleep(self.wait)
        self.seen.append(int(image[0, 0, 0]))
        return np.zeros(self.size, np.uint8)

    def predict(self, encoded: Any, prompt: Prompt) -> list[Detection]:
        return [Detection.of_box("", [0, 0, 1, len(encoded)])]


def picture(frame: int) -> Any:
    return np.full((2, 2, 3), frame, np.uint8)


def test_one_encoding_for_all_clicks_and_the_next_frame_is_ready() -> None:
    model = Encoder()
    clicks = FrameClicks(model, picture, count=3)
    for _ in range(5):
        clicks.predict(0, Prompt(((1.0, 1.0),)))
    until(lambda: len(clicks.cache) == 2)
    assert sorted(model.seen) == [0, 1]
    clicks.predict(2, Prompt(((1.0, 1.0),)))  # the last: nothing after it
    clicks.cache.close()
    assert sorted(model.seen) == [0, 1, 2]
    assert (clicks.cache.encoded, clicks.cache.reused) == (3, 4)


def test_many_threads_share_one_encoding() -> None:
    model, cache = Encoder(wait=0.05), EmbeddingCache()
    threads = [threading.Thread(target=cache.get, args=(model, 1, lambda: picture(1))) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert model.seen == [1]


def test_bytes_are_bounded_and_the_oldest_goes_first() -> None:
    model, cache = Encoder(1000), EmbeddingCache(2500)
    for frame in (0, 1, 0, 2):
        cache.get(model, frame, lambda frame=frame: picture(frame))
    assert (len(cache), cache.bytes) == (2, 2000)
    cache.get(model, 0, lambda: picture(0))
    assert model.seen == [0, 1, 2]
    cache.get(model, 1, lambda: picture(1))
    assert model.seen == [0, 1, 2, 1]
    large = Encoder(10_000)
    cache.get(large, 0, lambda: picture(0))
    assert len(cache) == 1
    del large
    gc.collect()
    assert (len(cache), cache.bytes) == (0, 0)


def test_an_error_is_not_kept() -> None:
    model, cache = Encoder(), EmbeddingCache()

    def broken() -> Any:
        raise OSError("gone")

    cache.prepare(model, 0, broken)
    cache.close()
    with pytest.raises(OSError, match="gone"):
        cache.get(model, 0, broken)
    assert len(cache.get(model, 0, lambda: picture(0))) == 1000


def test_sizes_are_those_of_what_is_inside() -> None:
    inner = np.zeros(100, np.float32)
    assert size_of({"a": [inner, inner], "b": (b"123", None, 5)}) == 403
    torch = pytest.importorskip("torch")
    assert size_of([torch.zeros(10), torch.zeros(10)]) == 80
