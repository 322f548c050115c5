"""Blocks: whole tables in the change log, for bulk edits. A payload has what was removed and what was added."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cvat_widgets.errors import StoreError
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.table import AnnotationTable
from cvat_widgets.store import codec, objects
from cvat_widgets.store.raw import Raw

__all__ = ["Block", "decode_blocks", "encode_blocks", "whole_block"]

Block = tuple[AnnotationTable, NDArray[np.int64]]


def whole_block(raw: Raw, task_id: int, labels: LabelSet, jobs: set[int]) -> Block:
    """Return everything that some jobs hold."""
    if not jobs:
        return AnnotationTable.empty(), np.empty(0, np.int64)
    table, job_of = objects.load_table(raw, task_id, labels)
    chosen = np.isin(job_of, sorted(jobs))
    return table.take(chosen), job_of[chosen]


def encode_blocks(removed: Block, added: Block) -> bytes:
    """Return the payload of a bulk entry of the log."""
    first, second = codec.encode_table(*removed), codec.encode_table(*added)
    return len(first).to_bytes(8, "little") + first + second


def decode_blocks(payload: bytes) -> tuple[Block, Block]:
    """Return what a bulk entry of the log removed and what it added."""
    size = int.from_bytes(payload[:8], "little")
    if size > len(payload):
        raise StoreError("an entry of the change log is damaged")
    return codec.decode_table(payload[8 : 8 + size]), codec.decode_table(payload[8 + size :])
