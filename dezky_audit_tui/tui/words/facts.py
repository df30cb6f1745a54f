"""What the insights say of one event, for its detail. Pure; texts from data are made visible here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from dezky_audit_tui.insight.bursts import INCOMPLETE, Burst
from dezky_audit_tui.insight.first_seen import Novelty
from dezky_audit_tui.insight.privileged import WORDS, Privilege
from dezky_audit_tui.insight.session_fold import Session
from dezky_audit_tui.insight.words import burst_text, many, novelty_text, session_text
from dezky_audit_tui.text import visible
from dezky_audit_tui.tui.words.pieces import Tone
from dezky_audit_tui.tui.words.zone import Zone

Fact = tuple[str, str, Tone]
"""A label (empty: more of the one above), the words, and their tone."""

_NAMES = 6


class Findings(NamedTuple):
    """All that is known of one event besides itself. `unread`: stretches of the source not read yet."""

    privilege: Privilege | None = None
    session: Session | None = None
    burst: Burst | None = None
    novelty: Novelty | None = None
    unread: int = 0


NO_FINDINGS = Findings()


def facts_of(findings: Findings, zone: Zone, now: datetime) -> Iterator[Fact]:
    """Line by line; nothing where nothing is known."""
    if findings.privilege is not None and findings.privilege != "impersonation":
        yield "stands out", f"◆ {WORDS[findings.privilege]}", "warn"
    if findings.session is not None:
        yield from _session(findings.session, zone, now)
    if findings.burst is not None:
        yield from _burst(findings.burst, zone)
    if findings.novelty is not None and findings.novelty.anything:
        yield from _novelty(findings.novelty, findings.unread, zone)


def _session(session: Session, zone: Zone, now: datetime) -> Iterator[Fact]:
    tone: Tone = "warn" if session.is_open else "plain"
    yield "session", visible(session_text(session, now)), tone
    begin = zone.second(session.first_at)
    yield "", f"since {begin}" if session.started_at is not None else f"its start was not seen; before {begin}", "dim"
    if session.ended_at is not None:
        yield "", f"until {zone.second(session.ended_at)}", "dim"
    reason = f"   reason: {visible(session.reason)}" if session.reason else ""
    yield "", f"{many(session.actions, 'action')} in it{reason}", "dim"


def _burst(burst: Burst, zone: Zone) -> Iterator[Fact]:
    kind = "spraying" if burst.kind == "spray" else "guessing"
    yield kind, visible(burst_text(burst)), "bad" if burst.succeeded else "warn"
    yield "", f"from {zone.second(burst.first_at)} to {zone.second(burst.last_at)}", "dim"
    yield "", f"{many(burst.name_count, 'name')}: {_listed(burst.names, burst.name_count)}", "dim"
    if burst.addresses:
        yield "", f"from {_listed(burst.addresses, burst.address_count)}", "dim"
    for success in burst.successes[:_NAMES]:
        where = visible(success.address or "an unknown address")
        yield "", f"✘ got in as {visible(success.name)} at {zone.second(success.at)} from {where}", "bad"
    if burst.others:
        yield "", f"{many(burst.others, 'login')} from there meanwhile, of names that had not failed", "dim"
    if burst.elsewhere is not None:
        where = visible(burst.elsewhere.address or "elsewhere")
        yield "", f"a login on the account from {where} meanwhile: its owner, or the same people", "warn"
    yield "", INCOMPLETE, "dim"


def _novelty(novelty: Novelty, unread: int, zone: Zone) -> Iterator[Fact]:
    last = novelty.last
    yield "origin", f"+ {visible(novelty_text(novelty, moment=zone.second(last.at) if last else None) or '')}", "accent"
    if unread:
        yield "", "as far as this store knows, which is not all: there are stretches not read yet", "dim"
    elif not novelty.whole:
        yield "", f"among the {novelty.looked_at:,} events before of the same actor", "dim"


def _listed(names: tuple[str, ...], count: int) -> str:
    shown = ", ".join(visible(name) for name in names[:_NAMES])
    more = count - min(len(names), _NAMES)
    return f"{shown} and {more:,} more" if more else shown
