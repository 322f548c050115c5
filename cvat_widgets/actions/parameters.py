"""What can be set about an action: one class a kind of field, each checks what it is given."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cvat_widgets.errors import CvatWidgetsError

__all__ = ["ActionError", "Checkbox", "Number", "Parameter", "Select", "checked_values"]


class ActionError(CvatWidgetsError):
    """An action is not known, wrongly declared, or was given what it cannot use; nothing was changed."""


def _title(name: str, label: str) -> str:
    return label or name.replace("_", " ").capitalize()


@dataclass(frozen=True)
class Select:
    """One of some texts.

    Parameters
    ----------
    name
        What the function calls it: a Python name.
    choices
        The texts.
    default
        By default the first choice.
    label
        What the dialog calls it; by default made of the name.
    """

    name: str
    choices: Sequence[str]
    default: str | None = None
    label: str = ""

    def checked(self, value: object) -> str:
        """Return a value that can be used, or raise :class:`ActionError`."""
        if value is None:
            return self.default or self.choices[0]
        if value not in self.choices:
            raise ActionError(
                f"{value!r:.60} is not a choice", where=f"parameter {self.name}", hint=f"Use one of {', '.join(self.choices)}"
            )
        return str(value)

    def to_wire(self) -> dict[str, Any]:
        """Return what the dialog needs."""
        return {
            "kind": "select", "name": self.name, "label": _title(self.name, self.label), "choices": list(self.choices),
            "default": self.checked(None),
        }  # fmt: skip


@dataclass(frozen=True)
class Number:
    """A number in a range. With a whole step, values are whole.

    Parameters
    ----------
    name
        What the function calls it: a Python name.
    low, high
        The range, both included.
    step
        Step of the field.
    default
        By default the lowest value, for a frame the last one of the job.
    label
        What the dialog calls it; by default made of the name.
    role
        ``frame``: it is the number of a frame, and the range is that of the job.
    """

    name: str
    low: float = 0
    high: float = 1_000_000_000
    step: float = 1
    default: float | None = None
    label: str = ""
    role: Literal["number", "frame"] = "number"

    def checked(self, value: object) -> float:
        """Return a value that can be used, or raise :class:`ActionError`."""
        if value is None:
            value = self.low if self.default is None else self.default
        where = f"parameter {self.name}"
        if isinstance(value, bool) or not hasattr(value, "__float__"):
            raise ActionError(f"{value!r:.60} is not a number", where=where)
        number = float(value)
        if not (math.isfinite(number) and self.low <= number <= self.high):
            raise ActionError(f"{number:g} is not from {self.low:g} to {self.high:g}", where=where)
        if isinstance(self.step, int):
            if number != int(number):
                raise ActionError(f"{number:g} is not a whole number", where=where)
            return int(number)
        return number

    def to_wire(self) -> dict[str, Any]:
        """Return what the dialog needs."""
        default = self.default if self.default is not None or self.role == "frame" else self.low
        return {
            "kind": "number", "name": self.name, "label": _title(self.name, self.label), "low": self.low, "high": self.high,
            "step": self.step, "default": default, "role": self.role,
        }  # fmt: skip


@dataclass(frozen=True)
class Checkbox:
    """Yes or no.

    Parameters
    ----------
    name
        What the function calls it: a Python name.
    default
        What it is at first.
    label
        What the dialog calls it; by default made of the name.
    """

    name: str
    default: bool = False
    label: str = ""

    def checked(self, value: object) -> bool:
        """Return a value that can be used, or raise :class:`ActionError`."""
        if value is None:
            return self.default
        if not isinstance(value, bool):
            raise ActionError(f"{value!r:.60} is not True or False", where=f"parameter {self.name}")
        return value

    def to_wire(self) -> dict[str, Any]:
        """Return what the dialog needs."""
        return {
            "kind": "checkbox", "name": self.name, "label": _title(self.name, self.label), "default": self.default,
        }  # fmt: skip


Parameter = Select | Number | Checkbox


def checked_values(parameters: Sequence[Parameter], given: Mapping[str, object], last_frame: int) -> dict[str, Any]:
    """Return a value for every parameter.

    Raises
    ------
    ActionError
        A name is not known, or a value cannot be used.
    """
    names = [parameter.name for parameter in parameters]
    unknown = [name for name in given if name not in names]
    if unknown:
        hint = f"There are {', '.join(names)}" if names else "This action has none"
        raise ActionError(f"there is no parameter {unknown[0]!r}", hint=hint)
    values: dict[str, Any] = {}
    for parameter in parameters:
        value = given.get(parameter.name)
        if value is None and isinstance(parameter, Number) and parameter.role == "frame" and parameter.default is None:
            value = last_frame
        values[parameter.name] = parameter.checked(value)
    return values
