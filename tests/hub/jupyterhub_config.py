"""The hub of the scenario: everything on loopback, users without passwords of their own, one account of the system.

The lines between the two marks are those of docs/hub.md, which a real hub needs, too.
"""

import json
import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821  # JupyterHub puts it there
given = json.loads(os.environ["CVAT_WIDGETS_SCENARIO"])
root = Path(given["root"])

c.JupyterHub.bind_url = f"http://127.0.0.1:{given['ports']['hub']}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{given['ports']['api']}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{given['ports']['proxy']}"
c.ConfigurableHTTPProxy.command = [given["proxy"]]
c.ConfigurableHTTPProxy.pid_file = str(root / "proxy.pid")
c.JupyterHub.db_url = f"sqlite:///{root / 'hub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(root / "cookie_secret")
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = given["password"]
c.Authenticator.allow_all = True
c.Authenticator.admin_users = {"boss"}
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(root / "home" / "{username}")
c.Spawner.default_url = "/lab"
c.Spawner.args = ["--LabApp.expose_app_in_browser=True", *(["--allow-root"] if os.getuid() == 0 else [])]
c.Spawner.environment = {"JUPYTER_PREFER_ENV_PATH": "1", "PYTHONPATH": given["repository"]}

# -- docs/hub.md begins
c.JupyterHub.load_groups = {
    "annotators": {"users": ["ann", "bob"]},
    "reviewers": {"users": ["rev"]},
    "maintainers": {"users": ["maint"]},
}
c.JupyterHub.services = [
    {
        "name": "cvat-widgets",
        "url": f"http://127.0.0.1:{given['ports']['service']}",
        "command": [
            sys.executable, "-m", "cvat_widgets.cli", "--store", given["store"], "hub-service", "--media", given["media"],
        ],
        "oauth_no_confirm": True,
    },
]  # fmt: skip
c.JupyterHub.load_roles = [
    {"name": "user", "scopes": ["self", "access:services!service=cvat-widgets"]},
    {"name": "server", "scopes": ["self", "access:services!service=cvat-widgets"]},
]
c.Spawner.environment["CVAT_WIDGETS_STORE"] = f"{c.JupyterHub.bind_url}/services/cvat-widgets"
# -- docs/hub.md ends

c.JupyterHub.services.append({"name": "tester", "api_token": given["token"]})
c.JupyterHub.load_roles.append(
    {
        "name": "tester",
        "services": ["tester"],
        "scopes": ["admin:users", "tokens", "admin:groups", "read:services", "admin:servers"],
    }
)
