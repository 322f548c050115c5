"""The documentation holds together: every page is in the menu, every link leads somewhere, and the site builds without a warning."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
LARGEST = {".png": 200_000, ".gif": 1_000_000, ".webm": 1_000_000}


def prose(path: Path) -> str:
    """The text without what stands in blocks and spans of code."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "", text)


def test_every_page_is_in_the_menu() -> None:
    menu = re.findall(r"^ +- .*: (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(menu) == [page.relative_to(DOCS).as_posix() for page in PAGES]


@pytest.mark.parametrize("path", [*PAGES, ROOT / "README.md"], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file(path: Path) -> None:
    links = [link for link in LINK.findall(prose(path)) if not link.startswith(("https://", "#"))]
    missing = [link for link in links if not (path.parent / link.partition("#")[0]).exists()]
    assert missing == []


def test_every_link_of_a_notebook_leads_to_a_file() -> None:
    nbformat = pytest.importorskip("nbformat")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        texts = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"]
        links = [link for text in texts for link in LINK.findall(text) if "://" not in link]
        assert [link for link in links if not (path.parent / link.partition("#")[0]).exists()] == [], path.name


def test_pictures_are_small_and_shown() -> None:
    shown = {(page.parent / link).resolve() for page in PAGES for link in LINK.findall(prose(page))}
    for path in sorted((DOCS / "images").iterdir()):
        assert path.stat().st_size < LARGEST[path.suffix], path.name
        assert path.resolve() in shown, f"no page shows {path.name}"


def test_code_of_the_guides_is_python() -> None:
    """An example that does not compile helps nobody."""
    for page in [*(DOCS / "how-to").glob("*.md"), *(DOCS / "workspaces").glob("*.md"), DOCS / "getting-started.md"]:
        for code in re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            compile(code, page.name, "exec")


def test_names_in_the_guides_exist() -> None:
    import cvat_widgets as cw

    for page in PAGES:
        for name in re.findall(r"\bcw\.((?:[A-Za-z]\w*)(?:\.[a-z]\w*)?)", page.read_text(encoding="utf-8")):
            first, _, second = name.partition(".")
            assert hasattr(cw, first), f"{page.name}: cw.{first}"
            assert not second or hasattr(getattr(cw, first), second), f"{page.name}: cw.{name}"


def test_the_site_builds_without_a_warning_and_fetches_nothing(tmp_path: Path) -> None:
    for package in ("mkdocs", "material", "mkdocstrings"):
        pytest.importorskip(package)
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    page = tmp_path / "site" / "reference" / "tasks.html"
    reference = page.read_text(encoding="utf-8")
    assert "segment_size" in reference, "the reference has the parameters of Task.create"
    assert 'id="cvat_widgets.task.Task.annotate"' in reference, "and what Task inherits"
    assert ":meth:" not in reference
    for path in (tmp_path / "site").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        fetched = re.findall(r"<(?:script|img|iframe|video|source)\b[^>]*\bsrc=[\"']?(?:https?:)?//[^\"' >]+", text)
        fetched += re.findall(r"<link\b[^>]*\brel=[\"']?(?:stylesheet|preconnect|preload)[^>]*(?:https?:)?//[^\"' >]+", text)
        assert fetched == [], path.name
        assert 'data-md-component="source"' not in text, "the theme asks the host of a repository for its stars"
