"""From what a user gives (paths, patterns, archives, arrays, tables, addresses) to a source of frames."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cvat_widgets.errors import MediaError
from cvat_widgets.media.archives import ZipMembers
from cvat_widgets.media.arrays import is_array_like, pictures_of, save_arrays
from cvat_widgets.media.cache import home_directory
from cvat_widgets.media.images import ImageSource, probe_sizes
from cvat_widgets.media.manifest import read_manifest
from cvat_widgets.media.members import (
    ARCHIVE_SUFFIXES,
    Files,
    Members,
    common_names,
    is_context,
    is_picture,
    is_video,
    remark,
)
from cvat_widgets.media.ordering import chosen, ordered
from cvat_widgets.media.remote import RemoteMembers, download, is_url, list_remote, open_remote
from cvat_widgets.media.source import FrameSource
from cvat_widgets.media.unpacking import open_tar
from cvat_widgets.media.video.source import VideoSource

__all__ = ["open_media", "reopen_media"]

_PATH_COLUMNS = ("path", "file", "file_name", "filename", "image", "image_path", "frame_name", "url", "name")


def open_media(
    data: Any,
    *,
    sorting: str = "natural",
    start: int = 0,
    stop: int | None = None,
    step: int = 1,
    seed: int = 0,
    directory: str | Path | None = None,
) -> FrameSource:
    """Open media as numbered frames; nothing is decoded in advance.

    Parameters
    ----------
    data
        * a path or URL of a picture, a video, a zip or tar of pictures, a folder (searched recursively), or a
          ``manifest.jsonl``;
        * a pattern such as ``"photos/**/*.jpg"``;
        * a list of picture paths or URLs;
        * an array (N, H, W) or (N, H, W, channels), or a list of arrays;
        * a DataFrame with a column ``path`` (or ``file_name``, ``image`` …), and optionally ``frame_name`` or ``name`` and
          ``subset``;
        * an open :class:`FrameSource`, returned as it is.
    sorting
        ``natural``, ``lexicographical``, ``predefined`` (as given, as in the archive or as in the manifest) or ``random``.
        Arrays, video and manifests keep their own order unless ``random`` is asked of arrays or a manifest.
    start, stop, step
        Which frames of the sorted source to take; frame *i* is source frame ``start + i * step``; ``stop`` is inclusive.
    seed
        Of the random order.
    directory
        Where arrays are written, so that the frames survive a restart; by default the home folder of the package.

    Raises
    ------
    MediaError
        Nothing was found, something is damaged, or pictures and videos are mixed. The text names the file.
    """
    if isinstance(data, FrameSource):
        return data
    selection = {"sorting": sorting, "start": start, "stop": stop, "step": step, "seed": seed}
    if isinstance(data, (str, os.PathLike)):
        return _open_text(os.fspath(data), selection)
    if hasattr(data, "columns") and hasattr(data, "to_dict"):
        return _open_table(data, selection)
    if is_array_like(data) or (isinstance(data, Sequence) and data and all(is_array_like(item) for item in data)):
        folder, names = save_arrays(pictures_of(data), Path(directory) if directory else home_directory())
        return _pictures(
            Files(folder), names, {**selection, "sorting": "random" if sorting == "random" else "predefined"}, str(folder)
        )
    if isinstance(data, Iterable):
        return _open_list([os.fspath(item) for item in _checked_paths(data)], selection)
    raise MediaError(
        f"{type(data).__name__} is no media",
        hint="Give a path, a pattern, a folder, an archive, a video, arrays, a DataFrame of paths or a manifest",
    )


def reopen_media(spec: Mapping[str, Any]) -> FrameSource:
    """Open a source again from :attr:`FrameSource.spec`; pictures are not looked at before they are read.

    Raises
    ------
    MediaError
        The folder, archive or video is no longer there, or a video is not what it was.
    """
    if spec.get("type") == "video":
        if "url" in spec:
            return VideoSource.from_spec({**spec, "path": str(download(spec["url"]))}, url=spec["url"])
        return VideoSource.from_spec(dict(spec))
    if spec.get("type") == "withheld":
        raise MediaError(
            "the pictures of this task are for those who have a job in it", hint="Ask a maintainer to assign one to you"
        )
    if spec.get("type") != "images":
        raise MediaError(
            f"media of type {spec.get('type')!r} cannot be opened", hint="The task was made by another version of the package"
        )
    names = spec["names"]
    sizes = np.asarray(spec["sizes"], np.int32).reshape(-1, 2)
    if len(sizes) == 1:
        sizes = np.repeat(sizes, len(names), axis=0)
    return ImageSource(_members(spec["members"]), names, files=spec["files"], sizes=sizes, subsets=spec["subsets"])


def _members(spec: Mapping[str, Any]) -> Members:
    if spec["type"] == "files":
        root = Path(spec["root"])
        if not root.is_dir():
            raise MediaError(
                "the folder of the pictures is not there", where=str(root), hint="Put it back, or mount the disk it is on"
            )
        return Files(root)
    if spec["type"] == "zip":
        path = spec["path"]
        return ZipMembers(path, open_remote(path) if is_url(path) else None)
    if spec["type"] == "tar":
        return open_tar(spec["path"])
    return RemoteMembers(spec["root"])


# -- one text --------------------------------------------------------------------------------------------------------


def _open_text(text: str, selection: dict[str, Any]) -> FrameSource:
    if not text:
        raise MediaError("the path is empty", hint="Give the path of a picture, video, folder or archive")
    if is_url(text):
        return _open_url(text, selection)
    path = Path(text).expanduser()
    if not path.exists() and any(sign in text for sign in "*?["):
        matches = [Path(match) for match in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207  Path.glob takes no absolute pattern
        files = [match for match in matches if match.is_file()]
        if not files:
            raise MediaError(
                "no file matches the pattern", where=text, hint="Check the pattern; ** searches folders in folders"
            )
        return _open_found(files, None, selection, text)
    if path.is_dir():
        return _open_found(_walk(path), path.absolute(), selection, text)
    if path.name.endswith(".jsonl"):
        return _open_manifest(path, selection)
    return _open_file(path, selection)


def _open_file(path: Path, selection: dict[str, Any]) -> FrameSource:
    path = path.absolute()
    if not path.exists():
        raise MediaError(
            "there is no such file", where=str(path), hint="Check the path; relative paths start at the folder of the notebook"
        )
    name = path.name.lower()
    if name.endswith(ARCHIVE_SUFFIXES):
        return _open_archive(path, selection)
    if is_picture(path.name):
        return _pictures(Files(path.parent), [path.name], selection, str(path))
    return _video(path, selection)


def _open_archive(path: Path, selection: dict[str, Any]) -> FrameSource:
    members = ZipMembers(str(path)) if path.suffix.lower() == ".zip" else open_tar(str(path))
    return _pictures(members, members.names, selection, str(path), remark(members.skipped, path.name))


def _walk(folder: Path) -> list[Path]:
    files: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        files.extend(Path(place, name) for name in sorted(names))
    return files


def _open_found(files: list[Path], root: Path | None, selection: dict[str, Any], where: str) -> FrameSource:
    """Open what a folder or pattern led to: pictures, or one video; other files are skipped and counted."""
    files = [path.absolute() for path in files]
    videos = [path for path in files if is_video(path.name)]
    if root is not None:
        pictures = [path for path in files if is_picture(path.relative_to(root).as_posix())]
    else:
        pictures = [path for path in files if is_picture(path.name)]
    _refuse_mixture(len(pictures), len(videos), where)
    contexts = sum(is_context(path.as_posix()) for path in files)
    notes = remark(len(files) - len(pictures) - len(videos) - contexts, where)
    if videos:
        source = _video(videos[0], selection)
        source.notes = (*source.notes, *notes)
        return source
    if not pictures:
        raise MediaError(
            "there are no pictures and no video",
            where=where,
            hint="Known are .jpg, .png, .bmp, .gif, .webp, .tif, .npy, .mp4, .avi, .mkv …",
        )
    if root is None:
        root, names = common_names(pictures)
    else:
        names = [path.relative_to(root).as_posix() for path in pictures]
    return _pictures(Files(root), names, selection, where, notes)


def _refuse_mixture(pictures: int, videos: int, where: str) -> None:
    if videos > 1 or (videos and pictures):
        raise MediaError(
            f"there are {videos} videos and {pictures} pictures",
            where=where,
            hint="A task has one video, or pictures: make several tasks",
        )


# -- lists, tables, addresses, manifests -----------------------------------------------------------------------------


def _checked_paths(data: Iterable[Any]) -> list[Any]:
    items = list(data)
    if not items:
        raise MediaError("the list of media is empty", hint="Give at least one path or array")
    for number, item in enumerate(items):
        if not isinstance(item, (str, os.PathLike)):
            raise MediaError(
                f"item {number} is {type(item).__name__}, not a path or an array", hint="Give all paths or all arrays"
            )
    return items


def _open_list(
    texts: list[str], selection: dict[str, Any], names: list[str] | None = None, subsets: Sequence[str] = ()
) -> FrameSource:
    if len(texts) == 1 and names is None:
        return _open_text(texts[0], selection)
    if any(is_url(text) for text in texts):
        if not all(is_url(text) for text in texts):
            raise MediaError("the list mixes addresses and local paths", hint="Make two tasks, or download the files first")
        return _remote_pictures(texts, selection, names, subsets)
    paths = [Path(text).expanduser().absolute() for text in texts]
    missing = [path for path in paths if not path.is_file()]
    if missing:
        shown = ", ".join(str(path) for path in missing[:3])
        raise MediaError(
            f"{len(missing)} of {len(paths)} files are not there: {shown}{' …' if len(missing) > 3 else ''}",
            hint="Check the paths",
        )
    videos = sum(is_video(path.name) for path in paths)
    _refuse_mixture(len(paths) - videos, videos, "the list")
    root, files = common_names(paths)
    return _pictures(Files(root), names or files, selection, "the list", files=files, subsets=subsets)


def _open_table(table: Any, selection: dict[str, Any]) -> FrameSource:
    columns = [str(column) for column in table.columns]
    path_column = next((name for name in _PATH_COLUMNS if name in columns), None)
    if path_column is None:
        raise MediaError(f"the DataFrame has no column of paths; it has {', '.join(columns)}", hint="Name the column 'path'")
    texts = [os.fspath(item) for item in _checked_paths(table[path_column])]
    name_column = next((name for name in ("frame_name", "name") if name in columns and name != path_column), None)
    names = [str(name) for name in table[name_column]] if name_column else None
    subsets = [str(subset) for subset in table["subset"].fillna("")] if "subset" in columns else []
    if len(texts) == 1 and names is None and not subsets:
        return _open_text(texts[0], selection)
    return _open_list(texts, selection, names, subsets)


def _open_url(url: str, selection: dict[str, Any]) -> FrameSource:
    if is_video(url):
        return VideoSource(download(url), url=url, **_span(selection))
    if url.lower().endswith(".zip"):
        members = ZipMembers(url, open_remote(url))
        return _pictures(members, members.names, selection, url, remark(members.skipped, url))
    if url.lower().endswith(ARCHIVE_SUFFIXES):
        raise MediaError("a remote tar cannot be read in parts", where=url, hint="Download it, or pack the pictures as zip")
    urls = list_remote(url)
    pictures = [each for each in urls if is_picture(each.partition("://")[2])]
    if not pictures:
        raise MediaError("there are no pictures", where=url, hint="Give the address of pictures, a zip, a video, or a pattern")
    source = _remote_pictures(pictures, selection)
    source.notes = remark(len(urls) - len(pictures), url)
    return source


def _remote_pictures(
    urls: list[str], selection: dict[str, Any], names: list[str] | None = None, subsets: Sequence[str] = ()
) -> FrameSource:
    shared = 0
    parts = [url.split("/")[:-1] for url in urls]
    while all(len(part) > shared and part[shared] == parts[0][shared] for part in parts):
        shared += 1
    root = "".join(f"{part}/" for part in parts[0][:shared])
    files = [url[len(root) :] for url in urls]
    return _pictures(RemoteMembers(root), names or files, selection, root, files=files, subsets=subsets)


def _open_manifest(path: Path, selection: dict[str, Any]) -> FrameSource:
    path = path.absolute()
    manifest = read_manifest(path)
    if manifest.kind == "video":
        source = _video(path.parent / manifest.names[0], selection)
        if manifest.frame_count is not None and manifest.frame_count != len(source.video):
            source.notes = (
                *source.notes,
                f"{path.name} announces {manifest.frame_count} frames; the video has {len(source.video)}",
            )
        return source
    kept = {**selection, "sorting": "random" if selection["sorting"] == "random" else "predefined"}
    missing = [name for name in manifest.names if not (path.parent / name).is_file()]
    if missing:
        raise MediaError(
            f"{len(missing)} of {len(manifest.names)} pictures are not there, e.g. {missing[0]!r}",
            where=str(path),
            hint="Put the manifest beside its pictures",
        )
    return _pictures(Files(path.parent), manifest.names, kept, str(path), sizes=manifest.sizes)


# -- the two ends ----------------------------------------------------------------------------------------------------


def _span(selection: dict[str, Any]) -> dict[str, Any]:
    return {name: selection[name] for name in ("start", "stop", "step")}


def _video(path: Path, selection: dict[str, Any]) -> VideoSource:
    return VideoSource(path, **_span(selection))


def _pictures(
    members: Members,
    names: list[str],
    selection: dict[str, Any],
    where: str,
    notes: tuple[str, ...] = (),
    *,
    files: list[str] | None = None,
    sizes: Any = None,
    subsets: Sequence[str] = (),
) -> ImageSource:
    if not names:
        members.close()
        raise MediaError(
            "there are no pictures", where=where, hint="Known are .jpg, .png, .bmp, .gif, .webp, .tif, .jp2, .avif and .npy"
        )
    if len(set(names)) < len(names):
        seen: set[str] = set()
        twice = next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise MediaError(f"the frame name {twice!r} comes twice", where=where, hint="Every frame needs a name of its own")
    order = ordered(names, selection["sorting"], selection["seed"])
    taken = [
        order[position] for position in chosen(len(names), selection["start"], selection["stop"], selection["step"], where)
    ]
    files = names if files is None else files
    chosen_files = [files[position] for position in taken]
    try:
        known = probe_sizes(members, chosen_files) if sizes is None else np.asarray(sizes)[taken]
    except BaseException:
        members.close()
        raise
    return ImageSource(
        members,
        [names[position] for position in taken],
        files=chosen_files,
        sizes=known,
        subsets=[subsets[position] for position in taken] if subsets else (),
        notes=notes,
    )
