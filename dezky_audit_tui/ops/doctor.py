"""What `doctor` looks at: settings, source, permissions, clocks, store, ingester, files; each with what to do."""

from __future__ import annotations

import asyncio
import os
import stat
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from dezky_audit_tui.errors import SettingsError, SourceError, SourceRefused, StoreError
from dezky_audit_tui.model.cursor import PullState
from dezky_audit_tui.model.finding import FINDING_KINDS
from dezky_audit_tui.model.hosts import is_loopback
from dezky_audit_tui.model.instants import instant_text, now
from dezky_audit_tui.settings import Settings
from dezky_audit_tui.sources.authentik.client import AuthentikClient
from dezky_audit_tui.sources.authentik.people import Group
from dezky_audit_tui.sources.authentik.wire import SOURCE, EventPage
from dezky_audit_tui.store.open import open_store
from dezky_audit_tui.store.store import TENANTS_FINDING, Store, StoreFinding

Status = Literal["ok", "warn", "fail"]

CLOCK_SKEW_S = 30.0
"""Seconds that the source's clock may differ from ours before it is told."""

_OLDEST_VERSION = (2023, 10)
_STORE_WAIT_S = 30.0
_USERS_TRIED = 3
_MOST_COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `remedy` says what to do; empty where there is nothing to do."""

    name: str
    status: Status
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class PrivateFile:
    """A file that may hold a secret, and the setting or place that names it."""

    what: str
    path: Path


def wrong_settings(error: SettingsError) -> list[Check]:
    """All that can be said where the settings themselves are wrong."""
    told = [Check("settings", "fail", line, "correct it; the README lists all settings") for line in _lines(error)]
    return [*told, *(_not_checked(name, "the settings are wrong") for name in ("source", "store"))]


async def examine(
    settings: Settings, files: list[PrivateFile], *, clock: Callable[[], datetime] = now
) -> AsyncGenerator[Check, None]:
    """All checks, in order, as each is done. One that needs what failed before says so and is a warning."""
    if not settings.audit_ingest_enabled:
        yield Check("settings", "ok", "read; AUDIT_INGEST_ENABLED is false, so nothing is asked of Authentik")
    else:
        try:
            access = settings.source_access()
            client = AuthentikClient(access.url, access.token, ca_bundle=access.ca_bundle, clock=clock)
        except SettingsError as error:
            for line in _lines(error):
                yield Check("settings", "fail", line, "set it in the environment, .env or config.toml")
            for name in ("source", *_OF_SOURCE):
                yield _not_checked(name, "settings are missing or wrong")
        else:
            yield Check("settings", "ok", f"read; Authentik at {access.url}, store {settings.shown_store}")
            try:
                async for check in _source_checks(client, access.url):
                    yield check
            finally:
                await client.aclose()
    async for check in _store_checks(settings, clock):
        yield check
    yield _files_check(files)


_OF_SOURCE = ("token", "events", "groups", "users", "clock")


async def _source_checks(client: AuthentikClient, url: str) -> AsyncGenerator[Check, None]:
    try:
        version = await client.version()
    except SourceRefused as error:
        yield Check("source", "ok", f"{url} answers")
        yield _failed("token", error)
        for name in _OF_SOURCE[1:4]:
            yield _not_checked(name, "the token was refused")
        yield _clock_check(client)
        return
    except SourceError as error:
        yield _failed("source", error)
        for name in _OF_SOURCE:
            yield _not_checked(name, "the source did not answer")
        return
    yield _source_check(url, version)
    yield Check("token", "ok", "Authentik takes it")
    page: EventPage | None = None
    try:
        page = await client.events_page(1, 1)
        yield _events_check(page)
    except SourceError as error:
        yield _failed("events", error)
    groups: list[Group] = []
    try:
        groups = await client.groups()
        yield _groups_check(groups)
    except SourceError as error:
        yield _failed("groups", error)
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
        return _failed("users", error)
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


async def _store_checks(settings: Settings, clock: Callable[[], datetime]) -> AsyncGenerator[Check, None]:
    store: Store | None = None
    try:
        store = open_store(settings.store_url)
        await asyncio.wait_for(store.open(), _STORE_WAIT_S)
        findings = await store.check()
        for finding in findings:
            yield _store_check(finding, settings)
        if all(finding.name != TENANTS_FINDING for finding in findings):
            yield _tenants_check(len(await store.tenants() | set(settings.audit_tenants)))
        yield await _ingester_check(store, settings, clock())
        yield _pull_check(await store.state(SOURCE))
        yield await _quarantine_check(store)
        yield await _findings_check(store)
    except TimeoutError:
        yield Check(
            "store", "fail", f"{settings.shown_store} did not answer within {_STORE_WAIT_S:g} s", "is it running?"
        )
        yield _not_checked("ingester", "the store did not answer")
    except StoreError as error:
        yield Check("store", "fail", error.message, "see AUDIT_STORE")
        yield _not_checked("ingester", "the store did not answer")
    except SettingsError as error:
        yield Check("store", "fail", error.message, "see AUDIT_STORE")
        yield _not_checked("ingester", "the store is not known")
    finally:
        if store is not None:
            await store.close()


def _store_check(finding: StoreFinding, settings: Settings) -> Check:
    if finding.name == TENANTS_FINDING and not finding.ok and settings.audit_tenants:
        return Check(finding.name, "ok", f"{finding.message}; AUDIT_TENANTS names {len(settings.audit_tenants):,}")
    return Check(finding.name, "ok" if finding.ok else "fail", finding.message, finding.remedy)


def _tenants_check(known: int) -> Check:
    """Of a store that has no list of the platform's to say something about."""
    if known:
        return Check("tenants", "ok", f"{known:,} known")
    return Check("tenants", "warn", "none is known, so no event gets one", "name their slugs in AUDIT_TENANTS")


async def _ingester_check(store: Store, settings: Settings, at: datetime) -> Check:
    status = await store.status(SOURCE)
    tick, lease = status.last_tick, status.lease
    start = "start the dashboard, or dezky-audit-tui ingest as a service"
    if lease is not None:
        who = f"{lease.owner} ingests"
    elif tick is None:
        return Check("ingester", "warn", "nobody has ingested into this store yet", start)
    else:
        who = f"nobody ingests now; the last tick was at {instant_text(tick.started_at)}"
        if at - tick.started_at > timedelta(seconds=max(3 * settings.audit_ingest_interval, 300)):
            return Check("ingester", "warn", who, start)
    if tick is not None and tick.outcome == "failed" and tick.error is not None:
        return Check("ingester", "warn", f"{who}; the last tick failed", tick.error.message)
    return Check("ingester", "ok", who)


def _pull_check(state: PullState) -> Check:
    if state.unread:
        count = len(state.unread)
        oldest = state.unread[-1].bottom
        reach = f"back to {instant_text(oldest)}" if oldest else "back to the beginning"
        return Check(
            "pull",
            "warn",
            f"{count:,} stretch{'es' if count > 1 else ''} of Authentik's log not read yet, {reach}",
            "every tick fills some of it; dezky-audit-tui tick --until-caught-up reads all at once",
        )
    if state.settled_at is None:
        return Check("pull", "ok", "nothing was pulled yet, and nothing is left out")
    return Check("pull", "ok", f"all is read, and settled up to {instant_text(state.settled_at)}")


async def _findings_check(store: Store) -> Check:
    found = await store.findings(_MOST_COUNTED)
    if not found:
        return Check("findings", "ok", "store and source agree, as far as the source was read again")
    counts = Counter(each.kind for each in found)
    told = ", ".join(f"{counts[kind]:,} {kind}" for kind in FINDING_KINDS if counts[kind])
    return Check(
        "findings",
        "warn",
        f"reading Authentik's log again found events {told}; the last at {instant_text(found[0].found_at)}",
        "dezky-audit-tui findings lists them; who edits or deletes events needs a right that few should have",
    )


async def _quarantine_check(store: Store) -> Check:
    items = await store.quarantined(_MOST_COUNTED)
    if not items:
        return Check("quarantine", "ok", "every event that came could be read")
    count = f"{len(items):,}{' or more' if len(items) == _MOST_COUNTED else ''}"
    return Check(
        "quarantine",
        "warn",
        f"{count} set aside, the last at {instant_text(items[0].seen_at)}: {items[0].reason}",
        "dezky-audit-tui quarantine lists them; look for them in Authentik's own list of events",
    )


def _files_check(files: list[PrivateFile]) -> Check:
    wrong: list[str] = []
    remedies: list[str] = []
    for file in files:
        try:
            status = file.path.stat()
        except OSError:
            continue  # a file that is not there tells nothing to anybody
        if stat.S_IMODE(status.st_mode) & 0o077:
            wrong.append(f"{file.what} {file.path} can be read by others")
            remedies.append(f"chmod 600 {file.path}")
        if status.st_uid not in (os.getuid(), 0):
            wrong.append(f"{file.what} {file.path} belongs to another user, who decides what is asked with your token")
            remedies.append(f"chown {os.getuid()} {file.path}")
    if wrong:
        return Check("files", "warn", "; ".join(wrong), "; ".join(remedies))
    return Check("files", "ok", "no file with a secret is open to others")


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


def _failed(name: str, error: SourceError) -> Check:
    """The client's own words say what to do: after the colon, where there is one."""
    what, _, remedy = error.message.partition(": ")
    return Check(name, "fail", what, remedy or "see Authentik's own log, or that of the proxy in front")


def _not_checked(name: str, why: str) -> Check:
    return Check(name, "warn", f"not checked: {why}")


def _lines(error: SettingsError) -> list[str]:
    return error.message.splitlines() or ["a setting is wrong"]
