"""What MongoDB and its driver say when something is wrong, as a typed error with a line for the operator.

No text of theirs is passed on: it can hold documents, addresses and credentials. What they mean is said anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from bson.errors import BSONError
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConfigurationError,
    InvalidOperation,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WriteConcernError,
)

from dezky_audit_tui.errors import AuditError, StoreFull, StoreReadOnly, StoreUnavailable

DUPLICATE = 11000
UNAUTHORIZED = 13
_INVALID = 121
INDEX_DIFFERS = frozenset({85, 86})
NO_CHANGE_STREAM = frozenset({40573, 40324, 115, 59})
HISTORY_LOST = frozenset({136, 260, 280, 286})
_AUTHENTICATION = frozenset({11, 18, 8000})
_FULL = frozenset({14031, 12501})
_NO_PRIMARY = frozenset({91, 189, 10058, 10107, 11600, 11602, 13435, 13436})
_TOO_LONG = frozenset({50, 262})
_NEXT = "the next tick goes on from there"


@contextmanager
def told(place: str, *, writing: bool = False) -> Iterator[None]:
    """Faults of the driver within the block, as typed errors. The driver's own are left behind: a log would show
    the documents that they hold."""
    try:
        yield
    except (PyMongoError, BSONError) as error:
        raise as_audit_error(error, place, writing=writing) from None


def as_audit_error(error: Exception, place: str, *, writing: bool = False) -> AuditError:
    """The typed error for what went wrong with the database at `place`. `writing`: it was a write."""
    match error:
        case BulkWriteError():
            return _bulk(error.details or {}, place)
        case WriteConcernError():
            return _unconfirmed(place)
        case ServerSelectionTimeoutError():
            return _unreachable(str(error), place)
        case NetworkTimeout():
            return StoreUnavailable(f"MongoDB at {place} did not answer in time; it is tried again")
        case NotPrimaryError():
            return StoreUnavailable(f"MongoDB at {place} has no primary at this moment; it elects one within seconds")
        case AutoReconnect():
            return StoreUnavailable(f"the connection to MongoDB at {place} broke; it is made again")
        case OperationFailure():
            return of_code(error.code or 0, error.details, place, writing=writing)
        case InvalidOperation():
            return StoreUnavailable(f"the store at {place} is closed")
        case ConfigurationError():
            return StoreUnavailable(
                f"MongoDB at {place} cannot be used as AUDIT_STORE asks ({type(error).__name__}); "
                "check its options, and the name of its host"
            )
    return StoreUnavailable(f"MongoDB at {place}: {type(error).__name__}")


def of_code(code: int, details: Mapping[str, Any] | None, place: str, *, writing: bool) -> AuditError:
    """The typed error for a code of the server."""
    if code == UNAUTHORIZED:
        if writing:
            return StoreReadOnly(f"the user of AUDIT_STORE may not write to {place}; give it the role readWrite there")
        return StoreUnavailable(
            f"the user of AUDIT_STORE may not read {place}; give it the role read there (readWrite, to ingest)"
        )
    if code in _AUTHENTICATION:
        return StoreUnavailable(
            f"MongoDB at {place} refuses the user or the password in AUDIT_STORE; check both, and authSource"
        )
    if code in _FULL:
        return StoreFull(f"the disk of MongoDB at {place} is full, or over its quota; free some space, {_NEXT}")
    if code in _NO_PRIMARY:
        return StoreUnavailable(f"MongoDB at {place} has no primary at this moment; it elects one within seconds")
    if code in _TOO_LONG:
        return StoreUnavailable(f"MongoDB at {place} took too long to answer; narrow the filter, or check its load")
    if code == _INVALID:
        return StoreUnavailable(
            f"the validation rules of the collection at {place} refuse a document of this program; "
            "let them hold for the platform's own rows alone"
        )
    name = details.get("codeName") if details else None
    shown = f"{name}, {code}" if isinstance(name, str) and name.isalnum() else f"code {code}"
    return StoreUnavailable(f"MongoDB at {place} refused {'a write' if writing else 'a query'} ({shown})")


def first_fault(details: Mapping[str, Any], place: str) -> AuditError | None:
    """The error in the details of a bulk write; None where the rows were only there already.

    Another unique index than those of `_id` and of the external id may refuse a row that is not there at all.
    """
    for each in _entries(details, "writeErrors"):
        code = each.get("code", 0)
        if code != DUPLICATE:
            return of_code(code, each, place, writing=True)
        pattern = each.get("keyPattern")
        if isinstance(pattern, Mapping) and tuple(pattern) not in (
            ("_id",),
            ("source", "externalId"),
            ("source", "key"),
            ("source", "externalId", "kind"),
        ):
            return StoreUnavailable(
                f"a unique index on {', '.join(map(str, pattern))} at {place} keeps new events out; "
                "make it partial, so that it holds for the platform's own rows alone"
            )
    if _entries(details, "writeConcernErrors"):
        return _unconfirmed(place)
    return None


def duplicates(details: Mapping[str, Any]) -> set[int]:
    """Which of the documents of a bulk write were there already, by their place in it."""
    return {each["index"] for each in _entries(details, "writeErrors") if each.get("code") == DUPLICATE}


def _entries(details: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    found = details.get(name)
    return found if isinstance(found, list) else []


def _bulk(details: Mapping[str, Any], place: str) -> AuditError:
    fault = first_fault(details, place)
    return fault or StoreUnavailable(f"MongoDB at {place} refused a write (code {DUPLICATE})")


def _unconfirmed(place: str) -> AuditError:
    return StoreUnavailable(f"a majority of MongoDB's members at {place} did not confirm a write in time; {_NEXT}")


def _unreachable(said: str, place: str) -> AuditError:
    """Why no server could be chosen. `said` is the driver's text, of which only these words are looked for."""
    if "SSL" in said or "TLS" in said or "certificate" in said:
        return StoreUnavailable(
            f"the TLS connection to MongoDB at {place} fails; check tls and tlsCAFile in AUDIT_STORE"
        )
    if "No primary" in said or "No replica set members match" in said:
        return StoreUnavailable(f"MongoDB at {place} has no primary at this moment; it elects one within seconds")
    if "Name or service not known" in said or "getaddrinfo" in said or "nodename nor servname" in said:
        return StoreUnavailable(f"the host of MongoDB at {place} is not known; correct AUDIT_STORE")
    return StoreUnavailable(f"MongoDB at {place} does not answer; check that it runs, and AUDIT_STORE")
