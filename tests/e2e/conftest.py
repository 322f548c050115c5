"""Fixtures of the end-to-end tests: one JupyterLab and one Chromium a session, a fresh store and tab a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

playwright_api = pytest.importorskip("playwright.sync_api")
pytest.importorskip("jupyterlab")

from tests.e2e.lab import CHROMIUM_FLAGS, LabServer, NotebookPage, chromium_path, write_notebook  # noqa: E402

STATIC = Path(__file__).resolve().parents[2] / "cvat_widgets" / "static" / "annotator.js"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e" in str(item.path):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    if not STATIC.exists():
        pytest.fail("The front end is not built: run npm run build")
    server = LabServer(tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("lab-home"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[playwright_api.Browser]:
    path = chromium_path()
    if path is None:
        pytest.fail("Chromium is not installed: apt-get install -y chromium")
    with playwright_api.sync_playwright() as playwright:
        instance = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield instance
        instance.close()


@pytest.fixture(scope="session")
def shared_context(browser: playwright_api.Browser) -> Iterator[playwright_api.BrowserContext]:
    """One browser context, so that JupyterLab's files come out of its cache from the second test on."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def open_notebook(
    lab: LabServer,
    browser: playwright_api.Browser,
    shared_context: playwright_api.BrowserContext,
    request: pytest.FixtureRequest,
) -> Iterator[Callable[..., NotebookPage]]:
    """Write a notebook from code cells, open it in a tab, and return the tab; with ``alone``, in a context of its own."""
    contexts: list[playwright_api.BrowserContext] = []
    tabs: list[NotebookPage] = []

    def opened(
        cells: list[str] | None,
        *,
        name: str | None = None,
        theme: str = "light",
        width: int = 1500,
        height: int = 950,
        kernel: str = "python3",
        alone: bool = False,
    ) -> NotebookPage:
        file_name = name or f"{request.node.name.replace('[', '-').replace(']', '')}.ipynb"
        if cells is not None:
            write_notebook(lab.root / file_name, cells, kernel)
        if alone:
            contexts.append(browser.new_context())
        lab.start_kernel(file_name, kernel)
        context = contexts[-1] if alone else shared_context
        tabs.append(NotebookPage(lab, context, file_name, theme=theme, size=(width, height)))
        return tabs[-1]

    yield opened
    for tab in tabs:
        tab.page.close()
    for context in contexts:
        context.close()
    lab.stop_kernels()
