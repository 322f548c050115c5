"""Dataset formats: one module each, and a registry. ``cw.formats()`` lists them."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

from cvat_widgets.formats.collecting import Collector
from cvat_widgets.formats.conversion import convert, read_dataset, write_dataset
from cvat_widgets.formats.dataset import Dataset
from cvat_widgets.formats.fitting import fit_to_task
from cvat_widgets.formats.importing import rows_for_task
from cvat_widgets.formats.loss import LossWarning
from cvat_widgets.formats.matching import match_frames, remap
from cvat_widgets.formats.registry import Format, find_format, formats_table, register

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Collector",
    "Dataset",
    "Format",
    "LossWarning",
    "convert",
    "find_format",
    "fit_to_task",
    "formats_table",
    "match_frames",
    "read_dataset",
    "register",
    "remap",
    "rows_for_task",
    "write_dataset",
]


class _CallableModule(ModuleType):
    """``cw.formats()`` is the list of formats, ``cw.formats.register`` and the rest are in here, too."""

    def __call__(self) -> pd.DataFrame:
        return formats_table()


sys.modules[__name__].__class__ = _CallableModule
