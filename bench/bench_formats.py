"""Dataset formats against datumaro: CPU time, peak and retained memory, each measurement in a process of its own.

Boxes are 200,000 on 20,000 images, polygons 20,000 of 40 points on 2,000 images, masks 5,000 of one million pixels. A CVAT XML
of 1,000,000 boxes is read and written without the peer: there the peak is compared with the table itself ("streaming").

The peer lives in an environment of its own, since it pins other versions::

    python -m venv peer && peer/bin/pip install datumaro
    CVAT_WIDGETS_PEER_PYTHON=peer/bin/python python bench/bench_formats.py [part of a task's name …]

``CVAT_WIDGETS_BENCH_SCALE=0.1`` takes a tenth of everything, ``CVAT_WIDGETS_BENCH_RUNS=1`` measures once.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from cvat_widgets.formats import read_dataset, write_dataset
from cvat_widgets.formats.cvat_writer import images_xml
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.model.frames import FrameIndex
from cvat_widgets.model.kinds import RECTANGLE
from cvat_widgets.model.labels import Label, LabelSet
from cvat_widgets.model.table import AnnotationTable

STREAMING = "streaming"
SCALE = float(os.environ.get("CVAT_WIDGETS_BENCH_SCALE", "1"))
RUNS = int(os.environ.get("CVAT_WIDGETS_BENCH_RUNS", "3"))
IMAGES, BOXES, POLYGONS, MASKS, LARGE = (int(count * SCALE) for count in (20_000, 200_000, 20_000, 5_000, 1_000_000))
CORNERS = 40
SIDE = 1000

MEASURE = """
import ctypes, gc, json, re, time
def memory(key):
    # ru_maxrss would count the parent's memory, too
    return int(re.search(key + r":\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
{setup}
gc.collect()
before = memory("RssAnon")
started = time.process_time()
{work}
spent = time.process_time() - started
gc.collect()
ctypes.CDLL(None).malloc_trim(0)
print(json.dumps([spent, memory("VmHWM"), memory("RssAnon") - before]))
"""

STREAM = """
import dataclasses, gc, json, re
from cvat_widgets.formats import find_format, read_dataset, write_dataset
def memory(key):
    return int(re.search(key + r":\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
find_format("CVAT 1.1")
gc.collect()
before = memory("RssAnon")
data = read_dataset("large.zip", "CVAT 1.1")
read = memory("VmHWM") - before
columns = [getattr(data.table, each.name) for each in dataclasses.fields(data.table)]
# A column with one value everywhere takes the memory of that value.
table = sum(column.nbytes for column in columns if getattr(column, "strides", (0,)) != (0,)) / 2**20
open("/proc/self/clear_refs", "w").write("5")  # the highest mark so far is forgotten
write_dataset(data, "out.zip", "CVAT for images 1.1")
print(json.dumps([table, read, memory("VmHWM") - before]))
"""

# The peer imports all of its formats at once; ours are imported when they are used, before the clock starts.
READ = "from cvat_widgets.formats import find_format, read_dataset; find_format({0!r})"
BOTH = (
    "from cvat_widgets.formats import find_format, read_dataset, write_dataset; data = read_dataset({0!r}, 'COCO 1.0'); "
    "find_format({1!r})"
)
PEER = "import datumaro as dm"
PEER_DATA = "import datumaro as dm; data = dm.Dataset.import_from({0!r}, 'coco_instances'); data.init_cache()"
ZIP = "; import shutil; shutil.make_archive('out_peer', 'zip', 'out_peer')"


@dataclass(frozen=True)
class Work:
    """One task of ours and of the peer: what comes before the clock starts, and what is measured."""

    ours: tuple[str, str]
    peer: tuple[str, str]
    goal: float


def load(source: str, name: str, peer_source: str, peer_name: str, goal: float) -> Work:
    return Work(
        (READ.format(name), f"data = read_dataset({source!r}, {name!r})"),
        (PEER, f"data = dm.Dataset.import_from({peer_source!r}, {peer_name!r}); data.init_cache()"),
        goal,
    )


def save(source: str, peer_source: str, name: str, peer_name: str, goal: float, *, zipped: bool = False) -> Work:
    peer = f"data.export('out_peer', {peer_name!r})" + (ZIP if zipped else "")
    return Work(
        (BOTH.format(source, name), f"write_dataset(data, 'out.zip', {name!r})"), (PEER_DATA.format(peer_source), peer), goal
    )


TASKS = {
    "COCO read": load("coco.json", "COCO 1.0", "coco", "coco_instances", 8),
    "COCO write": save("coco.json", "coco", "COCO 1.0", "coco_instances", 5),
    "CVAT XML read": load("cvat/annotations.xml", "CVAT 1.1", "cvat", "cvat", 4),
    "CVAT XML write": save("coco.json", "coco", "CVAT for images 1.1", "cvat", 12),
    "VOC read": load("voc", "PASCAL VOC 1.1", "voc", "voc", 4),
    "VOC write": save("coco.json", "coco", "PASCAL VOC 1.1", "voc", 20),
    "YOLO read": load("yolo", "YOLO 1.1", "yolo", "yolo", 8),
    "YOLO write to zip": save("coco.json", "coco", "YOLO 1.1", "yolo", 1.5, zipped=True),
    "MOT read": load("mot", "MOT 1.1", "mot", "mot_seq", 12),
    "Datumaro write": save("coco.json", "coco", "Datumaro 1.0", "datumaro", 2),
    "polygons COCO read": load("polygons.json", "COCO 1.0", "polygons", "coco_instances", 3),
    "polygons COCO write": save("polygons.json", "polygons", "COCO 1.0", "coco_instances", 4),
    "polygons XML write": save("polygons.json", "polygons", "CVAT for images 1.1", "cvat", 4),
    "masks PNG read": load("masks_png", "Segmentation mask 1.1", "masks_png", "voc_segmentation", 2),
    "masks PNG write": save("masks.json", "masks", "Segmentation mask 1.1", "voc_segmentation", 2),
}


def measure(python: str, folder: Path, setup: str, work: str) -> tuple[float, float, float]:
    found = []
    for _ in range(RUNS):
        for left in ("out_peer", "out_peer.zip", "out.zip"):
            path = folder / left
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
        code = MEASURE.format(setup=setup, work=work)
        run = subprocess.run([python, "-W", "ignore", "-c", code], cwd=folder, capture_output=True, text=True, check=False)
        if run.returncode:
            raise SystemExit(run.stderr[-3000:])
        found.append(json.loads(run.stdout.strip().splitlines()[-1]))
    spent, peak, kept = (min(each) for each in zip(*found, strict=True))
    return spent, peak, kept


# -- data -------------------------------------------------------------------------------------------------------------


def boxes_json() -> dict[str, list[dict[str, object]]]:
    generator = np.random.default_rng(1)
    corner = np.round(generator.uniform(0, 400, (BOXES, 2)), 2)
    size = np.round(generator.uniform(5, 200, (BOXES, 2)), 2)
    images = [{"id": n + 1, "file_name": f"{n:06d}.jpg", "width": 640, "height": 640} for n in range(IMAGES)]
    annotations = [
        {"id": n + 1, "image_id": n % IMAGES + 1, "category_id": n % 10 + 1, "bbox": [*corner[n], *size[n]], "segmentation": [],
         "area": float(size[n].prod()), "iscrowd": 0}
        for n in range(BOXES)
    ]  # fmt: skip
    return {"images": images, "annotations": annotations, "categories": categories()}


def categories() -> list[dict[str, object]]:
    return [{"id": n + 1, "name": f"class{n}"} for n in range(10)]


def polygons_json() -> dict[str, list[dict[str, object]]]:
    generator = np.random.default_rng(2)
    count = max(POLYGONS // 10, 1)
    images = [{"id": n + 1, "file_name": f"{n:06d}.jpg", "width": 640, "height": 640} for n in range(count)]
    angle = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    annotations = []
    for n in range(POLYGONS):
        radius = generator.uniform(20, 100, CORNERS)
        centre = generator.uniform(120, 500, 2)
        points = np.round(np.column_stack((centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle))), 2)
        low, high = points.min(axis=0), points.max(axis=0)
        annotations.append(
            {"id": n + 1, "image_id": n % count + 1, "category_id": n % 10 + 1, "segmentation": [points.ravel().tolist()],
             "bbox": [*low.tolist(), *(high - low).tolist()], "area": float(radius.mean() ** 2 * 3), "iscrowd": 0}
        )  # fmt: skip
    return {"images": images, "annotations": annotations, "categories": categories()}


def masks_json() -> dict[str, list[dict[str, object]]]:
    """Masks of 1 MP, ten a picture: blobs as thresholded noise makes them."""
    import cv2
    from pycocotools import mask as coder

    generator = np.random.default_rng(3)
    count = max(MASKS // 10, 1)
    images = [{"id": n + 1, "file_name": f"{n:06d}.jpg", "width": SIDE, "height": SIDE} for n in range(count)]
    kinds = []
    for _ in range(40):
        noise = cv2.resize(generator.normal(size=(20, 20)).astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        kinds.append(coder.encode(np.asfortranarray(noise > 0.7, np.uint8)))
    annotations = []
    for n in range(MASKS):
        code = kinds[n % len(kinds)]
        box = [float(value) for value in coder.toBbox(code)]
        segmentation = {"counts": code["counts"].decode(), "size": [SIDE, SIDE]}
        annotations.append(
            {"id": n + 1, "image_id": n % count + 1, "category_id": n % 10 + 1, "segmentation": segmentation, "bbox": box,
             "area": float(coder.area(code)), "iscrowd": 1}
        )  # fmt: skip
    return {"images": images, "annotations": annotations, "categories": categories()}


def pictures(place: Path, count: int, side: int = 640) -> None:
    """Put pictures into a folder: the peer reads hardly any format without them being there."""
    place.mkdir(parents=True, exist_ok=True)
    one = place.with_name(f"{place.name}_{side}.jpg")
    Image.new("L", (side, side)).save(one)
    for number in range(count):
        (place / f"{number:06d}.jpg").hardlink_to(one)
    one.unlink()


def coco(folder: Path, name: str, content: dict[str, list[dict[str, object]]], side: int = 640) -> None:
    text = json.dumps(content)
    annotations = folder / name / "annotations"
    annotations.mkdir(parents=True)
    (folder / f"{name}.json").write_text(text)
    (annotations / "instances_default.json").write_text(text)
    pictures(folder / name / "images" / "default", len(content["images"]), side)


def unpacked(folder: Path, name: str, source: str, target: str, images: str, side: int = 640) -> None:
    data = read_dataset(folder / source, "COCO 1.0")
    write_dataset(data, folder / "out.zip", target)
    shutil.unpack_archive(folder / "out.zip", folder / name)
    pictures(folder / name / images, len(data.frames), side)


def make_data(folder: Path, chosen: set[str]) -> None:
    kinds = {name.split()[0] for name in chosen}
    if kinds - {"polygons", "masks"}:
        coco(folder, "coco", boxes_json())
    if "polygons" in kinds:
        coco(folder, "polygons", polygons_json())
    if "masks" in kinds:
        coco(folder, "masks", masks_json(), SIDE)
    if "CVAT XML read" in chosen:
        pictures(folder / "cvat" / "images", IMAGES)
        (folder / "cvat" / "annotations.xml").write_text("".join(images_xml(read_dataset(folder / "coco.json", "COCO 1.0"))))
    if "VOC read" in chosen:
        unpacked(folder, "voc", "coco.json", "PASCAL VOC 1.1", "JPEGImages")
    if "YOLO read" in chosen:
        unpacked(folder, "yolo", "coco.json", "YOLO 1.1", "obj_train_data")
    if "MOT read" in chosen:
        make_mot(folder / "mot")
    if "masks PNG read" in chosen:
        unpacked(folder, "masks_png", "masks.json", "Segmentation mask 1.1", "JPEGImages", SIDE)


def make_large(folder: Path) -> None:
    generator = np.random.default_rng(5)
    corner = np.round(generator.uniform(0, 400, (LARGE, 2)), 2)
    points = np.hstack((corner, corner + np.round(generator.uniform(5, 200, (LARGE, 2)), 2)))
    labels = LabelSet(tuple(Label(f"class{n}") for n in range(10)))
    numbers = np.arange(LARGE)
    table = AnnotationTable.build(
        id=numbers + 1, frame=numbers * IMAGES // LARGE, label=numbers % 10 + 1, type=RECTANGLE, points=points.ravel(),
        offsets=np.arange(LARGE + 1) * 4,
    )  # fmt: skip
    side = np.full(IMAGES, 640, np.int32)
    frames = FrameIndex([f"{n:06d}.jpg" for n in range(IMAGES)], side, side)
    write_dataset(Dataset(labels=labels, frames=frames, table=table, name="large"), folder / "large.zip", "CVAT for images 1.1")


def stream(folder: Path) -> dict[str, float]:
    """Return the table's size in MB, and how many times as much memory reading and writing it took at most."""
    make_large(folder)
    found = []
    for _ in range(RUNS):
        run = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", STREAM], cwd=folder, capture_output=True, text=True, check=True
        )
        found.append(json.loads(run.stdout))
    table, read, written = (min(each) for each in zip(*found, strict=True))
    return {"table_mb": table, "read": read / table, "write": written / table}


def make_mot(folder: Path) -> None:
    generator = np.random.default_rng(4)
    (folder / "gt").mkdir(parents=True)
    tracks = 10
    lines = []
    for frame in range(BOXES // tracks):
        for track, box in enumerate(np.round(generator.uniform(5, 300, (tracks, 4)), 2).tolist()):
            lines.append(f"{frame + 1},{track + 1},{box[0]},{box[1]},{box[2]},{box[3]},1,{track % 10 + 1},1")
    (folder / "gt" / "gt.txt").write_text("\n".join(lines) + "\n")
    (folder / "gt" / "labels.txt").write_text("".join(f"class{n}\n" for n in range(10)))
    frames = BOXES // tracks
    (folder / "seqinfo.ini").write_text(
        f"[Sequence]\nname=mot\nimDir=img1\nframeRate=30\nseqLength={frames}\nimWidth=640\nimHeight=640\nimExt=.jpg\n"
    )


# -- the table --------------------------------------------------------------------------------------------------------


def main() -> None:
    peer = os.environ.get("CVAT_WIDGETS_PEER_PYTHON")
    wanted = sys.argv[1:]
    chosen = {name: work for name, work in TASKS.items() if not wanted or any(part in name for part in wanted)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_data(folder, set(chosen))
        result: dict[str, dict[str, float]] = {}
        head = f"{'':>20}  {'CPU s':>7}  {'peer':>7}  {'ratio':>6}  {'goal':>5}  {'MB':>5}  {'peer':>5}  {'share':>6}"
        print(f"{head}  {'kept':>5}  {'peer':>5}  {'share':>6}")
        for task, work in chosen.items():
            ours = measure(sys.executable, folder, *work.ours)
            theirs = measure(peer, folder, *work.peer) if peer else (float("nan"),) * 3
            ratio, share, kept = theirs[0] / ours[0], ours[1] / theirs[1], ours[2] / theirs[2]
            if not task.endswith("read"):  # a write leaves nothing behind
                kept = float("nan")
            result[task] = {
                "cpu_s": ours[0], "peer_cpu_s": theirs[0], "ratio": ratio, "goal": work.goal, "peak_mb": ours[1],
                "memory_share": share, "retained_mb": ours[2], "retained_share": kept,
            }  # fmt: skip
            print(
                f"{task:>20}  {ours[0]:7.2f}  {theirs[0]:7.2f}  {ratio:5.1f}x  {work.goal:4g}x  {ours[1]:5.0f}  {theirs[1]:5.0f}  "
                f"{share:6.0%}  {ours[2]:5.0f}  {theirs[2]:5.0f}  {kept:6.0%}",
                flush=True,
            )
        if not wanted or any(part in STREAMING for part in wanted):
            result[STREAMING] = streamed = stream(folder)
            print(
                f"{STREAMING}: {LARGE:,} shapes of CVAT XML, table {streamed['table_mb']:.0f} MB; "
                f"peak of reading {streamed['read']:.1f}x, of writing {streamed['write']:.1f}x the table, goal 3x"
            )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
