"""Calls an operator who looks elsewhere when somebody begins to impersonate: a bell, a desktop notification.

The sequences are OSC 9 (iTerm2, WezTerm, kitty, foot, Windows Terminal) and OSC 777 (urxvt, VTE, foot), which a
terminal without them ignores. Names in them are made harmless: nothing of them can end a sequence or begin another.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, get_args

from dezky_audit_tui.insight.session_fold import Session
from dezky_audit_tui.insight.words import pair_text
from dezky_audit_tui.text import cut, visible

Notify = Literal["off", "osc9", "osc777"]
WAYS: tuple[Notify, ...] = get_args(Notify)

RECENT = timedelta(minutes=15)
"""A start that is over, and lies farther back, was read late: nobody has to be called for it."""

_TITLE = "dezky audit"
_LONGEST = 120
_BELL, _ESC = "\x07", "\x1b"


def worth_calling(begun: Sequence[Session], now: datetime) -> list[Session]:
    """Those of the starts that just came from the store for which somebody should look up."""
    return [session for session in begun if _is_recent(session, now)]


def notice_text(begun: Sequence[Session]) -> str:
    """`impersonation: root AS ana, ticket 42`, or how many there are. Harmless to show."""
    first = max(begun, key=lambda session: session.key)
    if len(begun) > 1:
        return _harmless(f"{len(begun)} impersonations, the latest {pair_text(first)}")
    reason = f", {first.reason}" if first.reason else ""
    return _harmless(f"impersonation: {pair_text(first)}{reason}")


def notification(way: Notify, text: str, *, in_tmux: bool = False) -> str:
    """The sequence for a terminal; empty where none is wanted. `in_tmux`: handed through to the terminal outside,
    which takes tmux's `allow-passthrough`."""
    if way == "off":
        return ""
    # A message of OSC 9 that began with a number would be another command; the fields of OSC 777 end at a semicolon.
    body = _harmless(text).replace(";", ",")
    fields = f"9;{_TITLE}: {body}" if way == "osc9" else f"777;notify;{_TITLE};{body}"
    sequence = f"{_ESC}]{fields}{_BELL}"
    return f"{_ESC}Ptmux;{sequence.replace(_ESC, _ESC * 2)}{_ESC}\\" if in_tmux else sequence


def _is_recent(session: Session, now: datetime) -> bool:
    # While a first run reads the past, starts without an end come by as well: those that are old call nobody.
    return now - session.last_at <= RECENT or (session.is_open and now - session.first_at <= timedelta(hours=1))


def _harmless(text: str) -> str:
    shown, was_cut = cut(visible(text), _LONGEST)
    return f"{shown}…" if was_cut else shown
