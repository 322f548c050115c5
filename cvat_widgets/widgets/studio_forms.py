"""New tasks and projects from forms: every mistake is told at the field that holds it, before anything is made."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvat_widgets.errors import CvatWidgetsError, MediaError, NotFoundError, ProtocolError
from cvat_widgets.media import FrameSource, open_media
from cvat_widgets.model.labels import LabelSet
from cvat_widgets.project import Project
from cvat_widgets.store.projects import checked_link
from cvat_widgets.store.remote import Remote
from cvat_widgets.task import Task, forget_media
from cvat_widgets.widgets.rpc import Call, Method, stoppable
from cvat_widgets.widgets.studio_requests import CreateProject, CreateTask, MediaChoice, read
from cvat_widgets.widgets.studio_uploads import StudioUploads

if TYPE_CHECKING:
    from cvat_widgets.store import Store

__all__ = ["StudioForms", "told"]

_PREVIEW_SIDE = 320
_MAX_NAME = 256
_MAX_SUBSET = 64
_SHOWN_NOTES = 5


class StudioForms:
    """Creates tasks and projects from what was typed.

    Parameters
    ----------
    store
        Where they are made.
    uploads
        What came from users' own computers.
    """

    def __init__(self, store: Store, uploads: StudioUploads) -> None:
        self.store = store
        self.uploads = uploads
        self._lock = threading.Lock()
        self._looked_at: tuple[MediaChoice, FrameSource] | None = None
        uploads.before_removing = self._look_away

    @property
    def table(self) -> dict[str, Method]:
        """The methods by name."""
        return {
            "studio.media.check": self.check_media,
            "studio.task.create": self.create_task,
            "studio.project.create": self.create_project,
        }

    def check_media(self, call: Call) -> Any:
        """Return what the media are, with a small picture of the first frame; or ``errors`` by field."""
        choice = read(call.params, MediaChoice)
        errors: dict[str, str] = {}
        media = self._media(choice, errors)
        if media is None:
            return {"errors": errors}
        widths, heights = media.index.widths, media.index.heights
        picture = media.encoded(0, quality=75, max_side=_PREVIEW_SIDE)
        facts = {
            "errors": {},
            "frames": len(media),
            "kind": media.kind,
            "fps": media.fps,
            "width": int(widths[0]),
            "height": int(heights[0]),
            "same_size": bool((widths == widths[0]).all() and (heights == heights[0]).all()),
            "first": media.index.names[0],
            "last": media.index.names[-1],
            "notes": list(media.notes[:_SHOWN_NOTES]),
            "mime": picture.mime,
        }
        return facts, [picture.data]

    def create_task(self, call: Call) -> dict[str, Any]:
        """Create a task; return its ``id``, or ``errors`` by field."""
        form = read(call.params, CreateTask)
        errors: dict[str, str] = {}
        name = self._name(form.name, errors, lambda: self.store.task(form.name.strip()))
        labels = LabelSet.of(())
        if form.project is None:
            labels = _labels(form.labels, errors)
            if not len(labels) and "labels" not in errors:
                errors["labels"] = "Add at least one label, or choose a project, which gives its own."
        link = _checked("bug_tracker", errors, lambda: checked_link(form.bug_tracker.strip()))
        if len(form.subset.strip()) > _MAX_SUBSET:
            errors["subset"] = f"A subset has at most {_MAX_SUBSET} characters."
        if form.overlap and form.segment_size and form.overlap >= form.segment_size:
            errors["overlap"] = "Jobs cannot share as many frames as they have: choose less than the segment size."
        call.progress(0, 0, "Looking at the media…")
        media = self._media(form.media, errors)
        if errors or media is None:
            return {"errors": errors}
        call.progress(0, 0, "Making the task…")
        token = form.media.upload
        sent_on = token is not None and isinstance(self.store, Remote)
        with self.uploads.used(token) if token else contextlib.nullcontext():
            task = Task.create(
                name, media, labels=labels, project=form.project, subset=form.subset.strip(), store=self.store,
                segment_size=form.segment_size or None, overlap=form.overlap, upload=sent_on or None,
                progress=stoppable(call, "Sending the files to the service…"),
            )  # fmt: skip
        if link or form.assignee.strip():
            self.store.update_task(task.id, bug_tracker=link or None, assignee=form.assignee.strip() or None)
        with self._lock:
            self._looked_at = None
        if sent_on:
            forget_media(self.store, task.id)  # the files are no longer here
        return {"id": task.id, "errors": {}}

    def create_project(self, call: Call) -> dict[str, Any]:
        """Create a project; return its ``id``, or ``errors`` by field."""
        form = read(call.params, CreateProject)
        errors: dict[str, str] = {}
        name = self._name(form.name, errors, lambda: self.store.project(form.name.strip()))
        labels = _labels(form.labels, errors)
        link = _checked("bug_tracker", errors, lambda: checked_link(form.bug_tracker.strip()))
        if errors:
            return {"errors": errors}
        return {"id": Project.create(name, labels, bug_tracker=link or "", store=self.store).id, "errors": {}}

    # -- fields --------------------------------------------------------------------------------------------------

    @staticmethod
    def _name(text: str, errors: dict[str, str], find: Callable[[], object]) -> str:
        name = text.strip()
        if not name:
            errors["name"] = "Give it a name."
        elif len(name) > _MAX_NAME:
            errors["name"] = f"A name has at most {_MAX_NAME} characters."
        else:
            try:
                find()
            except NotFoundError:
                pass
            else:
                errors["name"] = f"There is one called {name!r} already: choose another name."
        return name

    def _media(self, choice: MediaChoice, errors: dict[str, str]) -> FrameSource | None:
        """Open the media, or say at which field the mistake is. What was looked at last is not opened again."""
        files: list[str] = []
        if choice.upload is not None:
            try:
                files = [str(file) for file in self.uploads.files(choice.upload)]
            except ProtocolError as error:
                errors["data"] = told(error)
                return None
        with self._lock:
            if self._looked_at is not None and self._looked_at[0] == choice:
                return self._looked_at[1]
        lines = files or [os.path.expanduser(line.strip()) for line in choice.data.splitlines() if line.strip()]  # noqa: PTH111  may be a URL
        if not lines:
            errors["data"] = "Say where the pictures or the video are."
            return None
        if choice.stop_frame is not None and choice.stop_frame < choice.start_frame:
            errors["stop_frame"] = "The last frame cannot come before the first."
            return None
        try:
            media = open_media(
                lines[0] if len(lines) == 1 else lines, sorting=choice.sorting, start=choice.start_frame,
                stop=choice.stop_frame, step=choice.frame_step, directory=self.store.directory,
            )  # fmt: skip
        except MediaError as error:
            field = "start_frame" if error.what.startswith("start is") else "data"
            errors[field] = told(error, Path(files[0]).parent if files else None)
            return None
        except (OSError, ValueError) as error:
            errors["data"] = f"This cannot be read: {error}"
            return None
        with self._lock:
            self._looked_at = (choice, media)
        return media

    def _look_away(self, upload: str) -> None:
        """Close the files of an upload that goes away."""
        with self._lock:
            if self._looked_at is not None and self._looked_at[0].upload == upload:
                self._looked_at[1].close()
                self._looked_at = None


def told(error: CvatWidgetsError, folder: Path | None = None) -> str:
    """Return an error as a sentence for a form, which shows by its place where it is.

    Uploaded files, in ``folder``, are known by their names and not by where they lie here.
    """
    what = error.what[:1].upper() + error.what[1:]
    parts = [f"{what} ({error.where})" if error.where else what, error.hint or ""]
    text = " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in parts if part)
    return text.replace(f"{folder}{os.sep}", "") if folder else text


def _labels(raw: list[Any], errors: dict[str, str]) -> LabelSet:
    found = _checked("labels", errors, lambda: LabelSet.of(raw))
    return LabelSet.of(()) if found is None else found


def _checked(field: str, errors: dict[str, str], make: Callable[[], Any]) -> Any:
    try:
        return make()
    except CvatWidgetsError as error:
        errors[field] = told(error)
    except (TypeError, ValueError, KeyError) as error:
        errors[field] = f"This cannot be read: {error}"
    return None
