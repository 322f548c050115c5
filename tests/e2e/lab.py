"""A real JupyterLab and a real browser for the end-to-end tests."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Browser, BrowserContext, Page, expect

PLAIN_HOST = "hub.example"
"""A name for this machine that is no secure context over plain http, as localhost is."""
CHROMIUM_FLAGS = [
    f"--host-resolver-rules=MAP {PLAIN_HOST} 127.0.0.1",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TIMEOUT = 60_000
SLOWED = int(os.environ.get("CVAT_WIDGETS_SLOWED", "1"))
"""How many times slower the browser computes: what only works on a fast machine shows."""
expect.set_options(timeout=20_000)
THEMES = ["light", "dark"] if os.environ.get("CVAT_WIDGETS_LOOKS") == "all" else ["light"]
"""Themes in which whole scenarios run; `test_looks.py` looks at both in any case."""


def chromium_path() -> str | None:
    """Return Debian's Chromium, or whatever is called Chrome here."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    return None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LabServer:
    """JupyterLab in a process of its own, on loopback, without a token."""

    def __init__(self, root: Path, home: Path) -> None:
        self.root = root
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.cookies = CookieJar()
        self.client = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        environment = os.environ | {
            "CVAT_WIDGETS_HOME": str(home),
            "JUPYTER_CONFIG_DIR": str(home / "config"),
            "JUPYTER_DATA_DIR": str(home / "data"),
            "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
            "IPYTHONDIR": str(home / "ipython"),
            "JUPYTER_PREFER_ENV_PATH": "1",
            "JUPYTERLAB_SETTINGS_DIR": str(home / "lab-settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(home / "lab-workspaces"),
        }
        quiet = home / "lab-settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
        quiet.parent.mkdir(parents=True)
        quiet.write_text('{"fetchNews": "false", "checkForUpdates": false}')
        self.log = (home / "jupyter.log").open("wb")
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={self.port}", "--allow-root",
                f"--ServerApp.root_dir={root}", "--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True",
                "--ServerApp.port_retries=0", f"--ServerApp.local_hostnames=['localhost', '{PLAIN_HOST}']",
                "--JupyterNotebookApp.expose_app_in_browser=True",
            ],
            cwd=root, env=environment, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        self._wait(home / "jupyter.log")

    def add_kernel(self, name: str, python: str) -> None:
        """Offer the kernel of another environment."""
        folder = self.home / "data" / "kernels" / name
        folder.mkdir(parents=True, exist_ok=True)
        command = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        (folder / "kernel.json").write_text(json.dumps({"argv": command, "display_name": name, "language": "python"}))

    def start_kernel(self, notebook: str, kernel: str) -> None:
        """Start the kernel of a notebook, which takes as long as the page that will use it."""
        wanted = {"path": notebook, "name": notebook, "type": "notebook", "kernel": {"name": kernel}}
        self._ask("POST", "sessions", wanted)

    def stop_kernels(self) -> None:
        """Have every kernel stopped: a page that is closed leaves its own running."""
        for session in self._ask("GET", "sessions"):
            threading.Thread(target=self._ask, args=("DELETE", f"sessions/{session['id']}")).start()

    def _ask(self, method: str, what: str, body: object = None) -> Any:
        """Ask the server's REST interface."""
        if not self.cookies:
            # A page brings the token without which nothing may be changed.
            self.client.open(f"{self.url}/lab", timeout=60).close()
        token = next(cookie.value for cookie in self.cookies if cookie.name == "_xsrf")
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/{what}", content, {"X-XSRFToken": token or ""}, method=method)
        with self.client.open(request, timeout=60) as answer:
            return json.loads(answer.read() or "null")

    def _wait(self, log: Path) -> None:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/api/status", timeout=2):
                    return
            except OSError:
                time.sleep(0.3)
        raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(errors='replace')[-3000:]}")

    def close(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(5)
        self.log.close()


class NotebookPage:
    """One notebook open in one browser tab."""

    def __init__(
        self, lab: LabServer, context: BrowserContext, name: str, *, theme: str = "light", size: tuple[int, int] | None = None
    ) -> None:
        self.lab = lab
        self.name = name
        self.theme = theme
        self.page: Page = context.new_page()
        if size:
            self.page.set_viewport_size({"width": size[0], "height": size[1]})
        self.page.set_default_timeout(TIMEOUT)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.load()
        if SLOWED > 1:
            context.new_cdp_session(self.page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})

    @property
    def address(self) -> str:
        """Where the notebook is."""
        return f"{self.lab.url}/lab/tree/{self.name}?reset"

    def load(self, fragment: str = "") -> None:
        """Open (or reload) the notebook and wait for its kernel; `fragment` goes behind the address."""
        self.page.goto(self.address + fragment)
        self.page.wait_for_function("() => window.jupyterapp && window.jupyterapp.shell.currentWidget?.sessionContext")
        self.page.evaluate(
            """async (theme) => {
                const app = window.jupyterapp;
                await app.restored;
                const current = app.shell.currentWidget;
                await current.sessionContext.ready;
                await current.revealed;
                app.shell.collapseLeft();
                const wanted = theme === "dark" ? "JupyterLab Dark" : "JupyterLab Light";
                await app.commands.execute("apputils:change-theme", { theme: wanted });
            }""",
            self.theme,
        )

    def run_all(self) -> None:
        """Run every cell and wait until the kernel is done."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")

    def execute(self, code: str) -> str:
        """Run code in the notebook's kernel, as a cell would, and return what it printed."""
        result = self.page.evaluate(
            """async (code) => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                const future = kernel.requestExecute({ code, store_history: false });
                let text = "";
                future.onIOPub = (message) => {
                    if (message.header.msg_type === "stream") text += message.content.text;
                    if (message.header.msg_type === "error") text += "ERROR " + message.content.traceback.join("\\n");
                };
                await future.done;
                return text;
            }""",
            code,
        )
        if result.startswith("ERROR"):
            raise AssertionError(result)
        return str(result)

    def start(self, code: str) -> None:
        """Start code in the kernel and do not wait for it."""
        self.page.evaluate(
            """(code) => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                kernel.requestExecute({ code, store_history: false }).done.catch(() => undefined);
            }""",
            code,
        )

    def restart_kernel(self) -> None:
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
        self.page.wait_for_function(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
        )

    @property
    def cell_count(self) -> int:
        return int(self.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length"))

    def screenshot(self, name: str) -> None:
        """Keep a picture for a person to look at."""
        folder = Path(__file__).parent / "screenshots"
        folder.mkdir(exist_ok=True)
        self.page.screenshot(path=folder / f"{name}.png")


def write_notebook(path: Path, cells: list[str], kernel: str = "python3") -> None:
    notebook: Any = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(code) for code in cells],
        metadata={"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}},
    )
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    nbformat.write(notebook, path)


__all__ = ["CHROMIUM_FLAGS", "PLAIN_HOST", "Browser", "LabServer", "NotebookPage", "chromium_path", "expect", "write_notebook"]
