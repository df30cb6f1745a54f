"""What the simulated server was asked for: the latest requests one by one, and counts of all."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from datetime import datetime
from threading import RLock
from urllib.parse import parse_qs

_KEPT = 50_000


@dataclass(frozen=True, slots=True)
class Seen:
    """One request. `status` is None where no reply was sent (stall, reset); `fault`: what hit it."""

    at: datetime
    method: str
    path: str
    query: str
    where: str
    status: int | None
    fault: str | None = None

    def param(self, name: str) -> str | None:
        """The last value of a query argument."""
        values = parse_qs(self.query, keep_blank_values=True).get(name)
        return values[-1] if values else None


class RequestLog:
    """The latest 50,000 requests, oldest first, and counts since the start (or the last `clear`)."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._seen: deque[Seen] = deque(maxlen=_KEPT)
        self._counts: Counter[str] = Counter()

    def note(self, seen: Seen) -> None:
        """Take a request down."""
        with self._lock:
            self._seen.append(seen)
            self._counts[seen.where] += 1

    def all(self, where: str | None = None) -> list[Seen]:
        """The requests for that part of the API (`events`, `groups`, `users`, `version`, `other`), or all."""
        with self._lock:
            return [seen for seen in self._seen if where in (None, seen.where)]

    def count(self, where: str | None = None) -> int:
        """How many there were for that part of the API, or in all."""
        with self._lock:
            return self._counts.total() if where is None else self._counts[where]

    def pages(self) -> list[int]:
        """The page numbers of the requests for events, as asked for."""
        numbers = (seen.param("page") or "1" for seen in self.all("events"))
        return [int(number) if number.isdecimal() else 0 for number in numbers]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._seen.clear()
            self._counts.clear()
