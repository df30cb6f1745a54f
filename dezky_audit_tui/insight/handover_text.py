"""A handover as sections of text: the command line prints them, the dashboard shows them. Pure.

Texts from data are hostile still: whoever shows a cell makes it visible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from dezky_audit_tui.insight.bursts import INCOMPLETE, Burst
from dezky_audit_tui.insight.changes import SECTIONS, Change, Section
from dezky_audit_tui.insight.handover import Arrival, Handover
from dezky_audit_tui.insight.kinds import actor_of, name_of, person_key
from dezky_audit_tui.insight.privileged import WORDS
from dezky_audit_tui.insight.session_fold import Session
from dezky_audit_tui.insight.silence import Silence
from dezky_audit_tui.insight.words import (
    burst_text,
    clock_text,
    many,
    novelty_text,
    pair_text,
    silence_text,
    state_text,
)
from dezky_audit_tui.model.event import Person, Target
from dezky_audit_tui.text import cut

Mark = Literal["loud", "warn", "plain"]
MARKS: dict[Mark, str] = {"loud": "!!", "warn": "!", "plain": ""}
"""What stands before a line, so that no weight is a colour alone."""

Moment = Callable[[datetime], str]

_NAME = 60
"""Characters of a name that a line shows."""

_TITLES: dict[Section, str] = {
    "memberships": "Groups and their members",
    "mfa": "Second factors",
    "passwords": "Passwords set by others",
    "privileged": "Other privileged changes",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: its weight, and its cells in columns."""

    mark: Mark
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A titled list. `nothing`: what to say where it is empty. `notes` stand below."""

    title: str
    entries: Sequence[Entry]
    nothing: str = "none"
    notes: Sequence[str] = ()


def moment_text(moment: datetime) -> str:
    """`2026-11-24 08:15:42`, UTC."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def headline(handover: Handover, moment: Moment = moment_text) -> str:
    """What stands above all: the time, and how much happened."""
    return (
        f"{moment(handover.since)} to {moment(handover.until)} ({clock_text(handover.until - handover.since)})   "
        f"{many(handover.events, 'event')}, {handover.failures:,} failed"
    )


def parts_of(handover: Handover, moment: Moment = moment_text) -> Iterator[Part]:
    """The sections, the most pressing first."""
    left = handover.left_out
    yield _impersonations(handover, moment)
    got_in = [_burst(burst, moment) for burst in handover.guessed]
    yield Part("Guessing that succeeded", got_in, notes=[INCOMPLETE, *_more(left, "guessing")])
    vain = [_burst(burst, moment) for burst in handover.bursts if not burst.succeeded]
    yield Part("Guessing and spraying in vain", vain)
    for section in SECTIONS:
        entries = [_change(change, moment) for change in handover.changes[section]]
        yield Part(_TITLES[section], entries, notes=_more(left, section))
    arrivals = [_arrival(arrival, moment) for arrival in handover.arrivals]
    also = [f"and {handover.new_addresses:,} from a new address of a network that was known"]
    yield Part(
        "New for the one who came",
        arrivals,
        notes=(also if handover.new_addresses else []) + _more(left, "newForActor"),
    )
    unmapped = [
        Entry("warn", (moment(count.first_at), count.action, many(count.count, "time"))) for count in handover.unmapped
    ]
    yield Part("Actions without a verb, first seen now", unmapped, notes=_more(left, "unmapped"))
    yield _gaps(handover, moment)
    yield _tenants(handover)


def _impersonations(handover: Handover, moment: Moment) -> Part:
    now = handover.made_at
    entries = [_session(session, now, moment) for session in handover.sessions]
    notes = _more(handover.left_out, "impersonations")
    if handover.sessions_from is not None:
        notes.append(f"starts before {moment(handover.sessions_from)} were not looked at")
    if any(session.is_open for session in handover.sessions):
        notes.append("a start by API token leaves no session that could end: it stays open here")
    return Part("Impersonations, those without an end first", entries, notes=notes)


def _session(session: Session, now: datetime, moment: Moment) -> Entry:
    since = moment(session.first_at) if session.started_at is not None else f"before {moment(session.first_at)}"
    return Entry(
        "loud" if session.is_open else "plain",
        (
            since,
            _short(pair_text(session)),
            state_text(session, now),
            clock_text(session.age(now)),
            many(session.actions, "action"),
            session.address or "-",
            session.tenant or "-",
            _short(session.reason or ""),
        ),
    )


def _burst(burst: Burst, moment: Moment) -> Entry:
    names = ", ".join(_short(name, 24) for name in burst.names[:3])
    if burst.name_count > min(len(burst.names), 3):
        names += f" and {burst.name_count - min(len(burst.names), 3):,} more"
    whence = ", ".join(burst.addresses[:2])
    if burst.address_count > 2:
        whence += f" and {burst.address_count - 2:,} more"
    extra = []
    if burst.successes:
        extra.append(f"in: {', '.join(_short(success.name, 24) for success in burst.successes[:3])}")
    if burst.others:
        extra.append(f"{many(burst.others, 'login')} without failing before")
    if burst.elsewhere is not None:
        extra.append(f"login from {burst.elsewhere.address or 'elsewhere'} meanwhile")
    mark: Mark = "loud" if burst.succeeded else "warn"
    kind = {"account": "guessing", "address": "guessing", "spray": "spraying"}[burst.kind]
    return Entry(mark, (moment(burst.first_at), kind, burst_text(burst), names, whence or "-", ", ".join(extra)))


def _change(change: Change, moment: Moment) -> Entry:
    who = "not told by whom" if change.by == "unknown" else _actor(change.actor, change.behalf)
    what = change.what if change.told else f"{change.what} (what changed is not recorded)"
    word = WORDS[change.privilege] if change.privilege is not None else ""
    return Entry(
        "warn" if change.privilege is not None else "plain",
        (
            moment(change.at),
            _short(who),
            cut(what or _target(change.target), 100)[0],
            change.address or "-",
            change.tenant or "-",
            word,
        ),
    )


def _arrival(arrival: Arrival, moment: Moment) -> Entry:
    event, novelty = arrival.event, arrival.novelty
    last = novelty.last
    told = novelty_text(novelty, moment=moment(last.at) if last is not None else None) or ""
    who = _actor(actor_of(event), event.on_behalf_of)
    cells = (moment(event.at), _short(who), event.actor_ip or "-", event.tenant_slug or "-", told)
    return Entry("warn" if novelty.new_country else "plain", cells)


def _gaps(handover: Handover, moment: Moment) -> Part:
    entries = [_silence(silence, moment) for silence in (*handover.unread, *handover.unattended)]
    settled = handover.settled_to
    notes = []
    if settled is None:
        notes.append("nothing has been read yet")
    elif settled < handover.until:
        notes.append(f"settled to {moment(settled)}: later events may still be joined by late ones")
    return Part("Gaps in the data", entries, nothing="none: every stretch was read", notes=notes)


def _silence(silence: Silence, moment: Moment) -> Entry:
    start = moment(silence.start) if silence.start is not None else "the beginning"
    length = clock_text(silence.end - silence.start) if silence.start is not None else ""
    mark: Mark = "plain" if silence.made_up else "loud"
    return Entry(mark, (start, f"to {moment(silence.end)}", length, silence_text(silence), silence.error or ""))


def _tenants(handover: Handover) -> Part:
    entries = [
        Entry(
            "plain",
            (
                share.slug if share.slug is not None else "(no tenant)",
                many(share.events, "event"),
                f"{share.failures:,} failed",
                many(share.logins, "login"),
                many(share.failed_logins, "failed login"),
                many(share.impersonations, "impersonation"),
                many(share.changes, "change"),
            ),
        )
        for share in handover.tenants
    ]
    return Part("By tenant", entries, nothing="nothing happened")


def _more(left_out: Mapping[str, int], name: str) -> list[str]:
    count = left_out.get(name, 0)
    return [f"{count:,} older {'ones are' if count > 1 else 'one is'} left out"] if count else []


def _actor(actor: Person, behalf: Person | None) -> str:
    name = name_of(actor) if person_key(actor) is not None else "nobody named"
    return f"{name} AS {name_of(behalf)}" if behalf is not None else name


def _target(target: Target | None) -> str:
    if target is None:
        return ""
    return " ".join(part for part in (target.type, target.name or target.id) if part)


def _short(name: str, most: int = _NAME) -> str:
    kept, was_cut = cut(name, most)
    return f"{kept}…" if was_cut else kept
