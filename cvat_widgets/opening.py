"""Which store a user means, and in whose name it is changed."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cvat_widgets.store import Store

__all__ = ["current_user", "open_store", "user_of"]


def current_user() -> str:
    """Return who works here: the JupyterHub user, else the account of the operating system."""
    hub_user = os.environ.get("JUPYTERHUB_USER")
    if hub_user:
        return hub_user
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose uid has no account
        return "user"


def user_of(store: Store) -> str:
    """Return in whose name a store is changed: who its database says we are, if it enforces roles, else who works here."""
    return store.identity or current_user()


def open_store(store: Store | str | Path | None) -> Store:
    """Return a store from what a user gives: a store, a path, an SQLAlchemy URL, or ``None`` for the default."""
    from cvat_widgets.store import Store

    return store if isinstance(store, Store) else Store.open(store)
