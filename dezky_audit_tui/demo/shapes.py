"""Users and groups as the API shows them, which differs by generation."""

from __future__ import annotations

from typing import Any

from dezky_audit_tui.demo.directory import Directory, Group, User
from dezky_audit_tui.demo.log import Generation

VERSIONS: dict[Generation, str] = {"2025.8": "2025.8.6", "2025.12": "2025.12.4"}
"""What the simulated server says it is."""

_AVATAR = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4="


def version_json(generation: Generation) -> dict[str, Any]:
    """The reply of `/admin/version/`."""
    version = VERSIONS[generation]
    return {
        "version_current": version,
        "version_latest": version,
        "version_latest_valid": True,
        "build_hash": "",
        "outdated": False,
        "outpost_outdated": False,
    }


def group_json(group: Group, directory: Directory, generation: Generation, *, include_users: bool) -> dict[str, Any]:
    """A group in the groups' list. `users` is always there; `users_obj` only where users are included."""
    members = sorted(group.users)
    users_obj = None
    if include_users:
        users_obj = [_member_json(user) for pk in members if (user := directory.user(pk)) is not None]
    common = {"pk": group.pk, "num_pk": group.num_pk, "name": group.name, "is_superuser": group.is_superuser}
    rest = {"users": members, "users_obj": users_obj, "attributes": dict(group.attributes), "roles": []}
    children = {"children": directory.children_of(group.pk), "children_obj": None}
    if generation == "2025.8":
        return {**common, **_parent(group, directory), **rest, "roles_obj": [], **children}
    parents = {"parents": list(group.parents), "parents_obj": None}
    return {**common, **parents, **rest, "roles_obj": [], "inherited_roles_obj": None, **children}


def user_json(user: User, directory: Directory, generation: Generation) -> dict[str, Any]:
    """A user, alone or in the users' list: with direct groups only."""
    groups = directory.groups_of(user.pk)
    roles: dict[str, Any] = {} if generation == "2025.8" else {"roles": [], "roles_obj": []}
    return {
        "pk": user.pk,
        "username": user.username,
        "name": user.name,
        "is_active": user.is_active,
        "last_login": user.last_login,
        "date_joined": user.joined,
        "is_superuser": any(group.is_superuser for group in groups),
        "groups": [group.pk for group in groups],
        "groups_obj": [_user_group_json(group, directory, generation) for group in groups],
        **roles,
        "email": user.email,
        "avatar": _AVATAR,
        "attributes": dict(user.attributes),
        "uid": user.uid,
        "path": user.path,
        "type": user.kind,
        "uuid": user.uuid,
        "password_change_date": user.joined,
        "last_updated": user.last_login or user.joined,
    }


def _user_group_json(group: Group, directory: Directory, generation: Generation) -> dict[str, Any]:
    common = {"pk": group.pk, "num_pk": group.num_pk, "name": group.name, "is_superuser": group.is_superuser}
    parent = _parent(group, directory) if generation == "2025.8" else {}
    return {**common, **parent, "attributes": dict(group.attributes)}


def _parent(group: Group, directory: Directory) -> dict[str, str | None]:
    parent = directory.group_by_pk(group.parents[0]) if group.parents else None
    return {"parent": parent.pk if parent else None, "parent_name": parent.name if parent else None}


def _member_json(user: User) -> dict[str, Any]:
    return {
        "pk": user.pk,
        "username": user.username,
        "name": user.name,
        "is_active": user.is_active,
        "last_login": user.last_login,
        "email": user.email,
        "attributes": dict(user.attributes),
        "uid": user.uid,
    }
