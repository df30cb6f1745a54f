"""What it costs where nothing happens: CPU, bytes, memory."""

from __future__ import annotations

import time
from contextlib import ExitStack

from tests.benchmarks import empty_app
from tests.benchmarks.figures import Figure, against, below, mib, octets, percent
from tests.benchmarks.ptys import shown
from tests.benchmarks.workshop import Workshop

SMALL = 1_000
_SECONDS = 60.0
_CURSOR = "▶".encode()


def measure(shop: Workshop) -> list[Figure]:
    """All of them side by side, for a minute."""
    large = shop.options.events
    seconds = _SECONDS if shop.options.rounds > 1 else 2.0
    programs = {
        "empty": (shop.own("empty_app", "empty"), empty_app.READY.encode()),
        "small": (shop.dashboard(shop.store(SMALL)), _CURSOR),
        "large": (shop.dashboard(shop.store(large)), _CURSOR),
    }
    with ExitStack() as stack:
        open_ = {
            name: stack.enter_context(shown(program.command, program.environment, shop.folder, marker))
            for name, (program, marker) in programs.items()
        }
        for pty in open_.values():
            pty.listen(1.0)
        before, sent = {name: pty.cpu_s for name, pty in open_.items()}, 0
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            for name, pty in open_.items():
                data = pty.read(0.05)
                sent += len(data) if data and name == "large" else 0
        took = time.monotonic() - began
        cpu = {name: (pty.cpu_s - before[name]) / took for name, pty in open_.items()}
        memory = {name: float(pty.uss) for name, pty in open_.items()}
    return [
        below(f"idle with the clock, CPU, {took:.0f} s", cpu["large"], 0.005, percent),
        below("idle with the clock, bytes a second", sent / took, 60, octets),
        against(
            f"memory (USS) with {large:,} events", memory["large"], memory["empty"], 2, "an empty Textual app", mib
        ),
        against("the same", memory["large"], memory["small"], 1.1, f"that with {SMALL:,}", mib),
    ]
