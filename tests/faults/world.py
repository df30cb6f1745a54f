"""A simulated Authentik that remembers everything it ever showed: what the oracle judges a store by."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from types import TracebackType
from typing import Any, Self

from dezky_audit_tui.demo.log import Generation, Json, Slice
from dezky_audit_tui.demo.simulation import Simulation
from dezky_audit_tui.model.instants import exact_text, now, parse_instant

OVERLAP = timedelta(seconds=600)
TOKEN = "token-of-the-simulated-authentik"


class World:
    """The source's side. `ever` holds every event that was visible at any time; `late` those that became visible
    later than the overlap allows, which only the daily re-walk has to find; `unreadable` those that are none.
    `clock` is the source's own.

    A context manager: the server is up inside.
    """

    def __init__(
        self,
        events: int = 80,
        *,
        seed: int = 3,
        generation: Generation = "2025.12",
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.clock = clock
        self.simulation = Simulation(events, 0, seed, generation, token=TOKEN, clock=clock)
        self.server = self.simulation.server
        self.log = self.simulation.log
        self.ever: set[str] = set()
        self.late: set[str] = set()
        self.unreadable: set[str] = set()
        self._raw: dict[str, bytes] = {}
        self._slice = self.log.slice
        self.log.slice = self._slice_with_raw  # type: ignore[method-assign]  # the same page, some rows as bytes

    def __enter__(self) -> Self:
        self.simulation.start()
        self.ever |= set(self.log.pks())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.simulation.stop()

    @property
    def environment(self) -> dict[str, str]:
        """The settings that lead a command here."""
        return {
            "AUTHENTIK_URL": self.simulation.url,
            "AUTHENTIK_TOKEN": self.simulation.token,
            "AUDIT_TENANTS": ",".join(self.simulation.tenants),
        }

    def add(self, count: int = 1, *, at: datetime | None = None, **changes: Any) -> list[str]:
        """Logins that become visible now: of this moment, or of an earlier or later one."""
        added = [login(at or self.clock(), **changes) for _ in range(count)]
        self.log.add(*added)
        pks = [event["pk"] for event in added]
        self.ever.update(pks)
        if at is not None and self.clock() - at > OVERLAP:
            self.late.update(pks)
        return pks

    def add_unreadable(self, *rows: Json) -> None:
        """Rows that are no events, each with a pk of its own: they have to be set aside."""
        self.log.add(*rows)
        self.unreadable.update(row["pk"] for row in rows)

    def add_raw(self, body: str | bytes, *, at: datetime | None = None, readable: bool = False) -> str:
        """An event that stands in the list as these very bytes: `{pk}` and `{created}` are put in. Returns its pk."""
        event = login(at or now())
        self.log.add(event)
        text = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
        text = text.replace(b"{pk}", event["pk"].encode()).replace(b"{created}", event["created"].encode())
        self._raw[event["pk"]] = text
        (self.ever if readable else self.unreadable).add(event["pk"])
        return str(event["pk"])

    def _slice_with_raw(self, *arguments: Any, **named: Any) -> Slice | None:
        found = self._slice(*arguments, **named)
        if found is None or not self._raw:
            return found
        return found._replace(rows=[self._raw.get(row[7:43].decode("ascii", "replace"), row) for row in found.rows])

    def delete_some(self, random: Random, count: int = 20) -> None:
        """A run of neighbours vanishes, as with a user who is deleted; the newest stays."""
        pks = self.log.pks()
        if len(pks) > count + 1:
            start = random.randrange(len(pks) - count - 1)
            self.log.remove(pks[start : start + count])

    def stir(self, random: Random) -> None:
        """What may happen between two ticks: events come, also late ones, and vanish."""
        self.add(random.choice([1, 7, 40, 160]))
        self.add(random.randint(0, 3), at=now() - timedelta(seconds=random.randint(1, 400)))
        self.add_unreadable({"pk": str(uuid.uuid4()), "created": "soon", "action": "login"})
        if random.random() < 0.4:
            self.delete_some(random)

    @property
    def shown_unreadable(self) -> set[str]:
        """The rows there now that are no events."""
        return self.unreadable & set(self.log.pks())

    @property
    def visible(self) -> dict[str, datetime]:
        """The events that can be read now, and when they happened."""
        return {
            event["pk"]: parse_instant(event["created"])
            for event in self.log.events()
            if event["pk"] not in self.unreadable
        }


def login(at: datetime, **changes: Any) -> Json:
    """A login of somebody, in the shape of a recorded one."""
    event: Json = {
        "pk": str(uuid.uuid4()),
        "user": {"pk": 5, "email": "alice@example.test", "username": "alice"},
        "action": "login",
        "app": "authentik.events.signals",
        "context": {"auth_method": "password"},
        "client_ip": "203.0.113.7",
        "created": exact_text(at),
        "expires": None,
        "brand": {},
    }
    return event | changes
