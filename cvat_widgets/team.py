"""What a task has besides annotations: project, jobs, people, guide, quality, analytics, backup."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvat_widgets.job import Job
from cvat_widgets.review import JobList, issue_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from cvat_widgets.media import FrameSource
    from cvat_widgets.model.frames import FrameIndex
    from cvat_widgets.project import Project
    from cvat_widgets.quality import ConsensusSettings, QualityReport, QualitySettings
    from cvat_widgets.store import Store, TaskRow
    from cvat_widgets.task import Task

__all__ = ["TaskTeam"]


class TaskTeam:
    """The part of :class:`Task` that teams need."""

    store: Store
    row: TaskRow
    task_id: int
    user: str
    frame_index: FrameIndex
    _media: FrameSource | None

    # -- jobs and people -----------------------------------------------------------------------------------------

    @property
    def jobs(self) -> JobList:
        """The jobs: those of annotation in order of their frames, then ground truth and replicas.

        ``jobs[0]`` is a job, ``jobs["state"]`` a column, ``jobs.where(state="new")`` some of them.
        """
        return JobList(Job(self, row) for row in self.store.jobs(self.task_id))  # type: ignore[arg-type]  # self is a Task

    @property
    def progress(self) -> dict[str, int]:
        """How many jobs of annotation there are, and how many are in which state or past annotation."""
        rows = [row for row in self.store.jobs(self.task_id) if row.type == "annotation"]
        counts = {"jobs": len(rows)}
        for name in ("new", "in progress", "rejected", "completed"):
            counts[name] = sum(row.state == name and row.stage == "annotation" for row in rows)
        counts["validation"] = sum(row.stage == "validation" for row in rows)
        counts["acceptance"] = sum(row.stage == "acceptance" for row in rows)
        counts["done"] = sum(row.stage == "acceptance" and row.state == "completed" for row in rows)
        return counts

    @property
    def issues(self) -> pd.DataFrame:
        """Issues of all jobs; columns as in :func:`cvat_widgets.review.issue_rows`."""
        return issue_rows(self.store.issues(task_id=self.task_id), self.frame_index)

    def _change(self, **values: str) -> None:
        self.store.update_task(self.task_id, **values, user=self.user)
        self.row = self.store.task(self.task_id)

    @property
    def assignee(self) -> str | None:
        """Who is responsible."""
        return self.row.assignee

    @assignee.setter
    def assignee(self, name: str | None) -> None:
        self._change(assignee=name or "")

    @property
    def subset(self) -> str:
        """Subset in exports, e.g. ``train``."""
        return self.row.subset

    @subset.setter
    def subset(self, name: str) -> None:
        self._change(subset=name)

    @property
    def bug_tracker(self) -> str:
        """Address of the issue tracker; without one of its own that of the project."""
        if self.row.bug_tracker or self.row.project_id is None:
            return self.row.bug_tracker
        return self.store.project(self.row.project_id).bug_tracker

    @bug_tracker.setter
    def bug_tracker(self, link: str) -> None:
        self._change(bug_tracker=link)

    # -- project and guide ---------------------------------------------------------------------------------------

    @property
    def project_id(self) -> int | None:
        """Id of the project the task is in at present."""
        return self.store.task(self.task_id).project_id

    @property
    def project(self) -> Project | None:
        """The project the task is in, ``None`` if it is on its own."""
        from cvat_widgets.project import Project

        project_id = self.project_id
        return None if project_id is None else Project(self.store, self.store.project(project_id))

    def move_to(self, project: Project | str | int | None, *, labels: Mapping[str, str] | None = None) -> None:
        """Move the task into a project, or out of one with ``None``; see :meth:`Project.add`."""
        target = self.store.project(project).id if isinstance(project, (str, int)) else project.id if project else None
        self.store.move_task(self.task_id, target, names=labels, user=self.user)
        self.row = self.store.task(self.task_id)

    @property
    def guide(self) -> str:
        """What annotators should know, as Markdown; without one of its own that of the project."""
        own = self.store.guide(task_id=self.task_id)
        project = None if own else self.project_id
        return own if project is None else self.store.guide(project_id=project)

    @guide.setter
    def guide(self, markdown: str) -> None:
        self.store.set_guide(markdown, task_id=self.task_id)

    # -- quality -------------------------------------------------------------------------------------------------

    @property
    def quality_settings(self) -> QualitySettings:
        """Settings of quality reports: the task's own, else the project's, else CVAT's defaults."""
        from cvat_widgets.quality_facade import settings_of

        return settings_of(self.store, self.task_id)

    @quality_settings.setter
    def quality_settings(self, settings: QualitySettings | None) -> None:
        self.store.set_quality_settings(settings.to_dict() if settings else None, task_id=self.task_id)

    def create_ground_truth(
        self,
        mode: str = "random_uniform",
        *,
        count: int | None = None,
        share: float | None = None,
        frames: Sequence[int | str] | None = None,
        seed: int | None = None,
    ) -> Job:
        """Create the ground-truth job of the task.

        Parameters
        ----------
        mode
            ``random_uniform``, ``random_per_job`` or ``manual``.
        count, share
            How many frames (of each job), as a number or as a share.
        frames
            For ``manual``: the frames, by number or name.
        seed
            The same seed gives the same frames.

        Raises
        ------
        QualityError
            There is one already, or the frames cannot be chosen.
        """
        from cvat_widgets.quality_facade import create_ground_truth

        row = create_ground_truth(
            self.store, self.task_id, mode, count=count, share=share, frames=frames, seed=seed, user=self.user
        )
        return Job(self, row)  # type: ignore[arg-type]  # self is a Task

    @classmethod
    def create_with_honeypots(
        cls,
        name: str,
        data: Any,
        *,
        labels: Any,
        frames_per_job: int,
        honeypots_per_job: int,
        count: int | None = None,
        share: float | None = None,
        frames: Sequence[int | str] | None = None,
        seed: int | None = None,
        sorting: str = "natural",
        store: Store | str | Path | None = None,
    ) -> Task:
        """Create a task of pictures in random order; every job hides some whose answer is known.

        The pool of these pictures stands at the end of the task as its ground-truth job.

        Parameters
        ----------
        name, data, labels, sorting, store
            As for :meth:`Task.create`.
        frames_per_job, honeypots_per_job
            Frames of a job, and how many honeypots are put among them.
        count, share, frames
            The pool: how many pictures, which share, or which ones.
        seed
            The same seed gives the same task.
        """
        from cvat_widgets.honeypots import create_with_honeypots
        from cvat_widgets.opening import open_store, user_of
        from cvat_widgets.task import Task

        opened = open_store(store)
        row = create_with_honeypots(
            opened, name, data, labels, frames_per_job=frames_per_job, honeypots_per_job=honeypots_per_job, count=count,
            share=share, frames=frames, seed=seed, sorting=sorting, user=user_of(opened),
        )  # fmt: skip
        return Task(opened, row)

    @property
    def ground_truth(self) -> Job | None:
        """The ground-truth job, ``None`` if there is none."""
        rows = [row for row in self.store.jobs(self.task_id) if row.type == "ground_truth"]
        return Job(self, rows[0]) if rows else None  # type: ignore[arg-type]  # self is a Task

    def validation_frames(self) -> pd.DataFrame:
        """Return the frames with a ground truth: ``frame, name, active``."""
        import pandas as pd

        found = self.store.validation_frames(self.task_id)
        names = self.frame_index.names
        rows = [{"frame": frame, "name": names[frame], "active": active} for frame, active in found.items()]
        return pd.DataFrame(rows, columns=["frame", "name", "active"])

    def set_validation_frames(self, frames: Sequence[int], *, active: bool) -> None:
        """Leave frames of the ground truth out of reports, or take them in again."""
        self.store.set_validation_frames_disabled(self.task_id, frames, disabled=not active)

    def quality_report(self, settings: QualitySettings | None = None, *, job: Job | None = None) -> QualityReport:
        """Compare the annotations with the ground truth, honeypots included.

        Parameters
        ----------
        settings
            By default those of :attr:`quality_settings`.
        job
            Only this job.

        Raises
        ------
        QualityError
            There is no ground truth.
        """
        from cvat_widgets.quality_facade import report

        return report(self.store, self.task_id, settings, job_id=job.id if job else None)

    def quality_by_job(self, settings: QualitySettings | None = None) -> pd.DataFrame:
        """Return one row a job of annotation: assignee, frames compared, accuracy, precision, recall, conflicts."""
        from cvat_widgets.quality_facade import report_by_job

        return report_by_job(self.store, self.task_id, settings)

    def shuffle_honeypots(self, *, seed: int | None = None) -> None:
        """Hide other pictures of the pool at the places of the honeypots; what was drawn on them stays in the log only."""
        from cvat_widgets.quality_facade import shuffle
        from cvat_widgets.task import forget_media

        shuffle(self.store, self.task_id, seed=seed, user=self.user)
        forget_media(self.store, self.task_id)
        self.row = self.store.task(self.task_id)
        self._media = None

    def create_replicas(self, count: int) -> JobList:
        """Give every job of annotation replicas, each for another annotator, to be merged later."""
        from cvat_widgets.quality_facade import create_replicas

        create_replicas(self.store, self.task_id, count, user=self.user)
        return self.jobs.where(type="consensus_replica")

    def merge_replicas(self, settings: ConsensusSettings | None = None, *, job: Job | None = None) -> int:
        """Merge the replicas into their jobs, replacing what these hold and completing them; return how many objects came.

        Parameters
        ----------
        settings
            Threshold and quorum; by default CVAT's.
        job
            Only this job.
        """
        from cvat_widgets.quality_facade import merge_replicas

        return merge_replicas(self.store, self.task_id, settings, job_id=job.id if job else None, user=self.user)

    # -- analytics and backup ------------------------------------------------------------------------------------

    def analytics(self) -> dict[str, pd.DataFrame]:
        """Return time, objects and edits ``by_job``, ``by_person``, ``by_day`` and ``per_hour``, from the logs."""
        from cvat_widgets.analytics import analytics

        return analytics(self.store, [self.task_id])

    def backup(self, path: str | Path, *, media: bool = True, progress: Callable[[int, int], None] | None = None) -> Path:
        """Write the task to a zip in CVAT's layout.

        Parameters
        ----------
        path
            File to write; an existing one is replaced once the new one is complete.
        media
            Whether pictures or video go into the file; otherwise it says where they are.
        progress
            Called with (done, all) while pictures or video are written.
        """
        from cvat_widgets.backup import write_task

        return write_task(self, path, media=media, progress=progress)  # type: ignore[arg-type]  # self is a Task

    @classmethod
    def restore(
        cls, path: str | Path, *, name: str | None = None, media: Any = None, store: Store | str | Path | None = None
    ) -> Task:
        """Make a task from a backup of this package or of CVAT.

        Parameters
        ----------
        path
            The zip.
        name
            Name of the new task; by default its old one, with a number if that is taken.
        media
            Where the media are, if they are not in the file: a folder, an archive or a video.
        store
            ``None``: the default store; a path; or an SQLAlchemy URL.

        Raises
        ------
        FormatError
            The file is no backup, or is damaged; nothing is made.
        MediaError
            The media are neither in the file nor where it says.
        """
        from cvat_widgets.backup import read_task
        from cvat_widgets.opening import open_store, user_of
        from cvat_widgets.task import Task

        opened = open_store(store)
        return Task(opened, opened.task(read_task(opened, path, name=name, media=media, user=user_of(opened))))
