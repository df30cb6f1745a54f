"""`copy`: bring what the store holds into another."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import click

from dezky_audit_tui import logs
from dezky_audit_tui.cli.options import PROG, json_option, no_secret, settings_for, store_option
from dezky_audit_tui.cli.output import pairs, write_json, write_lines
from dezky_audit_tui.cli.progress import Progress
from dezky_audit_tui.cli.running import run_until_done
from dezky_audit_tui.cli.summary import SOURCE
from dezky_audit_tui.errors import AuditError, Exit, Interrupted, SettingsError, StoreError
from dezky_audit_tui.model.cursor import state_json
from dezky_audit_tui.model.instants import instant_text
from dezky_audit_tui.ops.copy import Copy, CopyReport
from dezky_audit_tui.settings import Settings, shown_url
from dezky_audit_tui.store.lease_owner import shown_owner
from dezky_audit_tui.store.open import open_store
from dezky_audit_tui.store.store import Store
from dezky_audit_tui.text import visible

_SQLITE = "sqlite:///"


@click.command(
    "copy",
    epilog="""\b
Examples:
  dezky-audit-tui copy --to mongodb://db.example/dezky
  AUDIT_COPY_TO='mongodb://audit:PASSWORD@db.example/dezky' dezky-audit-tui copy
  dezky-audit-tui copy --store mongodb://db.example/dezky --to sqlite:///audit.db --json

Into the store that --to or AUDIT_COPY_TO names, from the one that --store or AUDIT_STORE names. It may be cut at any
moment and run again: what is there already is counted and left as it is. Nobody may ingest into the target meanwhile.
Exit codes: 0 all is through; 1 it is not: run it again.""",
)
@click.option(
    "--to",
    metavar="URL",
    callback=no_secret("AUDIT_COPY_TO"),
    help="The store to bring it into, instead of AUDIT_COPY_TO: sqlite:///PATH or mongodb://HOST/DB. No password here.",
)
@json_option
@store_option
@click.pass_context
def command(context: click.Context, to: str | None, as_json: bool, store: str | None) -> int:
    """Bring rows, what was set aside, cursor and holes into another store."""
    settings = settings_for(context, store=store, audit_copy_to=to)
    if settings.audit_copy_to is None:
        raise click.UsageError("Name the store to copy into: --to URL, or AUDIT_COPY_TO where it holds a password.")
    target = settings.audit_copy_to.get_secret_value()
    logs.hide(settings.secrets)
    _refuse_same(settings.store_url, target)
    run = _Run(settings, target, as_json)
    run_until_done(run.copy)
    return Exit.DONE if run.done else Exit.FAILED


class _Run:
    """One copy, from opening both stores to its report."""

    def __init__(self, settings: Settings, target: str, as_json: bool) -> None:
        self._settings = settings
        self._target = target
        self._as_json = as_json
        self._progress = Progress()
        self._started = time.monotonic()
        self._names = (settings.shown_store, shown_url(target))
        self._report = CopyReport()
        self.done = False

    async def copy(self) -> None:
        """Copy, and print the report, however it ends."""
        try:
            note = await self._copy()
        except StoreError as error:
            self._end(error)
        except asyncio.CancelledError:
            self._end(Interrupted("it was cut short; run it again to go on"))
            raise
        else:
            self.done = True
            self._end(None)
            if note is not None:
                _say(note)

    async def _copy(self) -> str | None:
        async with _opened(self._settings.store_url) as origin, _opened(self._target, "AUDIT_COPY_TO") as target:
            self._names = (origin.name, target.name)
            self._report = await Copy(origin, target, SOURCE, on_progress=self._tell).run()
            return await _who_goes_on(origin)

    def _tell(self, report: CopyReport) -> None:
        self._report = report
        left = ""
        if report.rows:
            seconds = (time.monotonic() - self._started) / report.rows * max(report.total - report.rows, 0)
            left = f", about {seconds:,.0f} s left"
        self._progress.show(f"{report.rows:,} of {report.total:,} rows looked at, {report.inserted:,} new{left}")

    def _end(self, error: AuditError | None) -> None:
        self._progress.end()
        self._print(error)
        if error is not None:
            _say(error.message)

    def _print(self, error: AuditError | None) -> None:
        seconds = time.monotonic() - self._started
        if self._as_json:
            write_json(self._json(error, seconds))
        elif self.done or self._report.rows:
            write_lines(self._lines(seconds))

    def _json(self, error: AuditError | None, seconds: float) -> dict[str, Any]:
        report = self._report
        return {
            "from": self._names[0],
            "to": self._names[1],
            "rows": report.rows,
            "inserted": report.inserted,
            "duplicates": report.duplicates,
            "setAside": report.set_aside,
            "cursor": state_json(report.state) if report.state else None,
            "joined": report.joined,
            "durationMs": round(seconds * 1_000),
            "outcome": "ok" if self.done else "failed",
            "error": {"kind": error.kind, "message": error.message} if error else None,
        }

    def _lines(self, seconds: float) -> list[str]:
        report, state = self._report, self._report.state
        entries = [
            ("from", self._names[0]),
            ("to", self._names[1]),
            ("rows", f"{report.rows:,}: {report.inserted:,} new, {report.duplicates:,} there already"),
            ("set aside", f"{report.set_aside:,}"),
        ]
        if state is not None:
            cursor = state.cursor
            entries += [
                ("last event", f"{instant_text(cursor.at)}  {cursor.pk}" if cursor else "none"),
                ("holes", f"{len(state.unread):,}" if state.unread else "none"),
            ]
            if not report.joined:
                entries.append(("cursor", "the target's own was kept: it knows nothing of the other one's last event"))
        return pairs([*entries, ("took", f"{seconds:,.1f} s")])


@asynccontextmanager
async def _opened(url: str, setting: str = "AUDIT_STORE") -> AsyncIterator[Store]:
    """The store at `url`, open. `setting`: what the operator has to correct where it cannot be opened."""
    with _of(setting):
        store = open_store(url)
        if setting == "AUDIT_STORE":
            _refuse_absent(url)
    try:
        with _of(setting):
            await store.open()
        yield store
    finally:
        await store.close()


@contextmanager
def _of(setting: str) -> Iterator[None]:
    """Errors of a store name the setting that it comes from."""
    try:
        yield
    except (StoreError, SettingsError) as error:
        raise type(error)(error.message.replace("AUDIT_STORE", setting)) from None


async def _who_goes_on(origin: Store) -> str | None:
    lease = (await origin.status(SOURCE)).lease
    if lease is None:
        return None
    return (
        f"{shown_owner(lease.owner)} still ingests into {origin.name}: "
        "end it, and run this again for what it has stored meanwhile"
    )


def _refuse_absent(url: str) -> None:
    """A store that is not there would be made, and copied as an empty one."""
    if url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).exists():
        raise SettingsError(f"AUDIT_STORE is {shown_url(url)}, which is not there: there is nothing to copy")


def _refuse_same(origin: str, target: str) -> None:
    paths = [Path(url.removeprefix(_SQLITE)) for url in (origin, target) if url.startswith(_SQLITE)]
    same_file = len(paths) == 2 and all(path.exists() for path in paths) and paths[0].samefile(paths[1])
    if same_file or origin == target:
        raise SettingsError(f"both stores are {shown_url(target)}: --to has to name another than AUDIT_STORE")


def _say(message: str) -> None:
    for line in message.splitlines():
        sys.stderr.write(f"{PROG}: {visible(logs.redact(line))}\n")
