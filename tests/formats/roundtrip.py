"""What tests of formats share: a data set, random shapes, zips, and tables made comparable."""

from __future__ import annotations

import contextlib
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from cvat_widgets.errors import FormatError
from cvat_widgets.formats import Dataset, read_dataset, write_dataset
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.interpolation import interpolate_table
from cvat_widgets.model.kinds import SHAPE_TYPES, Flag
from cvat_widgets.model.labels import Attribute, Label, LabelSet
from cvat_widgets.model.masks import decode_mask, encode_mask
from cvat_widgets.model.records import Element, Keyframe, Record, Shape, Tag, Track
from cvat_widgets.model.table import AnnotationTable

WIDTH, HEIGHT = 64, 48
LABELS = LabelSet.of(
    [
        Label("car", attributes=(Attribute("parked", "checkbox"), Attribute("plate"), Attribute("speed", "number"))),
        Label('person <&> "ü"'),
        Label("face", type="skeleton", sublabels=(Label("eye", type="points"), Label("nose", type="points"))),
    ]
)
CAR, PERSON, FACE = (label.id for label in LABELS)
EYE, NOSE = (joint.id for joint in LABELS["face"].sublabels)
PARKED, PLATE, SPEED = (attribute.id for attribute in LABELS["car"].attributes)

relaxed = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
coordinates = st.integers(0, 4600).map(lambda value: value / 100)


def frames(count: int = 6, *, names: Sequence[str] = (), subsets: Sequence[str] = ()) -> FrameIndex:
    known = names or [f"sub/{n:03d}.jpg" for n in range(count)]
    return FrameIndex(list(known), np.full(len(known), WIDTH, np.int32), np.full(len(known), HEIGHT, np.int32), tuple(subsets))


def dataset(records: Sequence[Record], *, labels: LabelSet = LABELS, index: FrameIndex | None = None, **more: Any) -> Dataset:
    return Dataset(labels, index or frames(), AnnotationTable.from_records(records), name="set", **more)


def points(count: int) -> st.SearchStrategy[tuple[float, ...]]:
    return st.lists(coordinates, min_size=count, max_size=count).map(tuple)


@st.composite
def boxes(draw: st.DrawFn) -> tuple[float, ...]:
    x, y, width, height = draw(points(4))
    return (x, y, round(x + width + 1, 2), round(y + height + 1, 2))


@st.composite
def texts(draw: st.DrawFn, size: int = 12) -> str:
    return draw(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=size))


@st.composite
def bitmaps(draw: st.DrawFn) -> tuple[float, ...]:
    picture = np.zeros((HEIGHT, WIDTH), bool)
    for _ in range(draw(st.integers(1, 3))):
        x, y = draw(st.integers(0, WIDTH - 1)), draw(st.integers(0, HEIGHT - 1))
        picture[y : y + draw(st.integers(1, 20)), x : x + draw(st.integers(1, 20))] = True
    return tuple(encode_mask(picture).tolist())


@st.composite
def shape(draw: st.DrawFn, /, number: int, kinds: Sequence[str], **fixed: Any) -> Record:
    """A random object; ``fixed`` takes properties away that a format has no place for."""
    kind = draw(st.sampled_from(list(kinds)))
    frame = draw(st.integers(0, 5))
    attributes = draw(
        st.fixed_dictionaries(
            {}, optional={PARKED: st.sampled_from(["true", "false"]), PLATE: texts(), SPEED: st.sampled_from(["5", "7.5"])}
        )
    )
    common: dict[str, Any] = {
        "id": number,
        "frame": frame,
        "label": CAR,
        "source": "file",
        "group": draw(st.integers(0, 3)),
        "attributes": attributes,
        "score": draw(st.sampled_from([1.0, 0.5])),
    }
    where = {
        "rectangle": boxes(), "polygon": points(8), "polyline": points(4), "points": points(6), "ellipse": boxes(),
        "mask": bitmaps(), "skeleton": st.just(()), "tag": st.just(()),
    }[kind]  # fmt: skip
    place = draw(where)
    if kind == "tag":
        return Tag(**{key: value for key, value in (common | fixed).items() if key not in ("occluded", "z_order", "rotation")})
    if kind == "ellipse":
        left, top, right, bottom = place
        place = ((left + right) / 2, (top + bottom) / 2, right, top)
    common |= {"occluded": draw(st.booleans()), "z_order": draw(st.integers(-3, 3))}
    common["rotation"] = draw(st.sampled_from([0.0, 12.5, 359.0])) if kind in ("rectangle", "ellipse") else 0.0
    if kind == "skeleton":
        common |= {"label": FACE, "attributes": {}}
        common["elements"] = tuple(
            Element(id=number * 100 + joint, label=joint, points=draw(points(2)), **draw(st.sampled_from(_STATES)))
            for joint in (EYE, NOSE)
        )
    if kind == "skeleton":
        fixed = {key: value for key, value in fixed.items() if key != "label"}
    facts: dict[str, Any] = {"type": kind, "points": place} | common | fixed
    return Shape(**facts)


_STATES: list[dict[str, Any]] = [{"outside": True}, {"occluded": True}, {}]


def many(*kinds: str, **fixed: Any) -> st.SearchStrategy[tuple[Record, ...]]:
    return st.integers(0, 5).flatmap(lambda count: st.tuples(*[shape(number + 1, kinds, **fixed) for number in range(count)]))


def visible(source: Dataset, *, ignore: Sequence[str] = (), digits: int = 6) -> list[tuple[Any, ...]]:
    """What is seen on each frame, by names and without ids: two data sets that hold the same give the same list."""
    table = interpolate_table(source.table, frame_count=len(source.frames))
    parents = {(int(table.id[row]), int(table.frame[row])): row for row in np.flatnonzero(table.parent < 0).tolist()}
    found: dict[int, list[Any]] = {}
    attributes = table.attributes.to_dicts(len(table))
    for row in range(len(table)):
        parent = int(table.parent[row])
        label = source.labels.by_id(int(table.label[row]))
        values = {source.labels.attribute_by_id(spec).name: value for spec, value in attributes[row].items()}
        place = tuple(np.round(table.points_of(row), digits).tolist())
        if SHAPE_TYPES[table.type[row]] == "mask":
            frame = int(table.frame[row])
            size = {"width": int(source.frames.widths[frame]) or WIDTH, "height": int(source.frames.heights[frame]) or HEIGHT}
            place = (hash(decode_mask(place, **size).tobytes()),)
        facts = {
            "frame": source.frames.names[int(table.frame[row])],
            "label": label.name,
            "type": SHAPE_TYPES[table.type[row]],
            "points": place,
            "rotation": round(float(table.rotation[row]), 6),
            "occluded": bool(table.flags[row] & Flag.OCCLUDED),
            "outside": bool(table.flags[row] & Flag.OUTSIDE),
            "z_order": int(table.z_order[row]) if parent < 0 else 0,
            "group": int(table.group[row]),
            "score": round(float(table.score[row]), 6),
            "attributes": tuple(sorted(values.items())),
        }
        facts = {key: value for key, value in facts.items() if key not in ignore}
        top = row if parent < 0 else parents[parent, int(table.frame[row])]
        found.setdefault(top, []).append((parent >= 0, tuple(facts.items())))
    return sorted(tuple(sorted(group)) for group in found.values())


def again(source: Dataset, path: Path, name: str, *, detect: bool = True) -> Dataset:
    """Write and read; the format must be recognised unless that is asked not to be."""
    write_dataset(source, path, name)
    return read_dataset(path, None if detect else name)


def archive(path: Path, files: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return path


def refuse_hostile_archives(tmp_path: Path, name: str, files: Mapping[str, str | bytes]) -> None:
    """Check what no format may open: missing, empty, cut, encrypted, names that lead out, bombs, nothing of the format in it."""
    whole = archive(tmp_path / "whole.zip", files).read_bytes()
    member, data = next(iter(files.items()))
    cases: list[tuple[str, Callable[[Path], Any], str]] = [
        ("missing.zip", lambda path: None, "does not exist"),
        ("empty.zip", lambda path: path.write_bytes(b""), "empty"),
        ("cut.zip", lambda path: path.write_bytes(whole[: len(whole) // 2]), "cut off"),
        ("up.zip", lambda path: archive(path, {"../" + member: data}), "leads out"),
        ("root.zip", lambda path: archive(path, {"/" + member: data}), "leads out"),
        ("bomb.zip", lambda path: archive(path, {member: b" " * (9 << 20)}), "unreasonable"),
        ("other.zip", lambda path: archive(path, {"notes.md": "hello", "more.md": "hello"}), "other.zip"),
    ]
    locked = bytearray(whole)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = locked.find(mark)
        while at >= 0:
            locked[at + offset] |= 1
            at = locked.find(mark, at + 4)
    cases.append(("locked.zip", lambda path: path.write_bytes(bytes(locked)), "encrypted"))
    for file, make, text in cases:
        make(tmp_path / file)
        with pytest.raises(FormatError, match=text):
            read_dataset(tmp_path / file, name)


def damage(data: st.DataObject, files: Mapping[str, str | bytes]) -> dict[str, bytes]:
    """Return the files with some bytes of one of them changed."""
    victim = data.draw(st.sampled_from(sorted(files)))
    result = {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
    broken = bytearray(result[victim])
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, max(len(broken) - 1, 0)))
        broken[place : place + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    result[victim] = bytes(broken)
    return result


def survives(path: Path, name: str) -> None:
    """Reading ends in a data set or in an error of ours."""
    import warnings

    with contextlib.suppress(FormatError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read_dataset(path, name)


def _disc(x: int, y: int, size: int) -> tuple[float, ...]:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return tuple(encode_mask((columns - x) ** 2 + (rows - y) ** 2 < size**2).tolist())


def every_kind() -> list[Record]:
    """Return objects of every kind, on four frames."""
    found: list[Record] = []
    for frame in range(3):
        first = 10 * frame + 1
        found += [
            Shape(id=first, frame=frame, label=CAR, type="rectangle", points=(2, 3, 20.5, 30), attributes={PARKED: "true"}),
            Shape(id=first + 1, frame=frame, label=PERSON, type="polygon", points=(30, 5, 50, 6, 40, 25.5, 35, 20), z_order=1),
            Shape(id=first + 2, frame=frame, label=CAR, type="mask", points=_disc(45, 30, 9 + frame)),
            Shape(id=first + 3, frame=frame, label=PERSON, type="mask", points=_disc(12, 38, 6), occluded=True),
            Shape(id=first + 4, frame=frame, label=CAR, type="ellipse", points=(30, 30, 36, 26)),
            Shape(id=first + 5, frame=frame, label=PERSON, type="polyline", points=(1, 2, 3, 4, 60, 40)),
            Shape(
                id=first + 6, frame=frame, label=FACE, type="skeleton", points=(),
                elements=(
                    Element(id=first + 7, label=EYE, type="points", points=(5, 6)),
                    Element(id=first + 8, label=NOSE, type="points", points=(7, 9)),
                ),
            ),
            Tag(id=first + 9, frame=frame, label=PERSON),
        ]  # fmt: skip
    keys = {
        0: Keyframe(points=(1, 1, 10, 10)),
        2: Keyframe(points=(5, 3, 14, 13)),
        3: Keyframe(points=(5, 3, 14, 13), outside=True),
    }
    return [*found, Track(id=90, label=CAR, type="rectangle", keyframes=keys)]


def files_of(path: Path) -> dict[str, bytes]:
    """Return the files in a zip, without the time that CVAT's XML has in it."""
    with zipfile.ZipFile(path) as archive:
        return {name: re.sub(rb"<dumped>.*?</dumped>", b"", archive.read(name)) for name in archive.namelist()}
