"""A real JupyterHub on loopback: an annotator and a reviewer at work on one job at the same time, in two browsers.

``python -m tests.hub.run [--keep] [--screenshots FOLDER]`` needs jupyterhub, jupyterlab, Playwright, Chromium and
configurable-http-proxy (on the path, or named by ``CVAT_WIDGETS_PROXY``: ``npm install configurable-http-proxy``). With
PostgreSQL installed the store is a database, else a file.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
PASSWORD = "scenario"  # of a hub that lives for a minute, on loopback

ANNOTATE = """import cvat_widgets as cw
task = cw.Task.open("street")
job = task.jobs.where(assignee=task.user)[0] if task.user == "ann" else task.jobs[0]
widget = cw.Annotator(job)
widget"""


def proxy_command() -> str | None:
    """Return the program of the hub's proxy, ``None`` if it is not installed."""
    return os.environ.get("CVAT_WIDGETS_PROXY") or shutil.which("configurable-http-proxy")


class Hub:
    """A running hub with the service."""

    def __init__(self, root: Path, store: str, media: Path) -> None:
        from tests.hub.running import free_port

        self.root = root
        self.token = secrets.token_hex(16)
        self.ports = {name: free_port() for name in ("hub", "api", "proxy", "service")}
        self.url = f"http://127.0.0.1:{self.ports['hub']}"
        self.store_url = f"{self.url}/services/cvat-widgets"
        given = {
            "root": str(root), "ports": self.ports, "proxy": proxy_command(), "password": PASSWORD, "store": store,
            "media": str(media), "token": self.token, "repository": str(REPOSITORY),
        }  # fmt: skip
        environment = os.environ | {
            "CVAT_WIDGETS_SCENARIO": json.dumps(given),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(REPOSITORY),
        }
        for name in ("JUPYTERHUB_API_TOKEN", "CVAT_WIDGETS_TOKEN", "CVAT_WIDGETS_STORE"):
            environment.pop(name, None)
        self.log = (root / "hub.log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", str(Path(__file__).with_name("jupyterhub_config.py"))],
            cwd=root, env=environment, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        self.wait(lambda: self.answers("/hub/api") and self.answers("/services/cvat-widgets/api/health"), 120)

    def wait(self, condition: Any, seconds: float = 60) -> Any:
        """Wait until something is so."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            found = condition()
            if found:
                return found
            time.sleep(0.2)
        said = (self.root / "hub.log").read_text(errors="replace")[-4000:]
        raise AssertionError(f"It did not come to that. The hub says:\n{said}")

    def answers(self, path: str) -> bool:
        try:
            with urllib.request.urlopen(self.url + path, timeout=5):
                return True
        except OSError:
            return False

    def api(self, verb: str, path: str, body: Any = None) -> Any:
        """Ask the hub, as somebody who may do everything there."""
        request = urllib.request.Request(
            f"{self.url}/hub/api/{path}", method=verb, data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.token}", "Content-Type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def token_of(self, person: str) -> str:
        with contextlib.suppress(urllib.error.HTTPError):
            self.api("POST", f"users/{person}")
        return str(self.api("POST", f"users/{person}/tokens", {"note": "scenario"})["token"])

    def service_pid(self) -> int:
        return int(self.api("GET", "services/cvat-widgets")["pid"])

    def close(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(30)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.log.close()


@contextlib.contextmanager
def running(root: Path) -> Iterator[Hub]:
    """Run a hub whose store is PostgreSQL, if that is installed."""
    from tests.store.postgresql_server import binaries, server

    with contextlib.ExitStack() as stack:
        store = stack.enter_context(server()).database() if binaries() else str(root / "store.sqlite")
        media = root / "media"
        media.mkdir()
        hub = Hub(root, store, media)
        stack.callback(hub.close)
        yield hub


def set_up(hub: Hub) -> None:
    """What a maintainer does: make a task of two jobs with a ground truth, and give the first to the annotator."""
    import cvat_widgets as cw
    from cvat_widgets.store.remote import Remote
    from cvat_widgets.store.service_connection import ServiceDatabase

    video = shutil.copy(cw.samples.street().path, hub.root / "media")
    with Remote(ServiceDatabase(hub.store_url, token=hub.token_of("maint"))) as store:
        assert (store.identity, store.role) == ("maint", "maintainer")
        task = cw.Task.create("street", video, labels=["car", "person", "bicycle"], segment_size=60, store=store)
        task.jobs[0].assignee = "ann"
        task.create_ground_truth("manual", frames=[3]).add(
            [{"frame": 3, "label": "car", "type": "rectangle", "points": [352, 206, 486, 260]}]
        )


class Lab:
    """The server of one user, as :class:`tests.e2e.lab.NotebookPage` wants it."""

    def __init__(self, url: str) -> None:
        self.url = url


def notebook_of(hub: Hub, browser: Any, person: str) -> Any:
    """Log in as somebody in a browser of their own, let the hub start their server, open their notebook."""
    from tests.e2e.lab import NotebookPage, write_notebook

    home = hub.root / "home" / person
    home.mkdir(parents=True)
    write_notebook(home / "work.ipynb", [ANNOTATE])
    quiet = home / ".jupyter/lab/user-settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True)
    quiet.write_text('{"fetchNews": "false", "checkForUpdates": false}')
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{hub.url}/hub/login")
    page.fill("#username_input", person)
    page.fill("#password_input", PASSWORD)
    page.click("#login_submit")
    page.wait_for_url(f"**/user/{person}/lab**")
    page.close()
    return NotebookPage(Lab(f"{hub.url}/user/{person}"), context, "work.ipynb")


REFUSED = """
import os
os.environ["JUPYTERHUB_USER"] = "maint"
import cvat_widgets as cw
from cvat_widgets.errors import StoreError
from cvat_widgets.model.changes import Edit

def tried(call):
    try:
        call()
    except StoreError as error:
        return "refused" if "does not allow" in str(error) else f"odd: {error}"
    return "done"

task = cw.Task.open("street")
own, other, *_ = task.jobs
box = dict(frame=70, label="car", type="rectangle", points=[1, 2, 30, 40])
print(task.user, task.store.role, task.ground_truth, len(task.validation_frames()), sorted({job.type for job in task.jobs}))
print(
    tried(lambda: other.add(box)), tried(lambda: task.add(box)), tried(lambda: setattr(own, "stage", "acceptance")),
    tried(lambda: task.store.commit(task.id, Edit(), job_id=own.id, author="maint")), tried(lambda: own.open_issue(0, (1, 1), "no")),
)
"""


def scenario(hub: Hub, ann: Any, rev: Any, look: Any) -> None:
    """Annotate and review at the same time.

    Parameters
    ----------
    ann, rev
        The notebooks of the two.
    look
        Called with a name, to take pictures of both.
    """
    from tests.e2e.annotator import AnnotatorPage

    for page in (ann, rev):
        page.run_all()
    one, two = AnnotatorPage(ann), AnnotatorPage(rev)
    look("1-both-open")

    # What one draws the other sees, at once and both ways.
    one.focus()
    one.draw_box((352, 206, 486, 260))
    one.draw_box((196, 222, 246, 352))
    one.saved()
    two.wait("[...editor.document.all()].length === 2")
    two.focus()
    two.draw_box((60, 180, 90, 250))
    two.saved()
    one.wait("[...editor.document.all()].length === 3")
    assert rev.execute("print(sorted(set(task.log()['author'])))").strip() == "['ann', 'maint', 'rev']"
    look("2-both-drew")

    # An issue, answered, resolved.
    rev.execute("issue = job.open_issue(0, (352, 206, 486, 260), 'Is this one parked?')")
    ann.execute("issue = job.issue(int(job.issues['id'][0])); issue.comment('Yes, it is.')")
    assert "parked" in ann.execute("print(issue.comments)")
    assert "Yes, it is." in rev.execute("issue = job.issue(issue.id); print(issue.comments)")
    for page in (ann, rev):
        page.page.get_by_role("tab", name="Issues").click()
        page.page.get_by_text("Is this one parked?").first.wait_for()
    look("3-issue")
    rev.execute("issue.resolve()")

    # What an annotator must not do, whatever the kernel says of itself.
    told = ann.execute(REFUSED).strip().split("\n")
    assert told == ["ann annotator None 0 ['annotation']", " ".join(["refused"] * 5)], told
    assert rev.execute("print(task.ground_truth is not None)").strip() == "True"

    # The service is killed while somebody draws: the hub starts it again, and nothing is lost.
    before = hub.service_pid()
    os.kill(before, signal.SIGKILL)
    one.focus()
    one.draw_box((410, 70, 500, 150))
    hub.wait(lambda: hub.answers("/services/cvat-widgets/api/health"), 90)
    one.saved()
    two.wait("[...editor.document.all()].length === 4")
    assert rev.execute("print(len(job.shapes))").strip() == "4"
    look("4-after-restart")

    # The work goes through its stages.
    ann.execute("job.state = 'completed'")
    rev.execute("job.stage = 'validation'")
    assert "refused" in ann.execute(
        "from cvat_widgets.errors import StoreError\n"
        "try:\n    job.add(dict(frame=1, label='car', type='rectangle', points=[1, 2, 30, 40]))\n"
        "except StoreError as error:\n    print('refused', error)"
    )
    rev.execute("job.accept()")
    assert ann.execute("print(task.jobs[0].stage, task.jobs[0].state)").strip() == "acceptance completed"

    # Somebody who leaves a group has its role no longer than the service remembers, half a minute.
    hub.api("DELETE", "groups/reviewers/users", {"users": ["rev"]})
    role = "try:\n    task.store.tasks(); print('known')\nexcept StoreError as error:\n    print(error)"
    rev.execute("from cvat_widgets.errors import StoreError")
    hub.wait(lambda: "'rev' is in no group with a role here" in rev.execute(role), 60)
    assert ann.execute(role).strip() == "known"
    assert not ann.errors, ann.errors
    assert not rev.errors, rev.errors


def main() -> int:
    parser = argparse.ArgumentParser(description="An annotator and a reviewer on a real JupyterHub.")
    parser.add_argument("--screenshots", type=Path, help="where to put pictures of the two browsers")
    parser.add_argument("--keep", action="store_true", help="leave the hub running until Ctrl-C, to try it")
    options = parser.parse_args()
    if proxy_command() is None:
        print("configurable-http-proxy is not installed: npm install configurable-http-proxy, then set CVAT_WIDGETS_PROXY")
        return 2
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, running(Path(folder)) as hub:
        play(hub, options.screenshots)
        print("done: everything went as it should")
        if options.keep:
            print(f"The hub is at {hub.url}; users ann, rev, maint, boss; the password is {PASSWORD!r}")
            with contextlib.suppress(KeyboardInterrupt):
                hub.process.wait()
    return 0


def play(hub: Hub, screenshots: Path | None = None) -> None:
    """Run the scenario in two browsers."""
    from playwright.sync_api import sync_playwright

    from tests.e2e.lab import CHROMIUM_FLAGS, chromium_path

    started = time.monotonic()
    set_up(hub)
    with sync_playwright() as playwright:
        browsers = [playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS) for _ in range(2)]
        ann, rev = (notebook_of(hub, browser, person) for browser, person in zip(browsers, ("ann", "rev"), strict=True))

        def look(name: str) -> None:
            print(f"{time.monotonic() - started:6.1f} s  {name}", flush=True)
            if screenshots:
                screenshots.mkdir(parents=True, exist_ok=True)
                for person, page in (("ann", ann), ("rev", rev)):
                    page.page.screenshot(path=screenshots / f"{name}-{person}.png")

        try:
            scenario(hub, ann, rev, look)
        except BaseException:
            look("failed")
            raise
        finally:
            for browser in browsers:
                browser.close()


if __name__ == "__main__":
    sys.exit(main())
