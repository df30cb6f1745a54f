"""Typed errors. Each message tells an operator what happened and what to do next; none holds a secret."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of the console script: an interface, see the README."""

    DONE = 0
    FAILED = 1
    WRONG_USE = 2
    INTERRUPTED = 130


class AuditError(Exception):
    """The root of all errors that are told to the operator as one line.

    `kind` is the stable machine name (`error.kind` in a tick's report).
    """

    kind = "error"
    exit_code: Exit = Exit.FAILED

    @property
    def message(self) -> str:
        """The one line for the operator."""
        return str(self)


class SettingsError(AuditError):
    """A setting is missing or wrong: names the setting, its value where that is no secret, and what is allowed."""

    kind = "settings"
    exit_code = Exit.WRONG_USE


class QueryError(AuditError):
    """A filter cannot be read. `place` is the 0-based column where it goes wrong."""

    kind = "query"
    exit_code = Exit.WRONG_USE

    def __init__(self, message: str, place: int, nearest: str | None = None) -> None:
        super().__init__(message)
        self.place = place
        self.nearest = nearest


class SourceError(AuditError):
    """The source gave nothing that can be used. `retry_after` is in seconds, where the source asked for a pause."""

    kind = "source"

    def __init__(self, message: str, *, kind: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        if kind is not None:
            self.kind = kind
        self.retry_after = retry_after


class SourceUnavailable(SourceError):
    """The source does not answer, or answers that it can't now. Trying again may help."""

    kind = "source_unavailable"


class SourceRefused(SourceError):
    """The source answered and said no (token, permission). Somebody has to change something."""

    kind = "source_refused"


class SourceGarbled(SourceError):
    """The source answered with something that is not its API (HTML, cut JSON, another shape)."""

    kind = "source_garbled"


class SourceEmpty(SourceError):
    """The source shows no event at all although there were some: no permission, or a wiped log."""

    kind = "source_empty"


class SourcePageGone(SourceError):
    """There is no such page (any more): the list is shorter than it was. Or no such user.

    `by_source`: the source itself said so, as far as can be told, and nothing in front of it.
    """

    kind = "page_gone"

    def __init__(self, message: str, *, by_source: bool = True) -> None:
        super().__init__(message)
        self.by_source = by_source


class StoreError(AuditError):
    """The store gave or took nothing."""

    kind = "store"


class StoreUnavailable(StoreError):
    """The store cannot be reached or opened, or is locked by somebody else for too long."""

    kind = "store_unavailable"


class StoreFull(StoreError):
    """The disk below the store is full."""

    kind = "store_full"


class StoreReadOnly(StoreError):
    """The store may be read, not written."""

    kind = "store_read_only"


class StoreConflict(StoreError):
    """Another ingester moved the pull's state in between. The tick ends; the next one goes on from that state."""

    kind = "store_conflict"


class LeaseHeld(StoreError):
    """Somebody else holds the lease, so nothing of ours is written."""

    kind = "lease_held"


class LeaseLost(StoreError):
    """The lease went to another ingester. Nothing of ours was written after that."""

    kind = "lease_lost"


class Interrupted(AuditError):
    """A running search or query was cancelled."""

    kind = "interrupted"
    exit_code = Exit.INTERRUPTED
