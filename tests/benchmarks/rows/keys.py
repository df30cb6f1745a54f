"""From a key to the paint that answers it: at rest, and while events are pulled as fast as they come."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.benchmarks.figures import Figure, figure, mib, ms, percentile, rate
from tests.benchmarks.ptys import Pty
from tests.benchmarks.workshop import Workshop, rows_in

KEYS = 500
_CURSOR = "▶".encode()
_BOUND_S = 0.05
_ENOUGH = 5_000


@dataclass(frozen=True)
class Typed:
    """Seconds from each key to its paint, the events that were stored meanwhile, a second, and the memory after it."""

    times: Sequence[float]
    stored: float
    memory: float


def measure(shop: Workshop) -> list[Figure]:
    """Half of the keys at rest before, half of them after."""
    keys = max(KEYS * shop.options.rounds // 5, 20)
    quiet_store = shop.store(max(shop.options.events // 5, 1_000))
    before = at_rest(shop, quiet_store, keys // 2)
    paused, following = busy(shop, keys)
    after = at_rest(shop, quiet_store, keys // 2)
    rest = [*before, *after]
    p50, p99 = percentile(paused.times, 50), percentile(paused.times, 99)
    quiet50, follow99 = percentile(rest, 50), percentile(following.times, 99)
    return [
        figure("key to paint while ingesting flat out, p99", f"under {ms(_BOUND_S)}", ms(p99), p99 < _BOUND_S),
        figure(
            "the same, p50",
            "at most 3x without ingest",
            f"{ms(p50)} to {ms(quiet50)}: {p50 / quiet50:.2f}x (p99 without ingest: {ms(percentile(rest, 99))})",
            p50 <= 3 * quiet50,
        ),
        figure("the same while following, p99", f"under {ms(_BOUND_S)} (stretch)", ms(follow99), follow99 < _BOUND_S),
        figure(
            "events stored meanwhile",
            f"at least {rate(_ENOUGH)}",
            f"{rate(paused.stored)} paused, {rate(following.stored)} following",
            min(paused.stored, following.stored) >= _ENOUGH,
        ),
        figure("memory (USS) meanwhile, of the dashboard and its ingester's process", "-", mib(paused.memory), None),
    ]


def at_rest(shop: Workshop, store: object, keys: int) -> list[float]:
    """Moving the cursor while nothing comes."""
    program = shop.dashboard(store)  # type: ignore[arg-type]
    with Pty(program.command, program.environment, shop.folder) as pty:
        pty.until(_CURSOR)
        pty.settle()
        pty.press("j")
        pty.settle()
        return list(typed(shop, pty, "jk", _CURSOR, keys))


def busy(shop: Workshop, keys: int) -> tuple[Typed, Typed]:
    """Leaving the newest row and following again, then moving while paused; the source never ends."""
    store = shop.folder / "busy.db"
    for leftover in shop.folder.glob("busy.db*"):
        leftover.unlink()
    with shop.source(shop.options.events // 2) as settings:
        settings |= {"AUDIT_INGEST_MAX_PAGES": "1000"}
        program = shop.dashboard(store, **settings)
        with Pty(program.command, program.environment, shop.folder) as pty:
            pty.until(_CURSOR)
            wait_for_rows(pty, lambda: rows_in(store), 2_000)
            pty.listen(1.0)  # a cursor that is still being painted is no answer to a key
            began, at = rows_in(store), time.monotonic()
            following = list(typed(shop, pty, "jg", _CURSOR, max(keys // 5, 20)))
            middle_, then, first = rows_in(store), time.monotonic(), float(pty.uss_with_children)
            pty.press("j")
            pty.settle(quiet_s=0.05, patience_s=0.5)
            paused = list(typed(shop, pty, "jk", _CURSOR, keys))
            ended, end, last = rows_in(store), time.monotonic(), float(pty.uss_with_children)
    return (
        Typed(paused, (ended - middle_) / (end - then), last),
        Typed(following, (middle_ - began) / (then - at), first),
    )


def typed(shop: Workshop, pty: Pty, keys: str, marker: bytes, count: int) -> list[float]:
    """`count` keys, some hundredths of a second apart, each waited for."""
    times = []
    for number in range(count):
        started = time.perf_counter()
        pty.press(keys[number % len(keys)])
        times.append(pty.until(marker, 20.0) - started)
        pty.listen(shop.random.uniform(0.02, 0.06))
    return times


def wait_for_rows(pty: Pty, count: object, most: int) -> None:
    """Read on until so many rows are stored."""
    deadline = time.monotonic() + 60
    while count() < most and time.monotonic() < deadline:  # type: ignore[operator]
        pty.listen(0.1)
