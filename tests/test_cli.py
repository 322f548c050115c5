"""The command line, from creating a task to converting its export."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from cvat_widgets.cli import main
from cvat_widgets.doctor import examine
from cvat_widgets.formats import read_dataset
from cvat_widgets.task import Task


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(3):
        Image.new("RGB", (64, 48)).save(folder / f"{number}.png")
    return folder


def test_a_task_from_creation_to_conversion(pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = ["--store", str(tmp_path / "store.sqlite")]
    assert main([*store, "create", "street", str(pictures), "--labels", "car, person"]) == 0
    assert "3 frames, 1 jobs" in capsys.readouterr().out
    task = Task.open("street", store=tmp_path / "store.sqlite")
    task.add([{"frame": 1, "label": "car", "type": "rectangle", "points": [1, 2, 30, 40]}])
    task.store.close()

    assert main([*store, "ls", "--json"]) == 0
    assert [(row["name"], row["size"], row["revision"]) for row in json.loads(capsys.readouterr().out)] == [("street", 3, 1)]
    coco, xml = tmp_path / "coco.zip", tmp_path / "xml.zip"
    assert main([*store, "export", "street", str(coco), "--format", "COCO 1.0", "--save-images"]) == 0
    assert main(["convert", str(coco), str(xml), "--to", "CVAT for images 1.1"]) == 0
    assert read_dataset(xml).table.points.tolist() == [1, 2, 30, 40]
    assert main([*store, "import", "street", str(xml), "--replace"]) == 0
    assert "imported 1 objects" in capsys.readouterr().out
    assert main([*store, "delete", "street"]) == 0
    assert main([*store, "ls"]) == 0
    assert "no tasks yet" in capsys.readouterr().out


def test_labels_come_from_a_file(pictures: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.json"
    labels.write_text('[{"name": "car", "attributes": [{"name": "parked", "input_type": "checkbox"}]}]')
    store = tmp_path / "store.sqlite"
    assert main(["--store", str(store), "create", "t", str(pictures), "--labels", str(labels)]) == 0
    assert Task.open("t", store=store).labels["car"].attributes[0].name == "parked"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["export", "nothing", "x.zip", "--format", "COCO 1.0"], "no task 'nothing'"),
        (["convert", "missing.zip", "x.zip", "--to", "COCO 1.0"], "does not exist"),
        (["convert", "missing.zip", "x.zip", "--to", "COCO"], "does not exist"),
        (["create", "t", "missing.mp4", "--labels", "car"], "missing.mp4"),
        (["create", "t", "missing.mp4", "--labels", "labels.json"], "labels cannot be read"),
    ],
)
def test_mistakes_end_in_one_line(
    arguments: list[str], text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--store", str(tmp_path / "store.sqlite"), *arguments]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert text in error
    assert error.count("\n") == 1


def test_the_formats_and_the_doctor(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["formats"]) == 0
    assert "CVAT for video 1.1" in capsys.readouterr().out
    subjects = {finding.subject for finding in examine()}
    assert {"Python", "store", "filesystem", "write access", "video codecs", "SQLite", "kernel", "front end"} <= subjects
    assert main(["doctor"]) in (0, 1)
    assert "write access" in capsys.readouterr().out
