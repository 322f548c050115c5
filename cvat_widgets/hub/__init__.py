"""The service of a JupyterHub that holds a store and lets everybody do there what their role allows."""

from __future__ import annotations

from cvat_widgets.hub.policy import ROLES, Person

__all__ = ["ROLES", "Person"]
