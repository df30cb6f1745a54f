"""Where the measuring happens: stores and log files of any size, made once; a source over HTTP; programs to start."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from dezky_audit_tui.demo.log import Json
from dezky_audit_tui.demo.people import SLUGS
from dezky_audit_tui.model.event import AuditEvent, TenantWhy
from dezky_audit_tui.model.instants import now
from dezky_audit_tui.sources.authentik.siblings import Known
from dezky_audit_tui.sources.authentik.translate import translate
from dezky_audit_tui.sources.authentik.wire import WireEvent
from dezky_audit_tui.store.sqlite.store import SqliteStore
from tests.benchmarks import peers
from tests.benchmarks.events import batches, line, marked, story

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
_BATCH = 5_000


@dataclass(frozen=True)
class Options:
    """`events`: rows of the large store. `rounds`: how often each thing is measured. `full`: at five times that too."""

    folder: Path
    events: int = 1_000_000
    rounds: int = 5
    full: bool = False
    with_peers: bool = True


@dataclass(frozen=True)
class Program:
    """Something to start in a terminal. `keys` bring it to its newest line."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    keys: str = ""


class Workshop:
    """Makes what a measurement needs, and remembers it in `options.folder`."""

    def __init__(self, options: Options, tell: Callable[[str], None]) -> None:
        self.options = options
        self.tell = tell
        self.folder = options.folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.random = Random(time.time_ns())

    # Stores and files

    def store(self, count: int) -> Path:
        """A store of about so many events, written by the store's own code, and its path."""
        path = self.folder / f"store-{count}.db"
        if not path.exists():
            self.tell(f"making a store of {count:,} events")
            half_done = path.with_suffix(".part")
            for leftover in self.folder.glob(half_done.name + "*"):
                leftover.unlink()
            run(_fill(half_done, count))
            half_done.rename(path)
        return path

    def lines(self, count: int) -> Path:
        """A file with the same events, one a line, oldest first."""
        path = self.folder / f"events-{count}.jsonl"
        if not path.exists():
            self.tell(f"making a file of {count:,} lines")
            half_done = path.with_suffix(".part")
            with half_done.open("wb") as file:
                for batch in batches(story(count, now())[1], _BATCH):
                    file.writelines(line(event) for event in batch)
            half_done.rename(path)
        return path

    def add(self, store: Path, *markers: str) -> None:
        """One commit with a login of each of these names, now."""
        run(_commit(store, translated([marked(marker, now()) for marker in markers])))

    def append(self, lines: Path, *markers: str) -> None:
        """The same events as new lines of a file, in one write."""
        with lines.open("ab") as file:
            file.write(b"".join(line(marked(marker, now())) for marker in markers))

    # Programs

    def dashboard(self, store: Path, **settings: str) -> Program:
        """The product as it is installed; without a source in the `settings` it only watches."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        environment = {"HOME": str(home), "PATH": os.environ["PATH"], "AUDIT_STORE": f"sqlite:///{store}"}
        environment |= settings or {"AUDIT_INGEST_ENABLED": "false"}
        script = Path(sys.executable).with_name("dezky-audit-tui")
        return Program("this dashboard", [str(script)], environment)

    def own(self, module: str, name: str) -> Program:
        """A small program of the benchmarks."""
        command = [sys.executable, "-m", f"tests.benchmarks.{module}"]
        return Program(name, command, {"HOME": str(self.folder), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)})

    def viewers(self, lines: Path) -> list[Program]:
        """The peers that are here, on a file."""
        environment = {"HOME": str(self.folder / "home"), "PATH": os.environ["PATH"]}
        (self.folder / "home").mkdir(exist_ok=True)
        found = [("toolong", self._toolong, ""), ("lnav", self._lnav, "G"), ("less", self._less, "")]
        return [Program(name, [*command, str(lines)], environment, keys) for name, command, keys in found if command]

    @contextmanager
    def source(self, count: int) -> Iterator[dict[str, str]]:
        """A simulated Authentik with that many events; the settings that lead there."""
        self.tell(f"starting a source of {count:,} events")
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.source", str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            told = json.loads(process.stdout.readline())
            yield {
                "AUTHENTIK_URL": told["url"],
                "AUTHENTIK_TOKEN": told["token"],
                "AUDIT_TENANTS": ",".join(told["tenants"]),
            }
        finally:
            process.stdin.close()
            process.wait()

    @cached_property
    def _toolong(self) -> list[str] | None:
        return peers.find_toolong(self.folder, self.tell) if self.options.with_peers else None

    @cached_property
    def _lnav(self) -> list[str] | None:
        return peers.find_debian("lnav", self.tell) if self.options.with_peers else None

    @cached_property
    def _less(self) -> list[str] | None:
        found = peers.find_debian("less", self.tell) if self.options.with_peers else None
        return found and [*found, "+F"]


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to its end."""
    return asyncio.run(work)


def rows_in(store: Path) -> int:
    """How many events a store holds, by its own count."""
    connection = sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True)
    try:
        found = connection.execute("SELECT coalesce(sum(rows), 0) FROM tallies WHERE facet = 'source'").fetchone()
    except sqlite3.OperationalError:  # not made yet
        return 0
    finally:
        connection.close()
    return int(found[0])


def translated(events: Sequence[Json]) -> list[AuditEvent]:
    """As the source's own code makes them, with a tenant by the actor."""
    made = translate([WireEvent.model_validate(event) for event in events], Known(), now()).events
    return [_with_tenant(event) for event in made]


def _with_tenant(event: AuditEvent) -> AuditEvent:
    if event.actor_id is None:
        return replace(event, tenant_why=TenantWhy("no_user"))
    slug = SLUGS[sum(event.actor_id.encode()) % len(SLUGS)]
    return replace(event, tenant_slug=slug, tenant_why=TenantWhy("matched", event.actor_id, (slug,)))


async def _fill(path: Path, count: int) -> None:
    async def fill(store: SqliteStore) -> None:
        for batch in batches(story(count, now())[1], _BATCH):
            await _put(store, translated(batch))

    await _with(path, fill)


async def _commit(path: Path, events: Sequence[AuditEvent]) -> None:
    await _with(path, lambda store: _put(store, events))


async def _with(path: Path, work: Callable[[SqliteStore], Coroutine[Any, Any, None]]) -> None:
    store = SqliteStore(path)
    await store.open()
    try:
        await work(store)
    finally:
        await store.close()


async def _put(store: SqliteStore, events: Sequence[AuditEvent]) -> None:
    # Under a source's name of its own, so that no ingester is held up; the rows are like any other.
    lease = await store.acquire_lease("benchmarks", "benchmarks@here/1/a-b-1", 30)
    assert lease is not None
    await store.commit(events, (), await store.state("benchmarks"), lease)
    await store.release_lease(lease)
