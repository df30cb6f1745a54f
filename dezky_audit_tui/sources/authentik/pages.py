"""What a page of the list tells by itself: can it be used, what is on it, and does it go on from another."""

from __future__ import annotations

from dataclasses import replace

from dezky_audit_tui.errors import SourceEmpty, SourceGarbled
from dezky_audit_tui.sources.authentik.wire import EventPage

NOTHING_VISIBLE = (
    "Authentik shows no events at all: the log is empty, or the token lacks the permission 'Can view Event' "
    "(an internal service account without it gets an empty list)"
)


class NothingReadable(SourceGarbled):
    """A page on which not even the place of an event can be read. `page` tells what was set aside for it."""

    def __init__(self, page: EventPage) -> None:
        super().__init__("no event on a whole page of Authentik's list can be read; `quarantine` tells why")
        self.page = page


def is_complete(page: EventPage) -> bool:
    """Whether it is known of every row of the page which event it is."""
    return len(page.rows) >= page.pagination.end_index - page.pagination.start_index + 1


def ids_of(page: EventPage) -> frozenset[str]:
    """The keys of all that came, unreadable ones too."""
    return frozenset([row.mark.pk for row in page.rows] + [item.key for item in page.set_aside])


def joined(page: EventPage, below: EventPage) -> EventPage:
    """Two pages as one where the second goes on at the very row where the first ends; else the first alone."""
    one, two = page.pagination, below.pagination
    if (
        one.count != two.count
        or two.start_index != one.end_index + 1
        or below.rows[0].mark.key >= page.rows[-1].mark.key
    ):
        return page
    return replace(
        page,
        rows=page.rows + below.rows,
        offsets=page.offsets + tuple(two.start_index - one.start_index + offset for offset in below.offsets),
        set_aside=page.set_aside + below.set_aside,
        pagination=replace(two, start_index=one.start_index),
    )


def check_readable(page: EventPage) -> None:
    """An empty page proves nothing, whatever its status says. Raises NothingReadable or SourceEmpty."""
    if page.rows:
        return
    if page.set_aside:
        raise NothingReadable(page)
    raise SourceEmpty(NOTHING_VISIBLE)
