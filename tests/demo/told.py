"""The story as the tests look at it: one history, told once."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import takewhile
from typing import Any

from dezky_audit_tui.demo.stage import Step
from dezky_audit_tui.demo.story import Story
from dezky_audit_tui.model.instants import parse_instant

UNTIL = datetime(2026, 11, 24, 9, 30, 0, 123456, tzinfo=UTC)
COUNT = 12_000
Json = dict[str, Any]


@cache
def history() -> list[Json]:
    """12,000 events up to a Tuesday morning, oldest first."""
    return Story(7).history(COUNT, UNTIL)


def of(action: str) -> list[Json]:
    """The events of that action."""
    return [event for event in history() if event["action"] == action]


def actions() -> set[str]:
    """All actions that there are."""
    return {event["action"] for event in history()}


def by_request() -> list[list[Json]]:
    """The events of each request, oldest first."""
    groups: dict[str, list[Json]] = defaultdict(list)
    for event in history():
        if "http_request" in event["context"]:
            groups[event["context"]["http_request"]["request_id"]].append(event)
    return list(groups.values())


def gap(first: Json, second: Json) -> float:
    """Seconds from one event to another."""
    return (parse_instant(second["created"]) - parse_instant(first["created"])).total_seconds()


def live(seconds: float, seed: int = 7, rate: float = 0.5) -> list[Step]:
    """What the live story tells in that many seconds."""
    end = UNTIL + timedelta(seconds=seconds)
    return list(takewhile(lambda step: step.at <= end, Story(seed).live(UNTIL, rate)))
