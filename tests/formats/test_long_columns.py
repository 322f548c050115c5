"""Data sets whose coordinates stand in a file instead of in memory are read and written like any other."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cvat_widgets.formats import read_dataset, write_dataset
from cvat_widgets.formats.registry import registered
from cvat_widgets.model import paging, table
from cvat_widgets.model.kinds import SHAPE_TYPES
from cvat_widgets.model.records import Record, Tag, Track
from tests.formats.roundtrip import dataset, every_kind, files_of, frames


def _held(each: Any) -> list[Record]:
    """Return the records that a format holds or makes something of."""
    kinds = each.kinds | set(each.converts)
    return [
        record
        for record in every_kind()
        if ("track" if isinstance(record, Track) else "tag" if isinstance(record, Tag) else record.type) in kinds
    ]


@pytest.mark.parametrize("name", [each.name for each in registered() if each.can_write])
def test_every_format_reads_and_writes_long_columns(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = dataset(_held(next(each for each in registered() if each.name == name)), index=frames(4))
    assert len(source.table)
    reading = "CVAT 1.1" if name.startswith("CVAT") else name.replace(" Track", "")

    def both() -> tuple[Any, list[Any]]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            path = write_dataset(source, tmp_path / "a.zip", name)
            found = read_dataset(path, reading)
            # The points of what is written now may stand in a file themselves.
            again = write_dataset(found, tmp_path / "b.zip", name) if "fit" not in found.meta else path
        return found, [files_of(path), files_of(again)]

    plain, files = both()
    for module in (paging, table):
        monkeypatch.setattr(module, "IN_MEMORY", 16)
    monkeypatch.setattr(paging, "BLOCK", 8)
    paged, same_files = both()
    assert paged.table.equals(plain.table)
    assert not paged.table.problems(paged.labels)
    assert same_files == files


def test_masks_boxes_and_polygons_of_several_files_stay_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Boxes have no segmentation: their coordinates come from elsewhere than those of polygons and masks."""
    runs = {"counts": [3, 5, 40 * 30 - 8], "size": [30, 40]}
    outlines: list[Any] = [
        [[1, 2, 9, 2, 9, 8]],
        None,
        runs,
        [],
        [[1, 1, 5, 1, 5, 5], [7, 7, 9, 7, 9, 9]],
        runs,
        [[2, 2, 8, 2, 8, 6]],
    ]
    for subset in ("train", "val"):
        document = {
            "images": [{"id": n, "file_name": f"{subset}{n}.jpg", "width": 40, "height": 30} for n in range(2)],
            "annotations": [
                {
                    "id": n + 1,
                    "image_id": n % 2,
                    "category_id": 1,
                    "bbox": [n, 2, 8, 6],
                    "area": 9.0,
                    "iscrowd": int(outline is runs),
                }
                | ({} if outline is None else {"segmentation": outline})
                for n, outline in enumerate(outlines * 3)
            ],
            "categories": [{"id": 1, "name": "car"}],
        }
        (tmp_path / f"instances_{subset}.json").write_bytes(msgspec.json.encode(document))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for path in sorted(tmp_path.glob("*.json")):
            archive.write(path, f"annotations/{path.name}")
    plain = read_dataset(tmp_path / "a.zip", "COCO 1.0").table
    polygon, box, mask = "polygon", "rectangle", "mask"
    assert [SHAPE_TYPES[kind] for kind in plain.type] == [polygon, box, mask, box, polygon, polygon, mask, polygon] * 6
    assert plain.points_of(1).tolist() == [1, 2, 9, 8]
    assert plain.points_of(2).tolist() == [0, 5, 0, 3, 0, 7]
    assert plain.points_of(5).tolist() == [7, 7, 9, 7, 9, 9]
    monkeypatch.setattr(paging, "IN_MEMORY", 16)
    monkeypatch.setattr(paging, "BLOCK", 8)
    assert read_dataset(tmp_path / "a.zip", "COCO 1.0").table.equals(plain)
