"""One annotator's conversation with its browsers: handshake, edits, resynchronisation.

The kernel is the truth: an operation is committed to the store, and the commit, which reaches every session of the task
through the store's subscription, is the acknowledgement.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import cvat_widgets.widgets.action_methods  # actions and operations
import cvat_widgets.widgets.dataset_methods  # files in and out
import cvat_widgets.widgets.frame_methods  # frames
import cvat_widgets.widgets.guide_methods  # the guide
import cvat_widgets.widgets.interaction_methods  # interactors, scissors
import cvat_widgets.widgets.label_methods  # labels
import cvat_widgets.widgets.label_models  # labels that a detector knows
import cvat_widgets.widgets.methods  # the rest
import cvat_widgets.widgets.model_methods  # detectors and trackers
import cvat_widgets.widgets.place_methods  # noqa: F401  # where a user was; every module registers what can be called
from cvat_widgets.errors import CvatWidgetsError, StoreError
from cvat_widgets.model.changes import Edit
from cvat_widgets.widgets.channel import Send, answering, for_everybody
from cvat_widgets.widgets.driving import Driving
from cvat_widgets.widgets.interactions import Interactions
from cvat_widgets.widgets.kernel import kernel_facts
from cvat_widgets.widgets.model_runs import ModelRuns
from cvat_widgets.widgets.overlays import Overlays
from cvat_widgets.widgets.pointer_recording import PointerRecording
from cvat_widgets.widgets.protocol import PROTOCOL_VERSION, Cancel, Hello, Op, Ping, Rpc, Sync, error_detail, read_message
from cvat_widgets.widgets.review_methods import review_facts
from cvat_widgets.widgets.rpc import RpcServer
from cvat_widgets.widgets.session_models import SessionModels
from cvat_widgets.widgets.snapshot import encode_snapshot
from cvat_widgets.widgets.transfers import Transfers

if TYPE_CHECKING:
    from cvat_widgets.model.table import AnnotationTable
    from cvat_widgets.store import Commit
    from cvat_widgets.store.team_rows import EventRow
    from cvat_widgets.widgets.session_job import SessionJob

__all__ = ["Session"]

_logger = logging.getLogger(__name__)
_ID_BLOCK = 64
_MOST_COMMITS = 200
"""A browser that is further behind gets a snapshot."""


class Session:
    """Answers the browsers of one annotator.

    Parameters
    ----------
    job
        The job.
    answer
        Sends on the data comm; used by threads that answer the browser only.
    tell
        Sends on the control comm; for what the kernel says on its own.
    user
        Who works here.
    read_only
        Whether edits are refused.
    on_revision
        Called with every new revision.

    Attributes
    ----------
    models
        The models offered here.
    runs
        What detectors and trackers do here, and the result that waits to be accepted.
    interactions
        Answers of interactors, and the live wire.
    overlays
        Layers that the user's functions draw over the picture.
    """

    def __init__(
        self,
        job: SessionJob,
        answer: Send,
        tell: Send,
        *,
        user: str,
        read_only: bool = False,
        on_revision: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.job = job
        self.user = user
        self.read_only = read_only
        self.picture: bytes | None = None
        self._answer = answer
        self._tell = tell
        self._on_revision = on_revision
        self._lock = threading.RLock()
        self.models = SessionModels()
        self.models.on_change = self._models_changed
        self.driving = Driving(self.tell_demonstration)
        self.pointer = PointerRecording()
        self.overlays = Overlays(job.task, self._shown_table, self.tell_demonstration)
        self.runs = ModelRuns()
        self.transfers = Transfers()
        self.interactions = Interactions(job, self.models)
        self.rpc = RpcServer(self, answer)
        self._unsubscribe = job.store.subscribe(job.task.id, self._committed)
        self._stop_frames = job.store.on_frames(job.task.id, self._frames_changed)
        self._stop_review = job.store.subscribe_events(job.task.id, self._reviewed)

    def close(self) -> None:
        """Stop listening."""
        self._unsubscribe()
        self._stop_frames()
        self._stop_review()
        self.runs.cancel()
        self.rpc.close()
        self.models.close()
        self.driving.close()
        self.transfers.close()

    def check_writable(self) -> None:
        """Raise :class:`StoreError` if this view is read-only."""
        if self.read_only:
            raise StoreError("this view is read-only", hint="Open the task with cw.Annotator to edit it")

    def _shown_table(self) -> AnnotationTable:
        """Return the annotations that this view shows."""
        return self.job.table

    # -- messages ------------------------------------------------------------------------------------------------

    def handle(self, content: object, buffers: list[Any]) -> None:
        """Take one message from a browser. Nothing it can contain raises."""
        with answering():
            message = read_message(content, self._answer)
            if message is None:
                return
            try:
                self._dispatch(message, buffers)
            except Exception as error:
                _logger.exception("A message could not be answered")
                self._answer({"t": "notice", "level": "error", "text": str(error) or type(error).__name__}, [])

    def _dispatch(self, message: Any, buffers: list[Any]) -> None:
        if isinstance(message, Hello):
            self._hello(message)
        elif isinstance(message, Op):
            self._operation(message)
        elif isinstance(message, Sync):
            self._sync(message)
        elif isinstance(message, Ping):
            self.driving.heard(message.client, message.views)
            answer = {"t": "pong", "client": message.client, "n": message.n, "revision": self._revision(), "epoch": self._epoch}
            self._answer(answer, [])
        elif isinstance(message, Rpc):
            self.rpc.call(message, [bytes(buffer) for buffer in buffers])
        elif isinstance(message, Cancel):
            self.rpc.cancel(message)

    @property
    def _epoch(self) -> str:
        return self.job.store.epoch

    def _revision(self) -> int:
        return self.job.store.task(self.job.task.id).revision

    def _history(self) -> dict[str, Any]:
        state = self.job.store.history(self.job.task.id, job_id=self.job.id, author=self.user)
        return {"undo": state.undo, "redo": state.redo}

    def _hello(self, message: Hello) -> None:
        if message.protocol != PROTOCOL_VERSION:
            text = (
                "This page runs another version of cvat-widgets than the kernel. "
                "Reload the page, restart the kernel, and run the cell again."
            )
            self._answer({"t": "stale", "client": message.client, "message": text}, [])
            return
        self._answer(self._welcome(message.client), [])

    def _welcome(self, client: str) -> dict[str, Any]:
        job, task = self.job, self.job.task
        row = job.store.task(task.id)
        index = task.frame_index
        sizes: Any = list(zip(index.widths.tolist(), index.heights.tolist(), strict=True))
        if len(set(sizes)) == 1:
            sizes = list(sizes[0])
        derived = row.kind == "video" and all(name == f"frame_{number:06d}" for number, name in enumerate(index.names))
        block = None if self.read_only else job.store.reserve_ids(task.id, _ID_BLOCK)
        return {
            "t": "welcome",
            "client": client,
            "protocol": PROTOCOL_VERSION,
            "epoch": self._epoch,
            "revision": row.revision,
            "task": {"id": task.id, "uid": task.uid, "name": row.name, "mode": row.mode},
            "job": {
                "id": job.id, "start": job.start, "stop": job.stop, "type": job.store.job(job.id).type, "stage": job.stage,
                "state": job.state,
            },
            "labels": task.labels.to_raw(),
            "frames": {
                "count": len(index),
                "names": None if derived else list(index.names),
                "sizes": sizes,
                "deleted": job.store.deleted_frames(task.id),
                "kind": row.kind,
                "fps": row.fps,
            },
            "user": self.user,
            "settings": job.store.setting(self.user, "annotator") or {},
            "ids": [block.start, block.stop - 1] if block else [1, 0],
            "history": self._history(),
            "read_only": self.read_only,
            "review": review_facts(job, self.user),
            "kernel": kernel_facts(),
            "demonstration": self._demonstration(),
        }  # fmt: skip

    # -- edits ---------------------------------------------------------------------------------------------------

    def _operation(self, message: Op) -> None:
        try:
            self.check_writable()
            commit = self.job.store.commit(
                self.job.task.id,
                Edit.from_wire(message.changes),
                job_id=self.job.id,
                op_id=f"{message.client}:{message.seq}",
                base=message.base,
                author=self.user,
                origin="canvas",
                label=message.label,
            )
        except CvatWidgetsError as error:
            self._catch_up(message.client, message.base)
            self._answer(
                {
                    "t": "reject",
                    "client": message.client,
                    "seq": message.seq,
                    "revision": self._revision(),
                    "error": error_detail(error),
                },
                [],
            )
            return
        if commit.repeated:
            self._answer(self._commit_message(commit), [])

    def _say(self, message: dict[str, Any]) -> None:
        """Tell all browsers something, one message after the other."""
        with self._lock:
            for_everybody(self._answer, self._tell)(message, [])

    def _committed(self, commit: Commit) -> None:
        """The store has a new commit, made by whomever: tell the browsers."""
        message = self._commit_message(commit)
        with self._lock:
            self._say(message)
            self._on_revision(commit.revision)

    def _frames_changed(self, deleted: list[int]) -> None:
        """Frames were taken out of the task or put back: tell the browsers."""
        self._say({"t": "frames", "deleted": deleted})

    def _models_changed(self) -> None:
        """A cell has offered a model: tell the browsers."""
        self._say({"t": "models"})

    def _reviewed(self, event: EventRow) -> None:
        """Somebody changed an issue, the job itself, or the labels: tell the browsers."""
        if event.kind == "task:labels":
            self._say({"t": "labels"})
            return
        if event.job_id != self.job.id:
            return
        self._say({"t": "review", **review_facts(self.job, self.user)})

    def _demonstration(self) -> dict[str, Any] | None:
        """Return what there is to record, to do or to replay; ``None`` for nothing."""
        state = {"record": self.pointer.on, "commands": self.driving.last, "replay": None, "overlays": self.overlays.state}
        return state if any(state.values()) else None

    def tell_demonstration(self) -> None:
        """Tell the browsers that there is something to record, to do or to replay."""
        self._say({"t": "demonstration", "state": self._demonstration()})

    def _commit_message(self, commit: Commit) -> dict[str, Any]:
        client, _, seq = (commit.op_id or "").rpartition(":")
        changes = commit.changes_for(self.job.id)
        return {
            "t": "commit",
            "epoch": self._epoch,
            "revision": commit.revision,
            "client": client or None,
            "seq": int(seq) if client and seq.isdigit() else None,
            "origin": commit.origin,
            "author": commit.author,
            "label": commit.label,
            "changes": None if changes is None else changes.to_wire(),
            "history": self._history(),
        }

    # -- resynchronisation ---------------------------------------------------------------------------------------

    def _sync(self, message: Sync) -> None:
        behind = self._revision() - message.have
        if message.epoch == self._epoch and 0 <= behind <= _MOST_COMMITS and self._catch_up(message.client, message.have):
            return
        snapshot = self.job.store.load(self.job.task.id, job_id=self.job.id)
        header, buffers = encode_snapshot(snapshot.table)
        answer = {"t": "snapshot", "client": message.client, "epoch": self._epoch, "revision": snapshot.revision}
        self._answer({**answer, **header, "history": self._history()}, buffers)

    def _catch_up(self, client: str, have: int) -> bool:
        """Send the commits after a revision; say whether that was possible."""
        commits = self.job.store.log(self.job.task.id, since=have)
        if len(commits) > _MOST_COMMITS or any(commit.changes_for(self.job.id) is None for commit in commits):
            return False
        revision = commits[-1].revision if commits else have
        messages = [self._commit_message(commit) for commit in commits]
        self._answer({"t": "changes", "client": client, "epoch": self._epoch, "from": revision, "commits": messages}, [])
        return True
