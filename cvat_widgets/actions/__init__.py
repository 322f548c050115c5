"""Actions on the objects of many frames. ``cw.actions()`` lists them, ``cw.action`` adds one, ``task.run_action`` runs one."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

from cvat_widgets.actions.parameters import ActionError, Checkbox, Number, Parameter, Select
from cvat_widgets.actions.registry import Action, action, actions_table, find_action, register, registered
from cvat_widgets.actions.running import ActionResult, Chosen, Scene, plan_action

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Action",
    "ActionError",
    "ActionResult",
    "Checkbox",
    "Chosen",
    "Number",
    "Parameter",
    "Scene",
    "Select",
    "action",
    "actions_table",
    "find_action",
    "plan_action",
    "register",
    "registered",
]


class _CallableModule(ModuleType):
    """``cw.actions()`` is the list of actions, ``cw.actions.Number`` and the rest are in here, too."""

    def __call__(self) -> pd.DataFrame:
        return actions_table()


sys.modules[__name__].__class__ = _CallableModule
