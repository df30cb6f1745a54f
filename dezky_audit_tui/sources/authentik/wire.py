"""A page of Authentik's events as it comes over the wire: tolerant of all that is unimportant, strict in order.

Only `pk` and `created` have to be right, since order and identity hang on them. Everything else may be missing
or of another type, and unknown fields are ignored. An item that cannot be read is set aside with its reason, and
the page goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainValidator, ValidationError

from dezky_audit_tui.errors import SourceGarbled
from dezky_audit_tui.model.cursor import Mark
from dezky_audit_tui.model.instants import parse_instant
from dezky_audit_tui.model.set_aside import SetAside
from dezky_audit_tui.sources.authentik.jsons import Unreadable, digest, is_object, kind_of, read_object
from dezky_audit_tui.text import clean

SOURCE = "authentik"
"""The value of `source` in events of Authentik."""

_LONGEST_PK = 100
_LONGEST_CREATED = 64
_LONGEST_EXCERPT = 500


def _pk(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise ValueError(f"pk is a {kind_of(value)}, not a text")
    pk = value.strip().lower()
    if not pk or len(pk) > _LONGEST_PK or not pk.isprintable() or clean(pk) != pk:
        raise ValueError("pk is empty, too long or holds characters that no id has")
    return pk


def _created(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"created is a {kind_of(value)}, not a text")
    if len(value) > _LONGEST_CREATED or not value.isascii() or not value.isprintable():
        raise ValueError("created is no moment")
    try:
        parse_instant(value)
    except ValueError:
        raise ValueError("created is no moment, or names no zone, or lies outside of the years 1 to 9999") from None
    return value


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _action(value: object) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if is_object(value) else {}


Text = Annotated[str | None, PlainValidator(_text)]
Object = Annotated[Mapping[str, Any], PlainValidator(_mapping)]


class WireEvent(BaseModel):
    """One event as Authentik shows it. Texts are as they came: they may hold NUL, lone surrogates and anything
    else that somebody typed. `created` is the exact text, `pk` in lower case.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    pk: Annotated[str, BeforeValidator(_pk)]
    created: Annotated[str, BeforeValidator(_created)]
    action: Annotated[str, PlainValidator(_action)] = ""
    app: Text = None
    user: Object = {}
    context: Object = {}
    client_ip: Text = None
    expires: Text = None
    brand: Object = {}

    @cached_property
    def mark(self) -> Mark:
        """Its place in the list."""
        return Mark(self.created, self.pk)


class PlaceOnly(WireEvent):
    """Stands in a page for an event that cannot be read but for its place in the list: it was set aside.

    So a whole page of such events is walked over like any other, and nobody hides what lies below it.
    """


@dataclass(frozen=True, slots=True)
class Pagination:
    """Where a page lies: page numbers (0: none) and row numbers, which count from 1 (0 in an empty list)."""

    next: int
    previous: int
    count: int
    current: int
    total_pages: int
    start_index: int
    end_index: int


@dataclass(frozen=True, slots=True)
class EventPage:
    """One page, newest first; a `PlaceOnly` among the `rows` is in `set_aside` too. `date` is the source's clock when
    it answered, None where it did not tell; `elapsed_s` is how long the request took. `offsets` are the places of
    `rows` among the items that came, from 0.
    """

    rows: tuple[WireEvent, ...]
    set_aside: tuple[SetAside, ...]
    pagination: Pagination
    date: datetime | None
    elapsed_s: float
    offsets: tuple[int, ...]

    @property
    def last_index(self) -> int:
        """The row number of the last row that could be read; that of the page's start where there is none."""
        return self.pagination.start_index + (self.offsets[-1] if self.offsets else 0)


def read_page(
    body: bytes, *, page: int, seen_at: datetime, date: datetime | None = None, elapsed_s: float = 0.0
) -> EventPage:
    """The reply to a request for that `page`. Pure; meant for a worker thread.

    `seen_at`: the moment for what is set aside. Raises SourceGarbled where the reply as a whole is not a page.
    """
    data = read_object(body)
    results = data.get("results")
    if not isinstance(results, list):
        raise SourceGarbled("the reply has no list of results: is AUTHENTIK_URL the address of Authentik?")
    pagination = read_pagination(data.get("pagination"), page=page, rows=len(results))
    rows: list[WireEvent] = []
    offsets: list[int] = []
    aside: list[SetAside] = []
    for offset, item in enumerate(results):
        event = _event(item)
        if isinstance(event, Unreadable):
            aside.append(_set_aside(item, event, seen_at))
            place = _place(event)
            if place is not None:
                rows.append(place)
                offsets.append(offset)
        else:
            rows.append(event)
            offsets.append(offset)
    return EventPage(tuple(rows), tuple(aside), pagination, date, elapsed_s, tuple(offsets))


def read_pagination(value: object, *, page: int, rows: int) -> Pagination:
    """The pagination of a reply that brought `rows` rows; what is missing is worked out where that is safe.

    Raises SourceGarbled where it would be a guess whether there is more: a hole may be closed on it.
    """
    if not is_object(value):
        raise SourceGarbled("the reply has no pagination, so there is no telling what it shows")
    given = {name: _number(value.get(name)) for name in Pagination.__dataclass_fields__}
    current = given["current"] or page
    end, count, total, following = given["end_index"], given["count"], given["total_pages"], given["next"]
    if following is None and total is not None:
        following = current + 1 if current < total else 0
    if following is None and count is not None and end is not None:
        following = current + 1 if end < count else 0
    if following is None or (following != 0 and following <= current):
        raise SourceGarbled("the reply's pagination does not tell whether there is another page")
    start = given["start_index"]
    if end is None:
        # A page with one behind it is full, so that all before it are as long.
        end = _end(start, rows, count, following, current)
    if count is None:
        if following:
            raise SourceGarbled("the reply's pagination does not tell how many events there are")
        count = end
    return Pagination(
        next=following,
        previous=given["previous"] if given["previous"] is not None else current - 1,
        count=count,
        current=current,
        total_pages=total if total is not None else (current if not following else current + 1),
        start_index=start if start is not None else max(end - rows + 1, min(rows, 1)),
        end_index=end,
    )


def _end(start: int | None, rows: int, count: int | None, following: int, current: int) -> int:
    if start is not None and start > 0:
        return start + rows - 1
    if following or current == 1:
        return current * rows
    if count is not None:
        return count
    raise SourceGarbled("the reply's pagination does not tell which events it shows")


def _number(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 16:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else None


def _event(item: object) -> WireEvent | Unreadable:
    if isinstance(item, Unreadable):
        return item
    if not is_object(item):
        return Unreadable(f"a {kind_of(item)} instead of an object", _key(item))
    try:
        return WireEvent.model_validate(item)
    except ValidationError as error:
        return Unreadable(_reason(error), _key(item))


def _place(unreadable: Unreadable) -> PlaceOnly | None:
    try:
        return PlaceOnly.model_validate({"pk": unreadable.key, "created": unreadable.created})
    except ValidationError:
        return None


def _reason(error: ValidationError) -> str:
    told = []
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        if problem["type"] == "missing":
            told.append(f"{problem['loc'][0]} is missing")
        else:
            told.append(problem["msg"].removeprefix("Value error, "))
    return "; ".join(told)


def _key(item: object) -> str:
    pk = item.get("pk") if is_object(item) else None
    if isinstance(pk, str) and pk.strip():
        return clean(pk.strip()[:_LONGEST_PK]).lower()
    try:
        return digest(repr(item))
    except RecursionError:
        return digest(_shape(item))


def _set_aside(item: object, unreadable: Unreadable, seen_at: datetime) -> SetAside:
    """What is kept of an item that cannot be read: its names and types, never its values."""
    created, action, excerpt = _short(unreadable.created), None, None
    if is_object(item):
        created, action, excerpt = _short(item.get("created")), _short(item.get("action")), _shape(item)
    return SetAside(SOURCE, clean(unreadable.key), unreadable.reason, seen_at, created, action, excerpt)


def _short(value: object) -> str | None:
    return clean(value[:_LONGEST_PK]) if isinstance(value, str) else None


def _shape(item: object) -> str:
    if not is_object(item):
        return kind_of(item)
    names = (f"{name[:40]}: {kind_of(value)}" for name, value in item.items())
    return clean(", ".join(names))[:_LONGEST_EXCERPT]
