"""The actions there are; :func:`action` adds one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from cvat_widgets.actions.parameters import ActionError, Checkbox, Number, Parameter, Select
from cvat_widgets.model.changes import Edit

if TYPE_CHECKING:
    import pandas as pd

    from cvat_widgets.actions.running import Chosen

__all__ = ["KINDS", "Action", "Kind", "action", "actions_table", "find_action", "register", "registered"]

Kind = Literal["shape", "track", "tag"]
KINDS: tuple[Kind, ...] = ("shape", "track", "tag")
_RESERVED = frozenset(["frames", "filter", "ids", "name", "progress", "cancelled", "self", "context"])
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Action:
    """Something that is done to the objects of many frames, in one undo step.

    Parameters
    ----------
    name
        What menus call it.
    plan
        ``plan(chosen, values)`` returns the edit for the objects of one frame (of all frames, if ``per`` is ``"all"``).
    parameters
        What can be set.
    kinds
        Which objects it takes: ``shape``, ``track``, ``tag``.
    per
        ``"frame"``: called for one frame after another; ``"all"``: called once; ``"one"``: works from one frame only.
    description
        One sentence for the dialog.
    """

    name: str
    plan: Callable[[Chosen, dict[str, Any]], Edit]
    parameters: tuple[Parameter, ...] = ()
    kinds: frozenset[Kind] = frozenset(["shape"])
    per: Literal["frame", "all", "one"] = "frame"
    description: str = ""

    def to_wire(self) -> dict[str, Any]:
        """Return what the dialog needs."""
        return {
            "name": self.name,
            "description": self.description,
            "kinds": [kind for kind in KINDS if kind in self.kinds],
            "per": self.per,
            "parameters": [parameter.to_wire() for parameter in self.parameters],
        }


_ACTIONS: dict[str, Action] = {}


def register(new: Action) -> Action:
    """Add an action; one of the same name is replaced, so that a cell can be run again."""
    if not new.name.strip():
        raise ActionError("an action needs a name")
    where = f"action {new.name!r}"
    names = [parameter.name for parameter in new.parameters]
    for name in names:
        if not name.isidentifier() or name in _RESERVED or names.count(name) > 1:
            raise ActionError(f"{name!r} cannot be the name of a parameter", where=where, hint="Use another Python name")
    for parameter in new.parameters:
        if isinstance(parameter, Select) and not parameter.choices:
            raise ActionError(f"the parameter {parameter.name!r} has no choices", where=where)
        parameter.checked(None)  # a default that cannot be used is found now, not when somebody runs it
    if not new.kinds or not new.kinds <= set(KINDS):
        raise ActionError(f"objects are of the kinds {', '.join(KINDS)}", where=where)
    _ACTIONS[new.name] = new
    return new


def registered() -> list[Action]:
    """Return all actions, those built in first."""
    _load()
    return list(_ACTIONS.values())


def find_action(name: str) -> Action:
    """Return an action by its name, upper and lower case alike.

    Raises
    ------
    ActionError
        There is none; the text lists those there are.
    """
    for each in registered():
        if each.name.casefold() == name.casefold():
            return each
    raise ActionError(f"there is no action {name!r}", hint=f"There are {', '.join(each.name for each in registered())}")


def _load() -> None:
    import cvat_widgets.actions.builtin  # noqa: F401  # registers the actions that come with the package


def action(
    name: str,
    *parameters: Parameter,
    kinds: Iterable[Kind] = ("shape",),
    per: Literal["frame", "all"] = "frame",
    description: str = "",
) -> Callable[[Function], Function]:
    """Make an action of a function.

    Parameters
    ----------
    name
        What menus and :meth:`Task.run_action` call it.
    *parameters
        :class:`Select`, :class:`Number` or :class:`Checkbox`; the function gets their values by name.
    kinds
        Which objects it takes: ``shape``, ``track`` (as it looks on each frame), ``tag``.
    per
        ``"frame"``: the function gets the objects of one frame after another, and can be stopped in between; ``"all"``: it gets
        everything at once.
    description
        One sentence for the dialog; by default the first line of the function's docstring.

    Returns
    -------
    callable
        A decorator; the function itself stays as it is. It takes a DataFrame with the columns of
        :meth:`Task.to_frame` and returns ``None``, a DataFrame of rows to update, or a dict with ``add``, ``update``
        (DataFrames) and ``remove`` (ids).

    Examples
    --------
    >>> import cvat_widgets as cw
    >>> @cw.action("Grow", cw.actions.Number("pixels", 1, 50))
    ... def grow(rows, pixels):
    ...     return rows.assign(points=[p + [-pixels, -pixels, pixels, pixels] for p in rows["points"]])
    """

    def declare(function: Function) -> Function:
        lines = (inspect.getdoc(function) or "").splitlines()
        # Imported here: what runs a function on tables stands on what is declared in this file.
        from cvat_widgets.actions.running import plan_with

        _load()  # the actions that come with the package are listed first
        register(
            Action(
                name=name,
                plan=plan_with(function),
                parameters=parameters,
                kinds=frozenset(kinds),
                per=per,
                description=description or (lines[0] if lines else ""),
            )
        )
        return function

    return declare


def actions_table() -> pd.DataFrame:
    """Return the actions as a DataFrame: ``name``, ``kinds``, ``parameters``, ``description``."""
    import pandas as pd

    rows = [
        {
            "name": each.name,
            "kinds": ", ".join(kind for kind in KINDS if kind in each.kinds),
            "parameters": ", ".join(_written(parameter) for parameter in each.parameters),
            "description": each.description,
        }
        for each in registered()
    ]
    return pd.DataFrame(rows, columns=["name", "kinds", "parameters", "description"])


def _written(parameter: Parameter) -> str:
    if isinstance(parameter, Select):
        return f"{parameter.name}={'|'.join(parameter.choices)}"
    if isinstance(parameter, Checkbox):
        return f"{parameter.name}={parameter.default}"
    if isinstance(parameter, Number) and parameter.role == "frame":
        return f"{parameter.name}=<frame>"
    return f"{parameter.name}={parameter.low:g}..{parameter.high:g}"
