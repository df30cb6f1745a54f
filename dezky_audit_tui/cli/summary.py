"""Ticks and holes as lines for a person."""

from __future__ import annotations

from collections.abc import Mapping

from dezky_audit_tui.model.cursor import Hole
from dezky_audit_tui.model.instants import instant_text
from dezky_audit_tui.model.report import TickReport
from dezky_audit_tui.text import visible

SOURCE = "authentik"
"""The one source there is."""


def tick_line(report: TickReport) -> str:
    """One tick: when, how it ended, what it brought."""
    start = f"{instant_text(report.started_at)}  {report.outcome}"
    if report.outcome == "skipped":
        return f"{start}: {report.error.message if report.error else 'nothing to do'}"
    parts = [f"{report.inserted:,} new"]
    if report.duplicates:
        parts.append(f"{report.duplicates:,} known")
    if report.set_aside:
        parts.append(f"{report.set_aside:,} set aside")
    parts.append(_many(report.requests, "request"))
    parts.append(f"{report.duration_ms:,} ms")
    if report.holes:
        parts.append(f"{_many(report.holes, 'hole')} left")
    line = f"{start}: {', '.join(parts)}"
    if report.error is not None:
        line += f"; {report.error.message}"
    return line


def tick_lines(report: TickReport) -> list[str]:
    """The same with its counts below; names of the source's own, such as actions, made visible."""
    lines = [tick_line(report)]
    if report.tenants:
        lines.append(f"  tenants   {_counted(report.tenants)}")
    if report.unmapped:
        lines.append(f"  unmapped  {_counted(report.unmapped)}")
    if report.last_event_at is not None:
        lines.append(f"  cursor    {instant_text(report.last_event_at)}  {report.last_event_id}")
    if report.warning:
        lines.append(f"  warning   {report.warning}")
    return [visible(line) for line in lines]


def hole_line(hole: Hole) -> str:
    """A stretch that was not read yet."""
    bottom = instant_text(hole.bottom) if hole.bottom else "the beginning"
    about = f", about {_many(hole.events, 'event')}" if hole.events is not None else ""
    return f"{bottom} to {instant_text(hole.top.at)}{about}"


def _counted(counts: Mapping[str, int]) -> str:
    return "  ".join(
        f"{name} {count:,}" for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
