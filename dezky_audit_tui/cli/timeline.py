"""`timeline`: events, newest first."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import click

from dezky_audit_tui.cli.nothing import tell_nothing
from dezky_audit_tui.cli.options import PROG, settings_for, store_option
from dezky_audit_tui.cli.output import in_colour, look_for_reader, terminal_width, write_lines
from dezky_audit_tui.cli.running import opened_store, run_until_done
from dezky_audit_tui.cli.table import TimelineTable
from dezky_audit_tui.cli.words import join_words
from dezky_audit_tui.errors import StoreUnavailable
from dezky_audit_tui.logs import redact
from dezky_audit_tui.model.event import AuditEvent, Position, Row
from dezky_audit_tui.model.instants import now
from dezky_audit_tui.model.query import Query
from dezky_audit_tui.model.query_match import matches
from dezky_audit_tui.model.query_parse import parse_query
from dezky_audit_tui.ops.export import PAGE_ROWS, csv_header, csv_line, event_line, newest_first
from dezky_audit_tui.settings import Settings
from dezky_audit_tui.store.store import Follower, Store
from dezky_audit_tui.text import visible

_POLL_S = 0.5
_AGAIN_S = 2.0
_CLOCKS = timedelta(minutes=10)
"""How far the clock of a writer may lie from this one's."""


def _limit(_context: click.Context, _option: click.Parameter, value: str) -> int | None:
    """The number, or None for all."""
    if value == "all":
        return None
    if value.isascii() and value.isdigit() and len(value) < 12:
        return int(value)
    raise click.BadParameter(f"{value!r} is neither a whole number nor `all`.")


class Printer(Protocol):
    """Events as lines of one format."""

    def lines(self, events: Sequence[AuditEvent]) -> Iterable[str]:
        """The lines of these events; what stands above all comes with the first call."""


class Jsonl:
    """One JSON object a line."""

    def lines(self, events: Sequence[AuditEvent]) -> Iterable[str]:
        """The lines of these events."""
        return [event_line(event) for event in events]


class Csv:
    """csv with a header."""

    def __init__(self) -> None:
        self._header = [csv_header()]

    def lines(self, events: Sequence[AuditEvent]) -> Iterable[str]:
        """The lines of these events."""
        header, self._header = self._header, []
        return header + [csv_line(event) for event in events]


@click.command(
    "timeline",
    epilog="""\b
Examples:
  dezky-audit-tui timeline
  dezky-audit-tui timeline tenant:acme verb:login_failed since:2h
  dezky-audit-tui timeline '!actor:root' is:impersonated --limit all --format csv
  dezky-audit-tui timeline ip:198.51.100.0/24 --follow

QUERY: terms that must all hold, field:value with tenant verb actor ip source outcome target since until is; a,b for
either; * at an end; ! before a term turns it round (- does too, after --); words and "texts" search actor, target,
verb and address. The README tells it all.

Reads the store alone: no request is sent, and AUTHENTIK_URL need not be set.""",
)
@click.argument("query", nargs=-1)
@click.option(
    "--limit",
    callback=_limit,
    metavar="N",
    default="100",
    show_default=True,
    help="At most so many events; `all` for every one.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "jsonl", "csv"]),
    default="table",
    show_default=True,
    help="How events are written.",
)
@click.option("--follow", is_flag=True, help="Oldest first, and then every new event as it is stored.")
@store_option
@click.pass_context
def command(
    context: click.Context, query: tuple[str, ...], limit: int | None, form: str, follow: bool, store: str | None
) -> None:
    """Print events, newest first."""
    wanted = parse_query(join_words(query), now=now())
    settings = settings_for(context, store=store)
    printer = _printer(form)
    run_until_done(lambda: _timeline(settings, wanted, limit, printer, follow))


def _printer(form: str) -> Printer:
    if form == "jsonl":
        return Jsonl()
    return Csv() if form == "csv" else TimelineTable(terminal_width(), colour=in_colour())


async def _timeline(settings: Settings, query: Query, limit: int | None, printer: Printer, follow: bool) -> None:
    async with opened_store(settings) as store:
        if follow:
            # Made before the first read: what is stored in between comes twice rather than never.
            follower = await store.follow()
            try:
                await _follow(store, follower, query, limit, printer, settings)
            finally:
                await follower.close()
        else:
            any_rows = False
            async for rows in newest_first(store, query, limit):
                write_lines(printer.lines([row.event for row in rows]))
                any_rows = True
            if not any_rows:
                write_lines(printer.lines([]), flush=True)
                if limit != 0:
                    await tell_nothing(store, query, settings)


async def _follow(
    store: Store, follower: Follower, query: Query, limit: int | None, printer: Printer, settings: Settings
) -> None:
    since, any_rows = now() - _CLOCKS, False
    known: set[Position] = set()
    async for rows in _oldest_first(store, query, limit):
        known.update(row.position for row in rows if _is_of_late(row, since))
        write_lines(printer.lines([row.event for row in rows]), flush=True)
        any_rows = any_rows or bool(rows)
    if not any_rows and limit != 0:
        await tell_nothing(store, query, settings)
    away = False
    while True:
        look_for_reader()
        try:
            changes = await follower.poll()
        except StoreUnavailable as error:
            # The follower goes on behind the last row that it brought: once the store is back, nothing is left out.
            if not away:
                sys.stderr.write(f"{PROG}: {visible(redact(error.message))} (looking again until it is back)\n")
                sys.stderr.flush()
            away = True
            await asyncio.sleep(_AGAIN_S)
            continue
        away = False
        fresh = [row for row in changes.rows if row.position not in known and matches(query, row.event)]
        if fresh:
            fresh.sort(key=lambda row: row.position)
            write_lines(printer.lines([row.event for row in fresh]), flush=True)
        await asyncio.sleep(_POLL_S)


def _is_of_late(row: Row, since: datetime) -> bool:
    """Whether it was stored so late that the follower may bring it again, or when is not known."""
    return row.event.recorded_at is None or row.event.recorded_at >= since


async def _oldest_first(store: Store, query: Query, limit: int | None) -> AsyncIterator[list[Row]]:
    """The newest `limit` rows in pages, oldest first; one page at least, perhaps an empty one."""
    if limit is not None:
        pages = [rows async for rows in newest_first(store, query, limit)]
        yield [row for page in pages for row in page][::-1]
        return
    rows = list(await store.newer(query, None, PAGE_ROWS))
    yield rows
    while rows:
        rows = list(await store.newer(query, rows[-1].position, PAGE_ROWS))
        yield rows
