"""Who is asking: the hub says so, for the token of a request. What a kernel says of itself is not asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from cvat_widgets.errors import MissingExtraError, StoreError
from cvat_widgets.hub.policy import ROLES, Person

__all__ = ["DEFAULT_GROUPS", "HubIdentity", "Identity", "UnknownRoleError", "role_of"]

DEFAULT_GROUPS: Mapping[str, str] = {role: f"{role}s" for role in ROLES}
"""The group of the hub whose members have a role."""

_KNOWN_SECONDS = 30


class UnknownRoleError(StoreError):
    """Somebody is known, but has no role here."""


class Identity(Protocol):
    """Tells who a token belongs to."""

    async def person(self, token: str) -> Person | None:
        """Return the person, ``None`` if nobody has such a token.

        Raises
        ------
        UnknownRoleError
            The person has no role.
        """


def role_of(name: str, groups: object, *, admin: bool, roles: Mapping[str, str]) -> str:
    """Return the highest role that the groups of a person give.

    Parameters
    ----------
    groups
        Names of groups, as the hub sent them.
    admin
        Whether the person is an admin of the hub, who is an owner.
    roles
        The group of each role.
    """
    if admin:
        return "owner"
    found = {each for each in groups if isinstance(each, str)} if isinstance(groups, list) else set()
    for role in reversed(ROLES):
        if roles.get(role) in found:
            return role
    if groups is None:
        raise UnknownRoleError(
            f"the hub does not tell the groups of {name!r}", hint="Give the role 'server' the scope read:users:groups!user"
        )
    raise UnknownRoleError(
        f"{name!r} is in no group with a role here", hint=f"The groups are {', '.join(roles[role] for role in ROLES)}"
    )


class HubIdentity:
    """Asks the hub that started this service; answers are kept for half a minute.

    Parameters
    ----------
    roles
        The group of each role.
    """

    def __init__(self, roles: Mapping[str, str] = DEFAULT_GROUPS) -> None:
        try:
            from jupyterhub.services.auth import HubAuth
        except ImportError:
            raise MissingExtraError("jupyterhub", "hub", "the service of a hub") from None
        self.roles = roles
        self.auth: Any = HubAuth(cache_max_age=_KNOWN_SECONDS)
        if not self.auth.api_token:
            raise StoreError("no hub has started this service", hint="Let JupyterHub start it: see docs/hub.md")

    async def person(self, token: str) -> Person | None:
        """Return who the hub says has this token and may use this service."""
        model = await self.auth.user_for_token(token, sync=False)
        if not isinstance(model, dict) or model.get("kind") != "user" or not isinstance(model.get("name"), str):
            return None
        if not self.auth.check_scopes(self.auth.access_scopes, model):
            return None
        role = role_of(model["name"], model.get("groups"), admin=model.get("admin") is True, roles=self.roles)
        return Person(model["name"], role)
