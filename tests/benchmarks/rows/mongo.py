"""MongoDB over the wire: how many documents a write carries, and whether a query ever scans the collection."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from pymongo import monitoring

from dezky_audit_tui.errors import StoreError
from dezky_audit_tui.model.instants import now
from dezky_audit_tui.store.mongo.store import MongoStore
from tests.benchmarks.events import story
from tests.benchmarks.figures import Figure, figure, missing, rate
from tests.benchmarks.workshop import ROOT, Workshop, run, translated
from tests.store.mongo_server import REPLICA_SET, new_database

_ROWS = 10_000


class Written(monitoring.CommandListener):
    """Notes how many documents each insert carried."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """One command."""
        if event.command_name == "insert" and event.command["insert"] == "auditevents":
            self.sizes.append(len(event.command["documents"]))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Nothing to note."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Nothing to note."""


def measure(shop: Workshop) -> list[Figure]:
    """On the server of AUDIT_TEST_MONGO where there is one, else on the one that the tests use."""
    real = bool(os.environ.get("AUDIT_TEST_MONGO"))
    count = min(_ROWS, shop.options.events)
    written = Written()
    monitoring.register(written)
    try:
        took = run(_fill(new_database("real" if real else REPLICA_SET), count))
    except (AssertionError, StoreError) as error:
        return [missing("MongoDB", "-", f"no server to measure on: {type(error).__name__}")]
    finally:
        monitoring._LISTENERS.command_listeners.remove(written)
    largest, smallest = max(written.sizes), min(written.sizes[:-1] or written.sizes)
    kind = "a MongoDB" if real else "the test suite's server, which is not MongoDB"
    figures = [
        figure(
            "MongoDB, documents a bulk write",
            "500 to 1,000",
            f"{smallest:,} to {largest:,} ({rate(count / took)} on {kind})",
            smallest >= min(500, count) and largest <= 1_000,
        )
    ]
    what, goal = "MongoDB, queries that scan the collection", "none (`explain`)"
    if not real:
        return [*figures, missing(what, goal, "needs a MongoDB in AUDIT_TEST_MONGO; the test suite has the check")]
    command = [sys.executable, "-m", "pytest", "-n", "0", "tests/store/mongo/test_explain.py"]
    none = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False).returncode == 0
    return [*figures, figure(what, goal, "none" if none else f"{' '.join(command[2:])} names them", none)]


async def _fill(url: str, count: int) -> float:
    store = MongoStore(url)
    await store.open()
    try:
        events = translated(list(story(count, now())[1]))
        lease = await store.acquire_lease("authentik", "benchmarks@here/1/a-b-1", 60)
        assert lease is not None
        started = time.perf_counter()
        await store.commit(events, (), await store.state("authentik"), lease)
        return time.perf_counter() - started
    finally:
        await store.close()
