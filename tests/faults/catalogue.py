"""What can go wrong at the source and in the store, and what is told: what the suite asserts, and the README shows."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from typing import Any

from dezky_audit_tui.demo.faults import FaultKind


@dataclass(frozen=True)
class SourceFault:
    """`told`: the whole line for the operator, `{host}` in the place of the address; None where the tick goes well.

    `error_kind` is its stable name. `value` is the fault's own.
    """

    kind: FaultKind
    what: str
    error_kind: str | None
    told: str | None
    value: Any = None

    @property
    def name(self) -> str:
        """For a test's id."""
        return self.kind if self.value is None else f"{self.kind} {self.value}"


_CHECK_URL = "is AUTHENTIK_URL the address of Authentik, without /api/v3?"
_EMPTY = (
    "Authentik shows no events at all: the log is empty, or the token lacks the permission 'Can view Event' "
    "(an internal service account without it gets an empty list)"
)
_RATE = "a proxy in front of Authentik slows us down (429)"

SOURCE_FAULTS: tuple[SourceFault, ...] = (
    SourceFault(
        "error_500",
        "500 with an HTML page (its database is away)",
        "server_error",
        "Authentik failed inside (500): often its database is away; its own log says more",
    ),
    SourceFault("starting", "503 while it starts", "starting", "Authentik is starting up; it asks for a pause of 5 s"),
    SourceFault("too_many", "429 with seconds", "rate_limited", f"{_RATE}; it asks for a pause of 30 s"),
    SourceFault(
        "too_many",
        "429 with an absurd number",
        "rate_limited",
        f"{_RATE}; it asks for a pause of 900 s",
        "99999999999999999999",
    ),
    SourceFault("too_many", "429 with nonsense", "rate_limited", _RATE, "tomorrow, perhaps"),
    SourceFault(
        "status",
        "a status that makes no sense",
        "source_garbled",
        f"the answer to a request for events was 418: As ordered.; {_CHECK_URL}",
    ),
    SourceFault(
        "status",
        "502 of a proxy",
        "source_unavailable",
        "the proxy in front does not reach Authentik (502)",
        502,
    ),
    SourceFault("html_200", "200 with a login page", "source_garbled", f"HTML instead of JSON came back: {_CHECK_URL}"),
    SourceFault(
        "truncated",
        "half of the JSON, as if whole",
        "source_garbled",
        "the JSON was cut after {bytes} bytes; a proxy or the connection broke off",
    ),
    SourceFault(
        "cut_off",
        "the connection ends in the body",
        "source_garbled",
        "the reply for events was cut after {bytes} bytes: the connection broke off",
    ),
    SourceFault("not_utf8", "bytes that are no UTF-8", None, None),
    SourceFault("empty_body", "200 and not a byte", "source_garbled", f"Authentik's reply is empty: {_CHECK_URL}"),
    SourceFault("empty_list", "an empty list where there were events", "source_empty", _EMPTY),
    SourceFault("garbled_row", "a row that is no event", None, None),
    SourceFault("stall", "it accepts and never answers", "timeout", "{host} sent nothing for 1 s"),
    SourceFault(
        "trickle", "a reply without end, byte by byte", "timeout", "{host} did not finish its answer within 2 s", 0.2
    ),
    SourceFault("reset", "the connection is reset", "unreachable", "{host} broke the connection off"),
    SourceFault(
        "hang_up",
        "the connection ends without a byte",
        "unreachable",
        "{host} cannot be reached, or broke the connection off",
    ),
    SourceFault(
        "redirect",
        "a redirect to elsewhere",
        "source_garbled",
        "a redirect (302) to http://elsewhere.example came, and is not followed, since it would carry the token "
        "there. If that is Authentik, set AUTHENTIK_URL to it",
    ),
    SourceFault("endless_next", "always one more page", None, None),
    SourceFault("repeated_page", "page 1, whatever was asked for", None, None),
    SourceFault("shifted_page", "rows vanish above the page", None, None),
    SourceFault("no_date", "no Date header", None, None),
    SourceFault("wrong_date", "its clock is an hour ahead", None, None, 3600),
    SourceFault("wrong_date", "its clock is an hour behind", None, None, -3600),
    SourceFault("bad_date", "a Date that is none", None, None),
    SourceFault(
        "huge",
        "a body that does not end",
        "source_garbled",
        "the reply for events is larger than 4,194,304 bytes",
        6 * 1024 * 1024,
    ),
    SourceFault(
        "deep",
        "nesting 200,000 deep",
        "source_garbled",
        "the reply has no pagination, so there is no telling what it shows",
    ),
    SourceFault(
        "gzip_bomb",
        "a small body that unpacks to a large one",
        "source_garbled",
        "the reply for events is larger than 4,194,304 bytes",
        6 * 1024 * 1024,
    ),
    SourceFault(
        "bad_pagination",
        "a list without its pagination",
        "source_garbled",
        "the reply has no pagination, so there is no telling what it shows",
    ),
)


@dataclass(frozen=True)
class StoreFault:
    """`told`: words of the line for the operator; `error_kind`: its stable name. `order`: what the test's driver is
    told to do: a code of SQLite, or the fault of MongoDB's commands."""

    what: str
    error_kind: str
    told: str
    order: Any = field(hash=False)


SQLITE_FAULTS: tuple[StoreFault, ...] = (
    StoreFault("the disk is full", "store_full", "is full; free some space", sqlite3.SQLITE_FULL),
    StoreFault("a write fails", "store_full", "the disk is full, over quota or failing", sqlite3.SQLITE_IOERR_WRITE),
    StoreFault("a read fails", "store_unavailable", "check the disk", sqlite3.SQLITE_IOERR_READ),
    StoreFault("it turns read-only", "store_read_only", "check the permissions", sqlite3.SQLITE_READONLY),
    StoreFault("the file is damaged", "store_unavailable", "restore it from a backup", sqlite3.SQLITE_CORRUPT),
    StoreFault("another program holds it", "store_unavailable", "locked by another program", sqlite3.SQLITE_BUSY),
)
"""At row 7 of a page."""

_UNCONFIRMED = {"code": 64, "errmsg": "waiting for replication timed out", "codeName": "WriteConcernFailed"}
MONGO_FAULTS: tuple[StoreFault, ...] = (
    StoreFault(
        "the connection breaks while rows are written",
        "store_unavailable",
        "broke; it is made again",
        ("insert", {"closeConnection": True}),
    ),
    StoreFault(
        "the connection breaks while the cursor is written",
        "store_unavailable",
        "broke; it is made again",
        ("update", {"closeConnection": True}),
    ),
    StoreFault(
        "no majority confirms the rows",
        "store_unavailable",
        "did not confirm a write in time",
        ("insert", {"writeConcernError": _UNCONFIRMED}),
    ),
    StoreFault(
        "no majority confirms the cursor",
        "store_unavailable",
        "did not confirm a write in time",
        ("update", {"writeConcernError": _UNCONFIRMED}),
    ),
    StoreFault("the disk is full", "store_full", "is full, or over its quota", ("insert", {"errorCode": 14031})),
    StoreFault(
        "there is no primary", "store_unavailable", "has no primary at this moment", ("find", {"errorCode": 13436})
    ),
    StoreFault("the user may not write any more", "store_read_only", "may not write to", ("insert", {"errorCode": 13})),
    StoreFault("a query takes too long", "store_unavailable", "took too long to answer", ("find", {"errorCode": 50})),
)
"""From the third page of a tick on."""
