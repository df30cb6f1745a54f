"""The tables, and the door through which older ones are brought up to date.

`at`, `recorded_at` and all other moments are INTEGER milliseconds since 1970. Columns ending in `_key` hold what
filters compare: folded text, or a packed address. `words` is all that free text looks at.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from dezky_audit_tui.errors import StoreUnavailable

APPLICATION_ID = 0x44415544  # "DAUD": tells our files from any other program's

_VERSION_1 = (
    """CREATE TABLE events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        source TEXT NOT NULL,
        external_id TEXT,
        at INTEGER NOT NULL,
        recorded_at INTEGER NOT NULL,
        action TEXT NOT NULL,
        outcome TEXT NOT NULL,
        unmapped INTEGER NOT NULL,
        tenant_slug TEXT,
        reason TEXT,
        request_id TEXT,
        actor_id TEXT,
        actor_name TEXT,
        actor_email TEXT,
        actor_ip TEXT,
        actor_name_key TEXT,
        actor_email_key TEXT,
        actor_ip_key BLOB,
        target_key TEXT,
        words TEXT NOT NULL,
        on_behalf_of TEXT,
        target TEXT,
        tenant_why TEXT,
        metadata TEXT NOT NULL
    )""",
    """CREATE TABLE tallies (
        facet TEXT NOT NULL,
        value TEXT NOT NULL,
        rows INTEGER NOT NULL,
        PRIMARY KEY (facet, value)
    ) WITHOUT ROWID""",
    """CREATE TABLE actions (
        action TEXT NOT NULL,
        raw TEXT NOT NULL,
        unmapped INTEGER NOT NULL,
        rows INTEGER NOT NULL,
        first_at INTEGER NOT NULL,
        last_at INTEGER NOT NULL,
        PRIMARY KEY (action, raw, unmapped)
    ) WITHOUT ROWID""",
    """CREATE TABLE pulls (
        source TEXT PRIMARY KEY,
        rev INTEGER NOT NULL DEFAULT 0,
        state TEXT,
        lease_owner TEXT,
        lease_epoch INTEGER NOT NULL DEFAULT 0,
        lease_ms INTEGER NOT NULL DEFAULT 0,
        lease_expires_at INTEGER NOT NULL DEFAULT 0,
        force_requested_at INTEGER
    ) WITHOUT ROWID""",
    """CREATE TABLE ticks (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        source TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        report TEXT NOT NULL
    )""",
    "CREATE INDEX ticks_source ON ticks (source, id)",
    """CREATE TABLE quarantine (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        source TEXT NOT NULL,
        key TEXT NOT NULL,
        reason TEXT NOT NULL,
        seen_at INTEGER NOT NULL,
        created TEXT,
        action TEXT,
        excerpt TEXT,
        UNIQUE (source, key)
    )""",
    "CREATE TABLE tenants (slug TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    "INSERT INTO counters VALUES ('resolved', 0)",
)

_VERSION_2 = (
    """CREATE TABLE findings (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        source TEXT NOT NULL,
        external_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        found_at INTEGER NOT NULL,
        at INTEGER NOT NULL,
        action TEXT NOT NULL,
        actor_name TEXT,
        changes TEXT NOT NULL,
        back_at INTEGER,
        UNIQUE (source, external_id, kind)
    )""",
)

_VERSION_3 = (
    "ALTER TABLE pulls ADD COLUMN lease_wanted_by TEXT",
    "ALTER TABLE pulls ADD COLUMN lease_wanted_at INTEGER NOT NULL DEFAULT 0",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_VERSION_1, _VERSION_2, _VERSION_3)
"""Entry n brings a database of version n to version n + 1."""

VERSION = len(MIGRATIONS)

INDEXES: dict[str, str] = {
    "events_external": "UNIQUE INDEX {} ON events (source, external_id) WHERE external_id IS NOT NULL",
    "events_at": "INDEX {} ON events (at, id, words)",
    "events_source": "INDEX {} ON events (source, at)",
    "events_action": "INDEX {} ON events (action, at)",
    "events_outcome": "INDEX {} ON events (outcome, at)",
    "events_tenant": "INDEX {} ON events (tenant_slug, at)",
    "events_name": "INDEX {} ON events (actor_name_key, at)",
    "events_email": "INDEX {} ON events (actor_email_key, at)",
    "events_ip": "INDEX {} ON events (actor_ip_key, at)",
    "events_unmapped": "INDEX {} ON events (at) WHERE unmapped = 1",
    "events_impersonated": "INDEX {} ON events (at) WHERE on_behalf_of IS NOT NULL",
    "events_unresolved": "INDEX {} ON events (at) WHERE tenant_slug IS NULL AND reason IS NOT NULL",
    "events_lookup": "INDEX {} ON events (source, at) WHERE reason = 'lookup_failed'",
}
"""Name: definition. Every index of SQLite ends in the row's id: so each of these is ordered by (at, id) below its
leading column. `events_at` covers free text: a search reads this index alone, not the rows."""


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make or update the tables, and the indexes that are missing. Called within a transaction."""
    version = checked_version(connection, path)
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            connection.execute(statement)
    if version != VERSION:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
    for name in missing_indexes(connection):
        connection.execute("CREATE " + INDEXES[name].format(name))


def checked_version(connection: sqlite3.Connection, path: Path) -> int:
    """The schema's version: 0 for an empty database. Called within a transaction: another program may be making it.

    Raises StoreUnavailable for another program's database and for one that a newer version has made.
    """
    application: int = connection.execute("PRAGMA application_id").fetchone()[0]
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION_ID:
        tables: int = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables or version or application:
            raise StoreUnavailable(f"{path} is another program's database; name another file in AUDIT_STORE")
        return 0
    if version > VERSION:
        raise StoreUnavailable(
            f"{path} was made by a newer version of this program (schema {version}, known up to {VERSION}); upgrade it"
        )
    return version


def missing_indexes(connection: sqlite3.Connection) -> list[str]:
    """The names of indexes that should be there and are not."""
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    return [name for name in INDEXES if name not in there]
