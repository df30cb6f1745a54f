"""What was measured, and how it is told: numbers with their unit, and a Markdown table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

MET, MISSED, OPEN = "yes", "**no**", "-"


@dataclass(frozen=True)
class Figure:
    """One line of the table. `met` None: there is nothing to hold it against, for the reason in `found`."""

    what: str
    goal: str
    found: str
    met: bool | None


def figure(what: str, goal: str, found: str, met: bool | None) -> Figure:
    """A line."""
    return Figure(what, goal, found, met)


def missing(what: str, goal: str, why: str) -> Figure:
    """A line without a number, and why."""
    return Figure(what, goal, why, None)


def against(what: str, ours: float, peer: float | None, most: float, of: str, shown: Callable[[float], str]) -> Figure:
    """Ours as so many times the figure of a peer, of which it may have `most`."""
    goal = f"at most {most:g}x {of}"
    if peer is None:
        return missing(what, goal, f"{shown(ours)}; {of} is not here")
    return Figure(what, goal, f"{shown(ours)} to {shown(peer)}: {ours / peer:.2f}x", ours <= most * peer)


def below(what: str, ours: float, most: float, shown: Callable[[float], str]) -> Figure:
    """Ours under a fixed bound."""
    return Figure(what, f"at most {shown(most)}", shown(ours), ours <= most)


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many percent of them stay under."""
    return quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]


def middle(values: Sequence[float]) -> float:
    """Their median."""
    return median(values)


def ms(seconds: float) -> str:
    """`12.3 ms`."""
    return f"{seconds * 1000:,.0f} ms" if seconds >= 0.1 else f"{seconds * 1000:.1f} ms"


def mib(size: float) -> str:
    """`12.3 MiB`."""
    return f"{size / 2**20:.1f} MiB"


def octets(size: float) -> str:
    """`1,234 B`."""
    return f"{size:,.0f} B"


def percent(share: float) -> str:
    """`0.42%`."""
    return f"{share * 100:.2f}%"


def rate(per_second: float) -> str:
    """`5,123/s`."""
    return f"{per_second:,.0f}/s"


def table(figures: Sequence[Figure]) -> str:
    """All of it as Markdown."""
    lines = ["| what | to reach | measured | met |", "|---|---|---|---|"]
    for each in figures:
        met = OPEN if each.met is None else MET if each.met else MISSED
        lines.append(f"| {each.what} | {each.goal} | {each.found} | {met} |")
    return "\n".join(lines)
