"""From attempts to log in to runs of failed ones: of one account, and from one address. Pure.

A run goes on while the next failure comes within `gap` of the last one. A run of an account ends at the login that
succeeds from one of its addresses: that is guessing that fits, or somebody who remembered. A login from elsewhere
in between does not end it, since that may be the owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from dezky_audit_tui.insight.kinds import PersonKey, Place


class Rules(NamedTuple):
    """What makes a burst.

    `gap`: failures farther apart are another run; a login that much after the last failure has nothing to do with it.
    `minimum`: failures that make a burst; fewer are people who mistype. `names`: accounts that failed from one
    address and did not get in from there that make it spraying, where they are half of all that failed at least:
    of the people of one office who mistype, most get in.
    """

    gap: timedelta = timedelta(minutes=10)
    minimum: int = 5
    names: int = 5


class Attempt(NamedTuple):
    """A login that succeeded or failed. `account`: the account that was meant, by id or by the name that was typed;
    `aliases`: all that a failed one may have called it."""

    place: Place
    ok: bool
    account: PersonKey
    aliases: frozenset[PersonKey]
    name: str
    address: str | None
    tenant: str | None = None

    @property
    def at(self) -> datetime:
        """The exact moment."""
        return self.place[0]


@dataclass(slots=True)
class Run:
    """Failures, oldest first; and the logins that have to do with them."""

    failures: list[Attempt] = field(default_factory=list)
    fitting: Attempt | None = None
    elsewhere: Attempt | None = None
    logins: list[Attempt] = field(default_factory=list)

    @property
    def last(self) -> datetime:
        """The last failure."""
        return self.failures[-1].at


def account_runs(attempts: Iterable[Attempt], gap: timedelta) -> list[Run]:
    """The runs in the attempts on one account (sorted by place): `fitting` is the login that ended it, from one of
    its addresses; `elsewhere` the first one from another address."""
    runs: list[Run] = []
    addresses: set[str | None] = set()
    for attempt in attempts:
        run = runs[-1] if runs and attempt.at - runs[-1].last <= gap and runs[-1].fitting is None else None
        if not attempt.ok:
            if run is None:
                run = Run()
                runs.append(run)
                addresses = set()
            run.failures.append(attempt)
            addresses.add(attempt.address)
        elif run is not None:
            if attempt.address in addresses:
                run.fitting = attempt
            elif run.elsewhere is None:
                run.elsewhere = attempt
    return runs


def address_runs(attempts: Iterable[Attempt], gap: timedelta) -> list[Run]:
    """The runs in the attempts from one address (sorted by place): `logins` are those that came meanwhile."""
    runs: list[Run] = []
    for attempt in attempts:
        run = runs[-1] if runs and attempt.at - runs[-1].last <= gap else None
        if attempt.ok:
            if run is not None:
                run.logins.append(attempt)
            continue
        if run is None:
            run = Run()
            runs.append(run)
        run.failures.append(attempt)
    return runs


def is_spraying(run: Run, names: int) -> bool:
    """Whether most of those who failed from an address did not get in, and they are so many."""
    entered = _entered(run)
    tried = {failure.account for failure in run.failures}
    outside = len(tried - entered)
    return outside >= names and 2 * outside >= len(tried)


def is_guessing(run: Run, failures: Sequence[Attempt], minimum: int) -> bool:
    """Whether `failures`, a part of those from an address, are mostly of accounts that did not get in, and so many."""
    entered = _entered(run)
    outside = sum(failure.account not in entered for failure in failures)
    return outside >= minimum and 2 * outside >= len(failures)


def _entered(run: Run) -> set[PersonKey]:
    return {alias for login in run.logins for alias in login.aliases}
