"""The events that everybody gets: those of the simulated Authentik's story, at the size of real ones."""

from __future__ import annotations

import json
import uuid
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from random import Random

from dezky_audit_tui.demo.log import Json, pack
from dezky_audit_tui.demo.story import Story
from dezky_audit_tui.model.instants import exact_text

SIZE = 1_400
"""Bytes of JSON that an event has on the wire."""

_ALPHABET, _LETTERS = "bcdfghjklmnpqrstvwxz", 11
_recent: deque[str] = deque(maxlen=8)

_AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 "
    "Edg/131.0.2903.86 build/{} "
)


def story(count: int, until: datetime, seed: int = 1) -> tuple[Story, Iterator[Json]]:
    """A story, and `count` of its events up to `until`, about in order."""
    told = Story(seed)
    return told, (_sized(event) for event in told.past(count, until))


def marked(marker: str, at: datetime) -> Json:
    """A login of this moment by somebody with that name, which stands where every program shows it."""
    random = Random(marker)
    event: Json = {
        "user": {"username": marker, "pk": 4_711, "email": f"{marker}@example.test"},
        "action": "login",
        "app": "authentik.events.signals",
        "context": {
            "auth_method": "password",
            "http_request": {"path": "/api/v3/flows/executor/default/", "method": "POST", "user_agent": "curl"},
        },
        "client_ip": f"203.0.113.{random.randrange(1, 250)}",
        "created": exact_text(at),
        "expires": None,
        "brand": {},
        "pk": str(uuid.UUID(int=random.getrandbits(128))),
    }
    return _sized(event)


def new_marker(random: Random) -> str:
    """A word that stands nowhere else. It shares no letter in the same place with the last ones: a program that sends
    only the cells that differ sends the whole word."""
    word = ""
    for place in range(_LETTERS):
        word += random.choice([letter for letter in _ALPHABET if letter not in {each[place] for each in _recent}])
    _recent.append(word)
    return word


def line(event: Json) -> bytes:
    """The event as a line of a log file."""
    return json.dumps(event, separators=(",", ":")).encode() + b"\n"


def batches(events: Iterator[Json], size: int) -> Iterator[list[Json]]:
    """So many at a time."""
    while batch := list(islice(events, size)):
        yield batch


def _sized(event: Json) -> Json:
    request = event["context"].setdefault("http_request", {})
    short = SIZE - len(pack(event)) - len(',"user_agent":""')
    if short > 0:
        given = request.get("user_agent")
        agent = given if isinstance(given, str) else ""
        filling = _AGENT.format(short) * (short // len(_AGENT) + 2)
        request["user_agent"] = agent + filling[:short]
    return event
