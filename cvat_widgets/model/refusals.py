"""Operations that cannot be done, each with a key that the front end and the tests know it by."""

from __future__ import annotations

from cvat_widgets.errors import AnnotationError

__all__ = ["OperationError"]


class OperationError(AnnotationError):
    """An operation on objects is refused; nothing was changed.

    Parameters
    ----------
    key
        Why, in one word, the same in Python and in the front end (``labels``, ``overlap``, ``holes``, ...).
    what, where, hint
        As for every error.
    """

    def __init__(self, key: str, what: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(what, where=where, hint=hint)
        self.key = key
