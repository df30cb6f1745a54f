"""Who is in the simulated Authentik: users, groups, and who belongs to which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from threading import RLock
from typing import Any
from uuid import NAMESPACE_URL, uuid5


@dataclass(frozen=True, slots=True)
class User:
    """One user. `kind` is Authentik's `type`; moments are texts as the API writes them."""

    pk: int
    username: str
    name: str
    email: str
    kind: str = "internal"
    is_active: bool = True
    attributes: Mapping[str, Any] = field(default_factory=dict)
    path: str = "users"
    last_login: str | None = None
    joined: str = "2026-01-12T09:00:00.014022Z"

    @property
    def uuid(self) -> str:
        """Of the user's row: depends on the name alone, so that a story is the same at every run."""
        return str(uuid5(NAMESPACE_URL, f"user:{self.pk}:{self.username}"))

    @property
    def uid(self) -> str:
        """The hashed id that applications see."""
        return sha256(f"{self.pk}:{self.username}".encode()).hexdigest()

    @property
    def reference(self) -> dict[str, Any]:
        """The user as an event's `user` holds it."""
        return {"pk": self.pk, "email": self.email, "username": self.username}


@dataclass(frozen=True, slots=True)
class Group:
    """One group. `parents` are pks of groups: one at most up to 2025.10, several from 2025.12."""

    pk: str
    name: str
    users: frozenset[int] = frozenset()
    parents: tuple[str, ...] = ()
    is_superuser: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def num_pk(self) -> int:
        """The number that stands for the group in POSIX directories."""
        return int(self.pk.replace("-", "")[:8], 16) % 90_000 + 10_000

    @property
    def hex(self) -> str:
        """The pk as it stands inside an event's context: without dashes."""
        return self.pk.replace("-", "")


class Directory:
    """Users and groups of one simulated Authentik. Every method may be called from any thread."""

    def __init__(self, users: Iterable[User] = (), groups: Iterable[Group] = ()) -> None:
        self._lock = RLock()
        self._users = {user.pk: user for user in users}
        self._groups = {group.pk: group for group in groups}

    def users(self) -> list[User]:
        """All users by username, as their list is ordered."""
        with self._lock:
            return sorted(self._users.values(), key=lambda user: user.username)

    def groups(self) -> list[Group]:
        """All groups by name, as their list is ordered."""
        with self._lock:
            return sorted(self._groups.values(), key=lambda group: group.name)

    def user(self, pk: int) -> User | None:
        """The user of that pk."""
        return self._users.get(pk)

    def by_name(self, username: str) -> User | None:
        """The user of that username."""
        with self._lock:
            return next((user for user in self._users.values() if user.username == username), None)

    def group(self, name: str) -> Group | None:
        """The group of that name."""
        with self._lock:
            return next((group for group in self._groups.values() if group.name == name), None)

    def group_by_pk(self, pk: str) -> Group | None:
        """The group of that pk."""
        return self._groups.get(pk)

    def groups_of(self, user_pk: int) -> list[Group]:
        """Direct groups, in the order of their pks: another order than that of the groups' list, as in Authentik."""
        with self._lock:
            return sorted((group for group in self._groups.values() if user_pk in group.users), key=lambda g: g.pk)

    def children_of(self, pk: str) -> list[str]:
        """The pks of the groups below that one."""
        with self._lock:
            return [group.pk for group in self._groups.values() if pk in group.parents]

    def put_user(self, user: User) -> None:
        """Add the user, or replace the one of that pk."""
        with self._lock:
            self._users[user.pk] = user

    def put_group(self, group: Group) -> None:
        """Add the group, or replace the one of that pk."""
        with self._lock:
            self._groups[group.pk] = group

    def add_member(self, group_name: str, user_pk: int) -> None:
        """Put a user into a group. KeyError where there is no such group."""
        self._members(group_name, add={user_pk})

    def remove_member(self, group_name: str, user_pk: int) -> None:
        """Take a user out of a group. KeyError where there is no such group."""
        self._members(group_name, remove={user_pk})

    def delete_user(self, pk: int) -> bool:
        """Delete a user, memberships included. False where there was none."""
        with self._lock:
            if self._users.pop(pk, None) is None:
                return False
            for group in self._groups.values():
                if pk in group.users:
                    self._groups[group.pk] = replace(group, users=group.users - {pk})
            return True

    def next_user_pk(self) -> int:
        """A pk that no user has."""
        with self._lock:
            return max(self._users, default=0) + 1

    def _members(self, name: str, *, add: set[int] | None = None, remove: set[int] | None = None) -> None:
        with self._lock:
            group = self.group(name)
            if group is None:
                raise KeyError(name)
            users = (group.users | (add or set())) - (remove or set())
            self._groups[group.pk] = replace(group, users=frozenset(users))
