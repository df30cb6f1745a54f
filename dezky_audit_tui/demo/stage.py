"""What a scene has at hand, and what it hands back: steps, each at its moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from dezky_audit_tui.demo.directory import Directory, User
from dezky_audit_tui.demo.log import Json
from dezky_audit_tui.demo.people import Cast, Person
from dezky_audit_tui.demo.places import STRANGERS, Place
from dezky_audit_tui.demo.records import Recorder, hex_id

Change = Callable[[Directory], object]


@dataclass(frozen=True, slots=True)
class Step:
    """At `at`, `event` becomes visible, `change` happens in the directory, or all events of `vanish_user` go.

    An event's `created` is another matter: earlier where it commits late, later where its writer's clock is fast.
    """

    at: datetime
    event: Json | None = None
    change: Change | None = None
    vanish_user: int | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from. `place` None: an address that no geography knows."""

    ip: str
    agent: str
    place: Place | None = None

    def context(self) -> Json:
        """What Authentik adds to a context of itself. One person in three has no known network."""
        if self.place is None:
            return {}
        if ord(self.ip[-1]) % 3 == 0:
            return {"geo": self.place.geo}
        return {"asn": self.place.asn, "geo": self.place.geo}


Scene = Callable[["Stage", datetime], list[Step]]
"""A scene: from the moment where it begins to its steps, in order."""


class Stage:
    """The cast, chance, and the pen. `past`: what is told is over, and of who left since only traces are there.

    `joined` are the newcomers who are still there; `busy` tells until when an administrator is somebody else.
    """

    def __init__(self, cast: Cast, rng: Random, *, past: bool) -> None:
        self.cast = cast
        self.rng = rng
        self.pen = Recorder(rng)
        self.past = past
        self.joined: list[Person] = []
        self.busy: dict[int, datetime] = {}

    def member(self) -> Person:
        """Anybody who works for a tenant."""
        return self.rng.choice(self.cast.members)

    def anybody(self) -> Person:
        """Anybody: mostly of a tenant, now and then somebody who fits nowhere."""
        draw = self.rng.random()
        if draw < 0.9:
            return self.rng.choice(self.cast.members)
        return self.rng.choice(self.cast.loose if draw < 0.97 else self.cast.staff)

    def admin(self) -> Person:
        """One of the platform's staff."""
        return self.rng.choice(self.cast.staff)

    def free_admin(self, at: datetime) -> Person:
        """One of the staff who is in nobody else's shoes at that moment, as far as there is one."""
        free = [one for one in self.cast.staff if self.busy.get(one.user.pk, at) <= at]
        return self.rng.choice(free or self.cast.staff)

    def origin(self, person: Person) -> Origin:
        """Where that person is today."""
        if self.rng.random() < 0.65:
            return Origin(person.office_ip, person.agent, person.office)
        return Origin(person.home_ip, person.agent, person.home)

    def stranger(self, agent: str) -> Origin:
        """Somewhere that guessing comes from."""
        place = self.rng.choice(STRANGERS)
        return Origin(place.address(self.rng), agent, place)

    def request_context(
        self,
        origin: Origin,
        path: str,
        method: str = "GET",
        args: dict[str, str] | None = None,
        request_id: str | None = None,
    ) -> Json:
        """A context with a request in it: geography where it is known, and the request."""
        return {**origin.context(), "http_request": self.pen.request(path, method, origin.agent, args, request_id)}

    def request_id(self) -> str:
        """A fresh id for events of one request."""
        return hex_id(self.rng)

    def after(self, at: datetime, low: float, high: float) -> datetime:
        """A moment that many seconds after `at`, give or take."""
        return at + timedelta(seconds=self.rng.uniform(low, high))

    def step(
        self, at: datetime, action: str, app: str, user: dict[str, Any], context: Json, ip: str | None = None
    ) -> Step:
        """A step at which an event happens and shows at once."""
        return Step(at, self.pen.write(at, action, app, user, context, ip))


def person_like(user: User, model_person: Person) -> Person:
    """Somebody new with another person's habits."""
    one = model_person
    return Person(user, one.home, one.home_ip, one.office, one.office_ip, one.agent, None, one.tenant)
