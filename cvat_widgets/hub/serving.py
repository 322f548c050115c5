"""``cvat-widgets hub-service``: what JupyterHub starts, told by its environment where to listen."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cvat_widgets.errors import MissingExtraError, StoreError
from cvat_widgets.hub.identity import DEFAULT_GROUPS, HubIdentity
from cvat_widgets.store import Store

if TYPE_CHECKING:
    from cvat_widgets.hub.uploads import Uploads

__all__ = ["serve"]


def serve(
    store: str | Path | None,
    media: Sequence[str | Path] = (),
    groups: Mapping[str, str] | None = None,
    *,
    uploads: str | Path | None = None,
    upload_bytes: int = 100 << 30,
    webhook_hosts: Sequence[str] = (),
) -> None:
    """Serve a store until the hub ends this process.

    Parameters
    ----------
    store
        A path or a URL of PostgreSQL; ``None`` for the default of this account.
    media
        Folders whose pictures kernels may get through the service.
    groups
        The group of the hub whose members have a role, for the roles whose group has another name than the role.
    uploads
        Folder to keep media in that maintainers send; ``None``: none are taken.
    upload_bytes
        How large the media of one task may be.
    webhook_hosts
        Hosts inside of this network that webhooks may go to.

    Raises
    ------
    StoreError
        No hub has started this, or the store cannot be opened.
    """
    try:
        import tornado  # noqa: F401  # a service needs it; a store does not
    except ImportError:
        raise MissingExtraError("tornado", "hub", "the service of a hub") from None
    identity = HubIdentity({**DEFAULT_GROUPS, **(groups or {})})
    place = urlsplit(os.environ.get("JUPYTERHUB_SERVICE_URL", ""))
    if not place.hostname or not place.port:
        raise StoreError(
            "the hub has given this service no address", hint="Give it a url in c.JupyterHub.services: see docs/hub.md"
        )
    folders = [Path(folder).expanduser() for folder in media]
    for folder in folders:
        if not folder.is_dir():
            raise StoreError("there is no such folder", where=str(folder), hint="--media names folders that are there")
    if str(store or "").startswith(("http://", "https://")):
        raise StoreError("a service needs a file or a database, not another service", where=str(store))
    with Store.open(store or _own()) as opened:
        prefix = os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "/")
        from cvat_widgets.hub.uploads import Uploads

        kept = Uploads(opened, Path(uploads).expanduser(), most_bytes=upload_bytes) if uploads else None
        asyncio.run(_run(opened, identity, place.hostname, place.port, prefix, folders, kept, webhook_hosts))


def _own() -> Path:
    from cvat_widgets.store.filesystem import default_path

    return default_path()


async def _run(
    store: Store, identity: HubIdentity, host: str, port: int, prefix: str, folders: Sequence[Path], uploads: Uploads | None,
    webhook_hosts: Sequence[str],
) -> None:  # fmt: skip
    from cvat_widgets.hub.service import Service

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # where there are no signals
            loop.add_signal_handler(each, stop.set)
    service = Service(
        store, identity, prefix=prefix if prefix.endswith("/") else prefix + "/", folders=folders, uploads=uploads,
        hosts=webhook_hosts,
    )  # fmt: skip
    try:
        service.listen(host, port)
    except OSError as error:
        await service.close()
        raise StoreError(f"the service cannot listen: {error}", where=f"{host}:{port}", hint="Give it another port") from None
    await stop.wait()
    await service.close()
