"""The task browser: projects, tasks and jobs of a store in a notebook cell."""

from __future__ import annotations

import contextlib
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import ipywidgets
import traitlets

from cvat_widgets.errors import CvatWidgetsError, ProtocolError
from cvat_widgets.job import Job
from cvat_widgets.opening import open_store, user_of
from cvat_widgets.project import Project
from cvat_widgets.task import Task
from cvat_widgets.widgets.annotator import Annotator
from cvat_widgets.widgets.channel import DataChannel, answering
from cvat_widgets.widgets.protocol import Cancel, Rpc, error_detail, read_message
from cvat_widgets.widgets.rpc import Call, RpcServer
from cvat_widgets.widgets.studio_files import StudioFiles
from cvat_widgets.widgets.studio_forms import StudioForms
from cvat_widgets.widgets.studio_methods import StudioMethods
from cvat_widgets.widgets.studio_previews import StudioPreviews
from cvat_widgets.widgets.studio_requests import One, read
from cvat_widgets.widgets.studio_uploads import StudioUploads

if TYPE_CHECKING:
    import pandas as pd

    from cvat_widgets.store import Commit, Store

__all__ = ["Studio"]

_logger = logging.getLogger(__name__)
_STATIC = Path(__file__).resolve().parent.parent / "static"
_BUNDLE = _STATIC / "studio.js"
_BAR = 48
"""Height of what stands above an open annotator, in pixels."""
_KINDS = ("projects", "tasks", "jobs")

if not _BUNDLE.exists():
    raise CvatWidgetsError(
        "the front end is not built", where=str(_BUNDLE), hint="In a clone, build it: npm ci && npm run build"
    )


class Studio(anywidget.AnyWidget):
    """Projects, tasks and jobs of a store: find them, make them, see how far they are, open a job.

    What others change shows within about a second.

    Parameters
    ----------
    store
        ``None``: the default store; a path; an SQLAlchemy URL; or an open :class:`Store`.
    tab
        What is shown first: ``projects``, ``tasks`` or ``jobs``.
    search
        What is searched for at first, e.g. ``"assignee: ann"``.
    height
        Height of the cell's output in pixels.

    Attributes
    ----------
    selection : dict
        What is open: empty for the lists, else ``{"kind": "task", "id": 3}`` with ``task``, ``project`` or ``job``. Setting it
        goes there; a job is opened in the annotator.
    view : dict
        What the lists show: ``tab, search, filter`` (JSON logic or ``None``) and ``sort``. It can be kept and set again.
    opened : Annotator or None
        The annotator of the job that is open.
    """

    _esm = _BUNDLE
    _css = _STATIC / "studio.css"

    height = traitlets.Int(640, min=320, max=4000).tag(sync=True)
    selection = traitlets.Dict().tag(sync=True)
    view = traitlets.Dict().tag(sync=True)
    opened = traitlets.Instance(Annotator, allow_none=True).tag(sync=True, **ipywidgets.widget_serialization)
    _version = traitlets.Int(0).tag(sync=True)
    _channel = traitlets.Instance(DataChannel).tag(sync=True, **ipywidgets.widget_serialization)

    def __init__(
        self,
        store: Store | str | Path | None = None,
        *,
        tab: str = "tasks",
        search: str = "",
        height: int = 640,
        **unknown: Any,
    ) -> None:
        if unknown:
            raise TypeError(f"Studio has no option {', '.join(map(repr, unknown))}; it takes store, tab, search and height.")
        if tab not in _KINDS:
            raise CvatWidgetsError(f"there is no tab {tab!r}", hint=f"Use one of {', '.join(_KINDS)}")
        self._store = open_store(store)
        self._user = user_of(self._store)
        channel = DataChannel()
        view = {"tab": tab, "search": search, "filter": None, "sort": "-id"}
        super().__init__(height=height, view=view, _channel=channel)
        self._lock = threading.RLock()
        self._annotator: Annotator | None = None
        self._stop_begun: Any = None
        lists = StudioMethods(self._store, self._user, self._forget_task)
        self._uploads = StudioUploads(self._store)
        forms, files = StudioForms(self._store, self._uploads), StudioFiles(self._store, self._uploads)
        previews = StudioPreviews(self._store)
        quick = {**lists.table, **files.table, "studio.open": self._open_call, "studio.close": self._close_call}
        long = ("studio.export", "studio.import", "studio.project.import", "studio.restore")
        slow = {name: quick.pop(name) for name in long} | forms.table
        # Lists never wait for pictures, and nothing waits for an export or an upload.
        tables = (quick, slow, previews.table, self._uploads.table)
        self._servers = [RpcServer(self, channel.send, table) for table in tables]
        self._background = ThreadPoolExecutor(1, thread_name_prefix="cvat-widgets-studio")
        self._unsubscribe = self._store.subscribe_store(self.refresh)
        channel.on_msg(lambda _widget, content, buffers: self._handle(content, buffers))
        self.observe(self._selected, "selection")

    # -- for cells -----------------------------------------------------------------------------------------------

    @property
    def store(self) -> Store:
        """The store."""
        return self._store

    @property
    def task(self) -> Task | None:
        """The task whose details, or one of whose jobs, are open."""
        job = self.job
        if job is not None:
            return job.task
        chosen = self.selection
        return Task.open(int(chosen["id"]), store=self._store) if chosen.get("kind") == "task" else None

    @property
    def project(self) -> Project | None:
        """The project that is open."""
        chosen = self.selection
        return Project.open(int(chosen["id"]), store=self._store) if chosen.get("kind") == "project" else None

    @property
    def job(self) -> Job | None:
        """The job that is open."""
        return self.opened.job if self.opened is not None else None

    def to_frame(self) -> pd.DataFrame:
        """Return what the list shows, all pages of it, as :func:`cvat_widgets.tasks` and its kin do."""
        from cvat_widgets.listing import job_table, project_table, task_table

        view = self.view
        make = {"projects": project_table, "tasks": task_table, "jobs": job_table}[view.get("tab", "tasks")]
        return make(self._store, search=view.get("search", ""), where=view.get("filter"), sort=view.get("sort") or "-id")

    def refresh(self) -> None:
        """Read the lists anew; changes of the store do this by themselves."""
        with contextlib.suppress(Exception):  # the comm of a closed notebook
            self._version += 1

    def open_job(self, job: Job | int) -> Annotator:
        """Open a job in the annotator, in the place of the lists; return the annotator."""
        job_id = job if isinstance(job, int) else job.id
        with self._lock:
            present = self._annotator
            if present is None or present.job.id != job_id:
                row = self._store.job(job_id)
                task = Task.open(row.task_id, store=self._store)
                annotator = Annotator(Job(task, row), height=max(self.height - _BAR, 320))
                self._annotator = annotator
                self._forget(present)
                self._watch_beginning(annotator.job)
            else:
                annotator = present
            self.opened = annotator
            self.selection = {"kind": "job", "id": job_id}
            return annotator

    def close_job(self) -> None:
        """Go back from the annotator to the task of the job; what was drawn is saved."""
        with self._lock:
            if self.opened is None:
                return
            task_id = self.opened.job.task.id
            # It is kept until another is opened: edits on their way still arrive, and coming back is quick.
            self.opened = None
            if self.selection.get("kind") == "job":
                self.selection = {"kind": "task", "id": task_id}

    def close(self) -> None:
        """Take the browser off the page, with the annotator in it."""
        if "_servers" in vars(self):
            self._unsubscribe()
            for server in self._servers:
                server.close()
            self._uploads.close()
            self._background.shutdown(wait=False, cancel_futures=True)
            with self._lock:
                self._forget(self._annotator)
                self._annotator = None
            self._channel.close()
        super().close()

    # -- messages ------------------------------------------------------------------------------------------------

    def _handle(self, content: object, buffers: list[Any]) -> None:
        """Take one message from a browser. Nothing it can contain raises."""
        with answering():
            message = read_message(content, self._channel.send)
            if isinstance(message, Cancel):
                for server in self._servers:
                    server.cancel(message)
            elif isinstance(message, Rpc):
                self._call(message, buffers)

    def _call(self, message: Rpc, buffers: list[Any]) -> None:
        for server in self._servers:
            if message.method in server.methods:
                server.call(message, [bytes(buffer) for buffer in buffers])
                return
        detail = error_detail(ProtocolError(f"there is no method {message.method!r}"))
        self._channel.send({"t": "error", "client": message.client, "id": message.id, "error": detail}, [])

    def _open_call(self, call: Call) -> dict[str, Any]:
        self.open_job(read(call.params, One).id)
        return {}

    def _close_call(self, call: Call) -> dict[str, Any]:  # noqa: ARG002  # every method is given its call
        self.close_job()
        return {}

    def _selected(self, change: Any) -> None:
        """Open the job that a cell has chosen."""
        chosen = change["new"]
        if chosen.get("kind") == "job":
            self.open_job(int(chosen["id"]))
        else:
            with self._lock:
                self.opened = None

    # -- the annotator inside ------------------------------------------------------------------------------------

    def _watch_beginning(self, job: Job) -> None:
        """With the first change made here, a new job is in progress."""
        if job.row.state != "new" or job.row.type == "ground_truth":
            return

        def changed(commit: Commit) -> None:
            if commit.author == self._user and commit.job_id == job.id:
                self._stop_watching()
                # Not in here: the commit is still being told to others.
                self._background.submit(self._begin, job.id)

        self._stop_begun = self._store.subscribe(job.task.id, changed)

    def _begin(self, job_id: int) -> None:
        try:
            if self._store.job(job_id).state == "new":
                self._store.change_job(job_id, state="in progress", user=self._user)
        except CvatWidgetsError as error:  # somebody else may say how far it is
            _logger.info("Job %d stays new: %s", job_id, error)

    def _stop_watching(self) -> None:
        if self._stop_begun is not None:
            self._stop_begun()
            self._stop_begun = None

    def _forget(self, annotator: Annotator | None) -> None:
        self._stop_watching()
        if annotator is not None:
            annotator.close()

    def _forget_task(self, task_id: int) -> None:
        """A task is about to be deleted: its annotator goes first."""
        with self._lock:
            if self._annotator is not None and self._annotator.job.task.id == task_id:
                self.opened = None
                self._forget(self._annotator)
                self._annotator = None
