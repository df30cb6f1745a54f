"""What `doctor` asks of Authentik: does it answer, may everything be read, and what is the time there."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from dezky_audit_tui.errors import SourceError, SourceRefused
from dezky_audit_tui.model.hosts import is_loopback
from dezky_audit_tui.ops.check import Check, failed, not_checked
from dezky_audit_tui.sources.authentik.client import AuthentikClient
from dezky_audit_tui.sources.authentik.people import Group
from dezky_audit_tui.sources.authentik.wire import EventPage

CLOCK_SKEW_S = 30.0
"""Seconds that the source's clock may differ from ours before it is told."""

OF_SOURCE = ("token", "events", "groups", "users", "clock")
"""What is looked at once the source answers."""

_OLDEST_VERSION = (2023, 10)
_USERS_TRIED = 3


async def source_checks(client: AuthentikClient, url: str) -> AsyncGenerator[Check, None]:
    """What one Authentik answers, from its version to its clock. Never raises a SourceError."""
    try:
        version = await client.version()
    except SourceRefused as error:
        yield Check("source", "ok", f"{url} answers")
        yield failed("token", error)
        for name in OF_SOURCE[1:4]:
            yield not_checked(name, "the token was refused")
        yield _clock_check(client)
        return
    except SourceError as error:
        yield failed("source", error)
        for name in OF_SOURCE:
            yield not_checked(name, "the source did not answer")
        return
    yield _source_check(url, version)
    yield Check("token", "ok", "Authentik takes it")
    page: EventPage | None = None
    try:
        page = await client.events_page(1, 1)
        yield _events_check(page)
    except SourceError as error:
        yield failed("events", error)
    groups: list[Group] = []
    try:
        groups = await client.groups()
        yield _groups_check(groups)
    except SourceError as error:
        yield failed("groups", error)
    yield await _users_check(client, _some_users(groups, page))
    yield _clock_check(client)


def _source_check(url: str, version: str) -> Check:
    message = f"Authentik {version} at {url} answers"
    host = url.partition("://")[2].partition("/")[0].rpartition(":")[0] or url.partition("://")[2].partition("/")[0]
    if url.startswith("http://") and not is_loopback(host.strip("[]")):
        return Check("source", "warn", f"{message}, and the token goes there in clear", "use https in AUTHENTIK_URL")
    if _version(version) is not None and (_version(version) or _OLDEST_VERSION) < _OLDEST_VERSION:
        return Check("source", "warn", f"{message}; this program was made for 2023.10 and later", "update Authentik")
    return Check("source", "ok", message)


def _events_check(page: EventPage) -> Check:
    count = page.pagination.count
    if count == 0:
        return Check(
            "events",
            "warn",
            "Authentik shows no event at all",
            "the log may be empty; else give the token's user the permission 'Can view Event' "
            "(authentik_events.view_event), and use no internal service account",
        )
    return Check("events", "ok", f"may be read; there are {count:,}")


def _groups_check(groups: list[Group]) -> Check:
    remedy = "give the token's user the permission 'Can view Group' (authentik_core.view_group)"
    if not groups:
        return Check("groups", "warn", "Authentik shows no group at all, so no event can have a tenant", remedy)
    if all(group.users is None for group in groups):
        return Check("groups", "warn", f"{len(groups):,} groups, none of them with its members", remedy)
    return Check("groups", "ok", f"may be read; there are {len(groups):,}")


async def _users_check(client: AuthentikClient, pks: list[str]) -> Check:
    remedy = "give the token's user the permission 'Can view User' (authentik_core.view_user)"
    if not pks:
        return Check("users", "warn", "not checked: no user is known to ask for", "")
    try:
        for pk in pks:
            if await client.user(pk) is not None:
                return Check("users", "ok", "may be read")
    except SourceError as error:
        return failed("users", error)
    return Check("users", "warn", f"none of the users {', '.join(pks)} is shown", remedy)


def _clock_check(client: AuthentikClient) -> Check:
    offset = client.clock_offset_s
    if offset is None:
        return Check(
            "clock",
            "warn",
            "the answers have no Date header, so this machine's clock is taken for Authentik's",
            "let the proxy in front pass the Date header on",
        )
    if abs(offset) > CLOCK_SKEW_S:
        side = "ahead of" if offset > 0 else "behind"
        return Check(
            "clock",
            "warn",
            f"Authentik's clock is {abs(offset):,.0f} s {side} this machine's",
            "set both by NTP (chrony or systemd-timesyncd)",
        )
    return Check("clock", "ok", f"Authentik's clock and this machine's differ by {abs(offset):.0f} s")


def _some_users(groups: list[Group], page: EventPage | None) -> list[str]:
    """A few users that are likely to be there: members of groups, else who made the newest event."""
    members = sorted({pk for group in groups for pk in group.users or ()}, key=lambda pk: (len(pk), pk))
    acting = [str(row.user["pk"]) for row in (page.rows if page else ()) if isinstance(row.user.get("pk"), int)]
    return [*members, *acting][:_USERS_TRIED]


def _version(text: str) -> tuple[int, int] | None:
    parts = text.split(".")
    if len(parts) < 2 or not all(part.isascii() and part.isdigit() for part in parts[:2]):
        return None
    return int(parts[0]), int(parts[1])
