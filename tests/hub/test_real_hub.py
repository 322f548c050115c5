"""The scenario of :mod:`tests.hub.run` as a test, where it is asked for: it takes a minute or two."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from tests.hub import run


@pytest.mark.slow
def test_two_people_on_a_real_hub(tmp_path: Path) -> None:
    if not os.environ.get("CVAT_WIDGETS_HUB"):
        pytest.skip("set CVAT_WIDGETS_HUB=1 to run a JupyterHub")
    for name in ("jupyterhub", "jupyterlab", "playwright"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed")
    if run.proxy_command() is None:
        pytest.skip("configurable-http-proxy is not installed: npm install configurable-http-proxy")
    with run.running(tmp_path) as hub:
        run.play(hub)
