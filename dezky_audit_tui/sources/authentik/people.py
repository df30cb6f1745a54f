"""Groups and users as Authentik's directory shows them.

Unlike events these are read strictly: a group passed over would give somebody's events to the wrong tenant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dezky_audit_tui.errors import SourceGarbled
from dezky_audit_tui.sources.authentik.jsons import is_object, kind_of, read_object
from dezky_audit_tui.sources.authentik.wire import Pagination, read_pagination
from dezky_audit_tui.text import NAME_LIMIT, clean, cut


@dataclass(frozen=True, slots=True)
class Group:
    """A group: `pk` and `parents` are UUIDs in lower case, `users` the pks of its direct members as text.

    `users` is None where the server did not tell them.
    """

    pk: str
    name: str
    parents: tuple[str, ...]
    users: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class UserInfo:
    """A user: `groups` are the direct ones, pk and name."""

    pk: str
    username: str | None
    groups: tuple[tuple[str, str], ...]


def read_groups(body: bytes, *, page: int) -> tuple[list[Group], Pagination]:
    """One page of the list of groups. Raises SourceGarbled where any of it cannot be read."""
    data = read_object(body)
    results = data.get("results")
    if not isinstance(results, list):
        raise SourceGarbled("the list of groups has no results")
    pagination = read_pagination(data.get("pagination"), page=page, rows=len(results))
    return [_group(item) for item in results], pagination


def read_user(body: bytes) -> UserInfo:
    """One user. Raises SourceGarbled where the groups cannot be read."""
    data = read_object(body)
    pk, listed = _user_pk(data.get("pk")), data.get("groups_obj")
    if pk is None or not isinstance(listed, list):
        raise SourceGarbled("the reply for a user has no pk or no groups_obj")
    username = data.get("username")
    return UserInfo(pk, clean(username) if isinstance(username, str) else None, tuple(map(_named, listed)))


def _group(item: object) -> Group:
    pk, name = _named(item)
    assert is_object(item)
    return Group(pk, name, _parents(item), _users(item.get("users")))


def _named(item: object) -> tuple[str, str]:
    if not is_object(item):
        raise SourceGarbled(f"a group is a JSON {kind_of(item)}")
    pk, name = item.get("pk"), item.get("name")
    if not isinstance(pk, str) or not pk or not isinstance(name, str):
        raise SourceGarbled("a group has no pk or no name")
    return pk.lower(), cut(clean(name), NAME_LIMIT)[0]


def _parents(item: Mapping[str, Any]) -> tuple[str, ...]:
    """`parents` from 2025.12 on, one `parent` before."""
    parents = item["parents"] if "parents" in item else item.get("parent")
    listed = parents if isinstance(parents, list) else [parents]
    if not all(parent is None or isinstance(parent, str) for parent in listed):
        raise SourceGarbled("a group's parents are no texts")
    return tuple(parent.lower() for parent in listed if parent)


def _users(value: object) -> frozenset[str] | None:
    if value is None:
        return None
    pks = [_user_pk(each) for each in value] if isinstance(value, list) else [None]
    if None in pks:
        raise SourceGarbled("a group's users are no list of pks")
    return frozenset(pk for pk in pks if pk is not None)


def _user_pk(value: object) -> str | None:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None
