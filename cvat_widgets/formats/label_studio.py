"""JSON of Label Studio: boxes, polygons, points, ellipses, brushes, choices and boxes in videos; for import only."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from cvat_widgets.errors import FormatError
from cvat_widgets.formats.archive import Members, Sink
from cvat_widgets.formats.collecting import PICTURE_NAME, Collector, located
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.label_studio_regions import REGIONS, region_points
from cvat_widgets.formats.label_studio_video import VideoReader
from cvat_widgets.formats.loss import report_left_out
from cvat_widgets.formats.registry import Format, Progress, register
from cvat_widgets.model.kinds import TAG

__all__ = ["LabelStudioJson"]

_VALUES = {"choices": "choices", "taxonomy": "taxonomy", "textarea": "text", "number": "number", "rating": "rating"}
_UPLOADED = re.compile(r"^[0-9a-f]{8}-(?=.)")
_Task = dict[str, Any]


@register
class LabelStudioJson(Format):
    """An export of Label Studio, ``JSON`` or ``JSON_MIN``."""

    name = "Label Studio JSON"
    kinds = frozenset(
        {"rectangle", "polygon", "polyline", "points", "ellipse", "mask", "tag", "track", "attribute", "rotation", "score"}
    )
    can_write = False
    extensions = ("json", "zip")

    def detect(self, members: Members) -> bool:
        """Whether there is a JSON with a list of tasks."""
        for name in _documents(members)[:1]:
            try:
                tasks = msgspec.json.decode(members.read(name).removeprefix(b"\xef\xbb\xbf"), type=list[dict[str, msgspec.Raw]])
            except (msgspec.MsgspecError, UnicodeDecodeError):
                return False
            first = set(tasks[0]) if tasks else set()
            return {"data", "annotations"} <= first or {"annotator", "annotation_id"} <= first
        return False

    def read(self, members: Members) -> Dataset:
        """Read every JSON."""
        names = _documents(members)
        if not names:
            raise FormatError("there is no JSON in it", where=str(members.path), hint="Export from Label Studio as JSON")
        reader = _Reader(members)
        for name in names:
            reader.read(name)
        return reader.dataset()

    def write(self, dataset: Dataset, sink: Sink, *, save_images: bool, progress: Progress) -> None:
        """Not written: the format is for import only."""
        raise NotImplementedError


def _documents(members: Members) -> list[str]:
    return sorted(name for name in members.names if name.lower().endswith(".json")) or members.names[: len(members.names) == 1]


class _Reader:
    def __init__(self, members: Members) -> None:
        self.members = members
        self.rows = Collector(members.path.stem, str(members.path))
        self.video = VideoReader(self.rows)
        self.left_out: Counter[str] = Counter()

    def read(self, name: str) -> None:
        where = self.members.where(name)
        try:
            tasks = msgspec.json.decode(self.members.read(name).removeprefix(b"\xef\xbb\xbf"), type=list[_Task])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise FormatError(f"not an export of Label Studio: {error}", where=where) from None
        for index, task in enumerate(tasks):
            place = f"{where}: [{index}]"
            with located(place):
                data = task.get("data", task)
                results = self._results(task)
                frame = -1
                if not any(result.get("type") == "videorectangle" for result in results):
                    frame = self.rows.add_frame(_picture(data))
            self._task(results, frame, place)

    def _results(self, task: _Task) -> list[_Task]:
        """Return the results of the first annotation that was not cancelled, else of the first prediction."""
        if "annotations" not in task and "predictions" not in task:
            return _minimal(task)
        done = [each for each in task.get("annotations") or [] if not each.get("was_cancelled")]
        guessed = task.get("predictions") or []
        if len(done) > 1:
            self.left_out["further annotations of the same picture"] += len(done) - 1
        chosen = (done or guessed or [{}])[0]
        results = chosen.get("result") or []
        for result in results:
            if not isinstance(result, dict) or not isinstance(result.get("value", {}), dict):
                raise FormatError("a result is not an object with a value")
            if not done and "score" not in result and chosen.get("score") is not None:
                result["score"] = chosen["score"]
        found: list[_Task] = results
        return found

    def _task(self, results: list[_Task], frame: int, place: str) -> None:
        """Take the regions first, then what is said of them."""
        region_rows: dict[str, list[int]] = {}
        labels = {
            str(result.get("id")): result["value"]["labels"]
            for result in results
            if result.get("type") == "labels" and result.get("value", {}).get("labels")
        }
        for number, result in enumerate(results):
            kind = str(result.get("type", ""))
            with located(f"{place}: result[{number}]"):
                if kind == "videorectangle":
                    region_rows.setdefault(str(result.get("id")), []).extend(self.video.add(result))
                elif kind in REGIONS:
                    region_rows.setdefault(str(result.get("id")), []).append(self._region(result, kind, frame, labels))
        for number, result in enumerate(results):
            kind = str(result.get("type", ""))
            with located(f"{place}: result[{number}]"):
                if kind in _VALUES:
                    self._said(result, kind, frame, region_rows.get(str(result.get("id")), []))
                elif kind not in REGIONS and kind not in ("videorectangle", "labels"):
                    self.left_out[f"results of type {kind[:40]!r}"] += 1

    def _region(self, result: _Task, kind: str, frame: int, labels: dict[str, list[str]]) -> int:
        rows, value = self.rows, result.get("value", {})
        if result.get("image_rotation"):
            raise FormatError(
                f"the picture was turned by {result['image_rotation']} degrees in Label Studio",
                hint="Turn it back and export again",
            )
        width, height = int(result["original_width"]), int(result["original_height"])
        if not (0 < width <= 1_000_000 and 0 < height <= 1_000_000):
            raise FormatError(f"a picture cannot be {width} x {height} pixels")
        if rows.widths[frame] and (rows.widths[frame], rows.heights[frame]) != (width, height):
            raise FormatError("the regions of one picture name different sizes of it")
        rows.widths[frame], rows.heights[frame] = width, height
        names = value.get(kind) or value.get("labels") or labels.get(str(result.get("id"))) or []
        if not names:
            raise FormatError("the region has no label", hint="CVAT has no objects without a label")
        if len(names) > 1:
            self.left_out["further labels of the same region"] += len(names) - 1
        type_code, points, rotation = region_points(kind, value, width, height)
        score = result.get("score")
        return rows.add(
            frame, rows.label_of(names[0]), type_code, points, rotation=rotation, score=1.0 if score is None else float(score)
        )

    def _said(self, result: _Task, kind: str, frame: int, regions: list[int]) -> None:
        """Take choices, texts and numbers: attributes of their region, or tags of the picture."""
        said = result.get("value", {}).get(_VALUES[kind])
        items = said if isinstance(said, list) else [said]
        texts = ["/".join(map(str, item)) if isinstance(item, list) else str(item) for item in items if item is not None]
        if regions:
            for row in regions[:1]:
                self.rows.set_attribute(row, str(result.get("from_name") or kind), ", ".join(texts))
        elif kind in ("choices", "taxonomy") and frame >= 0:
            for text in dict.fromkeys(texts):
                self.rows.add(frame, self.rows.label_of(text), TAG)
        else:
            self.left_out[f"results of type {kind!r} that belong to no region"] += 1

    def dataset(self) -> Dataset:
        if self.left_out:
            listed = ", ".join(f"{count} × {what}" for what, count in self.left_out.items())
            report_left_out(f"{self.rows.name}: left out were {listed}.", stacklevel=5)
        found = self.rows.dataset(members=self.members)
        return self.video.finished(found)


def _minimal(task: _Task) -> list[_Task]:
    """Return the results of a task of ``JSON_MIN``, where values stand beside what they are about."""
    results: list[_Task] = []
    for name, entries in task.items():
        for entry in entries if isinstance(entries, list) else ():
            if not isinstance(entry, dict):
                continue
            kind = next((key for key in REGIONS if key in entry), None)
            if kind is not None:
                results.append({"type": kind, "value": entry, "from_name": name} | {k: entry[k] for k in _SIZE if k in entry})
    return results


_SIZE = ("original_width", "original_height")


def _picture(data: Any) -> str:
    """Return the name of the picture of a task: the end of its address, without what Label Studio put in front."""
    if not isinstance(data, dict):
        raise FormatError("a task has no data")
    texts = [value for value in data.values() if isinstance(value, str)]
    preferred = [data.get("image"), *(text for text in texts if PICTURE_NAME.search(text.partition("?")[0])), *texts]
    address = next((text for text in preferred if isinstance(text, str) and text), None)
    if address is None:
        raise FormatError("the data of the task name no picture")
    parts = urlsplit(address)
    local = parse_qs(parts.query).get("d")
    if local:
        return local[0].replace("\\", "/").lstrip("/")
    path = unquote(parts.path).replace("\\", "/")
    if "/data/upload/" in path or path.startswith(("upload/", "/upload/")):
        return _UPLOADED.sub("", PurePosixPath(path).name)
    return path.lstrip("/") or parts.netloc
