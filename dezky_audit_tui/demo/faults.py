"""What can go wrong with a server, on demand: which fault, on which requests, how often."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from threading import RLock
from typing import Any, Literal, cast, get_args

FaultKind = Literal[
    "error_500",  # an HTML page, as where the database is away
    "starting",  # 503 with Retry-After: 5
    "too_many",  # 429 of a proxy; value: the text of Retry-After (30)
    "status",  # any status with a JSON detail; value: the status (418)
    "html_200",  # a login page of somebody else
    "truncated",  # a whole reply that holds half of the JSON
    "cut_off",  # the connection ends in the middle of the body
    "not_utf8",  # JSON in another encoding
    "empty_body",  # 200 and nothing at all
    "empty_list",  # 200, count 0, no rows
    "garbled_row",  # one row of the page is no event; value: what stands there instead (42)
    "stall",  # accepts and never answers; value: seconds after which it does answer (never)
    "trickle",  # the reply in small pieces; value: seconds between them (0.05)
    "reset",  # the connection is reset
    "hang_up",  # the connection ends without a byte
    "redirect",  # 302; value: where to (http://elsewhere.example/)
    "endless_next",  # the last page, again and again, always with a next one
    "repeated_page",  # page 1 whatever was asked for; its pagination as asked
    "shifted_page",  # as if `value` rows (50) above the page had vanished
    "no_date",  # a reply without the Date header
    "wrong_date",  # value: seconds that the Date header is off (3600)
    "bad_date",  # a Date header that is no date
    "huge",  # a body without a length that never ends well; value: bytes (64 MiB)
    "deep",  # value: levels of nesting (200,000)
    "gzip_bomb",  # value: bytes after unpacking (64 MiB)
    "bad_pagination",  # the list without its pagination
]
"""Every fault; what `value` means, and its default in brackets."""

Where = Literal["events", "groups", "users", "version", "all"]
WHERES: tuple[Where, ...] = get_args(Where)
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)


@dataclass(slots=True)
class Fault:
    """One fault. It spares the first `after` requests of its kind, then hits the next `count` (None: all)."""

    kind: FaultKind
    where: Where = "all"
    count: int | None = 1
    value: Any = None
    after: int = 0
    hits: int = 0


class Faults:
    """The switch. Several faults queue up: a request is hit by the first that fits and is not used up."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._queue: deque[Fault] = deque()

    def set(
        self, kind: FaultKind, *, count: int | None = 1, where: Where = "all", value: Any = None, after: int = 0
    ) -> Fault:
        """Switch a fault on, behind those that are on. Raises ValueError for an unknown kind or place."""
        if kind not in KINDS:
            raise ValueError(f"no fault {kind!r}; there are {', '.join(KINDS)}")
        if where not in WHERES:
            raise ValueError(f"no place {where!r}; there are {', '.join(WHERES)}")
        fault = Fault(kind, where, count, value, after)
        with self._lock:
            self._queue.append(fault)
        return fault

    def end(self, fault: Fault) -> None:
        """Switch one fault off; nothing happens where it is not on."""
        with self._lock:
            self._queue = deque(other for other in self._queue if other is not fault)

    def clear(self) -> None:
        """Switch all faults off (replies under way end as they began, stalled ones too)."""
        with self._lock:
            self._queue.clear()

    def pending(self) -> list[Fault]:
        """The faults that are on."""
        with self._lock:
            return list(self._queue)

    def take(self, where: str) -> Fault | None:
        """The fault that hits this request, or None."""
        with self._lock:
            for fault in list(self._queue):
                if fault.where not in ("all", where):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.hits += 1
                if fault.count is not None and fault.hits >= fault.count:
                    self._queue.remove(fault)
                return fault
        return None


def fault_arguments(data: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `Faults.set` from JSON. Raises ValueError where they make no sense."""
    unknown = set(data) - {"kind", "count", "where", "value", "after"}
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    count, after = data.get("count", 1), data.get("after", 0)
    if not (count is None or (isinstance(count, int) and count > 0)) or not (isinstance(after, int) and after >= 0):
        raise ValueError("count is a number from 1 or null, after a number from 0")
    return {
        "kind": cast(FaultKind, data.get("kind")),
        "count": count,
        "where": cast(Where, data.get("where", "all")),
        "value": data.get("value"),
        "after": after,
    }
