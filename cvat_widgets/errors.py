"""Errors a user of the package can meet.

Every error says three things: what was wrong, where it is (a file, a line, an item), and what to do about it.
"""

from __future__ import annotations

__all__ = [
    "AnnotationError",
    "ConflictError",
    "CvatWidgetsError",
    "FormatError",
    "LabelError",
    "MediaError",
    "MissingExtraError",
    "NotFoundError",
    "ProtocolError",
    "StoreError",
]


class CvatWidgetsError(Exception):
    """Base of every error raised on purpose by this package.

    Parameters
    ----------
    what
        One sentence: what was wrong.
    where
        The place: a file, ``file:line``, an archive member, a row or an object.
    hint
        One sentence: what the user can do about it.
    """

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None) -> None:
        self.what = what
        self.where = where
        self.hint = hint
        parts = [f"{where}: {what}" if where else what]
        if hint:
            parts.append(hint)
        super().__init__(" ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in parts))


class LabelError(CvatWidgetsError):
    """A label or attribute definition is wrong, or names something that does not exist."""


class AnnotationError(CvatWidgetsError):
    """A shape, track or tag is not valid (point count, NaN, unknown label, frame out of range)."""


class MediaError(CvatWidgetsError):
    """An image, video or archive cannot be read."""


class FormatError(CvatWidgetsError):
    """A dataset file cannot be read or written."""


class StoreError(CvatWidgetsError):
    """The annotation store cannot be opened, read or written."""


class NotFoundError(StoreError):
    """A task, job or object that was asked for does not exist."""


class ConflictError(StoreError):
    """An edit was made on a state that somebody else has changed meanwhile."""


class ProtocolError(CvatWidgetsError):
    """A message from the browser is malformed."""


class MissingExtraError(CvatWidgetsError):
    """An optional dependency is needed; the text names the extra to install."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package {package!r}, which is not installed",
            hint=f"Install it with: pip install 'cvat-widgets[{extra}]'",
        )
