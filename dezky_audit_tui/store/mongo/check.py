"""What `doctor` looks at."""

from __future__ import annotations

from datetime import datetime, timedelta

from dezky_audit_tui.model.instants import instant_text
from dezky_audit_tui.store.mongo.base import CURSORS, Base
from dezky_audit_tui.store.mongo.panes import Panes
from dezky_audit_tui.store.mongo.pulls import Pulls
from dezky_audit_tui.store.mongo.schema import Indexes, Survey
from dezky_audit_tui.store.store import TENANTS_FINDING, StoreFinding

_RECENT = timedelta(days=1)
_MAKE_THEM = "start once with a user that may make indexes"


async def check(
    base: Base, pulls: Pulls, indexes: Indexes, panes: Panes, name: str, read_only: str | None, now: datetime
) -> list[StoreFinding]:
    """Reachable, writable, its indexes as they should be, the tenants there, live rows, and no other worker."""
    await base.greet()
    return [
        _writable(base, name, read_only),
        *_indexes(await indexes.survey(), indexes),
        _tenants(await panes.why_no_tenants()),
        _live(base),
        await _other_worker(pulls, now),
    ]


def _writable(base: Base, name: str, read_only: str | None) -> StoreFinding:
    if read_only is None:
        return StoreFinding("store", True, f"{name} can be read and written (version {base.version})")
    return StoreFinding(
        "store",
        False,
        f"{name} can only be read: {read_only}",
        "to ingest here, give the user of AUDIT_STORE the role readWrite on this database; "
        "to watch only, set AUDIT_INGEST_ENABLED=false",
    )


def _indexes(survey: Survey, indexes: Indexes) -> list[StoreFinding]:
    findings = [
        StoreFinding(
            "store indexes",
            False,
            f"{index.collection}.{name} has other options than {index.shown} should have; it is left alone",
            "correct it in the platform's schema, or drop it there: it is made at the next start",
        )
        for index, name in survey.differing
    ]
    if survey.missing:
        names = ", ".join(index.shown for index in survey.missing)
        known = [indexes.problems[each.shown] for each in survey.missing if each.shown in indexes.problems]
        why = "; ".join(dict.fromkeys(each.reason for each in known))
        remedy = "; ".join(dict.fromkeys(each.remedy for each in known)) or _MAKE_THEM
        making = "they are being made" if indexes.making else remedy
        findings.append(
            StoreFinding("store indexes", False, f"missing: {names}" + (f" ({why})" if why else ""), making)
        )
    return findings or [StoreFinding("store indexes", True, "all there")]


def _tenants(why_none: str | None) -> StoreFinding:
    if why_none is None:
        return StoreFinding(TENANTS_FINDING, True, "read from the collection tenants")
    return StoreFinding(
        TENANTS_FINDING,
        False,
        why_none,
        "name the platform's own database in AUDIT_STORE, or list the slugs in AUDIT_TENANTS",
    )


def _live(base: Base) -> StoreFinding:
    if base.replica_set:
        return StoreFinding("live rows", True, "by a change stream")
    return StoreFinding("live rows", True, "by looking again and again: a single server has no change streams")


async def _other_worker(pulls: Pulls, now: datetime) -> StoreFinding:
    moved = [(source, at) for source, at in await pulls.others() if now - at < _RECENT]
    if not moved:
        return StoreFinding("store cursor", True, "moved by this program alone")
    shown = ", ".join(f"{source} at {instant_text(at)}" for source, at in moved)
    return StoreFinding(
        "store cursor",
        False,
        f"another worker moves the cursor in {CURSORS} too: {shown}; this program goes by its own",
        "turn the platform's own ingest worker off: two pull the same events twice",
    )
