"""Insights in a few words, the same on every surface. Hostile text is hostile still: it is made visible where shown."""

from __future__ import annotations

from datetime import datetime, timedelta

from dezky_audit_tui.insight.bursts import Burst
from dezky_audit_tui.insight.first_seen import Novelty
from dezky_audit_tui.insight.kinds import name_of
from dezky_audit_tui.insight.session_fold import Ending, Session
from dezky_audit_tui.insight.silence import Silence, SilenceKind

ENDINGS: dict[Ending, str] = {"ended": "ended", "logout": "ended by logout", "new_start": "ended by a new start"}
SILENCES: dict[SilenceKind, str] = {
    "unread": "not read yet",
    "away": "source away",
    "not_running": "nobody asked",
    "quiet": "quiet",
}
_FAILED = {
    **dict.fromkeys(("store", "store_unavailable"), "store away"),
    "store_full": "store full",
    "store_read_only": "store read-only",
    **dict.fromkeys(("lease_lost", "lease_held", "store_conflict"), "another ingester in the way"),
    "internal": "this program failed",
    **dict.fromkeys(("source_refused", "no_permission", "token_invalid", "not_authenticated"), "source refused"),
}
"""Why ticks failed, by the kind of error; all others are the source's, which was away."""
_OLD = timedelta(hours=12)


def clock_text(span: timedelta) -> str:
    """A length of time: `00:07:12`, from a day on `2 d 03:04`."""
    seconds = max(int(span.total_seconds()), 0)
    days, rest = divmod(seconds, 86_400)
    hours, minutes = rest // 3600, rest % 3600 // 60
    return f"{days} d {hours:02}:{minutes:02}" if days else f"{hours:02}:{minutes:02}:{rest % 60:02}"


def many(count: int, word: str) -> str:
    """A number and its word: `1 action`, `1,204 actions`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def pair_text(session: Session) -> str:
    """`root AS ana`."""
    return f"{name_of(session.admin)} AS {name_of(session.behalf)}"


def state_text(session: Session, now: datetime) -> str:
    """How it stands: `open`, `not ended` once it is old, or how it ended."""
    if session.how is not None:
        return ENDINGS[session.how]
    return "not ended" if session.age(now) >= _OLD else "open"


def session_text(session: Session, now: datetime) -> str:
    """`root AS ana 00:07:12 open`."""
    about = "" if session.started_at is not None else "over "
    return f"{pair_text(session)} {about}{clock_text(session.age(now))} {state_text(session, now)}"


def burst_text(burst: Burst) -> str:
    """`14 failed, then OK, 00:03:10`; of spraying `18 names, 24 failed, 00:01:02`."""
    failed = f"{burst.failures:,}{' or more' if burst.cut else ''} failed"
    names = "" if burst.kind == "account" else f"{many(burst.name_count, 'name')}, "
    if not burst.successes:
        result = ""
    elif len(burst.successes) == 1:
        result = ", then OK"
    else:
        result = f", then {len(burst.successes):,} OK"
    return f"{names}{failed}{result}, {clock_text(burst.took)}"


def novelty_text(novelty: Novelty, *, moment: str | None = None) -> str | None:
    """`new country BR, last seen in SE on 2026-11-02`; `moment`: how to show when that was. None: nothing is new."""
    last = novelty.last
    if last is None or not novelty.anything:
        return None
    when = moment if moment is not None else f"{last.at:%Y-%m-%d}"
    if novelty.new_country:
        before = f"in {last.country} " if last.country else ""
        return f"new country {novelty.country}, last seen {before}on {when}"
    before = f"at {last.address} " if last.address else ""
    new = f"new network {novelty.network}" if novelty.new_network else "new address"
    return f"{new}, last seen {before}on {when}"


def away_text(error_kind: str | None) -> str:
    """Why ticks failed: `source away`, `store full`."""
    return _FAILED.get(error_kind or "", SILENCES["away"])


def silence_text(silence: Silence) -> str:
    """What a stretch was, without its times: `source away, 3 failed ticks, read since`."""
    parts = [away_text(silence.error_kind) if silence.kind == "away" else SILENCES[silence.kind]]
    if silence.events is not None:
        parts.append(f"about {many(silence.events, 'event')}")
    if silence.ticks:
        parts.append(many(silence.ticks, "failed tick"))
    if silence.made_up:
        parts.append("read since")
    return ", ".join(parts)
