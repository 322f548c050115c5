"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# No test asserts how long something takes; speed has its place in bench/.
settings.register_profile("without deadline", deadline=None)
settings.load_profile("without deadline")

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = Path(__file__).resolve().parent / "golden"


@pytest.fixture(scope="session")
def golden() -> Path:
    """Folder of the golden files that pytest and vitest both read."""
    return GOLDEN


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real media, formats and weights beside the project; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("CVAT_WIDGETS_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the folder of real test data is not there: {folder}")
    return folder


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test touches the user's own store."""
    monkeypatch.setenv("CVAT_WIDGETS_HOME", str(tmp_path_factory.mktemp("home")))
