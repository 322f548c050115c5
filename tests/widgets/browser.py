"""A browser as docs/protocol.md describes it, in Python: optimistic edits, an outbox, gaps, snapshots."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cvat_widgets.model.attributes import AttributeColumns
from cvat_widgets.model.changes import ChangeSet, Edit, apply_fields
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.model.records import Record
from cvat_widgets.model.table import AnnotationTable

__all__ = ["Browser", "read_snapshot"]


def read_snapshot(message: dict[str, Any], buffers: list[bytes], labels: LabelSet) -> dict[int, Record]:
    columns = {}
    for facts, buffer in zip(message["columns"], buffers, strict=True):
        columns[facts["name"]] = np.frombuffer(buffer, facts["dtype"])
        assert len(columns[facts["name"]]) == facts["length"]
    names = ("id", "frame", "label", "type", "track", "parent", "group", "z_order", "flags", "rotation", "source", "score")
    table = AnnotationTable.build(
        **{name: columns[name] for name in names},
        points=columns["points"],
        offsets=columns["offsets"].astype(np.int64),
        attributes=AttributeColumns(
            columns["attribute_row"].astype(np.int64), columns["attribute_spec"], columns["attribute_code"], message["strings"]
        ),
    )
    return {record.id: record for record in table.to_records(labels)}


class Browser:
    """One page.

    Parameters
    ----------
    client
        Its name.
    send
        How it reaches the kernel.
    """

    def __init__(self, client: str, labels: LabelSet, send: Callable[[dict[str, Any]], None]) -> None:
        self.client = client
        self.labels = labels
        self.send = send
        self.confirmed: dict[int, Record] = {}
        self.pending: list[dict[str, Any]] = []
        self.revision = 0
        self.epoch = ""
        self.seq = 0
        self.behind = False
        self.refused: list[str] = []

    @property
    def document(self) -> dict[int, Record]:
        """What the page shows: the confirmed state with pending edits on top."""
        shown = dict(self.confirmed)
        for op in self.pending:
            edit = Edit.from_wire(op["changes"])
            for record_id in edit.removed:
                shown.pop(record_id, None)
            for record_id, fields in edit.updated.items():
                if record_id in shown:
                    shown[record_id] = apply_fields(shown[record_id], {path: after for path, (_, after) in fields.items()})
            shown.update((record.id, record) for record in edit.added)
        return shown

    def edit(self, changes: ChangeSet) -> None:
        self.seq += 1
        op = {
            "t": "op", "client": self.client, "seq": self.seq, "base": self.revision, "label": "edit", "changes": changes.to_wire(),
        }  # fmt: skip
        self.pending.append(op)
        self.send(op)

    def resend(self) -> None:
        """What timers do: send pending edits again, and ask whether we are up to date."""
        for op in list(self.pending):
            self.send(op)
        self.send({"t": "ping", "client": self.client, "n": 1, "revision": self.revision})
        if self.behind:
            self.sync()

    def sync(self) -> None:
        self.behind = True
        self.send({"t": "sync", "client": self.client, "epoch": self.epoch, "have": self.revision})

    def receive(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        kind = message["t"]
        if kind == "commit":
            self._commit(message)
        elif message.get("client") != self.client:
            return
        elif kind == "reject":
            self._done(message["client"], message["seq"])
            self.refused.append(message["error"]["type"])
        elif kind == "changes":
            self.epoch = message["epoch"]
            for commit in message["commits"]:
                self._commit(commit, catching_up=True)
            self.behind = message["from"] > self.revision
        elif kind == "snapshot":
            self.epoch, self.revision = message["epoch"], message["revision"]
            self.confirmed = read_snapshot(message, buffers, self.labels)
            self.behind = False
        elif kind == "pong" and (message["revision"] > self.revision or message["epoch"] != self.epoch):
            self.sync()

    def _done(self, client: str | None, seq: int | None) -> None:
        self.pending = [op for op in self.pending if (op["client"], op["seq"]) != (client, seq)]

    def _commit(self, message: dict[str, Any], *, catching_up: bool = False) -> None:
        if message["revision"] <= self.revision:
            self._done(message["client"], message["seq"])
        elif message["revision"] == self.revision + 1 and message["changes"] is not None:
            self._done(message["client"], message["seq"])
            edit = Edit.from_wire(message["changes"])
            for record_id in edit.removed:
                self.confirmed.pop(record_id)
            for record_id, fields in edit.updated.items():
                values = {path: after for path, (_, after) in fields.items()}
                self.confirmed[record_id] = apply_fields(self.confirmed[record_id], values)
            self.confirmed.update((record.id, record) for record in edit.added)
            self.revision = message["revision"]
        elif not catching_up:
            self.sync()
