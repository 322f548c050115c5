"""``df.cvat`` is there as soon as pandas and anything of the package are, and pandas is not loaded for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

ROWS = "rows = pd.DataFrame({'type': ['rectangle'], 'points': [[0, 0, 4, 5]]})"
SHOWN = "print(rows.cvat.area.tolist())"


@pytest.mark.parametrize(
    "lines",
    [
        ["import pandas as pd", "import cvat_widgets as cw", ROWS, SHOWN],
        ["import cvat_widgets as cw", "assert 'pandas' not in __import__('sys').modules", "import pandas as pd", ROWS,
         "cw.inspect", SHOWN],
    ],
    ids=["pandas-first", "package-first"],
)  # fmt: skip
def test_rows_have_their_geometry(lines: list[str]) -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-c", "; ".join(lines)], capture_output=True, text=True, timeout=120)
    assert (done.stdout.strip(), done.stderr) == ("[20.0]", "")
