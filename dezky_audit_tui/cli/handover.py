"""`handover`: what a shift leaves to the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import click
from rich.cells import cell_len

from dezky_audit_tui.cli.options import json_option, settings_for, store_option
from dezky_audit_tui.cli.output import in_colour, terminal_width
from dezky_audit_tui.cli.reading import tell_of_store
from dezky_audit_tui.cli.summary import SOURCE
from dezky_audit_tui.cli.times import moment
from dezky_audit_tui.insight.handover import Handover
from dezky_audit_tui.insight.handover_json import handover_json
from dezky_audit_tui.insight.handover_read import read_handover
from dezky_audit_tui.insight.handover_text import MARKS, Entry, Mark, headline, parts_of
from dezky_audit_tui.model.instants import now
from dezky_audit_tui.model.tenants import GroupPatterns
from dezky_audit_tui.sources.authentik.action_map import VERBS
from dezky_audit_tui.store.store import Store
from dezky_audit_tui.text import fit, visible

_GAP = "  "
_MARK_CELLS = 3
_TONES: dict[Mark, str] = {"loud": "red", "warn": "yellow"}
_SHIFT = timedelta(hours=8)


@click.command(
    "handover",
    epilog="""\b
Examples:
  dezky-audit-tui handover
  dezky-audit-tui handover --since 2026-11-24T22:00 --until 2026-11-25T06:00
  dezky-audit-tui handover --since 8h --json | jq .impersonations.open

Times are UTC, or an age: 8h, 90m, 2d. Reads the store alone: no request is sent, and AUTHENTIK_URL need not be set.""",
)
@click.option("--since", callback=moment, metavar="TIME", help="Where the shift begins.  [default: 8h]")
@click.option("--until", callback=moment, metavar="TIME", help="Where it ends.  [default: now]")
@json_option
@store_option
@click.pass_context
def command(
    context: click.Context, since: datetime | None, until: datetime | None, as_json: bool, store: str | None
) -> None:
    """What happened on a shift: open impersonations, guessing, changes, newcomers, gaps in the data."""
    made_at = now()
    end = until or made_at
    begin = since or end - _SHIFT
    if begin >= end:
        raise click.UsageError("--since has to lie before --until.")
    settings = settings_for(context, store=store)

    async def ask(store: Store) -> Handover:
        return await read_handover(
            store,
            SOURCE,
            begin,
            end,
            now=made_at,
            admin_groups=GroupPatterns(settings.audit_admin_groups),
            verbs=VERBS,
            interval_s=settings.audit_ingest_interval,
        )

    tell_of_store(settings, ask, handover_json, _lines, as_json=as_json)


def _lines(handover: Handover) -> Iterator[str]:
    yield _bold(f"Handover, UTC   {headline(handover)}   {visible(handover.store)}")
    for part in parts_of(handover):
        yield ""
        yield _bold(f"{part.title} ({len(part.entries):,})" if part.entries else f"{part.title}: {part.nothing}")
        yield from _rows(part.entries)
        for note in part.notes:
            yield f"   {visible(note)}"


def _rows(entries: Sequence[Entry]) -> Iterator[str]:
    table = [tuple(visible(cell) for cell in entry.cells) for entry in entries]
    widths = [max(map(cell_len, column)) for column in zip(*table, strict=True)]
    room = terminal_width()
    for entry, row in zip(entries, table, strict=True):
        line = fit(MARKS[entry.mark], _MARK_CELLS)
        line += _GAP.join(fit(cell, width) for cell, width in zip(row, widths, strict=True) if width)
        line = (line if room is None else fit(line, room)).rstrip()
        tone = _TONES.get(entry.mark)
        yield click.style(line, fg=tone) if tone and in_colour() else line


def _bold(line: str) -> str:
    room = terminal_width()
    shown = line if room is None else fit(line, room).rstrip()
    return click.style(shown, bold=True) if in_colour() else shown
