"""A simulated Authentik with that many events, in a process of its own: `python -m tests.benchmarks.source 200000`.

Its first line on stdout is `{"url": ..., "token": ..., "tenants": [...]}`; it ends when its standard input does.
"""

from __future__ import annotations

import json
import sys

from dezky_audit_tui.demo.log import EventLog
from dezky_audit_tui.demo.people import SLUGS
from dezky_audit_tui.demo.server import SimulatedAuthentik
from dezky_audit_tui.model.instants import now
from tests.benchmarks.events import story


def main(count: int) -> None:
    """Serve."""
    told, events = story(count, now())
    log = EventLog("2025.12")
    log.load(events)
    with SimulatedAuthentik(log, told.cast.directory) as server:
        print(json.dumps({"url": server.url, "token": server.token, "tenants": list(SLUGS)}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]))
