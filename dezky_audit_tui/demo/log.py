"""The simulated event log: events as the API shows them, ordered as the API orders them, fast at a million."""

from __future__ import annotations

import json
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from threading import RLock
from typing import Any, Literal, NamedTuple

from dezky_audit_tui.demo.autocomplete import events_autocomplete
from dezky_audit_tui.demo.paging import paginate
from dezky_audit_tui.model.instants import EPOCH, parse_instant

Generation = Literal["2025.8", "2025.12"]
"""Up to 2025.10 a page has 100 rows unless told and no upper bound; from 2025.12 it has 20, and at most 100."""

Json = dict[str, Any]

_MICROSECOND = timedelta(microseconds=1)
_MERGE_FROM = 64
"""Batches from this size are sorted or filtered as a whole; smaller ones are put in or taken out one by one."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class _Entry(NamedTuple):
    """One event: compared by moment (microseconds since 1970), then pk, which is unique."""

    at: int
    pk: str
    body: bytes


class Slice(NamedTuple):
    """A page before it becomes a reply: `pagination` as the API shows it, and each row as JSON bytes."""

    pagination: dict[str, int]
    rows: Sequence[bytes]


class EventLog:
    """Raw events by (created, pk), newest first when paged.

    Events are kept as the JSON text they had when they were added. `max_page_size` overrides the generation's
    upper bound, as an administrator can. Every method may be called from any thread.
    """

    def __init__(self, generation: Generation = "2025.12", *, max_page_size: int | None = None) -> None:
        self.generation: Generation = generation
        self.default_page_size = 100 if generation == "2025.8" else 20
        self.max_page_size = max_page_size if generation == "2025.8" else max_page_size or 100
        self._lock = RLock()
        self._entries: list[_Entry] = []
        self._by_pk: dict[str, _Entry] = {}
        self._apps: set[str] = set()

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, pk: object) -> bool:
        return pk in self._by_pk

    def add(self, *events: Json) -> None:
        """Put events where their `created` and `pk` place them. A pk that is there already is replaced (edited).

        An event whose `created` is no moment is placed after the newest one: so tests can serve a broken row.
        """
        self.load(events)

    def load(self, events: Iterable[Json]) -> None:
        """Like `add`, for a stream of any length: none of its events is held but as JSON text."""
        fresh: dict[str, _Entry] = {}
        with self._lock:
            newest = self._entries[-1].at if self._entries else 0
            for event in events:
                pk, at = str(event.get("pk")), _moment(event.get("created"))
                newest = max(newest, at) if at is not None else newest + 1
                fresh[pk] = _Entry(newest if at is None else at, pk, pack(event))
                app = event.get("app")
                if isinstance(app, str):
                    self._apps.add(app)
            self.remove([pk for pk in fresh if pk in self._by_pk])
            self._by_pk.update(fresh)
            if len(fresh) >= _MERGE_FROM:
                self._entries.extend(fresh.values())
                self._entries.sort()
            else:
                for entry in fresh.values():
                    insort(self._entries, entry)

    def remove(self, pks: Iterable[str]) -> int:
        """Take events out, wherever they lie; unknown pks are ignored. Returns how many were there."""
        with self._lock:
            gone = {pk: entry for pk in pks if (entry := self._by_pk.pop(pk, None)) is not None}
            if len(gone) >= _MERGE_FROM:
                self._entries = [entry for entry in self._entries if entry.pk not in gone]
            else:
                for entry in gone.values():
                    del self._entries[bisect_left(self._entries, entry)]
            return len(gone)

    def remove_user(self, user_pk: int) -> int:
        """Take out every event of that user, as Authentik does within seconds of the user's deletion."""
        needle = f'"pk":{user_pk}'.encode()
        with self._lock:
            candidates = [entry for entry in self._entries if needle in entry.body]
            return self.remove(entry.pk for entry in candidates if _user_pk(unpack(entry.body)) == user_pk)

    def remove_before(self, created: str) -> int:
        """Take out every event older than that moment, as the retention does."""
        with self._lock:
            end = bisect_left(self._entries, _place(created))
            return self.remove([entry.pk for entry in self._entries[:end]])

    def page(self, page: int, page_size: int | None = None, *, ascending: bool = False) -> Json | None:
        """One page as the API's reply, or None where it answers 404 "Invalid page."."""
        found = self.slice(page, page_size, ascending=ascending)
        if found is None:
            return None
        return {
            "pagination": found.pagination,
            "results": [unpack(row) for row in found.rows],
            "autocomplete": self.autocomplete(),
        }

    def slice(self, page: int, page_size: int | None = None, *, ascending: bool = False, skip: int = 0) -> Slice | None:
        """One page as JSON bytes a row, or None where there is no such page. `skip`: as if that many of the first
        rows were not there."""
        size = self.page_size(page_size)
        with self._lock:
            count = max(len(self._entries) - skip, 0)
            pagination = paginate(count, page, size)
            if pagination is None:
                return None
            start, end = max(pagination["start_index"] - 1, 0), pagination["end_index"]
            if ascending:
                return Slice(pagination, [entry.body for entry in self._entries[skip + start : skip + end]])
            return Slice(pagination, [entry.body for entry in reversed(self._entries[count - end : count - start])])

    def page_size(self, asked: int | None) -> int:
        """The rows a page that the server uses where `asked` was asked for: the default, and clamped without a word."""
        size = self.default_page_size if asked is None or asked < 1 else asked
        return size if self.max_page_size is None else min(size, self.max_page_size)

    def events(self) -> Iterator[Json]:
        """All events, oldest first, as they are now."""
        with self._lock:
            entries = list(self._entries)
        return (unpack(entry.body) for entry in entries)

    def get(self, pk: str) -> Json | None:
        """The event of that pk."""
        entry = self._by_pk.get(pk)
        return None if entry is None else unpack(entry.body)

    def pks(self) -> list[str]:
        """The pks of all events, oldest first."""
        with self._lock:
            return [entry.pk for entry in self._entries]

    @property
    def newest(self) -> Json | None:
        """The first event of page 1."""
        with self._lock:
            return unpack(self._entries[-1].body) if self._entries else None

    @property
    def oldest(self) -> Json | None:
        """The last event of the last page."""
        with self._lock:
            return unpack(self._entries[0].body) if self._entries else None

    def count_since(self, created: str) -> int:
        """How many events lie at or after that moment."""
        with self._lock:
            return len(self._entries) - bisect_left(self._entries, _place(created))

    def autocomplete(self) -> Json:
        """What the API adds to each reply for its search bar."""
        with self._lock:
            return events_autocomplete(sorted(self._apps))


def _moment(created: object) -> int | None:
    """Microseconds since 1970; None where `created` is no moment."""
    if isinstance(created, str):
        with suppress(ValueError):
            return (parse_instant(created) - EPOCH) // _MICROSECOND
    return None


def _place(created: str) -> _Entry:
    """What sorts before every event from that moment on. Raises ValueError where it is none."""
    return _Entry((parse_instant(created) - EPOCH) // _MICROSECOND, "", b"")


def pack(event: Json) -> bytes:
    """An event as the JSON text that goes over the wire: UTF-8, or escapes where it holds what UTF-8 cannot."""
    try:
        return _encode(event).encode()
    except UnicodeEncodeError:
        return json.dumps(event, separators=(",", ":")).encode()


def unpack(body: bytes) -> Json:
    """The inverse of `pack`."""
    event: Json = json.loads(body)
    return event


def _user_pk(event: Json) -> object:
    user = event.get("user")
    return user.get("pk") if isinstance(user, dict) else None
