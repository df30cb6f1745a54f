"""The story: what happens in the simulated Authentik, past and present, the same for the same seed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import accumulate, count
from random import Random

from dezky_audit_tui.demo.log import Json
from dezky_audit_tui.demo.people import Cast, Person, make_cast
from dezky_audit_tui.demo.scenes import admin, attacks, everyday, impersonation, system
from dezky_audit_tui.demo.stage import Scene, Stage, Step
from dezky_audit_tui.model.instants import parse_instant

EVERYDAY: dict[Scene, int] = {
    everyday.session: 150,
    everyday.visit: 150,
    everyday.machine_login: 60,
    everyday.mistyped: 26,
    everyday.unknown_name: 8,
    everyday.wrong_second_factor: 6,
    everyday.own_password: 5,
    everyday.own_profile: 6,
    everyday.enrolls_factor: 5,
    everyday.removes_factor: 4,
    everyday.links_source: 2,
    admin.edits_application: 6,
    admin.views_secret: 4,
    admin.rotates_secret: 5,
    admin.makes_user: 3,
    system.task_fails: 7,
    system.task_runs: 8,
    system.update_is_out: 1,
    system.policy_breaks: 3,
    system.mapping_breaks: 2,
    system.wrong_redirect: 2,
    system.policy_notes: 3,
    system.newer_actions: 4,
    system.flow_runs: 4,
    system.forged: 1,
    system.shell_session: 1,
    system.commits_late: 3,
    attacks.types_mischief: 4,
}
"""Scenes of the background: how many of each lie in a deck of cards that is dealt and shuffled anew."""

SPOTLIGHTS: dict[Scene, int] = {
    attacks.guesses_until_it_fits: 2,
    attacks.guesses_in_vain: 2,
    attacks.sprays: 2,
    attacks.reuses_token: 2,
    impersonation.helps: 4,
    impersonation.helps_and_logs_out: 1,
    impersonation.hops: 1,
    impersonation.never_ends: 1,
    impersonation.by_token: 1,
    admin.group_membership: 3,
    admin.whole_group: 3,
    admin.sets_password: 4,
    admin.password_from_shell: 1,
    admin.recovers: 2,
    admin.invites: 2,
    admin.offboards: 1,
    system.fast_clock: 1,
}
"""Scenes that an operator watches for."""

_EVENTS_A_DAY = 15_000
_CALM = 3
"""How many times more everyday scenes the past has for each that an operator watches for."""
_SPOTLIGHT_EVERY_S = 24.0
_WORKDAY = (1, 1, 1, 0, 1, 2, 5, 14, 24, 26, 24, 21, 16, 20, 22, 21, 18, 13, 8, 6, 5, 4, 3, 2)
"""How much begins in each hour of a weekday (UTC). Once a night it is quiet."""
_WEEKEND_SHARE = 0.25


class Story:
    """One seed's story over one cast. Its past and its present are told apart, each the same at every run."""

    def __init__(self, seed: int = 1, cast: Cast | None = None) -> None:
        self.seed = seed
        self.cast = cast if cast is not None else make_cast(seed)
        self._joined: tuple[Person, ...] = ()

    def history(self, events: int, until: datetime) -> list[Json]:
        """`past` as a list, oldest first."""
        return sorted(self.past(events, until), key=_place)

    def past(self, events: int, until: datetime) -> Iterator[Json]:
        """That many events up to `until`, with days, nights and weekends, about in order, one scene after the other.

        The directory is as it stands at `until`: newcomers who stayed are in it afterwards.
        """
        stage = Stage(self.cast, Random(f"history:{self.seed}"), past=True)
        rhythm = _Rhythm(until - _span(events), until)
        deck = _deal(stage.rng, {**{scene: copies * _CALM for scene, copies in EVERYDAY.items()}, **SPOTLIGHTS})
        told = 0
        while told < events:
            start = min(rhythm.moment((told + stage.rng.random()) / max(events, 1)), until)
            for step in next(deck)(stage, start):
                if step.event is not None and step.at <= until and told < events:
                    told += 1
                    yield step.event
        self._joined = tuple(stage.joined)

    def live(self, start: datetime, rate: float = 0.5) -> Iterator[Step]:
        """What happens from `start` on, without end, about `rate` events a second, in the order of `Step.at`.

        The first minute is arranged: a login, a guessing burst that ends in a success, an impersonation with
        actions in between. After that the decks are dealt.
        """
        stage = Stage(self.cast, Random(f"live:{self.seed}"), past=False)
        stage.joined.extend(self._joined)
        everyday_deck, spotlights = _deal(stage.rng, EVERYDAY), _deal(stage.rng, SPOTLIGHTS)
        pending: list[tuple[datetime, int, Step]] = []
        serial = count()

        def play(scene: Scene, at: datetime) -> int:
            steps = scene(stage, at)
            for step in steps:
                heappush(pending, (step.at, next(serial), step))
            return len(steps)

        play(everyday.session, start + timedelta(seconds=1))
        play(_short_burst, start + timedelta(seconds=5))
        play(impersonation.helps, start + timedelta(seconds=20))
        lit = start + timedelta(seconds=30)
        now = start + timedelta(seconds=min(3.0, 1.0 / rate))
        while True:
            while pending and pending[0][0] <= now:
                yield heappop(pending)[2]
            if (now - lit).total_seconds() >= _SPOTLIGHT_EVERY_S:
                lit = now
                scene = next(spotlights)
            else:
                scene = next(everyday_deck)
            now += timedelta(seconds=play(scene, now) / rate * stage.rng.uniform(0.5, 1.5))


def _short_burst(stage: Stage, at: datetime) -> list[Step]:
    return attacks.guesses_until_it_fits(stage, at, 9, 14)


def _place(event: Json) -> tuple[datetime, str]:
    return parse_instant(event["created"]), event["pk"]


def _span(events: int) -> timedelta:
    return timedelta(days=min(max(events / _EVENTS_A_DAY, 2.0), 330.0))


def _deal(rng: Random, cards: dict[Scene, int]) -> Iterator[Scene]:
    """Cards from a shuffled deck, shuffled anew when it is used up: so that every scene comes, and none too often."""
    deck = [scene for scene, copies in cards.items() for _ in range(copies)]
    while True:
        rng.shuffle(deck)
        yield from deck


class _Rhythm:
    """Which share of a stretch of time has passed in terms of what happens, not of the clock."""

    def __init__(self, start: datetime, end: datetime) -> None:
        self._hours: list[datetime] = []
        weights: list[float] = []
        hour = start
        while hour < end:
            self._hours.append(hour)
            share = min((end - hour) / timedelta(hours=1), 1.0)
            weights.append(_WORKDAY[hour.hour] * share * (_WEEKEND_SHARE if hour.weekday() >= 5 else 1.0))
            hour += timedelta(hours=1)
        self._end = end
        self._sums = list(accumulate(weights))

    def moment(self, share: float) -> datetime:
        """When `share` (0 to 1) of everything has happened."""
        wanted = share * self._sums[-1]
        low = min(bisect_left(self._sums, wanted), len(self._sums) - 1)
        before = self._sums[low - 1] if low else 0.0
        part = (wanted - before) / (self._sums[low] - before)
        end = self._hours[low + 1] if low + 1 < len(self._hours) else self._end
        return self._hours[low] + (end - self._hours[low]) * min(part, 1.0)
