"""The command line: making, listing, moving and converting tasks, the service of a hub, and the doctor."""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cvat_widgets.errors import CvatWidgetsError, LabelError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status (0: done, 1: an error that the user can mend, 2: wrong usage)."""
    parser = _parser()
    options = parser.parse_args(arguments)
    warnings.showwarning = lambda message, *_args, **_kwargs: print(f"warning: {message}", file=sys.stderr)
    try:
        return int(options.run(options) or 0)
    except CvatWidgetsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("cancelled", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cvat-widgets", description="Annotation tasks without a server.")
    parser.add_argument("--store", help="path or URL of the annotation store (default: the user's own)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        return added

    create = command("create", _create, "create a task from images, an archive or a video")
    create.add_argument("name")
    create.add_argument("data", nargs="*", help="files, folders, globs, an archive or a video")
    create.add_argument("--labels", help="names separated by commas, or a JSON file with CVAT's raw labels")
    create.add_argument("--dataset", help="a dataset file, for labels and annotations, and pictures if no others are given")
    create.add_argument("--format", help="of the dataset; recognised by default")
    create.add_argument("--segment-size", type=int, help="frames a job")
    create.add_argument("--overlap", type=int, help="frames that neighbouring jobs share")
    create.add_argument("--frame-step", type=int, default=1)
    create.add_argument("--start-frame", type=int, default=0)
    create.add_argument("--stop-frame", type=int)
    create.add_argument("--sorting", default="natural", choices=["natural", "lexicographical", "predefined", "random"])
    create.add_argument("--annotations", help="annotations to import at once")

    listing = command("ls", _ls, "list the tasks")
    listing.add_argument("--json", action="store_true", help="as JSON")

    delete = command("delete", _delete, "delete tasks with their annotations; media files stay")
    delete.add_argument("names", nargs="+")

    export = command("export", _export, "export the annotations of a task")
    export.add_argument("name")
    export.add_argument("path")
    export.add_argument("--format", required=True)
    export.add_argument("--save-images", action="store_true")
    export.add_argument("--strict", action="store_true", help="fail rather than leave out what the format cannot hold")

    load = command("import", _import, "import annotations into a task")
    load.add_argument("name")
    load.add_argument("path")
    load.add_argument("--format", help="recognised by default")
    load.add_argument("--replace", action="store_true", help="remove the present annotations")

    convert = command("convert", _convert, "convert a dataset from one format to another")
    convert.add_argument("source")
    convert.add_argument("target")
    convert.add_argument("--from", dest="source_format", help="recognised by default")
    convert.add_argument("--to", dest="target_format", required=True)
    convert.add_argument("--save-images", action="store_true")
    convert.add_argument("--strict", action="store_true")

    backup = command("backup", _backup, "write a task or project to a zip in CVAT's layout")
    backup.add_argument("name")
    backup.add_argument("path")
    backup.add_argument("--project", action="store_true", help="NAME is a project")
    backup.add_argument("--no-media", action="store_true", help="say where the media are instead of packing them")

    restore = command("restore", _restore, "make a task or project from a backup of this package or of CVAT")
    restore.add_argument("path")
    restore.add_argument("--name", help="name of the new task or project")
    restore.add_argument("--media", help="folder, archive or video, if the media are not in the backup")

    service = command("hub-service", _hub_service, "serve the store to a JupyterHub, which starts this; see docs/hub.md")
    service.add_argument("--media", action="append", default=[], help="a folder whose pictures kernels may get; repeatable")
    service.add_argument("--uploads", metavar="FOLDER", help="where to keep media that maintainers send (default: nowhere)")
    service.add_argument("--upload-limit", type=int, default=100, metavar="GIB", help="of one task (default: 100)")
    service.add_argument(
        "--webhook-host", action="append", default=[], metavar="HOST",
        help="a host inside of this network that webhooks may go to, also by http; repeatable",
    )  # fmt: skip
    for role in ("annotator", "reviewer", "maintainer", "owner"):
        service.add_argument(f"--{role}s", metavar="GROUP", help=f"the group of the hub for this role (default: {role}s)")

    command("formats", _formats, "list the dataset formats")
    command("doctor", _doctor, "check versions, kernel, write access, filesystem and codecs")
    return parser


def _labels(text: str) -> list[Any]:
    path = Path(text)
    if path.suffix != ".json":
        return [name.strip() for name in text.split(",") if name.strip()]
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LabelError(f"the labels cannot be read: {error}", where=str(path)) from None
    return raw if isinstance(raw, list) else [raw]


def _create(options: argparse.Namespace) -> None:
    from cvat_widgets.task import Task

    data = options.data[0] if len(options.data) == 1 else options.data or None
    labels = _labels(options.labels) if options.labels else None
    given = {
        "segment_size": options.segment_size,
        "overlap": options.overlap,
        "frame_step": options.frame_step,
        "start_frame": options.start_frame,
        "stop_frame": options.stop_frame,
        "store": options.store,
    }
    if options.dataset:
        given |= {"sorting": options.sorting} if data is not None else {}
        task = Task.from_dataset(options.dataset, options.format, name=options.name, data=data, labels=labels, **given)
    elif data is None or labels is None:
        missing = "data" if data is None else "labels"
        raise CvatWidgetsError(f"the {missing} of the task are missing", hint="Give DATA and --labels, or --dataset FILE")
    else:
        task = Task.create(options.name, data, labels=labels, sorting=options.sorting, **given)
    print(f"task {task.id} {task.name!r}: {len(task)} frames, {len(task.jobs)} jobs")
    if options.annotations:
        print(f"imported {task.import_annotations(options.annotations)} objects")


def _ls(options: argparse.Namespace) -> None:
    from cvat_widgets.listing import tasks

    found = tasks(options.store)
    if options.json:
        print(found.to_json(orient="records", date_format="iso"))
    elif found.empty:
        print("no tasks yet: cvat-widgets create NAME DATA --labels car,person")
    else:
        print(found[["id", "name", "mode", "size", "jobs", "revision", "updated"]].to_string(index=False))


def _delete(options: argparse.Namespace) -> None:
    from cvat_widgets.task import Task, delete_task

    for name in options.names:
        Task.open(name, store=options.store)
    for name in options.names:
        delete_task(name, store=options.store)
        print(f"deleted {name}")


def _export(options: argparse.Namespace) -> None:
    from cvat_widgets.task import Task

    task = Task.open(options.name, store=options.store)
    path = task.export(options.path, options.format, save_images=options.save_images, strict=options.strict)
    print(f"wrote {path}")


def _import(options: argparse.Namespace) -> None:
    from cvat_widgets.task import Task

    task = Task.open(options.name, store=options.store)
    print(f"imported {task.import_annotations(options.path, options.format, replace=options.replace)} objects")


def _backup(options: argparse.Namespace) -> None:
    from cvat_widgets.project import Project
    from cvat_widgets.task import Task

    kind = Project if options.project else Task
    path = kind.open(options.name, store=options.store).backup(options.path, media=not options.no_media)
    print(f"wrote {path}")


def _restore(options: argparse.Namespace) -> None:
    import zipfile

    from cvat_widgets.project import Project
    from cvat_widgets.task import Task

    is_project = zipfile.is_zipfile(options.path) and "project.json" in zipfile.ZipFile(options.path).namelist()
    kind = Project if is_project else Task
    made = kind.restore(options.path, name=options.name, media=options.media, store=options.store)
    print(f"{kind.__name__.lower()} {made.id} {made.name!r}")


def _convert(options: argparse.Namespace) -> None:
    from cvat_widgets.formats import convert

    convert(
        options.source,
        options.source_format,
        options.target,
        options.target_format,
        save_images=options.save_images,
        strict=options.strict,
    )
    print(f"wrote {options.target}")


def _hub_service(options: argparse.Namespace) -> None:
    from cvat_widgets.hub.serving import serve

    groups = {role: getattr(options, f"{role}s") for role in ("annotator", "reviewer", "maintainer", "owner")}
    serve(
        options.store, options.media, {role: group for role, group in groups.items() if group}, uploads=options.uploads,
        upload_bytes=options.upload_limit << 30, webhook_hosts=options.webhook_host,
    )  # fmt: skip


def _formats(_options: argparse.Namespace) -> None:
    import cvat_widgets.formats

    print(cvat_widgets.formats.formats_table().to_string(index=False))


def _doctor(_options: argparse.Namespace) -> int:
    from cvat_widgets.doctor import examine

    marks = {"ok": "ok     ", "note": "note   ", "problem": "PROBLEM"}
    problems = 0
    for finding in examine():
        problems += finding.level == "problem"
        print(f"{marks[finding.level]}  {finding.subject}: {finding.text}")
        if finding.advice:
            print(f"{'':9}{finding.advice}")
    print("everything needed is here" if not problems else f"{problems} problem{'s' if problems > 1 else ''} found")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
