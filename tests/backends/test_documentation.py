"""``docs/models.md``: its tables are those of the registry."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvat_widgets.backends.documentation import models_markdown, updated
from cvat_widgets.backends.failures import ModelError
from cvat_widgets.backends.registry import lines, register

DOCUMENT = Path(__file__).parents[2] / "docs" / "models.md"


def test_the_tables_are_up_to_date() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert updated(text) == text, "run: python -m cvat_widgets.backends.documentation docs/models.md"


def test_every_model_of_the_package_is_there_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cvat_widgets.backends.registry._BACKENDS", {each.name: each for each in lines()})
    register("a-users-own", lambda: None, kind="detector")
    text = models_markdown()
    assert all(f"| `{each.name}` |" in text for each in lines() if isinstance(each.factory, str))
    assert "a-users-own" not in text


def test_a_document_without_a_place_for_them_is_refused() -> None:
    with pytest.raises(ModelError, match="no place"):
        updated("# Models\n")
