"""Sending the media of a new task to the service of a hub, where kernels and service see no folder in common."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvat_widgets.errors import StoreError
from cvat_widgets.media.members import suffix_of

if TYPE_CHECKING:
    from cvat_widgets.media import FrameSource
    from cvat_widgets.store import Store

__all__ = ["described"]


def described(
    media: FrameSource, store: Store, upload: bool | None, progress: Callable[[int, int], None] | None = None
) -> dict[str, Any]:
    """Return how the store is to open media: where they are, or where the service keeps what was sent to it.

    Parameters
    ----------
    media
        The frames, on this host.
    store
        Of the task.
    upload
        Whether to send them; ``None``: only pictures that exist nowhere but beside this kernel, if the service takes any.
    progress
        Called with the bytes sent and the bytes of all.

    Raises
    ------
    StoreError
        They are to be sent, but the store takes none.
    """
    from cvat_widgets.store.remote import Remote

    spec = media.spec
    remote = store if isinstance(store, Remote) else None
    if upload is None:
        upload = remote is not None and remote.takes_uploads and _is_below(spec, store.directory)
    if not upload:
        return spec
    if remote is None or not remote.takes_uploads:
        raise StoreError(
            "this store takes no media", where=store.database.where,
            hint="A service started with --uploads does; otherwise give a path that everybody can see",
        )  # fmt: skip
    files, moved = _files(media, spec)
    return moved(remote.upload(files, progress))


def _is_below(spec: dict[str, Any], folder: Path) -> bool:
    place = spec.get("members") or spec
    path = place.get("root") or place.get("path")
    return isinstance(path, str) and "://" not in path and Path(path).resolve().is_relative_to(folder.resolve())


def _files(media: FrameSource, spec: dict[str, Any]) -> tuple[dict[str, Path], Callable[[str], dict[str, Any]]]:
    """Return the files to send by name, and what describes them once they are in a folder of the service."""
    from cvat_widgets.media.images import ImageSource

    members = spec.get("members") or {}
    single = spec.get("path") if spec["type"] == "video" else members.get("path")
    if isinstance(single, str) and "://" not in single and "url" not in spec:
        path = Path(single)

        def one(folder: str) -> dict[str, Any]:
            there = f"{folder}/{path.name}"
            return spec | ({"path": there} if spec["type"] == "video" else {"members": members | {"path": there}})

        return {path.name: path}, one
    if not isinstance(media, ImageSource) or members.get("type") != "files":
        raise StoreError("media of another host are not sent", hint="Download them first, or leave upload= out")
    root = Path(members["root"])
    names: dict[str, str] = {}
    for file in media.files:
        plain = not Path(file).is_absolute() and ".." not in file.split("/")
        names.setdefault(file, file if plain else f"{len(names):06d}{suffix_of(file)}")
    files = {name: root / file for file, name in names.items()}
    for frame in range(len(media)):
        files.update((name, root / name) for name in media.context_files(frame))

    def many(folder: str) -> dict[str, Any]:
        sent = [names[file] for file in media.files]
        return spec | {"members": members | {"root": folder}, "files": None if sent == spec["names"] else sent}

    return files, many
