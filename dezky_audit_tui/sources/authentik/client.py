"""What is asked of Authentik's API: pages of events, groups, a user, the version.

A reply that cannot be what was asked for is an error, never a guess.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from dezky_audit_tui.errors import SourceGarbled, SourcePageGone, SourceUnavailable
from dezky_audit_tui.model.instants import now
from dezky_audit_tui.sources.authentik.connection import Connection, Patience, Secret
from dezky_audit_tui.sources.authentik.jsons import read_object
from dezky_audit_tui.sources.authentik.people import Group, UserInfo, read_groups, read_user
from dezky_audit_tui.sources.authentik.wire import EventPage, read_page

LARGEST_BODY = 64 * 1024 * 1024
"""Bytes of a reply, unpacked, that are read at most."""

_TRIES_OF_GROUPS = 3
_MOST_GROUP_PAGES = 1_000


class AuthentikClient:
    """A client of one Authentik. `base_url` is without `/api/v3`; `token` may be a callable that is asked anew for
    each request. Raises SettingsError where one of them, or the CA bundle, cannot be right.

    Its methods raise SourceErrors.
    """

    def __init__(
        self,
        base_url: str,
        token: str | Secret | Callable[[], str],
        *,
        ca_bundle: Path | None = None,
        patience: Patience | None = None,
        clock: Callable[[], datetime] = now,
        largest_body: int = LARGEST_BODY,
    ) -> None:
        self._clock = clock
        self._connection = Connection(
            base_url,
            token,
            ca_bundle=ca_bundle,
            patience=patience or Patience(),
            clock=clock,
            largest_body=largest_body,
        )

    def __repr__(self) -> str:
        return f"AuthentikClient({self._connection.base!r})"

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return self._connection.requests

    @property
    def clock_offset_s(self) -> float | None:
        """About how many seconds the source's clock is ahead of ours, by its last answer; None before one told."""
        return self._connection.clock_offset_s

    async def events_page(self, page: int, page_size: int) -> EventPage:
        """A page of events, newest first. Raises SourcePageGone where there is no such page."""
        params = {"ordering": "-created,-pk", "page": str(page), "page_size": str(page_size)}
        permission = "'Can view Event' (authentik_events.view_event)"
        try:
            reply = await self._connection.get("/api/v3/events/events/", params, what="events", needs=permission)
        except SourcePageGone:
            if page == 1:
                raise SourceGarbled(
                    f"there are no events at {self._connection.base} (404): is AUTHENTIK_URL the address of Authentik?"
                ) from None
            raise
        return await asyncio.to_thread(
            read_page, reply.body, page=page, seen_at=self._clock(), date=reply.date, elapsed_s=reply.elapsed_s
        )

    async def groups(self) -> list[Group]:
        """All groups, each once. Raises SourceUnavailable where they do not stand still long enough to be read."""
        for _ in range(_TRIES_OF_GROUPS):
            groups = await self._groups_once()
            if groups is not None:
                return groups
        raise SourceUnavailable("the list of groups changed each time while it was being read")

    async def user(self, pk: str) -> UserInfo | None:
        """The user with that pk, or None where Authentik itself says that there is none (any more).

        Whoever is taken for gone has no tenant for good: so the 404 of a gateway, and another user's answer out of a
        cache, are errors."""
        if not (pk.isascii() and pk.isdecimal() and len(pk) < 19):
            return None
        permission = "'Can view User' (authentik_core.view_user)"
        try:
            reply = await self._connection.get(f"/api/v3/core/users/{pk}/", {}, what="users", needs=permission)
        except SourcePageGone as gone:
            if gone.by_source:
                return None
            raise SourceGarbled(
                "a 404 for a user that is not Authentik's came: is AUTHENTIK_URL right, and does a proxy in front let "
                "/api/v3/core/users/ through?"
            ) from None
        user = read_user(reply.body)
        if user.pk != pk:
            raise SourceGarbled("the reply for a user is about another user; a cache in front may have done it")
        return user

    async def version(self) -> str:
        """The version that Authentik says it is."""
        reply = await self._connection.get("/api/v3/admin/version/", {}, what="the version", needs="to use the API")
        version = read_object(reply.body).get("version_current")
        if not isinstance(version, str):
            raise SourceGarbled("the reply for the version names none: is AUTHENTIK_URL the address of Authentik?")
        return version[:100]

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connection.aclose()

    async def _groups_once(self) -> list[Group] | None:
        """All pages of groups; None where the list moved in between, so that one may have slipped through."""
        found: dict[str, Group] = {}
        listed, count = 0, None
        permission = "'Can view Group' (authentik_core.view_group)"
        for page in range(1, _MOST_GROUP_PAGES + 1):
            params = {"include_users": "false", "page_size": "100", "page": str(page)}
            try:
                reply = await self._connection.get("/api/v3/core/groups/", params, what="groups", needs=permission)
            except SourcePageGone:
                if page == 1:
                    raise SourceGarbled("there is no list of groups (404): is AUTHENTIK_URL right?") from None
                return None
            groups, where = await asyncio.to_thread(read_groups, reply.body, page=page)
            listed += len(groups)
            found.update((group.pk, group) for group in groups)
            if count not in (None, where.count) or listed != len(found):
                return None
            count = where.count
            if not where.next:
                return list(found.values()) if page == 1 or listed == count else None
        raise SourceGarbled(f"the list of groups has more than {_MOST_GROUP_PAGES:,} pages")
