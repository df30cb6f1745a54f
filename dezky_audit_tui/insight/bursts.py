"""Guessing: failed logins grouped into bursts, those that succeed marked, and one address that tries many names.

A book takes events in any order and tells the bursts in the newest `limit` attempts to log in: whatever the order,
the same. Each failed login belongs to one burst at most: to the spraying of its address, else to the run on its
account, else to the run of its address.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from dezky_audit_tui.insight.kinds import (
    LOGIN,
    LOGIN_FAILED,
    PersonKey,
    Place,
    actor_of,
    kind_of,
    name_of,
    person_key,
    place_of,
)
from dezky_audit_tui.insight.run_fold import (
    Attempt,
    Rules,
    Run,
    account_runs,
    address_runs,
    is_guessing,
    is_spraying,
)
from dezky_audit_tui.model.event import AuditEvent, Person

LIMIT = 20_000
"""Attempts that a book holds."""

NAMED = 20
"""Accounts and addresses of a burst that are named; all are counted."""

INCOMPLETE = (
    "Not a full record of guessing: where pretend_user_exists is off, or name and password stand on one form, "
    "Authentik makes no event for a name that nobody has."
)
"""Why there may have been more."""

BurstKind = Literal["account", "address", "spray"]
Scope = tuple[str, Literal["account", "address"], PersonKey | str]


class Success(NamedTuple):
    """A login that came of a burst, or during one."""

    place: Place
    name: str
    address: str | None

    @property
    def at(self) -> datetime:
        """The exact moment."""
        return self.place[0]


@dataclass(frozen=True, slots=True)
class Burst:
    """Failed logins that belong together.

    `account`: on one account. `spray`: from one address, on many accounts. `address`: from one address, on a few.
    `names` and `addresses` are the most tried ones, `name_count` and `address_count` how many there were.
    `successes`: logins from an address of the burst, of an account that had failed in it. `others`: how many more
    logins came from a spraying address meanwhile, of accounts that had not failed. `elsewhere`: a login on the
    account from another address meanwhile: its owner, or the same people from elsewhere. `cut`: it began before the
    oldest attempt that is known.
    """

    kind: BurstKind
    source: str
    failures: int
    first_at: datetime
    last_at: datetime
    names: tuple[str, ...]
    name_count: int
    addresses: tuple[str, ...]
    address_count: int
    tenants: tuple[str, ...]
    key: Place
    successes: tuple[Success, ...] = ()
    others: int = 0
    elsewhere: Success | None = None
    cut: bool = False

    @property
    def succeeded(self) -> bool:
        """Whether it got in."""
        return bool(self.successes)

    @property
    def took(self) -> timedelta:
        """From the first failure to the first success, or to the last failure."""
        return max((self.successes[0].at if self.successes else self.last_at) - self.first_at, timedelta())


def attempt_of(event: AuditEvent) -> Attempt | None:
    """A login, or a failed one; None for anything else, and where nobody is named."""
    kind, person = kind_of(event), actor_of(event)
    account = person_key(person)
    if kind not in (LOGIN, LOGIN_FAILED) or account is None:
        return None
    others = (person_key(Person(name=person.name)), person_key(Person(email=person.email)))
    return Attempt(
        place=place_of(event),
        ok=kind == LOGIN,
        account=account,
        aliases=frozenset(key for key in (account, *others) if key is not None),
        name=name_of(person),
        address=event.actor_ip,
        tenant=event.tenant_slug,
    )


class BurstBook:
    """The bursts in the newest `limit` attempts of all events that it was given, in any order."""

    def __init__(self, rules: Rules | None = None, limit: int = LIMIT) -> None:
        self.rules = rules or Rules()
        self._limit = limit
        self._held: list[tuple[Place, str, Attempt]] = []
        self._places: set[tuple[str, Place]] = set()
        self._lanes: dict[Scope, list[Attempt]] = {}
        self._runs: dict[Scope, list[Run]] = {}
        self._dirty: set[Scope] = set()
        self._before: Place | None = None
        self._bursts: list[Burst] | None = []
        self._burst_of: dict[tuple[str, Place], Burst] = {}

    def __len__(self) -> int:
        """Attempts that are held."""
        return len(self._held)

    def add(self, event: AuditEvent) -> bool:
        """Take an event; whether the bursts may be others now."""
        attempt = attempt_of(event)
        if attempt is None or (event.source, attempt.place) in self._places:
            return False
        if self._before is not None and attempt.place <= self._before:
            return False
        insort(self._held, (attempt.place, event.source, attempt), key=_held_key)
        self._places.add((event.source, attempt.place))
        for scope in _scopes(event.source, attempt):
            insort(self._lanes.setdefault(scope, []), attempt, key=_place)
            self._dirty.add(scope)
        self._bursts = None
        if len(self._held) > self._limit:
            self._drop_oldest()
        return True

    def add_all(self, events: Iterable[AuditEvent]) -> bool:
        """Take events; whether the bursts may be others now."""
        return sum(self.add(event) for event in events) > 0

    def bursts(self) -> list[Burst]:
        """All, the newest first."""
        if self._bursts is None:
            self._assemble()
        return list(self._bursts or ())

    def burst_of(self, event: AuditEvent) -> Burst | None:
        """The burst that a failed login belongs to, or that a login came of."""
        if kind_of(event) not in (LOGIN, LOGIN_FAILED):
            return None
        return self.burst_at(event.source, place_of(event))

    def burst_at(self, source: str, place: Place) -> Burst | None:
        """The same, of the attempt at that place."""
        if self._bursts is None:
            self._assemble()
        return self._burst_of.get((source, place))

    def _drop_oldest(self) -> None:
        place, source, attempt = self._held.pop(0)
        self._before = place
        self._places.discard((source, place))
        for scope in _scopes(source, attempt):
            lane = self._lanes[scope]
            at = bisect_left(lane, place, key=_place)
            del lane[at]
            self._dirty.add(scope)
            if not lane:
                del self._lanes[scope]

    def _assemble(self) -> None:
        for scope in self._dirty:
            lane = self._lanes.get(scope)
            if lane is None or len(lane) < min(self.rules.minimum, self.rules.names):
                self._runs.pop(scope, None)
                continue
            fold = account_runs if scope[1] == "account" else address_runs
            runs = [run for run in fold(lane, self.rules.gap) if self._may_count(run, scope)]
            if runs:
                self._runs[scope] = runs
            else:
                self._runs.pop(scope, None)
        self._dirty.clear()
        found = self._claim()
        found.sort(key=lambda each: (each[0].key, each[0].kind), reverse=True)
        self._bursts = [burst for burst, _ in found]
        self._burst_of = {}
        for burst, members in found:
            for place in (*(success.place for success in burst.successes), *(member.place for member in members)):
                self._burst_of[burst.source, place] = burst

    def _may_count(self, run: Run, scope: Scope) -> bool:
        return len(run.failures) >= self.rules.minimum or (scope[1] == "address" and is_spraying(run, self.rules.names))

    def _claim(self) -> list[tuple[Burst, Sequence[Attempt]]]:
        """Each failure to one burst: sprayings first, then accounts, then what is left of addresses."""
        done: list[tuple[Burst, Sequence[Attempt]]] = []
        sprayed: dict[tuple[str, Place], int] = {}
        others: list[tuple[Scope, Run]] = []
        for scope, runs in self._runs.items():
            for run in runs if scope[1] == "address" else ():
                if is_spraying(run, self.rules.names):
                    sprayed.update(((scope[0], failure.place), len(done)) for failure in run.failures)
                    done.append((self._of_address("spray", scope[0], run, run.failures), run.failures))
                else:
                    others.append((scope, run))
        claimed = set(sprayed)
        for scope, runs in self._runs.items():
            for run in runs if scope[1] == "account" else ():
                places = [(scope[0], failure.place) for failure in run.failures]
                # One address that sprays all of it has told it already; several together have not.
                if len({sprayed.get(place) for place in places}) == 1 and places[0] in sprayed:
                    continue
                members = [failure for failure in run.failures if (scope[0], failure.place) not in sprayed]
                claimed.update(places)
                done.append((self._of_account(scope[0], run), members))
        for scope, run in others:
            left = [failure for failure in run.failures if (scope[0], failure.place) not in claimed]
            if is_guessing(run, left, self.rules.minimum):
                done.append((self._of_address("address", scope[0], run, left), left))
        return done

    def _of_account(self, source: str, run: Run) -> Burst:
        successes = (_success(run.fitting),) if run.fitting is not None else ()
        elsewhere = _success(run.elsewhere) if run.elsewhere is not None else None
        return self._burst("account", source, run.failures, successes, elsewhere=elsewhere)

    def _of_address(self, kind: BurstKind, source: str, run: Run, failures: Sequence[Attempt]) -> Burst:
        tried: dict[PersonKey, Place] = {}
        for failure in failures:
            tried.setdefault(failure.account, failure.place)
        inside: list[Attempt] = []
        for login in run.logins:
            first = min((tried[alias] for alias in login.aliases if alias in tried), default=None)
            if first is not None and first < login.place:
                inside.append(login)
        others = len(run.logins) - len(inside) if kind == "spray" else 0
        return self._burst(kind, source, failures, tuple(map(_success, inside)), others=others)

    def _burst(
        self,
        kind: BurstKind,
        source: str,
        failures: Sequence[Attempt],
        successes: tuple[Success, ...],
        *,
        others: int = 0,
        elsewhere: Success | None = None,
    ) -> Burst:
        names = _most_frequent([failure.name for failure in failures])
        addresses = _most_frequent([failure.address for failure in failures if failure.address is not None])
        first = failures[0]
        return Burst(
            kind=kind,
            source=source,
            failures=len(failures),
            first_at=first.at,
            last_at=failures[-1].at,
            names=tuple(names[:NAMED]),
            name_count=len({failure.account for failure in failures}),
            addresses=tuple(addresses[:NAMED]),
            address_count=len(addresses),
            tenants=tuple(_most_frequent([each.tenant for each in failures if each.tenant is not None])[:NAMED]),
            key=first.place,
            successes=successes,
            others=others,
            elsewhere=elsewhere,
            cut=self._before is not None and first.at - self._before[0] <= self.rules.gap,
        )


def _success(attempt: Attempt) -> Success:
    return Success(attempt.place, attempt.name, attempt.address)


def _scopes(source: str, attempt: Attempt) -> list[Scope]:
    """Where an attempt is counted: a failed one under its account, a login under all names of it."""
    keys = attempt.aliases if attempt.ok else {attempt.account}
    scopes: list[Scope] = [(source, "account", key) for key in keys]
    if attempt.address is not None:
        scopes.append((source, "address", attempt.address))
    return scopes


def _most_frequent(values: Sequence[str]) -> list[str]:
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return sorted(counts, key=lambda value: (-counts[value], value))


def _place(attempt: Attempt) -> Place:
    return attempt.place


def _held_key(held: tuple[Place, str, Attempt]) -> tuple[Place, str]:
    return held[:2]
