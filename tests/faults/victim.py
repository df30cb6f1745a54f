"""The process that is killed: the console script's own door, with a deadly trap at a named point.

`python -m tests.faults.victim` loads the program once and then forks one child for each line on its standard input,
so that many crashes cost little. A line is JSON with what `Victims.run` takes; the answer
is {"status", "out", "err", "megabytes"}. Nothing in the program knows of the traps: they hang on what it calls.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import os
import resource
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

CALLS = {
    "page fetched": ("dezky_audit_tui.sources.authentik.client:AuthentikClient.events_page", "after"),
    "groups fetched": ("dezky_audit_tui.sources.authentik.client:AuthentikClient.groups", "after"),
    "page to be written": ("{store}.commit", "before"),
    "page written": ("{store}.commit", "after"),
    "tenants to be resolved": ("{store}.resolve", "before"),
    "report to be kept": ("{store}.save_tick", "before"),
    "report kept": ("{store}.save_tick", "after"),
    "next page fetched, this one to be written": ("{store}.commit", "ahead of"),
    "next page fetched, this one written": ("{store}.commit", "behind"),
    "lease taken": ("{store}.acquire_lease", "after"),
    "lease to be given back": ("{store}.release_lease", "before"),
}
"""Point: the call that it hangs on, and whether the process dies before the call or when it has returned; or, where
another page is read meanwhile, not before that one has come."""

_SEAMS = ("ahead of", "behind")
_AHEAD_S = 10.0
"""So long the next page is waited for: behind the last one there is none."""


class _Ahead:
    """How many pages have come, and how many commits have begun: each brings one page at least, and the first one the
    first alone."""

    pages = commits = 0
    news = asyncio.Event()

    @classmethod
    def page_came(cls) -> None:
        cls.pages += 1
        cls.news.set()

    @classmethod
    async def comes(cls) -> bool:
        """Whether a page comes that is not being written, while a commit is under way."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_AHEAD_S):
                while cls.pages <= cls.commits:
                    cls.news.clear()
                    await cls.news.wait()
        return cls.pages > cls.commits


TURNS = {"turn asked for": ("{store}.request_lease", "after")}
"""The same, for a program that waits for another one's lease: no point of a tick."""

STATEMENTS = {
    "cursor to be written": "UPDATE pulls SET state",
    "rows to be written": "INSERT OR FAIL INTO events",
    "item to be set aside": "INSERT INTO quarantine",
    "transaction to be closed": "COMMIT",
}
"""Point on SQLite: the statement before which the process dies."""

COMMANDS = {
    "cursor to be written": ("update", "started"),
    "cursor written": ("update", "succeeded"),
    "rows to be written": ("insert", "started"),
    "rows written": ("insert", "succeeded"),
}
"""Point on MongoDB: the command, and whether the process dies before it is sent or when it has been answered."""

_STORES = {
    "sqlite": "dezky_audit_tui.store.sqlite.store:SqliteStore",
    "mongodb": "dezky_audit_tui.store.mongo.store:MongoStore",
}

LOADED = (
    "httpx",
    *(f"dezky_audit_tui.cli.{name}" for name in ("tick", "ingest", "timeline", "status", "actions", "tenants")),
    *(f"dezky_audit_tui.cli.{name}" for name in ("quarantine", "findings", "handover", "doctor", "reconcile", "copy")),
    "dezky_audit_tui.sources.authentik.client",
    "dezky_audit_tui.store.sqlite.store",
    "dezky_audit_tui.store.mongo.backend",
)
"""Modules that the children have got from the start."""


def points(kind: str) -> list[str]:
    """All named points at which a tick on that kind of store (`sqlite`, `mongodb`) may be killed."""
    return [*CALLS, *(STATEMENTS if kind == "sqlite" else COMMANDS)]


def main() -> None:
    """Fork a child for each line."""
    for name in LOADED:
        importlib.import_module(name)
    gc.freeze()  # what is loaded is not looked through in each child again

    for line in sys.stdin:
        order = json.loads(line)
        folder = Path(order["folder"])
        child = os.fork()
        if child == 0:
            _child(order, folder)
        _, status, used = os.wait4(child, 0)
        answer: dict[str, Any] = {"status": os.waitstatus_to_exitcode(status), "megabytes": used.ru_maxrss / 1024}
        answer |= {name: (folder / name).read_text("utf-8", "replace") for name in ("out", "err")}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _child(order: dict[str, Any], folder: Path) -> None:
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(folder)
    os.umask(order.get("umask", 0o022))
    for name, descriptor in (("out", 1), ("err", 2)):
        os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if order.get("trap"):
        set_trap(**order["trap"])
    if order.get("explode"):
        _hang_on(order["explode"]["place"], "before", lambda: _explode(order["explode"]["words"]))
    if order.get("limit"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["limit"], resource.RLIM_INFINITY))
    from dezky_audit_tui.cli.main import run

    code = run(order["arguments"])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def set_trap(point: str, kind: str, hit: int = 1, number: int = signal.SIGKILL) -> None:
    """Get that signal, of which one dies, at the `hit`th time that `point` is reached."""
    die = _die_at(hit, number)
    calls = CALLS | TURNS
    if point in calls:
        place, when = calls[point]
        if when in _SEAMS:
            _hang_on(CALLS["page fetched"][0], "after", _Ahead.page_came)
        _hang_on(place.format(store=_STORES[kind]), when, die)
    elif kind == "sqlite":
        _hang_on_statements(STATEMENTS[point], die)
    else:
        _hang_on_commands(*COMMANDS[point], die)


def _die_at(hit: int, number: int) -> Callable[[], None]:
    reached = count(1)

    def die() -> None:
        if next(reached) == hit:
            os.kill(os.getpid(), number)

    return die


def _explode(words: str) -> None:
    raise RuntimeError(words)


def _hang_on(place: str, when: str, die: Callable[[], None]) -> None:
    module, _, path = place.partition(":")
    owner_name, _, name = path.partition(".")
    owner = getattr(importlib.import_module(module), owner_name)
    original = getattr(owner, name)

    async def trapped(*args: Any, **kwargs: Any) -> Any:
        if when in _SEAMS:
            _Ahead.commits += 1
        if when == "before" or (when == "ahead of" and await _Ahead.comes()):
            die()
        result = await original(*args, **kwargs)
        if when == "after" or (when == "behind" and await _Ahead.comes()):
            die()
        return result

    setattr(owner, name, trapped)


def _hang_on_statements(start: str, die: Callable[[], None]) -> None:
    connect = sqlite3.connect

    def traced(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **kwargs)
        connection.set_trace_callback(lambda statement: die() if statement.startswith(start) else None)
        return connection

    sqlite3.connect = traced  # type: ignore[assignment]  # the same call, watched


def _hang_on_commands(command: str, when: str, die: Callable[[], None]) -> None:
    from pymongo import monitoring

    class Listener(monitoring.CommandListener):
        def started(self, event: monitoring.CommandStartedEvent) -> None:
            self._seen(event.command_name, "started")

        def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
            self._seen(event.command_name, "succeeded")

        def failed(self, event: monitoring.CommandFailedEvent) -> None:
            pass

        def _seen(self, name: str, what: str) -> None:
            if (name, what) == (command, when):
                die()

    monitoring.register(Listener())


if __name__ == "__main__":
    main()
