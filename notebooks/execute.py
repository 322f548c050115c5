"""Run notebooks and keep what they show, small enough for a repository.

    python notebooks/execute.py                 # all of them
    python notebooks/execute.py 05 07           # those whose names begin so

Every notebook runs in a folder of its own with an empty store. What is kept renders on GitHub: texts, tables and still
pictures. What needs a kernel (widgets) and what differs from run to run (times, counters of memory) is left out.
"""

from __future__ import annotations

import base64
import io
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from PIL import Image

HERE = Path(__file__).resolve().parent
LIMIT = 300_000
"""Most bytes of a notebook with its outputs; the tests hold it."""
_WIDTH = 900
_AS_PNG = 30_000


def smaller(png: str) -> dict[str, str]:
    """Return a picture as it is kept: drawings as PNG with a palette, photographs as JPEG; no wider than 900 pixels."""
    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    if picture.width > _WIDTH:
        picture = picture.resize((_WIDTH, round(picture.height * _WIDTH / picture.width)), Image.Resampling.LANCZOS)
    drawing, photograph = io.BytesIO(), io.BytesIO()
    picture.quantize(128, dither=Image.Dither.NONE).save(drawing, "PNG", optimize=True)
    if drawing.tell() <= _AS_PNG:
        return {"image/png": base64.b64encode(drawing.getvalue()).decode()}
    picture.save(photograph, "JPEG", quality=82, optimize=True)
    return {"image/jpeg": base64.b64encode(photograph.getvalue()).decode()}


def kept(output: Any) -> Any | None:
    """Return an output as it is kept, ``None`` if nothing of it is."""
    data = output.get("data")
    if data is None:
        return None if output.output_type == "stream" and output.name == "stderr" else output
    widget = data.pop("application/vnd.jupyter.widget-view+json", None)
    if widget is not None and not {"image/png", "image/jpeg"} & set(data):
        return None  # a bar of progress
    if widget is not None:
        data["text/plain"] = str(data.get("text/plain", ""))[:200]
    if "image/png" in data:
        data.update(smaller(data.pop("image/png")))
        data["text/plain"] = str(data.get("text/plain", ""))[:200]
    output["metadata"] = {}
    return output if data else None


def execute(path: Path) -> int:
    """Run a notebook, write it back, and return how many bytes it has."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory(prefix="cvat-widgets-notebook-") as folder:
        os.environ["CVAT_WIDGETS_HOME"] = str(Path(folder) / "home")
        os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
        NotebookClient(
            notebook, timeout=170, kernel_name="python3", record_timing=False, resources={"metadata": {"path": folder}}
        ).execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [each for output in cell.outputs if (each := kept(output)) is not None]
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    nbformat.write(notebook, path)
    return path.stat().st_size


def main() -> int:
    """Run the notebooks named on the command line."""
    wanted = tuple(sys.argv[1:]) or ("",)
    too_large = False
    for path in sorted(HERE.glob("*.ipynb")):
        if path.name.startswith(wanted):
            size = execute(path)
            too_large |= size > LIMIT
            print(f"{path.name}: {size / 1000:.0f} KB{', which is too much' if size > LIMIT else ''}")
    return int(too_large)


if __name__ == "__main__":
    sys.exit(main())
