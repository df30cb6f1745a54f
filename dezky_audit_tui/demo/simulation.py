"""A whole simulated Authentik: a history, a server, and a story that goes on in real time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

from dezky_audit_tui.demo.directory import Directory
from dezky_audit_tui.demo.faults import Fault
from dezky_audit_tui.demo.log import EventLog, Generation, Json
from dezky_audit_tui.demo.people import SLUGS, Person
from dezky_audit_tui.demo.scenes.everyday import login_step
from dezky_audit_tui.demo.server import SimulatedAuthentik
from dezky_audit_tui.demo.stage import Stage, Step, person_like
from dezky_audit_tui.demo.story import Story
from dezky_audit_tui.model.instants import now

_LOOK_AT_LEAST_EVERY_S = 0.5
_ROUND, _AWAY_FROM, _AWAY_UNTIL = timedelta(minutes=8), timedelta(minutes=4), timedelta(minutes=4, seconds=50)
"""How often a source that has outages is away, and when."""


class Simulation:
    """`events` of history up to the start, then about `rate` events a second (0: none, and nothing moves by itself).

    `control` opens the paths under `/sim/`. `outages`: now and then it answers for a while that it is starting, while
    the story goes on behind it. A context manager: started and stopped. With `live` False the story waits for
    `play_until`. OSError at the start where the port is taken.
    """

    tenants = SLUGS
    """The slugs that a platform around this Authentik would know."""

    def __init__(
        self,
        events: int = 5_000,
        rate: float = 0.5,
        seed: int = 1,
        generation: Generation = "2025.12",
        port: int = 0,
        *,
        control: bool = False,
        token: str | None = None,
        clock: Callable[[], datetime] = now,
        live: bool = True,
        outages: bool = False,
    ) -> None:
        self.story = Story(seed)
        self.log = EventLog(generation)
        self.server = SimulatedAuthentik(
            self.log, self.story.cast.directory, token=token, port=port, clock=clock, control=control
        )
        self.server.make_login = self.login
        self._events = events
        self._rate = rate
        self._live = live
        self._outages = outages
        self._began: datetime | None = None
        self._outage: Fault | None = None
        self._clock = clock
        self._stage = Stage(self.story.cast, Random(f"asked:{seed}"), past=False)
        self._steps: Iterator[Step] = iter(())
        self._next: Step | None = None
        self._lock = Lock()
        self._stopping = Event()
        self._player: Thread | None = None

    @property
    def url(self) -> str:
        """The base URL, without `/api/v3`."""
        return self.server.url

    @property
    def token(self) -> str:
        """The token that may see everything."""
        return self.server.token

    @property
    def directory(self) -> Directory:
        """Who is in it."""
        return self.story.cast.directory

    def start(self) -> Self:
        """Listen, tell the history, and go on from there."""
        self.server.start()
        began = self._began = self._clock()
        self.log.load(self.story.past(self._events, began))
        if self._rate > 0:
            self._steps = self.story.live(began, self._rate)
            self._next = next(self._steps)
            if self._live:
                self._player = Thread(target=self._play, name="simulated-story", daemon=True)
                self._player.start()
        return self

    def stop(self) -> None:
        """End the story and the server. Harmless where it is stopped."""
        self._stopping.set()
        if self._player is not None:
            self._player.join()
            self._player = None
        self.server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def login(self, username: str | None = None) -> Json:
        """A login right now, of that user or of anybody: the event. ValueError where nobody has the name."""
        with self._lock:
            person = self._stage.member() if username is None else self._person(username)
            step = login_step(self._stage, self._clock(), person, self._stage.origin(person))
        if step.event is None:
            raise ValueError("a login without an event")
        self.log.add(step.event)
        return step.event

    def delete_user(self, pk: int) -> int:
        """Delete a user; that user's events vanish. Returns how many."""
        self.directory.delete_user(pk)
        return self.log.remove_user(pk)

    def play_until(self, moment: datetime) -> int:
        """Let everything happen that is due at `moment`. Returns how many events that added."""
        added = 0
        with self._lock:
            self._keep_outage(moment)
            while self._next is not None and self._next.at <= moment:
                added += self._apply(self._next)
                self._next = next(self._steps)
        return added

    def _apply(self, step: Step) -> int:
        if step.change is not None:
            step.change(self.directory)
        if step.vanish_user is not None:
            self.log.remove_user(step.vanish_user)
        if step.event is None:
            return 0
        self.log.add(step.event)
        return 1

    def _keep_outage(self, moment: datetime) -> None:
        """Away from the middle of each round on, and back before its end."""
        if not self._outages or self._began is None:
            return
        away = _AWAY_FROM <= (moment - self._began) % _ROUND < _AWAY_UNTIL
        if away and self._outage is None:
            self._outage = self.server.faults.set("starting", count=None)
        elif not away and self._outage is not None:
            self.server.faults.end(self._outage)
            self._outage = None

    def _play(self) -> None:
        while not self._stopping.is_set():
            moment = self._clock()
            self.play_until(moment)
            ahead = _LOOK_AT_LEAST_EVERY_S if self._next is None else (self._next.at - moment).total_seconds()
            self._stopping.wait(min(max(ahead, 0.0), _LOOK_AT_LEAST_EVERY_S))

    def _person(self, username: str) -> Person:
        cast = self.story.cast
        for person in (*cast.members, *cast.staff, *cast.loose):
            if person.user.username == username:
                return person
        user = self.directory.by_name(username)
        if user is None:
            raise ValueError(f"no user {username!r} here")
        return person_like(user, self._stage.member())
