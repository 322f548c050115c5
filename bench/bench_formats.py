"""COCO and CVAT XML against datumaro: 200,000 boxes on 20,000 images, CPU time and peak memory, each in a process of its own.

The peer lives in an environment of its own, since it pins other versions::

    python -m venv peer && peer/bin/pip install datumaro
    CVAT_WIDGETS_PEER_PYTHON=peer/bin/python python bench/bench_formats.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

IMAGES, BOXES, RUNS = 20_000, 200_000, 3

MEASURE = """
import json, re, time
{setup}
started = time.process_time()
{work}
spent = time.process_time() - started
peak = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())  # ru_maxrss would count the parent's memory, too
print(json.dumps([spent, int(peak[1]) / 1024]))
"""

OURS = {
    "COCO load": ("from cvat_widgets.formats import read_dataset", "read_dataset('coco.json', 'COCO 1.0')"),
    "COCO export": (
        "from cvat_widgets.formats import read_dataset, write_dataset; data = read_dataset('coco.json', 'COCO 1.0')",
        "write_dataset(data, 'out_ours_coco.zip', 'COCO 1.0')",
    ),
    "CVAT XML export": (
        "from cvat_widgets.formats import read_dataset, write_dataset; data = read_dataset('coco.json', 'COCO 1.0')",
        "write_dataset(data, 'out_ours_cvat.zip', 'CVAT for images 1.1')",
    ),
    "CVAT XML import": ("from cvat_widgets.formats import read_dataset", "read_dataset('cvat/annotations.xml', 'CVAT 1.1')"),
}
PEER = {
    "COCO load": ("import datumaro as dm", "data = dm.Dataset.import_from('coco', 'coco_instances'); len(data)"),
    "COCO export": (
        "import datumaro as dm; data = dm.Dataset.import_from('coco', 'coco_instances'); data.init_cache()",
        "data.export('out_peer_coco', 'coco_instances')",
    ),
    "CVAT XML export": (
        "import datumaro as dm; data = dm.Dataset.import_from('coco', 'coco_instances'); data.init_cache()",
        "data.export('out_peer_cvat', 'cvat')",
    ),
    "CVAT XML import": ("import datumaro as dm", "data = dm.Dataset.import_from('cvat', 'cvat'); len(data)"),
}


def measure(python: str, folder: Path, setup: str, work: str) -> tuple[float, float]:
    found = []
    for _ in range(RUNS):
        code = MEASURE.format(setup=setup, work=work)
        run = subprocess.run([python, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
        if run.returncode:
            raise SystemExit(run.stderr[-3000:])
        found.append(json.loads(run.stdout.strip().splitlines()[-1]))
    return min(spent for spent, _ in found), min(memory for _, memory in found)


def make_data(folder: Path) -> None:
    generator = np.random.default_rng(1)
    corner = np.round(generator.uniform(0, 400, (BOXES, 2)), 2)
    size = np.round(generator.uniform(5, 200, (BOXES, 2)), 2)
    images = [{"id": n + 1, "file_name": f"{n:06d}.jpg", "width": 640, "height": 640} for n in range(IMAGES)]
    annotations = [
        {"id": n + 1, "image_id": n % IMAGES + 1, "category_id": n % 10 + 1, "bbox": [*corner[n], *size[n]], "segmentation": [],
         "area": float(size[n].prod()), "iscrowd": 0}
        for n in range(BOXES)
    ]  # fmt: skip
    categories = [{"id": n + 1, "name": f"class{n}"} for n in range(10)]
    text = json.dumps({"images": images, "annotations": annotations, "categories": categories})
    (folder / "coco" / "annotations").mkdir(parents=True)
    (folder / "coco" / "images" / "default").mkdir(parents=True)
    (folder / "coco.json").write_text(text)
    (folder / "coco" / "annotations" / "instances_default.json").write_text(text)
    from cvat_widgets.formats import read_dataset
    from cvat_widgets.formats.cvat_writer import images_xml

    (folder / "cvat" / "images").mkdir(parents=True)
    (folder / "cvat" / "annotations.xml").write_text("".join(images_xml(read_dataset(folder / "coco.json", "COCO 1.0"))))
    # The peer reads neither format without the pictures being there.
    from PIL import Image

    Image.new("L", (640, 640)).save(folder / "one.jpg")
    for image in images:
        for place in (folder / "coco" / "images" / "default", folder / "cvat" / "images"):
            (place / image["file_name"]).hardlink_to(folder / "one.jpg")


def main() -> None:
    peer = os.environ.get("CVAT_WIDGETS_PEER_PYTHON")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_data(folder)
        result = {}
        print(f"{'':>16}  {'CPU s':>7}  {'peer':>7}  {'ratio':>6}  {'MB':>5}  {'peer':>5}  {'share':>6}")
        for task, (setup, work) in OURS.items():
            ours = measure(sys.executable, folder, setup, work)
            theirs = measure(peer, folder, *PEER[task]) if peer else (float("nan"), float("nan"))
            ratio, share = theirs[0] / ours[0], ours[1] / theirs[1]
            result[task] = {
                "cpu_s": ours[0],
                "peer_cpu_s": theirs[0],
                "ratio": ratio,
                "peak_mb": ours[1],
                "memory_share": share,
            }
            print(
                f"{task:>16}  {ours[0]:7.2f}  {theirs[0]:7.2f}  {ratio:5.1f}x  {ours[1]:5.0f}  {theirs[1]:5.0f}  {share:6.0%}",
                flush=True,
            )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
